"""Search finds every comment that matches, the best first, with the match in sight."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import NOW, RECEIPT, RECORDS, Passing, digest, many, record, search, shuffled
from wootric_mcp.feedback.search import Found
from wootric_mcp.feedback.selection import Selection


def find(records, query: str = "", **options) -> Found:
    selection = Selection(
        query=query, category=options.pop("category", "any"), where=options.pop("where", {})
    )
    return search(records, receipt=RECEIPT, selection=selection, **options)


def ids(found: Found) -> list[int]:
    return [hit.record.id for hit in found.hits]


def test_the_comment_that_says_it_most_comes_first() -> None:
    records = many(
        ["export once in a very long comment about other things too", "export export!", "no such thing"]
    )
    assert ids(find(records, "export")) == [2, 1]


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    records = many(["export export crash", "export crash crash", *["export"] * 20])
    assert ids(find(records, "export crash"))[0] == 2


def test_among_equals_the_newest_comes_first() -> None:
    records = [
        record(number, f"slow export {number}", created_at=NOW - timedelta(days=number))
        for number in (3, 1, 2)
    ]
    assert ids(find(records, "export")) == [1, 2, 3]


def test_newest_first_whatever_the_relevance() -> None:
    records = [
        record(1, "export export export", created_at=NOW - timedelta(days=2)),
        record(2, "one export among many other words", created_at=NOW - timedelta(days=1)),
    ]
    assert ids(find(records, "export", order="newest")) == [2, 1]


def test_without_a_query_every_comment_counts_and_scores_without_one_do_not() -> None:
    found = find([record(1, "hello"), record(2, ""), record(3, "there", score=10)])
    assert (found.matched, found.commented, found.query_score) == (2, 2, None)
    assert find([record(1, "hello"), record(3, "there", score=10)], category="promoter").matched == 1


def test_the_score_of_a_query_is_of_everybody_who_says_it() -> None:
    records = many(["slow"] * 6, score=2) + many(["slow"] * 6, score=10, start=50)
    found = find(records, "slow", category="detractor")
    assert found.matched == 6
    assert found.query_score and (found.query_score.n, found.query_score.value) == (12, 0)


def test_excluded_responses_and_other_people_do_not_count() -> None:
    records = [
        record(1, "slow", excluded=True),
        record(2, "slow", properties={"plan": "Pro"}),
        record(3, "slow"),
    ]
    assert ids(find(records, "slow", where={"plan": "Pro"})) == [2]
    assert find(records, "slow").matched == 2


def test_pages_follow_each_other() -> None:
    records = many([f"slow number {number}" for number in range(25)])
    pages = [ids(find(records, "slow", start=start, limit=10)) for start in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert sorted(number for page in pages for number in page) == list(range(1, 26))


def test_the_match_is_in_sight_in_a_long_comment() -> None:
    filler = "We use it for the daily planning of our routes. " * 12
    for text, query in [
        (f"{filler}The CSV Export is broken. {filler}", "exports"),
        (f"{'word ' * 120}csv export {'word ' * 120}", '"csv export"'),
        (f"{'長い文' * 80}クラッシュ{'長い文' * 80}", "クラッシュ"),
    ]:
        (hit,) = find([record(1, text)], query).hits
        assert len(hit.text) <= 280 and hit.text in text
        assert query.strip('"s').lower() in hit.text.lower()
        assert hit.shown.startswith("… ") and hit.shown.endswith(" …")


def test_when_nothing_says_it_all_each_part_is_counted() -> None:
    records = many(["slow export", "slow", "export", "fine"])
    found = find(records, "slow crash OR freeze")
    assert (found.matched, found.words) == (0, (("slow", 2), ("crash", 0)))
    assert find(records, "crash").words == ()


@settings(max_examples=50)
@given(RECORDS, st.sampled_from(["", "app", "crash -update", '"the mobile"', "アプリ", "app OR export"]))
def test_order_of_input_does_not_matter_and_hits_are_verbatim(records, query: str) -> None:
    found = find(records, query)
    assert found == find(shuffled(records), query)
    for hit in found.hits:
        assert hit.text in hit.record.text and len(hit.text) <= 280
        assert hit.begins == hit.record.text.startswith(hit.text)


def test_a_few_words_do_not_win_by_being_few() -> None:
    records = many(["csv export!!", "The CSV export loses every second row of our reports since Monday."])
    assert ids(find(records, "csv export")) == [2, 1]


def test_the_same_comment_is_shown_once_and_counted() -> None:
    records = many(
        ["CSV export fails!", "csv  export fails!", "the csv export is empty", "CSV export fails!"]
    )
    found = find(records, "csv export")
    assert (found.matched, found.distinct, len(found.hits)) == (4, 2, 2)
    assert found.times == {1: 3}
    assert [find(records, "csv export", start=at, limit=1).distinct for at in (0, 1)] == [2, 2]
    assert find(records, "csv export", order="newest").distinct == 4


def test_when_few_say_it_all_each_part_is_counted() -> None:
    found = find(many(["slow export", *["slow"] * 5, "export"]), "slow export")
    assert (found.matched, found.words) == (1, (("slow", 6), ("export", 2)))


def test_a_theme_in_quotes_finds_the_comments_of_the_theme() -> None:
    texts = ["app crashes", "the app crashed", "App crash at noon", "a crash", "crashing", "the app is slow"]
    records = many(texts * 2 + ["we like the colours"] * 9)
    for each in digest(records, receipt=RECEIPT).themes:
        found = find(records, f'"{each.theme.phrase}"', order="newest")
        assert set(ids(found)) == {comment.record.id for comment in each.theme.members}


def test_records_pass_by_once_and_no_more_of_them_are_kept_than_are_ranked() -> None:
    records = [
        record(number, f"the export is slow {number}", properties={"plan": "Pro"}) for number in range(99)
    ]
    for query in ("", "export", "export fails"):
        passing = Passing(records)
        assert find(iter(passing), query) == find(records, query)
        assert passing.most_held <= 1


def test_the_newest_comments_of_a_long_period_take_no_more_room_than_of_a_short_one_by_the_same_people() -> (
    None
):
    def room(n: int) -> int:
        tracemalloc.start()
        try:
            records = (record(number, f"no. {number}", end_user_id=number % 40) for number in range(n))
            find(records, order="newest")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    room(50)
    assert room(3_000) < 2 * room(300)


def test_a_snippet_shows_the_phrase_and_not_only_its_first_word() -> None:
    text = (
        "Waiting was fine at first. "
        + "Then nothing else happened there at all. " * 20
        + "A long waiting time."
    )
    [hit] = find([record(1, text)], '"waiting time"').hits
    assert "waiting time" in hit.shown


def test_a_snippet_shows_a_sign_and_the_alternative_that_is_there() -> None:
    text = "Nothing else happened there at all. " * 20 + "I love it 👍 so."
    for query in ("👍", "👎 OR 👍", "崩溃 OR love"):
        [hit] = find([record(1, text)], query).hits
        assert "👍" in hit.shown


def test_few_matches_tell_what_each_sign_finds() -> None:
    found = find(many(["great 👍", "great", "slow 👎"]), "great 👍")
    assert (found.matched, found.words) == (1, (("great", 2), ("👍", 1)))
