"""Other hands on the patient's phone: a wrong number, a death, or sixty days of silence.

While it is in doubt who reads, nothing about health is said and nothing falls due: only STOP
and HELP go through. The clinic sees at once that somebody says so, whatever the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from bot.commands import Command
from bot.conversation import asking, course, pausing, returning, safety, with_desk
from bot.conversation.choices import chosen
from bot.conversation.course import Why
from bot.conversation.effects import (
    Audit,
    CloseAddress,
    DropUnsent,
    OpenCase,
    SetCase,
    SetDue,
)
from bot.conversation.heard import Heard
from bot.conversation.memory import HANDS, Task
from bot.conversation.step import Step
from bot.phrases import Phrase, Says, phrases
from trajectory.cases import Kind, State

NAME = HANDS
SILENT_DAYS = 60
"""After so many days without a word the number may be somebody else's."""
ASK_AGAIN = timedelta(days=7)
"""When whoever reads is asked once more who they are, if nobody answers."""
ASKED_AT_MOST = 2
"""So often; then it is quiet here, and the clinic's list shows it."""
_THROUGH = ("stop", "help")
_OPTIONS: Mapping[str, tuple[str, str]] = {
    "not-me": ("wrong", "me"),
    "neutral": ("me", "wrong"),
    "died": ("patient", "other"),
}
"""By what is asked: the option that a plain yes takes, and the one that a plain no takes."""
_WHO_READS = {
    Says.NOT_ME: "wrong",
    Says.ME: "me",
    Says.RELATIVE: "near",
}
_MEANS: Mapping[str, Mapping[Says, str]] = {
    "not-me": _WHO_READS,
    "neutral": _WHO_READS,
    "died": {Says.OTHER_DIED: "other"},
}
"""By what is asked: what sentences mean there. "It is my husband" alone says not whose he is."""
_CASES = {Says.NOT_ME: Kind.NOT_ME, Says.DIED: Kind.DIED}


def waits(step: Step) -> bool:
    """Whether it is in doubt who reads here."""
    return step.memory.task is not None and step.memory.task.name == NAME


def lets_through(command: Command | None) -> bool:
    """Whether this command is for anybody."""
    return command is not None and command.name in _THROUGH


def hear(step: Step, heard: Heard) -> bool:
    """Ask back where the words say that this is somebody else, or that somebody has died.

    Of somebody who gets no messages any more only the clinic hears it; who never agreed to any
    is answered as always.
    """
    says = _said(step, heard)
    if says is None:
        return False
    step.do(OpenCase(_CASES[says]))
    if step.person.status == "ended":
        return False
    if step.person.status != "stopped":
        step.do(DropUnsent())
        _begin(step, says.value, heard.message.text)
    return True


def is_in_doubt(step: Step, heard: Heard) -> bool:
    """Whether this may not be the patient: that waits for an answer, or is said just now."""
    return waits(step) or _said(step, heard) is not None


def _said(step: Step, heard: Heard) -> Says | None:
    for phrase in heard.phrases:
        if phrase.says in _CASES and _is_about_the_patient(step, phrase):
            return phrase.says
    return None


def is_long_silent(step: Step) -> bool:
    """Whether the patient has written nothing for so long that somebody else may read."""
    heard_on, started_at = step.memory.heard_on, step.person.started_at
    if not heard_on and started_at is None:
        return False
    last = date.fromisoformat(heard_on) if heard_on or started_at is None else started_at.date()
    return step.now.date() - last >= timedelta(days=SILENT_DAYS)


def ask_who_reads(step: Step) -> None:
    """Begin with a message that anybody may read."""
    _begin(step, "neutral", "")


def note_put_off(step: Step, key: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Remember what has fallen due meanwhile, for when it is known who reads.

    What belongs to the open session is set anew then.
    """
    if kind not in ("remind", "expire", pausing.OVER):
        assert step.memory.task is not None
        step.memory.task.data.setdefault("put_off", {})[key] = [kind, dict(payload)]


def ask_again_in_time(step: Step) -> None:
    """Put the question once more where it has waited for long."""
    task = step.memory.task
    assert task is not None
    asked = datetime.fromisoformat(task.asked_at)
    if task.step != "neutral" or step.now - asked < ASK_AGAIN or step.memory.quiet:
        return
    task.data["asked"] = task.data.get("asked", 1) + 1
    if task.data["asked"] <= ASKED_AT_MOST:
        ask(step)
    else:
        step.memory.quiet = True
        step.do(OpenCase(Kind.SILENT))


def ask(step: Step) -> None:
    """Put the question; it names the patient by a letter only."""
    task = step.memory.task
    assert task is not None
    options = [(each, f"hands.{task.step}.{each}") for each in _OPTIONS[task.step]]
    clinic = step.world.clinic.name
    step.offer(f"hands.{task.step}.ask", options, initial=_initial(step), clinic=clinic)


def _initial(step: Step) -> str:
    return step.person.name[:1].upper() or "?"


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer; the task that was under way before is taken up again.

    Whoever calls asks that task's question again.
    """
    task = step.memory.task
    assert task is not None
    answer = option or _answer(step, task, text)
    match answer:
        case "wrong":
            _close(step)
        case "patient":
            _end(step, f"{task.data['raw']} / {text}")
        case "me" | "other":
            _go_on(step, task, answer)
        case "near":
            _ask_for_the_patient(step, task)
        case _:
            ask(step)


def _begin(step: Step, which: str, raw: str) -> None:
    before = step.memory.task
    step.begin(NAME, which, raw=raw, before=asdict(before) if before else None)
    ask(step)


def _is_about_the_patient(step: Step, phrase: Phrase) -> bool:
    """Where a name is said, it must be the patient's, or a part of it.

    Of who has died one part is enough ("my wife Birgit Hansen"): that is only asked about.
    """
    if "name" not in phrase.slots:
        return True
    said, known = (
        set(name.casefold().split()) for name in (phrase.slots["name"], step.person.name)
    )
    if phrase.says is Says.DIED:
        return not said.isdisjoint(known)
    return bool(known) and (said <= known or known <= said)


def _answer(step: Step, task: Task, text: str) -> str | None:
    said = chosen(step, text, no=_OPTIONS[task.step][1])
    if said is not None:
        return said
    means = _MEANS[task.step]
    found = (each.says for each in phrases(text, step.person.language))
    return next((means[says] for says in found if says in means), None)


def _ask_for_the_patient(step: Step, task: Task) -> None:
    """Somebody near the patient reads: the number is right, and it waits for the patient."""
    task.data["case"], task.step = task.data.get("case", task.step), "neutral"
    step.add_line("hands.near", initial=_initial(step))
    ask(step)


def _close(step: Step) -> None:
    """Nothing more goes to this address, not even a word about it: the question said so."""
    step.memory.task = None
    if step.memory.held:
        safety.set_follow_up(step)
    step.lead.clear()
    with_desk.end(step)
    step.do(OpenCase(Kind.NOT_ME))
    step.do(CloseAddress())
    step.do(Audit("address-closed"))


def _end(step: Step, raw: str) -> None:
    task = step.memory.task
    # Should it be a mistake, the task that was under way before goes on, and not this one.
    before = task.data["before"] if task is not None else None
    step.memory.task = Task(**before) if before else None
    course.end(step, Why.DIED, raw)
    step.add_line("hands.died.sorry")


def _go_on(step: Step, task: Task, answer: str) -> None:
    case = task.data.get("case", task.step)
    if case in _CASES.values():
        step.do(SetCase(Kind(case), State.MISTAKE))
    step.add_line("hands.other-sorry" if answer == "other" else "hands.go-on")
    returning.hear(step)
    for key, (kind, payload) in task.data.get("put_off", {}).items():
        step.do(SetDue(key, kind, step.now, payload=payload))
    if step.memory.paused_until and not step.paused:
        pausing.lift(step)
    before = task.data["before"]
    step.memory.task = Task(**before) if before else None
    if step.memory.task is not None:
        return
    if step.memory.held:
        safety.set_follow_up(step, step.now if step.memory.looking else None)
    if step.open is not None and step.person.status != "stopped":
        asking.take_up(step)
    else:
        asking.repeat(step)
