"""The professionals' mail as the demo shows it: what has gone out, newest first."""

from __future__ import annotations

import pytest

from bot.mailbox import mails
from bot.sending import send_ready
from tests.bot.practice import MINUTE, Practice

pytestmark = pytest.mark.both_databases


def test_mail_is_shown_once_it_has_gone_out(practice: Practice) -> None:
    practice.press(practice.share())
    assert mails(practice.deployment) == []
    send_ready(practice.deployment)
    (mail,) = mails(practice.deployment)
    assert (mail.to, mail.patient_id, mail.at) == (
        "anne@klinik.example",
        practice.birgit,
        practice.now,
    )


def test_the_newest_mail_comes_first(practice: Practice) -> None:
    shared = practice.share()
    older = practice.code(shared)
    practice.wait(2 * MINUTE)
    newer = practice.code(shared)
    codes = [next(w for w in mail.text.split() if w.isdecimal()) for mail in practice.mails()]
    assert codes == [newer, older]


def test_mail_is_shown_for_the_patients_that_were_asked_for(practice: Practice) -> None:
    practice.press(practice.share())
    other = Practice(practice.database).birgit
    assert len(practice.mails()) == 1
    assert mails(practice.deployment, [other]) == []
    assert mails(practice.deployment, []) == []


def test_what_the_patient_is_told_is_no_mail(practice: Practice) -> None:
    practice.open(practice.share())
    assert len(practice.chat()) == 1
    assert all(mail.member_id is not None for mail in practice.mails())
