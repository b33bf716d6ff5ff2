"""A digest with a lexicon: its rows as themes, beside the phrases that it misses."""

from __future__ import annotations

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import COMMENTS, RECEIPT, RECORDS, digest, many, record, shuffled
from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.digest import Digest
from wootric_mcp.feedback.filling import compact
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.feedback.themes import Theme

PEOPLE = ["Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jo"]
COLD = ["The food was cold", "Breakfast was bad", "A meal nobody could eat", "Lunch was late", "Poor dinner"]
BEES = [f"{person} was with the beehive" for person in PEOPLE]

sum_up = partial(digest, receipt=RECEIPT, lexicon=lexicon())


def steady(lines) -> str:
    return "\n".join(lines)


def themes_of(found: Digest) -> dict[str, Theme]:
    return {each.theme.name or each.theme.phrase: each.theme for each in found.themes}


def test_a_row_gathers_what_is_said_in_different_words() -> None:
    others = many(["Lovely, thank you"] * 12, score=10, start=100)
    found = themes_of(sum_up(many(COLD, score=2) + others))
    assert (found["food and drink"].n, found["food and drink"].score.detractors) == (5, 5)


def test_a_phrase_that_the_lexicon_misses_stands_beside_it() -> None:
    found = themes_of(sum_up(many(COLD, score=2) + many(BEES, score=3, start=50)))
    assert (found["beehive"].n, found["beehive"].name) == (10, "")
    assert found["food and drink"].n == 5


def test_a_phrase_that_a_row_tells_is_no_theme_of_its_own() -> None:
    texts = [f"{person} was with the courier" for person in PEOPLE]
    texts += [f"there was no courier or {person}" for person in PEOPLE]
    found = themes_of(sum_up(many(texts, score=2) + many(BEES, score=9, start=50)))
    assert "delivery" in found and "courier" not in found
    assert (found["delivery"].phrase, found["delivery"].n) == ("courier", 20)


def test_the_phrase_of_a_row_speaks_of_the_row() -> None:
    texts = [f"the invoice and {person} and the quarterly review" for person in PEOPLE]
    found = themes_of(sum_up(many(texts, score=2) + many(BEES, score=9, start=50)))
    assert found["billing and payment"].phrase == "invoice"


def test_two_rows_about_the_same_comments_come_with_different_phrases() -> None:
    texts = [f"the mobile app crashes, login says {person}" for person in PEOPLE[:7]]
    texts += [f"an error for {person}" for person in PEOPLE] + [
        f"{person} on the website" for person in PEOPLE
    ]
    found = themes_of(sum_up(many(texts, score=2) + many(BEES, score=9, start=50)))
    rows = [found["errors and reliability"], found["app, website and account"]]
    forms = [set(theme.form.split()) for theme in rows]
    assert all(forms) and forms[0].isdisjoint(forms[1])


def test_a_row_whose_words_are_all_barred_alone_has_no_phrase_but_its_name() -> None:
    texts = [f"it is not working {where}" for where in ("here", "there", "now", "again", "today", "yet")]
    found = sum_up(many(texts, score=2) + many(BEES, score=9, start=50))
    assert themes_of(found)["errors and reliability"].phrase == ""
    assert ". errors and reliability: 6 (" in as_text(found, fence=steady)


def test_a_row_that_says_what_the_query_says_is_no_news() -> None:
    texts = [f"the courier lost it and the price of {person} is up" for person in PEOPLE[:5]]
    texts += [f"no courier for {person}" for person in PEOPLE]
    found = themes_of(sum_up(many(texts, score=2), selection=Selection(query="courier")))
    assert "delivery" not in found and found["price and value"].n == 5


def test_the_score_of_a_row_is_of_everybody_who_speaks_of_it() -> None:
    records = many(COLD, score=2) + many(["A delicious meal", "Great lunch"], score=10, start=50)
    found = themes_of(sum_up(records, selection=Selection("detractor")))["food and drink"]
    assert (found.n, found.score.n, found.score.promoters) == (5, 7, 2)


def test_a_row_is_quoted_for_what_it_is_about() -> None:
    long = "We came by train and stayed for the whole week with our old friends from the choir. " * 3
    records = many([f"{long}The breakfast was cold. {long}"] * 3 + COLD, score=2)
    found = sum_up(records + many(BEES, score=9, start=50), quotes_each=8)
    (food,) = [each for each in found.themes if each.theme.name == "food and drink"]
    words = ("food", "breakfast", "meal", "lunch", "dinner")
    assert len(food.quotes) >= 5
    assert all(any(word in quote.text.lower() for word in words) for quote in food.quotes)


def test_names_are_ours_and_phrases_the_customers() -> None:
    found = sum_up(many(COLD, score=2) + many(BEES, score=3, start=50))
    text, data = as_text(found, fence=steady), as_data(found)
    assert "food and drink: 5 (" in text and "beehive: 10 (" in text.replace(" (mostly “beehive empty”)", "")
    names = [row[data["themes"]["columns"].index("name")] for row in data["themes"]["rows"]]
    assert {"food and drink", None} <= set(names)
    assert len(data["untrusted"]["themes"]) == len(names)
    assert 'Next: search_feedback(theme="food and drink"' in text
    assert "instead of theme, a phrase in double quotes as its query" in text
    untrusted = data.pop("untrusted")
    assert "beehive" in json.dumps(untrusted) and "beehive" not in json.dumps(data)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl", "ja", "zh"])
def test_the_same_complaint_is_the_same_theme_in_every_language(language: str) -> None:
    found = themes_of(sum_up(many([COMMENTS[language]] * 6, score=1)))
    assert {"errors and reliability", "app, website and account"} & found.keys()


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.sampled_from([Selection(), Selection("detractor"), Selection(query="app")]))
def test_order_does_not_matter_and_every_form_keeps_its_budget(records, selection: Selection) -> None:
    found = sum_up(records, selection=selection)
    assert found == sum_up(shuffled(records), selection=selection)
    themed = {comment.record.id for each in found.themes for comment in each.theme.members}
    assert len(themed) + found.in_no_theme == found.comments
    for budget in (500, 1_500):
        assert estimate_tokens(as_text(found, fence=steady, budget=budget)) <= budget
        assert estimate_tokens(compact(as_data(found, budget=budget))) <= budget


def test_responses_without_a_score_have_themes_as_well() -> None:
    records = [record(number, text, None) for number, text in enumerate([*COLD, *BEES])]
    assert {"food and drink", "beehive"} <= themes_of(sum_up(records)).keys()
