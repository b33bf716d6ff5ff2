"""What people said in a period: one result, from which every form of an answer is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from wootric_mcp.feedback.budget import DEFAULT
from wootric_mcp.feedback.comments import CJK, Comment, analyse, common_form
from wootric_mcp.feedback.impact import Counts, Effect, effects
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.quotes import Quote, Quotes
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord, Person
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, Score, SurveyType, category, score_of_counts
from wootric_mcp.feedback.selection import Selection, parse_query
from wootric_mcp.feedback.tally import Tally
from wootric_mcp.feedback.themes import Row, Theme, find_themes
from wootric_mcp.feedback.words import LANGUAGES

_MOST_TIMES_THEMES = 2.5
"""However long an answer is, it has at most so many times the usual number of themes."""
_EVERYBODY = 0.9
"""Share of the comments that match a query from which on a row of the lexicon says what the query says."""


@dataclass(frozen=True, slots=True)
class ThemeDigest:
    theme: Theme
    effect: Effect
    """On the score of all."""
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The score of all people asked about, and the themes of the comments selected among theirs."""

    receipt: Receipt
    selection: Selection
    survey_type: SurveyType
    responses: int
    """Responses in the period by people whom `selection.where` describes, without those excluded."""
    excluded: int
    """Such responses that the account left out of its calculations; in no other figure."""
    commented: int
    """Of `responses`, those with a comment."""
    score: Score
    """Of all `responses`, whatever category and query."""
    selected: int
    """Responses that match the whole selection."""
    comments: int
    """Of `selected`, those with a comment: what themes and quotes are about."""
    query_score: Score | None
    """With a query: score of all who match it, whatever category."""
    themes: tuple[ThemeDigest, ...]
    in_no_theme: int
    """Of `comments`, those in none of the themes."""
    other_quotes: tuple[Quote, ...]
    """From comments in no theme."""
    suspicious: tuple[int, ...]
    """Ids of `comments` that read like instructions to an assistant, the newest first; none is quoted."""
    no_theme_adds: float | None
    """Contribution to `score` of the comments, whatever category, that are in none of the themes."""
    no_comment_adds: float | None
    """Contribution of the responses without a comment, or without one that says what the query asks for."""
    in_period: int
    """Responses in the period, whoever gave them."""
    property_names: tuple[str, ...]
    """If `selection.where` describes none of them: properties that occur. Foreign text."""


def digest(
    records: Iterable[FeedbackRecord],
    *,
    receipt: Receipt,
    person: Person,
    shown: Callable[[str], str] = str,
    survey_type: SurveyType = "nps",
    selection: Selection = Selection(),  # noqa: B008 - frozen
    lexicon: Lexicon | None = None,
    most_themes: int = 12,
    quotes_each: int = 2,
    budget: int = DEFAULT,
) -> Digest:
    """Sum up the responses of a period.

    Args:
        records: All responses of the period, whatever category, in any order. They are read once, and of
            each no more is kept than its comment needs.
        receipt: Where they come from.
        person: Gives the alias of an end user, for quotes.
        shown: Makes the name of a property fit to show.
        survey_type: What the account asks, which decides what a score means.
        selection: `where` narrows everything. `category`, `has_text` and `query` narrow what is read, not the
        score:
            what detractors said is told beside the score of all, and against the background of what others
            said.
        lexicon: Tells themes by their words; None: only phrases are found.
        most_themes: Greatest number of themes in an answer of the usual length.
        quotes_each: Greatest number of quotes per theme, likewise.
        budget: Length of the answer to be written, in tokens; a longer one has room for more of both.
    """
    longer = max(1.0, budget / DEFAULT)
    most_themes = int(most_themes * min(longer, _MOST_TIMES_THEMES))
    quotes_each = int(quotes_each * longer)
    tally = Tally(selection, survey_type, shown)
    reading = _Reading(selection, survey_type)
    comments = analyse(reading.commented(tally.counted(records)), lexicon)
    selected = [comment for comment in comments if comment.record.id in reading.selected_ids]
    others = [comment for comment in comments if comment.record.id not in reading.selected_ids]
    overall = tally.score
    themes: list[Theme] = []
    if len(selected) >= NO_PERCENTAGE_BELOW:
        rows = _rows(lexicon, selected, others, reading.said_ids) if lexicon else []
        if selection.query.strip():
            rows = [row for row in rows if len(row.asked) < _EVERYBODY * len(selected)]
        themes = find_themes(
            selected,
            others,
            survey_type,
            most=most_themes,
            is_known=_query_words(selection),
            scored=reading.said_of(others),
            rows=rows,
        )
    quotes = Quotes(selected, person)
    found = effects(_said(themes, reading.said_of(comments), tally.scores), len(themes), survey_type)
    digests = [
        ThemeDigest(theme, effect, _quotes(quotes, theme, overall, quotes_each))
        for theme, effect in zip(themes, found.themes, strict=True)
    ]
    themed = {comment.record.id for theme in themes for comment in theme.members}
    rest = [comment for comment in selected if comment.record.id not in themed]
    return Digest(
        receipt=receipt,
        selection=selection,
        survey_type=survey_type,
        responses=tally.responses,
        excluded=tally.excluded,
        commented=len(comments),
        score=overall,
        selected=reading.selected,
        comments=len(selected),
        query_score=score_of_counts(reading.said, survey_type) if selection.query.strip() else None,
        themes=tuple(digests),
        in_no_theme=len(rest),
        other_quotes=tuple(quotes.pick(rest, max(quotes_each, 10 - 2 * len(themes)))),
        suspicious=tuple(comment.record.id for comment in reversed(selected) if comment.is_suspicious),
        no_theme_adds=found.in_no_theme,
        no_comment_adds=found.no_comment,
        in_period=tally.in_period,
        property_names=tally.property_names,
    )


class _Reading:
    """What is found out while records pass by: which of them are selected, and who says what is asked for."""

    def __init__(self, selection: Selection, survey_type: SurveyType) -> None:
        self._selection = selection
        self._survey_type = survey_type
        self.selected = 0
        """Records that match the selection, with or without a comment."""
        self.said: Counter[int | None] = Counter()
        """Scores of those who say what the query asks for, whatever category."""
        self.selected_ids: set[int] = set()
        self.said_ids: set[int] = set()
        """Ids of comments, and so is the one above."""

    def commented(self, records: Iterable[FeedbackRecord]) -> Iterator[FeedbackRecord]:
        """Of these records, those with a comment."""
        for record in records:
            if self._selection.includes_text(record.text):
                self.said[record.score] += 1
                is_selected = self._selection.includes_score(record.score, self._survey_type)
                self.selected += is_selected
                if record.text:
                    self.said_ids.add(record.id)
                    if is_selected:
                        self.selected_ids.add(record.id)
            if record.text:
                yield record.lean()

    def said_of(self, comments: Iterable[Comment]) -> list[Comment]:
        """Of these comments, those that say what the query asks for."""
        return [comment for comment in comments if comment.record.id in self.said_ids]


def _rows(
    lexicon: Lexicon, selected: Sequence[Comment], others: Sequence[Comment], said_ids: Collection[int]
) -> list[Row]:
    """What the lexicon tells of these comments, as far as it is said at all."""
    asked: dict[str, list[Comment]] = {}
    for comment in selected:
        for name in lexicon.themes(comment):
            asked.setdefault(name, []).append(comment)
    outside: Counter[str] = Counter()
    scored: dict[str, list[Comment]] = {name: [] for name in asked}
    for comment in others:
        for name in lexicon.themes(comment):
            outside[name] += 1
            if name in scored and comment.record.id in said_ids:
                scored[name].append(comment)

    def has(name: str, phrase: str, comment: Comment) -> bool:
        return name in lexicon.themes_of_phrase(phrase, comment)

    return [
        Row(name, asked[name], outside[name], scored[name], partial(has, name))
        for name in lexicon.names
        if name in asked
    ]


def _said(themes: Sequence[Theme], said: Sequence[Comment], scores: Counter[int | None]) -> Counts:
    """Who gave which score and says what; `said` are the comments that count, `scores` those of all."""
    places: dict[int, list[int]] = {}
    for place, theme in enumerate(themes):
        for comment in (*theme.members, *theme.others):
            places.setdefault(comment.record.id, []).append(place)
    counts = Counts((comment.record.score, tuple(places.get(comment.record.id, ()))) for comment in said)
    rest = scores - Counter(comment.record.score for comment in said)
    counts.update({(score, None): times for score, times in rest.items()})
    return counts


def _query_words(selection: Selection) -> Callable[[str], bool]:
    """Tells whether a phrase consists of words of the query, which is no news to who asked."""
    forms = {
        common_form(word, language)
        for term in parse_query(selection.query).terms
        for word in (term.unspaced, *term.words)
        for language in (*LANGUAGES, CJK)
    }
    return lambda form: all(part in forms for part in form.split())


def _quotes(quotes: Quotes, theme: Theme, overall: Score, most: int) -> tuple[Quote, ...]:
    """Quotes for a theme: from critics where it goes with worse scores than usual, else from anybody."""
    words = [*theme.own.values()] or [theme.phrase, *theme.phrase.split()]
    if _value(theme.score) < _value(overall):
        critics = [
            comment
            for comment in theme.members
            if category(comment.record.score, overall.survey_type) in ("detractor", "passive")
        ]
        if picked := quotes.pick(critics, most, words, theme.own):
            return tuple(picked)
    return tuple(quotes.pick(theme.members, most, words, theme.own))


def _value(one: Score) -> float:
    return one.value if one.value is not None else 0.0
