"""An analysis of a score, written down as text and as structure, each within a budget of tokens.

The values of a property are foreign text: they stand inside one fence in the text and under `untrusted` in
the structure. Everything else is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from wootric_mcp.feedback.analysis import Analysis, Compared, Group, Step
from wootric_mcp.feedback.budget import DEFAULT, estimate_tokens
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.receipt import SHORT_ANSWER, call, filters, wider
from wootric_mcp.feedback.report_parts import (
    change_data,
    change_told,
    counted,
    part,
    points,
    repeats_told,
    score_data,
    signed,
    stands_on,
    uncounted_told,
    verdict_told,
)
from wootric_mcp.feedback.score import NO_PERCENTAGE_BELOW, SCALES, percent
from wootric_mcp.feedback.selection import short

_Piece = Step | Group

_NO_VALUE = "(none)"
_STEP_COLUMNS = (
    "from",
    "n",
    "value",
    "low",
    "high",
    "change",
    "change_low",
    "change_high",
    "verdict",
    "state",
)
_GROUP_COLUMNS = ("n", "share", "value", "low", "high")
_ELSE_COLUMNS = ("against_others", "against_low", "against_high", "verdict")
_CHANGE_COLUMNS = (
    "n_before",
    "value_before",
    "change",
    "change_low",
    "change_high",
    "verdict",
    "mix",
    "within",
)


def analysis_as_text(found: Analysis, *, fence: Fence, budget: int = DEFAULT) -> str:
    """An analysis as text of at most `budget` tokens."""
    opening = _opening(found, budget)

    def render(pieces: Sequence[_Piece]) -> str:
        steps, told = _in_order(found, pieces)
        groups = [_group_line(found, group) for group in told]
        lines = list(opening)
        if steps:
            lines += [_step_legend(found), *(_step_line(found, step) for step in steps)]
        if groups:
            lines += [_group_legend(found), fence(groups)]
        if found.property_names:
            lines += ["Properties that occur:", fence([", ".join(found.property_names)])]
        return "\n".join([*lines, *_left_out(found, pieces), f"Next: {_next(found)}"])

    return render(
        fill(
            _by_value(found),
            budget=budget,
            render=render,
            show=lambda piece: _line(found, piece),
            reserve=estimate_tokens("\n".join([_step_legend(found), _group_legend(found), fence([])])) + 1,
        )
    )


def analysis_as_data(found: Analysis, *, budget: int = DEFAULT) -> dict[str, Any]:
    """An analysis as structure, whose compact JSON costs at most `budget` tokens."""
    pieces = fill(
        _by_value(found),
        budget=budget,
        render=lambda pieces: compact(_structure(found, pieces, budget)),
        show=lambda piece: compact([*_row(found, piece), piece.name if isinstance(piece, Group) else ""]),
    )
    return _structure(found, pieces, budget)


def _opening(found: Analysis, budget: int) -> list[str]:
    """The score and what it is of; with a period compared, the change and what it consists of; and, in half
    of the budget at most, how it is all to be taken."""
    score, scale = found.score, SCALES[found.survey_type]
    figure = f"{score.figure}{part(found.receipt)}"
    lines = [f"{figure}: {score.parts}." if score.n else f"No {scale.name}: nobody scored."]
    lines += [*_circumstances(found, budget), *_comparison(found, budget)]
    given = ", ".join(map(str, _distribution(found)))
    for more in (
        _notes(found),
        f"Scores from {scale.lowest} to {scale.highest}: {given}." if score.n else "",
    ):
        if more and estimate_tokens("\n".join([*lines, more])) <= budget / 2:
            lines.append(more)
    return lines


def _distribution(found: Analysis) -> list[int]:
    """How often each score of the scale was given."""
    scale = SCALES[found.survey_type]
    return [found.counts.get(each, 0) for each in range(scale.lowest, scale.highest + 1)]


def _circumstances(found: Analysis, budget: int) -> list[str]:
    """What the figures are of."""
    nobody = "Nobody has the property asked for. " if found.property_names else ""
    excluded = f"; {counted(found.excluded, 'excluded one')} left out" if found.excluded else ""
    lines = [f"{nobody}{stands_on(found.receipt, budget)} {counted(found.responses, 'response')}{excluded}."]
    if described := filters(found.selection.describe(found.survey_type)):
        lines.append(f"Only people with {described}.")
    return lines


def _comparison(found: Analysis, budget: int) -> list[str]:
    compared = found.compared
    if not compared:
        return []
    figure = f"{compared.score.figure}{part(compared.receipt)}"
    lines = [f"Compared with {figure}. {stands_on(compared.receipt, budget)}"]
    lines.append(f"Change: {change_told(compared.difference, found.survey_type)}.")
    return [*lines, *_split_told(found, compared)]


def _split_told(found: Analysis, compared: Compared) -> list[str]:
    """What the change consists of."""
    change, parts = compared.difference.value, compared.split
    if not parts or change is None:
        return []
    mix = signed(parts.mix, found.survey_type)
    said = (
        f"Of it {mix} is mix (the groups' shares among respondents changed), and within the groups (their "
        f"own scores changed) it is {change_told(parts.rate, found.survey_type)}."
    )
    lines = [said]
    if _shows_reversal(compared):
        way, other = ("rose", "fell") if change > 0 else ("fell", "rose")
        lines.append(f"Reversal: the whole {way} though each group {other}. Judge by the groups.")
    return lines


def _shows_reversal(compared: Compared) -> bool:
    """Whether all groups changed against the whole, together by more than chance, it not just by a hair."""
    parts = compared.split
    is_sure = parts is not None and parts.is_reversal and parts.rate.verdict == "real"
    return is_sure and compared.difference.verdict != "level"


def _notes(found: Analysis) -> str:
    """How the figures are to be taken."""
    notes = uncounted_told(found.score)
    if found.repeats:
        notes.append(f"{repeats_told(found.repeats)}: margins and verdicts count them once.")
    if found.compared and found.compared.in_both:
        notes.append(f"Answered in both periods: {counted(found.compared.in_both, 'known respondent')}.")
    if found.tests > 1:
        which = ", except that on the whole," if found.compared else ""
        notes.append(f"Verdicts{which} allow for {found.tests} tests.")
    if found.tests or (found.compared and found.compared.difference.p is not None):
        notes.append("Differences go with groups and times; they do not tell causes.")
    return " ".join(notes)


def _step_legend(found: Analysis) -> str:
    return f"By {found.interval}, and the change from the {found.interval} before:" if found.steps else ""


def _group_legend(found: Analysis) -> str:
    if not found.groups:
        return ""
    what = (
        "score before, change, and what it adds by mix and within" if found.compared else "against all others"
    )
    return f"By {short(found.group_by)} (as it was when they answered; share of responses): score, {what}:"


def _line(found: Analysis, piece: _Piece) -> str:
    return _step_line(found, piece) if isinstance(piece, Step) else _group_line(found, piece)


def _step_line(found: Analysis, step: Step) -> str:
    state = {"unfinished": ", unfinished", "cut": ", only partly in the period", "": ""}[step.stretch.state]
    change = f"; {change_told(step.difference, found.survey_type)}" if step.difference else ""
    return f"{step.stretch.name}{state}: {step.score.figure}{change}"


def _group_line(found: Analysis, group: Group) -> str:
    name = f"{group.groups} smaller groups" if group.groups > 1 else group.name or _NO_VALUE
    share = f" ({percent(group.score.n, found.score.n)})" if found.score.n >= NO_PERCENTAGE_BELOW else ""
    told = [f"{name}: {group.score.figure}{share}"]
    if group.before:
        told.append(f"before {group.before.figure}")
    if group.before or len(found.groups) > 1:
        told.append(change_told(group.difference, found.survey_type))
    if group.effects and _is_enough(group):
        mix, within = (
            signed(group.effects.mix, found.survey_type),
            signed(group.effects.rate, found.survey_type),
        )
        told.append(f"mix {mix}, within {within}")
    return "; ".join(told)


def _is_enough(group: Group) -> bool:
    """Whether its parts of a change are told: of one that is gone, or new, all of it is mix."""
    before = group.before.n if group.before else 0
    return max(group.score.n, before) >= NO_PERCENTAGE_BELOW


def _left_out(found: Analysis, pieces: Sequence[_Piece]) -> list[str]:
    steps, groups = _counts_left_out(found, pieces)
    said = [counted(n, noun) for n, noun in ((steps, f"older {found.interval}"), (groups, "group")) if n]
    return [f"Left out for length: {', '.join(said)}."] if said else []


def _counts_left_out(found: Analysis, pieces: Sequence[_Piece]) -> tuple[int, int]:
    steps = sum(isinstance(piece, Step) for piece in pieces)
    return len(found.steps) - steps, len(found.groups) - (len(pieces) - steps)


def _by_value(found: Analysis) -> list[_Piece]:
    """The largest groups and the newest stretches in turn."""
    turns = zip_longest(found.groups, reversed(found.steps))
    return [piece for turn in turns for piece in turn if piece is not None]


def _in_order(found: Analysis, pieces: Sequence[_Piece]) -> tuple[list[Step], list[Group]]:
    """The stretches among the pieces, the oldest first, and the groups, the largest first."""
    kept = set(pieces)
    return [step for step in found.steps if step in kept], [each for each in found.groups if each in kept]


def _next(found: Analysis) -> str:
    """What to ask next: why, or where, or over a longer period."""
    period, where = found.receipt.period.name, found.selection.where
    compare_to = found.compared.receipt.period.name if found.compared else ""
    if found.property_names:
        again = call("analyze_nps", period=period, compare_to=compare_to)
        return f"{again} with a property that occurs"
    if not found.score.n:
        longer = wider(found.receipt.period, found.receipt.as_of)
        return call("analyze_nps", period=longer, group_by=found.group_by, where=where)
    if not found.group_by and compare_to:
        again = call("analyze_nps", period=period, compare_to=compare_to, where=where)
        return f"{again} with a property of list_segments as group_by, to see where it changed"
    if found.group_by:
        again = call("summarize_feedback", period=period, where=where)
        return f"{again} with one of the groups {'in' if where else 'as'} where, for what they say"
    return call("summarize_feedback", period=period, where=where)


def _structure(found: Analysis, pieces: Sequence[_Piece], budget: int) -> dict[str, Any]:
    steps, groups = _in_order(found, pieces)
    left_out = _counts_left_out(found, pieces)
    summary = " ".join(_circumstances(found, budget))
    if (notes := _notes(found)) and estimate_tokens(summary + notes) <= budget / 4:
        summary += f" {notes}"
    data: dict[str, Any] = {"summary": summary, "score": score_data(found.score)}
    if budget >= SHORT_ANSWER:
        data["distribution"] = _distribution(found)
    if found.compared:
        data["compared"] = _compared_data(found, found.compared, budget)
    if steps:
        data["over_time"] = {"columns": list(_STEP_COLUMNS), "rows": [_row(found, step) for step in steps]}
    if groups:
        columns = [*_GROUP_COLUMNS, *(_CHANGE_COLUMNS if found.compared else _ELSE_COLUMNS)]
        data["groups"] = {"columns": columns, "rows": [_row(found, group) for group in groups]}
    if any(left_out):
        data["left_out"] = {"older": left_out[0], "groups": left_out[1]}
    names = {"property_names": list(found.property_names)} if found.property_names else {}
    told = {"groups": [_untrusted_name(group) for group in groups]} if groups else {}
    return {**data, "next": _next(found), "untrusted": {**told, **names}}


def _untrusted_name(group: Group) -> str | int | None:
    """The value of a group, None without a value, or how many smaller groups these are."""
    return group.groups if group.groups > 1 else group.name


def _compared_data(found: Analysis, compared: Compared, budget: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "summary": stands_on(compared.receipt, budget),
        "score": score_data(compared.score),
        "change": change_data(compared.difference, found.survey_type),
    }
    if compared.split and compared.difference.value is not None:
        data["mix"] = points(compared.split.mix, found.survey_type)
        data["within_groups"] = change_data(compared.split.rate, found.survey_type)
        if _shows_reversal(compared):
            data["reversal"] = "the whole and every group changed in opposite directions: judge by the groups"
    return data


def _row(found: Analysis, piece: _Piece) -> list[Any]:
    """The values of a piece in the order of its columns; what is foreign is not among them."""
    score, change = piece.score, piece.difference
    figures = [points(each, found.survey_type) for each in (score.value, score.low, score.high)]
    changes = (
        [points(each, found.survey_type) for each in (change.value, change.low, change.high)]
        if change
        else [None] * 3
    )
    verdict = verdict_told(change) if change else ""
    if isinstance(piece, Step):
        return [piece.stretch.name, score.n, *figures, *changes, verdict, piece.stretch.state]
    share = round(score.n / found.score.n, 3) if found.score.n >= NO_PERCENTAGE_BELOW else None
    row = [score.n, share, *figures]
    if not piece.before:
        return [*row, *changes, verdict]
    effects = piece.effects if _is_enough(piece) else None
    mix, within = (
        (points(effects.mix, found.survey_type), points(effects.rate, found.survey_type))
        if effects
        else (None, None)
    )
    return [
        *row,
        piece.before.n,
        points(piece.before.value, found.survey_type),
        *changes,
        verdict,
        mix,
        within,
    ]
