"""Whose signature stands under which text."""

from __future__ import annotations

import pytest

from templates.next_steps import BadSignatures, next_steps, signed


def test_a_signature_stands_under_exactly_the_text_that_was_signed() -> None:
    first, *others = next_steps()
    file = f"- {{id: {first.id}, digest: '{first.digest}', name: A, role: GP, date: 2026-11-05}}\n"

    assert [step.signed_by for step in signed(next_steps(), file)] == [
        "A, GP, 2026-11-05",
        *("" for _ in others),
    ]


@pytest.mark.parametrize(
    "file",
    [
        "",
        "id: a",
        "- id: [a",
        "- ? [id]\n  : a",
        "- !!int foo",
        "- !!bool x",
        "- !!timestamp 2026-13-45",
        "- {id: " + "9" * 5000 + "}",
        "- {id: 0x" + "f" * 5000 + "}",
        "[" * 5000,
    ],
)
def test_what_is_no_list_of_signatures_is_refused(file: str) -> None:
    with pytest.raises(BadSignatures, match="write a list"):
        signed(next_steps(), file)
