from __future__ import annotations

import gzip
import json
import socket
import ssl
import zlib
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from tests.api.fakes import END_USER, FakeWootric, answer, client
from wootric_mcp.api import transport
from wootric_mcp.api.errors import BadAnswer, NotConfigured, Unreachable, Untrusted
from wootric_mcp.api.models import EmailSurvey, checked
from wootric_mcp.api.people import Person
from wootric_mcp.api.transport import MAX_BYTES, proxy_for

MARA = Person("id", "512004417")
BODY = json.dumps(END_USER).encode()


class Stream(httpx.AsyncByteStream):
    """A body in chunks that knows how much of it was read; an exception among them is raised."""

    def __init__(self, *chunks: bytes | Exception | None) -> None:
        self.chunks = chunks
        self.read = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if chunk is None:
                await anyio.sleep_forever()
            elif isinstance(chunk, Exception):
                raise chunk
            else:
                self.read += len(chunk)
                yield chunk

    async def aclose(self) -> None:
        self.is_closed = True


class StreamingWootric(FakeWootric):
    """Answers with `streams` in order, the last one again and again."""

    def __init__(self, *streams: Stream, encoding: str = "identity", status: int = 200) -> None:
        super().__init__(answer())
        self.streams = list(streams)
        self.encoding, self.status = encoding, status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if request.url.path == "/oauth/token":
            return response
        stream = self.streams.pop(0) if len(self.streams) > 1 else self.streams[0]
        return httpx.Response(self.status, headers={"content-encoding": self.encoding}, stream=stream)


async def test_an_answer_is_read_to_its_end_whatever_its_chunks() -> None:
    wootric = StreamingWootric(Stream(*(bytes([byte]) for byte in BODY)))
    assert (await client(wootric).get_end_user(MARA)).id == 512004417
    assert wootric.streams[0].is_closed


@pytest.mark.parametrize("encoding", ["gzip", "GZIP "])
async def test_a_compressed_answer_is_read(encoding: str) -> None:
    packed = gzip.compress(BODY)
    wootric = StreamingWootric(Stream(packed[:20], packed[20:]), encoding=encoding)
    assert (await client(wootric).get_end_user(MARA)).id == 512004417
    assert wootric.received[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_a_huge_answer_is_not_read_to_its_end(status: int) -> None:
    chunk = b"[" + b" " * (1024 * 1024 - 1)
    stream = Stream(*[chunk] * 50)
    with pytest.raises(BadAnswer, match="larger than 8 MiB"):
        await client(StreamingWootric(stream, status=status)).send_email_survey(
            checked(EmailSurvey, emails=["a@b.c"])
        )
    assert stream.read <= MAX_BYTES + 1024 * 1024
    assert stream.is_closed


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([packer.compress(b" " * 1024 * 1024) for _ in range(96)]) + packer.flush()
    assert len(bomb) < MAX_BYTES / 50
    wootric = StreamingWootric(Stream(bomb), encoding="gzip")
    with pytest.raises(BadAnswer, match="larger than 8 MiB"):
        await client(wootric).get_end_user(MARA)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"not packed", "gzip"), (gzip.compress(BODY)[:-12], "gzip"), (BODY, "br"), (BODY, "gzip, gzip")],
)
async def test_a_badly_compressed_answer_is_a_bad_answer(body: bytes, encoding: str) -> None:
    with pytest.raises(BadAnswer, match="compressed"):
        await client(StreamingWootric(Stream(body), encoding=encoding)).get_end_user(MARA)


async def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "WHOLE", 0.02)
    dripping = Stream(b"[", None)
    wootric = StreamingWootric(dripping, Stream(BODY))
    with anyio.fail_after(5):
        assert (await client(wootric).get_end_user(MARA)).id == 512004417
    assert dripping.is_closed
    with anyio.fail_after(5), pytest.raises(Unreachable, match="did not finish its answer"):
        await client(StreamingWootric(Stream(b"[", None))).get_end_user(MARA)


async def test_a_connection_cut_within_the_body_is_tried_again() -> None:
    wootric = StreamingWootric(Stream(BODY[:50], httpx.ReadError("reset")), Stream(BODY))
    assert (await client(wootric).get_end_user(MARA)).id == 512004417
    assert len(wootric.received) == 2


@pytest.mark.parametrize(
    ("cause", "kind", "says"),
    [
        (ssl.SSLCertVerificationError("self-signed certificate"), Untrusted, "certificate was not accepted"),
        (socket.gaierror(-2, "Name or service not known"), Unreachable, "could not be resolved"),
        (ConnectionRefusedError(111, "refused"), Unreachable, "No connection to wootric.test"),
    ],
)
async def test_a_connection_that_cannot_be_made_says_why(
    cause: Exception, kind: type[Unreachable], says: str
) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no") from cause

    wootric = FakeWootric(refuse)
    with pytest.raises(kind, match=says):
        await client(wootric).get_end_user(MARA)
    assert len(wootric.received) == (1 if kind is Untrusted else 5)


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("_no_proxies")
def test_the_proxy_of_the_environment_is_used_but_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("https://api.wootric.com") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:8080")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:8080")
    assert proxy_for("https://api.wootric.com") == "http://proxy.test:8080"
    for loopback in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"):
        assert proxy_for(loopback) is None
    monkeypatch.setenv("NO_PROXY", "wootric.com")
    assert proxy_for("https://api.wootric.com") is None


@pytest.mark.usefixtures("_no_proxies")
def test_a_proxy_for_everything_or_without_a_scheme_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.test:8080")
    assert proxy_for("https://api.wootric.com") == "http://proxy.test:8080"


@pytest.mark.usefixtures("_no_proxies")
@pytest.mark.parametrize("proxy", ["ftp://hush-pass@proxy.test", "socks5://proxy.test:1080", "http://[::1"])
async def test_a_proxy_that_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(NotConfigured, match="HTTPS_PROXY") as failure:
        await client(None, base_url="https://wootric.invalid").get_end_user(MARA)  # type: ignore[arg-type]
    assert "hush-pass" not in str(failure.value)


@pytest.mark.usefixtures("_no_proxies")
async def test_certificates_are_checked_by_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = transport._pool

    def spy(context: ssl.SSLContext, proxy: str | None, idle: int) -> httpx.AsyncHTTPTransport:
        made.append((type(context).__module__.split(".")[0], proxy, idle))
        return real(context, proxy, idle)

    monkeypatch.setattr(transport, "_pool", spy)
    secure = transport.Transport("https://wootric.invalid")
    secure._pools.get()
    assert made == [("truststore", None, 16), ("truststore", None, 0)]
    await secure.aclose()
    await secure.aclose()  # nothing is left to close
