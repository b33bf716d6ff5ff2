from __future__ import annotations

import asyncio
import logging

import anyio
import httpx
import pytest
from pydantic import SecretStr

from tests.api.fakes import END_USER, FakeTime, FakeWootric, answer, client, form, settings
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import (
    AuthenticationFailed,
    BadAnswer,
    NotConfigured,
    RateLimited,
    ServerFault,
    Unreachable,
    WootricError,
)
from wootric_mcp.api.models import EmailSurvey, checked
from wootric_mcp.api.people import Person
from wootric_mcp.settings import Settings

MARA = Person("id", "512004417")
SURVEY = checked(EmailSurvey, emails=["mara@lumenfield.test"])
PASSWORD = {
    "client_id": "",
    "client_secret": None,
    "username": "owner@lumenfield.test",
    "password": SecretStr("hush-pass"),
}
REFUSED = answer(401, {"error": "invalid_client", "error_description": "hush-client is wrong"})


def bearers(wootric: FakeWootric) -> list[str]:
    return [request.headers["authorization"] for request in wootric.received]


async def test_a_hundred_concurrent_calls_cause_one_token_request() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    async with client(wootric) as wootric_client, anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(wootric_client.get_end_user, MARA)
    assert len(wootric.token_requests) == 1
    assert bearers(wootric) == ["Bearer token-1"] * 100
    assert wootric_client.requests == 101


async def test_a_hundred_calls_with_refused_credentials_ask_for_a_token_once() -> None:
    wootric = FakeWootric(answer(body=END_USER), tokens=[REFUSED])
    wootric_client = client(wootric)
    errors: list[WootricError] = []

    async def call() -> None:
        try:
            await wootric_client.get_end_user(MARA)
        except AuthenticationFailed as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(call)
    assert len(errors) == 100
    assert len({id(error) for error in errors}) == 100
    assert len(wootric.token_requests) == 1
    with pytest.raises(AuthenticationFailed):  # a later call does ask again
        await wootric_client.get_end_user(MARA)
    assert len(wootric.token_requests) == 2


async def test_a_token_is_renewed_sixty_seconds_before_its_end() -> None:
    time, wootric = FakeTime(), FakeWootric(answer(body=END_USER))
    wootric_client = client(wootric, time)
    await wootric_client.get_end_user(MARA)
    time.now += 7200 - 60 - 1
    await wootric_client.get_end_user(MARA)
    time.now += 1
    await wootric_client.get_end_user(MARA)
    assert bearers(wootric) == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    ("expires_in", "seconds"), [(30, 15), (100, 50), (None, 7140), ("soon", 7140), (True, 7140), (-5, 7140)]
)
async def test_a_token_of_odd_lifetime_is_used_for_a_sensible_time(expires_in: object, seconds: int) -> None:
    token = answer(body={"access_token": "abc", "expires_in": expires_in})
    time, wootric = FakeTime(), FakeWootric(answer(body=END_USER), tokens=[token])
    wootric_client = client(wootric, time)
    await wootric_client.get_end_user(MARA)
    time.now += seconds - 1
    await wootric_client.get_end_user(MARA)
    assert len(wootric.token_requests) == 1
    time.now += 1
    await wootric_client.get_end_user(MARA)
    assert len(wootric.token_requests) == 2


async def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    wootric = FakeWootric(answer(401, {"error": "The access token expired", "status": 401}), answer(body={}))
    await client(wootric).send_email_survey(SURVEY)
    assert bearers(wootric) == ["Bearer token-1", "Bearer token-2"]
    assert wootric.received[0].content == wootric.received[1].content


async def test_a_call_that_is_refused_with_a_new_token_too_fails_without_a_third_attempt() -> None:
    wootric = FakeWootric(answer(401, {"error": "The access token is invalid", "status": 401}))
    with pytest.raises(AuthenticationFailed, match="The access token is invalid") as failure:
        await client(wootric).send_email_survey(SURVEY)
    assert len(wootric.received) == 2
    assert failure.value.status == 401
    assert str(failure.value).endswith("Nothing was changed.")


async def test_a_server_that_gives_out_the_same_token_again_is_not_asked_forever() -> None:
    token = answer(body={"access_token": "same", "expires_in": 7200})
    wootric = FakeWootric(answer(401), tokens=[token])
    with anyio.fail_after(5), pytest.raises(AuthenticationFailed):
        await client(wootric).get_end_user(MARA)
    assert len(wootric.token_requests) == 2


async def test_the_password_grant_carries_the_account_token_in_the_query() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    await client(wootric, **PASSWORD, account_token=SecretStr("NPS-4f1c09ab")).get_end_user(MARA)
    (request,) = wootric.token_requests
    assert request.url.params["account_token"] == "NPS-4f1c09ab"
    assert form(request) == [
        ("grant_type", "password"),
        ("username", "owner@lumenfield.test"),
        ("password", "hush-pass"),
    ]


async def test_client_credentials_are_sent_in_the_body() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    await client(wootric, account_token=SecretStr("NPS-4f1c09ab")).get_end_user(MARA)
    (request,) = wootric.token_requests
    assert not request.url.query
    assert dict(form(request)) == {
        "grant_type": "client_credentials",
        "client_id": "client-7f",
        "client_secret": "hush-client",
    }


async def test_a_refresh_token_is_used_and_where_it_is_refused_the_credentials_are_sent_again() -> None:
    tokens = [
        answer(body={"access_token": "a", "refresh_token": "r-1", "expires_in": 7200}),
        answer(body={"access_token": "b", "refresh_token": "r-2", "expires_in": 7200}),
        answer(401, {"error": "invalid_grant"}),
        answer(body={"access_token": "c", "expires_in": 7200}),
    ]
    time, wootric = FakeTime(), FakeWootric(answer(body=END_USER), tokens=list(tokens))
    wootric_client = client(wootric, time, **PASSWORD)
    for _ in range(3):
        await wootric_client.get_end_user(MARA)
        time.now += 7200
    sent = [dict(form(request)) for request in wootric.token_requests]
    assert [fields["grant_type"] for fields in sent] == [
        "password",
        "refresh_token",
        "refresh_token",
        "password",
    ]
    assert [fields.get("refresh_token") for fields in sent] == [None, "r-1", "r-2", None]
    assert bearers(wootric) == ["Bearer a", "Bearer b", "Bearer c"]


@pytest.mark.parametrize(
    ("grant", "refusal", "named"),
    [
        ({}, REFUSED, "WOOTRIC_CLIENT_ID and WOOTRIC_CLIENT_SECRET"),
        (PASSWORD, answer(400, {"error": "invalid_grant"}), "WOOTRIC_USERNAME, WOOTRIC_PASSWORD"),
        (
            PASSWORD,
            answer(404, {"error": "Not found", "status": 404}),
            "WOOTRIC_ACCOUNT_TOKEN and WOOTRIC_REGION",
        ),
    ],
)
async def test_a_refused_token_request_says_what_to_check(
    grant: dict[str, object], refusal: httpx.Response, named: str
) -> None:
    wootric = FakeWootric(answer(body=END_USER), tokens=[refusal])
    with pytest.raises(AuthenticationFailed) as failure:
        await client(wootric, **grant).send_email_survey(SURVEY)
    assert named in str(failure.value)
    assert failure.value.may_have_changed is False
    assert not failure.value.server_text
    assert not wootric.received


@pytest.mark.parametrize(
    "body",
    [{}, [], "x", {"access_token": 5}, {"access_token": ""}, {"access_token": "a\nb"}, {"access_token": "ü"}],
)
async def test_an_unusable_token_answer_is_a_bad_answer(body: object) -> None:
    wootric = FakeWootric(answer(body=END_USER), tokens=[answer(body=body)])
    with pytest.raises(BadAnswer):
        await client(wootric).get_end_user(MARA)
    assert not wootric.received


async def test_a_failing_token_request_leaves_no_doubt_about_the_survey_and_is_repeated() -> None:
    tokens = [
        answer(500),
        httpx.ReadError("reset"),
        httpx.Response(200, html="<html>busy</html>"),
        answer(body={"access_token": "a", "expires_in": 7200}),
    ]
    wootric = FakeWootric(answer(body={}), tokens=list(tokens))
    await client(wootric).send_email_survey(SURVEY)
    assert len(wootric.received) == 1
    assert len(wootric.token_requests) == 4


async def test_a_token_that_cannot_be_had_leaves_no_doubt_about_the_survey() -> None:
    for token, kind in ((answer(503), ServerFault), (httpx.ReadTimeout("silence"), Unreachable)):
        with pytest.raises(kind) as failure:
            await client(FakeWootric(answer(), tokens=[token])).send_email_survey(SURVEY)
        assert failure.value.may_have_changed is False
        assert "Nothing was changed." in str(failure.value)
        if isinstance(failure.value, Unreachable):
            assert not failure.value.may_have_been_sent


async def test_a_token_request_over_the_limit_waits_for_the_reset() -> None:
    token = answer(body={"access_token": "a", "expires_in": 7200})
    time = FakeTime()
    wootric = FakeWootric(answer(body=END_USER), tokens=[answer(429, retry_after="20"), token])
    await client(wootric, time).get_end_user(MARA)
    assert 20 <= sum(time.slept) <= 25

    wootric = FakeWootric(answer(body=END_USER), tokens=[answer(429, retry_after="20")])
    with anyio.move_on_after(10), pytest.raises(RateLimited):
        await client(wootric).get_end_user(MARA)


async def test_a_cancelled_token_request_lets_the_next_caller_ask() -> None:
    has_begun = anyio.Event()
    wootric = FakeWootric(answer(body=END_USER))
    real = wootric.handle_async_request

    async def hang_first(request: httpx.Request) -> httpx.Response:
        if not has_begun.is_set():
            has_begun.set()
            await anyio.sleep_forever()
        return await real(request)

    wootric.handle_async_request = hang_first  # type: ignore[method-assign]
    wootric_client = client(wootric)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:

            async def cancelled() -> None:
                with anyio.CancelScope() as scope:
                    scopes.append(scope)
                    await wootric_client.get_end_user(MARA)

            scopes: list[anyio.CancelScope] = []
            group.start_soon(cancelled)
            await has_begun.wait()
            group.start_soon(wootric_client.get_end_user, MARA)
            await anyio.lowlevel.checkpoint()
            scopes[0].cancel()
    assert bearers(wootric) == ["Bearer token-1"]


def test_one_client_serves_several_event_loops() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    wootric_client = client(wootric)

    async def two_calls() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(wootric_client.get_end_user, MARA)
            group.start_soon(wootric_client.get_end_user, MARA)

    asyncio.run(two_calls())
    asyncio.run(two_calls())
    assert len(wootric.received) == 4
    assert len(wootric.token_requests) == 1


async def test_secrets_show_in_no_log_error_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ("hush-client", "hush-pass", "NPS-4f1c09ab", "token-1", "r-hush")
    token = answer(body={"access_token": "token-1", "refresh_token": "r-hush", "expires_in": 7200})
    for grant in ({}, PASSWORD):
        for tokens in ([token], [REFUSED]):
            wootric_client = client(
                FakeWootric(answer(401, {"error": "token-1"}), tokens=list(tokens)),
                **grant,
                account_token=SecretStr("NPS-4f1c09ab"),
            )
            with pytest.raises(AuthenticationFailed) as failure:
                await wootric_client.get_end_user(MARA)
            auth = wootric_client._sender._auth
            seen = [
                str(failure.value),
                repr(failure.value),
                repr(wootric_client),
                repr(auth),
                repr(auth._token),
            ]
            for secret in secrets:
                assert not any(secret in text for text in seen)
    assert not any(secret in caplog.text for secret in secrets)


async def test_without_credentials_every_call_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    wootric = FakeWootric(answer(body=END_USER))
    monkeypatch.setenv("WOOTRIC_REGION", "mars")
    with pytest.raises(NotConfigured, match="WOOTRIC_CLIENT_ID"):
        await client(wootric, client_secret=None).get_end_user(MARA)
    with pytest.raises(NotConfigured, match="WOOTRIC_REGION cannot be used"):
        given = {"client_id": "id", "client_secret": "secret", "base_url": "https://wootric.test"}
        await WootricClient(Settings.load(given), transport=wootric).get_end_user(MARA)
    assert not wootric.received
    assert not wootric.token_requests


async def test_the_auth_flow_alone_refuses_settings_without_a_grant() -> None:
    wootric_client = WootricClient(settings(client_secret=None), transport=FakeWootric(answer()))
    flow = wootric_client._sender._auth.async_auth_flow(httpx.Request("GET", "https://wootric.test/"))
    with pytest.raises(NotConfigured):
        await anext(flow)
