"""Mail handed in to a real SMTP server on this machine, over real TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.channels import NotSent, Parcel, Trouble
from bot.channels.email import BadMailSetting, Email
from bot.channels.returns import Returns
from bot.messages import Rendered
from tests.house.post_office import Papers, Post, office
from trajectory.keys import Ring

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
SENDER = "Klinik Nord <no-reply@nord.example>"
TEXT = "Kære Anne\n\nDin kode er\n\n123456\n\nhttps://nord.example/s/" + "x" * 70 + "\n.\næøå"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def starttls(post: Post, papers: Papers) -> Iterator[Email]:
    """A channel to a server that asks for TLS and a login."""
    with office(post, papers, require_starttls=True, auth_required=True) as port:
        yield email(f"smtp://nord:p%40ss%2Fword@localhost:{port}", papers)


def email(url: str, papers: Papers | None = None) -> Email:
    return Email(url, SENDER, lambda: NOW, papers.trust if papers else None)


def parcel(to: str = "anne@klinik.example", number: int = 4711, text: str = TEXT) -> Parcel:
    return Parcel(number, 1, to, Rendered(text, subject="Din kode på seks cifre"))


def trouble(channel: Email, wanted: Parcel | None = None) -> tuple[Trouble, str]:
    with pytest.raises(NotSent) as failed:
        channel.send(wanted or parcel())
    return failed.value.trouble, failed.value.code


def test_a_mail_arrives_as_it_was_written(starttls: Email, post: Post) -> None:
    starttls.send(parcel())
    (mail,) = post.mails
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == TEXT
    assert mail.get_content_type() == "text/plain"
    assert mail["Subject"] == "Din kode på seks cifre"
    assert (mail["From"], mail["To"]) == (SENDER, "anne@klinik.example")
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert post.raw[0].isascii()
    assert post.recipients == ["anne@klinik.example"]


def test_each_mail_has_an_address_of_its_own_to_come_back_to(post: Post, papers: Papers) -> None:
    ring = Ring.generate()
    with office(post, papers) as port:
        channel = Email(f"smtp://localhost:{port}", SENDER, lambda: NOW, papers.trust, returns=ring)
        for number in (4711, 4712):
            channel.send(parcel(number=number))
    returns = Returns(ring, "nord.example")
    assert [returns.outbox_id(sender) for sender in post.senders] == [4711, 4712]
    assert all(mail["From"] == SENDER for mail in post.mails)


def test_a_server_that_knows_one_sender_only_gets_that_one(post: Post, papers: Papers) -> None:
    post.refuses_returns = True
    with office(post, papers) as port:
        url = f"smtp://localhost:{port}"
        Email(url, SENDER, lambda: NOW, papers.trust, returns=Ring.generate()).send(parcel())
    assert post.senders[1:] == ["no-reply@nord.example"]
    assert len(post.mails) == 1


def test_nobody_makes_up_a_return_address(post: Post) -> None:
    ours, theirs = (Returns(Ring.generate(), "nord.example") for _ in range(2))
    address = ours.address(4711)
    assert ours.outbox_id(address.upper()) == 4711
    for forged in (
        theirs.address(4711),
        address.replace("4711", "4712"),
        "bounce+4711-@nord.example",
        "bounce@nord.example",
        "",
    ):
        assert ours.outbox_id(forged) is None


def test_a_return_address_outlives_a_new_key() -> None:
    old = Ring.generate("k1")
    both = Ring.parse(f"{Ring.generate('k2').setting()},{old.setting()}")
    address = Returns(old, "nord.example").address(4711)
    assert Returns(both, "nord.example").outbox_id(address) == 4711


def test_a_repeat_is_known_by_its_id(starttls: Email, post: Post) -> None:
    ids = [starttls.send(parcel(number=number)) for number in (1, 1, 2)]
    assert ids == ["<1@nord.example>", "<1@nord.example>", "<2@nord.example>"]
    assert [mail["Message-ID"] for mail in post.mails] == ids


def test_tls_from_the_first_byte(post: Post, papers: Papers) -> None:
    with office(post, papers, implicit=True) as port:
        email(f"smtps://localhost:{port}", papers).send(parcel())
    assert len(post.mails) == 1


def test_a_relay_of_the_same_house_may_go_without(post: Post, papers: Papers) -> None:
    with office(post, papers) as port:
        email(f"smtp://localhost:{port}?starttls=0").send(parcel())
    assert len(post.mails) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_cannot_prove_itself_gets_nothing(
    post: Post, papers: Papers, scheme: str
) -> None:
    with office(post, papers, implicit=scheme == "smtps") as port:
        assert trouble(email(f"{scheme}://localhost:{port}")) == (Trouble.CONFIGURATION, "tls")
    assert post.mails == []


def test_a_server_without_tls_gets_nothing(post: Post, papers: Papers) -> None:
    with office(post, papers, tls_context=None) as port:
        channel = email(f"smtp://nord:secret@localhost:{port}", papers)
        assert trouble(channel) == (Trouble.CONFIGURATION, "not-supported")
    assert post.mails == []


def test_a_wrong_password_is_ours_to_mend(post: Post, papers: Papers) -> None:
    with office(post, papers, require_starttls=True, auth_required=True) as port:
        channel = email(f"smtp://nord:guess@localhost:{port}", papers)
        assert trouble(channel) == (Trouble.CONFIGURATION, "535")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("550 5.1.1 no such mailbox", Trouble.GONE),
        ("550 no such mailbox", Trouble.GONE),
        ("553 5.1.3 not an address", Trouble.GONE),
        ("450 4.2.0 greylisted", Trouble.RETRY),
        ("552 5.2.2 mailbox full", Trouble.RETRY),
        ("554 5.7.1 relaying denied", Trouble.CONFIGURATION),
    ],
)
def test_a_refused_recipient(starttls: Email, post: Post, reply: str, found: Trouble) -> None:
    post.recipient = reply
    assert trouble(starttls) == (found, reply[:3])
    assert post.mails == []


@pytest.mark.parametrize(
    ("reply", "found"),
    [("553 5.7.1 not yours", Trouble.CONFIGURATION), ("451 busy", Trouble.RETRY)],
)
def test_a_refused_sender(starttls: Email, post: Post, reply: str, found: Trouble) -> None:
    post.sender = reply
    assert trouble(starttls) == (found, reply[:3])


@pytest.mark.parametrize(
    ("reply", "found"),
    [("554 5.6.0 not this text", Trouble.CONTENT), ("452 4.3.1 disk full", Trouble.RETRY)],
)
def test_a_refused_text(starttls: Email, post: Post, reply: str, found: Trouble) -> None:
    post.data = reply
    assert trouble(starttls) == (found, reply[:3])


def test_a_line_that_breaks_after_the_text_leaves_it_open(starttls: Email, post: Post) -> None:
    post.hang_up = True
    assert trouble(starttls) == (Trouble.UNKNOWN, "lost")
    assert len(post.mails) == 1


def test_nobody_at_home_is_tried_again(post: Post, papers: Papers) -> None:
    with office(post, papers) as port:
        channel = email(f"smtp://localhost:{port}", papers)
    assert trouble(channel) == (Trouble.RETRY, "connection")


def test_a_domain_of_other_letters_is_written_as_servers_take_it(
    starttls: Email, post: Post
) -> None:
    starttls.send(parcel("anne@klinik-ø.example"))
    assert post.recipients == ["anne@xn--klinik--w1a.example"]


@pytest.mark.parametrize("address", ["åse@klinik.example", "anne@", "anne", "a\n@x.example", ""])
def test_an_address_that_no_server_takes_is_gone(starttls: Email, post: Post, address: str) -> None:
    assert trouble(starttls, parcel(address)) == (Trouble.GONE, "address")
    assert post.recipients == []


def test_nothing_slips_into_the_headers(starttls: Email, post: Post) -> None:
    sneaky = Parcel(1, 1, "anne@klinik.example", Rendered("x", subject="x\nBcc: eve@x.example"))
    assert trouble(starttls, sneaky) == (Trouble.CONTENT, "header")
    assert post.recipients == []


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://h:x", "smtp://h?starttls=x"],
)
def test_a_wrong_server_setting_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadMailSetting):
        email(url)


@pytest.mark.parametrize("sender", ["", "Klinik Nord", "åse@nord.example"])
def test_a_wrong_sender_is_refused_at_once(sender: str) -> None:
    with pytest.raises(BadMailSetting):
        Email("smtp://localhost", sender, lambda: NOW)


def test_no_error_shows_password_address_or_text(post: Post, papers: Papers) -> None:
    post.recipient = "550 5.1.1 anne@klinik.example unknown"
    with office(post, papers) as port:
        channel = email(f"smtp://localhost:{port}", papers)
        with pytest.raises(NotSent) as failed:
            channel.send(parcel())
    with pytest.raises(BadMailSetting) as refused:
        email("ftp://nord:p4ssword@localhost")
    said = re.sub(r"\s", "", f"{failed.value!r} {refused.value!r} {channel!r}")
    for secret in ("anne@", "p4ssword", "123456"):
        assert secret not in said
    assert failed.value.__cause__ is None
