"""How many messages the default pathway takes: `python -m tests.counting` writes docs/messages.md.

Patients who answer at once are played by `backtrace replay`, one for each channel and language.
They are enrolled on a Thursday, so that the first check-in falls into their first week, and
work, so that they get every question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.backtrace.replay.playing import MONDAY, Line, Script, as_file, output

PAGE = Path(__file__).parent.parent / "docs" / "messages.md"
COMMAND = "python -m tests.counting"
CHANNELS = {"telegram": "Telegram", "sms": "SMS"}
LANGUAGES = {"en": "English", "da": "Danish"}
THURSDAY = MONDAY + timedelta(days=3)
FIRST = THURSDAY.date()
NORMAL = FIRST + timedelta(days=18)
"""The Monday of the third check-in, from which SMS asks for all in one message."""
_QUESTIONS = ("answer", "skip", "not-applicable")
_ASKED = {
    "en": ("no", "about three weeks ago", "none"),
    "da": ("nej", "for tre uger siden", "ingen"),
}


@dataclass(frozen=True)
class Week:
    """Seven days of one patient."""

    questions: int
    most_in_a_day: int
    messages: int
    days: int
    """Days with any message; that of the enrolment is one of them."""
    segments: int
    written: int
    """Messages that the patient wrote or buttons that were pressed."""


def play() -> dict[tuple[str, str], tuple[Week, Week]]:
    """The first and a normal week, by channel and language."""
    people = [(channel, language) for channel in CHANNELS for language in LANGUAGES]
    scripts = {person: _script(*person) for person in people}
    steps = sorted((s for script in scripts.values() for s in script.steps), key=lambda s: s["at"])
    lines = output(as_file(steps))
    return {
        person: (_week(script, lines, FIRST), _week(script, lines, NORMAL))
        for person, script in scripts.items()
    }


def _name(channel: str, language: str) -> str:
    return f"{channel}-{language}"


def _script(channel: str, language: str) -> Script:
    """Everything is answered in the same evening, by typing: a tap counts like a message."""
    no, words, none = _ASKED[language]
    patient = _name(channel, language)
    script = Script(now=THURSDAY)
    script.enrol(
        patient,
        channel=channel,
        address=patient,
        language=language,
        pathway="low-back-pain",
    )
    days = {
        0: [no, *"AAAABBBB", "C"],
        1: [*"BBBBBBBBBB"],
        2: ["A", words, words, words],
        4: ["6", "4", "2", "0", no],
        8: ["B", none, "A"],
        11: ["5", "4", "2", "0", no],
        18: ["4 3 1 0 " + no] if channel == "sms" else ["4", "3", "1", "0", no],
    }
    for day, texts in days.items():
        if day:
            script.now = THURSDAY.replace(hour=18, minute=5) + timedelta(days=day)
        script.say(*texts, patient=patient)
    script.now = THURSDAY + timedelta(days=25)
    return script.step()


def _week(script: Script, lines: Sequence[Line], first: date) -> Week:
    patient = script.steps[0]["enrol"]["patient"]
    within = [line for line in (*lines, *script.steps) if first <= _day(line) < first + _WEEK]
    asked = Counter(
        _day(line)
        for line in within
        if line.get("patient") == patient and line["entry"]["kind"] in _QUESTIONS
    )
    sent = [line for line in within if line.get("to") == patient]
    return Week(
        questions=asked.total(),
        most_in_a_day=max(asked.values()),
        messages=len(sent),
        days=len({_day(line) for line in sent}),
        segments=sum(line.get("segments", 0) for line in sent),
        written=sum(1 for line in within if line.get("from") == patient),
    )


_WEEK = timedelta(days=7)


def _day(line: Line) -> date:
    return datetime.fromisoformat(line["at"]).date()


def page() -> str:
    """docs/messages.md."""
    return "\n".join(lines_of(play()))


def lines_of(counted: dict[tuple[str, str], tuple[Week, Week]]) -> Iterator[str]:
    """The page, line by line."""
    yield from (
        "# How many messages a patient gets",
        "",
        "Counted by `backtrace replay` on the default pathway, for patients who answer at once,",
        "work (so that they get every question) and are enrolled on a Thursday (so that the first",
        f"check-in falls into their first week). Written by `{COMMAND}`; a test holds the numbers.",
        "",
        "The limits: at most one conversation opened unasked a day and three in any seven days,",
        "reminders included; at most 10 questions a day by SMS and 20 elsewhere, unless the",
        "patient says go on (docs/adr/0011).",
    )
    yield from _table("Week 1", [(name, weeks[0]) for name, weeks in counted.items()])
    normal = "A normal week, from the third check-in on"
    yield from _table(normal, [(name, weeks[1]) for name, weeks in counted.items()])
    yield ""


def _table(title: str, weeks: Sequence[tuple[tuple[str, str], Week]]) -> Iterator[str]:
    yield from (
        "",
        f"## {title}",
        "",
        "| | questions | most in a day | messages out | segments | messages in | days |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for (channel, language), week in weeks:
        segments = str(week.segments) if channel == "sms" else "-"
        cells = [
            f"{CHANNELS[channel]}, {LANGUAGES[language]}",
            *map(str, (week.questions, week.most_in_a_day, week.messages, segments)),
            *map(str, (week.written, week.days)),
        ]
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
