"""Golden files: what we said, kept where a clinician can read it in a diff."""

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update."""
    parser.addoption("--update", action="store_true", help="rewrite the golden files")


def compare(path: Path, text: str, *, update: bool) -> None:
    """Fail with a readable difference unless the file holds this text; or write it."""
    expected = path.read_bytes().decode() if path.exists() else None
    if text == expected:
        return
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return
    if expected is None:
        pytest.fail(f"{path.name} does not exist yet; pytest --update writes it", pytrace=False)
    lines = unified_diff(
        expected.splitlines(), text.splitlines(), f"{path.name} (golden)", "now", lineterm=""
    )
    difference = "\n".join(lines) or "only the line ends differ"
    pytest.fail(f"{difference}\n\nIf this is meant: pytest --update", pytrace=False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return golden(name, text), which compares the text with tests/golden/<name>."""
    update: bool = request.config.getoption("--update")

    def check(name: str, text: str) -> None:
        compare(FOLDER / name, text, update=update)

    return check
