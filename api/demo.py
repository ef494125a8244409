"""The demo's page: the patient's chat beside the professional's mail, and a clock that jumps.

What stands in the two frames is the product itself. Only the mail is shown instead of sent,
and the page says so. Mounted by `backtrace demo` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from api.context import Web, web_of
from api.demo_desk import Letters, day_words, letters
from api.devices import DEVICE, find_visitor
from api.directory_cookies import SESSION
from bot.directory.mailing import DESK
from templates import pages
from templates.words import Words
from trajectory import patients, sign_ins, web_access
from trajectory.web_access import Visitor

NEWCOMER = "new"
"""What the chooser posts for a patient who does not exist yet."""
LANGUAGE = "en"
TIMEZONE = "Europe/Copenhagen"
"""Whose clock is shown while no phone is chosen."""

_HOME = "/demo"
_JUMPS = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(weeks=1)}
_LINK_LIFE = timedelta(minutes=1)
_Field = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """Somebody whose phone can be taken up; `seeded`: with a history made beforehand."""

    id: int
    name: str
    language: str
    seeded: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demo does that no deployment can."""

    jump: Callable[[timedelta], None]
    """Let so much time pass, through every due moment; may take seconds."""
    people: Callable[[], Sequence[DemoPatient]]
    """Everybody in the demo, who has a history first."""
    newcomer: Callable[[], int]
    """Make a patient whose enrolment begins; the id."""
    secretary: Callable[[], int]
    """Whose place at the clinic's desk is taken; the number in the directory."""


def demo_router(stage: Stage) -> APIRouter:
    """The routes of the demo's page."""
    router = APIRouter()

    @router.get("/")
    def go_to_demo() -> Response:
        return RedirectResponse(_HOME, 303)

    @router.get(_HOME)
    def show(request: Request, open: str = "") -> Response:
        return _page(request, stage.people(), open)

    @router.post("/demo/phone")
    def take_phone(request: Request, patient: _Field = "") -> Response:
        return _sign_in(request, _chosen(stage, patient))

    @router.post("/demo/staff")
    def take_the_desk(request: Request) -> Response:
        return _work_at_desk(request, stage.secretary())

    @router.post("/demo/clock")
    def let_time_pass(hours: _Field = "") -> Response:
        if hours not in _JUMPS:
            raise HTTPException(422, "The clock jumps by 1, 24 or 168 hours.")
        stage.jump(_JUMPS[hours])
        return RedirectResponse(_HOME, 303)

    router.add_api_route("/demo/mails", _mails, methods=["GET"])
    router.add_api_route("/demo/now", _now, methods=["GET"])
    return router


def _page(request: Request, people: Sequence[DemoPatient], opened: str) -> Response:
    """The whole page; `opened`: a mail whose link is followed, or `page` for what it led to."""
    web = web_of(request)
    visitor = find_visitor(request, web)
    now = web.deployment.clock.now()
    found = _letters(web, visitor)
    html = pages.render(
        "demo.html",
        LANGUAGE,
        timezone=_zone(visitor),
        now=now,
        moment=now,
        today=day_words(now, _zone(visitor)),
        people=people,
        current=next((p for p in people if visitor and p.id == visitor.patient_id), None),
        newcomer=NEWCOMER,
        letters=found,
        opened=opened,
        page=found.page_of(opened),
        clinic=web.deployment.clinic,
    )
    return HTMLResponse(html)


def _mails(request: Request) -> Response:
    """The inbox alone, for the page's script."""
    web = web_of(request)
    visitor = find_visitor(request, web)
    html = pages.render(
        "demo/mails.html",
        LANGUAGE,
        timezone=_zone(visitor),
        now=web.deployment.clock.now(),
        letters=_letters(web, visitor),
        opened="",
    )
    return HTMLResponse(html)


def _now(request: Request) -> Response:
    """What the demo's clock shows, and which mail is the newest (null: none)."""
    web = web_of(request)
    visitor = find_visitor(request, web)
    now = web.deployment.clock.now()
    words = Words.of(LANGUAGE, _zone(visitor), now)
    return JSONResponse(
        {
            "day": day_words(now, _zone(visitor)),
            "time": words.clock(now),
            "iso": words.iso(now),
            "mail": _letters(web, visitor).newest,
        }
    )


def _letters(web: Web, visitor: Visitor | None) -> Letters:
    return Letters() if visitor is None else letters(web.deployment, visitor.patient_id)


def _zone(visitor: Visitor | None) -> str:
    return TIMEZONE if visitor is None else visitor.timezone


def _chosen(stage: Stage, patient: str) -> int:
    if patient == NEWCOMER:
        return stage.newcomer()
    found = next((p.id for p in stage.people() if str(p.id) == patient), None)
    if found is None:
        raise HTTPException(422, "Nobody in the demo has this phone.")
    return found


def _sign_in(request: Request, patient_id: int) -> Response:
    """Give this browser the patient's phone; the one it held before is put down."""
    web = web_of(request)
    before = find_visitor(request, web)
    cookie = _let_in(web, patient_id, before)
    if before is not None:
        web.doorbell.ring(before.patient_id)
    response = RedirectResponse(_HOME, 303)
    DEVICE.give(response, cookie, secure=web.secure)
    return response


def _work_at_desk(request: Request, number: int) -> Response:
    """Sign this browser in at the clinic's desk."""
    web = web_of(request)
    deployment, now = web.deployment, web.deployment.clock.now()
    cookie = deployment.chance.token()
    deployment.database.run(
        lambda connection: sign_ins.open_session(
            connection, deployment.ids, deployment.ring, number, cookie, now
        )
    )
    response = RedirectResponse(DESK, 303)
    SESSION.give(response, cookie, secure=web.secure)
    return response


def _let_in(web: Web, patient_id: int, before: Visitor | None) -> str:
    """As the patient's own one-time link does; the new cookie."""
    deployment, now = web.deployment, web.deployment.clock.now()
    token, cookie = deployment.chance.token(), deployment.chance.token()
    ids, ring = deployment.ids, deployment.ring
    with deployment.database.write() as connection:
        (row,) = patients.read(connection, [patient_id])
        web_access.create_link(
            connection,
            ids,
            ring,
            row.sealer(ring),
            patient_id=patient_id,
            token=token,
            now=now,
            lifetime=_LINK_LIFE,
        )
        web_access.exchange(connection, ids, ring, token=token, cookie=cookie, now=now)
        if before is not None:
            web_access.close(connection, before.session_id, now)
    return cookie
