"""Words in every language, and what happens when some are missing."""

import pytest

from templates import BrokenCatalogue, Catalogue, Kind, MissingMessage, compare, load_catalogues


def catalogue(text: str, file: str = "en.yaml") -> Catalogue:
    return Catalogue.read(text, file)


def test_a_message_is_found_by_its_path_and_filled() -> None:
    words = catalogue("ask:\n  hello: 'Hello {name}, week {week}'")
    assert words.say("ask.hello", name="Birgit", week=3) == "Hello Birgit, week 3"


def test_every_scalar_is_the_text_that_stands_there() -> None:
    words = catalogue("a: no\nb: 18:00\nc: 0123\nd: '{{kept}}'")
    assert [words.say(key) for key in "abcd"] == ["no", "18:00", "0123", "{kept}"]


def test_the_language_is_the_name_of_the_file() -> None:
    assert catalogue("a: x", "messages/da.yaml").language == "da"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [("en", 1, "1 day"), ("en", 0, "0 days"), ("en", 3, "3 days"), ("da", 1, "1 day")],
)
def test_a_number_chooses_its_form(language: str, n: int, said: str) -> None:
    words = catalogue("days:\n  one: '{n} day'\n  other: '{n} days'", f"{language}.yaml")
    assert words.count("days", n) == said


@pytest.mark.parametrize("key", ["nothing", "ask", "ask.hello.again"])
def test_an_unknown_key_is_never_shown_to_anybody(key: str) -> None:
    with pytest.raises(MissingMessage, match=key):
        catalogue("ask:\n  hello: Hello").say(key)


def test_a_placeholder_that_was_not_given_is_named() -> None:
    with pytest.raises(MissingMessage, match=r"\{days\}"):
        catalogue("a: '{days} days'").say("a", weeks=2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", r"en.yaml:2: a stands twice"),
        ("a:\n  b: 1\na.b: 2", r"en.yaml:3: a.b stands twice"),
        ("a: x\nb: [1, 2]", r"en.yaml:2: b is neither"),
        ("a:", r"en.yaml:1: a is neither"),
        ("- a", r"en.yaml:1: expected keys"),
        ("", r"en.yaml:1: expected keys"),
        ("a: 'open", r"en.yaml:1"),
        ("a: 'Hello {name'", r"en.yaml:1: a: "),
        ("a: 'Hello {0}'", r"'0' is not a name"),
        ("a: 'Hello {}'", r"'' is not a name"),
        ("a: 'Hello {name.first}'", r"'name.first' is not a name"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(BrokenCatalogue, match=problem):
        catalogue(text)


def test_languages_that_differ_are_told_apart() -> None:
    english = catalogue("a: '{days} days'\nb: x\nrole:\n  gp: GP\n  other: other")
    danish = catalogue("a: '{dage} dage'\nrole:\n  gp: læge\n  other: anden", "da.yaml")
    assert compare({"en": english, "da": danish}) == [
        "a: da fills dage; en fills days",
        "b: missing in da",
    ]


def test_plural_forms_are_those_of_each_language() -> None:
    english = catalogue("d:\n  one: '{n} day'\n  other: '{n} days'")
    polish = catalogue("d:\n  one: '{n} a'\n  few: '{n} b'\n  other: '{n} c'", "pl.yaml")
    assert compare({"en": english, "pl": polish}) == ["d.many: missing in pl"]


@pytest.mark.parametrize("kind", ["messages", "words"])
def test_our_languages_agree(kind: Kind) -> None:
    catalogues = load_catalogues(kind)
    assert {"en", "da"} <= set(catalogues)
    assert compare(catalogues) == []


@pytest.mark.parametrize("language", ["en", "da"])
def test_nobody_reads_high_risk(language: str) -> None:
    texts = " ".join(load_catalogues("words")[language].messages.values()).lower()
    assert "high risk" not in texts
    assert "høj risiko" not in texts
