"""The same request twice is done once, and what was done and answered are kept together."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bot.conversation.pathways import begin_anew
from bot.deployment import Deployment
from bot.desk.steps import take_step
from bot.inviting_once import KeyReused
from bot.once import Done, once
from tests.bot.desk.forms import KIRSTEN
from tests.bot.house import House

KEY = "staff:7 6e1d4cb0-2f4a-4e5f-8d0c-1f6f6a1b2c3d"


class Asking:
    """A program that asks for a new episode, perhaps again and again."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.patient_id = house.enrol(pathway="low-back-pain").patient_id

    def ask(self, key: str = KEY, asked: Any = "anew") -> Any:
        return once(self.house.deployment, key, asked, self.act)

    def act(self, within: Deployment) -> Done:
        take_step(within, KIRSTEN, self.patient_id, begin_anew)
        return Done(self.patient_id, {"at": within.clock.now()})

    @property
    def begun(self) -> int:
        return self.house.audited(self.patient_id).count("new-episode")


def test_it_is_done_once_and_answered_alike_for_a_day(house: House) -> None:
    program = Asking(house)
    first = program.ask()
    house.clock.set(house.clock.now().replace(hour=20))
    assert program.ask() == first
    assert program.begun == 1
    program.ask(key="")
    program.ask(key=f"{KEY}!")
    assert program.begun == 3
    with pytest.raises(KeyReused):
        program.ask(asked="something else")
    house.wait(days=1)
    assert program.ask() != first, "a key is remembered for a day"


def test_what_breaks_after_the_deed_undoes_it(house: House) -> None:
    program, act = Asking(house), Asking.act

    def breaks(within: Deployment) -> Done:
        act(program, within)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(house.deployment, KEY, "anew", breaks)
    assert program.begun == 0
    program.ask()
    assert program.begun == 1


def test_two_at_the_same_moment_are_one(house: House) -> None:
    program = Asking(house)
    answers: list[Any] = []
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        answers.append(program.ask())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(answers) == 4
    assert all(each == answers[0] for each in answers)
    assert program.begun == 1
