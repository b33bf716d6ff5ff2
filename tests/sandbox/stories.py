"""The story of the sandbox as of one day, and ways to look at its responses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from wootric_mcp.sandbox.records import AccountData, ResponseRow

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def between(rows: Iterable[ResponseRow], start: datetime, end: datetime) -> list[ResponseRow]:
    return [row for row in rows if start.timestamp() <= row.created_at < end.timestamp()]


def week_before(now: datetime) -> tuple[datetime, datetime]:
    """Last week's bounds, worked out in the time zone of `now`."""
    monday = now.date() - timedelta(days=now.date().isocalendar().weekday - 1)
    end = datetime.combine(monday, time(), now.tzinfo)
    return end - timedelta(days=7), end


def of_month(rows: Iterable[ResponseRow], month: str) -> list[ResponseRow]:
    return [row for row in rows if datetime.fromtimestamp(row.created_at, UTC).isoformat().startswith(month)]


def nps(rows: Iterable[ResponseRow]) -> float:
    scores = [row.score for row in rows if not row.excluded]
    promoters, detractors = sum(s in (9, 10) for s in scores), sum(s in range(7) for s in scores)
    return round(100 * (promoters - detractors) / len(scores), 1)


def texts(story: AccountData) -> dict[int, str]:
    return {row.id: row.text for row in story.responses if row.text is not None}
