"""The desk for the clinic's programs: JSON over HTTP with staff tokens, one file a section."""

from __future__ import annotations

from fastapi import APIRouter

from api.rest import (
    addresses,
    administrations,
    cases,
    conversations,
    courses,
    description,
    directory,
    patients,
    research,
    running,
)
from api.rest.problems import API

_SECTIONS = (
    cases.router,
    patients.router,
    addresses.router,
    courses.router,
    administrations.router,
    conversations.router,
    directory.router,
    running.router,
    research.router,
)


_own = APIRouter(prefix=API)
for _each in _SECTIONS:
    _own.include_router(_each)


def routers_of(enrolments: APIRouter) -> list[APIRouter]:
    """Every route of the staff API, with their description; `enrolments` are those of enrolling."""
    return [enrolments, _own, description.router_of([enrolments, _own])]
