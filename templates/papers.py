"""Papers (PDF) from typst templates in `papers/`; what stands in them comes as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import typst


def pdf(name: str, data: Mapping[str, Any]) -> bytes:
    """The template `papers/<name>.typ` as a tagged PDF.

    It reads `data` with `json(bytes(sys.inputs.data))`: words of people are text there, never
    markup. Only typst's own fonts are used, so that every machine prints the same.
    """
    return typst.compile(
        _template(name),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": orjson.dumps(data).decode()},
    )


@cache
def _template(name: str) -> bytes:
    return (files("templates") / "papers" / f"{name}.typ").read_bytes()
