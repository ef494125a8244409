"""The people at the clinic's desk in a transcript, who write with patients."""

from __future__ import annotations

from backtrace.replay import steps as step
from bot.deployment import Deployment
from bot.desk import talking, talks
from bot.desk.worker import Worker
from trajectory.staff_tokens import Role

_REFUSALS = (talking.CannotWrite, talking.HeldBySomebody, talking.NotUnderWay, talking.BadReply)
"""What somebody at the desk may run into; a transcript goes on."""


class Desk:
    """Each is known by name, and reads what is new before they write."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._numbers: dict[str, int] = {}

    def act(self, patient_id: int, each: step.AtDesk) -> None:
        """Do one step."""
        worker = self._worker(each.by)
        try:
            if each.say is not None:
                seen = talks.conversation(self._deployment, patient_id).seen
                talking.say(self._deployment, worker, patient_id, each.say, seen=seen)
            elif each.take_over:
                talking.take_over(self._deployment, worker, patient_id)
            else:
                talking.hand_back(self._deployment, worker, patient_id)
        except _REFUSALS:
            return

    def _worker(self, name: str) -> Worker:
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        return Worker(number, name, frozenset({Role.SECRETARY}), "en", f"desk:{number}")
