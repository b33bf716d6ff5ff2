"""What is known of a comment before any question is asked: language, words, and the phrases it contains."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from wootric_mcp.feedback.language import OTHERS, language_of
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.words import (
    CLAUSE_END,
    fold,
    is_elided,
    is_japanese,
    is_unspaced,
    is_version,
    words_of,
)

CJK = "cjk"
"""Stands for the language of texts in Chinese or Japanese characters."""

_LONGEST_WORD = 30
_LONGEST_RUN = 4
_RUNS = re.compile(r"[\u30a1-\u30faー]{2,}|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]{2,}")

# Endings that plural, gender or tense put on a word, longest first. What is left has at least four letters.
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("ies", "y"), ("ied", "y"), ("ing", ""),
        ("ss", "ss"), ("us", "us"), ("is", "is"), ("ed", ""), ("s", ""),
    ),
    "de": (("ern", ""), ("en", ""), ("er", ""), ("es", ""), ("em", ""), ("e", ""), ("n", ""), ("s", "")),
    "fr": (
        ("eaux", "eau"), ("aux", "al"), ("ees", ""), ("ee", ""), ("es", ""), ("s", ""), ("x", ""), ("e", ""),
    ),
    "es": (
        ("ciones", "cion"), ("es", ""), ("as", ""), ("os", ""), ("a", ""), ("o", ""), ("e", ""), ("s", ""),
    ),
    "it": (("he", ""), ("hi", ""), ("a", ""), ("e", ""), ("i", ""), ("o", "")),
    "pt": (
        ("oes", ""), ("aes", ""), ("ais", "al"), ("eis", "el"), ("ao", ""), ("es", ""), ("as", ""),
        ("os", ""), ("a", ""), ("o", ""), ("e", ""), ("s", ""),
    ),
    "nl": (("'s", ""), ("en", ""), ("es", ""), ("s", ""), ("e", "")),
}  # fmt: skip
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Comment:
    """A record with text, and what its text consists of."""

    record: FeedbackRecord
    language: str
    """ISO 639-1 code, `CJK`, or "" where it cannot be told."""
    words: tuple[str, ...]
    """Words in lower case, in order."""
    phrases: Mapping[str, str]
    """Common forms of telling words, and of two of them in a row, and how each is written first."""


def analyse(records: Iterable[FeedbackRecord]) -> list[Comment]:
    """Comments of these records, by id; records without text are left out.

    A comment that does not tell its language is taken to be in the one that most others are in.
    """
    shared: dict[str, str] = {}
    comments: list[Comment] = []
    untold: list[FeedbackRecord] = []
    for record in records:
        if record.text:
            language, clauses = _cut(record.text)
            if language:
                comments.append(_comment(record, language, clauses, shared))
            else:
                untold.append(record)
    told = Counter(comment.language for comment in comments)
    usual = usual_language(told)
    comments += [_comment(record, usual, _cut(record.text)[1], shared) for record in untold]
    return sorted(comments, key=lambda comment: comment.record.id)


def usual_language(told: Mapping[str, int]) -> str:
    """The language that most comments are in, by how many tell each; "" if none does."""
    return max(told, key=lambda language: (told[language], language), default="")


def language_and_words(text: str) -> tuple[str, list[str]]:
    """ISO 639-1 code, `CJK` or "" where it cannot be told; and the words, in lower case."""
    language, clauses = _cut(text)
    return language, [word for clause in clauses for word in clause]


@lru_cache(maxsize=1 << 16)
def common_form(word: str, language: str) -> str:
    """What a word shares with its plural and its tenses; "" for a word that no theme is made of."""
    from wootric_mcp.feedback.stop_words import BARRED

    folded = fold(word).removesuffix("'s")
    if language == CJK:
        return folded
    if len(folded) < 2 or len(folded) > _LONGEST_WORD or is_elided(folded):
        return ""
    if not any(letter.isalpha() for letter in folded):
        return folded if is_version(folded) else ""
    if folded in (BARRED.get(language) or OTHERS.get(language) or BARRED["en"]):
        return ""
    for ending, replacement in _ENDINGS.get(language, ()):
        if folded.endswith(ending) and len(folded) - len(ending) + len(replacement) >= _LEAST:
            folded = folded.removesuffix(ending) + replacement
            break
    if language == "en" and len(folded) > _LEAST:
        # stopp(ed) and stop, pric(ing) and price
        folded = folded[:-1] if folded[-1] == folded[-2] and folded[-1] not in "aeiousl" else folded
        folded = folded.removesuffix("e")
    return folded


def _comment(
    record: FeedbackRecord, language: str, clauses: list[list[str]], shared: dict[str, str]
) -> Comment:
    """A comment, whose words and phrases are `shared` with the others: most are in many comments."""
    words = tuple(shared.setdefault(word, word) for clause in clauses for word in clause)
    phrases: dict[str, str] = {}
    for form, spelling in _phrases(clauses, language):
        if form not in phrases:
            phrases[shared.setdefault(form, form)] = shared.setdefault(spelling, spelling)
    return Comment(record, language, words, phrases)


def _cut(text: str) -> tuple[str, list[list[str]]]:
    """Language and clauses of a text, each a list of words in lower case."""
    lowered = text.lower().replace("’", "'")
    if is_unspaced(lowered):
        return CJK, [[run] for run in _runs(lowered)]
    clauses = [words_of(clause) for clause in CLAUSE_END.split(lowered)]
    return language_of(lowered, (word for clause in clauses for word in clause)), clauses


def _phrases(clauses: list[list[str]], language: str) -> Iterator[tuple[str, str]]:
    from wootric_mcp.feedback.stop_words import WEAK

    for clause in clauses:
        before = before_form = ""
        before_is_weak = False
        for word in clause:
            form = common_form(word, language)
            if form:
                is_weak = word in WEAK or is_version(word)
                if not is_weak:
                    yield form, word
                if before_form and form != before_form and not (is_weak and before_is_weak):
                    yield f"{before_form} {form}", f"{before} {word}"
                before_is_weak = is_weak
            before, before_form = word, form


def _runs(text: str) -> Iterator[str]:
    """Runs of katakana, and of Chinese characters: whole in Japanese up to four, else in twos.

    Hiragana is left out, it mostly writes endings and particles.
    """
    japanese = is_japanese(text)
    for run in _RUNS.findall(text):
        if "\u30a1" <= run[0] <= "\u30fc" or (japanese and len(run) <= _LONGEST_RUN):
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
