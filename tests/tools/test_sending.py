"""A send of three requests that breaks off in the middle: the answer, the ledger and the audit log agree."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    Era,
    Person,
    account_settings,
    answered,
    connected,
    refused,
    running,
    structure_of,
)
from tests.tools.sends import six
from wootric_mcp.guard import plans
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store.errors import StoreBusy
from wootric_mcp.store.ledger import Ledger
from wootric_mcp.tools import planning, sending

PEOPLE = six("guest")
SEND: dict[str, Any] = {"emails": PEOPLE, "survey_immediately": True}


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_ADDRESSES", 2)
    monkeypatch.setattr(planning, "_LOOKED_UP", 0)
    monkeypatch.setattr(sending, "_TIME_FOR_A_REQUEST", 0.0)


def mailed(served: RunningSandbox) -> list[str]:
    return [mail["to"] for mail in served.sandbox.account.outbox()]


def outcome(folder: Path) -> dict[str, Any]:
    """The last line of the audit log."""
    last: dict[str, Any] = json.loads((folder / "audit.jsonl").read_text().splitlines()[-1])
    return last


async def states(served: RunningSandbox, folder: Path) -> dict[str, int]:
    """People in the ledger by what became of their request, once its process must have given up."""
    later = Ledger.open(account_settings(served, folder), clock=lambda: time.time() + 3_600)
    found: Counter[str] = Counter()
    for entry in await later.entries():
        found[entry.state] += entry.people
    later.close()
    return dict(found)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    with anyio.fail_after(10):
        while not is_so():  # noqa: ASYNC110
            await anyio.sleep(0.01)


async def sent_again(client: Client) -> dict[str, Any]:
    return dict(structure_of(await answered(client, "send_email_survey", **SEND))["figures"])


@pytest.mark.parametrize("mode", ERAS)
async def test_where_the_ledger_fails_between_requests_no_further_one_leaves(
    mode: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claims = Ledger.claim, 0

    async def busy_the_second_time(self: Ledger, *arguments: Any, **more: Any) -> Any:
        nonlocal claims
        claims += 1
        if claims == 2:
            raise StoreBusy
        return await claim(self, *arguments, **more)

    monkeypatch.setattr(Ledger, "claim", busy_the_second_time)
    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path) as client:
            answer = structure_of(await answered(client, "send_email_survey", **SEND))
            assert "The ledger could not be written, so no further request left." in answer["summary"]
            assert {name: answer["figures"][name] for name in ("sent", "not_sent", "unclear")} == {
                "sent": 2,
                "not_sent": 4,
                "unclear": 0,
            }
            assert mailed(served) == PEOPLE[:2]
            assert (outcome(tmp_path)["sent"], outcome(tmp_path)["not_sent"]) == (2, 4)
            assert (await sent_again(client))["sent"] == 4
        assert sorted(mailed(served)) == PEOPLE
        assert await states(served, tmp_path) == {"sent": 6}


@pytest.mark.parametrize("mode", ERAS)
async def test_where_the_ledger_fails_before_the_first_request_nobody_is_mailed(
    mode: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: Any, **__: Any) -> Any:
        raise StoreBusy

    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path) as client:
            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "claim", busy)
                said = await refused(client, "send_email_survey", **SEND)
            assert "Nothing was changed." in said
            assert (mailed(served), outcome(tmp_path)["outcome"]) == ([], "nothing changed")
            assert (await sent_again(client))["sent"] == 6


@pytest.mark.parametrize("mode", ERAS)
async def test_a_request_that_outlasts_the_call_is_unclear_and_the_rest_can_be_sent(
    mode: Era, tmp_path: Path
) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path, deadline=2) as client:
            await answered(client, "list_segments")  # a token, which a fault would hit as well
            served.sandbox.faults.add({"kind": "delay", "seconds": 4, "next": 1, "path": "/v1/email_survey"})
            said = await refused(client, "send_email_survey", **SEND)
            assert "may have been" in said and "Nothing was changed" not in said
            assert outcome(tmp_path)["outcome"] == "may have changed"
            assert (await sent_again(client))["sent"] == 4
        await until(lambda: len(mailed(served)) == 6)  # the late one arrives all the same
        assert sorted(mailed(served)) == PEOPLE
        assert await states(served, tmp_path) == {"unclear": 2, "sent": 4}


@pytest.mark.parametrize("mode", ERAS)
async def test_a_call_that_is_cancelled_in_the_middle_leaves_nobody_out_and_mails_nobody_twice(
    mode: Era, tmp_path: Path
) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes"), folder=tmp_path) as client:
            await answered(client, "list_segments")
            served.sandbox.faults.add(
                {"kind": "delay", "seconds": 0.3, "rate": 1, "path": "/v1/email_survey"}
            )
            async with anyio.create_task_group() as group:
                group.start_soon(sent_again, client)
                await until(lambda: bool(mailed(served)))
                group.cancel_scope.cancel()
            await until(lambda: outcome(tmp_path)["outcome"] != "begins")
            assert outcome(tmp_path)["outcome"] == "may have changed"
            served.sandbox.faults.clear()
            before = await states(served, tmp_path)
            assert 2 <= sum(before.values()) <= 4
            assert (await sent_again(client))["sent"] == 6 - sum(before.values())
        await until(lambda: len(mailed(served)) >= 6 - before.get("unclear", 0))
        assert len(mailed(served)) == len(set(mailed(served)))
        assert (await states(served, tmp_path)) == {**before, "sent": 6 - before.get("unclear", 0)}
