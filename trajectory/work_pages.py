"""Pages about work, stored sealed as they were when they were shared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Sealer
from trajectory.work_page import WorkPage

_page = tables.core(tables.WorkPage)
_BODY = "work_page.body"


def keep(
    connection: Connection,
    ids: Ids,
    sealer: Sealer,
    page: WorkPage,
    *,
    patient_id: int,
    grant_id: int | None,
    now: datetime,
) -> None:
    """Store a page for one grant; without a grant it is for the patient alone."""
    page_id = ids.take(connection)
    row = {
        "id": page_id,
        "patient_id": patient_id,
        "grant_id": grant_id,
        "created_at": now,
        "body": sealer.seal_json(_BODY, page_id, page.to_json()),
    }
    connection.execute(insert(_page), row)


def of_grant(connection: Connection, sealer: Sealer, grant_id: int) -> WorkPage | None:
    """What this grant lets its member read. The caller has asked whether it is active."""
    return _newest(connection, sealer, _page.c.grant_id == grant_id)


def own(connection: Connection, sealer: Sealer, patient_id: int) -> WorkPage | None:
    """The page that the patient had made last to take along."""
    mine = (_page.c.patient_id == patient_id) & _page.c.grant_id.is_(None)
    return _newest(connection, sealer, mine)


def _newest(connection: Connection, sealer: Sealer, which: ColumnElement[bool]) -> WorkPage | None:
    wanted = select(_page.c.id, _page.c.body).where(which).order_by(_page.c.id.desc()).limit(1)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else WorkPage.from_json(sealer.open_json(_BODY, row.id, row.body))
