"""Six digits of an authenticator: as the standard has them, and none of them twice."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime
from random import SystemRandom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.house.authenticator_app import code_at
from trajectory import authenticator
from trajectory.authenticator import STEP, new_secret, step_of

# RFC 6238, appendix B (SHA-1): the last six of its eight digits.
SECRET = b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
}


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, moment(seconds)) == code
    assert step_of(SECRET, code, moment(seconds)) == seconds // STEP
    assert step_of(SECRET, f"{code[:3]} {code[3:]}", moment(seconds)) == seconds // STEP


@given(st.integers(0, 2**32), st.integers(-3 * STEP, 3 * STEP))
def test_clocks_may_be_one_step_apart(seconds: int, apart: int) -> None:
    seconds += 10 * STEP
    shown = code_at(SECRET, moment(seconds + apart))
    steps = (seconds + apart) // STEP - seconds // STEP
    found = step_of(SECRET, shown, moment(seconds))
    # Two steps may have the same digits by chance: those count as well.
    assert found is not None or abs(steps) > 1


def test_a_step_that_was_used_or_an_older_one_is_good_no_more() -> None:
    now = moment(1234567890)
    step = step_of(SECRET, "005924", now)
    assert step is not None
    assert step_of(SECRET, "005924", now, last=step) is None
    assert step_of(SECRET, "005924", now, last=step + 1) is None
    assert step_of(SECRET, "005924", now, last=step - 1) == step


@pytest.mark.parametrize("typed", ["", "0", "005925", "0059244", "abcdef", "\u0660" * 6])
def test_anything_else_is_wrong(typed: str) -> None:
    assert step_of(SECRET, typed, moment(1234567890)) is None


def test_secrets_differ_and_the_square_names_the_clinic() -> None:
    first, second = new_secret(SystemRandom()), new_secret(SystemRandom())
    assert first != second
    assert len(first) == 32
    uri = authenticator.setup_uri(first, "anne@klinik.example", "Klinik Nord")
    assert uri.startswith("otpauth://totp/Klinik%20Nord:anne%40klinik.example?")
