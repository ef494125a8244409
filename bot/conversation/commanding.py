"""What each command does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands import TOO_MUCH, Command
from bot.conversation import (
    agreed,
    asides,
    asking,
    clinic_list,
    consents,
    contacts,
    course,
    desk_talk,
    known,
    looked,
    muting,
    own_lists,
    pathways,
    pausing,
    progress,
    receipts,
    safety,
    showing,
    silencing,
    timers,
    visit_questions,
    visits,
    with_desk,
)
from bot.conversation.dates import day_name
from bot.conversation.effects import Audit, Record, SavePatient, SetDue
from bot.conversation.giving_way import drop, is_settled, put_away
from bot.conversation.lists import joined
from bot.conversation.memory import OpenSession
from bot.conversation.needs import CHANNELS
from bot.conversation.pending import ask_again
from bot.conversation.people import resolve
from bot.conversation.plan import in_one_line, plan_lines
from bot.conversation.step import Step
from bot.conversation.tasks import (
    agreeing,
    consenting,
    deleting,
    ending,
    enrolment,
    exporting,
    follow_up,
    moving,
    retiming,
    rezoning,
    sharing,
    speaking,
    talking,
    teaming,
    visiting,
    withdrawing,
)
from bot.conversation.tasks.keeping import keep
from bot.schedule import at_local, awake
from bot.times import day_of, read_put_off
from templates.command_words import load_command_words
from trajectory.grants import WORK_PAGE, Grant, Look

PLACES = frozenset({"zone", "home"})
"""What is said of where the patient is."""
LATER = timedelta(hours=3)
"""How long "later" puts a question off."""
_WHEN_STOPPED = frozenset(
    {"start", "stop", "help", "who", "who-looked", "stop-sharing", "person", "export", "delete"}
    | {"code", "consents"}
    | {f"withdraw{each}" for each in ("", *(f"-{purpose}" for purpose in consents.PURPOSES))}
    | {"rename-member", "remove-member"}
    | {"code"}
)
_PUT_AWAY = frozenset({"later", "leave", "stop"})
"""These put away the question whether a doctor has looked; the rest only goes before it."""
_LEAVABLE = frozenset(
    task.NAME
    for task in (
        agreeing,
        consenting,
        deleting,
        ending,
        exporting,
        moving,
        retiming,
        rezoning,
        sharing,
        speaking,
        talking,
        teaming,
        visiting,
        withdrawing,
    )
)


def works_when_stopped(command: Command | None) -> bool:
    """After STOP only these are answered; everything else waits for START."""
    return command is not None and command.name in _WHEN_STOPPED


def waits_for_start(step: Step, command: Command) -> bool:
    """After STOP: keep a note without a word, and say once a day why nothing else is done.

    Whether that was all there is to do; what may be an answer is none of it.
    """
    if step.person.status != "stopped" or command.weak or command.name not in _COMMANDS:
        return False
    if command.name == TOO_MUCH:
        return True
    today = step.now.astimezone(step.person.zone).date().isoformat()
    if command.name in ("note", "question") and consents.is_agreed(step):
        step.do(Record(step.new_id(), command.name, text=command.slots["text"]))
    elif step.memory.told_stopped_on != today:
        step.memory.told_stopped_on = today
        step.add_line("stop.still")
    return True


def do(step: Step, command: Command) -> None:
    """Carry out a command; the question that waits comes again after it."""
    if command.name not in _PUT_AWAY:
        looked.remember_asked(step)
    visit = visit_questions.being_asked(step)
    _COMMANDS[command.name](step, command.slots)
    looked.ask_later_again(step)
    if visit is not None and visit_questions.gave_way(step):
        visits.plan(step, visit)


def _help(step: Step, slots: Mapping[str, str]) -> None:
    if with_desk.is_on(step):
        desk_talk.say_how(step)
        return
    step.add_line("help", emergency=step.world.clinic.emergency_number)
    ask_again(step)


def _stop(step: Step, slots: Mapping[str, str]) -> None:
    """End the messages; that is confirmed once, and not again before START."""
    if step.person.status == "stopped":
        step.drop_task()
        return
    if course.why_ended(step):
        course.say_over(step)
        return
    silencing.fall_silent(step)
    if step.care.grants:
        step.add_line("stop.shared", who=_names_and_ends(step, step.care.grants))
    else:
        step.add_line("stop.done")


def _names_and_ends(step: Step, grants: tuple[Grant, ...]) -> str:
    return joined([_name_and_end(step, grant) for grant in grants], step.words.say("and"))


def _name_and_end(step: Step, grant: Grant) -> str:
    what = step.words.say("grant.work") if WORK_PAGE in grant.purposes else ""
    if grant.until is None:
        return step.words.say("grant.open-ended", name=grant.member.name) + what
    day = day_name(grant.until, step.person.zone, step.person.language)
    return step.words.say("grant.until", name=grant.member.name, day=day) + what


def _start(step: Step, slots: Mapping[str, str]) -> None:
    if course.why_ended(step):
        course.say_over(step)
        return
    if step.person.status in ("stopped", "ended") and not consents.is_agreed(step):
        enrolment.begin_again(step)
        if step.memory.held:
            safety.set_follow_up(step, step.now)
            looked.insist(step)
        return
    if step.person.status == "active" and (step.memory.over == "said" or step.memory.rhythm):
        _start_again(step)
        return
    if step.person.status == "stopped":
        muting.unmute(step)
        if not consents.stands(step, consents.REMIND):
            # Whoever writes START asks to be written to.
            consents.answer(step, consents.ENROLMENT, consents.GIVEN)
        step.person.status = "active"
        step.do(SavePatient())
        step.do(Audit("started-again"))
        pathways.go_on(step)
        visits.set_anew(step)
        if step.memory.held:
            safety.set_follow_up(step, step.now)
            looked.insist(step)
            receipts.tell_what_came_meanwhile(step)
        else:
            step.add_line("start.again")
            receipts.tell_what_came_meanwhile(step)
            asking.take_up(step, stopped=True)
        return
    _start_what_rests(step)


def _start_what_rests(step: Step) -> None:
    """Of somebody who is set up START ends a pause, and brings back what was not wanted."""
    unmuted = muting.unmute(step)
    if unmuted:
        pathways.offer_check_ins(step)
    if step.paused:
        pausing.end(step, "pause.over")
        return
    if unmuted or not step.lead:
        step.add_line("start.everything" if unmuted else "start.already")
    ask_again(step)


def _start_again(step: Step) -> None:
    """After the end a new episode begins; who had ended the check-ins says how often they come."""
    if step.memory.over == "said":
        step.add_line("episode.new", about=step.about)
        pathways.begin_anew(step)
        return
    if "only" in step.memory.rhythm:
        step.memory.rhythm = {}
        pathways.set_anew(step)
        step.memory.choose = "again"
    _start_what_rests(step)


def _code(step: Step, slots: Mapping[str, str]) -> None:
    """Whoever is known needs no code; whose it is and whether it is one, nobody is told."""
    memory = step.memory
    rests = step.paused or memory.muted or memory.over == "said" or memory.rhythm
    if step.person.status in ("stopped", "ended") or (step.person.status == "active" and rests):
        _start(step, slots)
        return
    if not enrolment.waits(memory.task):
        step.add_line("moving.known-here")
    ask_again(step)


def _move(step: Step, slots: Mapping[str, str]) -> None:
    moving.begin(step, moving.MOVE, slots.get("number", ""))


def _add_address(step: Step, slots: Mapping[str, str]) -> None:
    moving.begin(step, moving.ADD, slots.get("number", ""))


def _where(step: Step, slots: Mapping[str, str]) -> None:
    moving.tell_where(step)


def _use(channel: str) -> Callable[[Step, Mapping[str, str]], None]:
    return lambda step, slots: moving.use(step, channel)


def _resume(step: Step, slots: Mapping[str, str]) -> None:
    if step.paused:
        pausing.end(step, "pause.over")
    else:
        step.add_line("pause.none")
        ask_again(step)


def _pause(step: Step, slots: Mapping[str, str]) -> None:
    step.drop_task()
    pausing.begin(step, slots.get("until") or slots.get("unclear", ""))


def _mute_questionnaires(step: Step, slots: Mapping[str, str]) -> None:
    muting.mute(step, muting.QUESTIONNAIRES, "mute.questionnaires")


def _mute_check_ins(step: Step, slots: Mapping[str, str]) -> None:
    muting.mute(step, muting.CHECK_INS, "mute.check-ins")


def _later(step: Step, slots: Mapping[str, str]) -> None:
    if step.memory.task is not None:
        leave_task(step)
    elif safety.is_held(step):
        looked.insist(step)
    elif step.open is None:
        step.add_line("nothing.open")
    else:
        _put_off(step, step.open, _moment(step, slots.get("day", "")))


def _moment(step: Step, day: str) -> datetime:
    """When the patient wants the question again: in some hours, or at an hour of that day."""
    said = read_put_off(day) if day else None
    on = day_of(said, step.now, step.person.zone) if said else None
    if said is None or on is None:
        return step.now + LATER
    return at_local(on, said.clock or step.person.hour, step.person.zone)


def leave_task(step: Step) -> None:
    """The patient puts away what is asked; whether a doctor has looked stays in an emergency."""
    task = step.memory.task
    if task is not None and task.name == follow_up.NAME:
        follow_up.leave(step)
    elif task is not None and task.name == deleting.NAME:
        deleting.leave(step, "task.left")
    elif task is not None and is_settled(task):
        step.drop_task()
        step.add_line("share.alert-no")
        asking.repeat(step)
    else:
        drop(step, "task.left")
        asking.repeat(step)


def can_leave(step: Step) -> bool:
    """Whether "never mind" is about something that the patient has begun."""
    task = step.memory.task
    return task is not None and task.name in _LEAVABLE


def _leave(step: Step, slots: Mapping[str, str]) -> None:
    leave_task(step)


def _put_off(step: Step, open: OpenSession, moment: datetime) -> None:
    """Promise the question again; one that runs out before comes anew, or has to be answered."""
    at, expires = awake(max(moment, step.now), step.person.zone), timers.expires(step, open)
    again = at if at < expires else timers.comes_again(step, open)
    if again is None:
        step.add_line("later.closes", clock=_clock(step, expires))
        return
    if again < expires:
        payload = {"promised": True}
        step.do(SetDue("remind", "remind", again, open.id, payload=payload))
    step.add_line(f"later.{_day(step, again)}", clock=_clock(step, again))


def _clock(step: Step, moment: datetime) -> str:
    return f"{moment.astimezone(step.person.zone):%H:%M}"


def _day(step: Step, moment: datetime) -> str:
    zone = step.person.zone
    same = moment.astimezone(zone).date() == step.now.astimezone(zone).date()
    return "today" if same else "tomorrow"


def _progress(step: Step, slots: Mapping[str, str]) -> None:
    progress.tell(step)
    ask_again(step)


def _who(step: Step, slots: Mapping[str, str]) -> None:
    if not step.care.grants:
        step.add_line("who.nobody")
    else:
        step.add_line("who.intro")
        for grant in step.care.grants:
            step.lead.append(f"- {_name_and_end(step, grant)}{_extras(step, grant)}")
        step.add_line("who.outro")
    ask_again(step)


def _extras(step: Step, grant: Grant) -> str:
    """Whether they have looked, and whether a warning sign is mailed to them."""
    alerts = step.words.say("who.alerts") if "alert" in grant.purposes else ""
    return _looked(step, grant) + alerts


def _looked(step: Step, grant: Grant) -> str:
    if grant.last_seen_at is None:
        return step.words.say("who.not-yet")
    day = day_name(grant.last_seen_at, step.person.zone, step.person.language)
    return step.words.say("who.looked", day=day)


def _who_looked(step: Step, slots: Mapping[str, str]) -> None:
    asked_about = resolve(slots.get("whom", ""), step.care.members)
    names = {member.name for member in asked_about}
    looks = [look for look in step.looks if not names or look.name in names]
    if looks:
        step.add_line("looked.intro")
        step.lead.extend(_look(step, look) for look in looks)
    elif len(names) == 1:
        step.add_line("looked.not-by", name=names.pop())
    else:
        step.add_line("looked.nobody")
    ask_again(step)


def _look(step: Step, look: Look) -> str:
    zone, language = step.person.zone, step.person.language
    day, clock = day_name(look.opened_at, zone, language), _clock(step, look.opened_at)
    if look.research:
        return step.words.say("looked.line-research", day=day, clock=clock)
    if look.listed:
        return step.words.say("looked.line-listed", name=look.name, day=day, clock=clock)
    if not look.opener:
        return step.words.say("looked.line", name=look.name, day=day, clock=clock)
    said = {"who": look.opener, "purpose": look.purpose}
    return step.words.say("looked.line-said", name=look.name, day=day, clock=clock, **said)


def _send(step: Step, slots: Mapping[str, str]) -> None:
    sharing.share(step, slots.get("whom", ""), slots.get("until", ""))


def _show(step: Step, slots: Mapping[str, str]) -> None:
    showing.show(step)
    ask_again(step)


def _rhythm(step: Step, slots: Mapping[str, str]) -> None:
    retiming.begin(step, slots.get("when", ""))


def _leave_what_was_begun(step: Step) -> None:
    """A place is said while something else is half done: that is left, and the patient told so."""
    task = step.memory.task
    if task is not None and task.name in _LEAVABLE and task.name != rezoning.NAME:
        put_away(step, task)


def _zone(step: Step, slots: Mapping[str, str]) -> None:
    _leave_what_was_begun(step)
    rezoning.begin(step, slots.get("place", ""))


def _home(step: Step, slots: Mapping[str, str]) -> None:
    _leave_what_was_begun(step)
    rezoning.begin_home(step)


def _language(step: Step, slots: Mapping[str, str]) -> None:
    speaking.leave(step)
    speaking.switch(step, slots["language"])
    ask_again(step)


def _choose_language(step: Step, slots: Mapping[str, str]) -> None:
    speaking.begin(step)


def _assistant(step: Step, slots: Mapping[str, str]) -> None:
    asides.say_what_it_is(step)


def _too_much(step: Step, slots: Mapping[str, str]) -> None:
    asides.calm(step)


def _other_language(step: Step, slots: Mapping[str, str]) -> None:
    asides.say_languages(step)


def _person(step: Step, slots: Mapping[str, str]) -> None:
    clinic_list.ask_for_person(step)
    ask_again(step)


def _visit(step: Step, slots: Mapping[str, str]) -> None:
    if "text" in slots:
        visiting.begin(step, slots["text"])
    elif "meeting" in slots:
        with_whom = min(load_command_words()[step.person.language].company)
        visiting.begin(step, f"{with_whom} {slots['meeting']}")
    else:
        visiting.move(step, slots.get("moved", ""), slots.get("whom", ""))


def _next_visit(step: Step, slots: Mapping[str, str]) -> None:
    visiting.tell_next(step)


def _cancel_visit(step: Step, slots: Mapping[str, str]) -> None:
    visiting.cancel(step, slots.get("whom", ""))


def _goal(step: Step, slots: Mapping[str, str]) -> None:
    step.do(Record(step.new_id(), "goal", text=slots["text"]))
    known.note_words(step, "goal", slots["text"])
    step.add_line("goal.kept", goal=in_one_line(slots["text"]))
    ask_again(step)


def _plan(step: Step, slots: Mapping[str, str]) -> None:
    step.lead.extend(plan_lines(step))
    ask_again(step)


def _questions(step: Step, slots: Mapping[str, str]) -> None:
    own_lists.tell_questions(step)
    ask_again(step)


def _drop_question(step: Step, slots: Mapping[str, str]) -> None:
    own_lists.drop_question(step, slots.get("nth", ""))
    ask_again(step)


def _notes(step: Step, slots: Mapping[str, str]) -> None:
    own_lists.tell_notes(step)
    ask_again(step)


def _contact(step: Step, slots: Mapping[str, str]) -> None:
    contacts.note_contact(step, slots)
    ask_again(step)


def _referral(step: Step, slots: Mapping[str, str]) -> None:
    contacts.note_referral(step, slots)
    ask_again(step)


def _export(step: Step, slots: Mapping[str, str]) -> None:
    exporting.begin(step)


def _consents(step: Step, slots: Mapping[str, str]) -> None:
    agreed.tell(step)


def settled(step: Step, command: Command | None) -> Command | None:
    """The command; one not to mail somebody is sure of somebody of the care team, else none."""
    whom = None if command is None else command.slots.get("whom")
    if command is None or command.name != "withdraw-alert" or whom is None:
        return command
    return replace(command, weak=False) if resolve(whom, step.care.members) else None


def _withdraw_alert(step: Step, slots: Mapping[str, str]) -> None:
    if "whom" not in slots:
        withdrawing.begin(step, consents.ALERT)
        return
    step.drop_task()
    withdrawing.stop_alerting(step, None, resolve(slots["whom"], step.care.members))
    ask_again(step)


def _withdraw(purpose: str) -> Callable[[Step, Mapping[str, str]], None]:
    return lambda step, slots: withdrawing.begin(step, purpose)


def _research(step: Step, slots: Mapping[str, str]) -> None:
    agreed.offer_research(step)


def _delete(step: Step, slots: Mapping[str, str]) -> None:
    deleting.begin(step)


def _add(step: Step, slots: Mapping[str, str]) -> None:
    parts = (slots.get(name, "") for name in ("role", "somebody", "whom"))
    sharing.add(step, " ".join(filter(None, parts)))


def _rename(step: Step, slots: Mapping[str, str]) -> None:
    teaming.rename(step, slots["whom"], slots["called"])
    ask_again(step)


def _remove(step: Step, slots: Mapping[str, str]) -> None:
    if not teaming.asks_to_remove(step, slots["whom"]):
        ask_again(step)


def _stop_sharing(step: Step, slots: Mapping[str, str]) -> None:
    ending.stop_sharing(step, slots.get("whom", ""))


def _question(step: Step, slots: Mapping[str, str]) -> None:
    keep(step, "question", slots["text"])
    ask_again(step)


def _note(step: Step, slots: Mapping[str, str]) -> None:
    keep(step, "note", slots["text"])
    ask_again(step)


_COMMANDS: Mapping[str, Callable[[Step, Mapping[str, str]], None]] = {
    "help": _help,
    "stop": _stop,
    "start": _start,
    "later": _later,
    "leave": _leave,
    "progress": _progress,
    "who": _who,
    "send": _send,
    "add-professional": _add,
    "rename-member": _rename,
    "remove-member": _remove,
    "stop-sharing": _stop_sharing,
    "question": _question,
    "note": _note,
    "resume": _resume,
    "pause": _pause,
    "mute-questionnaires": _mute_questionnaires,
    "mute-check-ins": _mute_check_ins,
    "who-looked": _who_looked,
    "show": _show,
    "rhythm": _rhythm,
    "zone": _zone,
    "home": _home,
    "language": _language,
    "choose-language": _choose_language,
    "person": _person,
    "assistant": _assistant,
    TOO_MUCH: _too_much,
    "other-language": _other_language,
    "visit": _visit,
    "next-visit": _next_visit,
    "cancel-visit": _cancel_visit,
    "goal": _goal,
    "plan": _plan,
    "questions": _questions,
    "drop-question": _drop_question,
    "notes": _notes,
    "contact": _contact,
    "referral": _referral,
    "export": _export,
    "delete": _delete,
    "consents": _consents,
    "research": _research,
    "withdraw": _withdraw(""),
    **{f"withdraw-{purpose}": _withdraw(purpose) for purpose in consents.PURPOSES},
    "withdraw-alert": _withdraw_alert,
    "code": _code,
    "move": _move,
    "add-address": _add_address,
    "where": _where,
    **{f"use-{channel}": _use(channel) for channel in CHANNELS},
}
