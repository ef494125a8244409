"""The work list: what somebody must look at, whose it is, and how it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Field, age_of, number_in
from api.language import language_of
from api.open_page import FROM_LIST
from bot.conversation.tasks.exporting import DAYS
from bot.deployment import Deployment
from bot.desk import work
from bot.desk.permissions import Task
from bot.desk.work import HasOwner, IsDone, NoReason, NoSuchCase, TooLong
from bot.desk.work_list import PAGE, Line, owner_names, read_case, read_work
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from templates.words import Words
from trajectory.case_reasons import REASONS, Reason
from trajectory.cases import Kind

router = APIRouter()

LIST = f"{DESK}/work"
REFRESHES = 25
"""So often a browser without scripts shows the list anew by itself: then nobody is there."""
_SAID = frozenset({"taken", "seen", "given-back", "done"})

_See = Annotated[Worker, Depends(at_desk(Task.SEE_WORK))]
_Handle = Annotated[Worker, Depends(at_desk(Task.HANDLE_CASE))]


class Action(NamedTuple):
    """The one thing to do first about a case, named by `desk.work.action.<name>`."""

    name: str
    section: str

    def of(self, line: Line) -> Action:
        """What it is for this patient: whoever has no number to ring is written to."""
        rings = line.contact is not None and line.contact.number
        return Action("write", "talk") if self.name == "call" and not rings else self

    def path(self, line: Line) -> str:
        """Where it is done for this patient; a card of somebody never heard is enrolment's.

        The number to ring stands on the case's page.
        """
        if self.name == "call":
            return f"{LIST}/{line.case.id}"
        enrols = self.name == "card" and line.status == "enrolling"
        return f"{DESK}/{'enrol' if enrols else self.section}/{line.case.patient_id}"


ACTIONS: Mapping[Kind, Action] = {
    Kind.RED_FLAG: Action("call", "work"),
    Kind.NOT_REACHED: Action("call", "work"),
    Kind.PERSON: Action("answer", "talk"),
    Kind.DIED: Action("died", "patients"),
    Kind.FAILED: Action("answer", "talk"),
    Kind.NOT_UNDERSTOOD: Action("answer", "talk"),
    Kind.NOT_ME: Action("correct", "patients"),
    Kind.UNREACHABLE: Action("correct", "patients"),
    Kind.CODE_UNUSED: Action("card", "patients"),
    Kind.CONSENT_MISSING: Action("consent", "talk"),
    Kind.MAIL_BOUNCED: Action("address", "talk"),
    Kind.EXPORT: Action("copy", "patients"),
    Kind.SILENT: Action("call", "work"),
}


class Filter(NamedTuple):
    """What of the list is wanted, as its address says it."""

    kind: str = ""
    mine: bool = False
    page: int = 1

    def address(self, **more: object) -> str:
        """The list, seen so."""
        asked = {"kind": self.kind, "mine": "1" if self.mine else "", "page": self.page} | more
        kept = {
            name: value for name, value in asked.items() if value and (name, value) != ("page", 1)
        }
        return f"{LIST}?{urlencode(kept)}" if kept else LIST


@router.get(LIST)
def show_list(
    request: Request,
    worker: _See,
    kind: str = "",
    mine: bool = False,
    page: int = 1,
    said: str = "",
    again: int = 0,
    still: bool = False,
) -> Response:
    """The list, the most pressing first."""
    wanted = Filter(kind if kind in set(Kind) else "", mine, page)
    return _list(request, worker, wanted, said=said, again=again, still=still)


@router.get(f"{LIST}/{{case_id}}")
def show_case(request: Request, worker: _See, case_id: str, said: str = "") -> Response:
    """One case: how the patient is reached, and how it is closed."""
    return _case(request, worker, number_in(case_id), said=said)


@router.post(f"{LIST}/{{case_id}}/take")
def take(
    request: Request,
    worker: _Handle,
    case_id: str,
    before: Field = "",
    kind: Field = "",
    mine: Field = "",
    page: Field = "",
    stay: Field = "",
) -> Response:
    """Become the owner; whoever had it as far as the page knew is `before`."""
    number, deployment = number_in(case_id), web_of(request).deployment
    wanted = Filter(kind, bool(mine), number_in(page) or 1)
    try:
        work.take(deployment, worker.actor, number, before or None)
    except NoSuchCase:
        return _gone(request, worker)
    except IsDone:
        return _case(request, worker, number, 409, problem=_closed(request, worker))
    except HasOwner as other:
        problem = _who_has_it(deployment, _words(request, worker), other)
        if stay:
            return _case(request, worker, number, 409, problem=problem)
        return _list(request, worker, wanted, 409, problem=problem)
    said = "seen" if before == worker.actor else "taken"
    if stay:
        return RedirectResponse(f"{LIST}/{number}?said={said}", 303)
    return RedirectResponse(f"{wanted.address(said=said)}#case-{number}", 303)


@router.post(f"{LIST}/{{case_id}}/give-back")
def give_back(request: Request, worker: _Handle, case_id: str) -> Response:
    """Look after it no more."""
    number, deployment = number_in(case_id), web_of(request).deployment
    try:
        work.give_back(deployment, worker.actor, number)
    except NoSuchCase:
        return _gone(request, worker)
    except IsDone:
        return _case(request, worker, number, 409, problem=_closed(request, worker))
    except HasOwner as other:
        problem = _who_has_it(deployment, _words(request, worker), other)
        return _case(request, worker, number, 409, problem=problem)
    return RedirectResponse(f"{LIST}/{number}?said=given-back", 303)


@router.post(f"{LIST}/{{case_id}}/done")
def done(
    request: Request, worker: _Handle, case_id: str, reason: Field = "", note: Field = ""
) -> Response:
    """Take it off the list, with a reason."""
    number, deployment = number_in(case_id), web_of(request).deployment
    words = _words(request, worker)
    typed = {"reason": reason, "note": note}
    try:
        if reason not in set(Reason):
            raise NoReason
        work.done(deployment, worker.actor, number, Reason(reason), note)
    except NoSuchCase:
        return _gone(request, worker)
    except NoReason:
        problem = words.say("desk.work.problem.reason")
        return _case(request, worker, number, 422, problem=problem, **typed)
    except TooLong:
        problem = words.say("desk.work.problem.note", most=work.LONGEST_NOTE)
        return _case(request, worker, number, 422, problem=problem, **typed)
    except IsDone:
        problem = words.say("desk.work.problem.done")
        return _case(request, worker, number, 409, problem=problem, **typed)
    except HasOwner as other:
        problem = _who_has_it(deployment, words, other)
        return _case(request, worker, number, 409, problem=problem, **typed)
    return RedirectResponse(f"{LIST}?said=done", 303)


def _list(
    request: Request,
    worker: Worker,
    wanted: Filter,
    status: int = 200,
    *,
    said: str = "",
    again: int = 0,
    still: bool = False,
    problem: str | None = None,
) -> Response:
    deployment = web_of(request).deployment
    kind = Kind(wanted.kind) if wanted.kind in set(Kind) else None
    seen = read_work(deployment, worker, kind=kind, mine=wanted.mine, page=wanted.page)
    wanted = wanted._replace(page=seen.page)
    refreshes = not still and again < REFRESHES
    return page(
        request,
        worker,
        "work.html",
        status,
        work=seen,
        wanted=wanted,
        done=_flash(request, worker, said),
        problem=problem,
        refresh=wanted.address(again=again + 1) if refreshes else None,
        paused=wanted.address(still=1),
        first=(seen.page - 1) * PAGE + 1,
        **_shown(deployment, seen.lines),
    )


def _case(
    request: Request,
    worker: Worker,
    case_id: int,
    status: int = 200,
    *,
    said: str = "",
    problem: str | None = None,
    reason: str = "",
    note: str = "",
) -> Response:
    deployment = web_of(request).deployment
    try:
        look = read_case(deployment, worker, case_id)
    except NoSuchCase:
        return _gone(request, worker)
    return page(
        request,
        worker,
        "case.html",
        status,
        look=look,
        line=look.line,
        case=look.line.case,
        reasons=REASONS[look.line.case.kind],
        typed={"reason": reason, "note": note},
        most=work.LONGEST_NOTE,
        done=_flash(request, worker, said),
        problem=problem,
        **_shown(deployment, [look.line]),
    )


def _gone(request: Request, worker: Worker) -> Response:
    return page(request, worker, "no_case.html", 404, list=LIST)


def _shown(deployment: Deployment, lines: Sequence[Line]) -> dict[str, object]:
    now = deployment.clock.now()
    return {
        "list": LIST,
        "actions": ACTIONS,
        "ages": {line.case.id: age_of(line.case.opened_at, now) for line in lines},
        "summary": FROM_LIST,
        "month": timedelta(days=DAYS),
    }


def _flash(request: Request, worker: Worker, said: str) -> str | None:
    return _words(request, worker).say(f"desk.work.said.{said}") if said in _SAID else None


def _who_has_it(deployment: Deployment, words: Words, other: HasOwner) -> str:
    with deployment.database.read() as connection:
        name = owner_names(connection, deployment, [other.owner]).get(other.owner)
    if not other.owner:
        return words.say("desk.work.problem.nobody")
    return words.say("desk.work.problem.owner", name=name or words.say("desk.work.somebody"))


def _closed(request: Request, worker: Worker) -> str:
    return _words(request, worker).say("desk.work.problem.done")


def _words(request: Request, worker: Worker) -> Words:
    return Words.of(language_of(request, worker.language))
