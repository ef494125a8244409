"""What stands in each column, and what the data dictionary says of it: written once, here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.research.administration import MIXED, Administration, State, one_of

Value = str | int | float | None
"""None is an empty cell: there is no such value."""

DAYS = "days since day 0"
_DAY = timedelta(days=1)
_STATUSES = "waiting = still open | finished | expired = its time ran out"
_MODES = (
    "sms | telegram | whatsapp | web | tablet = on the clinic's | paper | telephone "
    f"| {MIXED} = see modes"
)
_AUTHORS = (
    f"patient | helper = somebody beside the patient | staff = of the clinic | {MIXED} = several"
)
YES_NO = "1 = yes | 0 = no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its line in the data dictionary, and how its value is read."""

    name: str
    type: str
    """text | integer | number | time"""
    meaning: str
    value: Callable[[Administration], Value]
    unit: str = ""
    values: str = ""
    wording: str = ""


def written(number: float | None) -> Value:
    """A number with two decimals at most; whole ones without any."""
    if number is None:
        return None
    return int(number) if float(number).is_integer() else float(round(Decimal(str(number)), 2))


def common(*, dates: bool) -> Sequence[Column]:
    """The columns that every file begins with; `dates`: with calendar times beside the days."""
    return (
        *_WHO,
        *_WHAT,
        *(column for each in _TIMES for column in _time(*each, dates=dates)),
        *_HOW,
    )


def _time(
    name: str,
    meaning: str,
    read: Callable[[Administration], datetime | None],
    *,
    dates: bool,
) -> Sequence[Column]:
    days = Column(f"{name}_day", "number", meaning, lambda each: _day(each, read(each)), DAYS)
    if not dates:
        return (days,)
    clock = "ISO 8601, on the patient's clock"
    return (days, Column(f"{name}_at", "time", meaning, lambda each: _at(each, read(each)), clock))


def _day(each: Administration, moment: datetime | None) -> Value:
    """To about ten seconds, so that intervals can be told and no calendar day can."""
    return None if moment is None else round((moment - each.episode.began_at) / _DAY, 4)


def _at(each: Administration, moment: datetime | None) -> Value:
    return None if moment is None else moment.astimezone(each.zone).isoformat(timespec="seconds")


_WHO = (
    Column(
        "pseudonym",
        "text",
        "The patient, the same in every export of the same study and in no other",
        lambda each: each.pseudonym,
    ),
    Column(
        "episode",
        "integer",
        "The how manieth episode of the patient it belongs to",
        lambda each: each.episode.number,
    ),
    Column(
        "pathway",
        "text",
        "The pathway of that episode; empty: none",
        lambda each: each.episode.pathway,
    ),
    Column(
        "consent_day",
        "number",
        "When the patient agreed to research; what was answered before is a part of the export",
        lambda each: _day(each, each.consent.at),
        DAYS,
    ),
    Column(
        "consent_version",
        "text",
        "The version of the text that the patient agreed to",
        lambda each: _text((each.consent.detail or {}).get("version")),
    ),
)
_WHAT = (
    Column("flow", "text", "What was asked, by its id", lambda each: each.flow.id),
    Column(
        "number",
        "integer",
        "The how manieth time it was asked of this patient; with pseudonym and flow it is a key",
        lambda each: each.number,
    ),
    Column(
        "definition",
        "text",
        "SHA-256 of the definition that was asked, wording included",
        lambda each: each.flow.definition,
    ),
    Column("language", "text", "In which language", lambda each: each.open.session.language),
    Column(
        "wording",
        "text",
        "Whose texts were asked: demonstration for our own, or a pack's holder, reference, version",
        lambda each: each.flow.wording_in(each.open.session.language),
    ),
    Column(
        "status",
        "text",
        "How it ended, or that it has not",
        lambda each: each.open.session.status.value,
        values=_STATUSES,
    ),
    Column(
        "offered_again",
        "integer",
        "Whether it is a sitting that had run out before and was offered once more, whole",
        lambda each: int(each.open.last),
        values=YES_NO,
    ),
)
_TIMES: Sequence[tuple[str, str, Callable[[Administration], datetime | None]]] = (
    ("due", "When it fell due; empty: somebody asked for it", lambda each: each.due_at),
    ("opened", "When its first question was put", lambda each: each.open.opened_at),
    ("first_answer", "When its first answer was given", lambda each: each.first_answer_at),
    (
        "last_answer",
        "When its last answer was given, corrections aside",
        lambda each: each.last_answer_at,
    ),
    ("closed", "When it was completed, or ran out: see status", lambda each: each.open.closed_at),
    ("corrected", "When an answer was last changed", lambda each: each.corrected_at),
    ("recorded", "When the newest of it reached the record", lambda each: each.recorded_at),
)


def _count(state: State, meaning: str) -> Column:
    name = f"n_{state.value.replace('-', '_')}"
    return Column(name, "integer", meaning, lambda each: each.count(state), "items")


_HOW = (
    Column("mode", "text", "How it was answered", lambda each: one_of(each.modes), values=_MODES),
    Column("modes", "text", "Every way in which it was", lambda each: "+".join(each.modes) or None),
    Column(
        "answered_by", "text", "Who answered", lambda each: one_of(each.authors), values=_AUTHORS
    ),
    Column(
        "reminders",
        "integer",
        "How often it was put again unasked; empty: not counted in those days",
        lambda each: each.open.reminded,
    ),
    Column(
        "n_items", "integer", "How many items were asked", lambda each: len(each.enabled), "items"
    ),
    _count(State.ANSWERED, "How many of them are answered"),
    _count(State.DECLINED, "How many the patient would rather not answer"),
    _count(State.NOT_APPLICABLE, "How many do not apply, as the patient says"),
    _count(State.MISSING, "How many nothing was said to"),
    Column(
        "n_confirmed",
        "integer",
        "How many answers are earlier ones that the patient was shown and said still hold",
        lambda each: each.confirmed,
        "items",
    ),
    Column(
        "n_corrected",
        "integer",
        "How many items were answered anew, in whatever way",
        lambda each: each.corrected,
        "items",
    ),
    Column(
        "corrected_late",
        "integer",
        "Whether an answer was changed more than 24 hours after the end",
        lambda each: int(each.corrected_late),
        values=YES_NO,
    ),
)


def _score(name: str, type: str, meaning: str, read: Callable[[Any], Value], **more: str) -> Column:
    """Read from the score that counts."""
    return Column(
        name, type, meaning, lambda each: read(each.scores[-1]) if each.scores else None, **more
    )


def _in_detail(key: str) -> Callable[[Any], Value]:
    return lambda entry: _plain((entry.detail or {}).get(key))


def _plain(found: Any) -> Value:
    if isinstance(found, list):
        return "+".join(found) or None
    return None if isinstance(found, dict) else found


def scored(bands: str, extent: str, subscales: Sequence[tuple[str, str]]) -> Sequence[Column]:
    """The columns of a score; `subscales`: ids and names."""
    return (
        Column(
            "score_first",
            "number",
            "The score as it was computed first; empty: none could be",
            lambda each: written(each.scores[0].value) if each.scores else None,
            extent,
        ),
        _score(
            "score_final",
            "number",
            "The score that counts, two decimals, half up; empty: none could be computed",
            lambda entry: written(entry.value),
            unit=extent,
        ),
        _score("score_numerator", "integer", "It is this ...", _in_detail("numerator")),
        _score("score_denominator", "integer", "... divided by this", _in_detail("denominator")),
        _score(
            "score_answered",
            "integer",
            "Computed from so many items",
            _in_detail("answered"),
            unit="items",
        ),
        _score("score_of", "integer", "... of so many", _in_detail("of"), unit="items"),
        _score(
            "score_reason",
            "text",
            "Why there is no score or no group",
            _in_detail("reason"),
            values="too-few-answers | group-depends-on-missing",
        ),
        _score("band", "text", "Band or group of the score", lambda e: e.code, values=bands),
        _score("score_variant", "text", "Which length of the instrument", _in_detail("variant")),
        _score(
            "score_share",
            "number",
            "In place of a score that is missing: percent of the points of the answered items",
            _in_detail("share"),
            unit="%",
        ),
        _score("score_subscale", "integer", "Its only subscale's sum", _in_detail("subscale")),
        *(_subscale(id, text) for id, text in subscales),
        *([_POSITIVE] if subscales else []),
    )


def _subscale(id: str, text: str) -> Column:
    def read(entry: Any) -> Value:
        sums = (entry.detail or {}).get("subscale")
        return _plain(sums.get(id)) if isinstance(sums, dict) else None

    return _score(f"subscale_{id}", "integer", f"Sum of the subscale: {text}", read)


_POSITIVE = _score(
    "subscales_positive",
    "text",
    "Subscales that reach their threshold, joined with +",
    _in_detail("positive"),
)


def _text(found: object) -> str | None:
    return None if found is None else str(found)
