"""Quotes are verbatim, readable, different from each other, and used once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import ALIASES, RECORDS, TEXTS, many, record
from wootric_mcp.feedback.comments import analyse
from wootric_mcp.feedback.quotes import LONGEST, Quotes, excerpt


def pick(texts: list[str], most: int = 3) -> list[str]:
    comments = analyse(many(texts))
    return [quote.text for quote in Quotes(comments, ALIASES.alias).pick(comments, most)]


def test_the_comment_in_the_middle_of_its_kind_is_quoted_first() -> None:
    texts = [
        "The invoice is wrong again and billing support does not answer.",
        "My invoice was wrong, billing support could not explain it.",
        "I like the new colours of the start page quite a lot.",
        "ok",
    ]
    assert pick(texts, 1)[0] in texts[:2]


def test_near_duplicates_are_quoted_once() -> None:
    texts = [
        "The export fails every single day!",
        "the export fails every single day",
        "THE EXPORT FAILS EVERY SINGLE DAY.",
    ]
    assert len(pick(texts)) == 1


def test_a_comment_is_quoted_once_in_an_answer() -> None:
    comments = analyse(many([f"export number {word} fails for us" for word in ("one", "blue", "monday")]))
    quotes = Quotes(comments, ALIASES.alias)
    first = quotes.pick(comments, 2)
    second = quotes.pick(comments, 2)
    ids = [quote.record.id for quote in first + second]
    assert len(ids) == len(set(ids)) == 3


def test_a_comment_with_a_link_comes_last() -> None:
    texts = ["export fails, see https://evil.example now please", "the export fails on every account here"]
    assert pick(texts, 1) == [texts[1]]


def test_a_long_comment_is_cut_at_sentences_around_the_word() -> None:
    before, after = (
        "We plan our routes with it every day. " * 8,
        "And that is all I have to say about it. " * 8,
    )
    quote = excerpt(record(1, f"{before}The export is broken. {after}".strip()), ["export"])
    assert quote.text.startswith("The export is broken.") and len(quote.text) <= LONGEST
    assert quote.text.endswith(".")
    assert quote.shown == f"… {quote.text} …"


def test_a_long_comment_without_sentences_is_cut_at_words() -> None:
    text = "word " * 100 + "export " + "word " * 100
    quote = excerpt(record(1, text.strip()), ["export"])
    assert "export" in quote.text and len(quote.text) <= LONGEST
    assert all(word in ("word", "export") for word in quote.text.split())


def test_the_end_of_a_long_comment_is_quoted_to_its_end() -> None:
    quote = excerpt(
        record(1, "We plan our routes with it every day. " * 12 + "But the export fails"), ["export"]
    )
    assert quote.text.endswith("But the export fails")
    assert quote.ends and not quote.begins


def test_a_letter_that_grows_in_lower_case_does_not_mislead() -> None:
    text = "İ" * 150 + " export " + "y" * 200
    assert excerpt(record(1, text), ["export"]).text in text


def test_a_quote_in_a_costly_script_is_shorter() -> None:
    assert len(excerpt(record(1, "長" * 500)).text) < 80


@given(TEXTS, st.sampled_from([[], ["app"], ["the", "x"]]), st.integers(20, 300))
def test_an_excerpt_is_a_substring_within_its_length(text: str, words: list[str], longest: int) -> None:
    quote = excerpt(record(1, text), words, longest)
    assert quote.text in text and len(quote.text) <= longest
    assert quote.begins == text.startswith(quote.text)
    assert bool(quote.text) == bool(text)
    assert not (quote.begins and quote.ends) or quote.text == text


@settings(max_examples=50)
@given(RECORDS)
def test_picked_quotes_are_verbatim_and_distinct(records) -> None:
    comments = analyse(records)
    quotes = Quotes(comments, ALIASES.alias).pick(comments, 6)
    assert all(quote.text in quote.record.text for quote in quotes)
    assert len({quote.record.id for quote in quotes}) == len(quotes) <= 6


def test_the_same_emoji_is_quoted_once() -> None:
    comments = analyse(many(["👍"] * 8 + ["😡"] * 4))
    assert [quote.text for quote in Quotes(comments, ALIASES.alias).pick(comments, 12)] == ["👍", "😡"]


def test_the_best_of_many_comments_is_found_wherever_it_stands() -> None:
    poor = [f"the export of report {place} fails, see https://evil.example" for place in range(700)]
    good = [f"the export of report {place} fails on every account" for place in range(700)]
    assert {text in good for mixed in (poor + good, good + poor) for text in pick(mixed, 1)} == {True}
