"""How the desk's pages are made: the frame with what this person may open, and the words."""

from __future__ import annotations

from collections.abc import Mapping
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
    Section("talk", Task.TALK),
    Section("enrol", Task.ENROL),
    Section("patients", Task.FIND_PATIENT),
    Section("directory", Task.DIRECTORY),
    Section("running", Task.SEE_RUNNING),
    Section("research", Task.EXPORT_RESEARCH),
)


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


def pathway_titles(request: Request, worker: Worker) -> Mapping[str, str]:
    """By id what each pathway is called, in the language of the page."""
    language = language_of(request, worker.language)
    found = web_of(request).deployment.library.pathways
    return {id: each.title.get(language, id) for id, each in sorted(found.items())}


def refusal(request: Request, worker: Worker) -> HTMLResponse:
    """Says that no role of this person opens it."""
    return page(request, worker, "barred.html", 403)


def _section_of(request: Request) -> str:
    """The part of the path behind /desk; empty on its first page."""
    return request.url.path.removeprefix(DESK).strip("/").partition("/")[0]
