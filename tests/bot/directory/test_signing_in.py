"""Anne signs in: an invitation once, then a mailed code and her authenticator each time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel

from bot.directory import signing_in, staff
from bot.directory.signing_in import NotInvited, NotRight
from bot.permission import NotSignedIn
from tests.bot.ward import ANNE, Ward
from trajectory import audit_checks, clinic_audit, professionals, rotation, sign_ins, tables
from trajectory.keys import Ring
from trajectory.professionals import AlreadyListed
from trajectory.sign_ins import Attempt

HALF_A_MINUTE = timedelta(seconds=30)


def ask(ward: Ward, email: str = ANNE.email, trial: str = "trial") -> None:
    signing_in.ask_for_code(ward.deployment, email, trial, ward.now)


def try_in(ward: Ward, code: str, shown: str, trial: str = "trial") -> None:
    cookie = ward.deployment.chance.token()
    signing_in.sign_in(ward.deployment, trial, code, shown, cookie, ward.now)


def name_at(ward: Ward, cookie: str) -> str:
    with ward.database.read() as connection:
        return signing_in.who_is(connection, ward.deployment, cookie, ward.now).who.name


def test_from_the_invitation_to_the_list(ward: Ward) -> None:
    anne = ward.hire()
    cookie = ward.sign_in(anne)
    assert name_at(ward, cookie) == "Anne Skov"
    assert ward.read_list(cookie).all == 0


def test_an_invitation_works_once_and_for_a_week(ward: Ward) -> None:
    anne = ward.employ()
    token = ward.invitation()
    with pytest.raises(NotRight):
        signing_in.confirm_authenticator(ward.deployment, token, "000000", ward.now)
    signing_in.confirm_authenticator(ward.deployment, token, ward.shown(anne), ward.now)
    with pytest.raises(NotInvited):
        signing_in.look_at_invitation(ward.deployment, token, ward.now)
    staff.invite(ward.deployment, anne)
    ward.wait(timedelta(days=7))
    with pytest.raises(NotInvited):
        signing_in.look_at_invitation(ward.deployment, ward.invitation(), ward.now)


def test_an_address_is_listed_once_however_it_is_written(ward: Ward) -> None:
    ward.employ()
    shouted = professionals.Professional(0, "A", " ANNE@Klinik.example", "gp", "primary", "da")
    with pytest.raises(AlreadyListed):
        staff.add(ward.deployment, shouted)


def test_before_the_authenticator_is_set_up_no_code_is_mailed(ward: Ward) -> None:
    ward.employ()
    before = len(ward.letters())
    ask(ward)
    assert len(ward.letters()) == before


def test_whatever_address_is_typed_looks_the_same(ward: Ward) -> None:
    ward.hire()
    ask(ward, "nobody@klinik.example", "stranger")
    ask(ward)
    for trial in ("stranger", "trial", "never asked"):
        with pytest.raises(NotRight):
            try_in(ward, "000000", "000000", trial)


def test_five_codes_an_hour_are_mailed(ward: Ward) -> None:
    ward.hire()
    before = len(ward.letters())
    for number in range(7):
        ask(ward, trial=f"trial {number}")
    assert len(ward.letters()) == before + 5
    ward.wait(timedelta(minutes=61))
    ask(ward, trial="later")
    assert len(ward.letters()) == before + 6


def test_a_code_shown_by_the_authenticator_is_good_once(ward: Ward) -> None:
    anne = ward.hire()
    ask(ward, trial="first")
    code, shown = ward.mailed_code(), ward.shown(anne)
    try_in(ward, code, shown, "first")
    ask(ward, trial="second")
    with pytest.raises(NotRight):
        try_in(ward, ward.mailed_code(), shown, "second")
    ward.wait(HALF_A_MINUTE)
    try_in(ward, ward.mailed_code(), ward.shown(anne), "second")


def test_a_code_opens_only_the_browser_that_has_asked(ward: Ward) -> None:
    anne = ward.hire()
    ask(ward, trial="hers")
    with pytest.raises(NotRight):
        try_in(ward, ward.mailed_code(), ward.shown(anne), "another")
    try_in(ward, ward.mailed_code(), ward.shown(anne), "hers")


def test_five_wrong_tries_use_a_code_up(ward: Ward) -> None:
    anne = ward.hire()
    ask(ward)
    code = ward.mailed_code()
    for _ in range(5):
        with pytest.raises(NotRight):
            try_in(ward, code, "000000")
    with pytest.raises(NotRight):
        try_in(ward, code, ward.shown(anne))


def test_who_reads_annes_mail_guesses_no_further_and_a_reset_helps_her(ward: Ward) -> None:
    anne = ward.hire()
    for number in range(signing_in.WRONG_A_DAY):
        ask(ward, trial=f"trial {number}")
        with pytest.raises(NotRight):
            try_in(ward, ward.mailed_code(), "000000", f"trial {number}")
        ward.wait(timedelta(minutes=20))
    ask(ward)
    with pytest.raises(NotRight):
        try_in(ward, ward.mailed_code(), ward.shown(anne))
    staff.invite(ward.deployment, anne)
    signing_in.confirm_authenticator(ward.deployment, ward.invitation(), ward.shown(anne), ward.now)
    ward.wait(HALF_A_MINUTE)
    ask(ward, trial="hers")
    try_in(ward, ward.mailed_code(), ward.shown(anne), "hers")


def test_wrong_codes_without_the_mail_keep_nobody_out(ward: Ward) -> None:
    anne = ward.hire()
    for number in range(4):
        ask(ward, trial=f"trial {number}")
        for _ in range(5):
            with pytest.raises(NotRight):
                try_in(ward, "no code", "000000", f"trial {number}")
    ask(ward)
    try_in(ward, ward.mailed_code(), ward.shown(anne))


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_a_sign_in_that_is_under_way_at_a_reset_is_ended_too(ward: Ward) -> None:
    """Where only one writes at a time, there is none under way."""
    anne = ward.hire()
    ask(ward)
    code = ward.mailed_code()
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    resetting = threading.Thread(target=staff.invite, args=(ward.deployment, anne))
    ring, ids = ward.deployment.ring, ward.deployment.ids
    with ward.database.write() as connection:
        assert sign_ins.try_code(connection, ring, "trial", code, ward.now)[0] is Attempt.RIGHT
        resetting.start()
        while not connection.execute(waiting).scalar():
            resetting.join(0.005)
            assert resetting.is_alive()
        sign_ins.open_session(connection, ids, ring, anne, "theirs", ward.now)
    resetting.join()
    token = ward.invitation()
    signing_in.confirm_authenticator(ward.deployment, token, ward.shown(anne), ward.now)
    with pytest.raises(NotSignedIn):
        name_at(ward, "theirs")


def test_a_code_is_good_for_a_quarter_of_an_hour(ward: Ward) -> None:
    anne = ward.hire()
    ask(ward)
    ward.wait(timedelta(minutes=15))
    with pytest.raises(NotRight):
        try_in(ward, ward.mailed_code(), ward.shown(anne))


def test_thirty_idle_minutes_or_eight_hours_sign_out(ward: Ward) -> None:
    anne = ward.hire()
    idle = ward.sign_in(anne)
    ward.wait(timedelta(minutes=30))
    with pytest.raises(NotSignedIn):
        ward.read_list(idle)
    busy = ward.sign_in(anne)
    for _ in range(16):
        ward.wait(timedelta(minutes=29))
        ward.read_list(busy)
    ward.wait(timedelta(minutes=16))
    with pytest.raises(NotSignedIn):
        ward.read_list(busy)


def test_signing_out_ends_one_browser_and_a_reset_ends_all(ward: Ward) -> None:
    anne = ward.hire()
    first, second = ward.sign_in(anne), ward.sign_in(anne)
    signing_in.sign_out(ward.deployment, first, ward.now)
    signing_in.sign_out(ward.deployment, first, ward.now)
    with pytest.raises(NotSignedIn):
        name_at(ward, first)
    assert name_at(ward, second) == "Anne Skov"
    old = ward.shown(anne)
    ask(ward)
    code = ward.mailed_code()
    staff.invite(ward.deployment, anne)
    with pytest.raises(NotSignedIn):
        name_at(ward, second)
    with pytest.raises(NotRight):
        try_in(ward, code, old)


def test_whoever_has_left_is_signed_out_and_their_address_is_free(ward: Ward) -> None:
    anne = ward.hire()
    cookie = ward.sign_in(anne)
    staff.remove(ward.deployment, anne)
    with pytest.raises(NotSignedIn):
        name_at(ward, cookie)
    assert ward.employ() != anne


def test_of_whoever_has_left_the_directory_keeps_a_number_only(ward: Ward) -> None:
    anne = ward.hire()
    staff.remove(ward.deployment, anne)
    with ward.database.read() as connection:
        row = connection.execute(select(tables.core(tables.Professional))).one()
        held = {name: value for name, value in row._mapping.items() if isinstance(value, bytes)}
        assert row.id == anne
        assert professionals.listed(connection, ward.deployment.ring) == []
    assert held == {"name": b"", "email": b"", "unsubscribe": b""}


def test_whoever_leaves_sees_nothing_more_and_the_patients_are_told(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne)
    assert staff.remove(ward.deployment, anne) == 1
    assert ward.chat(shared.patient_id) == [
        "Anne Skov has left the clinic's list and can see your answers no more."
    ]
    assert ("staff", "sharing-stopped") in ward.audited(shared.patient_id)
    assert staff.remove(ward.deployment, anne) == 0
    with pytest.raises(staff.NobodyListed):
        staff.remove(ward.deployment, 999_999)


@pytest.mark.both_databases
def test_a_new_key_of_the_ring_finds_the_address_again(ward: Ward) -> None:
    ward.hire()
    ring = Ring.parse(f"{Ring.generate('k2').setting()},{ward.deployment.ring.setting()}")
    with ward.database.write() as connection:
        rotation.rotate(connection, ring)
    newest = Ring.parse(ring.setting().partition(",")[0])
    with ward.database.read() as connection:
        found = professionals.by_email(connection, newest, ANNE.email)
    assert found is not None
    assert found.name == "Anne Skov"


def test_whoever_copies_the_database_learns_nobodys_name_address_or_secret(ward: Ward) -> None:
    anne = ward.hire()
    cookie = ward.sign_in(anne)
    with ward.database.read() as connection:
        known = professionals.authenticator(connection, ward.deployment.ring, anne)
        assert known is not None
        rows = [
            row
            for table in SQLModel.metadata.sorted_tables
            for row in connection.execute(select(table)).all()
        ]
    secrets = (ANNE.name, ANNE.email, known.secret, cookie, ward.mailed_code())
    assert not any(secret in repr(row) for row in rows for secret in secrets)


def test_each_sign_in_and_each_refusal_stands_in_the_clinic_s_own_chain(ward: Ward) -> None:
    number = ward.hire()
    cookie = ward.sign_in(number)
    signing_in.sign_out(ward.deployment, cookie, ward.now)
    signing_in.ask_for_code(ward.deployment, ANNE.email, "trial", ward.now)
    with pytest.raises(NotRight):
        signing_in.sign_in(
            ward.deployment, "trial", ward.mailed_code(), "000000", "cookie", ward.now
        )
    with ward.database.read() as connection:
        found = clinic_audit.newest(connection)
        assert audit_checks.check_clinic(connection).problems == []
    whoever = f"directory:{number}"
    assert [(each.actor, each.action) for each in reversed(found)] == [
        ("operator", "added"),
        ("operator", "invited"),
        (whoever, "set-up"),
        (whoever, "signed-in"),
        (whoever, "signed-out"),
        (whoever, "refused"),
    ]
