"""The patient gives leave to read, for a time, and ends it; every way in asks for it."""

from datetime import datetime, timedelta

import pytest

from tests.trajectory.conftest import NOW, OLD_RING, Record
from trajectory import care_team, grants
from trajectory.care_team import Member
from trajectory.grants import Attempt, GrantEnded, GrantRef, TooManyCodes
from trajectory.keys import Ring, Sealer, WrongKey

MINUTE = timedelta(minutes=1)
SOON = NOW + 90 * timedelta(days=1)


class Sharing:
    """Birgit shares with Anne, her physiotherapist."""

    def __init__(self, record: Record, until: datetime | None = SOON) -> None:
        self.record = record
        self.patient_id, self.sealer = record.enrol()
        self.anne: Member = record.add_physio(self.patient_id, self.sealer)
        self.grant_id = record.share(self.patient_id, self.sealer, self.anne.id, until=until)

    def active(self, now: datetime = NOW) -> list[int]:
        with self.record.database.read() as connection:
            return [g.id for g in grants.active(connection, self.sealer, self.patient_id, now)]

    def by_link(self, now: datetime = NOW, token: str = "the-link") -> GrantRef | None:
        with self.record.database.read() as connection:
            return grants.by_token(connection, self.record.ring, token, now)

    def end(self, now: datetime = NOW) -> None:
        with self.record.database.write() as connection:
            grants.end(connection, self.grant_id, now)

    def mail_code(self, now: datetime = NOW, code: str = "123456") -> str:
        with self.record.database.write() as connection:
            return grants.new_code(
                connection,
                self.record.ids,
                self.record.ring,
                self.grant_id,
                now,
                draw=lambda: code,
            )

    def type_code(self, code: str, now: datetime = NOW) -> Attempt:
        with self.record.database.write() as connection:
            return grants.try_code(connection, self.record.ring, self.grant_id, code, now)

    def open(self, now: datetime = NOW, cookie: str = "the-cookie") -> grants.Viewing:
        with self.record.database.write() as connection:
            return grants.open_viewing(
                connection, self.record.ids, self.record.ring, self.grant_id, cookie, now
            )

    def look(self, now: datetime, cookie: str = "the-cookie") -> grants.Viewing | None:
        with self.record.database.read() as connection:
            return grants.by_cookie(connection, self.record.ring, cookie, now)

    def touch(self, viewing: grants.Viewing, now: datetime) -> None:
        with self.record.database.write() as connection:
            grants.touch(connection, viewing, now)


@pytest.fixture
def sharing(record: Record) -> Sharing:
    return Sharing(record)


def test_the_patient_can_ask_who_may_see_what(sharing: Sharing) -> None:
    with sharing.record.database.read() as connection:
        (grant,) = grants.active(connection, sharing.sealer, sharing.patient_id, NOW)
    assert grant.member == Member(
        sharing.anne.id, "physiotherapist", "Anne Skov", "anne@klinik.example"
    )
    assert grant.purposes == {"summary", "digest"}
    assert (grant.given_at, grant.until) == (NOW, SOON)
    assert (grant.first_seen_at, grant.last_seen_at) == (None, None)
    assert (grant.word, grant.token) == ("solsikke", "the-link")


def test_a_grant_ends_when_its_time_is_over(sharing: Sharing) -> None:
    assert sharing.active(SOON - MINUTE) == [sharing.grant_id]
    assert sharing.active(SOON) == []
    link = sharing.by_link(SOON)
    assert link is not None
    assert not link.active


def test_until_i_stop_goes_on_until_the_patient_stops(record: Record) -> None:
    sharing = Sharing(record, until=None)
    assert sharing.active(SOON + timedelta(days=3650)) == [sharing.grant_id]
    sharing.end()
    assert sharing.active() == []


def test_the_patient_may_allow_more_or_less_later(sharing: Sharing) -> None:
    with sharing.record.database.write() as connection:
        grants.change_purposes(connection, sharing.grant_id, {"summary", "alert"})
    link = sharing.by_link()
    assert link is not None
    assert link.purposes == {"summary", "alert"}


def test_what_may_be_seen_once_opens_one_page_only(sharing: Sharing) -> None:
    with sharing.record.database.write() as connection:
        grants.change_purposes(connection, sharing.grant_id, {"summary", grants.ONCE})
    opened = sharing.open()
    assert sharing.look(NOW + MINUTE) == opened
    link = sharing.by_link()
    assert link is not None
    assert not link.active
    with pytest.raises(GrantEnded):
        sharing.open(cookie="second")


def test_a_link_finds_its_grant_and_a_wrong_one_nothing(sharing: Sharing) -> None:
    assert sharing.by_link() == GrantRef(
        sharing.grant_id,
        sharing.patient_id,
        sharing.anne.id,
        frozenset({"summary", "digest"}),
        active=True,
    )
    assert sharing.by_link(token="another") is None


def test_a_link_made_with_an_older_key_still_works(record: Record) -> None:
    old = Record(record.database, record.ids, Ring.parse(OLD_RING))
    patient_id, sealer = old.enrol()
    grant_id = old.share(patient_id, sealer, old.add_physio(patient_id, sealer).id)
    with record.database.read() as connection:
        found = grants.by_token(connection, record.ring, "the-link", NOW)
        kept = grants.by_id(connection, grant_id, NOW)
    assert found is not None
    assert found == kept


def test_whoever_leaves_the_care_team_sees_nothing_more(sharing: Sharing) -> None:
    sharing.open()
    with sharing.record.database.write() as connection:
        care_team.remove(connection, sharing.anne.id, NOW)
    assert sharing.active() == []
    assert sharing.look(NOW) is None
    with sharing.record.database.read() as connection:
        assert care_team.active(connection, sharing.sealer, sharing.patient_id) == []
        left = care_team.member(connection, sharing.sealer, sharing.patient_id, sharing.anne.id)
    assert left == sharing.anne


def test_the_care_team_carries_the_patients_own_names(record: Record) -> None:
    patient_id, sealer = record.enrol()
    other_id, others = record.enrol("Jonas Lund")
    anne = record.add_physio(patient_id, sealer)
    with record.database.write() as connection:
        son = Member(record.ids.take(connection), "relative", "min søn", None)
        care_team.add(connection, sealer, son, patient_id=patient_id, now=NOW)
        care_team.rename(connection, sealer, anne.id, "Anne fys")
        named = care_team.active(connection, sealer, patient_id)
        assert care_team.member(connection, others, other_id, son.id) is None
    assert [(m.id, m.name, m.email) for m in named] == [
        (anne.id, "Anne fys", "anne@klinik.example"),
        (son.id, "min søn", None),
    ]


def test_a_code_opens_once(sharing: Sharing) -> None:
    sharing.mail_code(code="042017")
    assert sharing.type_code("042018") is Attempt.WRONG
    assert sharing.type_code(" 042017 ") is Attempt.RIGHT
    assert sharing.type_code("042017") is Attempt.SPENT


def test_a_code_lives_a_quarter_of_an_hour(sharing: Sharing) -> None:
    sharing.mail_code()
    assert sharing.type_code("123456", NOW + 15 * MINUTE) is Attempt.SPENT
    assert sharing.type_code("123456", NOW + 14 * MINUTE) is Attempt.RIGHT


def test_the_sixth_try_is_refused_even_with_the_right_code(sharing: Sharing) -> None:
    sharing.mail_code()
    assert [sharing.type_code("000000") for _ in range(5)] == [Attempt.WRONG] * 5
    assert sharing.type_code("123456") is Attempt.SPENT


def test_only_the_newest_code_counts(sharing: Sharing) -> None:
    sharing.mail_code(code="111111")
    sharing.mail_code(code="222222")
    assert sharing.type_code("111111") is Attempt.WRONG
    assert sharing.type_code("222222") is Attempt.RIGHT


def test_a_guesser_does_not_get_code_after_code(sharing: Sharing) -> None:
    for minute in range(5):
        sharing.mail_code(NOW + minute * MINUTE)
    with pytest.raises(TooManyCodes):
        sharing.mail_code(NOW + 59 * MINUTE)
    sharing.mail_code(NOW + 60 * MINUTE)


def test_a_code_of_another_grant_does_not_open(record: Record) -> None:
    sharing = Sharing(record)
    other = record.share(sharing.patient_id, sharing.sealer, sharing.anne.id, token="another-link")
    sharing.mail_code()
    with record.database.write() as connection:
        assert grants.try_code(connection, record.ring, other, "123456", NOW) is Attempt.SPENT


def test_codes_come_from_the_operating_system(sharing: Sharing) -> None:
    codes = {grants.six_digits() for _ in range(200)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 190


def test_an_ended_grant_gives_no_code_and_opens_nothing(sharing: Sharing) -> None:
    sharing.mail_code()
    sharing.end()
    assert sharing.type_code("123456") is Attempt.SPENT
    with pytest.raises(GrantEnded):
        sharing.mail_code()
    with pytest.raises(GrantEnded):
        sharing.open()


def test_an_open_page_shows_nothing_once_the_patient_ends_the_grant(sharing: Sharing) -> None:
    opened = sharing.open()
    assert sharing.look(NOW + MINUTE) == opened
    sharing.end(NOW + MINUTE)
    assert sharing.look(NOW + 2 * MINUTE) is None


def test_a_page_closes_after_thirty_idle_minutes(sharing: Sharing) -> None:
    opened = sharing.open()
    sharing.touch(opened, NOW + 29 * MINUTE)
    assert sharing.look(NOW + 58 * MINUTE) == opened
    assert sharing.look(NOW + 59 * MINUTE) is None


def test_a_page_closes_after_eight_hours_however_busy(sharing: Sharing) -> None:
    opened = sharing.open()
    last = NOW + timedelta(hours=8) - MINUTE
    sharing.touch(opened, last)
    assert sharing.look(last) == opened
    assert sharing.look(last + MINUTE) is None


def test_signing_out_closes_the_page(sharing: Sharing) -> None:
    opened = sharing.open()
    with sharing.record.database.write() as connection:
        grants.close_viewing(connection, opened, NOW + MINUTE)
    assert sharing.look(NOW + MINUTE) is None


def test_a_cookie_that_was_never_given_opens_nothing(sharing: Sharing) -> None:
    sharing.open()
    assert sharing.look(NOW, cookie="another") is None


def test_looks_are_noted_and_the_next_page_tells_what_changed_since(sharing: Sharing) -> None:
    first = sharing.open()
    sharing.touch(first, NOW + MINUTE)
    later = NOW + timedelta(days=7)
    second = sharing.open(later, cookie="second")
    assert first.since is None
    assert second.since == NOW + MINUTE
    with sharing.record.database.read() as connection:
        (grant,) = grants.active(connection, sharing.sealer, sharing.patient_id, later)
    assert (grant.first_seen_at, grant.last_seen_at) == (NOW, later)


def test_a_renewed_grant_does_not_make_the_person_new(sharing: Sharing) -> None:
    sharing.open()
    sharing.end(NOW + MINUTE)
    sharing.grant_id = sharing.record.share(
        sharing.patient_id, sharing.sealer, sharing.anne.id, token="renewed"
    )
    assert sharing.open(NOW + 2 * MINUTE, cookie="second").since == NOW


def test_a_grant_does_not_open_with_another_patients_key(sharing: Sharing, record: Record) -> None:
    stranger: Sealer = record.enrol("Jonas Lund")[1]
    with pytest.raises(WrongKey), record.database.read() as connection:
        grants.active(connection, stranger, sharing.patient_id, NOW)
