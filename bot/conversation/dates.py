"""Dates as people say them."""

from __future__ import annotations

import calendar
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton


def day_name(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """`12 June` or `12. juni`: the patient's own calendar day."""
    return format_skeleton("MMMMd", moment, zone, locale=_locale(language))


def _locale(language: str) -> str:
    return {"en": "en_GB"}.get(language, language)


def months_later(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same local time so many months on, or the last day of a shorter month."""
    local = moment.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(moment.tzinfo)
