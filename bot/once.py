"""Something that a program asks for, and may ask for again when it has heard no answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, cast

import orjson
from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.inviting_once import KeyReused
from trajectory import enrolment_requests
from trajectory.database import Conflict, Database

_T = TypeVar("_T")
KEY_LENGTHS = range(16, 201)
_ANSWER = "answer"


class _Joined:
    """Stands for the database within a transaction that is under way already."""

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection, self.dialect = connection, database.dialect

    @contextmanager
    def write(self) -> Iterator[Connection]:
        yield self._connection

    read = write

    def run(self, work: Callable[[Connection], _T]) -> _T:
        return work(self._connection)


def within(deployment: Deployment, connection: Connection) -> Deployment:
    """The same deployment, whose every transaction is a part of this one."""
    joined = cast(Database, _Joined(connection, deployment.database))
    return replace(deployment, database=joined)


class Done(NamedTuple):
    """What was done for which patient; `answer` is of what JSON can say."""

    patient_id: int
    answer: Mapping[str, Any]


def once(
    deployment: Deployment, key: str, asked: Any, act: Callable[[Deployment], Done]
) -> Mapping[str, Any]:
    """The answer of `act`, which is done once for a key within a day, however often it is asked.

    `asked` tells one request from another. `act` gets a deployment whose transactions are a part of
    this one, so that what it stores and its answer are kept together or not at all. Without a key
    it is simply done.

    Raises:
        KeyReused: this key came with another request before.
        Whatever `act` raises: nothing was stored, and the key is as good as new.
        trajectory.database.Unavailable: nothing was stored.
    """
    if not key:
        return _plain(act(deployment).answer)
    now, print_of = deployment.clock.now(), hashlib.sha256(orjson.dumps(asked)).hexdigest()

    def work(connection: Connection) -> Mapping[str, Any]:
        before = enrolment_requests.answered(connection, deployment.ring, key, now)
        if before is not None:
            if before["asked"] != print_of:
                raise KeyReused
            return cast(Mapping[str, Any], before[_ANSWER])
        done = act(within(deployment, connection))
        kept = enrolment_requests.keep(
            connection,
            deployment.ids,
            deployment.ring,
            key=key,
            patient_id=done.patient_id,
            answer={"asked": print_of, _ANSWER: _plain(done.answer)},
            now=now,
        )
        if not kept:
            raise Conflict("The same request was answered at the same moment. Try again.")
        return _plain(done.answer)

    return deployment.database.run(work)


def _plain(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """As it is read back: the first answer is the same as every later one."""
    return cast(Mapping[str, Any], orjson.loads(orjson.dumps(answer)))
