"""Who said something: comments that match, the best or the newest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wootric_mcp.feedback.quotes import Quote, cut
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord, Person
from wootric_mcp.feedback.score import Score, SurveyType, score
from wootric_mcp.feedback.selection import (
    Query,
    Selection,
    Term,
    fits,
    names_instead,
    occurrences,
    parse_query,
)
from wootric_mcp.feedback.words import WORD, fold, words_of

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
    order: Order
    commented: int
    """Comments of the period by people whom `selection.where` describes."""
    matched: int
    """Comments that match."""
    score: Score
    """Of all responses of these people."""
    query_score: Score | None
    """With a query: score of all whose comment matches it, whatever category."""
    start: int
    """How many of the `distinct` matches come before this page."""
    hits: tuple[Quote, ...]
    distinct: int
    """Comments that match; by relevance, those that are word for word the same are one."""
    times: Mapping[int, int]
    """Of hits that stand for several such comments, by id, how many they are."""
    words: tuple[tuple[str, int], ...]
    """If few match or none: the words of the query and how many comments have each."""
    property_names: tuple[str, ...]
    """If `selection.where` describes nobody: properties that occur in the period. Foreign text."""


def search(
    records: Iterable[FeedbackRecord],
    *,
    receipt: Receipt,
    person: Person,
    survey_type: SurveyType = "nps",
    selection: Selection = Selection(),  # noqa: B008 - frozen
    order: Order = "relevance",
    start: int = 0,
    limit: int = 20,
) -> Found:
    """Find comments.

    Args:
        records: All responses of the period, in any order. Those that are excluded do not count.
        receipt: Where they come from.
        person: Gives the alias of an end user, for the hits.
        survey_type: What the account asks.
        selection: What to find. Without a query, every comment that the other filters let through.
        order: `relevance` ranks by BM25, newer ones first among equals.
        start: How many matches to pass over.
        limit: Greatest number of hits.
    """
    records = list(records)
    asked_about = [record for record in records if not record.excluded and selection.includes_person(record)]
    commented = [record for record in asked_about if record.text]
    matching = [record for record in commented if selection.matches(record, survey_type)]
    query = parse_query(selection.query)
    newest = sorted(matching, key=lambda record: (record.created_at, record.id), reverse=True)
    ranked = [[record] for record in newest]
    if order == "relevance" and query.groups:
        ranked = _alike(_by_relevance(newest, query, commented))
    page = ranked[start : start + limit]
    return Found(
        receipt=receipt,
        selection=selection,
        order=order,
        commented=len(commented),
        matched=len(matching),
        score=score(asked_about, survey_type),
        query_score=query_score(commented, selection, survey_type),
        start=start,
        hits=tuple(_snippet(first, query).by(person) for first, *_ in page),
        distinct=len(ranked),
        times={alike[0].id: len(alike) for alike in page if len(alike) > 1},
        words=() if len(matching) >= _FEW else _each_word(commented, selection, survey_type),
        property_names=names_instead(records, selection.where),
    )


def _alike(records: Sequence[FeedbackRecord]) -> list[list[FeedbackRecord]]:
    """Records by text, in the order given; case and spaces do not matter."""
    groups: dict[str, list[FeedbackRecord]] = {}
    for record in records:
        groups.setdefault(" ".join(fold(record.text).split()), []).append(record)
    return list(groups.values())


def query_score(
    records: Iterable[FeedbackRecord], selection: Selection, survey_type: SurveyType
) -> Score | None:
    """Score of all who say what the query asks for, whatever category; None without a query."""
    if not selection.query.strip():
        return None
    anybody = replace(selection, category="any")
    return score((record for record in records if anybody.matches(record, survey_type)), survey_type)


def _by_relevance(
    records: Sequence[FeedbackRecord], query: Query, commented: Sequence[FeedbackRecord]
) -> list[FeedbackRecord]:
    """Records that match, ranked; equals stay in the order given."""
    cut_up = [(words_of(folded := fold(record.text)), folded) for record in records]
    frequencies = [
        [sum(occurrences(term, words, folded) for term in group) for group in query.groups]
        for words, folded in cut_up
    ]
    usual_length = sum(len(words) for words, _ in cut_up) / (len(cut_up) or 1) or 1.0
    rarity = _rarity(query, commented)

    def relevance(position: int) -> float:
        words = len(cut_up[position][0])
        length = 1 - _LENGTH + _LENGTH * max(1.0, words / usual_length)
        return _prior(words) * sum(
            weight * times * (_SATURATION + 1) / (times + _SATURATION * length)
            for weight, times in zip(rarity, frequencies[position], strict=True)
        )

    order = sorted(range(len(records)), key=lambda position: -relevance(position))
    return [records[position] for position in order]


def _prior(words: int) -> float:
    """A few words hardly say more than the query itself."""
    return 1.0 if words >= 6 else 0.8 if words >= 3 else 0.65


def _rarity(query: Query, commented: Sequence[FeedbackRecord]) -> list[float]:
    """Weight of each part of a query, the more the fewer comments have it."""
    if len(query.groups) == 1:
        return [1.0]
    folded = [fold(record.text) for record in commented]
    counts = [sum(map(Query((group,)).matches_folded, folded)) for group in query.groups]
    return [math.log(1 + (len(commented) - n + 0.5) / (n + 0.5)) for n in counts]


def _snippet(record: FeedbackRecord, query: Query) -> Quote:
    return cut(record, min((_first(record.text, term) for term in query.terms), default=0), _LONGEST_SNIPPET)


def _first(text: str, term: Term) -> int:
    """Where a term first stands in a text as it is shown; its end if it does not."""
    if term.unspaced:
        return max(0, text.lower().find(term.unspaced))
    return next(
        (
            match.start()
            for match in WORD.finditer(text)
            if fits(term.words[0], fold(match[0]), exact=term.exact)
        ),
        len(text),
    )


def _each_word(
    commented: Sequence[FeedbackRecord], selection: Selection, survey_type: SurveyType
) -> tuple[tuple[str, int], ...]:
    """For every part of a query that found little, how many comments have that part."""
    query = parse_query(selection.query)
    if len(query.groups) < 2:
        return ()
    rest = replace(selection, query="")
    folded = [fold(record.text) for record in commented if rest.matches(record, survey_type)]
    return tuple(
        (" ".join(group[0].words), sum(Query((group,)).matches_folded(text) for text in folded))
        for group in query.groups
    )
