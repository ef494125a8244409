"""Answers that are changed, questions in between, and help that does not go round in circles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.conversation.memory import Memory, OpenSession
from flows.session import Session
from tests.backtrace.replay.playing import Line, Script, entries, texts

TEN_C = "C" * 10
I_MEANT = {"en": "I meant", "da": "jeg mente"}
BACK = {"en": "back", "da": "tilbage"}


def scores(lines: list[Line]) -> list[float]:
    return [entry["value"] for entry in entries(lines, "score")]


def corrections(lines: list[Line]) -> list[tuple[str, str, str, bool]]:
    """Item, the value before, the value now, and whether it came late."""
    return [
        (e["item"], e["previous_code"], e["code"], e.get("late", False))
        for e in entries(lines, "correction")
    ]


def finished_odi(channel: str, language: str = "en") -> Script:
    script = Script().enrol(channel=channel, language=language).start("odi")
    for number, letter in enumerate(TEN_C):
        script.say(letter, id=f"m{number}")
    return script


# A question named by its place


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "question 2 should be D"),
        ("en", "Question 2 must be D please"),
        ("da", "spørgsmål 2 skal være D"),
        ("da", "undskyld, spørgsmål 2 skulle være D"),
    ],
)
def test_a_question_named_by_its_number_is_corrected_and_no_question_for_the_visit(
    language: str, text: str
) -> None:
    lines = Script().enrol(language=language).start("odi").say("C", "C", text).play()
    assert corrections(lines) == [("personal-care", "c", "d", False)]
    assert entries(lines, "question") == []


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "question 7 should be D", "That question has no answer yet."),
        ("da", "spørgsmål 7 skal være D", "Det spørgsmål har intet svar endnu."),
    ],
)
def test_a_question_that_is_not_answered_yet_cannot_be_corrected(
    language: str, text: str, told: str
) -> None:
    lines = Script().enrol(language=language).start("odi").say("C", text).play()
    assert len(entries(lines, "answer")) == 1
    assert texts(lines)[-1].startswith(told)


@pytest.mark.parametrize(
    ("language", "text", "item"),
    [
        ("en", "my last answer was wrong, it should be E", "lifting"),
        ("en", "the previous one should be E", "lifting"),
        ("en", "no, I meant E for the one before", "lifting"),
        ("en", "change my answer to washing to E", "personal-care"),
        ("en", "change my answer to E", "lifting"),
        ("da", "ret mit svar til E", "lifting"),
        ("en", "question 2: E", "personal-care"),
        ("en", "I wrote it wrong, pain should be E", "pain-intensity"),
        ("da", "den forrige skulle være E", "lifting"),
        ("da", "mit sidste svar var forkert, det skulle være E", "lifting"),
        ("da", "ret mit svar på smerten til E", "pain-intensity"),
        ("da", "jeg skrev forkert, smerten skulle være E", "pain-intensity"),
        ("da", "spørgsmål 2: E", "personal-care"),
    ],
)
def test_the_answer_before_is_changed_and_never_the_open_question(
    language: str, text: str, item: str
) -> None:
    lines = Script().enrol(language=language).start("odi").say("C", "C", "C", text).play()
    assert corrections(lines) == [(item, "c", "e", False)]
    assert len(entries(lines, "answer")) == 3


def test_what_does_not_fit_the_answer_before_puts_that_question_again() -> None:
    script = Script().enrol().start("start-back")
    lines = script.say("agree", "no the one before should be C").play()
    assert "1/9" in texts(lines)[-1]
    assert len(entries(lines, "answer")) == 1


@pytest.mark.parametrize("before", [["C"] * 3, ["C"] * 10])
def test_a_place_behind_the_last_question_is_said_to_be_none(before: list[str]) -> None:
    lines = Script().enrol().start("odi").say(*before, "question 12 should be B").play()
    assert texts(lines)[-1].startswith("There are only 10 questions here.")


@pytest.mark.parametrize("before", [["C"] * 3, ["C"] * 10])
def test_the_same_answer_is_said_to_stand(before: list[str]) -> None:
    lines = Script().enrol().start("odi").say(*before, "question 2 should be C").play()
    assert texts(lines)[-1].startswith("It stands like that already: Washing and dressing: C.")


@pytest.mark.parametrize(
    "text", ["question 2 should we talk about my leg", "question should I rest until it is gone"]
)
def test_other_words_behind_question_are_a_question_for_the_visit(text: str) -> None:
    lines = Script().enrol().start("odi").say("C", text).play()
    assert len(entries(lines, "question")) == 1


# After the end: 40 becomes 46, and both values stay


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("channel", ["sms", "telegram", "web"])
def test_i_meant_changes_the_last_answer_of_a_finished_questionnaire(
    channel: str, language: str
) -> None:
    lines = finished_odi(channel, language).say(f"{I_MEANT[language]} F").play()
    assert scores(lines) == [40, 46]
    assert corrections(lines) == [("travelling", "c", "f", False)]


def test_an_edited_message_changes_the_first_of_ten() -> None:
    lines = finished_odi("telegram").say("F", edits="m0").play()
    assert scores(lines) == [40, 46]
    assert corrections(lines) == [("pain-intensity", "c", "f", False)]


@pytest.mark.parametrize("channel", ["telegram", "web"])
def test_a_tap_on_the_first_button_changes_the_first_of_ten(channel: str) -> None:
    script = finished_odi(channel)
    shown = next(m for m in script.play() if m.get("to") == "p1" and m["buttons"])["buttons"]
    label = next(button for button in shown if button.startswith("F"))
    lines = script.tap(label, on=1).play()
    assert scores(lines) == [40, 46]
    assert corrections(lines) == [("pain-intensity", "c", "f", False)]


@pytest.mark.parametrize(
    ("language", "share", "edited", "told", "asked"),
    [
        (
            "en",
            "share with my physio Anne",
            "6 ish maybe",
            "I could not read the change.",
            "e-mail",
        ),
        ("da", "del med min fys Anne", "6 agtigt måske", "Jeg kunne ikke læse rettelsen.", "mail"),
    ],
)
def test_an_edit_in_doubt_asks_nothing_while_something_else_is_asked(
    language: str, share: str, edited: str, told: str, asked: str
) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    lines = script.say("7", id="m1").say(share).say(edited, edits="m1").play()
    assert told in "\n".join(texts(lines)[-2:])
    assert asked in texts(lines)[-1]
    assert corrections(lines) == []


@pytest.mark.parametrize(
    ("language", "edited"), [("en", "maybe"), ("en", "I think so"), ("da", "måske")]
)
def test_an_edit_in_doubt_puts_the_question_about_a_sign_again(language: str, edited: str) -> None:
    script = Script().enrol(channel="telegram", language=language).start("red-flags")
    asked = texts(script.play())[-1].split("1/8")[1]
    lines = script.say("no", id="m1").say(edited, edits="m1").play()
    assert texts(lines)[-1].endswith(f"1/8{asked}")


def test_an_edited_correction_is_read_like_the_message_it_was() -> None:
    script = finished_odi("telegram").say("I meant F", id="x").say("I meant E", edits="x")
    lines = script.play()
    assert scores(lines) == [40, 46, 44]
    assert entries(lines, "correction")[-1]["raw"] == "I meant E"


@pytest.mark.parametrize("language", ["en", "da"])
def test_back_after_the_end_puts_the_last_question_again(language: str) -> None:
    lines = finished_odi("sms", language).say(BACK[language], "F").play()
    assert scores(lines) == [40, 46]
    assert corrections(lines) == [("travelling", "c", "f", False)]


def test_what_cannot_be_read_after_back_changes_nothing_and_ends_there() -> None:
    lines = finished_odi("sms").say("back", "purple", "6").play()
    assert scores(lines) == [40]
    assert "Nothing was changed: Travelling" in texts(lines)[-2]


def test_the_same_answer_again_is_no_correction() -> None:
    lines = finished_odi("sms").say("I meant C").play()
    assert scores(lines) == [40]
    assert texts(lines)[-1] == "It stands like that already: Travelling: C."


def test_words_change_an_answer_about_today_until_its_sitting_ends() -> None:
    script = finished_odi("sms").until("23:50").say("I meant F").until("03:50", days=1)
    lines = script.say("I meant E").until("04:10").say("I meant D").play()
    assert [after for _, _, after, _ in corrections(lines)] == ["f", "e"]
    assert texts(lines)[-1] == "That question is closed now. Nothing was changed."


def test_words_change_another_answer_for_a_day_and_its_button_for_longer() -> None:
    script = Script().enrol(channel="telegram").start("start-back")
    script.say(*["agree"] * 8, "A lot").wait(hours=23).say("I meant Extremely")
    script.wait(hours=3).say("I meant Not at all").tap("Not at all", on=9)
    found = entries(script.play(), "correction")
    assert [(e["code"], e.get("late", False)) for e in found] == [
        ("extremely", False),
        ("not-at-all", True),
    ]


# An answer that is named


@pytest.mark.parametrize("before", [["6", "4"], ["6", "4", "2", "n"], ["6 4 2 n"]])
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I meant 7 for pain"),
        ("en", "change Pain to 7"),
        ("en", "change 6 to 7"),
        ("en", "pain should be 7"),
        ("en", "7 instead of 6"),
        ("en", "I meant 7 for the first"),
        ("da", "ret smerter til 7"),
        ("da", "7 i stedet for 6"),
        ("da", "jeg mente 7 på den første"),
    ],
)
def test_an_answer_is_changed_by_its_name_its_place_or_what_it_was(
    language: str, said: str, before: list[str]
) -> None:
    if language == "da":
        before = [each.replace("n", "nej") for each in before]
    lines = Script().enrol(language=language).start("weekly-check-in").say(*before, said).play()
    (changed,) = entries(lines, "correction")
    assert (changed["item"], changed["previous"], changed["value"]) == ("pain", 6, 7)
    assert entries(lines, "question") == entries(lines, "note") == []


@pytest.mark.parametrize(
    ("language", "before", "said", "named"),
    [
        ("en", ["6", "4", "2", "n"], "I meant 5", ["Pain", "Bothersome days", "Limited days"]),
        ("da", ["6", "4", "2", "nej"], "jeg mente 5", ["Smerter", "Dage med gener"]),
        ("en", ["6", "4", "2", "n"], "change days to 5", ["Bothersome days", "Limited days"]),
        ("en", ["4", "4", "2", "n"], "change 4 to 5", ["Pain", "Bothersome days"]),
    ],
)
def test_which_of_several_answers_is_asked(
    language: str, before: list[str], said: str, named: list[str]
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(*before, said)
    lines = script.play()
    assert entries(lines, "correction") == []
    for key, title in zip("ABC", named, strict=False):
        assert f"{key}: {title}" in texts(lines)[-1]
    (changed,) = entries(script.say("A").play(), "correction")
    assert changed["value"] == 5


def test_none_of_these_changes_nothing() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "4", "2", "n", "I meant 5")
    lines = script.say("none of these").play()
    assert entries(lines, "correction") == entries(lines, "question") == []


def test_how_to_name_an_answer_is_said_where_none_is_found() -> None:
    lines = (
        Script().enrol().start("weekly-check-in").say("6", "4", "2", "n", "change 9 to 3").play()
    )
    assert texts(lines)[-1].endswith("Write for example: change Pain to ...")


def test_a_named_answer_that_is_closed_by_now_is_no_note() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "4", "2", "n").wait(hours=25)
    lines = script.say("change pain to 2").play()
    assert texts(lines)[-1] == "That question is closed now. Nothing was changed."


@pytest.mark.parametrize(
    ("flow", "before", "said", "answer", "item"),
    [
        ("odi", ["A", "B", "C"], "go back to the first question", "D", "pain-intensity"),
        ("weekly-check-in", ["6", "4"], "back to pain", "5", "pain"),
        ("weekly-check-in", ["6", "4", "2", "n"], "tilbage til smerter", "5", "pain"),
    ],
)
def test_a_question_that_is_named_is_put_again(
    flow: str, before: list[str], said: str, answer: str, item: str
) -> None:
    lines = Script().enrol().start(flow).say(*before, said, answer).play()
    (changed,) = entries(lines, "correction")
    assert changed["item"] == item


def test_back_to_work_is_an_answer_in_own_words() -> None:
    lines = Script().enrol().start("intake").say("A", "back to work").play()
    assert entries(lines, "answer")[-1]["item"] == "onset"


# During a questionnaire


def test_i_meant_asks_which_where_both_questions_could_be_meant() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "I meant 4")
    assert "Change Pain to 4, or is that" in texts(script.play())[-1]
    (changed,) = entries(Script.play(script.say("A")), "correction")
    assert (changed["item"], changed["previous"], changed["value"]) == ("pain", 6, 4)
    assert changed["raw"] == "I meant 4 / A"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "make that 5"), ("en", "I said 5"), ("da", "jeg sagde 5"), ("da", "gør det til 5")],
)
def test_talk_about_the_answer_before_is_no_answer_yet(language: str, said: str) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say("6", said)
    assert [e["item"] for e in entries(script.play(), "answer")] == ["pain"]
    (changed,) = entries(script.say("A").play(), "correction")
    assert (changed["item"], changed["value"]) == ("pain", 5)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "i am his wife. he has 6"), ("en", "mum's pain is 6"), ("da", "6 siger mor")],
)
def test_a_helper_is_asked_once_and_the_answer_is_marked(language: str, said: str) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(said)
    assert entries(script.play(), "answer") == []
    (answer,) = entries(script.say("A").play(), "answer")
    assert (answer["value"], answer["author"]) == (6, "helper")


MUM = {"en": "my mum cant feel when she pees", "da": "min mor kan ikke holde på vandet"}


@pytest.mark.parametrize(
    ("language", "before", "raises"),
    [
        ("en", ["my mum says 6"], True),
        ("en", ["my mum says 6", "yes"], True),
        ("en", ["my mum says 6", "yes", "4"], True),
        ("en", ["my mum says 6", "I write for her"], True),
        ("en", ["she says 6", "yes", "4", "3", "she says yes"], True),
        ("da", ["min mor siger 6"], True),
        ("da", ["min mor siger 6", "ja"], True),
        ("da", ["hun siger 6", "ja", "4", "3", "hun siger ja"], True),
        ("en", [], False),
        ("en", ["6"], False),
        ("en", ["my mum says 6", "no"], False),
        ("en", ["my mum says 6", "yes", "4", "3", "no"], False),
        ("da", ["6"], False),
        ("da", ["min mor siger 6", "nej"], False),
    ],
)
def test_a_relative_is_the_patient_where_a_helper_may_answer(
    language: str, before: list[str], raises: bool
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(*before)
    flags = entries(script.say(MUM[language]).play(), "red-flag")
    assert [e["item"] for e in flags] == ["bladder-bowel"] * raises


def test_a_relative_in_an_edited_answer_of_a_helper_is_the_patient() -> None:
    script = Script().enrol(channel="telegram").start("weekly-check-in").say("she says 6", "yes")
    script.say("4", id="m1").say("3", "no").say(MUM["en"], edits="m1")
    assert [e["item"] for e in entries(script.play(), "red-flag")] == ["bladder-bowel"]


def test_a_relative_is_the_patient_while_a_helpers_questionnaire_is_put_aside() -> None:
    script = Script().enrol().start("odi").say("she says B", "yes").start("red-flags")
    assert entries(script.say(MUM["en"]).play(), "red-flag")


def test_a_relative_is_somebody_else_in_the_next_questionnaire() -> None:
    script = Script().enrol().start("weekly-check-in").say("she says 6", "yes", "4", "3", "no")
    assert not entries(script.start("odi").say(MUM["en"]).play(), "red-flag")


def test_i_meant_after_a_question_that_was_asked_back_answers_it() -> None:
    lines = Script().enrol().start("weekly-check-in").say("6", "4-5", "I meant 4").play()
    assert [(e["item"], e["value"], e["raw"]) for e in entries(lines, "answer")] == [
        ("pain", 6, "6"),
        ("bothersome-days", 4, "4-5 / I meant 4"),
    ]


def test_what_was_wrong_must_be_the_answer_that_stands() -> None:
    lines = Script().enrol().start("weekly-check-in").say("6", "4 not 5").play()
    assert entries(lines, "correction") == []


def test_a_no_with_reasons_answers_the_question_that_waits() -> None:
    lines = Script().enrol(language="da").start("start-back").say("enig", "nej, ikke enig").play()
    assert [(e["item"], e["code"]) for e in entries(lines, "answer")] == [
        ("leg-pain", "agree"),
        ("shoulder-neck-pain", "disagree"),
    ]
    assert entries(lines, "correction") == []


@pytest.mark.parametrize(
    ("flow", "said", "offered"),
    [
        ("weekly-check-in", "no more than 4", "4 days, is that right?"),
        ("weekly-check-in", "No worse than 4", "4 days, is that right?"),
        ("weekly-check-in", "no idea, maybe 4", "4 days, is that right?"),
        ("weekly-check-in", "no better, 4", "4 days, is that right?"),
        ("weekly-check-in", "no change 4", "4 days, is that right?"),
        ("weekly-check-in", "no numbness, 4", "4 days, is that right?"),
        ("weekly-check-in", "no problem, 4", "4 days, is that right?"),
        ("odi", "no better, C", "Do you mean C: Slowly, and it hurts?"),
    ],
)
def test_a_no_that_belongs_to_the_next_word_answers_the_question_that_waits(
    flow: str, said: str, offered: str
) -> None:
    before = "5" if flow == "weekly-check-in" else "B"
    script = Script().enrol().start(flow).say(before, said)
    lines = script.play()
    assert texts(lines)[-1].startswith(offered)
    assert len(entries(lines, "answer")) == 1
    lines = script.say("y").play()
    assert entries(lines, "correction") == []
    assert [e["item"] for e in entries(lines, "answer")][1] in ("bothersome-days", "personal-care")


def test_a_danish_exclamation_takes_nothing_back() -> None:
    script = Script().enrol(language="da").start("weekly-check-in")
    lines = script.say("5", "nej hvor irriterende, 4", "j").play()
    assert entries(lines, "correction") == []
    assert [e["value"] for e in entries(lines, "answer")] == [5, 4]


def test_such_a_no_after_a_refused_offer_does_not_go_back_a_question() -> None:
    lines = Script().enrol().start("weekly-check-in").say("5", "no better, 4", "no").play()
    assert texts(lines)[-1].startswith("2/4")
    assert [e["value"] for e in entries(lines, "answer")] == [5]


@pytest.mark.parametrize(
    ("language", "flow", "said", "asked"),
    [
        ("en", "weekly-check-in", "no, more like 4", "Change Pain to 4, or"),
        ("en", "weekly-check-in", "no, not more than 4", "Change Pain to 4, or"),
        ("en", "weekly-check-in", "no, no more than 4", "Change Pain to 4, or"),
        ("en", "odi", "no, more like D", "Change Pain now to It hurts a lot, or"),
        ("da", "weekly-check-in", "nej, ikke mere end 4", "Skal Smerter rettes til 4, eller"),
        ("da", "weekly-check-in", "nej uændret 4", "Skal Smerter rettes til 4, eller"),
        ("da", "odi", "nej ikke bedre, D", "Skal Smerter nu rettes til D:"),
    ],
)
def test_which_of_two_questions_a_doubtful_no_is_about_is_asked(
    language: str, flow: str, said: str, asked: str
) -> None:
    before = "5" if flow == "weekly-check-in" else "B"
    script = Script().enrol(language=language).start(flow).say(before, said)
    lines = script.play()
    assert texts(lines)[-1].startswith(asked)
    assert (len(entries(lines, "answer")), entries(lines, "correction")) == (1, [])
    # What is named is confirmed by the choice: it is asked back no second time.
    now = entries(script.say("B").play())
    assert [e["kind"] for e in now[-2:]] == ["answer", "answer"]
    script.steps.pop()
    (changed,) = entries(script.say("A").play(), "correction")
    assert (changed["value"], changed["item"]) in [(4, "pain"), (3, "pain-intensity")]


@pytest.mark.parametrize(("choice", "item"), [("A", "pain"), ("B", "bothersome-days")])
def test_a_no_before_two_numbers_is_asked_about_and_then_which_of_them(
    choice: str, item: str
) -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "no, 4 or 5")
    assert texts(script.play())[-1].startswith("Change Pain to 4 or 5, or is that your answer")
    lines = script.say(choice).play()
    assert "Which one do you mean: 4 or 5?" in texts(lines)[-1]
    assert len(entries(lines, "answer")) == 1
    lines = script.say("5").play()
    assert (entries(lines)[-1]["item"], entries(lines)[-1]["value"]) == (item, 5)


@pytest.mark.parametrize(
    ("language", "said", "asked"),
    [
        ("en", "no pain 0", "Change Pain to 0, or"),
        ("da", "nej ingen smerter 0", "Skal Smerter rettes til 0, eller"),
    ],
)
def test_no_pain_and_a_number_changes_the_pain_only_by_choice(
    language: str, said: str, asked: str
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say("5", said)
    lines = script.play()
    assert texts(lines)[-1].startswith(asked)
    assert entries(lines, "correction") == []
    (changed,) = entries(script.say("A").play(), "correction")
    assert (changed["item"], changed["previous"], changed["value"]) == ("pain", 5, 0)


def test_after_the_end_a_no_that_belongs_to_the_next_word_changes_nothing() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "4", "2", "n", "no better, 5")
    lines = script.play()
    assert entries(lines, "correction") == []
    assert "Shall I keep it as a question" in texts(lines)[-1]


def test_own_words_are_not_taken_for_a_correction() -> None:
    lines = Script().enrol().start("intake").say("A", "no, it began in May").play()
    assert [e["item"] for e in entries(lines, "answer")] == ["work-status", "onset"]


def test_neither_answer_to_which_is_left_alone_after_the_second_time() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "I meant 4", "hm", "hm", "3")
    lines = script.play()
    assert texts(lines)[-2].startswith("All right, left as it was.")
    assert [(e["item"], e["value"]) for e in entries(lines, "answer")] == [
        ("pain", 6),
        ("bothersome-days", 3),
    ]


def test_a_letter_for_the_next_questionnaire_reports_no_warning_sign() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "2", "2", "no")
    lines = script.start("odi").say("no, A").play()
    assert entries(lines, "correction") == []
    assert texts(lines)[-1].startswith("Do you mean A:")


# A question in between, a remark beside an answer


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("7ish, can i run", "can i run"),
        ("7ish worse than mon, can i run", "can i run"),
        ("7 can i run", "can i run"),
        ("about 7. Can I run? And may I swim?", "Can I run? And may I swim?"),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "telegram", "web"])
def test_the_remark_is_kept_without_the_number(channel: str, said: str, kept: str) -> None:
    script = Script().enrol(channel=channel).start("weekly-check-in").say(said)
    lines = script.play()
    assert [e["raw"] for e in entries(lines, "question")] == [kept]
    assert "7, is that right?" in texts(lines)[-1]
    assert entries(lines, "answer") == []
    answered = script.say("yes") if channel == "sms" else script.tap("Yes")
    (answer,) = entries(answered.play(), "answer")
    assert answer["value"] == 7


@pytest.mark.parametrize(
    ("language", "said", "asked", "kept"),
    [
        ("en", "this is bullshit, 7 ok?", "7, is that right?", []),
        ("da", "det er noget pis, 7 ok?", "7, er det rigtigt?", []),
        ("en", "my back hurts, may i run, 7 ok?", "7, is that right?", ["may i run"]),
        ("da", "min ryg er træt, må jeg løbe, 7 ok?", "7, er det rigtigt?", ["må jeg løbe"]),
    ],
)
def test_a_number_behind_a_curse_is_asked_back_and_its_mark_asks_nothing_else(
    language: str, said: str, asked: str, kept: list[str]
) -> None:
    lines = Script().enrol(language=language).start("weekly-check-in").say(said).play()
    assert asked in texts(lines)[-1]
    assert all(words in e["raw"] for e, words in zip(entries(lines, "question"), kept, strict=True))


@pytest.mark.parametrize(
    ("flow", "before"),
    [
        ("weekly-check-in", []),
        ("weekly-check-in", ["6"]),
        ("weekly-check-in", ["6", "2", "2"]),
        ("odi", []),
        ("start-back", []),
    ],
)
def test_a_question_in_between_is_kept_and_the_pending_one_put_again(
    flow: str, before: list[str]
) -> None:
    script = Script().enrol().start(flow).say(*before)
    pending = texts(script.play())[-1].split("/")[-1]
    lines = script.say("is it dangerous to cycle?").play()
    assert [e["raw"] for e in entries(lines, "question")] == ["is it dangerous to cycle?"]
    kept, _, again = texts(lines)[-1].partition("\n")
    assert kept == "I cannot answer that, but it is kept as a question for your next visit."
    assert again.split("/")[-1].split("\n")[-1] == pending.split("\n")[-1]


@pytest.mark.parametrize(
    ("language", "said", "kept"),
    [
        ("en", "should I take 2?", "should I take 2?"),
        ("en", "is it ok if I walk 5?", "is it ok if I walk 5?"),
        ("en", "my back is sore, can I lift 5?", "can I lift 5?"),
        ("da", "må jeg tage 2?", "må jeg tage 2?"),
        ("da", "kan jeg løfte 5?", "kan jeg løfte 5?"),
        ("da", "jeg er øm, må jeg løfte 5?", "må jeg løfte 5?"),
    ],
)
def test_a_question_that_ends_in_a_number_is_no_answer_in_doubt(
    language: str, said: str, kept: str
) -> None:
    lines = Script().enrol(language=language).start("weekly-check-in").say(said).play()
    assert [e["raw"] for e in entries(lines, "question")] == [kept]
    assert texts(lines)[-1].startswith(("I cannot answer that", "Det kan jeg ikke svare på"))
    assert texts(lines)[-1].endswith(texts(lines)[-2].partition("1/4 ")[2])


@pytest.mark.parametrize(
    ("language", "edited", "unread"),
    [
        ("en", "meh", "I could not read the change. Nothing was changed: Pain."),
        ("da", "tja", "Jeg kunne ikke læse rettelsen. Intet er ændret: Smerter."),
    ],
)
@pytest.mark.parametrize("said", ["6 / 10", "6/10"])
def test_a_stroke_in_an_answer_is_no_sign_that_it_was_asked_back(
    language: str, edited: str, unread: str, said: str
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(said, id="m1").say("4")
    assert unread in texts(script.say(edited, edits="m1").play())[-1]


# Help that grows


@pytest.mark.parametrize(
    ("flow", "before", "answer"),
    [
        ("weekly-check-in", [], "6"),
        ("weekly-check-in", ["6"], "3"),
        ("weekly-check-in", ["6", "2", "2"], "no"),
        ("odi", [], "C"),
        ("start-back", [], "agree"),
        ("start-back", ["agree"] * 8, "A"),
        ("intake", [], "A"),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "telegram", "web"])
def test_help_grows_for_every_kind_of_question(
    channel: str, flow: str, before: list[str], answer: str
) -> None:
    script = Script().enrol(channel=channel).start(flow).say(*before)
    question = texts(script.play())[-1]
    lines = script.say(*["hm hm"] * 4, answer).play()
    hint, whole, way_out, again = texts(lines)[-5:-1]
    assert len(hint) < len(question)
    assert hint.startswith("I did not get that.")
    assert question.split("\n")[-1] in whole
    assert "SKIP or LATER" in way_out
    assert "on the list for a person" in way_out
    assert "on the list for a person" not in again, "the clinic hears of it once"
    assert "SKIP or LATER" in again
    assert again.split("\n")[0] != way_out.split("\n")[0], "nothing is repeated word for word"
    assert entries(lines, "answer")[-1]["raw"] == answer


def test_empty_own_words_are_asked_for() -> None:
    lines = Script().enrol().start("intake").say("A", " ").play()
    assert texts(lines)[-1] == "Please write it in your own words."


# What older versions wrote


def test_what_older_versions_wrote_is_read() -> None:
    assert Memory.from_json(b"{}") == Memory()
    session = Session("odi", "hash", "en")
    opened = OpenSession(session, datetime(2026, 1, 5, tzinfo=UTC), {}, 1)
    assert b"helped" not in opened.to_json()
    assert OpenSession.from_json(1, opened.to_json()).helped is False


def test_what_is_remembered_comes_back() -> None:
    memory = Memory(
        finished=7, known={"intake/goal": ["2026-01-05", None, None, "walk"]},
        heard_on="2026-01-05", died=True,
    )  # fmt: skip
    assert Memory.from_json(memory.to_json()) == memory


@pytest.mark.parametrize(
    ("language", "yes", "no", "title"),
    [("en", "Yes", "No", "Pain"), ("da", "Ja", "Nej", "Smerter")],
)
def test_a_no_pressed_after_the_yes_puts_that_question_again(
    language: str, yes: str, no: str, title: str
) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    script.say("6/10 but worse at night" if language == "en" else "6/10 men værre om natten")
    script.tap(yes).tap(no)
    assert "1/4" in texts(script.play())[-1]
    lines = script.tap("5").play()
    assert f"{title}: 5." in texts(lines)[-1]
    assert [(e["kind"], e["value"]) for e in entries(lines) if e.get("item") == "pain"] == [
        ("answer", 6),
        ("correction", 5),
    ]


@pytest.mark.parametrize(
    ("language", "said", "kept"),
    [
        ("en", "are you human or not, 7", "are you human or not"),
        ("en", "why do you not ask about my neck? 7", "why do you not ask about my neck"),
        ("da", "er du et menneske eller ej, 7", "er du et menneske eller ej"),
    ],
)
def test_a_number_beside_a_question_is_asked_back_and_not_dropped(
    language: str, said: str, kept: str
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(said)
    lines = script.play()
    assert [e["raw"] for e in entries(lines, "question")] == [kept]
    assert {"en": "7, is that right?", "da": "7, er det rigtigt?"}[language] in texts(lines)[-1]
    script.say({"en": "yes", "da": "ja"}[language])
    assert [e["value"] for e in entries(script.play(), "answer")] == [7]
