"""What is sent again, what never is, and what the error says afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import httpx
import pytest

from tests.api.fakes import DECLINE, END_USER, NOT_FOUND, FakeTime, FakeWootric, answer, client
from wootric_mcp.api import sender
from wootric_mcp.api.client import WootricClient
from wootric_mcp.api.errors import InvalidRequest, NotFound, ServerFault, Unreachable, WootricError
from wootric_mcp.api.models import (
    DeclineInput,
    EmailSurvey,
    EmailSurveyCsv,
    EndUserChange,
    EndUserInput,
    ResponseChange,
    ResponseInput,
    SettingsChange,
    checked,
)
from wootric_mcp.api.people import Person

MARA = Person("id", "512004417")
Call = Callable[[WootricClient], Awaitable[object]]

READS: dict[str, Call] = {
    "get_end_user": lambda c: c.get_end_user(MARA),
    "get_end_user_by_phone": lambda c: c.get_end_user_by_phone("+353861234567"),
}
REPEATABLE: dict[str, Call] = {
    "update_response": lambda c: c.update_response(5, checked(ResponseChange, completed=True)),
    "update_decline": lambda c: c.update_decline(5, {"plan": "x"}),
    "update_end_user_settings": lambda c: c.update_end_user_settings(
        MARA, checked(SettingsChange, email_nps=False)
    ),
    "delete_response": lambda c: c.delete_response(MARA, 5),
    "delete_decline": lambda c: c.delete_decline(MARA, 5),
}
ONCE: dict[str, Call] = {
    "create_end_user": lambda c: c.create_end_user(checked(EndUserInput, email="a@b.c")),
    "create_response": lambda c: c.create_response(MARA, checked(ResponseInput, score=5)),
    "create_decline": lambda c: c.create_decline(MARA, checked(DeclineInput)),
    "send_email_survey": lambda c: c.send_email_survey(checked(EmailSurvey, emails=["a@b.c"])),
    "send_email_survey_csv": lambda c: c.send_email_survey_csv(checked(EmailSurveyCsv, csv="email\na@b.c\n")),
    "generate_bounce_report": lambda c: c.generate_bounce_report(),
    "export_end_user_data": lambda c: c.export_end_user_data(MARA),
}
IN_DOUBT = [
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.ReadTimeout("silence"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    answer(500),
    answer(502),
]
NOT_SENT = [httpx.ConnectError("refused"), httpx.ConnectTimeout("no route"), httpx.PoolTimeout("busy")]


@pytest.mark.parametrize("fault", [*IN_DOUBT, *NOT_SENT], ids=str)
@pytest.mark.parametrize("name", [*READS, *REPEATABLE])
async def test_what_may_be_repeated_is_repeated_after_a_fault(
    name: str, fault: Exception | httpx.Response
) -> None:
    wootric = FakeWootric(fault, fault, answer(body=END_USER))
    await {**READS, **REPEATABLE}[name](client(wootric))
    assert len(wootric.received) == 3
    assert len(set(wootric.sent)) == 1


@pytest.mark.parametrize("fault", IN_DOUBT, ids=str)
@pytest.mark.parametrize("name", ONCE)
async def test_what_may_have_arrived_is_never_sent_twice(
    name: str, fault: Exception | httpx.Response
) -> None:
    wootric = FakeWootric(fault, answer(body={}))
    with pytest.raises(WootricError, match="It may have been sent") as failure:
        await ONCE[name](client(wootric))
    assert len(wootric.received) == 1
    assert failure.value.may_have_changed is True


@pytest.mark.parametrize("fault", [*NOT_SENT, answer(429, retry_after="3")], ids=str)
@pytest.mark.parametrize("name", ONCE)
async def test_what_surely_did_not_arrive_is_sent_again(name: str, fault: Exception | httpx.Response) -> None:
    wootric = FakeWootric(fault, answer(body=DECLINE))
    await ONCE[name](client(wootric))
    assert len(wootric.received) == 2


@pytest.mark.parametrize("name", ONCE)
async def test_where_no_connection_can_be_made_nothing_was_changed(name: str) -> None:
    wootric = FakeWootric(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match=r"Nothing was changed\.") as failure:
        await ONCE[name](client(wootric))
    assert failure.value.may_have_changed is False
    assert not failure.value.may_have_been_sent
    assert len(wootric.received) == sender.MAX_ATTEMPTS


@pytest.mark.parametrize("name", ["update_response", "delete_response"])
async def test_a_change_that_got_no_clear_answer_may_have_been_carried_out(name: str) -> None:
    wootric = FakeWootric(answer(500), httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match="It may have been carried out") as failure:
        await REPEATABLE[name](client(wootric))
    assert failure.value.may_have_changed is True  # the last attempt did not arrive, but the first may have


@pytest.mark.parametrize("name", ["delete_response", "delete_decline"])
async def test_a_repeated_delete_that_finds_nothing_has_deleted(name: str) -> None:
    assert (
        await REPEATABLE[name](client(FakeWootric(httpx.ReadError("reset"), answer(404, NOT_FOUND)))) is True
    )
    assert await REPEATABLE[name](client(FakeWootric(answer(204)))) is True
    assert await REPEATABLE[name](client(FakeWootric(answer(404, NOT_FOUND)))) is False
    refused_first = FakeWootric(httpx.ConnectError("refused"), answer(404, NOT_FOUND))
    assert await REPEATABLE[name](client(refused_first)) is False


async def test_a_repeated_delete_of_a_person_who_is_gone_has_deleted() -> None:
    wootric = FakeWootric(answer(body=END_USER), answer(500), answer(404, NOT_FOUND))
    assert await client(wootric).delete_end_user(MARA) is None
    with pytest.raises(NotFound):
        await client(FakeWootric(answer(body=END_USER), answer(404, NOT_FOUND))).delete_end_user(MARA)


async def test_attempts_are_bounded_and_spaced_with_jitter() -> None:
    time, wootric = FakeTime(), FakeWootric(answer(503))
    with pytest.raises(ServerFault, match="503"):
        await client(wootric, time).get_end_user(MARA)
    assert len(wootric.received) == 5
    assert time.slept == [0.25, 0.5, 1.0, 2.0]


async def test_no_attempt_begins_that_would_miss_the_deadline() -> None:
    time, wootric = FakeTime(), FakeWootric(answer(503))
    with anyio.fail_after(0.7), pytest.raises(ServerFault):
        await client(wootric, time).get_end_user(MARA)
    assert len(wootric.received) == 3


async def test_no_attempt_begins_after_the_retry_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "RETRY_PERIOD", 0.0)
    wootric = FakeWootric(httpx.ReadTimeout("silence"))
    with pytest.raises(Unreachable, match="silent for 8 s"):
        await client(wootric).get_end_user(MARA)
    assert len(wootric.received) == 1


async def test_refusals_are_not_repeated() -> None:
    for status in (400, 403, 404, 409, 422, 423):
        wootric = FakeWootric(answer(status))
        with pytest.raises(WootricError):
            await client(wootric).update_end_user(MARA, checked(EndUserChange, email="a@b.c"))
        assert len(wootric.received) == 1


async def test_a_wrong_path_value_is_refused_before_anything_is_sent() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    for value in ("..", "", "1\x00"):
        with pytest.raises(InvalidRequest):
            await client(wootric).get_end_user(Person("id", value))
    assert not wootric.received
    assert not wootric.token_requests
