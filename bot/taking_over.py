"""The patient's other channel takes over what one address has not delivered.

The conversation is held: the outcome that brought this here wrote a due row, and nothing
else. What still holds is put anew for the other route in its old order, safety messages first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from bot import outbox
from bot.channels import Trouble
from bot.channels.forms import FORMS
from bot.channels.recast import recast
from bot.channels.web import WebChat
from bot.held import Held
from bot.ledger import Route, place_of
from bot.messages import Button, Priority, Rendered
from bot.parts import in_parts
from bot.routing import other_route
from bot.schedule import awake
from trajectory import patients, tables
from trajectory.sql import Among

_LOST = ("dead", "unknown")
_NEVER = (outbox.MOVED, outbox.STOPPED, outbox.DROPPED)

_outbox = tables.core(tables.Outbox)
_MESSAGES = select(_outbox).where(
    Among(_outbox.c.id, "messages"),
    _outbox.c.patient_id == bindparam("patient"),
)
# One that is under way elsewhere says itself what becomes of it.
_BEHIND = (
    select(_outbox)
    .where(
        _outbox.c.patient_id == bindparam("patient"),
        _outbox.c.address_id == bindparam("lost"),
        _outbox.c.member_id.is_(None),
        _outbox.c.status == "ready",
    )
    .order_by(_outbox.c.id)
    .with_for_update()
)
_MOVED = (
    update(_outbox)
    .where(_outbox.c.id == bindparam("message"))
    .values(status="dead", error=outbox.MOVED)
)


class NotTold(StrEnum):
    """Why a person at the clinic has to see that something did not reach the patient."""

    NOWHERE = "nowhere"
    """No address works."""
    SAFETY = "safety"
    """What to do about a warning sign was not delivered, and goes nowhere else."""


def take_over(held: Held, message_ids: Sequence[int]) -> NotTold | None:
    """Look after messages that did not arrive, and what waits behind them.

    None: they went another way, or there is nothing left to say.
    """
    failed: dict[int, list[Row[Any]]] = {}
    for row in _failed(held, message_ids):
        failed.setdefault(row.address_id, []).append(row)
    left = [_take_over(held, rows) for rows in failed.values()]
    return NotTold.SAFETY if NotTold.SAFETY in left else next(filter(None, left), None)


def release(held: Held, route: Route, *, locked: bool = False) -> None:
    """Say on this route what a lock has held back, as far as it still holds.

    Of addresses that are locked still only where `locked`: they are written to elsewhere now.
    """
    known = patients.addresses(held.connection, held.sealer, held.patient_id)
    shut = {each.id for each in known if each.status == patients.LOCKED}
    waiting = outbox.held_back(held.connection, held.patient_id)
    rows = [row for row in waiting if locked or row.address_id not in shut]
    if not rows:
        return
    said = [row for row in _in_order(rows) if _holds(held, row, rows)]
    if said:
        # The patient knows why it comes late, or why it comes here.
        _put_anew(held, said, Route(said[0].channel, said[0].address_id), route, led=False)
    held.connection.execute(_MOVED, [{"message": row.id} for row in rows])


def _take_over(held: Held, failed: Sequence[Row[Any]]) -> NotTold | None:
    """The same for messages to one address."""
    channel, address_id = failed[0].channel, failed[0].address_id
    gone = patients.address_status(held.connection, address_id) != "active"
    behind = _behind(held.connection, held.patient_id, address_id) if gone else ()
    rows = _in_order([*failed, *behind])
    urgent = rows[0].priority == Priority.SAFETY
    if held.person.status not in ("active", "enrolling"):
        return NotTold.SAFETY if urgent else None
    lost = Route(channel, address_id)
    if not gone and _was_gone(failed):
        # The patient has written from there meanwhile.
        route: Route | None = lost
    else:
        route = other_route(held.connection, held.deployment, held.patient_id, lost)
    if route is None:
        return NotTold.SAFETY if urgent else NotTold.NOWHERE
    said = [row for row in rows if _holds(held, row, rows)]
    _put_anew(held, said, lost, route)
    held.connection.execute(_MOVED, [{"message": row.id} for row in rows])
    # It rings nowhere while its page is closed.
    return NotTold.SAFETY if urgent and route.channel == WebChat.name else None


def _failed(held: Held, message_ids: Sequence[int]) -> list[Row[Any]]:
    """Those of these messages that nothing else has become of."""
    if held.person.status == "ended":
        return []
    asked = {"messages": list(message_ids), "patient": held.patient_id}
    rows = held.connection.execute(_MESSAGES, asked).all()
    return [
        row
        for row in rows
        if row.status in _LOST
        and row.error not in _NEVER
        and row.address_id is not None
        and row.channel in FORMS
    ]


def _was_gone(failed: Sequence[Row[Any]]) -> bool:
    """Whether it was the address and not the message."""
    return all(str(row.error).startswith((Trouble.GONE, Trouble.DOUBTFUL)) for row in failed)


def _behind(connection: Connection, patient_id: int, address_id: int) -> Sequence[Row[Any]]:
    asked = {"patient": patient_id, "lost": address_id}
    return connection.execute(_BEHIND, asked).all()


def _in_order(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return sorted(rows, key=lambda row: (row.priority, row.sequence))


def _holds(held: Held, row: Row[Any], rows: Sequence[Row[Any]]) -> bool:
    """Whether it still has to be said: a question is, as long as it waits, and once.

    What is older is not told any more, safety messages aside.
    """
    if row.priority == Priority.SAFETY:
        return True
    if held.now - row.created_at > outbox.HOLDS_FOR:
        return False
    if row.session_id is None:
        return True
    open = held.loaded.open
    if open is None or (open.id, open.session.turn) != (row.session_id, row.turn):
        return False
    newest = max(each.created_at for each in rows if each.session_id == row.session_id)
    return bool(row.created_at == newest)


def _put_anew(
    held: Held, rows: Sequence[Row[Any]], lost: Route, route: Route, *, led: bool = True
) -> None:
    lead = _lead(held, lost, route) if led else ""
    urgent = [row for row in rows if row.priority == Priority.SAFETY]
    others = [row for row in rows if row.priority != Priority.SAFETY]
    for row in urgent:
        _put(held, row, _opened(held, row), route)
    links = held.deployment.links
    if links(lost.channel) or links(route.channel):
        _put_in_chat(held, () if links(lost.channel) else others, lead, route)
        return
    for row in others:
        rendered = _opened(held, row)
        if not _is_an_old_task(held, rendered):
            _put(held, row, _led(lead, rendered), route)
            lead = ""
    if lead and rows:
        held.put(route, Rendered(lead), Priority.REPLY)


def _put_in_chat(held: Held, rows: Sequence[Row[Any]], lead: str, route: Route) -> None:
    """The messages in the web chat, where one of the two channels carries links only."""
    chat = held.open_chat(route)
    for row in rows:
        rendered = _opened(held, row)
        if not _is_an_old_task(held, rendered):
            _put(held, row, rendered, place_of(chat))
    nudge = chat.nudge or Rendered("")
    if lead or nudge.text:
        held.put(route, _led(lead, nudge), Priority.REPLY)


def _put(held: Held, row: Row[Any], rendered: Rendered, route: Route) -> None:
    for part in in_parts(recast(rendered, route.channel)):
        held.put(
            route,
            part,
            Priority(row.priority),
            session_id=row.session_id,
            turn=row.turn,
            not_before=_not_before(held, row),
            entry_id=row.entry_id,
        )


def _opened(held: Held, row: Row[Any]) -> Rendered:
    return _rendered(held.sealer.open_json(outbox.BODY, row.id, row.body))


def _lead(held: Held, lost: Route, route: Route) -> str:
    """The line that says why this comes here; once a move, however many messages failed."""
    memory = held.loaded.memory
    if route == lost or memory.moved_from == lost.channel:
        return ""
    memory.moved_from = lost.channel
    return held.words.say(f"moved.{lost.channel}")


def _led(lead: str, rendered: Rendered) -> Rendered:
    text = "\n".join(filter(None, (lead, rendered.text)))
    return rendered._replace(text=text)


def _rendered(body: dict[str, Any]) -> Rendered:
    buttons = tuple(Button(label, data) for label, data in body["buttons"])
    return Rendered(body["text"], buttons, picture=body.get("picture", ""))


def _is_an_old_task(held: Held, rendered: Rendered) -> bool:
    """Whether it asks something that is not asked any more; `t.7.yes` is of the seventh turn."""
    data = rendered.buttons[0].data if rendered.buttons else ""
    task = held.loaded.memory.task
    return data.startswith("t.") and (task is None or data.split(".")[1] != str(task.turn))


def _not_before(held: Held, row: Row[Any]) -> datetime:
    """Not in the quiet hours, unless it answers the patient; nor earlier than it was meant."""
    meant = row.ready_at if row.attempts == 0 else held.now
    if row.priority == Priority.BULK:
        meant = awake(max(meant, held.now), held.person.zone)
    return max(meant, held.now)
