"""How the words of a comment are looked up in the lexicon: one dictionary access a word, once it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from wootric_mcp.feedback.words import fold, words_of

ANY = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A folded word, or what words begin with, end with, or have in them."""

    part: str
    is_begin: bool = False
    """Whether more may follow."""
    is_end: bool = False
    """Whether more may stand before."""

    def fits(self, word: str) -> bool:
        if self.is_begin and self.is_end:
            return self.part in word
        if self.is_begin:
            return word.startswith(self.part)
        return word.endswith(self.part) if self.is_end else word == self.part


@dataclass(frozen=True, slots=True)
class _Run:
    """Words in a row that speak of a theme, or (`is_not`) of something else."""

    patterns: tuple[Pattern, ...]
    theme: int
    """The theme's bit."""
    is_not: bool

    def stands(self, words: Sequence[str], at: int) -> bool:
        return len(words) - at >= len(self.patterns) and all(
            pattern.fits(fold(word))
            for pattern, word in zip(self.patterns, words[at : at + len(self.patterns)], strict=True)
        )


def patterns_of(entry: str) -> tuple[Pattern, ...]:
    """Patterns of an entry, word by word.

    Raises:
        ValueError: if it has no word, or a `*` within one.
    """
    patterns: list[Pattern] = []
    for token in entry.split():
        bare = token.removeprefix(ANY).removesuffix(ANY)
        words = words_of(bare)
        if not words or ANY in bare:
            raise ValueError(f"“{entry}”: * stands before or after a word only")
        last = len(words) - 1
        patterns += [
            Pattern(
                fold(word),
                is_begin=place == last and token.endswith(ANY),
                is_end=place == 0 and token.startswith(ANY),
            )
            for place, word in enumerate(words)
        ]
    if not patterns:
        raise ValueError("an entry is empty")
    return tuple(patterns)


class Spaced:
    """The entries of a language that puts spaces between words."""

    def __init__(self, entries: Iterable[tuple[str, int]], exceptions: Iterable[tuple[str, int]]) -> None:
        """Both as (entry, bit of its theme)."""
        self._single = _Table()
        self._heads = _Table()
        self._runs: list[_Run] = []
        for is_not, each in ((False, entries), (True, exceptions)):
            for entry, theme in each:
                patterns = patterns_of(entry)
                if len(patterns) == 1 and not is_not:
                    self._single.add(patterns[0], theme)
                else:
                    self._heads.add(patterns[0], 1 << len(self._runs))
                    self._runs.append(_Run(patterns, theme, is_not))
        self._known = _Known(self._single)
        self._starting: dict[str, tuple[_Run, ...]] = {}

    def themes(self, words: Sequence[str]) -> int:
        """Bits of the themes that these words speak of."""
        known = self._known
        found = 0
        starting = self._starting
        blocked: dict[int, int] = {}
        runs: list[tuple[int, _Run]] = []
        for at, word in enumerate(words):
            found |= known[word]
            begun = starting.get(word)
            if begun is None:
                begun = starting[word] = self._begun(word)
            for run in begun:
                if run.stands(words, at):
                    if run.is_not:
                        for place in range(at, at + len(run.patterns)):
                            blocked[place] = blocked.get(place, 0) | run.theme
                    else:
                        runs.append((at, run))
        if blocked:
            found = reduce(or_, (known[word] & ~blocked.get(at, 0) for at, word in enumerate(words)), 0)
        for at, run in runs:
            if not all(blocked.get(place, 0) & run.theme for place in range(at, at + len(run.patterns))):
                found |= run.theme
        return found

    def _begun(self, word: str) -> tuple[_Run, ...]:
        bits = self._heads.bits(fold(word)) if self._runs else 0
        return tuple(run for place, run in enumerate(self._runs) if bits >> place & 1) if bits else ()


class Unspaced:
    """The entries of a language that writes words without spaces: an entry is found wherever it stands."""

    def __init__(self, entries: Iterable[tuple[str, int]], exceptions: Iterable[tuple[str, int]]) -> None:
        self._entries = [(fold(entry), theme) for entry, theme in entries]
        self._exceptions = [(fold(entry), theme) for entry, theme in exceptions]

    def themes(self, text: str) -> int:
        """Bits of the themes that a text speaks of."""
        text = fold(text)
        found = 0
        blanked: dict[int, str] = {}
        for exception, theme in self._exceptions:
            if exception in text:
                blanked[theme] = blanked.get(theme, text).replace(exception, " ")
        for entry, theme in self._entries:
            if not found & theme and entry in blanked.get(theme, text):
                found |= theme
        return found


class _Table:
    """Bits by pattern; a word is looked up by its begins and ends, however many patterns there are."""

    def __init__(self) -> None:
        self._whole: dict[str, int] = {}
        self._begins: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._within: dict[str, int] = {}

    def add(self, pattern: Pattern, bits: int) -> None:
        if pattern.is_begin:
            table = self._within if pattern.is_end else self._begins
        else:
            table = self._ends if pattern.is_end else self._whole
        table[pattern.part] = table.get(pattern.part, 0) | bits

    def bits(self, word: str) -> int:
        found = self._whole.get(word, 0)
        for length in range(1, len(word) + 1):
            found |= self._begins.get(word[:length], 0) | self._ends.get(word[-length:], 0)
        for part, bits in self._within.items():
            if part in word:
                found |= bits
        return found


class _Known(dict[str, int]):
    """Bits of every word that has been looked up."""

    def __init__(self, table: _Table) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, word: str) -> int:
        bits = self[word] = self._table.bits(fold(word))
        return bits
