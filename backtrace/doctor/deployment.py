"""What is looked at on this machine: keys, database, wording, mail, the desk's hours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from backtrace.answers import AnswersNotChosen, answers_of, not_chosen, setting_of
from backtrace.audit_cli import file_of as audit_file_of
from backtrace.clock import SystemClock
from backtrace.definitions import NoDefinitions
from backtrace.doctor.finding import Finding, Verdict
from backtrace.erased import file_of, require_list
from backtrace.furnishing import library_of
from backtrace.keyring import NoKeys, NoKeyYet, named, prove, ring_of
from backtrace.languages import shipped_lexicons
from backtrace.refusals import DemonstrationWording
from backtrace.settings import Settings
from bot.channels.email import BadMailSetting, Email
from bot.desk_hours import EXAMPLE
from flows.errors import DefinitionError
from templates.catalogue import load_catalogues
from trajectory.database import Database, Unavailable
from trajectory.erased_list import NoList
from trajectory.keys import BadKeys
from trajectory.migrations import current, head


def _keys(what: str, settings: Settings) -> Finding:
    try:
        ring = ring_of(settings, make=False)
        if not _is_new(settings):
            with closing(Database(settings.database_url)) as opened:
                prove(settings, opened, ring)
    except NoKeyYet as error:
        return Finding(what, Verdict.OFF, str(error))
    except (NoKeys, BadKeys) as error:
        return Finding(what, Verdict.WRONG, str(error))
    except Unavailable:
        return Finding(what, Verdict.WRONG, "not tried on the database, which cannot be read")
    return Finding(what, Verdict.OK, f"{named(settings)}; current key {ring.key_ids[0]}")


def _database(what: str, settings: Settings) -> Finding:
    if _is_new(settings):
        folder = Path(make_url(settings.database_url).database or "").parent
        if not folder.is_dir():
            return Finding(
                what, Verdict.WRONG, "its folder does not exist; check BACKTRACE_DATABASE_URL"
            )
        return Finding(what, Verdict.OFF, "no file yet; `backtrace serve` makes it")
    try:
        at = current(settings.database_url)
    except Unavailable as error:
        return Finding(what, Verdict.WRONG, f"{error}; check BACKTRACE_DATABASE_URL")
    if at is None:
        return Finding(what, Verdict.WRONG, "empty; run `backtrace migrate`")
    if at != head():
        return Finding(
            what, Verdict.WRONG, f"at revision {at}, not {head()}; run `backtrace migrate`"
        )
    return Finding(what, Verdict.OK, f"reachable, at revision {at}")


def _erased(what: str, settings: Settings) -> Finding:
    file = file_of(settings)
    if file is None:
        says = "no list: set BACKTRACE_ERASED_FILE, or keep what `backtrace erased` prints"
        return Finding(what, Verdict.OFF, says)
    try:
        require_list(settings)
    except NoList as error:
        return Finding(what, Verdict.WRONG, str(error))
    return Finding(what, Verdict.OK, _named(file))


def _audit_log(what: str, settings: Settings) -> Finding:
    file = audit_file_of(settings)
    if file is None:
        says = "none: set BACKTRACE_AUDIT_LOG, so that records cut off from the audit are found"
        return Finding(what, Verdict.OFF, says)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        return Finding(what, Verdict.WRONG, f"{file} cannot be written; check its permissions")
    return Finding(what, Verdict.OK, f"{_named(file)}; `backtrace audit verify` checks it")


def _named(file: Path) -> str:
    return str(file) if file.exists() else f"{file}, which the first process will make"


def _is_new(settings: Settings) -> bool:
    """Whether the database is a SQLite file that is still to be made."""
    url = make_url(settings.database_url)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def _address(what: str, settings: Settings) -> Finding:
    if settings.secure:
        return Finding(what, Verdict.OK, "https")
    if settings.env == "production":
        return Finding(what, Verdict.WRONG, "BACKTRACE_PUBLIC_URL must begin with https://")
    return Finding(what, Verdict.OK, "http, which is for development only")


def _wording(what: str, settings: Settings) -> Finding:
    try:
        library = library_of(settings)
    except (DemonstrationWording, DefinitionError, NoDefinitions) as error:
        return Finding(what, Verdict.WRONG, str(error))
    missing = set(library.languages) - set(shipped_lexicons()) - set(load_catalogues("messages"))
    if missing:
        names = ", ".join(sorted(missing))
        return Finding(what, Verdict.WRONG, f"no lexicon or messages for {names}")
    return Finding(
        what, Verdict.OK, f"{len(library.flows)} flows in {', '.join(library.languages)}"
    )


def _mail(what: str, settings: Settings) -> Finding:
    if settings.smtp_url is None:
        says = "off: set BACKTRACE_SMTP_URL to mail links to professionals"
        return Finding(what, Verdict.OFF, says)
    try:
        Email(settings.smtp_url.get_secret_value(), settings.mail_from, SystemClock().now)
    except BadMailSetting as error:
        return Finding(what, Verdict.WRONG, f"BACKTRACE_SMTP_URL, BACKTRACE_MAIL_FROM: {error}")
    return Finding(what, Verdict.OK, "a server is set")


def _answers(what: str, settings: Settings) -> Finding:
    try:
        chosen = answers_of(settings)
    except AnswersNotChosen as error:
        return Finding(what, Verdict.WRONG, str(error))
    if not chosen:
        return Finding(what, Verdict.OFF, "no channel but the web chat is set up")
    left_open = [setting_of(channel) for channel in not_chosen(settings)]
    advice = f"; production asks for {', '.join(left_open)}" if left_open else ""
    carried = ", ".join(f"{channel} {how}" for channel, how in chosen.items())
    return Finding(what, Verdict.OK, f"{carried}{advice}")


def _desk(what: str, settings: Settings) -> Finding:
    if not settings.desk_hours:
        says = "no hours: patients who ask for a person are promised no time; set "
        return Finding(what, Verdict.OFF, f"{says}BACKTRACE_DESK_HOURS, such as {EXAMPLE}")
    return Finding(what, Verdict.OK, f"{settings.desk_hours} ({settings.timezone})")


def _programs(what: str, settings: Settings) -> Finding:
    if settings.staff_token is None:
        says = "by tokens of their own: `backtrace staff token new NAME --role enrol`"
        return Finding(what, Verdict.OK, says)
    return Finding(what, Verdict.OK, "BACKTRACE_STAFF_TOKEN may enrol, beside tokens of their own")


_CHECKS: tuple[tuple[str, Callable[[str, Settings], Finding]], ...] = (
    ("keys", _keys),
    ("database", _database),
    ("list of the erased", _erased),
    ("audit log", _audit_log),
    ("public address", _address),
    ("wording", _wording),
    ("e-mail", _mail),
    ("answers", _answers),
    ("clinic's desk", _desk),
    ("programs", _programs),
)


def deployment(settings: Settings) -> Iterator[Finding]:
    """One finding for each thing that needs nobody else."""
    for what, check in _CHECKS:
        yield check(what, settings)
