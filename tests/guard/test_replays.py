"""An answer, a code or an approval is good for one call as it was asked about, and for that once."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult

from tests.accounts import (
    ERAS,
    JUN,
    MARA,
    MARA_FIRST,
    MARA_LAST,
    NOW,
    Clock,
    Era,
    Person,
    answered,
    connected,
    refused,
    running,
    text_of,
)
from tests.guard.effects import writes
from tests.guard.test_approve import Desk, approvable
from tests.guard.test_codes import code_in
from tests.guard.test_matrix import environment
from tests.processes import stdio_server
from wootric_mcp.sandbox.server import RunningSandbox

TOOL = "delete_response"
DELETE: dict[str, Any] = {"end_user": MARA, "response_id": MARA_LAST}
OTHER: dict[str, Any] = {"end_user": MARA, "response_id": MARA_FIRST}
RESPONSE: dict[str, Any] = {"end_user": MARA, "score": 7}
MAIL: dict[str, Any] = {"emails": [JUN], "survey_immediately": True}
Happens = Callable[[RunningSandbox], None]
YES = ElicitResult(action="accept", content={"agreed": True})


async def nobody(*_: Any) -> ElicitResult:
    raise AssertionError("the session's own calls are answered by the test")


async def asked(client: Client, tool: str, arguments: dict[str, Any]) -> InputRequiredResult:
    """The question that comes instead of an answer in the era of 2026."""
    got = await client.session.call_tool(tool, arguments, allow_input_required=True)
    assert isinstance(got, InputRequiredResult)
    return got


async def agreed(
    client: Client, tool: str, arguments: dict[str, Any], question: InputRequiredResult, **more: Any
) -> CallToolResult | InputRequiredResult:
    """Call again with a yes."""
    given = {
        "input_responses": dict.fromkeys(question.input_requests or {}, YES),
        "request_state": question.request_state,
        **more,
    }
    return await client.session.call_tool(tool, arguments, allow_input_required=True, **given)


def changed(served: RunningSandbox) -> None:
    served.sandbox.account.update("responses", MARA_LAST, text="I take it back, thank you!")


def gone(served: RunningSandbox) -> None:
    served.sandbox.account.execute("DELETE FROM responses WHERE id = ?", [MARA_LAST])


async def test_a_yes_is_for_the_arguments_that_were_asked_about() -> None:
    with running() as served:
        async with connected(served, person=nobody) as client:
            question = await asked(client, TOOL, DELETE)
            for tool, arguments in ((TOOL, OTHER), ("delete_end_user", {"end_user": MARA})):
                with pytest.raises(MCPError, match="Invalid or expired requestState"):
                    await agreed(client, tool, arguments, question)
        assert writes(served) == []


async def test_a_yes_without_the_state_of_its_question_is_none() -> None:
    with running() as served:
        async with connected(served, person=nobody) as client:
            question = await asked(client, TOOL, DELETE)
            got = await agreed(client, TOOL, DELETE, question, request_state=None)
            assert isinstance(got, InputRequiredResult)  # it is asked again
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await agreed(client, TOOL, DELETE, question, request_state="v1.made-up")
        assert writes(served) == []


async def test_a_yes_that_comes_too_late_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as served:
        async with connected(served, person=nobody) as client:
            question = await asked(client, TOOL, DELETE)
            now = time.time()
            monkeypatch.setattr("mcp.server.request_state.time.time", lambda: now + 601)
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await agreed(client, TOOL, DELETE, question)
        assert writes(served) == []


async def test_a_yes_to_another_process_of_the_same_store_is_none(tmp_path: Path) -> None:
    with running() as served:
        async with (
            connected(served, person=nobody, folder=tmp_path) as one,
            connected(served, person=nobody, folder=tmp_path) as other,
        ):
            question = await asked(one, TOOL, DELETE)
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await agreed(other, TOOL, DELETE, question)
        assert writes(served) == []


@pytest.mark.parametrize("happens", [changed, gone])
async def test_a_yes_to_what_is_not_so_any_more_does_nothing(happens: Happens) -> None:
    with running() as served:
        async with connected(served, person=nobody) as client:
            question = await asked(client, TOOL, DELETE)
            happens(served)
            got = await agreed(client, TOOL, DELETE, question)
            if happens is gone:
                assert isinstance(got, CallToolResult)
                assert text_of(got).endswith("Nothing was changed.")
            else:
                assert "I take it back" in str(got)
                assert isinstance(got, InputRequiredResult)
        assert writes(served) == []


@pytest.mark.parametrize("happens", [changed, gone])
async def test_a_yes_while_the_call_waits_to_what_is_not_so_any_more_does_nothing(happens: Happens) -> None:
    person = Person("yes")

    def meanwhile() -> None:
        if len(person.questions) == 1:
            happens(served)
        else:
            person.says = "no"

    person.meanwhile = meanwhile
    with running() as served:
        async with connected(served, "legacy", person=person) as client:
            said = await refused(client, TOOL, **DELETE)
        assert said.endswith("Nothing was changed.")
        assert ["I take it back" in question for question in person.questions] == (
            [False] if happens is gone else [False, True]
        )
        assert writes(served) == []


@pytest.mark.parametrize("happens", [changed, gone])
@pytest.mark.parametrize("way", ["code", "approval"])
@pytest.mark.parametrize("mode", ERAS)
async def test_a_code_or_an_approval_of_what_is_not_so_any_more_does_nothing(
    mode: Era, way: str, happens: Happens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, mode, folder=tmp_path, clock=clock) as client:
            said = await refused(client, TOOL, **DELETE)
            if way == "approval":
                assert Desk(monkeypatch, tmp_path, clock).approve(approvable(said))[0] == 0
            happens(served)
            code = {"code": code_in(said)} if way == "code" else {}
            assert (await refused(client, TOOL, **DELETE, **code)).endswith("Nothing was changed.")
        assert writes(served) == []


@pytest.mark.parametrize("way", ["code", "approval"])
@pytest.mark.parametrize("mode", ERAS)
async def test_a_code_or_an_approval_is_for_these_arguments_and_this_tool(
    mode: Era, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with connected(served, mode, folder=tmp_path, clock=clock) as client:
            said = await refused(client, TOOL, **DELETE)
            if way == "approval":
                assert Desk(monkeypatch, tmp_path, clock).approve(approvable(said))[0] == 0
            code = {"code": code_in(said)} if way == "code" else {}
            for tool, arguments in ((TOOL, OTHER), ("delete_end_user", {"end_user": MARA})):
                assert (await refused(client, tool, **arguments, **code)).endswith("Nothing was changed.")
            assert writes(served) == []
            await answered(client, TOOL, **DELETE, **code)
        assert writes(served) == ["DELETE"]


async def test_a_code_of_another_process_of_the_same_store_acts_once(tmp_path: Path) -> None:
    with running() as served:
        async with (
            connected(served, folder=tmp_path) as one,
            connected(served, "legacy", folder=tmp_path) as other,
        ):
            code = code_in(await refused(one, TOOL, **DELETE))
            await answered(other, TOOL, **DELETE, code=code)
            for client in (one, other):
                said = await refused(client, TOOL, **DELETE, code=code)
                assert said.endswith("Nothing was changed.")
        assert writes(served) == ["DELETE"]


async def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What comes of calls made at the same moment, refusals of the protocol included."""
    got: list[Any] = []

    async def call(one: Callable[[], Any]) -> None:
        try:
            got.append(await one())
        except MCPError as error:
            got.append(error)

    async with anyio.create_task_group() as group:
        for one in calls:
            group.start_soon(call, one)
    return got


def acted(got: list[Any]) -> int:
    return sum(isinstance(one, CallToolResult) and not one.is_error for one in got)


async def test_one_yes_sent_several_times_at_once_acts_once() -> None:
    with running() as served:
        async with connected(served, person=nobody, confirm_writes=True) as client:
            question = await asked(client, "create_response", RESPONSE)
            got = await at_once(*[partial(agreed, client, "create_response", RESPONSE, question)] * 4)
        assert acted(got) == 1
        assert writes(served) == ["POST"]


@pytest.mark.parametrize("way", ["code", "approval"])
async def test_two_processes_that_use_one_code_or_approval_at_once_act_once(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as served, anyio.fail_after(60):
        # What could happen any number of times, were it not for the code.
        told = {**environment(served, tmp_path, "ask_or_token"), "WOOTRIC_CONFIRM_WRITES": "true"}
        async with (
            Client(stdio_server(environment=told)) as one,
            Client(stdio_server(environment=told), mode="legacy") as other,
        ):
            for number in range(1, 6):
                arguments = {**RESPONSE, "text": f"Number {number}"}
                said = await refused(one, "create_response", **arguments)
                if way == "approval":
                    desk = Desk(monkeypatch, tmp_path, Clock(time.time() - NOW.timestamp()))
                    assert desk.approve(approvable(said))[0] == 0
                else:
                    arguments["code"] = code_in(said)
                got = await at_once(
                    *(partial(client.call_tool, "create_response", arguments) for client in (one, other) * 2)
                )
                assert acted(got) == 1
                assert writes(served) == ["POST"] * number


@pytest.mark.parametrize("way", ["code", "approval"])
async def test_nobody_is_mailed_twice_on_the_code_or_approval_of_another_process(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with running() as served:
        async with (
            connected(served, folder=tmp_path, clock=clock) as one,
            connected(served, "legacy", folder=tmp_path, clock=clock) as other,
        ):
            said = await refused(one, "send_email_survey", **MAIL)
            if way == "approval":
                assert Desk(monkeypatch, tmp_path, clock).approve(approvable(said))[0] == 0
            more = {"code": code_in(said)} if way == "code" else {}
            call = [partial(each.call_tool, "send_email_survey", MAIL | more) for each in (one, other)]
            assert acted(await at_once(*call, *call)) == 1
        assert len(served.sandbox.account.outbox()) == 1
