"""The page that lies beside an export's tables, for whoever opens the folder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined


def readme(manifest: Mapping[str, Any]) -> str:
    """The page, in Markdown, of the export that this manifest is about."""
    page = (files("templates") / "research.md").read_text("utf-8")
    plain = Environment(  # noqa: S701 - Markdown, which no browser is shown
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    about = {name: each for name, each in manifest.items() if name not in ("from", "to")}
    return plain.from_string(page).render(
        **about, since=manifest["from"], until=manifest["to"], tables=manifest["flows"].values()
    )
