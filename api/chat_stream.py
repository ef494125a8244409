"""New messages as server-sent events: read when the doorbell rings, else once a second."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

from fastapi.concurrency import run_in_threadpool

from api.chat_lines import lines
from api.context import Web
from api.cursor import Cursor
from api.metrics import STREAMS
from bot.doorbell import Bell, TooMany
from bot.transcript import Bubble, said
from templates import pages
from trajectory import web_access
from trajectory.database import Unavailable
from trajectory.web_access import Visitor

POLL = 1.0
"""Seconds between looks when nothing rings."""
QUICK = (0.01, 0.03, 0.1, 0.3)
"""Looks after a ring: a message is rung for just before it is recorded as sent."""
SILENCE = 15.0
"""Seconds after which something is sent, so that proxies and we notice a dead line."""
MOST = 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Closed(Exception):
    """The page shows no more of it: the device is let in no longer, or the language is another."""


async def news(
    web: Web, visitor: Visitor, bell: Bell, cursor: Cursor
) -> AsyncIterator[list[Bubble]]:
    """What was not read yet, after every look (often nothing), until the process stops.

    Raises:
        Closed: when the web session was closed, or the patient has chosen another language.
    """
    paces: Iterator[float] = iter(())
    while not bell.closed:
        fresh = await run_in_threadpool(_look, web, visitor, cursor)
        cursor = cursor.past(fresh)
        yield fresh
        if await bell.wait(next(paces, POLL)):
            paces = iter(QUICK)


async def stream(web: Web, visitor: Visitor, cursor: Cursor) -> AsyncIterator[str]:
    """The frames of one page's event stream; it ends when the session or the process does."""
    yield "retry: 2000\n\n"
    try:
        with web.doorbell.listen(visitor.patient_id) as bell, STREAMS.track_inprogress():
            async for frame in _frames(web, visitor, bell, cursor):
                yield frame
    except Closed:
        yield "event: closed\ndata:\n\n"
    except TooMany:
        yield "retry: 60000\n\n"


async def _frames(web: Web, visitor: Visitor, bell: Bell, cursor: Cursor) -> AsyncIterator[str]:
    clock = get_running_loop()
    spoken = clock.time()
    async for fresh in news(web, visitor, bell, cursor):
        for bubble in fresh:
            before, cursor = cursor, cursor.past([bubble])
            yield _frame(web, visitor, bubble, before, cursor)
        if fresh:
            spoken = clock.time()
        elif clock.time() - spoken > SILENCE:
            spoken = clock.time()
            yield ":\n\n"


def _look(web: Web, visitor: Visitor, cursor: Cursor) -> list[Bubble]:
    deployment = web.deployment
    try:
        with deployment.database.read() as connection:
            now = deployment.clock.now()
            if web_access.spoken(connection, visitor.session_id, now) != visitor.language:
                raise Closed
            found = said(connection, visitor.sealer, visitor.patient_id, cursor.after, MOST)
    except Unavailable:
        return []  # The page waits on; a look after the database is back finds everything.
    return cursor.fresh(found)


def _frame(web: Web, visitor: Visitor, bubble: Bubble, before: Cursor, after: Cursor) -> str:
    previous = _EPOCH + timedelta(microseconds=before.order) if before.order else None
    clinic = web.deployment.clinic
    [line] = lines([bubble], visitor.timezone, clinic, previous)
    html = pages.render(
        "chat/line.html",
        visitor.language,
        timezone=visitor.timezone,
        now=web.deployment.clock.now(),
        line=line,
    )
    data = "".join(f"data: {part}\n" for part in html.splitlines())
    return f"id: {after}\nevent: line\n{data}\n"
