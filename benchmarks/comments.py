"""English comments to measure with: as varied as what people write, and the same each time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import accumulate

from wootric_mcp.sandbox.story_writer import COMPLAINT, PRAISE, Category, Writer, read_texts

_WORD = re.compile(r"\b[a-z]{4,}\b")
_CONSONANTS, _VOWELS = (
    ("b", "c", "ch", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "sh", "t", "tr", "v"),
    "aeiou",
)
_RARE_WORDS = 30_000
_REPLACED = 0.15
"""Share of the longer words that give way to rarer ones, so that 100,000 comments have tens of thousands."""
_CATEGORIES: tuple[tuple[Category, int, int], ...] = (
    ("detractor", 0, 6),
    ("passive", 7, 8),
    ("promoter", 9, 10),
)


def comments(number: int, *, seed: int = 1) -> Iterator[tuple[int, str]]:
    """So many scores and comments of about 20 words, nearly all of them different.

    Their sentences are those of the sandbox's story; some words are replaced by made-up ones, drawn with the
    frequencies that words have (Zipf).
    """
    draw = random.Random(seed)
    writer = Writer(draw)
    topics = [name for name, told in read_texts("en")["topics"].items() if {"good", "bad"} <= told.keys()]
    syllables = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
    rare = ["".join(draw.choices(syllables, k=draw.choice((2, 3, 3, 4)))) for _ in range(_RARE_WORDS)]
    weights = list(accumulate(1 / rank for rank in range(1, len(rare) + 1)))

    def rarer(found: re.Match[str]) -> str:
        return draw.choices(rare, cum_weights=weights)[0] if draw.random() < _REPLACED else found[0]

    for _ in range(number):
        category, least, greatest = draw.choice(_CATEGORIES)
        stance = COMPLAINT if category == "detractor" else PRAISE
        statements = [(topic, stance) for topic in draw.sample(topics, draw.choice((1, 2, 2)))]
        yield draw.randint(least, greatest), _WORD.sub(rarer, writer.comment("en", category, statements))
