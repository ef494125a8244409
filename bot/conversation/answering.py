"""What the patient sent: an opt-out, a command, a task's answer, or a questionnaire's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot import inbound
from bot.commands import Command
from bot.conversation import (
    amending,
    asking,
    clinic_list,
    commanding,
    consents,
    contacts,
    corrected_look,
    course,
    desk_talk,
    late,
    looked,
    repair,
    returning,
    rewording,
    safety,
    several,
    sign_first,
    taking_back,
    told,
    who_writes,
    with_desk,
)
from bot.conversation.choices import is_bare_answer
from bot.conversation.course import say_over
from bot.conversation.effects import Record, Say
from bot.conversation.heard import Heard
from bot.conversation.last import is_recorded
from bot.conversation.memory import AGREEING, OpenSession
from bot.conversation.pending import TASKS, ask_again
from bot.conversation.step import SILENT, Step
from bot.conversation.supposing import (
    answers_what_waits,
    is_confirming,
    likely,
    may_be_for_what_waits,
)
from bot.conversation.tasks import (
    allowing,
    changing,
    confirming,
    enrolment,
    follow_up,
    hands,
    helping,
    keeping,
    rezoning,
    rhythm,
)
from bot.inbound import Inbound
from flows.replies import Back, Chose, DoesNotApply, Reply, Said, Skip

_CONFIRMS = {"y": "button.yes", "n": "button.no"}
_TO_ENGINE: Mapping[str, Callable[[str], Reply]] = {
    "back": Back,
    "skip": Skip,
    "does-not-apply": DoesNotApply,
}


def answer(step: Step, heard: Heard, amends: tuple[int, int] | None = None) -> None:
    """Take one message; `amends` is the session and turn that an edited message answered.

    A warning sign in it comes before everything, and an opt-out beside it still counts.
    """
    before, answered = step.memory.task, step.memory.looked
    if not hands.is_in_doubt(step, heard):
        returning.hear(step, stops=heard.stops)
    if heard.report.by_helper:
        helping.note_writer(step)
    if heard.phrases:
        who_writes.note(step, heard)
    if told.take(step, heard, amends):
        desk_talk.keep(step)
        if heard.stops and step.person.status not in SILENT:
            commanding.do(step, Command("stop"))
    elif heard.stops and step.person.status not in SILENT:
        commanding.do(step, Command("stop"))
    else:
        _take(step, heard, amends)
    amending.note_what_it_began(step, heard, before)
    rewording.note(step, heard, before)
    looked.note_message(step, heard.message.edit_of or heard.message.external_id, answered)
    step.flush()
    step.secret |= consents.keeps_no_words(step)
    if heard.stops and heard.message.handled is inbound.STOP:
        # The provider has confirmed it and carries nothing more.
        told.hush(step)


def _take(step: Step, heard: Heard, amends: tuple[int, int] | None) -> None:
    if step.memory.died:
        step.add_line("hands.died.over")
        return
    if taking_back.take(step, heard.message) or corrected_look.take(step, heard.message):
        return
    if course.why_ended(step) and heard.message.kind is not inbound.TEXT:
        say_over(step)
        return
    if _is_in_doubt(step, heard.message):
        ask_again(step)
        return
    match heard.message.kind:
        case inbound.CHOICE if with_desk.is_button_held(step, heard.message):
            desk_talk.say_who_writes(step)
        case inbound.CHOICE:
            _press(step, heard.message)
        case inbound.TEXT:
            _read(step, heard)
        case inbound.EDIT if not amending.take(step, heard, amends):
            _read(step, heard)
        case inbound.OTHER:
            _say_unreadable(step)


def _say_unreadable(step: Step) -> None:
    """Something that is not text came; after STOP nothing is said to it."""
    if step.person.status in SILENT:
        return
    desk_talk.keep(step)
    if safety.is_held_now(step):
        looked.insist(step)
    else:
        step.add_line("cannot.read")
        ask_again(step)


def _is_in_doubt(step: Step, message: Inbound) -> bool:
    """Whether a button or an edit comes while it is in doubt who reads here.

    Only the buttons of that question count then; words are read as its answer.
    """
    if not hands.waits(step) or message.kind not in (inbound.CHOICE, inbound.EDIT):
        return False
    return not message.choice.startswith("t.")


def _read(step: Step, heard: Heard) -> None:
    text, command = heard.message.text, commanding.settled(step, heard.command)
    if step.memory.erasing:
        step.add_line("delete.under-way", emergency=step.world.clinic.emergency_number)
        return
    if hands.waits(step) and not hands.lets_through(command):
        _reply(step, text, None)
        return
    if with_desk.is_for_desk(step, text, command) and not hands.is_in_doubt(step, heard):
        desk_talk.hear(step)
        return
    if command is not None and command.weak and answers_what_waits(step, text):
        command = None
    if command is not None and may_be_for_what_waits(step, command):
        _ask_about_rhythm(step, command, text)
        return
    if step.person.status in SILENT and not commanding.works_when_stopped(command):
        if command is not None and not heard.signs and commanding.waits_for_start(step, command):
            return
        command = None
    if command is not None and _command(step, command, text):
        return
    if heard.signs and _is_all_said(step, text):
        return
    if hands.hear(step, heard) or taking_back.ask(step, heard) or corrected_look.hear(step, heard):
        return
    if who_writes.tell(step):
        return
    if is_confirming(step):
        _take_confirmation(step, text, None)
    elif heard.signs or heard.phrases:
        _take_words(step, text, heard)
    else:
        _guess_or_take(step, text)


def _ask_about_rhythm(step: Step, command: Command, text: str) -> None:
    task = step.memory.task
    gives_way = task is None or task.name in (keeping.NAME, confirming.NAME)
    if step.person.status != "active" or not gives_way:
        _take_words(step, text)
    else:
        confirming.begin_rhythm(step, command, text)


def _is_all_said(step: Step, text: str) -> bool:
    """Whether a warning sign was all that the message had to say."""
    if step.person.status == "ended":
        return True
    if step.person.status == "stopped" or not told.is_enough(step, text):
        return False
    ask_again(step)
    return True


def _guess_or_take(step: Step, text: str) -> None:
    guess = likely(step, text)
    if guess is not None:
        confirming.begin(step, guess, text)
    else:
        _take_words(step, text)


def _take_confirmation(step: Step, text: str, option: str | None) -> None:
    """After "Did you mean ...?" a yes is the command; else the words count as they are."""
    command, words = confirming.take(step, text, option)
    step.misread = command is None and words != text
    if command is None and words == text:
        _guess_or_take(step, text)
    elif command is None or not _command(step, command, words):
        _take_words(step, words)


def _take_words(step: Step, text: str, heard: Heard | None = None) -> None:
    """Words that are no command: a task's answer, or the questionnaire's, or neither."""
    if is_confirming(step):
        _take_confirmation(step, text, None)
    elif step.memory.task is not None:
        _reply(step, text, None)
    elif course.why_ended(step):
        say_over(step)
    elif step.person.status == "ended":
        step.add_line("ended", emergency=step.world.clinic.emergency_number)
    elif step.person.status == "stopped":
        _hear_only_flags(step, Said(text))
    elif sign_first.take(step, text):
        pass
    elif heard is None or not repair.take(step, heard):
        _hear(step, text)


def _reply(step: Step, text: str, option: str | None) -> None:
    """Answer the task under way; one that had only made room for it asks again."""
    task = step.memory.task
    assert task is not None
    TASKS[task.name].reply(step, text, option)
    if task.name == hands.NAME and step.memory.task is not None and not hands.waits(step):
        ask_again(step)


def _hear_only_flags(step: Step, reply: Reply) -> None:
    """After STOP: an answer to a screen counts, and only its safety message goes out."""
    if step.open is None or not step.flow_of(step.open).is_screen:
        return
    _resume(step, step.open, reply)
    told.hush(step)


def _hear(step: Step, text: str) -> None:
    """Words that no command and no task explains."""
    if safety.is_held(step) or (step.open is None and safety.is_held_now(step)):
        keeping.keep_silently(step, text)
        if step.memory.held and follow_up.says_how_it_stands(step, text):
            looked.begin(step)
        elif step.memory.held and safety.is_fresh(step) and follow_up.says_rang(step, text):
            follow_up.acknowledge(step)
        else:
            looked.insist(step)
    elif late.take(step, text):
        pass
    elif step.open is not None:
        _hear_answer(step, step.open, text)
    elif is_bare_answer(step, text):
        _put_what_waits(step)
    elif with_desk.was_asked(step):
        clinic_list.pass_on(step)
        ask_again(step)
    else:
        keeping.begin(step, text)


def _hear_answer(step: Step, open: OpenSession, text: str) -> None:
    if not several.take(step, text):
        _resume(step, open, Said(text))


def _put_what_waits(step: Step) -> None:
    """Something that answers nothing came: perhaps there is a question, or a word, to follow."""
    before = len(step.effects)
    asking.repeat(step)
    if not any(isinstance(effect, Say) for effect in step.effects[before:]):
        step.add_line("nothing.open")


def _command(step: Step, command: Command, text: str) -> bool:
    """Do what the command says; False where it is an answer after all."""
    if command.name == "withdraw-alert" and allowing.asks_for_alerts(step):
        _reply(step, text, "no")
        return True
    if command.name in _TO_ENGINE:
        return _move(step, command.name, text)
    if command.name == "leave" and not commanding.can_leave(step):
        return False
    if command.name == "cancel-visit" and _says_that_nobody_was_met(step, command):
        return False
    if command.name in contacts.TOLD and not _may_be_told(step, command):
        return False
    if step.person.status == "enrolling" and not enrolment.allows(step, command.name):
        return False
    if command.name == "home" and step.paused:
        command = Command("resume")
    elif command.name == "home" and not rezoning.is_away(step):
        return False
    if command.name in commanding.PLACES and _waits_for_a_doctor(step):
        return _put_danger_first(step, text)
    if step.memory.task is not None and step.memory.task.name == keeping.NAME:
        # The offer is over; its words are not lost.
        step.drop_task()
    commanding.do(step, command)
    return True


def _says_that_nobody_was_met(step: Step, command: Command) -> bool:
    """Whether "the visit was cancelled" answers what was agreed there."""
    task = step.memory.task
    return task is not None and task.name == AGREEING and not command.slots.get("whom")


def _may_be_told(step: Step, command: Command) -> bool:
    """Whether a sentence about a visit is one: not an answer, not a question, not in danger."""
    task = step.memory.task
    if _waits_for_a_doctor(step):
        return False
    if task is not None and task.name in (follow_up.NAME, AGREEING):
        return False
    return "?" not in command.slots["said"]


def _waits_for_a_doctor(step: Step) -> bool:
    """Whether an emergency, or a word of self-harm, comes before everything that can wait."""
    return step.person.status == "active" and (step.memory.held or safety.is_quiet(step))


def _put_danger_first(step: Step, text: str) -> bool:
    """Where somebody in danger is may matter, and which clock they go by does not.

    False: a screen is open, and the words are for that.
    """
    if step.open is not None and safety.is_screen_open(step):
        return False
    keeping.keep_silently(step, text)
    task = step.memory.task
    if task is not None and task.name == follow_up.NAME:
        follow_up.leave(step)
    else:
        looked.insist(step)
    return True


def _move(step: Step, name: str, text: str) -> bool:
    task = step.memory.task
    if task is not None and task.name == enrolment.NAME:
        if name == "back":
            enrolment.go_back(step)
        return name == "back"
    if task is not None:
        commanding.leave_task(step)
    elif safety.is_held(step) or (step.open is None and safety.is_held_now(step)):
        looked.insist(step)
    elif name == "back" and changing.reopen(step):
        pass
    elif step.open is not None:
        _resume(step, step.open, _TO_ENGINE[name](text))
    else:
        step.add_line("nothing.open")
    return True


def _resume(step: Step, open: OpenSession, reply: Reply) -> None:
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, reply)


def _press(step: Step, message: Inbound) -> None:
    """A button: `q.session.turn.option`, `y` or `n.session.turn`, or `t.turn.option`."""
    kind, _, rest = message.choice.partition(".")
    parts = rest.split(".")
    if step.memory.erasing:
        step.add_line("delete.under-way", emergency=step.world.clinic.emergency_number)
    elif step.person.status == "stopped" and (step.memory.task is None or kind != "t"):
        _press_when_stopped(step, kind, parts)
    elif kind == "t" and len(parts) == 2:
        _press_task(step, message.text, *parts)
    elif kind == "q" and len(parts) == 3:
        _press_answer(step, message.text, *parts)
    elif kind in _CONFIRMS and _is_offered(step, parts):
        assert step.open is not None
        _resume(step, step.open, Said(step.words.say(_CONFIRMS[kind])))
    elif kind == "n" and _goes_back(step, message.text, parts):
        pass
    else:
        ask_again(step)


def _press_when_stopped(step: Step, kind: str, parts: Sequence[str]) -> None:
    if kind == "q" and len(parts) == 3 and step.open is not None:
        session, turn, option = parts
        if session == str(step.open.id) and turn.isdecimal():
            _hear_only_flags(step, Chose(int(turn), option))


def _is_offered(step: Step, place: Sequence[str]) -> bool:
    """Whether "Do you mean ...?" or "Still right?" still waits at this session and turn."""
    return (
        step.open is not None
        and (
            bool(step.open.session.offered) or step.open.session.pending in step.open.session.known
        )
        and list(place) == [str(step.open.id), str(step.open.session.turn)]
    )


def _goes_back(step: Step, label: str, place: Sequence[str]) -> bool:
    """A No after the Yes to "Do you mean ...?" puts that question again."""
    session, turn = (*place, "")[:2]
    number = int(session) if session.isdecimal() else 0
    open = step.session(number)
    if open is None or not turn.isdecimal() or step.memory.task is not None:
        return False
    if (
        step.person.status in SILENT
        or safety.is_held_now(step)
        or safety.is_held(step)
        or number == step.memory.suspended
    ):
        return False
    item_id = open.session.asked_at(int(turn))
    if item_id is None or item_id not in open.session.given:
        return False
    if open is step.open:
        _resume(step, open, Back(label, item_id))
        return True
    return changing.reopen_item(step, number, item_id)


def _press_task(step: Step, label: str, turn: str, option: str) -> None:
    task = step.memory.task
    if (task is None or turn != str(task.turn)) and turn == str(step.memory.choice_turn):
        _choose_late(step, label, option)
        return
    if task is None or turn != str(task.turn):
        step.add_line("old.button")
        ask_again(step)
        return
    if option not in [known for known, _ in task.data.get("options", [])]:
        ask_again(step)
    elif is_confirming(step):
        _take_confirmation(step, label, option)
    else:
        _reply(step, label, option)


def _choose_late(step: Step, label: str, option: str) -> None:
    """How often to ask: that may also be said when other questions have come since."""
    other = step.memory.task
    if not rhythm.take(step, label, option):
        step.add_line("old.button")
        ask_again(step)
    elif other is not None and step.memory.task is other:
        TASKS[other.name].ask(step)


def _press_answer(step: Step, label: str, session: str, turn: str, option: str) -> None:
    wanted = int(session) if session.isdecimal() else 0
    open = step.session(wanted)
    is_open = open is step.open
    if open is None or not turn.isdecimal():
        step.add_line("old.button")
        ask_again(step)
        return
    if wanted == step.memory.suspended:
        _put_screen_first(step)
        return
    changing.settle(step, wanted)
    if is_open and safety.is_held(step):
        looked.insist(step)
    elif not is_open or step.memory.task is None:
        _resume(step, open, Chose(int(turn), option))
    else:
        _resume_behind_task(step, open, Chose(int(turn), option))
    if not is_open:
        _say_if_nothing_changed(step, open, int(turn), option)
        ask_again(step)


def _put_screen_first(step: Step) -> None:
    """A button of the questionnaire that was put aside: the screen is to be finished first."""
    if step.open is None and safety.is_held_now(step):
        looked.insist(step)
    else:
        ask_again(step)


def _say_if_nothing_changed(step: Step, open: OpenSession, turn: int, option: str) -> None:
    """A press that repeats what stands gets no word: it might be the last in an emergency."""
    said = step.lead or any(isinstance(effect, Record | Say) for effect in step.effects)
    if said or late.thank_for_tap(step, open, turn, option):
        return
    if not is_recorded(step, open, turn, option):
        step.add_line("old.closed")


def _resume_behind_task(step: Step, open: OpenSession, reply: Reply) -> None:
    """An older question's button was pressed while a task asks: take it, then ask again."""
    _resume(step, open, reply)
    if step.memory.task is not None:
        TASKS[step.memory.task.name].ask(step)
