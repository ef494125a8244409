"""Whether a page can be used by everybody, as axe sees it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What passes is not listed: to name every element of every rule takes as long as the rules do.
_OPTIONS = {"resultTypes": ["violations"]}


def assert_accessible(page: Page) -> None:
    """Axe finds nothing on this page as it stands."""
    found = Axe().run(page, options=_OPTIONS)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
