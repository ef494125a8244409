"""The card that a patient takes home: one page of paper with everything that lets them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from templates import pages
from templates.squares import square

LINK_ONLY = "web"
"""Its link is for the camera: nobody types 43 characters."""


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on one card.

    `links` and `ways` by channel: what is opened, and what is done; `channel` comes first and
    is in the square. The code is left out where it could be sent nowhere. `digits` empty: the
    patient has theirs already.
    """

    language: str
    clinic: str
    emergency_number: str
    timezone: str
    code: str
    until: datetime
    links: Mapping[str, str]
    ways: Mapping[str, str]
    channel: str = ""
    name: str = ""
    digits: str = ""

    @property
    def first(self) -> str:
        """The channel whose link is in the square; empty where there is no link."""
        return self.channel if self.channel in self.links else next(iter(self.links), "")


def cards_page(cards: Sequence[Card], *, linked: bool = False) -> str:
    """Cards as one HTML page, one on a sheet of A6, in black and white.

    By itself it needs nothing else; `linked`: its style is the site's, which allows no other, and
    the print dialogue opens by itself. Without a card the page is empty.

    Raises KeyError for a language that there are no words in.
    """
    if not cards:
        return ""
    style = "" if linked else Markup(_style())  # noqa: S704 - our own file
    bodies = [Markup(_body(each)) for each in cards]  # noqa: S704 - our own template
    language = cards[0].language
    return pages.render("cards.html", language, style=style, cards=bodies, clinic=cards[0].clinic)


def _body(card: Card) -> str:
    typed = [each for each in card.ways if each != LINK_ONLY]
    typed.sort(key=lambda each: each != card.first)
    return pages.render(
        "card.html",
        card.language,
        timezone=card.timezone,
        square=square(card.links[card.first]) if card.first else "",
        clinic=card.clinic,
        emergency_number=card.emergency_number,
        person=card.name,
        code=card.code,
        until=card.until,
        digits=card.digits,
        ways=[_unbroken(card.ways[each], card.code) for each in typed],
    )


def _unbroken(way: str, code: str) -> Markup:
    """A way in, its code on one line."""
    return escape(way).replace(code, Markup('<span class="nowrap">{}</span>').format(code))


@cache
def _style() -> str:
    return (files("templates") / "static" / "card.css").read_text("utf-8")
