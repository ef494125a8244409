"""What came of an attempt, written where the attempt was: the row, its address, what follows.

Lock order: addresses by id, then outbox rows by id, then the due row that takes the conversation
later: whoever holds an outbox row never asks for one. The row of a channel's rate comes last of
all (`bot.taking`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, and_, bindparam, case, or_, select, update

from bot import due, outbox
from bot.conversation.effects import SetDue
from bot.deployment import Deployment
from trajectory import patients, tables
from trajectory.sql import Among

ARRIVED = ("delivered", "read")
"""What a provider says of a message that nothing takes back."""

_Standing: TypeAlias = Mapping[int, tuple[str, int]]

_outbox = tables.core(tables.Outbox)
_NEW = bindparam("new_status", type_=_outbox.c.status.type)
# STOP came while it was under way: no second attempt.
_TAKEN_BACK = and_(_outbox.c.error == outbox.STOPPED, _NEW == "ready")
# That it was handed over holds whoever says it, unless more is known already; anything else
# only the holder of the lease says, or the provider of what it has taken.
_RECORD = (
    update(_outbox)
    .where(
        _outbox.c.id == bindparam("message"),
        or_(
            and_(_NEW == "sent", *(_outbox.c.status != each for each in ARRIVED)),
            and_(_outbox.c.status == bindparam("was"), _outbox.c.attempts == bindparam("attempt")),
        ),
    )
    .values(
        status=case((_TAKEN_BACK, "dead"), else_=bindparam("new_status")),
        sent_at=bindparam("new_sent_at", type_=_outbox.c.sent_at.type),
        ready_at=bindparam("new_ready_at", type_=_outbox.c.ready_at.type),
        provider_id=bindparam("new_provider_id"),
        error=case((_TAKEN_BACK, outbox.STOPPED), else_=bindparam("new_error")),
        attempts=_outbox.c.attempts - bindparam("uncounted", type_=_outbox.c.attempts.type),
        lease_until=None,
    )
)
_HOLD = (
    select(_outbox.c.id, _outbox.c.status, _outbox.c.attempts)
    .where(Among(_outbox.c.id, "ids"))
    .order_by(_outbox.c.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    `gone` is the address if it will never work again, `doubted` if it may not. `mishap` names
    the due row that looks after the patient then, `member_id` whose mail it was.
    """

    outbox_id: int
    attempt: int
    status: str
    ready_at: datetime
    sent_at: datetime | None = None
    provider_id: str | None = None
    error: str | None = None
    gone: int | None = None
    doubted: int | None = None
    mishap: str = ""
    patient_id: int | None = None
    address_id: int | None = None
    member_id: int | None = None
    counted: bool = True
    """Whether the attempt was one; it was none where a setting of ours was wrong, or where the
    message turned out to be at its provider already."""
    was: str = "sending"
    """How the row must stand for this to be written: `sent` where the provider says it later."""
    channel: str = ""
    trouble: str = ""
    """The class of what went wrong; like `channel` for whoever counts."""

    def reported(self, provider_id: str | None, sent_at: datetime | None) -> Outcome:
        """The same, said by the provider of what it had taken at that time under that id."""
        return replace(self, was="sent", provider_id=provider_id, sent_at=sent_at)

    def values(self) -> dict[str, Any]:
        """As the statement takes them."""
        return {
            "message": self.outbox_id,
            "attempt": self.attempt,
            "was": self.was,
            "new_status": self.status,
            "new_ready_at": self.ready_at,
            "new_sent_at": self.sent_at,
            "new_provider_id": self.provider_id,
            "new_error": self.error,
            "uncounted": 0 if self.counted else 1,
        }


def record(
    connection: Connection, deployment: Deployment, outcomes: Iterable[Outcome]
) -> Sequence[Outcome]:
    """Write what came of attempts; the same as they were written, to be counted once committed.

    In order of the rows' ids, so that two processes cannot lock them crosswise. What must
    take the patient's conversation is a due row of the same transaction: a crash in between
    loses nothing.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.outbox_id)
    if not ordered:
        return ()
    patients.hold_addresses(connection, [each for each in map(_blamed, ordered) if each])
    standing = _standing(connection, ordered)
    ordered = _with_doubts(connection, ordered, standing)
    connection.execute(_RECORD, [outcome.values() for outcome in ordered])
    for address_id in sorted({each.gone for each in ordered if each.gone is not None}):
        patients.lose_address(connection, address_id)
    mishaps = [
        (outcome.patient_id, _mishap(outcome, deployment.clock.now()))
        for outcome in ordered
        # Of a patient who was erased meanwhile, or a message that stands otherwise by now, none.
        if outcome.mishap and outcome.patient_id is not None and _holds(outcome, standing)
    ]
    if mishaps:
        due.write(connection, deployment, mishaps)
    return ordered


def _blamed(outcome: Outcome) -> int | None:
    """The address that may be given up because of this."""
    return outcome.gone if outcome.gone is not None else outcome.doubted


def _standing(connection: Connection, outcomes: Sequence[Outcome]) -> _Standing:
    """Status and attempts of the rows, which are held from here on, where more hangs on them."""
    if not any(outcome.mishap or outcome.doubted is not None for outcome in outcomes):
        return {}
    rows = connection.execute(_HOLD, {"ids": [outcome.outbox_id for outcome in outcomes]})
    return {row.id: (row.status, row.attempts) for row in rows}


def _holds(outcome: Outcome, standing: _Standing) -> bool:
    """Whether the row is still as the attempt has left it."""
    return standing.get(outcome.outbox_id) == (outcome.was, outcome.attempt)


def _with_doubts(
    connection: Connection, outcomes: Sequence[Outcome], standing: _Standing
) -> list[Outcome]:
    """The second doubtful failure in a row makes an address one that is gone."""
    doubted = sorted(
        {
            outcome.doubted
            for outcome in outcomes
            if outcome.doubted is not None and _holds(outcome, standing)
        }
    )
    gone = {each for each in doubted if patients.note_doubt(connection, each)}
    return [_lost(outcome) if outcome.doubted in gone else outcome for outcome in outcomes]


def _lost(outcome: Outcome) -> Outcome:
    return replace(outcome, status="dead", gone=outcome.doubted, mishap=due.REROUTE)


def _mishap(outcome: Outcome, now: datetime) -> SetDue:
    """By the message's own id, so that two processes never wait for each other's key."""
    payload = {"message": outcome.outbox_id}
    return SetDue(f"{outcome.mishap}:{outcome.outbox_id}", outcome.mishap, now, payload=payload)
