"""Writing to a patient's record beside the conversation, without a turn of it.

The professional's side uses this: the conversation's row is held, so that entries and
messages get their place in the patient's one order, but the dialogue itself is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot import outbox
from bot.channels.forms import FORMS
from bot.conversation.memory import HANDS
from bot.conversation.step import Person
from bot.deployment import Deployment
from bot.ledger import Route, place_of
from bot.linking import Chat, Talk, open_chats, spread
from bot.loading import Loaded, load
from bot.messages import Message, Priority, Rendered
from bot.outbox import Outgoing
from bot.routing import routes
from bot.schedule import awake
from templates.catalogue import Catalogue
from trajectory import audit, entries, patients
from trajectory.care_team import Member
from trajectory.entries import NewEntry
from trajectory.keys import Sealer
from trajectory.patients import Address

_Got = TypeVar("_Got")


class NoSuchPatient(Exception):
    """The patient has been erased, or nobody ever had this number."""


@dataclass(slots=True)
class Held:
    """One patient whose conversation this transaction holds."""

    connection: Connection
    deployment: Deployment
    loaded: Loaded
    now: datetime
    sequence: int
    remembers: bool = False
    """What the conversation remembers was changed here, and is to be written back."""

    @property
    def patient_id(self) -> int:
        """Whose conversation it is."""
        return self.loaded.row.patient_id

    @property
    def sealer(self) -> Sealer:
        """The sealer of the patient's key."""
        return self.loaded.sealer

    @property
    def person(self) -> Person:
        """The patient."""
        return self.loaded.person

    @property
    def words(self) -> Catalogue:
        """The messages in the patient's language."""
        return self.deployment.catalogues[self.person.language]

    @property
    def in_doubt(self) -> bool:
        """Whether it is asked just now who reads at the patient's address."""
        task = self.loaded.memory.task
        return task is not None and task.name == HANDS

    def addresses(self) -> list[Address]:
        """Where the patient is reached, or was; those that are closed are left out."""
        found = patients.addresses(self.connection, self.sealer, self.patient_id)
        return [each for each in found if each.status != "closed"]

    def body(self) -> bytes:
        """The conversation as it is to be written back, sealed."""
        if not self.remembers:
            return self.loaded.row.body
        memory = self.loaded.memory.to_json()
        return self.sealer.seal(patients.BODY, self.patient_id, memory)

    def audit(self, actor: str, action: str, subject: str) -> None:
        """Add a record to the patient's audit chain; `subject` holds ids only."""
        audit.append(
            self.connection,
            self.deployment.ids,
            self.patient_id,
            actor=actor,
            action=action,
            subject=subject,
            at=self.now,
        )

    def record(
        self,
        kind: str,
        author: str,
        text: str | None = None,
        detail: dict[str, Any] | None = None,
        *,
        item: str | None = None,
        code: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """Add what somebody other than the patient wrote to the trajectory; the entry's id.

        `at`: when it holds for the patient; None: now.
        """
        entry = NewEntry(
            id=self.deployment.ids.take(self.connection),
            patient_id=self.patient_id,
            sequence=self._next(),
            at=at or self.now,
            recorded_at=self.now,
            kind=kind,
            item=item,
            code=code,
            text=text,
            detail=detail,
            author=author,
        )
        entries.append(self.connection, [(self.sealer, entry)])
        return entry.id

    def mail(self, member: Member, subject: str, text: str) -> None:
        """Queue a mail to somebody of the care team."""
        rendered = Rendered(text, subject=subject)
        to = member.email or ""
        self._post("email", rendered, Priority.REPLY, member_id=member.id, to=to)

    def tell(self, text: str, *, plain: bool = False) -> None:
        """Queue a message to the patient, not in the quiet hours; nothing after their STOP.

        Nothing either while it is in doubt who reads there. It goes to the preferred address, in
        several parts where it is long. `plain`: it says nothing about health, so that a phone that
        carries links only may have it.
        """
        route = routes(self.connection, self.deployment, [self.patient_id]).get(self.patient_id)
        if self.person.status != "active" or self.in_doubt or route is None:
            return
        linked = self.deployment.links(route.channel)
        chat = self.open_chat(route) if linked else None
        message = Message(text, plain=text if plain else "")
        for _, rendered, in_chat in spread(message, self.words, route.channel, linked=linked):
            self._tell(place_of(chat) if in_chat else route, rendered)
        if chat and chat.nudge:
            self._tell(route, chat.nudge)

    def send(self, route: Route, text: str) -> None:
        """Queue a message that the patient has just asked for, whatever the hour."""
        rendered = FORMS[route.channel](Message(text), self.words)
        self._post(route.channel, rendered, Priority.REPLY, address_id=route.address_id)

    def send_to(self, channel: str, address: str, rendered: Rendered) -> None:
        """Queue a message to a place that is not the patient's yet."""
        self._post(channel, rendered, Priority.REPLY, to=address)

    def open_chat(self, route: Route) -> Chat:
        """The patient's web chat, and a nudge for this linked route unless one is at hand."""
        talk = Talk(
            self.patient_id,
            self.sealer,
            self.words,
            route.address_id,
            nudges=True,
            scheduled=False,
        )
        morning = awake(self.now, self.person.zone)
        chats = open_chats(self.connection, self.deployment, [talk], self.now, morning)
        return chats[self.patient_id]

    def _tell(self, route: Route, rendered: Rendered) -> None:
        morning = awake(self.now, self.person.zone)
        self._post(
            route.channel,
            rendered,
            Priority.BULK,
            address_id=route.address_id,
            not_before=morning,
        )

    def put(self, route: Route, rendered: Rendered, priority: Priority, **more: Any) -> None:
        """Queue a message that is rendered for this route already."""
        self._post(route.channel, rendered, priority, address_id=route.address_id, **more)

    def _post(self, channel: str, rendered: Rendered, priority: Priority, **more: Any) -> None:
        message = Outgoing(
            self.sealer,
            self.patient_id,
            self._next(),
            channel,
            rendered,
            priority,
            self.now,
            **more,
        )
        outbox.post(self.connection, self.deployment, [message])

    def _next(self) -> int:
        self.sequence += 1
        return self.sequence


@contextmanager
def hold(
    connection: Connection, deployment: Deployment, patient_id: int, now: datetime
) -> Iterator[Held]:
    """Hold a patient's conversation, and note at the end how far its order has risen.

    Raises:
        NoSuchPatient: the patient has been erased meanwhile.
    """
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    (row,) = rows
    held = Held(connection, deployment, load(connection, deployment, rows)[patient_id], now, 0)
    held.sequence = row.sequence
    yield held
    if held.sequence != row.sequence or held.remembers:
        patients.save_conversation(
            connection, patient_id, held.sequence, row.session_id, held.body()
        )


def with_held(deployment: Deployment, patient_id: int, act: Callable[[Held], _Got]) -> _Got:
    """Let `act` do something with a patient's conversation held, in a transaction of its own.

    Where it raises nothing is changed.

    Raises:
        NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()

    def work(connection: Connection) -> _Got:
        with hold(connection, deployment, patient_id, now) as held:
            return act(held)

    return deployment.database.run(work)
