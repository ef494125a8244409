"""An export as one file to be taken away; nothing of it stays here."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import IO, NamedTuple

from bot.deployment import Deployment
from bot.research.exporting import Wanted
from bot.research.files import Made, export


class Zipped(NamedTuple):
    """An export in a file that is gone once it is closed, read from its beginning."""

    made: Made
    name: str
    """Without its ending."""
    file: IO[bytes]
    size: int


def export_zipped(deployment: Deployment, wanted: Wanted, *, actor: str, software: str) -> Zipped:
    """As `bot.research.files.export`, which says what it raises, into one file."""
    with tempfile.TemporaryDirectory(prefix="backtrace-research-") as place:
        folder = Path(place, "export")
        made = export(deployment, wanted, folder, actor=actor, software=software)
        name = f"{wanted.study}-{made.id}"
        file = _packed(folder, name)
    size = file.tell()
    file.seek(0)
    return Zipped(made, name, file, size)


def _packed(folder: Path, name: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for each in sorted(folder.iterdir()):
                packed.write(each, f"{name}/{each.name}")
    except BaseException:
        file.close()
        raise
    file.seek(0, 2)
    return file
