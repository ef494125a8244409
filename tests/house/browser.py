"""A browser for the tests of the pages."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """Return the path of a Chromium; BACKTRACE_CHROMIUM goes before what is on PATH."""
    candidates = (os.environ.get("BACKTRACE_CHROMIUM"), *NAMES)
    found = (shutil.which(candidate) for candidate in candidates if candidate)
    return next((path for path in found if path), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium, or skip the test."""
    path = find()
    if path is None:
        pytest.skip("no Chromium: install Debian's chromium or set BACKTRACE_CHROMIUM")
    return path
