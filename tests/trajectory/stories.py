"""Histories of invented patients, told in a few lines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backtrace.definitions import shipped_library
from flows.scoring import ODI_BANDS
from trajectory.entries import Entry
from trajectory.measures import measures_of
from trajectory.summary import Person

ZONE = ZoneInfo("Europe/Copenhagen")
ANNE = "professional:7"
DR_HOLM = "professional:8"


def at(month: int, day: int, hour: int = 18, minute: int = 0) -> datetime:
    """A moment of 2026 on the patient's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


class Story:
    """A timeline under construction; every step returns the entry that it wrote."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._sessions = 1000

    def write(self, kind: str, when: datetime, **fields: Any) -> Entry:
        number = len(self.entries) + 1
        recorded_at = fields.pop("recorded_at", when)
        entry = Entry(number, 1, number, when, recorded_at, kind, **fields)
        self.entries.append(entry)
        return entry

    def session(self) -> int:
        self._sessions += 1
        return self._sessions

    def odi(self, when: datetime, value: float | None, **fields: Any) -> Entry:
        """A sitting of ten sections; `value` None: too few were answered."""
        detail = {
            "answered": 10 if value is not None else 6,
            "of": 10,
            "band": None if value is None else band(value),
            "group": None,
            "reason": None if value is not None else "too-few-answers",
            "missing": [],
            "wording": "demonstration",
            **fields.pop("detail", {}),
        }
        fields = {"session_id": self.session(), "author": "system", **fields}
        return self.write("score", when, flow="odi", value=value, detail=detail, **fields)

    def check_in(
        self,
        when: datetime,
        pain: int | None = None,
        bothersome: int | None = None,
        limited: int | None = None,
        sick: int | None = None,
    ) -> dict[str, Entry]:
        """A weekly check-in; None is a question that was skipped, sick leave aside."""
        session = self.session()
        given = {"pain": pain, "bothersome-days": bothersome, "activity-limited-days": limited}
        if sick is not None:
            given["sick-leave-days"] = sick
        return {
            item: self.write(
                "skip" if value is None else "answer",
                when + timedelta(minutes=turn),
                flow="weekly-check-in",
                item=item,
                value=value,
                text="skip" if value is None else str(value),
                session_id=session,
                turn=turn,
            )
            for turn, (item, value) in enumerate(given.items(), 1)
        }

    def correct(self, entry: Entry, when: datetime, value: float | None, **fields: Any) -> Entry:
        """The patient changes an answer, or the score that follows from it; `late` as marked."""
        if fields.pop("late", False):
            if entry.kind != "score":
                fields["detail"] = {"late": True}
            else:
                of = {"flow": entry.flow, "item": "lifting", "session_id": entry.session_id}
                self.write("correction", when, value=2, detail={"late": True}, **of)
        kind = "score" if entry.kind == "score" else "correction"
        kept = {
            name: getattr(entry, name)
            for name in ("flow", "item", "session_id", "author", "detail")
        }
        return self.write(kind, when, value=value, supersedes=entry.id, **{**kept, **fields})

    def intake(self, when: datetime, item: str, text: str | None = None, **fields: Any) -> Entry:
        fields = {"flow": "intake", "session_id": self.session(), **fields}
        kind = fields.pop("kind", "answer")
        return self.write(kind, when, item=item, text=text, **fields)

    def start_back(self, when: datetime, group: str | None, total: int, subscale: int) -> Entry:
        detail: dict[str, Any] = {
            "answered": 9,
            "of": 9,
            "group": group,
            "subscale": subscale,
            "missing": [],
        }
        session = self.session()
        return self.write(
            "score", when, flow="start-back", value=total, detail=detail, session_id=session
        )

    def flag(
        self, when: datetime, item: str, urgency: str, text: str = "yes", **fields: Any
    ) -> Entry:
        return self.write(
            "red-flag",
            when,
            flow="red-flags",
            item=item,
            code=urgency,
            text=text,
            session_id=self.session(),
            **fields,
        )


def band(value: float) -> str:
    return next(name for name, end in ODI_BANDS if value <= end)


BIRGIT = Person(
    name="Birgit H.",
    pathway_titles={"en": "low back pain", "da": "lændesmerter"},
    started_at=at(1, 4, 10),
    timezone="Europe/Copenhagen",
    language="da",
    measures=measures_of(shipped_library(), "low-back-pain"),
    birth_date=date(1958, 9, 14),
)
NOW = at(3, 31, 9, 30)
LOOKED = at(2, 17, 14)


def birgit() -> list[Entry]:
    """Three months: better until February, then worse, with a warning sign."""
    story = Story()
    story.start_back(at(1, 4, 11), "medium", 5, 2)
    story.odi(at(1, 5), 44)
    story.intake(at(1, 6), "work-status", "D", code="retired")
    story.intake(at(1, 6), "onset", "November, after lifting a box")
    story.intake(at(1, 6), "treatments-tried", "physio, ibuprofen")
    story.intake(at(1, 6), "goal", "Walk to the allotment, 30 min")
    story.intake(at(1, 13), "earlier-episodes", "C", code="several")
    story.intake(at(1, 13), "medication", "paracetamol, ibuprofen")
    story.intake(at(1, 13), "imaging", "B", code="none")
    weeks: list[tuple[int | None, ...]] = [
        (7, 6, 5),
        (6, 6, 5),
        (6, 5, 4),
        (5, 4, 3),
        (4, 3, 2),
        (4, 3, 2),
    ]
    weeks += [(3, 2, 2), (4, 3, 2), (5, 4, 3), (6, 6, 4), (None, None, None), (7, 6, 5)]
    for number, (pain, bothersome, limited) in enumerate(weeks):
        story.check_in(at(1, 12) + timedelta(weeks=number), pain, bothersome, limited)
        if number == 5:
            story.odi(at(2, 17, 11), 36)
            story.write("plan", at(2, 17, 14, 30), text="walk 15 min x 2", author=ANNE)
    story.write("note", at(2, 20), text="I do not like the exercises")
    story.flag(at(3, 22, 20), "leg-weakness", "same-day", "my right leg gives way since today")
    story.write("flag-follow-up", at(3, 23, 12), code="seen", text="A")
    story.write("contact", at(3, 23, 12, 5), text="GP, 23 March")
    story.write("contact", at(3, 25, 12), text="referral to rheumatology", author=DR_HOLM)
    story.write("question", at(3, 30, 19), text="May I cycle?")
    story.write("question", at(3, 30, 19), text="Can I halve the tablets? Stomach.")
    story.write("visit", at(3, 31, 10), text="Anne")
    story.odi(at(3, 30, 20), 50)
    return sorted(story.entries, key=lambda entry: entry.recorded_at)


def later(entry: Entry, **changes: Any) -> Entry:
    """The same entry with something else in it."""
    return entry._replace(**changes)
