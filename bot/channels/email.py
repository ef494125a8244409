"""E-mail by SMTP: plain text to professionals, without health data; TLS unless told otherwise."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, parseaddr
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from bot.channels import NotSent, Parcel, Trouble
from bot.channels.returns import Returns
from trajectory.keys import Ring

SECONDS = 20
"""How long the server may take over any one reply."""

_SUBMISSION, _SUBMISSIONS = 587, 465


class BadMailSetting(ValueError):
    """The mail server's URL or the sender cannot be used; never repeats the password."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://user:pass@host:587` or `smtps://user:pass@host:465`.

        `smtp` speaks STARTTLS unless the URL ends with `?starttls=0`. Raises BadMailSetting.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BadMailSetting("the mail server's port or host cannot be read") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise BadMailSetting("write the mail server as smtp://host or smtps://host")
        implicit = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (_SUBMISSIONS if implicit else _SUBMISSION),
            implicit_tls=implicit,
            starttls=not implicit and _wants_starttls(parts.query),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class Email:
    """Sends mail through one server.

    `sender` is an address, with a name or without (`Klinik Nord <no-reply@nord.example>`);
    `trust` replaces the system's certificates. `returns` makes the address that a mail which
    is not delivered comes back to; without it, or where the server insists on its own sender,
    that is the sender.
    """

    name = "email"

    def __init__(
        self,
        url: str,
        sender: str,
        now: Callable[[], datetime],
        trust: ssl.SSLContext | None = None,
        returns: Ring | None = None,
    ) -> None:
        self._server = Server.parse(url)
        self._sender = sender
        self._from = parseaddr(sender)[1]
        if "@" not in self._from or not self._from.isascii():
            raise BadMailSetting("the sender of mails must be an ASCII e-mail address")
        self._now = now
        self._returns = Returns(returns, domain_of(sender)) if returns else None
        self._trust = trust or ssl.create_default_context()

    def send(self, parcel: Parcel) -> str | None:
        """Send one mail; the id is its Message-ID, the same on a repeat. Raises NotSent."""
        to = _envelope(parcel.address)
        message = self._message(parcel, to)
        with self._session() as smtp:
            self._begin(smtp, parcel.outbox_id)
            _hand_in(smtp, to, message.as_bytes())
        return str(message["Message-ID"])

    def _begin(self, smtp: smtplib.SMTP, outbox_id: int) -> None:
        """Name the envelope's sender: the mail's own, or the one that the server knows."""
        with _before_data():
            smtp.ehlo_or_helo_if_needed()
            if self._returns is not None:
                code, _ = smtp.mail(self._returns.address(outbox_id))
                if not 500 <= code < 600:
                    return _expect((code, b""), _sender_trouble)
                smtp.rset()
            _expect(smtp.mail(self._from), _sender_trouble)

    def _message(self, parcel: Parcel, to: str) -> EmailMessage:
        message = EmailMessage(policy=POLICY)
        try:
            message["From"] = self._sender
            message["To"] = to
            message["Subject"] = parcel.rendered.subject
            message["Date"] = format_datetime(self._now())
            message["Message-ID"] = f"<{parcel.outbox_id}@{domain_of(self._sender)}>"
            message["Auto-Submitted"] = "auto-generated"
            message["X-Auto-Response-Suppress"] = "All"
            message.set_content(parcel.rendered.text, cte="quoted-printable")
        except ValueError:
            raise NotSent(Trouble.CONTENT, "header") from None
        return message

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        smtp = self._connected()
        try:
            yield smtp
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        """A session that is encrypted and logged in, as far as the setting says."""
        server = self._server
        with _before_data():
            if server.implicit_tls:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=SECONDS, context=self._trust
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            with _before_data():
                if server.starttls:
                    smtp.starttls(context=self._trust)
                if server.user:
                    smtp.login(server.user, server.password)
        except NotSent:
            smtp.close()
            raise
        return smtp


def domain_of(sender: str) -> str:
    """The domain of a sender such as `Klinik Nord <no-reply@nord.example>`."""
    return parseaddr(sender)[1].rpartition("@")[2]


def _wants_starttls(query: str) -> bool:
    wish = parse_qs(query).get("starttls", ["1"])[-1]
    if wish not in ("0", "1"):
        raise BadMailSetting("starttls in the mail server's URL is 0 or 1")
    return wish == "1"


def _envelope(address: str) -> str:
    """The address as every server takes it; raises NotSent(GONE) where there is no such form."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        raise NotSent(Trouble.GONE, "address") from None
    if not (local and ascii_domain and local.isascii() and local.isprintable()):
        raise NotSent(Trouble.GONE, "address")
    return f"{local}@{ascii_domain}"


def _hand_in(smtp: smtplib.SMTP, to: str, message: bytes) -> None:
    with _before_data():
        _expect(smtp.rcpt(to), _recipient_trouble)
    try:
        _expect(smtp.data(message), lambda code, reply: Trouble.CONTENT)
    except smtplib.SMTPDataError as error:
        raise _refusal(error, Trouble.CONTENT) from None
    except (smtplib.SMTPServerDisconnected, OSError):
        # The server may have taken the mail before the connection broke.
        raise NotSent(Trouble.UNKNOWN, "lost") from None


@contextmanager
def _before_data() -> Iterator[None]:
    """Class what goes wrong while nothing can have been delivered yet."""
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        raise NotSent(Trouble.CONFIGURATION, "not-supported") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error, Trouble.CONFIGURATION) from None
    except ssl.SSLError:
        raise NotSent(Trouble.CONFIGURATION, "tls") from None
    except (smtplib.SMTPException, OSError):
        raise NotSent(Trouble.RETRY, "connection") from None


def _refusal(error: smtplib.SMTPResponseException, lasting: Trouble) -> NotSent:
    trouble = Trouble.RETRY if _passes(error.smtp_code) else lasting
    return NotSent(trouble, str(error.smtp_code))


def _expect(answer: tuple[int, bytes], trouble: Callable[[int, bytes], Trouble]) -> None:
    code, reply = answer
    if 200 <= code < 300:
        return
    raise NotSent(Trouble.RETRY if _passes(code) else trouble(code, reply), str(code))


def _passes(code: int) -> bool:
    return 400 <= code < 500


def _sender_trouble(code: int, reply: bytes) -> Trouble:
    return Trouble.CONFIGURATION


def _recipient_trouble(code: int, reply: bytes) -> Trouble:
    """RFC 3463: 5.7 is a rule of the server (relaying denied), 5.2.2 a full mailbox."""
    if reply.startswith(b"5.7."):
        return Trouble.CONFIGURATION
    if reply.startswith(b"5.2.2") or code == 552:
        return Trouble.RETRY
    return Trouble.GONE
