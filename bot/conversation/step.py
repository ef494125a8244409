"""The working copy of one patient's conversation, for one message or one due row.

A step is thrown away whole when anything in it raises: nothing has been written yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation.effects import Effect, Record, Say
from bot.conversation.memory import KEEPING, Memory, OpenSession, Task
from bot.conversation.pace import Limits
from bot.conversation.plain_words import PLAIN
from bot.deployment import Chance, Clinic
from bot.messages import Choice, Choices, Layout, Message, Priority, press_data
from bot.phrases import Phrase
from flows.lexicon import Lexicon
from flows.library import Library
from flows.model import Flow, Item, Pathway
from templates.catalogue import Catalogue
from templates.consents import ConsentText, load_consents
from templates.next_steps import NextStep
from trajectory.address_checks import Check
from trajectory.care_team import Member
from trajectory.entries import Entry
from trajectory.grants import Grant, Look
from trajectory.patients import Address
from trajectory.professionals import Professional

SILENT = ("stopped", "ended")
"""Of a patient in such a state nothing is asked, and but for safety nothing said."""


@dataclass(frozen=True, slots=True)
class World:
    """The parts of a deployment that a step may use: data and chance, no database."""

    library: Library
    lexicons: Mapping[str, Lexicon]
    catalogues: Mapping[str, Catalogue]
    clinic: Clinic
    chance: Chance
    limits: Limits
    channels: frozenset[str] = frozenset()
    """The channels that send."""
    consents: Mapping[str, ConsentText] = field(default_factory=load_consents)
    """What patients are asked to agree to, by question."""
    next_steps: tuple[NextStep, ...] = ()
    """What may be told as a next step, in order of preference."""


@dataclass(slots=True)
class Person:
    """The patient as the conversation knows them."""

    id: int
    status: str
    language: str
    timezone: str
    pathway: str | None = None
    started_at: datetime | None = None
    name: str = ""
    hour: time = time(18)
    weekday: int = 0
    """Day of the weekly check-in, Monday 0."""
    code: str = ""
    """The patient's own four digits; empty where none was chosen."""
    planned_by: str = ""
    """The version of the pathway by which what comes was planned; empty: to be looked at."""
    born: date | None = None
    phone: str = ""
    """The number that the clinic has, in E.164; where the patient is written to are addresses."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the patient's clock runs."""
        return ZoneInfo(self.timezone)

    def profile(self) -> dict[str, Any]:
        """What table `patient` keeps sealed."""
        known = {"born": self.born and self.born.isoformat(), "phone": self.phone}
        return {
            "name": self.name,
            "hour": self.hour.isoformat("minutes"),
            "weekday": self.weekday,
            "code": self.code,
            **{key: value for key, value in known.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Care:
    """Whom the patient has named, and what they may see; loaded only where a turn needs it."""

    members: tuple[Member, ...] = ()
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Entering:
    """What is taken was not said in a chat: how, when it was answered, and who typed it in."""

    mode: str
    """paper | telephone | tablet"""
    at: datetime
    author: str
    """staff, or patient on a tablet of the clinic's"""
    worker: int
    """Number of whoever of the clinic entered it, or gave the tablet."""


@dataclass(slots=True)
class Step:
    """One step of one conversation: reads its fields, moves them, and collects effects."""

    world: World
    person: Person
    memory: Memory
    open: OpenSession | None
    now: datetime
    new_id: Callable[[], int]
    channel: str
    """Where this step's messages are read."""
    linked: bool = False
    """The channel carries a link to the web chat, where the conversation is read."""
    suspended: OpenSession | None = None
    """The session that was put aside for a screen."""
    care: Care = Care()
    timeline: Sequence[Entry] = ()
    directory: Sequence[Professional] = ()
    """The clinic's own professionals; loaded where a turn may be about one of them."""
    looks: Sequence[Look] = ()
    """Who opened the summary and when, newest first."""
    addresses: Sequence[Address] = ()
    """Where the patient is reached; loaded, as `checks`, where a turn is about that."""
    checks: Sequence[Check] = ()
    older: Mapping[int, OpenSession] = field(default_factory=dict)
    """Closed sessions that this message may correct, by id."""
    recalled: Mapping[str, Flow] = field(default_factory=dict)
    """Definitions of older deploys that sessions still finish on, by hash."""
    bulk: bool = False
    """The clock speaks first: replies of other patients go before this one."""
    hushed: bool = False
    """Nothing new is opened in the quiet hours."""
    off_hours: bool = False
    """Nor at this moment, which the patient has not chosen: what waits opens at their hour."""
    effects: list[Effect] = field(default_factory=list)
    answered: tuple[int, int] | None = None
    """Session and turn that this message answered."""
    secret: bool = False
    """The words of the message are not kept: they hold the patient's own code, or the patient
    does not want that anything is kept."""
    lead: list[str] = field(default_factory=list)
    """Lines that the next message begins with."""
    plain: tuple[str, ...] = ()
    """Texts of this step that say nothing about health; noted where the channel is linked."""
    picture: str = ""
    """An SVG that goes with the next message."""
    raised: tuple[str, ...] = ()
    """Warning signs that this step has raised already."""
    told: str = ""
    """The urgency of what this step has told the patient to do."""
    entering: Entering | None = None
    """The patient has answered elsewhere, and that is entered now."""
    led_back: bool = False
    """This message goes back to an earlier question, which the patient does not see just above."""
    writes: Phrase | None = None
    """What the message says of who writes, where that is new."""
    misread: bool = False
    """The words were taken for a command, which the patient says they are not."""
    for_desk: bool = False
    """The message is for a person at the clinic, and shown at the desk."""
    not_before: datetime | None = None
    """When what this step says may go out at the earliest, safety messages aside; None: now."""

    @property
    def words(self) -> Catalogue:
        """The messages in the patient's language."""
        return self.world.catalogues[self.person.language]

    @property
    def said_at(self) -> datetime:
        """When the patient said what this step takes."""
        return self.now if self.entering is None else self.entering.at

    @property
    def pathway(self) -> Pathway | None:
        """What the patient is asked and when; None without one, or where it is not offered."""
        return self.world.library.pathways.get(self.person.pathway or "")

    @property
    def about(self) -> str:
        """What the questions are about, in the patient's words: "your back"."""
        texts = (self.pathway and self.pathway.about) or {}
        return texts.get(self.person.language) or self.words.say("about.unnamed")

    @property
    def lexicon(self) -> Lexicon:
        """How replies in the patient's language are read."""
        return self.world.lexicons[self.person.language]

    @property
    def paused(self) -> bool:
        """Whether the patient is pausing now: nothing that is scheduled goes out."""
        until = self.memory.paused_until
        return bool(until) and self.now < datetime.fromisoformat(until)

    def flow_of(self, open: OpenSession) -> Flow:
        """The definition that this session finishes on, whatever has been deployed since."""
        definition = open.session.definition
        return self.recalled.get(definition) or self.world.library.by_hash(definition)

    def session(self, session_id: int) -> OpenSession | None:
        """The session of this id: the open one, or an older one that this message may correct."""
        if self.open is not None and self.open.id == session_id:
            return self.open
        return self.older.get(session_id)

    @property
    def pending_item(self) -> Item | None:
        """The question of the open session that waits for an answer."""
        if self.open is None or self.open.session.pending is None:
            return None
        return self.flow_of(self.open).item(self.open.session.pending)

    def do(self, effect: Effect) -> None:
        """Add an effect; effects are written in this order."""
        self.effects.append(effect)

    def add_line(self, key: str, **params: object) -> None:
        """Say something that the next message of this step begins with."""
        self.add_line_in(self.person.language, key, **params)

    def add_line_in(self, language: str, key: str, **params: object) -> None:
        """As `add_line`, in a language that need not be the patient's."""
        words = self.world.catalogues[language]
        self.lead.append(self._noted(key, words.say(key, **params)))

    def say(self, message: Message) -> None:
        """Send a message, led by the lines that wait."""
        lines = [*self.lead, message.text] if message.text else self.lead
        plain = "\n".join([line for line in lines if line in self.plain]) if self.plain else ""
        late = self.bulk and message.priority is Priority.REPLY
        message = Message(
            "\n".join(lines),
            message.choices,
            message.layout,
            message.anchors,
            message.session_id,
            message.turn,
            message.place,
            Priority.BULK if late else message.priority,
            self.picture,
            plain,
            message.entry_id,
        )
        self.lead, self.picture = [], ""
        self.do(Say(message))

    def flush(self) -> None:
        """Send the lines that no question followed."""
        if self.lead:
            self.say(Message(""))

    def begin(self, name: str, step: str, **data: Any) -> Task:
        """Start a task; the one that was under way is dropped."""
        self.drop_task()
        self.memory.task = Task(name, step, data=data)
        return self.memory.task

    def drop_task(self) -> bool:
        """End the task under way without an answer; whether words that waited are a note now.

        Words that came unasked are not lost, and shown to nobody unasked; before consent none
        are kept.
        """
        task, self.memory.task = self.memory.task, None
        if task is None or task.name != KEEPING or self.person.started_at is None:
            return False
        self.do(Record(self.new_id(), "note", text=task.data["text"]))
        return True

    def offer(self, key: str, options: Sequence[tuple[str, str]] = (), **params: object) -> None:
        """Put a task's question: message `key`, with (option id, message key) as choices."""
        self.offer_words(
            self.words.say(key, **params),
            [(option, self.words.say(label)) for option, label in options],
            key,
        )

    def offer_words(
        self, text: str, options: Sequence[tuple[str, str]] = (), key: str = ""
    ) -> None:
        """As `offer`, for words that are not in the catalogue, such as people's names.

        `key` is that of the message which the words come from, if they come from one.
        """
        task = self.memory.task
        if task is None:
            raise ValueError("only a task can offer")
        self.memory.turns += 1
        task.turn = self.memory.turns
        task.asked_at = self.now.isoformat()
        task.data["options"] = [[option, words] for option, words in options]
        choices = Choices(
            Choice(letter, words, press_data("t", task.turn, option))
            for letter, (option, words) in zip("ABCDEFGHIJ", options, strict=False)
        )
        self.say(Message(self._noted(key, text), choices, Layout.LETTERS))

    def _noted(self, key: str, text: str) -> str:
        """The text of this message, remembered where it may be sent over a linked channel."""
        if self.linked and key in PLAIN:
            self.plain += (text,)
        return text
