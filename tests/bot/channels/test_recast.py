"""A message on another channel than it was written for."""

from __future__ import annotations

import pytest

from bot.channels import telegram, web
from bot.channels.recast import recast
from bot.messages import Button, Choice, Choices, Layout, Message, Rendered
from templates.catalogue import load_catalogues

WORDS = load_catalogues("messages")["en"]
STATEMENTS = Message(
    "Which fits best?",
    Choices(
        [
            Choice("A", "I can walk as far as I like without any trouble", "s.1.1.a"),
            Choice("B", "I can walk no further than a kilometre because of pain", "s.1.1.b"),
        ]
    ),
)
SHORT = Message(
    "Which one?", Choices([Choice("A", "Anne Berg", "t.1.a"), Choice("B", "Nobody", "t.1.b")])
)
YES_NO = Message(
    "Shall I?", Choices([Choice("Y", "Yes", "t.1.yes"), Choice("N", "No", "t.1.no")]), Layout.YES_NO
)
SCALE = Message(
    "How bad is it?",
    Choices(Choice(str(number), str(number), f"s.1.1.{number}") for number in range(11)),
    Layout.DIGITS,
)


@pytest.mark.parametrize("form", [telegram.render, web.render])
@pytest.mark.parametrize(
    ("message", "named"),
    [
        (STATEMENTS, ["A: I can walk as far", "B: I can walk no further"]),
        (SHORT, ["Anne Berg", "Nobody"]),
        (YES_NO, ["Yes", "No"]),
        (SCALE, ["(0-10)"]),
        (SCALE._replace(anchors=("no pain", "the worst")), ["no pain", "the worst", "0", "10"]),
    ],
)
def test_whatever_can_be_pressed_can_be_typed_on_sms(
    form: object, message: Message, named: list[str]
) -> None:
    assert callable(form)
    moved = recast(form(message, WORDS), "sms")
    assert moved.buttons == ()
    assert moved.text.startswith(message.text)
    for words in named:
        assert moved.text.count(words) == 1 or words.isdigit()


def test_a_plain_text_stays_as_it_is() -> None:
    for channel in ("sms", "telegram", "web", "whatsapp"):
        assert recast(Rendered("Thanks."), channel) == Rendered("Thanks.")


def test_buttons_go_along_where_there_are_buttons() -> None:
    rendered = Rendered("Which?", (Button("A", "x"),), picture="<svg/>")
    assert recast(rendered, "web") == rendered
    assert recast(rendered, "sms").picture == ""
