"""How a comment sounds, learnt from the scores of those who wrote comments like it.

No list of good and bad words knows an account's trade and language; its own scored comments do. The model is
naive Bayes on words, pairs of words and, in Chinese and Japanese, runs of characters.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wootric_mcp.feedback.score import SurveyType, category
from wootric_mcp.feedback.words import fold, is_unspaced, words_of

LEAST_SCORED, LEAST_OF_A_KIND = 200, 30
"""Scored comments, and promoters or detractors, whichever are fewer, below which nothing is said."""

_FOLDS = 5
_SMOOTHING = 0.2
_LEAST_TIMES = 2
"""Comments, in halves of a vote each, that a feature has to be known from."""
_LENGTH = 0.75
"""Power of the number of features by which their sum is divided: the words of a long comment are not so many
independent witnesses, so between 1 (their mean) and 0 (their sum)."""
_DIGITS = 3
_VOTES = {"promoter": (2, 0), "passive": (1, 1), "detractor": (0, 2)}
"""Half votes for and against."""


def cross_fitted(
    texts: Sequence[str], scores: Sequence[int | None], survey_type: SurveyType = "nps"
) -> list[float | None]:
    """Sentiment of each text from -1 (as detractors write) to 1 (as promoters write); 0 says neither.

    A scored comment is judged by the others only: texts are dealt into five parts, the same text always into
    the same part, and each part is judged by a model of the other four (cross-fitting). So a comment that
    does not sound like its own score can be told. The order of the texts does not matter.

    The log-odds of a comment become a sentiment by Platt's scaling (1999), in which promoters and detractors
    weigh the same however many they are.

    Args:
        texts: Comments; "" for none.
        scores: The score each came with, None for none.
        survey_type: What the scores mean.

    Returns:
        One value per text. None for a text of which no word is known, and for all texts if there are fewer
        than 200 scored comments, fewer than 30 of promoters or of detractors, or no link between the two.
    """
    votes = [
        _VOTES[kind] if text and (kind := category(score, survey_type)) else None
        for text, score in zip(texts, scores, strict=True)
    ]
    fewest = min(votes.count((2, 0)), votes.count((0, 2)))
    if len(votes) - votes.count(None) < LEAST_SCORED or fewest < LEAST_OF_A_KIND:
        return [None] * len(texts)
    model = _Model()
    parts = [zlib.crc32(" ".join(words_of(fold(text))).encode()) % _FOLDS for text in texts]
    for text, vote, part in zip(texts, votes, parts, strict=True):
        if vote:
            model.learn(text, vote, part)
    evidence = [
        model.evidence(text, part if vote else None)
        for text, vote, part in zip(texts, votes, parts, strict=True)
    ]
    examples = [
        (value, vote == (2, 0))
        for value, vote in zip(evidence, votes, strict=True)
        if value is not None and vote in ((2, 0), (0, 2))
    ]
    slope, offset = _scaling(sorted(examples))
    if slope <= 0:
        return [None] * len(texts)
    return [
        None if value is None else round(math.tanh((slope * value + offset) / 2), _DIGITS)
        for value in evidence
    ]


class _Model:
    """Half votes for and against each feature, part by part, so that any part can be left out."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}
        self._counts = array("L", bytes(array("L").itemsize * 2 * _FOLDS))
        """For each feature 2 x 5 numbers: votes for in every part, then votes against. The first feature
        stands for all comments."""

    def learn(self, text: str, vote: tuple[int, int], part: int) -> None:
        for feature in ("", *_features(text)):
            place = self._places.setdefault(feature, len(self._places)) * 2 * _FOLDS
            if place == len(self._counts):
                self._counts.extend([0] * 2 * _FOLDS)
            self._counts[place + part] += vote[0]
            self._counts[place + _FOLDS + part] += vote[1]

    def evidence(self, text: str, without: int | None) -> float | None:
        """Log-odds of promoter against detractor by what is known from all parts but one; None if nothing
        is."""
        everybody = self._votes(0, without)
        found = []
        for feature in _features(text):
            place = self._places.get(feature)
            if place is None:
                continue
            votes = self._votes(place, without)
            if sum(votes) >= 2 * _LEAST_TIMES:
                found.append(_log_share(votes[0], everybody[0]) - _log_share(votes[1], everybody[1]))
        return math.fsum(found) / len(found) ** _LENGTH if found else None

    def _votes(self, place: int, without: int | None) -> tuple[int, int]:
        begin = place * 2 * _FOLDS
        middle, end = begin + _FOLDS, begin + 2 * _FOLDS
        in_favour, against = sum(self._counts[begin:middle]), sum(self._counts[middle:end])
        if without is not None:
            in_favour -= self._counts[begin + without]
            against -= self._counts[middle + without]
        return in_favour, against


def _log_share(half_votes: int, of_all: int) -> float:
    return math.log((half_votes / 2 + _SMOOTHING) / (of_all / 2 + 2 * _SMOOTHING))


def _features(text: str) -> Iterator[str]:
    """What a text consists of, each once: words and two in a row, or two and three characters in a row."""
    folded = fold(text)
    if is_unspaced(folded):
        letters = "".join(words_of(folded))
        grams = {letters[at : at + n] for n in (2, 3) for at in range(len(letters) - n + 1)}
    else:
        words = words_of(folded)
        grams = {*words, *(f"{first} {second}" for first, second in pairwise(words))}
    yield from grams


def _scaling(examples: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset that fit log-odds best to what is so, both kinds weighing the same: logistic
    regression by Newton's method, with targets drawn in a little as Platt does."""
    positive = sum(is_positive for _, is_positive in examples)
    weights = {True: 0.5 / positive, False: 0.5 / (len(examples) - positive)}
    targets = {True: (positive + 1) / (positive + 2)}
    targets[False] = 1 / (len(examples) - positive + 2)
    slope = offset = 0.0
    for _ in range(25):
        a = b = aa = ab = bb = 0.0
        for value, kind in examples:
            guess = 0.5 + math.tanh((slope * value + offset) / 2) / 2
            error, spread = weights[kind] * (guess - targets[kind]), weights[kind] * guess * (1 - guess)
            a += error * value
            b += error
            aa += spread * value * value
            ab += spread * value
            bb += spread
        determinant = (aa + 1e-9) * (bb + 1e-9) - ab * ab
        step = ((bb * a - ab * b) / determinant, (aa * b - ab * a) / determinant)
        slope, offset = slope - step[0], offset - step[1]
        if max(map(abs, step)) < 1e-9:
            break
    return slope, offset
