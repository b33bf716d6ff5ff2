"""Unhappy people nobody has got back to, ready to be planned for."""

from __future__ import annotations

import pytest

from tests.accounts import (
    ERAS,
    MARA,
    MARA_LAST,
    Era,
    Person,
    answered,
    connected,
    running,
    structure_of,
    text_of,
)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_detractor_is_listed_until_mailed_from_here(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, person=Person()) as client:
            answer = await answered(client, "list_follow_ups")
            found = structure_of(answer)
            (row,) = found["untrusted"]["rows"]
            plan = structure_of(
                await answered(client, "plan_email_survey", people=[row[0]], eligibility="ours")
            )
            await answered(client, "send_email_survey", plan=plan["plan"])
            after = structure_of(await answered(client, "list_follow_ups"))
        assert [mail["end_user_id"] for mail in served.sandbox.account.outbox()] == [MARA]
    assert row[1:3] == [MARA_LAST, 4]
    assert row[4].startswith("Two outages in a week.")
    assert "lumenfield" not in text_of(answer)
    assert row[5] == "6 days ago, 4 of 10, says why"
    assert found["next"] == f'plan_email_survey(people=["{row[0]}"], eligibility="ours")'
    assert after["untrusted"]["rows"] == []
    assert "1 mailed from here since" in after["summary"]


async def test_what_cannot_be_ranked_by_is_told() -> None:
    with running() as served:
        async with connected(served) as client:
            answer = await answered(client, "list_follow_ups", value_property="plan", where={"plan": "Team"})
            nobody = await answered(client, "list_follow_ups", where={"plan": "Starter"})
    assert "Nobody has a number under value_property" in text_of(answer)
    assert "0 of 0 unhappy customers" in text_of(nobody)
    assert "next" not in structure_of(nobody)
