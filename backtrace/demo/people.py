"""The invented patient of the demo: three months of history, made through the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from bot import access, loading
from bot.conversation.memory import OpenSession
from bot.deployment import Deployment
from bot.driving import MovableClock, drive, run_until_quiet
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.mailbox import mails
from bot.receiving import receive
from flows.model import Item, ItemKind
from trajectory import grants, patients
from trajectory.patients import PatientRef

NAME = "Birgit Holm"
ADDRESS = "demo:birgit"
CODE = "4071"
PHYSIO = "Anne Skov"
PHYSIO_MAIL = "anne.skov@klinik.example"
WEEKS = 12
ZONE = ZoneInfo("Europe/Copenhagen")

# A course that turns after a bad month, week by week: pain, bothersome and limited days.
_WEEKLY = {
    "pain": (7, 7, 6, 7, 6, 5, 5, 4, 4, 3, 4, 3),
    "bothersome-days": (6, 7, 6, 6, 5, 5, 4, 3, 3, 2, 3, 2),
    "activity-limited-days": (5, 6, 5, 5, 4, 4, 3, 2, 2, 1, 2, 1),
    "sick-leave-days": (3, 5, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0),
}
_ODI = {
    "pain-intensity": "dcb", "personal-care": "bba", "lifting": "ddc", "walking": "cbb",
    "sitting": "ddc", "standing": "dcb", "sleeping": "ccb", "sex-life": "bba",
    "social-life": "dcb", "travelling": "cbb",
}  # fmt: skip
_AGREES = {"leg-pain", "short-walks", "slow-dressing", "worry", "low-enjoyment"}
_WORDS = {
    "onset": "In August, when I moved a wardrobe",
    "treatments-tried": "Physio twice, and walking",
    "goal": "Walk to the allotment, 30 minutes",
    "medication": "Paracetamol when it is bad",
    "earlier-episodes": "several",
    "imaging": "none",
    "work-status": "working-limited",
    "bothersomeness": "very-much",
}


@dataclass
class _Birgit:
    """Answers whatever waits, from her course."""

    deployment: Deployment
    clock: MovableClock
    ref: PatientRef

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def write(self, text: str) -> None:
        """Send a text and let the assistant answer."""
        self._send(InboundKind.TEXT, text)

    def answer_all(self) -> None:
        """Answer question after question until nothing waits."""
        for open in iter(self._open, None):
            flow = self.deployment.library.by_hash(open.session.definition)
            pending = open.session.pending
            assert pending is not None
            item = flow.item(pending)
            self._answer(open, item)

    def _open(self) -> OpenSession | None:
        with self.deployment.database.read() as connection:
            rows = patients.read(connection, [self.ref.patient_id])
            return loading.load(connection, self.deployment, rows)[self.ref.patient_id].open

    def _answer(self, open: OpenSession, item: Item) -> None:
        said = self._choice(open, item)
        if item.kind is ItemKind.TEXT:
            self.write(said)
        else:
            option = item.option(said)
            label = option.text["en"] if option else said
            data = f"q.{open.id}.{open.session.turn}.{said}"
            self._send(InboundKind.CHOICE, label, data)

    def _choice(self, open: OpenSession, item: Item) -> str:
        weeks = (open.opened_at - self._started()) // timedelta(weeks=1)
        if item.id in _WEEKLY:
            course = _WEEKLY[item.id]
            return str(course[min(weeks, len(course) - 1)])
        if item.id in _ODI:
            return _ODI[item.id][min(weeks // 5, 2)]
        if item.id in _WORDS:
            return _WORDS[item.id]
        if item.kind is ItemKind.YES_NO:
            return "no"
        return "agree" if item.id in _AGREES else "disagree"

    def _started(self) -> datetime:
        with self.deployment.database.read() as connection:
            (row,) = patients.read(connection, [self.ref.patient_id])
        assert row.started_at is not None
        return row.started_at

    def _send(self, kind: InboundKind, text: str, choice: str = "") -> None:
        message = Inbound(
            "web",
            ADDRESS,
            f"demo-{next(self._numbers)}",
            kind,
            self.clock.now(),
            text=text,
            choice=choice,
        )
        receive(self.deployment, [message])
        run_until_quiet(self.deployment)


def seed(deployment: Deployment, clock: MovableClock, today: datetime) -> int:
    """Make the invented patient's history up to the evening of `today`; her id.

    It ends just after the usual hour of questions, the day before a weekly check-in, so that
    a jump of a day brings the next.
    """
    end = datetime.combine(today.astimezone(ZONE).date(), time(18, 30), tzinfo=ZONE)
    clock.set(end - timedelta(weeks=WEEKS))
    birgit = _Birgit(deployment, clock, _enrol(deployment, end))
    birgit.answer_all()
    for day in _days(clock.now()):
        drive(deployment, clock, day + timedelta(minutes=20))
        birgit.answer_all()
        _on_day(birgit, (day - (end - timedelta(weeks=WEEKS))).days)
    clock.set(end)
    return birgit.ref.patient_id


def _enrol(deployment: Deployment, end: datetime) -> PatientRef:
    tomorrow = (end.weekday() + 1) % 7
    newcomer = Newcomer("web", ADDRESS, "en", name=NAME, code=CODE, weekday=tomorrow)
    return enrol(deployment, newcomer, consented=True)


def _days(start: datetime) -> Iterator[datetime]:
    """Each evening's time of questions, from the day after the start to the last day."""
    first = start.astimezone(ZONE)
    for number in range(1, WEEKS * 7 + 1):
        day = (first + timedelta(days=number)).date()
        yield datetime.combine(day, time(18), tzinfo=ZONE)


def _on_day(birgit: _Birgit, day: int) -> None:
    """What happens beside the questions."""
    if day == 30:
        _share(birgit)
        _look(birgit)
    if day == WEEKS * 7 - 4:
        birgit.write("question for my next visit: may I cycle to work again?")


def _share(birgit: _Birgit) -> None:
    for text in ("send my summary to my physio", PHYSIO, PHYSIO_MAIL, "C", CODE, "yes"):
        birgit.write(text)


def _look(birgit: _Birgit) -> None:
    """The physiotherapist opens the page, reads, and writes what was agreed."""
    deployment, now = birgit.deployment, birgit.clock.now()
    with deployment.database.read() as connection:
        (row,) = patients.read(connection, [birgit.ref.patient_id])
        (grant,) = grants.active(connection, row.sealer(deployment.ring), row.patient_id, now)
    access.request_code(deployment, grant.token, now)
    run_until_quiet(deployment)
    code = next(word for word in mails(deployment)[0].text.split() if word.isdecimal())
    cookie = access.open_page(deployment, grant.token, code, grant.word, now)
    access.read_summary(deployment, cookie, now)
    note = access.Fields(
        found="Stiff hips, strength normal.", agreed="Walk 15 minutes twice a day."
    )
    access.write_note(deployment, cookie, note, now)
    access.leave(deployment, cookie, now)
    run_until_quiet(deployment)
