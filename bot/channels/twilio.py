"""SMS and WhatsApp by Twilio: the same API, told apart by the form of the addresses.

Nothing is tried twice in here: Twilio knows no idempotency key, so a repeat is ours to decide.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.channels import AlreadyThere, NotSent, Parcel, Trouble
from bot.channels.twilio_heard import NotAMessage, heard
from bot.channels.twilio_http import Http, Lost, Refused, Unreached
from bot.channels.whatsapp import NO_TEMPLATE, may_write_freely, one_line
from bot.inbound import Inbound
from bot.messages import Priority

VALIDITY = timedelta(hours=2)
"""How long Twilio may hold back what was not asked for; after that it would come at night."""
MOST_LOOKED_AT = 100
"""How many of the newest messages to one address are looked at before a repeat."""
NOT_THERE = "20404"
"""Twilio's code for a message that it does not have, or no more."""
SKEW = timedelta(seconds=30)
"""How far Twilio's clock and ours may be apart."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is, where its API is, and where Twilio reports what became of messages."""

    sid: str
    token: str = field(repr=False)
    api_url: str
    status_url: str


class Twilio:
    """One channel of an account: `sms`, or `whatsapp`.

    `sender` is our number as +4512345678 (or a short code); on SMS a messaging `service` may
    choose it. `templates` are the ids of WhatsApp's approved templates by language.
    """

    def __init__(
        self,
        name: str,
        account: Account,
        *,
        sender: str = "",
        service: str = "",
        templates: Mapping[str, str] | None = None,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._prefix = "whatsapp:" if name == "whatsapp" else ""
        self._ours = self._prefix + sender if sender else ""
        self._service = service
        self._templates = templates or {}
        self._status_url = account.status_url
        self._now = now
        self._account = account
        self._clients = threading.local()

    @property
    def _client(self) -> Client:
        """One for each thread: the library hands one thread's answer to another."""
        if not hasattr(self._clients, "client"):
            self._clients.client = _client(self._account)
        return self._clients.client

    def send(self, parcel: Parcel) -> str | None:
        """Send one message and return its id. Raises NotSent; of a repeat AlreadyThere."""
        content = self._content(parcel)
        if parcel.repeated and (sid := self._already_taken(parcel)) is not None:
            raise AlreadyThere(sid)
        with_sender = {"messaging_service_sid": self._service, "from_": self._ours}
        values: dict[str, Any] = {
            "to": self._prefix + parcel.address,
            "status_callback": self._status_url,
            "content_retention": "discard",
            "address_retention": "obfuscate",
            **{name: value for name, value in with_sender.items() if value},
            **content,
        }
        if parcel.priority is Priority.BULK and self.name == "sms":
            values["validity_period"] = int(VALIDITY.total_seconds())
        return str(self._asked(lambda: self._client.messages.create(**values)).sid)

    def received(self, since: datetime) -> Iterator[Inbound]:
        """What patients have written to us since then, in no order; numbers only.

        Raises NotSent, with what kept Twilio from telling.
        """
        asked = {"date_sent_after": since, "page_size": 1000}
        if self._ours:
            asked["to"] = self._ours
        for message in self._asked(lambda: self._client.messages.list(**asked)):
            if message.direction == "inbound" and self._is_ours(message):
                try:
                    yield _inbound(message)
                except NotAMessage:
                    continue

    def forget(self, message_id: str, address: str) -> None:
        """Have Twilio delete a message with all that it keeps of it. Raises NotSent.

        It refuses as long as the message is under way (20009): again later, as all else.
        """
        try:
            self._asked(lambda: self._client.messages(message_id).delete())
        except NotSent as trouble:
            if trouble.code != NOT_THERE:
                raise NotSent(Trouble.RETRY, trouble.code, trouble.wait) from None

    def _is_ours(self, message: Any) -> bool:
        """Whether it came on this channel: without a number of ours the service tells."""
        if self._ours:
            return bool(message.to == self._ours)
        return bool(message.messaging_service_sid == self._service)

    def _content(self, parcel: Parcel) -> dict[str, str]:
        text = parcel.rendered.text
        if self.name != "whatsapp" or may_write_freely(parcel.heard_at, self._now()):
            return {"body": text}
        template = self._templates.get(parcel.language)
        if template is None:
            raise NotSent(Trouble.CONFIGURATION, NO_TEMPLATE)
        variables = json.dumps({"1": one_line(text)}, ensure_ascii=False)
        return {"content_sid": template, "content_variables": variables}

    def _already_taken(self, parcel: Parcel) -> str | None:
        """The id of this very message, if Twilio has it from an attempt before.

        That is one to the same address, not older than ours, that stands under none of our other
        messages; where Twilio still keeps the body, ours must be in it. Without bodies there must
        be more than attempts at other messages can have left: twice is better than never.
        """
        to = self._prefix + parcel.address
        try:
            newest = self._asked(lambda: self._client.messages.list(to=to, limit=MOST_LOOKED_AT))
        except NotSent as trouble:
            if trouble.trouble is Trouble.CONFIGURATION:
                raise
            raise NotSent(Trouble.UNKNOWN, trouble.code, trouble.wait) from None
        found = [each for each in newest if self._may_be(each, parcel)]
        others = parcel.others([str(each.sid) for each in found])
        free = [each for each in found if each.sid not in others.ids]
        ours = [each for each in free if each.body or len(free) > others.unnamed]
        return str(ours[-1].sid) if ours else None

    def _may_be(self, message: Any, parcel: Parcel) -> bool:
        if message.direction == "inbound":
            return False
        if message.status in ("failed", "undelivered", "canceled"):
            return False
        made = message.date_created
        if parcel.created_at is None or made is None or made < parcel.created_at - SKEW:
            return False
        return not message.body or one_line(parcel.rendered.text) in one_line(message.body)

    def _asked(self, call: Callable[[], Any]) -> Any:
        """The answer to one request. Raises NotSent."""
        try:
            return call()
        except Refused as refused:
            raise NotSent(refused.trouble, refused.code, refused.wait) from None
        except Unreached as error:
            raise NotSent(error.trouble, error.code) from None
        except Lost as error:
            raise NotSent(Trouble.UNKNOWN, error.code) from None
        except (TwilioException, ValueError, KeyError, TypeError):
            # An answer that is none: the message may have been taken all the same.
            raise NotSent(Trouble.UNKNOWN, "answer") from None


def _client(account: Account) -> Client:
    client = Client(account.sid, account.token, http_client=Http())
    # Variables of the environment would lead elsewhere.
    client.edge = client.region = None
    client.api.base_url = account.api_url
    return client


def _inbound(message: Any) -> Inbound:
    return heard(
        sid=message.sid,
        sender=message.from_,
        text=message.body or "",
        at=(message.date_sent or message.date_created).astimezone(UTC),
    )
