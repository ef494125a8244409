"""Answers to requests to enrol, kept for a day, so that a request that is repeated enrols once.

The answer holds what is shown once only. It is sealed with a key that is made of the ring and
of the request's own key, which is not kept: a copy of database and ring does not open it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import insert_once

KEPT = timedelta(days=1)
BODY = "enrolment_request.body"

_FIND = "enrolment_request"
_SEAL = "enrolment_request.seal"
_request = tables.core(tables.EnrolmentRequest)


def answered(
    connection: Connection, ring: Ring, key: str, now: datetime
) -> Mapping[str, Any] | None:
    """What was answered to the request with this key; None: there was none within a day."""
    by_ring_key = zip(ring.find_hashes(_FIND, key), ring.find_hashes(_SEAL, key), strict=True)
    for (_, found), (_, seal) in by_ring_key:
        row = connection.execute(
            select(_request.c.id, _request.c.body).where(
                _request.c.hash == found, _request.c.created_at > now - KEPT
            )
        ).one_or_none()
        if row is not None:
            answer: Mapping[str, Any] = Sealer(seal).open_json(BODY, row.id, row.body)
            return answer
    return None


def keep(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    *,
    key: str,
    patient_id: int,
    answer: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Keep an answer; False: the same request was answered elsewhere meanwhile."""
    connection.execute(delete(_request).where(_request.c.created_at <= now - KEPT))
    row_id = ids.take(connection)
    row = {
        "id": row_id,
        "patient_id": patient_id,
        "hash": ring.find_hash(_FIND, key)[1],
        "body": Sealer(ring.find_hash(_SEAL, key)[1]).seal_json(BODY, row_id, answer),
        "created_at": now,
    }
    return insert_once(connection, _request, row)
