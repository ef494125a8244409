"""What the clinic asks for when it enrols, checked in one place for command line and API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal, get_args

from bot.conversation.tasks.enrolment import EARLIEST, LATEST, LONGEST_NAME
from bot.deployment import Clinic, Deployment
from bot.greeting import CHANNELS as GREETED
from bot.greeting import Greeting
from bot.inviting import LIFE, Invitee
from bot.phone import is_landline, read_number
from bot.zones import zone_names

Channel = Literal["telegram", "sms", "whatsapp", "web"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS = 90
OLDEST = timedelta(days=120 * 366)
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[-./ ]{1,2}(?P<month>\d{1,2})[-./ ]{1,2}(?P<year>\d{4})", re.ASCII
)


class Wrong(ValueError):
    """Something asked for cannot be; `field` is what, the message what to do.

    `key` and `values` say the same to a catalogue, for whoever reads another language.
    """

    def __init__(self, field: str, advice: str, key: str = "", **values: object) -> None:
        super().__init__(advice)
        self.field = field
        self.key = key or field
        self.values = values


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
    birth_date: str = ""
    care_team: tuple[int, ...] = ()
    """Numbers in the clinic's directory."""
    has_card: bool = False
    """They are handed a card: a phone is kept whatever the channel, and is sent no code."""


def invitee_of(deployment: Deployment, asked: Asked) -> Invitee:
    """The patient to be. Raises Wrong."""
    library = deployment.library
    if asked.language not in library.languages:
        there = ", ".join(library.languages)
        raise Wrong("language", f"choose {there}", there=there)
    if asked.pathway is not None and asked.pathway not in library.pathways:
        choices = ", ".join(sorted(library.pathways))
        raise Wrong("pathway", f"choose {choices}", there=choices)
    timezone = asked.timezone or deployment.clinic.timezone
    if timezone not in zone_names():
        raise Wrong("timezone", "write it as Europe/Copenhagen")
    name = read_name(asked.name)
    require_way(deployment.clinic, asked.channel)
    phone = _phone(asked, timezone, deployment.clinic)
    greets = phone and asked.channel in GREETED
    return Invitee(
        asked.language,
        timezone,
        asked.pathway,
        name,
        _hour(asked.hour),
        _weekday(asked.weekday),
        asked.consented,
        phone,
        read_birth_date(asked.birth_date, deployment.clock.now().date()),
        asked.care_team,
        Greeting(asked.channel, asked.has_card) if greets else None,
        asked.channel,
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
        raise Wrong("channel", f"it is not set up here; choose {there}", there=there)


def read_name(written: str) -> str:
    """With one space between its words; empty for nothing. Raises Wrong."""
    name = " ".join(written.split())
    if len(name) > LONGEST_NAME:
        raise Wrong("name", f"write at most {LONGEST_NAME} characters", "long", most=LONGEST_NAME)
    return name


def read_birth_date(written: str, today: date) -> date | None:
    """As 1958-09-14, or 14-09-1958 with dots, slashes or spaces; None for nothing. Raises Wrong."""
    if not written.strip():
        return None
    found = _ISO_DAY.fullmatch(written.strip()) or _DAY_FIRST.fullmatch(written.strip())
    try:
        born = found and date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        born = None
    if not born:
        raise Wrong("birth_date", "write day, month and year, as 14-09-1958")
    if not today - OLDEST <= born <= today:
        raise Wrong("birth_date", "nobody is that old, or that young", "birth_date_range")
    return born


def _phone(asked: Asked, timezone: str, clinic: Clinic) -> str:
    if not asked.phone:
        return ""
    if asked.channel not in GREETED and not asked.has_card:
        raise Wrong("phone", "only an SMS can be sent; choose channel sms, or leave the phone out")
    return read_phone(asked.phone, asked.channel, timezone, clinic.timezone)


def read_phone(written: str, channel: str, *timezones: str) -> str:
    """The number in E.164, which messages of this channel may reach. Raises Wrong."""
    number = read_number(written, *timezones)
    if number is None:
        raise Wrong("phone", "write a telephone number with its country code, as +45 12 34 56 78")
    if channel in GREETED and is_landline(number):
        raise Wrong("phone", "no message reaches a landline; write a mobile number", "landline")
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
