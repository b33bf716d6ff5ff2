"""Which comments a search is about beyond their words and scores: a theme, a language, one person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wootric_mcp.feedback.comments import CJK, Comment, language_and_words, outline, usual_language
from wootric_mcp.feedback.language import OTHERS
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.records import FeedbackRecord, Person
from wootric_mcp.feedback.words import LANGUAGES, is_japanese

UNSPACED = ("ja", "zh")
TOLD_APART = (*LANGUAGES, *UNSPACED, *OTHERS, "ko", "el", "th", "he")
"""Codes of the languages that comments can be found by, those of the lexicon first."""

_WORDS = {"theme": "theme", "language": "language", "end_user": "person"}
_SENTENCE = re.compile(r"[^.!?…。！？\n]+")


@dataclass(frozen=True, slots=True)
class Judged:
    """A comment and which filters it passes."""

    record: FeedbackRecord
    says: tuple[bool, ...]
    """Whether it is of the theme and in the language, as far as they are asked for."""
    is_theirs: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters on comments. Empty values filter nothing."""

    theme: str = ""
    """Name of a theme of the lexicon."""
    language: str = ""
    """One of `TOLD_APART`."""
    end_user: int | None = None

    def named(self, person: Person) -> dict[str, str]:
        """The filters given, by the name of their argument; the person by alias."""
        speaker = "" if self.end_user is None else person(self.end_user)
        given = {"theme": self.theme, "language": self.language, "end_user": speaker}
        return {name: value for name, value in given.items() if value}

    def judged(self, comments: Iterable[FeedbackRecord], lexicon: Lexicon | None) -> Iterator[Judged]:
        """These comments. Those that do not tell their language come last, taken to be in the one that most
        others are in."""
        if not (self.theme or self.language):
            for record in comments:
                yield Judged(record, (), self._is_theirs(record))
            return
        told: Counter[str] = Counter()
        untold: list[FeedbackRecord] = []
        for record in comments:
            comment = outline(record, lexicon)
            if not comment.language:
                untold.append(record.lean())
                continue
            language = comment.language
            if language == CJK:
                language = "ja" if is_japanese(record.text) else "zh"
            told[language] += 1
            yield self._judged(comment, language, lexicon)
        usual = usual_language(told)
        for record in untold:
            comment = Comment(record, CJK if usual in UNSPACED else usual, 0, {})
            yield self._judged(comment, usual, lexicon)

    def position(self, record: FeedbackRecord, lexicon: Lexicon | None) -> int:
        """Where the first sentence begins that speaks of the theme; 0 if none does alone."""
        if not self.theme or lexicon is None:
            return 0
        language, words = language_and_words(record.text)
        comment = Comment(record, language, len(words), {})
        for sentence in _SENTENCE.finditer(record.text):
            said = sentence[0] if language == CJK else " ".join(language_and_words(sentence[0])[1])
            if self.theme in lexicon.themes_of_phrase(said, comment):
                return sentence.start()
        return 0

    def _judged(self, comment: Comment, language: str, lexicon: Lexicon | None) -> Judged:
        says = []
        if self.theme:
            says.append(lexicon is not None and self.theme in lexicon.themes(comment))
        if self.language:
            says.append(language == self.language)
        return Judged(comment.record, tuple(says), self._is_theirs(comment.record))

    def _is_theirs(self, record: FeedbackRecord) -> bool:
        return self.end_user is None or self.end_user in (record.end_user_id, record.shared_user_id)


def in_words(named: Mapping[str, str]) -> list[str]:
    """Filters by the name of their argument, as they are told: `theme delivery`, `person R-7K2M9QX`."""
    return [f"{_WORDS[name]} {value}" for name, value in named.items()]
