"""Ids of messages that hold an address are kept as keyed hashes, as the addresses themselves are.

Telegram numbers the messages of each chat anew, so that only chat and number together name one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from bot.channels import telegram
from bot.inbound import Inbound, InboundKind
from trajectory import tables
from trajectory.keys import Ring
from trajectory.sql import Among

_PURPOSE = "inbox.external_id"
_WITH_CHAT = (InboundKind.TEXT, InboundKind.EDIT, InboundKind.OTHER, InboundKind.GROUP)
_inbox = tables.core(tables.Inbox)
_STORED = select(_inbox.c.external_id).where(
    _inbox.c.channel == telegram.NAME,
    Among(_inbox.c.external_id, "ids"),
)


def opaque(connection: Connection, ring: Ring, batch: Sequence[Inbound]) -> list[Inbound]:
    """The same messages; no id of theirs tells an address.

    What was stored under an older key of the ring keeps its id, so that a redelivery is known
    for one and an edit finds its message.
    """
    told = {name for each in batch if _tells(each) for name in _ids(each)}
    if not told:
        return list(batch)
    hashes = {name: [_written(digest) for _, digest in ring.find_hashes(_PURPOSE, name)]
              for name in told}  # fmt: skip
    known = _stored(connection, [old for each in hashes.values() for old in each[1:]])
    names = {
        name: next((each for each in found if each in known), found[0])
        for name, found in hashes.items()
    }
    return [_renamed(each, names) if _tells(each) else each for each in batch]


def _tells(message: Inbound) -> bool:
    return message.channel == telegram.NAME and message.kind in _WITH_CHAT


def _ids(message: Inbound) -> list[str]:
    return [name for name in (message.external_id, message.edit_of) if name]


def _written(digest: bytes) -> str:
    return digest[:20].hex()


def _stored(connection: Connection, ids: Sequence[str]) -> Collection[str]:
    if not ids:
        return ()
    return set(connection.execute(_STORED, {"ids": ids}).scalars())


def _renamed(message: Inbound, names: dict[str, str]) -> Inbound:
    edited = names[message.edit_of] if message.edit_of else ""
    return replace(message, external_id=names[message.external_id], edit_of=edited)
