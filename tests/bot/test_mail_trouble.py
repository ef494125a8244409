"""A mail that a professional's mail server refuses, at once or later: end to end, over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Row, update

from backtrace.bounce_cli import Ended, take
from backtrace.settings import Settings
from bot.channels.email import Email
from bot.channels.returns import Returns
from tests.bot.house import House
from tests.house.post_office import Papers, Post, office
from trajectory import care_team, tables
from trajectory.keys import Ring
from trajectory.patients import PatientRef

SENDER = "Klinik Nord <no-reply@nord.example>"
ANNE = "anne@klinik.example"
MEMBER = tables.core(tables.CareTeamMember)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def birgit(house: House, post: Post, papers: Papers) -> Iterator[PatientRef]:
    """Birgit, in a clinic whose mail goes to a real server."""
    with office(post, papers, require_starttls=True) as port:
        channel = Email(
            f"smtp://localhost:{port}",
            SENDER,
            house.clock.now,
            papers.trust,
            returns=house.deployment.ring,
        )
        channels = {**house.deployment.channels, "email": channel}
        house.deployment = replace(house.deployment, channels=channels)
        yield house.enrol()


def share(house: House, email: str = ANNE) -> None:
    """Birgit shows her summary to Anne, her physio."""
    house.write(f"send my summary to my physio Anne Berg, {email}")
    house.settle()
    answer(house)


def answer(house: House) -> None:
    """Birgit takes the first of what is offered, and wants no alerts."""
    for text in ("A", "no"):
        house.write(text)
        house.settle()


def member(house: House) -> Row[Any]:
    (anne,) = house.rows(MEMBER)
    return anne


def cases(house: House) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in house.rows(tables.core(tables.DeskCase))]


def told(house: House) -> list[str]:
    return [text for text in house.telegram.texts() if "came back" in text]


def settings_of(url: str, ring: Ring) -> Settings:
    return Settings(database_url=url, keys=SecretStr(ring.setting()), mail_from=SENDER)


def report(
    to: str, status: str = "5.1.1", action: str = "failed", original: str = "Dear Anne"
) -> bytes:
    """What a mail server sends back (RFC 3464)."""
    message = MIMEMultipart("report", report_type="delivery-status")
    message["From"] = "MAILER-DAEMON@klinik.example"
    message["To"] = to
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message.attach(MIMEText("I'm sorry to have to inform you."))
    status_part = Message()
    status_part["Content-Type"] = "message/delivery-status"
    about_mta, about_anne = Message(), Message()
    about_mta["Reporting-MTA"] = "dns; klinik.example"
    about_anne["Final-Recipient"] = f"rfc822; {ANNE}"
    about_anne["Action"] = action
    about_anne["Status"] = status
    status_part.set_payload([about_mta, about_anne])
    message.attach(status_part)
    message.attach(MIMEText(original))
    return message.as_bytes()


def settle_now(house: House) -> None:
    """What the command has noted is dated by the machine's own clock, at whatever hour that is.

    Patients hear of it the next day, since it may be night.
    """
    house.clock.set(datetime.now(UTC))
    house.settle()
    house.clock.set((house.clock.now() + timedelta(days=1)).replace(hour=11))
    house.settle()


# Refused at once


def test_a_mail_arrives_over_tls_and_says_nothing_of_her_back(
    house: House, post: Post, birgit: PatientRef
) -> None:
    share(house)
    (mail,) = post.mails
    assert mail["To"] == ANNE
    assert "back" not in str(mail["Subject"]).lower()
    assert post.senders[0].startswith("bounce+")
    assert member(house).bounced_at is None


def test_a_recipient_who_is_refused_is_recorded_told_once_and_on_the_clinics_list(
    house: House, post: Post, birgit: PatientRef
) -> None:
    post.recipient = "550 5.1.1 no such mailbox"
    share(house)
    assert member(house).bounced_at is not None
    assert cases(house) == [("mail-bounced", "open")]
    assert told(house) == [
        "My mail to Anne Berg came back: the address did not work. What you shared stays shared, "
        "and I write there no more. To try another address, write SEND MY SUMMARY TO Anne Berg."
    ]
    assert post.mails == []
    (grant,) = house.rows(tables.core(tables.AccessGrant))
    assert grant.ended_at is None


def test_in_danish(house: House, post: Post, birgit: PatientRef) -> None:
    house.write("dansk")
    house.settle()
    post.recipient = "550 5.1.1 no such mailbox"
    house.write(f"send mit overblik til min fysioterapeut Anne Berg, {ANNE}")
    house.settle()
    answer(house)
    assert any("Min mail til Anne Berg kom tilbage" in text for text in house.telegram.texts())


def test_a_full_mailbox_is_tried_again(house: House, post: Post, birgit: PatientRef) -> None:
    post.recipient = "552 5.2.2 mailbox full"
    share(house)
    post.recipient = "250 OK"
    house.wait(hours=1)
    assert len(post.mails) == 1
    assert cases(house) == []


def test_no_mail_goes_there_until_the_address_is_given_anew(
    house: House, post: Post, birgit: PatientRef
) -> None:
    post.recipient = "550 5.1.1 no such mailbox"
    share(house)
    post.recipient = "250 OK"
    tried = len(post.recipients)
    house.write("send my summary to Anne Berg")
    house.settle()
    assert house.telegram.texts()[-1] == "What is the e-mail address of Anne Berg?"
    assert len(post.recipients) == tried
    house.write("anne.berg@klinik.example")
    house.settle()
    answer(house)
    assert [mail["To"] for mail in post.mails] == ["anne.berg@klinik.example"]
    assert member(house).bounced_at is None
    assert cases(house) == [("mail-bounced", "passed")]


def test_the_same_address_may_be_given_again(house: House, post: Post, birgit: PatientRef) -> None:
    post.recipient = "550 5.1.1 no such mailbox"
    share(house)
    post.recipient = "250 OK"
    share(house)
    assert [mail["To"] for mail in post.mails] == [ANNE]
    assert member(house).bounced_at is None


@pytest.mark.both_databases
def test_a_second_mail_under_way_is_not_sent_there(
    house: House, post: Post, birgit: PatientRef
) -> None:
    share(house)
    with house.database.write() as connection:
        connection.execute(update(MEMBER).values(bounced_at=house.clock.now()))
    mail = next(row for row in house.outbox() if row.channel == "email")
    house.change_outbox(mail.id, status="ready", attempts=0)
    house.settle()
    assert len(post.mails) == 1
    assert cases(house) == []


def test_after_stop_the_clinic_sees_it_and_the_patient_is_left_alone(
    house: House, post: Post, birgit: PatientRef
) -> None:
    share(house)
    house.write("stop")
    house.settle()
    mail = next(row for row in house.outbox() if row.channel == "email")
    house.change_outbox(mail.id, status="ready", attempts=0)
    post.recipient = "550 5.1.1 no such mailbox"
    house.settle()
    assert cases(house) == [("mail-bounced", "open")]
    assert told(house) == []


# Refused later


@pytest.fixture
def clinic(house: House, migrated_database_url: str) -> Settings:
    return settings_of(migrated_database_url, house.deployment.ring)


def test_a_mail_that_comes_back_is_recorded(
    house: House, post: Post, birgit: PatientRef, clinic: Settings
) -> None:
    share(house)
    assert take(clinic, report(post.senders[0])) == (Ended.TAKEN, "noted")
    settle_now(house)
    assert member(house).bounced_at is not None
    assert cases(house) == [("mail-bounced", "open")]
    assert len(told(house)) == 1


def test_the_same_report_twice_says_nothing_new(
    house: House, post: Post, birgit: PatientRef, clinic: Settings
) -> None:
    share(house)
    for news in ("noted", "nothing new"):
        assert take(clinic, report(post.senders[0])) == (Ended.TAKEN, news)
        settle_now(house)
    assert len(told(house)) == 1


@pytest.mark.parametrize(
    ("status", "action"), [("4.4.1", "delayed"), ("4.2.2", "failed"), ("2.0.0", "delivered")]
)
def test_what_is_only_late_changes_nothing(
    house: House, post: Post, birgit: PatientRef, clinic: Settings, status: str, action: str
) -> None:
    share(house)
    assert take(clinic, report(post.senders[0], status, action))[0] is Ended.TAKEN
    settle_now(house)
    assert member(house).bounced_at is None


def test_an_address_that_was_given_anew_since_is_not_blamed(
    house: House, post: Post, birgit: PatientRef, clinic: Settings
) -> None:
    share(house)
    anne = member(house)
    with house.database.write() as connection:
        care_team.give_email(
            connection, house.sealer(birgit.patient_id), anne.id, "berg@klinik.example"
        )
    assert take(clinic, report(post.senders[0]))[0] is Ended.TAKEN
    settle_now(house)
    assert member(house).bounced_at is None
    assert told(house) == []


def test_the_mail_server_may_say_itself_where_it_came_to(
    house: House, post: Post, birgit: PatientRef, clinic: Settings
) -> None:
    share(house)
    said = report("undisclosed@nord.example")
    assert take(clinic, said)[0] is Ended.REFUSED
    assert take(clinic, said, [post.senders[0]]) == (Ended.TAKEN, "noted")


@pytest.mark.parametrize(
    "what", ["forged", "other mail", "no report", "nothing", "noise", "list", "deep"]
)
def test_nobody_forges_a_bounce_and_nothing_unreadable_is_stored(
    house: House, post: Post, birgit: PatientRef, clinic: Settings, what: str
) -> None:
    share(house)
    ours = post.senders[0]
    mail = EmailMessage()
    mail["To"] = ours
    mail.set_content("I am on holiday.")
    odd = report(ours).replace(b"Action: failed", b"X: y")
    deep = b"".join(
        b"Content-Type: multipart/report; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000)
    )
    raw = {
        "forged": report(ours.replace("-", "-a", 1)),
        "other mail": report(ours.replace("bounce+", "bounce+1")),
        "no report": mail.as_bytes(),
        "nothing": b"",
        "noise": bytes(range(256)) * 40,
        "list": odd,
        "deep": deep,
    }[what]
    assert take(clinic, raw)[0] is Ended.REFUSED
    settle_now(house)
    assert member(house).bounced_at is None
    assert cases(house) == []


def test_a_clinic_whose_database_is_away_gets_it_again_later(house: House) -> None:
    ring = Ring.generate()
    away = settings_of("postgresql://nobody@127.0.0.1:1/nothing", ring)
    to = Returns(ring, "nord.example").address(7)
    assert take(away, report(to))[0] is Ended.LATER
