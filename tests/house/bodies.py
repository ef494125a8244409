"""What a provider does with a request that its caller did not live to finish."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler


def whole_body(request: BaseHTTPRequestHandler) -> bytes | None:
    """The body; None, with the connection given up, where the caller died in the middle of it.

    A provider does not carry out half a request: it never came.
    """
    length = int(request.headers.get("Content-Length", 0))
    try:
        body = request.rfile.read(length)
    except ConnectionError:
        body = b""
    if len(body) == length:
        return body
    request.close_connection = True
    return None
