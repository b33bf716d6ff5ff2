"""Whether a report can be trusted: next to nothing is flagged where nothing changed, and a small issue is
flagged where it came up."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cache

import pytest

from tests.accounts import story
from tests.feedback.making import RECEIPT, digest, record
from wootric_mcp.feedback.comments import analyse, analysis
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.feedback.mismatch import sounding
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.feedback.sentiment import cross_fitted

FEW = 8
MANY = pytest.param(200, marks=pytest.mark.slow)


@cache
def commented() -> list[FeedbackRecord]:
    """The comments of the story, in no order of time, analysed once."""
    return [
        record(
            row.id, row.text, row.score, end_user_id=row.end_user_id, analysis=analysis(row.text, lexicon())
        )
        for row in story().responses
        if row.text
    ]


@cache
def planted() -> list[FeedbackRecord]:
    """2 % of 2,000 comments are about what the story never mentions."""
    texts = [
        f"The parcel arrived {number} days too late and nobody at the courier cared" for number in range(40)
    ]
    return [record(10**9 + number, text, 3) for number, text in enumerate(texts)]


def flagged(now: Iterable[FeedbackRecord], before: Iterable[FeedbackRecord]) -> list[str]:
    """Themes whose share changed more than by chance."""
    found = digest(now, receipt=RECEIPT, earlier=(before, RECEIPT), lexicon=lexicon())
    return [
        each.theme.name or each.theme.phrase
        for each in found.themes
        if each.change and each.change.share.verdict == "real"
    ]


def samples(runs: int, n: int) -> Iterable[tuple[list[FeedbackRecord], list[FeedbackRecord]]]:
    """Two halves of so many comments each, drawn by chance."""
    for seed in range(runs):
        drawn = random.Random(seed).sample(commented(), 2 * n)
        yield drawn[:n], drawn[n:]


@pytest.mark.parametrize("runs", [FEW, MANY])
def test_two_random_halves_have_hardly_a_theme_flagged(runs: int) -> None:
    found = [flagged(now, before) for now, before in samples(runs, 1_000)]
    assert sum(map(len, found)) <= 0.3 * runs


@pytest.mark.parametrize("runs", [FEW, MANY])
def test_an_issue_of_two_per_cent_is_flagged(runs: int) -> None:
    found = [flagged([*now[: -len(planted())], *planted()], before) for now, before in samples(runs, 2_000)]
    assert sum("delivery" in themes for themes in found) >= 0.95 * runs


@pytest.mark.parametrize("runs", [FEW, MANY])
def test_two_random_groups_have_hardly_a_phrase_that_tells_them_apart(runs: int) -> None:
    told = 0
    for seed in range(runs):
        drawn = random.Random(seed).sample(commented(), 2_000)
        group = [
            record(
                one.id,
                one.text,
                one.score,
                analysis=one.analysis,
                properties={"plan": "A" if number < 300 else "B"},
            )
            for number, one in enumerate(drawn)
        ]
        found = digest(group, receipt=RECEIPT, selection=Selection(where={"plan": "A"}))
        told += sum(len(each.drivers) for each in found.asides.contrasts if each.who == "these people")
    assert told <= 0.3 * runs


def separation(values: dict[int, float | None]) -> float:
    """How often a promoter's comment sounds better than a detractor's: the area under the ROC curve."""
    scores = {one.id: one.score or 0 for one in commented()}
    promoters = [value or 0.0 for number, value in values.items() if scores[number] >= 9]
    detractors = sorted(value or 0.0 for number, value in values.items() if scores[number] <= 6)
    above = sum(bisect_left(detractors, value) + bisect_right(detractors, value) for value in promoters)
    return above / 2 / len(promoters) / len(detractors)


def test_how_a_comment_sounds_tells_promoters_from_detractors_also_among_comments_not_learnt_from() -> None:
    drawn = random.Random(1).sample(commented(), 6_000)
    learnt, held_out = drawn[:3_000], drawn[3_000:]
    found = cross_fitted([one.text for one in drawn], [*(one.score for one in learnt), *[None] * 3_000])
    sounds = dict(zip((one.id for one in drawn), found, strict=True))
    assert separation({one.id: sounds[one.id] for one in learnt}) >= 0.95
    assert separation({one.id: sounds[one.id] for one in held_out}) >= 0.95


def test_most_comments_told_to_disagree_with_their_score_say_the_opposite_of_it() -> None:
    """A promoter's comment that complains, a detractor's that praises."""
    stances = story().truth["themes"]
    found = sounding(analyse(commented()), [], "nps", most=5_000)
    right = sum(
        (1 if (one.record.score or 0) <= 6 else -1) in stances.get(str(one.record.id), {}).values()
        for one in found.opposite
    )
    assert len(found.opposite) >= 30
    assert right >= 0.5 * len(found.opposite)
