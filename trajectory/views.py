"""What each person may see: one table by role, asked by every path that reads.

A grant is for a purpose and its member has a role; a view shows no more than either allows.
Whoever reads gets a summary from which all else has been taken out already, so no page,
text or picture made of it can show more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from trajectory.care_team import TREATING
from trajectory.grants import WORK_PAGE, Grant
from trajectory.summary import Completeness, Summary


class Page(StrEnum):
    """Which page a view is."""

    WHOLE = "whole"
    """Everything but private notes and the raw chat."""
    WORK = "work"
    """The page about work: what was put on it when it was shared, never live."""
    FAMILY = "family"
    """The goal, the plan, and in words how it goes."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a view may contain: `parts` are fields of a Summary, None stands for all."""

    page: Page
    parts: frozenset[str] | None
    may_answer: bool = False
    """Whether who sees it writes notes, letters and "seen" into the trajectory."""
    may_be_told: bool = False
    """Whether who sees it may get digests and alerts."""
    says_who: bool = False
    """Whether each opening asks for a name and a purpose: the mailbox has many readers."""


_WHOLE = Scope(Page.WHOLE, None, may_answer=True, may_be_told=True)
_WORK = Scope(Page.WORK, frozenset(), says_who=True)
_FAMILY = Scope(Page.FAMILY, frozenset({"goal", "plan", "since_start"}))
_NOTHING = Scope(Page.NOTHING, frozenset())

BY_ROLE: Mapping[str, Scope] = {
    **dict.fromkeys(sorted(TREATING), _WHOLE),
    "job-centre": _WORK,
    "insurer": _WORK,
    "relative": _FAMILY,
    "other": _FAMILY,
    "employer": _NOTHING,
}
"""By the role of the person; a role that is not here sees nothing."""

_ALWAYS = frozenset({"person", "now"})
"""Fields that say whose page it is and as of when."""


def of_role(role: str) -> Scope:
    """What may be shared with somebody in this role."""
    return BY_ROLE.get(role, _NOTHING)


def scope_of(grant: Grant) -> Scope:
    """What a grant lets its member see: the lesser of its purpose and their role."""
    return scope_for(grant.member.role, grant.purposes)


def scope_for(role: str, purposes: Collection[str]) -> Scope:
    """As `scope_of`, where only the role and the purposes have been read."""
    scope = of_role(role)
    if WORK_PAGE in purposes:
        return _WORK if scope.page in (Page.WORK, Page.WHOLE) else _NOTHING
    return _NOTHING if scope.page is Page.WORK else scope


def narrowed(summary: Summary, scope: Scope) -> Summary:
    """The summary with nothing in it that the scope does not name."""
    if scope.parts is None:
        return summary
    kept = {part: getattr(summary, part) for part in scope.parts | _ALWAYS}
    return replace(_emptied(summary), **kept)


def _emptied(summary: Summary) -> Summary:
    return Summary(
        person=summary.person,
        now=summary.now,
        since=None,
        week=None,
        flags=(),
        since_look=None,
        since_start=None,
        courses=(),
        visit=None,
        questions=(),
        goal=None,
        plan=None,
        agreed_at=None,
        notes=(),
        start_back=None,
        own_view=None,
        work=None,
        asked=(),
        contacts=(),
        completeness=Completeness(0, 0, None, (), 0),
    )
