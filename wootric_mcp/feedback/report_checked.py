"""Checked quotations, written down as text and as structure, each within a budget of tokens.

Drafts hold what customers wrote, so a quotation is foreign text like the comment it is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wootric_mcp.feedback.budget import DEFAULT, estimate_tokens
from wootric_mcp.feedback.checking import Check, Checked, Verdict
from wootric_mcp.feedback.filling import Fence, compact, fill
from wootric_mcp.feedback.quotes import cut
from wootric_mcp.feedback.receipt import call, wider
from wootric_mcp.feedback.records import Person
from wootric_mcp.feedback.report_parts import source_told

_COLUMNS = ("quotation", "verdict", "text", "id", "score", "person", "comments", "note", "said", "changes")
_VERDICTS: tuple[Verdict, ...] = ("verbatim", "altered", "invented")
_LONGEST, _LONGEST_FAULTLESS = 200, 80
"""Characters of a quotation that are shown; one without a fault is only to be recognized."""
_LONGEST_CHANGE, _MOST_CHANGES = 60, 4


def checked_as_text(check: Check, *, person: Person, fence: Fence, budget: int = DEFAULT) -> str:
    """What became of the quotations as text of at most `budget` tokens."""

    def render(some: Sequence[tuple[int, Checked]]) -> str:
        block = [fence(_line(*one, person) for one in some)] if some else []
        return "\n".join([*_head(check), *block, *_tail(check, len(some))])

    return render(
        fill(
            _by_value(check),
            budget=budget,
            render=render,
            show=lambda one: _line(*one, person),
            may_skip=lambda one: True,
            reserve=estimate_tokens(fence([])) + 1,
        )
    )


def checked_as_data(check: Check, *, person: Person, budget: int = DEFAULT) -> dict[str, Any]:
    """The same as structure, whose compact JSON costs at most `budget` tokens."""

    def structure(some: Sequence[tuple[int, Checked]]) -> dict[str, Any]:
        following = _next_call(check)
        return {
            "summary": " ".join([*_head(check), *_left_out(check, len(some))]),
            "counts": {verdict: check.count(verdict) for verdict in _VERDICTS},
            "columns": list(_COLUMNS),
            "untrusted": {"rows": [_row(*one, person) for one in some]},
            **({"next": following} if following else {}),
        }

    return structure(
        fill(
            _by_value(check),
            budget=budget,
            render=lambda some: compact(structure(some)),
            show=lambda one: compact(_row(*one, person)),
            may_skip=lambda one: True,
        )
    )


def _by_value(check: Check) -> list[tuple[int, Checked]]:
    """The quotations by their place in the draft, those with a fault first."""
    return sorted(enumerate(check.checked, start=1), key=lambda one: (not one[1].is_faulty, one[0]))


def _head(check: Check) -> list[str]:
    total = len(check.checked)
    if not total:
        return ["No quotation: nothing in the text stands between quotation marks."]
    counts = ", ".join(f"{check.count(verdict)} {verdict}" for verdict in _VERDICTS if check.count(verdict))
    lines = [f"{total} {'quotation' if total == 1 else 'quotations'}: {counts}."]
    if check.more:
        lines[0] += f" {check.more:,} more were not looked at."
    if check.count("invented"):
        lines.append("Invented: no comment that it was compared with has anything like it.")
    comments = "1 comment" if check.compared == 1 else f"{check.compared:,} comments"
    if check.receipt is None:
        return [*lines, f"Compared with the {comments} that are stored; no other had to be read."]
    return [*lines, f"Compared with all {comments} that are stored. {check.receipt.sentence}"]


def _line(place: int, checked: Checked, person: Person) -> str:
    _, verdict, text, id_, score, speaker, comments, note, said, changes = _row(place, checked, person)
    source = source_told(id_, "no score" if score is None else score, speaker)
    line = f"{place}. {verdict}: “{text}”"
    if verdict == "verbatim":
        line += f" ({source}{f'; in {comments:,} comments' if comments > 1 else ''})"
    elif verdict == "altered":
        line += f" ({source}), which says “{said}”"
    if changes:
        line += f": {', '.join(_told(*change) for change in changes)}"
    return f"{line}; {note}" if note else line


def _told(said: str, quoted: str) -> str:
    if not said:
        return f"“{quoted}” added"
    return f"“{quoted}” for “{said}”" if quoted else f"“{said}” left out"


def _row(place: int, checked: Checked, person: Person) -> list[Any]:
    record = checked.record
    text = _short(checked.quotation.text, _LONGEST if checked.is_faulty else _LONGEST_FAULTLESS)
    if record is None:
        return [place, checked.verdict, text, None, None, "", 0, _note(checked), "", []]
    speaker = person(record.end_user_id) if record.end_user_id is not None else ""
    said = cut(record, checked.position, _LONGEST).shown if checked.verdict == "altered" else ""
    changes = [
        [_short(change.said, _LONGEST_CHANGE), _short(change.quoted, _LONGEST_CHANGE)]
        for change in checked.changes[:_MOST_CHANGES]
    ]
    if len(checked.changes) > _MOST_CHANGES:
        changes.append(["…", "…"])
    source = [record.id, record.score, speaker]
    return [place, checked.verdict, text, *source, checked.comments, _note(checked), said, changes]


def _note(checked: Checked) -> str:
    """What is wrong with a quotation that is word for word, or with the id that the draft gives."""
    given = checked.quotation.id
    notes = ["its ellipsis skips a negation"] if checked.verdict == "verbatim" and checked.changes else []
    if not checked.is_id_known:
        notes.append(f"no comment of response #{given} was found")
    elif checked.is_misattributed:
        notes.append(f"not in #{given}")
    return "; ".join(notes)


def _tail(check: Check, shown: int) -> list[str]:
    following = _next_call(check)
    return [*_left_out(check, shown), *([f"Next: {following}"] if following else [])]


def _left_out(check: Check, shown: int) -> list[str]:
    missing = len(check.checked) - shown
    return [f"Left out for length: {missing}; those with a fault come first."] if missing else []


def _next_call(check: Check) -> str:
    """If something was not found and there is more to look at: the same for a longer period."""
    receipt = check.receipt
    unfound = any(each.verdict == "invented" or not each.is_id_known for each in check.checked)
    if receipt is None or not unfound or (receipt.period.name == "all" and not receipt.coverage):
        return ""
    longer = receipt.period.name if receipt.coverage else wider(receipt.period, receipt.as_of)
    return call("check_quotes", period=longer).replace("(", "(text=<as before>, ", 1)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
