"""The clinic's directory in a transcript: who is in it, and who types the code of the room."""

from __future__ import annotations

import re

from backtrace.replay import steps as step
from backtrace.replay.steps import WrongStep
from bot.deployment import Clock, Deployment
from bot.directory import digests_due
from bot.directory.room import NotOpened, open_by_code
from trajectory import authenticator, professionals, room_codes, sign_ins
from trajectory.professionals import Professional

_HALF = f"[{room_codes.ALPHABET}]{{{room_codes.LENGTH // 2}}}"
_CODE = re.compile(rf"(?<!\w){_HALF} {_HALF}(?!\w)")


class Directory:
    """Everybody is ready to sign in, and does so for each code that they type."""

    def __init__(self, deployment: Deployment, clock: Clock) -> None:
        self._deployment = deployment
        self._clock = clock
        self._code = ""

    def hear(self, text: str) -> None:
        """A patient reads this, and says a code in it aloud."""
        found = _CODE.search(text)
        self._code = found[0] if found else self._code

    def add(self, listed: step.Listed) -> None:
        """Put somebody in whose authenticator is set up."""
        deployment, now = self._deployment, self._clock.now()
        ids, ring, chance = deployment.ids, deployment.ring, deployment.chance
        newcomer = Professional(
            0, listed.name, listed.email, listed.role, "primary", listed.language
        )
        with deployment.database.write() as connection:
            number = professionals.add(connection, ids, ring, newcomer, chance.token(), now)
            secret = authenticator.new_secret(chance.random)
            professionals.invite(connection, ring, number, chance.token(), secret, now)
            professionals.make_ready(connection, number, now)
            who = professionals.by_id(connection, ring, number)
            assert who is not None
            digests_due.set_next(connection, deployment, who, now)

    def type_code(self, number: int, each: step.RoomStep) -> None:
        """Somebody types a code; one that opens nothing is no mistake of the transcript.

        Raises:
            WrongStep: no patient has been given a code.
        """
        code = self._code if each.room == "last" else each.room
        if not code:
            raise WrongStep(number, "no code for the room has been given to a patient")
        cookie = self._signed_in(each.professional)
        try:
            open_by_code(self._deployment, cookie, code, self._clock.now())
        except NotOpened:
            return

    def _signed_in(self, email: str) -> str:
        deployment, now = self._deployment, self._clock.now()
        cookie = deployment.chance.token()
        with deployment.database.write() as connection:
            who = professionals.by_email(connection, deployment.ring, email)
            assert who is not None
            sign_ins.open_session(connection, deployment.ids, deployment.ring, who.id, cookie, now)
        return cookie
