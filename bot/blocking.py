"""Patients who block us, and who let us in again: nothing is said, and nothing is answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, exists, select

from bot import inbound
from bot.inbound import Inbound
from trajectory import patients, tables
from trajectory.patients import PatientRef

if TYPE_CHECKING:
    from bot.receiving import Stored

_inbox = tables.core(tables.Inbox)
_HEARD_SINCE = select(
    exists().where(
        _inbox.c.patient_id == bindparam("patient"),
        _inbox.c.channel == bindparam("channel"),
        _inbox.c.kind != inbound.BLOCKED.value,
        _inbox.c.at >= bindparam("since", type_=_inbox.c.at.type),
    )
)


def note(connection: Connection, messages: Iterable[Stored]) -> list[Stored]:
    """Note who can be reached and who cannot any more; the messages that are anything else.

    The patients' conversations are locked.
    """
    others = []
    for each in messages:
        match each.message.kind:
            case inbound.BLOCKED:
                _block(connection, each.ref, each.message)
            case inbound.UNBLOCKED:
                patients.reach_again(connection, each.ref.address_id)
            case _:
                others.append(each)
    return others


def _block(connection: Connection, ref: PatientRef, message: Inbound) -> None:
    if not _heard_since(connection, ref, message.channel, message.at):
        patients.lose_address(connection, ref.address_id)


def _heard_since(connection: Connection, ref: PatientRef, channel: str, moment: datetime) -> bool:
    """Whether the block is over: Telegram tells of blocks and messages in any order."""
    asked = {"patient": ref.patient_id, "channel": channel, "since": moment}
    return bool(connection.execute(_HEARD_SINCE, asked).scalar())
