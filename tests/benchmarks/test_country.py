"""The country that is measured is made of patients as the product makes them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from benchmarks.country import MONDAY, Country, dispatch_all, fill
from trajectory import tables
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

_due, _outbox = tables.core(tables.Due), tables.core(tables.Outbox)


def test_nine_of_ten_get_their_check_in_on_monday(migrated_database_url: str) -> None:
    country = Country(migrated_database_url, Ring.generate().setting())
    fill(country, 0, 20)
    with country.open(MONDAY) as deployment:
        seen, _ = dispatch_all(deployment, 20)
        with deployment.database.read() as connection:
            due = select(func.count()).select_from(_due)
            left = connection.execute(due.where(_due.c.at <= MONDAY)).scalar_one()
            flows = select(func.count(_outbox.c.patient_id.distinct()))
            asked = connection.execute(flows.where(_outbox.c.status == "ready")).scalar_one()
    assert left == 0
    assert seen >= asked >= 18, "an ODI may be due beside it"
