"""List tools: walked up to the limit, filtered here, continued by a cursor, honest about what was read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import bpe_openai
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    MARA,
    Era,
    ago,
    answered,
    connected,
    refused,
    running,
    text_of,
)
from wootric_mcp.sandbox.records import AccountData, DeclineRow, EndUserRow, ResponseRow, SegmentRow

COMMENT = (
    "The export of our quarterly report takes more than ten minutes since the update, please fix it soon."
)


def busy_account(responses: int = 230, people: int = 120) -> AccountData:
    """Many responses, three in each second, of several people."""
    return AccountData(
        end_users=[
            EndUserRow(
                1_000 + number,
                f"user{number:04}@lumenfield.test",
                ago(days=300 - number // 6),
                ago(days=number % 50),
                properties={"plan": "Team" if number % 4 else "Starter"},
            )
            for number in range(people)
        ],
        responses=[
            ResponseRow(
                9_000 + (number * 7) % responses,
                1_000 + number % people,
                number % 11,
                ago(days=2) - number // 3,
                ago(days=2),
                text=f"{COMMENT} ({number})" if number % 2 else None,
                properties={"plan": "Team" if number % 4 else "Starter"},
            )
            for number in range(responses)
        ],
        declines=[
            DeclineRow(5_000 + number, 1_000 + number % people, ago(days=3) - number // 2, ago(days=3))
            for number in range(70)
        ],
        segments=[],
        templates=[],
    )


async def everything(client: Client, tool: str, **arguments: Any) -> list[list[Any]]:
    """All rows of a list, following its cursors."""
    rows: list[list[Any]] = []
    cursor = ""
    for _ in range(100):
        answer = await answered(client, tool, cursor=cursor, **arguments)
        assert answer.structured_content
        rows += answer.structured_content["untrusted"]["rows"]
        if not (following := answer.structured_content.get("next")):
            return rows
        found = re.search(r'cursor="([^"]+)"', following)
        assert found
        cursor = found[1]
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [7, 50, 200])
async def test_cursors_lead_through_every_response_once(limit: int, order: str, mode: Era) -> None:
    data = busy_account()
    with running(data, rate_limit=None) as served:
        async with connected(served, mode) as client:
            rows = await everything(client, "list_responses", limit=limit, order=order)
    by_creation = sorted((row.created_at, row.id) for row in data.responses)
    expected = [id_ for _, id_ in (reversed(by_creation) if order == "newest" else by_creation)]
    assert [row[0] for row in rows] == expected


@pytest.mark.parametrize(("tool", "count"), [("list_declines", 70), ("list_end_users", 120)])
async def test_cursors_lead_through_the_other_lists(tool: str, count: int) -> None:
    with running(busy_account(), rate_limit=None) as served:
        async with connected(served) as client:
            rows = await everything(client, tool, limit=9)
    assert len({row[0] for row in rows}) == len(rows) == count


@pytest.mark.parametrize("sort_key", ["email", "updated_at"])
async def test_end_users_come_in_the_order_asked_for(sort_key: str) -> None:
    data = busy_account()
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            rows = await everything(client, "list_end_users", limit=35, sort_key=sort_key)
    users = sorted(data.end_users, key=lambda user: user.email or "")
    if sort_key == "updated_at":
        users = sorted(data.end_users, key=lambda user: (user.updated_at, user.id), reverse=True)
        assert [row[0] for row in rows] == [user.id for user in users]
    assert [row[1] for row in rows] == [user.email for user in users]


async def test_an_order_that_ends_at_1500_rows_says_so() -> None:
    with running(busy_account(responses=0, people=1_510), rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(
                client, "list_end_users", sort_key="email", where={"plan": "none"}, limit=5
            )
            assert "no more than 1,500 in this order" in text_of(answer)
            whole = await everything(client, "list_end_users", limit=200)
    assert len(whole) == 1_510


async def test_filters_are_applied_here_and_the_receipt_says_how_much_was_read() -> None:
    data = busy_account()
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(
                client,
                "list_responses",
                period="last 30 days",
                category="detractor",
                where={"plan": "starter"},
                has_text=False,
                limit=200,
            )
    expected = {
        row.id
        for row in data.responses
        if row.score <= 6 and not row.text and row.properties["plan"] == "Starter"
    }
    assert answer.structured_content
    rows = answer.structured_content["untrusted"]["rows"]
    assert {row[0] for row in rows} == expected
    said = answer.structured_content["summary"]
    assert said.startswith(
        f"{len(expected)} responses, newest first; 2026-10-20 to 2026-11-18 (UTC), unfinished"
    )
    assert "read all 230 responses" in said
    assert "As of 2026-11-18 12:00:00" in said


async def test_a_cursor_is_refused_for_other_filters() -> None:
    with running(busy_account(), rate_limit=None) as served:
        async with connected(served) as client:
            first = await answered(client, "list_responses", limit=3, category="detractor")
            cursor = re.search(r'cursor="([^"]+)"', text_of(first))
            assert cursor
            said = await refused(client, "list_responses", limit=3, cursor=cursor[1])
    assert "belongs to other filters" in said


async def test_rows_that_arrive_meanwhile_do_not_shift_a_list() -> None:
    data = busy_account(responses=20)
    with running(data, rate_limit=None) as served:
        account = served.sandbox.account
        async with connected(served) as client:
            first = await answered(client, "list_responses", limit=10, order="oldest")
            found = re.search(r'cursor="([^"]+)"', text_of(first))
            assert found
            newer = replace(data.responses[0], id=99_999, created_at=ago(days=-1))
            account.execute(
                "INSERT INTO responses (id, end_user_id, score, created_at, updated_at, completed, excluded, "
                "tags, notes, channel, properties) VALUES (?, ?, ?, ?, ?, 1, 0, '[]', '[]', 'web', '{}')",
                (newer.id, newer.end_user_id, newer.score, newer.created_at, newer.updated_at),
            )
            rest = await answered(client, "list_responses", limit=50, order="oldest", cursor=found[1])
    assert rest.structured_content
    assert len(rest.structured_content["untrusted"]["rows"]) == 10


async def test_when_the_request_limit_ends_a_list_the_answer_says_how_far_it_came() -> None:
    with running(busy_account(responses=900), rate_limit=12) as served:
        async with connected(served, deadline=6.0) as client:
            answer = await answered(client, "list_responses", category="promoter", limit=200)
            said = text_of(answer)
    assert re.search(r"read \d+ responses, then Wootric's request limit was reached at 2026-11-16", said)
    assert "the rest was not looked at" in said
    assert 'Next: list_responses(category="promoter"' in said


async def test_a_period_that_has_not_begun_is_empty_and_says_so() -> None:
    with running() as served:
        async with connected(served) as client:
            answer = await answered(client, "list_responses", period="2027")
        assert "0 responses" in text_of(answer)
        assert "not begun yet" in text_of(answer)


@pytest.mark.parametrize("mode", ERAS)
async def test_people_stay_behind_their_alias_and_their_addresses_are_masked(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            for tool, arguments in {
                "list_responses": {"detail": "full"},
                "list_end_user_responses": {"end_user": MARA, "detail": "full"},
                "list_detractor_responses": {"end_user": MARA},
                "list_declines": {"detail": "full"},
                "get_end_user_response": {"end_user": MARA, "response_id": 103377120},
            }.items():
                said = text_of(await answered(client, tool, **arguments))
                for secret in ("mara.okafor", "123 4567", "+353", "203.0.113.24"):
                    assert secret not in said, tool
                assert re.search(r"\bR-[0-9A-Z]{7}\b", said), tool


async def test_fifty_responses_cost_at_most_3500_tokens_in_either_form() -> None:
    with running(busy_account(), rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(client, "list_responses", limit=50, has_text=True)
    encoder = bpe_openai.get_encoding("o200k_base")
    structured = json.dumps(answer.structured_content, ensure_ascii=False, separators=(",", ":"))
    assert answer.structured_content
    assert len(answer.structured_content["untrusted"]["rows"]) == 50
    assert len(encoder.encode(text_of(answer))) <= 3_500
    assert len(encoder.encode(structured)) <= 3_500


HEAVY = [
    ("list_responses", {}),
    ("list_responses", {"limit": 200, "detail": "full"}),
    ("list_end_users", {"limit": 200, "detail": "full"}),
    ("list_declines", {"limit": 200}),
    ("list_segments", {}),
    ("get_end_user", {"end_user": 1}),
    ("find_customer", {"end_user": 1, "detail": "full"}),
]


@pytest.mark.parametrize(("tool", "arguments"), HEAVY)
async def test_no_answer_is_longer_than_hosts_take(tool: str, arguments: dict[str, Any]) -> None:
    long = "お客様の声はとても長いです。" * 60
    properties = {f"property {number}": f"値 {number} {long[:60]}" for number in range(100)}
    data = AccountData(
        end_users=[
            EndUserRow(
                number, f"u{number}@lumenfield.test", ago(days=9), ago(days=9), properties=dict(properties)
            )
            for number in range(1, 210)
        ],
        responses=[
            ResponseRow(
                900 + number, 1, 5, ago(days=3, minutes=number), ago(days=1), text=long, properties=properties
            )
            for number in range(210)
        ],
        declines=[
            DeclineRow(100 + number, 1, ago(days=3, minutes=number), ago(days=1), properties=properties)
            for number in range(210)
        ],
        segments=[
            SegmentRow(f"property {number} {long[:60]}", "string", ago(days=1)) for number in range(600)
        ],
    )
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(client, tool, **arguments)
    encoder = bpe_openai.get_encoding("o200k_base")
    structured = json.dumps(answer.structured_content, ensure_ascii=False, separators=(",", ":"))
    assert len(encoder.encode(text_of(answer))) < 16_000
    assert len(encoder.encode(structured)) < 16_000
    assert answer.structured_content
    rows = answer.structured_content["untrusted"].get("rows")
    if rows is not None and tool != "list_segments":
        assert 0 < len(rows) < 200
        assert f"{len(rows)} " in answer.structured_content["summary"]
        assert answer.structured_content["cursor"] in answer.structured_content["next"]


async def test_no_field_of_a_response_or_decline_gives_a_person_away() -> None:
    data = busy_account(responses=3)
    told = "write to mara.okafor@lumenfield.test or +353 86 123 4567 from 203.0.113.24"
    data.responses[:] = [
        replace(row, tags=(told,), properties={"contact": told}, origin_url=f"https://app.test/?email={told}")
        for row in data.responses
    ]
    data.declines[:] = [replace(row, properties={"contact": told}, origin_url=told) for row in data.declines]
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            for tool, arguments in (
                ("list_responses", {"detail": "full"}),
                ("list_declines", {}),
                ("get_end_user_response", {"end_user": 1_000, "response_id": data.responses[0].id}),
            ):
                said = text_of(await answered(client, tool, **arguments))
                for secret in ("mara.okafor", "123 4567", "203.0.113.24"):
                    assert secret not in said, tool


async def test_strict_privacy_lists_people_by_alias_however_they_are_read() -> None:
    with running() as served:
        async with connected(served, privacy="strict") as client:
            said = text_of(await answered(client, "list_end_users"))
            by_email = text_of(await answered(client, "list_end_users", sort_key="email"))
    for listed in (said, by_email):
        assert "id | alias | created_at" in listed
        assert "mara.okafor" not in listed
