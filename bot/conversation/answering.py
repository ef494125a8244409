"""What the patient sent: an opt-out, a command, a task's answer, or a questionnaire's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.commands import Command, recognise
from bot.conversation import asking, commanding, safety
from bot.conversation.choices import is_bare_answer
from bot.conversation.effects import Effect, Record, Say
from bot.conversation.memory import OpenSession
from bot.conversation.pending import TASKS, ask_again
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment, follow_up, keeping
from bot.inbound import Inbound, InboundKind
from bot.messages import Priority
from flows.model import FlowKind
from flows.replies import Amend, Back, Chose, DoesNotApply, Reply, Said, Skip

_SILENT = ("stopped", "ended")
_TO_ENGINE: Mapping[str, Callable[[str], Reply]] = {
    "back": Back,
    "skip": Skip,
    "does-not-apply": DoesNotApply,
}


def command_in(step: Step, message: Inbound) -> Command | None:
    """The command that was written, if the whole message is one; a button is none."""
    if message.kind is InboundKind.CHOICE:
        return None
    return recognise(message.text, step.person.language)


def answer(
    step: Step,
    message: Inbound,
    command: Command | None,
    amends: tuple[int, int] | None = None,
) -> None:
    """Take one message, with the command that it is (`command_in`).

    `amends` is the session and turn that an edited message answered.
    """
    match message.kind:
        case InboundKind.OTHER:
            step.add_line("cannot.read")
            ask_again(step)
        case InboundKind.EDIT:
            _amend(step, message, command, amends)
        case InboundKind.CHOICE:
            _press(step, message)
        case InboundKind.TEXT:
            _read(step, message.text, command)
    step.flush()


def _read(step: Step, text: str, command: Command | None) -> None:
    if step.person.status in _SILENT and not commanding.works_when_stopped(command):
        command = None
    if command is not None and _command(step, command, text):
        return
    if step.memory.task is not None:
        TASKS[step.memory.task.name].reply(step, text, None)
    elif step.person.status == "ended":
        step.add_line("ended", emergency=step.world.clinic.emergency_number)
    elif step.person.status == "stopped":
        _hear_only_flags(step, Said(text))
    else:
        _hear(step, text)


def _hear_only_flags(step: Step, reply: Reply) -> None:
    """After STOP: an answer to a screen counts, and only its safety message goes out."""
    if step.open is None or step.flow_of(step.open).kind is not FlowKind.SCREEN:
        return
    _resume(step, step.open, reply)
    step.lead.clear()
    step.effects[:] = [effect for effect in step.effects if not _is_chat(effect)]


def _is_chat(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.message.priority is not Priority.SAFETY


def _hear(step: Step, text: str) -> None:
    """Words that no command and no task explains."""
    if safety.is_held(step) or (step.memory.held and step.open is None):
        follow_up.insist(step)
    elif step.open is not None:
        _resume(step, step.open, Said(text))
    elif is_bare_answer(step, text):
        step.add_line("nothing.open")
    else:
        keeping.begin(step, text)


def _command(step: Step, command: Command, text: str) -> bool:
    """Do what the command says; False where it is an answer after all."""
    if command.name in _TO_ENGINE:
        return _move(step, command.name, text)
    if step.person.status == "enrolling" and command.name not in commanding.WHILE_ENROLLING:
        return False
    commanding.do(step, command)
    return True


def _move(step: Step, name: str, text: str) -> bool:
    task = step.memory.task
    if task is not None and task.name == enrolment.NAME:
        if name == "back":
            enrolment.go_back(step)
        return name == "back"
    if task is not None:
        step.memory.task = None
        step.add_line("task.left")
        asking.repeat(step)
    elif safety.is_held(step):
        follow_up.insist(step)
    elif step.open is not None:
        _resume(step, step.open, _TO_ENGINE[name](text))
    else:
        step.add_line("nothing.open")
    return True


def _resume(step: Step, open: OpenSession, reply: Reply) -> None:
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, reply)


def _press(step: Step, message: Inbound) -> None:
    """A button: `q.session.turn.option`, `n.session.turn` (no), or `t.turn.option`."""
    kind, _, rest = message.choice.partition(".")
    parts = rest.split(".")
    if step.person.status == "stopped" and (step.memory.task is None or kind != "t"):
        _press_when_stopped(step, kind, parts)
    elif kind == "t" and len(parts) == 2:
        _press_task(step, message.text, *parts)
    elif kind == "q" and len(parts) == 3:
        _press_answer(step, message.text, *parts)
    elif kind == "n" and _is_offered(step, parts):
        assert step.open is not None
        _resume(step, step.open, Said(step.words.say("button.no")))
    else:
        ask_again(step)


def _press_when_stopped(step: Step, kind: str, parts: Sequence[str]) -> None:
    if kind == "q" and len(parts) == 3 and step.open is not None:
        session, turn, option = parts
        if session == str(step.open.id) and turn.isdecimal():
            _hear_only_flags(step, Chose(int(turn), option))


def _is_offered(step: Step, place: Sequence[str]) -> bool:
    """Whether "Do you mean ...?" still waits at this session and turn."""
    return (
        step.open is not None
        and bool(step.open.session.offered)
        and list(place) == [str(step.open.id), str(step.open.session.turn)]
    )


def _press_task(step: Step, label: str, turn: str, option: str) -> None:
    task = step.memory.task
    if task is None or turn != str(task.turn):
        step.add_line("old.button")
        ask_again(step)
        return
    if option in [known for known, _ in task.data.get("options", [])]:
        TASKS[task.name].reply(step, label, option)
    else:
        ask_again(step)


def _press_answer(step: Step, label: str, session: str, turn: str, option: str) -> None:
    wanted = int(session) if session.isdecimal() else 0
    is_open = step.open is not None and step.open.id == wanted
    open = step.open if is_open else step.older.get(wanted)
    if open is None or not turn.isdecimal():
        step.add_line("old.button")
        ask_again(step)
        return
    if is_open and safety.is_held(step):
        follow_up.insist(step)
    elif not is_open or step.memory.task is None:
        _resume(step, open, Chose(int(turn), option))
    else:
        _resume_behind_task(step, open, Chose(int(turn), option))
    if not is_open:
        _say_if_nothing_changed(step)
        ask_again(step)


def _say_if_nothing_changed(step: Step) -> None:
    if not step.lead and not any(isinstance(effect, Record | Say) for effect in step.effects):
        step.add_line("old.closed")


def _resume_behind_task(step: Step, open: OpenSession, reply: Reply) -> None:
    """An older question's button was pressed while a task asks: take it, then ask again."""
    _resume(step, open, reply)
    if step.memory.task is not None:
        TASKS[step.memory.task.name].ask(step)


def _amend(
    step: Step, message: Inbound, command: Command | None, amends: tuple[int, int] | None
) -> None:
    """An edited message corrects the answer that it gave, or is read as a new one."""
    if amends is None:
        _read(step, message.text, command)
        return
    session_id, turn = amends
    is_open = step.open is not None and step.open.id == session_id
    open = step.open if is_open else step.older.get(session_id)
    if open is None:
        step.add_line("old.edit")
        ask_again(step)
        return
    asking.resume(step, open, Amend(turn, message.text))
    step.answered = amends
    if not is_open:
        ask_again(step)
