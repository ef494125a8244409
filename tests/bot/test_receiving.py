"""What comes in is stored once and answered once, in order, whatever happens around it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.conversation import answering
from bot.conversation.heard import Heard
from bot.inbound import InboundKind
from bot.receiving import receive
from tests.bot.house import MORNING, House
from tests.house import postgres
from trajectory import deployment, erasure, migrations, patients
from trajectory.database import Conflict, Database, Unavailable
from trajectory.keys import Ring, WrongKey

pytestmark = pytest.mark.both_databases

POISON = "the word that breaks it"

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)


@pytest.fixture
def poisonous(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation has a mistake: one word breaks it halfway through."""
    say_it_well = answering._read

    def read(step: Any, heard: Heard) -> None:
        say_it_well(step, heard)
        if heard.message.text == POISON:
            raise ZeroDivisionError(POISON)

    monkeypatch.setattr(answering, "_read", read)


# Once


def test_an_answer_is_stored_recorded_and_followed_by_the_next_question(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.write("4")
    house.settle()
    assert house.answers(birgit.patient_id) == [("pain", 4)]
    assert "Thanks: 4." in house.telegram.texts()[-1]
    (row,) = house.inbox()
    assert (row.status, row.patient_id, house.heard(row)) == ("done", birgit.patient_id, "4")
    assert row.session_id is not None


@pytest.mark.parametrize("batches", [1, 2])
def test_a_redelivery_changes_nothing(house: House, batches: int) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    once = house.message("4", id="update-1")
    house.clock.set(house.clock.now().replace(minute=1))
    again = house.message("4", id="update-1")
    if batches == 1:
        house.receive(once, again, once)
    else:
        house.receive(once)
        before = house.timeline(birgit.patient_id), house.outbox()
        house.receive(again)
        assert (house.timeline(birgit.patient_id), house.outbox()) == before
    house.settle()
    assert house.answers(birgit.patient_id) == [("pain", 4)]
    assert len(house.inbox()) == 1
    assert len(house.telegram.sent) == 2, "the question, and then the next one"


def test_whoever_hands_over_is_told_which_messages_have_answered_a_question_now(
    house: House,
) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    batch = [
        house.message("help", id="a"),
        house.message("4", id="b"),
        house.message("hello", "a stranger", id="c"),
    ]
    assert receive(house.deployment, batch) == [False, True, False]
    assert receive(house.deployment, batch) == [False] * 3, "not once more"
    edit = house.message("5", id="d", kind=InboundKind.EDIT, edit_of="b")
    assert receive(house.deployment, [edit]) == [True]
    assert receive(house.deployment, []) == []


def test_the_same_id_on_another_channel_is_another_message(house: House) -> None:
    house.enrol()
    house.enrol("+4520304050", channel="sms")
    house.receive(
        house.message("help", id="1"),
        house.message("help", "+4520304050", id="1", channel="sms"),
    )
    assert len(house.inbox()) == 2


def test_nothing_is_done_about_no_messages(house: House) -> None:
    house.receive()
    assert house.inbox() == []


# In order


def test_a_patients_messages_keep_their_order_in_a_batch_and_across_batches(house: House) -> None:
    birgit, jonas = house.enrol(), house.enrol("jonas")
    house.ask(birgit.patient_id)
    house.ask(jonas.patient_id)
    house.receive(
        house.message("9", id="z"),
        house.message("1", "jonas", id="y"),
        house.message("2", id="x"),
        house.message("3", "jonas", id="b"),
    )
    house.receive(house.message("5", id="a"))
    fields = ["pain", "bothersome-days", "activity-limited-days"]
    assert house.answers(birgit.patient_id) == list(zip(fields, (9, 2, 5), strict=True))
    assert house.answers(jonas.patient_id) == list(zip(fields, (1, 3), strict=False))
    assert [house.heard(row) for row in house.inbox()] == ["9", "1", "2", "3", "5"]


def test_what_one_commit_records_stands_before_what_it_says(house: House) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.settle()
    for each in ("no", "8", "6", "what now?", "5"):
        house.write(each)
    house.settle()
    placed = [(e.sequence, "entry", e.id) for e in house.timeline(birgit.patient_id)]
    placed += [(row.sequence, "message", row.id) for row in house.outbox()]
    placed.sort()
    assert [place for place, _, _ in placed] == list(range(1, len(placed) + 1))
    kinds = [kind for _, kind, _ in placed]
    assert kinds[:2] == ["entry", "message"], "the consent, and then the first question"


def test_the_transcript_of_a_batch_is_in_the_order_in_which_it_was_written(house: House) -> None:
    house.enrol()
    house.receive(*(house.message(word, id=f"{9 - n}") for n, word in enumerate("abc")))
    assert [house.heard(row) for row in house.inbox()] == ["a", "b", "c"]


def test_two_channels_of_one_patient_answer_one_after_the_other(house: House) -> None:
    birgit = house.enrol()
    house.add_address(birgit.patient_id, "sms", "+4520304050")
    house.ask(birgit.patient_id)
    house.receive(house.message("9"), house.message("2", "+4520304050", channel="sms"))
    house.settle()
    assert house.answers(birgit.patient_id) == [("pain", 9), ("bothersome-days", 2)]
    assert "Thanks: 9." in house.telegram.texts()[-1]
    assert "Thanks: 2" in house.sms.texts()[-1]


# From whom


def test_unknown_senders_are_stored_as_such_and_told_that_nobody_knows_them(house: House) -> None:
    house.enrol()
    house.write("hello, who is this?", "somebody else")
    (row,) = house.inbox()
    assert (row.status, row.patient_id) == ("unknown-sender", None)
    with house.database.write() as connection:
        sealer = deployment.sealer(connection, house.deployment.ring)
    assert sealer.open_json("inbox.body", row.id, row.body)["text"] == "hello, who is this?"
    house.settle()
    (said,) = house.telegram.texts("somebody else")
    assert "I do not know who writes here" in said
    assert "Jeg ved ikke, hvem der skriver her" in said


def test_a_closed_address_is_an_unknown_sender(house: House) -> None:
    birgit = house.enrol()
    house.set_address(birgit.address_id, "closed")
    house.write("help")
    assert house.inbox()[0].status == "unknown-sender"


def test_whoever_writes_from_an_address_that_had_failed_is_reached_there_again(
    house: House,
) -> None:
    birgit = house.enrol()
    house.set_address(birgit.address_id, "gone")
    house.ask(birgit.patient_id)
    assert house.telegram.sent == []
    house.write("help")
    house.wait(days=1)
    assert any("back pain" in said for said in house.telegram.texts())


def test_an_erased_patient_is_an_unknown_sender(house: House) -> None:
    birgit = house.enrol()
    house.write("help")
    with house.database.write() as connection:
        patients.lock_conversations(connection, [birgit.patient_id])
        erasure.erase(connection, birgit.patient_id, MORNING)
    house.write("are you there?")
    (row,) = house.inbox()
    assert (row.status, row.patient_id) == ("unknown-sender", None)


@on_postgresql
def test_a_message_that_meets_its_patients_erasure_belongs_to_nobody(house: House) -> None:
    birgit = house.enrol()
    jonas = house.enrol("jonas")
    house.ask(jonas.patient_id)
    batch = [house.message("my name is Birgit"), house.message("4", "jonas")]
    turn = threading.Thread(target=receive, args=(house.deployment, batch))
    with house.database.write() as connection:
        patients.lock_conversations(connection, [birgit.patient_id])
        turn.start()
        wait_until_somebody_waits(house.database)
        erasure.erase(connection, birgit.patient_id, MORNING)
    turn.join()
    row = house.inbox()[0]
    assert (row.status, row.patient_id) == ("unknown-sender", None)
    with house.database.write() as connection:
        sealer = deployment.sealer(connection, house.deployment.ring)
    assert sealer.open_json("inbox.body", row.id, row.body)["text"] == "my name is Birgit"
    assert house.answers(jonas.patient_id) == [("pain", 4)], "the rest of the batch goes through"


# Corrections


def test_an_edited_message_corrects_the_answer_that_it_gave(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.write("4", id="update-1")
    house.write("7", kind=InboundKind.EDIT, edit_of="update-1")
    kinds = [(e.kind, e.value) for e in house.timeline(birgit.patient_id) if e.item == "pain"]
    assert kinds == [("answer", 4), ("correction", 7)]


def test_what_an_edit_has_answered_is_corrected_by_the_next_edit(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.write("8")
    house.write("no, 4", id="asked about")
    house.write("5", kind=InboundKind.EDIT, edit_of="asked about")
    house.write("6", kind=InboundKind.EDIT, edit_of="asked about")
    told = [(e.kind, e.value) for e in house.timeline(birgit.patient_id) if e.item]
    assert told == [("answer", 8), ("answer", 5), ("correction", 6)]


def test_a_message_is_corrected_by_its_edit_in_the_same_batch(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    first = house.message("4", id="first")
    edits = [
        house.message(text, id=text, kind=InboundKind.EDIT, edit_of="first") for text in ("5", "7")
    ]
    receive(house.deployment, [first, *edits])
    kinds = [(e.kind, e.value) for e in house.timeline(birgit.patient_id) if e.item == "pain"]
    assert kinds == [("answer", 4), ("correction", 5), ("correction", 7)]


def test_nobody_corrects_somebody_elses_answer(house: House) -> None:
    birgit = house.enrol()
    house.enrol("jonas")
    house.ask(birgit.patient_id)
    house.write("4", id="update-1")
    house.write("7", "jonas", kind=InboundKind.EDIT, edit_of="update-1")
    button = house.telegram.sent[-1].parcel.rendered.buttons[0]
    house.press(button, "jonas")
    assert [e.kind for e in house.timeline(birgit.patient_id) if e.item] == ["answer"]


def test_a_warning_sign_in_a_correction_alerts_those_who_are_to_be_alerted(house: House) -> None:
    birgit = house.enrol()
    share_with_anne(house)
    house.ask(birgit.patient_id, "red-flags")
    house.write("no", id="first")
    while "Yes" in [b.label for b in house.telegram.sent[-1].parcel.rendered.buttons]:
        house.write("no")
        house.settle()
    house.settle()
    house.email.sent.clear()
    house.write("yes", kind=InboundKind.EDIT, edit_of="first")
    house.settle()
    assert "112" in house.telegram.texts()[-2] + house.telegram.texts()[-1]
    assert [sent.parcel.address for sent in house.email.sent] == ["anne@klinik.example"]


def share_with_anne(house: House) -> None:
    for line in ("send my summary to my physio", "Anne Skov", "anne@klinik.example", "A", "yes"):
        house.write(line)
    house.settle()


# The patient's own code


@pytest.mark.parametrize("typed", ["4071", "40 71", "4 0 7 1\n", "it's 4071.", "4071!"])
def test_the_code_that_opens_sharing_is_not_kept_where_it_was_typed(
    house: House, typed: str
) -> None:
    house.enrol(code="4071")
    named = ("send my summary to my physio", "Anne Skov", "anne@klinik.example", "A", "1 2 3 4")
    for line in named:
        house.write(line)
    house.write(typed)
    wrong, right = (house.heard(row) for row in house.inbox()[-2:])
    assert (wrong, right) == ("****", "****")
    assert house.heard(house.inbox()[1]) == "Anne Skov"
    assert "That is not the code" not in house.said(house.outbox()[-1])


def test_a_year_is_an_answer_and_no_code(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, "intake")
    house.write("skip")
    house.write("2019")
    assert house.heard(house.inbox()[-1]) == "2019"


# Poison


def test_a_message_that_breaks_the_conversation_is_kept_and_stops_no_other(
    house: House, poisonous: None
) -> None:
    birgit, jonas = house.enrol(), house.enrol("jonas")
    house.ask(birgit.patient_id)
    house.ask(jonas.patient_id)
    with capture_logs() as logs:
        house.receive(
            house.message(POISON), house.message("4", "jonas"), house.message("6", "birgit")
        )
    house.settle()
    broken, fine, after = house.inbox()
    assert (broken.status, broken.error) == ("failed", "ZeroDivisionError")
    assert house.heard(broken) == POISON, "a person can read what it was"
    assert (fine.status, after.status) == ("done", "done")
    assert house.answers(jonas.patient_id) == [("pain", 4)]
    assert house.answers(birgit.patient_id) == [("pain", 6)], "nothing of the broken step is left"
    assert any("It is kept." in said for said in house.telegram.texts("birgit"))
    assert POISON not in str(logs)


def test_a_message_that_was_set_aside_is_not_tried_again(house: House, poisonous: None) -> None:
    house.enrol()
    house.write(POISON, id="update-1")
    before = house.outbox()
    house.write(POISON, id="update-1")
    assert house.outbox() == before


def test_a_message_that_breaks_what_the_channel_shows_is_set_aside_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.enrol()
    answer = answering.answer

    def answer_with_nonsense(step: Any, heard: Heard, amends: Any = None) -> None:
        answer(step, heard, amends)
        if heard.message.text == POISON:
            step.memory.facts["x"] = object()

    monkeypatch.setattr("bot.receiving.answer", answer_with_nonsense)
    house.receive(house.message(POISON), house.message("help"))
    assert [row.status for row in house.inbox()] == ["failed", "done"]


@pytest.fixture
def stumbling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """The database fails in the middle of taking a message, with these errors, one a try."""
    answer, errors = answering.answer, list[psycopg.Error]()

    def answer_or_stumble(step: Any, heard: Heard, amends: Any = None) -> None:
        answer(step, heard, amends)
        if errors:
            raise OperationalError("", {}, errors.pop(0))

    monkeypatch.setattr("bot.receiving.answer", answer_or_stumble)
    yield lambda *wanted: errors.extend(wanted)
    assert errors == []


def test_a_full_disk_sets_nothing_aside(house: House, stumbling: Callable[..., None]) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    stumbling(psycopg.errors.DiskFull())
    with pytest.raises(Unavailable):
        house.write("4", id="update-1")
    assert house.inbox() == []
    house.write("4", id="update-1")
    assert house.answers(birgit.patient_id) == [("pain", 4)]
    assert house.inbox()[0].status == "done"


def test_transactions_that_stood_in_each_others_way_are_tried_again(
    house: House, stumbling: Callable[..., None]
) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    stumbling(psycopg.errors.DeadlockDetected(), psycopg.errors.SerializationFailure())
    house.write("4")
    assert house.answers(birgit.patient_id) == [("pain", 4)]
    assert [row.status for row in house.inbox()] == ["done"]


def test_a_conflict_that_does_not_end_reaches_the_caller_and_leaves_nothing(
    house: House, stumbling: Callable[..., None]
) -> None:
    house.enrol()
    stumbling(*(psycopg.errors.DeadlockDetected() for _ in range(5)))
    with pytest.raises(Conflict):
        house.write("help")
    assert house.inbox() == []


def test_a_stopped_server_loses_nothing_and_sets_nothing_aside() -> None:
    with short_lived_server() as (url, stop, start):
        migrations.upgrade(url)
        house = House(Database(url))
        birgit = house.enrol()
        house.ask(birgit.patient_id)
        batch = [house.message("4", id="update-1"), house.message("2", id="update-2")]
        stop()
        for _ in range(2):
            with pytest.raises(Unavailable):
                house.receive(*batch)
        with pytest.raises(Unavailable):
            house.dispatch()
        with pytest.raises(Unavailable):
            house.send()
        start()
        assert house.inbox() == []
        house.receive(*batch)
        house.settle()
        assert house.answers(birgit.patient_id) == [("pain", 4), ("bothersome-days", 2)]
        assert [row.status for row in house.inbox()] == ["done", "done"]
        house.database.close()


@contextmanager
def short_lived_server() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A server of this test's own, with what stops it and what starts it again."""
    with postgres.server() as url:
        folder = Path(str(make_url(url).query["host"]))
        data = str(folder / "data")

        def stop() -> None:
            postgres._call(folder, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)

        def start() -> None:
            options = f"-k {folder} -c listen_addresses='' -c fsync=off"
            log = str(folder / "log")
            postgres._call(folder, "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)

        yield url, stop, start


def test_a_key_that_is_missing_from_the_ring_stores_nothing(house: House) -> None:
    house.enrol()
    stranger = House(house.database, Ring.generate())
    stranger.deployment.ring._finding.update(house.deployment.ring._finding)
    with pytest.raises(WrongKey):
        stranger.write("help")
    assert house.inbox() == []


# Whatever patients write

anything = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(
        ["yes", "no", "A", "B", "4", "4-5", "7 or 8", "skip", "back", "later", "stop", "start",
         "summary", "who", "help", "send my summary to my physio", "stop sharing", "note hello",
         "anne@klinik.example", "9" * 400, "\ud83d", "\x00", "١٢", "½", "👍", "4\n2\n3", " ", ""]
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def throw_away() -> Iterator[House]:
    database = migrations.throw_away()
    yield House(database)
    database.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(anything, min_size=1, max_size=12), st.sampled_from(["en", "da"]), st.booleans())
def test_whatever_patients_write_nothing_is_set_aside(
    throw_away: House, said: list[str], language: str, consented: bool
) -> None:
    house = throw_away
    address = f"patient-{len(house.inbox())}-{uuid.uuid4()}"
    house.enrol(address, language=language, pathway="low-back-pain", consented=consented)
    house.receive(*(house.message(each, address) for each in said))
    assert {row.status for row in house.inbox()} == {"done"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.from_regex(r"[qnt](\.[0-9]{1,20}){0,3}(\.[a-z]{1,5})?")),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_a_button_sends_nothing_is_set_aside(throw_away: House, data: list[str]) -> None:
    house = throw_away
    address = f"presser-{len(house.inbox())}-{uuid.uuid4()}"
    house.enrol(address, pathway="low-back-pain")
    house.receive(
        *(house.message("x", address, kind=InboundKind.CHOICE, choice=each) for each in data)
    )
    assert {row.status for row in house.inbox()} == {"done"}


def wait_until_somebody_waits(database: Database) -> None:
    """Until another transaction waits for a row of this database."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1000):
        with database.read() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.005)
    raise AssertionError("nobody waits")
