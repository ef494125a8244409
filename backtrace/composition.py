"""Wires a deployment, once."""

from __future__ import annotations

from collections.abc import Mapping

from backtrace.languages import shipped_lexicons, shipped_scanner
from bot.channels import Channel
from bot.conversation.pace import Limits
from bot.deployment import Chance, Clinic, Clock, Deployment
from bot.rates import Rate
from flows.library import Library
from templates.catalogue import load_catalogues
from templates.next_steps import NextStep
from trajectory import definitions
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.keys import Ring

USUAL = Limits()
INLINE: Mapping[str, str] = {}
"""Every channel carries questions and answers itself."""

UNLIMITED: Mapping[str, Rate] = {}
"""No provider counts."""


def deploy(
    database: Database,
    ring: Ring,
    library: Library,
    *,
    clock: Clock,
    chance: Chance,
    channels: Mapping[str, Channel],
    clinic: Clinic,
    limits: Limits = USUAL,
    answers: Mapping[str, str] = INLINE,
    rates: Mapping[str, Rate] = UNLIMITED,
    steps: tuple[NextStep, ...] = (),
) -> Deployment:
    """A deployment on a migrated database; stores the definitions that it asks.

    Raises:
        trajectory.database.Unavailable: the database cannot be written.
    """
    _remember(database, library)
    return Deployment(
        database=database,
        ids=Ids(database),
        ring=ring,
        library=library,
        lexicons=shipped_lexicons(),
        catalogues=load_catalogues("messages"),
        scanner=shipped_scanner(),
        clock=clock,
        chance=chance,
        channels=channels,
        clinic=clinic,
        limits=limits,
        answers=answers,
        rates=rates,
        next_steps=steps,
    )


def _remember(database: Database, library: Library) -> None:
    """Keep every definition under its hash, so that its sessions finish after any deploy."""
    bodies = library.written
    with database.write() as connection:
        definitions.remember_all(
            connection,
            [(flow.definition, flow.id, bodies[flow.id]) for flow in library.flows.values()],
        )
