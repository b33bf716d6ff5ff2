"""How a comment sounds, learnt from the scores of those who wrote comments like it.

No list of good and bad words knows an account's trade and language; its own scored comments do. The model is
naive Bayes on words, pairs of words and, in Chinese and Japanese, runs of characters.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wootric_mcp.feedback.score import Category, SurveyType, category
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
_VOTES: dict[Category, tuple[int, int]] = {"promoter": (2, 0), "passive": (1, 1), "detractor": (0, 2)}
"""Half votes for and against."""
_EVERYBODY = 0
"""The feature that all comments have."""


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
    kinds = [
        category(score, survey_type) if text else None for text, score in zip(texts, scores, strict=True)
    ]
    fewest = min(kinds.count("promoter"), kinds.count("detractor"))
    if len(kinds) - kinds.count(None) < LEAST_SCORED or fewest < LEAST_OF_A_KIND:
        return [None] * len(texts)
    model = _Model()
    features = [model.features(text) for text in texts]
    parts = [zlib.crc32(" ".join(words_of(fold(text))).encode()) % _FOLDS for text in texts]
    for found, kind, part in zip(features, kinds, parts, strict=True):
        if kind:
            model.learn(found, kind, part)
    odds = {part: model.odds(part) for part in (None, *range(_FOLDS))}
    evidence = [
        _evidence(odds[part if kind else None], found)
        for found, kind, part in zip(features, kinds, parts, strict=True)
    ]
    examples = [
        (value, kind == "promoter")
        for value, kind in zip(evidence, kinds, strict=True)
        if value is not None and kind in ("promoter", "detractor")
    ]
    slope, offset = _scaling(sorted(examples))
    if slope <= 0:
        return [None] * len(texts)
    return [
        None if value is None else round(math.tanh((slope * value + offset) / 2), _DIGITS)
        for value in evidence
    ]


_Written = dict[Category, Counter[int]]
"""How many comments with each feature promoters, passives and detractors wrote."""


class _Model:
    """What was written in all parts and in each, so that any part can be left out."""

    def __init__(self) -> None:
        self._places = {"": _EVERYBODY}
        self._whole, *self._parts = ({kind: Counter[int]() for kind in _VOTES} for _ in range(1 + _FOLDS))

    def features(self, text: str) -> array[int]:
        """Numbers of the features of a text; the first stands for all comments."""
        return array(
            "L", (self._places.setdefault(each, len(self._places)) for each in ("", *_features(text)))
        )

    def learn(self, features: array[int], kind: Category, part: int) -> None:
        for written in (self._whole, self._parts[part]):
            written[kind].update(features)

    def odds(self, without: int | None) -> _Odds:
        """Log-odds by what is known from all parts but one."""
        return _Odds(self._whole, {} if without is None else self._parts[without])


class _Odds(dict[int, float | None]):
    """Log-odds of promoter against detractor by feature; None for one that hardly anybody wrote."""

    def __init__(self, whole: _Written, part: _Written) -> None:
        super().__init__()
        self._counters = [
            (whole[kind], part.get(kind, Counter[int]()), votes) for kind, votes in _VOTES.items()
        ]
        self._everybody = self._votes(_EVERYBODY)
        self[_EVERYBODY] = None

    def __missing__(self, feature: int) -> float | None:
        in_favour, against = self._votes(feature)
        self[feature] = found = (
            _log_share(in_favour, self._everybody[0]) - _log_share(against, self._everybody[1])
            if in_favour + against >= 2 * _LEAST_TIMES
            else None
        )
        return found

    def _votes(self, feature: int) -> tuple[int, int]:
        """Half votes for and against."""
        in_favour = against = 0
        for whole, part, votes in self._counters:
            if n := whole.get(feature, 0) - part.get(feature, 0):
                in_favour += n * votes[0]
                against += n * votes[1]
        return in_favour, against


def _evidence(odds: _Odds, features: array[int]) -> float | None:
    """Log-odds of a comment; None if none of its features is known."""
    found = [value for feature in features if (value := odds[feature]) is not None]
    return math.fsum(found) / len(found) ** _LENGTH if found else None


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
