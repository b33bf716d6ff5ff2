"""Quotes: parts of comments, word for word, that stand for what many say."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.phrases import Corpus, counts_of, spread
from wootric_mcp.feedback.records import FeedbackRecord, Person

LONGEST = 200
_TOKENS_A_CHARACTER = 0.35
"""A quote in a script that costs more than this is cut shorter in proportion."""
_AROUND = 2_000
"""Characters on either side of a place by which it is told what a quote from there costs."""
_WEIGHED_COMMENTS, _POOL = 500, 60
"""Comments among which those to quote are looked for, evenly spread over all, and the best of them."""
_RELEVANCE = 0.7
"""Weight of being central against being different from what is quoted already."""
_ALIKE = 0.8
"""Share of words (Jaccard) from which on two comments are near-duplicates."""
_TOP_PHRASES = 8
_BESIDE = 0.2
"""Weight of what these comments say besides what they are quoted for."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|(?<=[。！？])")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim part of a comment: `text` is a substring of the record's text."""

    record: FeedbackRecord
    text: str
    begins: bool = True
    """Whether it begins where the comment begins."""
    ends: bool = True
    person: str = ""
    """Alias of the respondent, "" for nobody known."""

    @property
    def shown(self) -> str:
        """The quote with "…" where the comment goes on."""
        return ("" if self.begins else "… ") + self.text + ("" if self.ends else " …")

    def by(self, person: Person) -> Quote:
        """The same with the alias of who said it."""
        speaker = self.record.end_user_id
        return self if speaker is None else replace(self, person=person(speaker))


class Quotes:
    """Picks quotes for one answer, and never the same comment, or a near-duplicate of it, twice."""

    def __init__(self, comments: Sequence[Comment], person: Person) -> None:
        self._person = person
        self._n = len(comments)
        self._counts = Corpus.of(comments).counts
        self._taken: list[frozenset[str]] = []
        self._taken_ids: set[int] = set()

    def pick(
        self,
        members: Iterable[Comment],
        most: int,
        words: Collection[str] = (),
        own: Collection[str] = (),
    ) -> list[Quote]:
        """Central and diverse quotes from these comments: maximal marginal relevance (Carbonell, Goldstein
        1998). None is of a suspicious comment.

        A comment is central if it says what these comments say more often than all others do.

        Args:
            members: Comments to choose from.
            most: Greatest number of quotes.
            words: Begins of words around which a long comment is cut.
            own: Forms of phrases that say what the quotes are for; without, those that are frequent here.
        """
        allowed = [
            member
            for member in members
            if member.record.id not in self._taken_ids and not member.is_suspicious
        ]
        members = spread(allowed, _WEIGHED_COMMENTS)
        weights = {
            form: weight * (1.0 if form in own or not own else _BESIDE)
            for form, weight in self._weights(members).items()
        }
        centrality = {member.record.id: _centrality(member, weights) for member in members}
        greatest = max(centrality.values(), default=0.0) or 1.0
        relevance = {number: _RELEVANCE * each / greatest for number, each in centrality.items()}
        pool = heapq.nsmallest(
            _POOL, members, key=lambda member: (-relevance[member.record.id], member.record.id)
        )
        picked: list[Quote] = []
        while pool and len(picked) < most:
            best, likeness = self._next(pool, relevance)
            pool.remove(best)
            if likeness < _ALIKE:
                picked.append(excerpt(best.record, words).by(self._person))
                self._taken.append(_said(best))
                self._taken_ids.add(best.record.id)
        return picked

    def _next(self, pool: Sequence[Comment], relevance: Mapping[int, float]) -> tuple[Comment, float]:
        """The best one of a pool, which begins with the most relevant, and how alike it is to what is taken.

        Being alike only takes away, so that those after one whose relevance does not reach the best value
        need not be looked at.
        """
        best, best_value, likeness = pool[0], -math.inf, 0.0
        for member in pool:
            if relevance[member.record.id] <= best_value:
                break
            alike = self._likeness(_said(member))
            value = relevance[member.record.id] - (1 - _RELEVANCE) * alike
            if value > best_value:
                best, best_value, likeness = member, value, alike
        return best, likeness

    def _likeness(self, words: frozenset[str]) -> float:
        """Share of words in common (Jaccard) with the quote taken that has most."""
        shared = [(len(words & taken), len(taken)) for taken in self._taken]
        return max((both / (len(words) + n - both or 1) for both, n in shared), default=0.0)

    def _weights(self, members: Sequence[Comment]) -> dict[str, float]:
        """Phrases that are said more often here than among all, by how much of what is said here they
        make."""
        n = len(members)
        return {
            form: times / n * (0.05 + math.log(times / n / (self._counts[form] / self._n)))
            for form, times in counts_of(members).items()
            if times > 1 and times / n >= self._counts[form] / self._n
        }


def _said(comment: Comment) -> frozenset[str]:
    """Its words; of signs only, the text itself."""
    return frozenset(comment.words or [comment.record.text])


def _centrality(comment: Comment, weights: Mapping[str, float]) -> float:
    found = sorted([weights[form] for form in comment.phrases if form in weights], reverse=True)
    # A comment with a link wants to be followed more than to be read.
    return (
        (0.01 + sum(found[:_TOP_PHRASES]))
        * _length_prior(comment.length)
        * (0.1 if "://" in comment.record.text else 1)
    )


def _length_prior(words: int) -> float:
    """Six to forty words are read with profit."""
    if 6 <= words <= 40:
        return 1.0
    return 0.6 if words <= 80 and words >= 3 else 0.35


def excerpt(record: FeedbackRecord, words: Collection[str] = (), longest: int = LONGEST) -> Quote:
    """The part of a comment around the first of `words` (begins of words, in lower case).

    A comment of at most `longest` characters is quoted in full. Else it is cut at the ends of sentences or,
    failing that, of words.
    """
    return cut(record, _find(record.text, words), longest)


def cut(record: FeedbackRecord, position: int, longest: int) -> Quote:
    """At most `longest` characters of a comment, or as many as cost no more tokens than those would in Latin
    letters, the one at `position` among them."""
    text = record.text
    around = text[max(0, position - _AROUND) : position + _AROUND]
    longest = min(
        longest, int(longest * _TOKENS_A_CHARACTER / (estimate_tokens(around) / (len(around) or 1) or 1))
    )
    if len(text) <= longest:
        return Quote(record, text)
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    begin = max(start for start in starts if start <= position)
    if position - begin > longest // 2:
        begin = _word_begin(text, position - longest // 3)
    end = begin + longest
    if end >= len(text):
        end = len(text)
    else:
        sentence_ends = [
            start for start in starts if position < start <= end and start - begin >= longest // 2
        ]
        end = max(sentence_ends) if sentence_ends else _word_end(text, end, begin)
    part = text[begin:end].strip()
    begin = text.index(part, begin)
    return Quote(record, part, begin == 0, begin + len(part) == len(text))


def _find(text: str, words: Collection[str]) -> int:
    lowered = text.lower()
    if len(lowered) != len(text):
        return 0  # a few letters change their length with their case
    return min((at for word in words if (at := _begin(lowered, word)) >= 0), default=0)


def _begin(text: str, part: str) -> int:
    """Where a word begins with a part; -1 if none does."""
    at = text.find(part)
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at = text.find(part, at + 1)
    return at


def _word_begin(text: str, position: int) -> int:
    space = _SPACE.search(text, position)
    return space.end() if space and space.end() - position < 40 else position


def _word_end(text: str, position: int, begin: int) -> int:
    space = text.rfind(" ", begin, position + 1)
    return space if space > begin and position - space < 40 else position
