"""What has changed, in one word and a few lines: the first thing that a reader looks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from templates.telling import Telling

Move = tuple[Any, Any, Any]
"""A course, the point before, and the change since."""


@dataclass(frozen=True, slots=True)
class Told:
    """What has changed: since the last look, or since the start for whoever never looked.

    `tone` is the verdict as an id, `silent`, or empty where nothing can be said; `notes` are
    sentences.
    """

    heading: str
    verdict: str
    tone: str
    moves: tuple[Move, ...]
    notes: tuple[str, ...]


def told(summary: Any, tell: Telling) -> Told:
    """What has changed, with its verdict; old values of a silent patient have none."""
    verdict = summary.since_start if summary.since is None else summary.since_look
    if summary.silent:
        head, tone = tell.silence(summary), "silent"
    else:
        head, tone = tell.words.say(f"verdict.{verdict}") if verdict else "", verdict or ""
    moves = tuple(_moves(summary))
    notes = (_nothing(summary, moves, tell), _overall(summary, tell))
    return Told(_since(summary, tell), head, tone, moves, tuple(note for note in notes if note))


def _moves(summary: Any) -> Iterator[Move]:
    looked = summary.since is not None
    for course in summary.courses:
        change = course.since_look if looked else course.since_start
        if change is not None:
            yield course, course.then if looked else course.start, change


def _since(summary: Any, tell: Telling) -> str:
    if summary.since is not None:
        return tell.words.say("change.since-look", day=tell.words.day(summary.since))
    if not summary.courses:
        return tell.words.say("table.heading")
    return tell.words.say("change.since-start", day=_began(summary, tell))


def _began(summary: Any, tell: Telling) -> str:
    return tell.words.day(min(course.start.at for course in summary.courses))


def _nothing(summary: Any, moves: tuple[Move, ...], tell: Telling) -> str:
    if moves or summary.silent:
        return ""
    if not summary.courses:
        return tell.words.say("change.no-data")
    return tell.words.say("change.first-only" if summary.since is None else "change.nothing-new")


def _overall(summary: Any, tell: Telling) -> str:
    """Whoever reads about the time since their last look is told the whole course, too."""
    if summary.since_start is None or (summary.since is None and not summary.silent):
        return ""
    words = tell.words
    verdict, began = words.say(f"verdict.{summary.since_start}").lower(), _began(summary, tell)
    if summary.silent:
        return words.say("change.until-then", day=began, verdict=verdict)
    since = words.say("change.since-start", day=began)
    moved = [_by(course, tell) for course in _telling_most(summary)]
    return f"{since}: {', '.join([verdict, *moved])}."


def _telling_most(summary: Any) -> list[Any]:
    """Two courses at most that the verdict since the start comes from; the first if none does."""
    changed = [course for course in summary.courses if course.since_start]
    return [course for course in changed if course.since_start.important][:2] or changed[:1]


def _by(course: Any, tell: Telling) -> str:
    by = tell.words.signed(course.since_start.by)
    return f"{tell.measure(course)} {tell.moved(course.start, course)} ({by})"
