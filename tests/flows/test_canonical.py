from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.definitions import shipped_files, shipped_library
from flows.canonical import dump_flow, restore_flow, sealed
from flows.library import Library
from flows.loader import load_flow
from flows.model import (
    Band,
    Condition,
    Flow,
    FlowKind,
    Follow,
    Item,
    ItemKind,
    Operator,
    Option,
    Subscale,
    Test,
    Urgency,
)

IDS = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
TEXTS = st.fixed_dictionaries({"en": WORDS, "da": WORDS}, optional={"sv": WORDS})
NUMBERS = st.integers(0, 100)
ALSO = st.dictionaries(st.sampled_from(["en", "da"]), st.tuples(WORDS, WORDS))
OPTIONS = st.builds(Option, IDS, TEXTS, st.none() | NUMBERS, st.none() | ALSO)
TESTS = st.builds(Test, IDS, st.sampled_from(Operator), WORDS | NUMBERS | st.booleans())
TWO_TESTS = st.tuples(TESTS, TESTS)
CONDITIONS = st.builds(Condition, TWO_TESTS, st.sampled_from(["all", "any"]))
FOLLOWS = st.builds(
    Follow,
    name=st.none() | TEXTS,
    plain_name=st.none() | TEXTS,
    important=st.none() | NUMBERS,
    error_better=st.none() | NUMBERS,
    higher_is_better=st.booleans(),
    source=st.none() | WORDS,
)
SUBSCALES = st.builds(Subscale, IDS, st.tuples(IDS, IDS), TEXTS, st.none() | NUMBERS)
ITEMS = st.builds(
    Item,
    id=IDS,
    kind=st.sampled_from(ItemKind),
    text=TEXTS,
    options=st.lists(OPTIONS, max_size=3).map(tuple),
    minimum=NUMBERS,
    maximum=NUMBERS,
    unit=st.none() | TEXTS,
    anchors=st.none() | st.tuples(TEXTS, TEXTS),
    title=st.none() | TEXTS,
    enable_when=st.none() | CONDITIONS,
    may_not_apply=st.booleans(),
    flag=st.none() | st.sampled_from(Urgency),
    opens=st.none() | st.dictionaries(IDS, IDS, max_size=2),
    loinc=st.none() | WORDS,
    follow=st.none() | FOLLOWS,
)
DURATIONS = st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds))
FLOWS = st.builds(
    Flow,
    id=IDS,
    kind=st.sampled_from(FlowKind),
    title=TEXTS,
    items=st.lists(ITEMS, max_size=3).map(tuple),
    definition=st.just(""),
    subscales=st.lists(SUBSCALES, max_size=2).map(tuple),
    follow=st.none() | FOLLOWS,
    scoring=st.none() | IDS,
    minimum_answered=st.none() | NUMBERS,
    bands=st.lists(st.builds(Band, IDS, NUMBERS, NUMBERS, TEXTS), max_size=2).map(tuple),
    intro=st.none() | TEXTS,
    closing=st.none() | TEXTS,
    wording=WORDS,
    licensed=st.booleans(),
    loinc=st.none() | WORDS,
    one_sitting=st.booleans(),
    reminders=st.lists(DURATIONS, max_size=2).map(tuple),
    expires=DURATIONS,
    priority=st.integers(-100, 100),
).map(sealed)


@given(FLOWS)
def test_a_stored_definition_comes_back_as_it_was(flow: Flow) -> None:
    stored = dump_flow(flow)

    assert restore_flow(stored) == flow
    assert flow.definition == sha256(stored.encode()).hexdigest()


@pytest.mark.parametrize("flow", shipped_library().flows.values(), ids=lambda flow: flow.id)
def test_every_shipped_definition_comes_back_as_it_was(flow: Flow) -> None:
    assert restore_flow(dump_flow(flow)) == flow


ONE = """
id: mood
kind: check-in
title: {en: Mood, da: Humør}
items:
  - id: calm
    kind: scale
    text: {en: "How calm?", da: "Hvor rolig?"}
    minimum: 0
    maximum: 10
"""
SAME = """
# The same in another order, another form, with a default written out.
items:
- {maximum: 10, minimum: 0, kind: scale, id: calm, text: {da: Hvor rolig?, en: How calm?}}
title: {da: "Humør", en: 'Mood'}
priority: 50
kind: check-in
id: mood
"""


def test_the_hash_names_the_content_and_not_its_form() -> None:
    flow = load_flow(ONE, "one.yaml")

    assert load_flow(SAME, "same.yaml") == flow
    assert load_flow(ONE.replace("How calm", "How very calm"), "one.yaml") != flow


def test_the_hash_of_a_definition_stays_through_releases() -> None:
    recorded = "dda25172e612345acd143e0d245a9202c44dbe0323d880e88d458c2f4d86de98"

    assert load_flow(ONE, "one.yaml").definition == recorded


def test_a_deployment_that_scores_with_fewer_answers_has_a_definition_of_its_own() -> None:
    library = Library.read(shipped_files())
    changed = library.requiring("odi", 9)

    assert changed.flow("odi").minimum_answered == 9
    assert changed.flow("odi").definition != library.flow("odi").definition
    assert changed.by_hash(changed.flow("odi").definition) is changed.flow("odi")
    assert library.requiring("odi", 8).flow("odi") == library.flow("odi")
    with pytest.raises(ValueError, match="1 to 10"):
        library.requiring("odi", 11)
    with pytest.raises(ValueError, match="scored"):
        library.requiring("intake", 3)
