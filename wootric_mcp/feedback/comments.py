"""What is known of a comment before any question is asked: language, words, phrases, and what it is about.

It depends on the text and the lexicon only, so it is found out once: `analysis` puts it into lines that can
be kept, and `analyse` reads them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING

from wootric_mcp.feedback.language import OTHERS, language_of
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.suspicious import reads_like_instructions
from wootric_mcp.feedback.words import (
    CLAUSE_END,
    fold,
    is_elided,
    is_japanese,
    is_unspaced,
    is_version,
    unmasked,
    words_of,
)

if TYPE_CHECKING:
    from wootric_mcp.feedback.lexicon import Lexicon

CJK = "cjk"
"""Stands for the language of texts in Chinese or Japanese characters."""

ANALYSER = "5"
"""To be raised whenever `analysis` gives anything else for the same text and lexicon."""

_UNTOLD = "-"
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


@dataclass(slots=True)
class Comment:
    """A record with text, and what its text consists of; like that, not frozen only to be made quickly."""

    record: FeedbackRecord
    language: str
    """ISO 639-1 code, `CJK`, or "" where it cannot be told."""
    length: int
    """In words."""
    phrases: Mapping[str, str]
    """Common forms of telling words, and of two of them in a row, and how each is written first."""
    lexicon: str = ""
    """Key of the lexicon that `themes` is by; "": of none."""
    themes: int = 0
    """A bit for each theme of that lexicon that it speaks of."""
    is_suspicious: bool = False
    """Whether it reads like instructions to an assistant."""
    _words: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def words(self) -> tuple[str, ...]:
        """In lower case, in order; cut when they are first asked for, which they mostly are not."""
        if self._words is None:
            self._words = _words(self.record.text)
        return self._words


def analyse(records: Iterable[FeedbackRecord], lexicon: Lexicon | None = None) -> list[Comment]:
    """Comments of these records, by id; records without text are left out.

    A comment that does not tell its language is taken to be in the one that most others are in.

    Args:
        records: Their `analysis` is used if this version made it.
        lexicon: The one that themes will be asked of, if any.
    """
    phrases = _Phrases()
    comments: list[Comment] = []
    untold: list[Comment] = []
    for record in records:
        if record.text:
            comment = _unpacked(record, _known(record, lexicon), phrases)
            (comments if comment.language else untold).append(comment)
    told = Counter(comment.language for comment in comments)
    usual = usual_language(told)
    for comment in untold:
        said = phrases.of(_phrases(_cut(comment.record.text), usual))
        comments.append(replace(comment, language=usual, phrases=said, lexicon=""))
    return sorted(comments, key=lambda comment: comment.record.id)


def outline(record: FeedbackRecord, lexicon: Lexicon | None = None) -> Comment:
    """A comment without its phrases."""
    return _unpacked(record, _known(record, lexicon).partition("\n")[0], _Phrases())


def usual_language(told: Mapping[str, int]) -> str:
    """The language that most comments are in, by how many tell each; "" if none does."""
    return max(told, key=lambda language: (told[language], language), default="")


def language_and_words(text: str) -> tuple[str, tuple[str, ...]]:
    """ISO 639-1 code, `CJK` or "" where it cannot be told; and the words, in lower case."""
    words = _words(text)
    return _language(text, words), words


def analysis(text: str, lexicon: Lexicon | None = None) -> str:
    """What is worth keeping of a comment's analysis, for `FeedbackRecord.analysis`.

    The first line holds the stamp, the language ("-" if it is not told), the number of words, in hexadecimal
    a bit for each theme of the lexicon, and whether it is suspicious (1 or 0); each further line a phrase as
    it is written first and, after a tab, its common form where that is another.
    """
    words = _words(text)
    language = _language(text, words)
    themes = lexicon.bits(language, words, text) if lexicon and language else 0
    phrases = _phrases(_cut(text), language) if language else ()
    told = f"{language or _UNTOLD} {len(words)} {themes:x} {reads_like_instructions(text):d}"
    return "\n".join((f"{stamp(lexicon)} {told}", *phrases))


def stamp(lexicon: Lexicon | None) -> str:
    """What an analysis by this version and that lexicon begins with."""
    return f"{ANALYSER}:{lexicon.key if lexicon else ''}"


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


class _Phrases(dict[str, tuple[str, str]]):
    """Common form and spelling of each phrase, by its line of an `analysis`. Most are in many comments, so
    they are kept once."""

    def __missing__(self, line: str) -> tuple[str, str]:
        spelling, _, form = line.partition("\t")
        self[line] = found = (form or spelling, spelling)
        return found

    def of(self, lines: Iterable[str]) -> dict[str, str]:
        """The spelling of each, by its form."""
        return dict(map(self.__getitem__, lines))


def _known(record: FeedbackRecord, lexicon: Lexicon | None) -> str:
    is_kept = record.analysis.startswith(f"{ANALYSER}:")
    return record.analysis if is_kept else analysis(record.text, lexicon)


def _unpacked(record: FeedbackRecord, kept: str, phrases: _Phrases) -> Comment:
    """A comment by its `analysis`; one that does not tell its language has no phrases yet."""
    lines = kept.split("\n")
    language, length, lexicon, themes, is_suspicious = _head(lines.pop(0))
    return Comment(record, language, length, phrases.of(lines), lexicon, themes, is_suspicious)


@lru_cache(maxsize=1 << 12)
def _head(line: str) -> tuple[str, int, str, int, bool]:
    """The first line of an `analysis`, as the fields of a comment."""
    stamped, language, length, themes, suspicious = line.split(" ")
    key = intern(stamped.partition(":")[2])
    return language.strip(_UNTOLD), int(length), key, int(themes, 16), suspicious == "1"


def _cut(text: str) -> list[list[str]]:
    """Clauses of a text, each a list of words in lower case."""
    lowered = _lowered(text)
    if is_unspaced(lowered):
        return [[run] for run in _runs(lowered)]
    return [words_of(clause) for clause in CLAUSE_END.split(lowered)]


def _words(text: str) -> tuple[str, ...]:
    """Words of all clauses: where one ends there is no word."""
    lowered = _lowered(text)
    return tuple(_runs(lowered) if is_unspaced(lowered) else words_of(lowered))


def _lowered(text: str) -> str:
    return unmasked(text).lower().replace("’", "'")


def _language(text: str, words: Iterable[str]) -> str:
    lowered = _lowered(text)
    return CJK if is_unspaced(lowered) else language_of(lowered, words)


def _phrases(clauses: list[list[str]], language: str) -> Iterator[str]:
    """Lines of an `analysis`."""
    written: dict[str, str] = {}
    for form, spelling in _forms(clauses, language):
        written.setdefault(form, spelling)
    for form, spelling in written.items():
        yield spelling if spelling == form else f"{spelling}\t{form}"


def _forms(clauses: list[list[str]], language: str) -> Iterator[tuple[str, str]]:
    """Common form and spelling of each phrase wherever it stands."""
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
