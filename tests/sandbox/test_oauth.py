from __future__ import annotations

from typing import Any

import pytest

from .connection import CLIENT, USER, connected, user

TOKEN = "/oauth/token"


@pytest.mark.parametrize("how", ["data", "params", "json", "multipart"])
@pytest.mark.parametrize("grant", [CLIENT, USER])
async def test_a_token_is_given_however_it_is_asked_for(how: str, grant: dict[str, str]) -> None:
    options = {"files": {name: (None, value) for name, value in grant.items()}}
    async with connected() as api:
        answer = await api.post(TOKEN, **(options if how == "multipart" else {how: grant}))
        body = answer.json()
        assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 7200)
        assert len(body["access_token"]) == 64
        assert body["created_at"] == api.sandbox.clock.seconds()
        assert "invalidate_response" in body["scope"].split()
        assert ("refresh_token" in body) is (grant is USER)


async def test_a_refresh_token_works_once_and_brings_a_new_one() -> None:
    async with connected() as api:
        refresh = (await api.post(TOKEN, data=USER)).json()["refresh_token"]
        asked = {"grant_type": "refresh_token", "refresh_token": refresh}
        body = (await api.post(TOKEN, data=asked)).json()
        assert body["refresh_token"] != refresh
        api.http.headers["Authorization"] = f"bearer {body['access_token']}"
        assert (await api.get("/v1/segments")).status_code == 200
        again = await api.post(TOKEN, data=asked)
        assert (again.status_code, again.json()["error"]) == (401, "invalid_grant")


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({**USER, "password": "no"}, 401, "invalid_grant"),
        ({**USER, "username": "nö"}, 401, "invalid_grant"),
        ({**CLIENT, "client_secret": "no"}, 401, "invalid_client"),
        ({**CLIENT, "client_id": "no"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "sandbox"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token"}, 401, "invalid_grant"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
    ],
)
async def test_wrong_credentials_are_refused_in_the_words_of_oauth(
    asked: dict[str, str], status: int, error: str
) -> None:
    async with connected() as api:
        answer = await api.post(TOKEN, data=asked)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.json()["error_description"]


async def test_the_account_token_may_be_named_and_must_be_known() -> None:
    async with connected(account_token="NPS-4f1c09ab") as api:
        known = await api.post(TOKEN, params={"account_token": "NPS-4f1c09ab"}, data=USER)
        assert known.status_code == 200
        unknown = await api.post(TOKEN, params={"account_token": "NPS-00000000"}, data=USER)
        assert (unknown.status_code, unknown.json()) == (404, {"error": "Not found", "status": 404})


async def test_the_switch_for_public_clients_needs_no_secret_but_refuses_a_wrong_one() -> None:
    async with connected(public_clients=True) as api:
        asked = {"grant_type": "client_credentials", "client_id": "sandbox"}
        assert (await api.post(TOKEN, params=asked)).status_code == 200
        assert (await api.post(TOKEN, data={**asked, "client_secret": "no"})).status_code == 401


async def test_a_client_may_name_itself_with_basic_authentication() -> None:
    async with connected() as api:
        asked = {"grant_type": "client_credentials"}
        assert (await api.post(TOKEN, data=asked, auth=("sandbox", "sandbox"))).status_code == 200
        assert (await api.post(TOKEN, data=asked, auth=("sandbox", "no"))).status_code == 401
        garbled = await api.post(TOKEN, data=asked, headers={"Authorization": "Basic ="})
        assert garbled.status_code == 401


@pytest.mark.parametrize(
    "options",
    [{"params": {"access_token": "*"}}, {"data": {"access_token": "*"}}, {"json": {"access_token": "*"}}],
)
async def test_the_token_may_come_as_a_parameter(options: dict[str, dict[str, str]]) -> None:
    async with connected(user()) as api:
        token = api.http.headers.pop("Authorization").removeprefix("Bearer ")
        given: dict[str, Any] = {how: {"access_token": token} for how in options}
        assert (await api.get("/v1/segments", **given)).status_code == 200
        assert (await api.get("/v1/segments", **options)).status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer unknown", "Token x"])
async def test_without_a_known_token_nothing_is_answered(header: str | None) -> None:
    async with connected(user()) as api:
        del api.http.headers["Authorization"]
        answer = await api.get("/v1/end_users", headers={"Authorization": header} if header else {})
        assert answer.json() == {"error": "The access token is invalid", "status": 401}
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="Doorkeeper", error="invalid_token"'


async def test_a_token_expires_with_the_sandbox_clock() -> None:
    async with connected(token_seconds=60) as api:
        api.sandbox.clock.advance(59)
        assert (await api.get("/v1/segments")).status_code == 200
        api.sandbox.clock.advance(1)
        answer = await api.get("/v1/segments")
        assert (answer.status_code, answer.json()["error"]) == (401, "The access token expired")


async def test_tokens_can_be_revoked() -> None:
    async with connected() as api:
        api.sandbox.tokens.revoke_all()
        assert (await api.get("/v1/segments")).status_code == 401
