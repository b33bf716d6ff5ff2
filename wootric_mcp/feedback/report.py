"""Digests, written down as text and as structure, each within a budget of tokens.

Either form is complete alone. What customers wrote, theme phrases among it, stands in the text inside one
fence and in the structure under `untrusted`; everything else is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from wootric_mcp.feedback.budget import DEFAULT, clip, estimate_tokens
from wootric_mcp.feedback.compared import Compared
from wootric_mcp.feedback.digest import FIRST, Digest, ThemeDigest
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.mismatch import Sounding
from wootric_mcp.feedback.quotes import Quote
from wootric_mcp.feedback.receipt import SHORT_ANSWER, call, filters, wider
from wootric_mcp.feedback.report_asides import Aside, aside_line, aside_row, ours, sounds_of, theirs
from wootric_mcp.feedback.report_asides import left_out as asides_left_out
from wootric_mcp.feedback.report_parts import (
    change_data,
    change_told,
    counted,
    names,
    nobody,
    part,
    repeats_told,
    score_data,
    source_told,
    stands_on,
    uncounted_told,
)
from wootric_mcp.feedback.report_themes import (
    is_full,
    legend,
    rest_data,
    rest_told,
    theme_columns,
    theme_line,
    theme_row,
)
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SCALES, percent

_QUOTE_COLUMNS = ("theme", "id", "score", "person", "text")

_SUSPICIOUS = 5
"""Comments that read like instructions, listed by id."""
_VERY_FIRST = 3
"""Themes that come with a quote each before any further theme is told."""

_SHORT_FILTERS = 35
"""Tokens of the filters in a short answer."""
_NO_ROOM = "No room to compare: ask for more tokens."


@dataclass(frozen=True, slots=True)
class _Piece:
    """A theme by its place (0: comments in no theme), or with `quote` a quote of it."""

    theme: int
    quote: Quote | None = None


_Pieces = Sequence[_Piece | Aside]


def as_text(digest: Digest, *, fence: Fence, budget: int = DEFAULT) -> str:
    """A digest as text of at most `budget` tokens."""

    def render(digest: Digest, pieces: _Pieces) -> str:
        lines = [_line(digest, piece) for piece in _in_order(_themed(pieces))]
        lines += [aside_line(piece) for piece in _beside(pieces) if not isinstance(piece, Sounding)]
        told = [legend(digest), fence(lines)] if lines else names(digest.property_names, fence)
        opening = [*head(digest), *_comparison(digest, budget)]
        return "\n".join([*opening, *told, *_tail(digest, pieces), f"Next: {next_call(digest)}"])

    digest = _within(digest, budget, render)
    reserve = estimate_tokens("\n".join([legend(digest), fence([])])) + 1
    return render(
        digest,
        fill(
            _by_value(digest),
            budget=budget,
            render=partial(render, digest),
            show=lambda piece: _line(digest, piece) if isinstance(piece, _Piece) else aside_line(piece),
            may_skip=_may_be_skipped,
            reserve=reserve,
        ),
    )


def as_data(digest: Digest, *, budget: int = DEFAULT) -> dict[str, Any]:
    """A digest as structure, whose compact JSON costs at most `budget` tokens."""

    def render(digest: Digest, pieces: _Pieces) -> str:
        return compact(_structure(digest, pieces, budget))

    digest = _within(digest, budget, render)
    pieces = fill(
        _by_value(digest),
        budget=budget,
        render=partial(render, digest),
        show=lambda piece: compact(_row(digest, piece) if isinstance(piece, _Piece) else aside_row(piece)),
        may_skip=_may_be_skipped,
    )
    return _structure(digest, pieces, budget)


def _within(digest: Digest, budget: int, render: Callable[[Digest, _Pieces], str]) -> Digest:
    """What an answer of so many tokens has room for: a short one has no contributions and no rates, and
    where it would be too long even without any theme, no comparison."""
    digest = replace(digest, receipt=digest.receipt.within(budget))
    if budget >= SHORT_ANSWER:
        return digest
    digest = replace(digest, response_rate=None, no_theme_adds=None, no_comment_adds=None)
    if not digest.compared or estimate_tokens(render(digest, ())) <= budget:
        return digest
    return replace(digest, compared=None, receipt=replace(digest.receipt, remark=_NO_ROOM))


def head(digest: Digest) -> list[str]:
    """Score and receipt, in sentences of our own."""
    score, scale = digest.score, SCALES[digest.survey_type]
    first = (
        f"{score.figure}{part(digest.receipt)}: {score.parts}."
        if score.n
        else f"No {scale.name}: nobody scored."
    )
    return [nobody(digest.property_names) or first, *_circumstances(digest)]


def _circumstances(digest: Digest, *, of_query: bool = True) -> list[str]:
    """What the figures are of; with the score of all who say what a query asks for, if that is wanted."""
    score = digest.score
    excluded = f"; {counted(digest.excluded, 'excluded one')} left out" if digest.excluded else ""
    rate = (
        f" ({percent(digest.commented, digest.responses)})" if digest.responses >= NO_PERCENTAGE_BELOW else ""
    )
    counts = f"{counted(digest.responses, 'response')}, {digest.commented:,} with a comment{rate}{excluded}."
    if digest.response_rate is not None:
        counts += f" Wootric's response rate: {digest.response_rate:g} %."
    lines = [f"{digest.receipt.sentence} {counts}"]
    lines += uncounted_told(score)
    if score.repeats and is_full(digest):
        lines.append(f"{repeats_told(score.repeats)}: margins count them once.")
    description = filters(digest.selection.describe(digest.survey_type))
    if description:
        description = description if is_full(digest) else clip(description, _SHORT_FILTERS)
        told = of_query and digest.query_score
        said = f"; all who say it: {told.figure}" if told else ""
        counts = f"{counted(digest.selected, 'response')}, {digest.comments:,} with a comment{said}."
        lines.append(f"Selected: {description}: {counts}")
    if not digest.comments:
        lines.append("No comment to read here.")
    if digest.selection.hint:
        lines.append(digest.selection.hint)
    return lines


def _comparison(digest: Digest, budget: int) -> list[str]:
    """The period compared with, and how the score of all changed."""
    compared = digest.compared
    if not compared:
        return []
    figure = f"{compared.score.figure}{part(compared.receipt)}"
    return [
        f"Compared with {figure}. {_compared_with(digest, compared, budget)}",
        f"Change: {change_told(compared.difference, digest.survey_type)}.",
    ]


def _compared_with(digest: Digest, compared: Compared, budget: int) -> str:
    """What the figures compared with are of, and how to take the changes."""
    if budget < SHORT_ANSWER:
        missing = ", of which a part was read" if compared.receipt.coverage else ""
        return f"{compared.receipt.period.label}{missing}."
    match = "that match" if digest.selection.describe(digest.survey_type) else "with a comment"
    counts = f"{counted(compared.responses, 'response')}, {compared.comments:,} {match}."
    said = f"{stands_on(compared.receipt, budget if budget >= DEFAULT else 0)} {counts}"
    if compared.in_both:
        said += f" Answered in both periods: {counted(compared.in_both, 'known respondent')}."
    allowed = f" on themes allow for {counted(compared.tests, 'test')}; they" if compared.tests else ""
    return f"{said} Verdicts{allowed} do not tell causes."


def _compared_data(digest: Digest, compared: Compared, budget: int) -> dict[str, Any]:
    score = score_data(compared.score)
    return {
        "summary": _compared_with(digest, compared, budget),
        "score": {"n": score["n"], "value": score.get("value")} if budget < SHORT_ANSWER else score,
        "change": change_data(compared.difference, digest.survey_type),
    }


def next_call(digest: Digest) -> str:
    """What to ask next: a theme's comments, or a longer period where there is nothing to read."""
    selection, period = digest.selection, digest.receipt.period
    narrowed = {"category": selection.category, "where": selection.where}
    if digest.property_names:
        search = call(
            "summarize_feedback", period=period.name, category=selection.category, query=selection.query
        )
        return f"{search} with a property that occurs as where"
    if not digest.comments:
        longer = wider(period, digest.receipt.as_of)
        return call("summarize_feedback", period=longer, query=selection.query, **narrowed)
    named = next((each.theme.name for each in digest.themes if each.theme.name), "")
    search = call("search_feedback", theme=named, query=selection.query, period=period.name, **narrowed)
    again = ""
    if digest.themes and is_full(digest) and not digest.compared and period.first:
        again = '; for what changed, this call with compare_to="previous"'
    if all(each.theme.name for each in digest.themes):
        return search + again
    # A phrase is a customer's, and what stands for it here would be taken literally.
    how = "added to its query" if selection.query else "as its query"
    if named:
        return f"{search}; instead of theme, a phrase in double quotes {how}{again}"
    return f"{search} with one of the themes, in double quotes, {how}{again}"


def _line(digest: Digest, piece: _Piece) -> str:
    if piece.quote:
        record = piece.quote.record
        scored = "no score" if record.score is None else record.score
        return f"  “{piece.quote.shown}” ({source_told(record.id, scored, piece.quote.person)})"
    if not piece.theme:
        return "In no theme:"
    return theme_line(digest, piece.theme)


def _tail(digest: Digest, pieces: _Pieces) -> list[str]:
    sentences = [aside_line(piece) for piece in pieces if isinstance(piece, Sounding)]
    if digest.themes and digest.in_no_theme:
        share = percent(digest.in_no_theme, digest.comments)
        sentences.append(f"In none of the themes: {counted(digest.in_no_theme, 'comment')} ({share}).")
    left_out = [counted(n, what.removesuffix("s")) for what, n in _left_out(digest, pieces).items() if n]
    if left_out:
        sentences.append(f"Left out for length: {', '.join(left_out)}.")
    if digest.suspicious:
        n, listed = len(digest.suspicious), [f"#{number}" for number in digest.suspicious[:_SUSPICIOUS]]
        reads = f"{'reads' if n == 1 else 'read'} like instructions to an assistant"
        more = f" and {n - len(listed):,} more" if n > len(listed) else ""
        told = f"{counted(n, 'comment')} {reads} and {'is' if n == 1 else 'are'} not quoted"
        sentences.append(f"{told}: {', '.join(listed)}{more}.")
    if digest.themes and (told := rest_told(digest, _shown(pieces))):
        sentences.append(told)
    return [" ".join(sentences)] if sentences else []


def _shown(pieces: _Pieces) -> set[int]:
    """Numbers of the themes among the pieces."""
    return {piece.theme for piece in _themed(pieces) if piece.theme and not piece.quote}


def _structure(digest: Digest, pieces: _Pieces, budget: int) -> dict[str, Any]:
    ordered, beside = _in_order(_themed(pieces)), _beside(pieces)
    rows = [_row(digest, piece) for piece in ordered]
    told = [digest.themes[piece.theme - 1].theme for piece in ordered if piece.theme and not piece.quote]
    of_query = score_data(digest.query_score) if digest.query_score else {}
    if is_short := budget < SHORT_ANSWER:
        of_query = {key: value for key, value in of_query.items() if key not in {"type", "note"}}
    theme_rows = [
        row[:-2] for piece, row in zip(ordered, rows, strict=True) if piece.theme and not piece.quote
    ]
    quote_rows = [row for piece, row in zip(ordered, rows, strict=True) if piece.quote]
    return {
        # The score's figures stand below.
        "summary": " ".join(
            [nobody(digest.property_names), *_circumstances(digest, of_query=not is_short)]
        ).strip(),
        "score": score_data(digest.score),
        "selected": {
            "responses": digest.selected,
            "comments": digest.comments,
            "in_no_theme": digest.in_no_theme,
            **({"score_of_query": of_query} if of_query else {}),
        },
        **({"compared": _compared_data(digest, digest.compared, budget)} if digest.compared else {}),
        "themes": _table(theme_columns(digest), theme_rows),
        **rest_data(digest, _shown(pieces)),
        **ours(beside),
        "left_out": _left_out(digest, pieces),
        **({"suspicious": _suspicious(digest)} if digest.suspicious else {}),
        "next": next_call(digest),
        "untrusted": {
            "themes": [theme.phrase for theme in told],
            **({"such_as": [theme.run for theme in told]} if any(theme.run for theme in told) else {}),
            "quotes": _table(_QUOTE_COLUMNS, quote_rows),
            **theirs(beside),
            **({"property_names": list(digest.property_names)} if digest.property_names else {}),
        },
    }


def _suspicious(digest: Digest) -> dict[str, Any]:
    """Comments that read like instructions to an assistant, which are not quoted."""
    return {"comments": len(digest.suspicious), "ids": list(digest.suspicious[:_SUSPICIOUS])}


def _table(columns: Sequence[str], rows: list[list[Any]]) -> dict[str, Any]:
    """Rows and what their values are."""
    return {"columns": list(columns), "rows": rows}


def _row(digest: Digest, piece: _Piece) -> list[Any]:
    """Values of a piece; those of a theme end with its phrase and run, which are customers'."""
    if piece.quote:
        record = piece.quote.record
        return [piece.theme or None, record.id, record.score, piece.quote.person, piece.quote.shown]
    if not piece.theme:
        return []
    return theme_row(digest, piece.theme)


def _by_value(digest: Digest) -> list[_Piece | Aside]:
    """The first themes, a quote each, the other themes, what groups say more, a quote of each other theme,
    how comments sound, quotes in no theme, then the further quotes."""
    themes = list(enumerate(digest.themes, start=1))

    def with_quotes(
        group: Sequence[tuple[int, ThemeDigest]], between: Sequence[Aside] = ()
    ) -> list[_Piece | Aside]:
        quoted = [_Piece(place, each.quotes[0]) for place, each in group if each.quotes]
        return [*(_Piece(place) for place, _ in group), *between, *quoted]

    others = [_Piece(0), *(_Piece(0, quote) for quote in digest.other_quotes)] if digest.other_quotes else []
    return [
        *with_quotes(themes[:_VERY_FIRST]),
        *with_quotes(themes[_VERY_FIRST:FIRST]),
        *with_quotes(themes[FIRST:], digest.asides.contrasts),
        *sounds_of(digest.asides),
        *others,
        *(_Piece(place, quote) for place, each in themes for quote in each.quotes[1:]),
    ]


def _in_order(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Each theme followed by its quotes, what is in no theme last; a heading without quotes falls away."""
    quoted = {piece.theme for piece in pieces if piece.quote}
    kept = [piece for piece in pieces if piece.quote or piece.theme or 0 in quoted]
    return sorted(kept, key=lambda piece: (piece.theme or 1_000, piece.quote is not None))


def _left_out(digest: Digest, pieces: _Pieces) -> dict[str, int]:
    """How much of the digest is not among the pieces, by its name in the plural."""
    quotes = sum(len(each.quotes) for each in digest.themes) + len(digest.other_quotes)
    themed = _themed(pieces)
    return {
        "themes": len(digest.themes) - sum(1 for piece in themed if piece.theme and not piece.quote),
        "quotes": quotes - sum(1 for piece in themed if piece.quote),
        **asides_left_out(digest.asides, _beside(pieces)),
    }


def _themed(pieces: _Pieces) -> list[_Piece]:
    return [piece for piece in pieces if isinstance(piece, _Piece)]


def _beside(pieces: _Pieces) -> list[Aside]:
    return [piece for piece in pieces if not isinstance(piece, _Piece)]


def _may_be_skipped(piece: _Piece | Aside) -> bool:
    return not isinstance(piece, _Piece) or piece.quote is not None
