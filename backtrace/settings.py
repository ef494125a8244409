"""Every setting, read once from the environment; nothing below reads it again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.desk_hours import DeskHours

SHORTEST_TOKEN = 24
SHORTEST = 30
"""Days for which a message is kept at least: providers deliver one again for days."""
LONGEST = 36500
"""Days of keeping: a hundred years."""
Answers = Literal["inline", "link"]
"""Whether a channel carries questions and answers itself, or a link to the secure web chat."""


class Settings(BaseSettings):
    """`BACKTRACE_*` variables, or an `.env` file in the folder that the command runs in."""

    model_config = SettingsConfigDict(
        env_prefix="BACKTRACE_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    env: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///backtrace.db"
    keys: SecretStr | None = None
    """The key ring, `id:base64,...`, the first being current; needed in production."""
    erased_file: Path | None = None
    """The list of who was erased, kept apart from the backups; with SQLite `<database>.erased`."""
    audit_log: Path | None = None
    """Where the heads of the audit are noted, apart from it; with SQLite `<database>.audit`."""
    public_url: str = "http://127.0.0.1:8000"
    """Where patients and professionals reach us; https in production."""
    smtp_url: SecretStr | None = None
    mail_from: str = "BackTrace <no-reply@localhost>"
    mail_rate: float = Field(default=10, gt=0)
    """Mails a second that the server takes."""
    telegram_token: SecretStr | None = None
    telegram_bot: str = ""
    """The bot's name, as in t.me/NAME, to which cards lead; empty: Telegram is asked for it."""
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: SecretStr | None = None
    """What Telegram shows with every update; without it updates are polled for."""
    telegram_rate: float = Field(default=30, gt=0)
    """Messages a second that Telegram takes from the bot, whatever sends them."""
    telegram_answers: Answers | None = None
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr | None = None
    twilio_api_url: str = "https://api.twilio.com"
    twilio_from: str = ""
    """The number that SMS come from, as +4512345678, or a short code."""
    twilio_messaging_service_sid: str = ""
    """Instead of a number: the messaging service that chooses one."""
    sms_rate: float = Field(default=10, gt=0)
    """Segments a second that Twilio takes from the number or the messaging service."""
    sms_answers: Answers | None = None
    whatsapp_from: str = ""
    """The number that WhatsApp messages come from."""
    whatsapp_templates: dict[str, str] = Field(default_factory=dict)
    """By language the ContentSid of the approved template for more than 24 hours of silence."""
    whatsapp_rate: float = Field(default=80, gt=0)
    whatsapp_answers: Answers | None = None
    keep_messages_days: int = Field(default=180, ge=SHORTEST, le=LONGEST)
    """For how long messages are kept, and the chat page shows them; answers stay for good."""
    keep_strangers_days: int = Field(default=30, ge=SHORTEST, le=LONGEST)
    """The same of what was written by nobody we know."""
    keep_access_days: int = Field(default=30, ge=1, le=LONGEST)
    """For how long codes, links and devices are kept that open nothing any more."""
    ready_outbox_seconds: float = Field(default=120, gt=0)
    """For how long a reply may wait to go out before /readyz says late."""
    ready_bulk_seconds: float = Field(default=3600, gt=0)
    """The same of a check-in."""
    ready_due_seconds: float = Field(default=300, gt=0)
    """For how long something due may wait before /readyz says late."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Where `worker` answers /metrics, /readyz and /healthz; 0: nowhere."""
    metrics_host: str = "127.0.0.1"
    staff_token: SecretStr | None = None
    """What the clinic's program shows that enrols; better `backtrace staff token new`."""
    clinic_name: str = "BackTrace"
    emergency_number: str = "112"
    doctor_number: str = "1813"
    desk_hours: str = ""
    """When somebody looks at the clinic's list, as `mon-fri 08:00-15:00`; empty: no promise."""
    timezone: str = "Europe/Copenhagen"
    """The clinic's, by which its desk hours are meant and weekly mails go out."""
    helpline_number: str = "70 201 201"
    """For people who think of harming themselves; the default is Denmark's Livslinien."""
    research: bool = False
    """Whether patients are asked, by itself, for their answers to be used in research."""
    minimum_odi_answers: int = Field(default=8, ge=1, le=10)
    next_steps_signed: Path | None = None
    """Who has signed which next steps, as YAML; `backtrace steps` shows how. In production no
    other is told."""
    wording_dir: Path | None = None
    """Wording packs: licensed texts, a YAML file for each instrument and language."""
    definitions_dir: Path | None = None
    """Flows and pathways of the deployment's own, beside those that are shipped."""
    pathways: str = ""
    """The pathways that are offered, with commas between them; empty: all there are."""
    allow_demonstration_wording: bool = False
    """Ask licensed instruments in our own demonstration wording in production, too."""

    @field_validator("database_url")
    @classmethod
    def _one_of_two_databases(cls, url: str) -> str:
        try:
            backend = make_url(url).get_backend_name()
        except ArgumentError:
            backend = ""
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("write sqlite:///file.db or postgresql://user:password@host/name")
        return url

    @field_validator("telegram_bot")
    @classmethod
    def _a_bot(cls, name: str) -> str:
        return name.removeprefix("https://").removeprefix("t.me/").removeprefix("@")

    @field_validator("whatsapp_from")
    @classmethod
    def _a_number(cls, number: str) -> str:
        return number.removeprefix("whatsapp:")

    @field_validator("staff_token")
    @classmethod
    def _long_enough(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(f"write at least {SHORTEST_TOKEN} characters that nobody can guess")
        return token

    @field_validator("desk_hours")
    @classmethod
    def _hours(cls, text: str) -> str:
        if text:
            DeskHours.read(text)
        return text

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("write a zone such as Europe/Copenhagen")
        return name

    @field_validator("public_url", "telegram_api_url", "twilio_api_url")
    @classmethod
    def _a_web_address(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("write it as https://backtrace.clinic.example")
        return url.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.public_url.startswith("https://")


_PREFIX = "BACKTRACE_"
_ELSEWHERE = (
    "BACKTRACE_TEST_DATABASE_URL",
    "BACKTRACE_TEST_LONG",
    "BACKTRACE_TEST_SEED",
    "BACKTRACE_SPECS",
    "BACKTRACE_CHROMIUM",
)
"""What the tests read, and no process of the product does."""


def unknown_settings() -> list[str]:
    """Variables, also of `.env`, that look like ours and are none: misspelt, probably."""
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    written = (*os.environ, *dotenv_values(".env"))
    found = {name for name in written if name.upper().startswith(_PREFIX)}
    return sorted(name for name in found if name.upper() not in known and name not in _ELSEWHERE)


class _Folders(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BACKTRACE_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    wording_dir: Path | None = None
    definitions_dir: Path | None = None


def folders() -> tuple[Path | None, Path | None]:
    """Wording packs and own definitions alone, for commands that ignore every other setting."""
    found = _Folders()
    return found.wording_dir, found.definitions_dir


def unreadable(error: ValidationError | SettingsError) -> Iterator[str]:
    """What to say where the settings themselves cannot be read; values are not repeated."""
    if isinstance(error, SettingsError):
        says = 'a setting that is JSON cannot be read: write it as {"da": "HX...", "en": "HX..."}'
        yield f"settings: BACKTRACE_WHATSAPP_TEMPLATES: {says}"
        return
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        yield f"settings: BACKTRACE_{name}: {problem['msg']}"
