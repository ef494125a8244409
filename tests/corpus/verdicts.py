"""What came of a reply, against what may come of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from flows.model import Item, ItemKind
from flows.reading import Ambiguous, Understood, read
from tests.backtrace.replay.playing import Line, Script
from tests.corpus.replies import Reply
from tests.flows.samples import languages, library

CHANNELS = ("sms", "telegram", "web")
_ANSWERS = ("answer", "skip", "not-applicable", "correction")


class Verdict(StrEnum):
    """How it was dealt with."""

    RIGHT = "right"
    ASKED_BACK = "asked back"
    """It could have been understood, and was not stored at once."""
    WRONG = "wrong stored"
    """Something was stored that it does not say."""


@dataclass(frozen=True)
class Outcome:
    """One reply and what came of it; `over` has answers that were offered and must not be."""

    reply: Reply
    verdict: Verdict
    stored: str | None
    over: tuple[str, ...] = ()


def verdict(reply: Reply, stored: str | None) -> Verdict:
    """What is stored, against what may be."""
    if stored is not None:
        return Verdict.RIGHT if stored == reply.means else Verdict.WRONG
    return Verdict.RIGHT if reply.means is None else Verdict.ASKED_BACK


def by_reading(replies: Iterable[Reply]) -> list[Outcome]:
    """The reading alone. It knows no commands, so those replies are left out that need one."""
    return [_read(reply) for reply in replies if reply.is_answer or reply.means is None]


def _read(reply: Reply) -> Outcome:
    match read(reply.asked, reply.say, languages()[reply.language]):
        case Understood(value, code, text):
            stored = code or text or str(value)
            return Outcome(reply, verdict(reply, stored), stored)
        case Ambiguous(candidates):
            allowed = reply.perhaps if reply.means is None else (reply.means,)
            over = tuple(each for each in candidates if each not in allowed)
            return Outcome(reply, verdict(reply, None), None, over)
        case _:
            return Outcome(reply, verdict(reply, None), None)


def by_pipeline(replies: Sequence[tuple[Reply, str]]) -> list[Outcome]:
    """The whole product: each reply sent on its channel, by a patient of its own."""
    steps = Script()
    for number, (reply, channel) in enumerate(replies):
        _play_up_to(steps, reply, f"p{number}", channel)
        steps.now = Script().now
    steps.steps.sort(key=lambda step: step["at"])
    stored = _stored(steps.play(), {f"p{n}": reply for n, (reply, _) in enumerate(replies)})
    return [
        Outcome(reply, verdict(reply, stored.get(f"p{number}")), stored.get(f"p{number}"))
        for number, (reply, _) in enumerate(replies)
    ]


def _play_up_to(script: Script, reply: Reply, name: str, channel: str) -> None:
    script.enrol(name, channel=channel, language=reply.language)
    items = library().flow(reply.flow).items
    asked = next(each for each in items if each.id == reply.item)
    if asked.enable_when is not None:
        # Sick days are asked only of those who work.
        _answer_all(script, library().flow("intake").items, "intake", name)
    before = [each for each in items[: items.index(asked)] if each.enable_when is None]
    _answer_all(script, before, reply.flow, name)
    script.say(reply.say, patient=name)


def _answer_all(script: Script, items: Iterable[Item], flow: str, name: str) -> None:
    script.start(flow, name)
    for item in items:
        script.say(_plain_answer(item), patient=name)


def _plain_answer(item: Item) -> str:
    if item.kind is ItemKind.YES_NO:
        return "n"
    return "a" if item.kind in (ItemKind.CHOICE, ItemKind.TEXT) else "0"


def _stored(lines: Iterable[Line], asked: dict[str, Reply]) -> dict[str, str]:
    """What was recorded for the item of each patient's last reply."""
    found: dict[str, str] = {}
    for name, entry in _recorded(lines):
        reply = asked[name]
        if (entry["flow"], entry["item"]) == (reply.flow, reply.item):
            found[name] = _value(reply, entry)
    return found


def _recorded(lines: Iterable[Line]) -> Iterator[tuple[str, Line]]:
    for line in lines:
        if "entry" in line and line["entry"]["kind"] in _ANSWERS:
            yield line["patient"], line["entry"]


def _value(reply: Reply, entry: Line) -> str:
    if entry["kind"] in ("skip", "not-applicable"):
        return str(entry["kind"])
    if reply.asked.kind is ItemKind.TEXT:
        return str(entry["raw"])
    return str(entry.get("code") or entry["value"])


def spread(replies: Sequence[Reply]) -> list[tuple[Reply, str]]:
    """Every reply on one channel, the channels in turn."""
    return [(reply, CHANNELS[at % len(CHANNELS)]) for at, reply in enumerate(replies)]


def share_understood(outcomes: Collection[Outcome]) -> float:
    """Of the replies that can be understood, how many were."""
    meant = [each for each in outcomes if each.reply.means is not None]
    return sum(each.verdict is Verdict.RIGHT for each in meant) / len(meant)


def wrong(outcomes: Iterable[Outcome]) -> list[str]:
    """The replies that something wrong was stored for, by id: their text may be held back."""
    return [each.reply.id for each in outcomes if each.verdict is Verdict.WRONG]


def by_section(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes by the kind of question."""
    ordered = sorted(outcomes, key=lambda each: each.reply.section)
    return {name: list(group) for name, group in groupby(ordered, lambda o: o.reply.section)}
