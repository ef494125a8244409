"""One environment for every test, whoever's machine it runs on."""

import gc
import os
import time
from collections.abc import Generator

import pytest
from hypothesis import settings

from backtrace import garbage

pytest_plugins = [
    "tests.house.memory",
    "tests.house.browser",
    "tests.house.databases",
    "tests.house.golden",
    "tests.house.long",
    "tests.house.network",
    "tests.house.post_office",
    "tests.house.statements",
]

# What may come from outside; everything else that is called BACKTRACE_ would be somebody's setting.
FROM_OUTSIDE = ("BACKTRACE_CHROMIUM", "BACKTRACE_SPECS", "BACKTRACE_TEST_")

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60, database=None)
settings.register_profile("long", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile(os.environ.get("BACKTRACE_TEST_HYPOTHESIS", "ci"))


def pytest_configure() -> None:
    """Neither the developer's settings nor the machine's zone may decide a test."""
    for name in list(os.environ):
        if name.startswith("BACKTRACE_") and not name.startswith(FROM_OUTSIDE):
            del os.environ[name]
    os.environ["TZ"] = "America/St_Johns"
    time.tzset()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays: Python need not look through it for garbage, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        garbage.keep_what_is_loaded()
