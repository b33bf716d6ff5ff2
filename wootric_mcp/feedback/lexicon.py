"""The lexicon: which words speak of which theme, in files that people can read and edit.

`lexicon/universal.toml` tells how such a file is written. Packs beside it add what one trade talks about; a
user's own file extends or overrides both.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from wootric_mcp.feedback.comments import CJK, Comment
from wootric_mcp.feedback.lexicon_words import Spaced, Unspaced, patterns_of
from wootric_mcp.feedback.words import LANGUAGES, is_japanese

UNIVERSAL = "universal"
PACKS = ("saas",)
"""What can be had besides the universal themes, by trade."""

_UNSPACED = ("ja", "zh")
_KEYS = ("name", "replace", "not", *LANGUAGES, *_UNSPACED)
_MOST_THEMES = 200
_LONGEST_NAME = 60


class LexiconError(ValueError):
    """What is wrong with a lexicon file, in a sentence that says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A theme and what is said of it."""

    name: str
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language."""
    exceptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words in a row that are about something else, by language."""

    def extended(self, other: Row) -> Row:
        """Both together, under the other's name if it has one."""
        return Row(
            other.name or self.name,
            _together(self.entries, other.entries),
            _together(self.exceptions, other.exceptions),
        )


class Lexicon:
    """Themes by what is said of them. What a comment speaks of depends on nothing but its words."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        """Rows by key; the tables of a language are made when its first comment comes."""
        self._rows = tuple(rows.values())
        self.names = tuple(row.name for row in self._rows)
        """Of the themes, in the order of the files. They are ours or the operator's, no customer's."""
        self.key = blake2b(repr(self._rows).encode(), digest_size=6).hexdigest()
        """Tells it from every other lexicon."""
        self._spaced: dict[str, Spaced] = {}
        self._unspaced: dict[str, Unspaced] = {}
        self._sets: dict[int, frozenset[str]] = {}

    def themes(self, comment: Comment) -> frozenset[str]:
        """Names of the themes that a comment speaks of."""
        if comment.lexicon == self.key:
            return self._named(comment.themes)
        return self._named(self.bits(comment.language, comment.words, comment.record.text))

    def themes_of_phrase(self, phrase: str, comment: Comment) -> frozenset[str]:
        """Names of the themes that a phrase of a comment speaks of alone."""
        return self._named(self.bits(comment.language, phrase.split(), phrase, comment.record.text))

    def bits(self, language: str, words: Sequence[str], text: str, whole: str = "") -> int:
        """A bit for each theme that a text speaks of, in the order of `names`.

        Args:
            language: As in `Comment`.
            words: Of the text, in lower case.
            text: What is asked about.
            whole: What it is part of, which tells Japanese from Chinese; "": it is whole.
        """
        if language == CJK:
            language = "ja" if is_japanese(whole or text) else "zh"
            if (unspaced := self._unspaced.get(language)) is None:
                unspaced = self._unspaced[language] = Unspaced(*self._tables(language))
            return unspaced.themes(text)
        if language not in LANGUAGES:
            return 0
        if (spaced := self._spaced.get(language)) is None:
            spaced = self._spaced[language] = Spaced(*self._tables(language))
        return spaced.themes(words)

    def _named(self, bits: int) -> frozenset[str]:
        if (found := self._sets.get(bits)) is None:
            found = frozenset(name for place, name in enumerate(self.names) if bits >> place & 1)
            self._sets[bits] = found
        return found

    def _tables(self, language: str) -> tuple[Iterable[tuple[str, int]], Iterable[tuple[str, int]]]:
        numbered = [(1 << place, row) for place, row in enumerate(self._rows)]
        return (
            [(entry, bit) for bit, row in numbered for entry in row.entries.get(language, ())],
            [(entry, bit) for bit, row in numbered for entry in row.exceptions.get(language, ())],
        )


@lru_cache(maxsize=4)
def lexicon(packs: tuple[str, ...] = (), own: str = "") -> Lexicon:
    """The universal themes, those of packs, and over them the user's own.

    A theme that comes again under the same key adds to what it was; `replace = true` starts it anew, and
    with nothing else in it leaves the theme out.

    Args:
        packs: Of `PACKS`.
        own: Text of the user's file.

    Raises:
        LexiconError: if a pack is not known or the user's file cannot be used.
    """
    rows: dict[str, Row] = {}
    for name in (UNIVERSAL, *packs):
        _add(rows, packaged(name), check=False)
    _add(rows, own)
    if len(rows) > _MOST_THEMES:
        raise LexiconError(f"there are {len(rows)} themes; at most {_MOST_THEMES} can be told apart")
    names = [row.name for row in rows.values()]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise LexiconError(f"two themes are called “{twice[0]}”")
    return Lexicon(rows)


def packaged(name: str) -> str:
    """Text of the universal themes or of a pack, to copy from and to edit.

    Raises:
        LexiconError: if there is none of that name.
    """
    if name not in (UNIVERSAL, *PACKS):
        raise LexiconError(f"there is no pack {name}; there is {', '.join(PACKS)}")
    return files(__package__).joinpath("lexicon", f"{name}.toml").read_text(encoding="utf-8")


def _add(rows: dict[str, Row], text: str, *, check: bool = True) -> None:
    """Add the themes of a file. Reading all entries takes most of the time; of our own files a test does."""
    try:
        themes = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"it is not TOML: {error}") from error
    for key, table in themes.items():
        if not isinstance(table, dict):
            raise LexiconError(f"{key} stands in no theme; begin one with [name-of-the-theme]")
        row = _row(key, table, check=check)
        before = None if table.get("replace") is True else rows.get(key)
        row = before.extended(row) if before else row
        if row.entries:
            rows[key] = row if row.name else Row(key, row.entries, row.exceptions)
        else:
            rows.pop(key, None)


def _row(key: str, table: Mapping[str, Any], *, check: bool) -> Row:
    if unknown := [name for name in table if name not in _KEYS]:
        raise LexiconError(f"[{key}] has {unknown[0]}; known are {', '.join(_KEYS)}")
    name = table.get("name", "")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not (name or key).isprintable():
        raise LexiconError(f"[{key}] needs a name of at most {_LONGEST_NAME} characters on one line")
    exceptions = table.get("not", {})
    if not isinstance(exceptions, dict) or any(language not in _KEYS[3:] for language in exceptions):
        raise LexiconError(f"[{key}.not] holds words by language: {', '.join(_KEYS[3:])}")
    said = {language: table[language] for language in _KEYS[3:] if language in table}
    return Row(
        name.strip(),
        dict(_entries(key, said, check=check)),
        dict(_entries(f"{key}.not", exceptions, check=check)),
    )


def _entries(key: str, said: Mapping[str, Any], *, check: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    for language, listed in said.items():
        if not isinstance(listed, str):
            raise LexiconError(f"[{key}] {language} is no text; put the words in quotes, with commas between")
        entries = tuple(" ".join(entry.split()) for entry in listed.split(",") if entry.strip())
        if check and language not in _UNSPACED:
            for entry in entries:
                try:
                    patterns_of(entry)
                except ValueError as error:
                    raise LexiconError(f"[{key}] {language}: {error}") from error
        if entries:
            yield language, entries


def _together(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        language: one.get(language, ()) + other.get(language, ())
        for language in (*LANGUAGES, *_UNSPACED)
        if language in one or language in other
    }
