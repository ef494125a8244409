"""Nobody reads what is not granted at that moment, whatever has happened before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from tests.api.reading_model import Life
from tests.bot.practice import MINUTE, Practice
from trajectory import migrations

Action = tuple[str, int, int]
OFTEN = ("names", "shares", "opens", "reads_page", "tells")
SELDOM = ("ends", "removes", "changes_role", "waits", "reads_all", "leaves", "writes")
RARE = ("stops", "erases", "guesses", "scans")
NUMBER = st.integers(0, 999)
ACTIONS = st.lists(
    st.tuples(st.sampled_from((*OFTEN, *OFTEN, *OFTEN, *SELDOM, *RARE)), NUMBER, NUMBER),
    min_size=8,
    max_size=40,
)
BEGINNING = (
    *(("tells", kind, 0) for kind in range(6)),
    *(each for role in (0, 3, 5) for each in (("names", role, 0), ("shares", role // 2, 1))),
    *(("opens", given, 0) for given in range(3)),
)
"""A physiotherapist, a daughter and somebody at a job centre have a page open."""


@contextmanager
def light_practice() -> Iterator[Practice]:
    database = migrations.throw_away()
    yield Practice(database)
    database.close()


def live(practice: Practice, actions: list[Action]) -> Life:
    life = Life(practice)
    for action in BEGINNING:
        life.act(*action)
    assert life.reads == 3
    for action in actions:
        life.act(*action)
    life.reads_all(0, 0)
    return life


@settings(
    max_examples=max(20, settings().max_examples // 5),
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(ACTIONS)
def test_what_a_page_shows_is_what_the_model_allows(actions: list[Action]) -> None:
    with light_practice() as practice:
        life = live(practice, actions)
    event(f"{min(life.reads - 3, 5)} or more pages were read later")


def test_the_model_is_asked_about_pages_that_open_and_pages_that_do_not() -> None:
    """Lives of many steps see every kind of page: or the model would agree about nothing."""
    random, lives = Random(7), []
    for _ in range(4):
        with light_practice() as practice:
            lives.append(live(practice, _long_life(random, 60)))
    assert sum(life.reads for life in lives) > 20
    kinds = {life._may_read(given) for life in lives for given in life.given}
    assert None in kinds
    assert len(kinds) > 1


def test_the_same_on_either_database(practice: Practice) -> None:
    live(practice, _long_life(Random(11), 40))


def _long_life(random: Random, steps: int) -> list[Action]:
    names = (*OFTEN, *OFTEN, *OFTEN, *SELDOM, "guesses", "scans")
    return [(random.choice(names), random.randrange(999), random.randrange(999))
            for _ in range(steps)]  # fmt: skip


def test_a_scanner_of_mails_uses_nothing_up(practice: Practice) -> None:
    """Twenty times every address in the mail, then the real person: she still gets in."""
    life = Life(practice)
    life.names(0, 0)
    life.shares(0, 0)
    for _ in range(20):
        life.scans(0, 0)
    assert (practice.mails(), practice.chat()) == ([], [])
    life.opens(0, 0)
    assert len(life.pages) == 1
    practice.wait(MINUTE)
    for _ in range(20):
        life.scans(0, 0)
    life.reads_page(0, 0)
    assert life.reads == 2
