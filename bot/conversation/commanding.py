"""What each command does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.commands import Command
from bot.conversation import asking, looked, pathways, safety
from bot.conversation.dates import day_name
from bot.conversation.effects import Audit, DropDue, DropUnsent, SavePatient, SetDue
from bot.conversation.giving_way import drop, is_settled
from bot.conversation.lists import joined
from bot.conversation.memory import OpenSession
from bot.conversation.pending import ask_again
from bot.conversation.progress import progress_lines
from bot.conversation.step import Step
from bot.conversation.tasks import ending, enrolment, follow_up, sharing
from bot.conversation.tasks.keeping import keep
from bot.schedule import awake
from trajectory.grants import Grant

LATER = timedelta(hours=3)
"""How long "later" puts a question off."""
WHILE_ENROLLING = frozenset({"stop", "help"})
_WHEN_STOPPED = frozenset({"start", "stop", "help", "who", "stop-sharing"})


def works_when_stopped(command: Command | None) -> bool:
    """After STOP only these are answered; everything else waits for START."""
    return command is not None and command.name in _WHEN_STOPPED


def do(step: Step, command: Command) -> None:
    """Carry out a command; the question that waits comes again after it."""
    _COMMANDS[command.name](step, command.slots)
    looked.ask_later_again(step)


def _help(step: Step, slots: Mapping[str, str]) -> None:
    step.add_line("help", emergency=step.world.clinic.emergency_number)
    ask_again(step)


def _stop(step: Step, slots: Mapping[str, str]) -> None:
    step.person.status = "stopped"
    step.drop_task()
    step.memory.waiting.clear()
    step.do(SavePatient())
    step.do(DropDue())
    step.do(DropUnsent())
    step.do(Audit("stopped"))
    if step.care.grants:
        step.add_line("stop.shared", who=_names_and_ends(step, step.care.grants))
    else:
        step.add_line("stop.done")


def _names_and_ends(step: Step, grants: tuple[Grant, ...]) -> str:
    return joined([_name_and_end(step, grant) for grant in grants], step.words.say("and"))


def _name_and_end(step: Step, grant: Grant) -> str:
    if grant.until is None:
        return step.words.say("grant.open-ended", name=grant.member.name)
    day = day_name(grant.until, step.person.zone, step.person.language)
    return step.words.say("grant.until", name=grant.member.name, day=day)


def _start(step: Step, slots: Mapping[str, str]) -> None:
    if step.person.started_at is None and step.person.status in ("stopped", "ended"):
        enrolment.begin_again(step)
        return
    if step.person.status == "stopped":
        step.person.status = "active"
        step.do(SavePatient())
        step.do(Audit("started-again"))
        pathways.set_all(step, step.now)
        step.add_line("start.again")
        if step.memory.held:
            safety.set_follow_up(step)
            step.lead.clear()
            looked.insist(step)
        else:
            asking.take_up(step)
        return
    step.add_line("start.already")
    asking.repeat(step)


def _later(step: Step, slots: Mapping[str, str]) -> None:
    if step.memory.task is not None:
        leave_task(step)
    elif safety.is_held(step):
        looked.insist(step)
    elif step.open is None:
        step.add_line("nothing.open")
    else:
        _put_off(step, step.open)


def leave_task(step: Step) -> None:
    """The patient puts away what is asked; whether a doctor has looked stays in an emergency."""
    task = step.memory.task
    if task is not None and task.name == follow_up.NAME:
        follow_up.leave(step)
    elif task is not None and is_settled(task):
        step.drop_task()
        step.add_line("share.alert-no")
        asking.repeat(step)
    else:
        drop(step, "task.left")
        asking.repeat(step)


def _put_off(step: Step, open: OpenSession) -> None:
    """Promise the question again; one that runs out before comes anew, or has to be answered."""
    at, expires = awake(step.now + LATER, step.person.zone), asking.expires(step, open)
    again = at if at < expires else asking.comes_again(step, open)
    if again is None:
        step.add_line("later.closes", clock=_clock(step, expires))
        return
    if again < expires:
        step.do(SetDue("remind", "remind", again, open.id))
    step.add_line(f"later.{_day(step, again)}", clock=_clock(step, again))


def _clock(step: Step, moment: datetime) -> str:
    return f"{moment.astimezone(step.person.zone):%H:%M}"


def _day(step: Step, moment: datetime) -> str:
    zone = step.person.zone
    same = moment.astimezone(zone).date() == step.now.astimezone(zone).date()
    return "today" if same else "tomorrow"


def _progress(step: Step, slots: Mapping[str, str]) -> None:
    step.lead.extend(progress_lines(step))
    ask_again(step)


def _who(step: Step, slots: Mapping[str, str]) -> None:
    if not step.care.grants:
        step.add_line("who.nobody")
    else:
        step.add_line("who.intro")
        for grant in step.care.grants:
            step.lead.append(f"- {_name_and_end(step, grant)}{_looked(step, grant)}")
        step.add_line("who.outro")
    ask_again(step)


def _looked(step: Step, grant: Grant) -> str:
    if grant.last_seen_at is None:
        return step.words.say("who.not-yet")
    day = day_name(grant.last_seen_at, step.person.zone, step.person.language)
    return step.words.say("who.looked", day=day)


def _send(step: Step, slots: Mapping[str, str]) -> None:
    sharing.share(step, slots.get("whom", ""))


def _add(step: Step, slots: Mapping[str, str]) -> None:
    sharing.add(step, slots.get("whom", ""))


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
    "progress": _progress,
    "who": _who,
    "send": _send,
    "add-professional": _add,
    "stop-sharing": _stop_sharing,
    "question": _question,
    "note": _note,
}
