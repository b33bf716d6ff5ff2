"""The client against the sandbox, over a real port: what a fake transport cannot show."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

import anyio
import httpx
import pytest
from pydantic import SecretStr

from tests.api.fakes import settings
from wootric_mcp.api import sender, transport
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import AuthenticationFailed, BadAnswer, NotFound, RateLimited, Unreachable
from wootric_mcp.api.models import (
    DeclineInput,
    EmailSurvey,
    EmailSurveyCsv,
    EndUserChange,
    EndUserInput,
    ResponseInput,
    SettingsChange,
    checked,
)
from wootric_mcp.api.people import Person
from wootric_mcp.sandbox.server import RunningSandbox, Sandbox, serve
from wootric_mcp.sandbox.switches import Switches

SURVEY = checked(EmailSurvey, emails=["mara@lumenfield.test"], survey_immediately=True)


def _sandbox(switches: Switches) -> Iterator[RunningSandbox]:
    sandbox = Sandbox(switches=switches)
    try:
        with serve(sandbox) as running:
            yield running
    finally:
        sandbox.close()


@pytest.fixture
def running() -> Iterator[RunningSandbox]:
    yield from _sandbox(Switches(rate_limit=None))


@pytest.fixture
def limited() -> Iterator[RunningSandbox]:
    yield from _sandbox(Switches(rate_limit=3))


def client(running: RunningSandbox, **values: object) -> WootricClient:
    grant = {"client_id": "sandbox", "client_secret": SecretStr("sandbox")}
    return WootricClient(settings(**{"base_url": running.base_url, **grant, **values}))


async def test_a_person_is_created_changed_answered_for_and_deleted(running: RunningSandbox) -> None:
    async with client(running) as wootric:
        new = checked(
            EndUserInput, email="mara@lumenfield.test", properties={"plan": "Team", "seats_amount": 42}
        )
        mara = await wootric.create_end_user(new)
        assert mara is not None
        by_mail = Person.parse("mara@lumenfield.test")
        update = await wootric.update_end_user(by_mail, checked(EndUserChange, properties={"region": "EMEA"}))
        assert update.changed == ("region",)
        found = await wootric.get_end_user(by_mail)
        assert found.properties == {"plan": "Team", "seats_amount": 42, "region": "EMEA"}
        answered = await wootric.create_response(
            by_mail, checked(ResponseInput, score=3, text="Slow.", properties={"plan": "Pro"})
        )
        assert answered is not None
        assert (await wootric.get_end_user(by_mail)).properties["region"] == "EMEA"
        (listed,) = await wootric.list_detractor_responses(by_mail)
        assert (listed.id, listed.text) == (answered.id, "Slow.")
        assert await wootric.delete_response(by_mail, answered.id) is True
        assert await wootric.delete_response(by_mail, answered.id) is False
        assert await wootric.delete_end_user(by_mail) is not None


async def test_a_survey_whose_answer_is_cut_off_is_sent_once(running: RunningSandbox) -> None:
    running.sandbox.faults.add({"kind": "cut_after", "path": "/v1/email_survey", "next": 1})
    async with client(running) as wootric:
        with pytest.raises(Unreachable, match="It may have been sent") as failure:
            await wootric.send_email_survey(SURVEY)
        assert failure.value.may_have_changed is True
        assert len(running.sandbox.account.outbox()) == 1
        csv = checked(EmailSurveyCsv, csv="email,plan\njun@lumenfield.test,Team\n", survey_immediately=True)
        await wootric.send_email_survey_csv(csv)
    assert [mail["to"] for mail in running.sandbox.account.outbox()] == [
        "mara@lumenfield.test",
        "jun@lumenfield.test",
    ]


@pytest.mark.parametrize("kind", ["401", "429", "500", "cut", "cut_after", "broken_json", "html", "huge"])
async def test_reading_survives_any_single_fault(running: RunningSandbox, kind: str) -> None:
    running.sandbox.faults.add({"kind": kind, "path": "/v1", "next": 1, "seconds": 0.1})
    async with client(running) as wootric:
        with anyio.fail_after(20):
            assert await wootric.list_segments() == []
            assert await wootric.list_responses() == []


async def test_a_huge_answer_fails_clearly_in_bounded_memory(running: RunningSandbox) -> None:
    running.sandbox.faults.add({"kind": "huge", "path": "/v1", "rate": 1})
    async with client(running) as wootric:
        tracemalloc.start()
        try:
            with anyio.fail_after(50), pytest.raises(BadAnswer, match="larger than 8 MiB"):
                await wootric.list_segments()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 3 * transport.MAX_BYTES + 50_000_000  # the sandbox holds its 50 MB in this process
        running.sandbox.faults.clear()
        assert await wootric.list_segments() == []


async def test_silence_fails_clearly_and_the_client_goes_on(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_TIMEOUT", httpx.Timeout(0.2))
    monkeypatch.setattr(sender, "MAX_ATTEMPTS", 2)
    running.sandbox.faults.add({"kind": "silence", "path": "/v1", "next": 3, "seconds": 1})
    async with client(running) as wootric:
        with anyio.fail_after(20), pytest.raises(Unreachable, match="was silent"):
            await wootric.list_segments()
        with anyio.fail_after(20), pytest.raises(Unreachable, match="may have been sent"):
            await wootric.send_email_survey(SURVEY)
        assert await wootric.list_segments() == []
    assert not running.sandbox.account.outbox()


async def test_the_request_limit_is_told_and_kept(limited: RunningSandbox) -> None:
    async with client(limited) as wootric:
        for _ in range(3):
            await wootric.list_segments()
        assert (wootric.budget.limit, wootric.budget.remaining) == (3, 0)
        with anyio.fail_after(20), pytest.raises(RateLimited) as failure:
            await wootric.list_segments()
        assert failure.value.resets_at is not None
        assert 40 < (failure.value.resets_at - datetime.now(UTC)).total_seconds() <= 62


async def test_wrong_credentials_and_a_closed_port_say_what_to_check(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "MAX_ATTEMPTS", 2)
    async with client(running, client_secret=SecretStr("hush-wrong")) as wootric:
        with pytest.raises(AuthenticationFailed, match="WOOTRIC_CLIENT_SECRET") as failure:
            await wootric.list_segments()
        assert "hush" not in str(failure.value)
    async with client(running, base_url="http://127.0.0.1:9") as wootric:
        with anyio.fail_after(20), pytest.raises(Unreachable, match=r"No connection to 127\.0\.0\.1"):
            await wootric.list_segments()


async def test_no_secret_and_no_address_reaches_the_log(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user = {
        "username": "sandbox",
        "password": SecretStr("sandbox"),
        "account_token": SecretStr("NPS-5a9db0c5"),
    }
    async with client(running, **user) as wootric:
        with pytest.raises(NotFound):
            await wootric.get_end_user(Person.parse("mara@lumenfield.test"))
        token = wootric._sender._auth._token
    assert token is not None
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert ours
    for secret in (token.access, "NPS-5a9db0c5", "lumenfield"):
        assert not any(secret in message for message in ours)


@pytest.mark.parametrize(
    "switches",
    [
        {
            "date_format": "epoch",
            "response_end_user": "full",
            "report_shape": "openapi",
            "per_page_limit": 500,
        },
        {"create_status": "201", "delete_status": "200", "response_end_user": "properties"},
        {"create_status": "201-empty", "put_properties": "merge", "snapshot_edit": "204"},
    ],
    ids=["as the OpenAPI document", "with 201", "without bodies"],
)
async def test_every_reading_of_the_api_is_understood(switches: dict[str, object]) -> None:
    for running in _sandbox(Switches(rate_limit=None, **switches)):  # type: ignore[arg-type]
        async with client(running) as wootric:
            await wootric.create_end_user(
                checked(EndUserInput, email="mara@lumenfield.test", properties={"plan": "A"})
            )
            mara = await wootric.get_end_user(Person.parse("mara@lumenfield.test"))
            person = Person("id", str(mara.id))
            assert abs((datetime.now(UTC) - mara.created_at).total_seconds()) < 60
            await wootric.create_response(person, checked(ResponseInput, score=9))
            await wootric.create_decline(person, checked(DeclineInput))
            (response,) = await wootric.list_promoter_responses(person)
            assert response.end_user.properties == {"plan": "A"}
            assert len(await wootric.list_end_user_declines(person)) == 1
            update = await wootric.update_end_user(
                person, checked(EndUserChange, properties={"region": "EMEA"})
            )
            assert update.end_user is not None
            assert update.end_user.properties == {"plan": "A", "region": "EMEA"}
            settings_now = await wootric.update_end_user_settings(
                person, checked(SettingsChange, email_nps=False)
            )
            assert settings_now is not None
            assert settings_now.email_nps is False
            assert (await wootric.get_nps_summary()).promoters == 1
            assert (await wootric.list_survey_templates()).survey_templates == []
            assert (await wootric.get_email_stats()).email_stats.send_requests == 0
            assert (await wootric.get_email_stats_sources()).sends == []
            assert {segment.name for segment in await wootric.list_segments()} == {"plan", "region"}
            await wootric.delete_end_user(person)
