"""Filling an answer: as many pieces as a budget of tokens allows, the most valuable first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from wootric_mcp.feedback.budget import estimate_tokens

Fence = Callable[[Iterable[str]], str]
"""Takes the lines of a block and gives the block. What it adds costs the same number of tokens each time."""

Piece = TypeVar("Piece")


def fill(
    pieces: Sequence[Piece],
    *,
    budget: int,
    render: Callable[[Sequence[Piece]], str],
    show: Callable[[Piece], str],
    may_skip: Callable[[Piece], bool] = lambda piece: False,
    reserve: int = 0,
) -> list[Piece]:
    """The pieces that fit, in the order given; the answer rendered with them costs at most `budget` tokens.

    Args:
        pieces: The most valuable first.
        budget: In tokens.
        render: The whole answer with some of the pieces, and the count of those left out.
        show: One piece as it stands in the answer.
        may_skip: Whether a later piece may be shown though this one does not fit; else filling ends there.
        reserve: Tokens that the answer costs with any piece over what it costs without.
    """
    left = budget - reserve - estimate_tokens(render([]))
    chosen: list[Piece] = []
    for piece in pieces:
        cost = estimate_tokens(show(piece)) + 1
        if cost <= left:
            chosen.append(piece)
            left -= cost
        elif not may_skip(piece):
            break
    # The whole costs about the sum of its parts, not exactly.
    while chosen and estimate_tokens(render(chosen)) > budget:
        chosen.pop()
    return chosen


def compact(value: Any) -> str:
    """JSON as it goes to a client."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
