"""Several answers in one message: taken where there is no doubt, else not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backtrace.definitions import shipped_library
from flows.engine import resume, start
from flows.events import Asked
from flows.model import Item, Operator
from flows.reading import Understood
from flows.reading.several import may_be_several, read_all, read_several, undotted
from flows.replies import Back, Said
from flows.session import Session
from flows.several import left, left_at, take_several
from tests.flows.samples import DAYS, NUMB, PAIN, flow, languages, when

LIBRARY = shipped_library()
CHECK_IN = tuple(i for i in LIBRARY.flow("weekly-check-in").items if i.id != "sick-leave-days")
ODI = LIBRARY.flow("odi").items
START_BACK = LIBRARY.flow("start-back").items
INTAKE = LIBRARY.flow("intake").items
BOTH = ("en", "da")


def several(items: tuple[Item, ...], text: str, language: str = "en") -> list[int | str | None]:
    """What is taken, as numbers or option ids."""
    return said(read_several(items, text, languages()[language]))


def all_of(items: tuple[Item, ...], text: str, language: str = "en") -> list[int | str | None]:
    """What is taken of a check-in in one message; `?` is in doubt."""
    return said(read_all(items, text, languages()[language]))


def said(parts: object) -> list[int | str | None]:
    assert isinstance(parts, tuple)
    return [
        (reading.code or reading.value) if isinstance(reading, Understood) else "?"
        for _, reading in parts
    ]


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    "text",
    ["6 4 2 n", "6, 4, 2, no", "6,4,2,N", "6\n4\n2\nnej", "6; 4; 2; nej", " 6  4 2 NO. ",
     "6, 4 days, 2 dage, no", "six four two no", "6 4, 2 n"],
)  # fmt: skip
def test_four_answers_to_four_questions_are_taken(text: str, language: str) -> None:
    if text.startswith("six") and language == "da":
        text = "seks fire to nej"

    assert several(CHECK_IN, text, language) == [6, 4, 2, "no"]


@pytest.mark.parametrize(
    ("items", "text", "taken"),
    [
        (CHECK_IN, "6 4 2", [6, 4, 2]),
        (CHECK_IN, "6\n4", [6, 4]),
        (CHECK_IN[2:], "2 n", [2, "no"]),
        (CHECK_IN[1:], "2 3 yes", [2, 3, "yes"]),
        (ODI, "B C A", ["b", "c", "a"]),
        (ODI, "B\nC", ["b", "c"]),
        (ODI, "abc"[0] + " b c d", ["a", "b", "c", "d"]),
        (START_BACK, "agree, disagree, agree", ["agree", "disagree", "agree"]),
    ],
)
def test_a_run_of_the_questions_that_wait_is_taken(
    items: tuple[Item, ...], text: str, taken: list[int | str]
) -> None:
    assert several(items, text) == taken


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("items", "text"),
    [
        (CHECK_IN, "4 5"),
        (CHECK_IN, "4, 5"),
        (CHECK_IN, "4-5"),
        (CHECK_IN, "6,4"),
        (CHECK_IN, "6.4 2"),
        (CHECK_IN, "6 10"),
        (CHECK_IN, "5 6 7"),
        (CHECK_IN, "7 6 5"),
        (CHECK_IN, "6 9 2 n"),
        (CHECK_IN, "6 4 2 n n"),
        (CHECK_IN, "6 4-5 2 n"),
        (CHECK_IN, "about 6, 4, 2, no"),
        (CHECK_IN, "cirka 6, 4, 2, nej"),
        (CHECK_IN, "was 9 now 3"),
        (CHECK_IN, "6, can i run"),
        (CHECK_IN, "6 out of 10"),
        (CHECK_IN, "not 6, 4, 2, no"),
        (CHECK_IN, "6 4 2 maybe"),
        (CHECK_IN, "7 or 8"),
        (CHECK_IN[1:3], "4 5"),
        (ODI, "B C"),
        (ODI, "B, D"),
        (ODI, "1 2 3"),
        (ODI, "A, because it hurts"),
        (ODI[9:], "B C"),
        (INTAKE, "A\nin November\nphysio"),
        (CHECK_IN, ""),
        (CHECK_IN, ", ,"),
        (CHECK_IN, "\n\n"),
    ],
)
def test_what_may_be_one_answer_is_never_cut(
    items: tuple[Item, ...], text: str, language: str
) -> None:
    assert several(items, text, language) == []


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("6 4 2 n", [6, 4, 2, "no"]),
        ("6 4-5 2 n", [6, "?", 2, "no"]),
        ("6, 4-5, 2-3, n", [6, "?", "?", "no"]),
        ("6 4 2 x", [6, 4, 2, "?"]),
        ("4 5 6 n", [4, 5, 6, "no"]),
    ],
)
def test_asked_in_one_message_only_what_is_in_doubt_is_left(
    text: str, taken: list[int | str], language: str
) -> None:
    assert all_of(CHECK_IN, text, language) == taken


@pytest.mark.parametrize(
    "text", ["6", "6 4 2", "6 4 2 0 n", "4-5 4-5 2-3 n", "it is no better", "how are you doing"]
)
def test_with_another_number_of_answers_nobody_knows_whose_they_are(text: str) -> None:
    assert all_of(CHECK_IN, text) == []


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("text", ["6.4.2.n", "6.4.2.no", " 6.4.2.n. ", "6.4.2.N", "6.4.2 no"])
def test_answers_to_one_message_may_be_parted_by_dots(text: str, language: str) -> None:
    assert may_be_several(text)
    assert all_of(CHECK_IN, undotted(text), language) == [6, 4, 2, "no"]


@pytest.mark.parametrize("text", ["6.4", "6.4 2", "6.", "a.m.", "I said 6.4.2", "6.4 2.n"])
def test_other_dots_stay(text: str) -> None:
    assert undotted(text) == text


@pytest.mark.parametrize("text", ["6.4.2.n", "6.4.2"])
def test_where_questions_come_singly_dots_part_no_answers(text: str) -> None:
    assert several(CHECK_IN, text) == []


def replied(*replies: str) -> Session:
    """The weekly check-in after these replies, `<` being "back" and "6 4" two answers."""
    flow, lexicon = LIBRARY.flow("weekly-check-in"), languages()["en"]
    session = start(flow, language="en").session
    for reply in replies:
        parts = read_several(left(flow, session), reply, lexicon)
        if parts:
            session = take_several(flow, session, left(flow, session), parts, lexicon).session
        else:
            said = Back(reply) if reply == "<" else Said(reply)
            session = resume(flow, session, said, lexicon).session
    return session


def left_then(turn: int, *replies: str) -> list[str]:
    """The questions that the message to this turn may have answered."""
    return [item.id for item in left_at(LIBRARY.flow("weekly-check-in"), replied(*replies), turn)]


ALL = [item.id for item in CHECK_IN]


@pytest.mark.parametrize(
    ("turn", "replies", "questions"),
    [
        (1, ["6 4 2 n"], ALL),
        (1, ["6 4 2"], ALL),
        (1, ["6"], ALL),
        (2, ["6", "4 2 n"], ALL[1:]),
        (3, ["6", "4", "2 n"], ALL[2:]),
        (4, ["6 4 2", "n"], ALL[3:]),
        (4, ["6", "<", "7", "4 2 n"], ALL[1:]),
    ],
)
def test_an_edited_message_is_about_the_questions_that_waited_when_it_was_sent(
    turn: int, replies: list[str], questions: list[str]
) -> None:
    assert left_then(turn, *replies) == questions


@pytest.mark.parametrize(
    ("turn", "replies"),
    [(3, ["6", "<", "7", "4 2 n"]), (9, ["6"]), (0, ["6"])],
)
def test_after_going_back_nobody_knows_which_questions_these_were(
    turn: int, replies: list[str]
) -> None:
    assert left_then(turn, *replies) == []


@pytest.mark.parametrize("before", ["6 4 2 n", "6 4 2", "6", "9 1 7 yes"])
def test_an_edited_message_leaves_the_answers_that_it_would_have_given(before: str) -> None:
    flow, lexicon = LIBRARY.flow("weekly-check-in"), languages()["en"]
    session = replied(before)
    items = left_at(flow, session, 1)
    parts = read_several(items, "7 5 2 yes", lexicon)

    edited = take_several(flow, session, items, parts, lexicon).session

    assert edited.given == replied("7 5 2 yes").given
    assert edited.status == replied("7 5 2 yes").status


def test_a_first_part_in_doubt_is_asked_back_itself() -> None:
    flow, lexicon = LIBRARY.flow("weekly-check-in"), languages()["en"]
    session = start(flow, language="en").session
    items = left(flow, session)
    parts = read_all(items, "4-5 4 2 n", lexicon)

    turn = take_several(flow, session, items, parts, lexicon)

    assert turn.session.pending == "pain"
    assert turn.session.offered == ("4", "5")
    assert set(turn.session.given) == set(ALL[1:])


@pytest.mark.parametrize("edited", ["4 2 n", "4 2 y"])
def test_the_question_that_waits_goes_on_waiting_behind_an_edited_message(edited: str) -> None:
    flow, lexicon = LIBRARY.flow("weekly-check-in"), languages()["en"]
    session = resume(flow, replied("7", "4", "2"), Back("back", "pain"), lexicon).session
    items = left_at(flow, session, 2)
    parts = read_several(items, edited, lexicon)

    turn = take_several(flow, session, items, parts, lexicon)

    assert len(parts) == 3
    assert turn.session.pending == "pain"
    assert turn.events[-1] == Asked("pain", turn.session.turn, 1, 4, True)


@pytest.mark.parametrize(
    ("question", "answer", "questions"),
    [("numb", "yes", ["numb"]), ("intake/work-status", "working", ["numb", "days", "pain"])],
)
def test_behind_an_answer_that_decides_what_is_asked_nobody_knows_which_question_it_was(
    question: str, answer: str, questions: list[str]
) -> None:
    days = replace(DAYS, enable_when=when(question, Operator.EQUALS, answer))
    asked = flow(NUMB, days, PAIN)
    facts = {"intake/work-status": "working"}
    session = start(asked, language="en", facts=facts).session
    session = resume(asked, session, Said("yes"), languages()["en"]).session

    assert [item.id for item in left_at(asked, session, 1)] == questions


@pytest.mark.parametrize(
    ("text", "language"),
    [("no 4 2 6", "en"), ("no, 4, 2, n", "en"), ("nej 4 2 6", "da")],
)
def test_with_a_no_in_a_numbers_place_nothing_is_taken(text: str, language: str) -> None:
    assert all_of(CHECK_IN, text, language) == []
