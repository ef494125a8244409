"""What takes long: its full size, which a usual run shows in small, and when it begins."""

import os

import pytest

LONG = "BACKTRACE_TEST_LONG"


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", "first: waits for seconds, while others run beside it")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits most: at the end of a run everybody would wait for it."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


@pytest.fixture
def full_size() -> bool:
    """Tell whether this run may take minutes: BACKTRACE_TEST_LONG=1."""
    return bool(os.environ.get(LONG))
