"""Ids are never given twice, whatever rolls back and however many processes take them."""

import multiprocessing
from contextlib import suppress
from multiprocessing.queues import SimpleQueue

from trajectory.database import Database
from trajectory.ids import BLOCK, Ids

EACH = BLOCK + 200


def take(database: Database, ids: Ids, times: int) -> list[int]:
    with database.write() as connection:
        return [ids.take(connection) for _ in range(times)]


def take_and_roll_back(database: Database, ids: Ids, times: int) -> list[int]:
    taken: list[int] = []
    with suppress(InterruptedError), database.write() as connection:
        taken += [ids.take(connection) for _ in range(times)]
        raise InterruptedError
    return taken


def take_in_a_process(url: str, given: "SimpleQueue[list[int]]") -> None:
    database = Database(url)
    ids = Ids(database)
    taken = take(database, ids, 10)
    taken += take_and_roll_back(database, ids, EACH)
    taken += take(database, ids, EACH)
    database.close()
    given.put(taken)


def test_processes_never_share_an_id(database: Database, migrated_database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    given: SimpleQueue[list[int]] = spawn.SimpleQueue()
    takers = [
        spawn.Process(target=take_in_a_process, args=(migrated_database_url, given))
        for _ in range(3)
    ]
    for taker in takers:
        taker.start()
    everybody = [given.get() for _ in takers]
    for taker in takers:
        taker.join()
    for taken in everybody:
        assert taken == sorted(taken)
    kept = [i for taken in everybody for i in (*taken[:10], *taken[-EACH:])]
    assert len(set(kept)) == len(kept) == 3 * (EACH + 10)


def test_a_rolled_back_block_is_reserved_anew(database: Database) -> None:
    mine, other = Ids(database), Ids(database)
    lost = take_and_roll_back(database, mine, 3)
    others = take(database, other, BLOCK)
    again = take(database, mine, 3)
    assert not set(others) & set(again)
    assert min(again) > max(lost)


def test_a_fresh_database_gives_the_same_ids_in_the_same_order(database: Database) -> None:
    assert take(database, Ids(database), BLOCK + 2) == list(range(1, BLOCK + 3))
