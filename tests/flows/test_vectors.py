"""Scores as they must come out, written down beside each instrument: tests/flows/vectors."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backtrace.definitions import shipped_library
from flows import yaml_text
from flows.model import Flow
from flows.scoring import score
from flows.session import Given, GivenKind
from tests.flows.answering import not_applicable, said, skipped

VECTORS = Path(__file__).parent / "vectors"
FILES = {
    file.stem: yaml_text.load(file.read_text("utf-8")) for file in sorted(VECTORS.glob("*.yaml"))
}
CASES = [
    pytest.param(each["flow"], case, id=f"{name}: {case['given']}")
    for name, each in FILES.items()
    for case in each["cases"]
]
EXPECTED = {"value", "band", "reason", "answered", "of", "share", "variant", "missing"}
MARKS = {
    "s": skipped(),
    "n": not_applicable(),
    "t": Given(GivenKind.ANSWER, "walk the dog", 1, text="walk the dog"),
    "y": said(code="yes", raw="yes"),
    "x": said(code="no", raw="no"),
}


def dealt(flow: Flow, marks: str) -> dict[str, Given]:
    pairs = zip(flow.items, marks.split(), strict=True)
    return {item.id: MARKS.get(m) or said(int(m), raw=m) for item, m in pairs if m != "-"}


@pytest.mark.parametrize(("flow_id", "case"), CASES)
def test_the_score_is_as_written(flow_id: str, case: dict[str, Any]) -> None:
    flow = shipped_library().flow(flow_id)
    result = score(flow, dealt(flow, case["given"]))

    assert result is not None
    assert result.value == (Decimal(case["value"]) if "value" in case else None)
    assert result.reason == case.get("reason")
    for key in case.keys() & (EXPECTED - {"value", "reason"}):
        found = getattr(result, key)
        assert (list(found) if key == "missing" else str(found)) == (
            case[key] if key == "missing" else str(case[key])
        ), key
    if "positive" in case:
        assert list(result.positive) == case["positive"]
    for id, value in case.get("subscales", {}).items():
        assert result.subscales[id] == value


def test_every_scored_instrument_has_vectors() -> None:
    scored = {flow.id for flow in shipped_library().flows.values() if flow.scoring is not None}

    # The two that have rules with their own published vectors: test_scoring.py.
    assert scored - {"odi", "start-back"} == {each["flow"] for each in FILES.values()}


def test_a_case_says_nothing_that_is_not_looked_at() -> None:
    known = EXPECTED | {"given", "subscales", "positive"}

    assert all(case.keys() <= known for each in FILES.values() for case in each["cases"])
