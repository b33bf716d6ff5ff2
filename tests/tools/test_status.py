"""account_status: what is kept, and whether days are cut here as they are at Wootric."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.types import CallToolResult

from tests.accounts import NOW, ago, answered, connected, running, small_account, text_of
from wootric_mcp.sandbox.records import ResponseRow
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings


def figures(answer: CallToolResult) -> dict[str, Any]:
    assert answer.structured_content is not None
    found: dict[str, Any] = answer.structured_content["figures"]
    return found


def sunday_evening() -> Any:
    """The small account and two responses that are of last week by Los Angeles, but of this week in UTC."""
    data = small_account()
    since_midnight = NOW.hour * 3600 + 2 * 86_400  # NOW is a Wednesday
    more = [
        ResponseRow(900 + n, data.end_users[0].id, 3, ago(seconds=since_midnight - 3600 * n), ago())
        for n in (1, 2)
    ]
    return replace(data, responses=[*data.responses, *more])


async def test_an_empty_store_says_how_to_fill_it() -> None:
    with running() as served:
        async with connected(served) as client:
            known = figures(await answered(client, "account_status"))
    assert (known["store"], known["privacy"], known["responses_kept"]) == ("memory", "alias", "0")
    assert "summarize_feedback" in known["time_zone_check"]
    assert known["requests_share_for_reading"] == 0.5


async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "store"
    with running() as served:
        given = {"client_id": "sandbox", "client_secret": "sandbox", "base_url": served.base_url}
        more = {"store": f"sqlite:///{path}", "alias_key_file": tmp_path / "key", "timezone": "UTC"}
        async with Client(build_server(Settings.load({**given, **more}), now=lambda: NOW)) as client:
            known = figures(await answered(client, "account_status"))
    assert known["store"] == f"memory, because {path} cannot be used"


async def test_rows_and_what_has_been_read_are_told() -> None:
    with running(time_zone="UTC") as served:
        async with connected(served) as client:
            await answered(client, "summarize_feedback", period="last 30 days")
            known = figures(await answered(client, "account_status"))
    assert known["responses_kept"].startswith("2; read from 2026-")
    assert known["responses_kept"].endswith(" to 2026-11-18 12:00:01")
    assert known["end_users_kept"] == "0"
    assert known["time_zone_check"] == "Wootric counts 2 responses for 2026-11-09 to 2026-11-15, as here"


async def test_a_time_zone_that_does_not_fit_is_noticed_at_the_cost_of_a_few_requests() -> None:
    with running(sunday_evening(), time_zone="America/Los_Angeles") as served:
        async with connected(served) as client:
            await answered(client, "summarize_feedback", period="last_week")
            before = figures(await answered(client, "account_status"))["requests_made"]
            answer = await answered(client, "account_status")
    check = figures(answer)["time_zone_check"]
    assert check.startswith(
        "Wootric's own summary counts 4 responses for 2026-11-09 to 2026-11-15, here are 2 by days of UTC. "
        "Days that begin at UTC-8 (America/Los_Angeles) would agree"
    )
    assert "WOOTRIC_TIMEZONE" in text_of(answer)
    assert figures(answer)["requests_made"] - before <= 1  # what was read for it is kept
