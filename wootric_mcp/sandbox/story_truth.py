"""What is true of a story, counted from the rows that were made and the notes that were taken of them.

Every value is one that JSON can hold; keys that are response ids are therefore digit strings. A score counts
the responses that are not excluded; `nps` is rounded to one decimal, None without responses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from .records import AccountData, ResponseRow
from .story_calendar import Calendar, day_of, epoch, iso_week
from .story_comments import Notes
from .story_plan import CRASHES, CSV_EXPORT, PRICE_PLAN, PRICING
from .story_writer import COMPLAINT, PRAISE

_CRASH_WORDS = ("crash", "update", "5.2")


def truth_of(data: AccountData, calendar: Calendar, notes: Notes, anonymous_id: int) -> dict[str, Any]:
    """The whole truth of a story; see the functions below for what each part holds."""
    rows = data.responses
    last = calendar.last_week
    return {
        "today": calendar.today.isoformat(),
        "zone": "UTC",
        "totals": totals(data),
        "last_week": week(data, notes, last),
        "week_before": week(data, notes, last - timedelta(weeks=1)),
        "months": {name: score(some) for name, some in by_month(rows).items()},
        "price_change": price_change(rows, notes, calendar),
        "crash_wave": crash_wave(rows, notes, calendar),
        "mix_shift": mix_shift(rows, calendar),
        "hostile": notes.hostile,
        "csv_export": {
            "theme": CSV_EXPORT,
            "complaints": _about(notes, CSV_EXPORT, COMPLAINT),
            "praise": _about(notes, CSV_EXPORT, PRAISE),
        },
        "near_duplicates": list(notes.duplicates.values()),
        "personal_data": notes.personal,
        "excluded": [row.id for row in rows if row.excluded],
        "anonymous_user": anonymous_id,
        "themes": {str(i): topics for i, topics in notes.topics.items()},
        "languages": {str(i): code for i, code in notes.languages.items()},
    }


def totals(data: AccountData) -> dict[str, Any]:
    """How many there are of everything, and when the first and the last response came (epoch seconds)."""
    rows = data.responses
    return {
        "end_users": len(data.end_users),
        "never_surveyed": sum(user.last_surveyed is None for user in data.end_users),
        "phone_only": sum(user.email is None for user in data.end_users),
        "opted_out": sum(
            user.settings["email_nps"] is False or user.settings["surveys_disabled_by_end_user"] is True
            for user in data.end_users
        ),
        "responses": len(rows),
        "commented": sum(row.text is not None for row in rows),
        "excluded": sum(row.excluded for row in rows),
        "declines": len(data.declines),
        "email_sends": len(data.email_sends),
        "first_response": rows[0].created_at,
        "last_response": rows[-1].created_at,
        "score": score(rows),
    }


def score(rows: Iterable[ResponseRow]) -> dict[str, Any]:
    """n, promoters (9-10), passives (7-8), detractors (0-6) and NPS of the rows that are not excluded."""
    counted = [row.score for row in rows if not row.excluded]
    promoters = sum(value >= 9 for value in counted)
    detractors = sum(value <= 6 for value in counted)
    n = len(counted)
    return {
        "n": n,
        "promoters": promoters,
        "passives": n - promoters - detractors,
        "detractors": detractors,
        "nps": round(100 * (promoters - detractors) / n, 1) if n else None,
    }


def week(data: AccountData, notes: Notes, monday: date) -> dict[str, Any]:
    """One ISO week: its bounds (both inclusive), rows, score, comments and what they were about.

    `themes` counts the comments that complain about and that praise each theme; `detractor_complaints` only
    the complaints of detractors, most frequent first.
    """
    after = monday + timedelta(weeks=1)
    rows = _between(data.responses, monday, after)
    commented = [row for row in rows if row.text is not None]
    themes: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"complaints": 0, "praise": 0})
    blamed: Counter[str] = Counter()
    for row in commented:
        for theme, stance in notes.topics.get(row.id, {}).items():
            themes[theme]["praise" if stance == PRAISE else "complaints"] += 1
            if stance == COMPLAINT and row.score <= 6:
                blamed[theme] += 1
    return {
        "period": iso_week(monday),
        "start": monday.isoformat(),
        "end": (after - timedelta(days=1)).isoformat(),
        "responses": len(rows),
        "excluded": sum(row.excluded for row in rows),
        **score(rows),
        "commented": len(commented),
        "commented_detractors": sum(row.score <= 6 and not row.excluded for row in commented),
        "declines": sum(epoch(monday) <= row.created_at < epoch(after) for row in data.declines),
        "not_english": dict(
            Counter(notes.languages[row.id] for row in commented if row.id in notes.languages)
        ),
        "themes": dict(sorted(themes.items())),
        "detractor_complaints": dict(sorted(blamed.items(), key=lambda item: (-item[1], item[0]))),
    }


def by_month(rows: Iterable[ResponseRow]) -> dict[str, list[ResponseRow]]:
    """The rows of each month, keyed like `2026-11`, oldest first."""
    months: defaultdict[str, list[ResponseRow]] = defaultdict(list)
    for row in rows:
        months[f"{day_of(row.created_at):%Y-%m}"].append(row)
    return dict(months)


def price_change(rows: Sequence[ResponseRow], notes: Notes, calendar: Calendar) -> dict[str, Any]:
    """The month in which prices rose: scores of the plan that minds and of all others, and who complained.

    `after` is two months later, when it has passed.
    """
    months = {"before": calendar.month(7), "during": calendar.price_month, "after": calendar.month(4)}
    scores: dict[str, Any] = {}
    complaints: dict[str, Any] = {}
    for name, first in months.items():
        of_month = _between(rows, first, _next_month(first))
        hit = [row for row in of_month if row.properties.get("plan") == PRICE_PLAN]
        others = [row for row in of_month if row.properties.get("plan") != PRICE_PLAN]
        scores[name] = {"plan": score(hit), "others": score(others)}
        complaints[name] = {
            "plan": _complaints(hit, notes, PRICING),
            "others": _complaints(others, notes, PRICING),
        }
    return {
        "months": {name: f"{first:%Y-%m}" for name, first in months.items()},
        "segment": "plan",
        "plan": PRICE_PLAN,
        "theme": PRICING,
        "scores": scores,
        "complaints": complaints,
    }


def crash_wave(rows: Sequence[ResponseRow], notes: Notes, calendar: Calendar) -> dict[str, Any]:
    """The wave of mobile crashes: its first day, complaints in each of nine weeks, the ids of last week."""
    weeks = [calendar.last_week - timedelta(weeks=n) for n in range(8, -1, -1)]
    return {
        "start": calendar.last_week.isoformat(),
        "theme": CRASHES,
        "words": list(_CRASH_WORDS),
        "complaints_by_week": {
            iso_week(monday): _complaints(_between(rows, monday, monday + timedelta(weeks=1)), notes, CRASHES)
            for monday in weeks
        },
        "last_week": [
            row.id
            for row in _between(rows, calendar.last_week, calendar.this_week)
            if notes.topics.get(row.id, {}).get(CRASHES) == COMPLAINT
        ],
    }


def mix_shift(rows: Sequence[ResponseRow], calendar: Calendar) -> dict[str, Any]:
    """The two months between which the score fell because other regions answered.

    For each: the score of all, and of each region its share of the responses that are not excluded and its
    score. Respondents without a region are under `(none)`.
    """
    result: dict[str, Any] = {"segment": "region"}
    for name, first in (("before", calendar.month(3)), ("after", calendar.mix_month)):
        counted = [row for row in _between(rows, first, _next_month(first)) if not row.excluded]
        regions: defaultdict[str, list[ResponseRow]] = defaultdict(list)
        for row in counted:
            regions[str(row.properties.get("region", "(none)"))].append(row)
        result[name] = {
            "month": f"{first:%Y-%m}",
            "overall": score(counted),
            "regions": {
                region: {"share": round(len(some) / len(counted), 4), **score(some)}
                for region, some in sorted(regions.items())
            },
        }
    return result


def _between(rows: Iterable[ResponseRow], start: date, end: date) -> list[ResponseRow]:
    """The rows from the first day on until before the second."""
    begins, ends = epoch(start), epoch(end)
    return [row for row in rows if begins <= row.created_at < ends]


def _about(notes: Notes, theme: str, stance: int) -> list[int]:
    return [number for number, topics in notes.topics.items() if topics.get(theme) == stance]


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _complaints(rows: Iterable[ResponseRow], notes: Notes, theme: str) -> int:
    return sum(notes.topics.get(row.id, {}).get(theme) == COMPLAINT for row in rows)
