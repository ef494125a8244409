"""Unknown senders: a code lets them in as the patient it was made for; others get one line.

Whoever shows the code of a patient who has been heard before is asked for that patient's own
four digits as well, and sees and changes nothing until then. What is wrong with a code, nobody
is told: the answer to all such codes is the same, and after a few of them there is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from bot import enrolment_codes as written
from bot import ledger, loading, outbox
from bot.channels.forms import FORMS
from bot.commands import STOP, recognise
from bot.conversation import own_code, safety
from bot.conversation.own_code import Tried
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.held import hold
from bot.inbound import Inbound, InboundKind
from bot.kept import masked, sealed
from bot.ledger import Route, finish
from bot.loading import Loaded
from bot.messages import Message, Priority
from bot.outbox import Outgoing
from bot.taking_over import release
from templates.catalogue import Catalogue
from trajectory import audit, patients, tables, traces, web_access
from trajectory import deployment as deployment_key
from trajectory import enrolment_codes as codes
from trajectory.keys import Sealer
from trajectory.patients import AddressTaken, PatientRef
from trajectory.traces import Place

GUESSES = 5
"""So many wrong codes of one address are answered within `SPELL`; then nothing is."""
SPELL = timedelta(hours=1)
A_DAY = timedelta(days=1)
"""How often an unknown sender is told that we do not know them, at most."""

_log = structlog.get_logger(__name__)
_WRITTEN = (InboundKind.TEXT, InboundKind.EDIT)
_ANSWERABLE = (*_WRITTEN, InboundKind.OTHER)
_A_PHONE = re.compile(r"\+\d{7,15}")
_inbox = tables.core(tables.Inbox)
_ADOPT = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("message"))
    .values(patient_id=bindparam("patient"), status="done", body=bindparam("new_body"))
)
_MASK = update(_inbox).where(_inbox.c.id == bindparam("message")).values(body=bindparam("new_body"))


class Admitted(NamedTuple):
    """A message that is a patient's now, and waits to be answered as theirs."""

    id: int
    message: Inbound
    ref: PatientRef


def admit(
    connection: Connection,
    deployment: Deployment,
    strangers: Sequence[tuple[int, Inbound]],
    others: Collection[int],
    locked: Mapping[Place, PatientRef],
    now: datetime,
) -> list[Admitted]:
    """Take what unknown senders wrote, by inbox row, in the transaction that has stored it.

    `others` are the patients whose conversations the batch takes next: all are locked at once,
    in the order in which everybody locks them. `locked` are addresses of lost phones: nothing
    that comes from there is anybody's, and no code is taken.
    """
    if not strangers:
        return []
    door = _Door(connection, deployment, now, locked)
    door.lock([message for _, message in strangers], others)
    for row_id, message in strangers:
        door.take(row_id, message)
    return door.admitted


def refuse_locked(
    connection: Connection,
    deployment: Deployment,
    messages: Iterable[tuple[Inbound, PatientRef]],
    now: datetime,
) -> None:
    """Take what came from phones that were locked while it waited; their patients are held."""
    for message, ref in messages:
        door = _Door(connection, deployment, now, {_place(message): ref})
        door.refuse(message)


@dataclass(slots=True)
class _Door:
    """One batch at the door."""

    connection: Connection
    deployment: Deployment
    now: datetime
    locked: Mapping[Place, PatientRef]
    claims: dict[Place, int] = field(default_factory=dict)
    held: frozenset[int] = frozenset()
    refs: dict[Place, PatientRef] = field(default_factory=dict)
    """Who has come in with this batch."""
    admitted: list[Admitted] = field(default_factory=list)

    def lock(self, messages: Iterable[Inbound], others: Collection[int]) -> None:
        """Hold the conversations of whoever may come in, beside those of the others."""
        ring = self.deployment.ring
        heard = [message for message in messages if message.kind in _WRITTEN]
        places = {_place(message) for message in heard}
        self.claims = dict(codes.claims(self.connection, ring, places, self.now))
        owners = (
            codes.find(self.connection, ring, code, self.now)
            for code in {written.read_code(message.text) for message in heard}
            if code
        )
        wanted = {*self.claims.values(), *(owner for owner in owners if owner is not None)}
        wanted |= {ref.patient_id for ref in self.locked.values()}
        if wanted:
            rows = patients.lock_conversations(self.connection, wanted | set(others))
            self.held = frozenset(row.patient_id for row in rows)

    def take(self, row_id: int, message: Inbound) -> None:
        """Take one message."""
        place = _place(message)
        if place in self.locked:
            self.refuse(message)
        elif place in self.refs:
            self._adopt(row_id, message, self.refs[place])
            self.admitted.append(Admitted(row_id, message, self.refs[place]))
        elif _may_be_answered(message):
            self._answer(row_id, message)

    def refuse(self, message: Inbound) -> None:
        """Whoever has a lost phone hears once that it opens nothing, and what to do in danger."""
        place = _place(message)
        if not _may_be_answered(message) or self._warn(message) or self._asks_to_stop(message):
            return
        if patients.note_refused(self.connection, self.locked[place].address_id, self.now):
            self._say(place, "locked-phone", self.deployment.catalogues.values())

    def _answer(self, row_id: int, message: Inbound) -> None:
        place, owner = _place(message), self.claims.get(_place(message))
        code = written.read_code(message.text) if message.kind in _WRITTEN else None
        if code is not None and owner not in self.held:
            self._try(row_id, message, code)
        elif self._warn(message) or self._asks_to_stop(message):
            return
        elif owner in self.held:
            self._prove(row_id, message, self.claims[place])
        else:
            self._say_unknown(place)

    def _warn(self, message: Inbound) -> bool:
        """Say what to do where these words are a warning sign; the record is nobody's.

        Each text at most once an hour: a lesser one must not keep a worse one back.
        """
        if message.kind not in _WRITTEN:
            return False
        keys = safety.fixed_texts(self.deployment.scanner.report(message.text))
        for key in keys:
            self._warn_once(_place(message), key)
        return bool(keys)

    def _warn_once(self, place: Place, key: str) -> None:
        ring, trace = self.deployment.ring, f"warned.{key}"
        if traces.count(self.connection, ring, trace, place, self.now - SPELL):
            return
        traces.note(self.connection, self.deployment.ids, ring, trace, place, self.now)
        catalogues = self.deployment.catalogues.values()
        self._say(place, f"safety.{key}", catalogues, Priority.SAFETY)
        _log.warning("a warning sign from nobody we know", channel=place[0], said=key)

    def _asks_to_stop(self, message: Inbound) -> bool:
        """Whoever wants nothing gets nothing, not even a word that they are unknown."""
        command = recognise(message.text, next(iter(self.deployment.catalogues)))
        return command is not None and command.name == STOP

    def _try(self, row_id: int, message: Inbound, code: str) -> None:
        place, ring = _place(message), self.deployment.ring
        since = self.now - SPELL
        if traces.count(self.connection, ring, "guess", place, since) >= GUESSES:
            self._warn(message)
            return
        patient_id = codes.find(self.connection, ring, code, self.now)
        if patient_id not in self.held or not self._let_in(row_id, message, code, patient_id):
            traces.note(self.connection, self.deployment.ids, ring, "guess", place, self.now)
            self._warn(message)
            self._say(place, "code.no", self.deployment.catalogues.values())

    def _let_in(self, row_id: int, message: Inbound, code: str, patient_id: int) -> bool:
        """Let whoever shows a right code in, or ask for more; False: the code opens nothing."""
        place, ring = _place(message), self.deployment.ring
        # Only what is a code indeed is no words.
        heard = replace(message, text=written.with_plain_code(message.text, code))
        loaded = self._loaded(patient_id)
        if enrolment.waits(loaded.memory.task) or not loaded.person.code:
            ref = self._attach(place, loaded)
            if ref is None:
                return False
            codes.use(self.connection, ring, code, self.now)
            self._adopt(row_id, message, ref)
            self.admitted.append(Admitted(row_id, heard, ref))
            return True
        codes.use(self.connection, ring, code, self.now, claimed_by=place)
        self.claims[place] = patient_id
        self._warn(heard)
        self._say(place, "moving.prove", [self._words(loaded)])
        return True

    def _attach(self, place: Place, loaded: Loaded) -> PatientRef | None:
        """Make the address the patient's, and the one they are written to; None: it is taken.

        Older ones of the same channel are closed, and the card lets nobody else in: whoever was
        never heard has an address in the web chat from its link only.
        """
        connection, patient_id = self.connection, loaded.row.patient_id
        never_heard = enrolment.waits(loaded.memory.task)
        before = patients.addresses(connection, loaded.sealer, patient_id)
        try:
            address_id = patients.add_address(
                connection,
                self.deployment.ids,
                self.deployment.ring,
                loaded.sealer,
                patient_id=patient_id,
                channel=place[0],
                address=place[1],
                now=self.now,
            )
        except AddressTaken:
            return None
        for older in before:
            if older.channel == place[0] or never_heard:
                patients.set_address_status(connection, older.id, "closed")
        patients.prefer_address(connection, patient_id, address_id)
        web_access.close_links(connection, patient_id, self.now)
        self._audit(patient_id, "let-in-by-code")
        ref = self.refs[place] = PatientRef(patient_id, address_id)
        return ref

    def _prove(self, row_id: int, message: Inbound, patient_id: int) -> None:
        """Take the four digits of whoever has shown the code of a patient heard before."""
        place, loaded = _place(message), self._loaded(patient_id)
        words = self._words(loaded)
        step = self._step(loaded, message)
        tried = Tried.LOCKED
        if not own_code.is_locked(step):
            tried = own_code.try_code(step, message.text)
        if tried is Tried.RIGHT:
            self._come_in(row_id, message, loaded, step)
            return
        ledger.write(
            self.connection, self.deployment, [finish(loaded, step, Route(place[0], None))]
        )
        if step.secret:
            self._mask(row_id, message)
        if tried is Tried.WORDS and self._has_been_told_enough(place):
            return
        if tried is Tried.LOCKED:
            self._settle(place)
        self._say(place, "code.locked" if tried is Tried.LOCKED else "moving.wrong", [words])

    def _has_been_told_enough(self, place: Place) -> bool:
        """Whether whoever owes the digits writes words on and on, as programs do that answer."""
        ring = self.deployment.ring
        if traces.count(self.connection, ring, "words", place, self.now - SPELL) >= GUESSES:
            return True
        traces.note(self.connection, self.deployment.ids, ring, "words", place, self.now)
        return False

    def _come_in(self, row_id: int, message: Inbound, loaded: Loaded, step: Step) -> None:
        place = _place(message)
        ref = self._attach(place, loaded)
        self._settle(place)
        if ref is None:
            self._mask(row_id, message)
            self._say(place, "code.no", self.deployment.catalogues.values())
            return
        self._adopt(row_id, masked(message), ref)
        route = Route(place[0], ref.address_id)
        finished = finish(loaded, self._welcomed(loaded, step, message), route)
        ledger.write(self.connection, self.deployment, [finished])
        with hold(self.connection, self.deployment, loaded.row.patient_id, self.now) as held:
            release(held, route)

    def _welcomed(self, loaded: Loaded, step: Step, message: Inbound) -> Step:
        """Say that this is the place now, and what waits.

        The broad catch is the rule for poison: the patient is let in, whatever waits.
        """
        try:
            step.add_line("moving.here")
            ask_again(step)
            return step
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001
            _log.error("nothing was asked again", error=type(error).__name__)
        patient_id = loaded.row.patient_id
        anew = self._loaded(patient_id)
        loaded.person, loaded.memory = anew.person, anew.memory
        loaded.open, loaded.suspended = anew.open, anew.suspended
        step = self._step(loaded, message)
        step.add_line("moving.here")
        step.flush()
        return step

    def _loaded(self, patient_id: int) -> Loaded:
        """The patient as this transaction has left them; the lock is held already."""
        rows = patients.lock_conversations(self.connection, [patient_id])
        return loading.load(self.connection, self.deployment, rows)[patient_id]

    def _step(self, loaded: Loaded, message: Inbound) -> Step:
        return loading.step_for(
            self.connection, self.deployment, loaded, self.now, message.channel, {}
        )

    def _settle(self, place: Place) -> None:
        codes.settle(self.connection, self.deployment.ring, place)
        self.claims.pop(place, None)

    def _adopt(self, row_id: int, message: Inbound, ref: PatientRef) -> None:
        """The message belongs to the patient, and is sealed as theirs."""
        sealer = self._loaded(ref.patient_id).sealer
        body = sealed(sealer, row_id, message)
        adopted = {"message": row_id, "patient": ref.patient_id, "new_body": body}
        self.connection.execute(_ADOPT, adopted)

    def _mask(self, row_id: int, message: Inbound) -> None:
        body = sealed(self._own_sealer(), row_id, masked(message))
        self.connection.execute(_MASK, {"message": row_id, "new_body": body})

    def _say_unknown(self, place: Place) -> None:
        """Say that nobody is known here; anybody may read it, and at most once a day.

        Where we have promised not to write any more, nothing is said.
        """
        if patients.is_closed(self.connection, self.deployment.ring, *place):
            return
        ring, since = self.deployment.ring, self.now - A_DAY
        if traces.count(self.connection, ring, "told", place, since):
            return
        traces.note(self.connection, self.deployment.ids, ring, "told", place, self.now)
        self._say(place, "unknown", self.deployment.catalogues.values())

    def _say(
        self,
        place: Place,
        key: str,
        languages: Iterable[Catalogue],
        priority: Priority = Priority.REPLY,
    ) -> None:
        """Write to whoever is there; it belongs to no patient."""
        channel, address = place
        catalogues, clinic = list(languages), self.deployment.clinic
        fields = {"clinic": clinic.name, **safety.numbers(clinic)}
        text = "\n".join(words.say(key, **fields) for words in catalogues)
        rendered = FORMS[channel](Message(text), catalogues[0])
        message = Outgoing(
            self._own_sealer(), None, 0, channel, rendered, priority, self.now, to=address
        )
        outbox.post(self.connection, self.deployment, [message])

    def _words(self, loaded: Loaded) -> Catalogue:
        return self.deployment.catalogues[loaded.person.language]

    def _own_sealer(self) -> Sealer:
        return deployment_key.sealer(self.connection, self.deployment.ring)

    def _audit(self, patient_id: int, action: str) -> None:
        audit.append(
            self.connection,
            self.deployment.ids,
            patient_id,
            actor="patient",
            action=action,
            at=self.now,
        )


def _place(message: Inbound) -> Place:
    return message.channel, message.address


def _may_be_answered(message: Inbound) -> bool:
    """Not what the provider has answered itself, nor programs: no person has a short code."""
    if message.handled is not None or message.kind not in _ANSWERABLE:
        return False
    return message.channel not in ("sms", "whatsapp") or bool(_A_PHONE.fullmatch(message.address))
