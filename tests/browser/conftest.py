"""A browser beside a running demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.house.browser import SLOWEST
from tests.house.program import Program, demo_on


@pytest.fixture
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    """The demo; with the parameter False begun as the README has it, which takes seconds."""
    running = demo_on(tmp_path / "demo.db", forked=getattr(request, "param", True))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def page(engine: Browser, demo: Program) -> Iterator[Page]:
    """The demo's page, freshly opened; an error of its scripts fails the test."""
    with opened(engine, demo, "en-GB") as page:
        yield page


@contextmanager
def opened(engine: Browser, demo: Program, locale: str) -> Iterator[Page]:
    """The demo's page in a browser of this language; an error of its scripts fails the test."""
    context = engine.new_context(
        viewport={"width": 1280, "height": 900}, locale=locale, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(SLOWEST)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(f"{demo.address}/demo")
    yield page
    context.close()
    assert errors == []
