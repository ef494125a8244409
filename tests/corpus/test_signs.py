"""What the scanner makes of texts that people write.

Figures when the rules were first measured against the third of the corpus that had been held
back from whoever wrote them: Danish 51 of 60 raised (85.0 %), 6 of 56 others false alarms
(10.7 %); English 53 of 59 raised (89.8 %), 3 of 55 false alarms (5.5 %). Nine of the
English ones (003 to 027) had been seen beforehand; of the other 50, 45 were raised (90.0 %). At
that moment all open entries were read rightly. What was missed has been mended
since, so the held third measures nothing new; texts for a fresh
measurement must come from somebody who has not seen the rules.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from backtrace.languages import shipped_scanner
from bot.conversation.heard import hear
from bot.inbound import Inbound, InboundKind
from tests.bot.house import MORNING
from tests.corpus.signs import LANGUAGES, is_right, raised, samples

MOST_FALSE_ALARMS = 0.05
SAID = Path(__file__).parent / "said"
"""Texts that the author of the rules made up while writing them, each with what it raises."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_sign_is_raised(language: str) -> None:
    missed = [s.id for s in samples(language) if s.is_positive and not is_right(s)]

    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_other_texts_raise_anything(language: str) -> None:
    others = [sample for sample in samples(language) if not sample.is_positive]
    alarms = [sample.id for sample in others if not is_right(sample)]

    assert len(alarms) <= MOST_FALSE_ALARMS * len(others), alarms


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_rules_were_tried_with_stays_right(language: str) -> None:
    lines = (SAID / f"{language}.txt").read_text("utf-8").splitlines()
    texts = [(level, text) for level, _, text in (line.partition(": ") for line in lines)]

    assert len(texts) > 200
    assert [text for level, text in texts if raised(text)[0] != level] == []


@pytest.mark.parametrize(
    "text",
    [
        "I have been numb between the legs since yesterday",
        "numb between my legs",
        "jeg er følelsesløs mellem benene siden i går",
    ],
)
def test_what_is_said_of_between_the_legs_is_not_told_of_both_legs(text: str) -> None:
    assert [found.sign for found in shipped_scanner().scan(text)] == ["saddle-numbness"]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("my mum cant feel when she pees", "bladder-bowel"),
        ("mum has been numb down there since yesterday", "saddle-numbness"),
        ("my wife can't feel her bum, not me", "saddle-numbness"),
        ("is it normal that my mum cant feel when she pees?", "bladder-bowel"),
        ("mum tripped over the cat and fell", "fall-or-crash"),
        ("min mor kan ikke holde på vandet", "bladder-bowel"),
        ("min mand har tabt følelsen i skridtet", "saddle-numbness"),
        ("min kone er følelsesløs i skridtet, ikke mig", "saddle-numbness"),
        ("far vil ikke leve mere", "self-harm"),
    ],
)
def test_whom_a_helper_writes_of_is_the_patient(text: str, sign: str) -> None:
    scanner = shipped_scanner()

    assert scanner.scan(text) == ()
    assert [found.sign for found in scanner.scan(text, helped=True)] == [sign]


@pytest.mark.parametrize(
    "text",
    [
        "mum has no fever",
        "mum was asked about numbness and said no to all",
        "my mum fell years ago",
        "what should I do if mum gets a fever?",
        "my dog has a fever",
        "people with numb bums should call",
        "mor har ikke feber",
        "mor faldt for mange år siden",
        "min hund har feber",
    ],
)
def test_a_helper_too_may_write_of_no_sign(text: str) -> None:
    assert shipped_scanner().scan(text, helped=True) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_helper_takes_no_sign_away(language: str) -> None:
    scanner = shipped_scanner()

    def lost(text: str) -> bool:
        return not set(scanner.scan(text)) <= set(scanner.scan(text, helped=True))

    assert [sample.id for sample in samples(language) if lost(sample.say)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opt_out_beside_a_sign_is_heard(language: str) -> None:
    def stops(text: str) -> bool:
        message = Inbound("sms", "p", "1", InboundKind.TEXT, MORNING, text)
        return hear(message, language, shipped_scanner()).stops

    wrong = [s.id for s in samples(language) if s.is_positive and stops(s.say) is not s.stop]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_corpus_is_large_enough(language: str) -> None:
    positive = [sample for sample in samples(language) if sample.is_positive]

    assert len(samples(language)) >= 120
    assert len(positive) >= 120


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", "none"),
        ("6", "none"),
        ("no", "none"),
        ("?!", "none"),
        ("numb " * 5000, "none"),
        ("I can't feel my bum. " * 200, "emergency"),
        ("I CAN'T FEEL IT WHEN I PEE", "emergency"),
        ("i can\u2019t feel it when i pee", "emergency"),
        ("jeg kan ikke ma\u0308rke na\u030ar jeg tisser", "emergency"),
    ],
)
def test_form_changes_nothing(text: str, level: str) -> None:
    assert raised(text)[0] == level
