"""Weeks go by: whatever happens at one moment goes through the real pipeline as one batch."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backtrace.replay.stage import Sent, Stage
from backtrace.simulate.behaviour import Phone, reaction, reacts_at
from backtrace.simulate.people import PATHWAY, Crowd, Person
from backtrace.simulate.reading import Reader
from bot.conversation.step import Step
from bot.driving import run_until_quiet
from bot.enrolling import Newcomer, ask, complete, enrol_all
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive

BATCH = 500
"""Messages, or patients, a transaction: nobody else waits for the database."""


@dataclass(slots=True)
class Progress:
    """How far it has come."""

    moment: datetime
    turns: int = 0
    messages: int = 0


@dataclass(slots=True)
class _Plans:
    """Who does what next; a newer plan of the same person replaces the one before."""

    waiting: list[tuple[datetime, int, int]] = field(default_factory=list)
    newest: dict[int, int] = field(default_factory=dict)

    def set(self, number: int, moment: datetime) -> None:
        plan = self.newest[number] = self.newest.get(number, 0) + 1
        heapq.heappush(self.waiting, (moment, number, plan))

    def drop(self, number: int) -> None:
        self.newest[number] = self.newest.get(number, 0) + 1

    def first(self) -> datetime | None:
        """When the next plan is due."""
        while self.waiting and self.newest[self.waiting[0][1]] != self.waiting[0][2]:
            heapq.heappop(self.waiting)
        return self.waiting[0][0] if self.waiting else None

    def take(self, moment: datetime) -> Iterator[int]:
        """Whose plans are due by this moment."""
        while (first := self.first()) is not None and first <= moment:
            yield heapq.heappop(self.waiting)[1]


class Simulation:
    """One run with a crowd on a stage, which nobody else writes to."""

    def __init__(self, stage: Stage, crowd: Crowd, end: datetime) -> None:
        library = stage.deployment.library
        self._stage, self._seed, self._end = stage, crowd.seed, end
        self._people = list(crowd.people())
        self._phones = [Phone() for _ in self._people]
        asked = library.offering([PATHWAY]).asked()
        self._readers = {language: Reader(asked, language) for language in crowd.languages}
        self._by_id: dict[int, Person] = {}
        self._plans = _Plans()
        self._mark = f"{crowd.seed}:{crowd.first_day.isoformat()}:{crowd.offset}"
        self.progress = Progress(crowd.first_day.astimezone(UTC))

    @property
    def people(self) -> Sequence[Person]:
        """Everybody, as they are by now."""
        return self._people

    def run(self) -> Iterator[Progress]:
        """Let time pass until the end, from one moment at which something happens to the next."""
        for person in self._people:
            self._plans.set(person.number, person.enrolled_at)
        clock = self._stage.clock
        coming = run_until_quiet(self._stage.deployment, BATCH)
        while (moment := self._next(coming)) is not None and moment <= self._end:
            clock.set(moment)
            self._act(list(self._plans.take(moment)))
            coming = run_until_quiet(self._stage.deployment, BATCH)
            self._hear(moment)
            self.progress.moment = moment
            yield self.progress
        clock.set(self._end)

    def _next(self, coming: datetime | None) -> datetime | None:
        moments = (self._plans.first(), coming)
        return min((moment for moment in moments if moment is not None), default=None)

    def _act(self, numbers: Sequence[int]) -> None:
        people = [self._people[number] for number in numbers]
        newcomers = [person for person in people if not person.patient_id]
        replies = [self._reply(person) for person in people if person.patient_id]
        for begin, in_chat in ((complete, False), (ask, True)):
            self._enrol([each for each in newcomers if each.asked_in_chat is in_chat], begin)
        for first in range(0, len(replies), BATCH):
            receive(self._stage.deployment, replies[first : first + BATCH])
        self.progress.turns += len(replies)

    def _enrol(self, people: Sequence[Person], begin: Callable[[Step, Newcomer], None]) -> None:
        if not people:
            return
        newcomers = [_newcomer(person) for person in people]
        refs = enrol_all(self._stage.deployment, newcomers, begin)
        for person, ref in zip(people, refs, strict=True):
            person.patient_id = ref.patient_id
            self._by_id[ref.patient_id] = person

    def _reply(self, person: Person) -> Inbound:
        now = self._stage.clock.now()
        said = reaction(person, self._phones[person.number], self._seed, now)
        person.written += 1
        return Inbound(
            person.channel,
            person.address,
            f"simulated:{self._mark}:{person.number}:{person.written}",
            InboundKind.CHOICE if said.data else InboundKind.TEXT,
            now,
            text=said.text,
            choice=said.data,
        )

    def _hear(self, now: datetime) -> None:
        """Everybody looks at what has just come."""
        sent = list(self._stage.sent)
        self._stage.sent.clear()
        self.progress.messages += len(sent)
        for each in sent:
            person = self._by_id.get(each.parcel.patient_id or 0)
            if person is not None and each.channel == person.channel and not person.gone:
                self._look(person, each, now)

    def _look(self, person: Person, sent: Sent, now: datetime) -> None:
        phone = self._phones[person.number]
        question = self._readers[person.language].read(sent.parcel.rendered, phone.asked)
        if question is None:
            return
        phone.show(question)
        moment = reacts_at(person, sent.parcel.priority, now, person.chance(self._seed))
        if moment is None:
            self._plans.drop(person.number)
        else:
            self._plans.set(person.number, moment)


def _newcomer(person: Person) -> Newcomer:
    return Newcomer(
        person.channel,
        person.address,
        person.language,
        pathway=PATHWAY,
        name=f"Simulated {person.number}",
        code="1234",
        weekday=person.weekday,
        known=frozenset({"language", "name", "code"}),
    )
