"""What a digest tells of themes: the biggest complaints, what each does to the score, and what changed."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    NOW,
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
from wootric_mcp.feedback.words import words_of
from wootric_mcp.sandbox.records import AccountData, EndUserRow, ResponseRow
from wootric_mcp.sandbox.server import RunningSandbox

CHANCE = "more than chance"
DAY = 86_400
COMPLAINTS = {
    "errors and reliability": (90, "it crashes", "it freezes"),
    "billing and payment": (70, "the invoice is wrong", "invoices come late"),
    "delivery": (60, "the courier never came", "our parcel was lost"),
    "food and drink": (45, "the breakfast was cold", "lunch was awful"),
    "cleanliness": (35, "the floor was filthy", "dirty towels"),
}
"""Of 300 detractors who comment."""
AROUND = words_of("today with our whole team on the second floor of that office near a river and a park")


def busy_account() -> AccountData:
    """2,400 responses of the last month, 300 of them by detractors with a comment."""
    rnd = random.Random(5)
    said = [rnd.choice(ways) for times, *ways in COMPLAINTS.values() for _ in range(times)]
    texts: list[tuple[int, str | None]] = [
        (rnd.randrange(7), f"{what} {' '.join(rnd.sample(AROUND, 9))}") for what in said
    ]
    texts += [(rnd.randrange(9, 11), "it is so pleasant") for _ in range(500)]
    texts += [(rnd.randrange(11), None) for _ in range(1_600)]
    start = int(NOW.timestamp()) - 20 * DAY
    people = tuple(EndUserRow(n, f"u{n}@example.com", start, start) for n in range(1, len(texts) + 1))
    rows = tuple(
        ResponseRow(10_000 + n, n, score, start + n, start + n, text=text)
        for n, (score, text) in enumerate(texts, start=1)
    )
    return AccountData(people, rows)


def table(structure: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    """The figures of themes by the name, or for a phrase or a tag by its words."""
    columns, rows = structure["themes"]["columns"], structure["themes"]["rows"]
    found = {}
    for row, phrase in zip(rows, structure["untrusted"]["themes"], strict=True):
        figures = dict(zip(columns, row, strict=True))
        name = figures.get("name")
        found[phrase if name in (None, "(tag)") else name] = figures
    return found


async def test_the_five_biggest_complaints_come_with_count_share_impact_and_quote() -> None:
    data = busy_account()
    everybody = Counter((row.score >= 9) - (row.score <= 6) for row in data.responses)
    score = 100 * (everybody[1] - everybody[-1]) / len(data.responses)
    with running(data, rate_limit=None) as served:
        async with connected(served) as client:
            answer = await answered(client, "summarize_feedback", period="last 30 days", category="detractor")
    text, structure = text_of(answer), structure_of(answer)
    assert max(tokens(text), tokens(structure)) <= 1_500
    assert structure["score"]["n"] == len(data.responses) == 2_400
    assert structure["selected"]["comments"] == 300
    quotes = Counter(row[0] for row in structure["untrusted"]["quotes"]["rows"])
    themes = table(structure)
    for name, (times, *_) in COMPLAINTS.items():
        theme = themes[name]
        without = (score * 2_400 + 100 * times) / (2_400 - times)
        assert theme["comments"] == theme["detractors"] == times
        assert theme["share"] == pytest.approx(times / 300, abs=0.001)
        assert theme["impact"] == pytest.approx(score - without, abs=0.06)
        assert quotes[theme["theme"]]
        counts = rf"{times} \({round(times / 3)} %\), NPS -100 .* 0/0/{times}, impact -[\d.]+, .*"
        told = rf"^\d+\. {name}.*: {counts}\n  “"
        assert re.search(told, text, re.MULTILINE)


@pytest.mark.parametrize("mode", ERAS)
async def test_what_changed_since_the_week_before_is_told_with_its_parts(
    served: RunningSandbox, mode: Era
) -> None:
    async with connected(served, mode) as client:
        asked: dict[str, Any] = {"period": "last_week", "compare_to": "previous"}
        answer = await answered(client, "summarize_feedback", **asked)
        other = await answered(client, "analyze_nps", **asked)
        alone = await answered(client, "summarize_feedback", period="last_week")
    structure, text = structure_of(answer), text_of(answer)
    assert max(tokens(text), tokens(structure)) <= 1_500
    compared = structure["compared"]
    assert compared["change"]["verdict"] == CHANCE
    score = structure_of(other)["compared"]
    assert compared["change"]["value"] == score["change"]["value"]
    assert compared["score"]["value"] == score["score"]["value"]
    themes = table(structure)
    crashes = themes["errors and reliability"]
    assert crashes["verdict"] == CHANCE and crashes["share_change"] > 0.1
    parts = [theme["contribution_change"] for theme in themes.values()]
    parts += structure["contribution_changes"].values()
    assert sum(parts) == pytest.approx(compared["change"]["value"], abs=0.1 + 0.01 * len(parts))
    assert re.search(r"^Change: -19\.5 \(.*\), more than chance\.$", text, re.MULTILINE)
    assert "compare_to" not in text
    assert 'this call with compare_to="previous"' in text_of(alone)
    assert re.search(r"Wootric's response rate: \d+ %\.", text)


async def test_the_accounts_own_tags_are_themes_and_foreign(served: RunningSandbox) -> None:
    known = {tag for row in story().responses for tag in row.tags}
    async with connected(served) as client:
        answer = await answered(
            client, "summarize_feedback", period="last_week", compare_to="previous", max_tokens=8_000
        )
    structure = structure_of(answer)
    names = [row[structure["themes"]["columns"].index("name")] for row in structure["themes"]["rows"]]
    phrases = structure["untrusted"]["themes"]
    told = {phrase for phrase, name in zip(phrases, names, strict=True) if name == "(tag)"}
    assert told and told <= known


async def test_people_with_a_property_have_no_response_rate_of_everybody(served: RunningSandbox) -> None:
    async with connected(served) as client:
        answer = await answered(client, "summarize_feedback", period="last_week", where={"plan": "Team"})
    assert "response rate" not in text_of(answer)


async def test_a_period_that_shares_days_cannot_be_compared(served: RunningSandbox) -> None:
    async with connected(served) as client:
        told = await refused(client, "summarize_feedback", period="last_week", compare_to="last 30 days")
    assert "share days" in told


@pytest.mark.parametrize("mode", ERAS)
async def test_anonymous_visitors_count_one_each_though_they_share_an_end_user(mode: Era) -> None:
    start = int(NOW.timestamp()) - 5 * DAY
    texts = [f"the courier came late to our {word}" for word in AROUND]
    rows = tuple(
        ResponseRow(10_000 + n, 7, 9 if n % 3 else 2, start + n, start + n, text=rare, email="Unknown")
        for n, rare in enumerate((texts * 4)[:60])
    )
    shared = AccountData((EndUserRow(7, "Unknown", start, start),), rows)
    with running(shared) as served:
        async with connected(served, mode) as client:
            answer = await answered(client, "summarize_feedback", period="last 30 days")
            theirs = await answered(client, "search_feedback", end_user=7, period="last 30 days")
    assert "60 of 60 comments match" in text_of(theirs)
    told, structure = text_of(answer), structure_of(answer)
    assert "NPS 33 ± 23, n = 60" in told
    assert "had answered already" not in told
    assert "delivery" in told
    assert re.search(r"\(#\d+, \d+\)", told)
    assert "R-" not in told
    assert structure["score"]["n"] == 60
