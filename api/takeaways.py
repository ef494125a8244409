"""What a professional takes along from an open summary: journal text, PDF, FHIR.

The page's own check stands before each of them, and each is audited as what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api import fhir_summary
from api.context import web_of
from api.language import language_of
from api.open_page import Closed, closed_page, ended, read
from bot import access
from bot.access import View
from bot.labels import labels
from templates import pages, summary_paper

router = APIRouter()

FHIR_JSON = "application/fhir+json"


@router.get("/journal.txt")
def show_journal(request: Request) -> Response:
    """The summary as plain text, to be pasted into a journal."""

    def write(view: View, language: str, words: dict[str, str]) -> Response:
        text = pages.journal(
            view.summary, language, viewer=view.viewer, names=view.names, labels=words
        )
        return PlainTextResponse(text)

    return _taken(request, access.COPIED, write)


@router.get("/summary.pdf")
def show_pdf(request: Request) -> Response:
    """The summary on paper, made out to its reader."""

    def write(view: View, language: str, words: dict[str, str]) -> Response:
        member = view.grant.member
        pdf = summary_paper.summary_pdf(
            view.summary,
            language,
            reader=member.name,
            names={**view.names, view.viewer: member.name},
            labels=words,
            shared_until=view.grant.until,
        )
        return Response(pdf, media_type="application/pdf", headers=_named("summary.pdf"))

    return _taken(request, access.PRINTED, write)


@router.get("/summary.json")
def show_fhir(request: Request) -> Response:
    """The summary as a FHIR document."""
    deployment = web_of(request).deployment

    def write(view: View, language: str, words: dict[str, str]) -> Response:
        names = {**view.names, view.viewer: view.grant.member.name}
        telling = pages.telling_of(view.summary, language, None, names, words)
        seed = deployment.chance.token()
        made = fhir_summary.document(view.summary, telling, deployment.library, seed)
        return Response(made, media_type=FHIR_JSON, headers=_named("summary.json"))

    return _taken(request, access.EXPORTED, write)


def _taken(
    request: Request, how: str, write: Callable[[View, str, dict[str, str]], Response]
) -> Response:
    try:
        view = read(request, how)
    except Closed as why:
        return closed_page(request, why)
    except access.NotAllowed:
        return ended(request)
    language = language_of(request, view.language)
    return write(view, language, labels(web_of(request).deployment.library, language))


def _named(file: str) -> dict[str, Any]:
    """A file to keep, whose name says nothing about anybody: it shows in lists of downloads."""
    return {"Content-Disposition": f'attachment; filename="{file}"'}
