"""Square codes for a telephone's camera."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET_ZONE = 2
"""Modules of white around the square: the paper is white already."""


def square(text: str) -> Markup:
    """The text as a QR code: inline SVG, without the text itself."""
    made = segno.make_qr(text, error="m")
    drawn = made.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704 - drawn by segno from the text, without it
