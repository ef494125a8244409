"""What the clinic asks for when it enrols, checked in one place for command line and API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal, get_args
from zoneinfo import available_timezones

from bot.conversation.tasks.enrolment import EARLIEST, LATEST, LONGEST_NAME
from bot.deployment import Clinic, Deployment
from bot.inviting import LIFE, Invitee
from bot.phone import read_number

Channel = Literal["telegram", "sms", "whatsapp", "web"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS = 90


class Wrong(ValueError):
    """Something asked for cannot be; `field` is what, the message what to do."""

    def __init__(self, field: str, advice: str) -> None:
        super().__init__(advice)
        self.field = field


@dataclass(frozen=True, slots=True)
class Asked:
    """An enrolment as it was asked for; empty is what was left out."""

    language: str
    channel: str
    name: str = ""
    timezone: str = ""
    """Empty: the clinic's."""
    pathway: str | None = "low-back-pain"
    phone: str = ""
    hour: str = ""
    weekday: str = ""
    consented: bool = False
    days: int = LIFE.days


def invitee_of(deployment: Deployment, asked: Asked) -> Invitee:
    """The patient to be. Raises Wrong."""
    library = deployment.library
    if asked.language not in library.languages:
        raise Wrong("language", f"choose {', '.join(library.languages)}")
    if asked.pathway is not None and asked.pathway not in library.pathways:
        raise Wrong("pathway", f"choose {', '.join(sorted(library.pathways))}")
    timezone = asked.timezone or deployment.clinic.timezone
    if timezone not in available_timezones():
        raise Wrong("timezone", "write it as Europe/Copenhagen")
    name = " ".join(asked.name.split())
    if len(name) > LONGEST_NAME:
        raise Wrong("name", f"write at most {LONGEST_NAME} characters")
    require_way(deployment.clinic, asked.channel)
    return Invitee(
        asked.language,
        timezone,
        asked.pathway,
        name,
        _hour(asked.hour),
        _weekday(asked.weekday),
        asked.consented,
        _phone(asked, timezone, deployment.clinic),
    )


def lifetime_of(days: int) -> timedelta:
    """How long a code lives. Raises Wrong."""
    if not 1 <= days <= MOST_DAYS:
        raise Wrong("days", f"choose 1 to {MOST_DAYS}")
    return timedelta(days=days)


def ways_of(clinic: Clinic) -> dict[str, bool]:
    """By channel whether it is set up here."""
    return {
        "telegram": bool(clinic.telegram_bot),
        "sms": bool(clinic.sms_number or clinic.sms_by_service),
        "whatsapp": bool(clinic.whatsapp_number),
        "web": bool(clinic.public_url),
    }


def require_way(clinic: Clinic, channel: str) -> None:
    """Raise Wrong unless the channel is set up here."""
    ways = ways_of(clinic)
    if not ways.get(channel):
        there = ", ".join(each for each, way in ways.items() if way)
        raise Wrong("channel", f"it is not set up here; choose {there}")


def _phone(asked: Asked, timezone: str, clinic: Clinic) -> str:
    if not asked.phone:
        return ""
    if asked.channel != "sms":
        raise Wrong("phone", "only an SMS can be sent; choose channel sms, or leave the phone out")
    number = read_number(asked.phone, timezone, clinic.timezone)
    if number is None:
        raise Wrong("phone", "write a telephone number with its country code, as +45 12 34 56 78")
    return number


def _hour(written: str) -> time | None:
    if not written:
        return None
    try:
        hour = time.fromisoformat(written)
    except ValueError:
        hour = None
    if hour is None or hour.tzinfo is not None or not EARLIEST <= hour <= LATEST:
        raise Wrong("hour", f"write a time from {EARLIEST:%H:%M} to {LATEST:%H:%M}, as 18:00")
    return hour


def _weekday(written: str) -> int | None:
    if not written:
        return None
    if written.casefold() not in WEEKDAYS:
        raise Wrong("weekday", f"choose {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(written.casefold())
