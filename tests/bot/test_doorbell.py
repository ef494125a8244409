"""Whoever listens for a patient hears every ring for them, from any thread, and no other's."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.doorbell import LISTENERS, Doorbell, TooMany

SOON = 20.0
NOW = 0.001


def test_a_ring_from_another_thread_wakes_the_listener() -> None:
    async def scene() -> bool:
        doorbell = Doorbell()
        with doorbell.listen(1) as bell, ThreadPoolExecutor(1) as thread:
            thread.submit(doorbell.ring, 1)
            return await bell.wait(SOON)

    assert asyncio.run(scene())


def test_a_ring_between_two_waits_is_heard_once() -> None:
    async def scene() -> list[bool]:
        doorbell = Doorbell()
        with doorbell.listen(1) as bell:
            doorbell.ring(1)
            doorbell.ring(1)
            return [await bell.wait(SOON), await bell.wait(NOW)]

    assert asyncio.run(scene()) == [True, False]


def test_a_ring_for_somebody_else_is_not_heard() -> None:
    async def scene() -> bool:
        doorbell = Doorbell()
        with doorbell.listen(1) as bell:
            doorbell.ring(2)
            return await bell.wait(NOW)

    assert not asyncio.run(scene())


def test_every_page_of_the_patient_hears_it() -> None:
    async def scene() -> list[bool]:
        doorbell = Doorbell()
        with doorbell.listen(1) as one, doorbell.listen(1) as two:
            doorbell.ring(1)
            return [await one.wait(SOON), await two.wait(SOON)]

    assert asyncio.run(scene()) == [True, True]


def test_closing_wakes_everybody_for_the_last_time() -> None:
    async def scene() -> tuple[bool, bool]:
        doorbell = Doorbell()
        with doorbell.listen(1) as bell:
            doorbell.close()
            return await bell.wait(SOON), bell.closed

    assert asyncio.run(scene()) == (True, True)


def test_one_patient_cannot_take_all_the_bells_and_leaving_makes_room() -> None:
    async def scene() -> None:
        doorbell = Doorbell()
        held = [doorbell.listen(1) for _ in range(LISTENERS)]
        for each in held:
            each.__enter__()
        with pytest.raises(TooMany), doorbell.listen(1):
            pass
        with doorbell.listen(2):
            pass
        held[0].__exit__(None, None, None)
        with doorbell.listen(1):
            pass
        for each in held[1:]:
            each.__exit__(None, None, None)
        assert not doorbell._bells, "nothing is left behind"

    asyncio.run(scene())


def test_a_ring_after_the_listeners_loop_has_ended_harms_nobody() -> None:
    doorbell = Doorbell()

    async def forget_to_leave() -> object:
        listening = doorbell.listen(1)
        listening.__enter__()
        return listening

    left = asyncio.run(forget_to_leave())
    doorbell.ring(1)
    assert left
