"""The themes of each comment of a collection: lexicon first, phrases for what it misses."""

from __future__ import annotations

from tests.feedback.making import many, shuffled
from wootric_mcp.feedback.comments import analyse
from wootric_mcp.feedback.labels import MOST_NAMES, labels
from wootric_mcp.feedback.lexicon import lexicon

ABOUT_BEES = [
    f"The beehive was {word} when we opened it" for word in ("sticky", "empty", "loud", "gone", "old")
]


def test_a_comment_has_the_rows_it_speaks_of_and_phrases_that_several_share() -> None:
    texts = ["The invoice was too expensive", *ABOUT_BEES, "Nothing to say about that"]
    found = labels(analyse(many(texts)), lexicon())
    assert found[1] == ("price and value", "billing and payment")
    assert [found[number] for number in range(2, 7)] == [("beehive",)] * 5
    assert 7 not in found


def test_a_phrase_that_a_row_tells_already_is_not_found_once_more() -> None:
    found = labels(
        analyse(many([f"The courier {word} us" for word in ("saw", "met", "found", "passed")])), lexicon()
    )
    assert set(found.values()) == {("delivery",)}


def test_there_are_no_more_names_in_all_than_asked_for() -> None:
    words = [f"{first}{second}" for first in "bcdfghklm" for second in ("aro", "ilu", "ova", "emi")]
    texts = [f"The {word} was there and the {word} was not" for word in words for _ in range(3)]
    comments = analyse(many([*texts, "Rude waiter, cold food, expensive, slow delivery, dirty toilet"]))
    for most in (3, 10, MOST_NAMES):
        assert (
            len({name for names in labels(comments, lexicon(), most=most).values() for name in names}) <= most
        )


def test_rows_fill_what_phrases_leave_free() -> None:
    words = "price invoice support phone rude slow courier broken crash easy app feature advice told booking"
    words += " cancel dirty lunch room safe expert solved listen referral taxi understaffed organised choice"
    comments = analyse(many([f"Really {word} for us and them" for word in words.split()]))
    assert len({name for names in labels(comments, lexicon()).values() for name in names}) == 28


def test_the_order_of_the_comments_does_not_matter() -> None:
    records = many([*ABOUT_BEES, "The invoice was too expensive", "Rude staff on the phone"])
    assert labels(analyse(records), lexicon()) == labels(analyse(shuffled(records)), lexicon())
