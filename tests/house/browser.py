"""A browser for the tests of the pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

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


class _Lent:
    """The browser of this run: open from the first test with it to the next one without."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._browser: Browser | None = None

    def browser(self, path: str) -> Browser:
        if self._browser is None:
            self._browser = self._stack.enter_context(launched(path))
        return self._browser

    def close(self) -> None:
        self._browser = None
        self._stack.close()


_lent = _Lent()


@pytest.fixture(scope="module")
def engine(chromium: str) -> Browser:
    """Lend the browser to a module."""
    expect.set_options(timeout=SLOWEST)
    return _lent.browser(chromium)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests with a browser one behind the other: to begin one takes half a second."""
    items.sort(key=_is_without)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """While the browser is open, no other event loop runs in this thread."""
    if _is_without(item):
        _lent.close()


def pytest_sessionfinish() -> None:
    """No test comes that needs it."""
    _lent.close()


def _is_without(item: pytest.Item) -> bool:
    return "engine" not in getattr(item, "fixturenames", ())
