"""The part of sharing that takes somebody out of the clinic's directory, by name."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.effects import AddMember, Audit, Mail
from bot.conversation.people import bare
from bot.conversation.step import Step
from trajectory.care_team import Member
from trajectory.professionals import Professional

MOST = 5
"""So many are offered where several fit."""
_OPTION = "d"
"""Before the number of somebody of the directory, in a choice."""


def fitting(step: Step, words: str) -> list[Professional]:
    """Who of the directory these words name: the whole name, or else a part of it.

    Only those who can sign in, and not those whom the patient has named already.
    """
    said = bare(words).casefold()
    known = {member.professional_id for member in step.care.members}
    listed = [each for each in step.directory if each.ready and each.id not in known]
    whole = [each for each in listed if each.name.casefold() == said]
    found = whole or [each for each in listed if said in each.name.casefold().split()]
    return found[:MOST]


def options(step: Step, found: Sequence[Professional]) -> list[tuple[str, str]]:
    """The choices between these people."""
    return [(f"{_OPTION}{each.id}", f"{each.name}, {_role(step, each.role)}") for each in found]


def chosen(step: Step, option: str | None) -> Professional | None:
    """Who of the directory was chosen, if anybody."""
    return next((each for each in step.directory if option == f"{_OPTION}{each.id}"), None)


def take_in(step: Step, who: Professional) -> Member:
    """Take somebody of the directory into the care team."""
    task = step.memory.task
    assert task is not None
    new = Member(step.new_id(), who.role, who.name, who.email, professional_id=who.id)
    step.do(AddMember(new))
    step.do(Audit("member-added", f"member:{new.id}"))
    task.data["new"] = [new.id, new.role, new.name, new.email, False, who.id]
    return new


def introduction(step: Step, who: Member) -> str:
    """Which person of that name it is."""
    if who.professional_id is None:
        return ""
    clinic, role = step.world.clinic.name, _role(step, who.role)
    return step.words.say("share.listed", name=who.name, role=role, clinic=clinic)


def invitation(step: Step, who: Member) -> Mail:
    """Tell them that a patient shares, in their own language; they sign in, and need no link."""
    listed = next((each for each in step.directory if each.id == who.professional_id), None)
    words = step.words if listed is None else step.world.catalogues[listed.language]
    clinic = step.world.clinic
    text = words.say(
        "mail.listed.text", name=who.name, clinic=clinic.name, link=f"{clinic.public_url}/pro"
    )
    return Mail(who.id, who.email or "", words.say("mail.invitation.subject"), text)


def _role(step: Step, role: str) -> str:
    return step.words.say(f"receipt.role.{role}")
