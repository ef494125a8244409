"""A patient's own copy of everything: a one-time link, a code, and a page with two downloads.

Every page works without JavaScript. Whatever is wrong with a link, the answer is the same.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.chat_notices import code_page, notice
from api.context import Web, web_of
from api.cookies import Cookie
from api.devices import find_visitor
from api.language import language_of
from bot import handing_out, letting_in, own_record
from bot.handing_out import COPY, NotOpen, OwnCopy
from bot.letting_in import Answer, Came, Key
from templates import own_copy, pages
from trajectory.copy_access import PAGE_LIFE

router = APIRouter(prefix="/copy")

_PAGE = "/copy"
COOKIE = Cookie("backtrace-copy", PAGE_LIFE)
"""Apart from that of the chat: a device that may write there may not read everything."""


@router.get("/in/{token}")
def show_link(request: Request, token: str) -> Response:
    """Offer a button; nothing changes, so a preview of the link does not use it up."""
    deployment = web_of(request).deployment
    door = letting_in.look(deployment, token, deployment.clock.now(), COPY)
    if door is None:
        return _closed(request)
    html = pages.render(
        "chat/in.html",
        door.language,
        clinic=deployment.clinic,
        key="copy-in",
        asks_code=door.asks_code,
    )
    return HTMLResponse(html)


@router.post("/in/{token}")
def use_link(request: Request, token: str) -> Response:
    """Have a code sent; only a device that is in a chat without a phone is let through."""
    web = web_of(request)
    deployment = web.deployment
    key = Key(token, deployment.chance.token(), find_visitor(request, web))
    answer = letting_in.knock(deployment, key, deployment.clock.now(), COPY)
    return _answered(request, web, key, answer)


@router.post("/in/{token}/code")
def take_code(request: Request, token: str, code: Annotated[str, Form()] = "") -> Response:
    """Open the copy on this device if the code is right."""
    web = web_of(request)
    deployment = web.deployment
    key = Key(token, deployment.chance.token())
    answer = letting_in.try_code(deployment, key, code, deployment.clock.now(), COPY)
    return _answered(request, web, key, answer)


@router.post("/in/{token}/again")
def send_anew(request: Request, token: str) -> Response:
    """Send a new code to the patient's phone."""
    web = web_of(request)
    now = web.deployment.clock.now()
    answer = letting_in.send_anew(web.deployment, token, now, COPY)
    return _answered(request, web, Key(token), answer)


@router.get("/in/{token}/code")
@router.get("/in/{token}/again")
def go_back(token: str) -> Response:
    """Whoever reloads such a page by its address begins at the link."""
    return RedirectResponse(f"/copy/in/{token}", 303)


@router.get("")
def show_page(request: Request) -> Response:
    """The two downloads, and until when they are there."""
    web = web_of(request)
    deployment = web.deployment
    try:
        page = handing_out.look_at(deployment, COOKIE.of(request), deployment.clock.now())
    except NotOpen:
        return _closed(request)
    html = pages.render(
        "chat/copy.html",
        page.language,
        timezone=page.timezone,
        clinic=deployment.clinic,
        key="copy",
        closes_at=page.closes_at,
    )
    return HTMLResponse(html)


@router.get("/data.json")
def fetch_data(request: Request) -> Response:
    """Everything, for another program."""
    return _fetched(request, "json")


@router.get("/record.pdf")
def fetch_document(request: Request) -> Response:
    """The same to be read."""
    return _fetched(request, "pdf")


@router.post("/close")
def close(request: Request) -> Response:
    """The copy is not open on this device any more."""
    web = web_of(request)
    try:
        handing_out.close(web.deployment, COOKIE.of(request), web.deployment.clock.now())
    except NotOpen:
        return _closed(request)
    response = notice(web, "copy-done", language_of(request), 200)
    COOKIE.take_back(response, secure=web.secure)
    return response


def _fetched(request: Request, form: str) -> Response:
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        copy = handing_out.take(deployment, COOKIE.of(request), form, now)
    except NotOpen:
        return _closed(request)
    content, media_type = _written(request, copy, form)
    name = f"backtrace-{now.astimezone(copy.person.zone):%Y-%m-%d}.{form}"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=disposition)


def _written(request: Request, copy: OwnCopy, form: str) -> tuple[bytes, str]:
    deployment = web_of(request).deployment
    document = own_record.document(copy, deployment.library)
    if form == "json":
        return own_record.as_json(document), "application/json"
    return own_copy.pdf(document, deployment.clinic.name), "application/pdf"


def _answered(request: Request, web: Web, key: Key, answer: Answer) -> Response:
    match answer.came:
        case Came.NOWHERE:
            return _closed(request)
        case Came.SHUT:
            return notice(web, "shut", answer.language, 403)
        case Came.IN | Came.BACK:
            response = RedirectResponse(_PAGE, 303)
            COOKIE.give(response, key.cookie, secure=web.secure)
            return response
    return code_page(web, answer, f"/copy/in/{key.token}", "copy-in")


def _closed(request: Request) -> Response:
    """The one answer to every link and page that opens nothing."""
    return notice(web_of(request), "copy-closed", language_of(request), 404)
