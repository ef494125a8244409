"""Weekly digests: counts and reasons to a professional, and nothing about anybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from backtrace.definitions import shipped_library
from backtrace.replay.stage import furnish
from backtrace.simulate.people import Crowd
from backtrace.simulate.run import Simulation
from backtrace.simulate_cli import FIRST_DAY
from bot.directory import digests, digests_due, from_list, staff
from bot.directory.digests import FEWEST
from bot.directory.overview import Overview
from tests.bot.ward import ANNE, DAY, LARS, Letter, Ward
from trajectory import entries, professionals, tables
from trajectory.database import Database
from trajectory.entries import Entry
from trajectory.keys import Ring
from trajectory.professionals import Rhythm
from trajectory.triage import Why

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
SEVEN = datetime(2026, 11, 25, 6, tzinfo=UTC)
"""Wednesday 07:00 in Copenhagen, the day after the ward's beginning."""
WEEK = timedelta(weeks=1)


def digests_of(ward: Ward) -> list[Letter]:
    wanted = ("Your patients this week", "Dine patienter i denne uge")
    return [each for each in ward.letters() if each.subject in wanted]


def counted(letter: Letter) -> str:
    return letter.text.partition("\n")[0]


def fill(ward: Ward, number: int, count: int = FEWEST) -> None:
    """So many patients who are as they were when this professional looked."""
    for place in range(count):
        shared = ward.share(number, f"Calm {place}", looked=2 * DAY)
        ward.report(shared, 9 * DAY, odi=36, pain=4)


def test_it_counts_and_gives_reasons_and_names_nobody(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    flagged = ward.share(anne, "Birgit Holm", looked=2 * DAY)
    ward.record(flagged, "red-flag", DAY, flow="red-flags", item="leg-weakness")
    better = ward.share(anne, "Jonas Lund", looked=2 * DAY)
    for ago, pain in ((9 * DAY, 6), (DAY, 2)):
        ward.report(better, ago, pain=pain)
    paused = ward.share(anne, "Else Munk", looked=2 * DAY)
    ward.stop(paused)
    ward.drive(SEVEN)
    (mail,) = digests_of(ward)
    assert mail.to == ANNE.email
    assert counted(mail) == (
        "To look at: 1 of 8 (1 warning sign without a clinician's note). Better 1, unchanged 5,"
        " paused 1."
    )
    assert "\nhttps://nord.example/pro\n" in mail.text
    for name in ("Birgit", "Holm", "Jonas", "Lund", "Calm", "Anne"):
        assert name not in mail.text + mail.subject


def test_on_wednesday_at_seven_and_not_before(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    ward.share(anne, "New")
    ward.drive(SEVEN - timedelta(minutes=1))
    assert digests_of(ward) == []
    ward.drive(SEVEN)
    assert len(digests_of(ward)) == 1


def test_nothing_new_no_mail(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    flagged = ward.share(anne, "Birgit Holm", looked=2 * DAY)
    ward.record(flagged, "red-flag", 5 * DAY, flow="red-flags", item="leg-weakness")
    ward.drive(SEVEN + 3 * WEEK)
    assert digests_of(ward) == []
    ward.report(flagged, timedelta(0), pain=3)
    ward.drive(SEVEN + 6 * WEEK)
    assert len(digests_of(ward)) == 1


def test_what_she_has_looked_at_meanwhile_is_not_new(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    shared = ward.share(anne, "Birgit Holm", looked=2 * DAY)
    ward.report(shared, DAY, pain=9)
    cookie = ward.sign_in(anne)
    from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    ward.drive(SEVEN)
    assert digests_of(ward) == []


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_where_few_share_it_says_only_that_something_is_new(ward: Ward, count: int) -> None:
    anne = ward.hire()
    for place in range(count):
        shared = ward.share(anne, f"Patient {place}", looked=2 * DAY)
        ward.record(shared, "red-flag", DAY, flow="red-flags", item="leg-weakness")
    ward.drive(SEVEN)
    (mail,) = digests_of(ward)
    assert counted(mail) == "There is something new."
    assert not re.search(r"warning|worse|\d of \d", mail.text)


def test_only_patients_who_allow_it_are_counted(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    silent = ward.share(anne, "Without", ("summary",), looked=2 * DAY)
    ward.record(silent, "red-flag", DAY, flow="red-flags", item="leg-weakness")
    ward.drive(SEVEN)
    assert digests_of(ward) == []


def test_a_sharing_that_has_ended_is_counted_no_more(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    ended = ward.share(anne, "Ended", looked=2 * DAY)
    ward.report(ended, DAY, pain=9)
    ward.end(ended)
    ward.drive(SEVEN)
    assert digests_of(ward) == []


def test_day_hour_and_whether_at_all_are_hers_to_choose(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    shared = ward.share(anne, "Birgit Holm")
    digests.choose(ward.deployment, anne, Rhythm(True, 4, 15), ward.now)
    ward.drive(SEVEN + DAY)
    assert digests_of(ward) == []
    ward.drive(datetime(2026, 11, 27, 14, tzinfo=UTC))
    assert len(digests_of(ward)) == 1
    digests.choose(ward.deployment, anne, Rhythm(False, 4, 15), ward.now)
    ward.report(shared, timedelta(0), pain=9)
    ward.drive(SEVEN + 3 * WEEK)
    assert len(digests_of(ward)) == 1


def test_the_link_in_the_mail_ends_it_and_nothing_else_does(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    shared = ward.share(anne, "Birgit Holm")
    ward.drive(SEVEN)
    token = re.findall(r"/pro/digest/off/(\S+)", digests_of(ward)[0].text)[0]
    for wrong in (token[:-1], f"{anne}-00", "", "x", f"{anne + 1}{token[token.index('-') :]}"):
        assert not digests.unsubscribe(ward.deployment, wrong)
    assert digests.unsubscribe(ward.deployment, token)
    ward.report(shared, timedelta(0), pain=9)
    ward.drive(SEVEN + 2 * WEEK)
    assert len(digests_of(ward)) == 1


def test_each_professional_gets_one_in_their_own_language(ward: Ward) -> None:
    anne, lars = ward.hire(), ward.hire(LARS)
    for number in (anne, lars):
        fill(ward, number)
        ward.report(ward.share(number, "New"), DAY, pain=3)
    ward.drive(SEVEN)
    assert {each.to: counted(each) for each in digests_of(ward)} == {
        ANNE.email: "To look at: 1 of 6 (1 not looked at yet). Unchanged 5.",
        LARS.email: "Se på: 1 af 6 (1 ikke set endnu). Uændret 5.",
    }


def test_whoever_has_left_gets_none(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    ward.share(anne, "New")
    staff.remove(ward.deployment, anne)
    ward.drive(SEVEN + WEEK)
    assert digests_of(ward) == []


def test_two_workers_send_one_mail(ward: Ward) -> None:
    anne = ward.hire()
    fill(ward, anne)
    ward.share(anne, "New")
    ward.clock.set(SEVEN)
    with ward.database.read() as connection:
        ((number, at),) = digests_due.found(connection, ward.now, 10)
    for _ in range(2):
        digests._make(ward.deployment, number, at, ward.now)
    assert len(digests_of(ward)) == 1


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_whoever_chooses_another_time_and_the_digest_hold_things_in_one_order(ward: Ward) -> None:
    """The person before what falls due: a digest that waits for one holds the other for nobody."""
    anne = ward.hire()
    ward.clock.set(SEVEN)
    sending = threading.Thread(target=digests.send_due, args=(ward.deployment,))
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ward.database.write() as connection:
        professionals.set_rhythm(connection, anne, Rhythm(hour=9))
        sending.start()
        while not connection.execute(waiting).scalar():
            sending.join(0.005)
            assert sending.is_alive()
        connection.execute(select(tables.core(tables.Due).c.id).with_for_update(nowait=True))
        digests_due.drop(connection, anne)
    sending.join()
    assert digests_of(ward) == []


@pytest.mark.both_databases
def test_trouble_with_one_stops_no_other(ward: Ward) -> None:
    anne, lars = ward.hire(), ward.hire(LARS)
    for number in (anne, lars):
        fill(ward, number)
        ward.share(number, "New")
    with ward.database.write() as connection:
        professional = tables.core(tables.Professional)
        broken = update(professional).where(professional.c.id == anne)
        connection.execute(broken.values(name=b"altered"))
    ward.drive(SEVEN)
    assert [each.to for each in digests_of(ward)] == [LARS.email]


moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
rhythms = st.builds(Rhythm, st.just(True), st.integers(0, 6), st.integers(0, 23))


@given(moments, rhythms)
def test_the_next_time_is_that_weekday_and_hour_within_a_week(
    after: datetime, rhythm: Rhythm
) -> None:
    found = digests_due.next_time(rhythm, after, COPENHAGEN)
    local = found.astimezone(COPENHAGEN)
    assert after < found <= after + WEEK + timedelta(hours=1)
    # 02:00 is skipped on one Sunday in spring.
    skipped = (local.weekday(), rhythm.hour, local.month) == (6, 2, 3)
    assert (local.weekday(), local.hour) == (rhythm.day, rhythm.hour) or skipped


# Forty patients from simulated weeks.


@pytest.fixture(scope="module")
def forty() -> Iterator[tuple[Ward, int]]:
    """Forty simulated patients share with Anne, who looked ten days before; a Wednesday at 7."""
    database = Database.for_replay()
    stage = furnish(database, Ring.generate(), shipped_library(), FIRST_DAY, 7)
    end = FIRST_DAY + timedelta(weeks=5)
    simulation = Simulation(stage, Crowd(40, 7, FIRST_DAY), end)
    for _ in simulation.run():
        pass
    ward = Ward(database, stage)
    anne = ward.hire()
    for person in simulation.people:
        ward.share(anne, person.patient_id, until=None, looked=10 * DAY)
    ward.drive(digests_due.next_time(Rhythm(), ward.now, COPENHAGEN))
    yield ward, anne
    database.close()


def test_digest_for_forty_patients(forty: tuple[Ward, int]) -> None:
    ward, anne = forty
    (mail,) = digests_of(ward)
    seen = ward.read_list(ward.sign_in(anne))
    everybody = [*seen.to_look_at, *seen.others]
    assert len(everybody) == 40
    assert counted(mail).startswith(f"To look at: {len(seen.to_look_at)} of 40 (")
    assert sum(seen.reasons.values()) == len(seen.to_look_at)
    assert sum(seen.rest.values()) == len(seen.others)
    assert len(seen.reasons) >= 3, "too little happens for the order to show"
    assert not re.search(r"Simulated|ODI|pain|\d{3}", counted(mail))
    expected = sorted(
        (place for line in everybody if (place := by_hand(ward, line.shared.patient_id))),
    )
    assert [line.shared.patient_id for line in seen.to_look_at] == [last for *_, last in expected]
    assert [list(Why).index(line.standing.why[0]) for line in seen.to_look_at] == [
        first for first, *_ in expected
    ]


def by_hand(ward: Ward, patient_id: int) -> tuple[int, datetime, int] | None:
    """The stated rule once more, from the bare entries: reason, since when, and who."""
    with ward.database.read() as connection:
        rows = entries.timeline(connection, ward.sealer(patient_id), patient_id)
    looked = ward.looked_at(patient_id)
    flags = [row.at for row in rows if row.kind == "red-flag" and not taken_back(row, rows)]
    if flags:
        return 0, min(flags), patient_id
    odi, pain = (changed(rows, name, looked) for name in ("odi", "pain"))
    if odi and odi[0] > 12:
        return 1, odi[2], patient_id
    missed = tail_of_missed(rows)
    if len(missed) >= 2 and missed[1] > looked and not ward.rests(patient_id):
        return 3, missed[1], patient_id
    worse = [odi[2]] if odi and odi[0] >= 10 else []
    if pain and pain[0] > 0 and (pain[0] >= 2 or pain[0] >= pain[1] > 0):
        worse.append(pain[2])
    return (4, min(worse), patient_id) if worse else None


def changed(rows: list[Entry], name: str, looked: datetime) -> tuple[float, float, datetime] | None:
    """By how much since the look, 30 % of the first value, and when the newest was given."""
    kept: dict[tuple[int | None, str | None], Entry] = {}
    first_at: dict[tuple[int | None, str | None], Entry] = {}
    for row in rows:
        is_odi = row.kind == "score" and row.flow == "odi" == name
        is_item = row.kind in ("answer", "correction") and row.item == name
        if is_odi or is_item:
            first_at.setdefault((row.session_id, row.item), row)
            kept[row.session_id, row.item] = row
    places = sorted(kept, key=lambda place: (first_at[place].at, first_at[place].sequence))
    values = [(first_at[place], kept[place].value) for place in places]
    known = [(first, value) for first, value in values if value is not None]
    seen = [value for first, value in known if first.recorded_at <= looked]
    if not seen or known[-1][0].recorded_at <= looked:
        return None
    newest, baseline = known[-1], known[0][1]
    return newest[1] - seen[-1], 0.3 * baseline, newest[0].at


def taken_back(flag: Entry, rows: list[Entry]) -> bool:
    after = [row for row in rows if row.sequence > flag.sequence]
    return any(row.kind == "flag-follow-up" and row.code == "mistake" for row in after)


def tail_of_missed(rows: list[Entry]) -> list[datetime]:
    given = ("answer", "skip", "not-applicable", "correction", "score")
    last = max((row.sequence for row in rows if row.kind in given), default=0)
    return [row.recorded_at for row in rows if row.kind == "missed" and row.sequence > last]


def test_a_week_later_with_nothing_new_there_is_no_second_mail(forty: tuple[Ward, int]) -> None:
    ward, anne = forty
    seen = ward.read_list(ward.sign_in(anne))
    with ward.database.write() as connection:
        professionals.note_digest(connection, anne, ward.now)
    assert not digests.is_new(digests_overview(ward, anne)), (
        "what was there at the last digest is not new"
    )
    assert seen.all == 40


def digests_overview(ward: Ward, number: int) -> Overview:
    with ward.database.read() as connection:
        who = professionals.by_id(connection, ward.deployment.ring, number)
        assert who is not None
        return digests._overview(connection, ward.deployment, who, ward.now)
