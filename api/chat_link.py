"""The way into the web chat on a new device: a one-time link, and a code from the patient's phone.

Every page works without JavaScript. Whatever is wrong with a link, the answer is the same.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.chat_notices import closed, code_page, notice
from api.context import Web, web_of
from api.devices import DEVICE, find_visitor
from bot import letting_in
from bot.letting_in import Answer, Came, Key
from templates import pages

router = APIRouter(prefix="/chat/in")

_CHAT = "/chat#newest"


@router.get("/{token}")
def show_link(request: Request, token: str) -> Response:
    """Offer a button; nothing changes, so a preview of the link does not use it up."""
    web = web_of(request)
    deployment = web.deployment
    door = letting_in.look(deployment, token, deployment.clock.now())
    visitor = find_visitor(request, web)
    if visitor is not None and (door is None or door.patient_id == visitor.patient_id):
        return RedirectResponse(_CHAT, 303)
    if door is None:
        return closed(request)
    html = pages.render(
        "chat/in.html", door.language, clinic=deployment.clinic, key="in", asks_code=door.asks_code
    )
    return HTMLResponse(html)


@router.post("/{token}")
def use_link(request: Request, token: str) -> Response:
    """Use the link up and let this device in, or ask for the code that was sent."""
    web = web_of(request)
    deployment = web.deployment
    visitor, cookie = find_visitor(request, web), deployment.chance.token()
    answer = letting_in.knock(deployment, Key(token, cookie, visitor), deployment.clock.now())
    if answer.came is Came.NOWHERE and visitor is not None:
        return RedirectResponse(_CHAT, 303)
    return _answered(request, web, token, answer, cookie)


@router.post("/{token}/code")
def take_code(request: Request, token: str, code: Annotated[str, Form()] = "") -> Response:
    """Let this device in if the code is right."""
    web = web_of(request)
    deployment = web.deployment
    cookie = deployment.chance.token()
    answer = letting_in.try_code(deployment, Key(token, cookie), code, deployment.clock.now())
    return _answered(request, web, token, answer, cookie)


@router.post("/{token}/again")
def send_anew(request: Request, token: str) -> Response:
    """Send a new code to the patient's phone."""
    web = web_of(request)
    answer = letting_in.send_anew(web.deployment, token, web.deployment.clock.now())
    return _answered(request, web, token, answer, "")


@router.get("/{token}/code")
@router.get("/{token}/again")
def go_back(token: str) -> Response:
    """Whoever reloads such a page by its address begins at the link."""
    return RedirectResponse(f"/chat/in/{token}", 303)


def _answered(request: Request, web: Web, token: str, answer: Answer, cookie: str) -> Response:
    match answer.came:
        case Came.NOWHERE:
            return closed(request)
        case Came.SHUT:
            return notice(web, "shut", answer.language, 403)
        case Came.IN | Came.BACK:
            response = RedirectResponse(_CHAT, 303)
            if answer.came is Came.IN:
                DEVICE.give(response, cookie, secure=web.secure)
            return response
    return code_page(web, answer, f"/chat/in/{token}", "in")
