"""Whether what a draft quotes was said: word for word, in other words, or not at all."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise, takewhile
from typing import Literal

from wootric_mcp.feedback.negations import negation_at
from wootric_mcp.feedback.quotations import Quotation, quotations
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.signs import TELLING
from wootric_mcp.feedback.wording import Wording

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
_CLOSELY = 20_000
"""Pairs of tokens up to which all are compared; beyond, those that are frequent in a text only beside others,
or a word that it repeats ten thousand times would take minutes."""


@dataclass(frozen=True, slots=True)
class Change:
    """Words or signs of a comment and what a quotation has in their place; either may be ""."""

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
    """If altered: how it differs. If verbatim: what an ellipsis of it skips from a negation on."""
    is_misattributed: bool = False
    """Whether it is in another comment than the one whose id is given."""
    is_id_known: bool = True
    """False if an id is given that no comment has."""

    @property
    def is_faulty(self) -> bool:
        return (
            self.verdict != "verbatim" or bool(self.changes) or self.is_misattributed or not self.is_id_known
        )


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
        """Whether every quotation is verbatim, with no negation skipped, and no id is wrong."""
        return not any(each.is_faulty for each in self.checked)

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict == verdict for each in self.checked)


def check(draft: str, records: Iterable[FeedbackRecord], *, receipt: Receipt | None = None) -> Check:
    """Compare the quotations of a draft with comments.

    Both are compared word by word, so that case, accents, punctuation and kinds of quotation marks do not
    matter; signs that mean something do, such as currencies and emoji, and so does what is cut off a number
    or a hyphenated word. Where a quotation has an ellipsis, the comment may have any words, and a negation
    among them is told. A quotation is altered if only signs differ, or if the words that it has in common
    with a comment, in order, make most of its weight (a word weighs the more the rarer it is, as inverse
    document frequency: Spärck Jones 1972); else it is invented.

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
        for id_ in each.quotation.ids:
            by_id[id_].append(each)
        for word in each.words:
            by_word[word].append(each)
    wordless = [each for each in wanted if not each.words]
    frequency: Counter[str] = Counter()
    compared = 0
    for record in records if wanted else ():
        if not record.text:
            continue
        compared += 1
        said = Wording(record.text)
        known = by_word.keys() & said.words
        frequency.update(known)
        touched = Counter(each for word in known for each in by_word[word])
        for each in by_id.get(record.id, ()):
            each.claimed[record.id] = record.lean()
        for each, shared in touched.items():
            each.meet(record, said, shared)
        if wordless and TELLING.search(record.text):
            for each in wordless:
                each.meet(record, said, 0)
    return Check(
        receipt=receipt,
        compared=compared,
        checked=tuple(each.checked(frequency, compared) for each in wanted),
        more=len(found) - len(wanted),
    )


Rank = tuple[bool, int, int, float, int]


@dataclass(eq=False, slots=True)
class _Wanted:
    """A quotation that is looked for, and what was found while comments passed by."""

    quotation: Quotation
    pieces: list[Wording] = field(init=False)
    lines: list[str] = field(init=False)
    """The words of each piece between spaces."""
    words: frozenset[str] = field(init=False)
    has_signs: bool = field(init=False)
    comments: int = 0
    source: FeedbackRecord | None = None
    """The newest comment that contains it, or one whose id is given."""
    skipped: tuple[Change, ...] = ()
    """What its ellipses leave out of that comment, if it negates."""
    claimed: dict[int, FeedbackRecord] = field(default_factory=dict)
    """The comments whose ids are given."""
    near: list[tuple[Rank, FeedbackRecord]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pieces = [Wording(piece) for piece in self.quotation.pieces]
        self.lines = [f" {' '.join(piece.words)} " for piece in self.pieces if piece.words]
        self.words = frozenset(word for piece in self.pieces for word in piece.words)
        self.has_signs = any(piece.has_signs for piece in self.pieces)

    def meet(self, record: FeedbackRecord, said: Wording, shared: int) -> None:
        """Look whether a comment that has so many of the different words of the quotation contains it."""
        has_words = shared == len(self.words) and _contains(said.words, self.lines)
        if has_words and (places := self._places(said)) is not None:
            self.comments += 1
            skipped = _negations_between(said, places)
            if self.source is None or (
                self._precedence(record, skipped) > self._precedence(self.source, self.skipped)
            ):
                self.source, self.skipped = record.lean(), skipped
        elif 2 * shared >= len(self.words) > 0 and not self.comments:
            pairs = set(pairwise(said.words))
            alike = sum(pair in pairs for piece in self.pieces for pair in pairwise(piece.words))
            rank = (has_words, alike, shared, record.created_at.timestamp(), record.id)
            if len(self.near) < _CANDIDATES or rank > self.near[-1][0]:
                self.near.append((rank, record.lean()))
                self.near.sort(key=lambda one: one[0], reverse=True)
                del self.near[_CANDIDATES:]

    def _places(self, said: Wording) -> Sequence[range] | None:
        """Where a comment that has the words has each piece with the same signs."""
        if len(self.pieces) == 1 and not self.has_signs and not said.may_be_cut:
            return ()
        return None if self.has_signs and not said.has_signs else said.find(self.pieces)

    def _precedence(self, record: FeedbackRecord, skipped: Sequence[Change]) -> tuple[bool, bool, float, int]:
        return record.id in self.quotation.ids, not skipped, record.created_at.timestamp(), record.id

    def checked(self, frequency: Counter[str], compared: int) -> Checked:
        known = [id_ for id_ in self.quotation.ids if id_ in self.claimed]
        claim = known[0] if known else self.quotation.id
        is_known = claim is None or bool(known)
        if self.source:
            claim = self.source.id if self.source.id in known else claim
            return Checked(
                self._claiming(claim),
                "verbatim",
                self.source,
                self.comments,
                changes=self.skipped,
                is_misattributed=claim is not None and is_known and self.source.id != claim,
                is_id_known=is_known,
            )

        def weight(words: Iterable[str]) -> float:
            return sum(math.log(1 + (compared + 1) / (frequency[word] + 0.5)) for word in words)

        whole = weight(word for piece in self.pieces for word in piece.words)
        likely = [_Likeness(self.pieces, record, rank[0]) for rank, record in self.near]
        best = max(
            likely, key=lambda one: (one.has_words, weight(one.shared), one.shared_signs), default=None
        )
        least, share = _LEAST_SHARED, _SHARE
        if best is not None and best.has_words:
            least, share = 0, 0.0
        if known:
            of_claimed = max(
                (_Likeness(self.pieces, self.claimed[id_]) for id_ in known[:_CANDIDATES]),
                key=lambda one: weight(one.shared),
            )
            if weight(of_claimed.shared) >= _SHARE_OF_CLAIMED * whole:
                best, least, share = of_claimed, 1, _SHARE_OF_CLAIMED
                claim = of_claimed.record.id
        if best is None or len(best.shared) < least or weight(best.shared) < share * whole:
            return Checked(self._claiming(claim), "invented", is_id_known=is_known)
        return Checked(
            self._claiming(claim),
            "altered",
            best.record,
            position=best.position,
            changes=best.changes,
            is_misattributed=claim is not None and is_known and best.record.id != claim,
            is_id_known=is_known,
        )

    def _claiming(self, id_: int | None) -> Quotation:
        return replace(self.quotation, ids=() if id_ is None else (id_,))


class _Likeness:
    """What a quotation has in common with a comment, and how it differs.

    Args:
        pieces: Of the quotation.
        record: The comment.
        has_words: Whether the comment has all words of each piece next to each other, so that signs differ.
    """

    def __init__(self, pieces: Sequence[Wording], record: FeedbackRecord, has_words: bool = False) -> None:
        self.record, self.has_words = record, has_words
        self._quoted, self._said = Wording(" … ".join(piece.text for piece in pieces)), Wording(record.text)
        # Where the quotation has an ellipsis, the comment may have any words.
        self._gaps = set(accumulate(len(piece.tokens) for piece in pieces))
        quoted = [token.text for token in self._quoted.tokens]
        begin, end = self._window() if len(pieces) == 1 else (0, len(self._said.tokens))
        self._offset = begin
        said = [token.text for token in self._said.tokens[begin:end]]
        matcher = _matcher(quoted, said)
        self._operations = matcher.get_opcodes()
        shared = [
            token
            for block in matcher.get_matching_blocks()
            for token in self._quoted.tokens[block.a : block.a + block.size]
        ]
        self.shared = [token.text for token in shared if not token.is_sign]
        self.shared_signs = len(shared) - len(self.shared)

    def _window(self) -> tuple[int, int]:
        """The tokens of a long comment among which the quotation lies; others may share words as well."""
        quoted, said = self._quoted.words, self._said.words
        matcher = _matcher(quoted, said)
        block = matcher.find_longest_match()
        first = max(0, block.b - block.a - _SLACK)
        last = max(0, block.b - block.a) + len(quoted) + _SLACK
        # More than that may be left out on either side of what is the same.
        ahead = matcher.find_longest_match(0, block.a, 0, block.b)
        behind = matcher.find_longest_match(block.a + block.size, None, block.b + block.size, None)
        if _is_most_of(ahead.size, block.a):
            first = min(first, max(0, ahead.b - ahead.a))
        if _is_most_of(behind.size, len(quoted) - block.a - block.size):
            last = max(last, behind.b - behind.a + len(quoted))
        places = [place for place, token in enumerate(self._said.tokens) if not token.is_sign]
        begin = places[first - 1] + 1 if first else 0
        return begin, places[last] if last < len(places) else len(self._said.tokens)

    @property
    def position(self) -> int:
        """Where in the comment it begins to be alike."""
        first = next((begin for tag, _, _, begin, _ in self._operations if tag == "equal"), 0)
        return self._said.tokens[self._offset + first].begin if self._said.tokens else 0

    @property
    def changes(self) -> tuple[Change, ...]:
        """How they differ, in order; what the comment says before and after is no difference."""
        found: list[Change] = []
        last = len(self._quoted.tokens)
        for tag, begin, end, said_begin, said_end in self._operations:
            said_begin += self._offset
            said_end += self._offset
            if tag == "equal":
                found += self._cut_off(begin, end, said_begin)
                continue
            if begin == end and (begin == 0 or begin in self._gaps):
                if 0 < begin < last:
                    found += _negation_in(self._said, said_begin, said_end)
                continue
            if begin == 0:
                said_begin = said_end - self._facing(begin, end, range(said_begin, said_end)[::-1])
            elif end == last:
                said_end = said_begin + self._facing(begin, end, range(said_begin, said_end))
            found.append(Change(self._said.part(said_begin, said_end), self._quoted.part(begin, end)))
        return tuple(found)

    def _facing(self, begin: int, end: int, beyond: range) -> int:
        """How many of the comment's tokens, going outward, have something else in their place at an edge of
        the quotation. A sign stands for a sign, not for a word."""
        facing = beyond[: end - begin]
        if all(token.is_sign for token in self._quoted.tokens[begin:end]):
            facing_tokens = (self._said.tokens[place] for place in facing)
            return sum(1 for _ in takewhile(lambda token: token.is_sign, facing_tokens))
        return len(facing)

    def _cut_off(self, begin: int, end: int, said_begin: int) -> Iterator[Change]:
        """What belongs to the words that are the same, but stands beyond an edge of the quotation."""
        for place in sorted({0, *self._gaps}.intersection(range(begin, end + 1))):
            at = said_begin + place - begin
            if begin < place < end:
                if self._said.cut_off(at, ahead=True) or self._said.cut_off(at, ahead=False):
                    yield Change("", "…")
            elif cut := self._said.cut_off(at, ahead=place == begin, is_first=place == 0):
                yield Change(cut, "")


def _matcher(quoted: Sequence[str], said: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, quoted, said, autojunk=len(quoted) * len(said) > _CLOSELY)


def _is_most_of(same: int, words: int) -> bool:
    return same >= 2 and 2 * same >= words


def _negations_between(said: Wording, places: Sequence[range]) -> tuple[Change, ...]:
    """What stands between places of a comment, where it negates."""
    return tuple(
        change
        for before, after in pairwise(places)
        for change in _negation_in(said, before.stop, after.start)
    )


def _negation_in(said: Wording, begin: int, end: int) -> Iterator[Change]:
    """What some tokens of a comment say from the first negation on."""
    part = said.part(begin, end)
    if (at := negation_at(part)) >= 0:
        yield Change(f"{'… ' if at else ''}{part[at:]}", "")


def _contains(words: Sequence[str], lines: Iterable[str]) -> bool:
    """Whether all pieces of a quotation stand among the words, one after the other."""
    text, at = f" {' '.join(words)} ", 0
    for wanted in lines:
        at = text.find(wanted, at)
        if at < 0:
            return False
        at += len(wanted) - 1
    return True
