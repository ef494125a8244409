"""An export for research on its way out, to the desk's browser or to a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from fastapi.responses import StreamingResponse

from bot.research.zipped import Zipped

_PIECE = 256 * 1024


def sent(zipped: Zipped) -> StreamingResponse:
    """The file, a piece at a time; it is gone when it is sent, or whoever waits has gone."""
    headers = {
        "Content-Disposition": f'attachment; filename="{zipped.name}.zip"',
        "Content-Length": str(zipped.size),
    }
    return StreamingResponse(_pieces(zipped.file), 200, headers, "application/zip")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
