"""The list of who was erased, in a file outside the database and its backups: ids and times only.

A restore brings an older database back; whoever was erased since then is erased anew by this list.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from flows.errors import Refusal

HEAD = (
    "# Erased patients, one a line: number, time. Keep it apart from the backups: no health data."
)


class NoList(Refusal):
    """The file is not there, or is no such list; the message says so."""


def text_of(erased: Mapping[int, datetime]) -> str:
    """The list as it stands in the file."""
    lines = [f"{patient_id} {erased[patient_id].isoformat()}" for patient_id in sorted(erased)]
    return "\n".join([HEAD, *lines]) + "\n"


def read(file: Path) -> dict[int, datetime]:
    """Who is on the list. Raises NoList."""
    try:
        return dict(_lines(file.read_text("utf-8").splitlines(), file))
    except FileNotFoundError:
        raise NoList(f"there is no list of the erased at {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NoList(f"{file} cannot be read ({type(error).__name__})") from None


def _lines(lines: Iterable[str], file: Path) -> Iterable[tuple[int, datetime]]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            patient_id, moment = line.split()
            yield int(patient_id), datetime.fromisoformat(moment)
        except ValueError:
            raise NoList(f"{file}, line {number}: write a patient's number and a time") from None


def add(file: Path, erased: Mapping[int, datetime]) -> None:
    """Put those on the list who are not on it; the file is made where there is none.

    It is replaced as a whole, so that a crash leaves the old list or the new one. Raises NoList;
    OSError: it cannot be written.
    """
    known = read(file) if file.exists() else None
    if known is not None and erased.keys() <= known.keys():
        return
    descriptor, aside = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text_of({**erased, **(known or {})}))
            opened.flush()
            os.fsync(opened.fileno())
        Path(aside).replace(file)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Let a new name in this folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
