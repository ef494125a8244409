"""The clinic's list: one line a patient and kind, the most pressing first."""

from collections import Counter
from datetime import timedelta
from random import Random

from flows.model import Urgency
from tests.trajectory.conftest import NOW, Record
from trajectory import cases
from trajectory.cases import LISTED, Case, Kind, State

HOUR = timedelta(hours=1)


def report(
    record: Record,
    patient_id: int,
    kind: Kind = Kind.RED_FLAG,
    urgency: Urgency | None = Urgency.SOON,
    hours: int = 0,
) -> None:
    with record.database.write() as connection:
        cases.open_case(
            connection,
            record.ids.take(connection),
            patient_id,
            kind,
            now=NOW + hours * HOUR,
            urgency=urgency,
        )


def move(record: Record, patient_id: int, state: State, kind: Kind = Kind.RED_FLAG) -> None:
    with record.database.write() as connection:
        cases.set_state(connection, patient_id, kind, state, NOW + HOUR)


def listed(record: Record) -> list[Case]:
    with record.database.read() as connection:
        return cases.listed(connection)


def test_a_second_report_is_the_same_line_with_the_worse_urgency(record: Record) -> None:
    birgit, _ = record.enrol()
    report(record, birgit, urgency=Urgency.EMERGENCY)
    move(record, birgit, State.NOT_YET)
    report(record, birgit, urgency=Urgency.SOON, hours=2)
    (case,) = listed(record)
    assert (case.urgency, case.state) == (Urgency.EMERGENCY, State.OPEN)
    assert (case.opened_at, case.changed_at) == (NOW, NOW + 2 * HOUR)


def test_what_was_seen_or_a_mistake_leaves_the_list_and_a_new_report_is_a_new_line(
    record: Record,
) -> None:
    birgit, _ = record.enrol()
    jonas, _ = record.enrol("Jonas Lund")
    report(record, birgit)
    report(record, jonas)
    move(record, birgit, State.SEEN)
    move(record, jonas, State.MISTAKE)
    assert listed(record) == []
    report(record, birgit, urgency=Urgency.SAME_DAY, hours=3)
    (case,) = listed(record)
    assert (case.patient_id, case.urgency) == (birgit, Urgency.SAME_DAY)


def test_each_kind_is_a_line_of_its_own(record: Record) -> None:
    birgit, _ = record.enrol()
    report(record, birgit)
    report(record, birgit, Kind.PERSON, None)
    move(record, birgit, State.HANDLED, Kind.PERSON)
    assert [case.kind for case in listed(record)] == [Kind.RED_FLAG]


def test_the_most_pressing_comes_first(record: Record) -> None:
    asks, fresh, silent, soon = (record.enrol(name)[0] for name in ("A", "B", "C", "D"))
    report(record, asks, Kind.PERSON, None)
    report(record, soon, urgency=Urgency.SOON, hours=1)
    report(record, fresh, urgency=Urgency.EMERGENCY, hours=2)
    report(record, silent, urgency=Urgency.SAME_DAY, hours=3)
    move(record, silent, State.ASKED)
    assert [case.patient_id for case in listed(record)] == [silent, fresh, soon, asks]


def pressing(case: Case) -> tuple[bool, bool, int, int, object, int]:
    """The order of the list, in words that are slow and plain."""
    is_safety = case.kind in cases.SAFETY
    return (
        not is_safety,
        case.state not in (State.ASKED, State.NOT_YET),
        list(Urgency).index(case.urgency) if case.urgency else 0,
        0 if is_safety else list(Kind).index(case.kind),
        case.opened_at,
        case.id,
    )


def test_a_long_list_is_read_in_pages_of_one_order(record: Record) -> None:
    random = Random(7)
    for number in range(12):
        patient, _ = record.enrol(f"patient {number}")
        for kind in random.sample(list(Kind), 4):
            urgency = random.choice([None, *Urgency])
            report(record, patient, kind, urgency, hours=random.randrange(3))
            move(record, patient, random.choice([*LISTED, State.HANDLED]), kind)
    with record.database.read() as connection:
        everything = cases.listed(connection)
        pages = [cases.listed(connection, limit=5, offset=start) for start in range(0, 50, 5)]
        counted = cases.counted(connection)
        safety = cases.listed(connection, cases.SAFETY)
        behind = cases.listed_behind(connection, everything[3].id, 4)
    assert everything == sorted(everything, key=pressing)
    assert [case for page in pages for case in page] == everything
    assert len({case.kind for case in everything}) > len(cases.SAFETY)
    assert counted == Counter(case.kind for case in everything)
    assert safety == [case for case in everything if case.kind in cases.SAFETY]
    by_number = sorted(everything, key=lambda case: case.id)
    assert behind == [case for case in by_number if case.id > everything[3].id][:4]


def test_somebodys_own_are_listed_and_counted_apart(record: Record) -> None:
    birgit, _ = record.enrol()
    jonas, _ = record.enrol("Jonas Lund")
    report(record, birgit)
    report(record, jonas)
    own = listed(record)[0]
    with record.database.write() as connection:
        cases.own(connection, own.id, "desk:1", NOW)
        assert [case.id for case in cases.listed(connection, owner="desk:1")] == [own.id]
        assert [case.id for case in cases.listed_behind(connection, 0, 9, owner="desk:1")] == [
            own.id
        ]
        assert cases.counted(connection, "desk:1") == {Kind.RED_FLAG: 1}
        assert cases.counted(connection) == {Kind.RED_FLAG: 2}


def test_of_self_harm_the_desk_sees_a_warning_sign() -> None:
    seen = {kind: cases.seen_as(kind) for kind in Kind}
    assert seen[Kind.RED_FLAG] == (Kind.SELF_HARM, Kind.RED_FLAG)
    assert seen[Kind.SELF_HARM] == ()
    assert sorted(each for kinds in seen.values() for each in kinds) == sorted(Kind)
