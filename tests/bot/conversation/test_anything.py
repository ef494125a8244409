"""Whatever is written, wherever a conversation stands: answered, and never kept as what it is not.

Many patients write in one transcript, so that a few examples are thousands of messages.
"""

from __future__ import annotations

import re

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from bot.commands import recognise
from bot.phrases import Says, phrases
from flows.model import ItemKind
from templates.catalogue import load_catalogues
from tests.backtrace.replay.playing import Line, Script, as_file, output
from tests.flows.test_reading import MESSAGES

LIBRARY = shipped_library()
FAILED = [words.say("failed", doctor="1813") for words in load_catalogues("messages").values()]
CHANNELS = ("sms", "telegram", "web")

STATES: dict[str, list[str]] = {
    "nothing open": [],
    "a list of statements": ["* odi"],
    "asked back": ["* odi", "3"],
    "the last statement": ["* odi", *"AAAAAAAAA"],
    "just finished": ["* odi", *"AAAAAAAAAA"],
    "agree or not": ["* start-back"],
    "a scale": ["* weekly-check-in"],
    "a count": ["* weekly-check-in", "6"],
    "own words": ["* intake", "A"],
    "a warning sign": ["* red-flags"],
    "after an emergency": ["* odi", "* red-flags", *"AAAAAAAAAA", "yes"],
    "two flows at once": ["* odi", "* weekly-check-in"],
    "sharing: a name": ["share"],
    "sharing: whom": ["add my physio Anne a@b.dk", "add my gp Bo b@b.dk", "share"],
    "sharing: preview": ["share with my physio Anne Berg a@b.dk"],
    "sharing: alert": ["share with my physio Anne Berg a@b.dk", "A", "4071"],
    "sharing: code": ["share with my physio Anne Berg a@b.dk", "A"],
    "ending": ["share with my physio Anne Berg a@b.dk", "A", "4071", "no", "stop sharing"],
    "stopped": ["* odi", "stop"],
    "ending when stopped": ["share with my gp Bo b@b.dk", "A", "4071", "no", "stop",
                            "stop sharing"],
    "a guess": ["how am i doign"],
    "erasing: sure": ["delete my data"],
    "erasing: code": ["delete my data", "yes"],
    "exporting: code": ["export my data"],
    "exporting: how": ["export my data", "4071"],
    "withdrawing: which": ["I want to withdraw a consent"],
    "withdrawing: then": ["I don't want you to keep my answers"],
    "a new hour": ["change time"],
    "a quiet hour": ["at 23"],
    "a visit": ["my next visit is soon"],
    "a visit's hour": ["my next visit is on Monday"],
    "what to talk about": ["my next visit is today at 20"],
    "which language": ["change language"],
    "a known address": ["add my physio Anne a@b.dk", "share with my wife Ida a@b.dk"],
    "pausing": ["* odi", "pause for two weeks"],
    "muted": ["* odi", "stop the questionnaires"],
    "keeping a question": ["I have been thinking about my neighbour"],
    "which answer is meant": ["* weekly-check-in", "6", "I meant 4"],
    "the last question again": ["* odi", *"AAAAAAAAAA", "back"],
    "a helper": ["* weekly-check-in", "she says 6"],
    "a helper, confirmed": ["* weekly-check-in", "she says 6", "yes"],
    "a wrong number": ["* weekly-check-in", "6", "wrong number"],
    "a wrong number, when stopped": ["* weekly-check-in", "stop", "wrong number"],
    "a death": ["* weekly-check-in", "6", "mother has died"],
    "after a death": ["* weekly-check-in", "mother has died", "yes"],
    "what is known": ["* intake", "A", "Lifting", "A", "Rest", "None", "A", "Walk", "* intake"],
}  # fmt: skip
ENROLLING: dict[str, list[str]] = {
    "consent": [],
    "name": ["yes"],
    "hour": ["yes", "Birgit"],
    "weekday": ["yes", "Birgit", "A"],
    "code": ["yes", "Birgit", "A", "A"],
    "declined": ["no"],
    "stopped": ["stop"],
}
COMMANDS = st.sampled_from(
    ["stop", "start", "help", "back", "skip", "later", "how am i doing", "who", "stop sharing",
     "share", "send my summary to everybody", "add my mother", "does not apply", "note", "?",
     "question what", "pause", "resume", "pause until x", "only the weekly ones", "who looked",
     "show", "at 23", "Mondays", "change day", "dansk", "change language", "talk to a person",
     "my next visit is Friday", "my plan", "export my data", "delete my data", "1111", "sumary",
     "what have I agreed to", "withdraw my consent to reminders", "mine samtykker",
     "plaese skip this", "stop sharing with nobody", "send it to my boss", "tilbage", "hjælp",
     "I meant 4", "no, 3", "sorry I meant B", "jeg mente ja", "4 not 6", "she says 6",
     "hun siger B", "not me", "mor er død", "my husband has died", "Yes", "B"]
)  # fmt: skip
LABELS = st.sampled_from(
    [
        text
        for flow in LIBRARY.flows.values()
        for item in flow.items
        for option in item.options
        for text in option.text.values()
    ]
)
ODD = st.sampled_from(
    ["", " ", "\x00", "\u202e7", "7" * 5000, "a" * 5000, "{name}", "%s", "'; DROP TABLE entry;--",
     "٣", "²", "1e3", "-1", "11", "6.5", "½", "🤷", "\n\n", "<b>7</b>", "A\nB", "q.1.1.a"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(MESSAGES, COMMANDS, LABELS, ODD), min_size=1, max_size=4)


def conversation(name: str, state: str, enrolling: bool, said: list[str], place: int) -> Script:
    """A patient who is brought into this state and then writes."""
    language, channel = ("en", "da")[place % 2], CHANNELS[place % 3]
    script = Script().enrol(
        name,
        language=language,
        channel=channel,
        consent=not enrolling,
        code=None if enrolling else "4071",
        name="" if enrolling else "Birgit",
        pathway="low-back-pain" if enrolling else None,
    )
    for words in (ENROLLING if enrolling else STATES)[state]:
        if words.startswith("* "):
            script.start(words[2:], name)
        else:
            script.say(words, patient=name)
    return script.say(*said, patient=name)


def ended_up_unanswered(steps: list[Line], replies: list[Line], own: list[Line]) -> list[str]:
    """What a patient wrote, not stopped, without getting a message in the same minute."""
    moments = {line["at"] for line in replies}
    withdrawn = {line["at"] for line in own if "remind" in line["entry"].get("purposes", ())}
    withdrawn -= {line["at"] for line in own if line["entry"].get("code") == "given"}
    stopped = False
    unanswered: list[str] = []
    for step in steps:
        if "text" not in step:
            continue
        if says_whose_number(step["text"]):
            # The number may be closed by the next word, and then nothing more is said.
            return unanswered
        command = recognise(step["text"], "en")
        if command is not None and command.name in ("stop", "start"):
            stopped = command.name == "stop"
        stopped |= step["at"] in withdrawn
        if not stopped and step["at"] not in moments:
            unanswered.append(step["text"])
    return unanswered


def says_whose_number(text: str) -> bool:
    return any(phrase.says is Says.NOT_ME for phrase in phrases(text, "en"))


def fits(entry: Line) -> bool:
    """Whether an answer is one of those that its question has."""
    item = LIBRARY.flow(entry["flow"]).item(entry["item"])
    value, code = entry["value"], entry.get("code")
    if item.kind is ItemKind.TEXT:
        return value is None and code is None
    if item.options:
        option = item.option(code or "")
        return option is not None and option.score == value
    return code is None and item.minimum <= value <= item.maximum


def is_traced(raw: str, sent: set[str]) -> bool:
    """Whether these are words that the patient sent, or those of several messages, joined."""
    if raw in sent:
        return True
    cuts = [at for at in range(len(raw)) if raw.startswith(" / ", at)]
    return any(raw[:at] in sent and is_traced(raw[at + 3 :], sent) for at in cuts)


def untraced(script: Script, entries: list[Line]) -> list[str]:
    """Raw words of what stands in a patient's record that the patient never wrote."""
    written = [step["text"] for step in script.steps if "text" in step]
    parts = (part for text in written for part in re.split(r"[\s,;]+", text))
    sent = {*written, *(text.strip() for text in written), *parts}
    return [entry["raw"] for entry in entries if not is_traced(entry["raw"], sent)]


PLACES = [(state, False) for state in STATES] + [(state, True) for state in ENROLLING]


@settings(max_examples=5, phases=(Phase.explicit, Phase.generate))
@given(st.lists(TEXTS, min_size=2 * len(PLACES), max_size=2 * len(PLACES)))
def test_every_message_is_answered_and_nothing_is_kept_that_no_question_has(
    everybody: list[list[str]],
) -> None:
    scripts = [
        conversation(f"p{number}", *PLACES[number % len(PLACES)], said, number)
        for number, said in enumerate(everybody)
    ]
    steps = sorted((step for script in scripts for step in script.steps), key=lambda s: s["at"])

    lines = output(as_file(steps))

    assert not [line for line in lines if line.get("text") in FAILED]
    answers = [
        line["entry"]
        for line in lines
        if "entry" in line and line["entry"]["kind"] in ("answer", "correction")
    ]
    assert [entry for entry in answers if not fits(entry)] == []
    for number, script in enumerate(scripts):
        own = [line for line in lines if line.get("patient") == f"p{number}"]
        kept = [line["entry"] for line in own]
        given = [e for e in kept if e["kind"] in ("answer", "correction", "skip", "not-applicable")]
        assert untraced(script, given) == [], PLACES[number % len(PLACES)]
        replies = [line for line in lines if line.get("to") == f"p{number}"]
        assert ended_up_unanswered(script.steps, replies, own) == [], PLACES[number % len(PLACES)]
