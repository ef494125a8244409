"""Pages of the web chat, and of the patient's copy, that say or ask one thing."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.context import Web, web_of
from api.language import language_of
from bot import letting_in
from bot.letting_in import PROBLEMS, Answer
from templates import pages


def notice(web: Web, key: str, language: str, status: int) -> Response:
    """The page that says `chat.<key>`."""
    template = "chat/closed.html" if key == "closed" else "chat/notice.html"
    html = pages.render(template, language, clinic=web.deployment.clinic, key=key)
    return HTMLResponse(html, status)


def closed(request: Request) -> Response:
    """The one answer to every link that opens nothing."""
    return notice(web_of(request), "closed", language_of(request), 404)


def code_page(web: Web, answer: Answer, link: str, opens: str) -> Response:
    """Ask for the code that went to the phone; `opens`: chat.<opens>.button says what for."""
    html = pages.render(
        "chat/code.html",
        answer.language,
        clinic=web.deployment.clinic,
        key="code",
        link=link,
        opens=opens,
        channel=answer.channel,
        minutes=letting_in.CODE_MINUTES,
        problem=PROBLEMS.get(answer.came, ""),
    )
    return HTMLResponse(html, 403 if answer.came in PROBLEMS else 200)
