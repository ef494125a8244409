"""The demo as one process: the whole product on SQLite, mail shown instead of sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe

from api import desk, professional, sign_in, tablet
from api.demo import Stage, demo_router
from api.server import require_free
from backtrace.clock import ShiftedClock, SystemClock
from backtrace.demo.people import seed
from backtrace.demo.stage import keep_shift, people, secretary, stored_shift
from backtrace.furnishing import deployed
from backtrace.loops import answering
from backtrace.running import listen
from backtrace.settings import Settings
from bot.channels import Channel
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.deployment import Deployment
from bot.directory.mailing import DESK
from bot.dispatching import dispatch
from bot.doorbell import Doorbell
from bot.driving import drive
from bot.enrolling import Newcomer, enrol
from bot.working import Ticker


def run(file: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the demo on this database file until told to stop; the file keeps everything.

    Raises:
        trajectory.database.InUse: another process has the file.
        api.server.PortTaken: something else listens there.
    """
    require_free(host, port)
    address = f"http://{host}:{port}"
    if not file.exists():
        say("Making a patient with three months of history ...")
        _make(file, address)
    doorbell, clock = Doorbell(), ShiftedClock()
    channels: dict[str, Channel] = {"web": WebChat(doorbell), "email": ShownMail()}
    with deployed(_settings(file, address), clock, channels, alone=True) as deployment:
        database = deployment.database
        clock.shift = stored_shift(database)
        clock.keep = lambda shift: keep_shift(database, shift)
        acts = _Acts(deployment, clock)
        stage = Stage(
            acts.jump, lambda: people(deployment), acts.newcomer, lambda: secretary(deployment)
        )
        doors = [sign_in.router_of(DESK), *desk.ROUTERS, tablet.router]
        routers = [professional.router, *doors, demo_router(stage)]
        with answering(
            deployment, doorbell, secure=False, framed=True, extra_routers=routers
        ) as app:
            ticker = Ticker(acts.tick, "demo")
            try:
                say(f"BackTrace is on {address} (Ctrl-C ends it)")
                listen(app, doorbell, host, port)
            finally:
                ticker.close()


def _settings(file: Path, address: str) -> Settings:
    return Settings(
        env="development",
        database_url=f"sqlite:///{file}",
        public_url=address,
        clinic_name="Klinik Nord",
        keys=None,
    )


def _make(file: Path, address: str) -> None:
    """Make the database with its history aside, and move it into place when it is whole."""
    aside = file.with_name(f"{file.name}.making")
    for left in file.parent.glob(f"{aside.name}*"):
        left.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    clock = ShiftedClock()
    channels: dict[str, Channel] = {"web": WebChat(Doorbell()), "email": ShownMail()}
    settings = _settings(aside, address)
    with deployed(settings, clock, channels, alone=True, durable=False) as deployment:
        seed(deployment, clock, SystemClock().now())
        keep_shift(deployment.database, clock.shift)
    aside.with_name(f"{aside.name}.key").replace(file.with_name(f"{file.name}.key"))
    aside.replace(file)
    for left in file.parent.glob(f"{aside.name}*"):
        left.unlink()


@dataclass
class _Acts:
    """What the demo's page can have done; jumps and ticks take turns."""

    deployment: Deployment
    clock: ShiftedClock

    def __post_init__(self) -> None:
        self._turn = threading.Lock()

    def jump(self, delta: timedelta) -> None:
        """Let time pass."""
        with self._turn:
            drive(self.deployment, self.clock, self.clock.now() + delta)

    def tick(self) -> int:
        """Act on what has fallen due by itself."""
        with self._turn:
            return dispatch(self.deployment)

    def newcomer(self) -> int:
        """Somebody new begins to enrol; the patient's id."""
        newcomer = Newcomer("web", f"demo:{token_urlsafe(8)}", "en")
        return enrol(self.deployment, newcomer, consented=False).patient_id
