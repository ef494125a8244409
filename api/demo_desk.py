"""The professional's desk of the demo: the mails of one patient, their links leading on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.deployment import Deployment
from bot.mailbox import Mail, mails

PAGE = "page"
"""Stands for the page that the professional has open, instead of a mail's number."""
_SUMMARY = "/summary"
# Any host: an earlier run of the demo may have been reached by another port.
_LINK = re.compile(r"https?://[^/\s]+(/s/[\w-]+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a mail's text; `path` is where it leads when it is a link to us."""

    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it is shown."""

    mail: Mail
    parts: Sequence[Part]

    @property
    def path(self) -> str:
        """Where its first link leads; empty without one."""
        return next((part.path for part in self.parts if part.path), "")


@dataclass(frozen=True, slots=True)
class Letters:
    """The inbox, newest first."""

    all: Sequence[Letter] = ()

    @property
    def newest(self) -> int | None:
        """The id of the newest mail."""
        return self.all[0].mail.id if self.all else None

    def page_of(self, opened: str) -> str:
        """The professional's page behind a mail's id or `PAGE`; empty for anything else."""
        if opened == PAGE:
            return _SUMMARY
        return next((each.path for each in self.all if str(each.mail.id) == opened), "")


def letters(deployment: Deployment, patient_id: int) -> Letters:
    """What was mailed about this patient. Raises Unavailable."""
    found = mails(deployment, [patient_id])
    return Letters([Letter(mail, list(_parts(mail.text))) for mail in found])


def day_words(moment: datetime, timezone: str) -> str:
    """Such as `Tuesday 24 November 2026`, on the patient's calendar."""
    return format_date(moment.astimezone(ZoneInfo(timezone)), "EEEE d MMMM y", "en_GB")


def _parts(text: str) -> Iterator[Part]:
    end = 0
    for link in _LINK.finditer(text):
        yield Part(text[end : link.start()])
        yield Part(link.group(), link.group(1))
        end = link.end()
    yield Part(text[end:])
