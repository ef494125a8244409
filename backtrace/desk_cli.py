"""`backtrace staff`: who works at the clinic's desk, and with which roles."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from backtrace.columns import in_columns
from backtrace.professional_cli import Refused, directory_of, require_address, state_of
from backtrace.settings import Settings
from bot.directory import staff
from trajectory import professionals
from trajectory.professionals import STAFF, Professional
from trajectory.staff_tokens import Role

AT_DESK = (Role.SECRETARY, Role.CLINICIAN, Role.OPERATOR)
_HEAD = ("number", "name", "e-mail", "roles", "state")


def add(
    settings: Settings, name: str, email: str, language: str, roles: Collection[Role]
) -> Iterator[str]:
    """Give somebody a place at the desk and invite them; of the directory already: the roles only.

    Raises Refused.
    """
    wanted = _at_desk(roles)
    newcomer = Professional(0, name, email, STAFF, "", language, desk=wanted)
    require_address(settings, newcomer)
    with directory_of(settings) as deployment:
        with deployment.database.read() as connection:
            known = professionals.by_email(connection, deployment.ring, email)
        if known is None:
            number = staff.add(deployment, newcomer)
            staff.invite(deployment, number)
        else:
            number = known.id
            staff.set_desk(deployment, number, known.desk | wanted)
    yield f"staff {number}"
    if known is None:
        yield "An invitation is queued; its link works once, for a week."
    else:
        yield "Of the directory already: the same sign-in opens the desk now, at /desk."


def listed(settings: Settings) -> Iterator[str]:
    """Everybody with a role at the desk, as a table."""
    with directory_of(settings) as deployment, deployment.database.read() as connection:
        now = deployment.clock.now()
        found = professionals.listed(connection, deployment.ring)
    rows = [
        (str(each.id), each.name, each.email, ", ".join(sorted(each.desk)), state_of(each, now))
        for each in found
        if each.desk or not each.treats
    ]
    yield from in_columns([_HEAD, *rows])


def set_roles(settings: Settings, number: int, roles: Collection[Role]) -> Iterator[str]:
    """From now on somebody has these roles at the desk and no others. Raises Refused."""
    with directory_of(settings) as deployment:
        staff.set_desk(deployment, number, _at_desk(roles))
    yield f"Roles at the desk: {', '.join(sorted(roles)) or 'none'}."


def _at_desk(roles: Collection[Role]) -> frozenset[Role]:
    if not set(roles) <= set(AT_DESK):
        raise Refused(f"--role is one of {', '.join(AT_DESK)}; `enrol` is for tokens")
    return frozenset(roles)
