"""Tokens: the three grants, and who a request comes from."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Answer, Refusal, failure
from .clock import Clock
from .parameters import Parameters
from .switches import Switches

SCOPE = "delete_account admin respond export read survey invalidate_response"
_CHALLENGE = 'Bearer realm="Doorkeeper", error="invalid_token"'


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `user` is None when it acts for the account and not for a person."""

    user: str | None
    expires_at: float


class Tokens:
    """The tokens given out. They live in memory: a restarted sandbox knows none of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, str] = {}

    def revoke_all(self) -> None:
        """Make every access token invalid; refresh tokens stay."""
        self._access.clear()

    def grant(self, parameters: Parameters, headers: Mapping[str, str], switches: Switches) -> Answer:
        """Answer a token request.

        Raises:
            Refusal: 401 for wrong credentials, 404 for an unknown account token, 400 for an unknown grant.
        """
        account_token = parameters.text("account_token")
        if account_token is not None and account_token != switches.account_token:
            raise failure(404, "Not found")
        kind = parameters.text("grant_type")
        if kind == "password":
            user = parameters.text("username")
            if not (_same(user, switches.username) and _same(parameters.text("password"), switches.password)):
                raise _denied(
                    "invalid_grant", "The provided authorization grant is invalid, expired or revoked."
                )
            return self._issue(switches, user)
        if kind == "client_credentials":
            self._check_client(parameters, headers, switches)
            return self._issue(switches, None)
        if kind == "refresh_token":
            user = self._refresh.pop(parameters.text("refresh_token") or "", None)
            if user is None:
                raise _denied(
                    "invalid_grant", "The provided authorization grant is invalid, expired or revoked."
                )
            return self._issue(switches, user)
        if kind is None:
            raise _denied("invalid_request", "The request is missing a required parameter: grant_type.", 400)
        raise _denied("unsupported_grant_type", "The authorization grant type is not supported.", 400)

    def _check_client(self, parameters: Parameters, headers: Mapping[str, str], switches: Switches) -> None:
        client_id, secret = parameters.text("client_id"), parameters.text("client_secret")
        basic = headers.get("authorization", "").partition(" ")
        if basic[0].lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(basic[2], validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                secret = ""
        known = _same(client_id, switches.client_id)
        if not known or not (
            _same(secret, switches.client_secret) or (secret is None and switches.public_clients)
        ):
            raise _denied("invalid_client", "Client authentication failed.")

    def _issue(self, switches: Switches, user: str | None) -> Answer:
        access = secrets.token_hex(32)
        now = self._clock.time()
        self._access[access] = Token(user, now + switches.token_seconds)
        body: dict[str, Any] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": switches.token_seconds,
        }
        if user is not None:
            body["refresh_token"] = secrets.token_hex(32)
            self._refresh[body["refresh_token"]] = user
        return Answer(body | {"scope": SCOPE, "created_at": int(now)}, headers={"Cache-Control": "no-store"})

    def identify(self, parameters: Parameters, headers: Mapping[str, str]) -> Token:
        """The token of an API request: in the header, or as the parameter `access_token`.

        Raises:
            Refusal: 401, with no token, an unknown one or an expired one.
        """
        scheme, _, value = headers.get("authorization", "").partition(" ")
        held = value.strip() if scheme.lower() == "bearer" else parameters.text("access_token")
        token = self._access.get(held or "")
        if token is None:
            raise unknown_token()
        if token.expires_at <= self._clock.time():
            raise failure(401, "The access token expired", {"WWW-Authenticate": _CHALLENGE})
        return token


def unknown_token() -> Refusal:
    """The refusal of a request without a token, or with one that is not known."""
    return failure(401, "The access token is invalid", {"WWW-Authenticate": _CHALLENGE})


def _same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest((given or "").encode(), expected.encode())


def _denied(error: str, description: str, status: int = 401) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})
