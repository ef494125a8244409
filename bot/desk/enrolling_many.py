"""Many patients enrolled from a table: looked at first, then each line once, however often it runs.

A line is known again by name, birth date and phone (`trajectory.enrolment_marks`), and each is a
transaction of its own: a run that was killed goes on where it was. What was handed out for a line
is kept sealed for a day (`trajectory.enrolment_requests`), so that its cards are not lost with it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from bot import inviting, inviting_once
from bot.asked_enrolment import Asked, Wrong, invitee_of, ways_of
from bot.deployment import Deployment
from bot.desk.enrolling import card_behind
from bot.desk.known_again import Here, known
from bot.desk.sheet import Row, Sheet
from bot.inviting import Invitation, Invitee
from trajectory import enrolment_marks, professionals
from trajectory.database import Conflict
from trajectory.enrolment_marks import Identity, Kind, Known
from trajectory.enrolment_requests import KEPT
from trajectory.patients import AddressTaken

_NEW = "enrolling"
_YES = frozenset({"1", "x", "y", "yes", "true", "j", "ja"})
_NO = frozenset({"", "0", "n", "no", "false", "nej"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is not enrolled; `key` and `values` say to a catalogue what to do."""

    column: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table, as it was found."""

    row: Row
    invitee: Invitee | None
    problems: Sequence[Problem] = ()
    before: Known | None = None
    """It was enrolled already, by this line or one like it."""

    @property
    def identity(self) -> Identity:
        """By what it is known again."""
        return self.invitee.identity if self.invitee else Identity("", None, "")

    @property
    def is_new(self) -> bool:
        """Whether a run would enrol it."""
        return self.invitee is not None and not self.problems and self.before is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has made of one line."""

    line: Line
    patient_id: int | None = None
    problem: Problem | None = None
    """What came between the look and the run."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an empty cell means."""

    language: str


def examine(deployment: Deployment, sheet: Sheet, defaults: Defaults) -> Sequence[Line]:
    """Every line of the table with all that is wrong in it; nobody is enrolled.

    Raises trajectory.database.Unavailable.
    """
    with deployment.database.read() as connection:
        listed = professionals.listed(connection, deployment.ring)
        numbers = {each.email.casefold(): each.id for each in listed}
        read = [_read(deployment, row, numbers, defaults) for row in sheet.rows]
        identities = [line.identity for line in read if not line.problems]
        here = known(connection, deployment, identities)
        marked = enrolment_marks.find_all(connection, deployment.ring, identities)
    first: dict[tuple[Kind, str], int] = {}
    return [line if line.problems else _compared(line, here, marked, first) for line in read]


def run(deployment: Deployment, lines: Sequence[Line], by: str) -> Generator[Outcome]:
    """Enrol the lines that are new, one after the other; whoever stops taking stops it.

    Raises trajectory.database.Unavailable; what was yielded before stays enrolled.
    """
    for line in lines:
        if line.is_new:
            yield _enrol(deployment, line, by)


def cards(deployment: Deployment, lines: Sequence[Line]) -> Sequence[Invitation]:
    """What was made for these lines within the last day, of patients who were not heard yet."""
    found = []
    with deployment.database.read() as connection:
        for line in lines:
            if line.before is not None:
                key, patient_id = _key(line.identity), line.before.patient_id
                found.append(card_behind(connection, deployment, key, patient_id))
    return [each for each in found if each is not None]


def has_cards(lines: Sequence[Line], now: datetime) -> bool:
    """Whether any of these lines may have a card to be printed."""
    made = (line.before for line in lines if line.before is not None)
    return any(each.status == _NEW and now - each.at < KEPT for each in made)


def _enrol(deployment: Deployment, line: Line, by: str) -> Outcome:
    try:
        patient_id = deployment.database.run(
            lambda connection: _enrol_once(connection, deployment, line, by)
        )
    except _Met as met:
        return Outcome(line, problem=_problem_of(met.here))
    except AddressTaken:
        return Outcome(line, problem=Problem("phone", "taken"))
    return Outcome(line, patient_id)


class _Met(Exception):
    """Somebody was enrolled meanwhile who is the same as far as the clinic knows."""

    def __init__(self, here: Here) -> None:
        super().__init__(here.kind.value)
        self.here = here


def _enrol_once(connection: Connection, deployment: Deployment, line: Line, by: str) -> int:
    """The patient of this line, made unless another run was faster."""
    invitee, now = line.invitee, deployment.clock.now()
    assert invitee is not None
    here = known(connection, deployment, [invitee.identity]).get(invitee.identity)
    if here is not None and here.kind is Kind.ALL:
        return here.patient_id
    if here is not None:
        raise _Met(here)
    made = inviting_once.invite_once_within(
        connection, deployment, invitee, inviting.LIFE, _key(invitee.identity), now, by
    )
    mark = enrolment_marks.find(connection, deployment.ring, invitee.identity)[Kind.ALL]
    if mark.patient_id != made.patient_id:
        raise Conflict("The same line was enrolled at the same moment.")
    return made.patient_id


def _key(identity: Identity) -> str:
    return f"enrol-many {enrolment_marks.text_of(identity)}"


def _read(deployment: Deployment, row: Row, numbers: Mapping[str, int], defaults: Defaults) -> Line:
    """The line by itself, with everything that is wrong in it."""
    problems = [Problem("", "too_many_cells")] if row.has_too_many else []
    asked = _asked(deployment, row, defaults)
    for column, take in (("care_team", _care_team), ("consented", _consented)):
        try:
            asked = take(asked, row.cells.get(column, ""), numbers)
        except Wrong as wrong:
            problems.append(Problem(column, wrong.key, wrong.values))
    invitee = None
    while invitee is None:
        try:
            invitee = invitee_of(deployment, asked)
        except Wrong as wrong:
            problems.append(Problem(wrong.field, wrong.key, wrong.values))
            asked = _without(deployment, asked, wrong.field)
    wrong_ones = {each.column for each in problems}
    if not asked.name.strip() and "name" not in wrong_ones:
        problems.append(Problem("name", "name_missing"))
    if not (invitee.born or invitee.phone) and wrong_ones.isdisjoint({"birth_date", "phone"}):
        problems.append(Problem("birth_date", "identity_missing"))
    order = list(row.cells)
    problems.sort(key=lambda each: order.index(each.column) if each.column in order else -1)
    return Line(row, invitee, problems)


def _asked(deployment: Deployment, row: Row, defaults: Defaults) -> Asked:
    cells = row.cells
    ways = [name for name, way in ways_of(deployment.clinic).items() if way]
    usual = "sms" if cells.get("phone") and "sms" in ways else next(iter(ways), "")
    return Asked(
        _language(deployment, cells.get("language", "")) or defaults.language,
        cells.get("channel", "").casefold() or usual,
        cells["name"],
        phone=cells.get("phone", ""),
        birth_date=cells.get("birth_date", ""),
        has_card=True,
    )


def _language(deployment: Deployment, written: str) -> str:
    """The language that is written as its code or as its own name."""
    for code, words in deployment.catalogues.items():
        if written.casefold() in (code, words.say("language.name").casefold()):
            return code
    return written


def _care_team(asked: Asked, written: str, numbers: Mapping[str, int]) -> Asked:
    emails = written.replace(",", " ").replace(";", " ").casefold().split()
    if any(each not in numbers for each in emails):
        raise Wrong("care_team", "write e-mail addresses of the directory")
    return replace(asked, care_team=tuple(dict.fromkeys(numbers[each] for each in emails)))


def _consented(asked: Asked, written: str, _numbers: Mapping[str, int]) -> Asked:
    said = written.casefold()
    if said not in _YES | _NO:
        raise Wrong("consented", "write yes or no")
    return replace(asked, consented=said in _YES)


def _without(deployment: Deployment, asked: Asked, column: str) -> Asked:
    """The same with something harmless where this is wrong, so that the rest can be looked at."""
    match column:
        case "language":
            return replace(asked, language=next(iter(deployment.library.languages)))
        case "channel":
            ways = ways_of(deployment.clinic)
            return replace(asked, channel=next(name for name, way in ways.items() if way))
        case "phone":
            return replace(asked, phone="")
        case "birth_date":
            return replace(asked, birth_date="")
        case _:
            return replace(asked, name="-")


def _compared(
    line: Line,
    here: Mapping[Identity, Here],
    marked: Mapping[Identity, Mapping[Kind, Known]],
    first: dict[tuple[Kind, str], int],
) -> Line:
    """The line beside those above it, and beside the patients who are here."""
    for kind, text in enrolment_marks.marks(line.identity):
        above = first.setdefault((kind, text), line.row.line)
        if above != line.row.line:
            return replace(line, problems=[_same_as(kind, above)])
    before = marked[line.identity].get(Kind.ALL)
    if before is not None:
        return replace(line, before=before)
    same = here.get(line.identity)
    return line if same is None else replace(line, problems=[_problem_of(same)])


def _same_as(kind: Kind, above: int) -> Problem:
    column = "phone" if kind is Kind.PHONE else "name"
    return Problem(column, f"line_same_{kind}", {"line": above})


def _problem_of(here: Here) -> Problem:
    column = "phone" if here.kind is Kind.PHONE else "name"
    return Problem(column, f"here_{here.kind}", {"patient": here.patient_id})
