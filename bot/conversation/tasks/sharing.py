"""Showing the trajectory to a person of the patient's choice: who, until when, preview, code.

A grant is to a named person. Nothing is given before the patient has seen in one message
what that person will see.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.conversation import asking, consents, granting, own_code, terms
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import Audit, GiveGrant, Mail, Record
from bot.conversation.own_code import Tried
from bot.conversation.people import resolve
from bot.conversation.step import Step
from bot.conversation.tasks import allowing, naming, picking, work_page
from trajectory import views
from trajectory.care_team import Member
from trajectory.grants import ONCE, WORK_PAGE, Grant
from trajectory.professionals import Professional
from trajectory.views import Page

NAME = "sharing"
_FREE = ("who", "role", "name", "email", "code")
"""Steps that are answered in own words, where a plain no ends it."""
_QUESTIONS = {
    Page.WHOLE: consents.SHARE,
    Page.FAMILY: consents.SHARE_RELATIVE,
    Page.WORK: consents.SHARE_WORK,
}
"""The text that a yes is to, by what is shown."""


def share(step: Step, whom: str, until: str = "") -> None:
    """Begin to share with whomever these words mean; ask where none or several fit."""
    if not step.world.clinic.mails:
        step.add_line("share.no-mail")
        asking.repeat(step)
        return
    whom = naming.one_of(step, whom)
    found = resolve(whom, step.care.members) if whom else list(step.care.members)
    listed = picking.fitting(step, whom) if whom and not found else []
    step.begin(NAME, "who", then="share", until=terms.understood(step, until))
    if len(found) == 1 and whom:
        _preview(step, found[0])
    elif len(listed) == 1:
        _preview(step, picking.take_in(step, listed[0]))
    elif found or listed:
        _which(step, found, listed)
    else:
        _new_person(step, whom)


def add(step: Step, whom: str) -> None:
    """Begin to name somebody, with as much as the patient has said already."""
    step.begin(NAME, "role", then="stop")
    _new_person(step, naming.one_of(step, whom))


def ask_again_for_alerts(step: Step, who: Member) -> None:
    """Put this question again, in case its yes was meant as a no."""
    step.begin(NAME, allowing.ALERT, then="share", member=who.id, again=True)
    ask(step)


def is_about(step: Step, who: Member) -> bool:
    """Whether it is being shared with this person, or something is asked that goes with it."""
    task = step.memory.task
    return task is not None and task.name == NAME and task.data.get("member") == who.id


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    task = step.memory.task
    assert task is not None
    if task.step in naming.STEPS:
        naming.ask(step)
        return
    if task.step in work_page.STEPS:
        work_page.ask(step)
        return
    again = {
        "who": lambda: _which(step, list(step.care.members), _offered(step)),
        "preview": lambda: _preview(step, naming.member(step)),
        "code": lambda: step.offer("code.ask"),
        **dict.fromkeys(allowing.STEPS, lambda: allowing.ask(step)),
    }
    again[task.step]()


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step, or say what would be one."""
    task = step.memory.task
    assert task is not None
    answer = option or chosen(step, text)
    if answer is None and task.step in _FREE and is_no(step, text):
        asking.leave(step, "share.not-shared" if task.data["then"] == "share" else "task.left")
    elif task.step in naming.STEPS:
        naming.take(step, text, answer)
        _go_on_once_named(step)
    elif task.step in work_page.STEPS:
        _take_work_page(step, text, option)
    elif task.step in allowing.STEPS:
        allowing.take(step, text, answer)
    else:
        take = {
            "who": _take_who,
            "preview": _take_preview,
            "code": _take_code,
        }[task.step]
        take(step, text, answer)


def _take_work_page(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    if work_page.refuses(step, text, option):
        asking.leave(step, "share.not-shared" if task.data.get("name") else "share.work.not-made")
        return
    work_page.take(step, text, option)
    if task.step != work_page.AGREED:
        return
    if task.data["name"]:
        last = step.now + timedelta(days=work_page.DAYS_READABLE)
        task.data["until"] = last.isoformat()
        _take_leave(step)
    else:
        work_page.hand_over(step)
        step.memory.task = None
        asking.repeat(step)


def _which(step: Step, people: list[Member], listed: Sequence[Professional] = ()) -> None:
    """Ask which of these it is; `listed` are of the clinic's directory."""
    assert step.memory.task is not None
    step.memory.task.step = "who"
    step.memory.task.data["listed"] = [each.id for each in listed]
    options = [(str(member.id), member.name) for member in people[: 8 - len(listed)]]
    options += picking.options(step, listed)
    options.append(("new", step.words.say("share.somebody-else")))
    options.append(("no", step.words.say("share.until.no")))
    step.offer_words(step.words.say("share.who"), options)


def _offered(step: Step) -> list[Professional]:
    """Who of the directory was offered last."""
    assert step.memory.task is not None
    ids = step.memory.task.data.get("listed", ())
    return [each for each in step.directory if each.id in ids]


def _take_who(step: Step, text: str, option: str | None) -> None:
    words = "" if option else naming.one_of(step, text)
    found = [m for m in step.care.members if str(m.id) == option]
    found = found or (resolve(words, step.care.members) if words else [])
    picked = picking.chosen(step, option)
    listed = picking.fitting(step, words) if words and not found else []
    if len(found) == 1:
        _preview(step, found[0])
    elif picked or len(listed) == 1:
        _preview(step, picking.take_in(step, picked or listed[0]))
    elif listed:
        _which(step, [], listed)
    elif option == "no":
        asking.leave(step, "share.not-shared")
    elif not option and not words:
        ask(step)
    else:
        _new_person(step, words)


def _new_person(step: Step, words: str) -> None:
    naming.begin(step, words)
    _go_on_once_named(step)


def _go_on_once_named(step: Step) -> None:
    task = step.memory.task
    if task is None or task.step != naming.NAMED:
        if task is not None and task.step == naming.REFUSED:
            _refuse(step)
        return
    who = naming.member(step)
    if task.data["then"] == "share":
        _preview(step, who)
    else:
        asking.leave(step, "share.added", name=who.name)


def _refuse(step: Step) -> None:
    """An employer gets nothing from us; the patient may take a page about work along."""
    if work_page.can_be_taken_along(step):
        work_page.offer(step)
    else:
        asking.leave(step, "share.employer")


def _preview(step: Step, who: Member) -> None:
    """In one message what this person will see, and for how long."""
    task = step.memory.task
    assert task is not None
    if who.professional_id is None and (not who.email or who.bounced):
        naming.find_address(step, who)
        _go_on_once_named(step)
        return
    task.data["member"] = who.id
    if views.of_role(who.role).page is Page.NOTHING:
        _refuse(step)
        return
    if views.of_role(who.role).page is Page.WORK:
        step.lead.extend(filter(None, [_already(step, who)]))
        work_page.begin(step, who.name)
        return
    task.step = "preview"
    preview, until = _seen(step, who), task.data.get("until")
    if until is None:
        asked = step.words.say("share.how-long")
    else:
        asked = step.words.say("share.shall-i", lasts=terms.told(step, until))
    known = _already(step, who) or picking.introduction(step, who)
    step.offer_words(" ".join(filter(None, (known, preview, asked))), _options(step, who))


def _seen(step: Step, who: Member) -> str:
    if views.of_role(who.role).page is Page.WHOLE:
        return step.words.say("share.preview", name=who.name, about=step.about)
    return step.words.say("share.preview-relative", name=who.name)


def _already(step: Step, who: Member) -> str:
    """That this person can see it already and until when, since a new link ends the old one."""
    grants = _grants_of(step, who)
    if not grants:
        return ""
    until = grants[0].until
    lasts = terms.told(step, "stop" if until is None else until.isoformat())
    key = "share.already" if who.professional_id is None else "share.already-listed"
    return step.words.say(key, name=who.name, lasts=lasts)


def _options(step: Step, who: Member) -> list[tuple[str, str]]:
    """For how long, or yes where that has been said; and to leave it."""
    assert step.memory.task is not None
    if step.memory.task.data.get("until") is None:
        choices = terms.options(step)
    else:
        choices = [("yes", step.words.say("button.yes"))]
    leave = "share.until.keep" if _grants_of(step, who) else "share.until.no"
    return [*choices, ("no", step.words.say(leave))]


def _take_preview(step: Step, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    said = None if option else terms.understood(step, text)
    if option == "no":
        kept = _grants_of(step, naming.member(step))
        _note_turn(step, "no")
        asking.leave(step, "ending.kept" if kept else "share.not-shared")
    elif terms.is_choice(option) or said is not None:
        task.data["until"] = option or said
        _take_leave(step)
    elif option == "yes":
        _take_leave(step)
    else:
        step.offer_words(step.words.say("share.choose"), _options(step, naming.member(step)))


def _note_turn(step: Step, said: str) -> None:
    """`anew`: it was shared already, so that its "no" leaves that as it is."""
    consents.note_turn(step, consents.SHARE, said, naming.member(step).id)


def _take_leave(step: Step) -> None:
    """The patient has said yes: somebody new needs the patient's own code as well."""
    who = naming.member(step)
    _note_turn(step, "anew" if _grants_of(step, who) else "yes")
    if not step.person.code or _grants_of(step, who):
        _give(step)
    elif own_code.is_locked(step):
        asking.leave(step, "code.locked")
    else:
        assert step.memory.task is not None
        step.memory.task.step = "code"
        ask(step)


def _take_code(step: Step, text: str, option: str | None) -> None:
    match own_code.try_code(step, text):
        case Tried.RIGHT:
            _give(step)
        case Tried.LOCKED:
            asking.leave(step, "code.locked")
        case Tried.WRONG | Tried.WORDS as tried:
            step.add_line(f"code.{tried.value}")
            ask(step)


def _give(step: Step) -> None:
    task, who = step.memory.task, naming.member(step)
    assert task is not None
    for grant in _grants_of(step, who):
        granting.end(step, grant)
    token, word = step.world.chance.token(), step.world.chance.word(step.person.language)
    scope = views.of_role(who.role)
    frozen = work_page.page(step) if scope.page is Page.WORK else None
    purposes: tuple[str, ...] = (WORK_PAGE,) if frozen else ("summary",)
    if task.data["until"] == ONCE:
        purposes = (*purposes, ONCE)
    until = terms.end(step, task.data["until"])
    step.do(GiveGrant(who.id, purposes, until, token, word, frozen))
    detail = {"member": who.id, "purposes": list(purposes)}
    step.do(
        Record(
            step.new_id(), "grant", detail=detail | {"until": until.isoformat() if until else None}
        )
    )
    step.do(Audit("shared", f"member:{who.id}"))
    consents.answer(step, _QUESTIONS[scope.page], consents.GIVEN, member_id=who.id)
    lasts = terms.told(step, task.data["until"])
    if who.professional_id is None:
        step.do(_invitation(step, who, token, "work" if frozen else "invitation"))
        step.add_line("share.sent", name=who.name, word=word, until=lasts)
    else:
        step.do(picking.invitation(step, who))
        step.add_line("share.sent-listed", name=who.name, until=lasts)
    if scope.may_be_told and ONCE not in purposes:
        allowing.begin(step, who)
    else:
        step.memory.task = None
        asking.repeat(step)


def _invitation(step: Step, who: Member, token: str, kind: str) -> Mail:
    clinic = step.world.clinic
    link = f"{clinic.public_url}/s/{token}"
    subject = step.words.say(f"mail.{kind}.subject")
    text = step.words.say(f"mail.{kind}.text", name=who.name, clinic=clinic.name, link=link)
    return Mail(who.id, who.email or "", subject, text)


def _grants_of(step: Step, who: Member) -> list[Grant]:
    return [grant for grant in step.care.grants if grant.member.id == who.id]
