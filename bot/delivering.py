"""What a provider tells of a message after it has taken it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from bot.channels import Trouble
from bot.deployment import Deployment
from trajectory import patients, tables

_REPORTED = ("sms", "whatsapp")
_outbox = tables.core(tables.Outbox)
# Reports come in any order: each state is only ever reached from one below it.
_BELOW: Mapping[str, tuple[str, ...]] = {
    "delivered": ("unknown", "sent"),
    "read": ("unknown", "sent", "delivered"),
    "undelivered": ("unknown", "sent"),
    "failed": ("unknown", "sent"),
}
_FIND = (
    select(_outbox.c.id, _outbox.c.address_id, _outbox.c.status)
    .where(
        _outbox.c.channel.in_(_REPORTED),
        _outbox.c.provider_id == bindparam("provider"),
    )
    .order_by(_outbox.c.id)
    .with_for_update()
)


def note_status(
    deployment: Deployment, provider_id: str, status: str, trouble: Trouble | None, code: str
) -> bool:
    """Note a status, unless a higher one stands there; whether the message is known.

    `status` is queued, sending, sent, delivered, read, undelivered or failed; of the last two
    `trouble` and `code` say why.

    Raises:
        trajectory.database.Unavailable: nothing was noted.
    """
    return deployment.database.run(
        lambda connection: _note(connection, provider_id, status, trouble, code)
    )


def _note(
    connection: Connection, provider_id: str, status: str, trouble: Trouble | None, code: str
) -> bool:
    row = connection.execute(_FIND, {"provider": provider_id}).first()
    if row is None or row.status not in _BELOW.get(status, ()):
        return row is not None
    failed = status in ("undelivered", "failed")
    values = {"status": "dead" if failed else status}
    if failed:
        values["error"] = f"{trouble.value if trouble else Trouble.UNKNOWN.value} {code}".strip()
    connection.execute(update(_outbox).where(_outbox.c.id == row.id).values(**values))
    if failed and trouble is Trouble.GONE and row.address_id is not None:
        patients.set_address_status(connection, row.address_id, "gone")
    return True
