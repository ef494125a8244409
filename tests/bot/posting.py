"""Messages that a test puts into the outbox by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot import outbox
from bot.messages import Button, Priority, Rendered
from bot.outbox import Outgoing
from tests.bot.house import House
from trajectory.patients import PatientRef


class Post:
    """Puts messages into the outbox, numbered as a conversation would."""

    def __init__(self, house: House, to: PatientRef) -> None:
        self.house = house
        self.to = to
        self.sealer = house.sealer(to.patient_id)
        self.sequence = 1000

    def __call__(
        self,
        text: str,
        priority: Priority = Priority.REPLY,
        channel: str = "telegram",
        buttons: Sequence[Button] = (),
        **more: Any,
    ) -> int:
        """The id of the message's row."""
        self.sequence += 1
        message = Outgoing(
            self.sealer,
            self.to.patient_id,
            self.sequence,
            channel,
            Rendered(text, tuple(buttons)),
            priority,
            self.house.clock.now(),
            **{"address_id": self.to.address_id, **more},
        )
        with self.house.database.write() as connection:
            outbox.post(connection, self.house.deployment, [message])
        return int(self.house.outbox()[-1].id)
