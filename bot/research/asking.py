"""An export as somebody asks for it, in the words of a form; made sense of in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from bot.deployment import Deployment
from bot.research.exporting import Wanted
from flows.errors import Refusal

_STUDY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
STUDY = "research"
"""What the study is called where nobody says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was written; empty: no limit."""

    study: str = STUDY
    since: str = ""
    until: str = ""
    pathway: str = ""
    dates: bool = False


class Wrong(Refusal):
    """What was written cannot be meant; `field` is of `Asked`, `key` says what is wrong."""

    def __init__(self, field: str, key: str, advice: str) -> None:
        super().__init__(f"{field}: {advice}")
        self.field, self.key, self.advice = field, key, advice


def wanted_of(deployment: Deployment, asked: Asked) -> Wanted:
    """What is wanted. Raises Wrong."""
    study = asked.study.strip().casefold()
    if not _STUDY.fullmatch(study):
        raise Wrong(
            "study", "bad-study", "write a short name of letters, digits and -, such as nord-2027"
        )
    since, until = _day("since", asked.since), _day("until", asked.until)
    if since is not None and until is not None and until < since:
        raise Wrong("until", "until-before-since", "the last day comes before the first")
    pathway = asked.pathway.strip() or None
    if pathway is not None and pathway not in deployment.library.pathways:
        known = ", ".join(sorted(deployment.library.pathways))
        raise Wrong("pathway", "no-pathway", f"there is no such pathway; choose among {known}")
    return Wanted(study, since, until, pathway, asked.dates)


def _day(field: str, written: str) -> date | None:
    text = written.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(field, "bad-day", "write a day as 2027-01-31") from None
