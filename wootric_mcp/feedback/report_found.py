"""Search results, written down as text and as structure, each within a budget of tokens.

Customers' words stand in the text inside one fence and in the structure under `untrusted`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from wootric_mcp.feedback.budget import DEFAULT, estimate_tokens
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.narrowing import in_words
from wootric_mcp.feedback.quotes import Quote
from wootric_mcp.feedback.receipt import call, filters, wider
from wootric_mcp.feedback.report_parts import counted, names, nobody, score_data, source_told
from wootric_mcp.feedback.search import Found

_HIT_COLUMNS = ("date", "id", "score", "person", "text")


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
    found = replace(found, receipt=found.receipt.within(budget))

    def render(hits: Sequence[Quote]) -> str:
        lines = [_hit_line(found, hit) for hit in hits]
        block = [fence(lines)] if lines else names(found.property_names, fence)
        return "\n".join([*_head(found), *block, *_tail(found, len(hits), cursor)])

    reserve = estimate_tokens(fence([])) + 1
    return render(
        fill(
            found.hits, budget=budget, render=render, show=lambda hit: _hit_line(found, hit), reserve=reserve
        )
    )


def found_as_data(
    found: Found, *, budget: int = DEFAULT, cursor: Callable[[int], str] = str
) -> dict[str, Any]:
    """A page of search results as structure, whose compact JSON costs at most `budget` tokens."""
    found = replace(found, receipt=found.receipt.within(budget))

    def structure(hits: Sequence[Quote]) -> dict[str, Any]:
        further, ask = _further(found, len(hits), cursor)
        return {
            "summary": " ".join(_head(found)),
            "matched": found.matched,
            "score": score_data(found.score),
            **({"score_of_query": score_data(found.query_score)} if found.query_score else {}),
            "columns": [*_HIT_COLUMNS, *(["times"] if found.times else [])],
            "untrusted": {
                "rows": [_hit_row(found, hit) for hit in hits],
                **({"property_names": list(found.property_names)} if found.property_names else {}),
            },
            "shown": [found.start + 1, found.start + len(hits)] if hits else [],
            **({"cursor": further} if further else {}),
            **({"next": ask} if ask else {}),
        }

    return structure(
        fill(
            found.hits,
            budget=budget,
            render=lambda hits: compact(structure(hits)),
            show=lambda hit: compact(_hit_row(found, hit)),
        )
    )


def _head(found: Found) -> list[str]:
    described = [found.selection.describe(found.score.survey_type), *in_words(found.narrowed)]
    description = filters(", ".join(part for part in described if part))
    filtered = f" ({description})" if description else ""
    scores = ""
    if found.query_score and found.query_score.n:
        does = "says it" if found.selection.query or "theme" in found.narrowed else "writes in it"
        scores = f" Everybody who {does}: {found.query_score.figure}; all people: {found.score.figure}."
    match = "matches" if 1 in (found.matched, found.commented) else "match"
    lines = [
        nobody(found.property_names)
        or f"{found.matched:,} of {counted(found.commented, 'comment')} {match}{filtered}.{scores}",
        found.receipt.sentence,
    ]
    if found.words:
        each = ", ".join(f"{word} in {times:,}" for word, times in found.words)
        few = f"Only {found.matched:,} have it all" if found.matched else "No comment has it all"
        lines.append(filters(f"{few}; each part alone: {each}."))
    if found.selection.hint:
        lines.append(found.selection.hint)
    return lines


def _hit_line(found: Found, hit: Quote) -> str:
    date, number, score, person, text, *times = _hit_row(found, hit)
    times = [f" (×{each})" for each in times if each > 1]
    source = source_told(number, "no score" if score is None else score, person)
    return f"{date} {source}: “{text}”{''.join(times)}"


def _hit_row(found: Found, hit: Quote) -> list[Any]:
    record = hit.record
    date = record.created_at.astimezone(found.receipt.period.tz).date().isoformat()
    return [date, record.id, record.score, hit.person, hit.shown, *_times(found, hit)]


def _times(found: Found, hit: Quote) -> list[int]:
    """How many comments are word for word the same, if any on the page is there more than once."""
    return [found.times.get(hit.record.id, 1)] if found.times else []


def _tail(found: Found, shown: int, cursor: Callable[[int], str]) -> list[str]:
    order = "best" if found.order == "relevance" and found.selection.query else "newest"
    lines = []
    if shown:
        different = " different ones" if found.distinct < found.matched else ""
        first, last = found.start + 1, found.start + shown
        lines.append(f"Shown: {first:,} to {last:,} of {found.distinct:,}{different}, {order} first.")
    _, ask = _further(found, shown, cursor)
    return [*lines, f"Next: {ask}"] if ask else lines


def _further(found: Found, shown: int, cursor: Callable[[int], str]) -> tuple[str, str]:
    """Cursor of the next page and the call for it; without any match, a call for a longer period."""
    selection, period = found.selection, found.receipt.period
    asked: dict[str, Any] = {"query": selection.query, **found.narrowed, "category": selection.category}
    asked["where"] = selection.where
    if found.order != "relevance":
        asked["order"] = found.order
    reached = found.start + shown
    if found.property_names:
        del asked["where"]
        return (
            "",
            f"{call('search_feedback', period=period.name, **asked)} with a property that occurs as where",
        )
    if not found.matched:
        longer = wider(period, found.receipt.as_of)
        return "", call("search_feedback", period=longer, **asked) if period.name != "all" else ""
    if reached >= found.distinct:
        return "", ""
    further = cursor(reached)
    return further, call("search_feedback", period=period.name, **asked, cursor=further)
