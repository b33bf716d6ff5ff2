"""Copies of a comment are found however they were edited a little; what only sounds alike stays apart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import COMMENTS, TEXTS
from wootric_mcp.feedback.duplicates import first_of

LONG = "The app crashes whenever I open a report and support never answers my emails about it."


def are_one(*texts: str) -> bool:
    return set(first_of(texts)) == {0}


@pytest.mark.parametrize(
    "copy",
    [
        LONG.upper(),
        LONG.replace(".", "!!"),
        f"  “{LONG}”",
        LONG.replace("app", "whole app"),
        LONG.replace(" whenever", " yesterday and today whenever"),
        LONG.replace(" about it", ""),
        LONG.replace("crashes", "crahses"),
        LONG.replace("never answers my emails", "my emails never answers"),
    ],
)
def test_case_punctuation_and_a_word_or_two_make_no_other_comment(copy: str) -> None:
    assert are_one(LONG, copy)


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt", "nl", "ko", "ru", "pl", "tr", "ar", "cs"])
def test_a_copy_with_one_word_less_is_found_in_every_language(language: str) -> None:
    words = COMMENTS[language].split()
    assert are_one(COMMENTS[language], " ".join(words[:3] + words[4:]))


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_a_copy_with_some_characters_more_is_found_without_spaces_between_words(language: str) -> None:
    text = COMMENTS[language]
    assert are_one(text, f"{text[:-1]}非常", f"{text[:8]}最近{text[8:]}".replace("。", "！"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We have been waiting for over 4 months now.", "We have been waiting for close to 3 months now."),
        ("I waited over 4 months for my refund here.", "I waited over 3 months for my refund here."),
        ("Since version 5.1 the export is very slow.", "Since version 5.2 the export is very slow."),
        ("It took us three weeks to get an answer.", "It took us five weeks to get an answer."),
        ("Wir haben drei Wochen darauf gewartet.", "Wir haben vier Wochen darauf gewartet."),
        ("I would recommend it to all my friends.", "I would not recommend it to all my friends."),
        ("Cela marche très bien avec notre banque.", "Cela ne marche pas très bien avec notre banque."),
        ("我们等了三个星期才收到客服的回复真的太慢了", "我们等了五个星期才收到客服的回复真的太慢了"),
        ("They were very kind and helpful.", "They were very quick and friendly."),
        ("Antwort nach 1,5 Tagen", "Antwort nach 15 Tagen"),
        ("Great service", "Great service today"),
        ("The driver was very helpful and chatty.", "Helpful and chatty was the driver very much."),
        ("They would never recommend it to anybody.", "They would recommend it to anybody."),
        ("", ""),
    ],
)  # fmt: skip
def test_comments_that_say_another_thing_stay_apart(one: str, other: str) -> None:
    assert first_of([one, other]) == [0, 1]


def test_short_comments_are_copies_if_their_letters_are_the_same() -> None:
    assert first_of(["Great app!", "👍", "GREAT APP", "great-app", "👍 ", "👎"]) == [0, 1, 0, 0, 1, 5]


def test_a_short_comment_gathers_no_longer_ones_that_differ() -> None:
    texts = [
        "Driver was pleasant and helpful.",
        "On time driver was pleasant and helpful.",
        "Driver was very pleasant and so helpful.",
    ]
    assert len(set(first_of(texts))) == 2


def test_of_long_texts_one_with_a_negation_more_is_a_copy() -> None:
    assert are_one(LONG.replace(" never", ""), LONG)


def test_a_number_in_some_copies_does_not_join_those_that_have_another() -> None:
    text = "I waited {}weeks until somebody from support answered my mail"
    first = first_of([text.format("3 "), text.format(""), text.format("4 ")])
    assert first[0] != first[2]
    assert first[1] in (0, 1)


def test_thousands_of_copies_are_found_in_little_time() -> None:
    text = "Dear {}, the export of our yearly report fails every single day in the new app"
    names = [f"{a}{b}{c}{d}x" for a in "bdfglmnr" for b in "aeiou" for c in "bdfglmnr" for d in "aeiou"]
    assert are_one(*(text.format(name) for name in names * 2))
    numbered = [text.format(number) for number in range(5_000)]
    assert first_of([*numbered, text.format("")])[:5_000] == list(range(5_000))


def test_no_chain_of_small_differences_joins_texts_that_differ_widely() -> None:
    words = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    first = first_of([" ".join(words[start : start + 10]) for start in range(17)])
    assert first[0] != first[-1]
    assert len(set(first)) < 17


EDITS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "case": lambda words, rng: [rng.choice((str.upper, str.title))(word) for word in words],
    "punctuation": lambda words, rng: [word + rng.choice(("", ",", "!", " -")) for word in words],
    "one word more": lambda words, rng: _added(words, rng, 1),
    "two words more": lambda words, rng: _added(words, rng, 2),
    "one word less": lambda words, rng: _taken_away(words, rng, 1),
    "two words less": lambda words, rng: _taken_away(words, rng, 2),
}
VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "lmnrst"]
WEIGHTS = [1 / place for place in range(1, len(VOCABULARY) + 1)]
# As often as in what people write: what keeps texts apart.
VOCABULARY += ["not", "never", "2", "30"]
WEIGHTS += [0.08, 0.03, 0.03, 0.03]


def _made(rng: random.Random, least: int, most: int) -> list[str]:
    return rng.choices(VOCABULARY, WEIGHTS, k=rng.randint(least, most))


def _added(words: list[str], rng: random.Random, n: int) -> list[str]:
    for word in _made(rng, n, n):
        words.insert(rng.randrange(len(words) + 1), word)
    return words


def _taken_away(words: list[str], rng: random.Random, n: int) -> list[str]:
    for _ in range(n):
        words.pop(rng.randrange(len(words)))
    return words


@pytest.mark.parametrize(
    ("n", "least", "share"), [(10_000, 6, 0.95), pytest.param(40_000, 10, 0.85, marks=pytest.mark.slow)]
)
def test_nearly_all_edited_copies_are_found_among_thousands(n: int, least: int, share: float) -> None:
    rng = random.Random(7)
    texts = [" ".join(_made(rng, least, 30)) for _ in range(n)]
    edits = [(kind, index) for kind in EDITS for index in rng.sample(range(n), 250)]
    first = first_of(texts + [" ".join(EDITS[kind](texts[index].split(), rng)) for kind, index in edits])
    found = Counter(
        kind for place, (kind, index) in enumerate(edits) if first[index] == first[len(texts) + place]
    )
    assert {kind: found[kind] / 250 for kind in EDITS if found[kind] < 250 * share} == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXTS, st.sampled_from([LONG, f"{LONG} 3", f"{LONG} 4", LONG[4:]])), max_size=12))
def test_the_order_decides_which_is_first_but_not_what_belongs_together(texts: list[str]) -> None:
    def groups(texts: list[str]) -> set[tuple[str, ...]]:
        first = first_of(texts)
        assert all(first[index] == index for index in first)
        assert all(index <= own for own, index in enumerate(first))
        return {
            tuple(sorted(text for text, each in zip(texts, first, strict=True) if each == index))
            for index in first
        }

    assert groups(texts) == groups(texts[::-1])
