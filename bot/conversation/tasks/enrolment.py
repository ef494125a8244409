"""Enrolment by conversation: language, consent, name, hour, day, the patient's own code.

What the clinic has entered already is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

from bot.commands import TOO_MUCH, recognise, without_politeness
from bot.conversation import asking, consents, own_code, pathways
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import Audit, DropDue, OpenCase, SavePatient, SetDue
from bot.conversation.memory import Task
from bot.conversation.step import Step
from bot.phrases import Says, phrases
from bot.times import When, read_hour, read_rhythm
from flows.lexicon import Sense, Token
from templates.catalogue import Catalogue
from trajectory.cases import Cause, Kind

NAME = "enrolment"
LONGEST_NAME = 60

_COMMANDS = frozenset(
    {"stop", "help", "language", "person", "delete", "code", "consents"}
    | {"assistant", TOO_MUCH, "other-language"}
)
_STEPS = ("language", "consent", "name", "hour", "weekday", "code")
_HOURS = ("08:00", "12:00", "18:00", "20:00")
STANDS_STILL = "enrolment-stands-still"
"""The due row that looks whether the patient has agreed."""
STILL = timedelta(days=3)
"""So long after the first question."""
WAY_OUT = 3
"""From this failed try on the patient hears that a person can help."""
EARLIEST, LATEST = time(8), time(20, 59)
"""Between these a patient may be written to."""


def begin(step: Step, known: frozenset[str] = frozenset()) -> None:
    """Start enrolling; steps that are `known` (`language`, `name`, `code`) are left out."""
    wait(step, known)
    _enter(step)


def wait(step: Step, known: frozenset[str], *, consented: bool = False) -> None:
    """The enrolment begins with the first word of the patient, wherever it comes from.

    `consented`: on paper already, so that nothing is asked then.
    """
    step.begin(NAME, "", known=sorted(known), consented=consented)


def waits(task: Task | None) -> bool:
    """Whether the patient has never been heard."""
    return task is not None and task.name == NAME and not task.step


def _enter(step: Step) -> None:
    assert step.memory.task is not None
    data = step.memory.task.data
    if data.get("consented"):
        complete(step, greets=True)
        return
    step.do(SetDue(STANDS_STILL, STANDS_STILL, step.now + STILL))
    if "language" in data["known"]:
        step.add_line("enrol.hello", clinic=step.world.clinic.name)
    _go_on(step)


def begin_again(step: Step) -> None:
    """Enrol somebody who had declined or stopped; what they told before is known.

    After an emergency it is put aside until a doctor has looked.
    """
    person, memory = step.person, step.memory
    told = {"language": person.language, "name": person.name, "code": person.code}
    person.status = "enrolling"
    step.do(SavePatient())
    wait(step, frozenset(name for name, value in told.items() if value))
    if memory.held:
        memory.set_aside, memory.task = memory.task, None
    else:
        _enter(step)


def ask(step: Step) -> None:
    """Put the question of the present step; the first of all begins the enrolment."""
    if waits(step.memory.task):
        _enter(step)
        return
    if step.memory.task is not None and step.memory.task.data.get("doubt"):
        step.offer("enrol.sure", [("yes", "button.yes"), ("no", "button.no")])
        return
    present = _present(step)
    step.offer_words(_question(step, present), _options(step, present), f"enrol.{present}")


def _ask_once_more(step: Step) -> None:
    """Say what would be an answer, and from the third try on that a person can help.

    The question itself need not be read a second time, the way out not a third.
    """
    task, present = step.memory.task, _present(step)
    assert task is not None
    tries = task.data["tries"] = task.data.get("tries", 0) + 1
    words = [each for _, each in _languages(step)] if present == "language" else [step.words]
    person = "enrol.way-out" if tries == WAY_OUT else "enrol.person"
    lines = [each.say(f"enrol.again.{present}") for each in words]
    if tries >= WAY_OUT:
        lines = [
            f"{each.say(person, clinic=step.world.clinic.name)} {line}"
            for each, line in zip(words, lines, strict=True)
        ]
    step.offer_words("\n".join(lines), _options(step, present), f"enrol.again.{present}")


def _question(step: Step, present: str) -> str:
    clinic = step.world.clinic
    if present == "language":
        languages = [words for _, words in _languages(step)]
        return "\n".join(
            f"{words.say('enrol.hello', clinic=clinic.name)} {words.say('enrol.language')}"
            for words in languages
        )
    if present == "consent":
        return consents.words(step, consents.ENROLMENT)
    return step.words.say(f"enrol.{present}")


def _options(step: Step, present: str) -> list[tuple[str, str]]:
    match present:
        case "language":
            return [(code, words.say("language.name")) for code, words in _languages(step)]
        case "consent":
            return [
                ("yes", step.words.say("button.agree")),
                ("no", step.words.say("button.decline")),
            ]
        case "hour":
            return [(hour, hour) for hour in _HOURS]
        case "weekday":
            return [(str(day), step.words.say(f"weekday.{day}")) for day in range(7)]
        case _:
            return []


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step, or say what would be one."""
    if waits(step.memory.task):
        _enter(step)
        return
    if _takes_consent_back(step, text, option):
        return
    take = {
        "language": _take_language,
        "consent": _take_consent,
        "name": _take_name,
        "hour": _take_hour,
        "weekday": _take_weekday,
        "code": _take_code,
    }[_present(step)]
    if take(step, text, option):
        step.do(SavePatient())
        _go_on(step)
    elif step.memory.task is not None:
        _ask_once_more(step)


def _takes_consent_back(step: Step, text: str, option: str | None) -> bool:
    """Whether this is a no to taking part, after a yes to it; where it may be, that is asked.

    A no alone answers nothing that is asked from there on.
    """
    task = step.memory.task
    assert task is not None
    if task.step in ("language", "consent") or not consents.stands(step, consents.STORE):
        return False
    answer = (option or chosen(step, text)) if task.data.pop("doubt", False) else None
    declines = any(each.says is Says.DECLINES for each in phrases(text, step.person.language))
    if answer == "no" or (option is None and declines):
        decline(step, text)
    elif answer == "yes":
        ask(step)
    elif option is None and is_no(step, text):
        task.data["doubt"] = True
        ask(step)
    else:
        return False
    return True


def allows(step: Step, command: str) -> bool:
    """Whether a command is one here, and not the answer to what is asked."""
    task = step.memory.task
    asks = task is not None and task.name == NAME and task.step == "language"
    return command in _COMMANDS and not (asks and command == "language")


def go_back(step: Step) -> None:
    """Put the question before the present one again, if there was one."""
    task = step.memory.task
    assert task is not None
    if waits(task):
        _enter(step)
        return
    task.data.pop("doubt", None)
    asked = [name for name in _STEPS if name not in task.data["known"]]
    task.step, task.data["tries"] = asked[max(asked.index(task.step) - 1, 0)], 0
    ask(step)


def _present(step: Step) -> str:
    assert step.memory.task is not None
    return step.memory.task.step


def _go_on(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    left = _STEPS[_STEPS.index(task.step) + 1 if task.step else 0 :]
    task.step = next((name for name in left if name not in task.data["known"]), "")
    task.data["tries"] = 0
    if task.step:
        ask(step)
    else:
        _finish(step)


def _languages(step: Step) -> list[tuple[str, Catalogue]]:
    own = step.person.language
    return sorted(step.world.catalogues.items(), key=lambda pair: pair[0] != own)


def _take_language(step: Step, text: str, option: str | None) -> bool:
    language = option or _language_named(step, text) or chosen(step, text)
    if language is None:
        return False
    step.person.language = language
    return True


def _language_named(step: Step, text: str) -> str | None:
    said = without_politeness(text).casefold()
    for code, words in step.world.catalogues.items():
        if said in (code, words.say("language.name").casefold()):
            return code
    command = recognise(text, step.person.language)
    named = command.slots.get("language") if command and command.name == "language" else None
    return named if named in step.world.catalogues else None


def _take_consent(step: Step, text: str, option: str | None) -> bool:
    answer = option or chosen(step, text) or _agreed(step, text)
    if answer is not None:
        consents.note_turn(step, consents.ENROLMENT, answer)
    if answer == "yes":
        consents.answer(step, consents.ENROLMENT, consents.GIVEN, text)
        return True
    if answer == "no":
        decline(step, text)
    return False


def _agreed(step: Step, text: str) -> str | None:
    """Whether the words agree to what was asked, without a yes or no: "I agree", "fine by me"."""
    said = {phrase.says for phrase in phrases(text, step.person.language)}
    tokens = step.lexicon.tokens(text)
    if Says.DECLINES in said or _all_mean(tokens, Sense.DISAGREE):
        return "no"
    if Says.CONSENTS in said or _all_mean(tokens, Sense.AGREE, Sense.CONFIRM):
        return "yes"
    return None


def _all_mean(tokens: Sequence[Token], *senses: Sense) -> bool:
    return bool(tokens) and all(token.means(*senses) for token in tokens)


def decline(step: Step, raw: str | None) -> None:
    """The patient does not want to take part, be it said before a yes or after it."""
    memory = step.memory
    if memory.task is not None and memory.task.name == NAME:
        memory.task = None
    memory.set_aside = None
    step.person.status = "ended"
    step.do(SavePatient())
    step.do(DropDue((STANDS_STILL,)))
    if consents.stands(step, consents.STORE):
        consents.withdraw_keeping(step, raw)
    else:
        step.do(OpenCase(Kind.CONSENT_MISSING, cause=Cause.DECLINED))
        step.do(Audit("consent-declined"))
    step.add_line("enrol.declined")


def _take_name(step: Step, text: str, option: str | None) -> bool:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME:
        return False
    step.person.name = name
    return True


def _take_hour(step: Step, text: str, option: str | None) -> bool:
    words = option or chosen(step, text) or without_politeness(text)
    said = read_hour(words) or read_hour(_without_hedges(step, words))
    clock = None if said is None or said.clock is None else _awake(said)
    if clock is None:
        return False
    step.person.hour = clock
    return True


def _awake(said: When) -> time | None:
    """The hour meant: "half past seven" is in the evening, where the morning is too early."""
    clock = said.clock
    if clock is not None and clock < EARLIEST and clock.hour and not said.half_day:
        clock = clock.replace(hour=clock.hour + 12)
    return clock if clock is not None and EARLIEST <= clock <= LATEST else None


def _without_hedges(step: Step, text: str) -> str:
    """What is said, without "around" and "I suppose"."""
    tokens = step.lexicon.tokens(text)
    return " ".join(each.text for each in tokens if not each.means(Sense.ABOUT, Sense.UNSURE))


def _take_weekday(step: Step, text: str, option: str | None) -> bool:
    day = option or chosen(step, text)
    if day is None:
        return _take_named_weekday(step, text)
    step.person.weekday = int(day)
    return True


def _take_named_weekday(step: Step, text: str) -> bool:
    """In any language, as patients switch; an hour beside it was asked for before."""
    words = without_politeness(text)
    said = read_rhythm(words) or read_rhythm(_without_hedges(step, words))
    if said is None or said.weekday is None or said.clock is not None:
        return False
    step.person.weekday = said.weekday
    return True


def _take_code(step: Step, text: str, option: str | None) -> bool:
    code = own_code.read_new_code(step, text)
    if not code:
        return False
    step.person.code = code
    return True


def notice(step: Step) -> None:
    """The enrolment has begun so long ago: where the patient has not agreed yet, a person looks."""
    if step.person.status == "enrolling" and not consents.stands(step, consents.STORE):
        step.do(OpenCase(Kind.CONSENT_MISSING, cause=Cause.STOPPED))


def _finish(step: Step) -> None:
    step.do(DropDue((STANDS_STILL,)))
    step.add_line("enrol.done", name=step.person.name)
    _activate(step)


def complete(step: Step, *, greets: bool = False) -> None:
    """The clinic has done it all, consent on paper included: only the pathway starts.

    `greets`: the patient has written, and is answered whether a pathway starts or not.
    """
    consents.answer(step, consents.ENROLMENT, consents.GIVEN, on_paper=True)
    if greets or step.person.pathway is not None:
        clinic = step.world.clinic
        step.add_line("enrol.welcome", clinic=clinic.name, emergency=clinic.emergency_number)
    _activate(step)


def _activate(step: Step) -> None:
    step.memory.task = None
    step.person.status = "active"
    step.person.started_at = step.now
    step.do(SavePatient())
    step.do(Audit("enrolled"))
    pathways.start(step)
    asking.open_next(step)
