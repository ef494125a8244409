"""What each of our processes makes once, made before any is forked: words, patterns, statements.

One patient of an example is played, whose conversation needs most of it.
"""

from __future__ import annotations

import gc
from pathlib import Path

from backtrace.definitions import shipped_library
from backtrace.replay.play import Player
from backtrace.replay.stage import build
from backtrace.replay.steps import read_steps
from templates.catalogue import load_catalogues
from tests.house import statements

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "examples" / "one-patient.jsonl"


def _play() -> None:
    library = shipped_library()
    steps = read_steps(EXAMPLE.read_text("utf-8").split("\n"), library)
    stage = build(library, steps[0][1].at)
    try:
        for _ in Player(stage).play(steps):
            pass
    finally:
        stage.deployment.database.close()


statements.pytest_configure()
_play()
load_catalogues("words")
gc.freeze()  # the collector of a child would look through all of this, and so copy it
