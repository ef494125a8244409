"""What the operator's probes ask: alive, ready, and how it goes."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from api.context import web_of
from api.metrics import show_waiting
from bot.waiting import waiting
from trajectory.database import Unavailable

router = APIRouter()
_ANYTHING = text("SELECT 1")


@router.get("/healthz")
async def healthz() -> Response:
    """The process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """The database answers; 503 when it does not."""
    try:
        with web_of(request).deployment.database.read() as connection:
            connection.execute(_ANYTHING)
    except Unavailable:
        return PlainTextResponse("the database does not answer", 503)
    return PlainTextResponse("ok")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counters for Prometheus; numbers only, never about a person."""
    deployment = web_of(request).deployment
    # Without a database the rest still tells what there is to tell.
    with suppress(Unavailable), deployment.database.read() as connection:
        show_waiting(waiting(connection, deployment.clock.now()))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
