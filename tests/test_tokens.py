"""Typical answers stay within their budgets of tokens (o200k_base)."""

from __future__ import annotations

from benchmarks.answers import sizes, table


def test_typical_answers_are_within_their_budgets_and_below_the_raw_json() -> None:
    found = {size.what.split(",")[0]: size for size in sizes()}
    for tool, budget in (("list_responses", 3_500), ("summarize_feedback", 1_500), ("find_customer", 1_500)):
        size = found[tool]
        assert size.structured is not None and size.raw is not None
        assert max(size.text, size.structured) <= min(budget, size.raw)
    assert "summarize_feedback, last week" in table(found.values())
