"""Who said something: comments that match, the best or the newest first."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.narrowing import Judged, Narrowing, in_words
from wootric_mcp.feedback.quotes import Quote, cut
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord, Person
from wootric_mcp.feedback.score import Score, SurveyType
from wootric_mcp.feedback.selection import Query, Selection, Term, occurrences, parse_query, places
from wootric_mcp.feedback.tally import Sums, Tally
from wootric_mcp.feedback.words import WORD, fold, unmasked, words_of

Order = Literal["relevance", "newest"]

_LONGEST_SNIPPET = 280
_FEW = 3
"""Matches below which it is told what each word of the query finds."""
_SATURATION, _LENGTH = 1.2, 0.75
"""The usual k1 and b of BM25 (Robertson and Zaragoza, Foundations and Trends in IR 3(4), 2009)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The comments that match, and a page of them."""

    receipt: Receipt
    selection: Selection
    narrowed: Mapping[str, str]
    """Theme, language and person asked for, by argument; the person by alias."""
    order: Order
    commented: int
    """Comments of the period by people whom `selection.where` describes."""
    matched: int
    """Comments that match."""
    score: Score
    """Of all responses of these people."""
    query_score: Score | None
    """With a query, theme or language: score of all whose comment matches these, whatever category."""
    start: int
    """How many of the `distinct` matches come before this page."""
    hits: tuple[Quote, ...]
    distinct: int
    """Comments that match; by relevance, those that are word for word the same are one."""
    times: Mapping[int, int]
    """Of hits that stand for several such comments, by id, how many they are."""
    words: tuple[tuple[str, int], ...]
    """If few match or none: the words of the query and the other filters on comments, and how many comments
    each of them leaves."""
    property_names: tuple[str, ...]
    """If `selection.where` describes nobody: properties that occur in the period. Foreign text."""


def search(
    records: Iterable[FeedbackRecord],
    *,
    receipt: Receipt,
    person: Person,
    shown: Callable[[str], str] = str,
    survey_type: SurveyType = "nps",
    selection: Selection = Selection(),  # noqa: B008 - frozen
    narrowing: Narrowing = Narrowing(),  # noqa: B008
    lexicon: Lexicon | None = None,
    order: Order = "relevance",
    start: int = 0,
    limit: int = 20,
) -> Found:
    """Find comments.

    Args:
        records: All responses of the period, in any order. Those that are excluded do not count. They are
            read once, and of those that match no more is kept than is ranked or shown.
        receipt: Where they come from.
        person: Gives the alias of an end user, for the hits.
        shown: Makes the name of a property fit to show.
        survey_type: What the account asks.
        selection: What to find. Without a query, every comment that the other filters let through.
        narrowing: What else to find it by.
        lexicon: Tells which comments are of a theme.
        order: `relevance` ranks by BM25, newer ones first among equals.
        start: How many matches to pass over.
        limit: Greatest number of hits.
    """
    query = parse_query(selection.query)
    tally = Tally(selection, survey_type, shown)
    reading = _Reading(selection, query, narrowing, survey_type)
    matching = reading.matching(tally.counted(records), lexicon)
    if order == "relevance" and query.groups:
        ranked = _alike(_by_relevance(matching, query, reading))
        distinct = len(ranked)
    else:
        ranked = [[record] for record in heapq.nlargest(max(1, start + limit), matching, key=_recency)]
        distinct = reading.matched
    page = ranked[start : start + limit]
    return Found(
        receipt=receipt,
        selection=selection,
        narrowed=narrowing.named(person),
        order=order,
        commented=reading.commented,
        matched=reading.matched,
        score=tally.score,
        query_score=reading.said.score(survey_type) if reading.asks else None,
        start=start,
        hits=tuple(_snippet(first, query, narrowing, lexicon).by(person) for first, *_ in page),
        distinct=distinct,
        times={alike[0].id: len(alike) for alike in page if len(alike) > 1},
        words=() if reading.matched >= _FEW else reading.each_alone(narrowing.named(person)),
        property_names=tally.property_names,
    )


class _Reading:
    """What is found out while records pass by; the figures are whole once `matching` has come to its end."""

    def __init__(
        self, selection: Selection, query: Query, narrowing: Narrowing, survey_type: SurveyType
    ) -> None:
        self._selection = selection
        self._query = query
        self._narrowing = narrowing
        self._survey_type = survey_type
        self.asks = bool(selection.query.strip() or narrowing.theme or narrowing.language)
        """Whether it is asked for what comments say, or in which language."""
        self.commented = self.matched = 0
        self.said = Sums()
        """Scores of those whose comment says it, whatever category."""
        # What each part finds tells something only where there are several.
        is_several = len(query.groups) > 1 or narrowing != Narrowing()
        self._parts = [Query((group,)) for group in query.groups] if is_several else []
        self._having = [0] * len(self._parts)
        self._alone: Counter[int] = Counter()
        """By place among all parts: comments of the category that one part leaves."""

    def matching(
        self, records: Iterable[FeedbackRecord], lexicon: Lexicon | None
    ) -> Iterator[FeedbackRecord]:
        """Of these records, those whose comment matches."""
        commented = (record for record in records if record.text)
        for judged in self._narrowing.judged(commented, lexicon):
            record = judged.record
            self.commented += 1
            is_here = self._selection.includes_score(record.score, self._survey_type)
            self._count_parts(judged, is_here)
            if all(judged.says) and self._selection.includes_text(record.text):
                self.said.add(record, self._survey_type)
                if is_here and judged.is_theirs:
                    self.matched += 1
                    yield record.lean()

    def rarity(self) -> list[float]:
        """Weight of each part of the query, the more the fewer comments have it."""
        n = self.commented
        return [math.log(1 + (n - having + 0.5) / (having + 0.5)) for having in self._having] or [1.0]

    def each_alone(self, narrowed: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
        """For every part of a query that found little, and every other filter, how many comments it leaves
        alone; nothing where there is one only."""
        parts = [group[0].written for group in self._query.groups] + in_words(narrowed)
        return tuple((part, self._alone[place]) for place, part in enumerate(parts)) if parts[1:] else ()

    def _count_parts(self, judged: Judged, is_here: bool) -> None:
        folded = fold(unmasked(judged.record.text))
        has = [part.matches_folded(folded) for part in self._parts]
        for place, said in enumerate(has):
            self._having[place] += said
        if is_here:
            theirs = [judged.is_theirs] if self._narrowing.end_user is not None else []
            self._alone.update(place for place, is_so in enumerate([*has, *judged.says, *theirs]) if is_so)


def _alike(records: Sequence[FeedbackRecord]) -> list[list[FeedbackRecord]]:
    """Records by text, in the order given; case and spaces do not matter."""
    groups: dict[str, list[FeedbackRecord]] = {}
    for record in records:
        groups.setdefault(" ".join(fold(record.text).split()), []).append(record)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Match:
    """What relevance is worked out from."""

    record: FeedbackRecord
    words: int
    times: tuple[int, ...]
    """How often the comment has each part of the query."""


def _by_relevance(
    matching: Iterable[FeedbackRecord], query: Query, reading: _Reading
) -> list[FeedbackRecord]:
    """Records that match, ranked; among equals newer ones first."""
    matches = sorted(
        (_match(record, query) for record in matching), key=lambda one: _recency(one.record), reverse=True
    )
    usual_length = sum(match.words for match in matches) / (len(matches) or 1) or 1.0
    rarity = reading.rarity()

    def relevance(match: _Match) -> float:
        length = 1 - _LENGTH + _LENGTH * max(1.0, match.words / usual_length)
        return _prior(match.words) * sum(
            weight * times * (_SATURATION + 1) / (times + _SATURATION * length)
            for weight, times in zip(rarity, match.times, strict=True)
        )

    return [match.record for match in sorted(matches, key=relevance, reverse=True)]


def _match(record: FeedbackRecord, query: Query) -> _Match:
    words = words_of(folded := fold(unmasked(record.text)))
    times = (sum(occurrences(term, words, folded) for term in group) for group in query.groups)
    return _Match(record, len(words), tuple(times))


def _recency(record: FeedbackRecord) -> tuple[datetime, int]:
    return record.created_at, record.id


def _prior(words: int) -> float:
    """A few words hardly say more than the query itself."""
    return 1.0 if words >= 6 else 0.8 if words >= 3 else 0.65


def _snippet(record: FeedbackRecord, query: Query, narrowing: Narrowing, lexicon: Lexicon | None) -> Quote:
    """The part of a comment that has the first match."""
    matches = [_first(record.text, term) for term in query.terms]
    return cut(record, min(matches) if matches else narrowing.position(record, lexicon), _LONGEST_SNIPPET)


def _first(text: str, term: Term) -> int:
    """Where a term first stands in a text as it is shown; its end if it does not."""
    if term.unspaced:
        at = text.lower().find(term.unspaced)
        return at if at >= 0 else len(text)
    words = list(WORD.finditer(text))
    found = places(term, [fold(word[0]) for word in words])
    return words[found[0]].start() if found else len(text)
