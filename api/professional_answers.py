"""What a professional writes on the open page: notes, and that a warning sign is handled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.professional import SUMMARY, closed, cookie_of, ended, summary
from bot import access

router = APIRouter(prefix=SUMMARY)

_Field = Annotated[str, Form()]
_Numbers = Annotated[Sequence[int], Form()]


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
        access.write_note(deployment, cookie_of(request), note, now, note_id=id, flags=flags)
    except (access.Ended, access.NotSignedIn) as over:
        words = (found, agreed, who, by)
        return closed(request, over, kept="\n".join(each for each in words if each.strip()))
    except access.NotAllowed:
        return ended(request)
    except access.BadNote as bad:
        kept = {"note_error": bad.problem, "note": note, "note_flags": flags}
        return summary(request, status=422, **kept)
    return _back("noted")


@router.post("/flags/{flag_id}/handled")
def handle_flag(request: Request, flag_id: int) -> Response:
    """Keep that a warning sign is seen and handled by whoever has this page open."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        access.handle_flag(deployment, cookie_of(request), flag_id, now)
    except (access.Ended, access.NotSignedIn) as over:
        return closed(request, over)
    except (access.NotAllowed, access.NoSuchFlag):
        return ended(request)
    return _back("handled")


@router.post("/letters")
def keep_letter(
    request: Request, sector: _Field = "", day: _Field = "", text: _Field = "", id: _Field = ""
) -> Response:
    """Take a letter; what cannot be kept goes back to the page with its words."""
    deployment = web_of(request).deployment
    now, cookie = deployment.clock.now(), cookie_of(request)
    try:
        access.keep_letter(deployment, cookie, sector, day, text, now, letter_id=id)
    except (access.Ended, access.NotSignedIn) as over:
        return closed(request, over, kept=text)
    except access.NotAllowed:
        return ended(request)
    except access.BadLetter as bad:
        kept = {"sector": sector, "day": day, "text": text}
        return summary(request, status=422, letter_error=bad.problem, letter=kept)
    return _back("letter")


def _back(said: str) -> Response:
    return RedirectResponse(f"{SUMMARY}?said={said}", 303)
