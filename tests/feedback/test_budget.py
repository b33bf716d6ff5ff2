"""The estimate of tokens is never under what the real tokenizer counts on answers of ours."""

from __future__ import annotations

import random
import string

import bpe_openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.making import ALIASES, COMMENTS
from wootric_mcp.feedback.budget import clip, estimate_tokens

ENCODING = bpe_openai.get_encoding("o200k_base")


def real(text: str) -> int:
    return len(ENCODING.encode_ordinary(text))


def strings(alphabet: str, seed: int, n: int = 40, length: int = 60) -> list[str]:
    rnd = random.Random(seed)
    return ["".join(rnd.choices(alphabet, k=length)) for _ in range(n)]


@pytest.mark.parametrize("language", COMMENTS)
def test_a_comment_in_any_language_is_not_underestimated(language: str) -> None:
    text = COMMENTS[language]
    assert real(text) <= estimate_tokens(text) <= 2.5 * real(text)


def test_english_is_overestimated_by_a_third_at_most() -> None:
    lines = [
        f"  “{COMMENTS['en']}” (#{812345678 + number}, {number % 11}, {ALIASES.alias(number)})"
        for number in range(30)
    ]
    text = "\n".join(lines)
    assert real(text) <= estimate_tokens(text) <= 1.35 * real(text)


@pytest.mark.parametrize(
    "texts",
    [
        [ALIASES.alias(number) for number in range(60)],
        [f"2026-{month:02}-{day:02} {day:02}:30" for month in range(1, 13) for day in (1, 15, 28)],
        [f"#{number * 7919}, {number % 11}, {ALIASES.alias(number)}" for number in range(60)],
        ["😀🔥👩‍💻❤️🏳️‍🌈👍🏽👨‍👩‍👧‍👦🇩🇪1️⃣" * 3],
        strings(string.ascii_lowercase, 1),
        strings(string.ascii_letters, 2),
        strings(string.ascii_uppercase + string.digits, 3),
        strings(string.ascii_letters + string.digits + "+/", 4),
        strings(string.punctuation, 5),
        strings("abcdef0123456789", 6),
        strings("äöüßéèêçñ" + string.ascii_lowercase, 7),
        strings("".join(map(chr, range(0x4E00, 0x6000))), 8),
    ],
)
def test_many_lines_of_odd_things_are_not_underestimated(texts: list[str]) -> None:
    text = "\n".join(texts)
    assert real(text) <= estimate_tokens(text)


@given(st.lists(st.sampled_from(list(COMMENTS.values())), min_size=1, max_size=8), st.randoms())
def test_mixtures_of_languages_are_not_underestimated(comments: list[str], rnd: random.Random) -> None:
    words = " ".join(comments).split()
    rnd.shuffle(words)
    text = "\n".join([*comments, " ".join(words)])
    assert real(text) <= estimate_tokens(text)


@given(st.text(max_size=200), st.integers(2, 60))
def test_a_clipped_text_is_a_beginning_within_its_tokens(text: str, tokens: int) -> None:
    clipped = clip(text, tokens)
    assert estimate_tokens(clipped) <= max(tokens, estimate_tokens("…"))
    assert clipped == text or text.startswith(clipped.removesuffix("…"))
