"""Sentiment is learnt from an account's own scored comments, and told only where enough is known."""

from __future__ import annotations

import random

import pytest

from wootric_mcp.feedback.sentiment import LEAST_OF_A_KIND, LEAST_SCORED, cross_fitted

GOOD = {
    "en": ["love how fast it is", "easy to set up", "support was kind", "great reports", "works well"],
    "de": ["sehr schnell und einfach", "toller Kundenservice", "läuft gut", "gerne wieder", "tolle Berichte"],
    "ja": ["とても使いやすい", "対応が早くて助かる", "満足しています", "便利なレポート", "速くて快適"],
    "zh": ["非常好用", "客服很快回复", "很满意", "报告很方便", "速度快"],
}
BAD = {
    "en": ["crashes all the time", "too expensive now", "nobody answers", "slow and broken", "lost my data"],
    "de": ["stürzt ständig ab", "viel zu teuer", "niemand antwortet", "langsam und kaputt", "Daten weg"],
    "ja": ["すぐに落ちる", "値段が高すぎる", "返事が来ない", "遅くて壊れている", "データが消えた"],
    "zh": ["经常崩溃", "太贵了", "没有人回复", "又慢又坏", "数据丢失"],
}
NEUTRAL = {
    "en": "we have had the app on {} screens",
    "de": "die App auf {} Rechnern",
    "ja": "アプリ{}台",
    "zh": "应用{}台",
}


def comments(language: str, n: int = 300, seed: int = 1) -> tuple[list[str], list[int | None]]:
    """As many of promoters as of detractors; each says two things of its kind and something neutral."""
    rng = random.Random(seed)
    joint = "" if language in ("ja", "zh") else ", "
    texts, scores = [], []
    for number in range(n):
        said = rng.sample((GOOD if number % 2 else BAD)[language], 2)
        texts.append(joint.join([*said, NEUTRAL[language].format(number)]))
        scores.append(10 if number % 2 else 2)
    return texts, list(scores)


@pytest.mark.parametrize("language", ["en", "de", "ja", "zh"])
def test_comments_without_a_score_sound_like_those_with_one(language: str) -> None:
    texts, scores = comments(language)
    asked = [GOOD[language][0], BAD[language][0]]
    *_, good, bad = cross_fitted([*texts, *asked], [*scores, None, None], "nps")
    assert good is not None and bad is not None
    assert good > 0.5 and bad < -0.5


def test_a_comment_that_does_not_sound_like_its_score_is_told_although_it_was_learnt_from() -> None:
    texts, scores = comments("en")
    texts.append("crashes all the time, nobody answers, slow and broken")
    scores.append(10)
    assert (cross_fitted(texts, scores, "nps")[-1] or 0) < -0.5


def test_copies_of_a_comment_do_not_testify_for_each_other() -> None:
    texts, scores = comments("en")
    odd = "purple monkey dishwasher, purple monkey dishwasher"
    found = cross_fitted([*texts, *[odd] * 20], [*scores, *[0] * 20], "nps")
    assert found[-20:] == [None] * 20


def test_what_promoters_are_depends_on_the_survey() -> None:
    texts, scores = comments("en")
    of_five = [5 if score == 10 else 2 for score in scores]
    assert cross_fitted(texts, of_five, "csat5") == cross_fitted(texts, scores, "nps")
    assert cross_fitted(texts, of_five, "nps") == [None] * len(texts)


@pytest.mark.parametrize(
    ("n", "promoters"),
    [(LEAST_SCORED - 1, 100), (400, LEAST_OF_A_KIND - 1), (400, 400 - LEAST_OF_A_KIND + 1)],
)
def test_nothing_is_said_on_too_few_scored_comments(n: int, promoters: int) -> None:
    texts, _ = comments("en", n)
    scores: list[int | None] = [10] * promoters + [2] * (n - promoters)
    assert cross_fitted([*texts, "love it"], [*scores, None], "nps") == [None] * (n + 1)


def test_scores_without_a_comment_teach_nothing() -> None:
    texts, scores = comments("en", LEAST_SCORED - 20)
    assert set(cross_fitted([*texts, *[""] * 100], [*scores, *[10] * 100], "nps")) == {None}


def test_nothing_is_said_if_the_words_have_nothing_to_do_with_the_scores() -> None:
    texts, _ = comments("en", 400)
    mixed: list[int | None] = [10 if number % 4 < 2 else 2 for number in range(400)]
    found = [value for value in cross_fitted(texts, mixed, "nps") if value is not None]
    assert all(abs(value) < 0.6 for value in found)


def test_a_text_of_unknown_words_has_no_sentiment() -> None:
    texts, scores = comments("en")
    found = cross_fitted([*texts, "", "👍", "совершенно другой язык"], [*scores, None, None, None], "nps")
    assert found[-3:] == [None, None, None]
    assert None not in found[:-3]


def test_every_sentiment_is_between_minus_one_and_one_and_the_order_does_not_matter() -> None:
    texts, scores = comments("en", 400, seed=3)
    rows = list(zip(texts, scores, strict=True))
    scored = dict(zip(texts, cross_fitted(texts, scores, "nps"), strict=True))
    random.Random(5).shuffle(rows)
    again = cross_fitted([text for text, _ in rows], [score for _, score in rows], "nps")
    assert [scored[text] for text, _ in rows] == again
    assert all(value is not None and -1 <= value <= 1 for value in again)


def test_few_detractors_among_many_promoters_are_still_heard() -> None:
    texts, scores = comments("en", 600)
    kept = [number for number, score in enumerate(scores) if score == 10 or number % 8 == 0]
    *_, good, bad = cross_fitted(
        [*(texts[number] for number in kept), GOOD["en"][1], BAD["en"][1]],
        [*(scores[number] for number in kept), None, None],
        "nps",
    )
    assert good is not None and bad is not None
    assert good > 0.3 and bad < -0.3
