"""What tells the themes of a comment besides its phrases: rows of the lexicon, and the account's own tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from wootric_mcp.feedback.comments import Comment
from wootric_mcp.feedback.lexicon import Lexicon


class Label(NamedTuple):
    """The name of a row in our words or the operator's, or a tag, which is foreign text."""

    name: str
    is_tag: bool = False


Told = dict[Label, list[Comment]]
"""The comments that each label is told of."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label, and the comments that it is told of."""

    label: Label
    asked: Sequence[Comment]
    others: int
    """How many of the other comments it is told of, too."""
    scored: Sequence[Comment]
    """Those of the other comments whose scores count."""
    has: Callable[[str, Comment], bool]
    """Whether a phrase of a comment speaks of the theme alone."""


def told(comments: Iterable[Comment], lexicon: Lexicon | None) -> Told:
    """What the lexicon and the tags tell of these comments."""
    found: defaultdict[Label, list[Comment]] = defaultdict(list)
    for comment in comments:
        for label in _labels(lexicon.themes(comment)) if lexicon else ():
            found[label].append(comment)
        for tag in comment.record.tags:
            found[Label(tag, is_tag=True)].append(comment)
    return dict(found)


@lru_cache(maxsize=1 << 12)
def _labels(names: frozenset[str]) -> tuple[Label, ...]:
    return tuple(map(Label, names))


def rows_of(
    labels: Collection[Label], asked: Told, others: Told, scored: Collection[int], lexicon: Lexicon | None
) -> list[Row]:
    """The rows of these labels: those of the lexicon in its order, then tags.

    Args:
        labels: Which.
        asked: What is told of the comments asked about.
        others: What is told of all others.
        scored: Ids of comments whose scores count.
        lexicon: Where names of rows are from.
    """

    def has(label: Label, phrase: str, comment: Comment) -> bool:
        if label.is_tag or not lexicon:
            return label.is_tag
        return label.name in lexicon.themes_of_phrase(phrase, comment)

    names = lexicon.names if lexicon else ()
    return [
        Row(
            label,
            asked.get(label, []),
            len(others.get(label, [])),
            [comment for comment in others.get(label, []) if comment.record.id in scored],
            partial(has, label),
        )
        for label in [*map(Label, names), *sorted(label for label in labels if label.is_tag)]
        if label in labels
    ]
