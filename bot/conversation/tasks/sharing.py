"""Showing the trajectory to a person of the patient's choice: who, until when, preview, code.

A grant is to a named person. Nothing is given before the patient has seen in one message
what that person will see.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import asking
from bot.conversation.choices import chosen, is_no
from bot.conversation.dates import day_name, months_later
from bot.conversation.effects import (
    AddMember,
    Audit,
    ChangePurposes,
    EndGrant,
    GiveGrant,
    Mail,
    Record,
)
from bot.conversation.people import EMAIL, describe, resolve
from bot.conversation.step import Step
from trajectory.care_team import Member
from trajectory.grants import Grant

NAME = "sharing"
MONTHS = 3
ONCE_LASTS = timedelta(days=14)
"""How long a link that opens once waits to be opened."""
CODE_TRIES = 3
_ROLES = ("physiotherapist", "gp", "chiropractor", "relative", "other")
_TREATING = frozenset({"physiotherapist", "gp", "chiropractor", "rheumatologist", "nurse"})
"""They see the whole summary; others see goal, plan and how it goes, nothing else."""
CODE_LOCK = timedelta(hours=24)
"""How long nobody new can be shown anything after too many wrong codes."""
_FREE = ("who", "role", "name", "email", "code")
"""Steps that are answered in own words, where a plain no ends it."""
_REFUSED = "employer"
_NOT_YET = ("job-centre", "insurer")
"""They read a frozen work page only; the whole summary is not for them."""


def share(step: Step, whom: str) -> None:
    """Begin to share with whomever these words mean; ask where none or several fit."""
    if not step.world.clinic.mails:
        step.add_line("share.no-mail")
        asking.repeat(step)
        return
    found = resolve(whom, step.care.members) if whom else list(step.care.members)
    step.begin(NAME, "who", then="share")
    if len(found) == 1 and whom:
        _preview(step, found[0])
    elif found:
        _which(step, found)
    else:
        _new_person(step, whom)


def add(step: Step, whom: str) -> None:
    """Begin to name somebody, with as much as the patient has said already."""
    step.begin(NAME, "role", then="stop")
    _new_person(step, whom)


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    task = step.memory.task
    assert task is not None
    again = {
        "who": lambda: _which(step, list(step.care.members)),
        "role": lambda: _ask_role(step),
        "name": lambda: step.offer("share.name"),
        "email": lambda: step.offer("share.email", name=task.data["name"]),
        "preview": lambda: _preview(step, _member(step)),
        "code": lambda: step.offer("share.code"),
        "alert": lambda: _ask_alert(step, _member(step)),
    }
    again[task.step]()


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step, or say what would be one."""
    task = step.memory.task
    assert task is not None
    take = {
        "who": _take_who,
        "role": _take_role,
        "name": _take_name,
        "email": _take_email,
        "preview": _take_preview,
        "code": _take_code,
        "alert": _take_alert,
    }[task.step]
    answer = option or chosen(step, text)
    if answer is None and task.step in _FREE and is_no(step, text):
        _leave(step, "share.not-shared" if task.data["then"] == "share" else "task.left")
    else:
        take(step, text, answer)


def _leave(step: Step, key: str, **params: object) -> None:
    step.memory.task = None
    step.add_line(key, **params)
    asking.repeat(step)


def _which(step: Step, people: list[Member]) -> None:
    assert step.memory.task is not None
    step.memory.task.step = "who"
    options = [(str(member.id), member.name) for member in people[:8]]
    options.append(("new", step.words.say("share.somebody-else")))
    options.append(("no", step.words.say("share.until.no")))
    step.offer_words(step.words.say("share.who"), options)


def _take_who(step: Step, text: str, option: str | None) -> None:
    found = [m for m in step.care.members if str(m.id) == option]
    found = found or ([] if option else resolve(text, step.care.members))
    if len(found) == 1:
        _preview(step, found[0])
    elif option == "new":
        _new_person(step, "")
    elif option == "no":
        _leave(step, "share.not-shared")
    else:
        _new_person(step, text)


def _new_person(step: Step, words: str) -> None:
    task = step.memory.task
    assert task is not None
    said = describe(words)
    task.data.update(role=said.role, name=said.name, email=said.email)
    known = said.role is not None and said.role not in (_REFUSED, *_NOT_YET)
    if known and not said.name and task.data["then"] == "share":
        step.add_line("share.unknown", who=words)
    _ask_what_is_missing(step)


def _ask_what_is_missing(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    if task.data["role"] == _REFUSED:
        _leave(step, "share.employer")
    elif task.data["role"] in _NOT_YET:
        _leave(step, "share.work-page-only")
    else:
        missing = [key for key in ("role", "name", "email") if not task.data[key]]
        if not missing:
            _name_person(step)
            return
        task.step = missing[0]
        ask(step)


def _ask_role(step: Step) -> None:
    step.offer("share.role", [(role, f"role.{role}") for role in _ROLES])


def _take_role(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    said = describe(text)
    task.data["role"] = option or said.role or "other"
    if option is None:
        task.data["name"] = said.name
        task.data["email"] = said.email
    _ask_what_is_missing(step)


def _take_name(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    found = EMAIL.search(text)
    task.data["email"] = found.group() if found else task.data["email"]
    task.data["name"] = describe(text).name[:60] or text.strip()[:60]
    _ask_what_is_missing(step)


def _take_email(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    found = EMAIL.search(text)
    if found is None:
        step.add_line("share.not-an-email")
        ask(step)
        return
    task.data["email"] = found.group()
    _ask_what_is_missing(step)


def _name_person(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    role, name, email = task.data["role"], task.data["name"], task.data["email"]
    member = _known_by_email(step, email)
    if member is None:
        member = Member(step.new_id(), role, name, email)
        step.do(AddMember(member))
        step.do(Audit("member-added", f"member:{member.id}"))
        task.data["new"] = [member.id, role, name, email]
    if task.data["then"] == "share":
        _preview(step, member)
    else:
        _leave(step, "share.added", name=member.name)


def _known_by_email(step: Step, email: str) -> Member | None:
    """Who has this mail address already: nobody is named twice."""
    said = email.casefold()
    return next((m for m in step.care.members if (m.email or "").casefold() == said), None)


def _member(step: Step) -> Member:
    task = step.memory.task
    assert task is not None
    wanted = task.data["member"]
    found = next((m for m in step.care.members if m.id == wanted), None)
    return found or Member(*task.data["new"])


def _preview(step: Step, member: Member) -> None:
    task = step.memory.task
    assert task is not None
    if not member.email:
        task.data.update(role=member.role, name=member.name, email="")
        _ask_what_is_missing(step)
        return
    task.step = "preview"
    task.data["member"] = member.id
    preview = "share.preview" if member.role in _TREATING else "share.preview-relative"
    step.offer_words(step.words.say(preview, name=member.name), _durations(step))


def _durations(step: Step) -> list[tuple[str, str]]:
    months = step.words.say("share.until.months", day=_until_day(step))
    keys = ("once", "stop", "no")
    return [("months", months), *((key, step.words.say(f"share.until.{key}")) for key in keys)]


def _until_day(step: Step) -> str:
    until = months_later(step.now, MONTHS, step.person.zone)
    return day_name(until, step.person.zone, step.person.language)


def _take_preview(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    if option == "no":
        _leave(step, "share.not-shared")
    elif option not in ("months", "once", "stop"):
        step.offer_words(step.words.say("share.choose"), _durations(step))
    else:
        task.data["until"] = option
        if step.person.code and _is_new(step):
            _ask_code(step)
        else:
            _give(step)


def _is_new(step: Step) -> bool:
    member = _member(step)
    return all(grant.member.id != member.id for grant in step.care.grants)


def _ask_code(step: Step) -> None:
    assert step.memory.task is not None
    locked = step.memory.code_locked_until
    if locked and step.now < datetime.fromisoformat(locked):
        _leave(step, "share.code-locked")
        return
    step.memory.task.step = "code"
    ask(step)


def _take_code(step: Step, text: str, option: str | None) -> None:
    memory = step.memory
    typed = "".join(text.split())
    step.secret = typed.isdecimal()
    if typed == step.person.code:
        memory.wrong_codes = 0
        _give(step)
        return
    memory.wrong_codes += 1
    step.do(Audit("wrong-code"))
    if memory.wrong_codes >= CODE_TRIES:
        memory.wrong_codes = 0
        memory.code_locked_until = (step.now + CODE_LOCK).isoformat()
        _leave(step, "share.code-locked")
    else:
        step.add_line("share.wrong-code")
        ask(step)


def _give(step: Step) -> None:
    member = _member(step)
    for grant in _grants_of(step, member):
        step.do(EndGrant(grant.id))
    token, word = step.world.chance.token(), step.world.chance.word(step.person.language)
    purposes, until = _terms(step)
    step.do(GiveGrant(member.id, purposes, until, token, word))
    detail = {"member": member.id, "purposes": list(purposes)}
    step.do(Record(step.new_id(), "grant", detail=detail | {"until": _iso(until)}))
    step.do(Audit("shared", f"member:{member.id}"))
    step.do(_invitation(step, member, token))
    step.add_line("share.sent", name=member.name, word=word, until=_until_words(step, until))
    if member.role in _TREATING and "once" not in purposes:
        _ask_alert(step, member)
    else:
        step.memory.task = None
        asking.repeat(step)


def _terms(step: Step) -> tuple[tuple[str, ...], datetime | None]:
    """What the grant is for and when it ends."""
    assert step.memory.task is not None
    match step.memory.task.data["until"]:
        case "once":
            return ("summary", "once"), step.now + ONCE_LASTS
        case "stop":
            return ("summary",), None
        case _:
            return ("summary",), months_later(step.now, MONTHS, step.person.zone)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _until_words(step: Step, until: datetime | None) -> str:
    if until is None:
        return step.words.say("share.lasts.stop")
    day = day_name(until, step.person.zone, step.person.language)
    assert step.memory.task is not None
    once = step.memory.task.data["until"] == "once"
    return step.words.say("share.lasts.once" if once else "share.lasts.day", day=day)


def _invitation(step: Step, member: Member, token: str) -> Mail:
    clinic = step.world.clinic
    link = f"{clinic.public_url}/s/{token}"
    subject = step.words.say("mail.invitation.subject")
    text = step.words.say("mail.invitation.text", name=member.name, clinic=clinic.name, link=link)
    return Mail(member.id, member.email or "", subject, text)


def _grants_of(step: Step, member: Member) -> list[Grant]:
    return [grant for grant in step.care.grants if grant.member.id == member.id]


def _ask_alert(step: Step, member: Member) -> None:
    assert step.memory.task is not None
    step.memory.task.step = "alert"
    step.offer("share.alert", [("yes", "button.yes"), ("no", "button.no")], name=member.name)


def _take_alert(step: Step, text: str, option: str | None) -> None:
    member = _member(step)
    if option is None:
        step.add_line("share.choose")
        ask(step)
        return
    if option == "yes":
        for grant in _grants_of(step, member):
            step.do(ChangePurposes(grant.id, tuple(sorted({*grant.purposes, "alert"}))))
        step.do(Audit("alerts-allowed", f"member:{member.id}"))
    _leave(step, f"share.alert-{option}", name=member.name)
