"""`backtrace backup` and `backtrace restore`."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DatabaseError

from backtrace.audit_cli import has_log, noting_of
from backtrace.clock import SystemClock
from backtrace.erased import file_of, require_list, sqlite_file, write_down
from backtrace.keyring import NoKeys, ring_of
from backtrace.refusals import NotMigrated
from backtrace.settings import Settings
from bot import restored
from flows.errors import Refusal
from trajectory import erased_list
from trajectory.audit_log import BadLog
from trajectory.backup import BESIDE, Contents, contents_of, copy, make, put_in_place
from trajectory.database import Database, Unavailable, exclusive
from trajectory.deployment import is_sealed, prove
from trajectory.erased_list import NoList
from trajectory.erasure import tombstones
from trajectory.keys import Ring, WrongKey
from trajectory.migrations import current, head, is_known, upgrade
from trajectory.sole import require_alone

_ITS_RING = (
    "Put the ring that was kept with it into BACKTRACE_KEYS, or its key file beside the database"
)


class Refused(Refusal):
    """A backup or restore that is not done; the message says what to do instead."""


def backup(settings: Settings, file: Path, *, overwrite: bool) -> Iterator[str]:
    """Copy the database while it is in use, check the copy, and say what it holds.

    Raises Refused, NotMigrated, NoList, and trajectory.backup.NoBackup.
    """
    database = sqlite_file(settings)
    if database is None:
        raise Refused(
            "`backtrace backup` copies SQLite files. On PostgreSQL use its own backups "
            "(pg_dump, or base backups with WAL), and keep `backtrace erased` beside them"
        )
    revision = current(settings.database_url)
    if database.is_file() and revision is None:
        raise NotMigrated(f"{database} is empty: there is nothing to back up")
    require_list(settings)
    held = make(database, file, overwrite=overwrite)
    yield f"{file}: {_numbers(held)}; checked"
    keys = f" ({', '.join(held.key_ids)})" if held.key_ids else ""
    yield f"Needed to read it, and not in it: the key ring{keys}"
    if (listing := file_of(settings)) is not None:
        if revision == head():
            with closing(Database(settings.database_url)) as opened:
                write_down(opened, listing)
        yield f"Needed to restore it, always the newest: the list of the erased, {listing}"


def restore(
    settings: Settings,
    file: Path | None,
    *,
    replace: bool = False,
    listing: Path | None = None,
    list_is_lost: bool = False,
) -> Iterator[str]:
    """Put a backup in the database's place, and make it fit to be served.

    On PostgreSQL, without `file`: make fit what the server's own tools have restored. Raises
    Refused, InUse, Unavailable, NoList, NoKeys, and trajectory.backup.NoBackup.
    """
    database = sqlite_file(settings)
    _require_file_or_server(database, file)
    _require_there(file)
    erased = {} if list_is_lost else _erased(settings, listing)
    if database is None or file is None:
        fit = _restore_server(settings, erased)
        yield from _note_audit(settings, fit)
        held = fit.held
    else:
        with exclusive(settings.database_url):
            held = yield from _restore_file(settings, database, file, erased, replace=replace)
    yield f"Erased anew: {len(erased)} on the list"
    yield from _what_now(held)


def _restore_file(
    settings: Settings, database: Path, file: Path, erased: dict[int, datetime], *, replace: bool
) -> Generator[str, None, int]:
    if database.exists() and not replace:
        raise Refused(f"{database} is there already; --replace keeps it beside, under another name")
    if database.exists() and file.exists() and file.samefile(database):
        raise Refused(f"{file} is the database itself")
    contents = contents_of(file)
    _require_usable(settings, file, contents)
    erased |= _erased_in(database)
    aside = Path(f"{database}.restoring")
    _remove(aside)
    try:
        aside.touch(0o600)
        copy(file, aside)
        _require_its_ring(settings, f"sqlite:///{aside}", file)
        fit = _make_fit(settings, f"sqlite:///{aside}", erased)
        _write_list(settings, erased)
        kept = Path(f"{database}.before-restore-{SystemClock().now():%Y%m%dT%H%M%SZ}")
        was_there = put_in_place(aside, database, kept)
    finally:
        _remove(aside)
    yield f"{database}: {_numbers(contents)}, out of {file}"
    yield from _note_audit(settings, fit)
    if was_there:
        yield f"The database that was there is now {kept}; delete it when it is not needed"
    return fit.held


def _write_list(settings: Settings, erased: dict[int, datetime]) -> None:
    """Before the database that knows them is put aside. Raises NoList, Refused."""
    if (listing := file_of(settings)) is not None:
        try:
            erased_list.add(listing, erased)
        except OSError as error:
            raise Refused(
                f"the list of the erased, {listing}, cannot be written ({error.strerror}); nothing "
                "was replaced"
            ) from None


def _require_file_or_server(database: Path | None, file: Path | None) -> None:
    if database is not None and file is None:
        raise Refused("name the backup: `backtrace restore FILE`")
    if database is None and file is not None:
        raise Refused(
            "on PostgreSQL restore with its own tools (pg_restore) first, and then run "
            "`backtrace restore --erased LIST` without a file, before anything else"
        )


def _require_there(file: Path | None) -> None:
    if file is not None and not file.is_file():
        raise Refused(f"{file} is no file" if file.exists() else f"there is no backup at {file}")


class _Fit(NamedTuple):
    """What a restored database needed."""

    held: int
    rewound: int
    """How many audit chains it has set back."""
    log: str
    """Why the audit log cannot go on; empty: it can."""


def _restore_server(settings: Settings, erased: dict[int, datetime]) -> _Fit:
    require_alone(settings.database_url)
    if current(settings.database_url) is None:
        raise Refused("the database has no tables: restore it with pg_restore first")
    _require_its_ring(settings, settings.database_url, "the database")
    return _make_fit(settings, settings.database_url, erased)


def _make_fit(settings: Settings, url: str, erased: dict[int, datetime]) -> _Fit:
    upgrade(url)
    with closing(Database(url)) as opened:
        # Before anybody is erased anew: that adds a record to what the backup held.
        rewound, trouble = _rewind_audit(settings, opened)
        return _Fit(restored.make_safe(opened, erased), rewound, trouble)


def _rewind_audit(settings: Settings, opened: Database) -> tuple[int, str]:
    """A log that is broken keeps nobody from what a restore is for."""
    if not has_log(settings):
        return 0, ""
    try:
        noting = noting_of(settings, opened, _ring(settings, "the audit log"))
        return noting.rewind(SystemClock().now()), ""
    except (BadLog, OSError) as error:
        return 0, str(error)


def _note_audit(settings: Settings, fit: _Fit) -> Iterator[str]:
    """What is erased anew, too; once the database is in its place."""
    if not has_log(settings):
        return
    trouble = fit.log
    try:
        if not trouble:
            with closing(Database(settings.database_url)) as opened:
                noting = noting_of(settings, opened, _ring(settings, "the audit log"))
                noting.note_all(SystemClock().now())
    except (BadLog, OSError) as error:
        trouble = str(error)
    if trouble:
        yield f"The audit log was not continued: {trouble}. Put it aside, a new one is begun"
    else:
        yield f"Audit: {fit.rewound} chains are shorter than they were; the audit log says so"


def _erased(settings: Settings, listing: Path | None) -> dict[int, datetime]:
    """Whom a restore must erase anew. Raises NoList: without the list it brings them back."""
    file = listing or file_of(settings)
    if file is None:
        raise Refused("say who was erased: --erased LIST, as `backtrace erased` printed it")
    try:
        return erased_list.read(file)
    except NoList as problem:
        raise NoList(
            f"{problem}. Give it by --erased LIST: without it patients who were erased come back. "
            "--without-erased if there is none"
        ) from None


def _erased_in(database: Path) -> dict[int, datetime]:
    """Who was erased in the database that is replaced, as far as it can still be read."""
    found: dict[int, datetime] = {}
    if database.exists():
        # It may be replaced since it is damaged, or of a program without this table.
        with (
            suppress(Unavailable, DatabaseError),
            closing(Database(f"sqlite:///{database}")) as opened,
            opened.read() as connection,
        ):
            found = tombstones(connection)
    return found


def _require_usable(settings: Settings, file: Path, contents: Contents) -> None:
    if not is_known(contents.revision):
        raise Refused(
            f"{file} is at revision {contents.revision}, and this program knows {head()} as the "
            "newest: restore it with the program that made it, or a newer one"
        )
    needed = set(contents.key_ids)
    missing = needed and needed - set(_ring(settings, file).key_ids)
    if missing:
        names = ", ".join(sorted(missing))
        raise Refused(f"{file} needs keys that are not in the ring: {names}. {_ITS_RING}")


def _ring(settings: Settings, what: Path | str) -> Ring:
    try:
        return ring_of(settings, make=False)
    except NoKeys:
        raise Refused(f"there is no ring for {what}. {_ITS_RING}") from None


def _require_its_ring(settings: Settings, url: str, what: Path | str) -> None:
    """That a key has the right id does not make it the right one."""
    with closing(Database(url)) as opened, opened.read() as connection:
        try:
            if is_sealed(connection):
                prove(connection, _ring(settings, what))
        except WrongKey:
            raise Refused(f"the ring does not open {what}: {_ITS_RING}") from None


def _numbers(contents: Contents) -> str:
    return (
        f"{contents.patients} patients, {contents.entries} entries, "
        f"{contents.size / 1_000_000:.1f} MB, revision {contents.revision}"
    )


def _what_now(held: int) -> Iterator[str]:
    if held:
        yield (
            f"Held: {held} messages that waited when the backup was made. Many have gone out since."
            " `backtrace outbox` shows them; --release-held sends them, --drop-held forgets them"
        )
    yield "What was answered since the backup is lost. SMS of the last days are fetched by itself"
    yield "Now start it, and run `backtrace doctor`"


def _remove(aside: Path) -> None:
    for suffix in ("", *BESIDE):
        Path(f"{aside}{suffix}").unlink(missing_ok=True)
