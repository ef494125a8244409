"""The professionals of a transcript: they open links, give codes and write notes."""

from __future__ import annotations

import re

from backtrace.replay import steps as step
from backtrace.replay.stage import Sent
from backtrace.replay.steps import WrongStep
from bot import access
from bot.deployment import Clock, Deployment
from trajectory import grants, patients

_LINK = re.compile(r"/s/([A-Za-z0-9_-]+)")
_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")


_REFUSALS = (
    access.Ended,
    access.CodeSpent,
    access.WhoAsks,
    access.WrongWords,
    access.NotSignedIn,
    access.NotAllowed,
    access.TooManyCodes,
    access.BadNote,
)
"""What a professional may run into; a transcript goes on."""


class Professionals:
    """Each by mail address: the mails, the link that was opened last, the open page.

    The two words that a patient gives by mouth are taken as given; where an opening asks who it
    is and what for, the address is given and that it is a transcript.
    """

    def __init__(self, deployment: Deployment, clock: Clock) -> None:
        self._deployment = deployment
        self._clock = clock
        self._mails: dict[str, list[str]] = {}
        self._tokens: dict[str, str] = {}
        self._cookies: dict[str, str] = {}

    def note_mail(self, sent: Sent) -> int:
        """Keep a mail; its number among those to the same address."""
        mails = self._mails.setdefault(sent.parcel.address, [])
        mails.append(sent.parcel.rendered.text)
        return len(mails)

    def act(self, number: int, each: step.ActStep) -> None:
        """Do one step.

        Raises:
            WrongStep: there is no such mail, no link or code in it, or no open page.
        """
        match each:
            case step.OpenStep():
                self._open(number, each)
            case step.CodeStep():
                self._give_code(number, each)
            case step.NoteStep():
                self._note(number, each)
            case step.HandledStep():
                self._handle(number, each)

    def _open(self, number: int, each: step.OpenStep) -> None:
        mails = self._mails.get(each.professional, [])
        if not 1 <= each.open <= len(mails):
            raise WrongStep(number, f"no message {each.open} has been sent to this address")
        found = _LINK.search(mails[each.open - 1])
        if found is None:
            raise WrongStep(number, f"there is no link in message {each.open} to this address")
        self._tokens[each.professional] = found[1]
        try:
            access.request_code(self._deployment, found[1], self._clock.now())
        except _REFUSALS:
            return

    def _give_code(self, number: int, each: step.CodeStep) -> None:
        token = self._tokens.get(each.professional)
        if token is None:
            raise WrongStep(number, "open a link first: this professional has opened none")
        code = self._newest_code(number, each.professional) if each.code == "last" else each.code
        try:
            self._cookies[each.professional] = access.open_page(
                self._deployment,
                token,
                code,
                self._word(token),
                self._clock.now(),
                access.Opener(each.professional, "transcript"),
            )
        except _REFUSALS:
            return

    def _newest_code(self, number: int, address: str) -> str:
        for text in reversed(self._mails.get(address, [])):
            found = _CODE.search(text)
            if found is not None:
                return found[1]
        raise WrongStep(number, "no code has been mailed to this address")

    def _word(self, token: str) -> str:
        """What the patient has said to the professional; empty when the grant is over."""
        deployment, now = self._deployment, self._clock.now()
        with deployment.database.read() as connection:
            ref = grants.by_token(connection, deployment.ring, token, now)
            if ref is None:
                return ""
            (row,) = patients.read(connection, [ref.patient_id])
            given = grants.active(connection, row.sealer(deployment.ring), ref.patient_id, now)
        return next((grant.word for grant in given if grant.id == ref.id), "")

    def _note(self, number: int, each: step.NoteStep) -> None:
        cookie, said = self._cookie(number, each.professional), each.note
        note = said if isinstance(said, str) else access.Fields(**said.model_dump())
        try:
            access.write_note(self._deployment, cookie, note, self._clock.now())
        except _REFUSALS:
            return

    def _handle(self, number: int, each: step.HandledStep) -> None:
        cookie, now = self._cookie(number, each.professional), self._clock.now()
        try:
            seen = access.read_summary(self._deployment, cookie, now).summary.flags
            for flag in seen:
                if flag.is_open:
                    access.handle_flag(self._deployment, cookie, flag.id, now)
        except _REFUSALS:
            return

    def _cookie(self, number: int, professional: str) -> str:
        cookie = self._cookies.get(professional)
        if cookie is None:
            raise WrongStep(number, "give the code first: this professional has no page open")
        return cookie
