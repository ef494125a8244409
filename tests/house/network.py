"""No test reaches beyond this machine.

An audit hook sees every connection and name look-up that Python makes, whichever library asks.
Code that swallows the refusal does not get away with it: the test fails at its end.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator

import pytest

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")

_refused: list[str] | None = None


class NetworkBlockedError(RuntimeError):
    """A test tried to leave the machine."""


def _stays_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not host or host in ("localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _target(event: str, args: tuple[object, ...]) -> object:
    """Return the host that an audit event asks for; None where it is none of our business."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return args[0]
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        connection, address = args[0], args[1]
        internet = getattr(connection, "family", None) in (socket.AF_INET, socket.AF_INET6)
        return address[0] if internet and isinstance(address, tuple) else None
    return None


def _audit(event: str, args: tuple[object, ...]) -> None:
    if _refused is None or not event.startswith("socket."):
        return
    host = _target(event, args)
    if not _stays_here(host):
        _refused.append(f"{event} {host}")
        raise NetworkBlockedError(f"{event}: {host} is not this machine")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def refused_connections() -> Iterator[list[str]]:
    """Guard one test; a test that provokes a refusal clears this list."""
    global _refused
    refused: list[str] = []
    _refused = refused
    yield refused
    _refused = None
    assert not refused, f"the test reached for the network: {refused}"


def pytest_configure() -> None:
    """Without proxies: one on loopback would be a way out."""
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
