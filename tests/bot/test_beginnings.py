"""A beginning that is shared begins in a new house, or what is copied is not all there is."""

from __future__ import annotations

import pytest

from tests.bot.beginnings import begin, on_the_pathway
from tests.bot.house import House


def _nothing(house: House) -> None:
    """So begins what needs no beginning."""


def test_where_somebody_has_written_nothing_can_begin(house: House) -> None:
    on_the_pathway(house)
    with pytest.raises(AssertionError, match="somebody has written"):
        begin(house, _nothing)


def test_where_something_was_sent_nothing_can_begin(house: House) -> None:
    house.enrol(pathway="low-back-pain")
    house.wait(days=8)
    assert house.telegram.texts()
    with pytest.raises(AssertionError, match="something was sent"):
        begin(house, _nothing)
