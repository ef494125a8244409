"""What a professional writes on the open page: notes, and that a warning sign is handled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from api.context import web_of
from api.open_page import Closed, closed_page, ended, key_of, place_of
from api.summary import show
from bot import access

router = APIRouter()

_Field = Annotated[str, Form()]
_Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
_Numbers = Annotated[Sequence[_Id], Form()]


@router.post("/notes")
def write_note(
    request: Request,
    found: _Field = "",
    agreed: _Field = "",
    who: _Field = "",
    by: _Field = "",
    id: _Field = "",
    flags: _Numbers = (),
) -> Response:
    """Take a note; what cannot be kept goes back to the page with its words."""
    deployment = web_of(request).deployment
    note, now = access.Fields(found, agreed, who, by), deployment.clock.now()
    try:
        access.write_note(deployment, key_of(request), note, now, note_id=id, flags=flags)
    except Closed as why:
        words = (found, agreed, who, by)
        return closed_page(request, why, kept="\n".join(each for each in words if each.strip()))
    except access.NotAllowed:
        return ended(request)
    except access.BadNote as bad:
        kept = {"note_error": bad.problem, "note": note, "note_flags": flags}
        return show(request, status=422, **kept)
    return _back(request, "noted")


@router.post("/flags/{flag_id}/handled")
def handle_flag(request: Request, flag_id: _Id) -> Response:
    """Keep that a warning sign is seen and handled by whoever has this page open."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        access.handle_flag(deployment, key_of(request), flag_id, now)
    except Closed as why:
        return closed_page(request, why)
    except (access.NotAllowed, access.NoSuchFlag):
        return ended(request)
    return _back(request, "handled")


@router.post("/letters")
def keep_letter(
    request: Request, sector: _Field = "", day: _Field = "", text: _Field = "", id: _Field = ""
) -> Response:
    """Take a letter; what cannot be kept goes back to the page with its words."""
    deployment = web_of(request).deployment
    now, key = deployment.clock.now(), key_of(request)
    try:
        access.keep_letter(deployment, key, sector, day, text, now, letter_id=id)
    except Closed as why:
        return closed_page(request, why, kept=text)
    except access.NotAllowed:
        return ended(request)
    except access.BadLetter as bad:
        kept = {"sector": sector, "day": day, "text": text}
        return show(request, status=422, letter_error=bad.problem, letter=kept)
    return _back(request, "letter")


def _back(request: Request, said: str) -> Response:
    return RedirectResponse(f"{place_of(request)}?said={said}", 303)
