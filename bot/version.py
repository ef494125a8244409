"""Which version of the assistant this is."""

from __future__ import annotations

from importlib.metadata import version


def software() -> str:
    """Name and version, as files that leave the house tell them."""
    return f"BackTrace {version('backtrace-assistant')}"
