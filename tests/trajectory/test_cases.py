"""The clinic's list: one line a patient and kind, the most pressing first."""

from datetime import timedelta

from flows.model import Urgency
from tests.trajectory.conftest import NOW, Record
from trajectory import cases
from trajectory.cases import Case, Kind, State

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
