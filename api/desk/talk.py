"""A person at the desk answers: who waits for one, and one conversation with what can be done.

Whatever is pressed, what has been typed comes back with the page unless it has been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Field, Number, number_in
from bot.desk import talking, talks
from bot.desk.permissions import Task
from bot.desk.talks import Conversation
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.held import NoSuchPatient

router = APIRouter(prefix=f"{DESK}/talk")
_HERE = f"{DESK}/talk"
_Talker = Annotated[Worker, Depends(at_desk(Task.TALK))]


@dataclass(frozen=True, slots=True)
class _Typed:
    """What the form of a conversation holds."""

    text: str
    form: str
    seen: int


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why nothing was done: words under `desk.talk.problem.<key>`, and the answer's status."""

    key: str
    status: int
    name: str = ""


@router.get("")
def show_list(request: Request, worker: _Talker) -> HTMLResponse:
    """Everybody who waits for a person, or writes with one."""
    waiting = talks.listed(web_of(request).deployment)
    return page(request, worker, "talks.html", waiting=waiting, place=_HERE)


@router.get("/{patient_id}")
def show(request: Request, worker: _Talker, patient_id: Number, done: str = "") -> HTMLResponse:
    """One conversation; the patient's audit says who has opened it."""
    try:
        seen = talks.conversation(web_of(request).deployment, patient_id)
    except NoSuchPatient:
        return _gone(request, worker)
    return _page(request, worker, seen, done=done if done in _DONE else "")


@router.get("/{patient_id}/thread")
def show_thread(request: Request, worker: _Talker, patient_id: Number) -> HTMLResponse:
    """The part of that page which changes by itself, for its script."""
    deployment = web_of(request).deployment
    try:
        seen = talks.conversation(deployment, patient_id)
    except NoSuchPatient:
        return _gone(request, worker)
    if _is_news(seen, worker):
        talks.note_open_still(deployment, worker, patient_id)
    return page(request, worker, "talk_thread.html", seen=seen, place=_HERE)


@router.post("/{patient_id}")
def act(
    request: Request,
    worker: _Talker,
    patient_id: Number,
    do: Field = "send",
    text: Field = "",
    form: Field = "",
    seen: Field = "",
) -> Response:
    """Send, take over, hand back, or look for new messages: by the button that was pressed."""
    typed = _Typed(text, form[:64], number_in(seen) if seen.isdecimal() else -1)
    acting = _ACTIONS.get(do, _look)
    try:
        done = acting(request, worker, patient_id, typed)
    except NoSuchPatient:
        return _gone(request, worker)
    except _PROBLEMS as error:
        return _again(request, worker, patient_id, typed, problem=_problem(error))
    if done and not (typed.text.strip() and do == "take"):
        return RedirectResponse(f"{_HERE}/{patient_id}?done={done}", 303)
    return _again(request, worker, patient_id, typed, done=done)


def _send(request: Request, worker: Worker, patient_id: int, typed: _Typed) -> str:
    deployment = web_of(request).deployment
    talking.say(
        deployment, worker, patient_id, typed.text, form_id=typed.form, seen=typed.seen
    )  # fmt: skip
    return "sent"


def _take(request: Request, worker: Worker, patient_id: int, typed: _Typed) -> str:
    talking.take_over(web_of(request).deployment, worker, patient_id)
    return "taken"


def _back(request: Request, worker: Worker, patient_id: int, typed: _Typed) -> str:
    if typed.text.strip():
        raise _Unsent
    talking.hand_back(web_of(request).deployment, worker, patient_id)
    return "back"


def _look(request: Request, worker: Worker, patient_id: int, typed: _Typed) -> str:
    return ""


class _Unsent(Exception):
    """Something was typed and not sent when the conversation was to be handed back."""


_ACTIONS: Mapping[str, Callable[[Request, Worker, int, _Typed], str]] = {
    "send": _send,
    "take": _take,
    "back": _back,
    "look": _look,
}
_DONE = ("sent", "taken", "back")
_PROBLEMS = (
    talking.BadReply,
    talking.CannotWrite,
    talking.HeldBySomebody,
    talking.NewMessages,
    talking.NotUnderWay,
    _Unsent,
)


def _problem(error: Exception) -> _Problem:
    match error:
        case talking.BadReply(problem=problem):
            return _Problem(problem, 422)
        case talking.CannotWrite(why=why):
            return _Problem(f"cannot.{why}", 409)
        case talking.HeldBySomebody(name=name):
            return _Problem("held", 409, name)
        case talking.NewMessages():
            return _Problem("new", 409)
        case talking.NotUnderWay():
            return _Problem("not-under-way", 409)
    return _Problem("unsent", 409)


def _again(
    request: Request,
    worker: Worker,
    patient_id: int,
    typed: _Typed,
    *,
    problem: _Problem | None = None,
    done: str = "",
) -> HTMLResponse:
    """The page as it stands now, with what was typed still in it."""
    try:
        seen = talks.conversation(web_of(request).deployment, patient_id)
    except NoSuchPatient:
        return _gone(request, worker)
    return _page(request, worker, seen, typed=typed, trouble=problem, done=done)


def _page(
    request: Request,
    worker: Worker,
    seen: Conversation,
    *,
    typed: _Typed | None = None,
    trouble: _Problem | None = None,
    done: str = "",
) -> HTMLResponse:
    deployment = web_of(request).deployment
    if _is_news(seen, worker):
        talks.note_opened(deployment, worker, seen.patient_id)
    text = typed.text if typed else ""
    before, _ = talks.would_say(deployment, worker, seen, "")
    return page(
        request,
        worker,
        "talk.html",
        trouble.status if trouble else 200,
        seen=seen,
        text=text,
        form=typed.form if typed else deployment.chance.token(),
        trouble=trouble,
        said=done,
        before=before,
        segments=talks.would_say(deployment, worker, seen, text)[1],
        longest=talking.LONGEST,
        place=_HERE,
    )


def _is_news(seen: Conversation, worker: Worker) -> bool:
    """Whether to read it is something for the audit, which tells already who has taken it over."""
    holds = seen.under_way and seen.talk is not None and seen.talk.who == worker.id
    return bool(seen.lines) and not holds


def _gone(request: Request, worker: Worker) -> HTMLResponse:
    return page(request, worker, "talk_gone.html", 404, place=_HERE)
