"""How it runs: by channel what goes out, what waits and why; how many answer; what was given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Age, Field, age_of, number_in
from bot import waiting
from bot.deployment import Deployment
from bot.desk import running
from bot.desk.causes import Cause, cause_of
from bot.desk.permissions import Task
from bot.desk.running import ChannelRun
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.waiting import MOST_COUNTED, Ended, GivenUp, NoSuchMessage, NotYet, Reason, Waiting
from templates.charts import Chart, Span, line_chart
from trajectory import responses
from trajectory.responses import FEWEST, Responses

router = APIRouter()

HERE = f"{DESK}/running"
UNDELIVERED = f"{HERE}/undelivered"
MOST = 200
"""So many messages are sent again or dropped at a press: a browser does not wait for ever."""
_LONGEST = 80
_Seeing = Annotated[Worker, Depends(at_desk(Task.SEE_RUNNING))]
_Resending = Annotated[Worker, Depends(at_desk(Task.RESEND))]


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the chart."""

    at: datetime
    value: float
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class _Course:
    """One pathway's weeks, and their curve where there is more than a dot."""

    pathway: str
    weeks: Sequence[Responses]
    chart: Chart | None


@router.get(HERE)
def show(request: Request, worker: _Seeing) -> Response:
    """How everything runs now."""
    deployment = web_of(request).deployment
    now, zone = deployment.clock.now(), deployment.clinic.zone
    with deployment.database.read() as connection:
        runs = running.read(connection, deployment, request.app.state.probe.patience)
        weeks = responses.by_week(connection, now, zone)
    return page(
        request,
        worker,
        "running.html",
        runs=runs,
        states={run.name: _state(run, now) for run in runs.channels},
        courses=_courses(weeks, deployment),
        few=FEWEST,
        most_counted=MOST_COUNTED,
        midnight=_midnight(deployment),
        undelivered=UNDELIVERED if worker.may(Task.RESEND) else "",
        worklist=f"{DESK}/work" if worker.may(Task.SEE_WORK) else "",
    )


@router.get(UNDELIVERED)
def show_undelivered(request: Request, worker: _Resending) -> Response:
    """What was given up, and what came of the last press."""
    return _undelivered(request, worker, **_told(request.query_params))


@router.post(f"{UNDELIVERED}/resend")
def resend(request: Request, worker: _Resending, id: Field = "", which: Field = "") -> Response:
    """Try one message again, or all of a cause."""
    deployment = web_of(request).deployment
    if which:
        channel, error = _which(which)
        return _ended("resent", waiting.resend_all(deployment, channel, error, worker.actor, MOST))
    try:
        deployment.database.run(
            lambda connection: waiting.resend(connection, deployment, number_in(id), worker.actor)
        )
    except NotYet as error:
        return _back(not_done=error.why)
    except NoSuchMessage:
        return _back(not_done=waiting.NOT_WANTED)
    return _back(done="resent", n=1)


@router.post(f"{UNDELIVERED}/drop")
def drop(
    request: Request,
    worker: _Resending,
    id: Field = "",
    which: Field = "",
    reason: Field = "",
) -> Response:
    """Take one message off the list, or all of a cause; with a reason, for the audit."""
    deployment = web_of(request).deployment
    if reason not in set(Reason):
        return _undelivered(request, worker, not_done="reason", status=422)
    why = Reason(reason)
    if which:
        channel, error = _which(which)
        ended = waiting.drop_all(deployment, channel, error, worker.actor, why, MOST)
        return _ended("dropped", ended)
    try:
        deployment.database.run(
            lambda connection: waiting.drop(
                connection, deployment, number_in(id), worker.actor, why
            )
        )
    except NoSuchMessage:
        return _back(not_done=waiting.NOT_WANTED)
    return _back(done="dropped", n=1)


def _state(run: ChannelRun, now: datetime) -> str:
    if run.stands(now) or run.paused_until:
        return "still"
    if run.recovered:
        return "back"
    if run.why is not None:
        return "slow"
    return "runs" if run.day.out or run.waiting else "quiet"


def _courses(weeks: Sequence[Responses], deployment: Deployment) -> list[_Course]:
    by_pathway = sorted(weeks, key=lambda each: (each.pathway, each.week))
    return [
        _Course(pathway, found := list(group), _chart(found, deployment))
        for pathway, group in groupby(by_pathway, key=lambda each: each.pathway)
    ]


def _chart(weeks: Sequence[Responses], deployment: Deployment) -> Chart | None:
    """Per cent answered, of weeks that are told; a single one is no curve."""
    zone = deployment.clinic.zone
    values = [
        _Value(datetime.combine(each.week, time(12), zone), each.share)
        for each in weeks
        if each.told and each.share is not None
    ]
    if len(values) < 2:
        return None
    return line_chart(values, Span(values[0].at, values[-1].at, zone.key), 100)


def _midnight(deployment: Deployment) -> datetime:
    """Before it a time is told with its day."""
    zone = deployment.clinic.zone
    return datetime.combine(deployment.clock.now().astimezone(zone).date(), time(), zone)


def _undelivered(request: Request, worker: Worker, status: int = 200, **told: Any) -> Response:
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        causes = waiting.given_up_by_cause(connection)
        listed = waiting.given_up(connection)
    return page(
        request,
        worker,
        "undelivered.html",
        status,
        causes=[_line(each, now) for each in causes],
        listed=[_line(each, now) for each in listed],
        action=UNDELIVERED,
        back=HERE,
        reasons=list(Reason),
        most=MOST,
        **({"outcome": "", "n": 0, "left": 0, "not_done": ""} | told),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A message, or a cause, with what is said of it."""

    of: GivenUp | Waiting
    cause: Cause
    age: Age
    which: str


def _line(each: GivenUp | Waiting, now: datetime) -> _Line:
    which = f"{each.channel}/{each.trouble} {each.code}"
    return _Line(
        each, cause_of(each.trouble or "unknown", each.code), age_of(each.since, now), which
    )


def _ended(done: str, ended: Ended) -> Response:
    return _back(done=done, n=ended.done, left=sum(ended.left.values()))


def _back(**said: object) -> Response:
    """Numbers and names of ours only: the address is kept by browsers."""
    return RedirectResponse(f"{UNDELIVERED}?{urlencode(said)}", 303)


def _told(query: Mapping[str, str]) -> dict[str, Any]:
    done, not_done = query.get("done", ""), query.get("not_done", "")
    return {
        "outcome": done if done in ("resent", "dropped") else "",
        "n": number_in(query.get("n", "")),
        "left": number_in(query.get("left", "")),
        "not_done": not_done if not_done in ("gone", "closed", "bounced", "not-wanted") else "",
    }


def _which(which: str) -> tuple[str, str]:
    channel, _, error = which[:_LONGEST].partition("/")
    return channel, error
