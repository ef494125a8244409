"""Whoever sets a clinic up reads what is wrong with a provider, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backtrace.doctor import Finding, Verdict, text_to_paste
from backtrace.doctor.deployment import deployment
from backtrace.doctor.telegram import telegram
from backtrace.doctor.twilio import twilio
from backtrace.settings import Settings
from tests.house.answers import answering

TOKEN = "4711:abc"
SID = "AC" + "0" * 32
PUBLIC = "https://nord.example"
BOT = {"ok": True, "result": {"id": 4711, "is_bot": True, "first_name": "N", "username": "nordbot"}}
NUMBER = "/2010-04-01/Accounts/" + SID + "/IncomingPhoneNumbers.json"
ACCOUNT = "/2010-04-01/Accounts/" + SID + ".json"


def webhook(url: str, **more: Any) -> dict[str, Any]:
    return {
        "ok": True,
        "result": {"url": url, "has_custom_certificate": False, "pending_update_count": 0, **more},
    }


def said(findings: list[Finding]) -> tuple[Verdict, str]:
    """The last finding about the channel: the others were fine."""
    return findings[-1].verdict, findings[-1].says


def ask_telegram(
    info: dict[str, Any], me: tuple[int, Any] = (200, BOT), **settings: Any
) -> list[Finding]:
    answers = {f"/bot{TOKEN}/getMe": me, f"/bot{TOKEN}/getWebhookInfo": (200, info)}
    with answering(answers) as url:
        given = {
            "public_url": PUBLIC,
            "telegram_webhook_secret": "s3cret",
            **settings,
        }
        return list(telegram(Settings(telegram_token=TOKEN, telegram_api_url=url, **given)))


def ask_twilio(
    number: dict[str, Any] | None, account: tuple[int, Any] | None = None, **settings: Any
) -> list[Finding]:
    numbers = {"incoming_phone_numbers": [number] if number else [], "page_size": 50}
    answers = {ACCOUNT: account or (200, {"status": "active"}), NUMBER: (200, numbers)}
    with answering(answers) as url:
        given = {
            "public_url": PUBLIC,
            "twilio_account_sid": SID,
            "twilio_auth_token": "t0ken",
            "twilio_from": "+4512345678",
            **settings,
        }
        found = twilio(Settings(twilio_api_url=url, **given))
        return [finding for finding in found if finding.what == "SMS"]


def test_a_channel_without_settings_is_off() -> None:
    assert [f.verdict for f in telegram(Settings())] == [Verdict.OFF]
    assert [f.verdict for f in twilio(Settings())] == [Verdict.OFF, Verdict.OFF]


def test_a_file_that_is_not_there_yet_is_not_called_one_that_is(tmp_path: Path) -> None:
    def told() -> dict[str, str]:
        settings = Settings(database_url=f"sqlite:///{tmp_path / 'clinic.db'}")
        return {finding.what: finding.says for finding in deployment(settings)}

    files = {"list of the erased": ".erased", "audit log": ".audit"}
    new = told()
    for what, end in files.items():
        assert new[what].startswith(f"{tmp_path / 'clinic.db'}{end}, which the first process will")
        (tmp_path / f"clinic.db{end}").touch()
    assert not any("will make" in told()[what] for what in files)


def test_a_bot_whose_webhook_is_ours_is_fine() -> None:
    findings = ask_telegram(webhook(f"{PUBLIC}/telegram/webhook"))
    assert [finding.verdict for finding in findings] == [Verdict.OK, Verdict.OK]
    assert "@nordbot" in findings[0].says


@pytest.mark.parametrize(
    ("info", "settings", "advice"),
    [
        (webhook(""), {}, "the webhook is not set: start `backtrace serve`"),
        (webhook("https://old.example/x"), {}, "the webhook points elsewhere"),
        (webhook(""), {"public_url": "http://nord.example"}, "must begin with https://"),
        (
            webhook("https://old.example/x"),
            {"telegram_webhook_secret": None},
            "polling brings nothing",
        ),
        (
            webhook(
                f"{PUBLIC}/telegram/webhook",
                pending_update_count=3,
                last_error_date=1,
                last_error_message="Connection refused",
            ),
            {},
            "3 updates wait; Telegram says: Connection refused",
        ),
    ],
)
def test_what_keeps_telegram_from_us_is_named(
    info: dict[str, Any], settings: dict[str, Any], advice: str
) -> None:
    verdict, says = said(ask_telegram(info, **settings))
    assert verdict is Verdict.WRONG
    assert advice in says


def test_a_bot_of_another_name_than_the_tokens_is_named() -> None:
    findings = ask_telegram(webhook(f"{PUBLIC}/telegram/webhook"), telegram_bot="otherbot")
    assert findings[0].verdict is Verdict.WRONG
    assert "names another bot" in findings[0].says


def test_without_a_secret_and_a_webhook_updates_are_polled_for() -> None:
    verdict, says = said(ask_telegram(webhook(""), telegram_webhook_secret=None))
    assert (verdict, says) == (Verdict.OK, "no webhook: updates are polled for")


def test_a_refused_token_is_named_and_not_repeated() -> None:
    refusal = (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    verdict, says = said(ask_telegram(webhook(""), me=refusal))
    assert verdict is Verdict.WRONG
    assert "the token was refused" in says
    assert TOKEN not in says


def test_a_provider_that_cannot_be_reached_is_named() -> None:
    with answering({}) as url:
        pass
    (asked,) = telegram(Settings(telegram_token=TOKEN, telegram_api_url=url))
    assert asked.verdict is Verdict.WRONG
    assert "cannot be asked" in asked.says
    twilio_settings = Settings(
        twilio_api_url=url, twilio_account_sid=SID, twilio_auth_token="t", twilio_from="+45"
    )
    assert "cannot be asked" in next(iter(twilio(twilio_settings))).says


def test_a_number_that_brings_its_messages_to_us_is_fine() -> None:
    number = {"capabilities": {"sms": True}, "sms_url": f"{PUBLIC}/twilio/messages"}
    assert {finding.verdict for finding in ask_twilio(number)} == {Verdict.OK}


@pytest.mark.parametrize(
    ("number", "settings", "advice"),
    [
        (None, {}, "no number of this account"),
        ({"capabilities": {"sms": False}, "sms_url": ""}, {}, "cannot do SMS"),
        ({"capabilities": {"sms": True}, "sms_url": ""}, {}, "go nowhere"),
        (
            {"capabilities": {"sms": True}, "sms_url": "https://demo.twilio.com/x"},
            {},
            f"go elsewhere: in Twilio's console, under 'A message comes in', write {PUBLIC}",
        ),
        (
            {"capabilities": {"sms": True}, "sms_url": ""},
            {"public_url": "http://nord.example"},
            "must begin with https://",
        ),
        (None, {"twilio_auth_token": None}, "set BACKTRACE_TWILIO_AUTH_TOKEN as well"),
    ],
)
def test_what_keeps_sms_from_us_is_named(
    number: dict[str, Any] | None, settings: dict[str, Any], advice: str
) -> None:
    findings = ask_twilio(number, **settings)
    wrong = [finding.says for finding in findings if finding.verdict is Verdict.WRONG]
    assert [advice in says for says in wrong] == [True]


def test_a_refused_account_is_named_and_its_token_not_repeated() -> None:
    findings = ask_twilio(None, account=(401, {"code": 20003, "message": "Authenticate"}))
    assert findings[-1].verdict is Verdict.WRONG
    assert "Twilio refused the account" in findings[-1].says
    assert "t0ken" not in findings[-1].says


def test_the_words_for_twilio_are_those_that_we_understand() -> None:
    text = text_to_paste(Settings(clinic_name="Klinik Nord"))
    assert "stop: AFMELD, STOP, STOPP\n" in text
    assert "TILMELD" in text
    assert "HJÆLP" in text
    assert "Klinik Nord: stoppet." in text
