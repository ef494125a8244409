"""Definitions as they were when asked: stored once under their content hash, never changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from trajectory.sql import insert_all_once
from trajectory.tables import Definition, core

_definition = core(Definition)
_BODY = select(_definition.c.body).where(_definition.c.hash == bindparam("hash"))


def remember(connection: Connection, hash: str, flow_id: str, body: str) -> None:
    """Store a definition with its wording unless it is stored already."""
    remember_all(connection, [(hash, flow_id, body)])


def remember_all(connection: Connection, given: Iterable[tuple[str, str, str]]) -> None:
    """The same for many: each its hash, its flow's id and its wording."""
    rows = [{"hash": hash, "flow": flow_id, "body": body} for hash, flow_id, body in given]
    insert_all_once(connection, _definition, rows)


def recall(connection: Connection, hash: str) -> str | None:
    """The stored definition with this content hash."""
    return connection.execute(_BODY, {"hash": hash}).scalar_one_or_none()
