"""The ASGI application: from an HTTP request to an operation, and back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from . import control, email_surveys, end_users, reports, responses
from .answers import NO_BODY, Answer, Refusal, failure, no_such_route
from .faults import HTML_PAGE, HUGE_BYTES, Fault
from .limits import rate_headers, rate_limited
from .oauth import unknown_token
from .operation import Call, Routes
from .parameters import Parameters, Upload, merge, nest, pairs

if TYPE_CHECKING:
    from .server import Sandbox
    from .traffic import Request as NotedRequest

CUT = "wootric.sandbox.cut"
"""The ASGI extension by which the server lets the application cut the connection."""

_ROUTES = Routes(
    (*end_users.OPERATIONS, *responses.OPERATIONS, *reports.OPERATIONS, *email_surveys.OPERATIONS)
)
_MULTIPART_PART = 64 * 1024 * 1024
_CHUNK = b"x" * 65_536
_logger = logging.getLogger(__name__)


class Gateway:
    """Middleware that answers every HTTP request itself; other kinds of traffic go on to `app`."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        # The decoded path would turn a `%2F` inside a value into a separator.
        path = scope["raw_path"].decode("ascii")
        if path.startswith(control.PREFIX):
            response = self._response(await control.answer(self._sandbox, request, path))
            await response(scope, receive, send)
            return
        traffic = self._sandbox.account.traffic
        noted = traffic.arrived(request.method, path, scope["query_string"].decode("ascii", "replace"))
        reply: Response | None = None
        with contextlib.suppress(ClientDisconnect):
            await request.body()
            reply = await self._reply(noted, request)
        # Before the answer goes out, so that whoever has it finds it counted.
        traffic.finished(noted, reply.status_code if reply else None)
        if reply is None:
            await _cut(request)
        else:
            await reply(scope, receive, send)

    async def _reply(self, noted: NotedRequest, request: Request) -> Response | None:
        """The answer, or what goes wrong on request; None to cut the connection."""
        fault = self._sandbox.faults.pick(noted.method, noted.path)
        if fault is None:
            return self._response(await self._perform(noted, request))
        noted.fault = fault.kind
        match fault.kind:
            case "delay":
                await _gone(request.receive, fault.wait())
                return self._response(await self._perform(noted, request))
            case "broken_json":
                answer = await self._perform(noted, request)
                content = _encoded(answer)
                return self._response(answer, content[: len(content) // 2] or b'{"')
            case "cut_after":
                await self._perform(noted, request)
                return None
            case "silence":
                await _gone(request.receive, fault.wait())
                return None
            case "cut":
                return None
            case "huge":
                return StreamingResponse(_huge(), media_type="application/json")
            case "html":
                page = Answer(status=fault.status, headers={"Content-Type": "text/html; charset=utf-8"})
                return self._response(page, HTML_PAGE.encode())
            case _:
                return self._response(self._refusal(fault).answer)

    def _refusal(self, fault: Fault) -> Refusal:
        if fault.kind == "401":
            return unknown_token()
        if fault.kind == "429":
            resets_at = int(self._sandbox.clock.time() + fault.wait())
            return rate_limited(rate_headers(self._sandbox.switches.rate_limit or 100, 0, resets_at))
        return failure(500, "Internal Server Error")

    async def _perform(self, noted: NotedRequest, request: Request) -> Answer:
        """Carry the request out. Whatever is refused or fails leaves the account as it was."""
        sandbox = self._sandbox
        limits: dict[str, str] = {}
        try:
            segments = _segments(noted.path)
            if (noted.method, segments) == ("POST", ["oauth", "token"]):
                noted.operation = "oauth_token"
                parameters = await _parameters(request)
                return sandbox.tokens.grant(parameters, request.headers, sandbox.switches)
            operation, variables = _ROUTES.find(noted.method, segments)
            noted.operation = operation.name
            parameters = await _parameters(request)
            token = sandbox.tokens.identify(parameters, request.headers)
            limits = sandbox.rate_limit.admit(sandbox.switches)
            client = request.client.host if request.client else "127.0.0.1"
            sandbox.account.settle()
            now = sandbox.clock.seconds()
            call = Call(sandbox.account, sandbox.switches, parameters, variables, token, client, now)
            with sandbox.account.transaction():
                answer = operation.perform(call)
        except Refusal as refusal:
            answer = refusal.answer
        except UnicodeEncodeError:
            answer = failure(400, "The request holds text that is not valid Unicode").answer
        except Exception:
            _logger.exception("The sandbox failed at %s %s", noted.method, noted.path)
            answer = failure(500, "Internal Server Error").answer
        return Answer(answer.body, answer.status, {**limits, **answer.headers})

    def _response(self, answer: Answer, content: bytes | None = None) -> Response:
        body = _encoded(answer) if content is None else content
        headers = {"Date": formatdate(self._sandbox.clock.time(), usegmt=True), **answer.headers}
        if body:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        return Response(body, answer.status, headers)


async def _huge() -> AsyncIterator[bytes]:
    yield b'["'
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        yield _CHUNK
    yield b'"]'


def _encoded(answer: Answer) -> bytes:
    if answer.body is NO_BODY:
        return b""
    return json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()


def _segments(path: str) -> list[str]:
    """The path's segments, each decoded once, without prefix, suffix and trailing slash."""
    raw = path.strip("/").removesuffix(".json").split("/")
    try:
        segments = [unquote(segment, errors="strict") for segment in raw]
    except UnicodeDecodeError as error:
        raise no_such_route() from error
    return segments[1:] if segments[0] == "api" else segments


async def _parameters(request: Request) -> Parameters:
    """Query and body as one nested hash; where both have a parameter, the body wins."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    values = nest(pairs(request.scope["query_string"]))
    body = await request.body()
    if kind == "multipart/form-data":
        try:
            async with request.form(max_part_size=_MULTIPART_PART) as form:
                flat = [
                    (
                        name,
                        Upload(item.filename or "", await item.read())
                        if isinstance(item, UploadFile)
                        else item,
                    )
                    for name, item in form.multi_items()
                ]
        except HTTPException as error:
            raise failure(400, "The request body could not be read") from error
        return Parameters(merge(values, nest(flat)))
    if kind == "application/json" or kind.endswith("+json"):
        return Parameters(merge(values, _json(body)))
    return Parameters(merge(values, nest(pairs(body))))


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        held = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise failure(400, "The request body is not valid JSON") from error
    return held if isinstance(held, dict) else {}


async def _gone(receive: Receive, seconds: float) -> None:
    """Wait until the client has gone, at most `seconds`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass


async def _cut(request: Request) -> None:
    """Cut the connection without an answer.

    Raises:
        ConnectionResetError: the server cannot cut connections, as when the application is called directly.
    """
    abort = request.scope.get("extensions", {}).get(CUT)
    if abort is None:
        raise ConnectionResetError("the connection was cut on request")
    abort()
    await _gone(request.receive, 1.0)
