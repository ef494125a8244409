"""What `backtrace replay` promises of its output, whatever is played."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtrace.replay.playing import (
    Line,
    Script,
    as_file,
    entries,
    messages,
    output,
    run_file,
    texts,
)

ANNE = "anne@clinic.dk"
NONSENSE = {
    "BACKTRACE_DATABASE_URL": "postgresql://nobody@nowhere.invalid/none",
    "BACKTRACE_KEYS": "not a ring",
    "BACKTRACE_ENV": "production",
    "BACKTRACE_PUBLIC_URL": "gopher://x",
    "BACKTRACE_EMERGENCY_NUMBER": "000",
    "BACKTRACE_DOCTOR_NUMBER": "000",
    "BACKTRACE_MINIMUM_ODI_ANSWERS": "1",
    "BACKTRACE_SMTP_URL": "smtp://nowhere.invalid",
    "TZ": "Pacific/Kiritimati",
    "LANG": "C",
}


def story() -> Script:
    """A week with everything that draws on chance, order or the clock."""
    script = Script().enrol("p1", pathway="low-back-pain", code="4071")
    script.enrol("p2", channel="telegram", language="da", timezone="Asia/Kathmandu")
    script.start("odi", "p2").say("no", *"ABABABAB", "B", "A lot")
    script.say("send my summary to my physio", "Anne Berg", ANNE, "A", "4071", "yes")
    script.step(professional=ANNE, open=1).step(professional=ANNE, code="last")
    script.step(professional=ANNE, note="Walk 15 min.").tap("C", "D", patient="p2")
    return script.wait(days=7).say("hvem kan se mine data", patient="p2").say("stop")


def in_a_process(file: Path, settings: Mapping[str, str]) -> bytes:
    """The output of the installed command, run with these settings."""
    command = Path(sys.executable).with_name("backtrace")
    known = {k: v for k, v in os.environ.items() if not k.startswith("BACKTRACE_")}
    done = subprocess.run(
        [command, "replay", file], env={**known, **settings}, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout


def test_two_runs_print_the_same_bytes_and_settings_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "story.jsonl"
    file.write_text(story().text(), "utf-8")

    here = run_file(file).out
    elsewhere = in_a_process(file, NONSENSE | {"PYTHONHASHSEED": "1"})

    assert elsewhere.decode() == here
    assert here.count("\n") > 40


def test_lines_come_in_order_of_time_and_each_recipient_has_a_count() -> None:
    lines = story().play()

    moments = [datetime.fromisoformat(line["at"]) for line in lines]
    assert moments == sorted(moments)
    counted = defaultdict(list)
    for line in lines:
        if "to" in line:
            counted[line["to"]].append(line["n"])
    assert set(counted) == {"p1", "p2", ANNE}
    assert all(each == list(range(1, len(each) + 1)) for each in counted.values())


def test_what_an_answer_brought_is_recorded_before_the_reply_is_sent() -> None:
    lines = Script().enrol().start("odi").say("c").play()

    kinds = ["entry" if "entry" in line else "message" for line in lines[-2:]]
    assert kinds == ["entry", "message"]


def test_times_are_those_of_the_patients_own_clock() -> None:
    lines = story().play()

    assert {line["at"][-6:] for line in lines if line.get("to") == "p2"} == {"+05:45"}
    assert {line["at"][-6:] for line in lines if line.get("patient") == "p1"} == {"+01:00"}


def test_sms_tell_their_segments_and_other_channels_do_not() -> None:
    lines = story().play()

    assert all(line["segments"] >= 1 for line in messages(lines, "p1"))
    assert not any("segments" in line for line in messages(lines, "p2"))


def test_what_falls_due_happens_at_its_own_time_though_only_time_passes() -> None:
    script = Script().enrol(pathway="low-back-pain").say("no", *"ABABABAB", "Extremely")

    lines = script.wait(days=30).play()

    opened = [line["at"] for line in messages(lines) if "1/10" in line["text"]]
    assert opened[0] == "2026-01-06T18:00:00+01:00"


def test_a_message_that_comes_twice_counts_once() -> None:
    script = Script().enrol().start("weekly-check-in")
    script.say("6", id="m1").say("6", id="m1").say("2", id="m1")

    lines = script.play()

    assert [e["value"] for e in entries(lines, "answer")] == [6]
    assert len(messages(lines)) == 2


def test_each_patient_has_ids_of_their_own() -> None:
    script = Script().enrol("p1").enrol("p2").start("weekly-check-in", "p1")
    script.start("weekly-check-in", "p2").say("6", patient="p1", id="m1")

    lines = script.say("3", patient="p2", id="m1").play()

    assert [e["value"] for e in entries(lines, "answer", "p2")] == [3]


def test_an_edit_corrects_its_own_answer_and_the_score_follows_with_both_values_kept() -> None:
    script = Script().enrol().start("odi").say("A", id="first").say(*"BBBBBBBBB")

    lines = script.wait(hours=30).say("f", edits="first").play()

    correction = entries(lines, "correction")[0]
    assert (correction["item"], correction["value"], correction["previous"]) == (
        "pain-intensity", 5, 0,
    )  # fmt: skip
    assert correction["late"] is True
    assert [e["value"] for e in entries(lines, "score")] == [18, 28]


def test_a_tap_finds_the_newest_message_with_that_button_or_the_one_named() -> None:
    script = Script().enrol(channel="telegram").start("weekly-check-in").tap("6", "5")

    lines = script.tap("4", on=1).tap("7").play()

    assert [(e["kind"], e["item"], e["value"]) for e in entries(lines)[1:]] == [
        ("answer", "pain", 6),
        ("answer", "bothersome-days", 5),
        ("correction", "pain", 4),
        ("answer", "activity-limited-days", 7),
    ]


def test_a_finished_enrolment_without_a_pathway_schedules_and_says_nothing() -> None:
    lines = Script().enrol().wait(days=400).play()

    assert texts(lines) == []
    assert [e["kind"] for e in entries(lines)] == ["consent"]


def test_without_consent_the_conversation_asks_only_for_what_is_not_known() -> None:
    script = Script().enrol(consent=False, code="4071")

    lines = script.say("yes", "18:00", "Monday").play()

    assert [e["code"] for e in entries(lines, "consent")] == ["given"]
    assert "Birgit" in texts(lines)[-1]


def test_a_flow_that_falls_due_waits_behind_the_open_question() -> None:
    script = Script().enrol().start("odi").start("weekly-check-in").say(*"AAAAAAAAAA")

    lines = script.play()

    assert "1/4" not in "".join(texts(lines)[:-1])
    assert "1/4" in texts(lines)[-1]


@pytest.mark.parametrize("channel", ["sms", "telegram", "web"])
def test_each_channel_shows_choices_in_its_own_way(channel: str) -> None:
    first = messages(Script().enrol(channel=channel).start("odi").play())[0]

    assert (first["channel"], len(first["buttons"])) == (channel, 0 if channel == "sms" else 6)
    assert ("A: It does not hurt" in first["text"]) == (channel != "web")


SAYINGS = st.sampled_from(
    ["A", "c", "7", "4-5", "2.5", "skip", "back", "no", "yes", "later", "help", "can I run?",
     "hello", "share", "Anne Berg", "who can see my data", "stop sharing", "stop", "start"]
)  # fmt: skip
FLOWS = st.sampled_from(["odi", "weekly-check-in", "start-back", "red-flags", "intake"])
DEEDS = st.one_of(
    SAYINGS.map(lambda text: {"from": "", "text": text}),
    FLOWS.map(lambda flow: {"start": {"patient": "", "flow": flow}}),
)


def played_by(name: str, deeds: list[dict[str, Any]]) -> list[Line]:
    """What one patient does, a step each ten minutes."""
    script = Script().enrol(name)
    for deed in deeds:
        start = {"start": {**deed["start"], "patient": name}} if "start" in deed else {"from": name}
        script.step(**deed | start)
        script.now += timedelta(minutes=9)
    return script.steps


@settings(max_examples=4)
@given(st.lists(st.lists(DEEDS, min_size=3, max_size=12), min_size=2, max_size=4))
def test_nobody_is_told_anything_else_because_others_write_at_the_same_moment(
    people: list[list[dict[str, Any]]],
) -> None:
    alone = [played_by(f"p{number}", deeds) for number, deeds in enumerate(people)]

    everything = [step for steps in alone for step in steps]
    together = output(as_file(sorted(everything, key=lambda step: step["at"])))

    for number, steps in enumerate(alone):
        name = f"p{number}"
        own = [line for line in together if name in (line.get("to"), line.get("patient"))]
        assert own == output(as_file(steps))


def test_hundreds_who_are_asked_at_one_moment_are_all_asked_once() -> None:
    script = Script()
    for number in range(300):
        script.enrol(f"p{number}").start("weekly-check-in", f"p{number}")
        script.now = Script().now
    steps = sorted(script.steps, key=lambda step: step["at"])

    lines = output(as_file(steps))

    asked = [line["to"] for line in lines if "to" in line]
    assert sorted(asked) == sorted(f"p{number}" for number in range(300))
