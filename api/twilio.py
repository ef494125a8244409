"""Twilio's two webhooks: messages that patients have written, and what became of ours.

Whoever knocks must have signed with our token, over our public address as it is configured:
what a proxy makes of the request's own address, or a stranger of its headers, counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import structlog
from starlette.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator

from api.webhooks import NO_CONTENT, Answer, Hook, Post
from bot.channels.twilio_codes import trouble_of
from bot.channels.twilio_heard import NotAMessage, heard, is_sid
from bot.delivering import note_status
from bot.inbound import Inbound

MESSAGES, STATUS = "/twilio/messages", "/twilio/status"
MOST_FIELDS = 200

_NOTHING_TO_SAY = Answer(
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', kind=b"application/xml"
)
_NOTED = Answer(NO_CONTENT)
_FAILED = ("undelivered", "failed")
_EARLY = ("queued", "sending", "sent")
_STATUSES = {
    **{name: name for name in (*_EARLY, "delivered", "read", *_FAILED)},
    "accepted": "queued",
    "scheduled": "queued",
    "partially_delivered": "sent",
    "canceled": "failed",
}

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """What came is not to be taken; says with which HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.answer = Answer(status, b"refused")


def twilio_hooks(token: str, public_url: str) -> dict[str, Hook]:
    """The hooks of the account with this token, reached at this address."""
    validator = RequestValidator(token)

    async def messages(post: Post) -> Answer:
        """A patient's message; answered when it is committed."""
        try:
            form = _form(post, validator, public_url + MESSAGES)
            message = _message(post, form)
        except _Refused as refused:
            return refused.answer
        await post.web.inbox.take(message)
        return _NOTHING_TO_SAY

    async def status(post: Post) -> Answer:
        """What became of a message of ours; acknowledged when it is noted."""
        try:
            form = _form(post, validator, public_url + STATUS)
            sid, name, code = _report(form)
        except _Refused as refused:
            return refused.answer
        deployment = post.web.deployment
        trouble = trouble_of(code) if name in _FAILED else None
        # What came before our own record of the message is kept until that is made.
        await run_in_threadpool(note_status, deployment, sid, name, trouble, code)
        return _NOTED

    return {MESSAGES: messages, STATUS: status}


def _form(post: Post, validator: RequestValidator, url: str) -> Mapping[str, str]:
    """The fields of a request that Twilio has signed. Raises _Refused."""
    signature = post.header(b"x-twilio-signature")
    if not signature:
        raise _Refused(403)
    query = post.query
    try:
        pairs = parse_qsl(
            post.body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(post.body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise _Refused(422) from None
    form = dict(pairs)
    if not validator.validate(f"{url}?{query}" if query else url, form, signature):
        _log.warning("forged webhook", path=post.path)
        raise _Refused(403)
    if len(form) != len(pairs):
        raise _Refused(422)
    return form


def _message(post: Post, form: Mapping[str, str]) -> Inbound:
    pressed = form.get("ButtonText", "") or form.get("ButtonPayload", "")
    media = form.get("NumMedia", "0")
    unreadable = media != "0" or "Latitude" in form
    if not media.isdecimal() or not ("Body" in form or pressed or unreadable):
        raise _Refused(422)
    try:
        return heard(
            sid=form.get("MessageSid", ""),
            sender=form.get("From", ""),
            text=form.get("Body", ""),
            at=post.web.deployment.clock.now(),
            opt_out=form.get("OptOutType", ""),
            pressed=pressed,
        )
    except NotAMessage:
        raise _Refused(422) from None


def _report(form: Mapping[str, str]) -> tuple[str, str, str]:
    sid, code = form.get("MessageSid", ""), form.get("ErrorCode", "")
    name = _STATUSES.get(form.get("MessageStatus", ""))
    if name is None or not is_sid(sid) or not (code.isdecimal() or not code):
        raise _Refused(422)
    return sid, name, code
