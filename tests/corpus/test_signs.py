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

IN_DANGER = {"da": {"da-359", "da-360", "da-361"}, "en": {"en-353", "en-354", "en-355"}}
"""Texts that raise nothing of the patient's: a relative or a neighbour may harm themselves."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_sign_is_raised(language: str) -> None:
    missed = [s.id for s in samples(language) if s.is_positive and not is_right(s)]

    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_other_texts_raise_anything(language: str) -> None:
    others = [sample for sample in samples(language) if not sample.is_positive]
    alarms = [sample.id for sample in others if not is_right(sample)]

    assert len(alarms) <= MOST_FALSE_ALARMS * len(others), alarms


def said(language: str) -> list[tuple[str, str]]:
    lines = (SAID / f"{language}.txt").read_text("utf-8").splitlines()
    return [(level, text) for level, _, text in (line.partition(": ") for line in lines)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_rules_were_tried_with_stays_right(language: str) -> None:
    texts = said(language)

    assert len(texts) > 200
    assert [text for level, text in texts if raised(text)[0] != level] == []


@pytest.mark.parametrize("language", ["de", "es"])
def test_what_cannot_wait_is_heard_in_plain_words_of_other_languages(language: str) -> None:
    texts = said(language)

    assert {level for level, _ in texts} == {"emergency", "self-harm", "none"}
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
        ("can't he pee because of the tablets?", "bladder-bowel"),
        ("kan det passe at hun ikke kan tisse?", "bladder-bowel"),
        ("skal hun ringe når hun ikke kan tisse?", "bladder-bowel"),
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
        "what if she gets a fever?",
        "when should she worry about numbness?",
        "my dog is ill, why can't she pee?",
        "hvad hvis hun får feber?",
        "hvornår skal hun ringe om følelsesløshed?",
        "min hund er syg, hvorfor kan hun ikke tisse?",
        "mor har ikke feber",
        "mor faldt for mange år siden",
        "min hund har feber",
    ],
)
def test_a_helper_too_may_write_of_no_sign(text: str) -> None:
    assert shipped_scanner().scan(text, helped=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "my mother says she will end her life",
        "my dad keeps talking about dying",
        "my wife is self harming",
        "I visited my sister yesterday. She wants to kill herself",
        "what do I do if my dad wants to kill himself?",
        "my neighbour has had enough of life",
        "min far siger han vil slå sig selv ihjel",
        "min kone snakker om at tage livet af sig",
        "min søn vil hænge sig",
        "jeg er bange for at min mand tager livet af sig",
        "hvad gør jeg hvis min far vil slå sig selv ihjel?",
        "far er livstræt",
    ],
)
def test_a_relative_in_danger_is_another_unless_a_helper_writes(text: str) -> None:
    scanner = shipped_scanner()

    assert scanner.report(text)[:2] == ((), True)
    found, other, *_ = scanner.report(text, helped=True)
    assert ([each.sign for each in found], other) == (["self-harm"], False)


@pytest.mark.parametrize(
    "text",
    [
        "my neighbour killed himself last year",
        "my uncle took his own life years ago",
        "my brother tried to kill himself years ago",
        "my mother isn't suicidal",
        "my sister says she doesn't want to kill herself",
        "my husband is killing himself laughing",
        "min nabo tog livet af sig sidste år",
        "min bror prøvede at slå sig ihjel for ti år siden",
        "min kone slår sig ihjel af grin",
        "min mor har ikke selvmordstanker",
        "my wife harms herself by lifting the kids",
        "my mum took all her pills today",
        "min mand skader sig selv, når han løfter forkert",
        "min mor har taget alle sine piller i dag",
    ],
)
def test_nobody_is_in_danger_by_what_was_or_is_not(text: str) -> None:
    assert shipped_scanner().report(text)[:2] == ((), False)


@pytest.mark.parametrize("text", ["the kids say they want to die", "ungerne vil dø"])
def test_who_is_no_patient_may_be_in_danger_beside_a_helper(text: str) -> None:
    assert shipped_scanner().report(text, helped=True)[:2] == ((), True)


@pytest.mark.parametrize(
    "text",
    [
        "my brother wants to kill himself and I think about doing the same",
        "my sister wants to die and so do I",
        "min bror vil tage livet af sig, og jeg tænker på at gøre det samme",
    ],
)
def test_somebody_else_in_danger_hides_nobody(text: str) -> None:
    assert raised(text) == ("self-harm", ("self-harm",))


def test_a_sign_of_the_patient_stands_beside_somebody_else_in_danger() -> None:
    text = "my friend says he wants to kill himself and I can't feel my bum"

    found, other, *_ = shipped_scanner().report(text)

    assert ([each.sign for each in found], other) == (["saddle-numbness"], True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_the_others_only_words_of_self_harm_are_told_whom_to_call(language: str) -> None:
    others = [sample for sample in samples(language) if not sample.is_positive]
    told = {each.id for each in others if shipped_scanner().report(each.say).other_in_danger}

    assert told == IN_DANGER[language]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("this is his daughter, my father can't pee since this morning", "bladder-bowel"),
        ("hi its his daughter. dad cant pee since this morning", "bladder-bowel"),
        ("Hi, I'm Peter's daughter. My father can't pee since this morning", "bladder-bowel"),
        ("This is Peter, Birgit's son. My mother is numb between the legs", "saddle-numbness"),
        ("daughter here. dad can't pee", "bladder-bowel"),
        ("I'm writing for her. my mum can't pee", "bladder-bowel"),
        ("typing for my elderly mother, mum can't pee", "bladder-bowel"),
        ("her husband writing. my wife has a fever of 39", "fever-unwell"),
        ("my mum asked me to write. mum can't pee", "bladder-bowel"),
        ("I'm texting from my mum's phone, my mum can't pee", "bladder-bowel"),
        ("I'm her carer. My patient can't pee", "bladder-bowel"),
        ("his daughter here: my father wants to kill himself", "self-harm"),
        ("det er hans datter, min far kan ikke tisse", "bladder-bowel"),
        ("Hej, jeg er Peters datter. Min far kan ikke tisse siden i morges", "bladder-bowel"),
        ("Det er Peter, Birgits søn. Min mor er følelsesløs i skridtet", "saddle-numbness"),
        ("datter her. far kan ikke tisse", "bladder-bowel"),
        ("jeg skriver for hende. min mor kan ikke tisse", "bladder-bowel"),
        ("svarer for min gamle far, far kan ikke tisse", "bladder-bowel"),
        ("hendes mand skriver. min kone har feber 39", "fever-unwell"),
        ("min mor bad mig skrive. mor kan ikke tisse", "bladder-bowel"),
        ("jeg skriver fra min mors telefon, min mor kan ikke tisse", "bladder-bowel"),
        ("det er Birgits hjemmehjælper. mor kan ikke holde på vandet", "bladder-bowel"),
        ("hendes søn her: min mor vil tage livet af sig", "self-harm"),
        ("the patient can't feel his legs", "both-legs"),
        ("patient cannot pee since this morning", "bladder-bowel"),
        ("daughter of Birgit, mum has wet herself", "bladder-bowel"),
        ("son of Birgit Hansen here. mum can't pee", "bladder-bowel"),
        ("my mum can't pee, this is her phone", "bladder-bowel"),
        ("daughter of a patient here. mum can't pee", "bladder-bowel"),
        ("datter til en patient her, mor kan ikke tisse", "bladder-bowel"),
        ("this is mum's phone. mum can't pee", "bladder-bowel"),
        ("my husband can't feel his legs, he is the patient", "both-legs"),
        ("patienten kan ikke mærke sine ben", "both-legs"),
        ("datter af Birgit, mor har tisset i bukserne", "bladder-bowel"),
        ("søn til Birgit Hansen her. mor kan ikke tisse", "bladder-bowel"),
        ("min mor kan ikke tisse, det er hendes telefon", "bladder-bowel"),
        ("det er mors telefon. mor kan ikke tisse", "bladder-bowel"),
        ("min mand kan ikke mærke sine ben, han er patienten", "both-legs"),
    ],
)
def test_who_says_that_they_write_for_the_patient_is_a_helper(text: str, sign: str) -> None:
    signs, other_in_danger, by_helper, _ = shipped_scanner().report(text)

    assert [found.sign for found in signs] == [sign]
    assert (other_in_danger, by_helper) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "I'm writing for the first time. my mum fell yesterday",
        "I have no answer for that. my mum fell yesterday",
        "who do I text for my results? my son has a fever",
        "I answer for myself, my dad has a fever",
        "I am the mother of three and my son has a fever",
        "it is my wife who has a fever",
        "this is my daughter's phone, my mum has a fever",
        "my mum is here with her daughter, my mum fell yesterday",
        "jeg skriver for at sige at min mor har feber, så jeg træner ikke",
        "jeg skriver på min telefon. min mor faldt i går",
        "jeg skriver for mig selv. Min mor har feber",
        "jeg svarer for første gang. min mor faldt i går",
        "det kan jeg ikke svare for, min far har feber",
        "jeg er mor til tre, og min søn har feber",
        "det er min kone, der har feber",
        "jeg er hos mor, og hun har feber",
        "I am as worried as mum, she has a fever",
        "the patients on the ward can't pee",
        "my patient leaflet says to ask. my mum has a fever",
        "my daughter of five has a fever",
        "this is a phone. my mum has a fever",
        "it is this phone that is old, my mum has a fever",
        "this is his number, my neighbour has a fever",
        "another patient had numbness between her legs",
        "is it normal that a patient has a fever after this?",
        "please be patient, has my mum a fever?",
        "mother of two here, my son has a fever",
        "the wife of my brother, she has a fever",
        "the son of a friend, he has a fever",
        "konen er søster til en veninde, hun har feber",
        "patienterne på stuen kan ikke tisse",
        "en patient på stuen kan ikke tisse",
        "patienten ved siden af kan ikke tisse",
        "det er vores telefon, min mor har feber",
        "det er hans nummer, min nabo har feber",
        "mor til to her, min søn har feber",
        "en søster til min mor, hun har feber",
        "min datter på fem har feber",
    ],
)
def test_who_only_names_a_relative_is_no_helper(text: str) -> None:
    assert shipped_scanner().report(text)[:3] == ((), False, False)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("my wife asked me to write: I can't feel my bum", "saddle-numbness"),
        ("I am using my daughter's phone, I can't pee", "bladder-bowel"),
        ("The nurse here says I have a fever", "fever-unwell"),
        ("I have my daughter here, I can't feel when I pee", "bladder-bowel"),
        ("I can't pee, my wife asked me to write", "bladder-bowel"),
        ("min kone bad mig skrive, jeg kan ikke tisse", "bladder-bowel"),
        ("jeg skriver fra min datters telefon, jeg kan ikke tisse", "bladder-bowel"),
        ("sygeplejersken her siger jeg har feber", "fever-unwell"),
        ("I am a patient of yours, can't pee since this morning", "bladder-bowel"),
        ("jeg er en patient hos jer, kan ikke tisse", "bladder-bowel"),
        ("jeg er Emmas mor og jeg har feber", "fever-unwell"),
    ],
)
def test_own_words_beside_a_relative_are_no_helpers(text: str, sign: str) -> None:
    signs, _, by_helper, of_relative = shipped_scanner().report(text)

    assert [found.sign for found in signs] == [sign]
    assert (by_helper, of_relative) == (False, frozenset())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("his daughter here: I am worried, my father can't pee", {"bladder-bowel"}),
        ("I'm her carer, I think she has a fever", {"fever-unwell"}),
        ("I'm writing on behalf of Birgit: fever 39", {"fever-unwell"}),
        ("daughter here, I have a fever and dad can't pee", {"bladder-bowel"}),
        ("hendes mand skriver. jeg er bange, min kone har feber 39", {"fever-unwell"}),
        ("det er hans datter: feber 39", {"fever-unwell"}),
        ("jeg er Emmas mor, jeg har feber, og hun kan ikke tisse", {"bladder-bowel"}),
    ],
)
def test_of_a_helpers_words_those_of_the_relative_are_marked(text: str, told: set[str]) -> None:
    report = shipped_scanner().report(text)

    assert report.by_helper
    assert report.of_relative == frozenset(told)


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
