"""One contestant in a process of its own: told what to do by lines of JSON, and telling what came.

Own processes, since the peers' dependencies do not fit beside ours, and so that nobody's garbage
is collected in somebody else's time.
"""

from __future__ import annotations

import json
import logging
import platform
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from typing import Any

import uvloop

from backtrace.garbage import keep_what_is_loaded
from benchmarks.turns.patient import answer_all
from benchmarks.turns.questionnaire import Questionnaire

CHATS = range(4711, 4711 + 20)
"""The patients, who answer anew in every round."""

CONTESTANTS: Mapping[str, tuple[str, str, dict[str, Any], tuple[str, ...]]] = {
    "ours": ("ours", "OursContestant", {}, ("orjson",)),
    "ours, sealed": ("ours", "OursContestant", {"seals": True}, ("cryptography",)),
    "ConversationHandler": (
        "conversation_handler",
        "ConversationHandlerContestant",
        {"saves": True},
        ("python-telegram-bot",),
    ),
    "ConversationHandler, nothing saved": (
        "conversation_handler",
        "ConversationHandlerContestant",
        {"saves": False},
        ("python-telegram-bot",),
    ),
    "aiogram-dialog": ("dialog", "DialogContestant", {}, ("aiogram", "aiogram-dialog")),
}
"""Module, class, settings, and the packages whose versions are told."""


async def _main(name: str) -> None:
    module, made_by, settings, packages = CONTESTANTS[name]
    questionnaire = Questionnaire.from_json(json.loads(sys.stdin.readline()))
    make = getattr(import_module(f"benchmarks.turns.{module}"), made_by)
    contestant = make(questionnaire, **settings)
    await contestant.open()
    # As `serve` does when it begins; for everybody.
    keep_what_is_loaded()
    versions = {package: version(package) for package in packages}
    _tell({"python": platform.python_version(), "versions": versions})
    for line in sys.stdin:
        told = json.loads(line)
        if told["profile"]:
            contestant.profile()
        answers = await answer_all(
            contestant, questionnaire, told["variant"], CHATS, told["at_least"]
        )
        stages = contestant.stages() if told["profile"] else {}
        _tell({**asdict(answers), "stages": stages})


def _tell(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    # PTB warns of settings that are meant so.
    warnings.simplefilter("ignore")
    uvloop.run(_main(sys.argv[1]))
