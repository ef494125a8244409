"""`backtrace export`: answers for research into a folder, and what a study calls a patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot.research.asking import Asked, wanted_of
from bot.research.files import export
from bot.research.naming import NotAgreed, name
from bot.version import software

Out = Annotated[Path, typer.Option(help="The folder to be made.")]
Study = Annotated[
    str,
    typer.Option(help="Which study: pseudonyms are the same within one, and in no two of them."),
]
Since = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="Opened on this day or later."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help="Opened on this day or before."),
]
Pathway = Annotated[str, typer.Option(help="Only of this pathway; empty: of all.")]
Dates = Annotated[
    bool, typer.Option("--dates", help="Calendar times as well, not only days since the start.")
]


def day(moment: datetime | None) -> str:
    """The day that was asked for, as forms have it."""
    return "" if moment is None else moment.date().isoformat()


def run(settings: Settings, asked: Asked, folder: Path) -> Iterator[str]:
    """Export into a new folder, and say what is in it.

    Raises:
        Unknown: something asked for is not there; the message says what to write.
        bot.research.files.FolderTaken: something is there already.
        backtrace.refusals.NotMigrated: there is nothing to export from.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        wanted = wanted_of(deployment, asked)
        made = export(deployment, wanted, folder, actor=OPERATOR, software=software())
    yield f"export {made.id}: {made.patients} patients who agree to research"
    yield from (f"  {file}: {rows} rows" for file, rows in sorted(made.rows.items()))
    yield f"in {folder}"


def pseudonym(settings: Settings, number: int, study: str) -> str:
    """What a study calls this patient; the patient's log says that it was asked.

    Raises Unknown, backtrace.refusals.NotMigrated.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        try:
            return name(deployment, number, study, OPERATOR)
        except NotAgreed:
            raise Unknown(f"no patient {number} has ever agreed to research") from None
