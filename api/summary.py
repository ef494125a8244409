"""The open page itself: the summary, the page about work, or what a relative sees."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.context import web_of
from api.language import language_of
from api.open_page import Closed, closed_page, home_of, place_of, read
from bot import access
from bot.access import View
from bot.labels import labels
from templates import pages
from trajectory.views import Page
from trajectory.work_page import WorkPage


def show(request: Request, *, status: int = 200, **note: object) -> Response:
    """The page of whoever has one open; `note` is what a form on it has to say or to keep."""
    try:
        view = read(request)
    except Closed as why:
        return closed_page(request, why)
    language = language_of(request, view.language)
    if view.scope.page is Page.WHOLE:
        html = _whole_page(request, view, language, note)
    elif view.work_page is not None:
        html = _work_page(request, view, view.work_page, language)
    else:
        html = _family_page(request, view, language)
    return HTMLResponse(html, status)


def _whole_page(request: Request, view: View, language: str, note: dict[str, object]) -> str:
    web, place = web_of(request), place_of(request)
    return pages.summary_page(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web.deployment.library, language),
        shared_until=view.grant.until,
        readers=view.readers,
        home=home_of(request),
        journal_link=f"{place}/journal.txt",
        pdf_link=f"{place}/summary.pdf",
        note_action=f"{place}/notes",
        note_id=web.deployment.chance.token(),
        note_limit=access.LONGEST_FIELD,
        flag_action=f"{place}/flags",
        letter_action=f"{place}/letters",
        letter_limit=access.LONGEST_LETTER,
        sectors=access.SECTORS,
        today=view.summary.now,
        leave_action=f"{place}/leave",
        **note,
    )


def _work_page(request: Request, view: View, page: WorkPage, language: str) -> str:
    return pages.render(
        "work.html",
        language,
        timezone=page.timezone,
        now=view.summary.now,
        work=page,
        reader=view.grant.member.name,
        shared_until=view.grant.until,
        leave_action=f"{place_of(request)}/leave",
    )


def _family_page(request: Request, view: View, language: str) -> str:
    return pages.render(
        "family.html",
        language,
        timezone=view.summary.person.timezone,
        now=view.summary.now,
        summary=view.summary,
        leave_action=f"{place_of(request)}/leave",
    )
