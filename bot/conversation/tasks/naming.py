"""The part of sharing that finds out who somebody is: role, name, e-mail address.

An address does not make two people one: a member of the care team is taken again only where
name and role agree as well, since the role decides what is seen.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands import means_everybody, role_of
from bot.conversation.choices import is_bare_answer
from bot.conversation.effects import AddMember, Audit, GiveEmail, SetCase
from bot.conversation.people import EMAIL, Described, describe, first_of, is_called
from bot.conversation.step import Step
from trajectory.care_team import TREATING, Member
from trajectory.cases import Kind, State

STEPS = ("role", "name", "email", "same")
NAMED = "named"
"""The step that the task is at once it is known who it is: `member` says which."""
REFUSED = "refused"
"""The step that the task is at once it is known that it is somebody who gets nothing from us."""
_OFFICE = "job-centre"
ROLES = ("physiotherapist", "gp", "chiropractor", "relative", _OFFICE, "other")
_EMPLOYER = "employer"
_LONGEST_NAME = 60
_OTHER = "other"


def begin(step: Step, words: str) -> None:
    """Find out what these words leave open about somebody who is not known yet."""
    task = step.memory.task
    assert task is not None
    said = describe(words)
    task.data.update(role=said.role, name=said.name[:_LONGEST_NAME], email=said.email)
    known = said.role not in (None, _EMPLOYER, _OFFICE, "insurer")
    if known and not said.name and task.data["then"] == "share":
        step.add_line("share.unknown", who=words)
    _go_on(step)


def one_of(step: Step, words: str) -> str:
    """The first where several are named, which is said; nothing where they are "both"."""
    first = "" if means_everybody(words) else first_of(words)
    if not first and words:
        step.add_line("share.one")
    elif first != words.strip():
        step.add_line("share.first", who=first)
    return first


def find_address(step: Step, member: Member) -> None:
    """Ask for the address of somebody who is known and has none, or one that does not work."""
    assert step.memory.task is not None
    step.memory.task.data.update(role=member.role, name=member.name, email="", known=member.id)
    _go_on(step)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    match task.step:
        case "role":
            step.offer("share.role", [(role, f"role.{role}") for role in ROLES])
        case "name":
            step.offer("share.name")
        case "email":
            step.offer("share.email", name=task.data["name"])
        case "same":
            known = _by_id(step, task.data["perhaps"])
            options = [("yes", "button.yes"), ("no", "button.no")]
            step.offer("share.same", options, email=known.email, name=known.name)


def take(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step."""
    task = step.memory.task
    assert task is not None
    if task.step == "same":
        _take_same(step, option)
    else:
        _take_described(step, task.step, text, option)


def member(step: Step) -> Member:
    """Who it is."""
    assert step.memory.task is not None
    return _by_id(step, step.memory.task.data["member"])


def _take_described(step: Step, wanted: str, text: str, option: str | None) -> None:
    """Whatever is said of somebody is taken; what was known stays where nothing is said."""
    task = step.memory.task
    assert task is not None
    if not option and wanted != "email":
        text = one_of(step, text)
        if not text:
            ask(step)
            return
    said = Described(option) if option else describe(text)
    alone = wanted == "role" or not said.name
    if said.role == _OFFICE or (alone and said.role == _EMPLOYER):
        task.data["role"] = said.role
        if wanted == "name" and said.name:
            task.data["name"] = text.strip()[:_LONGEST_NAME]
        _go_on(step)
        return
    hint = _hint(step, wanted, text, said)
    if hint:
        step.add_line(hint)
        if step.open is not None:
            step.add_line("share.before-the-question")
        ask(step)
        return
    if wanted == "role":
        task.data["role"] = said.role or _OTHER
    if wanted == "name":
        task.data["name"] = _name(text, said)
    task.data["name"] = task.data["name"] or said.name[:_LONGEST_NAME]
    task.data["email"] = said.email or task.data["email"]
    _go_on(step)


def _hint(step: Step, wanted: str, text: str, said: Described) -> str:
    """What to say to something that is no such answer: a number is nobody's name."""
    if wanted == "email":
        return "" if said.email else "share.not-an-email"
    if said.email or said.role or not is_bare_answer(step, text):
        return ""
    return "share.not-a-name" if wanted == "name" else "share.choose"


def _name(text: str, said: Described) -> str:
    """The name in an answer; a mail address alone is none, a word for a role alone may be one."""
    return said.name[:_LONGEST_NAME] or EMAIL.sub("", text).strip(" ,<>")[:_LONGEST_NAME]


def _go_on(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    if _is_an_office(task.data["role"], task.data["name"], task.data["email"]):
        task.data["role"] = _OFFICE
    if task.data["role"] == _EMPLOYER:
        task.step = REFUSED
    else:
        missing = [key for key in ("role", "name", "email") if not task.data[key]]
        if missing:
            task.step = missing[0]
            ask(step)
        else:
            _find_known(step)


def _is_an_office(role: str | None, name: str, email: str) -> bool:
    """Whether name or address is plainly that of an office; those who treat may work there."""
    domain = "" if role in TREATING else email.rpartition("@")[2]
    return any(role_of(word) == _OFFICE for word in re.findall(r"\w+", f"{name} {domain}"))


def role_for(role: str, name: str, email: str) -> str:
    """The role that somebody gets: an office by its name or address, whatever was chosen."""
    return _OFFICE if role != "insurer" and _is_an_office(role, name, email) else role


def _find_known(step: Step) -> None:
    """Somebody with this address may be the same person: where name or role differ, ask."""
    task = step.memory.task
    assert task is not None
    role, name, email = task.data["role"], task.data["name"], task.data["email"].casefold()
    whose = _without_address(step, role, name)
    if whose is not None:
        _give_email(step, whose)
        return
    known = [m for m in step.care.members if (m.email or "").casefold() == email]
    same = [m for m in known if is_called(m, name) and role in (m.role, _OTHER)]
    if same:
        _settle(step, same[0])
    elif known:
        task.step = "same"
        task.data["perhaps"] = known[0].id
        ask(step)
    else:
        _add(step)


def _without_address(step: Step, role: str | None, name: str) -> Member | None:
    """Whose address this is: of somebody whom it was asked for, or whose own does not work."""
    assert step.memory.task is not None
    asked = step.memory.task.data.get("known")
    waiting = [m for m in step.care.members if m.bounced or not m.email]
    found = [
        m
        for m in waiting
        if m.id == asked or (asked is None and is_called(m, name) and role in (m.role, _OTHER))
    ]
    return found[0] if len(found) == 1 else None


def _give_email(step: Step, whose: Member) -> None:
    """What they may see stays; mail goes there from now on."""
    task = step.memory.task
    assert task is not None
    known = replace(whose, email=task.data["email"], bounced=False)
    step.do(GiveEmail(known.id, task.data["email"]))
    if not any(each.bounced for each in step.care.members if each.id != known.id):
        step.do(SetCase(Kind.MAIL_BOUNCED, State.PASSED))
    step.do(Audit("member-address", f"member:{known.id}"))
    task.data["new"] = [known.id, known.role, known.name, known.email]
    _settle(step, known)


def _take_same(step: Step, option: str | None) -> None:
    assert step.memory.task is not None
    if option == "yes":
        _settle(step, _by_id(step, step.memory.task.data["perhaps"]))
    elif option == "no":
        _add(step)
    else:
        ask(step)


def _add(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    new = Member(step.new_id(), task.data["role"], task.data["name"], task.data["email"])
    step.do(AddMember(new))
    step.do(Audit("member-added", f"member:{new.id}"))
    task.data["new"] = [new.id, new.role, new.name, new.email]
    _settle(step, new)


def _settle(step: Step, who: Member) -> None:
    task = step.memory.task
    assert task is not None
    task.step = NAMED
    task.data["member"] = who.id


def _by_id(step: Step, member_id: int) -> Member:
    assert step.memory.task is not None
    new = step.memory.task.data.get("new")
    if new is not None and new[0] == member_id:
        return Member(*new)
    return next(m for m in step.care.members if m.id == member_id)
