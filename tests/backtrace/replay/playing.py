"""Transcripts for `backtrace replay`: written step by step, played, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from backtrace.cli import app

Line = dict[str, Any]
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MONDAY = datetime(2026, 1, 5, 10, 0, tzinfo=COPENHAGEN)
MINUTE = timedelta(minutes=1)


@dataclass
class Script:
    """Steps in the order of time; each comes a minute after the one before, unless it waits."""

    now: datetime = MONDAY
    steps: list[Line] = field(default_factory=list)

    def step(self, **what: Any) -> Script:
        """Add any step."""
        self.steps.append({"at": self.now.isoformat(), **what})
        self.now += MINUTE
        return self

    def wait(self, **time: float) -> Script:
        """Let so much time pass by the patient's clock, as `timedelta` counts it."""
        self.now += timedelta(**time)
        return self.step()

    def until(self, clock: str, days: int = 0) -> Script:
        """Let time pass to this hour of the patient's clock, so many days on."""
        hour, minute = map(int, clock.split(":"))
        self.now = (self.now + timedelta(days=days)).replace(hour=hour, minute=minute)
        return self.step()

    def enrol(self, patient: str = "p1", **more: Any) -> Script:
        """Enrol somebody, by default in English by SMS, consent on paper, nothing scheduled."""
        newcomer = {
            "patient": patient,
            "name": "Birgit",
            "channel": "sms",
            "address": f"+45 20 {patient}",
            "language": "en",
            "timezone": "Europe/Copenhagen",
            "pathway": None,
            "consent": True,
        }
        return self.step(enrol=newcomer | more)

    def start(self, flow: str, patient: str = "p1") -> Script:
        """Let a flow fall due."""
        return self.step(start={"patient": patient, "flow": flow})

    def say(self, *texts: str, patient: str = "p1", **more: str) -> Script:
        """The patient writes, message after message."""
        for text in texts:
            self.step(**{"from": patient, "text": text, **more})
        return self

    def tap(self, *labels: str, patient: str = "p1", **more: int) -> Script:
        """The patient presses, button after button."""
        for label in labels:
            self.step(**{"from": patient, "tap": label, **more})
        return self

    def text(self) -> str:
        """The file."""
        return as_file(self.steps)

    def play(self) -> list[Line]:
        """What came of it."""
        return output(self.text())


def as_file(steps: Iterable[Line]) -> str:
    """Steps as JSON Lines."""
    return "".join(json.dumps(step, ensure_ascii=False) + "\n" for step in steps)


@dataclass(frozen=True)
class Run:
    """How one run of the command ended."""

    code: int
    out: str
    err: str


def run(text: str) -> Run:
    """Run `backtrace replay -` on this input."""
    result = CliRunner().invoke(app, ["replay", "-"], input=text, catch_exceptions=False)
    return Run(result.exit_code, result.stdout, result.stderr)


def run_file(file: Path) -> Run:
    """Run `backtrace replay FILE`."""
    result = CliRunner().invoke(app, ["replay", str(file)], catch_exceptions=False)
    return Run(result.exit_code, result.stdout, result.stderr)


def output(text: str) -> list[Line]:
    """The lines that a right transcript prints."""
    result = run(text)
    assert (result.code, result.err) == (0, "")
    return [json.loads(line) for line in result.out.split("\n")[:-1]]


def entries(lines: Iterable[Line], kind: str | None = None, patient: str = "p1") -> list[Line]:
    """The entries recorded for a patient, of one kind or all."""
    return [
        line["entry"]
        for line in lines
        if line.get("patient") == patient and kind in (None, line["entry"]["kind"])
    ]


def messages(lines: Iterable[Line], to: str = "p1") -> list[Line]:
    """The messages sent to somebody."""
    return [line for line in lines if line.get("to") == to]


def texts(lines: Iterable[Line], to: str = "p1") -> list[str]:
    """The texts of the messages sent to somebody."""
    return [line["text"] for line in messages(lines, to)]
