"""Stand-ins for what the client depends on: time, and a Wootric that answers what a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import anyio.lowlevel
import httpx
from pydantic import SecretStr

from wootric_mcp.api.client import WootricClient
from wootric_mcp.settings import Settings

URL = "https://wootric.test"
END_USER: dict[str, Any] = {
    "id": 512004417,
    "created_at": "2024-02-05 09:14:27 -0800",
    "updated_at": "2024-03-18 07:05:44 -0700",
    "email": "mara.okafor@lumenfield.test",
    "last_surveyed": "2024-03-18 07:05:40 -0700",
    "external_created_at": 1706894400,
    "last_seen_at": None,
    "properties": {"plan": "Team", "seats_amount": 42},
    "phone_number": "+353861234567",
    "external_id": "crm-88213",
    "last_response": {"id": 103377120, "score": 9, "text": None, "survey": {"channel": "email"}},
    "settings": {"email_nps": True, "mobile_nps": True, "web_nps": True, "force_web_survey": None},
}
RESPONSE: dict[str, Any] = {
    "id": 103377120,
    "end_user_id": 512004417,
    "survey_id": 220914533,
    "score": 9,
    "text": "Setup took ten minutes.",
    "completed": True,
    "excluded_from_calculations": False,
    "ip_address": "203.0.113.24",
    "origin_url": "https://app.lumenfield.test/home",
    "created_at": "2024-03-18 07:05:44 -0700",
    "updated_at": "2024-03-18 07:06:31 -0700",
    "tags": ["ONBOARDING"],
    "notes": [],
    "end_user": {"email": "mara.okafor@lumenfield.test", "properties": {"plan": "Team"}},
}
DECLINE: dict[str, Any] = {
    "id": 48810277,
    "end_user_id": 512004417,
    "survey_id": None,
    "ip_address": None,
    "origin_url": None,
    "created_at": "2024-01-09 13:40:02 -0800",
    "updated_at": None,
    "end_user": None,
}
NOT_FOUND = {
    "type": "error_list",
    "errors": [{"status": "record_not_found", "message": "The record could not be found", "field": None}],
}


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wakes_at = self.now + seconds
        await anyio.lowlevel.checkpoint()
        self.now = max(self.now, wakes_at)  # those who sleep at the same time wake at the same time


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def answer(status: int = 200, body: object = None, **headers: str) -> httpx.Response:
    """An answer with a JSON body; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, headers={"content-type": "application/json", **named}, content=content)


class FakeWootric(httpx.AsyncBaseTransport):
    """Gives out `answers` in order, the last one again and again; tokens on their own account."""

    def __init__(self, *answers: Answer, tokens: list[Answer] | None = None) -> None:
        self.answers = list(answers)
        self.tokens = tokens
        self.received: list[httpx.Request] = []
        self.token_requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        # A copy: a request that is sent again gets other headers.
        request = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        if request.url.path == "/oauth/token":
            self.token_requests.append(request)
            if self.tokens is None:
                number = len(self.token_requests)
                return answer(body={"access_token": f"token-{number}", "expires_in": 7200})
            return self._next(self.tokens, request)
        self.received.append(request)
        return self._next(self.answers, request)

    @staticmethod
    def _next(answers: list[Answer], request: httpx.Request) -> httpx.Response:
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(given, Exception):
            raise given
        if isinstance(given, httpx.Response):
            return httpx.Response(given.status_code, headers=given.headers, content=given.content)
        return given(request)

    @property
    def sent(self) -> list[str]:
        """Method and path of what was received, tokens aside."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.received]


def settings(**values: Any) -> Settings:
    """Settings that read nothing from the environment."""
    blank = {name: field.get_default() for name, field in Settings.model_fields.items()}
    given = {"base_url": URL, "client_id": "client-7f", "client_secret": SecretStr("hush-client")}
    return Settings(**{**blank, **given, **values})


def client(wootric: httpx.AsyncBaseTransport, time: FakeTime | None = None, **values: Any) -> WootricClient:
    """A client of `wootric` that never really sleeps."""
    time = time or FakeTime()
    return WootricClient(
        settings(**values), transport=wootric, clock=time, sleep=time.sleep, jitter=lambda: 0.5
    )


def form(request: httpx.Request) -> list[tuple[str, str]]:
    """The fields of an urlencoded body, in order."""
    return parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=bool(request.content))
