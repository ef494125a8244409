"""The desk's first page: the way in, or the first section that this person may open."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.desk.door import Outside, worker_of
from api.desk.page import open_to, refusal
from api.sign_in import door
from bot.directory.mailing import DESK

router = APIRouter()


@router.get(DESK)
def come_in(request: Request, left: bool = False, ready: bool = False) -> Response:
    """Lead to where this person begins; before signing in, the field for an address."""
    try:
        worker = worker_of(request)
    except Outside:
        return door(request, DESK, "desk", left=left, ready=ready)
    sections = open_to(worker)
    return RedirectResponse(sections[0].path, 303) if sections else refusal(request, worker)
