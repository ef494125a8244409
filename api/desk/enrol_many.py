"""Enrolling many patients from a table: a look that enrols nobody, then the run.

Nothing of the file is kept here between two requests: the page holds it and sends it along. So a
run goes on wherever it was stopped, and there is nothing to be deleted. Answers to these posts are
pages, since the look changes nothing and the run enrols each line once, however often it is sent.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.enrol import HOME as ENROL
from api.desk.page import page
from api.desk.parts import Field
from api.language import language_of
from bot.deployment import Deployment
from bot.desk import enrolling_many, faults, sheet
from bot.desk.enrolling_many import Defaults, Line
from bot.desk.permissions import Task
from bot.desk.sheet import Sheet, Unreadable
from bot.desk.worker import Worker
from bot.inviting import shown_card
from templates.card import cards_page

router = APIRouter()

HOME = f"{ENROL}/bulk"
LARGEST_BODY = 1024 * 1024
"""Bytes of a request: the largest table, as text."""
SLICE = timedelta(seconds=3)
"""So long one request enrols, then the page shows how far it is and goes on."""
_Enroller = Annotated[Worker, Depends(at_desk(Task.ENROL))]


@router.get(HOME)
def show_upload(request: Request, worker: _Enroller) -> Response:
    """Where a file is chosen, and what its columns are."""
    return _upload(request, worker)


@router.get(HOME + "/template.csv")
def download_template(worker: _Enroller) -> Response:
    """An empty table with the right heading."""
    return _file(faults.template(), "patients.csv")


@router.post(HOME, max_body_size=LARGEST_BODY)
def look(
    request: Request, worker: _Enroller, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Say of each line what is wrong in it; nobody is enrolled."""
    data = b"" if file is None else file.file.read(sheet.LARGEST + 1)
    try:
        return _lines(request, worker, data, _examined(request, worker, data))
    except Unreadable as wrong:
        return _upload(request, worker, wrong)


@router.post(HOME + "/run", max_body_size=LARGEST_BODY)
def run(request: Request, worker: _Enroller, content: Field = "", began: Field = "") -> Response:
    """Enrol what is new for a while, and show how far it is."""
    deployment, data = web_of(request).deployment, _data(content)
    since = deployment.clock.now()
    try:
        lines = _examined(request, worker, data)
    except Unreadable as wrong:
        return _upload(request, worker, wrong)
    for _ in enrolling_many.run(deployment, lines, worker.actor):
        if deployment.clock.now() - since > SLICE:
            break
    lines = _examined(request, worker, data)
    return _lines(request, worker, data, lines, began=_moment(began, since))


@router.post(HOME + "/cards", max_body_size=LARGEST_BODY)
def print_cards(request: Request, worker: _Enroller, content: Field = "") -> Response:
    """The cards of all lines that were enrolled within the last day, one on a sheet."""
    deployment = web_of(request).deployment
    try:
        lines = _examined(request, worker, _data(content))
    except Unreadable as wrong:
        return _upload(request, worker, wrong)
    made = enrolling_many.cards(deployment, lines)
    if not made:
        return RedirectResponse(HOME, 303)
    shown = [shown_card(deployment, each) for each in made]
    return HTMLResponse(cards_page(shown, linked=True))


@router.post(HOME + "/errors", max_body_size=LARGEST_BODY)
def download_errors(request: Request, worker: _Enroller, content: Field = "") -> Response:
    """The lines in which something is wrong, to be corrected and read again."""
    data, language = _data(content), language_of(request, worker.language)
    try:
        table, lines = sheet.read(data), _examined(request, worker, data)
    except Unreadable as wrong:
        return _upload(request, worker, wrong)
    return _file(faults.table(table, lines, language), "errors.csv")


def _examined(request: Request, worker: Worker, data: bytes) -> Sequence[Line]:
    """Raises Unreadable."""
    deployment: Deployment = web_of(request).deployment
    table: Sheet = sheet.read(data)
    return enrolling_many.examine(deployment, table, Defaults(worker.language))


def _lines(
    request: Request,
    worker: Worker,
    data: bytes,
    lines: Sequence[Line],
    *,
    began: datetime | None = None,
) -> HTMLResponse:
    """How the lines stand: before a run (`began` None), within it, and when it is done."""
    deployment, language = web_of(request).deployment, language_of(request, worker.language)
    enrolled = [line.before for line in lines if line.before is not None]
    earlier = [each for each in enrolled if began is None or each.at < began]
    return page(
        request,
        worker,
        "bulk_lines.html",
        content=urlsafe_b64encode(data).decode(),
        began="" if began is None else began.isoformat(),
        running=began is not None,
        left=sum(line.is_new for line in lines),
        now_enrolled=len(enrolled) - len(earlier),
        earlier=len(earlier),
        has_cards=enrolling_many.has_cards(lines, deployment.clock.now()),
        faults=[
            (line.row.line, [faults.told(each, language) for each in line.problems])
            for line in faults.faulty(lines)
        ],
        action=HOME,
    )


def _upload(request: Request, worker: Worker, wrong: Unreadable | None = None) -> HTMLResponse:
    language = language_of(request, worker.language)
    return page(
        request,
        worker,
        "bulk.html",
        200 if wrong is None else 422,
        problem=wrong and faults.refused(wrong, language),
        columns=[each for each in sheet.COLUMNS if each != sheet.ERROR],
        most=sheet.MOST_ROWS,
        action=HOME,
        enrol=ENROL,
    )


def _data(content: str) -> bytes:
    """What the page sent along; nothing where it did not come from us."""
    try:
        return urlsafe_b64decode(content.encode())
    except (binascii.Error, ValueError):
        return b""


def _moment(written: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return otherwise
    return otherwise if moment.tzinfo is None else moment


def _file(data: bytes, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)
