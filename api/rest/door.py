"""Who may pass: every route of the staff API names the task that it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import web_of
from api.language import language_of
from api.rest.problems import Refused
from api.staff import NotAllowed, Unknown, staff_of
from bot.desk.permissions import MAY, Task
from bot.desk.worker import Worker

_LANGUAGE = "en"
SCHEME = "staff-token"
_BEARER = HTTPBearer(
    scheme_name=SCHEME,
    description="Made by `backtrace staff token new`; what it may do is decided by its roles.",
    auto_error=False,
)


def by_token(task: Task) -> Callable[..., Worker]:
    """A dependency: whose token is shown, once it is certain that it may do this.

    A route's parameter is `worker: Annotated[Worker, Depends(by_token(Task.ENROL))]`. Without a
    token that is known it is answered with 401, and with 403 where no role of it allows this.
    """

    def passed(
        request: Request,
        _shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None,
    ) -> Worker:
        try:
            staff = staff_of(request, web_of(request).deployment, MAY[task])
        except Unknown:
            raise stranger() from None
        except NotAllowed:
            raise Refused(403, f"this token may not: {task}") from None
        language = language_of(request, _LANGUAGE)
        return Worker(staff.id, staff.name, staff.roles, language, staff.actor)

    passed.task = task  # type: ignore[attr-defined]
    return passed


def stranger() -> Refused:
    """The answer to whoever shows no token, or one that nobody has, or has any more."""
    return Refused(401, "show the staff token as a bearer", headers={"WWW-Authenticate": "Bearer"})
