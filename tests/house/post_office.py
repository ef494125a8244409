"""A real SMTP server on this machine, over real TLS, that does as a test says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Post:
    """The mail server's behaviour, and what it was handed."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuses_returns: bool = False
    """Whether it lets nobody send but under the name that it knows."""
    sender: str = "250 OK"
    recipient: str = "250 OK"
    data: str = "250 taken"
    hang_up: bool = False

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.senders.append(address)
        if self.refuses_returns and address.startswith("bounce+"):
            return "553 5.7.1 not your address"
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast(bytes, envelope.content)
        self.raw.append(content)
        self.mails.append(message_from_bytes(content, policy=default))
        if self.hang_up:
            cast(Any, server.transport).abort()
        return self.data

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        right = login == LoginPassword(b"nord", b"p@ss/word")
        return AuthResult(success=right, handled=False)


@dataclass(frozen=True)
class Papers:
    """The server's certificate, and how clients come to trust it."""

    server: ssl.SSLContext
    trust: ssl.SSLContext
    file: Path
    """The certificate with its key."""


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    file = tmp_path_factory.mktemp("papers") / "server.pem"
    file.write_bytes(_self_made())
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return Papers(server, ssl.create_default_context(cafile=str(file)), Path(file))


def _self_made() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


class _AnyPort(Controller):
    """A server on a port that is free."""

    def _trigger_server(self) -> None:
        self.port = cast(Any, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def office(post: Post, papers: Papers, *, implicit: bool = False, **more: Any) -> Iterator[int]:
    """A mail server; gives its port."""
    more = {"ssl_context": papers.server} if implicit else {"tls_context": papers.server} | more
    controller = _AnyPort(
        post, hostname="127.0.0.1", port=0, authenticator=post.authenticate, **more
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
