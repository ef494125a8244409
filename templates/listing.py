"""The list of a professional's patients as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names

from templates import pages
from templates.telling import Telling
from templates.words import Words

CALM = ("better", "unchanged", "early", "paused")
"""How those do who need no look, in this order."""

HOURS = range(6, 21)
"""At which the weekly mail may come."""


@dataclass(frozen=True, slots=True)
class ListWords:
    """Why each line is there, in a few words."""

    words: Words

    def why(self, line: Any, reason: str) -> str:
        """One reason to look."""
        moment, key = line.standing.at, f"pro.why.{reason}"
        day = _unbroken(self.words.day(moment))
        if reason != line.standing.why[0]:
            return self.words.say(f"pro.also.{reason}")
        if reason == "visit":
            time = self.words.clock(moment)
            return self.words.count(key, line.standing.questions, day=day, time=time)
        return self.words.say(key, day=day)

    def rest(self, line: Any) -> str:
        """How it goes where there is no reason to look."""
        stands = line.standing
        if stands.rest in ("better", "unchanged") and not stands.unseen:
            return self.words.say("pro.rest.nothing-new")
        day = "" if stands.news_at is None else _unbroken(self.words.day(stands.news_at))
        return self.words.say(f"pro.rest.{stands.rest}", day=day)

    def calm(self, counts: Mapping[Any, int]) -> str:
        """How many do how: what there is none of is not told."""
        told = [self.words.say(f"pro.calm.{each}", n=counts[each]) for each in CALM if counts[each]]
        return ", ".join(told)

    def weekday(self, number: int) -> str:
        """Monday 0."""
        return str(get_day_names("wide", locale=self.words.say("locale"))[number])


def _unbroken(day: str) -> str:
    return day.replace(" ", "\N{NO-BREAK SPACE}")


def list_page(
    seen: Any,
    language: str,
    *,
    timezone: str,
    clinic: str,
    labels: Mapping[str, str],
    home: str,
    **more: Any,
) -> str:
    """The page; `seen` is a `bot.directory.overview.Overview`.

    `timezone` is the clinic's; what else it may be given stands at the top of its template.
    """
    words = Words.of(language, timezone, seen.now)
    said = ListWords(words)
    return pages.render(
        "pro/list.html",
        language,
        timezone=timezone,
        now=seen.now,
        seen=seen,
        clinic=clinic,
        home=home,
        tell=Telling(words, None, {}, labels),
        why=said.why,
        rest=said.rest,
        weekday=said.weekday,
        calm=said.calm(seen.rest),
        hours=HOURS,
        **more,
    )
