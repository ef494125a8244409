"""The cookies of the directory: of a browser that has asked for a code, and of a sign-in."""

from __future__ import annotations

from fastapi import Request, Response

from api.context import web_of

_TRIAL, _SESSION = "backtrace-trial", "backtrace-directory"


def session_of(request: Request) -> str:
    """What shows a sign-in; empty where there is none."""
    return request.cookies.get(session_cookie(secure=web_of(request).secure), "")


def trial_of(request: Request) -> str:
    """What shows that this browser has asked for a code."""
    return request.cookies.get(_named(_TRIAL, secure=web_of(request).secure), "")


def let_try(request: Request, response: Response, cookie: str) -> None:
    """Remember that this browser has asked for a code."""
    _set(request, response, _TRIAL, cookie)


def let_in(request: Request, response: Response, cookie: str) -> None:
    """Sign this browser in; that it has asked is done with."""
    _set(request, response, _SESSION, cookie)
    _forget(request, response, _TRIAL)


def let_out(request: Request, response: Response) -> None:
    """Sign this browser out."""
    _forget(request, response, _SESSION)


def session_cookie(*, secure: bool) -> str:
    """What a sign-in's cookie is called."""
    return _named(_SESSION, secure=secure)


def _named(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _set(request: Request, response: Response, name: str, cookie: str) -> None:
    secure = web_of(request).secure
    response.set_cookie(
        _named(name, secure=secure),
        cookie,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _forget(request: Request, response: Response, name: str) -> None:
    secure = web_of(request).secure
    response.delete_cookie(
        _named(name, secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )
