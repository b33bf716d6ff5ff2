"""The feedback tools on the story, whose truth is known: right figures, true quotes, few tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    MARA,
    Era,
    ago,
    answered,
    connected,
    refused,
    running,
    small_account,
    story,
    structure_of,
    text_of,
    tokens,
)
from wootric_mcp.sandbox.records import AccountData, ResponseRow
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.shield.clean import clean
from wootric_mcp.shield.masking import mask

MONDAY, WEEK = 1_794_182_400, 7 * 86_400
"""2026-11-09 00:00 UTC, and seconds."""


@pytest.mark.parametrize("mode", ERAS)
async def test_what_detractors_were_saying_last_week(served: RunningSandbox, mode: Era) -> None:
    truth = story().truth["last_week"]
    served.sandbox.account.traffic.clear()
    async with connected(served, mode) as client:
        answer = await answered(client, "summarize_feedback", period="last_week", category="detractor")
    structure, text = structure_of(answer), text_of(answer)
    score = structure["score"]
    for name in ("n", "promoters", "detractors"):
        assert score[name] == truth[name]
    assert score["value"] == truth["nps"]
    assert structure["selected"]["responses"] == truth["detractors"]
    assert structure["selected"]["comments"] == truth["commented_detractors"]
    assert "2026-11-09 to 2026-11-15 (UTC)" in text
    assert "crash" in structure["untrusted"]["themes"][0]
    assert structure["themes"]["rows"][0][1] >= 30
    assert tokens(text) <= 1_500
    assert tokens(structure) <= 1_500
    pages = -(-truth["responses"] // 50)
    assert served.sandbox.account.traffic.answered <= pages + 1 + 2  # an empty page, a token and one to spare


async def test_every_quote_is_verbatim_and_bears_its_own_id_score_and_person(served: RunningSandbox) -> None:
    by_id = {row.id: row for row in story().responses}
    async with connected(served) as client:
        answer = await answered(client, "summarize_feedback", period="last_week", max_tokens=8_000)
        quotes = structure_of(answer)["untrusted"]["quotes"]["rows"]
        people = {row[3]: row[1] for row in quotes}
        for alias in list(people)[:3]:
            profile = structure_of(await answered(client, "get_end_user", end_user=alias))["untrusted"]
            assert profile["id"] == by_id[people[alias]].end_user_id
    assert len(quotes) >= 10
    assert len({row[1] for row in quotes}) == len(quotes)
    for _, id_, score, _, text in quotes:
        row = by_id[id_]
        assert score == row.score
        assert text.strip("…").strip() in mask(clean(row.text))


@pytest.mark.parametrize("budget", [500, 1_500, 4_000, 8_000])
async def test_an_answer_keeps_the_length_it_was_given(served: RunningSandbox, budget: int) -> None:
    async with connected(served) as client:
        for tool, arguments in (
            ("summarize_feedback", {"period": "last_month"}),
            ("search_feedback", {"query": "the", "period": "last_month", "limit": 100}),
        ):
            answer = await answered(client, tool, max_tokens=budget, **arguments)
            assert tokens(text_of(answer)) <= budget
            assert tokens(structure_of(answer)) <= budget


async def test_where_narrows_the_score_as_well(served: RunningSandbox) -> None:
    week = [
        row
        for row in story().responses
        if row.properties.get("plan") == "Team"
        and not row.excluded
        and MONDAY <= row.created_at < MONDAY + WEEK
    ]
    async with connected(served) as client:
        answer = await answered(client, "summarize_feedback", period="2026-W46", where={"plan": "team"})
    assert structure_of(answer)["score"]["n"] == len(week)


async def test_what_customers_say_about_one_feature(served: RunningSandbox) -> None:
    truth = story().truth["csv_export"]
    known = set(truth["complaints"]) | set(truth["praise"])
    async with connected(served) as client:
        asked: dict[str, Any] = {"query": "CSV export", "period": "all", "limit": 100, "max_tokens": 8_000}
        answer = await answered(client, "search_feedback", **asked)
    structure = structure_of(answer)
    found = {row[structure["columns"].index("id")] for row in structure["untrusted"]["rows"]}
    assert found <= known | {hostile["id"] for hostile in story().truth["hostile"]}
    as_phrase = [row for row in story().responses if "csv export" in (row.text or "").lower()]
    assert structure["matched"] >= len([row for row in as_phrase if not row.excluded])


async def test_search_is_continued_by_its_cursor_without_repeating(served: RunningSandbox) -> None:
    seen: list[int] = []
    asked: dict[str, Any] = {"query": "support", "period": "last month", "order": "newest", "limit": 7}
    async with connected(served) as client:
        cursor = ""
        for _ in range(4):
            answer = structure_of(await answered(client, "search_feedback", cursor=cursor, **asked))
            seen += [row[answer["columns"].index("id")] for row in answer["untrusted"]["rows"]]
            cursor = answer["cursor"]
        said = await refused(client, "search_feedback", query="price", period="last month", cursor=cursor)
        assert "belongs to other filters" in said
    assert len(seen) == len(set(seen)) == 28
    by_id = {row.id: row.created_at for row in story().responses}
    assert [by_id[id_] for id_ in seen] == sorted((by_id[id_] for id_ in seen), reverse=True)


async def test_a_period_longer_than_the_deadline_is_answered_on_what_was_read() -> None:
    with running(story(), rate_limit=40) as served:
        async with connected(served, deadline=8.0) as client:
            answer = await answered(client, "summarize_feedback", period="this_year")
    text = text_of(answer)
    assert re.search(
        r"Incomplete: Read \d+ % of [\d,]+ expected responses, 2026-\d\d-\d\d to 2026-11-18; "
        r"the rest in about \d+ min: ask again then\.",
        text,
    )
    assert structure_of(answer)["score"]["n"] < 5_000
    assert "Incomplete" in structure_of(answer)["summary"]


async def test_nobody_having_answered_is_said_plainly() -> None:
    with running(AccountData(), rate_limit=None) as served:
        async with connected(served) as client:
            for tool, arguments in (("summarize_feedback", {}), ("search_feedback", {"query": "export"})):
                text = text_of(await answered(client, tool, **arguments))
                assert re.search(r"no responses|0 of 0 comments|nobody", text, re.IGNORECASE), text
                assert "Next:" in text


async def test_a_future_period_asks_wootric_nothing() -> None:
    with running() as served:
        async with connected(served) as client:
            text = text_of(await answered(client, "summarize_feedback", period="2027"))
        assert "not begun yet" in text
        assert served.sandbox.account.traffic.total == 0


async def test_a_customer_with_a_long_history_has_the_newest_shown_and_the_rest_counted() -> None:
    data = small_account()
    data.responses.extend(
        ResponseRow(200_000_000 + number, MARA, number % 11, ago(days=100, hours=number), ago(days=90))
        for number in range(40)
    )
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            short = await answered(client, "find_customer", end_user=MARA)
            full = await answered(client, "find_customer", end_user=MARA, detail="full")
    assert "42 responses, 1 decline; last score 4" in text_of(short)
    assert "22 older ones are left out" in text_of(short)
    assert f'Next: find_customer(end_user="{MARA}", detail="full")' in text_of(short)
    assert len(structure_of(short)["untrusted"]["responses"]) == 20
    assert len(structure_of(full)["untrusted"]["responses"]) == 42
    assert "left out" not in text_of(full)


async def test_the_account_status_tells_a_connection_that_fails() -> None:
    with running(client_secret="other") as served:
        async with connected(served) as client:
            status = await answered(client, "account_status")
    assert structure_of(status)["figures"]["connected"] is False
    assert "does not answer as it should" in text_of(status)
    assert "WOOTRIC_CLIENT_SECRET" in text_of(status)


async def test_the_account_status_tells_the_request_budget() -> None:
    with running() as served:
        async with connected(served) as client:
            status = structure_of(await answered(client, "account_status"))["figures"]
    assert (status["requests_per_minute"], status["requests_left"], status["connected"]) == (100, 99, True)
    assert status["time_zone"] == "UTC"
