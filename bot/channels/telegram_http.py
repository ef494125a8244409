"""How the Bot API is reached: by aiohttp, where python-telegram-bot would take httpx.

A call costs less than a third of the processor's time so (docs/adr/0047).
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

MOST_CONNECTIONS = 32
"""More than there are threads that call: nobody waits for one."""
IDLE_SECONDS = 5.0
"""A connection that has been quiet for longer is not used again: the other end may be closing it,
and then nobody knows whether the request arrived."""


class NeverConnected(Exception):
    """Why a call has failed: not a byte of it can have reached Telegram."""


class TookTooLong(Exception):
    """Why a call has failed: it was written, and no answer came in time."""


class CutOff(Exception):
    """Why a call has failed: the connection ended, or brought no answer that can be read."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; a picture and its text together stay well below what a lease has to spare."""

    connect: float = 3.0
    write: float = 3.0
    upload: float = 6.0
    read: float = 8.0


class AiohttpRequest(BaseRequest):
    """Requests to one server, at `url`, by way of the proxy that the environment names, if any.

    Raises TimedOut and NetworkError, caused by NeverConnected, TookTooLong or CutOff.
    """

    def __init__(self, url: str, timeouts: Timeouts) -> None:
        self._proxy = _proxy(url)
        self._timeouts = timeouts
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that the answer may take."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Open the session; it belongs to the running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MOST_CONNECTIONS,
                    keepalive_timeout=IDLE_SECONDS,
                    ssl=_trusted(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=self._proxy,
            )

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of the answer. Of the timeouts, only `read_timeout` is heeded."""
        await self.initialize()
        read = read_timeout if isinstance(read_timeout, float | int) else self._timeouts.read
        try:
            return await self._answer(method, url, _form(request_data), request_data, read)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            cause: Exception = NeverConnected()
        except TimeoutError:
            cause = TookTooLong()
        except aiohttp.ClientError as error:
            cause = CutOff(type(error).__name__)
        # Outside of `except`: the errors' own words may quote the address, which holds the token.
        raise (TimedOut() if isinstance(cause, TookTooLong) else NetworkError("")) from cause

    async def _answer(
        self,
        method: str,
        url: str,
        form: aiohttp.FormData | None,
        request_data: RequestData | None,
        read: float,
    ) -> tuple[int, bytes]:
        assert self._session is not None
        async with self._session.request(
            method,
            url,
            data=form,
            timeout=self._timeout(request_data, read),
            allow_redirects=False,
        ) as answer:
            return answer.status, await answer.read()

    def _timeout(self, data: RequestData | None, read: float) -> aiohttp.ClientTimeout:
        """Aiohttp knows none for writing, but one for everything together."""
        has_file = data is not None and data.contains_files
        write = self._timeouts.upload if has_file else self._timeouts.write
        connect = self._timeouts.connect
        return aiohttp.ClientTimeout(
            total=connect + write + read, connect=connect, sock_connect=connect, sock_read=read
        )


def _proxy(url: str) -> str | None:
    where = urlsplit(url)
    if proxy_bypass(where.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(where.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _trusted() -> ssl.SSLContext:
    """The certificates that the environment names, as for a proxy that looks into TLS, or usual."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return ssl.create_default_context(
        cafile=file or (None if folder else certifi.where()), capath=folder
    )


def _form(data: RequestData | None) -> aiohttp.FormData | None:
    if data is None:
        return None
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
