"""The directory at the desk: who signs in, who works here, which programs do, what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.door import Barred, at_desk
from api.desk.page import page
from api.desk.parts import Field, Fields, number_in
from bot.desk import directory
from bot.desk.directory import AT_DESK, NoMail, NotTheirs, Wrong
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.directory.staff import LastOperator, NobodyListed, StillShared
from trajectory import staff_tokens
from trajectory.care_team import TREATING
from trajectory.professionals import SECTORS, STAFF, AlreadyListed, Professional
from trajectory.staff_tokens import Role

router = APIRouter()

HERE = f"{DESK}/directory"
TOKENS = f"{HERE}/tokens"
TRACES = f"{HERE}/changes"
MOST_TRACES = 200
_DONE = ("added", "changed", "invited", "removed", "roles", "revoked")
_Keeping = Annotated[Worker, Depends(at_desk(Task.DIRECTORY))]
_Staffing = Annotated[Worker, Depends(at_desk(Task.STAFF))]


@dataclass(frozen=True)
class Typed:
    """A form as it was typed, and shown again where something is wrong with it."""

    name: str = ""
    email: str = ""
    role: str = ""
    sector: str = "primary"
    language: str = "da"
    desk: frozenset[str] = frozenset()
    wrong: Sequence[str] = field(default=())

    @classmethod
    def of(cls, who: Professional) -> Typed:
        """Somebody as they are now."""
        roles = frozenset(each.value for each in who.desk)
        return cls(who.name, who.email, who.role, who.sector, who.language, roles)

    def meant(self, number: int = 0) -> Professional:
        """Whom it describes. Whoever treats nobody is of no sector."""
        desk = frozenset(Role(each) for each in self.desk if each in set(Role))
        sector = "" if self.role == STAFF else self.sector
        return Professional(
            number, self.name.strip(), self.email.strip(), self.role, sector, self.language,
            desk=desk,
        )  # fmt: skip


@router.get(HERE)
def show(request: Request, worker: _Keeping) -> Response:
    """Everybody of the directory."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        people = directory.people(connection, deployment, worker)
    treating = [each for each in people if each.who.treats]
    staff = [each for each in people if each.who.desk or not each.who.treats]
    return page(
        request,
        worker,
        "directory.html",
        treating=treating,
        staff=staff,
        may_staff=worker.may(Task.STAFF),
        here_path=HERE,
        said=_said(request.query_params),
        number=number_in(request.query_params.get("n", "")),
    )


@router.get(f"{HERE}/new")
def show_new(request: Request, worker: _Keeping, staff: bool = False) -> Response:
    """An empty form."""
    role = STAFF if staff and worker.may(Task.STAFF) else ""
    return _form(request, worker, Typed(role=role, language=worker.language))


@router.post(f"{HERE}/new")
def add(
    request: Request,
    worker: _Keeping,
    name: Field = "",
    email: Field = "",
    role: Field = "",
    sector: Field = "",
    language: Field = "",
    desk: Fields = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Put somebody in, and invite them."""
    typed = Typed(name, email, role, sector, language, frozenset(desk))
    try:
        directory.add(web_of(request).deployment, worker, typed.meant())
    except Wrong as error:
        return _form(request, worker, typed, wrong=error.fields)
    except AlreadyListed:
        return _form(request, worker, typed, wrong=["listed"])
    except NoMail:
        return _form(request, worker, typed, wrong=["mail"])
    except NotTheirs:
        raise Barred(worker) from None
    return _back(said="added")


@router.get(TOKENS)
def show_tokens(request: Request, worker: _Staffing) -> Response:
    """What programs show, and a form for another."""
    return _tokens(request, worker)


@router.post(TOKENS)
def make_token(
    request: Request,
    worker: _Staffing,
    name: Field = "",
    roles: Fields = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Make a token. It is shown in the answer, this once: no address could show it again."""
    wanted = frozenset(Role(each) for each in roles if each in set(Role))
    try:
        number, token = directory.make_token(web_of(request).deployment, worker, name, wanted)
    except Wrong as error:
        return _tokens(request, worker, 422, typed=name, chosen=wanted, wrong=error.fields)
    return _tokens(request, worker, made=token, number=number)


@router.post(TOKENS + "/{number}/revoke")
def revoke_token(request: Request, worker: _Staffing, number: int) -> Response:
    """Let a token do nothing any more; harmless when repeated."""
    directory.revoke_token(web_of(request).deployment, worker, number)
    return RedirectResponse(f"{TOKENS}?{urlencode({'said': 'revoked', 'n': number})}", 303)


@router.get(TRACES)
def show_traces(request: Request, worker: _Staffing) -> Response:
    """Who has changed what, and who has signed in."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        found = directory.traces(connection, deployment, MOST_TRACES)
    return page(request, worker, "directory_changes.html", traces=found, back=HERE)


@router.get(HERE + "/{number}")
def show_person(request: Request, worker: _Keeping, number: int) -> Response:
    """Somebody, and what can be done about them."""
    return _person(request, worker, number)


@router.post(HERE + "/{number}")
def change(
    request: Request,
    worker: _Keeping,
    number: int,
    name: Field = "",
    role: Field = "",
    sector: Field = "",
    language: Field = "",
) -> Response:
    """Name, role, sector and language."""
    typed = Typed(name, role=role, sector=sector, language=language)
    try:
        directory.change(web_of(request).deployment, worker, typed.meant(number))
    except NobodyListed:
        return _nobody(request, worker)
    except NotTheirs:
        raise Barred(worker) from None
    except Wrong as error:
        return _person(request, worker, number, typed, error.fields)
    except StillShared:
        return _person(request, worker, number, typed, ["shared"])
    return _back(said="changed")


@router.post(HERE + "/{number}/invite")
def invite(request: Request, worker: _Keeping, number: int) -> Response:
    """An invitation; whoever had set up an authenticator begins anew."""
    try:
        directory.invite(web_of(request).deployment, worker, number)
    except NobodyListed:
        return _nobody(request, worker)
    except NotTheirs:
        raise Barred(worker) from None
    except NoMail:
        return _person(request, worker, number, wrong=["mail"])
    return _back(said="invited")


@router.post(HERE + "/{number}/remove")
def remove(request: Request, worker: _Keeping, number: int, sure: Field = "") -> Response:
    """Take somebody out, once it is certain: patients are told."""
    if not sure:
        return _person(request, worker, number, wrong=["sure"])
    try:
        count = directory.remove(web_of(request).deployment, worker, number)
    except NobodyListed:
        return _nobody(request, worker)
    except NotTheirs:
        raise Barred(worker) from None
    except LastOperator:
        return _person(request, worker, number, wrong=["last"])
    return _back(said="removed", n=count)


@router.post(HERE + "/{number}/roles")
def set_roles(
    request: Request,
    worker: _Staffing,
    number: int,
    desk: Fields = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """What somebody may do at the desk."""
    wanted = frozenset(Role(each) for each in desk if each in set(Role))
    try:
        directory.set_roles(web_of(request).deployment, worker, number, wanted)
    except NobodyListed:
        return _nobody(request, worker)
    except LastOperator:
        return _person(request, worker, number, wrong=["last"])
    except Wrong as error:
        return _person(request, worker, number, wrong=error.fields)
    return _back(said="roles")


def _form(request: Request, worker: Worker, typed: Typed, wrong: Sequence[str] = ()) -> Response:
    return page(
        request,
        worker,
        "directory_new.html",
        422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        back=HERE,
        action=f"{HERE}/new",
        **_choices(request, worker),
    )


def _person(
    request: Request,
    worker: Worker,
    number: int,
    typed: Typed | None = None,
    wrong: Sequence[str] = (),
) -> Response:
    deployment = web_of(request).deployment
    try:
        with deployment.database.read() as connection:
            listed = directory.person(connection, deployment, worker, number)
    except NobodyListed:
        return _nobody(request, worker)
    return page(
        request,
        worker,
        "directory_person.html",
        422 if wrong else 200,
        listed=listed,
        typed=typed or Typed.of(listed.who),
        wrong=wrong,
        back=HERE,
        action=f"{HERE}/{number}",
        **_choices(request, worker),
    )


def _nobody(request: Request, worker: Worker) -> Response:
    return page(request, worker, "directory_nobody.html", 404, back=HERE)


def _choices(request: Request, worker: Worker) -> Mapping[str, Any]:
    may_staff = worker.may(Task.STAFF)
    return {
        "roles": [*sorted(TREATING), *([STAFF] if may_staff else [])],
        "sectors": SECTORS,
        "languages": sorted(web_of(request).deployment.catalogues),
        "at_desk": AT_DESK,
        "may_staff": may_staff,
    }


def _tokens(
    request: Request,
    worker: Worker,
    status: int = 200,
    *,
    made: str = "",
    number: int = 0,
    typed: str = "",
    chosen: frozenset[Role] = frozenset(),
    wrong: Sequence[str] = (),
) -> Response:
    with web_of(request).deployment.database.read() as connection:
        found = staff_tokens.listed(connection)
    return page(
        request,
        worker,
        "directory_tokens.html",
        status,
        tokens=sorted(found, key=lambda each: (each.revoked_at is not None, -each.id)),
        roles=list(Role),
        made=made,
        number=number or number_in(request.query_params.get("n", "")),
        typed=typed,
        chosen=chosen,
        wrong=wrong,
        said=_said(request.query_params),
        back=HERE,
        action=TOKENS,
    )


def _back(**said: object) -> Response:
    return RedirectResponse(f"{HERE}?{urlencode(said)}", 303)


def _said(query: Mapping[str, str]) -> str:
    said = query.get("said", "")
    return said if said in _DONE else ""
