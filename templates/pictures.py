"""Pictures for channels that take no SVG."""

from __future__ import annotations

import typst

PIXELS_PER_UNIT = 3
"""A chart is about as wide as a phone in units; its screen has three pixels for each."""
_PAGE = b"""\
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg")
"""


class Unpaintable(Exception):
    """This is no SVG that can be painted."""


def png(svg: str) -> bytes:
    """The SVG as a PNG on white, three pixels for each of its units.

    Raises:
        Unpaintable: it is no SVG.
    """
    try:
        return typst.compile(
            _PAGE, format="png", ppi=96.0 * PIXELS_PER_UNIT, sys_inputs={"svg": svg}
        )
    except RuntimeError:
        raise Unpaintable from None
