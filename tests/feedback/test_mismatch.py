"""A comment that sounds opposite to its score is told; nothing is told on too little to learn from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.feedback.making import NOW, record, shuffled
from tests.feedback.test_sentiment import comments
from wootric_mcp.feedback.comments import analyse
from wootric_mcp.feedback.mismatch import MOST_JUDGED, Sounding, Sounds, sounding
from wootric_mcp.feedback.records import FeedbackRecord

COMPLAINT = "crashes all the time, nobody answers, slow and broken"
PRAISE = "easy to set up, support was kind, great reports"


def account(*more: tuple[str, int | None], n: int = 400) -> list[FeedbackRecord]:
    """Comments that sound as their scores are, numbered from 1, then further ones."""
    texts, scores = comments("en", n)
    rows = [*zip(texts, scores, strict=True), *more]
    return [record(number, text, score) for number, (text, score) in enumerate(rows, 1)]


def judged(records: list[FeedbackRecord], **options: int) -> Sounding:
    return sounding(analyse(records), [], "nps", **options)


def opposite(found: Sounding) -> set[int]:
    return {comment.record.id for comment in found.opposite}


def test_a_promoter_who_complains_and_a_detractor_who_praises_are_told() -> None:
    found = judged(account((COMPLAINT, 10), (PRAISE, 0), (COMPLAINT, 0), (PRAISE, 10)))
    assert opposite(found) == {401, 402}
    assert found.judged == 404 and found.unscored == found.out_of_range == Sounds(0, 0, 0)


def test_a_passive_score_is_opposite_to_nothing() -> None:
    assert opposite(judged(account((COMPLAINT, 7), (PRAISE, 8)))) == set()


def test_a_word_that_answers_a_question_disagrees_with_no_score() -> None:
    found = judged(account(*[("crashes", 10)] * 5, ("broken, broken", 10), ("slow and broken", 10)))
    assert opposite(found) == {407}


@pytest.mark.parametrize("outside", [None, 11, -1])
def test_comments_without_a_score_on_the_scale_are_counted_by_how_they_sound(outside: int | None) -> None:
    found = judged(
        account((PRAISE, outside), (COMPLAINT, outside), (COMPLAINT, outside), ("Привет", outside))
    )
    told, others = found.unscored, found.out_of_range
    if outside is not None:
        told, others = others, told
    assert (told.positive, told.negative, told.unknown, told.n) == (1, 2, 1, 4)
    assert others == Sounds(0, 0, 0) and found.opposite == ()


def test_with_too_few_scored_comments_nothing_is_judged() -> None:
    found = judged(account((COMPLAINT, 10), (PRAISE, None), n=100))
    assert found == Sounding("nps", judged=0, opposite=(), unscored=Sounds(1, 0, 0), out_of_range=Sounds())
    assert found.unscored.unknown == 1
    assert judged([]) == Sounding("nps", 0, (), Sounds(), Sounds())


def test_the_newest_are_judged_and_how_many_is_told() -> None:
    older = [
        record(number, text, score, created_at=NOW - timedelta(days=90))
        for number, (text, score) in enumerate([(COMPLAINT, 10), (PRAISE, None), (PRAISE, 10)], 1_001)
    ]
    found = judged([*older, *account((COMPLAINT, 10))], most=401)
    assert (found.judged, opposite(found)) == (401, {401})
    assert (found.unscored.n, found.unscored.unknown) == (1, 1)
    assert judged([*older, *account()]).judged == 403 < MOST_JUDGED


def test_comments_are_judged_by_others_too_and_only_those_asked_about_are_told() -> None:
    asked, others = analyse([record(1, COMPLAINT, 10), record(2, PRAISE, None)]), analyse(account()[2:])
    found = sounding(asked, [*others, *analyse([record(900, COMPLAINT, 10)])], "nps")
    assert (found.judged, opposite(found), found.unscored) == (2, {1}, Sounds(1, 1, 0))
    half = sounding(others[::2], others[1::2], "nps", most=300)
    assert half.judged == 150
    assert sounding(others[:10], others[10:], "nps", most=300).judged == 10
    assert sounding(others[10:], others[:10], "nps", most=300).judged == 290


def test_the_clearest_comes_first_and_the_order_of_the_records_does_not_matter() -> None:
    mixed = f"{COMPLAINT}, too expensive now, love how fast it is"
    records = account((mixed, 10), (f"{COMPLAINT}, too expensive now", 10))
    found = judged(records)
    assert [comment.record.id for comment in found.opposite] == [402, 401]
    assert judged(shuffled(records)) == found
