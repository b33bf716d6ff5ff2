"""One pass over the responses of a period: whoever is asked about is counted and handed on, nobody kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.change import Sample, sample
from wootric_mcp.feedback.filling import compact
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.score import Score, SurveyType, category, score_of_counts
from wootric_mcp.feedback.selection import Selection

_NAMES_TOKENS = 80


class Sums:
    """What is counted of a group of responses. Sums of parts add up to those of the whole."""

    def __init__(self) -> None:
        self.counts: Counter[int | None] = Counter()
        self.people: set[int] = set()
        """Known people who scored."""
        self.unknown = 0
        """Responses with a score by nobody known, each taken for a person."""

    def add(self, record: FeedbackRecord, survey_type: SurveyType) -> None:
        """Count one more response."""
        self.counts[record.score] += 1
        if category(record.score, survey_type):
            if record.end_user_id is None:
                self.unknown += 1
            else:
                self.people.add(record.end_user_id)

    @classmethod
    def of(cls, parts: Iterable[Sums]) -> Sums:
        """The sums of several groups together."""
        whole = cls()
        for part in parts:
            whole.counts.update(part.counts)
            whole.people |= part.people
            whole.unknown += part.unknown
        return whole

    @property
    def answered(self) -> int:
        """How many people scored."""
        return len(self.people) + self.unknown

    def score(self, survey_type: SurveyType) -> Score:
        return score_of_counts(self.counts, survey_type, self.answered)

    def sample(self, survey_type: SurveyType) -> Sample:
        return sample(self.counts, survey_type, self.answered)


class Tally:
    """What is counted while records pass by; the figures are whole once `counted` has come to its end."""

    def __init__(
        self, selection: Selection, survey_type: SurveyType, shown: Callable[[str], str] = str
    ) -> None:
        """`shown` makes the name of a property fit to show."""
        self.in_period = 0
        """Responses in the period, whoever gave them."""
        self.excluded = 0
        """Those of them by people whom `selection.where` describes that are left out of calculations."""
        self._selection = selection
        self._survey_type = survey_type
        self._shown = shown
        self.whole = Sums()
        """Of all records handed on."""
        self._names: Counter[str] = Counter()
        self._describes_somebody = False

    def counted(self, records: Iterable[FeedbackRecord]) -> Iterator[FeedbackRecord]:
        """Records by people whom `selection.where` describes, without those excluded."""
        for record in records:
            self.in_period += 1
            if not self._selection.includes_person(record):
                if not self._describes_somebody:
                    self._names.update(record.properties.keys())
                continue
            self._describes_somebody = True
            if record.excluded:
                self.excluded += 1
                continue
            self.whole.add(record, self._survey_type)
            yield record

    @property
    def responses(self) -> int:
        """Records handed on."""
        return self.whole.counts.total()

    @property
    def score(self) -> Score:
        """Score of all records handed on."""
        return self.whole.score(self._survey_type)

    @property
    def property_names(self) -> tuple[str, ...]:
        """If `selection.where` describes nobody: names of properties that occur, the most frequent first.

        They are foreign text, and no more of them than are cheap to tell.
        """
        if self._describes_somebody:
            return ()
        shown: Counter[str] = Counter()
        for name, times in self._names.items():
            shown[self._shown(name)] += times
        return affordable(shown)


def affordable(names: Counter[str]) -> tuple[str, ...]:
    """Names, the most frequent first, and no more of them than are cheap to tell."""
    told: list[str] = []
    for name in sorted(names, key=lambda name: (-names[name], name)):
        if estimate_tokens(compact([*told, name])) > _NAMES_TOKENS:
            break
        told.append(name)
    return tuple(told)
