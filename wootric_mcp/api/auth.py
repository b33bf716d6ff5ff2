"""OAuth of Wootric: a token for each client, kept in memory only, one request for all who wait for it.

Grants: `password` (with the account token in the query), `client_credentials`, `refresh_token`. The form of
requests and answers is Doorkeeper's: https://doorkeeper.gitbook.io/guides/ruby-on-rails/api-endpoint-descriptions.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from wootric_mcp.api import answers
from wootric_mcp.api.errors import (
    AuthenticationFailed,
    BadAnswer,
    NotConfigured,
    Refused,
    ServerFault,
    Unreachable,
    WootricError,
)
from wootric_mcp.api.limits import rate_limited
from wootric_mcp.api.loops import PerLoop
from wootric_mcp.settings import Settings

RENEW_BEFORE = 60.0
"""Seconds before its end at which a token is renewed."""
_LIFETIME = 7_200.0
"""Seconds a token lives if the server does not say."""


@dataclass(frozen=True, slots=True)
class _Token:
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    renew_at: float


class WootricAuth(httpx.Auth):
    """Puts a valid token on every request; asks for one when there is none, it ends, or after one 401."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._token: _Token | None = None
        self._locks = PerLoop(anyio.Lock)
        self._failures = 0
        self._failure: WootricError | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yield the requests to send: those for a token that are necessary, and `request` once or twice."""
        refused: str | None = None
        for _ in range(2):
            failures = self._failures
            token = self._valid_token(refused)
            if token is None:
                async with self._locks.get():
                    if self._failures != failures and self._failure is not None:
                        raise self._failure.copy()  # what became of the request this one has waited for
                    try:
                        token = self._valid_token(refused)
                        while token is None:
                            grant = self._grant()
                            asked_at = self._clock()
                            response = yield self._token_request(grant)
                            token = self._accept(response, grant, asked_at)
                    except WootricError as error:
                        error.may_have_changed = False
                        if isinstance(error, Unreachable):
                            error.may_have_been_sent = False
                        self._failures, self._failure = self._failures + 1, error.copy()
                        raise
            request.headers["Authorization"] = f"Bearer {token.access}"
            response = yield request
            if response.status_code != 401:
                return
            refused = token.access

    def _valid_token(self, refused: str | None) -> _Token | None:
        token = self._token
        if token is None or token.access == refused or self._clock() >= token.renew_at:
            return None
        return token

    def _grant(self) -> dict[str, str]:
        if self._token is not None and self._token.refresh:
            return {"grant_type": "refresh_token", "refresh_token": self._token.refresh}
        settings = self._settings
        if settings.grant == "password" and settings.password:
            return {
                "grant_type": "password",
                "username": settings.username,
                "password": settings.password.get_secret_value(),
            }
        if settings.grant == "client_credentials" and settings.client_secret:
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": settings.client_secret.get_secret_value(),
            }
        raise NotConfigured(settings.what_to_set())

    def _token_request(self, grant: dict[str, str]) -> httpx.Request:
        account = self._settings.account_token
        query = {"account_token": account.get_secret_value()} if account else {}
        return httpx.Request(
            "POST",
            f"{self._settings.url}/oauth/token",
            params=query if grant["grant_type"] == "password" else None,
            data=grant,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
        )

    def _accept(self, response: httpx.Response, grant: dict[str, str], asked_at: float) -> _Token | None:
        """Keep the token. None: the refresh token was refused, so the credentials have to be sent again."""
        if response.status_code == 429:
            raise rate_limited(response.headers, self._clock())
        try:
            body = answers.read(response, any_body=False)
        except ServerFault:
            raise
        except Refused as error:
            self._token = None
            if grant["grant_type"] == "refresh_token":
                return None
            raise self._refusal(error) from None
        self._token = _read_token(body, asked_at)
        return self._token

    def _refusal(self, error: Refused) -> AuthenticationFailed:
        """What to check. What the server wrote is dropped: it may repeat what was sent."""
        if error.status == 404:
            problem = "Wootric does not know this account (404 for the token request)."
            advice = "Check WOOTRIC_ACCOUNT_TOKEN and WOOTRIC_REGION."
        else:
            problem = f"Wootric did not accept the credentials: {error.problem[0].lower()}{error.problem[1:]}"
            named = (
                "WOOTRIC_USERNAME, WOOTRIC_PASSWORD and WOOTRIC_ACCOUNT_TOKEN"
                if self._settings.grant == "password"
                else "WOOTRIC_CLIENT_ID and WOOTRIC_CLIENT_SECRET"
            )
            advice = f"Check {named}, and WOOTRIC_REGION (us, eu or au)."
        return AuthenticationFailed(problem, advice, status=error.status)


def _read_token(body: Any, asked_at: float) -> _Token:
    access = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
        raise BadAnswer("Wootric's answer to the token request has no usable access token.")
    refresh = body.get("refresh_token")
    lifetime = body.get("expires_in")
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or not 0 < lifetime < 1e9:
        lifetime = _LIFETIME
    # A token that lives for less than two minutes is renewed when half its life is over.
    renew_at = asked_at + lifetime - min(RENEW_BEFORE, lifetime / 2)
    return _Token(access, refresh if isinstance(refresh, str) and refresh else None, renew_at)
