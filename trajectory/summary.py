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
from trajectory.measures import Measures, Verdict, verdict
from trajectory.notes import Note, notes
from trajectory.readings import Reading, in_order, readings
from trajectory.said import FIRST, Said, said

ALREADY_ASKED = ("onset", "earlier-episodes", "treatments-tried", "imaging", "medication")
"""What nobody should have to ask the patient again, by item id."""

START_BACK = "start-back"
OWN_VIEW = "change"
"""How the patient finds it all in all, beside the start: an anchor for the measures."""

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
    measures: Measures
    """What is followed of this patient."""
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
    share: float | None = None
    """In percent of what was answered, where that stands in for a value; never mixed with one."""

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
    """An agreed visit, and whom it is with in the patient's words."""

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
    agreed_at: Visit | None
    """The visit that the plan comes from, as far as the patient said."""
    notes: tuple[Note, ...]
    start_back: Screening | None
    own_view: Fact | None
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
    drawn = courses(_of_this_episode(found, person), person.measures, since)
    plan = _newest(said(rows, "plan"))
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
        plan=plan,
        agreed_at=_visit(rows, plan.visit) if plan else None,
        notes=notes(rows),
        start_back=_start_back(found),
        own_view=_fact(_of_this_episode(found, person), OWN_VIEW),
        work=_fact(found, "work-status"),
        asked=tuple(fact for item in ALREADY_ASKED if (fact := _fact(found, item))),
        contacts=_contacts(rows),
        completeness=_completeness(
            _of_this_episode(found, person),
            person.measures.counted,
            check_ins_due,
            _missed(rows, person),
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


def _contacts(rows: Sequence[Entry]) -> tuple[Said, ...]:
    """Who else was seen, and where the patient was sent, newest first."""
    told = said(rows, "contact") + said(rows, "referral")
    return tuple(sorted(told, key=lambda each: (each.at, each.id), reverse=True))


def _visit(rows: Iterable[Entry], visit_id: int | None) -> Visit | None:
    found = next((each for each in rows if visit_id is not None and each.id == visit_id), None)
    if found is None:
        return None
    return Visit(found.at, found.text if found.kind == "visit" else None, found.author)


def _open_questions(rows: Sequence[Entry], person: Person, now: datetime) -> tuple[Said, ...]:
    """Questions since the last visit before today: at that one they could be asked.

    What the patient most wants to talk about comes first.
    """
    today = _day(now, person)
    past = [each.at for each in said(rows, "visit") if _day(each.at, person) < today]
    asked = (q for q in said(rows, "question") if not past or q.at > max(past))
    return tuple(sorted(asked, key=lambda question: question.code != FIRST))


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


def _completeness(
    found: Sequence[Reading], counted: str, due: int | None, missed: int
) -> Completeness:
    check_ins = [reading for reading in found if reading.first.item == counted]
    answered = [reading for reading in check_ins if reading.value is not None]
    scores = {r.first.flow: r for r in found if r.first.kind == "score"}
    return Completeness(
        len(answered),
        len(check_ins) + missed if due is None else due,
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
        detail.get("share"),
    )
