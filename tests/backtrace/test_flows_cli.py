from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backtrace.cli import app
from backtrace.definitions import shipped_library
from bot.channels.forms import FORMS
from bot.segments import segments
from flows.own_words import in_own_words


def show(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["flows", "show", *arguments])


def test_a_danish_sms_check_in_is_shown_message_by_message() -> None:
    result = show("weekly-check-in", "--channel", "sms", "--language", "da")

    parts = re.split(r"^(?:---|===) (.*)\n", result.stdout, flags=re.MULTILINE)[1:]
    heads, texts = parts[::2], [text.rstrip("\n") for text in parts[1::2]]
    assert result.exit_code == 0
    assert texts[0].startswith("Et minut om dine sidste 7 dage:\n1/5 ")
    assert texts[1] == "2/5 Hvor mange af de sidste 7 dage har ryggen generet dig? (0-7)"
    assert texts[4].endswith("J/N")
    counted = [segments(text) for text in texts[:-1]]
    assert [int(re.findall(r"\d+", head)[1]) for head in heads] == [*counted, sum(counted)]
    assert heads[-1] == f"6 messages, {sum(counted)} segments"


def test_telegram_shows_buttons_and_no_segments() -> None:
    result = show("safety-gate", "--channel", "telegram")

    assert "[Yes] [No]" in result.stdout
    assert "segment" not in result.stdout


@pytest.mark.parametrize("flow", sorted(shipped_library().flows))
@pytest.mark.parametrize("channel", sorted(FORMS))
@pytest.mark.parametrize("language", ["en", "da"])
def test_every_flow_can_be_shown(flow: str, channel: str, language: str) -> None:
    result = show(flow, "--channel", channel, "--language", language)

    assert (result.exit_code, result.stderr) == (0, "")
    for item in shipped_library().flow(flow).items:
        assert in_own_words(item.text[language], {}) in result.stdout


@pytest.mark.parametrize(
    ("arguments", "help"),
    [
        (("odii",), "unknown flow 'odii'; did you mean 'odi'?"),
        (("odi", "--channel", "sns"), "unknown channel 'sns'; did you mean 'sms'?"),
        (("odi", "--language", "sv"), "unknown language 'sv'; it can be 'da', 'en'"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments: tuple[str, ...], help: str) -> None:
    result = show(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert help in result.stderr


def test_the_page_of_costs_is_what_the_command_prints() -> None:
    page = Path(__file__).parents[2] / "docs" / "sms-costs.md"

    assert CliRunner().invoke(app, ["flows", "costs"]).stdout == page.read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_first_message_of_the_weekly_check_in_is_one_segment(language: str) -> None:
    result = show("weekly-check-in", "--channel", "sms", "--language", language)

    assert result.stdout.startswith("--- 1 (1 segment)\n")
