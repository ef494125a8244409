"""The rule of who needs a look, over whatever may stand in a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from trajectory.entries import Entry
from trajectory.measures import measures_of
from trajectory.summary import Person, summarise
from trajectory.triage import KINDS, Why, pressing, standing

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
MEASURES = measures_of(shipped_library(), "low-back-pain")
PERSON = Person("Birgit Holm", {}, NOW - timedelta(weeks=12), "Europe/Copenhagen", "en", MEASURES)
Fact = tuple[str, float, int]


def entry(number: int, kind: str, days: float, value: int) -> Entry:
    """Something that was recorded so many days ago; a visit is so many days ahead."""
    at, ahead = NOW - timedelta(days=days), NOW + timedelta(days=days)
    if kind == "visit":
        return Entry(number, 1, number, ahead, at, kind)
    if kind == "score":
        return Entry(number, 1, number, at, at, kind, "odi", value=10.0 * value)
    return Entry(number, 1, number, at, at, kind, "weekly-check-in", None, "pain", value)


def record(told: list[Fact]) -> list[Entry]:
    """As it was recorded, the oldest first."""
    told = sorted(told, key=lambda each: -each[1])
    return [entry(number, *each) for number, each in enumerate(told, start=1)]


kinds = st.sampled_from(sorted(KINDS - {"correction", "note", "flag-follow-up"}))
facts = st.tuples(kinds, st.floats(0.1, 60), st.integers(0, 10))
looks = st.none() | st.floats(0, 60).map(lambda days: NOW - timedelta(days=days))


@given(st.lists(facts, max_size=12), looks, st.booleans())
def test_no_line_without_a_reason_and_nobody_without_a_place(
    told: list[Fact], since: datetime | None, paused: bool
) -> None:
    rows = record(told)
    stands = standing(summarise(rows, PERSON, NOW, since), rows, NOW, paused=paused)
    assert list(stands.why) == sorted(set(stands.why), key=list(Why).index)
    assert (Why.FLAG in stands.why) == any(row.kind == "red-flag" for row in rows)
    assert (Why.FIRST in stands.why) == (since is None)
    assert not {Why.BEYOND, Why.WORSE} <= set(stands.why)
    assert not (paused and Why.SILENT in stands.why)
    assert pressing(stands)[0] == (list(Why).index(stands.why[0]) if stands.why else len(Why))
    if not rows:
        assert stands.why == ((Why.FIRST,) if since is None else ())


@given(st.lists(facts, max_size=12))
def test_what_was_just_looked_at_needs_no_look_but_signs_and_visits(told: list[Fact]) -> None:
    rows = record(told)
    stands = standing(summarise(rows, PERSON, NOW, NOW), rows, NOW, paused=False)
    assert set(stands.why) <= {Why.FLAG, Why.VISIT}


@given(st.integers(0, 60), st.integers(0, 60))
def test_worse_beyond_measurement_error_begins_above_twelve_points(first: int, more: int) -> None:
    rows = [
        Entry(n, 1, n, at, at, "score", "odi", value=float(value))
        for n, (at, value) in enumerate(
            ((NOW - timedelta(days=9), first), (NOW - timedelta(days=1), first + more)), start=1
        )
    ]
    since = NOW - timedelta(days=5)
    stands = standing(summarise(rows, PERSON, NOW, since), rows, NOW, paused=False)
    expected = (Why.BEYOND,) if more > 12 else (Why.WORSE,) if more >= 10 else ()
    assert stands.why == expected
