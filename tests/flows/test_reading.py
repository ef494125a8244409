from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.events import Why
from flows.model import Item, ItemKind, Option, Urgency
from flows.reading import (
    Ambiguous,
    Denied,
    NotAReply,
    Reading,
    Understood,
    offer,
    read,
    read_confirmation,
)
from flows.reading.outcome import MOST_CANDIDATES
from tests.flows.samples import (
    BOTHERED,
    DAYS,
    GOAL,
    NUMB,
    PAIN,
    WALKING,
    WORRIED,
    flagged,
    languages,
    library,
)

BOTH = ("en", "da")
ITEMS = (PAIN, DAYS, NUMB, BOTHERED, WALKING, WORRIED, GOAL, flagged("flag", Urgency.SOON))


def said(item: Item, text: str, language: str = "en") -> Reading:
    return read(item, text, languages()[language])


def number(value: int) -> Understood:
    return Understood(value=value)


def asked_back(*candidates: str, why: Why) -> Ambiguous:
    return Ambiguous(candidates, why)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" 7. ", 7),
        ("007", 7),
        ("seven", 7),
        ("Syv!", 7),
        ("to", 2),
        ("nul", 0),
        ("zero", 0),
        ("0", 0),
        ("10", 10),
        ("ti", 10),
        ("7️⃣", 7),
        ("1️⃣0️⃣", 10),
        ("🔟", 10),
        ("７", 7),
        ("6 😩", 6),
        ("6.0", 6),
        ("6,0", 6),
        ("7ish", 7),
        ("~7", 7),
        ("about 6", 6),
        ("about syv", 7),
        ("I'd say 6 please", 6),
        ("I’d say 6", 6),
        ("it's a 4 today, thanks", 4),
        ("ca. 6", 6),
        ("nok 6", 6),
        ("jeg vil sige 6, tak", 6),
        ("det er en 7'er", 7),
        ("answer 6", 6),
        ("6/10", 6),
        ("10/10", 10),
        ("6 out of 10", 6),
        ("otte ud af ti", 8),
        ("6 on a scale of 0 to 10", 6),
        ("6 på en skala fra 0 til 10", 6),
        ("no pain", 0),
        ("Ingen smerter", 0),
        ("worst you can imagine", 10),
    ],
)
def test_a_number_in_any_dress_and_either_language(text: str, value: int, language: str) -> None:
    assert said(PAIN, text, language) == number(value)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "candidates", "why"),
    [
        ("4-5", "4 5", Why.SEVERAL),
        ("4 – 5", "4 5", Why.SEVERAL),
        ("was 9 now 3", "9 3", Why.SEVERAL),
        ("før 9 nu 3", "9 3", Why.SEVERAL),
        ("7 or 8", "7 8", Why.SEVERAL),
        ("syv eller otte", "7 8", Why.SEVERAL),
        ("from 4 to 5", "4 5", Why.SEVERAL),
        ("en til to", "1 2", Why.SEVERAL),
        ("6/7", "6 7", Why.SEVERAL),
        ("was 12 now 3", "3", Why.SEVERAL),
        ("6-7 out of 10", "6 7", Why.SEVERAL),
        ("6 on a scale of 2 to 10", "6 2 10", Why.SEVERAL),
        ("6.5", "6 7", Why.HALF),
        ("6,5", "6 7", Why.HALF),
        ("6½", "6 7", Why.HALF),
        ("6 1/2", "6 7", Why.HALF),
        ("six and a half", "6 7", Why.HALF),
        ("seks og en halv", "6 7", Why.HALF),
        ("halvanden", "1 2", Why.HALF),
        ("½", "0 1", Why.HALF),
        ("10.5", "10", Why.HALF),
        ("7ish, can i run", "7", Why.UNCERTAIN),
        ("hun siger 6", "6", Why.UNCERTAIN),
        ("6?", "6", Why.UNCERTAIN),
        ("this is silly, 7 ok?", "7", Why.UNCERTAIN),
        ("det er noget pis, 7 ok?", "7", Why.UNCERTAIN),
        ("det er noget pis - syv?", "7", Why.UNCERTAIN),
        ("at least 5", "5", Why.UNCERTAIN),
        (">5", "5", Why.UNCERTAIN),
        ("maybe 6", "6", Why.UNCERTAIN),
        ("7, 7", "7", Why.UNCERTAIN),
        ("not 6 but 5", "5", Why.UNCERTAIN),
    ],
)
def test_what_is_not_one_plain_number_is_asked_back(
    text: str, candidates: str, why: Why, language: str
) -> None:
    assert said(PAIN, text, language) == asked_back(*candidates.split(), why=why)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11", Why.OUT_OF_RANGE),
        ("-3", Why.OUT_OF_RANGE),
        ("minus 3", Why.OUT_OF_RANGE),
        ("1.000", Why.OUT_OF_RANGE),
        ("enogtyve", Why.OUT_OF_RANGE),
        ("twenty-one", Why.OUT_OF_RANGE),
        ("12/20", Why.OUT_OF_RANGE),
        ("9" * 5000, Why.OUT_OF_RANGE),
        ("12 34 56 78", Why.OUT_OF_RANGE),
        ("1 2 3 4 5", Why.SEVERAL),
        ("not 6", Why.NOT_A_REPLY),
        ("5 days", Why.NOT_A_REPLY),
        ("took 2 tablets", Why.NOT_A_REPLY),
        ("took 2 tablets?", Why.NOT_A_REPLY),
        ("took 2?", Why.NOT_A_REPLY),
        ("should I take 2?", Why.NOT_A_REPLY),
        ("can I lift 5?", Why.NOT_A_REPLY),
        ("my back hurts, can I lift 5?", Why.NOT_A_REPLY),
        ("må jeg tage 2?", Why.NOT_A_REPLY),
        ("jeg er øm, må jeg tage 2?", Why.NOT_A_REPLY),
        ("what does 5 mean?", Why.NOT_A_REPLY),
        ("gr8", Why.NOT_A_REPLY),
        ("L5", Why.NOT_A_REPLY),
        ("24/7", Why.NOT_A_REPLY),
        ("kl. 6", Why.NOT_A_REPLY),
        ("7 am", Why.NOT_A_REPLY),
        ("bad", Why.NOT_A_REPLY),
        ("sevn", Why.NOT_A_REPLY),
        ("it's on fire", Why.NOT_A_REPLY),
        ("et par", Why.NOT_A_REPLY),
        ("yes", Why.NOT_A_REPLY),
        ("", Why.NOT_A_REPLY),
        ("🙂", Why.NOT_A_REPLY),
    ],
)
def test_no_number_is_guessed(text: str, why: Why, language: str) -> None:
    assert said(PAIN, text, language) == NotAReply(why)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("3 days", number(3)),
        ("3 dage", number(3)),
        ("en dag", number(1)),
        ("every day", number(7)),
        ("hver dag", number(7)),
        ("hele ugen", number(7)),
        ("none", number(0)),
        ("ingen dage", number(0)),
        ("slet ikke", number(0)),
        ("never", number(0)),
        ("3 of 7 days", number(3)),
        ("5 days last week", number(5)),
        ("nej", asked_back("0", why=Why.UNCERTAIN)),
        ("no thanks", asked_back("0", why=Why.UNCERTAIN)),
        ("every day, it was bad", asked_back("7", why=Why.UNCERTAIN)),
        ("almost every day", NotAReply(Why.NOT_A_REPLY)),
        ("fine every day", NotAReply(Why.NOT_A_REPLY)),
        ("every day except Sunday", NotAReply(Why.NOT_A_REPLY)),
        ("2 weeks", NotAReply(Why.NOT_A_REPLY)),
        ("halvanden dag", asked_back("1", "2", why=Why.HALF)),
        ("ikke hver dag", NotAReply(Why.NOT_A_REPLY)),
        ("a couple of days", NotAReply(Why.NOT_A_REPLY)),
        ("8", NotAReply(Why.OUT_OF_RANGE)),
    ],
)
def test_days_are_counted_as_people_count_them(text: str, reading: Reading, language: str) -> None:
    assert said(DAYS, text, language) == reading


def test_no_to_a_count_that_cannot_be_zero_is_no_answer() -> None:
    assert said(replace(DAYS, minimum=1), "no") == NotAReply(Why.NOT_A_REPLY)
    assert said(replace(DAYS, minimum=1), "none") == NotAReply(Why.NOT_A_REPLY)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("b", "slightly"),
        ("(c)", "moderately"),
        ("B.", "slightly"),
        ("a", "not-at-all"),
        ("A!", "not-at-all"),
        ("a please", "not-at-all"),
        ("option d", "very-much"),
        ("Svar c", "moderately"),
        ("I'd say b", "slightly"),
        ("C: moderately", "moderately"),
        ("very much", "very-much"),
        ("Very much, thanks", "very-much"),
        ("meget", "very-much"),
        ("loads", "very-much"),
        ("not at all", "not-at-all"),
        ("slet ikke", "not-at-all"),
        ("en del", "moderately"),
    ],
)
def test_an_option_by_its_letter_or_its_words(text: str, option: str, language: str) -> None:
    reading = said(BOTHERED, text, language)
    assert isinstance(reading, Understood)
    assert reading.code == option


def test_an_option_gives_its_score() -> None:
    assert said(BOTHERED, "d") == Understood(1, "very-much")
    assert said(BOTHERED, "a") == Understood(0, "not-at-all")


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "candidates", "why"),
    [
        ("3", "moderately", Why.DIGIT_FOR_LETTER),
        ("tre", "moderately", Why.DIGIT_FOR_LETTER),
        ("option 3", "moderately", Why.DIGIT_FOR_LETTER),
        ("3 my back hurts", "moderately", Why.DIGIT_FOR_LETTER),
        ("3 or 4", "moderately very-much", Why.SEVERAL),
        ("b or c", "slightly moderately", Why.SEVERAL),
        ("b/c", "slightly moderately", Why.SEVERAL),
        ("both a and b", "not-at-all slightly", Why.SEVERAL),
        ("slightly or moderately", "slightly moderately", Why.SEVERAL),
        ("C: very much", "moderately very-much", Why.SEVERAL),
        ("C) but worse at night", "moderately", Why.UNCERTAIN),
        ("a) but worse at night", "not-at-all", Why.UNCERTAIN),
        ("option a but worse at night", "not-at-all", Why.UNCERTAIN),
        ("slightly but worse at night", "slightly", Why.UNCERTAIN),
        ("b?", "slightly", Why.UNCERTAIN),
    ],
)
def test_an_unclear_option_is_asked_back(
    text: str, candidates: str, why: Why, language: str
) -> None:
    assert said(BOTHERED, text, language) == asked_back(*candidates.split(), why=why)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    "text",
    [
        "a lot",
        "a bit",
        "a stick helps",
        "mostly in the a.m.",
        "not very much",
        "very",
        "f",
        "yes",
        "I can walk 500 m",
        "hmm",
    ],
)
def test_words_that_are_no_option(text: str, language: str) -> None:
    assert said(BOTHERED, text, language) == NotAReply(Why.NOT_A_REPLY)


def test_a_digit_beyond_the_list() -> None:
    assert said(BOTHERED, "6") == NotAReply(Why.OUT_OF_RANGE)
    assert said(BOTHERED, "0") == NotAReply(Why.OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("walk with a stick", Understood(2, "c")),
        ("I walk with", Understood(2, "c")),
        ("jeg går med stok", Understood(2, "c")),
        ("walk", NotAReply(Why.NOT_A_REPLY)),
        ("I walk", NotAReply(Why.NOT_A_REPLY)),
    ],
)
def test_the_beginning_of_a_statement_is_enough_when_it_is_no_other(
    text: str, reading: Reading
) -> None:
    assert said(WALKING, text) == reading


def test_the_same_beginning_of_two_statements_is_asked_back() -> None:
    item = replace(
        WALKING,
        options=(
            Option("a", {"en": "Heavy things, no pain"}, 0),
            Option("b", {"en": "Heavy things, but pain"}, 1),
        ),
    )
    assert said(item, "heavy things") == asked_back("a", "b", why=Why.SEVERAL)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("y", "yes"),
        ("Yes please", "yes"),
        ("yeah", "yes"),
        ("j", "yes"),
        ("Ja tak!", "yes"),
        ("ja, det har jeg", "yes"),
        ("n", "no"),
        ("nope", "no"),
        ("nej", "no"),
        ("nej, det har jeg ikke", "no"),
        ("no I don't", "no"),
        ("slet ikke", "no"),
    ],
)
def test_yes_and_no(text: str, option: str, language: str) -> None:
    assert said(NUMB, text, language) == Understood(None, option)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("not really", asked_back("no", why=Why.UNCERTAIN)),
        ("ikke rigtig", asked_back("no", why=Why.UNCERTAIN)),
        ("det har jeg ikke", asked_back("no", why=Why.UNCERTAIN)),
        ("not definitely", asked_back("no", why=Why.UNCERTAIN)),
        ("a bit", asked_back("yes", why=Why.UNCERTAIN)),
        ("lidt", asked_back("yes", why=Why.UNCERTAIN)),
        ("no more than usual", asked_back("no", why=Why.UNCERTAIN)),
        ("yes but it went away", asked_back("yes", why=Why.UNCERTAIN)),
        ("yes?", asked_back("yes", why=Why.UNCERTAIN)),
        ("yes and no", asked_back("yes", "no", why=Why.SEVERAL)),
        ("ja nej", asked_back("yes", "no", why=Why.SEVERAL)),
        ("1", asked_back("yes", why=Why.DIGIT_FOR_LETTER)),
        ("maybe", NotAReply(Why.NOT_A_REPLY)),
        ("I don't know", NotAReply(Why.NOT_A_REPLY)),
        ("ved ikke", NotAReply(Why.NOT_A_REPLY)),
        ("no idea", NotAReply(Why.NOT_A_REPLY)),
        ("yse", NotAReply(Why.NOT_A_REPLY)),
        ("👍", NotAReply(Why.NOT_A_REPLY)),
    ],
)
def test_half_a_yes_is_no_yes(text: str, reading: Reading, language: str) -> None:
    assert said(NUMB, text, language) == reading


@pytest.mark.parametrize("text", ["yes since Tuesday", "ja siden i tirsdags", "y it is numb"])
def test_a_yes_to_a_warning_sign_is_a_yes_whatever_follows(text: str) -> None:
    assert said(flagged("numb", Urgency.EMERGENCY), text) == Understood(None, "yes")
    opening = replace(NUMB, opens={"yes": "red-flags"})
    assert said(opening, text) == Understood(None, "yes")
    assert said(NUMB, text) == asked_back("yes", why=Why.UNCERTAIN)


@pytest.mark.parametrize("text", ["yes but not new", "a bit", "my leg, yes"])
def test_a_doubtful_yes_to_a_warning_sign_is_asked_back(text: str) -> None:
    assert isinstance(said(flagged("numb", Urgency.EMERGENCY), text), Ambiguous)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("I agree", "agree"),
        ("agree", "agree"),
        ("helt enig", "agree"),
        ("ja", "agree"),
        ("yes I agree", "agree"),
        ("that's true", "agree"),
        ("A", "agree"),
        ("I don't agree", "disagree"),
        ("I do not agree", "disagree"),
        ("disagree", "disagree"),
        ("ikke enig", "disagree"),
        ("nej, ikke enig", "disagree"),
        ("nej jeg er ikke enig", "disagree"),
        ("uenig", "disagree"),
        ("not true", "disagree"),
        ("no", "disagree"),
    ],
)
def test_agreement_with_and_without_negation(text: str, option: str, language: str) -> None:
    assert said(WORRIED, text, language) == Understood(int(option == "agree"), option)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("nej jeg er enig", "agree disagree"),
        ("yes I disagree", "agree disagree"),
        ("jeg er ikke helt enig", "disagree"),
        ("don't really agree", "disagree"),
        ("not really", "disagree"),
        ("ikke uenig", "agree"),
        ("lidt enig", "agree"),
    ],
)
def test_doubtful_agreement_is_asked_back(text: str, candidates: str, language: str) -> None:
    reading = said(WORRIED, text, language)
    assert isinstance(reading, Ambiguous)
    assert " ".join(reading.candidates) == candidates


def test_with_a_third_option_a_negation_is_not_yet_the_other_side() -> None:
    undecided = Option("undecided", {"en": "Undecided"}, 0)
    item = replace(WORRIED, options=(*WORRIED.options, undecided))
    assert said(item, "I don't agree") == asked_back("disagree", why=Why.UNCERTAIN)
    assert said(item, "yes") == Understood(1, "agree")


def test_a_beginning_that_may_mean_another_statement_is_asked_back() -> None:
    options = (
        Option("little", {"en": "With a little help"}, 3),
        Option("most", {"en": "With help for most of it"}, 4),
    )
    item = replace(WALKING, options=options)
    assert said(item, "with help") == asked_back("little", "most", why=Why.SEVERAL)
    assert said(item, "with help for most") == Understood(4, "most")


def test_no_more_than_four_answers_are_offered() -> None:
    others = tuple(Option(f"o{n}", {"en": f"Other {word}"}) for n, word in enumerate("pqrs"))
    item = replace(NUMB, kind=ItemKind.CHOICE, options=(*others, *NUMB.options))
    reading = said(item, "a b c d")
    assert isinstance(reading, Ambiguous)
    assert offer(item, reading) == ("o0", "o1", "o2", "o3")


def test_a_longer_label_hides_a_shorter_one_inside_it() -> None:
    options = (Option("much", {"en": "Much"}), Option("very-much", {"en": "Very much"}))
    item = replace(BOTHERED, options=options)
    assert said(item, "very much at night") == asked_back("very-much", why=Why.UNCERTAIN)
    assert said(item, "much at night") == asked_back("much", why=Why.UNCERTAIN)


def test_labels_that_differ_by_padding_only_are_told_apart() -> None:
    options = (Option("ever", {"en": "It hurts"}), Option("now", {"en": "It hurts now"}))
    item = replace(BOTHERED, options=options)
    assert said(item, "It hurts now") == Understood(None, "now")
    assert said(item, "Hurts") == asked_back("ever", "now", why=Why.SEVERAL)


def test_own_words_are_kept_as_they_are() -> None:
    assert said(GOAL, "  walk to the allotment \n") == Understood(text="walk to the allotment")
    assert said(GOAL, "7") == Understood(text="7")
    assert said(GOAL, " \n") == NotAReply(Why.NOT_A_REPLY)


def confirmed(item: Item, offered: str, text: str) -> Reading | Denied:
    return read_confirmation(item, offered.split(), text, languages()["en"])


@pytest.mark.parametrize(
    "text", ["yes", "y", "ja", "right", "ok", "👍", "7", "yes 7", "ja, må jeg løbe?", "yep, 7ish?"]
)
def test_one_candidate_is_taken_by_a_yes(text: str) -> None:
    assert confirmed(PAIN, "7", text) == number(7)


@pytest.mark.parametrize("text", ["no", "nej", "n", "wrong", "no it is worse", "nej tak"])
def test_one_candidate_is_denied_by_a_no(text: str) -> None:
    assert confirmed(PAIN, "7", text) == Denied()


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("no, 8", number(8)),
        ("nej 8", number(8)),
        ("8", number(8)),
        ("yes, 8", number(8)),
        ("no, 4-5", asked_back("4", "5", why=Why.SEVERAL)),
        ("yes not quite", NotAReply(Why.NOT_A_REPLY)),
        ("right leg hurts", NotAReply(Why.NOT_A_REPLY)),
        ("what?", NotAReply(Why.NOT_A_REPLY)),
    ],
)
def test_anything_else_is_a_fresh_reply(text: str, reading: Reading) -> None:
    assert confirmed(PAIN, "7", text) == reading


def test_several_candidates_are_not_taken_by_a_yes() -> None:
    assert confirmed(PAIN, "7 8", "yes") == NotAReply(Why.NOT_A_REPLY)
    assert confirmed(PAIN, "7 8", "8") == number(8)
    assert confirmed(PAIN, "7 8", "no") == Denied()


def test_a_no_with_words_is_confirmed_by_a_yes_and_asked_again_after_a_no() -> None:
    doubtful = said(NUMB, "not really")
    assert isinstance(doubtful, Ambiguous)
    assert offer(NUMB, doubtful) == ("no",)
    for yes in (
        "yes",
        "y",
        "that's right",
        "yes that's right",
        "no, that's right",
        "ok",
        "ja, det er rigtigt",
        "det er rigtigt",
    ):
        assert confirmed(NUMB, "no", yes) == Understood(None, "no")
    assert confirmed(NUMB, "no", "no") == Denied()
    assert confirmed(NUMB, "no", "no, none") == Understood(None, "no")


def test_a_yes_with_words_is_a_yes_again_or_a_no() -> None:
    assert confirmed(NUMB, "yes", "yes") == Understood(None, "yes")
    assert confirmed(NUMB, "yes", "no") == Understood(None, "no")
    remark = confirmed(NUMB, "yes", "no more than usual")
    assert remark == asked_back("no", why=Why.UNCERTAIN)


def test_after_no_is_that_right_a_sign_is_still_a_yes() -> None:
    sign = flagged("flag", Urgency.EMERGENCY)
    assert confirmed(sign, "no", "yes I can't feel it") == Understood(None, "yes")
    assert confirmed(sign, "no", "yes, since Tuesday") == Understood(None, "yes")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Not really, no", "en"), ("not that I know of", "en"), ("disagree", "en"),
        ("i dont think so", "en"), ("ikke rigtig, nej", "da"), ("ikke hvad jeg ved af", "da"),
        ("uenig", "da"),
    ],
)  # fmt: skip
def test_a_no_in_other_words_is_asked_back_alone(text: str, language: str) -> None:
    sign = flagged("flag", Urgency.EMERGENCY)
    for item in (NUMB, sign):
        reading = said(item, text, language)
        assert isinstance(reading, Ambiguous)
        assert offer(item, reading) == ("no",)


@pytest.mark.parametrize("text", ["No I have none of those things", "nej jeg har ingen af de ting"])
def test_a_plain_no_with_words_is_a_no(text: str) -> None:
    for item in (NUMB, flagged("flag", Urgency.EMERGENCY)):
        assert said(item, text, "da" if "nej" in text else "en") == Understood(None, "no")


def test_a_negation_that_may_tell_of_a_sign_is_offered_with_both_sides() -> None:
    sign = flagged("flag", Urgency.EMERGENCY)
    reading = said(sign, "not normal")
    assert isinstance(reading, Ambiguous)
    assert offer(sign, reading) == ("no", "yes")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Yes, that's me. What do you want?", "en"), ("yes, what is this about?", "en"),
        ("yes who is this", "en"), ("ja det er mig", "da"), ("ja, det er mig. Hvad vil I?", "da"),
    ],
)  # fmt: skip
def test_a_yes_to_being_called_is_asked_back_at_a_warning_sign(text: str, language: str) -> None:
    sign = flagged("flag", Urgency.EMERGENCY)
    assert said(sign, text, language) == asked_back("yes", why=Why.UNCERTAIN)


@pytest.mark.parametrize(
    "text",
    [
        "yes, since tuesday", "yes what do I do now?", "Yes - weakness. Should I worry?",
        "yes that's me, I can't hold my pee. What do you want me to do?",
        "ja det er mig siden i går",
    ],
)  # fmt: skip
def test_a_yes_with_anything_of_its_own_stays_a_yes_at_a_warning_sign(text: str) -> None:
    sign = flagged("flag", Urgency.EMERGENCY)
    assert said(sign, text) == Understood(None, "yes")


def test_a_bare_no_denies_the_offer_even_where_no_is_an_option_by_another_name() -> None:
    never = Option("never", {"en": "No, never"}, also={"en": ("no",)})
    item = replace(WALKING, options=(never, Option("once", {"en": "Once"})))
    assert said(item, "no") == Understood(None, "never")
    assert confirmed(item, "once", "no") == Denied()
    assert confirmed(item, "once", "no never") == Understood(None, "never")


VOCABULARY = """
7 8 6.5 ½ 11 0 - / ? a b c (b) i yes no ja nej not ikke every day hver dag agree enig to one
en halv and og or eller about nok out of ud af ten ti very much slet never 👍 ok none ingen my
leg hurts a lot tak
"""
WORDS = st.sampled_from(VOCABULARY.split())
MESSAGES = st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=7).map(" ".join))


def belongs(item: Item, value: int | None, code: str | None) -> bool:
    if item.options:
        option = item.option(code or "")
        return option is not None and option.score == value
    return value is not None and code is None and item.minimum <= value <= item.maximum


@given(st.sampled_from(ITEMS), MESSAGES, st.sampled_from(BOTH))
@example(PAIN, "²½¾", "en")
@example(BOTHERED, "İ ß ﷺ", "da")
def test_every_reading_belongs_to_its_question(item: Item, text: str, language: str) -> None:
    match said(item, text, language):
        case Understood(value, code, words):
            assert words == text.strip() if item is GOAL else belongs(item, value, code)
        case Ambiguous(candidates):
            assert 1 <= len(candidates) <= MOST_CANDIDATES
            assert len(set(candidates)) == len(candidates)
            for each in candidates:
                assert item.option(each) or item.minimum <= int(each) <= item.maximum


@given(
    st.integers(0, 10), st.integers(0, 10), st.sampled_from([" ", "-", " or ", " til ", ", so "])
)
def test_two_different_numbers_are_never_one_answer(one: int, two: int, between: str) -> None:
    reading = said(PAIN, f"{one}{between}{two}")
    assert not isinstance(reading, Understood)
    if one != two:
        assert reading == asked_back(str(one), str(two), why=Why.SEVERAL)


@given(
    st.integers(0, 10), st.from_regex(re.compile(r"[bcdfghklmpqrtvwxz]{4,8}", re.A), fullmatch=True)
)
def test_a_number_with_a_word_that_we_do_not_know_is_never_certain(value: int, word: str) -> None:
    assert said(PAIN, f"{value} {word}") == asked_back(str(value), why=Why.UNCERTAIN)


@given(st.integers(0, 10), st.integers(0, 30))
def test_a_fraction_counts_only_on_its_own_scale(value: int, of: int) -> None:
    understood = said(PAIN, f"{value}/{of}") == number(value)
    assert understood is (of == 10)


PADDING = st.sampled_from(
    ["about", "I'd say", "thanks", "please", "hmm", "ca.", "nok", "desværre", "tak", "ok", "lol"]
)
BOUNDS = st.sampled_from(
    (
        *("less than", "more than", "over", "under", "at least", "max", "up to", "almost", "not"),
        *("mindst", "højst", "op til", "mere end", "næsten", "ikke"),
    )
)


@given(st.integers(0, 10), st.lists(PADDING, max_size=3), st.lists(PADDING, max_size=3))
def test_politeness_around_a_number_never_changes_it(
    value: int, before: list[str], after: list[str]
) -> None:
    assert said(PAIN, " ".join([*before, str(value), *after])) == number(value)


@given(st.sampled_from((PAIN, DAYS)), st.integers(0, 10), BOUNDS, st.sampled_from(BOTH))
def test_a_number_with_a_bound_is_never_certain(
    item: Item, value: int, bound: str, language: str
) -> None:
    assert not isinstance(said(item, f"{bound} {value}", language), Understood)


@given(st.integers(0, 10), st.sampled_from(["weeks", "am", "kl", "km", "pills", "piller", "timer"]))
def test_a_number_of_something_else_is_never_offered(value: int, unit: str) -> None:
    assert said(PAIN, f"{value} {unit}") == NotAReply(Why.NOT_A_REPLY)


@given(st.sampled_from("abcde"), st.sampled_from("abcde"))
def test_two_letters_are_never_one_answer(one: str, two: str) -> None:
    for between in (" ", "/", " or ", " and ", ", no "):
        assert not isinstance(said(BOTHERED, f"{one}{between}{two}"), Understood)


@given(st.sampled_from(["yes", "no", "ja", "nej"]), st.integers(0, 3), st.sampled_from("bcdfgk"))
def test_yes_and_no_are_never_read_by_likeness(word: str, at: int, letter: str) -> None:
    misspelt = word[: at % len(word)] + letter + word[at % len(word) + 1 :]
    assert not isinstance(said(NUMB, misspelt), Understood)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    "text",
    [
        "absolutely fine",
        "of course I am fine",
        "yes, I'm fine",
        "yes maybe",
        "yes?",
        "yes not new",
        "absolut intet",
        "bestemt bedre",
        "ja måske",
        "ja men ikke nyt",
        "ja ikke længere",
    ],
)
def test_a_yes_that_is_none_never_opens_the_warning_signs(text: str, language: str) -> None:
    for item in (flagged("numb", Urgency.EMERGENCY), replace(NUMB, opens={"yes": "red-flags"})):
        assert said(item, text, language) != Understood(None, "yes")


@pytest.mark.parametrize("text", ["I think no", "probably no", "nej tror jeg", "no, not today"])
def test_a_hedged_no_to_a_warning_sign_is_asked_back(text: str) -> None:
    item = flagged("numb", Urgency.EMERGENCY)
    assert said(item, text) == asked_back("no", why=Why.UNCERTAIN)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("6, kind regards, Margaret", number(6)),
        ("6\n\nSent from my iPhone", number(6)),
        ("6, thanks, Joan", number(6)),
        ("6, mvh Jens", number(6)),
        ("6 thanks yesterday", asked_back("6", why=Why.UNCERTAIN)),
        ("6, kind regards, but 7 now", asked_back("6", "7", why=Why.SEVERAL)),
        ("6 x", asked_back("6", why=Why.UNCERTAIN)),
    ],
)
def test_a_signature_is_no_content(text: str, reading: Reading) -> None:
    assert said(PAIN, text) == reading


@pytest.mark.parametrize("text", ["6 today", "6 i dag", "6 right now"])
def test_a_time_that_is_not_asked_about_is_content(text: str) -> None:
    weekly = replace(PAIN, text={"en": "Pain on average in the last 7 days?"})
    assert said(weekly, text) == asked_back("6", why=Why.UNCERTAIN)
    assert said(PAIN, text) == number(6)
    assert said(weekly, "6 this week") == number(6)


@pytest.mark.parametrize("item", ["pain", "bothersome-days"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("last week it was 6", "en"),
        ("it was 6 last week", "en"),
        ("6 last week", "en"),
        ("i sidste uge var det 6", "da"),
        ("den var 6 i sidste uge", "da"),
    ],
)
def test_the_week_before_is_not_the_last_seven_days(item: str, text: str, language: str) -> None:
    weekly = library().flow("weekly-check-in").item(item)
    assert said(weekly, text, language) == asked_back("6", why=Why.UNCERTAIN)


@pytest.mark.parametrize(
    ("text", "language"),
    [("6 in the last week", "en"), ("6 den sidste uge", "da"), ("6 of the last 7 days", "en"),
     ("6 af de sidste 7 dage", "da")],
)  # fmt: skip
def test_the_last_week_is_what_is_asked_about(text: str, language: str) -> None:
    weekly = library().flow("weekly-check-in").item("bothersome-days")
    assert said(weekly, text, language) == number(6)


@pytest.mark.parametrize(
    ("text", "language"),
    [("day 3", "en"), ("on day 3", "en"), ("Day: 3", "en"), ("dag 3", "da"), ("på dag 3", "da")],
)
def test_which_day_it_was_is_no_count_of_days(text: str, language: str) -> None:
    flow = library().flow("weekly-check-in")
    days = said(flow.item("bothersome-days"), text, language)
    assert days in (asked_back("3", why=Why.UNCERTAIN), NotAReply(Why.NOT_A_REPLY))
    assert said(flow.item("pain"), text, language) == NotAReply(Why.NOT_A_REPLY)


@pytest.mark.parametrize(
    ("text", "reading"), [("days: 3", number(3)), ("1 day", number(1)), ("one day", number(1))]
)
def test_days_before_or_behind_their_number_are_counted(text: str, reading: Reading) -> None:
    assert said(library().flow("weekly-check-in").item("bothersome-days"), text) == reading


@pytest.mark.parametrize(("text", "language"), [("at 9", "en"), ("kl. 9", "da"), ("kl 9", "da")])
def test_an_hour_is_no_pain(text: str, language: str) -> None:
    pain = library().flow("weekly-check-in").item("pain")
    assert not isinstance(said(pain, text, language), Understood)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("every day", asked_back("5", "7", why=Why.SEVERAL)),
        ("all week", asked_back("5", "7", why=Why.SEVERAL)),
        ("all 7 days", number(7)),
        ("2 sick days", number(2)),
        ("no sick days", number(0)),
        ("worked 5 days", NotAReply(Why.NOT_A_REPLY)),
    ],
)
def test_a_week_of_work_may_be_five_days(text: str, reading: Reading) -> None:
    assert said(replace(DAYS, title={"en": "Sick days"}), text) == reading


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("flow_id", "item_id", "text"),
    [
        ("weekly-check-in", "pain", ".5"),
        ("weekly-check-in", "pain", "€5"),
        ("weekly-check-in", "pain", "10-"),
        ("weekly-check-in", "pain", "me 2"),
        ("weekly-check-in", "sick-leave-days", "5 days at work"),
        ("start-back", "worry", "nothing new"),
        ("start-back", "worry", "wrong number"),
        ("start-back", "bothersomeness", "extremely well"),
        ("odi", "lifting", "I am a nurse"),
        ("odi", "lifting", "it hurts"),
        ("odi", "walking", "crutches"),
        ("odi", "walking", "langt"),
        ("odi", "sleeping", "I sleep"),
        ("odi", "social-life", "I go out"),
        ("odi", "travelling", "a half"),
        ("odi", "pain-intensity", "kan ikke"),
        ("odi", "pain-intensity", "terribly sorry"),
        ("intake", "work-status", "hjemme"),
        ("intake", "work-status", "off"),
        ("intake", "work-status", "something"),
        ("intake", "imaging", "yes no"),
    ],
)
def test_words_of_a_statement_that_do_not_choose_it(
    flow_id: str, item_id: str, text: str, language: str
) -> None:
    item = library().flow(flow_id).item(item_id)
    assert not isinstance(said(item, text, language), Understood)


@pytest.mark.parametrize("text", ["A", "a", "b", "A)", "answer A"])
def test_letters_belong_to_lists_and_are_no_yes_or_no(text: str) -> None:
    assert isinstance(said(NUMB, text), NotAReply)
    assert said(NUMB, "A: Yes") == Understood(code="yes")
