"""How seldom a long-lived process looks for garbage, and where not."""

from __future__ import annotations

import gc

NEW_OBJECTS = 10_000
"""So many more than before begin a collection; a batch of turns makes as many, and drops them."""


def keep_what_is_loaded() -> None:
    """Leave all that is in memory now out of every later collection, and collect less often.

    Modules, compiled patterns, catalogues and routes live as long as the process; under load
    looking through them again and again took a fifth of its time (benchmarks/README.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
