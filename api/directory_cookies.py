"""The cookies of the directory: of a browser that has asked for a code, and of a sign-in."""

from __future__ import annotations

from fastapi import Request

from api.cookies import Cookie

TRIAL, SESSION = Cookie("backtrace-trial"), Cookie("backtrace-directory")


def session_of(request: Request) -> str:
    """What shows a sign-in; empty where there is none."""
    return SESSION.of(request)
