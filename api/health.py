"""What the operator's probes ask: alive, ready, and how it goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware

from api.guards import SecurityHeaders
from api.metrics import show_lag, show_running
from bot import lag
from bot.deployment import Deployment
from bot.desk import running
from bot.desk.running import Running
from bot.lag import Lag, Patience
from trajectory.database import Unavailable
from trajectory.migrations import head, is_known, revision_of

KEPT = 5.0
"""Seconds for which a reading of the database is good: probes and scrapes come from many."""
COUNTED = 10.0
"""The same of the counts, which are dearer."""

__all__ = ["Patience", "Probe", "probed", "router"]

_T = TypeVar("_T")
router = APIRouter()


class _Kept(Generic[_T]):
    def __init__(self, read: Callable[[], _T], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._gate = threading.Lock()
        self._newest: tuple[float, _T] | None = None

    def __call__(self) -> _T:
        with self._gate:
            if self._newest is None or monotonic() - self._newest[0] >= self._seconds:
                self._newest = monotonic(), self._read()
            return self._newest[1]


class Probe:
    """What is looked at for one process.

    `late_is_unready`: this process does the work that may be late, so being late is its failure.
    One that only answers stays ready: without it patients could not even write.
    """

    def __init__(
        self,
        deployment: Deployment,
        patience: Patience | None = None,
        *,
        late_is_unready: bool = True,
    ) -> None:
        self._deployment = deployment
        self.patience = patience or Patience()
        self._late_is_unready = late_is_unready
        self.lag = _Kept(self._read_lag, KEPT)
        self.running = _Kept(self._read_running, COUNTED)

    def ready(self) -> tuple[int, dict[str, Any]]:
        """The status and what is said of it; seconds and channels only."""
        try:
            with self._deployment.database.read() as connection:
                revision = revision_of(connection)
            late = self._late(self.lag())
        except Unavailable:
            return 503, {"status": "unavailable"}
        # A newer revision than ours is a deploy under way: this process goes on until it is over.
        if revision != head() and (revision is None or is_known(revision)):
            return 503, {"status": "not migrated", "revision": revision, "needs": head()}
        if not late:
            return 200, {"status": "ok"}
        return 503 if self._late_is_unready else 200, {"status": "late", **late}

    def _late(self, found: Lag) -> dict[str, Any]:
        """What waits too long, with its seconds."""
        late: dict[str, Any] = {}
        if found.due > self.patience.due:
            late["due"] = round(found.due)
        outbox = {
            f"{channel} {priority}": round(seconds)
            for (channel, priority), seconds in found.late(self.patience).items()
        }
        return late | ({"outbox": outbox} if outbox else {})

    def _read_lag(self) -> Lag:
        deployment = self._deployment
        with deployment.database.read() as connection:
            return lag.read(connection, deployment.clock.now(), deployment.channels)

    def _read_running(self) -> Running:
        with self._deployment.database.read() as connection:
            return running.read(connection, self._deployment, self.patience)


def probed(probe: Probe) -> FastAPI:
    """An application with nothing but the probes, for a process that serves no pages."""
    strict = Middleware(SecurityHeaders, secure=False, framed=False)
    app = FastAPI(title="BackTrace", openapi_url=None, middleware=[strict])
    app.state.probe = probe
    app.include_router(router)
    return app


def _probe(request: Request) -> Probe:
    probe: Probe = request.app.state.probe
    return probe


@router.get("/healthz")
async def healthz() -> Response:
    """The process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Whether the database answers and is migrated, and what is late; 503 says no."""
    status, says = _probe(request).ready()
    return JSONResponse(says, status)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counters for Prometheus; numbers only, never about a person."""
    # Without a database the rest still tells what there is to tell.
    with suppress(Unavailable):
        show_lag(_probe(request).lag())
        show_running(_probe(request).running())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
