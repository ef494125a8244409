"""The first page of the address: who goes where."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.context import web_of
from api.language import language_of
from bot.directory.mailing import DESK, HOME
from templates import pages

router = APIRouter()


@router.get("/")
def show_ways(request: Request) -> HTMLResponse:
    """The ways in; nothing here depends on who looks."""
    clinic = web_of(request).deployment.clinic
    html = pages.render("front.html", language_of(request), clinic=clinic, pro=HOME, desk=DESK)
    return HTMLResponse(html)
