"""The files of an export: a table a flow, the data dictionary, a page to read, and what is in it.

Everything is written beside the folder and takes its name at the end: a folder that is there is
whole. The tables are RFC 4180 in UTF-8: a comma between cells, CRLF between rows, a header line.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.research.administration import Administration
from bot.research.columns import Column, common
from bot.research.exporting import Wanted, administrations, flows_of
from bot.research.items import of_flow
from flows.errors import Refusal
from flows.model import Flow
from templates.research import readme
from trajectory import clinic_audit
from trajectory.clinic_audit import Action

DICTIONARY = "data-dictionary.csv"
MANIFEST = "manifest.json"
README = "README.md"
_DICTIONARY_HEAD = ("file", "column", "meaning", "type", "unit", "values", "wording")
_log = structlog.get_logger()


class FolderTaken(Refusal):
    """Something is where the export is to be written."""


@dataclass(frozen=True, slots=True)
class Made:
    """An export that is written."""

    id: int
    at: datetime
    patients: int
    rows: Mapping[str, int]
    """By file."""


@dataclass(slots=True)
class _Table:
    """One flow's file, open for writing."""

    name: str
    columns: Sequence[Column]
    file: TextIO
    rows: int = 0
    definitions: set[str] = field(default_factory=set)

    def write(self, each: Administration) -> None:
        csv.writer(self.file).writerow([column.value(each) for column in self.columns])
        self.rows += 1
        self.definitions.add(each.flow.definition)


class _Tables:
    """The files by flow, each opened when its first row comes."""

    def __init__(self, folder: Path, flows: Iterable[Flow], stack: ExitStack, *, dates: bool):
        self._folder, self._stack = folder, stack
        self._common = common(dates=dates)
        self._versions: dict[str, list[Flow]] = {}
        for flow in flows:
            self._versions.setdefault(flow.id, []).append(flow)
        self.all: dict[str, _Table] = {}

    def write(self, each: Administration) -> None:
        if each.flow.id not in self.all:
            self.all[each.flow.id] = self._open(each.flow.id)
        self.all[each.flow.id].write(each)

    def _open(self, flow_id: str) -> _Table:
        columns = [*self._common, *of_flow(self._versions[flow_id])]
        name = f"{flow_id}.csv"
        file = self._stack.enter_context(_writing(self._folder / name))
        csv.writer(file).writerow([column.name for column in columns])
        return _Table(name, columns, file)

    def title(self, flow_id: str) -> str:
        """What the flow is called."""
        title = self._versions[flow_id][-1].title
        return title.get("en") or next(iter(title.values()))


def export(
    deployment: Deployment, wanted: Wanted, folder: Path, *, actor: str, software: str
) -> Made:
    """Write an export into a folder that is not there yet; each patient's audit says so.

    Raises FolderTaken, bot.research.exporting.DefinitionsChanged, trajectory.keys.WrongKey,
    trajectory.database.Unavailable, OSError.
    """
    if folder.exists():
        raise FolderTaken(f"{folder} is there already: choose a folder that is not")
    export_id = _begin(deployment, actor)
    partial = folder.with_name(f"{folder.name}.{export_id}.partial")
    partial.mkdir(parents=True)
    try:
        made = _write(deployment, wanted, partial, export_id, actor, software)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _log.info("research exported", export=export_id, count=made.patients)
    return made


def _begin(deployment: Deployment, actor: str) -> int:
    """The number of a new export; the clinic's own audit says who makes it."""
    now = deployment.clock.now()

    def work(connection: Connection) -> int:
        number = deployment.ids.take(connection)
        clinic_audit.append(
            connection,
            deployment.ids,
            actor=actor,
            action=Action.EXPORTED,
            subject=f"export:{number}",
            at=now,
        )
        return number

    return deployment.database.run(work)


def _write(
    deployment: Deployment,
    wanted: Wanted,
    folder: Path,
    export_id: int,
    actor: str,
    software: str,
) -> Made:
    now, flows, patients = deployment.clock.now(), flows_of(deployment), 0
    with ExitStack() as stack:
        tables = _Tables(folder, flows.values(), stack, dates=wanted.dates)
        found = administrations(deployment, wanted, flows, export_id=export_id, actor=actor)
        for patient in found:
            patients += 1
            for each in patient.administrations:
                tables.write(each)
    made = Made(export_id, now, patients, {each.name: each.rows for each in tables.all.values()})
    _write_dictionary(folder, tables.all.values())
    manifest = _manifest(deployment, wanted, made, tables, actor, software)
    (folder / README).write_text(readme(manifest), encoding="utf-8")
    manifest["files"] = _checked(folder, made.rows)
    (folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return made


def _write_dictionary(folder: Path, tables: Iterable[_Table]) -> None:
    with _writing(folder / DICTIONARY) as file:
        writer = csv.writer(file)
        writer.writerow(_DICTIONARY_HEAD)
        for table in tables:
            for each in table.columns:
                writer.writerow(
                    (
                        table.name,
                        each.name,
                        each.meaning,
                        each.type,
                        each.unit,
                        each.values,
                        each.wording,
                    )
                )


def _manifest(
    deployment: Deployment,
    wanted: Wanted,
    made: Made,
    tables: _Tables,
    actor: str,
    software: str,
) -> dict[str, Any]:
    return {
        "format": "backtrace-research",
        "version": 1,
        "export": made.id,
        "made_at": made.at.isoformat(timespec="seconds"),
        "made_by": actor,
        "software": software,
        "clinic": deployment.clinic.name,
        "study": wanted.study,
        "from": wanted.since and wanted.since.isoformat(),
        "to": wanted.until and wanted.until.isoformat(),
        "pathway": wanted.pathway,
        "dates": wanted.dates,
        "patients": made.patients,
        "rows": sum(made.rows.values()),
        "flows": {
            flow: {
                "title": tables.title(flow),
                "file": table.name,
                "definitions": sorted(table.definitions),
            }
            for flow, table in sorted(tables.all.items())
        },
    }


def _checked(folder: Path, rows: Mapping[str, int]) -> Mapping[str, Any]:
    """Of each file its size and SHA-256, and of tables how many rows."""
    found = {}
    for file in sorted(folder.iterdir()):
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        about = {"bytes": file.stat().st_size, "sha256": digest}
        found[file.name] = about | ({"rows": rows[file.name]} if file.name in rows else {})
    return found


def _writing(file: Path) -> TextIO:
    # The line ends are the writer's own.
    return file.open("w", encoding="utf-8", newline="")
