"""An odd sign in a name must not double the price of an SMS, and costs nothing elsewhere."""

from __future__ import annotations

from types import MappingProxyType

from bot.channels import sms, whatsapp
from bot.channels.forms import FORMS
from bot.messages import Message
from templates.catalogue import Catalogue, load_catalogues

WRITTEN = Message("“Ágnes” — see you…")


def test_a_name_from_elsewhere_is_written_in_letters_that_an_sms_has() -> None:
    for words in load_catalogues("messages").values():
        assert sms.render(WRITTEN, words).text == '"Agnes" - see you...'


def test_on_whatsapp_nothing_is_replaced() -> None:
    words = load_catalogues("messages")["da"]
    assert whatsapp.render(WRITTEN, words).text == WRITTEN.text
    assert FORMS["whatsapp"] is whatsapp.render


def test_a_language_that_sms_letters_cannot_carry_keeps_its_own() -> None:
    polish = Catalogue("pl", MappingProxyType({}))
    assert sms.render(WRITTEN, polish).text == WRITTEN.text
