"""Research: how many agree to it, and their answers as one file to be taken away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page, pathway_titles
from api.research_file import sent
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.research.asking import Asked, Wrong, wanted_of
from bot.research.exporting import DefinitionsChanged
from bot.research.zipped import export_zipped
from bot.version import software
from trajectory import research

router = APIRouter()

_May = Annotated[Worker, Depends(at_desk(Task.EXPORT_RESEARCH))]
_Field = Annotated[str, Form(max_length=100)]


@router.get(f"{DESK}/research")
def show(request: Request, worker: _May) -> Response:
    """Say how many agree, and ask what is wanted."""
    return _page(request, worker, Asked())


@router.post(f"{DESK}/research")
def export(
    request: Request,
    worker: _May,
    study: _Field = "",
    since: _Field = "",
    until: _Field = "",
    pathway: _Field = "",
    dates: _Field = "",
) -> Response:
    """Make an export, which the audit of each patient in it tells, and hand it over."""
    deployment = web_of(request).deployment
    asked = Asked(study, since, until, pathway, dates == "yes")
    try:
        wanted = wanted_of(deployment, asked)
        zipped = export_zipped(deployment, wanted, actor=worker.actor, software=software())
    except Wrong as wrong:
        return _page(request, worker, asked, 422, wrong=wrong.field, key=wrong.key)
    except DefinitionsChanged:
        return _page(request, worker, asked, 503, key="changed")
    return sent(zipped)


def _page(
    request: Request,
    worker: Worker,
    asked: Asked,
    status: int = 200,
    *,
    wrong: str = "",
    key: str = "",
) -> Response:
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        everybody, agreed = research.how_many(connection)
    return page(
        request,
        worker,
        "research.html",
        status,
        asked=asked,
        everybody=everybody,
        agreed=agreed,
        asks=deployment.clinic.research,
        pathways=pathway_titles(request, worker),
        wrong=wrong,
        key=key,
    )
