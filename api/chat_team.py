"""The patient's own page, behind the chat's sign-in: the care team, and who sees what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from api.chat_notices import notice
from api.context import web_of
from api.devices import find_visitor
from api.language import language_of
from bot import own_page
from bot.inbound import Inbound, InboundKind
from bot.own_page import BadPerson, NoSuchMember
from templates import pages
from trajectory import web_access
from trajectory.web_access import Visitor

router = APIRouter(prefix="/chat")

_TEAM = "/chat/team"
_Field = Annotated[str, Form()]
_DONE = ("added", "renamed", "removed", "stopped")
"""What the page confirms after a form, as `?done=`."""


@router.get("/team")
def show_team(request: Request, done: str = "") -> Response:
    """Who is in the care team, what each sees until when, and who looked."""
    return _page(request, done=done if done in _DONE else "")


@router.post("/team/add")
def add(request: Request, role: _Field = "", name: _Field = "", email: _Field = "") -> Response:
    """Name somebody; what cannot be taken goes back to the page as it was typed."""
    visitor = find_visitor(request, web_of(request))
    if visitor is None:
        return _signed_out(request)
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        own_page.add(deployment, visitor.patient_id, role, name, email, now)
    except BadPerson as bad:
        typed = {"role": role, "name": name, "email": email}
        return _page(request, problem=bad.problem, typed=typed, status=422)
    return _back("added")


@router.post("/team/{member_id}/rename")
def rename(request: Request, member_id: int, name: _Field = "") -> Response:
    """Call somebody by another name."""
    visitor = find_visitor(request, web_of(request))
    if visitor is None:
        return _signed_out(request)
    deployment = web_of(request).deployment
    try:
        own_page.rename(deployment, visitor.patient_id, member_id, name, deployment.clock.now())
    except BadPerson:
        return _page(request, problem="rename", status=422)
    except NoSuchMember:
        return _missing(request)
    return _back("renamed")


@router.get("/team/{member_id}/remove")
def ask_to_remove(request: Request, member_id: int) -> Response:
    """Ask whether somebody should be taken out."""
    return _confirm(request, member_id, "remove")


@router.get("/team/{member_id}/stop")
def ask_to_stop(request: Request, member_id: int) -> Response:
    """Ask whether sharing with somebody should end."""
    return _confirm(request, member_id, "stop")


@router.post("/team/{member_id}/remove")
def remove(request: Request, member_id: int) -> Response:
    """Take somebody out of the care team."""
    return _end(request, member_id, "removed")


@router.post("/team/{member_id}/stop")
def stop(request: Request, member_id: int) -> Response:
    """End sharing with somebody."""
    return _end(request, member_id, "stopped")


@router.post("/team/{member_id}/show")
async def show(request: Request, member_id: int, id: _Field = "") -> Response:
    """Say in the chat that this person should see it: the preview and the code come there."""
    web = web_of(request)
    visitor = await run_in_threadpool(find_visitor, request, web)
    if visitor is None:
        return await run_in_threadpool(_signed_out, request)
    try:
        sees = await run_in_threadpool(_member, request, visitor, member_id)
    except NoSuchMember:
        return await run_in_threadpool(_missing, request)
    words = web.deployment.catalogues[visitor.language]
    message = Inbound(
        channel=web_access.CHANNEL,
        address=visitor.address,
        external_id=f"web:{visitor.address_id}:show-{id[:64]}",
        kind=InboundKind.TEXT,
        at=web.deployment.clock.now(),
        text=words.say("team.send", name=sees.member.name),
    )
    await web.inbox.take(message)
    web.doorbell.ring(visitor.patient_id)
    return RedirectResponse("/chat#newest", 303)


@router.get("/work-page")
def show_work_page(request: Request) -> Response:
    """The page about work that the patient had made last, to be printed."""
    visitor = find_visitor(request, web_of(request))
    if visitor is None:
        return _signed_out(request)
    deployment = web_of(request).deployment
    page = own_page.read_team(deployment, visitor.patient_id, deployment.clock.now()).work_page
    if page is None:
        return _missing(request)
    html = pages.render(
        "work.html",
        visitor.language,
        timezone=page.timezone,
        now=deployment.clock.now(),
        work=page,
        reader="",
        shared_until=None,
        leave_action="",
    )
    return HTMLResponse(html)


def _page(request: Request, *, status: int = 200, **more: object) -> Response:
    web = web_of(request)
    visitor = find_visitor(request, web)
    if visitor is None:
        return _signed_out(request)
    now = web.deployment.clock.now()
    html = pages.render(
        "chat/team.html",
        visitor.language,
        timezone=visitor.timezone,
        now=now,
        clinic=web.deployment.clinic,
        team=own_page.read_team(web.deployment, visitor.patient_id, now),
        roles=own_page.ROLES,
        longest=(own_page.LONGEST_NAME, own_page.LONGEST_EMAIL),
        message_id=web.deployment.chance.token(),
        **more,
    )
    return HTMLResponse(html, status)


def _confirm(request: Request, member_id: int, what: str) -> Response:
    web = web_of(request)
    visitor = find_visitor(request, web)
    if visitor is None:
        return _signed_out(request)
    try:
        sees = _member(request, visitor, member_id)
    except NoSuchMember:
        return _missing(request)
    html = pages.render(
        "chat/team_confirm.html",
        visitor.language,
        clinic=web.deployment.clinic,
        what=what,
        sees=sees,
        action=f"{_TEAM}/{member_id}/{what}",
    )
    return HTMLResponse(html)


def _end(request: Request, member_id: int, done: str) -> Response:
    web = web_of(request)
    visitor = find_visitor(request, web)
    if visitor is None:
        return _signed_out(request)
    change = own_page.remove if done == "removed" else own_page.stop_sharing
    try:
        change(web.deployment, visitor.patient_id, member_id, web.deployment.clock.now())
    except NoSuchMember:
        return _missing(request)
    return _back(done)


def _member(request: Request, visitor: Visitor, member_id: int) -> own_page.Sees:
    deployment = web_of(request).deployment
    team = own_page.read_team(deployment, visitor.patient_id, deployment.clock.now())
    return own_page.member_of(team, member_id)


def _back(done: str) -> Response:
    return RedirectResponse(f"{_TEAM}?done={done}", 303)


def _missing(request: Request) -> Response:
    return notice(web_of(request), "missing", language_of(request), 404)


def _signed_out(request: Request) -> Response:
    return notice(web_of(request), "signed-out", language_of(request), 401)
