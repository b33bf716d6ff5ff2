"""What a model reads stays within the budgets of tokens (o200k_base)."""

from __future__ import annotations

from benchmarks.answers import sizes, table


def test_the_tool_list_and_typical_answers_are_within_their_budgets() -> None:
    found = {size.what.split(",")[0] if "model" not in size.what else "read": size for size in sizes()}
    assert found["tools/list"].text <= 10_500
    assert found["read"].text <= 6_300
    for tool, budget in (("list_responses", 3_500), ("summarize_feedback", 1_500), ("find_customer", 1_500)):
        size = found[tool]
        assert size.structured is not None and size.raw is not None
        assert max(size.text, size.structured) <= min(budget, size.raw)
    assert "summarize_feedback, last week" in table(found.values())
