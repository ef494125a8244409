"""Every word and page we show, item texts aside. Imports none of the other packages.

`catalogue` reads the words, `charts` draws, `pages` renders.
"""

from templates.catalogue import (
    BrokenCatalogue,
    Catalogue,
    Kind,
    MissingMessage,
    compare,
    load_catalogues,
)

__all__ = [
    "BrokenCatalogue",
    "Catalogue",
    "Kind",
    "MissingMessage",
    "compare",
    "load_catalogues",
]
