"""What each person sees of Birgit's record, by role and by what was shared."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot import access
from bot.access import Ended, Opener, WhoAsks
from bot.own_page import ROLES
from templates.command_words import load_command_words
from tests.bot.practice import AFTERNOON, LONE, MINUTE, Practice
from trajectory import grants, patients
from trajectory.care_team import TREATING, Member
from trajectory.grants import WORK_PAGE, Grant
from trajectory.summary import Summary
from trajectory.views import BY_ROLE, Page, of_role, scope_of

SUMMARY, WORK = "summary", WORK_PAGE


def granted(role: str, *purposes: str) -> Grant:
    member = Member(7, role, "Somebody", "x@y.example")
    return Grant(1, member, frozenset(purposes), AFTERNOON, None, None, None, "", "")


@pytest.mark.parametrize(
    ("role", "purpose", "page"),
    [
        *((role, SUMMARY, Page.WHOLE) for role in sorted(TREATING)),
        ("relative", SUMMARY, Page.FAMILY),
        ("other", SUMMARY, Page.FAMILY),
        ("job-centre", WORK, Page.WORK),
        ("insurer", WORK, Page.WORK),
        ("gp", WORK, Page.WORK),
        ("job-centre", SUMMARY, Page.NOTHING),
        ("insurer", SUMMARY, Page.NOTHING),
        ("relative", WORK, Page.NOTHING),
        ("employer", SUMMARY, Page.NOTHING),
        ("employer", WORK, Page.NOTHING),
        ("a role of tomorrow", SUMMARY, Page.NOTHING),
    ],
)
def test_a_view_is_the_lesser_of_role_and_purpose(role: str, purpose: str, page: Page) -> None:
    assert scope_of(granted(role, purpose)).page is page


def test_only_who_treats_the_patient_writes_or_is_told() -> None:
    assert {role for role in BY_ROLE if of_role(role).may_answer} == TREATING
    assert {role for role in BY_ROLE if of_role(role).may_be_told} == TREATING


def test_every_part_that_a_view_names_is_a_field_of_the_summary() -> None:
    known = {field.name for field in fields(Summary)}
    for scope in BY_ROLE.values():
        assert scope.parts is None or scope.parts <= known


def test_whoever_patients_can_name_is_in_the_table() -> None:
    """Or the preview would promise what nobody sees."""
    named = {role for words in load_command_words().values() for role in words.roles}
    assert named | set(ROLES) <= set(BY_ROLE)


def tell_all(practice: Practice) -> None:
    for kind in ("goal", "question", "contact", "red-flag", "visit"):
        practice.tell(kind, f"{kind} of hers")


@pytest.mark.parametrize("role", ["relative", "other"])
def test_somebody_close_reads_goal_plan_and_how_it_goes(practice: Practice, role: str) -> None:
    tell_all(practice)
    practice.note(practice.open(practice.share()), access.Fields(found="Stiff.", agreed="Walk."))
    view = practice.read(practice.open(practice.share(practice.name("Ida", role))))
    summary = view.summary
    assert summary.goal is not None
    assert summary.goal.text == "goal of hers"
    assert summary.plan is not None
    assert summary.plan.text == "Walk."
    assert "Anne Skov" not in view.names.values()
    left = (summary.flags, summary.notes, summary.questions, summary.contacts, summary.courses)
    assert left == ((), (), (), (), ())
    assert (summary.visit, summary.work, summary.start_back, summary.asked) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize("role", ["job-centre", "insurer"])
def test_an_office_reads_the_page_as_it_was_and_nothing_that_is_live(
    practice: Practice, role: str
) -> None:
    shared = practice.share(practice.name("Mette Dahl", role), WORK_PAGE)
    made = practice.work_page()
    practice.wait(MINUTE)
    tell_all(practice)
    view = practice.read(practice.open(shared))
    assert view.work_page == made
    summary = view.summary
    assert (summary.goal, summary.plan, summary.flags, summary.questions) == (None, None, (), ())


def test_each_opening_of_an_office_says_who_and_what_for(practice: Practice) -> None:
    shared = practice.share(practice.name("Mette Dahl", "job-centre"), WORK_PAGE)
    code = practice.code(shared)
    for missing in (Opener("", "a case"), Opener("Lone Bo", "  "), access.NOBODY):
        with pytest.raises(WhoAsks):
            practice.type(shared, code, opener=missing)
    practice.type(shared, code)
    practice.wait(2 * MINUTE)
    practice.open(shared, Opener("Per  Juhl\n", "renewal " * 50))
    with practice.database.read() as connection:
        looks = grants.looks(connection, practice.sealer, practice.birgit, 10)
    assert [(look.name, look.opener) for look in looks] == [
        ("Mette Dahl", "Per Juhl"),
        ("Mette Dahl", "Lone Bo"),
    ]
    assert looks[0].purpose.startswith("renewal renewal")
    assert len(looks[0].purpose) <= access.LONGEST_SAID
    assert practice.chat() == [
        "Lone Bo opened the page that you shared with Mette Dahl, on 24 November at 14:05. "
        "Said purpose: sickness benefit"
    ]


def test_nobody_else_is_asked_who_they_are(practice: Practice) -> None:
    shared = practice.share()
    practice.open(shared, LONE)
    with practice.database.read() as connection:
        (look,) = grants.looks(connection, practice.sealer, practice.birgit, 10)
    assert (look.opener, look.purpose) == ("", "")


@pytest.mark.parametrize(("role", "purpose"), [("employer", SUMMARY), ("job-centre", SUMMARY)])
def test_whose_role_allows_nothing_finds_a_dead_link(
    practice: Practice, role: str, purpose: str
) -> None:
    shared = practice.share(practice.name("Lars", role), purpose)
    with pytest.raises(Ended):
        access.look(practice.deployment, shared.token, practice.now)
    with pytest.raises(Ended):
        practice.press(shared)
    assert practice.mails() == []


def test_a_role_that_has_changed_counts_from_the_next_read_on(practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    assert practice.read(cookie).scope.page is Page.WHOLE
    practice.change_role(shared.member, "relative")
    assert practice.read(cookie).scope.page is Page.FAMILY
    practice.change_role(shared.member, "employer")
    with pytest.raises(Ended):
        practice.read(cookie)


def test_an_erased_patient_has_no_page_about_work_either(practice: Practice) -> None:
    shared = practice.share(practice.name("Mette Dahl", "insurer"), WORK_PAGE)
    cookie = practice.open(shared)
    practice.erase()
    for act in (lambda: practice.read(cookie), lambda: practice.press(shared)):
        with pytest.raises((Ended, access.NotSignedIn)):
            act()
    with practice.database.read() as connection:
        assert patients.read(connection, [practice.birgit]) == []
