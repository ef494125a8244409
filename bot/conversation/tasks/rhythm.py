"""How often the patient wants to be asked: the answer changes what is planned."""

from __future__ import annotations

from bot import schedule
from bot.conversation import asking, how_often, pathways
from bot.conversation.choices import chosen, is_bare_answer, is_question
from bot.conversation.dates import day_name
from bot.conversation.effects import Record
from bot.conversation.step import Step
from bot.conversation.tasks.keeping import keep
from flows.model import Frequency
from flows.model import Step as Line

NAME = how_often.NAME


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    task = step.memory.task
    assert task is not None
    if task.step == "once":
        _ask_once_more(step)
    else:
        how_often.put(step, task.data["why"])


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer; words that are none are kept, and the question comes again."""
    task = step.memory.task
    assert task is not None
    answer = option or chosen(step, text)
    if answer is None:
        if not is_bare_answer(step, text):
            keep(step, "question" if is_question(step, text) else "note", text)
        ask(step)
    elif task.step == "once":
        _take_once_more(step, text, answer)
    elif not take(step, text, answer):
        ask(step)


def take(step: Step, text: str, answer: str) -> bool:
    """Ask from now on as often as the patient says, once; False where that is no such answer."""
    line = how_often.weekly_line(step)
    frequencies = {each.id: each for each in line.frequencies} if line else {}
    if line is None or answer not in (*frequencies, how_often.STOP):
        return False
    step.memory.choose, step.memory.choice_turn = "", 0
    step.do(Record(step.new_id(), "rhythm", code=answer, text=text))
    if answer in frequencies:
        _ask_on(step, line, frequencies[answer])
    else:
        _ask_no_more(step, line)
    return True


def _ask_on(step: Step, line: Line, frequency: Frequency) -> None:
    week = _week(step)
    _leave(step)
    step.memory.rhythm = {"every": frequency.weeks, "since": week}
    if frequency.weeks > 1 or week >= (line.weekly_until or 0):
        step.memory.rhythm["until"] = line.then_until or 0
    pathways.set_anew(step)
    _say_when(step, "chosen", often=frequency.text[step.person.language].lower())
    asking.repeat(step)


def _say_when(step: Step, about: str, **params: object) -> None:
    at = pathways.next_check_in(step)
    if at is None:
        step.add_line(f"rhythm.{about}.over", **params)
    else:
        day = day_name(at, step.person.zone, step.person.language)
        step.add_line(f"rhythm.{about}.next", day=day, **params)


def _ask_no_more(step: Step, line: Line) -> None:
    """Nothing more is planned; where there is still time for it, one more time is offered."""
    step.memory.rhythm = {"only": 0}
    step.memory.waiting.clear()
    pathways.set_anew(step)
    step.add_line("rhythm.goodbye", emergency=step.world.clinic.emergency_number)
    _leave(step)
    if step.memory.task is None and line.once_more is not None and line.once_more > _week(step):
        step.begin(NAME, "once")
        _ask_once_more(step)
    else:
        asking.repeat(step)


def _leave(step: Step) -> None:
    """This question is answered; another dialogue that has begun since goes on."""
    if step.memory.task is not None and step.memory.task.name == NAME:
        step.memory.task = None


def _ask_once_more(step: Step) -> None:
    step.offer("rhythm.once", [("yes", "button.yes"), ("no", "button.no")])


def _take_once_more(step: Step, text: str, answer: str) -> None:
    line = how_often.weekly_line(step)
    step.memory.task = None
    step.do(Record(step.new_id(), "rhythm", code=f"once-{answer}", text=text))
    if answer == "yes" and line is not None and line.once_more is not None:
        step.memory.rhythm = {"only": line.once_more}
        pathways.set_anew(step)
        _say_when(step, "once-yes")
    else:
        step.add_line("rhythm.once-no")
    asking.repeat(step)


def _week(step: Step) -> int:
    rhythm = pathways.rhythm(step)
    return schedule.week_of(rhythm, step.now) if rhythm else 0
