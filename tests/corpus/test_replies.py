"""No reply of the corpus is stored wrongly, and nearly all that can be understood are."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.corpus.replies import LANGUAGES, replies
from tests.corpus.verdicts import (
    CHANNELS,
    Outcome,
    by_pipeline,
    by_reading,
    share_understood,
    spread,
    wrong,
)

UNDERSTOOD = 0.97
FEWEST = 400
MOST_OVER = 0.02

every_language = pytest.mark.parametrize("language", LANGUAGES)


def half(outcomes: list[Outcome], held: bool) -> list[Outcome]:
    return [each for each in outcomes if each.reply.held is held]


@every_language
def test_the_corpus_is_large_and_a_third_of_it_is_held_back(language: str) -> None:
    corpus = replies(language)
    held = [reply for reply in corpus if reply.held]
    assert len(corpus) >= FEWEST
    assert len(held) >= len(corpus) // 4
    assert len({reply.id for reply in corpus}) == len(corpus)
    assert all(not (reply.means and reply.perhaps) for reply in corpus)


@every_language
@pytest.mark.parametrize("held", [False, True], ids=["open", "held"])
def test_reading_alone(language: str, held: bool) -> None:
    outcomes = half(by_reading(replies(language)), held)
    over = sum(bool(each.over) for each in outcomes)
    _check(outcomes)
    assert over <= MOST_OVER * len(replies(language))


@every_language
def test_the_whole_product(language: str) -> None:
    corpus = spread(replies(language))
    outcomes = by_pipeline(corpus)
    assert min(Counter(channel for _, channel in corpus).values()) > FEWEST // len(CHANNELS)
    assert wrong(outcomes) == []
    # To skip is a command, not a reading: the report counts it, under its own heading.
    answers = [each for each in outcomes if each.reply.is_answer or each.reply.means is None]
    for held in (False, True):
        _check(half(answers, held))


def _check(outcomes: list[Outcome]) -> None:
    """By counts and ids, so that a failure prints nothing that is held back."""
    wrongly, understood = wrong(outcomes), share_understood(outcomes)
    assert wrongly == []
    assert understood >= UNDERSTOOD
