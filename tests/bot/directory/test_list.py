"""Anne's list: who shares with her, who needs a look, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bot import access
from bot.directory import from_list
from bot.directory.overview import Line
from bot.permission import Ended, FromList, NotSignedIn
from tests.bot.ward import DAY, LARS, Ward
from tests.house.listening import heard
from trajectory import grants, tables
from trajectory.triage import Rest, Why
from trajectory.views import Page

WEEK = 7 * DAY


def names(found: list[Line] | tuple[Line, ...]) -> list[str]:
    return [line.person.name for line in found]


def test_in_the_order_of_the_stated_rule(ward: Ward) -> None:
    anne = ward.hire()
    first = ward.share(anne, "F")
    shares = {name: ward.share(anne, name, looked=5 * DAY) for name in "WSVBAXYP"}
    for each in shares.values():
        ward.report(each, 6 * DAY, odi=36, pain=4)
    ward.record(shares["A"], "red-flag", 20 * DAY, flow="red-flags", item="leg-weakness")
    ward.report(shares["B"], DAY, odi=50)
    ward.record(shares["V"], "question", DAY, text="May I cycle?")
    ward.record(shares["V"], "visit", at=ward.now + DAY)
    for ago in (4 * DAY, 3 * DAY):
        ward.record(shares["S"], "missed", ago, flow="weekly-check-in")
    ward.report(shares["W"], DAY, pain=6)
    ward.report(shares["X"], DAY, pain=1)
    ward.stop(shares["P"])
    seen = ward.read_list(ward.sign_in(anne))
    assert names(list(seen.to_look_at)) == ["A", "B", "V", "S", "W", "F"]
    assert [line.standing.why[0] for line in seen.to_look_at] == list(Why)
    assert {line.person.name: line.standing.rest for line in seen.others} == {
        "X": Rest.BETTER,
        "Y": Rest.UNCHANGED,
        "P": Rest.PAUSED,
    }
    assert first.patient_id in [line.shared.patient_id for line in seen.to_look_at]


def test_of_those_with_one_reason_whoever_has_waited_longest_is_first(ward: Ward) -> None:
    anne = ward.hire()
    for name, days in (("Two", 2), ("Nine", 9), ("Four", 4)):
        shared = ward.share(anne, name, looked=DAY)
        ward.record(shared, "red-flag", days * DAY, flow="red-flags", item="fever-unwell")
    seen = ward.read_list(ward.sign_in(anne))
    assert names(list(seen.to_look_at)) == ["Nine", "Four", "Two"]


def test_what_she_has_looked_at_leaves_the_list_but_a_warning_sign_stays(ward: Ward) -> None:
    anne = ward.hire()
    worse, flagged = (ward.share(anne, name, looked=5 * DAY) for name in ("Worse", "Flag"))
    for each in (worse, flagged):
        ward.report(each, 6 * DAY, odi=36)
    ward.report(worse, DAY, odi=50)
    flag = ward.record(flagged, "red-flag", DAY, flow="red-flags", item="fever-unwell")
    cookie = ward.sign_in(anne)
    for each in (worse, flagged):
        from_list.open_patient(ward.deployment, cookie, each.grant_id, ward.now)
    ward.wait(timedelta(minutes=1))
    seen = ward.read_list(cookie)
    assert names(list(seen.to_look_at)) == ["Flag"]
    assert names(list(seen.others)) == ["Worse"]
    page = FromList(cookie, flagged.grant_id)
    access.write_note(ward.deployment, page, "Seen by me.", ward.now, flags=[flag])
    assert ward.read_list(cookie).to_look_at == []


def test_a_silent_patient_is_listed_until_she_has_looked_and_answers_end_it(ward: Ward) -> None:
    anne = ward.hire()
    looked, answered = (ward.share(anne, name, looked=20 * DAY) for name in ("L", "A"))
    for each in (looked, answered):
        for ago in (15 * DAY, 8 * DAY):
            ward.record(each, "missed", ago, flow="weekly-check-in")
    ward.report(answered, 2 * DAY, pain=4)
    cookie = ward.sign_in(anne)
    seen = ward.read_list(cookie)
    assert [(line.person.name, line.standing.why) for line in seen.to_look_at] == [
        ("L", (Why.SILENT,))
    ]
    from_list.open_patient(ward.deployment, cookie, looked.grant_id, ward.now)
    assert ward.read_list(cookie).to_look_at == []


def test_only_active_grants_to_her_and_each_patient_once(ward: Ward) -> None:
    anne, lars = ward.hire(), ward.hire(LARS)
    ward.share(anne, "Hers", looked=DAY)
    ward.share(lars, "His")
    ended = ward.share(anne, "Ended")
    ward.share(anne, "Over", until=timedelta(seconds=5))
    cookie = ward.sign_in(anne)
    assert ward.read_list(cookie).all == 2
    ward.end(ended)
    seen = ward.read_list(cookie)
    assert names([*seen.to_look_at, *seen.others]) == ["Hers"]


def test_a_grant_that_ends_closes_the_page_that_is_open(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne)
    cookie = ward.sign_in(anne)
    from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    page = FromList(cookie, shared.grant_id)
    assert access.read_summary(ward.deployment, page, ward.now).scope.page is Page.WHOLE
    ward.end(shared)
    with pytest.raises(Ended):
        access.read_summary(ward.deployment, page, ward.now)
    with pytest.raises(Ended):
        from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)


def test_nobody_opens_what_is_not_shared_with_them_or_not_from_the_list(ward: Ward) -> None:
    anne, lars = ward.hire(), ward.hire(LARS)
    shared = ward.share(lars)
    hers = ward.sign_in(anne)
    his = ward.sign_in(lars, LARS.email)
    with pytest.raises(Ended):
        from_list.open_patient(ward.deployment, hers, shared.grant_id, ward.now)
    from_list.open_patient(ward.deployment, his, shared.grant_id, ward.now)
    for cookie, grant_id in ((hers, shared.grant_id), ("", shared.grant_id), (his, 0)):
        with pytest.raises((Ended, NotSignedIn)):
            access.read_summary(ward.deployment, FromList(cookie, grant_id), ward.now)


def test_two_patients_side_by_side_are_never_mixed_up(ward: Ward) -> None:
    anne = ward.hire()
    birgit, jonas = ward.share(anne, "Birgit Holm"), ward.share(anne, "Jonas Lund")
    cookie = ward.sign_in(anne)
    for each in (birgit, jonas):
        from_list.open_patient(ward.deployment, cookie, each.grant_id, ward.now)
    page = FromList(cookie, birgit.grant_id)
    access.write_note(ward.deployment, page, "For Birgit.", ward.now)
    assert access.read_summary(ward.deployment, page, ward.now).summary.person.name == "Birgit Holm"
    assert "Note from Anne Skov (physiotherapist): For Birgit." in ward.chat(birgit.patient_id)
    assert not any("For Birgit" in text for text in ward.chat(jonas.patient_id))


def test_each_line_and_each_opening_stands_in_the_patients_log(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne)
    cookie = ward.sign_in(anne)
    ward.read_list(cookie)
    ward.read_list(cookie)
    her = f"professional:{shared.member.id}"
    assert ward.audited(shared.patient_id) == [(her, "listed")]
    from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    assert ward.audited(shared.patient_id) == [(her, "listed"), (her, "opened")]
    assert ward.chat(shared.patient_id) == [
        "Anne Skov looked at your summary on 24 November at 14:06."
    ]


def test_a_look_at_the_list_costs_the_same_queries_for_one_and_for_thirty(light_ward: Ward) -> None:
    ward = light_ward
    anne = ward.hire()
    ward.share(anne)
    cookie = ward.sign_in(anne)
    ward.read_list(cookie)
    few = queries(ward, cookie)
    for number in range(29):
        ward.report(ward.share(anne, f"Patient {number}"), DAY, pain=4)
    ward.read_list(cookie)
    assert queries(ward, cookie) == few


def queries(ward: Ward, cookie: str) -> int:
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    with heard(Engine, count):
        ward.read_list(cookie)
    return len(counted)


def test_a_page_about_work_is_read_behind_its_link_alone(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne, purposes=(grants.WORK_PAGE, "digest"))
    cookie = ward.sign_in(anne)
    assert ward.read_list(cookie).all == 0
    with pytest.raises(Ended):
        from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    with pytest.raises((Ended, NotSignedIn)):
        access.read_summary(ward.deployment, FromList(cookie, shared.grant_id), ward.now)


def test_somebody_who_sees_no_summary_now_is_on_the_list_of_no_patient(ward: Ward) -> None:
    anne = ward.hire()
    shared, cookie = ward.share(anne, looked=DAY), ward.sign_in(anne)
    assert ward.read_list(cookie).all == 1
    member = tables.core(tables.CareTeamMember)
    with ward.database.write() as connection:
        named = member.c.id == shared.member.id
        connection.execute(member.update().where(named).values(role="insurer"))
    assert ward.read_list(cookie).all == 0
    with pytest.raises(Ended):
        from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)


def test_a_warning_sign_that_is_handled_leaves_the_list(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne, looked=DAY)
    sign = ward.record(shared, "red-flag", 2 * DAY, flow="red-flags", item="leg-weakness")
    cookie = ward.sign_in(anne)
    assert [line.standing.why for line in ward.read_list(cookie).to_look_at] == [(Why.FLAG,)]
    from_list.open_patient(ward.deployment, cookie, shared.grant_id, ward.now)
    access.handle_flag(ward.deployment, FromList(cookie, shared.grant_id), sign, ward.now)
    assert ward.read_list(cookie).to_look_at == []


@pytest.mark.both_databases
def test_the_patient_is_told_in_whose_list_a_line_was_shown(ward: Ward) -> None:
    anne = ward.hire()
    shared = ward.share(anne)
    assert "Nobody has looked" in ward.write(shared.patient_id, "who looked")
    ward.read_list(ward.sign_in(anne))
    told = ward.write(shared.patient_id, "who looked")
    assert "one line, in their list of patients" in told
