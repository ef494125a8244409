"""Why messages wait or were given up, told apart as far as somebody does something different."""

from __future__ import annotations

from enum import StrEnum

from bot.channels import Trouble


class Cause(StrEnum):
    """The most pressing first; `CHANNEL_WIDE` are those that hold a whole channel up."""

    NOBODY_SENDS = "nobody-sends"
    """They may go out, and nothing takes them: no process runs that sends."""
    OFF = "off"
    """The channel is switched off in the settings."""
    KEY = "key"
    """The ring does not open them."""
    TOKEN = "token"  # noqa: S105 - the name of a cause
    """The provider does not take our password."""
    SETTING = "setting"
    """Something else of ours is wrong: a number, a template, the account."""
    DOWN = "down"
    """The provider cannot be reached, or says that it is broken."""
    UNCLEAR = "unclear"
    """The provider took the request and did not say what came of it."""
    BUSY = "busy"
    """The provider asks us to wait."""
    SLOW = "slow"
    """They go out, and more have come than the provider takes at its rate."""
    PHONE = "phone"
    """Single phones, switched off perhaps; they are tried once more."""
    ADDRESS = "address"
    """The address does not work any more."""
    TEXT = "text"
    """The provider refuses this very text."""
    LATER = "later"
    """The provider had trouble with a single message; it is tried again."""
    QUEUE = "queue"
    """On their way."""


CHANNEL_WIDE = frozenset(
    {
        *(Cause.NOBODY_SENDS, Cause.OFF, Cause.TOKEN, Cause.SETTING),
        *(Cause.DOWN, Cause.UNCLEAR, Cause.BUSY, Cause.SLOW),
    }
)
"""What holds one message up for such a reason holds up whatever comes behind it."""
PASSING = frozenset({Cause.TOKEN, Cause.SETTING, Cause.DOWN, Cause.UNCLEAR})
"""Of these all that waits is worth another try as soon as one message goes through."""
FOR_OPERATOR = frozenset({Cause.NOBODY_SENDS, Cause.OFF, Cause.KEY, Cause.TOKEN, Cause.SETTING})
"""These end only when somebody mends something."""

_TOKEN = frozenset({"token", "20003", "401", "530", "534", "535"})
_DOWN = frozenset(
    {
        *("connection", "no-connection", "server", "timeout", "lost", "gateway", "interrupted"),
        # Twilio's own codes, and a mail server's for "not now, nobody".
        *("20500", "20503", "30410", "421"),
    }
)
_BUSY = frozenset({"flood", "429", "20429", "14107", "30001", "30022", "63018", "63038"})
_BY_TROUBLE = {
    Trouble.GONE: Cause.ADDRESS,
    Trouble.DOUBTFUL: Cause.PHONE,
    Trouble.CONFIGURATION: Cause.SETTING,
    Trouble.RETRY: Cause.LATER,
    Trouble.UNKNOWN: Cause.UNCLEAR,
    Trouble.CONTENT: Cause.TEXT,
}


def cause_of(trouble: str, code: str) -> Cause:
    """What a stored error means; `trouble` empty: none has been met yet."""
    if not trouble:
        return Cause.QUEUE
    if code == "wrong-key":
        return Cause.KEY
    kind = Trouble(trouble) if trouble in set(Trouble) else Trouble.UNKNOWN
    if kind is Trouble.CONFIGURATION and code in _TOKEN:
        return Cause.TOKEN
    if kind in (Trouble.RETRY, Trouble.UNKNOWN) and _is_down(code):
        return Cause.DOWN
    if kind is Trouble.RETRY and code in _BUSY:
        return Cause.BUSY
    return _BY_TROUBLE[kind]


def _is_down(code: str) -> bool:
    """No connection, or an answer 5xx of HTTP; a mail server's 55x is about one mailbox."""
    return code in _DOWN or (code.isdecimal() and 500 <= int(code) < 520)
