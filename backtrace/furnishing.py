"""The deployment that the settings describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from random import SystemRandom

from backtrace.answers import answers_of
from backtrace.composition import deploy
from backtrace.definitions import NoDefinitions, worded_library
from backtrace.keyring import proved, ring_of
from backtrace.refusals import DemonstrationWording, require_newest
from backtrace.sending_rates import rates_of
from backtrace.settings import Settings
from backtrace.signing import told_steps
from bot.channels import Channel
from bot.deployment import Chance, Clinic, Clock, Deployment
from bot.desk_hours import DeskHours
from flows.library import Library
from trajectory import deployment as own_key
from trajectory.database import Database, exclusive
from trajectory.migrations import upgrade


def library_of(settings: Settings) -> Library:
    """The definitions of this deployment.

    Raises:
        DemonstrationWording: not allowed in production; the message says what to do.
        flows.errors.DefinitionError: a wording pack does not fit.
        backtrace.definitions.NoDefinitions: a folder holds none, or a pathway to be offered is
            not there.
    """
    library = worded_library(settings.wording_dir, settings.definitions_dir)
    library = library.requiring("odi", settings.minimum_odi_answers)
    offered = [name.strip() for name in settings.pathways.split(",") if name.strip()]
    if unknown := sorted(set(offered) - set(library.pathways)):
        raise NoDefinitions(
            f"BACKTRACE_PATHWAYS names {', '.join(unknown)}; choose among "
            f"{', '.join(sorted(library.pathways))}"
        )
    library = library.offering(offered or library.pathways)
    if settings.env == "production" and not settings.allow_demonstration_wording:
        names = sorted(
            flow.id
            for flow in library.asked()
            if flow.licensed
            and any(flow.wording_in(language) == "demonstration" for language in flow.languages)
        )
        if names:
            raise DemonstrationWording(
                f"{', '.join(names)}: no licensed wording in every language. Put wording packs "
                "into BACKTRACE_WORDING_DIR, offer other pathways only by BACKTRACE_PATHWAYS, or "
                "set BACKTRACE_ALLOW_DEMONSTRATION_WORDING=true"
            )
    return library


def clinic_of(settings: Settings, *, mails: bool) -> Clinic:
    """Who runs this deployment."""
    return Clinic(
        name=settings.clinic_name,
        public_url=settings.public_url,
        emergency_number=settings.emergency_number,
        doctor_number=settings.doctor_number,
        timezone=settings.timezone,
        desk_hours=DeskHours.read(settings.desk_hours) if settings.desk_hours else None,
        helpline_number=settings.helpline_number,
        research=settings.research,
        mails=mails,
        telegram_bot=settings.telegram_bot,
        sms_number=settings.twilio_from if settings.twilio_account_sid else "",
        sms_by_service=bool(settings.twilio_account_sid and settings.twilio_messaging_service_sid),
        whatsapp_number=settings.whatsapp_from if settings.twilio_account_sid else "",
    )


@contextmanager
def deployed(
    settings: Settings,
    clock: Clock,
    channels: Mapping[str, Channel],
    *,
    alone: bool,
    durable: bool = True,
    names_bot: bool = False,
) -> Iterator[Deployment]:
    """A deployment on its database; `alone`: one process a SQLite file, which it migrates.

    Not `durable`: faster, and lost with the machine; for a database in the making. `names_bot`:
    messages or cards may lead to the bot, so Telegram is asked for a name that is not set.

    Raises:
        trajectory.database.InUse: another process has the file.
        trajectory.database.Unavailable: the database cannot be reached.
        NotMigrated: it has no tables or older ones, and this process is not the one to make them.
        backtrace.answers.AnswersNotChosen: production must say what each channel carries.
        backtrace.keyring.NoKeys: there is no ring, or it does not open this database.
        backtrace.signing.SignaturesUnread: the file of signatures is not one.
    """
    library, answers = library_of(settings), answers_of(settings)
    if not alone:
        require_newest(settings)
    ring = ring_of(settings)
    # Nobody is asked anything on behalf of settings that are refused.
    if names_bot and settings.telegram_token is not None:
        # Loaded here, since Telegram's library takes a while to load and few commands need it.
        from backtrace.by_telegram import with_bot_name

        settings = with_bot_name(settings)
    with ExitStack() as stack:
        if alone:
            stack.enter_context(exclusive(settings.database_url))
            upgrade(settings.database_url)
        database = Database(settings.database_url, durable=durable)
        stack.callback(database.close)
        with proved(settings):
            database.run(partial(own_key.take, ring=ring))
        yield deploy(
            database,
            ring,
            library,
            clock=clock,
            chance=Chance(SystemRandom()),
            channels=channels,
            clinic=clinic_of(settings, mails="email" in channels),
            answers=answers,
            rates=rates_of(settings),
            steps=told_steps(settings),
        )
