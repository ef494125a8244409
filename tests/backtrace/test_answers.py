"""A clinic in production says of each channel whether it carries answers or links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backtrace.answers import AnswersNotChosen, answers_of
from backtrace.doctor import Verdict
from backtrace.doctor.deployment import deployment
from backtrace.settings import Settings
from tests.backtrace.test_cli import new_keys
from tests.house.command import backtrace

ALL = {
    "telegram_token": "1:token",
    "twilio_account_sid": "AC1",
    "twilio_from": "+4512345678",
    "whatsapp_from": "+4512345678",
}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_in_development_answers_are_inline_until_somebody_chooses() -> None:
    assert answers_of(settings(**ALL, sms_answers="link")) == {
        "telegram": "inline", "sms": "link", "whatsapp": "inline"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"telegram_token": "1:token"}, "BACKTRACE_TELEGRAM_ANSWERS"),
        ({"twilio_account_sid": "AC1", "twilio_from": "+4512345678"}, "BACKTRACE_SMS_ANSWERS"),
        (
            {"twilio_account_sid": "AC1", "twilio_messaging_service_sid": "MG1"},
            "BACKTRACE_SMS_ANSWERS",
        ),
        (
            {"twilio_account_sid": "AC1", "whatsapp_from": "+4512345678"},
            "BACKTRACE_WHATSAPP_ANSWERS",
        ),
    ],
)
def test_production_asks_for_the_choice_of_each_channel_that_is_on(
    given: dict[str, str], missing: str
) -> None:
    with pytest.raises(AnswersNotChosen, match=f"^{missing}: choose `link`"):
        answers_of(settings(env="production", **given))


def test_production_asks_nothing_of_channels_that_are_off() -> None:
    assert answers_of(settings(env="production")) == {}
    assert answers_of(settings(env="production", sms_answers="link")) == {}


def test_production_takes_what_was_chosen() -> None:
    chosen = {"telegram_answers": "inline", "sms_answers": "link", "whatsapp_answers": "link"}
    assert answers_of(settings(env="production", **ALL, **chosen)) == {
        "telegram": "inline", "sms": "link", "whatsapp": "link"
    }  # fmt: skip


def test_doctor_names_the_choice_that_is_missing() -> None:
    (wrong,) = found(settings(env="production", telegram_token="1:token"))
    assert wrong[0] is Verdict.WRONG
    assert "BACKTRACE_TELEGRAM_ANSWERS" in wrong[1]
    ((verdict, says),) = found(settings(telegram_token="1:token"))
    assert (verdict, says) == (
        Verdict.OK, "telegram inline; production asks for BACKTRACE_TELEGRAM_ANSWERS"
    )  # fmt: skip
    assert found(settings())[0][0] is Verdict.OFF


def found(of: Settings) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.says) for each in deployment(of) if each.what == "answers"]


@pytest.mark.parametrize("command", ["serve", "enrol"])
def test_production_does_not_start_without_the_choice(tmp_path: Path, command: str) -> None:
    refused = backtrace(
        command,
        folder=tmp_path,
        BACKTRACE_ENV="production",
        BACKTRACE_ALLOW_DEMONSTRATION_WORDING="true",
        BACKTRACE_KEYS=new_keys(tmp_path),
        BACKTRACE_PUBLIC_URL="https://clinic.example",
        BACKTRACE_TELEGRAM_TOKEN="1:token",
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("BACKTRACE_TELEGRAM_ANSWERS: choose `link`")
    assert "Traceback" not in refused.stderr
