"""Invented patients whose summaries must be told apart at a glance, and one whole year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, Story, at, birgit
from trajectory.entries import Entry
from trajectory.summary import Person

Week = tuple[int | None, int | None, int | None]
"""Pain, bothersome days and limited days of one check-in."""

YEAR_END = at(12, 31, 9)
ODI_ITEMS = (
    "pain-intensity",
    "personal-care",
    "lifting",
    "walking",
    "sitting",
    "standing",
    "sleeping",
    "sex-life",
    "social-life",
    "travelling",
)
IBUPROFEN = "Paracetamol, and ibuprofen when it is bad"


def named(name: str, started_at: datetime) -> Person:
    """An English speaker on the back-pain pathway."""
    titles = {"en": "Low back pain", "da": "Lændesmerter"}
    return Person(name, titles, started_at, "Europe/Copenhagen", "en", BIRGIT.measures)


JONAS = named("Jonas Lund", at(1, 4, 10))
RUTH = named("Ruth Dahl", at(1, 4, 10))
OLE = named("Ole Friis", at(1, 4, 10))
KAREN = named("Karen Juhl", at(1, 4, 10))


def improving() -> list[Entry]:
    """Jonas: from severe to minimal in three months, without a warning sign."""
    story = _begun("Lift my daughter", "working-limited", "Since Christmas, after moving house")
    story.odi(at(1, 5), 46)
    _check_ins(story, [(7, 7, 6), (7, 6, 5), (6, 6, 5), (5, 4, 3), (4, 4, 2), (4, 3, 2)])
    story.odi(at(2, 17, 11), 28)
    story.write("plan", at(2, 17, 14, 30), text="Run 2 km, every other day", author=ANNE)
    _check_ins(story, [(3, 2, 1), (3, 2, 1), (2, 1, 0), (2, 1, 0), (1, 1, 0), (1, 0, 0)], 6)
    story.odi(at(3, 30, 20), 14)
    story.write("question", at(3, 30, 19), text="Can I play badminton again?")
    return in_time(story)


def worsening() -> list[Entry]:
    """Ruth: well until February, then worse than at the start; no warning sign."""
    story = _begun("Sit through a concert", "sick-leave", "Two years, came slowly")
    story.start_back(at(1, 4, 11), "high", 7, 4)
    story.odi(at(1, 5), 38)
    _check_ins(story, [(5, 5, 3), (5, 4, 3), (4, 4, 2), (4, 3, 2), (4, 3, 2), (4, 3, 2)])
    story.odi(at(2, 17, 11), 34)
    _check_ins(story, [(5, 4, 3), (6, 5, 4), (6, 6, 5), (7, 7, 5), (8, 7, 6), (8, 7, 6)], 6)
    story.odi(at(3, 30, 20), 56)
    story.write("question", at(3, 29, 19), text="Do I need a scan?")
    story.write("question", at(3, 30, 19), text="The exercises hurt. Shall I go on?")
    story.write("visit", at(4, 1, 13), text="Anne")
    return in_time(story)


def silent() -> list[Entry]:
    """Ole: answered for four weeks, and not at all since."""
    story = _begun("Back to the bowling club", "retired", "October, in the garden")
    story.odi(at(1, 5), 40)
    _check_ins(story, [(6, 5, 4), (6, 5, 4), (5, 4, 3), (5, 4, 3)])
    for week in range(4, 12):
        story.write("missed", at(1, 12) + timedelta(weeks=week), flow="weekly-check-in")
    return in_time(story)


def a_year() -> list[Entry]:
    """Karen: 52 check-ins, ten Oswestry scores, and what a year of care leaves behind."""
    story = _begun("Walk to the lake and back", "working", "After a fall on the ice")
    for number, score in enumerate((48, 42, 36, 40, 30, 26, 34, 24, 20, 22)):
        when = at(1, 5) + timedelta(days=36 * number)
        for item in ODI_ITEMS:
            story.write("answer", when, flow="odi", item=item, value=score // 20, text="C")
        story.odi(when, score)
    story.flag(at(5, 2, 20), "fall-or-crash", "same-day", "I fell down the cellar stairs")
    story.write("flag-follow-up", at(5, 3, 12), code="seen", text="A")
    story.flag(at(9, 2, 20), "leg-weakness", "same-day", "my left foot drops")
    story.write("flag-follow-up", at(9, 3, 12), code="not-yet", text="B")
    for month in range(2, 12):
        text = f"Visit {month - 1}: load raised, walks 20 minutes a day"
        story.write("note", at(month, 10, 15), text=text, author=ANNE)
    story.write("plan", at(11, 10, 15), text="Gym twice a week; call if it wakes you", author=ANNE)
    story.write("contact", at(6, 3), text="MRI at the hospital", author=DR_HOLM)
    story.write("contact", at(9, 4), text="My GP, about the foot")
    for day, text in enumerate(("May I ski?", "The left foot tingles", "Can I stop the tablets?")):
        story.write("question", at(12, 20 + day), text=text)
    story.write("visit", at(12, 31, 10), text="Anne")
    wave = [6, 6, 5, 5, 4, 5, 4, 3, 4, 3, 2, 3, 3]
    _check_ins(story, [(pain, min(7, pain + 1), pain // 2) for pain in wave * 4][:51])
    return in_time(story)


LIVES: Mapping[str, Callable[[], list[Entry]]] = {
    "Jonas Lund": improving,
    "Ruth Dahl": worsening,
    "Ole Friis": silent,
    "Birgit H.": birgit,
    "Karen Juhl": a_year,
}
"""Whose life it is, by name."""


def in_time(story: Story) -> list[Entry]:
    """Its entries as they were recorded."""
    return sorted(story.entries, key=lambda entry: entry.recorded_at)


def _begun(goal: str, work: str, onset: str) -> Story:
    story = Story()
    story.start_back(at(1, 4, 11), "medium", 5, 2)
    story.intake(at(1, 6), "work-status", "A", code=work)
    story.intake(at(1, 6), "onset", onset)
    story.intake(at(1, 6), "treatments-tried", "Physio, massage")
    story.intake(at(1, 6), "goal", goal)
    story.intake(at(1, 13), "earlier-episodes", "C", code="several")
    story.intake(at(1, 13), "medication", IBUPROFEN)
    story.intake(at(1, 13), "imaging", "B", code="none")
    return story


def _check_ins(story: Story, weeks: Sequence[Week], first: int = 0) -> None:
    for number, week in enumerate(weeks, first):
        story.check_in(at(1, 12) + timedelta(weeks=number), *week)
