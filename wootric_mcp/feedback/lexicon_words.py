"""How the words of a comment are looked up in the lexicon: one dictionary access a word, once it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
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
    anchor: int
    """Place of its longest word, which is rare, where the others may be in every comment."""
    theme: int
    """The theme's bit."""
    is_not: bool

    def begin(self, words: Sequence[str], at: int) -> int:
        """Where it begins if its anchor stands `at` this place, -1 if it does not stand there."""
        begin = at - self.anchor
        if begin < 0 or begin + len(self.patterns) > len(words):
            return -1
        for place, pattern in enumerate(self.patterns, begin):
            if place != at and not pattern.fits(fold(words[place])):
                return -1
        return begin


@cache
def patterns_of(entry: str) -> tuple[Pattern, ...]:
    """Patterns of an entry, word by word.

    Raises:
        ValueError: if it has no word, or a `*` within one.
    """
    patterns: list[Pattern] = []
    for token in entry.split():
        bare = token.removeprefix(ANY).removesuffix(ANY)
        words = words_of(fold(bare))
        if not words or ANY in bare:
            raise ValueError(f"“{entry}”: * stands before or after a word only")
        last = len(words) - 1
        patterns += [
            Pattern(
                word,
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
        single, anchors = _Table(), _Table()
        runs: list[_Run] = []
        for is_not, each in ((False, entries), (True, exceptions)):
            for entry, theme in each:
                patterns = patterns_of(entry)
                if len(patterns) == 1 and not is_not:
                    single.add(patterns[0], theme)
                else:
                    anchor = max(range(len(patterns)), key=lambda place: len(patterns[place].part))
                    anchors.add(patterns[anchor], 1 << len(runs))
                    runs.append(_Run(patterns, anchor, theme, is_not))
        self._known = _Known(single, anchors, runs)

    def themes(self, words: Sequence[str]) -> int:
        """Bits of the themes that these words speak of."""
        known = self._known
        found = 0
        blocked: dict[int, int] = {}
        runs: list[tuple[range, int]] = []
        for at, word in enumerate(words):
            bits, anchored = known[word]
            found |= bits
            for run in anchored:
                if (begin := run.begin(words, at)) >= 0:
                    places = range(begin, begin + len(run.patterns))
                    if run.is_not:
                        for place in places:
                            blocked[place] = blocked.get(place, 0) | run.theme
                    else:
                        runs.append((places, run.theme))
        if blocked:
            found = reduce(or_, (known[word][0] & ~blocked.get(at, 0) for at, word in enumerate(words)), 0)
        for places, theme in runs:
            if not all(blocked.get(place, 0) & theme for place in places):
                found |= theme
        return found


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
        self._longest = 0

    def add(self, pattern: Pattern, bits: int) -> None:
        if pattern.is_begin:
            table = self._within if pattern.is_end else self._begins
        else:
            table = self._ends if pattern.is_end else self._whole
        table[pattern.part] = table.get(pattern.part, 0) | bits
        self._longest = max(self._longest, len(pattern.part))

    def bits(self, word: str) -> int:
        found = self._whole.get(word, 0)
        for length in range(1, min(len(word), self._longest) + 1):
            found |= self._begins.get(word[:length], 0) | self._ends.get(word[-length:], 0)
        for part, bits in self._within.items():
            if part in word:
                found |= bits
        return found


class _Known(dict[str, tuple[int, tuple[_Run, ...]]]):
    """Of every word that has been looked up: bits of its themes, and the runs it may be the anchor of."""

    def __init__(self, single: _Table, anchors: _Table, runs: Sequence[_Run]) -> None:
        super().__init__()
        self._single = single
        self._anchors = anchors
        self._runs = runs

    def __missing__(self, word: str) -> tuple[int, tuple[_Run, ...]]:
        folded = fold(word)
        places = self._anchors.bits(folded)
        anchored = []
        while places:  # from the last to the first
            anchored.append(self._runs[places.bit_length() - 1])
            places ^= 1 << places.bit_length() - 1
        known = self[word] = (self._single.bits(folded), tuple(anchored))
        return known
