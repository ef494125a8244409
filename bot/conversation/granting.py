"""What ends when a grant ends, whoever ends it and why."""

from __future__ import annotations

from bot.conversation.effects import Audit, EndGrant, Record
from bot.conversation.step import Step
from trajectory.grants import Grant


def end(step: Step, grant: Grant) -> None:
    """End one grant, and keep that it was ended."""
    step.do(EndGrant(grant.id))
    step.do(Record(step.new_id(), "grant-ended", detail={"member": grant.member.id}))
    step.do(Audit("sharing-stopped", f"member:{grant.member.id}"))
