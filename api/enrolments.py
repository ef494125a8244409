"""Programs of the clinic enrol patients: POST /api/enrolments, with a staff token.

The answer holds what is shown once: the code, the patient's own four digits and the card as
HTML. Nothing of it is ever part of an address. What was wrong is told by its field, without
what stood there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from api.context import web_of
from api.rest.door import SCHEME
from api.rest.problems import answers
from api.staff import NotAllowed, Unknown, staff_of
from bot.asked_enrolment import MOST_DAYS, Asked, Channel, Wrong, invitee_of, lifetime_of
from bot.deployment import Deployment
from bot.inviting import LIFE, Invitation, card_of, invite
from bot.inviting_once import KeyReused, invite_once
from trajectory.patients import AddressTaken
from trajectory.staff_tokens import Role

_KEY = "Idempotency-Key"
_KEY_LENGTHS = range(16, 201)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class Enrolment(BaseModel):
    """A patient to be, as a program of the clinic writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: _Text
    channel: Channel
    name: _Text = ""
    birth_date: _Text = ""
    timezone: _Text = ""
    pathway: _Text | None = "low-back-pain"
    phone: _Text = ""
    hour: _Text = ""
    weekday: _Text = ""
    consented: bool = False
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = LIFE.days


class Enrolled(BaseModel):
    """What the clinic hands over to the patient; shown in this answer only."""

    patient: int
    code: str
    expires_at: datetime
    own_code: str
    links: Mapping[str, str]
    """By channel what the patient opens."""
    ways: Mapping[str, str]
    """By channel what the patient does, in the patient's language."""
    card_html: str


ENROLLERS = frozenset({Role.ENROL, Role.SECRETARY, Role.CLINICIAN})
"""Who may enrol."""


# Described by hand, since the body is read only once it is known who asks.
_DESCRIBED: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Enrolment.model_json_schema()}},
    },
    "parameters": [
        {
            "in": "header",
            "name": _KEY,
            "schema": {
                "type": "string",
                "minLength": _KEY_LENGTHS.start,
                "maxLength": _KEY_LENGTHS.stop - 1,
            },
            "description": "The same request with the same key within a day enrols once.",
        }
    ],
    "security": [{SCHEME: []}],
}


def router_of(setting: str = "") -> APIRouter:
    """The route; `setting` is the token of the settings, beside those that are stored."""
    router = APIRouter()

    @router.post(
        "/api/enrolments",
        tags=["enrolments"],
        response_model=Enrolled,
        status_code=201,
        responses=answers(),
        openapi_extra=dict(_DESCRIBED),
    )
    async def enrol(request: Request) -> Response:
        """Enrol a patient: whom nobody reaches yet, and what lets them in, shown this once."""
        deployment = web_of(request).deployment
        try:
            # Before the body is read: who is nobody learns nothing about what they have sent.
            staff = await run_in_threadpool(staff_of, request, deployment, ENROLLERS, setting)
        except Unknown:
            headers = {"WWW-Authenticate": "Bearer"}
            return _refused([{"loc": [], "msg": "show the staff token as a bearer"}], 401, headers)
        except NotAllowed:
            return _refused([{"loc": [], "msg": "this token may not enrol"}], 403)
        body, key = await request.body(), request.headers.get(_KEY, "")
        return await run_in_threadpool(_enrol, deployment, body, key, staff.actor)

    return router


def _enrol(deployment: Deployment, body: bytes, key: str, actor: str) -> Response:
    try:
        wanted = Enrolment.model_validate_json(body)
        invitation = _invite(deployment, wanted, key, actor)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        return _refused([{"loc": ["body", *each["loc"]], "msg": each["msg"]} for each in found])
    except Wrong as wrong:
        place = ["header", _KEY] if wrong.field == _KEY else ["body", wrong.field]
        return _refused([{"loc": place, "msg": str(wrong)}])
    enrolled = Enrolled(
        patient=invitation.patient_id,
        code=invitation.code,
        expires_at=invitation.expires_at,
        own_code=invitation.digits,
        links=invitation.links,
        ways=invitation.ways,
        card_html=card_of(deployment, invitation, wanted.channel),
    )
    return JSONResponse(enrolled.model_dump(mode="json"), 201)


def _invite(deployment: Deployment, wanted: Enrolment, key: str, actor: str) -> Invitation:
    """Raises Wrong."""
    invitee = invitee_of(deployment, Asked(**wanted.model_dump()))
    lifetime = lifetime_of(wanted.days)
    if key and len(key) not in _KEY_LENGTHS:
        raise Wrong(_KEY, "write 16 to 200 characters that nobody can guess, such as a UUID")
    try:
        if key:
            return invite_once(deployment, invitee, lifetime, key, actor)
        return invite(deployment, invitee, lifetime, actor)
    except AddressTaken:
        raise Wrong("phone", "a patient is reached there already; leave it out") from None
    except KeyReused:
        advice = "it came with another request before; make a new one for each enrolment"
        raise Wrong(_KEY, advice) from None


def _refused(
    found: Sequence[Mapping[str, Any]],
    status: int = 422,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return JSONResponse({"detail": list(found)}, status, headers)
