"""The engine's events as entries of the trajectory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.conversation.effects import Record
from bot.conversation.memory import SCORE, OpenSession
from bot.conversation.step import Step
from flows.model import Flow
from flows.scores import Score
from flows.session import Given

LATE_AFTER = timedelta(hours=24)
"""What comes later than this after the end is marked: somebody may have seen the old score."""
HELPER = "helper"
"""The author of what somebody else says for the patient."""
HELPS_FOR = timedelta(hours=24)
"""How long whoever has said that they write for the patient may go on in other messages."""


def record_given(
    step: Step,
    flow: Flow,
    open: OpenSession,
    item_id: str,
    given: Given,
    *,
    confirmed: bool = False,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record what now stands for an item: an answer, a skip, or that it does not apply.

    `confirmed`: the patient was shown an earlier answer, and it still holds. `detail`: what else
    is known of it, without words.
    """
    if confirmed:
        detail = {**(detail or {}), "confirmed": True}
    _record(step, flow, open, item_id, given, kind=str(given.kind), detail=detail)


def record_correction(
    step: Step,
    flow: Flow,
    open: OpenSession,
    item_id: str,
    given: Given,
    previous: Given,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Record a changed answer; the entry it supersedes stays."""
    detail = {
        **(more or {}),
        "previous": previous.value,
        "previous_code": previous.code,
        "given": given.kind.value,
    }
    _record(step, flow, open, item_id, given, kind="correction", detail=detail)


def _record(
    step: Step,
    flow: Flow,
    open: OpenSession,
    item_id: str,
    given: Given,
    *,
    kind: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    item = flow.item(item_id)
    details: dict[str, Any] = {"language": open.session.language}
    if detail is not None:
        details |= detail
    if _is_late(step, open):
        details["late"] = True
    if step.entering is not None:
        details["worker"] = step.entering.worker
    entry = Record(
        step.new_id(),
        kind,
        flow.id,
        flow.definition,
        item_id,
        given.value,
        given.code,
        item.unit["en"] if item.unit else None,
        given.text or given.raw,
        details,
        author_of(step, open),
        open.id,
        given.turn,
        open.entries.get(item_id),
    )
    open.entries[item_id] = entry.id
    step.do(entry)


def does_a_helper_answer(step: Step) -> bool:
    """Whether what is asked from now on is answered by a helper, who has said so lately."""
    said_at = step.memory.helper_answers_at
    return bool(said_at) and step.now < datetime.fromisoformat(said_at) + HELPS_FOR


def author_of(step: Step, open: OpenSession) -> str:
    """Who gives what is answered in this session."""
    if step.entering is not None:
        return step.entering.author
    return HELPER if open.helped and open.closed_at is None else "patient"


def _is_late(step: Step, open: OpenSession) -> bool:
    return open.closed_at is not None and step.now - open.closed_at > LATE_AFTER


def record_score(
    step: Step, flow: Flow, open: OpenSession, score: Score, at: datetime | None = None
) -> None:
    """Record a score with its completeness; a new one supersedes the one before.

    `at`: the time that it is about; None: that of what was just said.
    """
    value = score.value
    entry = Record(
        id=step.new_id(),
        kind="score",
        at=at,
        flow=flow.id,
        definition=flow.definition,
        value=None if value is None else float(value),
        code=score.band or score.group,
        detail=score_detail(flow, open, score),
        author="system",
        session_id=open.id,
        turn=open.session.turn,
        supersedes=open.entries.get(SCORE),
    )
    open.entries[SCORE] = entry.id
    step.do(entry)


def score_detail(flow: Flow, open: OpenSession, score: Score) -> dict[str, Any]:
    """How a score came about and how complete it is, for everything derived from it."""
    return {
        "scoring": score.scoring,
        "numerator": score.numerator,
        "denominator": score.denominator,
        "answered": score.answered,
        "of": score.of,
        "band": score.band,
        "group": score.group,
        "subscale": dict(score.subscales) or score.subscale,
        "reason": score.reason,
        "missing": list(score.missing),
        **_more(score),
        "wording": flow.wording_in(open.session.language),
        "language": open.session.language,
    }


def _more(score: Score) -> dict[str, Any]:
    """What only some instruments have."""
    more: dict[str, Any] = {}
    if score.subscales:
        more["positive"] = list(score.positive)
    if score.variant is not None:
        more["variant"] = score.variant
    if score.share is not None:
        more["share"] = float(score.share)
    return more
