"""Plays the steps, and tells what came of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from backtrace.replay import steps as step
from backtrace.replay.batches import Numbered, about, batches
from backtrace.replay.desk import Desk
from backtrace.replay.directory import Directory
from backtrace.replay.lines import Line, entry_line, message_line
from backtrace.replay.professionals import Professionals
from backtrace.replay.stage import Sent, Stage
from backtrace.replay.steps import WrongStep
from bot import due
from bot.conversation.effects import SetDue
from bot.driving import pass_time, run_until_quiet
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive
from trajectory import entries, patients
from trajectory.entries import Entry
from trajectory.keys import Sealer


@dataclass(slots=True)
class _Patient:
    name: str
    id: int
    zone: ZoneInfo
    channel: str
    address: str
    messages: list[Sent] = field(default_factory=list)


class Player:
    """One run through a transcript."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._by_name: dict[str, _Patient] = {}
        self._by_id: dict[int, _Patient] = {}
        self._sealers: dict[int, Sealer] = {}
        self._professionals = Professionals(stage.deployment, stage.clock)
        self._directory = Directory(stage.deployment, stage.clock)
        self._desk = Desk(stage.deployment)
        self._last_entry = 0

    def play(self, steps: Sequence[tuple[int, step.Step]]) -> Iterator[Line]:
        """The lines of the output, in order of time.

        Raises:
            WrongStep: a step asks for a button, message or page that is not there.
        """
        deployment, clock = self._stage.deployment, self._stage.clock
        coming = run_until_quiet(deployment)
        for batch in batches(steps):
            if pass_time(deployment, clock, batch[0][1].at, coming):
                yield from self._news()
            self._act(batch)
            coming = run_until_quiet(deployment)
            yield from self._news([about(each) for _, each in batch])

    def _act(self, batch: Sequence[Numbered]) -> None:
        received = [message for each in batch for message in self._act_one(*each)]
        if received:
            receive(self._stage.deployment, received)

    def _act_one(self, number: int, each: step.Step) -> Iterator[Inbound]:
        """Do one step; what a patient writes or presses in it is left to be received."""
        match each:
            case step.EnrolStep(enrol=newcomer):
                self._enrol(newcomer)
            case step.StartStep(start=start):
                self._start(number, start)
            case step.TextStep():
                yield self._written(number, each)
            case step.TapStep():
                yield self._tapped(number, each)
            case step.OpenStep() | step.CodeStep() | step.NoteStep() | step.HandledStep():
                self._professionals.act(number, each)
            case step.DirectoryStep(directory=listed):
                self._directory.add(listed)
            case step.RoomStep():
                self._directory.type_code(number, each)
            case step.DeskStep(desk=desk):
                self._desk.act(self._by_name[desk.patient].id, desk)
            case step.WaitStep():
                pass

    def _enrol(self, newcomer: step.Enrol) -> None:
        ref = enrol(
            self._stage.deployment,
            Newcomer(
                channel=newcomer.channel,
                address=newcomer.address,
                language=newcomer.language,
                timezone=newcomer.timezone,
                pathway=newcomer.pathway,
                name=newcomer.name,
                code=newcomer.code or "",
                known=_known(newcomer),
            ),
            consented=newcomer.consent,
        )
        patient = _Patient(
            newcomer.patient,
            ref.patient_id,
            ZoneInfo(newcomer.timezone),
            newcomer.channel,
            newcomer.address,
        )
        self._by_name[patient.name] = patient
        self._by_id[patient.id] = patient
        deployment = self._stage.deployment
        with deployment.database.read() as connection:
            (row,) = patients.read(connection, [patient.id])
        self._sealers[patient.id] = row.sealer(deployment.ring)

    def _start(self, number: int, start: step.Start) -> None:
        deployment = self._stage.deployment
        asked = SetDue(
            f"start:{number}", "flow", deployment.clock.now(), payload={"flow": start.flow}
        )
        patient_id = self._by_name[start.patient].id
        with deployment.database.write() as connection:
            due.write(connection, deployment, [(patient_id, asked)])

    def _written(self, number: int, text: step.TextStep) -> Inbound:
        patient = self._by_name[text.sender]
        known = text.id is not None and text.id != text.edits
        return Inbound(
            patient.channel,
            patient.address,
            _own(patient, text.id) if text.id and known else _line(number),
            InboundKind.EDIT if text.edits else InboundKind.TEXT,
            text.at,
            text=text.text,
            edit_of=_own(patient, text.edits) if text.edits else "",
        )

    def _tapped(self, number: int, tap: step.TapStep) -> Inbound:
        patient = self._by_name[tap.sender]
        return Inbound(
            patient.channel,
            patient.address,
            _line(number),
            InboundKind.CHOICE,
            tap.at,
            text=tap.tap,
            choice=_data(number, patient, tap),
        )

    def _news(self, names: Sequence[str | None] = ()) -> Iterator[Line]:
        """What was recorded and sent since the last call, in order of time and commit.

        What the steps of a batch brought about at one moment is told step by step, as if each
        had been committed alone; `names` are the patients of its steps.
        """
        deployment = self._stage.deployment
        with deployment.database.read() as connection:
            found = entries.recorded_after(connection, self._sealers, self._last_entry)
        self._last_entry = max((entry.id for entry in found), default=self._last_entry)
        places = {self._by_name[n].id: place for place, n in enumerate(names) if n is not None}
        news: list[tuple[datetime, int, int, Entry | Sent]] = [
            (entry.recorded_at, places.get(entry.patient_id, 0), entry.id, entry) for entry in found
        ]
        news += [
            (sent.at, places.get(sent.parcel.patient_id or 0, 0), sent.parcel.outbox_id, sent)
            for sent in self._stage.sent
        ]
        self._stage.sent.clear()
        for *_, each in sorted(news, key=lambda told: told[:3]):
            yield self._message(each) if isinstance(each, Sent) else self._entry(each)

    def _entry(self, entry: Entry) -> Line:
        patient = self._by_id[entry.patient_id]
        return entry_line(entry, patient.name, patient.zone)

    def _message(self, sent: Sent) -> Line:
        if sent.channel == "email" and sent.parcel.patient_id is None:
            number = self._professionals.note_mail(sent)
            zone = self._stage.deployment.clinic.zone
            return message_line(sent, sent.parcel.address, number, zone)
        patient = self._by_id.get(sent.parcel.patient_id or 0) or self._whose(sent)
        if sent.channel == "email":
            number = self._professionals.note_mail(sent)
            return message_line(sent, sent.parcel.address, number, patient.zone)
        patient.messages.append(sent)
        self._directory.hear(sent.parcel.rendered.text)
        return message_line(sent, patient.name, len(patient.messages), patient.zone)

    def _whose(self, sent: Sent) -> _Patient:
        """Who used to be reached there; to us they are a stranger now."""
        place = (sent.channel, sent.parcel.address)
        return next(each for each in self._by_id.values() if (each.channel, each.address) == place)


def _known(newcomer: step.Enrol) -> frozenset[str]:
    """What the clinic has entered is not asked again."""
    entered = {"language": True, "name": newcomer.name, "code": newcomer.code}
    return frozenset(key for key, value in entered.items() if value)


def _own(patient: _Patient, message_id: str) -> str:
    """The provider's id that a transcript gives; each patient has ids of their own."""
    return f"{patient.id}:{message_id}"


def _line(number: int) -> str:
    return f"line:{number}"


def _data(number: int, patient: _Patient, tap: step.TapStep) -> str:
    if tap.on is not None and not 1 <= tap.on <= len(patient.messages):
        raise WrongStep(number, f"message {tap.on} to {patient.name!r} has not been sent")
    shown = reversed(patient.messages) if tap.on is None else [patient.messages[tap.on - 1]]
    for sent in shown:
        for button in sent.parcel.rendered.buttons:
            if button.label == tap.tap:
                return button.data
    raise WrongStep(number, "no message to this patient has a button with this label")
