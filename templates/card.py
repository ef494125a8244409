"""The card that a patient takes home: one page of paper with everything that lets them in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from templates import pages
from templates.squares import square

LINK_ONLY = "web"
"""Its link is for the camera: nobody types 43 characters."""


def card(
    language: str,
    *,
    clinic: str,
    emergency_number: str,
    timezone: str,
    code: str,
    until: datetime,
    links: Mapping[str, str],
    ways: Mapping[str, str],
    channel: str,
    name: str = "",
    digits: str = "",
) -> str:
    """The card as one HTML page that needs nothing else, for A6, in black and white.

    `links` and `ways` by channel: what is opened, and what is done; `channel` comes first and
    is in the square. The code is left out where it could be sent nowhere. `digits` empty: the
    patient has theirs already.

    Raises KeyError for a language that there are no words in.
    """
    first = channel if channel in links else next(iter(links), "")
    typed = sorted((each for each in ways if each != LINK_ONLY), key=lambda each: each != first)
    return pages.render(
        "card.html",
        language,
        timezone=timezone,
        style=Markup(_style()),  # noqa: S704 - our own file
        square=square(links[first]) if first else "",
        clinic=clinic,
        emergency_number=emergency_number,
        person=name,
        code=code,
        until=until,
        digits=digits,
        ways=[_unbroken(ways[each], code) for each in typed],
    )


def _unbroken(way: str, code: str) -> Markup:
    """A way in, its code on one line."""
    return escape(way).replace(code, Markup('<span class="nowrap">{}</span>').format(code))


@cache
def _style() -> str:
    return (files("templates") / "static" / "card.css").read_text("utf-8")
