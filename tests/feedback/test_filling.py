"""An answer is filled with what fits, the most valuable first."""

from __future__ import annotations

from wootric_mcp.feedback.budget import estimate_tokens
from wootric_mcp.feedback.filling import compact, fill


def joined(pieces) -> str:
    return " ".join(pieces)


def test_filling_stops_at_the_first_piece_that_does_not_fit() -> None:
    pieces = ["one", "two", "a great many words that do not fit in here", "three"]
    assert fill(pieces, budget=10, render=joined, show=str) == ["one", "two"]


def test_a_piece_that_may_be_skipped_lets_later_ones_in() -> None:
    pieces = ["one", "two", "a great many words that do not fit in here", "three"]
    chosen = fill(pieces, budget=10, render=joined, show=str, may_skip=lambda piece: len(piece) > 9)
    assert chosen == ["one", "two", "three"]


def test_what_is_reserved_is_not_filled() -> None:
    assert fill(["one", "two"], budget=10, render=joined, show=str, reserve=8) == []


def test_an_answer_that_costs_more_than_its_parts_is_cut_back() -> None:
    def render(pieces) -> str:
        return "12 " * 4 * len(pieces)

    chosen = fill(["one", "two", "three"], budget=20, render=render, show=str)
    assert chosen == ["one", "two"]
    assert estimate_tokens(render(chosen)) <= 20


def test_json_is_compact_and_keeps_its_letters() -> None:
    assert compact({"a": ["é", 1]}) == '{"a":["é",1]}'
