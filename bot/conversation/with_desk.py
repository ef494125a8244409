"""Whether a person at the clinic writes with the patient, and what the assistant then leaves alone.

From the take-over to the hand-back the patient's words go to the clinic's desk. What the
assistant still does: warning signs with all that follows from them, STOP, HELP, what the patient
has a right to do with their data, and notes that are the patient's own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands import Command
from bot.conversation import consents
from bot.conversation.choices import chosen, is_bare_answer
from bot.conversation.memory import Talk, Task
from bot.conversation.step import Step
from bot.inbound import Inbound
from bot.phrases import Says, phrases
from flows.model import Item
from flows.reading import Understood, read

ASKED_LATELY = timedelta(hours=24)
"""So long after the patient asked for a person, words that fit nothing else are for that person."""
FORGOTTEN = timedelta(days=7)
"""A conversation that nobody has gone on with for so long is over, whatever became of its end."""
REACHED = ("active", "enrolling")
"""Who gets messages that are no safety messages."""
_ASSISTANTS = frozenset(
    {"stop", "help", "mute-questionnaires", "mute-check-ins", "note"}
    | {"export", "delete", "who", "who-looked", "stop-sharing", "remove-member", "consents"}
    | {"withdraw", *(f"withdraw-{purpose}" for purpose in consents.PURPOSES)}
)
"""Commands that the assistant carries out all the same."""
_OF_A_DOCTOR = frozenset({Says.DOCTOR_LOOKED, Says.MISTAKEN, Says.RANG})


def is_on(step: Step) -> bool:
    """Whether the patient's words go to the desk now; after STOP, or the end, they do not."""
    return is_under_way(step.memory.talk, step.now) and step.person.status in REACHED


def is_under_way(talk: Talk | None, now: datetime) -> bool:
    """Whether somebody has taken over and not handed back; not what was left behind long ago."""
    if talk is None or not talk.taken_at or talk.ended_at:
        return False
    newest = max(talk.taken_at, talk.said_at, talk.waits_since)
    return now - datetime.fromisoformat(newest) < FORGOTTEN


def was_asked(step: Step) -> bool:
    """Whether the patient has asked for a person lately, and nobody has taken over yet."""
    talk = step.memory.talk
    if talk is None or talk.taken_at or talk.ended_at:
        return False
    return step.now - datetime.fromisoformat(talk.asked_at) < ASKED_LATELY


def holds_back(step: Step) -> bool:
    """Whether the open questionnaire waits for the hand-back; one about warning signs does not."""
    return is_on(step) and step.open is not None and not step.flow_of(step.open).is_screen


def lets_ask(step: Step, task: Task) -> bool:
    """Whether this task may put its question: a person writes, and it was begun before that."""
    talk = step.memory.talk
    if talk is None or not is_on(step):
        return True
    return bool(task.asked_at) and task.asked_at >= talk.taken_at


def is_for_desk(step: Step, text: str, command: Command | None) -> bool:
    """Whether these words go to the desk, and not to the assistant."""
    if not is_on(step):
        return False
    if command is not None and not command.weak and command.name in _ASSISTANTS:
        return False
    return not (_answers_task(step, text) or _answers_screen(step, text))


def is_button_held(step: Step, message: Inbound) -> bool:
    """Whether what was pressed belongs to a question that waits for the hand-back."""
    if not is_on(step):
        return False
    kind, _, rest = message.choice.partition(".")
    number = rest.partition(".")[0]
    task = step.memory.task
    if kind == "t":
        return task is None or not lets_ask(step, task)
    open = step.open
    return open is None or number != str(open.id) or not step.flow_of(open).is_screen


def note_asked(step: Step) -> None:
    """The patient asks for a person: what they write from here on may be meant for that one."""
    step.memory.talk = newest(step)
    step.for_desk = True


def newest(step: Step) -> Talk:
    """The conversation that is asked for or under way; a new one where the last is over."""
    talk = step.memory.talk
    if talk is None or talk.ended_at or (talk.taken_at and not is_under_way(talk, step.now)):
        return Talk(talk.number + 1 if talk else 1, step.now.isoformat())
    return talk


def end(step: Step) -> None:
    """Nobody at the clinic writes with the patient any more, for whatever reason."""
    talk = step.memory.talk
    if talk is not None and not talk.ended_at:
        step.memory.talk = replace(talk, waits_since="", ended_at=step.now.isoformat())


def _answers_task(step: Step, text: str) -> bool:
    """Whether this answers what the assistant has asked since somebody took over."""
    task = step.memory.task
    if task is None or not lets_ask(step, task):
        return False
    if not task.data.get("options"):
        return is_bare_answer(step, text)
    said = {phrase.says for phrase in phrases(text, step.person.language)}
    return chosen(step, text) is not None or not said.isdisjoint(_OF_A_DOCTOR)


def _answers_screen(step: Step, text: str) -> bool:
    """Whether this clearly answers a question about warning signs, which does not wait."""
    item = _asked(step)
    return item is not None and isinstance(read(item, text, step.lexicon), Understood)


def _asked(step: Step) -> Item | None:
    open = step.open
    if open is None or open.session.pending is None or not step.flow_of(open).is_screen:
        return None
    return step.flow_of(open).item(open.session.pending)
