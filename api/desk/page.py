"""How the desk's pages are made: the frame with what this person may open, and the words."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.context import web_of
from api.language import language_of
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from templates import pages


class Section(NamedTuple):
    """One entry of the navigation, named by `desk.nav.<id>`."""

    id: str
    task: Task

    @property
    def path(self) -> str:
        """Where it begins."""
        return f"{DESK}/{self.id}"


SECTIONS = (
    Section("work", Task.SEE_WORK),
    Section("enrol", Task.ENROL),
    Section("patients", Task.FIND_PATIENT),
    Section("directory", Task.DIRECTORY),
    Section("running", Task.SEE_RUNNING),
    Section("research", Task.EXPORT_RESEARCH),
)

_WITHIN = {"talk": "work"}
"""Pages that have no entry of their own, and the section that leads to them."""


def page(
    request: Request, worker: Worker, name: str, status: int = 200, **context: object
) -> HTMLResponse:
    """A page of `templates/pages/desk/`, such as "work.html", for this person.

    Beside `context` it has `worker`, `clinic`, `sections` and `here`, the section that it is of.
    """
    deployment = web_of(request).deployment
    html = pages.render(
        f"desk/{name}",
        language_of(request, worker.language),
        timezone=deployment.clinic.timezone,
        now=deployment.clock.now(),
        worker=worker,
        clinic=deployment.clinic,
        sections=open_to(worker),
        here=_section_of(request),
        home=DESK,
        **context,
    )
    return HTMLResponse(html, status)


def open_to(worker: Worker) -> list[Section]:
    """The sections that this person's roles open, in their order."""
    return [each for each in SECTIONS if worker.may(each.task)]


def refusal(request: Request, worker: Worker) -> HTMLResponse:
    """Says that no role of this person opens it."""
    return page(request, worker, "barred.html", 403)


def _section_of(request: Request) -> str:
    """The part of the path behind /desk; empty on its first page."""
    part = request.url.path.removeprefix(DESK).strip("/").partition("/")[0]
    return _WITHIN.get(part, part)
