"""What a person sees and does on the demo's page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playwright.sync_api import FrameLocator, Locator, Page, expect


class Phone:
    """The patient's side."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat: FrameLocator = page.frame_locator("iframe[name=chat]")
        self.newest: Locator = self.chat.locator(".line.assistant .text").last

    def hears(self, text: str) -> None:
        """Wait until the assistant's newest message says so."""
        expect(self.newest).to_contain_text(text)

    def writes(self, text: str, hears: str) -> None:
        self.chat.get_by_role("textbox").fill(text)
        self.chat.get_by_role("textbox").press("Enter")
        self.hears(hears)

    def tries(self, words: str, hears: str) -> None:
        """Let the page put words into the phone, and send them."""
        field = self.chat.get_by_role("textbox")
        expect(field).to_be_visible()
        self.page.get_by_role("button", name=words).click()
        expect(field).to_have_value(words)
        field.press("Enter")
        self.hears(hears)

    def presses(self, name: str, hears: str) -> None:
        """Press a button of the question that waits, named by its words or its letter."""
        label = re.compile(rf"^([A-Z]: )?{re.escape(name)}$|^{re.escape(name)}: ")
        self.chat.locator(".choices.now").get_by_role("button", name=label).click()
        self.hears(hears)

    def presses_all(self, names: Iterable[str], of: int, then: str) -> None:
        """Answer a questionnaire from its first question to its last, and hear what follows."""
        for number, name in enumerate(names, start=1):
            self.presses(name, f"{number + 1}/{of} " if number < of else then)

    def said(self) -> list[str]:
        """Every message of the conversation, in its order."""
        return self.chat.locator("#log .text").all_inner_texts()


class Desk:
    """The professional's side."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.open_page: FrameLocator = page.frame_locator("iframe[name=page]")
        self.newest: Locator = page.locator(".mail").first

    def gets(self, subject: str) -> None:
        """Wait until the newest mail is this one."""
        expect(self.newest.locator(".subject")).to_have_text(subject)

    def follows_the_link(self) -> None:
        self.newest.get_by_role("link").click()

    def reads_the_code(self, subject: str = "Your six-digit code") -> str:
        self.gets(subject)
        found = re.search(r"\b\d{6}\b", self.newest.inner_text())
        assert found, "no code in the mail"
        return found.group()

    def opens(self, words: str) -> None:
        """From the link of the newest mail to the open page."""
        self.gets("A patient shares a summary with you")
        self.follows_the_link()
        self.open_page.get_by_role("button").click()
        self.open_page.get_by_label("Six-digit code").fill(self.reads_the_code())
        self.open_page.get_by_label("two words").fill(words)
        self.open_page.get_by_role("button", name="Open the summary").click()


def let_pass(page: Page, time: str, times: int = 1) -> None:
    """Press `+1 hour`, `+1 day` or `+1 week`, and wait until it has passed."""
    for _ in range(times):
        page.get_by_role("button", name=time).click()
        expect(page.locator("body[aria-busy]")).to_have_count(0)


def the_words(phone: Phone) -> str:
    """The two words that the assistant gave the patient for the professional."""
    found = re.findall(
        r"(?:they open the page|de åbner siden): (\w+ \w+)\.", "\n".join(phone.said())
    )
    assert found, "no two words in the chat"
    words: str = found[-1]
    return words
