"""A digest beside another period: what changed beyond chance, and contributions whose changes add up."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import NOW, RECEIPT, RECORDS, digest, many, record, shuffled
from tests.feedback.test_digest_rows import BEES, COLD
from wootric_mcp.feedback.analysis import analyze
from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.digest import Digest, ThemeDigest
from wootric_mcp.feedback.filling import compact
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.feedback.period import previous
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.selection import Selection

BEFORE = Receipt(previous(RECEIPT.period), NOW)
LATER = 500_000
"""Added to the ids of the earlier period."""
FINE = [
    f"{name} had a lovely day with {other}"
    for name in ["Ann", "Bob", "Cleo", "Dan", "Eve"]
    for other in ["Gus", "Hal", "Ida", "Jo"]
]


def steady(lines) -> str:
    return "\n".join(lines)


def earlier(records: list[FeedbackRecord]) -> list[FeedbackRecord]:
    return [replace(one, id=one.id + LATER, end_user_id=one.id + LATER) for one in records]


def compared(now: list[FeedbackRecord], then: list[FeedbackRecord], **asked) -> Digest:
    rows = asked.pop("lexicon", lexicon())
    return digest(now, receipt=RECEIPT, earlier=(then, BEFORE), lexicon=rows, **asked)


def theme_of(found: Digest, name: str) -> ThemeDigest:
    (theme,) = [each for each in found.themes if name in (each.theme.name, each.theme.phrase)]
    return theme


def test_a_theme_that_came_up_is_more_than_chance_and_one_that_stayed_is_not() -> None:
    now = many(COLD * 6 + BEES * 2, score=2) + many(FINE * 3, score=9, start=200)
    then = many(COLD + BEES * 2, score=2) + many(FINE * 3, score=9, start=200)
    found = compared(now, earlier(then))
    food, bees = theme_of(found, "food and drink"), theme_of(found, "beehive")
    assert food.change and food.change.share.verdict == "real" and food.change.before == 5
    assert food.change.share.value == pytest.approx(100 * (30 / 110 - 5 / 85))
    assert bees.change and bees.change.share.verdict != "real"
    text = as_text(found, fence=steady)
    assert "food and drink (such as “" in text and "30 (27 %; +21.4 points, more than chance), NPS" in text


def test_a_theme_that_vanished_is_told_with_what_it_was() -> None:
    then = earlier(many(COLD * 6, score=2) + many(FINE * 3, score=9, start=200))
    found = compared(many(BEES * 3, score=2) + many(FINE * 3, score=9, start=200), then)
    food = theme_of(found, "food and drink")
    assert (food.theme.n, food.theme.members, food.quotes) == (0, (), ())
    assert food.change and (food.change.before, food.change.share.verdict) == (30, "real")
    assert "food and drink: 0 (0 %; -33.3 points, more than chance), no NPS (too few)" in as_text(
        found, fence=steady
    )


def test_one_person_who_says_it_thirty_times_is_one_person() -> None:
    now = many(FINE * 3, score=9) + many(COLD * 6, score=2, start=200)
    alone = [replace(one, end_user_id=7) if one.score == 2 else one for one in now]
    then = earlier(many(FINE * 3, score=9))
    verdicts = [theme_of(compared(each, then), "food and drink").change for each in (now, alone)]
    assert [change and change.share.verdict for change in verdicts] == ["real", "unclear"]


def test_all_rows_are_tested_told_or_not() -> None:
    now = many(COLD * 6 + BEES * 2, score=2) + many(FINE * 3, score=9, start=200)
    few, many_told = (compared(now, earlier(now), most_themes=most).compared for most in (1, 12))
    assert few and many_told and few.tests >= 3
    assert few.difference.value == 0.0


def test_the_change_of_the_score_is_judged_alike_by_themes_and_by_groups() -> None:
    texts = [*(COLD + BEES + FINE) * 5]

    def answered(promoters: int, detractors: int, start: int) -> list[FeedbackRecord]:
        scores = [10] * promoters + [8] * 50 + [0] * detractors
        return [
            record(start + n, texts[n % len(texts)], score, properties={"plan": f"p{n % 3}"})
            for n, score in enumerate(scores)
        ]

    now, then = answered(82, 68, 1), earlier(answered(100, 50, 1_000))
    told = [compared(now, then).compared]
    for group_by in ("", "plan"):
        found = analyze(now, receipt=RECEIPT, earlier=(then, BEFORE), group_by=group_by)
        told.append(found.compared)
    (change,) = {each.difference for each in told if each}
    assert change.p is not None and 0.01 < change.p < 0.05 and change.verdict == "real"


def test_random_halves_of_the_same_comments_are_hardly_ever_told_to_differ() -> None:
    rnd = random.Random(4)
    said = [
        *COLD,
        *BEES,
        *FINE,
        "the invoice is wrong",
        "support never answers",
        "so easy to use",
        "it is slow",
    ]
    flagged = 0
    for _ in range(20):
        both = many([rnd.choice(said) for _ in range(400)], score=rnd.choice([2, 9]))
        found = compared(both[:200], earlier(both[200:]))
        flagged += sum(
            each.change is not None and each.change.share.verdict == "real" for each in found.themes
        )
    assert flagged <= 6


def test_a_score_that_fell_is_told_with_its_verdict_in_either_form() -> None:
    now, then = many(COLD * 20, score=2), earlier(many(COLD * 20, score=9))
    found = compared(now, then)
    text, data = as_text(found, fence=steady), as_data(found)
    assert "Compared with NPS 100 (93 to 100), n = 100. Period: 2026-11-02 to 2026-11-08" in text
    assert re.search(r"^Change: -200.0 \(-200.0 to -19\d.\d\), more than chance.$", text, re.MULTILINE)
    assert data["compared"]["change"]["verdict"] == "more than chance"
    assert data["compared"]["score"]["value"] == 100.0
    row = dict(zip(data["themes"]["columns"], data["themes"]["rows"][0], strict=True))
    assert (row["name"], row["comments_before"], row["share_change"]) == ("food and drink", 100, 0.0)
    assert row["contribution_change"] == pytest.approx(-200, abs=0.01)
    assert "this call with compare_to" not in text


@settings(max_examples=25, deadline=None)
@given(
    RECORDS,
    RECORDS,
    st.sampled_from(["nps", "csat5", "ces7"]),
    st.sampled_from([Selection(), Selection("detractor"), Selection(query="app")]),
    st.sampled_from(["", "read 61 % " * 40]),
)
def test_changes_add_up_in_any_order_and_every_form_keeps_its_budget(
    now, then, survey_type, selection: Selection, coverage: str
) -> None:
    then = earlier(then)
    receipts = [replace(each, coverage=coverage, remark=coverage) for each in (RECEIPT, BEFORE)]
    sum_up = partial(
        digest, receipt=receipts[0], lexicon=lexicon(), survey_type=survey_type, selection=selection
    )
    found = sum_up(now, earlier=(then, receipts[1]))
    assert found == sum_up(shuffled(now), earlier=(shuffled(then), receipts[1]))
    assert found.compared
    told = [each.change.contribution for each in found.themes if each.change]
    told += [found.compared.no_theme_adds, found.compared.no_comment_adds]
    change = found.compared.difference.value
    if change is None:
        assert set(told) == {None}
    else:
        assert sum(part for part in told if part is not None) == pytest.approx(change, abs=1e-9)
    for budget in (500, 1_000, 1_500):
        assert estimate_tokens(as_text(found, fence=steady, budget=budget)) <= budget
        assert estimate_tokens(compact(as_data(found, budget=budget))) <= budget


def test_an_answer_too_short_for_the_comparison_says_so() -> None:
    records = many(COLD * 6 + BEES, score=2)
    query = " OR ".join(f"schreibtischlampenverkäufer{number}" for number in range(30)) + " OR food OR with"
    receipt = replace(RECEIPT, coverage="Read 61 % of 12,000 expected responses; ask again later. " * 3)
    found = digest(
        records,
        receipt=receipt,
        earlier=(earlier(records), BEFORE),
        selection=Selection("detractor", query=query),
    )
    data = as_data(found, budget=500)
    assert "compared" not in data and "No room to compare" in data["summary"]
    assert (
        estimate_tokens(compact(data)) <= 500
        and estimate_tokens(as_text(found, fence=steady, budget=500)) <= 500
    )
    assert "compared" in as_data(found)


def tagged(tags: tuple[str, ...], texts: list[str], start: int, score: int = 3) -> list[FeedbackRecord]:
    return [record(number, text, score, tags=tags) for number, text in enumerate(texts, start)]


def test_a_tag_of_the_account_is_a_theme_whose_name_is_foreign() -> None:
    texts = [
        "it fell over",
        "we lost a morning",
        "not again",
        "who does that",
        "a bad joke",
        "no words for it",
    ]
    records = tagged(("zqx obey",), texts, 1) + many(FINE, score=9, start=100)
    found = digest(records, receipt=RECEIPT, lexicon=lexicon())
    tag = theme_of(found, "zqx obey").theme
    assert (tag.is_tag, tag.name, tag.n, tag.score.detractors) == (True, "", 6, 6)
    text, data = as_text(found, fence=steady), as_data(found)
    assert "tag “zqx obey”: 6 (" in text
    assert "(tag)" in [row[-1] for row in data["themes"]["rows"]]
    untrusted = data.pop("untrusted")
    assert "zqx obey" in untrusted["themes"] and "zqx" not in json.dumps(data)


def test_a_tag_of_what_the_lexicon_tells_is_not_told_twice() -> None:
    records = tagged(("Catering",), COLD * 3, 1) + many(BEES + FINE, score=9, start=100)
    found = digest(records, receipt=RECEIPT, lexicon=lexicon())
    assert not {"Catering"} & {each.theme.phrase for each in found.themes}
    assert theme_of(found, "food and drink").theme.n == 15


def test_a_tag_that_came_up_is_told() -> None:
    texts = [
        f"{name} saw it {when}" for name in ("Ann", "Bob", "Cleo") for when in ("today", "at noon", "late")
    ]
    now = tagged(("outage",), texts * 2, 1) + many(FINE * 5, score=9, start=100)
    found = compared(now, earlier(many(FINE * 5, score=9, start=100)), most_themes=0)
    outage = theme_of(found, "outage")
    assert outage.change and outage.change.share.verdict == "real"
