"""A person at the desk writes with a patient: who reads what, what waits, and what never waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import due, own_record, retention
from bot.channels import NotSent, Trouble
from bot.conversation.effects import DropDue
from bot.desk import talking, talks
from bot.desk.talk_place import Barrier
from bot.desk.talks import Conversation
from bot.desk.thread import State
from bot.desk.worker import Worker
from bot.handing_out import OwnCopy
from bot.held import NoSuchPatient
from bot.inbound import InboundKind
from bot.outbox import HELD
from bot.receiving import FOR_DESK
from templates import own_copy as paper
from tests.bot.beginnings import begin
from tests.bot.house import House
from trajectory import cases, erasure, own_copy, patients
from trajectory.cases import Case, Kind
from trajectory.database import Database
from trajectory.staff_tokens import Role

METTE = Worker(7, "Mette Dam", frozenset({Role.SECRETARY}), "en", "desk:7")
KIRSTEN = Worker(8, "Kirsten Friis", frozenset({Role.CLINICIAN}), "en", "desk:8")
NUMB = "I cannot feel it when I pee and I am numb between the legs"
BEGUN = (
    "Mette Dam from Klinik Nord writes with you here now. What you write goes to them, not to "
    "me, until I am back. In an emergency call 112."
)
BACK = "You wrote with Mette Dam from Klinik Nord. From here on it is me again, the assistant."


def told(house: House, after: int = 0) -> list[str]:
    """What has gone out to Birgit by Telegram since so many messages."""
    house.settle()
    return house.telegram.texts("birgit")[after:]


def reply(house: House, text: str, **more: str) -> list[str]:
    """What Birgit hears to this."""
    before = len(told(house))
    house.write(text, **more)
    return told(house, before)


def seen(house: House, patient_id: int) -> Conversation:
    return talks.conversation(house.deployment, patient_id)


def thread(house: House, patient_id: int) -> list[str]:
    """What the desk sees, oldest first."""
    return [line.text for line in seen(house, patient_id).lines]


def say(house: House, patient_id: int, text: str, worker: Worker = METTE, form: str = "") -> None:
    now = seen(house, patient_id).seen
    talking.say(house.deployment, worker, patient_id, text, form_id=form, seen=now)


def on_list(house: House, kind: Kind) -> Sequence[Case]:
    with house.database.read() as connection:
        return [case for case in cases.listed(connection) if case.kind is kind]


def with_patient(house: House) -> int:
    """Birgit has asked for a person, and Mette has taken over."""
    return begin(house, taken_over)


def taken_over(house: House) -> int:
    birgit = house.enrol().patient_id
    house.write("PERSON")
    talking.take_over(house.deployment, METTE, birgit)
    house.settle()
    return birgit


# What the patient hears, and who reads what they write


def test_the_first_reply_takes_over_and_says_once_who_writes(house: House) -> None:
    birgit = house.enrol().patient_id
    before = len(told(house))
    house.write("PERSON")
    say(house, birgit, "You can come on Thursday at 10.")
    say(house, birgit, "Bring your card.")
    said = told(house, before + 1)
    assert said == [
        f"{BEGUN}\nMette Dam, Klinik Nord: You can come on Thursday at 10.",
        "Mette Dam, Klinik Nord: Bring your card.",
    ]


def test_what_the_patient_writes_goes_to_the_desk_and_to_nobody_else(house: House) -> None:
    birgit = with_patient(house)
    assert reply(house, "Can I come on Friday instead?") == []
    assert reply(house, "6") == []
    assert thread(house, birgit) == ["PERSON", "Can I come on Friday instead?", "6"]
    assert house.answers(birgit) == []


def test_the_patient_is_written_to_in_danish(house: House) -> None:
    birgit = house.enrol(language="da").patient_id
    say(house, birgit, "Du kan komme torsdag kl. 10.")
    assert told(house)[-1] == (
        "Nu er det Mette Dam fra Klinik Nord, der skriver med dig her. Det, du skriver, går "
        "dertil og ikke til mig, indtil jeg er tilbage. Ring 112 i nødstilfælde.\n"
        "Mette Dam, Klinik Nord: Du kan komme torsdag kl. 10."
    )


def test_the_desk_sees_nothing_that_was_said_to_the_assistant(house: House) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    house.write("6")
    house.write("note: I drink too much")
    house.write("PERSON")
    talking.take_over(house.deployment, METTE, birgit)
    house.write("note: and I do not tell anybody")
    house.write("Thursday is fine")
    talking.hand_back(house.deployment, METTE, birgit)
    house.write("4")
    assert thread(house, birgit) == ["PERSON", "Thursday is fine"]
    assert [e.text for e in house.timeline(birgit) if e.kind == "note"] == [
        "I drink too much",
        "and I do not tell anybody",
    ]


def test_a_new_conversation_shows_nothing_of_the_one_before(house: House) -> None:
    birgit = with_patient(house)
    house.write("about my sister")
    talking.hand_back(house.deployment, METTE, birgit)
    house.wait(days=1)
    house.write("PERSON")
    assert thread(house, birgit) == ["PERSON"]


def test_what_follows_the_wish_for_a_person_is_passed_on(house: House) -> None:
    birgit = house.enrol().patient_id
    reply(house, "PERSON")
    said = reply(house, "it is about my appointment tomorrow")
    assert said == ["I pass this on to the person at Klinik Nord who will answer you."]
    assert thread(house, birgit) == ["PERSON", "it is about my appointment tomorrow"]


def test_a_question_between_two_answers_is_passed_on_and_the_answers_are_not(
    house: House,
) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    reply(house, "PERSON")
    said = reply(house, "can I move my appointment to Friday?")
    assert said[0].startswith("I pass this on to the person at Klinik Nord who will answer you.")
    reply(house, "6")
    reply(house, "7, can I run?")
    assert thread(house, birgit) == ["PERSON", "can I move my appointment to Friday?"]


def test_a_day_after_the_wish_words_are_the_assistants_again(house: House) -> None:
    birgit = house.enrol().patient_id
    reply(house, "PERSON")
    house.wait(hours=25)
    assert "Shall I keep it" in reply(house, "my back likes the sea")[0]
    assert thread(house, birgit) == ["PERSON"]


def test_a_photo_is_shown_as_something_that_cannot_be_read(house: House) -> None:
    birgit = with_patient(house)
    before = len(told(house))
    house.write("", kind=InboundKind.OTHER)
    assert told(house, before) == ["I can only read text. Please write it in words."]
    assert [line.text for line in seen(house, birgit).lines][-1] == ""


# What waits, and what follows


def test_a_question_that_was_open_is_asked_again_at_the_end(house: House) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    question = told(house)[-1]
    say(house, birgit, "Hello Birgit.")
    house.write("6")
    before = len(told(house))
    talking.hand_back(house.deployment, METTE, birgit)
    (said,) = told(house, before)
    assert said == f"{BACK}\n{question.partition(chr(10))[2]}"
    house.write("6")
    assert house.answers(birgit) == [("pain", 6)]


def test_a_check_in_that_falls_due_meanwhile_follows_with_a_bridge(house: House) -> None:
    birgit = with_patient(house)
    before = len(told(house))
    house.ask(birgit)
    assert told(house, before) == []
    talking.hand_back(house.deployment, METTE, birgit)
    (said,) = told(house, before)
    assert said.startswith(f"{BACK}\nThis waited meanwhile:\n")
    assert "average" in said


def test_nothing_that_fell_due_is_lost_and_only_one_question_is_open(house: House) -> None:
    birgit = with_patient(house)
    house.ask(birgit)
    house.ask(birgit, flow="odi")
    talking.hand_back(house.deployment, METTE, birgit)
    before = len(told(house))
    house.answer_all()
    flows = {entry.flow for entry in house.timeline(birgit) if entry.kind == "answer"}
    assert flows == {"weekly-check-in", "odi"}
    assert len(told(house)) > before


def test_a_reminder_does_not_speak_into_the_conversation(house: House) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    say(house, birgit, "Hello Birgit.")
    before = len(told(house))
    house.wait(hours=22)
    assert told(house, before) == []


def test_a_button_of_a_waiting_question_is_no_answer_and_no_message(house: House) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    button = house.telegram.sent[-1].parcel.rendered.buttons[6]
    say(house, birgit, "Hello Birgit.")
    before = len(told(house))
    house.press(button)
    assert told(house, before) == [
        "Mette Dam from Klinik Nord writes with you just now. I ask that again afterwards."
    ]
    assert house.answers(birgit) == []
    assert thread(house, birgit) == ["Mette Dam, Klinik Nord: Hello Birgit."]


def test_a_corrected_answer_is_corrected_and_not_shown_at_the_desk(house: House) -> None:
    birgit = house.enrol().patient_id
    house.ask(birgit)
    house.write("6", id="first")
    say(house, birgit, "Hello Birgit.")
    assert reply(house, "4", kind=InboundKind.EDIT, edit_of="first") == ["Thanks, noted."]
    assert [e.value for e in house.timeline(birgit) if e.kind == "correction"] == [4]
    assert thread(house, birgit) == ["Mette Dam, Klinik Nord: Hello Birgit."]


def test_a_message_to_the_desk_that_is_edited_is_shown_as_edited(house: House) -> None:
    birgit = with_patient(house)
    house.write("Friday", id="day")
    house.write("Thursday", id="day2", kind=InboundKind.EDIT, edit_of="day")
    assert [(line.text, line.edited) for line in seen(house, birgit).lines[1:]] == [
        ("Friday", False),
        ("Thursday", True),
    ]


# What never waits


def test_a_warning_sign_gets_its_message_and_its_case_at_once(house: House) -> None:
    birgit = with_patient(house)
    before = len(told(house))
    house.write(NUMB)
    said = told(house, before)
    assert len(said) == 1
    assert said[0].startswith("Call 112 NOW.")
    assert [case.urgency for case in on_list(house, Kind.RED_FLAG)] == ["emergency"]
    assert NUMB in thread(house, birgit)


def test_words_of_self_harm_get_their_message_and_their_case_at_once(house: House) -> None:
    birgit = with_patient(house)
    said = reply(house, "I want to kill myself")
    assert len(said) == 1
    assert "112" in said[0]
    assert on_list(house, Kind.SELF_HARM)
    assert "I want to kill myself" in thread(house, birgit)


def test_a_less_urgent_sign_gets_its_message_and_the_words_go_to_the_desk(house: House) -> None:
    birgit = with_patient(house)
    said = reply(house, "my left foot has been weak since yesterday, can I come?")
    assert len(said) == 1
    assert on_list(house, Kind.RED_FLAG)
    assert thread(house, birgit)[-1].startswith("my left foot")


def test_whether_a_doctor_has_looked_is_asked_and_answered_all_the_same(house: House) -> None:
    birgit = with_patient(house)
    house.write(NUMB)
    say(house, birgit, "Have you called them?")
    before = len(told(house))
    house.wait(hours=3)
    (asked,) = told(house, before)
    assert "Has a doctor" in asked
    house.write("yes, they came and took me along")
    assert thread(house, birgit)[-1] == "yes, they came and took me along"
    house.settle()
    house.press(house.telegram.sent[-1].parcel.rendered.buttons[0])
    assert [e.code for e in house.timeline(birgit) if e.kind == "flag-follow-up"] == ["seen"]
    assert on_list(house, Kind.RED_FLAG) == []


def test_in_an_emergency_what_to_do_is_said_again_where_the_desk_is_not_there(
    house: House,
) -> None:
    birgit = with_patient(house)
    house.write(NUMB)
    house.wait(hours=1)
    assert reply(house, "hello?")[0].startswith("Call 112 NOW.")
    say(house, birgit, "I am here, call 112 now.")
    assert reply(house, "ok") == []


def test_stop_ends_everything_and_the_desk_hears_why(house: House) -> None:
    birgit = with_patient(house)
    said = reply(house, "STOP")
    assert said[0].startswith("Stopped.")
    with pytest.raises(talking.CannotWrite) as refused:
        say(house, birgit, "Are you there?")
    assert refused.value.why is Barrier.STOPPED
    assert not seen(house, birgit).under_way
    assert reply(house, "my back is fine") == []


@pytest.mark.parametrize("command", ["HELP", "who can see my data", "delete my data"])
def test_what_patients_have_a_right_to_is_done_meanwhile(house: House, command: str) -> None:
    birgit = with_patient(house)
    assert len(reply(house, command)) == 1
    assert thread(house, birgit) == ["PERSON"]


def test_help_does_not_say_that_nobody_watches_while_somebody_does(house: House) -> None:
    with_patient(house)
    (said,) = reply(house, "HELP")
    assert "writes with you just now, and what you write goes to them." in said
    assert "nobody watches" not in said
    assert "in an emergency call 112" in said


def test_a_wrong_number_is_asked_about_and_the_desk_writes_there_no_more(house: House) -> None:
    birgit = with_patient(house)
    assert "B" in reply(house, "wrong number")[-1]
    with pytest.raises(talking.CannotWrite) as refused:
        say(house, birgit, "About your appointment")
    assert refused.value.why is Barrier.IN_DOUBT


# Nobody goes on


def test_what_nobody_answers_is_on_the_list_anew_and_handed_back_after_a_day(
    house: House,
) -> None:
    birgit = with_patient(house)
    house.write("Are you there?")
    at = house.clock.now()
    house.wait(hours=4, minutes=1)
    (case,) = on_list(house, Kind.PERSON)
    assert case.changed_at == at + timedelta(hours=4)
    before = len(told(house))
    house.wait(hours=20)
    assert told(house, before)[0].startswith(
        "Klinik Nord has not got round to answering you for a day, and I am sorry."
    )
    assert on_list(house, Kind.PERSON)
    assert not seen(house, birgit).under_way
    assert ("talk-unanswered" in house.audited(birgit), "talk-ended" in house.audited(birgit)) == (
        True,
        True,
    )


def test_a_conversation_that_has_run_dry_is_handed_back_in_the_morning(house: House) -> None:
    house.clock.set(datetime(2026, 11, 24, 20, 30, tzinfo=UTC))
    birgit = with_patient(house)
    before = len(told(house))
    house.wait(hours=36)
    assert told(house, before) == [BACK]
    back = [sent.at for sent in house.telegram.sent if sent.text == BACK]
    assert back == [datetime(2026, 11, 26, 7, 0, tzinfo=UTC)]
    assert not seen(house, birgit).under_way


def test_the_patient_is_told_when_somebody_looks_where_the_desk_is_not_there(
    house: House,
) -> None:
    with_patient(house)
    house.wait(hours=1)
    said = reply(house, "one more thing")
    assert said[0].startswith("I cannot promise when somebody looks.")
    assert reply(house, "and another") == []


# When and where it goes out


def test_at_night_a_reply_waits_for_the_morning_unless_the_patient_has_just_written(
    house: House,
) -> None:
    birgit = house.enrol().patient_id
    house.clock.set(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    before = len(told(house))
    assert seen(house, birgit).goes_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    say(house, birgit, "Please ring us.")
    assert told(house, before) == []
    (line,) = seen(house, birgit).lines
    assert line.delivery is not None
    assert (line.delivery.state, line.delivery.at) == (
        State.WAITS,
        datetime(2026, 11, 25, 7, 0, tzinfo=UTC),
    )
    house.write("I cannot sleep, can I come tomorrow?")
    say(house, birgit, "Yes, at nine.")
    house.settle()
    assert seen(house, birgit).goes_at is None


def test_whoever_has_just_written_by_text_message_is_answered_there(house: House) -> None:
    birgit = house.enrol().patient_id
    house.add_address(birgit, "sms", "+4520304050")
    house.write("PERSON", "+4520304050", channel="sms")
    say(house, birgit, "Hello.")
    house.settle()
    assert house.sms.texts()[-1].endswith("Mette Dam, Klinik Nord: Hello.")
    house.wait(hours=2)
    say(house, birgit, "Are you still there?")
    assert told(house)[-1] == "Mette Dam, Klinik Nord: Are you still there?"


def test_under_link_the_words_wait_on_the_page_and_a_link_goes_out(
    migrated_database_url: str,
) -> None:
    database = Database(migrated_database_url, durable=False)
    house = House(database, answers={"telegram": "link"})
    birgit = house.enrol().patient_id
    say(house, birgit, "Your scan shows a slipped disc.")
    house.settle()
    on_phone = " ".join(house.telegram.texts())
    assert "slipped disc" not in on_phone
    assert "Mette Dam from Klinik Nord writes with you" in on_phone
    assert "/chat/in/" in house.telegram.texts()[-1]
    assert any("slipped disc" in text for text in house.web.texts())
    (line,) = seen(house, birgit).lines
    assert line.delivery is not None
    assert (line.delivery.by_link, line.delivery.state) == (True, State.SENT)
    database.close()


@pytest.mark.parametrize(
    ("status", "error", "state"),
    [
        ("sent", None, State.SENT),
        ("delivered", None, State.DELIVERED),
        ("read", None, State.READ),
        ("dead", "gone 30003", State.FAILED),
        ("unknown", "unknown timeout", State.FAILED),
        ("dead", "stopped", State.STOPPED),
        (HELD, None, State.HELD),
    ],
)
def test_the_desk_sees_what_has_become_of_a_reply(
    light_house: House, status: str, error: str | None, state: State
) -> None:
    birgit = light_house.enrol().patient_id
    say(light_house, birgit, "Hello.")
    light_house.settle()
    light_house.change_outbox(light_house.outbox()[-1].id, status=status, error=error)
    (line,) = seen(light_house, birgit).lines
    assert line.delivery is not None
    assert line.delivery.state is state


def test_a_reply_that_another_channel_takes_over_counts_there(house: House) -> None:
    birgit = house.enrol().patient_id
    house.add_address(birgit, "sms", "+4520304050")
    house.telegram.trouble.append(NotSent(Trouble.GONE, "blocked"))
    say(house, birgit, "Hello.")
    house.settle()
    assert "Mette Dam, Klinik Nord: Hello." in house.sms.texts()[-1]
    (line,) = seen(house, birgit).lines
    assert line.delivery is not None
    assert (line.delivery.state, line.delivery.channel) == (State.SENT, "sms")


# Two at the desk


def test_a_second_person_sees_who_holds_it_and_takes_it_over_openly(house: House) -> None:
    birgit = with_patient(house)
    with pytest.raises(talking.HeldBySomebody) as refused:
        say(house, birgit, "Hello, this is Kirsten.", KIRSTEN)
    assert refused.value.name == "Mette Dam"
    with pytest.raises(talking.HeldBySomebody):
        talking.hand_back(house.deployment, KIRSTEN, birgit)
    before = len(told(house))
    talking.take_over(house.deployment, KIRSTEN, birgit)
    say(house, birgit, "Hello, this is Kirsten.", KIRSTEN)
    assert told(house, before) == ["Kirsten Friis, Klinik Nord: Hello, this is Kirsten."]
    with pytest.raises(talking.HeldBySomebody):
        say(house, birgit, "Hello?")


def test_a_double_press_sends_once(house: House) -> None:
    birgit = with_patient(house)
    before = len(told(house))
    say(house, birgit, "Hello.", form="form-1")
    say(house, birgit, "Hello.", form="form-1")
    assert told(house, before) == ["Mette Dam, Klinik Nord: Hello."]


def test_a_reply_to_what_has_moved_on_is_not_sent(house: House) -> None:
    birgit = with_patient(house)
    page = seen(house, birgit)
    house.write("never mind, I found it")
    with pytest.raises(talking.NewMessages):
        talking.say(house.deployment, METTE, birgit, "It is on the first floor.", seen=page.seen)
    assert "It is on the first floor." not in " ".join(told(house))


@pytest.mark.parametrize(("text", "problem"), [(" \n ", "empty"), ("a" * 1001, "too-long")])
def test_a_reply_has_its_bounds(light_house: House, text: str, problem: str) -> None:
    birgit = light_house.enrol().patient_id
    with pytest.raises(talking.BadReply) as refused:
        say(light_house, birgit, text)
    assert refused.value.problem == problem


def test_only_what_is_held_can_be_handed_back(light_house: House) -> None:
    birgit = light_house.enrol().patient_id
    with pytest.raises(talking.NotUnderWay):
        talking.hand_back(light_house.deployment, METTE, birgit)


def test_a_patient_whom_nothing_reaches_can_be_handed_back_but_not_written_to(
    house: House,
) -> None:
    birgit = with_patient(house)
    house.set_address(house.outbox()[-1].address_id, "closed")
    with pytest.raises(talking.CannotWrite) as refused:
        say(house, birgit, "Hello?")
    assert refused.value.why is Barrier.UNREACHABLE
    talking.hand_back(house.deployment, METTE, birgit)
    assert not seen(house, birgit).under_way


def test_whoever_writes_has_the_case_and_a_reply_is_its_reason(house: House) -> None:
    birgit = with_patient(house)
    (case,) = on_list(house, Kind.PERSON)
    assert (case.owner, case.is_news) == ("desk:7", False)
    house.wait(minutes=1)
    house.write("Can I come on Friday?")
    house.wait(hours=4)
    assert on_list(house, Kind.PERSON)[0].is_news
    say(house, birgit, "Yes.")
    assert not on_list(house, Kind.PERSON)[0].is_news
    talking.hand_back(house.deployment, METTE, birgit)
    assert on_list(house, Kind.PERSON) == []
    with house.database.read() as connection:
        closed = cases.by_id(connection, case.id)
    assert closed is not None
    assert (closed.closed_by, closed.reason) == ("desk:7", "answered")


def test_a_wish_that_nobody_has_answered_stays_on_the_list(house: House) -> None:
    birgit = with_patient(house)
    talking.hand_back(house.deployment, METTE, birgit)
    assert [case.owner for case in on_list(house, Kind.PERSON)] == [None]


def test_a_take_over_that_nobody_asked_for_leaves_nothing_on_the_list(house: House) -> None:
    birgit = house.enrol().patient_id
    talking.take_over(house.deployment, METTE, birgit)
    talking.hand_back(house.deployment, METTE, birgit)
    assert on_list(house, Kind.PERSON) == []


# The list, the audit, and what is kept


@pytest.mark.both_databases
def test_the_list_names_who_waits_and_who_holds(house: House) -> None:
    birgit = with_patient(house)
    other = house.enrol("jens", name="Jens Bo").patient_id
    house.wait(minutes=10)
    house.write("PERSON", "jens")
    found = talks.listed(house.deployment)
    assert [(each.patient_id, each.holder) for each in found] == [
        (birgit, "Mette Dam"),
        (other, ""),
    ]
    say(house, birgit, "Hello.")
    talking.hand_back(house.deployment, METTE, birgit)
    assert [each.patient_id for each in talks.listed(house.deployment)] == [other]


def test_the_audit_says_who_did_what(house: House) -> None:
    birgit = with_patient(house)
    talks.note_opened(house.deployment, METTE, birgit)
    say(house, birgit, "Hello.")
    talking.hand_back(house.deployment, METTE, birgit)
    done = [each for each in house.audited(birgit) if each.startswith("talk")]
    assert done == ["talk-taken", "talk-opened", "talk-said", "talk-ended"]


def test_what_the_desk_wrote_stands_in_the_record_as_that_persons_words(house: House) -> None:
    birgit = house.enrol().patient_id
    say(house, birgit, "Hello.")
    (entry,) = [each for each in house.timeline(birgit) if each.kind == "desk-message"]
    assert (entry.author, entry.text) == ("desk:7", "Mette Dam, Klinik Nord: Hello.")


def test_the_patients_own_copy_tells_what_the_clinic_wrote_and_who(light_house: House) -> None:
    birgit = with_patient(light_house)
    say(light_house, birgit, "You can come on Thursday at 10.")
    person, sealer = light_house.person(birgit), light_house.sealer(birgit)
    with light_house.database.read() as connection:
        held = own_copy.rows(connection, sealer, birgit)
    copy = OwnCopy(person, held, light_house.clock.now())
    document = own_record.document(copy, light_house.deployment.library)
    sections = paper.told(document, "Klinik Nord")["sections"]
    rows = [row for section in sections for table in section["tables"] for row in table["rows"]]
    words = "Mette Dam, Klinik Nord: You can come on Thursday at 10."
    assert [row[1:] for row in rows if words in row] == [
        ["From the clinic", words, "the clinic"],
        ["the clinic", words],
    ]


def test_erasure_takes_all_of_it(house: House) -> None:
    birgit = with_patient(house)
    house.write("Can I come on Friday?")
    say(house, birgit, "Yes.")
    with house.database.write() as connection:
        patients.lock_conversations(connection, [birgit])
        erasure.erase(connection, birgit, house.clock.now())
    assert (house.inbox(), house.outbox(), house.due()) == ([], [], [])
    with pytest.raises(NoSuchPatient):
        seen(house, birgit)
    for act in (talking.take_over, talking.hand_back):
        with pytest.raises(NoSuchPatient):
            act(house.deployment, METTE, birgit)


def test_messages_to_the_desk_go_with_all_other_messages_and_its_words_stay(
    house: House,
) -> None:
    birgit = with_patient(house)
    house.write("Can I come on Friday?")
    say(house, birgit, "Yes.")
    house.settle()
    talking.hand_back(house.deployment, METTE, birgit)
    house.settle()
    house.clock.set(house.clock.now() + timedelta(days=181))
    while retention.delete_old(house.deployment, retention.Periods()) is not None:
        pass
    (line,) = seen(house, birgit).lines
    assert (line.text, line.delivery) == ("Mette Dam, Klinik Nord: Yes.", None)


def test_a_line_that_is_not_for_the_desk_stays_the_assistants_after_the_end(
    house: House,
) -> None:
    birgit = with_patient(house)
    talking.hand_back(house.deployment, METTE, birgit)
    assert "Shall I keep it" in reply(house, "my back likes the sea")[0]
    assert thread(house, birgit) == ["PERSON"]


def test_a_conversation_that_was_left_behind_swallows_nothing(light_house: House) -> None:
    """Whatever took its due row away: after a week the assistant listens again."""
    birgit = with_patient(light_house)
    with light_house.database.write() as connection:
        due.write(connection, light_house.deployment, [(birgit, DropDue())])
    light_house.wait(days=8)
    assert "Shall I keep it" in reply(light_house, "my back likes the sea")[0]
    assert not seen(light_house, birgit).under_way


def test_an_enrolment_goes_on_where_it_was_interrupted(house: House) -> None:
    birgit = house.enrol(consented=False).patient_id
    asked = told(house)[-1]
    reply(house, "PERSON")
    say(house, birgit, "Hello, can I help?")
    assert reply(house, "is this the clinic?") == []
    before = len(told(house))
    talking.hand_back(house.deployment, METTE, birgit)
    (said,) = told(house, before)
    assert said.startswith(BACK)
    assert said.splitlines()[-1] == asked.splitlines()[-1]
    assert thread(house, birgit)[-1] == "is this the clinic?"


WORDS = (
    "6", "B", "yes", "no", "thanks", "?", "Friday at 10", "can I come earlier?", "6 4 2 no", "skip",
    "back", "later", "pause", "start", "help", "PERSON", "note: a secret", "my plan",
    "how am I doing?", "send my summary to my physio", "I meant 4", "she says 6", "I am in Spain",
    "my next visit is Thursday at 9 with Anne", "who looked", "export my data",
)  # fmt: skip


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.booleans())
def test_whatever_is_written_is_no_answer_and_is_not_lost(
    light_house: House, words: list[str], asked: bool
) -> None:
    address = f"birgit-{len(light_house.inbox())}"
    birgit = light_house.enrol(address).patient_id
    if asked:
        light_house.ask(birgit)
    talking.take_over(light_house.deployment, METTE, birgit)
    light_house.settle()
    for text in words:
        before = len(light_house.outbox()) + len(light_house.timeline(birgit))
        light_house.write(text, address)
        at_desk = light_house.inbox()[-1].status == FOR_DESK
        assert at_desk or len(light_house.outbox()) + len(light_house.timeline(birgit)) > before
    assert light_house.answers(birgit) == []
    assert "a secret" not in " ".join(thread(light_house, birgit))
