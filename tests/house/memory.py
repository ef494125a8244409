"""What tests write is kept in memory where there is room: nobody misses it, and disks are slow.

A run's folder goes with the run. Whoever wants to look at what a test has left behind says where
it is to be, as in `TMPDIR=/tmp make test`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

SHARED = Path("/dev/shm")
ROOM = 4 * 2**30
"""Bytes that must be free: a run leaves less than one GiB behind."""
_NAME = "backtrace-tests-"


def roomy() -> Path | None:
    """A place in memory with room for everything that a run writes, or None."""
    if SHARED.is_dir() and os.access(SHARED, os.W_OK) and shutil.disk_usage(SHARED).free > ROOM:
        return SHARED
    return None


def pytest_configure() -> None:
    """Make this run's folder; xdist's workers inherit it."""
    place = roomy()
    if "TMPDIR" in os.environ or place is None:
        return
    _clear(place)
    folder = Path(tempfile.mkdtemp(prefix=_NAME, dir=place))
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    _held(folder)
    # Not in a forked process, and after multiprocessing has cleared its own folder in there.
    Finalize(None, shutil.rmtree, (folder, True), exitpriority=-200)


def _clear(place: Path) -> None:
    """Take away what runs left that were killed: nobody holds it any more."""
    for folder in place.glob(f"{_NAME}*"):
        if _held(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _held(folder: Path) -> bool:
    """Hold this folder for as long as this process lives; False: another one does."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True
