"""Every pathway from the enrolment to the summary, in both languages: tests/golden/pathways.

A further pathway needs no test of its own: a script for each language in `pathways`, and its line
in `other-groups.yaml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backtrace.definitions import shipped_library
from backtrace.replay.play import Player
from backtrace.replay.stage import Stage, build
from backtrace.replay.steps import read_steps
from bot.labels import labels
from bot.view import View, read_view
from flows import yaml_text
from flows.model import Flow
from templates.pages import journal, summary_page
from tests.backtrace.replay.dialogue import dialogue
from tests.backtrace.replay.playing import Line, Script
from tests.backtrace.replay.screenplay import screenplay
from trajectory import tables
from trajectory.grants import Viewing

SCRIPTS = Path(__file__).parent / "pathways"
OTHERS = yaml_text.load((SCRIPTS / "other-groups.yaml").read_text("utf-8"))
LIBRARY = shipped_library()
EACH = [(pathway, language) for pathway in sorted(LIBRARY.pathways) for language in ("da", "en")]
_viewing = tables.core(tables.Viewing)
_patient = tables.core(tables.Patient)


def played(script: Script) -> tuple[Stage, list[Line]]:
    steps = read_steps(script.text().split("\n"), LIBRARY)
    stage = build(LIBRARY, steps[0][1].at)
    lines = [json.loads(json.dumps(line)) for line in Player(stage).play(steps)]
    return stage, lines


def opened(stage: Stage) -> View:
    """What the professional of the script sees who has opened the page."""
    deployment, now = stage.deployment, stage.clock.now()
    with deployment.database.read() as connection:
        row = connection.execute(select(_viewing)).one()
        patient = connection.execute(select(_patient.c.id)).scalar_one()
        viewing = Viewing(row.id, row.grant_id, patient, 0, frozenset(), now, None)
        return read_view(connection, deployment, viewing, now)


def reader(view: View, language: str) -> dict[str, Any]:
    names = {"viewer": view.viewer, "names": view.names}
    return {**names, "labels": labels(LIBRARY, language)}


def page(view: View, language: str) -> str:
    more: dict[str, Any] = {
        "note_action": "/n",
        "note_id": "1",
        "note_limit": 9,
        "leave_action": "/l",
    }
    told = reader(view, language)
    return summary_page(view.summary, language, shared_until=view.grant.until, **told, **more)


@pytest.mark.parametrize(("pathway", "language"), EACH)
def test_a_patient_goes_from_the_enrolment_to_the_summary(
    pathway: str, language: str, golden: Callable[[str, str], None]
) -> None:
    script = screenplay((SCRIPTS / language / f"{pathway}.txt").read_text("utf-8"), language)
    stage, lines = played(script)
    view = opened(stage)
    text = journal(view.summary, language, **reader(view, language))

    told = f"{dialogue(script.steps, lines)}\n=== Journal\n{text}\n"

    golden(f"pathways/{language}/{pathway}.txt", told)
    seen = page(view, language)
    assert not of_other_groups(pathway, language, [told, seen])
    title = LIBRARY.pathway(pathway).title[language]
    assert title in seen
    for course in view.summary.courses:
        assert course.measure.called(language) in seen
        assert course.measure.called(language) in text
    stage.deployment.database.close()


@pytest.mark.parametrize(("pathway", "language"), EACH)
def test_no_question_of_a_pathway_is_about_another_groups_pain(pathway: str, language: str) -> None:
    flows = LIBRARY.offering([pathway]).asked()

    assert not of_other_groups(pathway, language, [t for f in flows for t in texts(f, language)])


def of_other_groups(pathway: str, language: str, said: Iterable[str]) -> list[str]:
    words = re.compile(OTHERS[pathway][language], re.IGNORECASE)
    return [text for text in said if words.search(text)]


def texts(flow: Flow, language: str) -> Iterator[str]:
    each = [flow.title, flow.intro, flow.closing]
    for item in flow.items:
        each += [item.title, item.text, item.brief, *(option.text for option in item.options)]
    yield from (found[language] for found in each if found)


def test_every_pathway_says_what_it_is_about() -> None:
    for pathway in LIBRARY.pathways.values():
        assert pathway.about is not None


def test_no_golden_pathway_is_left_over() -> None:
    kept = Path(__file__).parents[2] / "golden" / "pathways"

    files = {str(file.relative_to(kept)) for file in kept.rglob("*.txt")}

    assert files == {f"{language}/{pathway}.txt" for pathway, language in EACH}
