"""HTTP: one request, one answer of bounded size within a bounded time, every failure one of ours.

This is the only module that opens connections. The transports of httpx are driven directly: its client would
log every URL, an account token among them, keep cookies, and read answers without a bound.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
import httpx

from wootric_mcp.api.errors import BadAnswer, NotConfigured, Unreachable, Untrusted, WootricError
from wootric_mcp.api.loops import PerLoop

MAX_BYTES = 8 * 1024 * 1024
"""Largest answer that is read, decompressed."""
SILENCE = 8.0
"""Seconds without a byte after which an answer is given up."""
WHOLE = 30.0
"""Seconds that one request may take in all."""

_TIMEOUT = httpx.Timeout(SILENCE, connect=5.0, pool=10.0)
_CONNECTIONS = 16
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(slots=True)
class _Pools:
    """Connections of one event loop. `fresh` keeps none open: see `Transport.send`."""

    kept: httpx.AsyncBaseTransport
    fresh: httpx.AsyncBaseTransport


class Transport:
    """Connections to one base URL. `given` stands in for them in tests."""

    def __init__(self, base_url: str, given: httpx.AsyncBaseTransport | None = None) -> None:
        self.base_url = base_url
        self.requests = 0
        self._host = urlsplit(base_url).hostname or ""
        self._given = given
        self._pools = PerLoop(self._open)

    async def send(self, request: httpx.Request, auth: httpx.Auth, *, fresh: bool) -> httpx.Response:
        """Send a request, with the requests for a token that `auth` finds necessary, and read the answer.

        With `fresh` no idle connection is used, because the server might close it at the same moment, and
        then nobody could tell whether the request arrived. Raises Unreachable and BadAnswer.
        """
        pools = self._pools.get()
        pool = pools.fresh if fresh else pools.kept
        flow = auth.async_auth_flow(request)
        try:
            current = await anext(flow)
            while True:
                try:
                    response = await self._exchange(pool, current)
                except WootricError as error:
                    if current is request:
                        raise
                    # It was for a token: `auth` tells those who wait for the same one.
                    current = await flow.athrow(error)
                else:
                    try:
                        current = await flow.asend(response)
                    except StopAsyncIteration:
                        return response
        finally:
            await flow.aclose()

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        pools = self._pools.pop()
        if pools is not None:
            await pools.kept.aclose()
            await pools.fresh.aclose()

    async def _exchange(self, pool: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = _TIMEOUT.as_dict()
        self.requests += 1
        try:
            with anyio.fail_after(WHOLE):
                response = await pool.handle_async_request(request)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except _NOT_SENT as error:
            raise self._unreachable(error) from None
        except httpx.TimeoutException:
            raise self._silent(f"was silent for {SILENCE:.0f} s") from None
        except TimeoutError:
            raise self._silent(f"did not finish its answer within {WHOLE:.0f} s") from None
        except httpx.TransportError:
            raise Unreachable(
                f"The connection to {self._host} was lost before the answer had arrived.",
                "Try again.",
                may_have_been_sent=True,
            ) from None
        headers = [pair for pair in response.headers.multi_items() if pair[0] not in _BODY_HEADERS]
        return httpx.Response(response.status_code, headers=headers, content=body)

    def _silent(self, what: str) -> Unreachable:
        return Unreachable(f"{self._host} {what}.", "Try again in a few minutes.", may_have_been_sent=True)

    def _unreachable(self, error: BaseException) -> Unreachable:
        causes = list(_causes(error))
        if any(isinstance(cause, ssl.SSLError) for cause in causes) or "CERTIFICATE_VERIFY" in str(error):
            return Untrusted(
                f"No secure connection to {self._host}: its certificate was not accepted.",
                "Check WOOTRIC_BASE_URL, and that the system trusts the certificate of your network's proxy.",
                may_have_been_sent=False,
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return Unreachable(
                f"The name {self._host} could not be resolved.",
                "Check the network, WOOTRIC_REGION and WOOTRIC_BASE_URL.",
                may_have_been_sent=False,
            )
        return Unreachable(
            f"No connection to {self._host} could be made.",
            "Check the network and its proxy (HTTPS_PROXY), and WOOTRIC_BASE_URL.",
            may_have_been_sent=False,
        )

    def _open(self) -> _Pools:
        if self._given is not None:
            return _Pools(self._given, self._given)
        try:
            context, proxy = _trust(self.base_url), proxy_for(self.base_url)
            return _Pools(*(_pool(context, proxy, idle) for idle in (_CONNECTIONS, 0)))
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise NotConfigured(
                "The proxy of the environment (HTTPS_PROXY or ALL_PROXY) cannot be used; "
                "set it to something like http://proxy.example.com:8080."
            ) from error


def _pool(context: ssl.SSLContext, proxy: str | None, idle: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=idle, keepalive_expiry=4.0)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=proxy)


def _trust(url: str) -> ssl.SSLContext:
    """What certificates are accepted: those of the operating system."""
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment or the system names for a URL; none for loopback."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_BODY_HEADERS = {"content-encoding", "content-length", "transfer-encoding"}


async def _read(response: httpx.Response) -> bytes:
    """The decompressed body. Raises BadAnswer if it is larger than `MAX_BYTES`."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise BadAnswer("Wootric's answer is compressed in a way that was not asked for.")
    inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    received = 0
    async for chunk in cast(httpx.AsyncByteStream, response.stream):
        received += len(chunk)
        try:
            body += inflate.decompress(chunk, MAX_BYTES + 1) if inflate else chunk
        except zlib.error:
            raise BadAnswer("Wootric's answer is compressed but broken.") from None
        if max(len(body), received) > MAX_BYTES:
            raise BadAnswer(f"Wootric's answer is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    if inflate and received and not inflate.eof:
        raise BadAnswer("Wootric's answer is compressed but broken.")
    return bytes(body)
