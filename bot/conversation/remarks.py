"""The remark in a message that also answers: "7ish, can i run" asks "can i run"."""

from __future__ import annotations

import re

from bot.commands import asks
from bot.conversation.choices import is_question
from bot.conversation.step import Step
from flows.model import Item, ItemKind
from flows.reading import NotAReply, Understood, read

_CLAUSE = re.compile(r"[,.;!?\n]+\s+|\s+[-–—]\s+|\s*\n\s*")
_ANSWER_FIRST = re.compile(r"^\s*\d+\w*\s+(?!\d)")


def remark(step: Step, item: Item, text: str) -> str:
    """The words that ask something, without the answer where both stand clearly apart.

    Where they do not, all of it: better too much is kept than half a question.
    """
    asked = [clause for clause in _clauses(text) if _asks(step, item, clause)]
    if asked:
        return text[text.index(asked[0]) :].strip() if _ends_with(text, asked) else asked[0]
    rest = _ANSWER_FIRST.sub("", text, count=1)
    return rest.strip() if rest != text and _asks(step, item, rest) else text


def is_remark(step: Step, text: str) -> bool:
    """Whether a message that may answer asks something as well; the "?" of "silly, 7 ok?" does not.

    The mark behind the last of several clauses is about that one alone.
    """
    if not is_question(step, text):
        return False
    clauses = _clauses(text)
    _, mark, behind = text.rstrip().partition("?")
    if len(clauses) < 2 or not mark or behind:
        return True
    return is_question(step, clauses[-1]) or any(map(asks, clauses))


def answer_beside(step: Step, item: Item, text: str) -> str | None:
    """What one clause answers by itself beside another that asks: "are you human or not, 7".

    An option id, or digits; None where it is none, or there is more than one.
    """
    clauses = _clauses(text)
    if item.kind is ItemKind.TEXT or len(clauses) < 2:
        return None
    readings = [read(item, each, step.lexicon) for each in clauses if not is_question(step, each)]
    answers = [each for each in readings if isinstance(each, Understood)]
    if len(answers) != 1:
        return None
    return answers[0].code or str(answers[0].value)


def _clauses(text: str) -> list[str]:
    return [clause.strip() for clause in _CLAUSE.split(text) if clause.strip()]


def _asks(step: Step, item: Item, clause: str) -> bool:
    """Whether this asks something and is no answer itself."""
    return is_question(step, clause) and isinstance(read(item, clause, step.lexicon), NotAReply)


def _ends_with(text: str, asked: list[str]) -> bool:
    """Whether everything from the first question on is questions."""
    return _clauses(text)[-len(asked) :] == asked
