"""What every route works with; made once in `api.app`."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from bot.deployment import Deployment
from bot.doorbell import Doorbell
from bot.inbox import Inbox


@dataclass(frozen=True, slots=True)
class Web:
    """The deployment with the two ends that belong to the process."""

    deployment: Deployment
    inbox: Inbox
    doorbell: Doorbell
    secure: bool
    """Whether browsers reach us by https."""


def web_of(request: Request) -> Web:
    """The `Web` of the application that serves this request."""
    web: Web = request.app.state.web
    return web
