"""What must hold when all is over, whoever was killed when. Faults are told by ids only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from bot.channels import LOOKED_UP
from bot.inbound import Inbound, InboundKind
from bot.messages import Priority
from bot.opaque_ids import opaque
from flows import scoring
from flows.session import Given, GivenKind
from tests.bot.house import MORNING, House
from tests.crash.clinic import FLOWS, ClinicUnderFire, Patient
from tests.crash.providers import Message
from tests.house.deliveries import Delivery
from trajectory import audit_checks, tables
from trajectory.entries import Entry

ARRIVED = ("sent", "delivered", "read", "unknown")
LEASE_SECONDS = 110
"""A little less than a lease: whoever repeats earlier has broken one."""
AROUND = 10.0
"""Seconds around a kill: what was under way may be repeated where its provider knows nothing."""
_SESSIONS = tables.core(tables.Session)


def judge(clinic: ClinicUnderFire) -> dict[str, int]:
    """Hold everything that is promised against what is there; how much there was of it."""
    house = clinic.house
    timelines = {each.id: house.timeline(each.id) for each in clinic.patients}
    letters = Letters(clinic)
    problems = [
        *clinic.refused,
        *_inbox(clinic),
        *records(house, timelines),
        *_notes(clinic, timelines),
        *_openings(house, timelines),
        *_reports(clinic),
        *_outbox(house),
        *letters.problems(),
        *scores_hold(house, timelines),
    ]
    assert not problems, "\n".join(problems)
    held = sum(any(e.kind == "red-flag" for e in each) for each in timelines.values())
    assert held < len(timelines), "everybody is held back"
    entries = Counter(entry.kind for timeline in timelines.values() for entry in timeline)
    assert entries["score"], "nobody has answered"
    delivered = [*clinic.telegram.deliveries, *clinic.twilio.deliveries]
    return {
        "kills": clinic.kills,
        "of the database": clinic.database_kills,
        "acknowledgements": len(clinic.acknowledged),
        "messages in": len(house.inbox()),
        "answers": entries["answer"],
        "scores": entries["score"],
        "messages out": len(delivered),
        "nobody knew": sum(not each.told for each in delivered),
        "repeated": len(delivered) - sum(row.status in ARRIVED for row in house.outbox()),
    }


def _inbox(clinic: ClinicUnderFire) -> Iterator[str]:
    """Every message that was acknowledged is stored exactly once, and nothing else is."""
    house = clinic.house
    messages = {each.id: each for each in clinic.acknowledged}.values()
    with house.database.read() as connection:
        kept = opaque(connection, house.deployment.ring, [_heard(each) for each in messages])
    names = {each.external_id for each in kept}
    stored = Counter(row.external_id for row in house.inbox())
    yield from (f"inbox: {name} is lost" for name in sorted(names - stored.keys()))
    yield from (f"inbox: {name} was never acknowledged" for name in sorted(stored.keys() - names))
    yield from (f"inbox: {name} is there {n} times" for name, n in stored.items() if n > 1)
    yield from (f"inbox: {r.id} is {r.status}" for r in house.inbox() if r.status != "done")


def _heard(message: Message) -> Inbound:
    channel = "telegram" if message.path.startswith("/telegram") else "sms"
    kind = InboundKind.TEXT if "." in message.id else InboundKind.CHOICE
    return Inbound(channel, message.address, message.id, kind, MORNING)


def records(house: House, timelines: Mapping[int, Sequence[Entry]]) -> Iterator[str]:
    """Each patient's numbers run without gap or double, each question was answered once."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for row in house.outbox():
        numbers[row.patient_id].append(row.sequence)
    for patient_id, timeline in timelines.items():
        own = sorted([*numbers[patient_id], *(entry.sequence for entry in timeline)])
        if own != list(range(1, len(own) + 1)):
            yield f"patient {patient_id}: numbers with a gap or twice"
        first = [e for e in timeline if e.kind in ("answer", "skip") and e.supersedes is None]
        for place, count in Counter((e.session_id, e.turn) for e in first).items():
            if count > 1:
                yield f"patient {patient_id}: question {place} was answered {count} times"
        with house.database.read() as connection:
            if audit_checks.check(connection, [patient_id])[0].problems:
                yield f"patient {patient_id}: the audit chain is broken"


def _notes(clinic: ClinicUnderFire, timelines: Mapping[int, Sequence[Entry]]) -> Iterator[str]:
    """What each note asked for was done exactly once, however often it was delivered."""
    written = {each.note for each in clinic.acknowledged if each.note}
    found = Counter(
        note
        for timeline in timelines.values()
        for entry in timeline
        if entry.kind == "note" and entry.text is not None
        for note in written & {entry.text}
    )
    yield from (f"{note.split()[-2:]}: {found[note]} times" for note in written if found[note] != 1)


def _openings(house: House, timelines: Mapping[int, Sequence[Entry]]) -> Iterator[str]:
    """Every check-in that was due was opened, and once; none is open that has ended."""
    rows = house.rows(_SESSIONS)
    opened = Counter((row.patient_id, row.flow) for row in rows)
    for patient_id, timeline in timelines.items():
        # After a warning sign nothing else is asked until somebody has looked at it.
        least = 0 if any(entry.kind == "red-flag" for entry in timeline) else 1
        for flow in FLOWS:
            # A sitting that was not finished is offered once more, whole.
            most = 2 if flow == "odi" else 1
            if not least <= opened[patient_id, flow] <= most:
                yield f"patient {patient_id}: {flow} opened {opened[patient_id, flow]} times"
    yield from (_still_open(house, row) for row in rows if row.status == "waiting")
    asked = {row.session_id for row in house.outbox() if row.status in ARRIVED}
    yield from (f"session {r.id} was never asked" for r in rows if r.id not in asked)


def _still_open(house: House, row: Row[Any]) -> str:
    """With all that could still happen to it: what was lost is told by what is missing."""
    waits = [(d.kind, d.key, d.at) for d in house.due() if d.owner_id == row.patient_id]
    return (
        f"session {row.id} ({row.flow} of patient {row.patient_id}, opened {row.opened_at}) "
        f"is still open at {house.clock.now()}; due: {waits}"
    )


def _reports(clinic: ClinicUnderFire) -> Iterator[str]:
    """What the provider has told of a message stands there, but for those that came once more."""
    rows = [row for row in clinic.house.outbox() if row.channel == "sms"]
    status = {row.provider_id: row.status for row in rows}
    for sid in clinic.reported:
        if status.get(sid, "delivered") != "delivered":
            yield f"outbox: {sid} is {status.get(sid)}, and was reported as delivered"
    repeats = len(clinic.twilio.deliveries) - sum(row.status in ARRIVED for row in rows)
    nobodys = [sid for sid in clinic.reported if sid not in status]
    if len(nobodys) > repeats:
        yield f"outbox: {nobodys} were reported as delivered, and stand nowhere"


def _outbox(house: House) -> Iterator[str]:
    """Nothing waits, and nothing was given up."""
    for row in house.outbox():
        if row.status not in ARRIVED:
            yield f"outbox: {row.id} is {row.status} {row.error}, attempts {row.attempts}"


def scores_hold(house: House, timelines: Mapping[int, Sequence[Entry]]) -> Iterator[str]:
    """The last score of each session is the one that its recorded answers make."""
    for patient_id, timeline in timelines.items():
        sessions: dict[int | None, list[Entry]] = defaultdict(list)
        for entry in timeline:
            sessions[entry.session_id].append(entry)
        for session_id, entries in sessions.items():
            scores = [entry for entry in entries if entry.kind == "score"]
            if not scores:
                continue
            flow = house.deployment.library.flow(str(scores[-1].flow))
            again = scoring.score(flow, _given(entries))
            value = None if again is None or again.value is None else float(again.value)
            answered = None if again is None else again.answered
            if (scores[-1].value, (scores[-1].detail or {})["answered"]) != (value, answered):
                yield f"patient {patient_id}: session {session_id} is scored wrongly"


def _given(entries: Sequence[Entry]) -> dict[str, Given]:
    """What stands for each item in the end, by the log alone."""
    given = {}
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        if entry.kind in ("answer", "skip", "not-applicable", "correction"):
            kind = (entry.detail or {})["given"] if entry.kind == "correction" else entry.kind
            value = None if entry.value is None else int(entry.value)
            given[str(entry.item)] = Given(GivenKind(kind), "", 0, value, entry.code)
    return given


State = tuple[tuple[int, int], ...]
"""By priority: how many of its messages have arrived, and which delivery was the last one's."""


class Letter(NamedTuple):
    """A message of the outbox. `must_arrive`: somebody knows that it did."""

    text: str
    must_arrive: bool
    attempts: int


@dataclass
class Letters:
    """What arrived at the phones, held against the outbox.

    A phone knows no numbers of ours: its messages are matched by their words, each priority in
    its own order.
    """

    clinic: ClinicUnderFire

    def problems(self) -> Iterator[str]:
        """What did not arrive, arrived too often, or in another order."""
        clinic = self.clinic
        delivered: dict[str, list[Delivery]] = defaultdict(list)
        for each in [*clinic.telegram.deliveries, *clinic.twilio.deliveries]:
            delivered[each.address].append(each)
        rows: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in clinic.house.outbox():
            if row.status in ARRIVED:
                rows[row.patient_id].append(row)
        for patient in clinic.patients:
            yield from self._of(patient, rows[patient.id], delivered[patient.address])

    def _of(
        self, patient: Patient, rows: Sequence[Row[Any]], delivered: Sequence[Delivery]
    ) -> Iterator[str]:
        sealer = self.clinic.house.sealer(patient.id)
        queues = [
            [
                Letter(
                    sealer.open_json("outbox.body", r.id, r.body)["text"],
                    r.status != "unknown",
                    r.attempts,
                )
                for r in sorted(rows, key=lambda row: int(row.sequence))
                if r.priority == priority
            ]
            for priority in Priority
        ]
        states = self._skipping({tuple((0, -1) for _ in queues)}, queues)
        for place, each in enumerate(delivered):
            after = {
                new
                for state in states
                for new in self._after(state, queues, patient, delivered, place)
            }
            if not after:
                yield (
                    f"patient {patient.id} ({patient.channel}): delivery {place} is out of order, "
                    f"or a repeat of what was known to have arrived; at {states}, told {each.told}"
                )
                return
            states = self._skipping(after, queues)
        wanted = tuple(len(queue) for queue in queues)
        if wanted not in {tuple(count for count, _ in state) for state in states}:
            yield f"patient {patient.id}: {wanted} went out, and {states} arrived"

    def _skipping(self, states: set[State], queues: Sequence[Sequence[Letter]]) -> set[State]:
        """Also without what nobody knows of in the end, which may never have arrived."""
        found, look = set(states), list(states)
        while look:
            state = look.pop()
            for n, (queue, (count, _)) in enumerate(zip(queues, state, strict=True)):
                if count < len(queue) and not queue[count].must_arrive:
                    new = (*state[:n], (count + 1, -1), *state[n + 1 :])
                    if new not in found:
                        found.add(new)
                        look.append(new)
        return found

    def _after(
        self,
        state: State,
        queues: Sequence[Sequence[Letter]],
        patient: Patient,
        delivered: Sequence[Delivery],
        place: int,
    ) -> Iterator[State]:
        each = delivered[place]
        for n, (queue, (count, last)) in enumerate(zip(queues, state, strict=True)):
            if count < len(queue) and queue[count].text == each.text:
                yield (*state[:n], (count + 1, place), *state[n + 1 :])
            again = last >= 0 and queue[count - 1].text == each.text
            if (
                again
                and self._may_repeat(delivered[last], each)
                and (
                    patient.channel not in LOOKED_UP
                    or self._was_another_in_doubt(each.text, queues, delivered[:place])
                )
            ):
                yield (*state[:n], (count, place), *state[n + 1 :])

    def _may_repeat(self, first: Delivery, again: Delivery) -> bool:
        """Nobody knew that it had arrived."""
        if not first.told:
            return True
        lapsed = again.at >= self.clinic.moved_at or again.at - first.at >= LEASE_SECONDS
        return lapsed and self._met_a_kill(first)

    def _was_another_in_doubt(
        self, text: str, queues: Sequence[Sequence[Letter]], before: Sequence[Delivery]
    ) -> bool:
        """Whether a provider that can be asked may hold one of two, and cannot say which."""
        return any(
            each.attempts > 1 and each.text != text for queue in queues for each in queue
        ) or any(each.text != text and (not each.told or self._met_a_kill(each)) for each in before)

    def _met_a_kill(self, each: Delivery) -> bool:
        return any(
            window.begin - AROUND <= each.at <= window.end + AROUND
            for window in self.clinic.windows
        )
