"""Telephone numbers: read as people write them, kept as E.164, shown in groups. The one place."""

from __future__ import annotations

import re

import phonenumbers
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_NUMBER = re.compile(r"\(?\+?\d[\d\s()./-]*\d")
"""Digits with what people put between them; letters are none, whatever old telephones say."""
ENDING = 4
"""So many digits tell somebody which of their own numbers is meant."""


def region_of(*timezones: str) -> str | None:
    """The country in whose way a number without `+` is written: that of the first zone in one."""
    territories = get_global("zone_territories")
    return next((str(territories[zone]) for zone in timezones if zone in territories), None)


def read_number(text: str, *timezones: str) -> str | None:
    """The number in E.164, such as +4512345678; None where there is none, or more than one.

    A number without a country code is one of the country that the first of the zones is in.
    """
    region = region_of(*timezones)
    read = {_read(each, region) for each in _NUMBER.findall(text)}
    found = [number for number in read if number is not None]
    return found[0] if len(found) == 1 else None


def _read(written: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_landline(number: str) -> bool:
    """Whether no text message reaches this number, in E.164; in many countries nobody can tell."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return bool(kind == PhoneNumberType.FIXED_LINE)


def shown_number(number: str) -> str:
    """The number in groups, as its country writes it abroad: +45 12 34 56 78."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def ending_of(number: str) -> str:
    """The last digits, by which people know their number."""
    return number[-ENDING:]
