"""Entering what was answered on paper, by telephone or on the clinic's tablet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.answer_form import Fields, posted, questions, read_form
from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Number
from api.directory_cookies import SESSION
from api.tablet import COOKIE, HOME
from bot.desk import answers, sheets, tablet
from bot.desk.patient import note_opened
from bot.desk.permissions import Task
from bot.desk.sheets import Blank, Mode, NotTaken, Offered, Refused, Sheet
from bot.desk.worker import Worker
from bot.directory import signing_in
from bot.directory.mailing import DESK
from bot.held import NoSuchPatient
from flows.forms import Fault
from flows.model import Flow
from templates.words import Words

router = APIRouter(prefix=DESK + "/patients/{patient_id}/answers")

_Worker = Annotated[Worker, Depends(at_desk(Task.ENTER_ANSWERS))]
_Fields = Annotated[Fields, Depends(posted)]
_NONE: Mapping[str, Fault] = {}
_LONGEST_MARK = 64


@router.get("")
def choose(request: Request, worker: _Worker, patient_id: Number) -> Response:
    """Which questionnaire, how it was answered and when; the patient's audit says who looked."""
    try:
        note_opened(web_of(request).deployment, worker, patient_id)
    except NoSuchPatient:
        raise HTTPException(404) from None
    return _choose(request, worker, patient_id, {})


@router.get("/form")
def show_form(request: Request, worker: _Worker, patient_id: Number) -> Response:
    """The empty form; what was chosen wrongly goes back with a word."""
    return _begin(request, worker, patient_id, dict(request.query_params))


@router.post("")
def store(request: Request, worker: _Worker, patient_id: Number, fields: _Fields) -> Response:
    """Store what was typed; where something is wrong, the form comes back as it was."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    patient = _patient(request, patient_id)
    try:
        flow, mode, at = _chosen(request, patient, fields)
        sheet = Sheet(
            flow.id,
            mode,
            at,
            read_form(fields, flow, mode),
            fields.get("mark", "")[:_LONGEST_MARK],
            again=fields.get("again") == "yes",
        )
        stored = answers.enter(deployment, worker, patient_id, sheet, now)
    except NotTaken as why:
        return _again(request, worker, patient_id, fields, why)
    return RedirectResponse(f"{_place(patient_id)}/{stored.session_id}", 303)


@router.post("/tablet")
def hand_over(request: Request, worker: _Worker, patient_id: Number, fields: _Fields) -> Response:
    """A code for another tablet; or this very device, where the desk is signed out first."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        code = tablet.make_code(deployment, worker, patient_id, fields.get("flow", ""), now)
    except NoSuchPatient:
        raise HTTPException(404) from None
    except NotTaken as why:
        return _choose(request, worker, patient_id, fields, why.why)
    if fields.get("here") == "yes":
        return _hand_over_here(request, code)
    patient = _patient(request, patient_id)
    return page(
        request,
        worker,
        "paper/code.html",
        patient=patient,
        patient_id=patient_id,
        flow=patient.flow(fields["flow"]),
        code=code,
        minutes=tablet.MINUTES,
        address=f"{deployment.clinic.public_url}{HOME}",
        place=_place(patient_id),
    )


@router.get("/print")
def print_form(request: Request, worker: _Worker, patient_id: Number, flow: str = "") -> Response:
    """The questionnaire on paper, in the patient's language and without a name."""
    try:
        blank = _blank(request, patient_id, flow)
    except NotTaken as why:
        return _choose(request, worker, patient_id, {"flow": flow}, why.why)
    language = blank.patient.language
    words = Words.of(language)
    return page(
        request,
        worker,
        "paper/print.html",
        blank=blank,
        patient_id=patient_id,
        questions=questions(blank, Mode.PAPER, _NONE),
        wording=blank.flow.wording_in(language),
        spoken=language,
        printed=lambda key, **params: words.say(f"printed.{key}", **params),
    )


@router.get("/{session_id}")
def show_stored(
    request: Request, worker: _Worker, patient_id: Number, session_id: Number
) -> Response:
    """What was stored, and in big letters what to do now; no score, no answers."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    patient = _patient(request, patient_id)
    try:
        stored = answers.look(deployment, worker, patient_id, session_id, now)
    except NotTaken as why:
        return _choose(request, worker, patient_id, {}, why.why)
    except NoSuchPatient:
        raise HTTPException(404) from None
    chosen = {"mode": stored.mode, "flow": stored.asks_for, **_when(stored.at, patient)}
    return page(
        request,
        worker,
        "paper/stored.html",
        patient=patient,
        patient_id=patient_id,
        stored=stored,
        minutes=int(sheets.CORRECTED_FOR.total_seconds() // 60),
        next_form=f"{_place(patient_id)}/form?{urlencode(chosen)}",
        place=_place(patient_id),
    )


@router.get("/{session_id}/correct")
def show_typed(
    request: Request, worker: _Worker, patient_id: Number, session_id: Number
) -> Response:
    """The form as this person typed it a moment ago."""
    try:
        return _typed(request, worker, patient_id, session_id)
    except NotTaken as why:
        return _choose(request, worker, patient_id, {}, why.why)


@router.post("/{session_id}/correct")
def correct(
    request: Request, worker: _Worker, patient_id: Number, session_id: Number, fields: _Fields
) -> Response:
    """Put it right; both values stay."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        blank, mode = _read_typed(request, worker, patient_id, session_id)
        form = read_form(fields, blank.flow, mode)
        answers.correct(deployment, worker, patient_id, session_id, form, now)
    except NoSuchPatient:
        raise HTTPException(404) from None
    except NotTaken as why:
        if why.faults:
            return _typed(request, worker, patient_id, session_id, fields, why.faults)
        return _choose(request, worker, patient_id, {}, why.why)
    return RedirectResponse(f"{_place(patient_id)}/{session_id}", 303)


def _place(patient_id: int) -> str:
    return f"{DESK}/patients/{patient_id}/answers"


def _mode(fields: Fields) -> Mode:
    """How it was answered; on paper where that is not said."""
    return next((mode for mode in Mode if mode == fields.get("mode")), Mode.PAPER)


def _patient(request: Request, patient_id: int) -> Offered:
    deployment = web_of(request).deployment
    try:
        return sheets.offered(deployment, patient_id, deployment.clock.now())
    except NoSuchPatient:
        raise HTTPException(404) from None


def _blank(request: Request, patient_id: int, flow_id: str) -> Blank:
    deployment = web_of(request).deployment
    try:
        return sheets.blank(deployment, patient_id, flow_id, deployment.clock.now())
    except NoSuchPatient:
        raise HTTPException(404) from None


def _chosen(request: Request, patient: Offered, fields: Fields) -> tuple[Flow, Mode, datetime]:
    """What was chosen on the first page. Raises NotTaken."""
    if patient.refused is not None:
        raise NotTaken(patient.refused)
    flow = patient.flow(fields.get("flow", ""))
    now = web_of(request).deployment.clock.now()
    try:
        mode = Mode(fields.get("mode", ""))
    except ValueError:
        raise NotTaken(Refused.NO_SUCH_MODE) from None
    if mode is Mode.TABLET:
        return flow, mode, now
    zone = ZoneInfo(patient.timezone)
    return flow, mode, sheets.moment(fields.get("day", ""), fields.get("clock", ""), zone, now)


def _begin(request: Request, worker: Worker, patient_id: int, fields: Fields) -> Response:
    patient = _patient(request, patient_id)
    try:
        flow, mode, _ = _chosen(request, patient, fields)
    except NotTaken as why:
        return _choose(request, worker, patient_id, fields, why.why)
    if mode is Mode.TABLET:
        return page(
            request,
            worker,
            "paper/tablet.html",
            patient=patient,
            patient_id=patient_id,
            flow=flow,
            place=_place(patient_id),
        )
    blank = _blank(request, patient_id, flow.id)
    mark = web_of(request).deployment.chance.token()
    return _form(request, worker, patient_id, blank, {**fields, "mark": mark})


def _again(
    request: Request, worker: Worker, patient_id: int, fields: Fields, why: NotTaken
) -> Response:
    """The form as it was typed, and what is wrong with it."""
    try:
        blank = _blank(request, patient_id, fields.get("flow", ""))
    except NotTaken as other:
        return _choose(request, worker, patient_id, fields, other.why)
    typed = blank._replace(form=read_form(fields, blank.flow, _mode(fields)))
    if not fields.get("mark"):
        fields = {**fields, "mark": web_of(request).deployment.chance.token()}
    return _form(request, worker, patient_id, typed, fields, why.faults, why.why, 422)


def _form(
    request: Request,
    worker: Worker,
    patient_id: int,
    blank: Blank,
    fields: Fields,
    faults: Mapping[str, Fault] = _NONE,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    mode = _mode(fields)
    return page(
        request,
        worker,
        "paper/form.html",
        status,
        patient_id=patient_id,
        patient=blank.patient,
        flow=blank.flow,
        mode=mode,
        questions=questions(blank, mode, faults),
        fields={name: fields.get(name, "") for name in ("day", "clock", "mark")},
        today=_today(request, blank.patient),
        refused=refused,
        action=_place(patient_id),
        place=_place(patient_id),
        spoken=blank.patient.language,
    )


def _typed(
    request: Request,
    worker: Worker,
    patient_id: int,
    session_id: int,
    fields: Fields | None = None,
    faults: Mapping[str, Fault] = _NONE,
) -> Response:
    blank, mode = _read_typed(request, worker, patient_id, session_id)
    if fields is not None:
        blank = blank._replace(form=read_form(fields, blank.flow, mode))
    return page(
        request,
        worker,
        "paper/form.html",
        422 if faults else 200,
        patient_id=patient_id,
        patient=blank.patient,
        flow=blank.flow,
        mode=mode,
        questions=questions(blank, mode, faults),
        fields=None,
        refused=None,
        action=f"{_place(patient_id)}/{session_id}/correct",
        place=_place(patient_id),
        spoken=blank.patient.language,
    )


def _read_typed(
    request: Request, worker: Worker, patient_id: int, session_id: int
) -> tuple[Blank, Mode]:
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        blank, open = sheets.typed(deployment, worker.id, patient_id, session_id, now)
    except NoSuchPatient:
        raise HTTPException(404) from None
    return blank, Mode(open.form["mode"])


def _choose(
    request: Request,
    worker: Worker,
    patient_id: int,
    fields: Fields,
    why: Refused | None = None,
) -> Response:
    patient = _patient(request, patient_id)
    today = _today(request, patient)
    return page(
        request,
        worker,
        "paper/choose.html",
        422 if why else 200,
        patient=patient,
        patient_id=patient_id,
        refused=why or patient.refused,
        chosen={"flow": "", "mode": Mode.PAPER.value, "day": today, "clock": "", **fields},
        today=today,
        modes=list(Mode),
        place=_place(patient_id),
    )


def _today(request: Request, patient: Offered) -> str:
    now = web_of(request).deployment.clock.now()
    return now.astimezone(ZoneInfo(patient.timezone)).date().isoformat()


def _when(at: datetime, patient: Offered) -> dict[str, str]:
    local = at.astimezone(ZoneInfo(patient.timezone))
    return {"day": local.date().isoformat(), "clock": f"{local:%H:%M}"}


def _hand_over_here(request: Request, code: str) -> Response:
    """Nobody who holds this device then comes back to the desk without signing in."""
    web = web_of(request)
    deployment = web.deployment
    now, cookie = deployment.clock.now(), deployment.chance.token()
    tablet.hand_over(deployment, code, cookie, now)
    signing_in.sign_out(deployment, SESSION.of(request), now)
    response = RedirectResponse(HOME, 303)
    SESSION.take_back(response, secure=web.secure)
    COOKIE.give(response, cookie, secure=web.secure)
    return response
