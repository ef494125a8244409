"""What one deployment is made of; wired once in backtrace/, handed to whoever needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.channel_states import ChannelStates
from bot.channels import Channel
from bot.conversation.pace import Limits
from bot.desk_hours import DeskHours
from bot.posted import Posted
from bot.rates import Rate
from flows.lexicon import Lexicon
from flows.library import Library
from flows.signs import Scanner
from templates.catalogue import Catalogue
from templates.consents import ConsentText, load_consents
from templates.next_steps import NextStep
from templates.spoken import spoken_words
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.keys import Ring

LINK = "link"
"""How `Deployment.answers` names a channel that carries a link only."""


class Clock(Protocol):
    """The one clock of a process."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...


@dataclass(frozen=True)
class Clinic:
    """Who runs this deployment, and the numbers that its patients ring."""

    name: str = "BackTrace"
    public_url: str = "http://127.0.0.1:8000"
    emergency_number: str = "112"
    doctor_number: str = "1813"
    timezone: str = "Europe/Copenhagen"
    """Where the clinic's own clock runs."""
    desk_hours: DeskHours | None = None
    """When somebody looks at the clinic's list; None: nobody has promised."""
    helpline_number: str = "70 201 201"
    """For people who think of harming themselves; the default is Denmark's Livslinien."""
    mails: bool = True
    """Whether mail to professionals goes out; without it nothing is shared."""
    telegram_bot: str = ""
    """The bot's name, as in t.me/NAME; empty where it is not known."""
    sms_number: str = ""
    """Where patients send SMS; empty where there is no such number."""
    sms_by_service: bool = False
    """SMS goes out by a messaging service, which chooses among numbers of its own."""
    whatsapp_number: str = ""
    research: bool = False
    """Whether patients are asked, by itself, for their answers to be used in research."""

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Chance:
    """Codes, tokens and words. `random` is the operating system's, save in a replay."""

    random: Random

    def token(self) -> str:
        """43 characters for a link: 256 bits, nothing to guess."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self.random.choices(alphabet, k=43))

    def digits(self, count: int) -> str:
        """A code of so many digits."""
        return "".join(self.random.choices("0123456789", k=count))

    def fraction(self) -> float:
        """From 0 up to 1: spreads what would otherwise happen at the same moment."""
        return self.random.random()

    def word(self, language: str) -> str:
        """Two plain words to be said aloud, such as `copper meadow`."""
        return " ".join(self.random.sample(spoken_words(language), 2))


@dataclass(frozen=True, eq=False)
class Deployment:
    """Everything that the conversation needs and does not make itself."""

    database: Database
    ids: Ids
    ring: Ring
    library: Library
    lexicons: Mapping[str, Lexicon]
    catalogues: Mapping[str, Catalogue]
    scanner: Scanner
    """Finds warning signs in what patients write."""
    clock: Clock
    chance: Chance
    channels: Mapping[str, Channel]
    """The channels that are on and send, by name."""
    clinic: Clinic = field(default_factory=Clinic)
    limits: Limits = field(default_factory=Limits)
    answers: Mapping[str, str] = field(default_factory=dict)
    """By channel whether it carries questions and answers itself (`inline`, which is usual) or
    only a link to the web chat (`link`)."""
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """By channel what its provider takes; one that is missing has no limit."""
    consents: Mapping[str, ConsentText] = field(default_factory=load_consents)
    """What patients are asked to agree to, by question."""
    next_steps: tuple[NextStep, ...] = ()
    """What patients may be told as a next step: signed, or a demonstration that says so."""
    states: ChannelStates = field(default_factory=ChannelStates)
    """What this process has learnt of the channels by sending."""
    posted: Posted = field(default_factory=Posted)
    """What its senders have not been told of yet."""

    def links(self, channel: str) -> bool:
        """Whether this channel carries nothing about health but safety messages."""
        return self.answers.get(channel) == LINK
