"""The tool that checks quotations, on the story and on small accounts: it reads only what it has to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    MARA_FIRST,
    MARA_LAST,
    Era,
    answered,
    connected,
    running,
    small_account,
    text_of,
)
from wootric_mcp.sandbox.server import RunningSandbox


def rows_of(answer: Any) -> list[dict[str, Any]]:
    structure = answer.structured_content
    return [dict(zip(structure["columns"], row, strict=True)) for row in structure["untrusted"]["rows"]]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_draft_made_of_an_answer_is_checked_without_reading_again(
    served: RunningSandbox, mode: Era
) -> None:
    async with connected(served, mode) as client:
        digest = await answered(client, "summarize_feedback", period="last_week", category="detractor")
        quoted = {int(id_) for id_ in re.findall(r"#(\d+)", text_of(digest))}
        assert len(quoted) >= 5
        served.sandbox.account.traffic.clear()
        checked = await answered(client, "check_quotes", text=text_of(digest))
        assert served.sandbox.account.traffic.total == 0
    structure = checked.structured_content
    assert structure
    assert structure["counts"]["verbatim"] >= len(quoted)
    assert not any(row["note"] for row in rows_of(checked))
    assert structure["counts"]["altered"] == structure["counts"]["invented"] == 0
    assert "no other had to be read" in text_of(checked)


async def test_altered_and_invented_quotations_are_told_apart_from_true_ones(served: RunningSandbox) -> None:
    async with connected(served) as client:
        found = await answered(client, "search_feedback", query="CSV export", period="last 30 days", limit=3)
        true, altered, shortened = found.structured_content["untrusted"]["rows"]
        words = altered[4].split()
        words[len(words) // 2] = "purple"
        draft = (
            f"Customers write „{true[4]}“ (#{true[1]}), “{' '.join(words)}” (#{altered[1]}), "
            f"“… {' '.join(shortened[4].split()[2:])}” (#{shortened[1]}) and "
            f"“Your dashboards made my grandmother cry with joy” (#{true[1]})."
        )
        checked = await answered(client, "check_quotes", text=draft, period="last 30 days")
    rows = {row["quotation"]: row for row in rows_of(checked)}
    assert [rows[place]["verdict"] for place in (1, 2, 3, 4)] == [
        "verbatim", "altered", "verbatim", "invented",
    ]  # fmt: skip
    assert [rows[place]["id"] for place in (1, 2, 3)] == [true[1], altered[1], shortened[1]]
    assert any("purple" in change[1] for change in rows[2]["changes"])
    assert 'Next: check_quotes(text=<as before>, period="last 90 days")' in text_of(checked)


async def test_what_is_not_stored_is_read() -> None:
    with running() as served:
        async with connected(served) as client:
            answer = await answered(client, "check_quotes", text=f"“setup took ten minutes” #{MARA_FIRST}")
            assert served.sandbox.account.traffic.total > 0
    assert [(row["verdict"], row["id"]) for row in rows_of(answer)] == [("verbatim", MARA_FIRST)]
    assert "everything up to 2026-11-18" in text_of(answer)


async def test_what_is_masked_in_a_comment_is_no_difference() -> None:
    draft = "“Call me at +353 86 123 4567 or mara.okafor@lumenfield.test!”"
    with running() as served:
        async with connected(served) as client:
            answer = await answered(client, "check_quotes", text=draft)
    (row,) = rows_of(answer)
    assert (row["verdict"], row["id"]) == ("verbatim", MARA_LAST)
    assert row["text"] == "Call me at [phone] or [email]!"


async def test_a_quotation_beyond_the_period_is_looked_for_among_what_is_stored() -> None:
    draft = f"“Setup took ten minutes.” (#{MARA_FIRST}) “never said by anybody”"
    with running() as served:
        async with connected(served) as client:
            unread = await answered(client, "check_quotes", text=draft, period="last_week")
            await answered(client, "search_feedback", period="all")
            stored = await answered(client, "check_quotes", text=draft, period="last_week")
    assert unread.structured_content["counts"] == {"verbatim": 0, "altered": 0, "invented": 2}
    assert stored.structured_content["counts"] == {"verbatim": 1, "altered": 0, "invented": 1}


async def test_a_text_without_quotations_reads_nothing() -> None:
    with running() as served:
        async with connected(served) as client:
            answer = await answered(client, "check_quotes", text="Nobody is quoted here.")
        assert served.sandbox.account.traffic.total == 0
    assert "No quotation" in text_of(answer)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_changed_sign_and_a_skipped_negation_are_told(mode: Era) -> None:
    data = small_account()
    said = "I would not say €30 is too much 😀"
    data.responses[0] = replace(data.responses[0], text=said)
    draft = "“$30 is too much” “is too much 😡” “😡” “😀” “I would … say €30 is too much”"
    with running(data) as served:
        async with connected(served, mode) as client:
            answer = await answered(client, "check_quotes", text=draft)
    rows = {row["quotation"]: row for row in rows_of(answer)}
    verdicts = [rows[place]["verdict"] for place in range(1, 6)]
    assert verdicts == ["altered", "altered", "invented", "verbatim", "verbatim"]
    assert [rows[place]["changes"] for place in (1, 2, 5)] == [[["€", "$"]], [["😀", "😡"]], [["not", ""]]]
    assert rows[5]["note"] == "its ellipsis skips a negation"
    for told in ("“$” for “€”", "“😡” for “😀”", "“not” left out; its ellipsis skips a negation"):
        assert told in text_of(answer)
