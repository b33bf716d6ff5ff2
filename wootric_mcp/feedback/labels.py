"""Themes of every comment of a collection: rows of the lexicon, and phrases for what it misses."""

from __future__ import annotations

from collections.abc import Sequence

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.feedback.score import SurveyType
from wootric_mcp.feedback.themes import find_themes

MOST_NAMES = 30
_MOST_ROWS = 24
"""Rows of the lexicon, the most frequent, that come before phrases; where there are few phrases, more do."""


def labels(
    comments: Sequence[Comment], lexicon: Lexicon, survey_type: SurveyType = "nps", *, most: int = MOST_NAMES
) -> dict[int, tuple[str, ...]]:
    """Names of the themes of each comment that has any, by the comment's id: at most so many in all.

    A comment has several themes if it speaks of several things. Names of rows come first, in the lexicon's
    order, then phrases, which are customers' words.
    """
    members: dict[str, list[Comment]] = {name: [] for name in lexicon.names}
    for comment in comments:
        for name in lexicon.themes(comment):
            members[name].append(comment)
    ranked = sorted((name for name in members if members[name]), key=lambda name: -len(members[name]))
    told = ranked[: min(_MOST_ROWS, most)]
    phrases = find_themes(
        comments,
        (),
        survey_type,
        most=most - len(told),
        told=[members[name] for name in told],
        is_known=lambda form: form in members,
    )
    told += ranked[len(told) : most - len(phrases)]
    found: dict[int, list[str]] = {}
    for name in sorted(told, key=lexicon.names.index):
        for comment in members[name]:
            found.setdefault(comment.record.id, []).append(name)
    for phrase in phrases:
        for comment in phrase.members:
            found.setdefault(comment.record.id, []).append(phrase.phrase)
    return {number: tuple(dict.fromkeys(names)) for number, names in found.items()}
