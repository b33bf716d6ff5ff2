"""Nothing is deleted, overwritten or mailed without a person's yes, in either protocol era."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from mcp import MCPError
from mcp.types import ElicitResult, InputRequiredResult

from tests.accounts import (
    ANONYMOUS,
    ERAS,
    JUN,
    MARA,
    MARA_DECLINE,
    MARA_LAST,
    OPTED_OUT,
    PHONE_ONLY,
    Era,
    Person,
    answered,
    connected,
    refused,
    running,
    text_of,
)
from tests.guard.effects import GUARDED, MAIL, UNGUARDED, state, writes


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", GUARDED)
async def test_a_yes_lets_it_happen_once(effect: str, mode: Era) -> None:
    tool, arguments = GUARDED[effect]
    person = Person("yes")
    with running(snapshot_edit="204") as served:
        before = state(served)
        async with connected(served, mode, person=person) as client:
            await answered(client, tool, **arguments)
        assert len(person.questions) == 1
        assert len(writes(served)) == 1
        assert state(served) != before


@pytest.mark.parametrize("says", ["no", "decline", "cancel", "nothing"])
@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", GUARDED)
async def test_anything_but_a_yes_changes_nothing(
    effect: str, mode: Era, says: Literal["no", "decline", "cancel", "nothing"]
) -> None:
    tool, arguments = GUARDED[effect]
    person = Person(says)
    with running(snapshot_edit="204") as served:
        before = state(served)
        async with connected(served, mode, person=person) as client:
            said = await refused(client, tool, **arguments)
        assert person.questions
        assert writes(served) == []
        assert state(served) == before
        if says != "nothing":
            assert "Nothing was changed" in said


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", GUARDED)
async def test_a_client_that_cannot_ask_is_refused(effect: str, mode: Era) -> None:
    tool, arguments = GUARDED[effect]
    with running(snapshot_edit="204") as served:
        before = state(served)
        async with connected(served, mode) as client:
            said = await refused(client, tool, **arguments)
        assert "no way to ask" in said
        assert "Nothing was changed" in said
        assert writes(served) == []
        assert state(served) == before


@pytest.mark.parametrize("effect", UNGUARDED)
async def test_what_takes_nothing_away_is_not_asked(effect: str) -> None:
    tool, arguments = UNGUARDED[effect]
    with running() as served:
        async with connected(served) as client:
            await answered(client, tool, **arguments)
        assert len(writes(served)) == 1


async def test_a_target_that_changed_while_the_person_thought_is_asked_about_again() -> None:
    with running() as served:
        account = served.sandbox.account
        person = Person("yes")

        def rename() -> None:
            if len(person.questions) == 1:
                account.update("end_users", MARA, email="somebody.else@lumenfield.test")

        person.meanwhile = rename
        async with connected(served, person=person) as client:
            await answered(client, "delete_end_user", end_user=MARA)
    assert ["mara" in question for question in person.questions] == [True, False]


RECORDS = {
    "excluding a response": ("responses", MARA_LAST),
    "replacing a response's snapshot": ("responses", MARA_LAST),
    "deleting a response": ("responses", MARA_LAST),
    "replacing a decline's snapshot": ("declines", MARA_DECLINE),
    "deleting a decline": ("declines", MARA_DECLINE),
}


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", RECORDS)
async def test_a_record_that_changed_where_no_question_shows_it_is_asked_about_again(
    effect: str, mode: Era
) -> None:
    (tool, arguments), (table, record) = GUARDED[effect], RECORDS[effect]
    with running(snapshot_edit="204") as served:
        account = served.sandbox.account
        person = Person("yes")

        def change() -> None:
            if len(person.questions) == 1:
                account.update(table, record, origin_url="https://app.lumenfield.test/elsewhere")

        person.meanwhile = change
        async with connected(served, mode, person=person) as client:
            await answered(client, tool, **arguments)
        assert len(writes(served)) == 1
    first, second = person.questions
    assert first != second
    assert first.partition("; reference ")[0] == second.partition("; reference ")[0]


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", RECORDS)
async def test_a_record_that_went_while_the_person_thought_is_not_touched(effect: str, mode: Era) -> None:
    (tool, arguments), (table, record) = GUARDED[effect], RECORDS[effect]
    with running(snapshot_edit="204") as served:
        person = Person("yes")
        person.meanwhile = lambda: served.sandbox.account.execute(
            f"DELETE FROM {table} WHERE id = ?",
            [record],
        )
        async with connected(served, mode, person=person) as client:
            said = text_of(await client.call_tool(tool, arguments))
        assert said.endswith("Nothing was changed.")
        assert writes(served) == []


async def test_a_code_is_worth_nothing_once_what_it_would_overwrite_has_changed() -> None:
    tool, arguments = GUARDED["replacing a response's snapshot"]
    with running(snapshot_edit="204") as served:
        async with connected(served) as client:
            said = await refused(client, tool, **arguments)
            code = said.partition('code="')[2].partition('"')[0]
            served.sandbox.account.update("responses", MARA_LAST, properties='{"plan": "Pro"}')
            assert "has changed" in await refused(client, tool, **arguments, code=code)
        assert writes(served) == []


@pytest.mark.parametrize("mode", ERAS)
async def test_whose_a_record_is_need_not_be_said_of_what_was_listed_and_must_be_of_others(mode: Era) -> None:
    person = Person("yes")
    calls = {
        "update_response": ("list_responses", {"response_id": MARA_LAST, "properties": {"a": "b"}}),
        "update_decline": ("list_declines", {"decline_id": MARA_DECLINE, "properties": {"a": "b"}}),
    }
    with running(snapshot_edit="204") as served:
        async with connected(served, mode, person=person) as client:
            for tool, (lister, arguments) in calls.items():
                said = await refused(client, tool, **arguments)
                assert "Give end_user as well" in said
                assert said.endswith("Nothing was changed.")
                assert person.questions == []
                await answered(client, lister, period="all")
                await answered(client, tool, **arguments)
                assert str(MARA) in person.questions.pop()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_target_that_is_gone_is_neither_asked_about_nor_touched(mode: Era) -> None:
    person = Person("yes")
    with running() as served:
        async with connected(served, mode, person=person) as client:
            said = await refused(client, "delete_end_user", end_user=1)
        assert "Nothing was changed" in said
        assert person.questions == []
        assert writes(served) == []


@pytest.mark.parametrize("mode", ERAS)
async def test_the_anonymous_user_is_deleted_only_by_name(mode: Era) -> None:
    person = Person("yes")
    with running() as served:
        async with connected(served, mode, person=person) as client:
            said = await refused(client, "delete_end_user", end_user=ANONYMOUS)
            assert "Unknown" in said
            assert writes(served) == []
            await answered(client, "delete_end_user", end_user="Unknown")
        assert writes(served) == ["DELETE"]
        assert "all visitors without an address share" in person.questions[-1]


@pytest.mark.parametrize("named", [PHONE_ONLY, ANONYMOUS, "Unknown"])
async def test_people_without_an_address_are_not_mailed(named: int | str) -> None:
    person = Person("yes")
    with running() as served:
        async with connected(served, person=person) as client:
            said = await refused(client, "send_email_survey", emails=[*MAIL, named], survey_immediately=True)
        assert "no e-mail address" in said
        assert served.sandbox.account.outbox() == []
        assert person.questions == []


@pytest.mark.parametrize("named", [OPTED_OUT, "no.more@lumenfield.test", "NO.MORE@lumenfield.test"])
@pytest.mark.parametrize("mode", ERAS)
async def test_people_who_opted_out_are_named_and_nobody_is_mailed(mode: Era, named: int | str) -> None:
    person = Person("yes")
    with running() as served:
        async with connected(served, mode, person=person) as client:
            said = await refused(client, "send_email_survey", emails=[*MAIL, named], survey_immediately=True)
        assert f"opted out of e-mail surveys: {named}." in said
        assert "Nobody was mailed" in said
        assert person.questions == []
        assert served.sandbox.account.outbox() == []


@pytest.mark.parametrize("mode", ERAS)
async def test_who_was_asked_about_is_who_is_deleted_even_if_the_name_passes_to_another(mode: Era) -> None:
    with running() as served:
        account = served.sandbox.account
        person = Person("yes")

        def pass_on() -> None:
            if len(person.questions) == 1:
                account.update("end_users", MARA, external_id=None)
                account.update("end_users", JUN, external_id="crm-88213")

        person.meanwhile = pass_on
        async with connected(served, mode, person=person) as client:
            await answered(client, "delete_end_user", end_user="external:crm-88213")
        marked = [row["id"] for row in account.rows("SELECT id FROM end_users WHERE delete_at IS NOT NULL")]
    asked = [number for number in (MARA, JUN) if str(number) in person.questions[-1]]
    assert marked == asked


@pytest.mark.parametrize("mode", ERAS)
async def test_a_record_that_is_gone_by_then_is_not_said_to_be_deleted(mode: Era) -> None:
    with running() as served:
        person = Person("yes")
        person.meanwhile = lambda: served.sandbox.account.execute(
            "DELETE FROM responses WHERE id = ?", [MARA_LAST]
        )
        async with connected(served, mode, person=person) as client:
            answer = await client.call_tool("delete_response", {"end_user": MARA, "response_id": MARA_LAST})
    assert "Nothing was changed" in text_of(answer)
    assert "Deleted" not in text_of(answer)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_list_that_changed_while_the_person_thought_is_not_mailed_on_the_old_yes(
    mode: Era, tmp_path: Path
) -> None:
    people = [f"guest{number}@lumenfield.test" for number in range(8)]
    file = tmp_path / "wave.csv"
    file.write_text("\n".join(["email", *people]), encoding="utf-8")
    person = Person("yes")

    def swap() -> None:
        file.write_text("\n".join(["email", *people[:7], "victim@lumenfield.test"]), encoding="utf-8")
        if len(person.questions) == 2:
            person.says = "no"

    person.meanwhile = swap
    with running() as served:
        async with connected(served, mode, person=person, csv_dir=tmp_path) as client:
            await client.call_tool("send_email_survey_csv", {"file": "wave.csv", "survey_immediately": True})
        mailed = [mail["to"] for mail in served.sandbox.account.outbox()]
    assert mailed == []
    assert len(person.questions) == 2


async def test_one_yes_acts_once_however_often_its_request_is_repeated() -> None:
    arguments = {"emails": MAIL, "survey_immediately": True}
    with running() as served:
        async with connected(served, person=Person("yes")) as client:
            call = partial(
                client.session.call_tool, "send_email_survey", arguments, allow_input_required=True
            )
            asked = await call()
            assert isinstance(asked, InputRequiredResult)
            yes = ElicitResult(action="accept", content={"agreed": True})
            again = {
                "input_responses": dict.fromkeys(asked.input_requests or {}, yes),
                "request_state": asked.request_state,
            }
            first = await call(**again)
            assert not getattr(first, "is_error", True)
            for _ in range(2):
                with pytest.raises(MCPError, match="Invalid or expired requestState"):
                    await call(**again)
        assert [mail["to"] for mail in served.sandbox.account.outbox()] == MAIL
