"""The part of sharing that makes a page about work: what goes along, own words, a look at all.

Somebody at a job centre or an insurer reads the page as it is at that moment, and never more.
A patient whose employer asks may have it made to take along: it is sent to nobody.
"""

from __future__ import annotations

import re
from datetime import datetime, time

from bot.conversation.choices import chosen, is_no
from bot.conversation.dates import day_name
from bot.conversation.effects import Audit, KeepWorkPage, MakeLink, Record
from bot.conversation.lists import joined
from bot.conversation.own_summary import person_of
from bot.conversation.step import Step
from trajectory.grants import VIEWING_LIFE
from trajectory.web_access import CHANNEL as WEB
from trajectory.work_page import DAYS, WORK, WorkPage, draft

STEPS = ("offer", "pick", "own-words", "look")
AGREED = "agreed"
"""The step that the task is at once the patient has said yes to the page as it is."""
DAYS_READABLE = 30
LONGEST_WORDS = 500
"""Characters of the patient's own words."""
_FIRST = (WORK, DAYS)
"""What stands on the page unless the patient takes it out; the rest they put on it."""
_WORDS, _DONE, _NO = "words", "done", "no"


def offer(step: Step) -> None:
    """Refuse an employer, and offer the page to take along where it can be read on the web."""
    assert step.memory.task is not None
    step.memory.task.step = "offer"
    options = [("make", "share.work.make"), (_NO, "button.no")]
    step.offer("share.employer-offer", options)


def begin(step: Step, name: str) -> None:
    """Ask what goes along to whom this is; an empty name: to be taken along."""
    task = step.memory.task
    assert task is not None
    task.data.update(name=name, words="", on=[p for p in _whole(step).parts if p in _FIRST])
    task.step = "pick"
    ask(step)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    match task.step:
        case "offer":
            offer(step)
        case "pick":
            _ask_what(step)
        case "own-words":
            step.offer("share.work.own-words")
        case "look":
            _show_all(step)


def take(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step; a no has been taken before, by `refuses`."""
    task = step.memory.task
    assert task is not None
    answer = option or chosen(step, text)
    match task.step:
        case "offer" if answer == "make":
            begin(step, "")
        case "pick":
            _take_parts(step, text, answer)
        case "own-words":
            _take_words(step, text)
        case "look" if answer == "yes":
            task.step = AGREED
        case "look" if answer == "change":
            task.step = "pick"
            ask(step)
        case _:
            step.add_line("share.choose")
            ask(step)


def refuses(step: Step, text: str, option: str | None) -> bool:
    """Whether the patient would rather not share after all."""
    assert step.memory.task is not None
    if step.memory.task.step == "own-words":
        return False
    answer = option or chosen(step, text)
    return answer == _NO or (answer is None and is_no(step, text))


def page(step: Step) -> WorkPage:
    """The page as the patient has put it together."""
    assert step.memory.task is not None
    data = step.memory.task.data
    return _whole(step).only(data["on"], data["words"])


def hand_over(step: Step) -> None:
    """Keep the page for the patient alone, and say where it is to be found."""
    step.do(KeepWorkPage(page(step)))
    step.do(Record(step.new_id(), "work-page"))
    step.do(Audit("work-page-made"))
    url = step.world.clinic.public_url
    if step.channel == WEB:
        step.add_line("share.work.made-here", link=f"{url}/chat/work-page")
        return
    token = step.world.chance.token()
    step.do(MakeLink(token, VIEWING_LIFE))
    step.add_line("share.work.made", link=f"{url}/chat/in/{token}")


def can_be_taken_along(step: Step) -> bool:
    """Whether there is a web page to read it on."""
    return WEB in step.world.channels


def _whole(step: Step) -> WorkPage:
    return draft(step.timeline, person_of(step), step.now)


def _ask_what(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    whole, on = _whole(step), task.data["on"]
    options = [
        (
            part,
            step.words.say(f"share.work.{'on' if part in on else 'off'}", part=_short(step, part)),
        )
        for part in whole.parts
    ]
    words = _WORDS if not task.data["words"] else "words-anew"
    options.append((_WORDS, step.words.say(f"share.work.{words}")))
    options.append((_DONE, step.words.say("share.work.done")))
    options.append((_NO, step.words.say("share.until.no" if task.data["name"] else "button.no")))
    key = "share.work.pick" if task.data["name"] else "share.work.pick-own"
    step.offer_words(step.words.say(key, name=task.data["name"]), options)


def _take_parts(step: Step, text: str, answer: str | None) -> None:
    task = step.memory.task
    assert task is not None
    there = _whole(step).parts
    several = _letters(task.data.get("options", []), text) if answer is None else [answer]
    if several and all(each in there for each in several):
        task.data["on"] = [p for p in there if (p in task.data["on"]) != (p in several)]
    elif answer == _WORDS:
        task.step = "own-words"
    elif answer == _DONE:
        task.step = "look" if _is_something(page(step)) else "pick"
    else:
        step.add_line("share.choose")
    ask(step)


def _letters(options: list[list[str]], text: str) -> list[str]:
    """The parts that letters stand for, as in "a c" or "A, C"; nothing where more is said."""
    said = re.split(r"[\s,.+&]+", text.strip(" ,.").upper())
    by_letter = dict(zip("ABCDEFGHIJ", (option for option, _ in options), strict=False))
    return [by_letter[each] for each in said] if set(said) <= set(by_letter) else []


def _take_words(step: Step, text: str) -> None:
    task = step.memory.task
    assert task is not None
    words = text.strip()
    if len(words) > LONGEST_WORDS:
        step.add_line("share.work.too-long", limit=LONGEST_WORDS)
    else:
        task.data["words"] = "" if is_no(step, text) else words
        task.step = "pick"
    ask(step)


def _show_all(step: Step) -> None:
    """In one message what goes along and what does not, and that it need not be shared."""
    assert step.memory.task is not None
    name, made = step.memory.task.data["name"], page(step)
    if name:
        goes = _goes(step, made)
        text = step.words.say("share.work.preview", name=name, goes=goes, days=DAYS_READABLE)
        labels = (("yes", "share.work.share"), ("change", "share.work.change"))
        last = "share.until.no"
    else:
        text = step.words.say("share.work.preview-own", goes=_goes(step, made))
        labels = (("yes", "share.work.make"), ("change", "share.work.change"))
        last = "button.no"
    options = [(option, step.words.say(key)) for option, key in (*labels, (_NO, last))]
    step.offer_words(text, options)


def _is_something(made: WorkPage) -> bool:
    return bool(made.parts or made.words)


def _goes(step: Step, made: WorkPage) -> str:
    parts = [_named(step, made, part) for part in made.parts]
    if made.words:
        parts.append(step.words.say("share.work.part.words"))
    return _list(step, parts) or step.words.say("share.work.part.nothing")


def _named(step: Step, made: WorkPage, part: str) -> str:
    if part == DAYS and made.weeks:
        noon = datetime.combine(made.weeks[0].day, time(12), tzinfo=step.person.zone)
        day = day_name(noon, step.person.zone, step.person.language)
        return step.words.say("share.work.part.days", day=day)
    return step.words.say(f"share.work.part.{part}")


def _short(step: Step, part: str) -> str:
    return step.words.say(f"share.work.short.{part}")


def _list(step: Step, parts: list[str]) -> str:
    return joined(parts, step.words.say("and")) if parts else ""
