"""Style sheets are whole: a brace that a merge has lost takes all that follows with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import templates

STATIC = Path(templates.__file__).parent / "static"


@pytest.mark.parametrize("name", sorted(file.name for file in STATIC.glob("*.css")))
def test_every_block_is_closed_and_no_media_stands_in_another(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text("utf-8"), flags=re.DOTALL)
    depth = 0
    for part in re.findall(r"@media|[{}]", text):
        if part == "@media":
            assert depth == 0, "a block above is not closed"
        else:
            depth += 1 if part == "{" else -1
        assert depth >= 0
    assert depth == 0
