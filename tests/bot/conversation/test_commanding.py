"""What commands do to the schedule, the clinic's list and the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import select

from bot.conversation.memory import Memory
from bot.desk_hours import DeskHours
from tests.backtrace.replay.playing import Script, texts
from tests.bot.beginnings import begin, on_the_pathway
from tests.bot.house import House
from trajectory import audit, audit_checks, cases, tables
from trajectory.cases import Kind
from trajectory.patients import PatientRef
from trajectory.said import said

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return begin(house, on_the_pathway)


def say(house: House, *lines: str) -> str:
    """The patient writes; the last thing that is answered."""
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


def test_how_am_i_doing_brings_a_picture_once_there_is_something_to_compare(
    house: House, birgit: PatientRef
) -> None:
    assert "too early" in say(house, "how am i doing")
    assert house.telegram.sent[-1].parcel.rendered.picture == ""
    for _ in range(3):
        house.wait(days=7)
        house.answer_all()
    assert "About the same as at the start" in say(house, "how am i doing")
    picture = house.telegram.sent[-1].parcel.rendered.picture
    assert "Pain, 0 to 10" in picture
    assert "!</text>" not in picture
    say(house, "my plan")
    assert house.telegram.sent[-1].parcel.rendered.picture == ""


def due_at(house: House, key: str) -> datetime:
    """When something falls due, by the patient's clock."""
    (row,) = [row for row in house.due() if row.key == key]
    at: datetime = row.at
    return at.astimezone(COPENHAGEN)


def sent_between(house: House, start: datetime, end: datetime) -> list[str]:
    return [sent.text for sent in house.telegram.sent if start < sent.at < end]


def listed(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def audited(house: House, patient_id: int) -> list[str]:
    with house.database.read() as connection:
        return [record.action for record in audit.records(connection, patient_id)]


def share_with_anne(house: House) -> None:
    say(house, "share with my physio Anne Berg anne@clinic.dk", "A", "4071", "no")


# A pause


def test_in_a_pause_nothing_that_is_scheduled_goes_out_and_nothing_is_lost(
    house: House, birgit: PatientRef
) -> None:
    begun = house.clock.now()
    say(house, "pause for two weeks")
    over = due_at(house, "pause-over")

    house.wait(days=13)
    silent = sent_between(house, begun + timedelta(minutes=1), house.clock.now())
    house.wait(days=2)

    assert (over.date() - begun.date(), over.hour) == (timedelta(days=14), 8)
    assert silent == []
    after = sent_between(house, over - timedelta(seconds=1), house.clock.now())
    assert after[0].startswith("The pause is over")
    assert any("1/10" in text for text in after)
    house.answer_all()
    assert "weekly-check-in" in due_at_keys(house)


def due_at_keys(house: House) -> str:
    return " ".join(row.key for row in house.due())


def test_of_the_weekly_questions_only_the_next_comes_after_a_pause(
    house: House, birgit: PatientRef
) -> None:
    say(house, "stop the questionnaires", "pause until 18 December")

    house.wait(days=24)
    house.wait(days=4)

    asked = [sent for sent in house.telegram.sent if "minute about your last 7 days" in sent.text]
    assert [sent.at.astimezone(COPENHAGEN).strftime("%a %d %b %H:%M") for sent in asked] == [
        "Mon 21 Dec 18:00"
    ]


def test_the_reminder_of_an_open_question_waits_for_the_end_too(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    begun = house.clock.now()
    say(house, "pause until tomorrow")

    house.wait(hours=21)

    assert (
        sent_between(house, begun + timedelta(minutes=1), house.clock.now() - timedelta(hours=1))
        == []
    )
    house.wait(hours=3)
    assert "1/4" in house.telegram.sent[-1].text


@pytest.mark.parametrize("word", ["resume", "start", "carry on"])
def test_a_pause_can_be_ended_before(house: House, birgit: PatientRef, word: str) -> None:
    say(house, "pause for a month")

    answer = say(house, word)

    assert answer.startswith("The pause is over")
    assert "pause-over" not in due_at_keys(house)


def test_a_warning_sign_is_followed_up_in_a_pause(house: House, birgit: PatientRef) -> None:
    house.ask(birgit.patient_id, "red-flags")
    say(house, "yes", "pause for two weeks")

    house.wait(hours=4)

    assert "Has a doctor looked" in house.telegram.sent[-1].text


@pytest.mark.parametrize(
    "until", ["pause until yesterday", "pause until 31 February", "pause for 90 months"]
)
def test_a_pause_until_no_day_is_asked_back(house: House, birgit: PatientRef, until: str) -> None:
    answer = say(house, until)

    assert answer.startswith("I did not get until when")
    assert "pause-over" not in due_at_keys(house)


# One kind only


def test_what_is_not_wanted_is_not_asked_and_start_brings_it_back(
    house: House, birgit: PatientRef
) -> None:
    say(house, "only the weekly ones")

    house.wait(days=4)
    unwanted = [text for text in house.telegram.texts() if "1/10" in text]
    answer = say(house, "start")

    assert unwanted == []
    assert answer.startswith("All right, all questions come again.\n10 questions")


def test_the_open_questionnaire_is_put_away_with_its_kind(house: House, birgit: PatientRef) -> None:
    house.ask(birgit.patient_id, "odi")
    say(house, "stop the questionnaires")

    assert say(house, "7") == "Thank you. There is no question waiting just now."
    house.ask(birgit.patient_id)
    assert "1/4" in house.telegram.sent[-1].text


# Time and day


def test_the_due_rows_follow_a_new_day_and_hour_at_once(house: House, birgit: PatientRef) -> None:
    before = due_at(house, "step:weekly-check-in")
    say(house, "ask me on Tuesdays at 19")

    after = due_at(house, "step:weekly-check-in")
    assert (before.weekday(), before.hour) == (0, 18)
    assert (after.weekday(), after.hour) == (1, 19)
    assert due_at(house, "step:odi-baseline").hour == 19


def test_what_was_asked_today_is_not_asked_again_at_the_later_hour(
    house: House, birgit: PatientRef
) -> None:
    say(house, "stop the questionnaires")
    house.wait(days=6, hours=9)
    asked = [text for text in house.telegram.texts() if "minute about your last 7 days" in text]
    say(house, "ask me at 20:15")

    assert len(asked) == 1
    next_one = due_at(house, "step:weekly-check-in")
    assert (next_one - house.clock.now()).days >= 6
    assert (next_one.hour, next_one.minute) == (20, 15)


def test_what_the_new_hour_would_have_in_the_past_stays_where_it_was(
    house: House, birgit: PatientRef
) -> None:
    before = due_at(house, "step:odi-baseline")
    house.clock.set(before.replace(hour=12).astimezone(UTC))
    say(house, "ask me at 9 am")

    assert due_at(house, "step:odi-baseline") == before


@pytest.mark.parametrize(
    ("text", "offered"),
    [("at 22", "20:30"), ("kl. 23.30", "20:30"), ("at 5:30 am", "08:00"), ("ask me at 7", "19:00"),
     ("ask me at 1 am", "20:30"), ("ask me at 07:00", "08:00")],
)  # fmt: skip
def test_in_the_quiet_hours_the_nearest_hour_is_offered(
    house: House, birgit: PatientRef, text: str, offered: str
) -> None:
    answer = say(house, text)

    assert f"Shall I ask at {offered} instead?" in answer
    assert f"I ask at {offered}" in say(house, "yes")
    assert due_at(house, "step:odi-baseline").strftime("%H:%M") == offered


@pytest.mark.parametrize(
    ("language", "text", "offered"),
    [("en", "ask me at half past seven", "19:30"), ("da", "spørg kl. halv otte", "19:30")],
)
def test_half_an_hour_is_an_hour_to_be_asked_at(
    house: House, language: str, text: str, offered: str
) -> None:
    house.enrol(pathway="low-back-pain", language=language)
    house.answer_all()

    assert offered in say(house, text)
    assert offered in say(house, "A")
    assert due_at(house, "step:odi-baseline").strftime("%H:%M") == offered


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "tomorrow", "tomorrow at 18:00"),
        ("en", "ask me tomorrow at 9", "tomorrow at 09:00"),
        ("en", "not today", "tomorrow at 18:00"),
        ("da", "spørg i morgen", "i morgen kl. 18:00"),
        ("da", "spørg i morgen kl. halv ni", "i morgen kl. 08:30"),
    ],
)
def test_a_question_can_be_put_off_to_tomorrow(
    house: House, language: str, text: str, told: str
) -> None:
    birgit = house.enrol(language=language)
    house.ask(birgit.patient_id)

    assert told in say(house, text)
    before = len(house.telegram.sent)
    house.wait(days=1, hours=9)
    assert "7 da" in house.telegram.sent[before].text


def test_tomorrow_is_an_answer_where_a_day_was_asked_for(house: House, birgit: PatientRef) -> None:
    say(house, "my next visit is")
    say(house, "I have an appointment soon")

    assert "At what time on" in say(house, "tomorrow")


def test_an_hour_that_answers_the_question_is_its_answer(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)

    said = say(house, "at 7")

    assert "I ask at" not in said
    assert "keep quiet" not in said


def test_words_of_their_own_are_answers_where_own_words_are_asked_for(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, "intake")
    say(house, "A", "Mondays", "A", "pause", "person")

    told = {e.item: e.text for e in house.timeline(birgit.patient_id) if e.kind == "answer"}
    assert (told["onset"], told["treatments-tried"], told["medication"]) == (
        "Mondays", "pause", "person",
    )  # fmt: skip
    assert listed(house) == []


# Misspelt


def test_nothing_is_done_before_a_misspelt_command_is_confirmed(
    house: House, birgit: PatientRef
) -> None:
    asked = say(house, "export my daata", "exprot my data")

    assert asked == "Did you mean: export my data?"
    assert listed(house) == []
    assert say(house, "yes") == "Please send me your own four-digit code."


def test_a_misspelt_command_never_takes_the_answer_in_own_words(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, "intake")
    say(house, "A", "sumary")

    assert ("onset", "sumary") in [(e.item, e.text) for e in house.timeline(birgit.patient_id)]


def test_after_a_wrong_guess_the_words_count_as_they_were(house: House, birgit: PatientRef) -> None:
    say(house, "sumary")

    assert "Shall I keep it as a question" in say(house, "no")
    say(house, "yes")
    assert [e.text for e in house.timeline(birgit.patient_id) if e.kind == "question"] == ["sumary"]


# The clinic's list


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("mon-fri 08:00-15:00", "Somebody looks at it today before 15:00."),
        ("mon-fri 12:00-15:00", "Somebody looks at it today between 12:00 and 15:00."),
        ("mon 08:00-15:00", "Somebody looks at it on Monday from 08:00."),
        (None, "I cannot promise when somebody looks."),
    ],
)
def test_who_asks_for_a_person_is_listed_and_told_when_somebody_looks(
    house: House, hours: str | None, told: str
) -> None:
    clinic = house.deployment.clinic
    desk = DeskHours.read(hours) if hours else None
    house.deployment = replace(house.deployment, clinic=replace(clinic, desk_hours=desk))
    house.enrol()

    answer = say(house, "I want to talk to a person")

    assert listed(house) == [Kind.PERSON]
    assert told in answer
    assert "1813" in answer
    assert "112" in answer


def test_the_third_misunderstanding_lists_the_conversation_once_a_session(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)

    say(house, "purple", "purple")
    assert listed(house) == []
    assert "on the list" in say(house, "purple")
    assert listed(house) == [Kind.NOT_UNDERSTOOD]
    assert "on the list" not in say(house, "purple", "4", "purple", "purple", "purple")


@pytest.mark.parametrize(
    ("language", "way_out"), [("en", "SKIP or LATER"), ("da", "SPRING OVER eller SENERE")]
)
def test_the_way_out_is_told_whole_only_once(house: House, language: str, way_out: str) -> None:
    birgit = house.enrol(language=language)
    house.ask(birgit.patient_id)

    first = say(house, "purple", "purple", "purple")
    second = say(house, "purple")

    assert way_out in first
    assert way_out in second
    assert len(second.splitlines()[0]) < len(first.splitlines()[0])


def test_in_doubt_about_a_warning_sign_the_doctor_is_named_each_time(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, "red-flags")

    assert "1813" in say(house, "purple", "purple", "purple")
    assert "1813" in say(house, "purple")


def test_a_copy_of_everything_comes_by_link_with_the_own_code(
    house: House, birgit: PatientRef
) -> None:
    assert "That is not the code" in say(house, "export my data", "1111")
    assert "/copy/in/" in say(house, "4071", "a link")
    assert listed(house) == []
    assert "copy-link-made" in audited(house, birgit.patient_id)


def test_a_copy_on_paper_is_asked_of_the_clinic(house: House, birgit: PatientRef) -> None:
    assert listed(house) == []
    assert "within 30 days" in say(house, "export my data", "4071", "on paper")
    assert listed(house) == [Kind.EXPORT]
    assert "export-asked" in audited(house, birgit.patient_id)


# Language


def test_another_language_puts_the_open_question_in_it_and_its_answer_says_so(
    house: House,
) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)

    assert "Hvor ondt" in say(house, "danish please")
    say(house, "6")
    (entry,) = [e for e in house.timeline(birgit.patient_id) if e.kind == "answer"]
    assert (entry.detail or {})["language"] == "da"
    assert (entry.value, bool(entry.definition)) == (6, True)


def test_while_enrolling_the_language_can_change_and_other_commands_wait(house: House) -> None:
    house.enrol(consented=False, name="")
    house.settle()

    say(house, "English")
    assert "Er det i orden" in say(house, "dansk")
    assert "Er det i orden" not in say(house, "ja", "min plan")
    assert "på listen" in say(house, "tal med et menneske")


# Visits


def test_a_visit_moved_takes_the_place_of_the_one_before(house: House, birgit: PatientRef) -> None:
    say(house, "my next visit is Thursday 10 with Anne", "my next visit is Friday 11 with Anne",
        "my next visit is Monday at 9 with Lars")  # fmt: skip

    visits = [e for e in house.timeline(birgit.patient_id) if e.kind == "visit"]
    told = [(e.text, e.at.astimezone(COPENHAGEN).strftime("%d %b %H:%M")) for e in visits]
    assert sorted(told) == [
        ("Anne", "26 Nov 10:00"), ("Anne", "27 Nov 11:00"), ("Lars", "30 Nov 09:00"),
    ]  # fmt: skip
    assert [e.supersedes is not None for e in sorted(visits, key=lambda e: e.id)] == [
        False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "noted", "cancelled", "told"),
    [
        ("en", "my next visit is Thursday 10 with Anne", "my visit is cancelled", "is cancelled"),
        ("da", "mit næste besøg er torsdag 10 hos Anne", "min tid er aflyst", "er aflyst"),
    ],
)
def test_a_visit_that_is_cancelled_stands_no_more(
    house: House, language: str, noted: str, cancelled: str, told: str
) -> None:
    birgit = house.enrol(language=language)
    say(house, noted)

    assert told in say(house, cancelled)
    assert said(house.timeline(birgit.patient_id), "visit") == []


def test_of_several_visits_it_is_asked_which_is_cancelled(house: House, birgit: PatientRef) -> None:
    say(house, "my next visit is Thursday 10 with Anne", "my next visit is Monday at 9 with Lars")

    assert "Which visit" in say(house, "my visit is cancelled")
    assert "10:00 is cancelled" in say(house, "A")
    assert "09:00 is cancelled" in say(house, "my appointment with Lars is cancelled")
    assert "no visit" in say(house, "my visit is cancelled")


@pytest.mark.parametrize(("language", "word"), [("en", "yes"), ("da", "ja"), ("en", "ok")])
def test_a_plain_yes_chooses_nothing_of_a_list(house: House, language: str, word: str) -> None:
    birgit = house.enrol(language=language, code="4071")
    say(house, "my next visit is Thursday 10 with Anne", "my next visit is Monday at 9 with Lars")
    which = say(house, "my visit is cancelled")

    assert say(house, word) == which
    assert len(said(house.timeline(birgit.patient_id), "visit")) == 2
    say(house, "no", "share with my physio Anne Berg anne@clinic.dk", word, "4071")
    assert "grant" not in [e.kind for e in house.timeline(birgit.patient_id)]


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "I have an appointment tomorrow at half past 2", "at 14:30"),
        ("en", "my next visit is friday at 3 with Anne", "at 15:00, with Anne"),
        ("en", "my next visit is saturday at 2.30", "at 14:30"),
        ("en", "my next visit is friday at 6 am", "at 06:00"),
        ("en", "my next visit is friday at 06:30", "at 06:30"),
        ("en", "my next visit is friday at 7", "at 07:00"),
        ("en", "I'm seeing Anne on friday at 3", "at 15:00, with Anne"),
        ("en", "I have got a new appointment on friday at 3", "at 15:00"),
        ("da", "jeg skal til Anne i morgen kl. halv tre", "kl. 14:30 hos Anne"),
        ("da", "jeg skal til Anne Berg fredag kl. 10", "kl. 10:00 hos Anne Berg"),
        ("da", "jeg har fået en ny tid den 20. januar kl 9", "20. januar kl. 09:00"),
    ],
)
def test_a_visit_is_by_day_and_told_as_it_was_noted(
    house: House, language: str, text: str, told: str
) -> None:
    house.enrol(language=language)

    assert told in say(house, text)
    question = {"en": "when is my next visit?", "da": "hvornår er min næste tid"}[language]
    assert told in say(house, question)


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "my next visit is on 30 February", "There is no such day."),
        ("da", "min næste tid er den 30. februar kl 9", "Den dag findes ikke."),
        ("en", "when is my next appointment", "I have no visit of yours noted."),
        ("da", "hvornår er mit næste besøg", "Jeg har ikke noteret noget besøg."),
    ],
)
def test_what_is_no_day_or_not_noted_is_said(
    house: House, language: str, text: str, told: str
) -> None:
    house.enrol(language=language)

    assert say(house, text).startswith(told)


def test_a_date_that_is_another_weekday_is_said_to_be(house: House, birgit: PatientRef) -> None:
    assert say(house, "my next visit is Tuesday 13 at 10").startswith("That date is not a Tuesday")


# Goal


@pytest.mark.parametrize(
    ("language", "text", "plan", "told"),
    [
        ("en", "my goal is to walk to work", "my plan", "Your goal: to walk to work"),
        ("da", "mit mål er at gå til arbejde", "min plan", "Dit mål: at gå til arbejde"),
    ],
)
def test_a_goal_is_told_at_any_time(
    house: House, language: str, text: str, plan: str, told: str
) -> None:
    house.enrol(language=language)

    assert told in say(house, text)
    assert say(house, plan) == told


# Sharing


@pytest.mark.parametrize(
    ("language", "named", "asked", "answer"),
    [
        ("en", "my physio is called Anne Berg", "has Anne looked?", "Anne Berg has not looked"),
        ("da", "min fys hedder Anne Berg", "har Anne kigget?", "Anne Berg har ikke kigget"),
    ],
)
def test_who_treats_is_named_by_a_sentence_and_may_be_asked_about(
    house: House, language: str, named: str, asked: str, answer: str
) -> None:
    house.enrol(language=language)

    assert "Anne Berg" in say(house, named)
    say(house, "anne@clinic.dk")
    assert members(house) == ["physiotherapist"]
    assert say(house, asked).startswith(answer)


def members(house: House) -> list[str]:
    return [row.role for row in house.rows(tables.core(tables.CareTeamMember))]


def test_an_address_does_not_make_two_people_one(house: House, birgit: PatientRef) -> None:
    share_with_anne(house)

    asked = say(house, "send my summary to my wife Ida anne@clinic.dk")
    assert asked.startswith("I know anne@clinic.dk as the address of Anne Berg.")
    assert "Ida will see one page: your goal" in say(house, "no")
    assert members(house) == ["physiotherapist", "relative"]


def test_the_same_name_in_another_role_is_asked_about_too(house: House, birgit: PatientRef) -> None:
    share_with_anne(house)

    assert "same person" in say(house, "send my summary to my wife Anne Berg anne@clinic.dk")
    assert "your pain, days" in say(house, "yes")
    assert members(house) == ["physiotherapist"]


def test_a_known_name_stays_and_a_mail_address_is_no_name(house: House, birgit: PatientRef) -> None:
    say(house, "send my summary to Anne Berg", "my physio")
    answer = say(house, "anne@clinic.dk")

    assert answer.startswith("Anne Berg will see one page")


def test_a_mail_address_in_place_of_a_name_is_kept_and_the_name_asked_again(
    house: House, birgit: PatientRef
) -> None:
    answer = say(house, "send my summary to my physio", "anne@clinic.dk")
    assert answer == "What is the name?"

    assert say(house, "Anne Berg").startswith("Anne Berg will see one page")


def test_a_grant_that_is_replaced_is_recorded_and_audited_as_ended(
    house: House, birgit: PatientRef
) -> None:
    share_with_anne(house)
    say(house, "send my summary to Anne Berg for two weeks", "yes")

    kinds = [e.kind for e in house.timeline(birgit.patient_id) if e.kind.startswith("grant")]
    assert kinds == ["grant", "grant-ended", "grant"]
    assert "sharing-stopped" in audited(house, birgit.patient_id)


@pytest.mark.parametrize(
    ("language", "again", "told", "kept"),
    [
        ("en", "send my summary to Anne Berg", "Anne Berg can see it already. It lasts until 24",
         "All right, it stays as it is."),
        ("da", "send mit overblik til Anne Berg", "Anne Berg kan allerede se det. Det varer til 24",
         "Godt, det bliver, som det er."),
    ],
)  # fmt: skip
def test_who_can_see_it_already_is_told_and_nothing_ends_unasked(
    house: House, language: str, again: str, told: str, kept: str
) -> None:
    birgit = house.enrol(language=language, code="4071")
    share = {"en": "share with my physio", "da": "del med min fys"}[language]
    say(
        house, f"{share} Anne Berg anne@clinic.dk", "A", "4071", {"en": "no", "da": "nej"}[language]
    )
    before = [row.id for row in house.rows(tables.core(tables.AccessGrant))]

    assert say(house, again).startswith(told)
    assert say(house, "D").startswith(kept)
    assert [row.id for row in house.rows(tables.core(tables.AccessGrant))] == before
    say(house, again, "B")
    kinds = [e.kind for e in house.timeline(birgit.patient_id) if e.kind.startswith("grant")]
    assert kinds == ["grant", "grant-ended", "grant"]


def test_the_end_that_was_said_is_the_grants(house: House, birgit: PatientRef) -> None:
    preview = say(house, "share with my physio Anne Berg anne@clinic.dk until 12 June")
    say(house, "yes", "4071")

    (row,) = house.rows(tables.core(tables.AccessGrant))
    assert "It lasts until 12 June. Shall I share it?" in preview
    assert row.until.astimezone(COPENHAGEN).strftime("%d %B %H:%M") == "12 June 23:59"


# In any state


@pytest.mark.parametrize(
    "before", [["share"], ["delete my data"], ["change time"], ["my next visit is soon"],
               ["sumary"], ["export my data"], ["change language"]],
)  # fmt: skip
def test_a_command_is_one_while_a_task_asks(
    house: House, birgit: PatientRef, before: list[str]
) -> None:
    answer = say(house, *before, "who can see my data")

    assert answer.startswith("Nobody but you can see your answers.")
    assert say(house, "stop").startswith("Stopped")


@pytest.mark.parametrize("text", ["pause", "at 19", "sumary"])
def test_after_stop_what_makes_no_sense_is_silent(
    house: House, birgit: PatientRef, text: str
) -> None:
    said = len(house.telegram.sent)
    assert say(house, "stop").startswith("Stopped")

    say(house, text)

    assert len(house.telegram.sent) == said + 1


@pytest.mark.parametrize(
    ("language", "words", "told"),
    [
        ("en", "what code is that", "First I need your code."),
        ("da", "hvilken kode mener du", "Først skal jeg bruge din kode."),
    ],
)
def test_words_where_the_code_is_asked_lock_nothing(
    house: House, language: str, words: str, told: str
) -> None:
    birgit = house.enrol(language=language, code="4071")
    say(house, "export my data")

    assert say(house, *[words] * 4).startswith(told)
    assert "wrong-code" not in audited(house, birgit.patient_id)
    assert "export-asked" not in audited(house, birgit.patient_id)
    say(house, "4071", "B")
    assert "export-asked" in audited(house, birgit.patient_id)


@pytest.mark.parametrize(("text", "told"), [("pause", "I pause until"), ("who", "Nobody but you")])
def test_a_command_where_the_code_is_asked_is_taken(
    house: House, birgit: PatientRef, text: str, told: str
) -> None:
    assert told in say(house, "export my data", text)


@pytest.mark.parametrize("text", ["who looked", "talk to a person", "export my data", "delete me"])
def test_after_stop_whose_data_it_is_can_still_be_decided(
    house: House, birgit: PatientRef, text: str
) -> None:
    say(house, "stop")
    said = len(house.telegram.sent)

    say(house, text)

    assert len(house.telegram.sent) == said + 1


def test_what_older_versions_remembered_is_read() -> None:
    old = {
        "task": {"name": "sharing", "step": "preview", "turn": 3, "asked_at": "",
                 "data": {"then": "share", "member": 7, "options": []}},
        "waiting": [{"flow": "odi", "items": None, "priority": 50, "last": False}],
        "turns": 3,
    }  # fmt: skip

    memory = Memory.from_json(orjson.dumps(old))

    kept = orjson.loads(memory.to_json())
    assert kept == {**old, "waiting": kept["waiting"]}
    assert (memory.paused_until, memory.muted, memory.erasing) == ("", [], False)


# Erasure


def test_only_yes_and_the_own_code_erase_and_nothing_readable_is_left(
    house: House, birgit: PatientRef
) -> None:
    share_with_anne(house)
    say(house, "note the cat kept me awake", "delete my data", "yes")
    assert "That is not the code" in say(house, "1111")
    goodbye = say(house, "4071")
    assert "everything is deleted" in goodbye
    assert "just being deleted" in say(house, "start")

    house.wait(minutes=30)

    patient = tables.core(tables.Patient)
    with house.database.read() as connection:
        (row,) = connection.execute(select(patient)).all()
    assert (row.status, row.pathway, bytes(row.wrapped_key), bytes(row.profile)) == (
        "erased", None, b"", b"",
    )  # fmt: skip
    for model in (
        tables.Entry, tables.Inbox, tables.Outbox, tables.Session, tables.Address, tables.Due,
        tables.CareTeamMember, tables.AccessGrant, tables.DeskCase,
    ):  # fmt: skip
        assert house.rows(tables.core(model)) == [], model
    with house.database.read() as connection:
        assert audit_checks.check(connection, [birgit.patient_id])[0].problems == []
    assert audited(house, birgit.patient_id)[-2:] == ["erasure-asked", "erased"]


def test_three_wrong_codes_lock_erasing_as_well_as_sharing(
    house: House, birgit: PatientRef
) -> None:
    say(house, "delete my data", "yes", "1111", "2222")

    assert say(house, "3333").startswith("Three wrong codes")
    assert say(house, "delete my data", "yes").startswith("Three wrong codes")
    house.wait(hours=25)
    house.answer_all()
    assert "four-digit code" in say(house, "delete my data", "yes")


@pytest.mark.parametrize("said", [["no"], ["yes", "no"], ["yes", "stop"], ["maybe", "no"]])
def test_without_both_nothing_is_erased(house: House, birgit: PatientRef, said: list[str]) -> None:
    say(house, "delete my data", *said)

    house.wait(hours=1)

    assert house.timeline(birgit.patient_id) != []


def test_who_has_no_code_types_a_word(house: House) -> None:
    birgit = house.enrol()
    assert "write DELETE" in say(house, "delete my data", "yes")
    assert "write DELETE" in say(house, "yes")
    say(house, "delete")
    house.wait(minutes=30)

    assert "erased" in audited(house, birgit.patient_id)


def test_a_goodbye_that_is_on_its_way_is_waited_for_but_no_longer_than_a_day(
    house: House, birgit: PatientRef
) -> None:
    house.write("delete my data")
    house.write("yes")
    house.settle()
    house.write("4071")

    house.clock.set(house.clock.now() + timedelta(hours=1))
    house.dispatch()
    assert "erased" not in audited(house, birgit.patient_id)
    house.clock.set(house.clock.now() + timedelta(days=1))
    house.dispatch()
    assert "erased" in audited(house, birgit.patient_id)


def test_who_cannot_be_reached_any_more_is_erased_as_well(house: House, birgit: PatientRef) -> None:
    say(house, "delete my data", "yes", "4071")
    house.set_address(birgit.address_id, "gone")

    house.wait(minutes=30)

    assert "erased" in audited(house, birgit.patient_id)


# After STOP


@pytest.mark.parametrize(
    "text", ["send my summary to my physio", "summary", "my plan", "change time to 19", "dansk"]
)
def test_a_command_after_stop_is_told_once_a_day_that_start_comes_first(
    house: House, birgit: PatientRef, text: str
) -> None:
    say(house, "stop")

    assert say(house, text) == "You have stopped the messages. START begins again."
    count = len(house.telegram.sent)
    say(house, text)
    assert len(house.telegram.sent) == count
    house.wait(days=1)
    say(house, text)
    assert len(house.telegram.sent) == count + 1


def test_a_note_after_stop_is_kept_without_a_word(house: House, birgit: PatientRef) -> None:
    say(house, "stop")
    count = len(house.telegram.sent)

    say(house, "note the cat kept me awake")

    assert len(house.telegram.sent) == count
    assert house.timeline(birgit.patient_id)[-1].text == "the cat kept me awake"


# "Shall I keep it as a question?"


@pytest.mark.parametrize(
    ("language", "words", "command", "told"),
    [
        ("en", "can I run with this?", "my goal is to walk to work", "Noted. Your goal"),
        ("en", "can I run with this?", "START", "You are already set up"),
        ("da", "må jeg løbe med det her?", "mit mål er at gå til arbejde", "Noteret. Dit mål"),
    ],
)
def test_a_command_ends_the_offer_and_only_its_words_are_kept(
    house: House, language: str, words: str, command: str, told: str
) -> None:
    birgit = house.enrol(language=language)
    answer = say(house, words, "tak" if language == "da" else "thanks", command)

    assert answer.startswith(told)
    assert "\n" not in answer, "the offer is not repeated"
    notes = [e.text for e in house.timeline(birgit.patient_id) if e.kind in ("note", "question")]
    assert notes == [words]


def test_never_mind_keeps_nothing_of_an_offer(house: House, birgit: PatientRef) -> None:
    assert say(house, "can I run with this?", "never mind") == "All right."
    assert "note" not in [e.kind for e in house.timeline(birgit.patient_id)]


AS_ALWAYS = {"en": "The questions come as always.", "da": "Spørgsmålene kommer som altid."}


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("ends", ["resume", "start"])
def test_who_goes_on_with_nothing_to_answer_is_not_told_that_questions_follow(
    language: str, ends: str
) -> None:
    began = {"resume": {"en": "pause", "da": "pause"}, "start": {"en": "stop", "da": "stop"}}
    words = {"resume": {"en": "resume", "da": "genoptag"}, "start": {"en": "START", "da": "START"}}
    script = Script().enrol(language=language).start("weekly-check-in")
    script.say(began[ends][language]).wait(days=5)
    before = len(texts(script.play()))
    (told,) = texts(script.say(words[ends][language]).play())[before:]
    assert told.endswith(AS_ALWAYS[language])
