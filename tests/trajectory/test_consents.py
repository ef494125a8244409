"""The newest word on each purpose counts."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.trajectory.conftest import NOW
from trajectory import consents
from trajectory.entries import Entry

PURPOSES = ("store", "remind", "share", "alert", "research")
SAID = st.tuples(
    st.sampled_from([consents.GIVEN, consents.DECLINED, consents.WITHDRAWN]),
    st.lists(st.sampled_from(PURPOSES), min_size=1, unique=True),
)


def entry(number: int, code: str, purposes: list[str], kind: str = consents.KIND) -> Entry:
    at = NOW + timedelta(minutes=number)
    return Entry(number, 1, number, at, at, kind, code=code, detail={"purposes": purposes})


@drawn(st.lists(SAID))
def test_a_purpose_stands_where_the_last_word_on_it_was_yes(
    said: list[tuple[str, list[str]]],
) -> None:
    entries = [entry(number, *each) for number, each in enumerate(said)]
    found = consents.given(entries)
    for purpose in PURPOSES:
        about = [each for each in entries if purpose in (each.detail or {})["purposes"]]
        stands = bool(about) and about[-1].code == consents.GIVEN
        assert found.get(purpose) == (about[-1] if stands else None)


def test_other_entries_with_purposes_are_no_consent() -> None:
    assert consents.given([entry(1, consents.GIVEN, ["share"], kind="grant")]) == {}
