"""An edited message: it corrects what it had answered, and nothing that waits now."""

from __future__ import annotations

from bot.commands import Command
from bot.conversation import (
    asking,
    commanding,
    corrected_look,
    desk_talk,
    late,
    looked,
    repair,
    rewording,
    safety,
    several,
    sign_first,
    told,
    with_desk,
)
from bot.conversation.effects import Say
from bot.conversation.heard import Heard
from bot.conversation.last import Last, answer_to, last_answer, say_same, stands_as
from bot.conversation.memory import PARTS, OpenSession, Task
from bot.conversation.pending import ask_again
from bot.conversation.questions import short_answer, title
from bot.conversation.step import SILENT, Step
from bot.conversation.tasks import changing, confirming, helping, keeping
from flows.engine import resume, still_counts
from flows.events import NotUnderstood
from flows.model import Item, ItemKind
from flows.reading import (
    Ambiguous,
    Denied,
    NotAReply,
    Reading,
    Understood,
    read,
    read_confirmation,
)
from flows.reading.several import are_bare
from flows.replies import Amend, Chose

_MOVES = ("back", "skip", "does-not-apply")
"""They are about the question that waits, which the edited message is not."""
_ABOUT_WORDS = (changing.NAME, confirming.NAME, helping.NAME)
"""Tasks that ask what the words of one message are."""
_BY = "by"
"""Key in such a task's data: the id of that message."""


def take(step: Step, heard: Heard, amends: tuple[int, int] | None) -> bool:
    """Take an edited message; False where it is to be read as a new one.

    `amends` is the session and turn that it had answered. What it answered beside a
    questionnaire is not changed by it: the new words belong to no other question.
    """
    command = commanding.settled(step, heard.command)
    if _is_request(command) or _moves(step, command, amends):
        return False
    if amends is None and corrected_look.amend(step, heard):
        return True
    if keeping.restate(step, heard.message.edit_of, heard.message.text):
        ask_again(step)
        return True
    restated = _is_restated(step, heard)
    if restated and amends is None:
        return False
    if rewording.is_kept(step, heard) and not _may_answer(step, heard, amends):
        rewording.take(step, heard)
        return True
    if amends is None:
        return _is_no_answer(step, heard, command)
    _correct(step, heard, *amends)
    if restated and not _is_anything_said(step):
        _say_same(step, *amends)
    return True


def _may_answer(step: Step, heard: Heard, amends: tuple[int, int] | None) -> bool:
    """Whether the new words may be an answer to the question that the message came to."""
    open = step.session(amends[0]) if amends is not None else None
    item_id = open.session.asked_at(amends[1]) if open is not None and amends is not None else None
    if open is None or item_id is None or amends is None:
        return False
    words = repair.answering_words(step, open, amends[1], heard)
    reading = read(step.flow_of(open).item(item_id), words, step.lexicon)
    return not isinstance(reading, NotAReply)


def note_what_it_began(step: Step, heard: Heard, before: Task | None) -> None:
    """Remember which message is asked about, so that its edit is what it says instead.

    `before` is the task that was under way when it came.
    """
    task, message = step.memory.task, heard.message.edit_of or heard.message.external_id
    if task is not None and task.name == keeping.NAME:
        keeping.note_message(task, message)
    elif task is not None and task is not before and task.name in _ABOUT_WORDS:
        task.data[_BY] = message


def _is_restated(step: Step, heard: Heard) -> bool:
    """Whether these are other words for those that are asked about now; then nothing is asked.

    Of a message that had answered a question they are the answer once more, however often it is
    edited; else they are read as if nothing had been written before them.
    """
    task = step.memory.task
    if task is None or heard.message.edit_of not in (task.data.get(_BY), *task.data.get(PARTS, ())):
        return False
    step.memory.task = None
    return True


def _is_request(command: Command | None) -> bool:
    """Whether the new words ask for something by themselves."""
    return command is not None and not command.weak and command.name not in _MOVES


def _moves(step: Step, command: Command | None, amends: tuple[int, int] | None) -> bool:
    """Whether the new words skip the question that waits, as what they were did not answer it."""
    if command is None or command.name not in _MOVES or step.open is None or amends is None:
        return False
    session, turn = amends
    waits = step.open.id == session and step.memory.task is None
    return waits and step.open.session.asked_at(turn) == step.open.session.pending


def _is_no_answer(step: Step, heard: Heard, command: Command | None) -> bool:
    """Deal with the edit of a message that had answered no question of a questionnaire."""
    if step.open is None and step.memory.task is None:
        return False
    if step.person.status in SILENT or step.memory.erasing:
        return False
    if with_desk.is_for_desk(step, heard.message.text, command):
        return False
    if not corrected_look.hear(step, heard):
        _say_unchangeable(step)
    return True


def _correct(step: Step, heard: Heard, session_id: int, turn: int) -> None:
    open = step.session(session_id)
    if open is None:
        _say_unchangeable(step)
        return
    screens, task = safety.is_screen_open(step), step.memory.task
    if session_id == step.memory.suspended:
        _correct_aside(step, heard, open, turn)
    else:
        _correct_in(step, heard, open, turn)
    step.answered = (session_id, turn)
    if step.person.status in SILENT or (safety.is_held_now(step) and not screens):
        told.hush(step)
    elif with_desk.holds_back(step):
        desk_talk.note_correction(step)
    elif safety.is_screen_open(step) and not screens:
        pass  # It has just been asked.
    elif _gave_way(step, task) or (
        step.memory.task is task and (task is not None or open is not step.open)
    ):
        ask_again(step)


def _gave_way(step: Step, task: Task | None) -> bool:
    """Whether what was being asked is asked no more, for the signs that are to be asked about."""
    return task is not None and step.memory.task is None


def _is_anything_said(step: Step) -> bool:
    return bool(step.lead) or any(isinstance(effect, Say) for effect in step.effects)


def _say_same(step: Step, session_id: int, turn: int) -> None:
    """The question was put again and its edit is the answer that stands: that is not left open."""
    open = step.session(session_id)
    last = None if open is None else answer_to(step, open, turn)
    if last is not None and step.person.status not in SILENT:
        say_same(step, last)


def _correct_in(step: Step, heard: Heard, open: OpenSession, turn: int) -> None:
    """Take the new words for what the message had answered.

    Words that report a sign were dealt with; where they are no answer, nothing is said of that.
    """
    flow, item_id = step.flow_of(open), open.session.asked_at(turn)
    if item_id is not None and heard.command is not None and heard.command.name in _MOVES:
        _say_unchanged(step, open, flow.item(item_id))
        return
    if several.amend(step, open, turn, heard.message.text):
        return
    if _may_ask_back(step, open) and sign_first.amend(step, open, turn, heard.message.text):
        return
    if _is_asked_anew(step, heard, open, turn):
        return
    words = repair.answering_words(step, open, turn, heard)
    reading = None if item_id is None else read(flow.item(item_id), words, step.lexicon)
    if item_id is not None and heard.signs and flow.item(item_id).kind is ItemKind.TEXT:
        # "I can't pee" is nothing to be asked about with a rating, whatever else it may be.
        _ask_on(step, open)
    elif item_id is None or not isinstance(reading, Understood):
        if heard.alarms:
            _ask_on(step, open)
        elif not several.say_unread(step, open, turn):
            asking.resume(step, open, Amend(turn, words, heard.message.text))
    elif still_counts(flow, open.session, flow.item(item_id)):
        asking.resume(step, open, Amend(turn, words, heard.message.text))
    else:
        late.thank_for_edit(step, flow, [(flow.item(item_id), reading.code)])


def _say_unchanged(step: Step, open: OpenSession, item: Item) -> None:
    """To skip is about the question that waits, and "skip" is no answer in own words."""
    name = title(step.flow_of(open), item, step.person.language)
    step.add_line("hint.unchanged", title=name)
    _ask_on(step, open)


def _ask_on(step: Step, open: OpenSession) -> None:
    """Put the question of this session again, if it is the one that waits."""
    if open is step.open and step.memory.task is None:
        ask_again(step)


def _is_asked_anew(step: Step, heard: Heard, open: OpenSession, turn: int) -> bool:
    """Ask where the new words are an answer in doubt, or take back what "7, is that right?" had.

    After such a question they are read as the reply to it that they have become. About a warning
    sign any words are a doubt.
    """
    last = answer_to(step, open, turn) if _may_ask_back(step, open) else None
    if last is None or heard.signs:
        return False
    if last.item.id == open.session.pending:
        return _is_yes_again(step, last, heard.message.text)
    if are_bare(heard.message.text, step.lexicon):
        return False
    words = repair.answering_words(step, open, turn, heard)
    meant = _meant(step, last, words, alone=words == heard.message.text)
    if isinstance(meant, Understood) and last.offered and stands_as(last, meant):
        if _may_be_other(step, last, words):
            changing.ask_anew(step, last, heard.message.text)
        else:
            say_same(step, last)
    elif isinstance(meant, Ambiguous):
        changing.ask_back(step, last, words, heard.message.text)
    elif not heard.alarms and (
        isinstance(meant, Denied) or (isinstance(meant, NotAReply) and _is_about_a_sign(last.item))
    ):
        changing.ask_anew(step, last, heard.message.text)
    else:
        return False
    return True


def _may_ask_back(step: Step, open: OpenSession) -> bool:
    """Whether an edit in doubt may be asked back now.

    Not while something else is asked, which the reply would go to, and not in place of the
    questions about warning signs, which nothing holds up.
    """
    if step.memory.task is not None or step.person.status in SILENT or with_desk.holds_back(step):
        return False
    return open is step.open or not safety.is_screen_open(step)


def _may_be_other(step: Step, last: Last, words: str) -> bool:
    """Whether it says the contrary of a sign where it took the place of the words in doubt.

    "Maybe no", and a yes to "No, is that right?": nobody knows which of the two has become "yes".
    """
    alone = read(last.item, words, step.lexicon)
    return (
        _is_about_a_sign(last.item) and isinstance(alone, Understood) and not stands_as(last, alone)
    )


def _is_yes_again(step: Step, last: Last, text: str) -> bool:
    """Leave the answer where its question was put again and the yes to it is back."""
    if not last.offered or last.open.session.offered:
        return False
    meant = _meant(step, last, text, alone=True)
    if not isinstance(meant, Understood) or not stands_as(last, meant):
        return False
    if _may_be_other(step, last, text):
        return False
    stood = last.given.code or str(last.given.value)
    answer = short_answer(last.item, last.given, last.open.session.language)
    step.add_line("changing.same", answer=answer)
    asking.resume(step, last.open, Chose(last.open.session.turn, stood))
    return True


def _meant(step: Step, last: Last, words: str, *, alone: bool) -> Reading | Denied:
    """What the new words say; what is no answer to "7, is that right?" takes the yes back."""
    if not last.offered:
        return read(last.item, words, step.lexicon)
    stood = last.given.code or str(last.given.value)
    meant = read_confirmation(last.item, last.offered, words, step.lexicon, alone=alone)
    if isinstance(meant, NotAReply) or (isinstance(meant, Ambiguous) and stood in meant.candidates):
        return Denied()
    return meant


def _is_about_a_sign(item: Item) -> bool:
    return item.flag is not None or bool(item.opens)


def _correct_aside(step: Step, heard: Heard, open: OpenSession, turn: int) -> None:
    """Correct the questionnaire that was put aside for a screen, which is asked on."""
    if several.amend_aside(step, open, turn, heard.message.text):
        return
    flow = step.flow_of(open)
    words = repair.answering_words(step, open, turn, heard)
    taken = resume(flow, open.session, Amend(turn, words, heard.message.text), step.lexicon)
    several.keep_corrected(step, flow, open, taken)
    missed = [event for event in taken.events if isinstance(event, NotUnderstood)]
    if missed and not heard.alarms and not several.say_unread(step, open, turn):
        asking.tell(step, flow, open, missed)


def _say_unchangeable(step: Step) -> None:
    if step.person.status in SILENT:
        return
    if safety.is_held_now(step):
        looked.insist(step)
        return
    last = last_answer(step)
    if last is None:
        step.add_line("old.edit")
    else:
        step.add_line("old.edit-how", title=title(last.flow, last.item, step.person.language))
    ask_again(step)
