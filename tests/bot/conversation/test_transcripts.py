"""Whole conversations, kept where a clinician can read them: tests/golden/<language>.

What the patient does stands in `scripts`; what came of it is played by `backtrace replay`, with
the session read from the database before every turn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backtrace.replay.dialogue import dialogue
from tests.backtrace.replay.screenplay import screenplay
from tests.house.golden import FOLDER

SCRIPTS = Path(__file__).parent / "scripts"
LANGUAGES = ("da", "en")
PLAYED = sorted(str(file.relative_to(SCRIPTS)) for file in SCRIPTS.rglob("*.txt"))


@pytest.mark.parametrize("name", PLAYED)
def test_the_conversation_reads(name: str, golden: Callable[[str, str], None]) -> None:
    script = screenplay((SCRIPTS / name).read_text("utf-8"), language=name[:2])

    golden(name, dialogue(script.steps, script.play()))


def test_every_conversation_exists_in_both_languages() -> None:
    names = [{file.name for file in (SCRIPTS / each).iterdir()} for each in LANGUAGES]

    assert names[0] == names[1]


def test_no_golden_file_is_left_over() -> None:
    kept = {
        str(file.relative_to(FOLDER)) for each in LANGUAGES for file in (FOLDER / each).iterdir()
    }

    assert kept == set(PLAYED)
