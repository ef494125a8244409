"""Who may pass: every route of the desk names the task that it is for."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.page import refusal
from api.directory_cookies import SESSION
from bot.desk.permissions import Task
from bot.desk.worker import Worker, worker_at
from bot.directory.mailing import DESK
from bot.permission import NotSignedIn


class Outside(Exception):
    """Nobody is signed in at this browser: the way in is shown instead."""


class Barred(Exception):
    """Whoever is signed in has no role for this."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker


def at_desk(task: Task) -> Callable[[Request], Worker]:
    """A dependency: who asks, once it is certain that they may do this.

    A route's parameter is `worker: Annotated[Worker, Depends(at_desk(Task.ENROL))]`. It is
    answered with the way in where nobody is signed in, and with 403 where no role allows it.
    """

    def passed(request: Request) -> Worker:
        worker = worker_of(request)
        if not worker.may(task):
            raise Barred(worker)
        return worker

    passed.task = task  # type: ignore[attr-defined]
    return passed


def worker_of(request: Request) -> Worker:
    """Who is signed in at this browser, whatever they may. Raises Outside."""
    deployment = web_of(request).deployment
    try:
        return worker_at(deployment, SESSION.of(request), deployment.clock.now())
    except NotSignedIn:
        raise Outside from None


def guard(app: FastAPI) -> None:
    """Let the application answer whoever may not pass."""
    app.add_exception_handler(Outside, _show_the_way_in)
    app.add_exception_handler(Barred, _refuse)


def _show_the_way_in(_request: Request, _error: Exception) -> Response:
    return RedirectResponse(f"{DESK}?left=1", 303)


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Barred)
    return refusal(request, error.worker)
