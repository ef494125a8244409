"""The limits as a patient meets them."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from tests.backtrace.replay.playing import MONDAY, Line, Script, entries, messages, texts

START = ("no", *"ABABABAB", "Extremely")
DAY = timedelta(days=1)


def day_of(line: Line) -> date:
    return datetime.fromisoformat(line["at"]).date()


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("answered", [0, 1, 10])
def test_a_silent_patient_is_never_asked_more_than_three_times_in_seven_days(
    answered: int, weekday: int, language: str
) -> None:
    script = Script(now=MONDAY + weekday * DAY).enrol(pathway="low-back-pain", language=language)
    words = ("nej", *START[1:-1], "E") if language == "da" else START
    script.say(*words[:answered]).wait(days=40)

    sent = [line for line in messages(script.play()) if day_of(line) > script_day(script)]

    days = Counter(map(day_of, sent))
    assert max(days.values()) == 1
    assert max(sum(days[day + DAY * n] for n in range(7)) for day in days) == 3


def script_day(script: Script) -> date:
    return datetime.fromisoformat(script.steps[0]["at"]).date()


def test_behind_an_unanswered_questionnaire_a_check_in_keeps_its_week() -> None:
    script = Script().enrol(pathway="low-back-pain").say("no").wait(days=35)

    lines = script.play()

    missed = [line for line in lines if line.get("entry", {}).get("kind") == "missed"]
    assert {line["entry"]["code"] for line in missed} <= {"not-answered", "not-asked"}
    opened = [day_of(line) for line in messages(lines) if "minute about your last" in line["text"]]
    assert opened
    for day in opened:
        # Due on Mondays: what opens later than Wednesday would be about another week.
        assert day.weekday() <= 2
    assert len({day.isocalendar().week for day in opened}) == len(opened)


def test_no_check_in_is_swallowed_by_one_that_waits() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START)
    script.until("17:00", days=20).start("red-flags").until("17:00", days=15)

    lines = script.play()

    due = [line["entry"] for line in lines if line.get("entry", {}).get("kind") == "missed"]
    assert len(due) >= 3


def test_what_is_started_by_name_is_not_limited() -> None:
    script = Script().enrol()
    for _ in range(4):
        script.start("weekly-check-in").say("3", "2", "1", "no")
    script.start("odi").start("start-back").say(*"AAAAAAAAAA")

    lines = script.play()

    assert len(entries(lines, "answer")) == 26
    assert "1/9" in texts(lines)[-1]


def test_later_is_a_promise_that_no_limit_breaks() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START)
    script.until("18:05", days=1).say("later").until("23:00")

    evening = [line for line in messages(script.play()) if line["at"][11:13] in ("20", "21")]

    assert evening == []  # 21:06 is in the quiet hours, when nothing is promised.


def test_a_late_tap_on_yes_opens_the_warning_signs() -> None:
    script = Script().enrol(pathway="low-back-pain", channel="telegram")

    lines = script.until("12:00", days=4).tap("Yes", on=1).play()

    assert "1/8" in texts(lines)[-1]


def test_a_late_yes_opens_them_too_where_it_can_mean_nothing_else() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START)
    script.until("18:05", days=1).say(*"AAAAAAAAAA")
    script.until("18:05", days=1).say("A", "x", "y", "z")
    script.until("18:05", days=5).say("6", "4", "2", "0")

    lines = script.until("12:00", days=4).say("yes").play()

    assert "1/8" in texts(lines)[-1]


def test_a_late_answer_is_never_stored_on_another_question() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START).until("18:05", days=1)
    script.say(*"AAAAAAAAAA").until("18:05", days=1).say("A", "x", "y", "z")
    script.until("12:00", days=9).say("6")

    lines = script.play()

    assert "fine" in texts(lines)[-1]
    assert "6" not in [entry.get("raw") for entry in entries(lines)]


def test_a_warning_sign_goes_before_a_part_that_is_in_doubt() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START)
    script.until("18:05", days=21).say("6 4-5 2 yes")

    lines = script.play()

    assert "1/8" in texts(lines)[-1]
    assert [e["item"] for e in entries(lines, "answer")][-3:] == [
        "pain", "activity-limited-days", "new-symptoms",
    ]  # fmt: skip


def test_after_the_warning_signs_the_part_in_doubt_is_asked_about() -> None:
    script = Script().enrol(pathway="low-back-pain").say(*START)
    script.until("18:05", days=21).say("6 4-5 2 yes", *["no"] * 8)

    lines = script.play()

    assert "2/4" in texts(lines)[-1]
