"""Whether a page can be used by everybody, as axe sees it."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Page

# What passes is not listed: to name every element of every rule takes as long as the rules do.
_LOOK = """
    axe.run({resultTypes: ["violations"]}).then(({violations}) => ({violations}))
"""


def assert_accessible(page: Page) -> None:
    """Axe finds nothing on this page as it stands."""
    if not page.evaluate("'axe' in window"):  # half a megabyte, which it keeps until it is left
        page.evaluate(Axe().axe_script)
    found = AxeResults(page.evaluate(_LOOK))
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def assert_fits(page: Page, widths: Iterable[int]) -> None:
    """At each of these widths nothing is cut off sideways, and axe finds nothing."""
    size = page.viewport_size
    assert size is not None
    for width in widths:
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
        assert_accessible(page)
    page.set_viewport_size(size)
