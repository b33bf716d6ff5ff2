from __future__ import annotations

from typing import Any, cast

import anyio
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.types import PromptReference, ResourceTemplateReference

from wootric_mcp import completions
from wootric_mcp.api.models import Segment, SurveyTemplates
from wootric_mcp.tools.app import App

TEMPLATE_ID = ResourceTemplateReference(type="ref/resource", uri="wootric://survey-templates/{id}")
DIGEST = PromptReference(type="ref/prompt", name="weekly_detractor_digest")


class Account:
    """An account that counts what is asked of it, fails on request and never answers on request."""

    def __init__(self, *, segments: int = 3) -> None:
        self.asked = 0
        self.segment_count = segments
        self.error: Exception | None = None
        self.is_silent = False

    def client(self) -> Account:
        return self

    async def segments(self) -> list[Segment]:
        await self._answer()
        names = ["plan", "region", "Renewal\u200b_date"][: self.segment_count] + [
            f"key {n}" for n in range(self.segment_count - 3)
        ]
        return [Segment.model_validate({"name": name}) for name in names]

    async def survey_templates(self) -> SurveyTemplates:
        await self._answer()
        rows = [
            {"id": 17, "name": "Onboarding"},
            {"id": 171, "name": "Quarterly NPS"},
            {"id": 9, "name": None},
        ]
        return SurveyTemplates.model_validate({"survey_templates": rows})

    async def _answer(self) -> None:
        self.asked += 1
        if self.is_silent:
            await anyio.sleep_forever()
        if self.error:
            raise self.error


async def completed(account: Account, ref: Any, argument: str, typed: str, era: str = "auto") -> list[str]:
    server: MCPServer = MCPServer("completions", subscriptions=False)
    completions.register(server, cast(App, account))
    async with Client(server, mode=cast(Any, era)) as client:
        answer = await client.complete(ref, {"name": argument, "value": typed})
    return answer.completion.values


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_period_is_completed_from_its_beginning_first(era: str) -> None:
    values = await completed(Account(), DIGEST, "period", "last w", era)
    assert values[0] == "last_week"
    assert (await completed(Account(), DIGEST, "period", "week"))[:1] == ["this_week"]


async def test_segments_and_templates_are_completed_by_name_and_cleaned() -> None:
    assert await completed(Account(), DIGEST, "segment", "RE") == ["region", "Renewal_date"]
    assert await completed(Account(), DIGEST, "template", "q") == ["Quarterly NPS"]


async def test_a_template_address_is_completed_by_id() -> None:
    assert await completed(Account(), TEMPLATE_ID, "id", "17") == ["17", "171"]


async def test_an_argument_nobody_knows_completes_to_nothing() -> None:
    account = Account()
    assert await completed(account, DIGEST, "subject", "x") == []
    assert account.asked == 0


async def test_the_account_is_asked_once_for_many_keystrokes() -> None:
    account = Account()
    server: MCPServer = MCPServer("completions", subscriptions=False)
    completions.register(server, cast(App, account))
    async with Client(server) as client:
        for typed in ("", "p", "pl", "pla"):
            answer = await client.complete(DIGEST, {"name": "segment", "value": typed})
    assert answer.completion.values == ["plan"]
    assert account.asked == 1


async def test_a_failing_account_completes_to_nothing_and_is_asked_again() -> None:
    account = Account()
    account.error = RuntimeError("down")
    assert await completed(account, DIGEST, "segment", "") == []


async def test_a_silent_account_completes_to_nothing_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completions, "_PATIENCE", 0.01)
    account = Account()
    account.is_silent = True
    with anyio.fail_after(5):
        assert await completed(account, DIGEST, "segment", "") == []


async def test_at_most_a_hundred_values_are_given_and_the_rest_is_counted() -> None:
    account = Account(segments=150)
    server: MCPServer = MCPServer("completions", subscriptions=False)
    completions.register(server, cast(App, account))
    async with Client(server) as client:
        completion = (await client.complete(DIGEST, {"name": "segment", "value": ""})).completion
    assert (len(completion.values), completion.total, completion.has_more) == (100, 150, True)
