"""What a program is told when something cannot be done: the field and advice, never its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

API = "/api"
"""What every path begins with."""


class Fault(BaseModel):
    """One thing that is wrong, and what to do about it."""

    loc: list[str | int]
    """Where: `body`, `query`, `path` or `header`, and the field; empty: the whole request."""
    msg: str


class Problem(BaseModel):
    """Why a request was refused; nothing was changed by it."""

    detail: list[Fault]


class Refused(Exception):
    """The request is not done; this is the answer."""

    def __init__(
        self,
        status: int,
        msg: str,
        loc: Sequence[str | int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(msg)
        self.status, self.headers = status, headers
        self.problem = Problem(detail=[Fault(loc=[*loc], msg=msg)])

    @classmethod
    def of(cls, status: int, faults: list[Fault]) -> Self:
        """For several things at once."""
        refused = cls(status, "see detail")
        refused.problem = Problem(detail=faults)
        return refused


Told = Mapping[type[Exception], Refused]
"""By what a function raises what the program is told."""


@contextmanager
def telling(told: Told) -> Iterator[None]:
    """Turn what is raised inside into its answer; what is not among it goes on."""
    try:
        yield
    except tuple(told) as error:
        answer = next(told[kind] for kind in type(error).__mro__ if kind in told)
        raise Refused.of(answer.status, answer.problem.detail) from None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route's description tells of these refusals, and of those that any route may give."""
    return {status: {"model": Problem} for status in sorted({401, 403, 422, *statuses})}


def refusal(error: Refused) -> Response:
    """The answer."""
    return JSONResponse(error.problem.model_dump(mode="json"), error.status, error.headers)


def guard(app: FastAPI) -> None:
    """Let the application answer programs so."""
    app.add_exception_handler(Refused, _refused)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


def unreadable(error: RequestValidationError) -> Response:
    """The answer to a request that no route can read."""
    faults = [Fault(loc=[*each["loc"]], msg=each["msg"]) for each in error.errors()]
    return JSONResponse(Problem(detail=faults).model_dump(mode="json"), 422)
