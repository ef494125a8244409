"""The web chat: the page, what it posts and what it hears. Every route works without JavaScript."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse

from api.chat_form import LONGEST, Unreadable, Written, button_value, parse
from api.chat_lines import lines
from api.chat_notices import notice
from api.chat_stream import Closed, news, stream
from api.context import Web, web_of
from api.cursor import Cursor
from api.devices import DEVICE, find_visitor, visitor_of
from api.language import language_of
from bot import letting_in
from bot.doorbell import TooMany
from bot.inbound import Inbound
from bot.transcript import NEWEST, Bubble, said
from templates import pages
from templates.words import Words
from trajectory import web_access
from trajectory.database import Unavailable
from trajectory.web_access import Visitor

router = APIRouter(prefix="/chat")

MOST = 2000
"""Bubbles that one page shows at most."""
USED_AGAIN = timedelta(days=1)
"""A device's last use is noted no more often than this."""
ANSWER_SECONDS = 2.0
"""How long a page without JavaScript waits for the assistant's answer before it reloads."""
_CHAT = "/chat#newest"


@router.get("")
def show_chat(request: Request, show: int = NEWEST) -> Response:
    """The conversation so far, and room to answer."""
    web = web_of(request)
    response = _page(request, web, show=min(max(show, 1), MOST))
    return response or _signed_out(request, web)


@router.post("/messages")
async def write(request: Request) -> Response:
    """Take one message or press: 204 for the page's script, else back to the page."""
    web = web_of(request)
    try:
        written = parse(await request.body())
    except Unreadable:
        return PlainTextResponse("This form was not ours.", 400)
    try:
        visitor = await run_in_threadpool(find_visitor, request, web)
        if visitor is None:
            return await run_in_threadpool(_signed_out, request, web)
        if written.too_long:
            return await _too_long(request, web, visitor, written)
        if not written.text and not written.choice:
            return _taken(request)
        if _by_script(request):
            await _put(web, visitor, written)
        else:
            await _put_and_await_answer(web, visitor, written)
    except Unavailable:
        return _unsent(request, web, written)
    return _taken(request)


@router.get("/events")
async def hear(request: Request) -> Response:
    """New lines of the page as server-sent events, from `Last-Event-ID` or `after` on."""
    web = web_of(request)
    visitor = await run_in_threadpool(find_visitor, request, web)
    if visitor is None:
        return PlainTextResponse("", 401)
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return StreamingResponse(
        stream(web, visitor, Cursor.parse(after)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


@router.post("/out")
def leave(request: Request) -> Response:
    """Let this device in no more."""
    web = web_of(request)
    visitor = find_visitor(request, web)
    if visitor is not None:
        letting_in.sign_out(web.deployment, visitor, web.deployment.clock.now())
        web.doorbell.ring(visitor.patient_id)
    response = RedirectResponse("/chat", 303)
    DEVICE.take_back(response, secure=web.secure)
    return response


def _page(
    request: Request,
    web: Web,
    *,
    show: int = NEWEST,
    draft: str = "",
    problem: str = "",
    status: int = 200,
) -> Response | None:
    """The chat page, or None when the device is not let in."""
    deployment = web.deployment
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        visitor = visitor_of(connection, request, web)
        if visitor is None:
            return None
        bubbles = said(connection, visitor.sealer, visitor.patient_id, limit=show + 1)
    shown = bubbles[-show:]
    html = pages.render(
        "chat.html",
        visitor.language,
        timezone=visitor.timezone,
        now=now,
        clinic=deployment.clinic,
        lines=list(lines(shown, visitor.timezone, deployment.clinic)),
        cursor=str(Cursor().past(shown)),
        message_id=deployment.chance.token(),
        limit=LONGEST,
        earlier=min(show + NEWEST, MOST) if len(bubbles) > show and show < MOST else None,
        draft=draft,
        problem=problem,
    )
    response = HTMLResponse(html, status)
    _note_use(request, response, web, visitor, now)
    return response


def _note_use(
    request: Request, response: Response, web: Web, visitor: Visitor, now: datetime
) -> None:
    if now - visitor.last_seen_at < USED_AGAIN:
        return
    cookie = DEVICE.of(request)
    with web.deployment.database.write() as connection:
        web_access.touch(connection, web.deployment.ring, visitor.session_id, cookie, now)
    DEVICE.give(response, cookie, secure=web.secure)


async def _put(web: Web, visitor: Visitor, written: Written) -> None:
    """Hand the message over; back once it is committed. Raises Unavailable."""
    message = Inbound(
        channel=web_access.CHANNEL,
        address=visitor.address,
        external_id=f"web:{visitor.address_id}:{written.client_id}",
        kind=written.kind,
        at=web.deployment.clock.now(),
        text=written.text,
        choice=written.choice,
    )
    await web.inbox.take(message)
    web.doorbell.ring(visitor.patient_id)


async def _put_and_await_answer(web: Web, visitor: Visitor, written: Written) -> None:
    """`_put`, and a moment of patience, so that the page which follows shows the answer."""
    before = web.deployment.clock.now() - timedelta(microseconds=1)
    cursor = Cursor(Bubble(0, before, "assistant", "").order)
    loop = asyncio.get_running_loop()
    try:
        with web.doorbell.listen(visitor.patient_id) as bell:
            await _put(web, visitor, written)
            deadline = loop.time() + ANSWER_SECONDS
            async for fresh in news(web, visitor, bell, cursor):
                if any(each.author == "assistant" for each in fresh) or loop.time() > deadline:
                    return
    except TooMany:
        await _put(web, visitor, written)
    except Closed:
        return


def _taken(request: Request) -> Response:
    return Response(status_code=204) if _by_script(request) else RedirectResponse(_CHAT, 303)


async def _too_long(request: Request, web: Web, visitor: Visitor, written: Written) -> Response:
    words = Words.of(visitor.language)
    problem = words.say("chat.too-long", limit=LONGEST, length=len(written.text))
    if _by_script(request):
        return PlainTextResponse(problem, 422)
    page = await run_in_threadpool(
        lambda: _page(request, web, draft=written.text, problem=problem, status=422)
    )
    return page or _signed_out(request, web)


def _unsent(request: Request, web: Web, written: Written) -> Response:
    """The database is lost, but what was written is not: it goes back to the page."""
    language = language_of(request)
    headers = {"Retry-After": "5"}
    if _by_script(request):
        return PlainTextResponse(Words.of(language).say("chat.not-sent"), 503, headers)
    html = pages.render(
        "chat/unsent.html",
        language,
        clinic=web.deployment.clinic,
        key="unsent",
        written=written,
        choice=button_value(written.choice, written.text),
    )
    return HTMLResponse(html, 503, headers)


def _signed_out(request: Request, web: Web) -> Response:
    response = notice(web, "signed-out", language_of(request), 401)
    DEVICE.take_back(response, secure=web.secure)
    return response


def _by_script(request: Request) -> bool:
    return request.headers.get("x-requested-with") == "fetch"
