"""Whatever a patient answers: on paper it becomes what it becomes in the chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from flows.forms import Form, Left, Mark
from flows.model import Item, ItemKind
from tests.bot.desk.forms import enter, odi, say, told
from tests.bot.house import House
from trajectory import migrations

LIBRARY = shipped_library()
NUMBERS = count()
FLOWS = ("odi", "start-back", "weekly-check-in")


def marks(item: Item) -> st.SearchStrategy[Mark]:
    if item.kind in (ItemKind.SCALE, ItemKind.COUNT):
        answers = [str(n) for n in range(item.minimum, item.maximum + 1)]
    else:
        answers = [option.id for option in item.options]
    left = [Left.DECLINED, *([Left.NOT_APPLICABLE] if item.may_not_apply else [])]
    given = st.sampled_from(answers).map(lambda each: Mark((each,)))
    return st.one_of(given, given, given, st.sampled_from(left).map(lambda why: Mark(left=why)))


def filled(flow_id: str) -> st.SearchStrategy[Mapping[str, Mark]]:
    """Any form of this flow; of the check-in also with nothing new, as most are."""
    items = {
        item.id: marks(item)
        for item in LIBRARY.flow(flow_id).items
        # Nobody has said whether they work, so that the chat does not ask about sick leave.
        if item.id != "sick-leave-days"
    }
    return st.fixed_dictionaries(items)


FORMS = st.sampled_from(FLOWS).flatmap(lambda flow: st.tuples(st.just(flow), filled(flow)))


@pytest.fixture(scope="module")
def clinic() -> Iterator[House]:
    """One house for all examples: each has patients of its own."""
    database = migrations.throw_away()
    yield House(database)
    database.close()


@given(drawn=FORMS)
@settings(max_examples=40, deadline=None)
def test_any_form_is_recorded_and_scored_as_its_answers_are_by_chat(
    clinic: House, drawn: tuple[str, Form]
) -> None:
    flow, form = drawn
    birgit = f"birgit-{next(NUMBERS)}"
    by_chat, on_paper = (clinic.enrol(each).patient_id for each in (birgit, f"anders-{birgit}"))

    clinic.set_due(by_chat, flow=flow)
    clinic.dispatch()
    say(clinic, form, flow, birgit)
    stored = enter(clinic, on_paper, form, flow, mark=birgit)

    assert told(clinic, on_paper) == told(clinic, by_chat)
    assert stored.answered == sum(mark.left is None for mark in form.values())


def test_the_odi_of_the_published_vector_is_36_on_paper_too(house: House) -> None:
    ref = house.enrol()

    enter(house, ref.patient_id, odi("cbcbccbcdc"))

    (score,) = told(house, ref.patient_id, "score")
    assert score[3:5] == (36.0, "moderate")
