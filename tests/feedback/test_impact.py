"""What themes do to a score: the score without them, and parts that add up to it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import RECEIPT, RECORDS, digest, many, record
from wootric_mcp.feedback.digest import Digest
from wootric_mcp.feedback.impact import Counts, Effects, effects
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.score import SurveyType, score_of_counts
from wootric_mcp.feedback.selection import Selection

TYPES: list[SurveyType] = ["nps", "csat5", "csat10", "ces7"]
THEMES = 4
SAID = st.none() | st.sets(st.integers(0, THEMES - 1)).map(sorted).map(tuple)
SCORES = st.none() | st.integers(-1, 12)
RESPONSES = st.lists(st.tuples(SCORES, SAID), max_size=60)


def steady(lines) -> str:
    return "\n".join(lines)


def parts(found: Effects) -> list[float | None]:
    return [*(each.contribution for each in found.themes), found.in_no_theme, found.no_comment]


@settings(max_examples=150)
@given(RESPONSES, st.sampled_from(TYPES))
def test_contributions_add_up_to_the_score(responses, survey_type: SurveyType) -> None:
    value = score_of_counts(Counter(score for score, _ in responses), survey_type).value
    told = parts(effects(Counter(responses), THEMES, survey_type))
    if value is None:
        assert set(told) == {None}
    else:
        assert sum(part for part in told if part is not None) == pytest.approx(value, abs=1e-9)


@settings(max_examples=100)
@given(RESPONSES, st.sampled_from(TYPES))
def test_impact_is_the_score_less_that_of_all_others(responses, survey_type: SurveyType) -> None:
    everybody = score_of_counts(Counter(score for score, _ in responses), survey_type).value
    for theme, effect in enumerate(effects(Counter(responses), THEMES, survey_type).themes):
        others = Counter(score for score, said in responses if theme not in (said or ()))
        without = score_of_counts(others, survey_type).value
        if everybody is None or without is None:
            assert effect.impact is None
        else:
            assert effect.impact == pytest.approx(everybody - without, abs=1e-9)


@settings(max_examples=100)
@given(RESPONSES, st.randoms(use_true_random=False), st.sampled_from(TYPES))
def test_counts_of_chunks_in_any_order_give_the_same_to_the_last_bit(
    responses, rnd, survey_type: SurveyType
) -> None:
    whole = effects(Counter(responses), THEMES, survey_type)
    shuffled = rnd.sample(responses, len(responses))
    chunks = [Counts(shuffled[at : at + 7]) for at in range(0, len(shuffled), 7)]
    assert effects(sum(chunks, Counts()), THEMES, survey_type) == whole


def test_a_response_that_says_two_things_is_shared_by_them() -> None:
    counts = Counts({(10, (0,)): 2, (0, (0, 1)): 4, (8, ()): 2, (9, None): 4})
    found = effects(counts, 2, "nps")
    assert parts(found) == [0.0, -200 / 12, 0.0, 400 / 12]
    impacts = [each.impact for each in found.themes]
    assert impacts == [pytest.approx(200 / 12 - 400 / 6), pytest.approx(200 / 12 - 600 / 8)]


def a_week() -> list:
    complaints = ["the export loses rows"] * 8 + ["the invoice is wrong"] * 6
    records = many(complaints + ["the export loses rows, the invoice is wrong"] * 3, score=2)
    records += many(["the invoice is wrong"] * 7 + ["lovely team"] * 20, score=10, start=100)
    return records + [record(200 + number, "", 9) for number in range(30)]


@pytest.mark.parametrize("selection", [Selection(), Selection("detractor"), Selection(query="invoice")])
def test_what_a_digest_tells_adds_up_to_the_score_of_all_in_either_form(selection: Selection) -> None:
    found = digest(a_week(), receipt=RECEIPT, selection=selection)
    for budget in (1_000, 1_500, 8_000):
        data = as_data(found, budget=budget)
        place = data["themes"]["columns"].index("contribution")
        told = [row[place] or 0 for row in data["themes"]["rows"]] + list(data["contributions"].values())
        assert sum(told) == pytest.approx(found.score.value, abs=0.01 * len(told))
        text = as_text(found, fence=steady, budget=budget)
        assert ", contribution " in text and "they add up to the NPS of all." in text


def themes_of_all_sizes() -> Digest:
    """Of 40, 8 and 4 who scored; the fifth of the last has no score."""
    records = many(["the export loses rows"] * 40, score=2)
    records += many(["lovely team"] * 8, score=10, start=100)
    records += many(["the invoice is wrong"] * 4, score=1, start=200)
    records += [record(300, "the invoice is wrong", None), *(record(400 + n, "", 9) for n in range(48))]
    return digest(records, receipt=RECEIPT, earlier=(many(["lovely team"] * 9, start=900), RECEIPT))


@pytest.mark.parametrize("budget", [700, 1_500, 8_000])
def test_the_score_of_a_theme_of_few_is_marked_and_one_of_very_few_has_no_effect_of_its_own(budget) -> None:
    found = themes_of_all_sizes()
    text, data = as_text(found, fence=steady, budget=budget), as_data(found, budget=budget)
    told = dict(re.findall(r"^\d\. \D*(export|team|invoice)\D*: (.+)$", text, re.MULTILINE))
    assert re.search(r", NPS -100 \(-100 to -\d+\)[ ,].*impact -", told["export"])
    assert re.search(r", NPS 100 \(\d+ to 100\)\*[ ,].*impact \+", told["team"])
    assert re.search(r", no NPS \(too few\)( \(n = 4\)| 0/0/4)$", told["invoice"])
    assert text.count("* indicative only, fewer than 30 scored") == 1
    columns, names = data["themes"]["columns"], data["untrusted"]["themes"]
    rows = {
        name: dict(zip(columns, row, strict=True))
        for name, row in zip(names, data["themes"]["rows"], strict=True)
    }
    export, team, invoice = (
        next(row for name, row in rows.items() if what in name) for what in ("export", "team", "invoice")
    )
    assert [each["indicative"] for each in (export, team, invoice)] == [False, True, None]
    assert export["impact"] < 0 < team["impact"] and invoice["impact"] is None
    assert invoice.get("contribution") is None and invoice.get("contribution_change") is None


def test_effects_of_very_few_are_told_in_one_sum_that_adds_up_in_either_form() -> None:
    found = themes_of_all_sizes()
    text, data = as_text(found, fence=steady), as_data(found)
    assert data["contributions"]["other themes"] == pytest.approx(-4.0)
    assert re.search(r"Further contributions: .*, other themes -4\.0 \(-4\.0\); with those above", text)
    place = data["themes"]["columns"].index("contribution")
    told = [row[place] or 0 for row in data["themes"]["rows"]] + list(data["contributions"].values())
    assert sum(told) == pytest.approx(found.score.value)
    written = re.findall(r"contribution (-?\+?[\d.]+)|(?:comment|theme|themes) ([-+]?[\d.]+) \(", text)
    assert sum(float(one or other) for one, other in written) == pytest.approx(found.score.value, abs=0.2)
    place = data["themes"]["columns"].index("contribution_change")
    told = [row[place] or 0 for row in data["themes"]["rows"]] + list(data["contribution_changes"].values())
    assert sum(told) == pytest.approx(found.score.value + 100)


def test_where_many_scored_every_theme_none_is_marked() -> None:
    records = many(["the export loses rows"] * 40, score=2) + many(["lovely team"] * 40, start=100)
    found = digest(records, receipt=RECEIPT)
    assert "indicative" not in as_text(found, fence=steady)
    assert "indicative" not in as_data(found)["themes"]["columns"]


def test_impact_and_who_says_it_are_of_everybody_though_detractors_are_read() -> None:
    found = digest(a_week(), receipt=RECEIPT, selection=Selection("detractor"))
    (invoice,) = [each for each in found.themes if "invoice" in each.theme.phrase]
    assert (invoice.theme.n, invoice.theme.score.detractors, invoice.theme.score.promoters) == (9, 9, 7)
    without = 100 * (50 - 8) / (74 - 16)
    assert invoice.effect.impact == pytest.approx((found.score.value or 0) - without)
    text = as_text(found, fence=steady)
    assert "NPS of all who say it with promoters/passives/detractors" in text and " 7/0/9, impact " in text


def test_responses_that_do_not_say_what_the_query_asks_for_are_told_apart() -> None:
    found = digest(a_week(), receipt=RECEIPT, selection=Selection(query="invoice"))
    assert found.no_comment_adds == pytest.approx(100 * (50 - 8) / 74)
    assert "no such comment" in as_data(found)["contributions"]


@settings(max_examples=40, deadline=None)
@given(RECORDS, st.sampled_from(TYPES), st.sampled_from([Selection(), Selection("detractor", query="app")]))
def test_whatever_was_said_the_parts_of_a_digest_add_up(
    records, survey_type: SurveyType, selection: Selection
) -> None:
    found = digest(records, receipt=RECEIPT, survey_type=survey_type, selection=selection)
    told = [each.effect.contribution for each in found.themes]
    told += [found.no_theme_adds, found.no_comment_adds]
    if found.score.value is None:
        assert set(told) == {None}
    else:
        assert sum(part for part in told if part is not None) == pytest.approx(found.score.value, abs=1e-9)
