"""A browser for the tests of the pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without windows, which cost Chromium more than the pages do."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
SLOWEST = 20_000
"""Milliseconds that anything on a page may take while other tests keep the machine busy."""
MISSING = "no Chromium: install Debian's chromium-headless-shell or set BACKTRACE_CHROMIUM"


def find() -> str | None:
    """Return the path of a Chromium; BACKTRACE_CHROMIUM goes before what is on PATH."""
    candidates = (os.environ.get("BACKTRACE_CHROMIUM"), *NAMES)
    found = (shutil.which(candidate) for candidate in candidates if candidate)
    return next((path for path in found if path), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """Lend a browser of this program."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium, or skip the test."""
    path = find()
    if path is None:
        pytest.skip(MISSING)
    return path


@pytest.fixture(scope="module")
def engine(chromium: str) -> Iterator[Browser]:
    """Lend a browser to a module: while it runs, no other event loop does in this thread."""
    expect.set_options(timeout=SLOWEST)
    with launched(chromium) as browser:
        yield browser
