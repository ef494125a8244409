"""Whoever types the address alone learns where to go, and reads the emergency number."""

from __future__ import annotations

import pytest

from tests.api.open_house import open_house


@pytest.mark.parametrize(
    ("language", "says"), [("en", "In an emergency call 112"), ("da", "Ring 112")]
)
def test_the_first_page_shows_every_way_in(language: str, says: str) -> None:
    with open_house() as house:
        browser = house.browser()
        page = browser.get("/", headers={"Accept-Language": language}).text
        assert says in page
        for path in ("/chat", "/pro", "/desk"):
            assert f'href="{path}"' in page
            assert browser.get(path).status_code in (200, 401)
