from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.command_patterns import BadPattern, Group, Node, Slot, Word, parse
from bot.commands import STOP, Command, asks, means_everybody, recognise, role_of
from flows.lexicon import Sense
from templates.command_words import load_command_words
from tests.flows.samples import languages, library

SAID = {
    "en": {
        "stop": [
            "Stop", "STOP.", "stop!", "/stop", "stop please", "Please stop", "Stop it", "stop all",
            "unsubscribe", "cancel", "end", "quit", "opt out", "Please stop texting me",
            "stop sending me these messages", "Stop all messages", "no more questions please",
            "I want to stop", "leave me alone", "take me off your list", "  stop  ",
        ],
        "start": ["start", "START", "unstop", "start again", "/start"],
        "help": ["help", "HELP!", "?", "info", "Help me", "I need help", "what can I do?", "menu"],
        "back": ["back", "go back", "undo", "previous", "the last question again"],
        "skip": [
            "skip", "pass", "next", "skip it", "skip this question", "rather not say",
            "I would rather not answer", "I'd rather not say", "I’d rather not say", "no comment",
            "stop asking me about sex", "no more sex questions",
        ],
        "does-not-apply": [
            "does not apply", "doesn't apply", "It doesn't apply to me", "n/a", "not relevant",
        ],
        "later": ["later", "not now", "ask me again later", "remind me later", "can't now"],
        "progress": ["how am I doing", "How am I doing?", "summary", "status", "my progress"],
        "who": ["who can see my data", "Who can see my data?", "who", "who has access"],
        "send": ["share", "send my summary"],
        "add-professional": ["add a professional", "add somebody"],
        "stop-sharing": ["stop sharing", "Stop sharing my data", "unshare"],
    },
    "da": {
        "stop": [
            "Stop", "stop nu", "afmeld", "stop tak", "venligst stop", "Jeg vil gerne stoppe",
            "stop nu med alle de spørgsmål", "jeg vil ikke have flere beskeder", "lad mig være",
            "ikke flere spørgsmål tak", "hold op med at skrive til mig", "stop det her",
            "jeg gider ikke mere", "slet mit nummer",
        ],
        "start": ["start", "tilmeld", "start igen", "begynd igen"],
        "help": ["hjælp", "HJÆLP!", "hjaelp", "Hjælp mig", "jeg har brug for hjælp", "?"],
        "back": ["tilbage", "gå tilbage", "fortryd", "det sidste spørgsmål igen"],
        "skip": [
            "spring over", "spring det over", "næste", "det vil jeg helst ikke svare på",
            "stop med at spørge om sex", "hold op med at spørge om mit sexliv",
        ],
        "does-not-apply": ["ikke relevant", "det er ikke relevant for mig", "passer ikke"],
        "later": ["senere", "ikke nu", "spørg mig igen senere", "om lidt"],
        "progress": ["hvordan går det", "Hvordan går det med mig?", "status", "vis mine tal"],
        "who": ["hvem kan se mine data", "hvem kan se mine svar?", "hvem har adgang"],
        "send": ["del", "send mit overblik"],
        "add-professional": ["tilføj en behandler", "ny behandler"],
        "stop-sharing": ["stop deling", "Stop med at dele", "luk adgangen"],
    },
}  # fmt: skip

WITH_WORDS = [
    ("da", "tilmeld K7M42P", "code", {"code": "K7M42P"}),
    ("en", "send my summary to my physio", "send", {"whom": "physio"}),
    ("en", "Send my summary to Anne Berg.", "send", {"whom": "Anne Berg"}),
    ("en", "share with my doctor, Bo Holm, bo@clinic.dk", "send",
     {"whom": "doctor, Bo Holm, bo@clinic.dk"}),
    ("en", "let my physio see my numbers", "send", {"whom": "physio"}),
    ("en", "stop sharing with my physio", "stop-sharing", {"whom": "physio"}),
    ("en", "add my chiropractor Lars", "add-professional", {"whom": "chiropractor Lars"}),
    ("en", "question for my next visit: may I run?", "question", {"text": "may I run?"}),
    ("en", "ask my physio can I lift", "question", {"text": "can I lift"}),
    ("en", "Note The cat\nkept me awake!", "note", {"text": "The cat\nkept me awake!"}),
    ("da", "send mit overblik til min fysioterapeut", "send", {"whom": "fysioterapeut"}),
    ("da", "Del mine svar med Anne Berg", "send", {"whom": "Anne Berg"}),
    ("da", "send til min læge", "send", {"whom": "læge"}),
    ("da", "lad min fys se mine tal", "send", {"whom": "fys"}),
    ("da", "stop deling med Anne", "stop-sharing", {"whom": "Anne"}),
    ("da", "tilføj min læge Bo", "add-professional", {"whom": "læge Bo"}),
    ("da", "spørgsmål til mit næste besøg: må jeg løbe?", "question", {"text": "må jeg løbe?"}),
    ("da", "husk at ringe", "note", {"text": "at ringe"}),
]  # fmt: skip

NEAR_MISSES = {
    "en": [
        "I can't stop thinking about it", "it will not stop", "I want this to stop", "don't stop",
        "the pain stops me", "stop smoking", "does it stop?", "stop and go",
        "help me lift", "it does not help", "nothing helps", "my wife helps me",
        "back pain", "it's back", "my back", "back hurts", "lower back", "get back to you",
        "skip rope hurts", "I skip sport", "passing water hurts", "next week", "next to the spine",
        "later in the day it hurts", "a bit later", "not now but yesterday",
        "start of the week", "it starts at night", "end of the day", "who knows",
        "no", "yes", "n", "y", "7", "A", "about 6", "agree", "add 1", "add pills",
        "share of pain", "I do not apply cream", "note", "question", "my doctor",
        "status quo", "info about pills",
    ],
    "da": [
        "nej", "ja", "hej", "n", "j", "7", "A", "enig", "cirka 6", "top", "stat",
        "jeg kan ikke stoppe med at tænke på det", "det stopper ikke", "det skal stoppe",
        "stop ikke", "hjælper ikke", "min kone hjælper mig", "hjælp til at løfte",
        "ondt i ryggen", "tilbage i sengen", "smerterne er tilbage", "jeg springer over hegn",
        "spring ikke", "næste uge", "senere på dagen", "lidt senere", "passer fint",
        "starten af ugen", "slut med sport", "hvem ved", "del af smerten", "hvordan skal jeg sidde",
        "note", "spørgsmål", "min læge",
    ],
}  # fmt: skip

EXAMPLES = [
    (language, text, name)
    for language, commands in SAID.items()
    for name, texts in commands.items()
    for text in texts
]
MISSES = [(language, text) for language, texts in NEAR_MISSES.items() for text in texts]
LANGUAGES = sorted(load_command_words())


@pytest.mark.parametrize(("language", "text", "name"), EXAMPLES)
def test_a_command_is_known_by_word_and_by_sentence(language: str, text: str, name: str) -> None:
    command = recognise(text, language)

    assert command is not None
    assert (command.name, dict(command.slots)) == (name, {})


@pytest.mark.parametrize(("language", "text", "name", "slots"), WITH_WORDS)
def test_what_a_command_is_about_is_taken_as_the_patient_wrote_it(
    language: str, text: str, name: str, slots: dict[str, str]
) -> None:
    command = recognise(text, language)

    assert command is not None
    assert (command.name, dict(command.slots)) == (name, slots)


@pytest.mark.parametrize(("language", "text"), MISSES)
def test_words_that_only_look_like_a_command_are_none(language: str, text: str) -> None:
    assert recognise(text, language) is None


@pytest.mark.parametrize(("language", "text", "name"), EXAMPLES)
def test_a_command_is_known_in_the_other_language_too(language: str, text: str, name: str) -> None:
    other = next(each for each in LANGUAGES if each != language)

    command = recognise(text, other)

    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("text", ["", " ", "...", "👍", "\u200b", "!"])
def test_nothing_said_is_no_command(text: str) -> None:
    assert recognise(text, "en") is None


PATTERNS = [
    (language, name, parse(pattern.removeprefix("~"), words.phrases))
    for language, words in load_command_words().items()
    for name, patterns in words.commands.items()
    for pattern in patterns
]
FREE = {
    "whom": ["Anne", "Bo Holm", "x@y.dk", "Zoë"],
    "plan": ["walk 30 minutes a day"],
    "nth": ["2", "11"],
    "called": ["Anne Berg", "Zoë Holm"],
    "text": ["Thursday 10", "may I run", "Zoë says hello"],
    "until": ["until Friday", "til den 12. juni", "for two weeks", "i en måned"],
    "unclear": ["the cows come home", "sommeren er slut"],
    "when": ["at 19", "om tirsdagen kl. 8"],
    "place": ["New York", "London", "Tokyo"],
    "code": ["48213", "K7M42P", "K7M4-2PQR", "k7m4 2pqr"],
    "number": ["20304050", "+45 20 30 40 50"],
    "day": ["tomorrow", "i morgen"],
    "role": ["physio", "fys", "doctor", "læge"],
    "moved": ["Friday at 12", "9. januar kl. 8"],
    "meeting": ["Anne on Friday at 10", "Anne i morgen kl. 9"],
    "somebody": ["physio - Anne Jensen - anne@x.dk", "fys, Anne", "Anne anne@x.dk"],
}


@st.composite
def written(draw: st.DrawFn, nodes: Sequence[Node]) -> str:
    """A message of this pattern, in any case and with any punctuation at its end."""
    words = " ".join(filter(None, (draw(_part(node)) for node in nodes)))
    ending = draw(st.sampled_from(["", ".", "!", " "]))
    return draw(st.sampled_from([words, words.upper(), words.capitalize()])) + ending


def _part(node: Node) -> st.SearchStrategy[str]:
    match node:
        case Word(text):
            return st.just(text)
        case Slot(name):
            return st.sampled_from(FREE[name])
        case Group(choices, optional):
            written_out = [_sequence(choice) for choice in choices]
            return st.one_of(*written_out, *([st.just("")] if optional else []))


def _sequence(nodes: Sequence[Node]) -> st.SearchStrategy[str]:
    return st.tuples(*map(_part, nodes)).map(lambda words: " ".join(filter(None, words)))


@given(st.sampled_from(PATTERNS).flatmap(lambda p: st.tuples(st.just(p), written(p[2]))))
def test_every_pattern_means_its_own_command(
    example: tuple[tuple[str, str, Sequence[Node]], str],
) -> None:
    (language, name, _), text = example

    command = recognise(text, language)

    assert command is not None
    assert command.name == name


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_whatever_is_written_is_a_command_or_none(text: str, language: str) -> None:
    command = recognise(text, language)

    assert command is None or command.name in load_command_words()[language].commands


def all_words(kind: str) -> Iterator[tuple[str, str]]:
    for words in load_command_words().values():
        for role, names in getattr(words, kind).items():
            yield from ((role, name) for name in names)


def test_a_role_is_known_by_every_word_for_it_and_by_no_other() -> None:
    for role, name in all_words("roles"):
        assert role_of(name.upper()) == role
    assert role_of("Anne") is None
    assert role_of("") is None


def test_no_word_names_two_roles() -> None:
    named = [(name, role) for role, name in all_words("roles")]

    assert len({name for name, _ in named}) == len(set(named))


@pytest.mark.parametrize("text", ["everybody", "All of them.", "alle", "Dem alle"])
def test_everybody_is_understood(text: str) -> None:
    assert means_everybody(text)
    assert not means_everybody(f"{text} but Anne")


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("what about cycling", True),
        ("7 and can I run", True),
        ("må jeg cykle", True),
        ("hvorfor gør det ondt", True),
        ("the cat kept me awake", False),
        ("worse than on Monday", False),
        ("jeg er træt", False),
        ("I know what helps", False),
    ],
)
def test_a_question_is_told_from_a_remark(text: str, is_question: bool) -> None:
    assert asks(text) is is_question


@pytest.mark.parametrize(
    "pattern", ["", "(stop", "stop)", "[stop", "stop [now)", "(a||b)", "stop <nothing>", "()"]
)
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        parse(pattern, {"msg": "messages"})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thanks for everything but please stop the messages"),
        ("en", "I am fine. Stop."),
        ("en", "STOP. I can't feel my legs"),
        ("en", "Unsubscribe please. And tell my physio that it is better"),
        ("da", "jeg har det bedre, så hold nu op med at skrive til mig"),
        ("da", "Stop. Jeg har fået det bedre"),
        ("da", "tak for nu, stop"),
    ],
)
def test_a_wish_to_stop_is_heard_among_other_words(language: str, text: str) -> None:
    assert recognise(text, language) == Command(STOP)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("send my summary to my physio until June", {"whom": "physio", "until": "until June"}),
        ("share with Anne Berg for two weeks", {"whom": "Anne Berg", "until": "for two weeks"}),
        ("send my summary to my doctor once", {"whom": "doctor", "until": "once"}),
        ("del mit overblik med min læge i en måned", {"whom": "læge", "until": "i en måned"}),
        ("send my summary to June", {"whom": "June"}),
    ],
)
def test_until_when_is_taken_from_the_sentence(text: str, slots: dict[str, str]) -> None:
    command = recognise(text, "en")

    assert command == Command("send", slots)


@pytest.mark.parametrize("text", ["at 19", "kl. 19", "Mondays", "on Mondays please", "på tirsdage"])
def test_a_day_or_an_hour_alone_gives_way_to_a_good_answer(text: str) -> None:
    command = recognise(text, "en")

    assert command is not None
    assert (command.name, command.weak) == ("rhythm", True)


@pytest.mark.parametrize("text", ["19", "Monday", "7", "19:30", "on Monday", "mandag"])
def test_a_bare_number_or_day_changes_nothing(text: str) -> None:
    assert recognise(text, "en") is None


ANSWER_SENSES = (
    Sense.HEDGE, Sense.UNSURE, Sense.ABOUT, Sense.YES, Sense.NO, Sense.WEAK_YES, Sense.CONFIRM,
    Sense.DENY, Sense.AGREE, Sense.DISAGREE, Sense.NUMBER, Sense.NONE,
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_an_answer_asks_to_stop(language: str) -> None:
    words = [
        " ".join(phrase)
        for phrase, meaning in languages()[language].phrases.items()
        if not meaning.senses.isdisjoint(ANSWER_SENSES)
    ]
    labels = [
        option.text[language]
        for flow in library().flows.values()
        for item in flow.items
        for option in item.options
    ]

    assert words
    assert labels
    stopping = {said for said in words + labels if recognise(said, language) == Command(STOP)}
    assert stopping <= {"hold op"}, "an exclamation too, but whoever means it must be heard"
