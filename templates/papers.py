"""Papers (PDF) from typst templates in `papers/`; what stands in them comes as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import orjson
import typst

Standard = Literal["ua-1"]


def pdf(
    name: str,
    data: Mapping[str, Any],
    *,
    standard: Standard | None = None,
    made_at: datetime | None = None,
) -> bytes:
    """The template `papers/<name>.typ` as a tagged PDF.

    It reads `data` with `json(bytes(sys.inputs.data))`: words of people are text there, never
    markup. Only typst's own fonts are used, so that every machine prints the same. A `standard`
    is held to: typst.TypstError for what it forbids, such as a sign that no font has.
    """
    return typst.compile(
        _template(name),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=[standard] if standard else None,
        sys_inputs={"data": orjson.dumps(data).decode()},
        timestamp=None if made_at is None else int(made_at.timestamp()),
    )


@cache
def _template(name: str) -> bytes:
    return (files("templates") / "papers" / f"{name}.typ").read_bytes()
