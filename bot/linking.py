"""Channels that carry a link: the conversation is read in the web chat, the phone gets a nudge.

Everything that is said goes to the patient's web chat. What also goes to the phone is a safety
message, whole, or what says nothing about health (`bot.conversation.plain_words`). Where the
phone has not had all of it, one nudge with a one-time link follows, unless the patient has one
in hand or is in the chat just now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from bot.channels.forms import FORMS
from bot.deployment import Deployment
from bot.messages import Message, Priority, Rendered
from bot.parts import in_parts
from templates.catalogue import Catalogue
from trajectory import web_access, web_nudges
from trajectory.keys import Sealer
from trajectory.web_access import NewLink

LIFE = timedelta(days=7)
"""How long a nudge's link works: as long as the question that waits longest."""
IN_HAND = timedelta(hours=1)
"""A link so young that nobody has used is still at hand: no reply sends another."""
JUST_SENT = timedelta(minutes=10)
"""Not even what the calendar opens sends another so soon."""
IN_CHAT = timedelta(minutes=10)
"""Who came to the chat or wrote there so lately reads replies there, without a nudge."""


class Said(NamedTuple):
    """One message in the form in which it goes out; `in_chat`: to the web chat, not the route."""

    message: Message
    rendered: Rendered
    in_chat: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said to one patient over a linked channel."""

    patient_id: int
    sealer: Sealer
    words: Catalogue
    address_id: int | None
    """The address on the linked channel."""
    nudges: bool
    """The phone has not had all that was said."""
    scheduled: bool
    """The calendar speaks, not an answer to the patient."""


class Chat(NamedTuple):
    """Where a patient's web chat is, and what the phone is to hear about it, if anything."""

    address_id: int
    nudge: Rendered | None


def spread(message: Message, words: Catalogue, channel: str, *, linked: bool) -> list[Said]:
    """The message for its channel; of a linked one for the web chat, and what the phone may have.

    A long one is in several parts.
    """
    if not linked:
        return _said(message, words, channel)
    in_chat = _said(message, words, web_access.CHANNEL, in_chat=True)
    if _is_for_phone(message):
        return in_chat + _said(message, words, channel)
    spoken = Message(message.plain, priority=message.priority)
    return in_chat + (_said(spoken, words, channel) if spoken.text else [])


def _said(message: Message, words: Catalogue, channel: str, *, in_chat: bool = False) -> list[Said]:
    parts = in_parts(FORMS[channel](message, words))
    return [Said(message, part, in_chat) for part in parts]


def is_hidden(said: Said) -> bool:
    """Whether this stands in the web chat and the phone has not had all of it."""
    return said.in_chat and not _is_for_phone(said.message)


def _is_for_phone(message: Message) -> bool:
    """Whether all of the message may go out over a linked channel."""
    is_plain = message.plain == message.text and not message.picture
    return message.priority is Priority.SAFETY or is_plain


def open_chats(
    connection: Connection,
    deployment: Deployment,
    talks: Sequence[Talk],
    now: datetime,
    not_before: datetime | None = None,
) -> Mapping[int, Chat]:
    """By patient the web chat, made where there is none, and a nudge with a fresh link.

    The link counts from `not_before`, when what was said at night goes out.
    """
    if not talks:
        return {}
    sealers = {talk.patient_id: talk.sealer for talk in talks}
    places = web_access.places(connection, deployment.ids, deployment.ring, sealers, now)
    nudged = {talk.patient_id: talk for talk in _to_nudge(connection, talks, now)}
    links = {
        patient_id: NewLink(patient_id, deployment.chance.token(), talk.address_id)
        for patient_id, talk in nudged.items()
    }
    ids, ring = deployment.ids, deployment.ring
    web_access.create_links(connection, ids, ring, list(links.values()), not_before or now, LIFE)
    return {
        patient_id: Chat(
            place,
            _nudge(deployment, nudged[patient_id], links[patient_id])
            if patient_id in nudged
            else None,
        )
        for patient_id, place in places.items()
    }


def _to_nudge(connection: Connection, talks: Sequence[Talk], now: datetime) -> list[Talk]:
    wanted = [talk for talk in talks if talk.nudges and talk.address_id is not None]
    if not wanted:
        return []
    people = {talk.patient_id for talk in wanted}
    waiting = web_nudges.waiting_links(connection, people, now - IN_HAND)
    asked = {talk.patient_id for talk in wanted if not talk.scheduled}
    active = web_nudges.active(connection, asked, now - IN_CHAT) if asked else set()
    return [talk for talk in wanted if _is_due(talk, waiting, active, now)]


def _is_due(talk: Talk, waiting: Mapping[int, datetime], active: set[int], now: datetime) -> bool:
    sent = waiting.get(talk.address_id or 0)
    if talk.scheduled:
        return sent is None or sent <= now - JUST_SENT
    return sent is None and talk.patient_id not in active


def _nudge(deployment: Deployment, talk: Talk, link: NewLink) -> Rendered:
    url = f"{deployment.clinic.public_url}/chat/in/{link.token}"
    key = "link.scheduled" if talk.scheduled else "link.reply"
    return Rendered(talk.words.say(key, link=url))
