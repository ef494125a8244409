"""A clinic whose programs are killed while its patients write and its providers fail.

The providers do as they do: what got no 200 is posted again under the same id, and now and then
what got one, too. All that is by chance comes from one seed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from bot import due
from bot.channels.telegram_bot import Telegram
from bot.channels.twilio import Account, Twilio
from bot.conversation.effects import SetDue
from bot.enrolling import Newcomer, enrol
from tests.bot.house import Clock, House
from tests.crash.lives import Life, wait
from tests.crash.providers import (
    PUBLIC,
    SECRET,
    Message,
    by_sms,
    by_telegram,
    post,
    signed,
    telegram_mood,
    twilio_mood,
)
from tests.house import twilio_server as far
from tests.house.connections import CountingServer
from tests.house.telegram_server import TOKEN, TelegramServer, telegram_server
from tests.house.twilio_server import NUMBER, SID, TwilioServer
from trajectory import patients
from trajectory.database import Database

FLOWS = ("start-back", "weekly-check-in", "odi")
"""What falls due for every patient, once each."""
WRITERS = 6
PATIENCE = 60.0
"""Seconds until something must have been acknowledged, whatever is killed meanwhile."""
ANSWERS = ("A", "B", "A", "B", "C", "D", "4", "2", "0", "no", "skip", "4-5")
REMARKS = ("help", "back", "what now?", "later")
SIGNS = ("I cannot feel my legs any more",)

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass
class Patient:
    """Somebody who writes by Telegram (the address is a chat) or by SMS (a number)."""

    channel: str
    address: str
    id: int
    alarmed: bool = False
    """Reports a warning sign, after which nothing else is asked until somebody has looked."""


@dataclass
class Window:
    """Something was killed at `begin`, and stood again at `end`, by the monotonic clock."""

    begin: float
    end: float


@dataclass
class ClinicUnderFire:
    """The programs, the providers far away, and what the test remembers."""

    house: House
    telegram: TelegramServer
    twilio: TwilioServer
    random: Random
    lives: list[Life]
    patients: list[Patient] = field(default_factory=list)
    acknowledged: list[Message] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    """Ids of Twilio's, of which it was acknowledged that they are delivered."""
    refused: list[str] = field(default_factory=list)
    """What got an answer that no provider should get."""
    windows: list[Window] = field(default_factory=list)
    numbers: int = 0
    database_kills: int = 0
    revived: int = 0
    """Programs that had to be started again, since the database was not there yet."""
    moved_at: float = 0.0
    """When the clock was moved, by the monotonic one."""

    def __post_init__(self) -> None:
        self._gate = threading.Lock()
        self._over = threading.Event()
        self._ours: list[int] = []

    def enrol(self, each: int) -> None:
        """So many patients on each channel, for whom it is noon."""
        east = (12 - datetime.now(UTC).hour) % 24
        zone = f"Etc/GMT{-east:+d}" if east <= 14 else f"Etc/GMT{24 - east:+d}"
        for n in range(each):
            for channel, address in (("telegram", str(5000 + n)), ("sms", f"+45203012{n:02}")):
                newcomer = Newcomer(channel, address, "en", zone, None, f"Birgit {n}")
                ref = enrol(self.house.deployment, newcomer, consented=True)
                self.patients.append(Patient(channel, address, ref.patient_id, n == 0))
        self.house.settle()

    def let_fall_due(self, seconds: float) -> None:
        """Every flow falls due for every patient, the first at once, within so many seconds."""
        now = datetime.now(UTC)
        self.house.clock.set(now)
        database, deployment = self.house.database, self.house.deployment
        for patient in self.patients:
            for flow in FLOWS:
                later = 0 if flow == FLOWS[0] else self.random.uniform(0, seconds)
                at = now + timedelta(seconds=later)
                change = SetDue(f"start:{flow}", "flow", at, payload={"flow": flow})
                with database.write() as connection:
                    patients.lock_conversations(connection, [patient.id])
                    due.write(connection, deployment, [(patient.id, change)])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The programs run, and patients write; at the end all has been acknowledged."""
        self._ours = [provider.callers() for provider in self._providers()]
        for life in self.lives:
            life.start()
        threads = []
        for n in range(WRITERS):
            own, random = self.patients[n::WRITERS], Random(self.random.random())
            threads.append(threading.Thread(target=self._write, args=(own, random), daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            deadline = time.monotonic() + PATIENCE
            while any(thread.is_alive() for thread in threads) and time.monotonic() < deadline:
                self._revive()
                wait(0.05)
        assert not any(thread.is_alive() for thread in threads), "something is never acknowledged"

    def _write(self, own: Sequence[Patient], random: Random) -> None:
        while not self._over.is_set():
            patient = random.choice(own)
            message = self._message(patient, random)
            self._post_until_taken(message, random)
            while random.random() < 0.15:
                self._post_until_taken(message, random)
            if patient.channel == "sms" and random.random() < 0.3:
                self._report_one(patient, random)

    def _message(self, patient: Patient, random: Random) -> Message:
        if patient.channel == "telegram" and random.random() < 0.6:
            pressed = self._press(patient, random)
            if pressed is not None:
                return by_telegram(patient.address, pressed, pressed["callback_query"]["id"])
        text, note = self._words(patient, random)
        if patient.channel == "telegram":
            update = self.telegram.writes(text, int(patient.address))
            name = f"{TOKEN.partition(':')[0]}.{patient.address}.{update['message']['message_id']}"
            return by_telegram(patient.address, update, name, note)
        heard = self.twilio.hear(patient.address, text)
        return by_sms(patient.address, text, heard["sid"], note)

    def _words(self, patient: Patient, random: Random) -> tuple[str, str]:
        shares = (80, 15, 5, 10 * patient.alarmed)
        kind = random.choices(("answer", "note", "remark", "sign"), shares)[0]
        if kind == "note":
            with self._gate:
                self.numbers += 1
                note = f"the stairs went well number {self.numbers}"
            return f"note {note}", note
        words = {"answer": ANSWERS, "remark": REMARKS, "sign": SIGNS}[kind]
        return random.choice(words), ""

    def sms(self, text: str) -> Message:
        """A message of the last patient who writes by SMS, as Twilio posts it."""
        address = self.patients[-1].address
        return by_sms(address, text, self.twilio.hear(address, text)["sid"])

    def _press(self, patient: Patient, random: Random) -> dict[str, Any] | None:
        with self.telegram._changed:
            shown = [
                message
                for (chat, _), message in self.telegram.shown.items()
                if chat == int(patient.address) and "reply_markup" in message
            ]
            if not shown:
                return None
            rows = shown[-1]["reply_markup"]["inline_keyboard"]
            labels = [button["text"] for row in rows for button in row]
            calm = [label for label in labels if patient.alarmed or label != "Yes"]
            label = random.choice(calm or labels)
            return self.telegram.presses(label, int(patient.address))

    def _post_until_taken(self, message: Message, random: Random) -> None:
        deadline = time.monotonic() + PATIENCE
        while (status := self._post(message, random)) != 200:
            if status not in (None, 503):
                self.refused.append(f"{message.path} {status}")
                return
            if time.monotonic() > deadline:
                self.refused.append(f"{message.path} never")
                return
            wait(random.uniform(0.01, 0.1))
        with self._gate:
            self.acknowledged.append(message)

    def _post(self, message: Message, random: Random) -> int | None:
        doors = [life for life in self.lives if life.kind != "worker"]
        return post(random.choice(doors).address, message)

    def _report_one(self, patient: Patient, random: Random) -> None:
        out = [
            each["sid"]
            for each in list(self.twilio.messages)
            if each["to"] == patient.address and each["sid"] not in self.reported
        ]
        if out:
            fields = far.report(random.choice(out), "delivered")
            message = signed(patient.address, "/twilio/status", fields, fields["MessageSid"])
            deadline = time.monotonic() + PATIENCE
            while self._post(message, random) != 204:
                assert time.monotonic() < deadline
                wait(random.uniform(0.01, 0.1))
            self.reported.append(message.id)

    def fire(self, kills: int, of_database: int, kill_database: Callable[[], None]) -> None:
        """Kill so often at random moments, and start again what was killed."""
        moments = sorted(self.random.sample(range(1, kills - of_database), of_database))
        done = 0
        while done < kills:
            self._wait_for_work()
            if moments and done >= moments[0]:
                del moments[0]
                self._around(kill_database)
                self.database_kills += 1
                done += 1
                continue
            self._revive()
            ready = [life for life in self.lives if _serves(life)]
            self.random.shuffle(ready)
            most = kills - done - len(moments)
            victims = ready[: self.random.choice((1, 1, 2, len(ready)))][:most]
            for life in victims:
                self._around(life.kill)
                life.start()
            done += len(victims)

    def _revive(self) -> None:
        """Whoever watches over a program starts it again where the database was not there yet."""
        for life in self.lives:
            if not life.process.is_alive():
                self.revived += 1
                assert self.database_kills, f"it ended by itself: {life.log.read_text()[-800:]}"
                life.start()

    def _wait_for_work(self) -> None:
        """Until some more has been acknowledged, and any moment longer."""
        enough = len(self.acknowledged) + self.random.randint(3, 25)
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < enough:
            self._revive()
            assert time.monotonic() < deadline, "nothing is acknowledged"
            wait(0.002)
        wait(self.random.uniform(0, 0.1))

    def _around(self, kill: Callable[[], None]) -> None:
        begin = time.monotonic()
        kill()
        self.windows.append(Window(begin, time.monotonic()))

    def end(self) -> None:
        """Kill all that runs: nothing is finished in peace."""
        for life in self.lives:
            self._around(life.kill)

    def settle(self, days: int) -> None:
        """Let time pass on a process of the test's own, with the providers at their best."""
        self.telegram.mood = lambda method: None
        self.twilio.mood = lambda sends: None
        self._let_the_dead_finish()
        self.twilio.clock = self.house.clock.now
        self.moved_at = time.monotonic()
        self.house.clock.set(datetime.now(UTC))
        self.house.wait(days=days)

    def _let_the_dead_finish(self) -> None:
        """What dead programs had written to others is read, before a lease's time has passed.

        A provider takes what was on its way to it, and a server of a database ends what it had
        been told to do, or lets go of what it held.
        """
        for provider, ours in zip(self._providers(), self._ours, strict=True):
            provider.wait_for_callers(ours)
        database = self.house.database
        if database.dialect == "postgresql":
            deadline = time.monotonic() + PATIENCE
            while _sessions(database) > 0:
                assert time.monotonic() < deadline, "the server serves somebody who is dead"
                wait(0.02)

    def _providers(self) -> Iterator[CountingServer]:
        for provider in (self.telegram, self.twilio):
            assert provider.server is not None
            yield provider.server

    @property
    def kills(self) -> int:
        """How many processes were killed, the database's own among them."""
        return len(self.windows)


def _sessions(database: Database) -> int:
    """How many callers the server has besides us."""
    # Ours would be told from theirs by nothing.
    database.close()
    with database.read() as connection:
        return int(connection.execute(_OTHERS).scalar_one())


def _serves(life: Life) -> bool:
    return life.process.is_alive() and ("worker" in life.kind or life.listens())


@contextmanager
def clinic(url: str, kinds: Sequence[str], folder: Path, seed: int) -> Iterator[ClinicUnderFire]:
    """The programs run while this lasts; the providers fail by chance."""
    random, gate = Random(seed), threading.Lock()
    with ExitStack() as stack:
        telegram = stack.enter_context(telegram_server())
        twilio = stack.enter_context(far.twilio_server())
        # The files of SQLite outlive any process; what PostgreSQL holds in memory does not.
        database = Database(url, durable=not url.startswith("sqlite"))
        stack.callback(database.close)
        house = House(database, clock=Clock(datetime.now(UTC)))
        _on_the_wire(house, telegram, twilio, stack)
        lives = [Life(kind, _settings(house, telegram, twilio), folder) for kind in kinds]
        found = ClinicUnderFire(house, telegram, twilio, random, lives)
        stack.callback(_kill_all, lives)
        found.enrol(4)
        telegram.mood = telegram_mood(Random(random.random()), gate)
        twilio.mood = twilio_mood(Random(random.random()), gate)
        yield found
        assert twilio.wrong == []


def _kill_all(lives: Sequence[Life]) -> None:
    for life in lives:
        if life.process is not None and life.process.is_alive():
            life.process.kill()
            life.process.join()


def _on_the_wire(
    house: House, telegram: TelegramServer, twilio: TwilioServer, stack: ExitStack
) -> None:
    """The test's own process sends as the programs do, by its own clock."""
    bot = Telegram(TOKEN, telegram.url)
    stack.callback(bot.close)
    account = Account(SID, far.TOKEN, twilio.url, f"{PUBLIC}/twilio/status")
    channels: Any = house.deployment.channels
    channels["telegram"] = bot
    channels["sms"] = Twilio("sms", account, sender=NUMBER, now=house.clock.now)


def _settings(house: House, telegram: TelegramServer, twilio: TwilioServer) -> dict[str, Any]:
    return {
        "database_url": house.database.url,
        "keys": house.deployment.ring.setting(),
        "public_url": PUBLIC,
        "telegram_token": TOKEN,
        "telegram_bot": "nord_bot",
        "telegram_api_url": telegram.url,
        "telegram_webhook_secret": SECRET,
        "twilio_account_sid": SID,
        "twilio_auth_token": far.TOKEN,
        "twilio_api_url": twilio.url,
        "twilio_from": NUMBER,
    }
