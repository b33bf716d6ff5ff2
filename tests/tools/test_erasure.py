"""Erasing a person: the question tells what goes, the answer is a receipt, and nothing of them stays here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accounts import ERAS, JUN, MARA, Era, Person, answered, connected, refused, running, structure_of


@pytest.mark.parametrize("mode", ERAS)
async def test_the_question_tells_what_belongs_to_the_person_and_the_receipt_what_went(mode: Era) -> None:
    person = Person()
    with running() as served:
        async with connected(served, mode, person=person) as client:
            answer = await answered(client, "delete_end_user", end_user=MARA)
    assert "2 responses, 1 decline, their profile and survey settings" in person.questions[-1]
    assert "07:00 UTC (it may take days)" in person.questions[-1]
    receipt = structure_of(answer)["figures"]
    assert receipt["deleted_at_wootric"] == "2 responses, 1 decline, profile, survey settings"
    assert "keyed hash" in receipt["kept_here"]


async def test_plans_that_name_an_erased_person_are_dropped_without_a_trace(
    tmp_path: Path,
) -> None:
    with running() as served:
        async with connected(served, person=Person(), folder=tmp_path) as client:
            plan, other = [
                structure_of(await answered(client, "plan_email_survey", people=people, eligibility="ours"))[
                    "plan"
                ]
                for people in ([MARA, JUN], [JUN])
            ]
            await answered(client, "delete_end_user", end_user=MARA)
            assert "no plan" in await refused(client, "send_email_survey", plan=plan)
            await answered(client, "send_email_survey", plan=other)
    ledger = (tmp_path / "store.sqlite3.ledger").read_bytes()
    assert str(MARA).encode() not in ledger
    assert b"lumenfield" not in ledger
