"""A patient is known again by name and birth date or phone, also under a new key of the ring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bot.desk.known_again import known
from tests.bot.house import House
from trajectory import enrolment_marks, migrations, rotation, tables
from trajectory.enrolment_marks import Identity, Kind
from trajectory.keys import Ring

BIRGIT = Identity("Birgit Holm", date(1958, 9, 14), "+4520304050")


@pytest.fixture
def house() -> Iterator[House]:
    database = migrations.throw_away()
    yield House(database)
    database.close()


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        (BIRGIT, Kind.ALL),
        (Identity("birgit  HOLM", BIRGIT.born, BIRGIT.phone), Kind.ALL),
        (BIRGIT._replace(phone=""), Kind.PERSON),
        (BIRGIT._replace(phone="+4520304051"), Kind.PERSON),
        (BIRGIT._replace(born=None), Kind.PHONE),
        (Identity("Bo Lund", None, BIRGIT.phone), Kind.PHONE),
        (Identity("Birgit Holm", None, ""), None),
        (BIRGIT._replace(born=date(1958, 9, 15), phone=""), None),
    ],
)
def test_what_is_the_same(house: House, who: Identity, kind: Kind | None) -> None:
    made = house.invite(name=BIRGIT.name, born=BIRGIT.born, phone=BIRGIT.phone)
    with house.database.read() as connection:
        here = known(connection, house.deployment, [who]).get(who)
    assert (here and (here.kind, here.patient_id)) == (kind and (kind, made.patient_id))


def test_a_new_key_of_the_ring_forgets_nobody(house: House) -> None:
    made = house.invite(name=BIRGIT.name, born=BIRGIT.born, phone=BIRGIT.phone)
    both = house.deployment.ring.with_new_key("k2")
    with house.database.write() as connection:
        rotation.rotate(connection, both)
    alone = Ring.parse(next(each for each in both.setting().split(",") if each.startswith("k2:")))
    with house.database.read() as connection:
        found = enrolment_marks.find(connection, alone, BIRGIT)
    assert {kind: each.patient_id for kind, each in found.items()} == dict.fromkeys(
        Kind, made.patient_id
    )
    assert len(house.rows(tables.core(tables.EnrolmentMark))) == len(Kind)
