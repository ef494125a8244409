"""HTTP as Twilio's library asks for it, with all that went wrong told apart.

The library keeps neither the wait that Twilio asks for nor whether a request was written.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from requests import exceptions
from twilio.http.http_client import TwilioHttpClient
from urllib3.exceptions import NewConnectionError

from bot.channels import Trouble
from bot.channels.twilio_codes import WAITS, refusal

SECONDS = 9
"""For connecting, and again for the answer; a repeat takes two requests within one lease."""
LONGEST_WAIT = 86400
"""Seconds; no answer of a provider puts a message off for longer."""

# The library logs addresses; this logger belongs to no tree and has no handler.
_SILENT = logging.Logger("twilio", logging.CRITICAL)


class Refused(Exception):
    """Twilio has answered no."""

    def __init__(self, trouble: Trouble, code: str, wait: timedelta | None) -> None:
        super().__init__(code)
        self.trouble, self.code, self.wait = trouble, code, wait


class Unreached(Exception):
    """Nothing can have been sent."""

    def __init__(self, trouble: Trouble, code: str) -> None:
        super().__init__(code)
        self.trouble, self.code = trouble, code


class Lost(Exception):
    """The request may have arrived, and its answer has not."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Http(TwilioHttpClient):  # type: ignore[misc]
    """The library's own client without retries, without logs, and with a time limit."""

    def __init__(self) -> None:
        super().__init__(timeout=SECONDS, logger=_SILENT)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """One request. Raises Refused, Unreached, Lost."""
        try:
            response = super().request(*args, **kwargs)
        except (exceptions.ConnectTimeout, exceptions.ProxyError):
            raise Unreached(Trouble.RETRY, "connection") from None
        except exceptions.SSLError:
            raise Unreached(Trouble.CONFIGURATION, "tls") from None
        except exceptions.ReadTimeout:
            raise Lost("timeout") from None
        except exceptions.ConnectionError as error:
            if _was_never_connected(error):
                raise Unreached(Trouble.RETRY, "connection") from None
            raise Lost("lost") from None
        except exceptions.InvalidURL:
            raise Unreached(Trouble.CONFIGURATION, "url") from None
        except exceptions.RequestException:
            raise Lost("answer") from None
        if response.status_code >= 400:
            raise _refused(response.status_code, response.text, response.headers)
        return response


def _was_never_connected(error: exceptions.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _refused(status: int, text: str, headers: Mapping[str, str]) -> Refused:
    code = _code(text)
    wait = WAITS.get(code) if code is not None else None
    return Refused(refusal(status, code), str(code or status), wait or _asked_wait(headers))


def _code(text: str) -> int | None:
    """Twilio's own code of the error; a proxy in between answers without one."""
    try:
        code = orjson.loads(text)["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _asked_wait(headers: Mapping[str, str]) -> timedelta | None:
    """What `Retry-After` says, in seconds; a date, which Twilio does not send, is left aside."""
    seconds = headers.get("Retry-After", "")
    if not (seconds.isascii() and seconds.isdecimal()):
        return None
    return timedelta(seconds=min(int(seconds), LONGEST_WAIT))
