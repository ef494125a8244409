"""A bare endpoint: it parses the body as JSON, answers 200, and keeps nothing.

`python -m benchmarks.durable.bare PORT` serves it as `backtrace serve` serves ours.
"""

from __future__ import annotations

import sys

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.durable.load import PATH

app = FastAPI(openapi_url=None)


@app.post(PATH)
async def take(request: Request) -> Response:
    orjson.loads(await request.body())
    return Response()


@app.get("/readyz")
async def readyz() -> Response:
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
