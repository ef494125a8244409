"""Random lives of patients, through the real dispatch, against a slow and obvious model.

The model reads a wall clock in steps of a quarter of an hour, and shares no rule with the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.conversation.memory import Memory
from bot.loading import open_session
from flows.library import Library
from flows.model import Step
from tests.bot.house import CHECK_IN, House
from trajectory import migrations, patients, tables

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
QUARTER = timedelta(minutes=15)
WEEKS = 5
"""A short pathway, so that lives come to its end."""
PLACES = {
    "Copenhagen": "Europe/Copenhagen",
    "New York": "America/New_York",
    "Tokyo": "Asia/Tokyo",
    "Kathmandu": "Asia/Kathmandu",
    "Honolulu": "Pacific/Honolulu",
}
DAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"]
STARTS = [
    datetime(2027, 3, 8, 9, tzinfo=UTC),
    datetime(2027, 10, 15, 16, 30, tzinfo=UTC),
    datetime(2028, 2, 20, 7, 15, tzinfo=UTC),
]
Act = tuple[str, int]


@cache
def at_wall(day: date, clock: time, zone: str) -> datetime:
    """Wait through the day until the clock shows that time, or has jumped over it."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - 15 * HOUR
    while (there := moment.astimezone(ZoneInfo(zone))).date() < day or (
        there.date() == day and there.time() < clock
    ):
        moment += QUARTER
    return moment


@dataclass
class Model:
    """What a careful secretary with a paper calendar would do."""

    start: datetime
    zone: str = "Europe/Copenhagen"
    hour: time = time(18)
    weekday: int = 0
    first_day: date | None = None
    """The day on which week 1 begins, once something has come by it."""
    done: int = 0
    place: datetime | None = None
    week: int = 1
    stays: bool = False
    """The next one comes when it would have, since what was chosen after was in the past."""
    paused_until: datetime | None = None
    stopped: bool = False
    came: list[datetime] = field(default_factory=list)
    """When each check-in fell due."""
    hushed: list[datetime] = field(default_factory=list)
    """When the patient paused or stopped."""

    def __post_init__(self) -> None:
        self.plan(self.start)

    def begins(self) -> date:
        day = self.start.astimezone(ZoneInfo(self.zone)).date()
        while self.first_day is None and at_wall(day, self.hour, self.zone) < self.start + 3 * DAY:
            day += DAY
        return self.first_day or day

    def place_of(self, week: int) -> datetime:
        day = self.begins() + WEEK * (week - 1)
        while day.weekday() != self.weekday:
            day += DAY
        return at_wall(day, self.hour, self.zone)

    def plan(self, after: datetime) -> None:
        """The first week that has not come, and whose time has not passed."""
        self.place, self.stays = None, False
        for week in range(self.done + 1, WEEKS + 1):
            if self.place_of(week) > after:
                self.week, self.place = week, self.place_of(week)
                return

    def fall(self, now: datetime) -> None:
        """The check-in falls due; in a pause it is left out."""
        assert self.place is not None
        if self.paused_until is None or now >= self.paused_until:
            self.came.append(min(self.place, now))
            if self.paused_until is not None and self.place < self.paused_until:
                # It came late, after a pause that it fell into.
                self.hushed.append(self.place)
        self.first_day, self.done = self.begins(), self.week
        self.plan(now)

    def live(self, until: datetime) -> None:
        while self.place is not None and self.place <= until:
            self.fall(self.place)

    def sleep(self, until: datetime) -> None:
        """No process runs: what was due meanwhile comes once, at the end."""
        if self.place is not None and self.place <= until:
            self.fall(until)

    def change(self, now: datetime, hour: time | None, weekday: int | None) -> None:
        stood = self.place
        self.hour = self.hour if hour is None else hour
        self.weekday = self.weekday if weekday is None else weekday
        if stood is None or self.stays:
            return
        if self.place_of(self.week) > now:
            self.place = self.place_of(self.week)
        elif self.week < WEEKS and self.place_of(self.week + 1) - stood <= 3 * DAY:
            self.week, self.place = self.week + 1, self.place_of(self.week + 1)
        else:
            self.stays = True

    def move(self, now: datetime, zone: str) -> None:
        if zone == self.zone:
            return
        until = self.paused_until
        morning = until and until.astimezone(ZoneInfo(self.zone)).date()
        self.first_day, self.zone = self.begins(), zone
        if morning and until and until > now:
            self.paused_until = at_wall(morning, time(8), zone)
        if self.place is not None and not self.stays:
            self.place = max(self.place_of(self.week), now)

    def pause(self, now: datetime) -> None:
        day = now.astimezone(ZoneInfo(self.zone)).date() + WEEK
        self.paused_until = at_wall(day, time(8), self.zone)
        self.hushed.append(now)

    def stop(self, now: datetime) -> None:
        self.stopped, self.place, self.paused_until = True, None, None
        self.hushed.append(now)

    def go_on(self, now: datetime) -> None:
        """START ends a stop, or a pause; after the last check-in a new episode begins."""
        over = not self.stopped and self.place is None
        self.stopped, self.paused_until = False, None
        if over:
            self.start, self.first_day, self.done = now, None, 0
        self.plan(now)


@pytest.fixture(scope="module")
def village() -> Iterator[House]:
    """One database for all lives: whoever has lived theirs has stopped."""
    database = migrations.throw_away()
    house = House(database)
    library = house.deployment.library
    pathway = replace(
        library.pathway("low-back-pain"),
        steps=(Step(CHECK_IN, CHECK_IN, weekly_until=WEEKS, delay=timedelta(hours=72)),),
    )
    house.deployment = replace(house.deployment, library=Library(library.flows.values(), [pathway]))
    yield house
    database.close()


class Life:
    """A patient and their model, step by step."""

    def __init__(self, house: House, number: int, start: datetime) -> None:
        self.house, self.address = house, f"patient-{number}"
        house.clock.set(start)
        self.patient = house.enrol(self.address, pathway="low-back-pain").patient_id
        house.settle()
        self.model = Model(start)
        self.spoke: list[tuple[datetime, str]] = []
        """When the clock spoke, and in which zone the patient was."""

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def write(self, *texts: str) -> None:
        for text in texts:
            self.house.write(text, self.address)
            self.house.settle()

    def answer(self, number: int) -> None:
        """Whatever is asked gets answers until nothing is."""
        for _ in range(8):
            if self.waits():
                self.write("2" if number % 2 else "skip", "no")

    def waits(self) -> bool:
        return any(
            row.patient_id == self.patient and row.status == "waiting"
            for row in self.house.rows(tables.core(tables.Session))
        )

    def wait(self, hours: int) -> None:
        sent = len(self.house.telegram.sent)
        self.house.wait(hours=hours)
        self.model.live(self.now)
        self.note(sent)

    def sleep(self, hours: int) -> None:
        self.house.clock.set(self.now + hours * HOUR)
        sent = len(self.house.telegram.sent)
        self.house.settle()
        self.model.sleep(self.now)
        self.note(sent)

    def note(self, sent: int) -> None:
        self.spoke += [(s.at, self.model.zone) for s in self.house.telegram.sent[sent:]]

    def act(self, name: str, number: int) -> None:
        model, now = self.model, self.now
        match name:
            case "wait":
                self.wait(number % 200 + 1)
            case "sleep":
                self.sleep(number * 3 % 550 + 1)
            case "answer":
                self.answer(number)
            case "hour" if not model.stopped:
                hour = time(8 + number % 13, 30 * (number % 2))
                self.write(f"ask me at {hour:%H:%M}")
                model.change(now, hour, None)
            case "day" if not model.stopped:
                self.write(f"ask me on {DAYS[number % 7]}")
                model.change(now, None, number % 7)
            case "zone" if not model.stopped:
                place = list(PLACES)[number % len(PLACES)]
                if PLACES[place] != model.zone:
                    self.write(f"change my time zone to {place}", "yes")
                    model.move(now, PLACES[place])
                    self.sleep(0)
            case "pause" if not model.stopped:
                self.write("pause for a week")
                model.pause(now)
            case "stop" if not model.stopped:
                self.write("stop")
                model.stop(now)
            case "start" if model.stopped or self.memory().over == "said":
                self.write("start")
                model.go_on(now)

    def memory(self) -> Memory:
        with self.house.database.read() as connection:
            (row,) = patients.read(connection, [self.patient])
        sealer = self.house.sealer(self.patient)
        return Memory.from_json(sealer.open(patients.BODY, self.patient, row.body))

    def came(self) -> list[datetime]:
        """When each check-in fell due that was asked, or kept as not asked."""
        sealer = self.house.sealer(self.patient)
        asked = [
            datetime.fromisoformat(open_session(sealer, row.id, row.body).due)
            for row in self.house.rows(tables.core(tables.Session))
            if row.patient_id == self.patient
        ]
        for entry in self.house.timeline(self.patient):
            if entry.code == "not-asked" and entry.detail:
                asked.append(datetime.fromisoformat(entry.detail["due"]))
        asked += [datetime.fromisoformat(waiting.due) for waiting in self.memory().waiting]
        return sorted(asked)

    def check(self) -> None:
        """None twice, none missing, none at night, and not too many."""
        real, expected = self.came(), sorted(self.model.came)
        for moment in real:
            found = next((each for each in expected if abs(each - moment) < 15 * HOUR), None)
            assert found is not None, f"{moment} is none of {expected}"
            expected.remove(found)
        # What waited when the patient wanted quiet is not kept.
        left = [m for m in expected if not any(m <= h <= m + 4 * DAY for h in self.model.hushed)]
        assert left == [], "never asked"
        for moment, zone in self.spoke:
            assert time(8) <= moment.astimezone(ZoneInfo(zone)).time() < time(21), moment
        if len({zone for _, zone in self.spoke}) == 1:
            days = Counter(m.astimezone(ZoneInfo(zone)).date() for m, zone in self.spoke)
            assert all(sum(days[day + DAY * n] for n in range(7)) <= 4 for day in days), days


acts = st.tuples(
    st.sampled_from(
        ["wait", "wait", "wait", "answer", "hour", "day", "zone", "pause", "stop", "start", "sleep"]
    ),
    st.integers(0, 700),
)


class _Lives:
    number = 0


# A life is long: what fails is read as it is.
@settings(
    max_examples=max(25, settings().max_examples // 20),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
@given(st.sampled_from(STARTS), st.lists(acts, min_size=6, max_size=22))
@example(STARTS[0], [("wait", 199), ("wait", 199), ("wait", 199), ("wait", 199)])
@example(STARTS[0], [("wait", 170), ("hour", 1), ("wait", 199), ("answer", 1), ("sleep", 180)])
@example(STARTS[0], [("wait", 175), ("hour", 440), ("hour", 480), ("wait", 199)])
@example(STARTS[1], [("wait", 199), ("zone", 2), ("wait", 100), ("zone", 0), ("wait", 199)])
@example(STARTS[2], [("wait", 150), ("pause", 0), ("wait", 199), ("stop", 0), ("start", 0)])
def test_the_check_ins_of_any_life_are_the_models(
    village: House, start: datetime, doings: list[Act]
) -> None:
    _Lives.number += 1
    life = Life(village, _Lives.number, start)
    try:
        for name, number in doings:
            life.act(name, number)
            if name != "wait":
                life.wait(number % 40)
        life.check()
    finally:
        life.write("stop")
