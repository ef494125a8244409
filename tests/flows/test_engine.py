from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError, convert, json, structs

from flows.engine import ask_again, expire, resume, start
from flows.events import (
    Answered,
    Asked,
    AskedBack,
    Corrected,
    Event,
    Expired,
    Finished,
    NotApplicable,
    NotUnderstood,
    Opened,
    RedFlag,
    Scored,
    Skipped,
    Turn,
    Why,
)
from flows.model import Flow, FlowKind, ItemKind, Operator, Urgency
from flows.replies import Amend, Back, Chose, DoesNotApply, Reply, Said, Skip
from flows.session import Given, GivenKind, Session, Status
from tests.flows.samples import (
    BOTHERED,
    DAYS,
    GOAL,
    NUMB,
    PAIN,
    WALKING,
    WORRIED,
    flagged,
    flow,
    languages,
    library,
    when,
)
from tests.flows.test_reading import MESSAGES, belongs


def reloaded(session: Session) -> Session:
    """The session as it comes back from the database."""
    again = json.decode(json.encode(session), type=Session)
    assert again == session
    return again


class Talk:
    """A dialogue that is stored and read back before every turn."""

    def __init__(
        self,
        asked: Flow,
        language: str = "en",
        facts: dict[str, str] | None = None,
        known: dict[str, Given] | None = None,
    ):
        self.flow = asked
        self.lexicon = languages()[language]
        self._take(start(asked, language=language, facts=facts, known=known))

    def _take(self, turn: Turn) -> tuple[Event, ...]:
        self.session = reloaded(turn.session)
        self.events = turn.events
        return turn.events

    def send(self, reply: Reply) -> tuple[Event, ...]:
        return self._take(resume(self.flow, self.session, reply, self.lexicon))

    def say(self, *texts: str) -> tuple[Event, ...]:
        for text in texts:
            self.send(Said(text))
        return self.events

    def expire(self) -> tuple[Event, ...]:
        return self._take(expire(self.flow, self.session))

    @property
    def values(self) -> dict[str, int | None]:
        return {item: given.value for item, given in self.session.given.items()}


def answer(value: int | None, raw: str, turn: int, code: str | None = None) -> Given:
    return Given(GivenKind.ANSWER, raw, turn, value, code)


def test_a_check_in_from_the_first_question_to_the_last() -> None:
    talk = Talk(flow(PAIN, DAYS, NUMB, GOAL))
    assert talk.events == (Asked("pain", 1, 1, 4),)
    assert talk.say("about 6") == (
        Answered("pain", answer(6, "about 6", 1)),
        Asked("days", 2, 2, 4),
    )
    assert talk.say("every day") == (
        Answered("days", answer(7, "every day", 2)),
        Asked("numb", 3, 3, 4),
    )
    assert talk.say("nope") == (
        Answered("numb", answer(None, "nope", 3, "no")),
        Asked("goal", 4, 4, 4),
    )
    own = Given(GivenKind.ANSWER, "walk to the shop ", 4, text="walk to the shop")
    assert talk.say("walk to the shop ") == (Answered("goal", own), Finished(4, 4))
    assert talk.session.status is Status.FINISHED
    assert talk.session.pending is None


def test_ingen_problemer_paa_dansk() -> None:
    talk = Talk(flow(PAIN, BOTHERED, WORRIED, kind=FlowKind.INSTRUMENT), "da")
    talk.say("nok 4, tak", "en del", "nej, ikke enig")
    assert talk.events[-1] == Finished(3, 3)
    assert {item: (g.value, g.code) for item, g in talk.session.given.items()} == {
        "pain": (4, None),
        "bothered": (0, "moderately"),
        "worried": (0, "disagree"),
    }


def test_zero_is_an_answer() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("0", "none")
    assert talk.events[-1] == Finished(2, 2)
    assert talk.values == {"pain": 0, "days": 0}


def test_one_uncertain_reading_is_taken_by_a_yes_and_keeps_both_messages() -> None:
    talk = Talk(flow(PAIN, DAYS))
    said = "7ish worse than mon, can i run"
    assert talk.say(said) == (AskedBack("pain", said, ("7",), Why.UNCERTAIN),)
    assert talk.session.given == {}
    assert talk.say("yes") == (
        Answered("pain", answer(7, f"{said} / yes", 1)),
        Asked("days", 2, 2, 2),
    )
    assert talk.session.offered == ()


def test_a_no_to_what_was_offered_asks_again() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.say("hun siger 6", "nej") == (Asked("pain", 1, 1, 2, again=True),)
    assert talk.say("yes") == (NotUnderstood("pain", "yes", 1, Why.NOT_A_REPLY),)


def test_a_no_with_the_right_number_is_an_answer_of_its_own() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.say("6?", "no, 8")[0] == Answered("pain", answer(8, "no, 8", 1))


def test_one_of_several_candidates_is_named() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.say("was 9 now 3")[0] == AskedBack("pain", "was 9 now 3", ("9", "3"), Why.SEVERAL)
    assert talk.say("3")[0] == Answered("pain", answer(3, "was 9 now 3 / 3", 1))


def test_a_candidate_is_tapped() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("6½")
    assert talk.send(Chose(1, "7"))[0] == Answered("pain", answer(7, "6½ / 7", 1))


def test_what_was_on_offer_is_kept_as_long_as_the_answer_chosen_from_it() -> None:
    talk = Talk(flow(PAIN, DAYS, BOTHERED))
    talk.say("was 9 now 3", "3", "5 or 6", "6")
    assert talk.session.asked_back == {"pain": ("9", "3"), "days": ("5", "6")}
    talk.send(Amend(1, "4"))
    assert talk.session.asked_back == {"days": ("5", "6")}
    talk.send(Amend(1, "5", "no, 5 / yes", chosen=True))
    assert talk.session.asked_back == {"days": ("5", "6"), "pain": ("5",)}


def test_a_stroke_between_numbers_is_no_second_reply() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.say("6 / 10")[0] == Answered("pain", answer(6, "6 / 10", 1))
    assert talk.session.asked_back == {}


def test_a_digit_on_a_lettered_list_is_asked_back() -> None:
    talk = Talk(flow(BOTHERED, PAIN))
    assert talk.say("4") == (AskedBack("bothered", "4", ("very-much",), Why.DIGIT_FOR_LETTER),)
    assert talk.say("y")[0] == Answered("bothered", answer(1, "4 / y", 1, "very-much"))


def test_a_fresh_answer_after_an_offer_stands_alone() -> None:
    talk = Talk(flow(BOTHERED, PAIN))
    assert talk.say("4", "e")[0] == Answered("bothered", answer(1, "e", 1, "extremely"))


def test_a_doubtful_no_is_confirmed_or_asked_again() -> None:
    talk = Talk(flow(NUMB, PAIN))
    assert talk.say("not really") == (AskedBack("numb", "not really", ("no",), Why.UNCERTAIN),)
    assert talk.say("yes")[0] == Answered("numb", answer(None, "not really / yes", 1, "no"))


def test_the_same_doubt_twice_is_no_loop() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("7, can I run")
    assert talk.say("7! may I run") == (NotUnderstood("pain", "7! may I run", 1, Why.UNCERTAIN),)


def test_what_cannot_be_read_is_counted_for_each_question() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.say("meh") == (NotUnderstood("pain", "meh", 1, Why.NOT_A_REPLY),)
    assert talk.say("11") == (NotUnderstood("pain", "11", 2, Why.OUT_OF_RANGE),)
    assert talk.say("1", "meh") == (NotUnderstood("days", "meh", 1, Why.NOT_A_REPLY),)


def test_to_skip_is_not_the_same_as_that_it_does_not_apply() -> None:
    sex = replace(WALKING, id="sex", may_not_apply=True)
    talk = Talk(flow(sex, PAIN, DAYS))
    assert talk.send(DoesNotApply("n/a"))[0] == NotApplicable(
        "sex", Given(GivenKind.NOT_APPLICABLE, "n/a", 1)
    )
    assert talk.send(Skip("skip"))[0] == Skipped("pain", Given(GivenKind.SKIP, "skip", 2))
    assert talk.send(DoesNotApply("n/a")) == (
        Skipped("days", Given(GivenKind.SKIP, "n/a", 3)),
        Finished(0, 3),
    )


def test_back_asks_the_question_before_and_then_goes_on_where_it_was() -> None:
    talk = Talk(flow(PAIN, DAYS, NUMB))
    talk.say("7", "3")
    assert talk.send(Back("back")) == (Asked("days", 4, 2, 3),)
    assert talk.send(Back("back")) == (Asked("pain", 5, 1, 3),)
    assert talk.send(Back("back")) == (Asked("pain", 5, 1, 3, again=True),)
    assert talk.say("8") == (
        Corrected("pain", answer(8, "8", 5), answer(7, "7", 1)),
        Asked("numb", 6, 3, 3),
    )


def test_the_same_answer_again_is_no_correction() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("7")
    talk.send(Back("back"))
    assert talk.say("seven") == (Asked("days", 4, 2, 2),)
    assert talk.session.given["pain"].raw == "7"


def test_a_skipped_question_is_answered_after_all() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.send(Skip("skip"))
    assert talk.send(Amend(1, "4")) == (
        Answered("pain", answer(4, "4", 1)),
        Asked("days", 2, 2, 2, again=True),
    )


def test_an_answer_is_withdrawn_by_going_back_and_skipping() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("7")
    talk.send(Back("back"))
    talk.send(Skip("skip"))
    assert talk.session.given["pain"].kind is GivenKind.SKIP


def test_an_edited_message_corrects_its_own_answer() -> None:
    talk = Talk(flow(PAIN, DAYS, NUMB))
    talk.say("7", "3")
    assert talk.send(Amend(1, "4")) == (
        Corrected("pain", answer(4, "4", 1), answer(7, "7", 1)),
        Asked("numb", 3, 3, 3, again=True),
    )


def test_an_older_button_corrects_its_own_answer() -> None:
    talk = Talk(flow(BOTHERED, PAIN), "da")
    talk.send(Chose(1, "slightly"))
    assert talk.session.given["bothered"].raw == "Lidt"
    assert talk.send(Chose(1, "extremely")) == (
        Corrected(
            "bothered",
            answer(1, "Ekstremt", 1, "extremely"),
            answer(0, "Lidt", 1, "slightly"),
        ),
        Asked("pain", 2, 2, 2, again=True),
    )


def test_a_button_pressed_twice_changes_nothing() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.send(Chose(1, "7"))
    before = talk.session
    assert talk.send(Chose(1, "7")) == (Asked("days", 2, 2, 2, again=True),)
    assert talk.session == before


def test_an_edit_that_cannot_be_read_changes_nothing() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("7", "meh")
    before = talk.session
    assert talk.send(Amend(1, "7 or 8")) == (
        NotUnderstood("pain", "7 or 8", 1, Why.SEVERAL),
        Asked("days", 2, 2, 2, again=True),
    )
    assert talk.session == before


def test_an_edit_of_what_was_not_understood_answers_the_question_that_waits() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("sevn")
    assert talk.send(Amend(1, "seven"))[0] == Answered("pain", answer(7, "seven", 1))


def test_an_edit_of_an_older_answer_has_nothing_to_do_with_the_offer_that_waits() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("7", "3?")
    assert talk.send(Amend(1, "3"))[0] == Corrected("pain", answer(3, "3", 1), answer(7, "7", 1))


def test_an_edit_can_leave_a_doubt_as_well() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("meh")
    assert talk.send(Amend(1, "6?")) == (AskedBack("pain", "6?", ("6",), Why.UNCERTAIN),)


@pytest.mark.parametrize(
    "reply", [Chose(2, "7"), Chose(0, "7"), Chose(-1, "7"), Chose(99, "7"), Amend(5, "7")]
)
def test_a_button_of_no_known_question_asks_again(reply: Reply) -> None:
    assert Talk(flow(PAIN, DAYS)).send(reply) == (Asked("pain", 1, 1, 2, again=True),)


@pytest.mark.parametrize("option", ["11", "", "a", "-1", "٣", "9" * 5000])
def test_a_button_that_the_question_does_not_have(option: str) -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.send(Chose(1, option)) == (NotUnderstood("pain", option, 1, Why.NOT_A_REPLY),)
    assert talk.session.given == {}


def test_a_correction_drops_what_it_makes_pointless() -> None:
    off_work = replace(DAYS, id="off-work", enable_when=when("days", Operator.GREATER, 0))
    talk = Talk(flow(DAYS, off_work, PAIN))
    talk.say("3", "2")
    assert talk.send(Amend(1, "0")) == (
        Corrected("days", answer(0, "0", 1), answer(3, "3", 1)),
        Asked("pain", 3, 2, 2, again=True),
    )
    assert talk.values == {"days": 0}
    assert talk.send(Chose(2, "5")) == (Asked("pain", 3, 2, 2, again=True),)


def test_a_correction_that_disables_the_waiting_question_goes_on() -> None:
    off_work = replace(DAYS, id="off-work", enable_when=when("days", Operator.GREATER, 0))
    talk = Talk(flow(DAYS, off_work, PAIN))
    talk.say("3")
    assert talk.send(Amend(1, "0"))[1:] == (Asked("pain", 3, 2, 2),)


def test_a_correction_that_enables_a_question_asks_it() -> None:
    off_work = replace(DAYS, id="off-work", enable_when=when("days", Operator.GREATER, 0))
    talk = Talk(flow(DAYS, off_work, PAIN))
    assert talk.say("0")[1:] == (Asked("pain", 2, 2, 2),)
    assert talk.send(Amend(1, "2"))[1:] == (Asked("pain", 2, 3, 3, again=True),)
    assert talk.say("5")[1:] == (Asked("off-work", 3, 2, 3),)
    assert talk.say("1")[-1] == Finished(3, 3)


def test_known_facts_decide_what_is_asked() -> None:
    off_work = replace(DAYS, enable_when=when("intake/work-status", Operator.EQUALS, "working"))
    asked = flow(PAIN, off_work)
    assert Talk(asked).say("3")[-1] == Finished(1, 1)
    works = Talk(asked, facts={"intake/work-status": "working"})
    assert works.say("3")[-1] == Asked("days", 2, 2, 2)


def test_some_items_of_a_flow() -> None:
    turn = start(flow(PAIN, DAYS, NUMB), language="en", items=["numb", "pain"])
    assert turn.events == (Asked("pain", 1, 1, 2),)
    assert reloaded(turn.session) == turn.session


def test_a_flow_without_questions_is_finished_at_once() -> None:
    never = replace(PAIN, enable_when=when("other/item", Operator.EXISTS, True))
    turn = start(flow(never), language="en")
    assert turn.events == (Finished(0, 0),)
    assert turn.session.status is Status.FINISHED


def test_an_emergency_ends_a_screen_at_once() -> None:
    screen = flow(
        flagged("bladder", Urgency.EMERGENCY),
        flagged("fever", Urgency.SAME_DAY),
        kind=FlowKind.SCREEN,
    )
    talk = Talk(screen)
    assert talk.say("yes since Tuesday") == (
        Answered("bladder", answer(None, "yes since Tuesday", 1, "yes")),
        RedFlag("bladder", Urgency.EMERGENCY, "yes since Tuesday"),
        Finished(1, 2),
    )


def test_a_lesser_flag_goes_on_and_a_later_emergency_by_correction_ends() -> None:
    screen = flow(
        flagged("bladder", Urgency.EMERGENCY),
        flagged("fever", Urgency.SAME_DAY),
        flagged("weight", Urgency.SOON),
        kind=FlowKind.SCREEN,
    )
    talk = Talk(screen, "da")
    talk.say("nej")
    assert talk.say("ja")[1:] == (
        RedFlag("fever", Urgency.SAME_DAY, "ja"),
        Asked("weight", 3, 3, 3),
    )
    assert talk.send(Amend(1, "ja"))[1:] == (
        RedFlag("bladder", Urgency.EMERGENCY, "ja"),
        Finished(2, 3),
    )


def test_outside_a_screen_an_emergency_does_not_end_the_questions() -> None:
    talk = Talk(flow(flagged("bladder", Urgency.EMERGENCY), PAIN))
    assert talk.say("yes")[1:] == (
        RedFlag("bladder", Urgency.EMERGENCY, "yes"),
        Asked("pain", 2, 2, 2),
    )


def test_a_no_raises_nothing() -> None:
    talk = Talk(flow(flagged("bladder", Urgency.EMERGENCY), PAIN, kind=FlowKind.SCREEN))
    assert talk.say("no")[1:] == (Asked("pain", 2, 2, 2),)


def test_an_answer_opens_another_flow() -> None:
    gate = replace(NUMB, opens={"yes": "red-flags"})
    assert Talk(flow(gate)).say("ja")[1:] == (Opened("red-flags"), Finished(1, 1))
    assert Talk(flow(gate)).say("nej")[1:] == (Finished(1, 1),)


def test_a_button_of_a_screen_that_is_over_still_raises_its_flag() -> None:
    talk = Talk(flow(flagged("bladder", Urgency.EMERGENCY), kind=FlowKind.SCREEN))
    talk.say("no")
    assert talk.send(Chose(1, "yes"))[1:] == (RedFlag("bladder", Urgency.EMERGENCY, "Yes"),)


def test_a_late_correction_is_scored_anew() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    assert talk.say("7", "3")[1] == Finished(2, 2)
    assert scored(talk.events) == [10]
    corrected, again = talk.send(Amend(1, "4"))
    assert corrected == Corrected("pain", answer(4, "4", 1), answer(7, "7", 1))
    assert scored((again,)) == [7]
    assert talk.session.status is Status.FINISHED


def test_nothing_new_leaves_a_closed_session_as_it_stands() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    talk.say("7", "3")
    for reply in (Chose(1, "7"), Amend(2, "three"), Chose(9, "7")):
        assert talk.send(reply) == (Finished(2, 2),)
    assert talk.send(Amend(1, "meh")) == (NotUnderstood("pain", "meh", 1, Why.NOT_A_REPLY),)


def test_what_was_answered_before_the_end_is_scored() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    talk.say("7", "meh?")
    expired, score = talk.expire()
    assert expired == Expired(1, 2)
    assert isinstance(score, Scored)
    assert score.score.reason == "too-few-answers"
    assert talk.session.status is Status.EXPIRED
    assert scored(talk.send(Amend(1, "8"))) == [None]


def test_without_answers_nothing_is_scored_at_the_end() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    talk.send(Skip("skip"))
    assert talk.expire() == (Expired(0, 2),)
    assert talk.send(Chose(9, "1")) == (Expired(0, 2),)


def test_after_the_end_a_question_that_was_left_open_is_not_answered_any_more() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    talk.say("7")
    talk.expire()
    before = talk.session
    for reply in (Chose(2, "3"), Amend(2, "3"), Amend(2, "meh")):
        assert talk.send(reply) == (Expired(1, 2),)
    assert talk.session == before


def test_a_skipped_question_is_answered_after_the_end() -> None:
    talk = Talk(flow(PAIN, DAYS, kind=FlowKind.INSTRUMENT, scoring="sum"))
    talk.say("7")
    talk.send(Skip("skip"))
    taken, again = talk.send(Chose(2, "3"))
    assert taken == Answered("days", answer(3, "3", 2))
    assert scored((again,)) == [10]


def test_the_oswestry_of_a_day_that_is_over_is_not_scored_later() -> None:
    talk = Talk(library().flow("odi"))
    talk.say(*"cbcbccb")
    expired, score = talk.expire()
    assert scored((score,)) == [None]
    before = talk.session
    for turn in (1, 7, 8):
        for reply in (Chose(turn, talk.flow.items[turn - 1].options[5].id), Amend(turn, "F")):
            assert talk.send(reply) == (expired,)
    assert talk.session == before


def test_a_warning_sign_is_never_too_late() -> None:
    talk = Talk(flow(PAIN, flagged("bladder", Urgency.EMERGENCY)))
    talk.say("7")
    talk.expire()
    assert talk.send(Chose(2, "yes"))[1:] == (RedFlag("bladder", Urgency.EMERGENCY, "Yes"),)


def test_a_reminder_repeats_the_waiting_question_and_forgets_the_offer() -> None:
    talk = Talk(flow(PAIN, DAYS))
    talk.say("6?")
    turn = ask_again(talk.flow, talk.session)
    assert turn.events == (Asked("pain", 1, 1, 2, again=True),)
    assert turn.session == start(talk.flow, language="en").session


def wrong_definition(talk: Talk) -> None:
    resume(replace(talk.flow, definition="other"), talk.session, Said("7"), talk.lexicon)


def wrong_flow(talk: Talk) -> None:
    ask_again(replace(talk.flow, id="other"), talk.session)


@pytest.mark.parametrize("mistake", [wrong_definition, wrong_flow])
def test_another_definition_is_the_callers_mistake(mistake: Callable[[Talk], None]) -> None:
    with pytest.raises(ValueError, match="another definition"):
        mistake(Talk(flow(PAIN)))


@pytest.mark.parametrize("reply", [Said("7"), Skip("skip"), Back("back"), DoesNotApply("n/a")])
def test_a_closed_session_takes_corrections_only(reply: Reply) -> None:
    talk = Talk(flow(PAIN))
    talk.say("7")
    with pytest.raises(ValueError, match="finished"):
        talk.send(reply)
    with pytest.raises(ValueError, match="finished"):
        talk.expire()
    with pytest.raises(ValueError, match="finished"):
        ask_again(talk.flow, talk.session)


# What is known


WALKS = Given(GivenKind.ANSWER, "", 0, text="walk")
A_LITTLE = answer(0, "", 0, "slightly")


def test_what_is_known_is_shown_and_a_yes_is_an_answer_of_today() -> None:
    talk = Talk(flow(BOTHERED, DAYS), known={"bothered": A_LITTLE})
    assert talk.events == (Asked("bothered", 1, 1, 2, known=A_LITTLE),)
    assert talk.say("yes, right") == (
        Answered("bothered", answer(0, "yes, right", 1, "slightly"), confirmed=True),
        Asked("days", 2, 2, 2),
    )
    assert talk.session.known == {}


def test_a_no_asks_the_question_itself() -> None:
    talk = Talk(flow(BOTHERED, DAYS), known={"bothered": A_LITTLE})
    assert talk.say("nej") == (Asked("bothered", 1, 1, 2, again=True),)
    assert talk.say("very much")[0] == Answered("bothered", answer(1, "very much", 1, "very-much"))


def test_a_new_answer_needs_no_no_before_it() -> None:
    talk = Talk(flow(BOTHERED, GOAL), known={"bothered": A_LITTLE, "goal": WALKS})
    assert talk.say("extremely")[0] == Answered("bothered", answer(1, "extremely", 1, "extremely"))
    swims = Given(GivenKind.ANSWER, "yes and swim", 2, text="yes and swim")
    assert talk.say("yes and swim")[0] == Answered("goal", swims)


def test_what_is_known_is_shown_again_until_it_is_answered() -> None:
    talk = Talk(flow(GOAL, DAYS), known={"goal": WALKS})
    again = ask_again(talk.flow, talk.session)
    assert again.events == (Asked("goal", 1, 1, 2, again=True, known=WALKS),)
    assert talk.send(Skip("skip"))[0] == Skipped("goal", Given(GivenKind.SKIP, "skip", 1))
    assert talk.send(Back("back")) == (Asked("goal", 3, 1, 2),)


def test_what_is_known_is_not_shown_where_the_question_is_not_asked() -> None:
    later = replace(BOTHERED, enable_when=when("pain", Operator.GREATER, 3))
    talk = Talk(flow(PAIN, later, DAYS), known={"bothered": A_LITTLE})
    assert talk.say("2")[-1] == Asked("days", 2, 2, 2)


def test_a_session_of_before_anything_was_known_is_read() -> None:
    old = orjson.loads(json.encode(Talk(flow(PAIN)).session))
    del old["known"]
    assert convert({**old, "v": 1}, Session).known == {}


def test_a_session_of_a_version_to_come_is_refused() -> None:
    later = orjson.loads(json.encode(Talk(flow(PAIN)).session)) | {"v": 3}
    with pytest.raises(ValidationError, match="v"):
        convert(later, Session)


# A part of the message


def test_the_words_that_answer_are_read_and_the_whole_message_is_kept() -> None:
    talk = Talk(flow(PAIN, DAYS))
    assert talk.send(Said("6", raw="she says 6"))[0] == Answered("pain", answer(6, "she says 6", 1))
    assert talk.send(Amend(1, "4", raw="I meant 4"))[0] == Corrected(
        "pain", answer(4, "I meant 4", 1), answer(6, "she says 6", 1)
    )
    talk.send(Said("4-5", raw="she says 4-5"))
    assert talk.say("4")[0] == Answered("days", answer(4, "she says 4-5 / 4", 2))


def scored(events: tuple[Event, ...]) -> list[int | None]:
    return [event.score.numerator for event in events if isinstance(event, Scored)]


EVERYTHING = flow(
    PAIN,
    replace(DAYS, enable_when=when("pain", Operator.GREATER, 3)),
    replace(flagged("numb", Urgency.EMERGENCY), opens={"yes": "red-flags"}),
    BOTHERED,
    replace(WALKING, may_not_apply=True, enable_when=when("numb", Operator.EQUALS, "no")),
    WORRIED,
    GOAL,
    kind=FlowKind.SCREEN,
    scoring="sum",
)
TURNS = st.integers(-1, 9)
BUTTONS = ("yes", "no", "agree", "disagree", "slightly", "a", "b", "c", "0", "4", "7", "11")
OPTIONS = st.one_of(st.sampled_from(BUTTONS), st.text(max_size=3))
REPLIES = st.one_of(
    MESSAGES.map(Said),
    MESSAGES.map(Said),
    st.builds(Chose, TURNS, OPTIONS),
    st.builds(Amend, TURNS, MESSAGES),
    st.just(Skip("skip")),
    st.just(DoesNotApply("n/a")),
    st.just(Back("back")),
)


PARTS = st.one_of(MESSAGES, st.sampled_from(["4", "no", "yes", "a", "slightly"]))
IN_OTHER_WORDS = st.one_of(
    st.builds(lambda part: Said(part, raw=f"she says {part}"), PARTS),
    st.builds(lambda turn, part: Amend(turn, part, raw=f"I meant {part}"), TURNS, PARTS),
)
KNOWN = {
    "pain": answer(4, "", 0),
    "bothered": answer(0, "", 0, "slightly"),
    "goal": Given(GivenKind.ANSWER, "", 0, text="walk"),
}
SOME_KNOWN = st.sets(st.sampled_from(sorted(KNOWN))).map(lambda ids: {i: KNOWN[i] for i in ids})


@given(
    st.sampled_from(["en", "da"]),
    SOME_KNOWN,
    st.lists(st.one_of(REPLIES, REPLIES, IN_OTHER_WORDS), max_size=25),
)
def test_whatever_is_sent_something_happens_and_nothing_wrong_is_kept(
    language: str, known: dict[str, Given], replies: list[Reply]
) -> None:
    talk = Talk(EVERYTHING, language, known=known)
    sent: set[str] = set()
    for reply in replies:
        if talk.session.pending is None and not isinstance(reply, Chose | Amend):
            continue
        sent |= words_of(reply, language)
        assert talk.send(reply)
        keeps_only_what_belongs(talk.session)
        told_and_kept_agree(talk)
        for kept in talk.session.given.values():
            assert is_traced(kept.raw, sent), kept.raw


def words_of(reply: Reply, language: str) -> set[str]:
    """What the patient sent, or the label of what they pressed."""
    match reply:
        case Chose(_, option):
            options = [o for item in EVERYTHING.items for o in item.options if o.id == option]
            return {option, *(each.text[language] for each in options)}
        case Said(text, raw) | Amend(_, text, raw):
            return {raw or text}
        case Skip(raw) | DoesNotApply(raw) | Back(raw):
            return {raw}


def is_traced(raw: str, sent: set[str]) -> bool:
    """Whether these are words that were sent, or those of a reply and of what was asked back."""
    if raw in sent:
        return True
    cuts = [at for at in range(len(raw)) if raw.startswith(" / ", at)]
    return any(raw[:at] in sent and raw[at + 3 :] in sent for at in cuts)


def keeps_only_what_belongs(session: Session) -> None:
    for item_id, kept in session.given.items():
        item = EVERYTHING.item(item_id)
        assert kept.raw
        assert session.asked_at(kept.turn) == item_id
        named = kept.code or str(kept.value)
        if kept.kind is not GivenKind.ANSWER:
            assert (kept.value, kept.code, kept.text) == (None, None, None)
            continue
        assert named in session.asked_back.get(item_id, (named,))
        if item.kind is ItemKind.TEXT:
            assert kept.text
        else:
            assert belongs(item, kept.value, kept.code)
    for item_id, offered in session.asked_back.items():
        answer = session.given.get(item_id)
        if answer is None or answer.kind is not GivenKind.ANSWER:
            assert EVERYTHING.item(item_id).is_sign
            assert "yes" in offered


def told_and_kept_agree(talk: Talk) -> None:
    """Every event of an answer is in the session, unless the same turn made it pointless."""
    pending = [event for event in talk.events if isinstance(event, Asked)]
    assert len(pending) <= 1
    assert bool(pending) or talk.session.pending is None or not_taken(talk.events)
    for event in talk.events:
        if isinstance(event, Answered | Corrected | Skipped | NotApplicable):
            assert talk.session.given[event.item] == event.given
        if isinstance(event, Asked):
            assert (event.item, event.turn) == (talk.session.pending, talk.session.turn)
            assert 1 <= event.position <= event.total
        if isinstance(event, AskedBack):
            assert talk.session.offered == event.candidates


def not_taken(events: tuple[Event, ...]) -> bool:
    return all(isinstance(event, AskedBack | NotUnderstood) for event in events)


@pytest.mark.parametrize(
    ("letters", "value", "band"),
    [
        ("cbcbccbcdc", "36.00", "moderate"),
        ("bbcbccbccc", "32.00", "moderate"),
        ("bfeedabfde", "60.00", "severe"),
    ],
)
def test_the_oswestry_index_by_letters(letters: str, value: str, band: str) -> None:
    talk = Talk(library().flow("odi"))
    talk.say(*letters)
    assert [type(event) for event in talk.events] == [Answered, Finished, Scored]
    score = next(event.score for event in talk.events if isinstance(event, Scored))
    assert (str(score.value), score.band) == (value, band)


def test_the_oswestry_index_by_its_statements_in_both_languages() -> None:
    odi = library().flow("odi")
    for language in ("en", "da"):
        talk = Talk(odi, language)
        for item in odi.items:
            assert any(
                isinstance(event, Answered) and event.given.code == item.options[3].id
                for event in talk.say(item.options[3].text[language])
            )
        assert talk.session.status is Status.FINISHED


def test_the_danish_start_back_in_plain_words() -> None:
    talk = Talk(library().flow("start-back"), "da")
    talk.say("enig", "ikke enig", "ja", "nej", "nej, ikke enig", "uenig", "A", "b", "meget")
    score = next(event.score for event in talk.events if isinstance(event, Scored))
    assert score.answered == 9


def test_every_label_of_every_shipped_definition_is_understood() -> None:
    for each in library().flows.values():
        for item in each.items:
            for option in item.options:
                for language, text in option.text.items():
                    lexicon = languages()[language]
                    started = start(each, language=language).session
                    session = structs.replace(started, trail=(item.id,))
                    first, *_ = resume(each, session, Said(text), lexicon).events
                    assert isinstance(first, Answered), (each.id, item.id, option.id, language)
                    assert first.given.code == option.id
