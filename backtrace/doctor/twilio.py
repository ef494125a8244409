"""Whether Twilio takes the account's token, and its number sends and brings messages in."""

from __future__ import annotations

from collections.abc import Iterator

from requests import RequestException
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from api.twilio import MESSAGES
from backtrace.doctor.finding import Finding, Verdict
from backtrace.settings import Settings

WHAT = "SMS"
SECONDS = 10
"""How long Twilio may take over one answer."""
DEFAULT_URL = "https://api.twilio.com"


def twilio(settings: Settings) -> Iterator[Finding]:
    """What Twilio says of the account and of the number."""
    if not settings.twilio_account_sid and settings.twilio_auth_token is None:
        says = "off: set BACKTRACE_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM"
        yield Finding(WHAT, Verdict.OFF, says)
        yield Finding("WhatsApp", Verdict.OFF, "off: needs Twilio as well")
        return
    missing = _missing(settings)
    if missing:
        yield Finding(WHAT, Verdict.WRONG, f"set {missing} as well")
        return
    try:
        yield from _account(settings, _client(settings))
    except TwilioRestException as error:
        yield Finding(WHAT, Verdict.WRONG, f"Twilio refuses to tell (HTTP {error.status})")
    except RequestException as error:
        says = f"{settings.twilio_api_url} cannot be asked ({type(error).__name__})"
        yield Finding(WHAT, Verdict.WRONG, says)
    yield _whatsapp(settings)


def _missing(settings: Settings) -> str:
    if not settings.twilio_account_sid:
        return "BACKTRACE_TWILIO_ACCOUNT_SID"
    if settings.twilio_auth_token is None:
        return "BACKTRACE_TWILIO_AUTH_TOKEN"
    if not (
        settings.twilio_from or settings.twilio_messaging_service_sid or settings.whatsapp_from
    ):
        return "BACKTRACE_TWILIO_FROM or BACKTRACE_TWILIO_MESSAGING_SERVICE_SID"
    return ""


def _client(settings: Settings) -> Client:
    assert settings.twilio_auth_token is not None
    token = settings.twilio_auth_token.get_secret_value()
    client = Client(
        settings.twilio_account_sid, token, http_client=TwilioHttpClient(timeout=SECONDS)
    )
    if settings.twilio_api_url != DEFAULT_URL:
        client.api.base_url = settings.twilio_api_url
        client.messaging.base_url = settings.twilio_api_url
    return client


def _account(settings: Settings, client: Client) -> Iterator[Finding]:
    try:
        account = client.api.v2010.accounts(settings.twilio_account_sid).fetch()
    except TwilioRestException as error:
        if error.status not in (401, 403, 404):
            raise
        yield Finding(
            WHAT,
            Verdict.WRONG,
            f"Twilio refused the account (HTTP {error.status}): copy BACKTRACE_TWILIO_ACCOUNT_SID "
            "and _AUTH_TOKEN anew from its console",
        )
        return
    if account.status != "active":
        yield Finding(WHAT, Verdict.WRONG, f"the Twilio account is {account.status}")
        return
    yield Finding(WHAT, Verdict.OK, "Twilio takes the account and its token")
    if settings.twilio_messaging_service_sid:
        yield _service(settings, client)
        if not settings.twilio_from:
            says = "cards name no number: set BACKTRACE_TWILIO_FROM as well"
            yield Finding(WHAT, Verdict.OFF, says)
    elif settings.twilio_from:
        yield _number(settings, client)


def _number(settings: Settings, client: Client) -> Finding:
    found = client.incoming_phone_numbers.list(phone_number=settings.twilio_from, limit=1)
    if not found:
        return Finding(
            WHAT,
            Verdict.WRONG,
            "BACKTRACE_TWILIO_FROM is no number of this account: write it as Twilio does, +45...",
        )
    number = found[0]
    if not number.capabilities.get("sms"):
        return Finding(WHAT, Verdict.WRONG, "the number cannot do SMS: buy one at Twilio that can")
    return _way_in(settings, number.sms_url, "the number", "A message comes in")


def _service(settings: Settings, client: Client) -> Finding:
    try:
        service = client.messaging.v1.services(settings.twilio_messaging_service_sid).fetch()
    except TwilioRestException as error:
        if error.status != 404:
            raise
        says = "there is no such messaging service: see BACKTRACE_TWILIO_MESSAGING_SERVICE_SID"
        return Finding(WHAT, Verdict.WRONG, says)
    if service.use_inbound_webhook_on_number:
        return Finding(
            WHAT, Verdict.OK, "the service leaves incoming messages to its numbers' own webhooks"
        )
    return _way_in(settings, service.inbound_request_url, "the service", "Send a webhook")


def _way_in(settings: Settings, url: str | None, what: str, field: str) -> Finding:
    ours = settings.public_url + MESSAGES
    if not settings.secure:
        says = "BACKTRACE_PUBLIC_URL must begin with https:// for Twilio to bring messages"
        return Finding(WHAT, Verdict.WRONG, says)
    if url != ours:
        stands = "go elsewhere" if url else "go nowhere"
        return Finding(
            WHAT,
            Verdict.WRONG,
            f"messages to {what} {stands}: in Twilio's console, under '{field}', write {ours}",
        )
    return Finding(WHAT, Verdict.OK, f"messages to {what} come to us")


def _whatsapp(settings: Settings) -> Finding:
    if not settings.whatsapp_from:
        return Finding("WhatsApp", Verdict.OFF, "off: set BACKTRACE_WHATSAPP_FROM")
    if not settings.whatsapp_templates:
        return Finding(
            "WhatsApp",
            Verdict.WRONG,
            "no template for more than 24 hours of silence: set BACKTRACE_WHATSAPP_TEMPLATES, "
            'such as {"da": "HX...", "en": "HX..."}',
        )
    return Finding("WhatsApp", Verdict.OK, "a sender and templates are set")
