"""Search by theme, language and person, alone and together with a query."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import ALIASES, COMMENTS, RECEIPT, RECORDS, digest, many, record, search, shuffled
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.feedback.narrowing import TOLD_APART, Narrowing
from wootric_mcp.feedback.report_found import found_as_data, found_as_text
from wootric_mcp.feedback.search import Found
from wootric_mcp.feedback.selection import Selection

LEXICON = lexicon()
PRICE, ERRORS = "price and value", "errors and reliability"


def find(records, query: str = "", category: str = "any", order: str = "relevance", **narrowing) -> Found:
    return search(
        records,
        receipt=RECEIPT,
        selection=Selection(query=query, category=category),
        narrowing=Narrowing(**narrowing),
        lexicon=LEXICON,
        order=order,
        limit=100,
    )


def ids(found: Found) -> list[int]:
    return sorted(hit.record.id for hit in found.hits)


def text_of(found: Found, budget: int = 1_500) -> str:
    return found_as_text(found, fence="\n".join, budget=budget)


def test_a_theme_is_found_in_every_language_of_the_lexicon() -> None:
    texts = [
        "It is far too expensive for a small team like ours.",
        "Das ist für ein kleines Team wie uns viel zu teuer.",
        "C'est beaucoup trop cher pour une petite équipe comme la nôtre.",
        "涨价没有合理的解释，太贵了。",
        "The colours of it are very nice and I like them.",
    ]
    assert ids(find(many(texts), theme=PRICE)) == [1, 2, 3, 4]


def test_what_a_search_finds_of_a_theme_is_what_a_digest_counts_of_it() -> None:
    records = many([*COMMENTS.values(), "too expensive", "teuer", "crash!", "it crashes"] * 2)
    themes = digest(records, receipt=RECEIPT, lexicon=LEXICON).themes
    named = [each.theme for each in themes if each.theme.name]
    assert named
    for theme in named:
        assert find(records, theme=theme.name).matched == theme.n


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl", "ja", "zh", "ko", "pl"])
def test_comments_are_found_by_their_language(language: str) -> None:
    assert language in TOLD_APART
    records = many(
        [COMMENTS[each] for each in ("en", "de", "fr", "es", "it", "pt", "nl", "ja", "zh", "ko", "pl")]
    )
    (hit,) = find(records, language=language).hits
    assert hit.record.text == COMMENTS[language]


def test_a_comment_that_does_not_tell_its_language_counts_as_the_usual_one() -> None:
    records = many(["Top!", COMMENTS["de"], COMMENTS["de"], COMMENTS["en"]])
    assert ids(find(records, language="de")) == [1, 2, 3]
    assert ids(find(records, language="en")) == [4]


def test_one_person_is_found_whatever_others_say_and_named_by_alias() -> None:
    records = [
        record(number, f"slow export {number}", end_user_id=number % 3 or None) for number in range(1, 10)
    ]
    found = find(records, "export", end_user=2)
    assert ids(found) == [2, 5, 8]
    assert found.narrowed == {"end_user": ALIASES.alias(2)}
    assert found.commented == 9 and found.query_score and found.query_score.n == 9


def test_filters_narrow_each_other_and_scores_are_of_everybody_who_says_it() -> None:
    records = many(["The app is too expensive and it crashes."] * 6, score=2)
    records += many(["The app is too expensive for us."] * 6, score=10, start=50)
    records += many(["The app crashes when I open it."] * 6, score=9, start=90)
    found = find(records, "crashes", "detractor", theme=PRICE, language="en")
    assert found.matched == 6
    assert found.query_score and found.query_score.n == 6
    everybody = find(records, category="detractor", theme=PRICE).query_score
    assert everybody and (everybody.n, everybody.value) == (12, 0)


def test_when_few_match_it_is_told_what_each_filter_alone_leaves() -> None:
    records = many(["The app is too expensive for us.", "It crashes all the time.", COMMENTS["de"]])
    found = find(records, "colour", theme=PRICE, language="de", end_user=2)
    alias = ALIASES.alias(2)
    assert found.matched == 0
    assert found.words == (("colour", 0), (f"theme {PRICE}", 1), ("language de", 1), (f"person {alias}", 1))
    assert (
        f"each part alone: colour in 0, theme {PRICE} in 1, language de in 1, person {alias} in 1."
        in text_of(found)
    )
    assert find(records, theme="food and drink").words == ()


def test_an_answer_names_its_filters_and_repeats_them_in_the_next_call() -> None:
    records = many([f"The app is far too expensive for us, number {number}." for number in range(40)])
    found = find(records, theme=PRICE, language="en", order="newest")
    for said in (text_of(found, 500), found_as_data(found, budget=500)["summary"]):
        assert f"40 of 40 comments match (theme {PRICE}, language en)." in said
    asked = f'search_feedback(period="last_week", theme="{PRICE}", language="en", order="newest", cursor='
    assert asked in text_of(found, 500) and found_as_data(found, budget=500)["next"].startswith(asked)


def test_without_a_query_the_score_is_told_of_those_who_write_in_a_language() -> None:
    records = many([COMMENTS["de"]] * 6, score=2) + many([COMMENTS["en"]] * 6, score=10, start=20)
    assert "Everybody who writes in it: NPS -100" in text_of(find(records, language="de"))
    assert "Everybody who says it: NPS" in text_of(find(records, theme=ERRORS))


def test_a_long_comment_is_shown_where_it_speaks_of_the_theme() -> None:
    filler = "We use it on the road for the daily work of our team. " * 12
    (hit,) = find([record(1, f"{filler}It is far too expensive by now. {filler}")], theme=PRICE).hits
    assert "too expensive" in hit.text and len(hit.text) <= 280
    filler = "毎日チームで使っています。" * 40
    (hit,) = find([record(1, f"{filler}値段が高すぎます。{filler}")], theme=PRICE).hits
    assert "値段" in hit.text


@settings(max_examples=30, deadline=None)
@given(
    RECORDS, st.sampled_from(["", ERRORS]), st.sampled_from(["", "en", "ja"]), st.sampled_from(["", "app"])
)
def test_the_order_of_records_makes_no_difference(records, theme: str, language: str, query: str) -> None:
    found = find(records, query, theme=theme, language=language)
    assert found == find(shuffled(records), query, theme=theme, language=language)
