"""A transcript with a mistake prints nothing but the number of its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.backtrace.replay.playing import Script, as_file, run, run_file

AT = "2026-01-05T10:00:00+01:00"
LATER = "2026-01-05T11:00:00+01:00"
ANNE = "anne@clinic.dk"
ENROL: dict[str, Any] = {
    "patient": "p1",
    "name": "Birgit",
    "channel": "sms",
    "address": "+4520000001",
    "language": "en",
    "timezone": "Europe/Copenhagen",
    "pathway": None,
    "consent": True,
}
SHARED = Script().enrol().say("share with my physio Anne Berg anne@clinic.dk", "A", "no").steps

AFTER_ENROLMENT = {
    "not JSON": "{at: now}",
    "cut off": '{"at": "2026-01-05T11:00:00+01:00"',
    "a list": "[]",
    "a text": '"hello"',
    "a lone surrogate": '{"at": "2026-01-05T11:00:00+01:00", "from": "p1", "text": "\\ud800"}',
    "no time": {"from": "p1", "text": "hi"},
    "a time without offset": {"at": "2026-01-05T11:00:00", "from": "p1", "text": "hi"},
    "a day": {"at": "2026-01-06"},
    "a number for a time": {"at": 1767607200},
    "a number as a text for a time": {"at": "1767607200"},
    "no such day": {"at": "2026-02-30T11:00:00+01:00"},
    "a year far away": {"at": "9999-12-31T23:59:59+00:00"},
    "earlier than the step before": {"at": "2026-01-05T09:59:59+01:00"},
    "earlier by its offset": {"at": "2026-01-05T10:30:00+02:00"},
    "an unknown patient writes": {"at": LATER, "from": "p2", "text": "hi"},
    "an unknown patient presses": {"at": LATER, "from": "p2", "tap": "Yes"},
    "an unknown patient is asked": {"at": LATER, "start": {"patient": "p2", "flow": "odi"}},
    "an unknown flow": {"at": LATER, "start": {"patient": "p1", "flow": "oswestry"}},
    "a flow without patient": {"at": LATER, "start": {"flow": "odi"}},
    "neither text nor tap": {"at": LATER, "from": "p1"},
    "text and tap": {"at": LATER, "from": "p1", "text": "A", "tap": "A"},
    "a number for a text": {"at": LATER, "from": "p1", "text": 6},
    "no text": {"at": LATER, "from": "p1", "text": None},
    "an unknown key": {"at": LATER, "from": "p1", "text": "hi", "to": "p1"},
    "an unknown key alone": {"at": LATER, "wait": "3h"},
    "an edit of what was never sent": {"at": LATER, "from": "p1", "text": "6", "edits": "m1"},
    "a text for a message number": {"at": LATER, "from": "p1", "tap": "A", "on": "1"},
    "a fraction for a message number": {"at": LATER, "from": "p1", "tap": "A", "on": 1.0},
    "a tap without such a button": {"at": LATER, "from": "p1", "tap": "A"},
    "a tap on a message that was not sent": {"at": LATER, "from": "p1", "tap": "A", "on": 7},
    "a tap on message 0": {"at": LATER, "from": "p1", "tap": "A", "on": 0},
    "a desk that does two things at once": {
        "at": LATER,
        "desk": {"patient": "p1", "say": "Hello", "hand-back": True},
    },
    "a desk that does nothing": {"at": LATER, "desk": {"patient": "p1"}},
    "a desk that writes with nobody known": {"at": LATER, "desk": {"patient": "p9", "say": "Hi"}},
    "a code of the room by nobody of the directory": {
        "at": LATER,
        "professional": ANNE,
        "room": "last",
    },
    "somebody in the directory who does not treat": {
        "at": LATER,
        "directory": {"name": "Anne", "email": ANNE, "role": "employer"},
    },
    "somebody in the directory without a name": {"at": LATER, "directory": {"email": ANNE}},
    "an unknown language in the directory": {
        "at": LATER,
        "directory": {"name": "Anne", "email": ANNE, "language": "fr"},
    },
    "opening a mail that was not sent": {"at": LATER, "professional": ANNE, "open": 1},
    "yes for a mail number": {"at": LATER, "professional": ANNE, "open": True},
    "a code without a link": {"at": LATER, "professional": ANNE, "code": "last"},
    "a note without a page": {"at": LATER, "professional": ANNE, "note": "Walk."},
    "a professional who does nothing": {"at": LATER, "professional": ANNE},
    "a patient twice": {"at": LATER, "enrol": ENROL | {"address": "+4520000002"}},
    "an address twice": {"at": LATER, "enrol": ENROL | {"patient": "p2"}},
}
WRONG_ENROLMENTS: dict[str, dict[str, Any]] = {
    "an unknown language": {"language": "de"},
    "an unknown channel": {"channel": "email"},
    "an unknown time zone": {"timezone": "Europe/Aarhus"},
    "no time zone": {"timezone": ""},
    "an unknown pathway": {"pathway": "knee-pain"},
    "a code of three digits": {"code": "407"},
    "a code of letters": {"code": "four"},
    "a yes for consent": {"consent": "yes"},
    "a number for an address": {"address": 4520000001},
    "no address": {"address": ""},
    "no patient": {"patient": ""},
    "an unknown key": {"age": 68},
}


def refused(text: str) -> int:
    """The line that the command names; it prints nothing else, and nothing on stdout."""
    result = run(text)
    assert (result.code, result.out) == (2, "")
    first, _, reason = result.err.partition(":")
    assert reason.strip()
    assert result.err.count("\n") == 1
    word, number = first.split()
    assert word == "line"
    return int(number)


@pytest.mark.parametrize("step", AFTER_ENROLMENT.values(), ids=AFTER_ENROLMENT.keys())
def test_a_wrong_step_is_named_by_its_line(step: str | dict[str, Any]) -> None:
    wrong = step if isinstance(step, str) else json.dumps(step)
    good = as_file([{"at": AT, "enrol": ENROL}])

    assert refused(f"{good}\n{wrong}\n") == 3


@pytest.mark.parametrize("change", WRONG_ENROLMENTS.values(), ids=WRONG_ENROLMENTS.keys())
def test_a_wrong_enrolment_is_named_by_its_line(change: dict[str, Any]) -> None:
    assert refused(as_file([{"at": AT, "enrol": ENROL | change}])) == 1


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ({"professional": ANNE, "open": 2}, 5),
        ({"professional": ANNE, "code": "last"}, 5),
        ({"professional": ANNE, "note": "Walk."}, 5),
        ({"professional": "bo@clinic.dk", "open": 1}, 5),
    ],
    ids=["no second mail", "no link opened", "no page open", "no mail to this address"],
)
def test_a_professional_can_use_only_what_was_mailed(step: dict[str, Any], line: int) -> None:
    assert refused(as_file([*SHARED, {"at": LATER, **step}])) == line


def test_what_comes_before_a_wrong_step_is_not_printed() -> None:
    script = Script().enrol().start("odi").say("A", "B")

    assert refused(script.text() + "stop\n") == 5


def test_a_mistake_behind_a_wrong_tap_is_found_first_as_the_whole_file_is_checked_first() -> None:
    script = Script().enrol().tap("A")

    assert refused(script.text() + "stop\n") == 3


def test_empty_lines_are_passed_over_but_counted() -> None:
    good = as_file([{"at": AT, "enrol": ENROL}])

    assert refused(f"\n\r\n  \n{good}\nstop\n") == 6


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "picture.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")

    for file in (tmp_path / "missing.jsonl", tmp_path, binary):
        result = run_file(file)
        assert (result.code, result.out) == (2, "")
        assert result.err


def test_an_empty_file_prints_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")

    result = run_file(empty)

    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_line_ends_at_a_line_feed_only() -> None:
    text = "at home\u2028in bed\u0085today\x0b"
    step = {"at": LATER, "from": "p1", "text": f"note {text}"}
    good = as_file([{"at": AT, "enrol": ENROL}, step])

    result = run("\ufeff" + good.replace("\n", "\r\n"))

    assert result.code == 0
    assert refused(good + "stop\n") == 3
