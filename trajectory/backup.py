"""Copies of a SQLite database: made while others write to it, checked, put in its place."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flows.errors import Refusal
from trajectory.deployment import key_id_of
from trajectory.erased_list import sync_folder

_KEYS = "SELECT DISTINCT key_id FROM patient WHERE status <> 'erased'"
_PATIENTS = "SELECT count(*) FROM patient WHERE status <> 'erased'"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite may keep next to a database file."""


class NoBackup(Refusal):
    """The copy cannot be made or used; the message says why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database file holds, in numbers."""

    revision: str
    patients: int
    entries: int
    size: int
    """Bytes."""
    key_ids: tuple[str, ...]
    """The keys of the ring without which it cannot be read."""


def make(database: Path, file: Path, *, overwrite: bool = False) -> Contents:
    """Copy the database to a file of one's own; the name appears when the copy is whole.

    Writers go on meanwhile; what they commit after the start is not in it. Raises NoBackup.
    """
    if not database.is_file():
        raise NoBackup(f"there is no database at {database}")
    if file.exists() and not file.is_file():
        raise NoBackup(f"{file} is no file that could be written over; choose another name")
    if file.exists() and not overwrite:
        raise _taken(file)
    if file.exists() and file.samefile(database):
        raise NoBackup(f"{file} is the database itself")
    with _aside(file) as aside:
        copy(database, aside)
        contents = contents_of(aside)
        _sync(aside)
        _name(aside, file, overwrite=overwrite)
    sync_folder(file.parent)
    return contents


def copy(source: Path, target: Path) -> None:
    """Copy one file to another, from one snapshot. Raises NoBackup."""
    try:
        with closing(_open(source)) as old, closing(_open(target)) as new:
            # In one step: in smaller ones every write of another process starts it anew.
            old.backup(new, pages=-1)
            # One file, that nobody has to copy a second one with.
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise NoBackup(f"{source} cannot be copied: {error}") from None


def contents_of(file: Path) -> Contents:
    """What a file holds, after every page of it was checked. Raises NoBackup."""
    try:
        with closing(_open(file, mode="ro")) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise NoBackup(f"{file} is damaged")
            return _contents(opened, file)
    except sqlite3.Error:
        raise NoBackup(f"{file} is not a database of BackTrace, or is damaged") from None


def _contents(opened: sqlite3.Connection, file: Path) -> Contents:
    keys = {row[0] for row in opened.execute(_KEYS)}
    for (value,) in opened.execute("SELECT value FROM deployment WHERE key = 'key'"):
        keys.add(key_id_of(value))
    return Contents(
        revision=_one(opened, "SELECT version_num FROM alembic_version"),
        patients=_one(opened, _PATIENTS),
        entries=_one(opened, "SELECT count(*) FROM entry"),
        size=file.stat().st_size,
        key_ids=tuple(sorted(keys)),
    )


def _one(opened: sqlite3.Connection, statement: str) -> Any:
    return opened.execute(statement).fetchone()[0]


def put_in_place(new: Path, database: Path, kept: Path) -> bool:
    """Let `new` be the database; whether an older one was there, which is now called `kept`.

    The caller holds `trajectory.database.exclusive`, and nothing has `new` open. Raises NoBackup.
    """
    was_there = database.exists()
    if was_there:
        _fold_in(database)
        _keep(database, kept)
    for suffix in BESIDE:
        # A log that is left belongs to the older file, and would spoil the new one.
        left = Path(f"{database}{suffix}")
        if left.exists():
            left.replace(f"{kept}{suffix}")
    new.replace(database)
    sync_folder(database.parent)
    return was_there


def _fold_in(database: Path) -> None:
    """Put what stands in the log into the file, which is whole by itself from here on.

    Whatever happens next, no commit is lost with the log. Raises NoBackup.
    """
    # One that is damaged is kept as it is, with its log beside it.
    with suppress(sqlite3.DatabaseError), closing(_open(database)) as opened:
        if opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise NoBackup(f"{database} is being read by another program; end that first")


def _keep(database: Path, kept: Path) -> None:
    try:
        os.link(database, kept)
    except OSError:  # a file system without links: for a moment there is no database
        database.replace(kept)


@contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """An empty file of another name in the same folder, which only its owner may read."""
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=".part")
    except OSError as error:
        raise NoBackup(f"{file.parent} cannot be written ({error.strerror})") from None
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for suffix in ("", *BESIDE):
            Path(f"{name}{suffix}").unlink(missing_ok=True)


def _name(aside: Path, file: Path, *, overwrite: bool) -> None:
    if overwrite:
        aside.replace(file)
        return
    try:
        os.link(aside, file)
    except FileExistsError:
        raise _taken(file) from None
    except OSError:  # a file system without links
        _name_by_replacing(aside, file)


def _name_by_replacing(aside: Path, file: Path) -> None:
    try:
        file.touch(0o600, exist_ok=False)
    except FileExistsError:
        raise _taken(file) from None
    aside.replace(file)


def _taken(file: Path) -> NoBackup:
    return NoBackup(f"{file} is there already; choose another name, or --overwrite")


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _open(file: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode={mode}", uri=True, timeout=10)
