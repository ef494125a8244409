"""What Anne writes on Birgit's page: notes in fields, "seen, handled", letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot import access
from bot.access import BadLetter, BadNote, Fields, NoSuchFlag, NotAllowed
from tests.bot.practice import MINUTE, Practice
from trajectory import cases, grants
from trajectory.cases import Kind, State
from trajectory.grants import WORK_PAGE

NOTE = Fields(found="Stiff hips.", agreed=" Walk 15 min x 2 \n", by="Friday")
LETTER = "MRI of the lower back:\r\nno compression of nerves."


def reports(practice: Practice, item: str = "leg-weakness", kind: Kind = Kind.RED_FLAG) -> int:
    """Birgit reports a warning sign, which goes onto the clinic's list."""
    sign = {"flow": "red-flags", "item": item, "code": "same-day"}
    entry_id = practice.tell("red-flag", "since today", **sign)
    with practice.database.write() as connection:
        case_id = practice.deployment.ids.take(connection)
        cases.open_case(
            connection, case_id, practice.birgit, kind, now=practice.now, entry_id=entry_id
        )
    return entry_id


def on_the_list(practice: Practice) -> list[Kind]:
    with practice.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def handle(practice: Practice, cookie: str, flag: int) -> None:
    access.handle_flag(practice.deployment, cookie, flag, practice.now)


def keep(practice: Practice, cookie: str, letter_id: str = "", **changed: str) -> None:
    typed = {"sector": "imaging", "day": "2026-11-20", "text": LETTER} | changed
    access.keep_letter(practice.deployment, cookie, **typed, now=practice.now, letter_id=letter_id)


class TestTheNote:
    def test_each_field_stands_by_itself_and_what_is_agreed_is_the_plan(
        self, practice: Practice
    ) -> None:
        shared = practice.share()
        practice.note(practice.open(shared), NOTE, "first")
        rows = [(row.kind, row.item, row.text) for row in practice.timeline()]
        assert rows == [
            ("note", "found", "Stiff hips."),
            ("note", "agreed", "Walk 15 min x 2"),
            ("note", "by", "Friday"),
            ("plan", None, "Walk 15 min x 2"),
        ]
        assert {row.author for row in practice.timeline()} == {f"professional:{shared.member.id}"}
        assert practice.chat()[-1] == (
            "Anne Skov (physiotherapist) has written to you:\n"
            "Found: Stiff hips.\nAgreed: Walk 15 min x 2\nBy when: Friday"
        )

    def test_the_next_professional_reads_one_note(self, practice: Practice) -> None:
        cookie = practice.open(practice.share())
        practice.note(cookie, Fields(found="Stiff hips."))
        practice.note(cookie, NOTE)
        summary = practice.read(cookie).summary
        newest, older = summary.notes
        assert dict(newest.said) == {
            "found": "Stiff hips.",
            "agreed": "Walk 15 min x 2",
            "by": "Friday",
        }
        assert dict(older.said) == {"found": "Stiff hips."}
        assert summary.plan is not None
        assert summary.plan.text == "Walk 15 min x 2"

    def test_a_double_press_writes_one(self, practice: Practice) -> None:
        cookie = practice.open(practice.share())
        for _ in range(2):
            practice.note(cookie, NOTE, "first")
        assert len(practice.read(cookie).summary.notes) == 1
        assert len(practice.chat()) == 2

    @pytest.mark.parametrize(
        ("note", "problem"),
        [
            (Fields(), "empty"),
            (Fields(found=" \n ", by="\t"), "empty"),
            (Fields(found="fine", who="x" * 501), "too-long"),
        ],
    )
    def test_one_field_is_needed_and_each_has_an_end(
        self, practice: Practice, note: Fields, problem: str
    ) -> None:
        cookie = practice.open(practice.share())
        with pytest.raises(BadNote) as bad:
            practice.note(cookie, note)
        assert bad.value.problem == problem
        assert practice.timeline() == []

    def test_what_birgit_wrote_herself_is_no_note_of_a_professional(
        self, practice: Practice
    ) -> None:
        practice.tell("note", "I do not like the exercises")
        cookie = practice.open(practice.share())
        practice.note(cookie, NOTE)
        (note,) = practice.read(cookie).summary.notes
        assert "exercises" not in note.text


class TestHandled:
    def test_one_press_tells_birgit_and_clears_the_list(self, practice: Practice) -> None:
        flag = reports(practice)
        shared = practice.share()
        cookie = practice.open(shared)
        for _ in range(2):
            handle(practice, cookie, flag)
        (seen,) = practice.read(cookie).summary.flags
        assert seen.handled is not None
        assert (seen.handled.author, seen.is_open) == (f"professional:{shared.member.id}", False)
        assert on_the_list(practice) == []
        told = [text for text in practice.chat() if "warning sign" in text]
        assert told == [
            "Anne Skov (physiotherapist) has seen the warning sign that you reported on "
            "24 November, and is handling it. If it gets worse or something new comes, do not "
            "wait: call 112."
        ]
        assert (seen.handled.author, "flag-handled") in practice.audited()

    def test_the_list_keeps_what_nobody_has_answered(self, practice: Practice) -> None:
        first, _ = reports(practice), reports(practice, "fever-unwell")
        reports(practice, "self-harm", Kind.SELF_HARM)
        handle(practice, practice.open(practice.share()), first)
        assert set(on_the_list(practice)) == {Kind.RED_FLAG, Kind.SELF_HARM}

    def test_a_sign_that_is_none_of_hers_cannot_be_handled(self, practice: Practice) -> None:
        practice.tell("goal", "walk")
        (goal,) = practice.timeline()
        with pytest.raises(NoSuchFlag):
            handle(practice, practice.open(practice.share()), goal.id)

    def test_a_case_that_the_clinic_has_closed_stays_so(self, practice: Practice) -> None:
        flag = reports(practice)
        with practice.database.write() as connection:
            cases.set_state(connection, practice.birgit, Kind.RED_FLAG, State.HANDLED, practice.now)
        handle(practice, practice.open(practice.share()), flag)
        assert on_the_list(practice) == []


class TestALetter:
    def test_it_stands_among_the_others_with_who_pasted_it(self, practice: Practice) -> None:
        shared = practice.share()
        cookie = practice.open(shared)
        for _ in range(2):
            keep(practice, cookie, "first")
        (letter,) = practice.read(cookie).summary.contacts
        assert (letter.code, letter.author) == ("imaging", f"professional:{shared.member.id}")
        assert letter.text == "MRI of the lower back:\nno compression of nerves."
        assert f"{letter.at:%Y-%m-%d}" == "2026-11-20"
        assert practice.chat()[-1] == (
            "Anne Skov (physiotherapist) has put a letter into your record: X-ray or scan, "
            "20 November. Those who treat you, and whom you share with, can read it."
        )

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"text": " \n"}, "empty"),
            ({"text": "x" * 4001}, "too-long"),
            ({"sector": "police"}, "sector"),
            ({"day": "20 November"}, "day"),
            ({"day": "2026-11-25"}, "day"),
            ({"day": "0001-01-01"}, "day"),
        ],
    )
    def test_what_cannot_be_kept_is_said(
        self, practice: Practice, changed: dict[str, str], problem: str
    ) -> None:
        cookie = practice.open(practice.share())
        with pytest.raises(BadLetter) as bad:
            keep(practice, cookie, **changed)
        assert bad.value.problem == problem
        assert practice.timeline() == []


@pytest.mark.parametrize("does", ["note", "handle", "keep"])
@pytest.mark.parametrize(
    ("role", "purpose"),
    [("relative", "summary"), ("other", "summary"), ("insurer", WORK_PAGE), ("gp", WORK_PAGE)],
)
def test_only_who_treats_birgit_answers(
    practice: Practice, role: str, purpose: str, does: str
) -> None:
    flag = reports(practice)
    cookie = practice.open(practice.share(practice.name("Peter", role), purpose))
    act: dict[str, Any] = {
        "note": lambda: practice.note(cookie, NOTE),
        "handle": lambda: handle(practice, cookie, flag),
        "keep": lambda: keep(practice, cookie),
    }
    with pytest.raises(NotAllowed):
        act[does]()
    assert [row.kind for row in practice.timeline()] == ["red-flag"]


def test_what_came_after_stop_is_told_when_birgit_starts_again(practice: Practice) -> None:
    """Nothing is said meanwhile; the trajectory has it at once."""
    cookie = practice.open(practice.share())
    before = practice.chat()
    practice.stop()
    practice.wait(MINUTE)
    practice.note(cookie, NOTE)
    keep(practice, cookie)
    assert practice.chat() == before
    assert {row.kind for row in practice.timeline()} == {"note", "plan", "contact"}


def test_what_the_grant_no_longer_allows_is_not_kept(practice: Practice) -> None:
    shared = practice.share(None, until=timedelta(minutes=20))
    cookie = practice.open(shared)
    practice.wait(21 * MINUTE)
    with pytest.raises(grants.GrantEnded):
        practice.note(cookie, NOTE)
    assert practice.timeline() == []
