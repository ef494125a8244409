"""What a professional needs to see, as a pure function of the timeline.

Language-neutral: ids, numbers, times and the patient's own words. Private notes are left
out here, so no page can show them by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from trajectory.courses import Course, courses
from trajectory.entries import Entry
from trajectory.flags import Flag, flags
from trajectory.measures import Verdict, verdict
from trajectory.notes import Note, notes
from trajectory.readings import Reading, in_order, readings
from trajectory.said import Said, said

ALREADY_ASKED = ("onset", "earlier-episodes", "treatments-tried", "imaging", "medication")
"""What nobody should have to ask the patient again, by item id."""

START_BACK = "start-back"

SILENT_AFTER = timedelta(days=15)
"""Without an answer for so long, two check-ins are missed: what is newest is not "now"."""

DEMONSTRATION = "demonstration"
"""The wording that the project ships, its own."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose summary it is."""

    name: str
    pathway_titles: Mapping[str, str]
    started_at: datetime | None
    timezone: str
    language: str
    birth_date: date | None = None
    status: str = "active"
    """enrolling | active | stopped | ended"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the patient was asked about their history.

    `state` is `answer`, `skip` or `not-applicable`: both of the latter were asked, too.
    """

    item: str
    flow: str | None
    at: datetime
    state: str
    code: str | None
    value: float | None
    text: str | None
    author: str


@dataclass(frozen=True, slots=True)
class Screening:
    """The last STarT Back: `group` None with `reason` when it cannot be classified."""

    at: datetime
    group: str | None
    total: float | None
    subscale: int | None
    answered: int | None
    of: int | None
    reason: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sitting:
    """How complete the last sitting of an instrument was; `scored` False: no value came of it."""

    flow: str
    at: datetime
    answered: int | None
    of: int | None
    scored: bool
    reason: str | None
    wording: str | None

    @property
    def incomplete(self) -> bool:
        """Whether items were left out."""
        return not self.scored or (
            self.answered is not None and self.of is not None and self.answered < self.of
        )


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much was answered. `check_ins_due` counts those that were due, as far as known."""

    check_ins_answered: int
    check_ins_due: int
    last_check_in: datetime | None
    sittings: tuple[Sitting, ...]
    by_helper: int
    """Answers that count and were given by a helper."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The next agreed visit; `at` lies today or later."""

    at: datetime
    text: str | None
    author: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the page shows, in the page's order."""

    person: Person
    now: datetime
    since: datetime | None
    week: int | None
    flags: tuple[Flag, ...]
    since_look: Verdict | None
    since_start: Verdict | None
    courses: tuple[Course, ...]
    visit: Visit | None
    questions: tuple[Said, ...]
    goal: Said | None
    plan: Said | None
    notes: tuple[Note, ...]
    start_back: Screening | None
    work: Fact | None
    asked: tuple[Fact, ...]
    contacts: tuple[Said, ...]
    completeness: Completeness

    def course(self, measure: str) -> Course | None:
        """The course of the measure with this id, or None when it has no value yet."""
        return next((each for each in self.courses if each.measure.id == measure), None)

    @property
    def last_report(self) -> datetime | None:
        """When the newest value that any course shows was given."""
        return max((each.now.at for each in self.courses), default=None)

    @property
    def silent(self) -> bool:
        """Whether the newest value is too old to say how the patient is now."""
        return self.last_report is not None and self.now - self.last_report > SILENT_AFTER

    @property
    def wordings(self) -> tuple[str, ...]:
        """Which wordings the instruments were asked in, sorted."""
        return tuple(sorted({s.wording for s in self.completeness.sittings if s.wording}))

    @property
    def demonstration(self) -> bool:
        """Whether any instrument was asked in our own wording instead of the licensed one."""
        return DEMONSTRATION in self.wordings


def summarise(
    timeline: Sequence[Entry],
    person: Person,
    now: datetime,
    since: datetime | None,
    check_ins_due: int | None = None,
) -> Summary:
    """Sum up a timeline as it is known `now`, for somebody who last looked at `since`.

    The order of `timeline` does not matter. `check_ins_due` is how many check-ins have been
    opened; without it those are counted that were answered or recorded as missed.
    """
    rows = in_order(timeline)
    found = readings(rows)
    drawn = courses(_of_this_episode(found, person), since)
    return Summary(
        person=person,
        now=now,
        since=since,
        week=_week(person, now),
        flags=flags(rows, since),
        since_look=verdict(each.since_look for each in drawn if each.since_look),
        since_start=verdict(each.since_start for each in drawn if each.since_start),
        courses=drawn,
        visit=_next_visit(rows, person, now),
        questions=_open_questions(rows, person, now),
        goal=_newest(said(rows, "goal") + _told_as_goal(found)),
        plan=_newest(said(rows, "plan")),
        notes=notes(rows),
        start_back=_start_back(found),
        work=_fact(found, "work-status"),
        asked=tuple(fact for item in ALREADY_ASKED if (fact := _fact(found, item))),
        contacts=tuple(reversed(said(rows, "contact"))),
        completeness=_completeness(
            _of_this_episode(found, person), check_ins_due, _missed(rows, person)
        ),
    )


def _of_this_episode(found: Iterable[Reading], person: Person) -> list[Reading]:
    """A new episode begins a new baseline, on the day that it starts."""
    if person.started_at is None:
        return list(found)
    first = _day(person.started_at, person)
    return [reading for reading in found if _day(reading.at, person) >= first]


def _day(moment: datetime, person: Person) -> date:
    return moment.astimezone(ZoneInfo(person.timezone)).date()


def _week(person: Person, now: datetime) -> int | None:
    if person.started_at is None:
        return None
    days = _day(now, person) - _day(person.started_at, person)
    return max(1, days // timedelta(weeks=1))


def _newest(sayings: Iterable[Said]) -> Said | None:
    return max(sayings, key=lambda each: (each.at, each.id), default=None)


def _told_as_goal(found: Iterable[Reading]) -> list[Said]:
    told = [r for r in found if r.first.item == "goal" and r.state == "answer"]
    return [Said.from_entry(reading.last) for reading in told if reading.last.text]


def _next_visit(rows: Sequence[Entry], person: Person, now: datetime) -> Visit | None:
    today = _day(now, person)
    coming = [each for each in said(rows, "visit") if _day(each.at, person) >= today]
    nearest = min(coming, key=lambda each: (each.at, -each.id), default=None)
    return None if nearest is None else Visit(nearest.at, nearest.text, nearest.author)


def _open_questions(rows: Sequence[Entry], person: Person, now: datetime) -> tuple[Said, ...]:
    """Questions since the last visit before today: at that one they could be asked."""
    today = _day(now, person)
    past = [each.at for each in said(rows, "visit") if _day(each.at, person) < today]
    return tuple(q for q in said(rows, "question") if not past or q.at > max(past))


def _start_back(found: Iterable[Reading]) -> Screening | None:
    scored = [r for r in found if r.first.kind == "score" and r.first.flow == START_BACK]
    if not scored:
        return None
    last, detail = scored[-1], scored[-1].last.detail or {}
    return Screening(
        last.at,
        detail.get("group"),
        last.value,
        detail.get("subscale"),
        detail.get("answered"),
        detail.get("of"),
        detail.get("reason"),
        tuple(detail.get("missing") or ()),
    )


def _fact(found: Iterable[Reading], item: str) -> Fact | None:
    told = [reading for reading in found if reading.first.item == item]
    if not told:
        return None
    at, state, last = told[-1].at, told[-1].state, told[-1].last
    return Fact(item, last.flow, at, state, last.code, last.value, last.text, last.author)


def _missed(rows: Iterable[Entry], person: Person) -> int:
    """Check-ins of this episode that stayed without any answer, asked or not."""
    missed = [row.at for row in rows if row.kind == "missed"]
    if person.started_at is None:
        return len(missed)
    return sum(_day(at, person) >= _day(person.started_at, person) for at in missed)


def _completeness(found: Sequence[Reading], due: int | None, missed: int) -> Completeness:
    pain = [reading for reading in found if reading.first.item == "pain"]
    answered = [reading for reading in pain if reading.value is not None]
    scores = {r.first.flow: r for r in found if r.first.kind == "score"}
    return Completeness(
        len(answered),
        len(pain) + missed if due is None else due,
        answered[-1].at if answered else None,
        tuple(_sitting(reading) for reading in scores.values()),
        sum(reading.last.author == "helper" for reading in found),
    )


def _sitting(reading: Reading) -> Sitting:
    detail = reading.last.detail or {}
    return Sitting(
        reading.first.flow or "",
        reading.at,
        detail.get("answered"),
        detail.get("of"),
        reading.value is not None,
        detail.get("reason"),
        detail.get("wording"),
    )
