"""Words that came unasked: they are never swallowed, and never taken for an answer."""

from __future__ import annotations

from bot.commands import recognise
from bot.conversation import asking, consents
from bot.conversation.choices import chosen, is_bare_answer
from bot.conversation.effects import Record
from bot.conversation.memory import KEEPING, PARTS, Task
from bot.conversation.step import Step

NAME = KEEPING


def begin(step: Step, text: str) -> None:
    """Ask whether these words should be kept as a question for the next visit."""
    step.begin(NAME, "keep", text=text)
    ask(step)


def ask(step: Step) -> None:
    """Put the question."""
    step.offer("keep.ask", [("yes", "button.keep"), ("no", "button.no")])


def reply(step: Step, text: str, option: str | None) -> None:
    """Keep the words, or not; anything else is taken as more of them, "never mind" as a no."""
    answer = option or chosen(step, text)
    task = step.memory.task
    assert task is not None
    if answer is None and _leaves(step, text):
        answer = "no"
    if answer is None:
        if not is_bare_answer(step, text):
            task.data["text"] = f"{task.data['text']}\n{text}"
        ask(step)
        return
    step.memory.task = None
    if answer == "yes":
        keep(step, "question", task.data["text"])
    else:
        step.add_line("keep.not-kept")
    asking.repeat(step)


def note_message(task: Task, message: str) -> None:
    """Remember that this message brought what is new among the words."""
    parts = task.data.setdefault(PARTS, {})
    new = task.data["text"].removeprefix("\n".join(parts.values())).removeprefix("\n")
    if new:
        parts[message] = "\n".join(filter(None, (parts.get(message), new)))


def restate(step: Step, message: str, text: str) -> bool:
    """Put an edit in place of one message's words; False where the offer is about no other's.

    A mere yes or no is no words: then the others' are left.
    """
    task = step.memory.task
    parts = task.data.get(PARTS, {}) if task is not None and task.name == NAME else {}
    if task is None or message not in parts or len(parts) == 1:
        return False
    if is_bare_answer(step, text):
        del parts[message]
    else:
        parts[message] = text
    task.data["text"] = "\n".join(parts.values())
    return True


def _leaves(step: Step, text: str) -> bool:
    command = recognise(text, step.person.language)
    return command is not None and command.name == "leave"


def keep_silently(step: Step, text: str) -> None:
    """Words that nothing can be said to now are not lost; before consent none are kept."""
    if consents.is_agreed(step):
        step.do(Record(step.new_id(), "note", text=text))


def keep_in_between(step: Step, text: str) -> None:
    """Keep a question that came while another one waits, which is then put again."""
    step.do(Record(step.new_id(), "question", text=text))
    step.add_line("keep.in-between")


def keep(step: Step, kind: str, text: str) -> None:
    """Keep words as a `question` for the visit or as the patient's own `note`."""
    step.do(Record(step.new_id(), kind, text=text))
    step.add_line(f"keep.{kind}")
