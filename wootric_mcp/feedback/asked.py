"""The responses of a period that an answer is about: counted in one pass, and the comments among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from wootric_mcp.feedback.comments import Comment, analyse
from wootric_mcp.feedback.impact import Counts, Effects, effects
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.phrases import Corpus
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.score import Score, SurveyType
from wootric_mcp.feedback.selection import Selection
from wootric_mcp.feedback.tally import Sums, Tally


class Asked:
    """The people asked about, those of their responses that are selected, and what they say."""

    def __init__(
        self,
        records: Iterable[FeedbackRecord],
        selection: Selection,
        survey_type: SurveyType,
        lexicon: Lexicon | None,
        shown: Callable[[str], str] = str,
    ) -> None:
        """The records are read once, and of each no more is kept than its comment needs."""
        self._selection = selection
        self._survey_type = survey_type
        self._said = Sums() if selection.query.strip() else None
        self._selected_ids: set[int] = set()
        self.tally = Tally(selection, survey_type, shown)
        self.responses = 0
        """Responses that match the whole selection, with or without a comment."""
        self.saying_ids: set[int] = set()
        """Comments that say what the query asks for, whatever category; all of them without a query."""
        self._elsewhere: list[FeedbackRecord] = []
        passing = self._passing(records) if selection.where else records
        comments = analyse(self._commented(self.tally.counted(passing)), lexicon)
        self.selected = Corpus(each for each in comments if each.record.id in self._selected_ids)
        """Comments that match the whole selection."""
        self.others = Corpus(each for each in comments if each.record.id not in self._selected_ids)
        """All other comments of the people asked about."""

    @property
    def saying(self) -> list[Comment]:
        """Comments whose scores count for themes."""
        return [*self.selected, *self.saying_of(self.others)]

    def saying_of(self, comments: Iterable[Comment]) -> list[Comment]:
        """Of these comments, those that say what the query asks for."""
        return [comment for comment in comments if comment.record.id in self.saying_ids]

    @property
    def query_score(self) -> Score | None:
        """With a query: score of all who match it, whatever category."""
        return self._said.score(self._survey_type) if self._said else None

    def effects(self, sayers: Sequence[Sequence[Comment]]) -> Effects:
        """What themes do to the score of the people asked about, by the comments that say each."""
        themes: dict[int, list[int]] = {}
        for number, comments in enumerate(sayers):
            for comment in comments:
                themes.setdefault(comment.record.id, []).append(number)
        saying = self.saying
        counts = Counts(
            (comment.record.score, tuple(themes.get(comment.record.id, ()))) for comment in saying
        )
        rest = self.tally.whole.counts - Counter(comment.record.score for comment in saying)
        counts.update({(score, None): times for score, times in rest.items()})
        return effects(counts, len(sayers), self._survey_type)

    @property
    def elsewhere(self) -> list[Comment]:
        """Comments by other people that would be selected if they were asked about; none if nothing is."""
        return analyse(self._elsewhere if self.selected else ())

    def _passing(self, records: Iterable[FeedbackRecord]) -> Iterator[FeedbackRecord]:
        """All of these records; kept are those of other people that would be selected."""
        for record in records:
            if (
                record.text
                and not record.excluded
                and not self._selection.includes_person(record)
                and self._selection.includes_score(record.score, self._survey_type)
                and self._selection.includes_text(record.text)
            ):
                self._elsewhere.append(record.lean())
            yield record

    def _commented(self, records: Iterable[FeedbackRecord]) -> Iterator[FeedbackRecord]:
        """Of these records, those with a comment."""
        for record in records:
            if self._selection.includes_text(record.text):
                if self._said:
                    self._said.add(record, self._survey_type)
                is_selected = self._selection.includes_score(record.score, self._survey_type)
                self.responses += is_selected
                if record.text:
                    self.saying_ids.add(record.id)
                    if is_selected:
                        self._selected_ids.add(record.id)
            if record.text:
                yield record.lean()
