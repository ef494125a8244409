"""Anne opens what Birgit shared: by link, mailed code and spoken words, and only for so long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import access
from bot.access import CodeSpent, Ended, NotAllowed, NotSignedIn, TooManyCodes, WrongWords
from bot.parts import parts
from tests.bot.practice import MINUTE, Practice, Shared
from trajectory import grants, patients
from trajectory.care_team import TREATING

HOUR = timedelta(hours=1)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_goes_to_the_address_that_the_link_went_to(practice: Practice) -> None:
    shared = practice.share()
    practice.press(shared)
    (mail,) = practice.mails()
    assert (mail.to, mail.member_id) == ("anne@klinik.example", shared.member.id)
    assert mail.subject == "Your six-digit code"


def test_the_mail_says_nothing_about_the_patient(practice: Practice) -> None:
    practice.tell("goal", "walk to the allotment")
    practice.press(practice.share())
    (mail,) = practice.mails()
    said = f"{mail.subject} {mail.text}".lower()
    for secret in ("birgit", "holm", "back pain", "pain", "allotment", "copper", "meadow"):
        assert secret not in said


def test_code_and_words_open_the_summary(practice: Practice) -> None:
    practice.tell("goal", "walk to the allotment")
    view = practice.read(practice.open(practice.share()))
    assert view.summary.person.name == "Birgit Holm"
    assert view.summary.goal is not None
    assert view.summary.goal.text == "walk to the allotment"
    assert view.summary.week == 6
    assert (view.grant.member.name, view.language, view.scope.page) == ("Anne Skov", "en", "whole")


@pytest.mark.parametrize("said", ["Copper Meadow", " copper   MEADOW ", "copper-meadow."])
def test_words_are_taken_as_they_sound(practice: Practice, said: str) -> None:
    shared = practice.share()
    assert practice.type(shared, practice.code(shared), said)


def test_wrong_words_open_nothing_and_leave_the_code_good(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    for words in ("copper", "meadow copper", ""):
        with pytest.raises(WrongWords):
            practice.type(shared, code, words)
    assert practice.type(shared, code)


def test_a_wrong_code_looks_the_same_as_wrong_words(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    with pytest.raises(WrongWords) as of_code:
        practice.type(shared, wrong(code))
    with pytest.raises(WrongWords) as of_words:
        practice.type(shared, code, "silver spoon")
    assert str(of_code.value) == str(of_words.value)


def test_a_code_opens_once(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    practice.type(shared, code)
    with pytest.raises(CodeSpent):
        practice.type(shared, code)


def test_a_code_is_good_for_a_quarter_of_an_hour(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    practice.wait(15 * MINUTE)
    with pytest.raises(CodeSpent):
        practice.type(shared, code)


def test_without_a_code_the_words_open_nothing(practice: Practice) -> None:
    with pytest.raises(CodeSpent):
        practice.type(practice.share(), "000000")


def test_after_five_wrong_tries_a_new_code_is_needed(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    for words in ["no", "no", "no", "no", "no"]:
        with pytest.raises(WrongWords):
            practice.type(shared, code, words)
    with pytest.raises(CodeSpent):
        practice.type(shared, code)
    assert practice.open(shared)


def test_whoever_has_the_mails_cannot_go_on_guessing_the_words(practice: Practice) -> None:
    shared = practice.share()
    for _ in range(9):
        with pytest.raises(WrongWords):
            practice.type(shared, practice.code(shared), "silver spoon")
        practice.wait(13 * MINUTE)
    with pytest.raises(Ended):
        practice.type(shared, practice.code(shared), "silver spoon")
    with pytest.raises(Ended):
        practice.press(shared)
    (told,) = practice.chat()
    assert told.startswith("I have closed the page for Anne Skov")
    (ended,) = practice.timeline()
    assert (ended.kind, ended.author) == ("grant-ended", "system")
    assert practice.audited()[-1] == ("system", "sharing-stopped")


def test_a_guesser_without_the_mails_cannot_end_what_birgit_shares(practice: Practice) -> None:
    shared = practice.share()
    for _ in range(4):
        code = practice.code(shared)
        for _ in range(5):
            with pytest.raises(WrongWords):
                practice.type(shared, wrong(code), "silver spoon")
        practice.wait(HOUR)
    assert practice.open(shared)


def test_five_codes_an_hour_are_enough(practice: Practice) -> None:
    shared = practice.share()
    for _ in range(5):
        practice.press(shared)
        practice.wait(2 * MINUTE)
    with pytest.raises(TooManyCodes):
        practice.press(shared)
    practice.wait(HOUR)
    assert practice.open(shared)


def test_a_second_press_sends_no_second_mail(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    practice.press(shared)
    assert len(practice.mails()) == 1
    assert practice.type(shared, code)


def test_whoever_signs_in_again_at_once_gets_a_new_code(practice: Practice) -> None:
    shared = practice.share()
    practice.leave(practice.open(shared))
    assert practice.open(shared)
    assert len(practice.mails()) == 2


def test_of_two_devices_with_one_code_one_gets_in(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)

    def come_in(_: int) -> bool:
        try:
            practice.type(shared, code)
        except CodeSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as devices:
        assert sorted(devices.map(come_in, range(4))) == [False, False, False, True]
    assert len(practice.chat()) == 1


def test_a_link_that_was_never_given_opens_nothing(practice: Practice) -> None:
    stranger = Shared("x" * 43, 1, practice.name())
    with pytest.raises(Ended):
        access.look(practice.deployment, stranger.token, practice.now)
    with pytest.raises(Ended):
        practice.press(stranger)
    with pytest.raises(Ended):
        practice.type(stranger, "123456")
    with pytest.raises(NotSignedIn):
        practice.read("no such cookie")


def test_a_link_that_has_run_out_opens_nothing(practice: Practice) -> None:
    shared = practice.share(until=timedelta(days=1))
    practice.wait(timedelta(days=1))
    with pytest.raises(Ended):
        access.look(practice.deployment, shared.token, practice.now)
    with pytest.raises(Ended):
        practice.press(shared)
    assert practice.mails() == []


def test_looking_at_the_link_tells_whom_it_is_for_and_changes_nothing(practice: Practice) -> None:
    shared = practice.share()
    invitation = access.look(practice.deployment, shared.token, practice.now)
    assert (invitation.recipient, invitation.language) == ("Anne Skov", "en")
    assert (practice.mails(), practice.audited()) == ([], [])


def test_what_birgit_ends_shows_nothing_from_the_next_request_on(practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    practice.read(cookie)
    practice.end(shared)
    with pytest.raises(Ended):
        practice.read(cookie)
    with pytest.raises(Ended):
        practice.note(cookie, "walk 15 min x 2")
    assert practice.timeline() == []


def test_what_birgit_ends_between_mail_and_code_does_not_open(practice: Practice) -> None:
    shared = practice.share()
    code = practice.code(shared)
    practice.end(shared)
    with pytest.raises(Ended):
        practice.type(shared, code)


def test_an_unused_page_closes_and_a_used_one_lasts_eight_hours(practice: Practice) -> None:
    shared = practice.share()
    idle = practice.open(shared)
    practice.wait(30 * MINUTE)
    with pytest.raises(NotSignedIn):
        practice.read(idle)
    used = practice.open(shared)
    for _ in range(23):
        practice.wait(20 * MINUTE)
        practice.read(used)
    practice.wait(20 * MINUTE)
    with pytest.raises(NotSignedIn):
        practice.read(used)


def test_whoever_leaves_has_to_come_in_again(practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    practice.leave(cookie)
    practice.leave(cookie)
    with pytest.raises(NotSignedIn):
        practice.read(cookie)
    assert practice.audited()[-1] == (f"professional:{shared.member.id}", "signed-out")


def test_one_look_is_one_look(practice: Practice) -> None:
    shared = practice.share(None, "summary", grants.ONCE)
    cookie = practice.open(shared)
    practice.wait(20 * MINUTE)
    practice.read(cookie)
    with pytest.raises(Ended):
        practice.press(shared)
    practice.leave(cookie)
    with pytest.raises(Ended):
        practice.read(cookie)
    with practice.database.read() as connection:
        assert grants.active(connection, practice.sealer, practice.birgit, practice.now) == []


def test_a_page_for_one_look_that_nobody_closes_ends_with_its_eight_hours(
    practice: Practice,
) -> None:
    practice.open(practice.share(None, "summary", grants.ONCE))
    practice.wait(8 * HOUR)
    with practice.database.read() as connection:
        assert grants.active(connection, practice.sealer, practice.birgit, practice.now) == []


def test_birgit_hears_once_that_anne_has_looked(practice: Practice) -> None:
    shared = practice.share()
    practice.read(practice.open(shared))
    practice.wait(HOUR)
    practice.read(practice.open(shared))
    assert practice.chat() == ["Anne Skov looked at your summary on 24 November at 14:05."]


def test_birgit_hears_of_each_person(practice: Practice) -> None:
    practice.open(practice.share())
    practice.open(practice.share(practice.name("Dr Holm", "gp", "gp@laege.example")))
    said = [text.partition(" looked")[0] for text in practice.chat()]
    assert said == ["Anne Skov", "Dr Holm"]


def test_a_look_late_in_the_evening_is_told_in_the_morning(practice: Practice) -> None:
    practice.wait(9 * HOUR)
    practice.open(practice.share())
    assert practice.chat() == []
    practice.wait(10 * HOUR)
    assert practice.chat() == ["Anne Skov looked at your summary on 24 November at 23:05."]


def test_every_look_is_audited(practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    practice.read(cookie)
    practice.read(cookie)
    anne = f"professional:{shared.member.id}"
    assert practice.audited() == [
        ("system", "code-sent"),
        (anne, "opened"),
        (anne, "viewed"),
        (anne, "viewed"),
    ]


def test_a_wrong_try_is_audited(practice: Practice) -> None:
    shared = practice.share()
    with pytest.raises(WrongWords):
        practice.type(shared, practice.code(shared), "silver spoon")
    assert practice.audited()[-1] == ("system", "code-refused")


def test_the_second_time_anne_sees_since_when(practice: Practice) -> None:
    shared = practice.share()
    first = practice.now
    assert practice.read(practice.open(shared)).summary.since is None
    practice.wait(timedelta(days=7))
    assert practice.read(practice.open(shared)).summary.since == first


def test_a_note_reaches_the_trajectory_and_the_chat(practice: Practice) -> None:
    shared = practice.share()
    practice.note(practice.open(shared), "  Found: stiff hips.\r\nAgreed: walk 15 min x 2.  ")
    (note,) = practice.timeline()
    assert (note.kind, note.author) == ("note", f"professional:{shared.member.id}")
    assert note.text == "Found: stiff hips.\nAgreed: walk 15 min x 2."
    assert practice.chat()[-1] == (
        "Note from Anne Skov (physiotherapist): Found: stiff hips.\nAgreed: walk 15 min x 2."
    )
    assert practice.audited()[-1] == (note.author, "noted")


def test_the_next_professional_reads_the_note_with_its_author(practice: Practice) -> None:
    practice.note(practice.open(practice.share()), "walk 15 min x 2")
    doctor = practice.share(practice.name("Dr Holm", "gp", "gp@laege.example"))
    view = practice.read(practice.open(doctor))
    (note,) = view.summary.notes
    assert (note.text, view.names[note.author]) == ("walk 15 min x 2", "Anne Skov")


def test_birgits_private_notes_stay_hers(practice: Practice) -> None:
    practice.tell("note", "I do not like the exercises")
    view = practice.read(practice.open(practice.share()))
    assert "exercises" not in repr(view.summary)


def test_a_double_click_writes_one_note(practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    for _ in range(2):
        practice.note(cookie, "walk 15 min x 2", "first")
    practice.note(cookie, "walk 15 min x 2", "second")
    assert len(practice.timeline()) == 2
    assert len(practice.chat()) == 3


@pytest.mark.parametrize(
    ("text", "problem"), [("", "empty"), (" \n ", "empty"), ("x" * 2001, "too-long")]
)
def test_a_note_that_cannot_be_kept_is_refused(practice: Practice, text: str, problem: str) -> None:
    cookie = practice.open(practice.share())
    with pytest.raises(access.BadNote) as refused:
        practice.note(cookie, text)
    assert refused.value.problem == problem
    assert practice.timeline() == []


def test_a_long_note_comes_in_parts(practice: Practice) -> None:
    note = "walk and rest " * 140
    practice.note(practice.open(practice.share()), note)
    _, *told = practice.chat()
    assert len(told) == 2
    assert " ".join(told).endswith(note.strip())


def test_after_stop_nothing_is_sent_but_all_is_kept(practice: Practice) -> None:
    shared = practice.share()
    practice.stop()
    cookie = practice.open(shared)
    practice.note(cookie, "walk 15 min x 2")
    assert practice.chat() == []
    assert [entry.kind for entry in practice.timeline()] == ["note"]
    anne = f"professional:{shared.member.id}"
    assert practice.audited()[-2:] == [(anne, "opened"), (anne, "noted")]


@pytest.mark.parametrize("role", ["relative", "other"])
def test_who_does_not_treat_the_patient_reads_little_and_writes_nothing(
    practice: Practice, role: str
) -> None:
    cookie = practice.open(practice.share(practice.name("Peter", role, "p@hjem.example")))
    assert not practice.read(cookie).scope.may_answer
    with pytest.raises(NotAllowed):
        practice.note(cookie, "take it easy")
    assert practice.timeline() == []


@pytest.mark.parametrize("role", sorted(TREATING))
def test_who_treats_the_patient_reads_all_and_writes(practice: Practice, role: str) -> None:
    cookie = practice.open(practice.share(practice.name("Anne", role, "anne@klinik.example")))
    assert practice.read(cookie).scope.may_answer
    practice.note(cookie, "walk 15 min x 2")
    assert [entry.kind for entry in practice.timeline()] == ["note"]


def test_entries_and_messages_share_one_order(practice: Practice) -> None:
    practice.note(practice.open(practice.share()), "walk 15 min x 2")
    with practice.database.read() as connection:
        (row,) = patients.read(connection, [practice.birgit])
    (note,) = practice.timeline()
    # The mailed code, the receipt, the note, and its message.
    assert (note.sequence, row.sequence) == (3, 4)


@given(st.text(max_size=400), st.integers(1, 60))
def test_a_text_in_parts_keeps_its_words(text: str, longest: int) -> None:
    pieces = parts(text, longest)
    assert all(len(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_danish_patients_hear_it_in_danish(practice: Practice) -> None:
    danish = Practice(practice.database, "da")
    shared = danish.share()
    danish.note(danish.open(shared), "gå 15 min x 2")
    assert danish.chat() == [
        "Anne Skov kiggede på dit overblik den 24. november kl. 14:05.",
        "Besked fra Anne Skov (fysioterapeut): gå 15 min x 2",
    ]
    assert danish.mails()[0].subject == "Din kode på seks cifre"
