"""The page about replay names every step, and its example plays."""

from __future__ import annotations

import re
from pathlib import Path

from backtrace.replay.steps import _BY_KEY
from tests.house.command import backtrace

DOCS = Path(__file__).parent.parent.parent.parent / "docs"


def test_the_example_plays_to_the_note_of_the_professional(tmp_path: Path) -> None:
    done = backtrace("replay", str(DOCS / "examples" / "one-patient.jsonl"), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "has written to you" in done.stdout.splitlines()[-1]


def test_every_step_stands_on_the_page() -> None:
    page = (DOCS / "replay.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r'"(\w+)"', re.sub(r"\{.*\}", "", row))}
    assert {key for key, _ in _BY_KEY} <= named
