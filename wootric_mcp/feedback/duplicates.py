"""Near-duplicates: comments that are one text but for case, punctuation and a word or two.

Such texts are copies (a form sent twice, a template, spam): they count, but one of them is enough to read.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from wootric_mcp.feedback.negations import NEGATIONS, UNSPACED_NEGATION
from wootric_mcp.feedback.words import fold, is_unspaced, words_of


@dataclass(frozen=True, slots=True)
class _Rule:
    """How far texts may differ: counted in words or, in scripts without spaces, in pairs of characters."""

    least: int
    """Parts below which a text is a duplicate of the same words only: many write “great service”."""
    replaced: int
    """Parts from which on texts may differ both ways or in order: many write “very kind and helpful”, or
    “friendly”."""
    negated: int
    """Parts from which on a negation is a part like others: nobody else writes so many that are the same."""
    free: int
    """Parts that may differ in any text. A word replaced by another is two."""
    share: int
    """Of long texts, one part in so many may differ."""

    def tolerated(self, parts: int) -> int:
        """Parts by which another text may differ from one of so many."""
        return max(self.free, parts // self.share)

    def in_common(self, parts: int, others: int) -> int:
        """Parts that near-duplicates of these sizes have in common; if none are, more than either has."""
        shorter, longer = sorted((parts, others))
        if longer < self.least:
            return longer + 1
        least = (shorter + longer - self.tolerated(shorter) + 1) // 2
        return max(least, shorter) if longer < self.replaced else least

    def may_join(self, one: _Text, other: _Text) -> bool:
        """Whether neither order nor a negation keeps texts apart that have enough in common."""
        shorter, longer = sorted((len(one.parts), len(other.parts)))
        if one.is_negated != other.is_negated and shorter < self.negated:
            return False
        return longer >= self.replaced or _is_within(*sorted((one.order, other.order), key=len))


_SPACED = _Rule(least=6, replaced=10, negated=12, free=2, share=10)
_UNSPACED = _Rule(least=12, replaced=16, negated=20, free=4, share=4)

_MOST_NEIGHBOURS = 100
"""Near-duplicates after which a text is no longer compared with: those it has stand for it."""
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_UNSPACED_NUMBER = re.compile(rf"{_NUMBER.pattern}|[二三四五六七八九十百千]+")
_NO_NUMBER: frozenset[str] = frozenset()
_NUMBER_WORDS = frozenset(
    fold("""
    two three four five six seven eight nine ten eleven twelve
    zwei drei vier fünf sechs sieben acht neun zehn elf zwölf
    deux trois quatre cinq sept huit neuf dix onze douze
    dos tres cuatro cinco siete ocho nueve diez once doce
    due tre quattro cinque sei sette otto nove dieci undici dodici
    dois duas três quatro sete oito dez doze
    twee drie vijf zes zeven negen tien twaalf
    """).split()
)


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    spelling: str
    rule: _Rule
    is_negated: bool
    numbers: frozenset[str]
    parts: tuple[str, ...]
    """The different words or pairs of characters, the rarest first."""
    order: tuple[str, ...]
    """All of them as they follow each other."""


def first_of(texts: Sequence[str]) -> list[int]:
    """For each text the index of the first text of its group of near-duplicates: its own if it is that.

    Texts of the same letters and digits are one. From six words on, those are too whose sets of words differ
    by at most two words, or by a tenth in long texts; below ten, one has to have all words of the other in
    their order. Numbers that differ keep texts apart, and so does, below twelve words, a negation that only
    one of them has. Every text of a group is near the text in its centre, so that no chain of small
    differences joins texts that differ widely. The order of the texts decides which is the first of a group,
    not which belong to it.

    Args:
        texts: Comments. One that is empty is a duplicate of none.
    """
    spellings: list[str] = []
    written: dict[str, str] = {}
    for text in texts:
        folded = _DECIMAL_COMMA.sub(".", fold(text))
        # Without any letter or digit a text is its own spelling: an emoji, for one.
        spellings.append(spelling := "".join(words_of(folded)).replace("'", "") or "".join(folded.split()))
        # Copies can fall into words differently; which of them stands for all must not depend on the order.
        written[spelling] = min(written.get(spelling, folded), folded)
    centres = _centres(written, Counter(spellings))
    firsts: dict[str, int] = {}
    return [
        firsts.setdefault(centres.get(spelling, spelling), index) if spelling else index
        for index, spelling in enumerate(spellings)
    ]


def _centres(written: Mapping[str, str], copies: Mapping[str, int]) -> dict[str, str]:
    """The centre of each text that is near another one, both by their spelling."""
    found: dict[str, str] = {}
    described = [_described(spelling, folded) for spelling, folded in written.items()]
    blocks: dict[_Rule, list[_Text]] = defaultdict(list)
    for text in described:
        if len(text.parts) >= text.rule.least - text.rule.free:
            blocks[text.rule].append(text)
    for block in blocks.values():
        frequency = Counter(part for text in block for part in text.parts)
        rare_first = [
            replace(text, parts=tuple(sorted(text.parts, key=lambda part: (frequency[part], part))))
            for text in sorted(block, key=lambda text: (len(text.numbers), text.spelling))
        ]
        found |= _stars(_neighbours(rare_first), copies)
    return found


def _described(spelling: str, folded: str) -> _Text:
    if is_unspaced(folded):
        letters = "".join(words_of(folded))
        numbers = frozenset(_UNSPACED_NUMBER.findall(letters))
        pairs = tuple(letters[at : at + 2] for at in range(len(letters) - 1))
        is_negated = UNSPACED_NEGATION.search(letters) is not None
        return _Text(spelling, _UNSPACED, is_negated, numbers, tuple(set(pairs)), pairs)
    words = tuple(word.replace("'", "") for word in words_of(folded))
    numbers = frozenset(_NUMBER.findall(folded)) | _NUMBER_WORDS.intersection(words)
    return _Text(spelling, _SPACED, not NEGATIONS.isdisjoint(words), numbers, tuple(set(words)), words)


def _is_within(some: Sequence[str], more: Iterable[str]) -> bool:
    """Whether parts follow each other in that order among more."""
    following = iter(more)
    return all(part in following for part in some)


def _neighbours(texts: Sequence[_Text]) -> dict[_Text, list[_Text]]:
    """Texts that are near others, and those.

    Only texts with a rare part in common are compared (prefix filtering: Chaudhuri, Ganti and Kaushik, A
    Primitive Operator for Similarity Joins, 2006): of n parts, m of which another text has, too, at most
    n - m come before the rarest of these. Texts without a number come first; one with numbers is compared
    with them and with those of the same numbers.
    """
    index: dict[tuple[frozenset[str], int, int, str], list[_Text]] = defaultdict(list)
    found: dict[_Text, list[_Text]] = defaultdict(list)
    for text in texts:
        rule, size, own = text.rule, len(text.parts), set(text.parts)
        tolerated = rule.tolerated(size)
        compared: set[str] = set()
        sizes = range(size - tolerated, size + tolerated + 1)
        for numbers, other_size in product({_NO_NUMBER, text.numbers}, sizes):
            least = rule.in_common(size, other_size)
            for part in text.parts[: max(0, size - least + 1)]:
                for other_place in range(other_size - least + 1):
                    for other in index.get((numbers, other_size, other_place, part), ()):
                        if other.spelling not in compared:
                            compared.add(other.spelling)
                            if len(own.intersection(other.parts)) >= least and rule.may_join(text, other):
                                found[text].append(other)
                                found[other].append(text)
        if len(found.get(text, ())) < _MOST_NEIGHBOURS:
            for place, part in enumerate(text.parts[: tolerated + 1]):
                index[text.numbers, size, place, part].append(text)
    return found


def _stars(neighbours: Mapping[_Text, Sequence[_Text]], copies: Mapping[str, int]) -> dict[str, str]:
    """Groups of a text and its neighbours, those with the most neighbours first: each with its centre."""

    rank = {
        text: (-sum(copies[each.spelling] for each in (text, *near)), text.spelling)
        for text, near in neighbours.items()
    }
    found: dict[str, str] = {}
    for centre in sorted(neighbours, key=rank.__getitem__):
        if centre.spelling in found or len(centre.parts) < centre.rule.least:
            continue
        found[centre.spelling] = centre.spelling
        numbers = centre.numbers
        for text in sorted(neighbours[centre], key=rank.__getitem__):
            if text.spelling not in found and (not text.numbers or text.numbers == (numbers or text.numbers)):
                found[text.spelling] = centre.spelling
                numbers = numbers or text.numbers
    return found
