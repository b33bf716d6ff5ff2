"""Whether what a draft quotes was said: word for word, in other words, or not at all."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from typing import Literal

from wootric_mcp.feedback.quotations import Quotation, quotations
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.words import WORD, fold, is_unspaced

Verdict = Literal["verbatim", "altered", "invented"]

MOST = 100
"""Quotations of a draft that are looked at."""
_CANDIDATES = 8
"""Comments that a quotation is compared with closely."""
_SHARE, _SHARE_OF_CLAIMED = 0.6, 0.5
"""Weight of the words that an altered quotation shares with its comment in order; rare ones weigh more. The
comment whose id is given needs less."""
_LEAST_SHARED = 3
"""Words that it shares at least, unless its id is given."""
_SLACK = 3
"""Words about the place in a comment that a quotation is compared with."""
_THAI = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Burmese and Khmer, which part no words by spaces."""


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a comment and what a quotation has in their place; either may be ""."""

    said: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A quotation and what became of it."""

    quotation: Quotation
    verdict: Verdict
    record: FeedbackRecord | None = None
    """Where it stems from: the response whose id is given if it is in there, else the newest that has it, or
    the most alike."""
    comments: int = 0
    """If verbatim: comments that contain it."""
    position: int = 0
    """If altered: where in the record's text."""
    changes: tuple[Change, ...] = ()
    """If altered: how it differs."""
    is_misattributed: bool = False
    """Whether it is in another comment than the one whose id is given."""
    is_id_known: bool = True
    """False if an id is given that no comment has."""

    @property
    def is_faulty(self) -> bool:
        return self.verdict != "verbatim" or self.is_misattributed or not self.is_id_known


@dataclass(frozen=True, slots=True)
class Check:
    """All quotations of a draft."""

    receipt: Receipt | None
    """What was read for it; None if what is stored was enough."""
    compared: int
    """Comments they were compared with."""
    checked: tuple[Checked, ...]
    more: int = 0
    """Quotations that were not looked at, because there are so many."""

    @property
    def is_clean(self) -> bool:
        """Whether every quotation is verbatim and no id is wrong."""
        return not any(each.is_faulty for each in self.checked)

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict == verdict for each in self.checked)


def check(draft: str, records: Iterable[FeedbackRecord], *, receipt: Receipt | None = None) -> Check:
    """Compare the quotations of a draft with comments.

    Both are compared word by word, so that case, accents, punctuation and kinds of quotation marks do not
    matter. Where a quotation has an ellipsis, the comment may have any words. A quotation is altered if the
    words that it has in common with a comment, in order, make most of its weight (a word weighs the more the
    rarer it is, as inverse document frequency: Spärck Jones 1972); else it is invented.

    Args:
        draft: Any text; cleaned and masked like the comments.
        records: What to compare with, in any order; those that calculations leave out, too. Read once.
        receipt: What was read for it.
    """
    found = quotations(draft)
    wanted = [_Wanted(quotation) for quotation in found[:MOST]]
    by_word: dict[str, list[_Wanted]] = defaultdict(list)
    by_id: dict[int, list[_Wanted]] = defaultdict(list)
    for each in wanted:
        if each.quotation.id is not None:
            by_id[each.quotation.id].append(each)
        for word in each.words:
            by_word[word].append(each)
    frequency: Counter[str] = Counter()
    compared = 0
    for record in records if wanted else ():
        if not record.text:
            continue
        compared += 1
        words = _words(record.text)
        known = by_word.keys() & words
        frequency.update(known)
        touched = Counter(each for word in known for each in by_word[word])
        for each in by_id.get(record.id, ()):
            each.claimed = record.lean()
        for each, shared in touched.items():
            each.meet(record, words, shared)
    return Check(
        receipt=receipt,
        compared=compared,
        checked=tuple(each.checked(frequency, compared) for each in wanted),
        more=len(found) - len(wanted),
    )


Rank = tuple[int, int, float, int]


@dataclass(eq=False, slots=True)
class _Wanted:
    """A quotation that is looked for, and what was found while comments passed by."""

    quotation: Quotation
    pieces: list[list[str]] = field(init=False)
    words: frozenset[str] = field(init=False)
    comments: int = 0
    source: FeedbackRecord | None = None
    """The newest comment that contains it, or the one whose id is given."""
    claimed: FeedbackRecord | None = None
    near: list[tuple[Rank, FeedbackRecord]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pieces = [_words(piece) for piece in self.quotation.pieces]
        self.words = frozenset(word for piece in self.pieces for word in piece)

    def meet(self, record: FeedbackRecord, words: Sequence[str], shared: int) -> None:
        """Look whether a comment that has so many of the different words of the quotation contains it."""
        if shared == len(self.words) and _contains(words, self.pieces):
            self.comments += 1
            if self.source is None or self._precedence(record) > self._precedence(self.source):
                self.source = record.lean()
        elif 2 * shared >= len(self.words) and not self.comments:
            pairs = set(pairwise(words))
            alike = sum(pair in pairs for piece in self.pieces for pair in pairwise(piece))
            rank = (alike, shared, record.created_at.timestamp(), record.id)
            if len(self.near) < _CANDIDATES or rank > self.near[-1][0]:
                self.near.append((rank, record.lean()))
                self.near.sort(key=lambda one: one[0], reverse=True)
                del self.near[_CANDIDATES:]

    def _precedence(self, record: FeedbackRecord) -> tuple[bool, float, int]:
        return record.id == self.quotation.id, record.created_at.timestamp(), record.id

    def checked(self, frequency: Counter[str], compared: int) -> Checked:
        claim = self.quotation.id
        is_known = claim is None or self.claimed is not None
        if self.source:
            return Checked(
                self.quotation,
                "verbatim",
                self.source,
                self.comments,
                is_misattributed=claim is not None and is_known and self.source.id != claim,
                is_id_known=is_known,
            )

        def weight(words: Iterable[str]) -> float:
            return sum(math.log(1 + (compared + 1) / (frequency[word] + 0.5)) for word in words)

        whole = weight(word for piece in self.pieces for word in piece)
        likely = [_Likeness(self.quotation, self.pieces, record) for _, record in self.near]
        best = max(likely, key=lambda one: weight(one.shared), default=None)
        least, share = _LEAST_SHARED, _SHARE
        if self.claimed:
            of_claimed = _Likeness(self.quotation, self.pieces, self.claimed)
            if weight(of_claimed.shared) >= _SHARE_OF_CLAIMED * whole:
                best, least, share = of_claimed, 1, _SHARE_OF_CLAIMED
        if best is None or len(best.shared) < least or weight(best.shared) < share * whole:
            return Checked(self.quotation, "invented", is_id_known=is_known)
        return Checked(
            self.quotation,
            "altered",
            best.record,
            position=best.position,
            changes=best.changes,
            is_misattributed=claim is not None and is_known and best.record.id != claim,
            is_id_known=is_known,
        )


class _Likeness:
    """What a quotation has in common with a comment, and how it differs."""

    def __init__(self, quotation: Quotation, pieces: Sequence[Sequence[str]], record: FeedbackRecord) -> None:
        self.record = record
        self._quoted, self._said = quotation.text, record.text
        self._quoted_words, self._said_words = list(_spans(self._quoted)), list(_spans(self._said))
        # Where the quotation has an ellipsis, the comment may have any words.
        self._gaps = set(accumulate(len(piece) for piece in pieces))
        quoted = [word for word, _, _ in self._quoted_words]
        said = [word for word, _, _ in self._said_words]
        self._offset = 0
        if len(pieces) == 1:
            # Only the part of a long comment where the quotation lies; other parts may share words as well.
            block = SequenceMatcher(None, quoted, said, autojunk=False).find_longest_match()
            self._offset = max(0, block.b - block.a - _SLACK)
            said = said[self._offset : max(0, block.b - block.a) + len(quoted) + _SLACK]
        matcher = SequenceMatcher(None, quoted, said, autojunk=False)
        self._operations = matcher.get_opcodes()
        self.shared = [
            word for block in matcher.get_matching_blocks() for word in quoted[block.a : block.a + block.size]
        ]

    @property
    def position(self) -> int:
        """Where in the comment it begins to be alike."""
        first = next((begin for tag, _, _, begin, _ in self._operations if tag == "equal"), 0)
        return self._said_words[self._offset + first][1] if self._said_words else 0

    @property
    def changes(self) -> tuple[Change, ...]:
        """How they differ, in order; what the comment says before and after is no difference."""
        found = []
        last = len(self._quoted_words)
        for tag, begin, end, said_begin, said_end in self._operations:
            if tag == "equal" or (begin == end and (begin == 0 or begin in self._gaps)):
                continue
            if begin == 0:
                said_begin = max(said_begin, said_end - (end - begin))
            elif end == last:
                said_end = min(said_end, said_begin + (end - begin))
            said = _part(self._said, self._said_words, self._offset + said_begin, self._offset + said_end)
            found.append(Change(said, _part(self._quoted, self._quoted_words, begin, end)))
        return tuple(found)


def _contains(words: Sequence[str], pieces: Iterable[Sequence[str]]) -> bool:
    """Whether all pieces stand among the words, one after the other."""
    text, at = f" {' '.join(words)} ", 0
    for piece in pieces:
        wanted = f" {' '.join(piece)} "
        at = text.find(wanted, at)
        if at < 0:
            return False
        at += len(wanted) - 1
    return True


def _words(text: str) -> list[str]:
    return [word for word, _, _ in _spans(text)]


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Words as they are compared, each with its begin and end; where no spaces part them, characters."""
    for match in WORD.finditer(text):
        word = match[0]
        if word.isascii() or not (is_unspaced(word) or _THAI.search(word)):
            yield fold(word), match.start(), match.end()
        else:
            yield from ((fold(each), at, at + 1) for at, each in enumerate(word, match.start()) if fold(each))


def _part(text: str, words: Sequence[tuple[str, int, int]], begin: int, end: int) -> str:
    return text[words[begin][1] : words[end - 1][2]] if begin < end else ""
