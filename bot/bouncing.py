"""A mail to somebody of the care team came back: noted, on the clinic's list, and told once.

What the patient has allowed stays allowed; no further mail goes to the address until the
patient gives it anew.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from bot import outbox
from bot.due import BOUNCED
from bot.held import Held
from trajectory import care_team, cases, tables
from trajectory.cases import Kind

_outbox = tables.core(tables.Outbox)
_MAIL = select(_outbox).where(
    _outbox.c.id == bindparam("message"), _outbox.c.patient_id == bindparam("patient")
)
_DROP = (
    update(_outbox)
    .where(
        _outbox.c.patient_id == bindparam("patient"),
        _outbox.c.member_id == bindparam("member"),
        _outbox.c.status == "ready",
    )
    .values(status="dead", error=f"gone {BOUNCED}")
)


def note(held: Held, message_id: int) -> None:
    """Take what came back, unless the address has been given anew since it was sent."""
    asked = {"message": message_id, "patient": held.patient_id}
    mail = held.connection.execute(_MAIL, asked).one_or_none()
    if mail is None or mail.status != "dead" or mail.member_id is None:
        return
    member = care_team.member(held.connection, held.sealer, held.patient_id, mail.member_id)
    to = held.sealer.open_json(outbox.BODY, mail.id, mail.body)["to"]
    if member is None or member.bounced or member.email != to:
        return
    care_team.note_bounce(held.connection, member.id, held.now)
    held.connection.execute(_DROP, {"patient": held.patient_id, "member": member.id})
    case_id = held.deployment.ids.take(held.connection)
    cases.open_case(held.connection, case_id, held.patient_id, Kind.MAIL_BOUNCED, now=held.now)
    held.audit("system", "mail-bounced", f"member:{member.id}")
    held.tell(held.words.say("mail-trouble.bounced", name=member.name))
