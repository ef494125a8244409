"""The patient is elsewhere: which clock they go by is asked, and shown before it counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.commands import recognise, without_politeness
from bot.conversation import asking
from bot.conversation.choices import chosen, is_no, yes_or_no
from bot.conversation.memory import Task
from bot.conversation.relocating import relocate
from bot.conversation.step import Step
from bot.zones import by_clock, city, read_place

NAME = "rezoning"
MOST = 10
"""So many cities can be chosen from, each with a letter."""
WAY_OUT_AT = 2
"""After so many replies that cannot be read, the way out is named."""


def begin(step: Step, words: str) -> None:
    """Go by the clock of this place, once the patient has said that it is right; or ask where."""
    step.begin(NAME, "where")
    _take(step, words) if words else ask(step)


def begin_home(step: Step) -> None:
    """Go by the clock at home again, once the patient has said that it is right."""
    step.begin(NAME, "where")
    _make_sure(step, step.memory.home)


def is_away(step: Step) -> bool:
    """Whether the patient goes by another clock than at home."""
    return step.memory.home not in ("", step.person.timezone)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    language = step.person.language
    if task.step == "where":
        step.offer("zone.where")
    elif task.step == "which":
        names = [(zone, city(zone, language)) for zone in task.data["zones"]]
        step.offer_words(step.words.say("zone.which"), names, "zone.which")
    else:
        clock = f"{step.now.astimezone(ZoneInfo(task.data['zone'])):%H:%M}"
        options = [("yes", "button.yes"), ("no", "button.no")]
        step.offer("zone.sure", options, clock=clock)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a place in any present step; a no to the clock asks for another, else all stays."""
    task = step.memory.task
    assert task is not None
    place = None if option else _place_in(step, text)
    answer = option or chosen(step, text)
    if task.step == "sure" and answer is None:
        answer = yes_or_no(step, text)
    if place is not None:
        _take(step, place)
    elif task.step == "which" and answer in task.data["zones"]:
        _make_sure(step, str(answer))
    elif task.step == "sure" and answer == "yes":
        _move(step, task.data["zone"])
    elif task.step == "sure" and answer == "no":
        task.step = "where"
        step.add_line("zone.another")
        ask(step)
    elif is_no(step, text):
        asking.leave(step, "task.left")
    else:
        _ask_anew(step, task)


def _ask_anew(step: Step, task: Task) -> None:
    """The question once more; from the second time on with the way out."""
    if task.step == "where":
        step.add_line("zone.unknown")
    task.data["unclear"] = task.data.get("unclear", 0) + 1
    if task.data["unclear"] >= WAY_OUT_AT:
        step.add_line("zone.way-out")
    ask(step)


def _place_in(step: Step, text: str) -> str | None:
    """The place that these words name, alone or in a sentence."""
    words = without_politeness(text)
    if read_place(words) is not None:
        return words
    command = recognise(text, step.person.language)
    return command.slots.get("place") if command is not None else None


def _take(step: Step, words: str) -> None:
    task = step.memory.task
    assert task is not None
    zones = by_clock(read_place(words) or (), step.now)
    if len(zones) == 1:
        _make_sure(step, zones[0])
        return
    if 1 < len(zones) <= MOST:
        task.step, task.data["zones"] = "which", zones
    else:
        task.step = "where"
        step.add_line("zone.several" if zones else "zone.unknown")
    ask(step)


def _make_sure(step: Step, zone: str) -> None:
    task = step.memory.task
    assert task is not None
    if len(by_clock((zone, step.person.timezone), step.now)) == 1:
        clock = f"{step.now.astimezone(step.person.zone):%H:%M}"
        asking.leave(step, "zone.same", clock=clock)
        return
    task.step, task.data["zone"] = "sure", zone
    ask(step)


def _move(step: Step, zone: str) -> None:
    relocate(step, zone)
    place, clock = city(zone, step.person.language), f"{step.person.hour:%H:%M}"
    asking.leave(step, "zone.done", place=place, clock=clock)
