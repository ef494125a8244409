"""Bare endpoints: each parses the body as JSON, answers 200, and keeps nothing.

`python -m benchmarks.durable.bare PORT` serves them as `backtrace serve` serves ours.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.durable.load import PATH

LEANEST = "/leanest"
app = FastAPI(openapi_url=None)


@app.post(PATH)
async def take(update: dict[str, Any]):  # type: ignore[no-untyped-def]
    """As FastAPI's own tutorial writes it."""
    return {"ok": bool(update)}


@app.post(LEANEST)
async def take_leanest(request: Request) -> Response:
    """With the least that FastAPI can be made to do."""
    orjson.loads(await request.body())
    return Response()


@app.get("/readyz")
async def readyz() -> Response:
    """Here it is."""
    return Response()


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        server_header=False,
    )
