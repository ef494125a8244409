"""A transcript made ready for the page: what each bubble's template needs to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from api.chat_form import button_value
from bot.deployment import Clinic
from bot.messages import Button
from bot.transcript import Bubble

Layout = Literal["scale", "row", "list"]

_SHORT = 12
_KEYED = re.compile(r"([A-Z]): (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """A button of the page; `key` is the letter before the words, if there is one."""

    value: str
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble. `new_day`: the first of its day; `calls`: numbers to ring, as named in it."""

    bubble: Bubble
    new_day: bool
    layout: Layout
    options: tuple[Option, ...]
    calls: tuple[str, ...]


def lines(
    bubbles: Iterable[Bubble], timezone: str, clinic: Clinic, previous: datetime | None = None
) -> Iterator[Line]:
    """The bubbles in their order; `previous` is when the one before them was said."""
    zone = ZoneInfo(timezone)
    for bubble in bubbles:
        new_day = previous is None or _day(previous, zone) != _day(bubble.at, zone)
        previous = bubble.at
        yield Line(
            bubble,
            new_day,
            _layout(bubble.buttons),
            tuple(map(_option, bubble.buttons)),
            _calls(bubble, clinic),
        )


def _day(moment: datetime, zone: ZoneInfo) -> object:
    return moment.astimezone(zone).date()


def _layout(buttons: Sequence[Button]) -> Layout:
    labels = [button.label for button in buttons]
    if all(label.isdecimal() for label in labels):
        return "scale"
    return "row" if len(labels) <= 3 and all(len(each) <= _SHORT for each in labels) else "list"


def _option(button: Button) -> Option:
    keyed = _KEYED.fullmatch(button.label)
    key, words = keyed.groups() if keyed else ("", button.label)
    return Option(button_value(button.data, button.label), key, words)


def _calls(bubble: Bubble, clinic: Clinic) -> tuple[str, ...]:
    if not bubble.safety:
        return ()
    numbers = (clinic.emergency_number, clinic.doctor_number, clinic.helpline_number)
    return tuple(n for n in numbers if re.search(rf"(?<!\d){re.escape(n)}(?!\d)", bubble.text))
