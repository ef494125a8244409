"""Every contestant in turn, round after round, and the medians as a table."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from backtrace.definitions import shipped_library
from benchmarks.turns.contestant import CHATS, CONTESTANTS
from benchmarks.turns.ours import FLOW, LANGUAGE
from benchmarks.turns.patient import Variant, choice
from benchmarks.turns.questionnaire import Option, Question, Questionnaire, percentage
from bot.channels import telegram
from bot.conversation.questions import label, letter, question
from flows.model import Flow, Item
from templates.catalogue import load_catalogues

PEERS_PYTHON = Path(".venv-bench/bin/python")
IN_PEERS_VENV = {"aiogram-dialog"}
OURS, SEALED, UNSAVED = "ours", "ours, sealed", "ConversationHandler, nothing saved"
VARIANTS: Mapping[Variant, str] = {
    "press": "answered by buttons",
    "typed": "answered by typed letters",
}
HEADLINE: Variant = "press"
REPLIES: Mapping[Variant, int] = {"press": 2, "typed": 1}
"""Requests a turn: the next question, and the answer to a press."""
WANTED = 5
LENGTH = 0.2
"""Seconds that a round lasts at least: enough for warm caches after the others' turns."""


def questionnaire() -> Questionnaire:
    """The ten questions as ours puts them, for all the others to put them alike."""
    flow = shipped_library().flow(FLOW)
    words = load_catalogues("messages")[LANGUAGE]
    assert flow.intro is not None
    assert flow.closing is not None
    return Questionnaire(
        flow.intro[LANGUAGE],
        tuple(_question(flow, place, item) for place, item in enumerate(flow.items, start=1)),
        flow.closing[LANGUAGE],
        words.say("hint.letters"),
    )


def _question(flow: Flow, place: int, item: Item) -> Question:
    words = load_catalogues("messages")[LANGUAGE]
    asked = question(
        item, LANGUAGE, words, place=(place, len(flow.items)), session_id=1, turn=place
    )
    shown = telegram.render(asked, words)
    keyboard = json.loads(telegram.send_message("1", shown).body)["reply_markup"]
    options = tuple(
        Option(
            option.id,
            letter(item, option.id),
            button.label,
            option.score or 0,
            words.say(
                "echo.answered", answer=label(item, option.id, None, LANGUAGE), title=item.title
            ),
        )
        for option, button in zip(item.options, shown.buttons, strict=True)
    )
    rows = tuple(len(row) for row in keyboard["inline_keyboard"])
    return Question(item.id, shown.text, options, rows)


class Process:
    """A contestant in its own process, which waits while others have their turn."""

    def __init__(self, name: str, asked: Questionnaire) -> None:
        self.name = name
        python = str(PEERS_PYTHON) if name in IN_PEERS_VENV else sys.executable
        self._child = subprocess.Popen(
            [python, "-m", "benchmarks.turns.contestant", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = self._ask(asked.to_json())

    def round(
        self, variant: Variant, at_least: float = LENGTH, profile: bool = False
    ) -> dict[str, Any]:
        """All patients, again until so many seconds are spent."""
        return self._ask({"variant": variant, "at_least": at_least, "profile": profile})

    def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=30)

    def _ask(self, what: object) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        print(json.dumps(what), file=self._child.stdin, flush=True)
        told = self._child.stdout.readline()
        if not told:
            raise SystemExit(f"{self.name} has stopped with {self._child.wait()}")
        return dict(json.loads(told))


@contextmanager
def contestants(names: Sequence[str], asked: Questionnaire) -> Iterator[list[Process]]:
    """All of them, started."""
    with ExitStack() as stack:
        started = []
        for name in names:
            process = Process(name, asked)
            stack.callback(process.close)
            started.append(process)
        yield started


def measure(rounds: int, profile: bool) -> float:
    """Print the tables; how many times as long as ours the fastest peer takes, by buttons."""
    asked, ratios = questionnaire(), {}
    with contestants(list(CONTESTANTS), asked) as processes:
        _introduce(processes)
        for variant in VARIANTS:
            _check(processes, asked, variant)
            times = _measure(processes, variant, rounds)
            ratios[variant] = _show(variant, times, rounds)
            if profile:
                _show_stages(processes[0], variant, rounds)
    return ratios[HEADLINE]


def _check(processes: Sequence[Process], asked: Questionnaire, variant: Variant) -> None:
    """A round that is not counted: everybody says the same, and comes to the right score."""
    rounds = {process.name: process.round(variant, at_least=0) for process in processes}
    turns = len(CHATS) * len(asked.questions)
    for name, done in rounds.items():
        assert done["turns"] == turns, name
        assert done["scores"] == _scores(asked), (name, done["scores"])
        assert sum(done["methods"].values()) == turns * REPLIES[variant], (name, done["methods"])
        assert done["shown"] == rounds[OURS]["shown"], f"{name} shows other words than ours"


def _scores(asked: Questionnaire) -> list[float]:
    """What each patient's answers come to."""
    return [
        percentage(
            [
                each.options[choice(asked, chat, number)].score
                for number, each in enumerate(asked.questions)
            ]
        )
        for chat in CHATS
    ]


def _measure(processes: Sequence[Process], variant: Variant, rounds: int) -> dict[str, list[float]]:
    """Microseconds a turn of every round; they take turns, so that all see the same machine."""
    times: dict[str, list[float]] = {process.name: [] for process in processes}
    for number in range(rounds):
        start = number % len(processes)
        for process in [*processes[start:], *processes[:start]]:
            done = process.round(variant)
            times[process.name].append(1e6 * done["seconds"] / done["turns"])
    return times


def _introduce(processes: Sequence[Process]) -> None:
    print(f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}")
    pythons = sorted({process.about["python"] for process in processes})
    print(f"Python {', '.join(pythons)}; orjson and uvloop for everybody")
    versions: dict[str, str] = {}
    for process in processes:
        versions |= process.about["versions"]
    print(", ".join(f"{package} {version}" for package, version in versions.items()))


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _show(variant: Variant, times: Mapping[str, Sequence[float]], rounds: int) -> float:
    ours, wanted = median(times[OURS]), variant == HEADLINE
    title = f"Ten questions {VARIANTS[variant]}"
    print(f"\n{title}: microseconds a turn, {rounds} alternating rounds of {LENGTH} s")
    print(f"{'':36}{'median':>8}{'fastest':>9}{'slowest':>9}{'x ours':>8}")
    for name, measured in times.items():
        middle = median(measured)
        print(f"{name:36}{middle:8.0f}{min(measured):9.0f}{max(measured):9.0f}{middle / ours:8.1f}")
    same = {n: median(m) for n, m in times.items() if n not in (OURS, SEALED, UNSAVED)}
    fastest = min(same, key=same.__getitem__)
    print(f"the fastest that does the same: {fastest}, {same[fastest] / ours:.1f} x ours", end="")
    print(f" (at least {WANTED} is wanted)" if wanted else "")
    return same[fastest] / ours


def _show_stages(ours: Process, variant: Variant, rounds: int) -> None:
    measured = [ours.round(variant, profile=True) for _ in range(rounds)]
    turns = measured[0]["turns"]
    stages = {
        stage: median(1e6 * done["stages"][stage] / turns for done in measured)
        for stage in measured[0]["stages"]
    }
    whole = sum(stages.values())
    print(f"\nWhere ours spends its time, {VARIANTS[variant]} (the opening spread over the turns)")
    for stage, spent in stages.items():
        print(f"{stage:36}{spent:8.1f}{100 * spent / whole:8.0f} %")
