"""`analyze_nps` on the story, whose truth is known: what changed, where, and what did not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    Era,
    answered,
    connected,
    refused,
    running,
    story,
    structure_of,
    text_of,
    tokens,
)
from wootric_mcp.sandbox.records import AccountData
from wootric_mcp.sandbox.server import RunningSandbox

CHANCE = "more than chance"


def groups_of(structure: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    """Each group's figures by the name of their column."""
    table = structure["groups"]
    names = structure["untrusted"]["groups"]
    rows = (dict(zip(table["columns"], row, strict=True)) for row in table["rows"])
    return dict(zip(names, rows, strict=True))


@pytest.mark.parametrize("mode", ERAS)
async def test_a_price_change_on_one_plan_is_found_where_it_is(served: RunningSandbox, mode: Era) -> None:
    truth = story().truth["price_change"]
    before, during = truth["scores"]["before"], truth["scores"]["during"]
    async with connected(served, mode) as client:
        answer = await answered(
            client,
            "analyze_nps",
            period=truth["months"]["during"],
            compare_to=truth["months"]["before"],
            group_by=truth["segment"],
        )
    structure, text = structure_of(answer), text_of(answer)
    groups = groups_of(structure)
    hit = groups.pop(truth["plan"])
    assert (hit["n"], hit["n_before"]) == (during["plan"]["n"], before["plan"]["n"])
    assert (hit["value"], hit["value_before"]) == (during["plan"]["nps"], before["plan"]["nps"])
    assert hit["verdict"] == CHANCE and hit["change"] < -40
    assert all(other["verdict"] != CHANCE for other in groups.values())
    compared = structure["compared"]
    assert compared["change"]["verdict"] == compared["within_groups"]["verdict"] == CHANCE
    # Nearly all of the change is that this plan's customers scored worse.
    assert hit["within"] == pytest.approx(compared["change"]["value"], abs=2)
    assert abs(compared["mix"]) < 1
    assert re.search(rf"^{truth['plan']}: NPS -23 ± 9, .+, more than chance; ", text, re.MULTILINE)
    assert max(tokens(text), tokens(structure)) <= 1_500


@pytest.mark.parametrize("mode", ERAS)
async def test_a_fall_because_others_answered_is_told_as_mix_not_opinion(
    served: RunningSandbox, mode: Era
) -> None:
    truth = story().truth["mix_shift"]
    before, after = truth["before"], truth["after"]
    async with connected(served, mode) as client:
        answer = await answered(
            client,
            "analyze_nps",
            period=after["month"],
            compare_to=before["month"],
            group_by=truth["segment"],
        )
    structure, text = structure_of(answer), text_of(answer)
    compared = structure["compared"]
    assert structure["score"]["value"] == after["overall"]["nps"]
    assert compared["score"]["value"] == before["overall"]["nps"]
    change = compared["change"]
    assert change["verdict"] == CHANCE
    assert change["value"] == pytest.approx(after["overall"]["nps"] - before["overall"]["nps"], abs=0.1)
    assert compared["mix"] < 0.8 * change["value"]
    assert compared["within_groups"]["verdict"] == "no difference to be seen"
    assert compared["mix"] + compared["within_groups"]["value"] == pytest.approx(change["value"], abs=0.11)
    for name, group in groups_of(structure).items():
        region = after["regions"][name or "(none)"]
        assert (group["n"], group["value"]) == (region["n"], region["nps"])
        assert group["share"] == pytest.approx(region["share"], abs=0.001)
        assert group["verdict"] != CHANCE
    assert "is mix (the groups' shares among respondents changed)" in text
    assert max(tokens(text), tokens(structure)) <= 1_500


async def test_last_week_is_compared_with_the_week_before(served: RunningSandbox) -> None:
    truth = story().truth
    async with connected(served) as client:
        answer = await answered(client, "analyze_nps", period="last_week", compare_to="previous")
    structure = structure_of(answer)
    assert structure["score"]["n"] == truth["last_week"]["n"]
    assert structure["compared"]["score"]["n"] == truth["week_before"]["n"]
    assert structure["compared"]["change"]["verdict"] == CHANCE
    assert "2026-11-02 to 2026-11-08 (UTC)" in text_of(answer)
    assert "with a property of list_segments as group_by" in structure["next"]


async def test_the_months_of_a_year_are_those_of_the_story(served: RunningSandbox) -> None:
    truth = story().truth["months"]
    async with connected(served) as client:
        answer = await answered(client, "analyze_nps", period="this_year", interval="month")
    structure = structure_of(answer)
    columns = structure["over_time"]["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in structure["over_time"]["rows"]]
    assert [row["from"] for row in rows] == [f"2026-{month:02}" for month in range(1, 12)]
    for row in rows:
        assert (row["n"], row["value"]) == (truth[row["from"]]["n"], truth[row["from"]]["nps"])
    changed = [row["from"] for row in rows if row["verdict"] == CHANCE]
    assert changed == ["2026-05", "2026-06", "2026-07", "2026-09"]
    assert rows[-1]["state"] == "unfinished" and not rows[-1]["verdict"]


async def test_asking_again_reads_nothing_more(served: RunningSandbox) -> None:
    asked = {"period": "2026-08", "compare_to": "2026-07", "group_by": "region"}
    async with connected(served) as client:
        first = await answered(client, "analyze_nps", **asked)
        served.sandbox.account.traffic.clear()
        second = await answered(client, "analyze_nps", **asked)
    assert structure_of(first) == structure_of(second)
    assert served.sandbox.account.traffic.answered == 0


@pytest.mark.parametrize("budget", [500, 1_500, 8_000])
async def test_an_answer_keeps_the_length_it_was_given(served: RunningSandbox, budget: int) -> None:
    asked = {"period": "last 90 days", "compare_to": "previous", "group_by": "plan", "interval": "day"}
    async with connected(served) as client:
        answer = await answered(client, "analyze_nps", max_tokens=budget, **asked)
    assert max(tokens(text_of(answer)), tokens(structure_of(answer))) <= budget


async def test_a_period_that_cannot_be_compared_is_refused_in_words(served: RunningSandbox) -> None:
    async with connected(served) as client:
        for asked, said in (
            ({"period": "this_year", "compare_to": "last_month"}, "share days"),
            ({"period": "all", "compare_to": "2024"}, "share days"),
            ({"period": "all", "compare_to": "previous"}, "has no period before it"),
            ({"period": "last_week", "compare_to": "the week before"}, "Valid periods"),
        ):
            assert said in await refused(client, "analyze_nps", **asked)


async def test_a_period_in_which_nobody_answered_is_said_plainly() -> None:
    with running(AccountData(), rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(client, "analyze_nps", compare_to="previous", group_by="plan")
            future = await answered(client, "analyze_nps", period="2030")
    assert "nobody scored" in text_of(answer) and "too few answers to compare" in text_of(answer)
    assert "not begun yet" in text_of(future)


async def test_what_was_read_is_told_where_time_or_requests_do_not_do_for_both_periods() -> None:
    with running(story(), rate_limit=60) as served:
        async with connected(served, deadline=8.0) as client:
            answer = await answered(
                client, "analyze_nps", period="this_quarter", compare_to="last_quarter", group_by="plan"
            )
    structure, text = structure_of(answer), text_of(answer)
    assert 0 < structure["score"]["n"] < 2_200
    assert "Incomplete: " in structure["summary"] and "Incomplete: " in structure["compared"]["summary"]
    assert len(re.findall(r", n = [\d,]+ \(of the part that was read\)", text)) == 2


async def test_what_cannot_be_read_fails_as_one_error() -> None:
    with running(client_secret="other") as served:
        async with connected(served) as client:
            said = await refused(client, "analyze_nps", period="last_week", compare_to="previous")
    assert "WOOTRIC_CLIENT_SECRET" in said
