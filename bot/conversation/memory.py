"""What a conversation remembers between turns (sealed in table `conversation`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import Struct, json

from flows.session import Session

SCORE = "#score"
CHANGING = "changing"
"""The task that asks which answer is to be changed, or for the new one."""
HANDS = "hands"
"""The task that asks who reads here."""
TALKING, AGREEING = "talking", "agreeing"
"""The tasks that ask what to talk about at a visit, and what was agreed there."""
KEEPING = "keeping"
"""The task that asks whether words which came unasked should be kept."""
PARTS = "parts"
"""Key in that task's data: the words of each message that is asked about, by its id."""


@dataclass(slots=True)
class Task:
    """A short dialogue under way, such as enrolling or sharing; `turn` dates its buttons."""

    name: str
    step: str
    turn: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    asked_at: str = ""
    """ISO time of its newest question."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A flow that has fallen due while something else was open."""

    flow: str
    items: tuple[str, ...] | None = None
    priority: int = 50
    last: bool = False
    """A sitting that ran out once already; it is not offered a third time."""
    due: str = ""
    """ISO time at which the calendar brought it; empty where somebody asked for it by name."""
    free: bool = False
    """No limit holds it back."""
    in_one: bool = False
    """Asked in one message where every message costs."""
    maybe_helped: bool = False
    """A helper answers, or may, what asked for it."""


@dataclass(slots=True)
class Today:
    """What has been asked on the patient's calendar day `date` (ISO)."""

    date: str
    questions: int = 0
    answer: str = ""
    """Whether the patient wanted more when asked; empty: not asked."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The question that waited when its time ran out: a late answer is known for one."""

    flow: str
    item: str
    at: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation with a person at the clinic: asked for, under way, or over."""

    number: int
    """Counts a patient's conversations: the desk sees what was said in the newest, no more."""
    asked_at: str
    """ISO time at which the patient asked for it, or the desk began it."""
    who: int = 0
    """Number in the directory of the person who writes; 0: asked for, and nobody does yet."""
    name: str = ""
    taken_at: str = ""
    """ISO time at which that person took over from the assistant; empty: not yet."""
    waits_since: str = ""
    """ISO time of the patient's oldest message that the desk has not answered; empty: none."""
    said_at: str = ""
    """ISO time at which the desk wrote last."""
    told: bool = False
    """Whether the patient was told since then when somebody looks."""
    ended_at: str = ""
    """ISO time at which the assistant took back; empty: it has not."""


class Memory(Struct, omit_defaults=True):
    """Everything but the open session."""

    task: Task | None = None
    waiting: list[Waiting] = []
    facts: dict[str, str] = {}
    """Option ids of answers that other flows' conditions ask for, by `flow/item`."""
    held: bool = False
    """An emergency was reported: no flow opens until somebody has looked."""
    flagged_at: str = ""
    """ISO time of the newest flag."""
    suspended: int | None = None
    """Id of the session that was put aside for a screen; it goes on when that is done."""
    sought_by: int | None = None
    """Id of the session whose answer alone asked for the newest questions about warning signs."""
    urgency: str = ""
    """The most urgent of the flags that no doctor has looked at, as far as the patient says."""
    assessed: str = ""
    """The most urgent of the flags that a doctor has looked at; no worse one mails nobody anew."""
    looking: bool = False
    """Whether a doctor has looked was asked after an emergency, and is not answered."""
    looked: dict[str, Any] = {}
    """The turns at which that was asked and, once it is answered, `said` with its `turn` and time
    and what stood until then, so that another answer can take its place."""
    set_aside: Task | None = None
    """The enrolment that an emergency came into; it goes on when somebody has looked."""
    self_harm_at: str = ""
    """ISO time at which the patient last wrote of harming themselves."""
    other_in_danger_at: str = ""
    """ISO time at which the patient last wrote of somebody else who may harm themselves."""
    wrong_codes: int = 0
    """Wrong tries at the patient's own code since the last right one."""
    code_locked_until: str = ""
    """ISO time until which the code is not asked for, after too many wrong tries."""
    stopped_at: str = ""
    """ISO time from which on, after STOP, nothing was told of looks and notes."""
    told_stopped_on: str = ""
    """ISO date on which a command after STOP was last told that START comes first."""
    paused_until: str = ""
    """ISO time until which nothing that is scheduled goes out; empty: no pause."""
    muted: list[str] = []
    """Kinds of flows (`flows.model.FlowKind`) that the patient does not want; never screens."""
    unreachable: str = ""
    """Why the clinic's list says so until the patient is heard: `nowhere` works, or a `safety`
    message was not delivered; empty: it does not."""
    moved_from: str = ""
    """The channel whose failing the patient was told of elsewhere; empty: none has failed."""
    unclear: int | None = None
    """Id of the session whose answers the clinic was asked to look at, since none was clear."""
    erasing: bool = False
    """The patient has asked to be erased, and it is about to happen."""
    turns: int = 0
    """Counts the tasks' questions, so that an old button is known for one."""
    finished: int | None = None
    """Id of the session that was finished last."""
    known: dict[str, list[Any]] = {}
    """Answers that are shown for confirmation when they are asked again, by `flow/item`:
    ISO date, value, option id, own words."""
    heard_on: str = ""
    """ISO date of the newest message of the patient."""
    helper_at: str = ""
    """ISO time of the newest message that says somebody writes for the patient; empty: none does,
    or it was denied."""
    helper_answers_at: str = ""
    """ISO time at which somebody said, and no more, that they write for the patient; empty: nobody
    did, or the patient is back."""
    died: bool = False
    """The patient is reported to have died: nobody is asked anything any more."""
    openings: list[str] = []
    """ISO times at which the clock spoke first, as far back as a limit looks."""
    today: Today | None = None
    unanswered: int = 0
    """Check-ins in a row without an answer, since the patient was heard last."""
    quiet: bool = False
    """Nothing is scheduled until the patient writes."""
    rhythm: dict[str, int] = {}
    """How often the patient wants check-ins, as `bot.schedule.Rhythm` has it."""
    choose: str = ""
    """Why the patient is to be asked how often; empty: not to be asked."""
    choice_turn: int = 0
    """The turn of the newest such question: its buttons count also when it has given way."""
    over: str = ""
    """`due`: the pathway has asked its last; `again`: that is offered once more first; `said`:
    a goodbye was said."""
    lapsed: Lapsed | None = None
    done: dict[str, int] = {}
    """How far each step of the pathway has come, as `bot.schedule.reached` counts."""
    week_one: str = ""
    """ISO date on which the first week of check-ins began, once something went by it."""
    stands: dict[str, list[Any]] = {}
    """Of steps whose due row is not where the rhythm has it: ISO time and number of that row."""
    put_off: dict[str, list[Any]] = {}
    """What waits for the end of a pause, by the key of its due row: kind and payload."""
    consents: dict[str, str] = {}
    """By purpose the version of the text that the patient agrees to; empty: no more, or not."""
    consent_asked: dict[str, str] = {}
    """By question the version that was put by itself: that is done once."""
    agreed_by: dict[str, list[Any]] = {}
    """By question of consent the newest that was answered: the turn of its buttons, `yes` or `no`,
    the number of whom it is about (0: nobody), and its ISO time."""
    home: str = ""
    """The time zone before the patient first went by another clock; empty: they never did."""
    moved_at: str = ""
    """ISO time at which the patient last went over to another clock."""
    locked: list[int] = []
    """Ids of addresses that the clinic has locked: whoever writes from there is not the patient."""
    ended: dict[str, Any] = {}
    """Why the clinic has ended the course, and what it took away, should that be a mistake."""
    visits: dict[str, list[Any]] = {}
    """Visits about which something is still to be asked, by their entry's id: ISO time, whom it
    is with, and whether it was asked what to talk about."""
    talk: Talk | None = None
    """The newest conversation with a person at the clinic."""
    noted: dict[str, list[Any]] = {}
    """By message the newest questions and notes that were kept from one: id of the entry that
    stands, kind, code, detail and, where several are one entry, the words of each message."""

    def to_json(self) -> bytes:
        """What table `conversation` keeps sealed; what is empty is left out."""
        return _write(self)

    @classmethod
    def from_json(cls, data: bytes) -> Memory:
        """Read what `to_json` wrote; what a later version added is left out."""
        return _read_memory(data)


class OpenSession(Struct, omit_defaults=True):
    """A session with its row's id, and the entry that now stands for each item.

    The instrument's score stands under the key `SCORE`.
    """

    session: Session
    opened_at: datetime
    entries: dict[str, int]
    id: int = 0
    """The row's, whatever is kept in it."""
    closed_at: datetime | None = None
    last: bool = False
    helped: bool = False
    """Somebody else answers for the patient: said once, and true for the rest of the session."""
    maybe_helped: bool = False
    """It was asked, here or before it, whether a helper answers, and nobody has said no."""
    due: str = ""
    """As in `Waiting`."""
    free: bool = False
    in_one: bool = False
    reminded: int | None = None
    """How often the clock has put its question again; None: it was not counted yet."""
    form: dict[str, Any] = {}
    """Of one that was entered from a form: its mode, who entered it, the mark of the form itself,
    and by question what two statements were marked."""
    at_once: dict[str, int] = {}
    """By turn how many answers the message gave that came to it, where these are several."""

    @property
    def is_helped(self) -> bool:
        """Whether somebody else answers, or may: the relative of whom they write is the patient."""
        return self.helped or self.maybe_helped

    def to_json(self) -> bytes:
        """What table `session` keeps sealed; what is empty is left out."""
        return _write(self)

    @classmethod
    def from_json(cls, row_id: int, data: bytes) -> OpenSession:
        """Read what `to_json` wrote; older versions wrote more that was empty.

        Raises:
            msgspec.ValidationError: a session of a version that this code does not know.
        """
        open = _read_session(data)
        open.id = row_id
        return open


_write = json.Encoder().encode
_read_memory = json.Decoder(Memory).decode
_read_session = json.Decoder(OpenSession).decode
