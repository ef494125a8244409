"""The full size of what a usual run shows in small."""

import os

import pytest

LONG = "BACKTRACE_TEST_LONG"


@pytest.fixture
def full_size() -> bool:
    """Tell whether this run may take minutes: BACKTRACE_TEST_LONG=1."""
    return bool(os.environ.get(LONG))
