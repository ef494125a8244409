"""The command line: `backtrace COMMAND`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from api.server import PortTaken
from backtrace import (
    audit_cli,
    backup_cli,
    bounce_cli,
    cases_cli,
    chatting,
    desk_cli,
    doctor,
    enrol_cli,
    enrol_many_cli,
    held_cli,
    keys_cli,
    outbox_cli,
    professional_cli,
    refusals,
    research_cli,
    running,
    simulate_cli,
    staff_cli,
)
from backtrace import erased as erased_patients
from backtrace.answers import AnswersNotChosen
from backtrace.clock import SystemClock
from backtrace.definitions import NoDefinitions, worded_library
from backtrace.demo.running import run as run_demo
from backtrace.flows_cli import app as flows_app
from backtrace.keyring import NoKeys
from backtrace.logs import start_logging
from backtrace.refusals import DemonstrationWording, InsecureAddress, NotMigrated, OneProcessOnly
from backtrace.replay_cli import replay
from backtrace.settings import Settings, folders
from backtrace.signing import SignaturesUnread, listed
from bot.asked_enrolment import Asked
from bot.inviting import LIFE
from bot.research import asking as research_asking
from bot.research.exporting import DefinitionsChanged
from bot.research.files import FolderTaken
from bot.waiting import Reason
from flows.errors import DefinitionError
from trajectory.backup import NoBackup
from trajectory.database import InUse, Unavailable, exclusive
from trajectory.erased_list import NoList
from trajectory.keys import BadKeys, WrongKey
from trajectory.migrations import upgrade
from trajectory.professionals import Professional
from trajectory.staff_tokens import Role

app = typer.Typer(
    help="Low back pain check-ins by chat.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
keys_app = typer.Typer(help="The key ring that seals health data.", no_args_is_help=True)
people_app = typer.Typer(
    help="The clinic's directory: professionals who sign in at /pro.", no_args_is_help=True
)
app.add_typer(flows_app, name="flows")
app.add_typer(keys_app, name="keys")
staff_app = typer.Typer(
    help="Who works at the clinic's desk, and the tokens of its programs.", no_args_is_help=True
)
token_app = typer.Typer(help="What programs show to be let in.", no_args_is_help=True)
staff_app.add_typer(token_app, name="token")
app.add_typer(staff_app, name="staff")
audit_app = typer.Typer(help="Who did what with patients' data.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(people_app, name="professional")
export_app = typer.Typer(help="Answers that leave the house.", no_args_is_help=True)
app.add_typer(export_app, name="export")
app.command()(replay)

_REFUSALS = (
    AnswersNotChosen,
    SignaturesUnread,
    InUse,
    Unavailable,
    PortTaken,
    NoKeys,
    BadKeys,
    WrongKey,
    DemonstrationWording,
    InsecureAddress,
    NotMigrated,
    OneProcessOnly,
    DefinitionError,
    NoDefinitions,
    enrol_cli.Unknown,
    backup_cli.Refused,
    NoBackup,
    NoList,
    professional_cli.Refused,
    simulate_cli.NotForPatients,
    keys_cli.NotYet,
    research_asking.Wrong,
    FolderTaken,
    DefinitionsChanged,
)
"""What keeps a process from starting; each message says what to do."""

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")]


@app.callback()
def _begin() -> None:
    # What a command makes, such as the database, is for the user it runs as.
    os.umask(0o077)
    start_logging(production=False)


def _settings(**instead: str) -> Settings:
    """What the environment says, or what is given `instead`."""
    try:
        return Settings(**instead)  # type: ignore[arg-type]
    except (ValidationError, SettingsError) as error:
        for finding in doctor.unreadable(error):
            typer.echo(f"{finding.what}: {finding.says}", err=True)
        raise typer.Exit(2) from None


def _start(process: Callable[[Settings], None]) -> None:
    settings = _settings()
    start_logging(settings.env == "production")
    try:
        process(settings)
    except _REFUSALS as refusal:
        typer.echo(f"{refusal}", err=True)
        raise typer.Exit(2) from None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run everything in one process: the embedded default, on SQLite."""
    _start(lambda settings: running.serve(settings, host, port, typer.echo))


@app.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the web side: chats and professionals' pages."""
    _start(lambda settings: running.web(settings, host, port))


@app.command()
def worker() -> None:
    """Run the ticking side: what falls due, and what is to be sent."""
    _start(running.worker)


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""

    def bring_up(settings: Settings) -> None:
        with exclusive(settings.database_url):
            upgrade(settings.database_url)

    _start(bring_up)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes, such as backup.db.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write over a file of that name.")
    ] = False,
) -> None:
    """Copy the SQLite database to a file while it is in use, and check the copy."""
    _start(lambda settings: _print(backup_cli.backup(settings, file, overwrite=overwrite)))


@app.command()
def restore(
    file: Annotated[
        Path | None, typer.Argument(help="The backup; none on PostgreSQL, after pg_restore.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep the present database beside, and go on.")
    ] = False,
    erased: Annotated[
        Path | None, typer.Option(help="The newest list of the erased, where it is elsewhere.")
    ] = None,
    without_erased: Annotated[
        bool, typer.Option("--without-erased", help="There is no list: nobody is erased anew.")
    ] = False,
) -> None:
    """Put a backup in the database's place: whoever was erased since is erased anew, and what
    waits to go out is held for you.
    """
    _start(
        lambda settings: _print(
            backup_cli.restore(
                settings, file, replace=replace, listing=erased, list_is_lost=without_erased
            )
        )
    )


@app.command(name="erased")
def list_erased() -> None:
    """Print who was erased, numbers and times only: to be kept apart from the backups."""

    def show(settings: Settings) -> None:
        refusals.require_newest(settings)
        typer.echo(erased_patients.listed(settings), nl=False)

    _start(show)


@app.command(name="doctor")
def examine() -> None:
    """Say what is wrong with settings, database and providers, and how to mend it; 1 if anything.

    With Twilio set up, the words for its opt-out page come last.
    """
    settings = _settings()
    findings = []
    for finding in doctor.examine(settings):
        findings.append(finding)
        typer.echo(f"{finding.verdict.value:5}  {finding.what}: {finding.says}")
    if settings.twilio_account_sid:
        typer.echo(f"\n{doctor.text_to_paste(settings)}")
    if any(finding.verdict is doctor.Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


@app.command()
def enrol(
    context: typer.Context,
    name: enrol_cli.Name = "",
    language: enrol_cli.Language = "",
    pathway: enrol_cli.Pathway = "low-back-pain",
    timezone: enrol_cli.Zone = "Europe/Copenhagen",
    channel: enrol_cli.Channel = "",
    phone: enrol_cli.Phone = "",
    hour: enrol_cli.Hour = "",
    weekday: enrol_cli.Weekday = "",
    consented: enrol_cli.Consented = False,
    days: enrol_cli.Days = LIFE.days,
    birth_date: enrol_cli.BirthDate = "",
    card: enrol_cli.Card = None,
    patient: enrol_cli.Known = None,
) -> None:
    """Make a new patient; print their number and a one-time link into the web chat (7 days).

    With --channel, --card, --hour, --weekday, --consented or --days, and a --language: a one-time
    code for any channel, the patient's own four digits, and a card to be printed. With
    --patient: a new code for somebody who is here already.
    """
    given = enrol_cli.given(context)
    asked = Asked(
        language,
        channel or "web",
        name,
        timezone,
        pathway,
        phone,
        hour,
        weekday,
        consented,
        days,
        birth_date,
    )

    def make(settings: Settings) -> None:
        if patient is not None:
            enrol_cli.require_only(given, enrol_cli.OF_KNOWN)
            _print(enrol_cli.invite_known(settings, patient, channel, days, card))
        elif given & enrol_cli.OF_CODES:
            _print(enrol_cli.invite_patient(settings, asked, card))
        else:
            make_with_link(settings)

    def make_with_link(settings: Settings) -> None:
        enrolled = enrol_cli.enrol_patient(
            settings, name=name, language=language, pathway=pathway, timezone=timezone
        )
        typer.echo(f"patient {enrolled.number}\n{enrolled.link}")

    _start(make)


@app.command()
def enrol_many(
    file: Annotated[Path, typer.Argument(help="A table saved as CSV (docs/enrolling.md).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong in each line; enrol nobody.")
    ] = False,
    language: Annotated[str, typer.Option(help="Where a line has none: en or da.")] = "en",
    cards: Annotated[Path | None, typer.Option(help="Write the cards, to be printed.")] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Write the lines with errors, to be corrected.")
    ] = None,
) -> None:
    """Enrol everybody in a table, each line once: run it again after an interruption.

    1 where lines have errors; those are not enrolled, the others are.
    """
    faulty = 0

    def make(settings: Settings) -> None:
        nonlocal faulty
        asked = enrol_many_cli.Asked(file, language, cards, errors, dry_run)
        faulty = enrol_many_cli.enrol_all(settings, asked, typer.echo)

    _start(make)
    if faulty:
        raise typer.Exit(1)


@app.command()
def link(
    number: Annotated[
        int,
        typer.Argument(min=1, max=2**63 - 1, help="The patient's number, as `enrol` printed it."),
    ],
    sign_out: Annotated[
        bool, typer.Option("--sign-out", help="Let no other device in any more: a phone is lost.")
    ] = False,
) -> None:
    """Print a new one-time link into the web chat for a patient who is here already (7 days)."""
    _start(
        lambda settings: typer.echo(enrol_cli.new_link(settings, number, sign_out=sign_out).link)
    )


@app.command()
def cases(
    handled: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Take this case off the list: it is dealt with."),
    ] = None,
    reason: Annotated[str, typer.Option(help="With --handled: what was done, such as spoke.")] = "",
    note: Annotated[
        str, typer.Option(help="With --handled: more about that; sealed, the patient may read it.")
    ] = "",
    take: Annotated[
        int | None, typer.Option(min=1, max=2**63 - 1, help="Look after this case as the operator.")
    ] = None,
    give_back: Annotated[
        int | None, typer.Option(min=1, max=2**63 - 1, help="Look after this case no more.")
    ] = None,
) -> None:
    """Print what somebody at the clinic must look at, the most pressing first."""

    def show(settings: Settings) -> None:
        if take is not None:
            cases_cli.take(settings, take)
        if give_back is not None:
            cases_cli.give_back(settings, give_back)
        if handled is not None:
            cases_cli.handle(settings, handled, reason, note)
        typer.echo(cases_cli.table(cases_cli.listed(settings)))

    _start(show)


@app.command()
def steps() -> None:
    """Print every next step that patients may be told, and who has signed its text."""
    _start(lambda settings: typer.echo(listed(settings)))


@app.command()
def outbox(
    resend: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Try this message again that was given up."),
    ] = None,
    resend_all: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL/ERROR",
            help="Try all again that one error has ended, such as sms/30007.",
        ),
    ] = None,
    drop: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Take this message off the list for good."),
    ] = None,
    drop_all: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL/ERROR", help="Take all off the list that one error has ended."
        ),
    ] = None,
    reason: Annotated[
        Reason, typer.Option(help="Why it is dropped, for the audit.")
    ] = Reason.OTHER,
    release_held: Annotated[
        bool, typer.Option("--release-held", help="Send what a restore holds.")
    ] = False,
    drop_held: Annotated[
        bool, typer.Option("--drop-held", help="Give up what a restore holds.")
    ] = False,
) -> None:
    """Print what waits to go out, by channel and reason, and what was given up."""
    if release_held and drop_held:
        typer.echo("--release-held or --drop-held: choose one", err=True)
        raise typer.Exit(2)

    def show(settings: Settings) -> None:
        if resend_all is not None:
            typer.echo(outbox_cli.resend_all(settings, resend_all))
        if resend is not None:
            outbox_cli.resend(settings, resend)
        if drop is not None:
            outbox_cli.drop(settings, drop, reason)
        if drop_all is not None:
            typer.echo(outbox_cli.drop_all(settings, drop_all, reason))
        if release_held or drop_held:
            typer.echo(held_cli.settle(settings, release=release_held))
        held = list(held_cli.shown(settings))
        listed = outbox_cli.shown(settings)
        _print(held)
        typer.echo("Nothing else waits." if held and listed == outbox_cli.NOTHING else listed)

    _start(show)


@app.command()
def bounce(
    to: Annotated[
        list[str] | None,
        typer.Option(help="Where the mail was sent, where its headers do not say so."),
    ] = None,
) -> None:
    """Take one mail that came back from standard input: for a mail server's pipe.

    Exit 0: taken; 65: no delivery report of a mail of ours; 75: try again later.
    """

    def read(settings: Settings) -> None:
        raw = sys.stdin.buffer.read(bounce_cli.LARGEST)
        ended, why = bounce_cli.take(settings, raw, to or ())
        typer.echo(why, err=ended is not bounce_cli.Ended.TAKEN)
        if ended is not bounce_cli.Ended.TAKEN:
            raise typer.Exit(int(ended))

    _start(read)


@app.command()
def chat(
    language: Annotated[
        str | None, typer.Option(help="en or da; without it you are asked.")
    ] = None,
    flow: Annotated[str | None, typer.Option(help="Ask only this flow, such as odi.")] = None,
    pathway: enrol_cli.Pathway = "low-back-pain",
) -> None:
    """Talk to the assistant here; +3h, +1d or +2w lets time pass, Ctrl-D ends it."""
    try:
        library = worded_library(*folders())
        chatting.chat(
            library,
            sys.stdin,
            lambda text: typer.echo(f"{text}\n"),
            language=language,
            flow=flow,
            pathway=pathway,
        )
    except (chatting.Unknown, DefinitionError, NoDefinitions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    database: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(
        "demo.db"
    ),
) -> None:
    """Show the whole product on one screen, with invented people and a clock that jumps."""
    try:
        run_demo(database, host, port, typer.echo)
    except _REFUSALS as refusal:
        typer.echo(f"{refusal}", err=True)
        raise typer.Exit(2) from None


@app.command()
def simulate(
    patients: simulate_cli.Patients = 1000,
    weeks: simulate_cli.Weeks = 12,
    seed: simulate_cli.Seed = 1,
    database: simulate_cli.Target = None,
    add: simulate_cli.Add = False,
    start: simulate_cli.Start = None,
    channel: simulate_cli.ChannelOption = simulate_cli.ChannelChoice.MIX,
    language: simulate_cli.LanguageOption = simulate_cli.LanguageChoice.MIX,
) -> None:
    """Let invented patients answer for weeks through the real pipeline; 1 if a check fails."""
    asked = simulate_cli.Asked(patients, weeks, seed, add, start, channel.value, language.value)
    settings = _settings(database_url=database) if database is not None else None
    try:
        right = simulate_cli.run(asked, settings)
    except _REFUSALS as refusal:
        typer.echo(f"{refusal}", err=True)
        raise typer.Exit(2) from None
    if not right:
        raise typer.Exit(1)


@audit_app.command()
def verify(
    patient: Annotated[int | None, typer.Option(min=1, max=2**63 - 1, help="Only theirs.")] = None,
    root: Annotated[
        str, typer.Option(help="A root out of a process's log, that the audit log must contain.")
    ] = "",
) -> None:
    """Find every record that was changed, removed, inserted or cut off; 1 if there is one."""
    verdict = audit_cli.Verdict()
    now = SystemClock().now()
    _start(lambda settings: _print(audit_cli.verify(settings, verdict, now, patient, root)))
    if not verdict.whole:
        raise typer.Exit(1)


@people_app.command("add")
def add_professional(
    name: professional_cli.Name,
    email: professional_cli.Address,
    role: professional_cli.Role = "physiotherapist",
    sector: professional_cli.Sector = "primary",
    language: professional_cli.Language = "da",
) -> None:
    """Put somebody into the directory, and mail an invitation."""
    newcomer = Professional(0, name, email, role, sector, language)
    _start(lambda settings: _print(professional_cli.add(settings, newcomer)))


@people_app.command("list")
def list_professionals() -> None:
    """Print who is in the directory, and whether they can sign in."""
    _start(lambda settings: _print(professional_cli.listed(settings)))


@people_app.command("invite")
def invite_professional(number: professional_cli.Number) -> None:
    """Mail an invitation again, where the one before was lost or is too old."""
    _start(lambda settings: _print(professional_cli.invite(settings, number)))


@people_app.command("reset")
def reset_professional(number: professional_cli.Number) -> None:
    """A phone is lost: end every sign-in and the authenticator, and mail an invitation."""
    _start(lambda settings: _print(professional_cli.reset(settings, number)))


@people_app.command("remove")
def remove_professional(number: professional_cli.Number) -> None:
    """Take somebody out: signed out at once, and no patient shares with them any more."""
    _start(lambda settings: _print(professional_cli.remove(settings, number)))


@export_app.command()
def research(
    out: research_cli.Out = Path("research-export"),
    study: research_cli.Study = research_asking.STUDY,
    since: research_cli.Since = None,
    until: research_cli.Until = None,
    pathway: research_cli.Pathway = "",
    dates: research_cli.Dates = False,
) -> None:
    """Write the answers of all who agree to research: a table a questionnaire, and a dictionary.

    Each patient's log says that their answers left, and they can read that.
    """
    day = research_cli.day
    asked = research_asking.Asked(study, day(since), day(until), pathway, dates)
    _start(lambda settings: _print(research_cli.run(settings, asked, out)))


@export_app.command()
def pseudonym(
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The patient's number.")],
    study: research_cli.Study = research_asking.STUDY,
) -> None:
    """Print what a study calls a patient, so that it can take out whoever takes the yes back."""
    _start(lambda settings: typer.echo(research_cli.pseudonym(settings, number, study)))


@keys_app.command()
def new(
    name: Annotated[str, typer.Option(help="The new key's id; the next free of k1, k2, ...")] = "",
    last: Annotated[
        bool, typer.Option("--last", help="Behind the others: known, and not used yet.")
    ] = False,
) -> None:
    """Print a ring with a new key for BACKTRACE_KEYS; in development write it to the key file.

    The new key is current, and the others stay in the ring. Keep a copy in a safe place.
    """
    _start(lambda settings: _print(keys_cli.new(settings, name, last=last)))


@keys_app.command(name="list")
def list_keys() -> None:
    """Print the keys of the ring, what each still opens, and which may be destroyed when."""
    _start(lambda settings: _print(keys_cli.listed(settings)))


@keys_app.command()
def rotate(
    stopped: Annotated[
        bool, typer.Option("--stopped", help="No serve, web or worker runs now.")
    ] = False,
) -> None:
    """Bring every patient to the current key while patients write; stopped, it goes on."""
    _start(lambda settings: _print(keys_cli.rotate(settings, stopped=stopped)))


Roles = Annotated[
    list[Role], typer.Option("--role", help="At the desk; several times for several roles.")
]


@staff_app.command("add")
def add_staff(
    name: professional_cli.Name,
    email: professional_cli.Address,
    role: Roles,
    language: professional_cli.Language = "da",
) -> None:
    """Give somebody a place at the clinic's desk, /desk, and mail an invitation."""
    _start(lambda settings: _print(desk_cli.add(settings, name, email, language, role)))


@staff_app.command("list")
def list_staff() -> None:
    """Print who works at the desk, with which roles, and whether they can sign in."""
    _start(lambda settings: _print(desk_cli.listed(settings)))


@staff_app.command("roles")
def set_staff_roles(number: professional_cli.Number, role: Roles = ()) -> None:  # type: ignore[assignment]
    """Give somebody these roles at the desk and no others; none: the desk is closed to them."""
    _start(lambda settings: _print(desk_cli.set_roles(settings, number, role)))


@staff_app.command("invite")
def invite_staff(number: professional_cli.Number) -> None:
    """Mail an invitation again, where the one before was lost or is too old."""
    _start(lambda settings: _print(professional_cli.invite(settings, number)))


@staff_app.command("reset")
def reset_staff(number: professional_cli.Number) -> None:
    """A phone is lost: end every sign-in and the authenticator, and mail an invitation."""
    _start(lambda settings: _print(professional_cli.reset(settings, number)))


@staff_app.command("remove")
def remove_staff(number: professional_cli.Number) -> None:
    """Take somebody out: signed out at once, and out of the directory if they were in it."""
    _start(lambda settings: _print(professional_cli.remove(settings, number)))


@token_app.command(name="new")
def new_token(
    name: Annotated[str, typer.Argument(help="What you call it, such as booking.")],
    role: Annotated[
        list[Role], typer.Option(help="What it may do; several times for several roles.")
    ],
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    _start(lambda settings: _print(staff_cli.new(settings, name, role)))


@token_app.command(name="list")
def list_tokens() -> None:
    """Print which tokens there are, what each may do, and when it was used last."""
    _start(lambda settings: _print(staff_cli.listed(settings)))


@token_app.command(name="revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="As `list` prints it.")],
) -> None:
    """Let a token do nothing any more, at once."""
    _start(lambda settings: staff_cli.revoke(settings, number))
