"""What a secretary has on paper in front of her, and how she enters it in a test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.desk import answers
from bot.desk.answers import Stored
from bot.desk.sheets import Mode, Sheet
from bot.desk.worker import Worker
from flows.forms import Form, Left, Mark
from flows.model import ItemKind
from tests.bot.house import House
from trajectory.staff_tokens import Role

ODI = (
    "pain-intensity", "personal-care", "lifting", "walking", "sitting",
    "standing", "sleeping", "sex-life", "social-life", "travelling",
)  # fmt: skip
KIRSTEN = Worker(7, "Kirsten Lund", frozenset({Role.SECRETARY}), "en", "desk:7")
PER = Worker(8, "Per Bak", frozenset({Role.SECRETARY}), "da", "desk:8")


def odi(letters: str = "cbcbccbcdc") -> dict[str, Mark]:
    """An ODI as it lies there, a letter a section; `-` is left blank."""
    return {
        item: Mark(left=Left.BLANK) if letter == "-" else Mark((letter,))
        for item, letter in zip(ODI, letters, strict=True)
    }


def check_in(*numbers: int, new: str = "no") -> dict[str, Mark]:
    """Pain, bothersome days and limited days; and whether anything is new."""
    items = ("pain", "bothersome-days", "activity-limited-days", "sick-leave-days")
    form = {item: Mark((str(n),)) for item, n in zip(items, numbers, strict=False)}
    return form | {"new-symptoms": Mark((new,))}


def signs(**yes: bool) -> dict[str, Mark]:
    """The questions about warning signs: no, but for these."""
    items = (
        "bladder-bowel", "saddle-numbness", "sexual-function", "both-legs",
        "leg-weakness", "fever-unwell", "fall-or-crash", "cancer-weight-night",
    )  # fmt: skip
    said = {name.replace("_", "-") for name in yes}
    return {item: Mark(("yes" if item in said else "no",)) for item in items}


def enter(
    house: House,
    patient_id: int,
    form: Form,
    flow: str = "odi",
    *,
    ago: timedelta = timedelta(0),
    mode: Mode = Mode.PAPER,
    worker: Worker = KIRSTEN,
    mark: str = "",
    again: bool = False,
) -> Stored:
    """What was answered so long ago is entered now."""
    now = house.clock.now()
    sheet = Sheet(flow, mode, now - ago, form, mark or f"mark-{now.timestamp()}", again)
    return answers.enter(house.deployment, worker, patient_id, sheet, now)


def told(house: House, patient_id: int, kinds: str = "") -> list[tuple[Any, ...]]:
    """What was answered and what became of it, without ids, times and the way it came."""
    wanted = kinds.split() or ["answer", "skip", "not-applicable", "correction", "score"]
    rows = [e for e in house.timeline(patient_id) if e.kind in wanted]
    return [(e.kind, e.flow, e.item, e.value, e.code, e.unit, _bare(e.detail)) for e in rows]


def _bare(detail: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: each for key, each in (detail or {}).items() if key not in ("worker", "left")}


def say(house: House, form: Form, flow_id: str, address: str) -> None:
    """The same answers in the chat, one after the other, in the words of the buttons."""
    flow = house.deployment.library.flow(flow_id)
    for item in flow.items:
        mark = form.get(item.id)
        if mark is None:
            continue
        if mark.left is not None:
            house.write(
                "skip" if mark.left is not Left.NOT_APPLICABLE else "does not apply", address
            )
            continue
        (chosen,) = mark.chosen
        if item.kind in (ItemKind.SCALE, ItemKind.COUNT):
            house.write(chosen, address)
        else:
            option = item.option(chosen)
            assert option is not None
            house.write(option.text["en"], address)


def days(number: float) -> timedelta:
    """So many days."""
    return timedelta(days=number)


def at(house: House, **ago: float) -> datetime:
    """So long ago."""
    return house.clock.now() - timedelta(**ago)
