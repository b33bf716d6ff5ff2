"""A page of search results written down as text and as structure, each within a budget of tokens.

What customers wrote stands in the text inside one fence and in the structure under `untrusted`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wootric_mcp.feedback.budget import DEFAULT, estimate_tokens
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.quotes import Quote
from wootric_mcp.feedback.receipt import call, filters, wider
from wootric_mcp.feedback.report import score_data
from wootric_mcp.feedback.search import Found

_COLUMNS = ("date", "id", "score", "person", "text")


def found_as_text(
    found: Found, *, fence: Fence, budget: int = DEFAULT, cursor: Callable[[int], str] = str
) -> str:
    """A page of search results as text of at most `budget` tokens.

    Args:
        found: What was found.
        fence: Puts customers' lines into a fence.
        budget: In tokens.
        cursor: Makes the cursor of the page that begins after so many matches.
    """

    def render(hits: Sequence[Quote]) -> str:
        block = [fence(_line(found, hit) for hit in hits)] if hits else []
        return "\n".join([*_head(found), *block, *_tail(found, len(hits), cursor)])

    reserve = estimate_tokens(fence([])) + 1
    return render(
        fill(found.hits, budget=budget, render=render, show=lambda hit: _line(found, hit), reserve=reserve)
    )


def found_as_data(
    found: Found, *, budget: int = DEFAULT, cursor: Callable[[int], str] = str
) -> dict[str, Any]:
    """A page of search results as structure, whose compact JSON costs at most `budget` tokens."""

    def structure(hits: Sequence[Quote]) -> dict[str, Any]:
        further, ask = _further(found, len(hits), cursor)
        return {
            "summary": " ".join(_head(found)),
            "matched": found.matched,
            "score": score_data(found.score),
            **({"score_of_query": score_data(found.query_score)} if found.query_score else {}),
            "columns": list(_COLUMNS),
            "untrusted": {"rows": [_row(found, hit) for hit in hits]},
            "shown": [found.start + 1, found.start + len(hits)] if hits else [],
            **({"cursor": further} if further else {}),
            **({"next": ask} if ask else {}),
        }

    return structure(
        fill(
            found.hits,
            budget=budget,
            render=lambda hits: compact(structure(hits)),
            show=lambda hit: compact(_row(found, hit)),
        )
    )


def _head(found: Found) -> list[str]:
    description = filters(found.selection.describe(found.score.survey_type))
    filtered = f" ({description})" if description else ""
    scores = (
        f" Those: {found.matched_score.figure}. Everybody: {found.score.figure}." if found.matched else ""
    )
    lines = [
        f"{found.matched} of {found.commented} comments match{filtered}.{scores}",
        found.receipt.sentence,
    ]
    if not found.matched and found.words:
        each = ", ".join(f"{word} in {times}" for word, times in found.words)
        lines.append(filters(f"No comment has it all; each part alone: {each}."))
    return lines


def _line(found: Found, hit: Quote) -> str:
    date, number, score, person, text = _row(found, hit)
    return f"{date} #{number}, {'no score' if score is None else score}, {person}: “{text}”"


def _row(found: Found, hit: Quote) -> list[Any]:
    record = hit.record
    date = record.created_at.astimezone(found.receipt.period.tz).date().isoformat()
    return [date, record.id, record.score, record.person, hit.shown]


def _tail(found: Found, shown: int, cursor: Callable[[int], str]) -> list[str]:
    order = "best" if found.order == "relevance" and found.selection.query else "newest"
    lines = []
    if shown:
        lines.append(f"Shown: {found.start + 1} to {found.start + shown} of {found.matched}, {order} first.")
    _, ask = _further(found, shown, cursor)
    return [*lines, f"Next: {ask}"] if ask else lines


def _further(found: Found, shown: int, cursor: Callable[[int], str]) -> tuple[str, str]:
    """Cursor of the next page and the call for it; without any match, a call for a longer period."""
    selection, period = found.selection, found.receipt.period
    asked: dict[str, Any] = {"query": selection.query, "category": selection.category}
    asked["where"] = selection.where
    if found.order != "relevance":
        asked["order"] = found.order
    reached = found.start + shown
    if not found.matched:
        longer = wider(period, found.receipt.as_of)
        return "", call("search_feedback", period=longer, **asked) if period.name != "all" else ""
    if reached >= found.matched:
        return "", ""
    further = cursor(reached)
    return further, call("search_feedback", period=period.name, **asked, cursor=further)
