"""Warning signs in a patient's own words, whatever was being asked.

The fixed message comes first and by itself. In an emergency nothing else is said; otherwise
the rest of the message is then handled as usual, so that "6, but my leg is getting weak" is
an answer as well.
"""

from __future__ import annotations

from datetime import datetime

from bot.conversation import asking, rewording, safety
from bot.conversation.choices import is_question
from bot.conversation.effects import Effect, Record, Say
from bot.conversation.heard import Heard
from bot.conversation.memory import KEEPING
from bot.conversation.step import Step
from bot.conversation.tasks import hands, helping, keeping
from bot.messages import Priority
from bot.phrases import Says
from flows.model import Item, ItemKind, Urgency
from flows.reading import NotAReply, Understood, read
from flows.replies import Amend, Said
from flows.signs import SELF_HARM, Found


def take(step: Step, heard: Heard, amends: tuple[int, int] | None) -> bool:
    """Raise what the words report; whether nothing else is to be said to this message."""
    text = heard.message.text
    signs = (*_said_as_well(step, heard), *heard.signs) if heard.phrases else heard.signs
    if not (signs or heard.alarms) or _is_label(step, text):
        return False
    if heard.report.other_in_danger:
        safety.say_whom_to_call(step)
        if not signs:
            return _is_all(step, heard, amends)
    by_helper = helping.told(step, heard.report)
    safety.raise_told(step, signs, text, by_helper=by_helper)
    ends = step.memory.held or any(found.sign == SELF_HARM for found in signs)
    if ends:
        safety.put_tasks_aside(step)
        _answer_quietly(step, text, amends)
    return ends


def _said_as_well(step: Step, heard: Heard) -> tuple[Found, ...]:
    """Self-harm, where "me too" comes after words on somebody else who may harm themselves."""
    same = any(phrase.says is Says.ME_TOO for phrase in heard.phrases)
    if not same or not safety.was_told_of_another(step):
        return ()
    if _answers_what_came_since(step, heard.message.text):
        return ()
    return (Found(SELF_HARM, Urgency.EMERGENCY),)


def _answers_what_came_since(step: Step, text: str) -> bool:
    """Whether "I feel the same" clearly answers a questionnaire begun after those words."""
    open, item = step.open, step.pending_item
    if open is None or item is None or item.kind is ItemKind.TEXT or step.memory.task is not None:
        return False
    if open.opened_at <= datetime.fromisoformat(step.memory.other_in_danger_at):
        return False
    return isinstance(read(item, text, step.lexicon), Understood)


def _is_all(step: Step, heard: Heard, amends: tuple[int, int] | None) -> bool:
    """Whether words about somebody else in danger say nothing more: then they are a note.

    "I did not get that" has no place below whom to call, nor are they the activity, the goal or
    whatever else is asked for in own words: that question waits, and an answer to it stands.
    An edit may change an answer as well, and is a note in any case, or what was kept of the
    message before.
    """
    if heard.command is not None or hands.is_in_doubt(step, heard):
        return False
    text = heard.message.text
    item = step.pending_item if amends is None else _amended(step, *amends)
    in_own_words = item is not None and item.kind is ItemKind.TEXT
    if amends is None and step.memory.task is None and item is not None and not in_own_words:
        reading = read(item, text, step.lexicon)
        if not isinstance(reading, NotAReply):
            return False
    is_all = amends is None or in_own_words
    if step.person.status == "active" and (is_all or not rewording.is_kept(step, heard)):
        keeping.keep_silently(step, text)
    return is_all


def _is_label(step: Step, text: str) -> bool:
    """Whether this is nothing but the words of an option that waits."""
    said = text.strip().casefold()
    item = step.pending_item
    labels = [words for option in item.options for words in option.text.values()] if item else []
    task = step.memory.task
    labels += [words for _, words in task.data.get("options", [])] if task else []
    return said in (label.casefold() for label in labels)


def _amended(step: Step, session_id: int, turn: int) -> Item | None:
    """What the message had answered that was edited."""
    open = step.session(session_id)
    item_id = None if open is None else open.session.asked_at(turn)
    return None if open is None or item_id is None else step.flow_of(open).item(item_id)


def _answer_quietly(step: Step, text: str, amends: tuple[int, int] | None) -> None:
    """What the same words answer is kept as the answer, without a word about it.

    They are no activity or goal, whatever else is asked for in own words.
    """
    if amends is not None:
        session, item = step.session(amends[0]), _amended(step, *amends)
        if session is not None and item is not None and item.kind is not ItemKind.TEXT:
            asking.resume(step, session, Amend(amends[1], text))
            step.answered = amends
    elif step.open is not None and (item := step.pending_item) is not None:
        is_screen = step.flow_of(step.open).is_screen
        if is_screen and isinstance(read(item, text, step.lexicon), Understood):
            step.answered = (step.open.id, step.open.session.turn)
            asking.resume(step, step.open, Said(text))
    hush(step)


def hush(step: Step) -> None:
    """Leave nothing of what this step says but safety messages."""
    step.lead.clear()
    step.effects[:] = [effect for effect in step.effects if not _is_chat(effect)]


def _is_chat(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.message.priority is not Priority.SAFETY


def is_enough(step: Step, text: str) -> bool:
    """Whether words that raised a sign need no more: nothing waits that they might answer.

    They are kept with the sign; a question among them is kept as one.
    """
    task = step.memory.task
    if task is not None:
        # Names, addresses and the like are not given in the same breath as a warning sign.
        return task.name not in (KEEPING, "follow-up")
    if step.open is not None:
        return False
    if is_question(step, text):
        step.do(Record(step.new_id(), "question", text=text))
        step.add_line("keep.in-between")
    return True
