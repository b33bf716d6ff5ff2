"""What people said in a period: one result, from which every form of an answer is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wootric_mcp.feedback.asides import Asides, asides
from wootric_mcp.feedback.asked import Asked
from wootric_mcp.feedback.budget import DEFAULT
from wootric_mcp.feedback.comments import CJK, common_form
from wootric_mcp.feedback.compared import Compared, Comparison, ThemeChange
from wootric_mcp.feedback.impact import Effect
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.quotes import Quote, Quotes
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord, Person
from wootric_mcp.feedback.rows import rows_of, told
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, Score, SurveyType, category
from wootric_mcp.feedback.selection import Selection, parse_query
from wootric_mcp.feedback.themes import Theme, find_themes, row_theme
from wootric_mcp.feedback.words import LANGUAGES

_MOST_PHRASES = 5
"""Phrases that tell one group from another, in an answer of the usual length."""
_MOST_TIMES_THEMES = 2.5
"""However long an answer is, it has at most so many times the usual number of themes."""
FIRST = 5
"""Themes that come before those told only because their share changed."""
_EVERYBODY = 0.9
"""Share of the comments that match a query from which on a row of the lexicon says what the query says."""


@dataclass(frozen=True, slots=True)
class ThemeDigest:
    theme: Theme
    effect: Effect
    """On the score of all."""
    change: ThemeChange | None
    """Since the period compared with, if one is."""
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
    response_rate: float | None
    """Wootric's own, in per cent."""
    selected: int
    """Responses that match the whole selection."""
    comments: int
    """Of `selected`, those with a comment: what themes and quotes are about."""
    query_score: Score | None
    """With a query: score of all who match it, whatever category."""
    compared: Compared | None
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
    asides: Asides
    property_names: tuple[str, ...]
    """If `selection.where` describes none of them: properties that occur. Foreign text."""


def digest(
    records: Iterable[FeedbackRecord],
    *,
    receipt: Receipt,
    person: Person,
    shown: Callable[[str], str] = str,
    earlier: tuple[Iterable[FeedbackRecord], Receipt] | None = None,
    survey_type: SurveyType = "nps",
    selection: Selection = Selection(),  # noqa: B008 - frozen
    lexicon: Lexicon | None = None,
    response_rate: float | None = None,
    most_themes: int = 12,
    quotes_each: int = 2,
    budget: int = DEFAULT,
    go_on: Callable[[], None] = lambda: None,
) -> Digest:
    """Sum up the responses of a period.

    Args:
        records: All responses of the period, whatever category, in any order. They are read once, and of
            each no more is kept than its comment needs.
        receipt: Where they come from.
        person: Gives the alias of an end user, for quotes.
        shown: Makes the name of a property fit to show.
        earlier: Responses and receipt of the period to compare with, which has no response in common.
        survey_type: What the account asks, which decides what a score means.
        selection: `where` narrows everything. `category`, `has_text` and `query` narrow what is read, not
            the score: what detractors said is told beside the score of all, and against the background of
            what others said.
        lexicon: Tells themes by their words; None: only phrases and tags are found.
        response_rate: Wootric's own, in per cent, if it is known of the same period.
        most_themes: Greatest number of themes in an answer of the usual length.
        quotes_each: Greatest number of quotes per theme, likewise.
        budget: Length of the answer to be written, in tokens; a longer one has room for more of both.
        go_on: Called between the stages of the work; what it raises ends that.
    """
    longer = max(1.0, budget / DEFAULT)
    most_themes = int(most_themes * min(longer, _MOST_TIMES_THEMES))
    quotes_each = int(quotes_each * longer)
    now = Asked(records, selection, survey_type, lexicon, shown)
    then = Asked(earlier[0], selection, survey_type, lexicon) if earlier else None
    go_on()
    asked = told(now.selected, lexicon)
    news = {
        label: said
        for label, said in asked.items()
        if not selection.query.strip() or len(said) < _EVERYBODY * len(now.selected)
    }
    elsewhere = told(now.others, lexicon)
    is_known = _query_words(selection)
    go_on()
    themes: list[Theme] = []
    if len(now.selected) >= NO_PERCENTAGE_BELOW:
        themes = find_themes(
            now.selected,
            now.others,
            survey_type,
            most=most_themes,
            is_known=is_known,
            scored=now.saying_of(now.others),
            rows=rows_of(news, asked, elsewhere, now.saying_ids, lexicon),
        )
    go_on()
    comparison = None
    if then and earlier:
        comparison = Comparison(now, asked, then, earlier[1], themes, lexicon, survey_type)
        enough = len(now.selected) >= NO_PERCENTAGE_BELOW
        moved = comparison.moved(themes, asked.keys() - news.keys()) if enough else []
        rows = rows_of(moved, asked, elsewhere, now.saying_ids, lexicon)
        rows.sort(key=lambda row: moved.index(row.label))
        themes[FIRST:FIRST] = [row_theme(row, now.selected, survey_type, themes) for row in rows]
    found = now.effects([(*theme.members, *theme.others) for theme in themes])
    compared, changes = comparison.of(themes, found) if comparison else (None, [None] * len(themes))
    go_on()
    quotes = Quotes(now.selected, person)
    digests = [
        ThemeDigest(theme, effect, change, _quotes(quotes, theme, now.tally.score, quotes_each))
        for theme, effect, change in zip(themes, found.themes, changes, strict=True)
    ]
    themed = {comment.record.id for theme in themes for comment in theme.members}
    rest = [comment for comment in now.selected if comment.record.id not in themed]
    go_on()
    return Digest(
        receipt=receipt,
        selection=selection,
        survey_type=survey_type,
        responses=now.tally.responses,
        excluded=now.tally.excluded,
        commented=len(now.selected) + len(now.others),
        score=now.tally.score,
        response_rate=response_rate,
        selected=now.responses,
        comments=len(now.selected),
        query_score=now.query_score,
        compared=compared,
        themes=tuple(digests),
        in_no_theme=len(rest),
        other_quotes=tuple(quotes.pick(rest, max(quotes_each, 10 - 2 * len(themes)))),
        suspicious=tuple(comment.record.id for comment in reversed(now.selected) if comment.is_suspicious),
        no_theme_adds=found.in_no_theme,
        no_comment_adds=found.no_comment,
        asides=asides(
            now,
            then,
            quotes,
            survey_type,
            most=int(_MOST_PHRASES * min(longer, _MOST_TIMES_THEMES)),
            is_known=is_known,
            is_long=budget > DEFAULT,
        ),
        property_names=now.tally.property_names,
    )


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
