"""Ending what was shared: whom, and a confirmation, since it cannot be half done."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands import means_everybody
from bot.conversation import asking, granting
from bot.conversation.choices import chosen
from bot.conversation.lists import joined
from bot.conversation.people import resolve
from bot.conversation.step import Step
from trajectory.grants import Grant

NAME = "ending"
_ALL = "all"


def stop_sharing(step: Step, whom: str) -> None:
    """Begin to end sharing with whomever these words mean."""
    grants = step.care.grants
    if not grants:
        step.add_line("ending.nobody")
        asking.repeat(step)
        return
    step.begin(NAME, "who")
    named = {m.id for m in resolve(whom, [g.member for g in grants])} if whom else set()
    meant = [g for g in grants if g.member.id in named]
    if means_everybody(whom) or (not whom and len(grants) == 1):
        _confirm(step, list(grants))
    elif len(meant) == 1:
        _confirm(step, meant)
    else:
        _ask_who(step)


def ask_to_end(step: Step, grants: Sequence[Grant]) -> None:
    """Ask whether these are to be ended, where that may be meant."""
    step.begin(NAME, "confirm")
    _confirm(step, list(grants))


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    assert step.memory.task is not None
    if step.memory.task.step == "who":
        _ask_who(step)
    else:
        _confirm(step, _meant(step))


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step, or say what would be one."""
    assert step.memory.task is not None
    answer = option or chosen(step, text)
    if step.memory.task.step == "who":
        _take_who(step, answer)
    else:
        _take_confirmation(step, answer)


def _ask_who(step: Step) -> None:
    assert step.memory.task is not None
    step.memory.task.step = "who"
    options = [(str(grant.id), grant.member.name) for grant in step.care.grants[:7]]
    if len(options) > 1:
        options.append((_ALL, step.words.say("ending.all")))
    options.append(("no", step.words.say("ending.none")))
    step.offer_words(step.words.say("ending.who"), options)


def _take_who(step: Step, answer: str | None) -> None:
    if answer == "no":
        asking.leave(step, "ending.kept")
        return
    meant = [g for g in step.care.grants if answer in (_ALL, str(g.id))]
    if meant:
        _confirm(step, meant)
    else:
        _ask_who(step)


def _confirm(step: Step, grants: list[Grant]) -> None:
    task = step.memory.task
    assert task is not None
    task.step = "confirm"
    task.data["grants"] = [grant.id for grant in grants]
    options = [("yes", "button.yes"), ("no", "button.no")]
    step.offer("ending.confirm", options, names=_names(step, grants))


def _names(step: Step, grants: list[Grant]) -> str:
    return joined([grant.member.name for grant in grants], step.words.say("and"))


def _meant(step: Step) -> list[Grant]:
    assert step.memory.task is not None
    return [g for g in step.care.grants if g.id in step.memory.task.data["grants"]]


def _take_confirmation(step: Step, answer: str | None) -> None:
    if answer is None:
        ask(step)
    elif answer == "no":
        asking.leave(step, "ending.kept")
    else:
        grants = _meant(step)
        for grant in grants:
            granting.end(step, grant)
        asking.leave(step, "ending.ended", names=_names(step, grants))
