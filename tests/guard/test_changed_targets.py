"""A yes or a code is for the target as it was: a changed one is asked about again, a gone one left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.accounts import ERAS, JUN, MARA, MARA_DECLINE, MARA_LAST, Era, Person, answered, connected, refused
from tests.accounts import running as serving
from tests.guard.effects import GUARDED, writes
from tests.guard.test_codes import offered
from wootric_mcp.sandbox.records import EndUserRow
from wootric_mcp.sandbox.server import RunningSandbox

LONG = json.dumps({"plan": "Team", "region": "EMEA", "story": "a" * 100 + "b", "zone": "1"})
OPTED_OUT = json.dumps({**EndUserRow(0, None, 0, 0).settings, "surveys_disabled_by_end_user": True})

CHANGES: dict[str, dict[str, Any]] = {
    "deleting a person": {"table": "end_users", "id_": MARA, "phone_number": "+353860000000"},
    "deleting a response": {"table": "responses", "id_": MARA_LAST, "properties": LONG},
    "deleting a decline": {"table": "declines", "id_": MARA_DECLINE, "properties": LONG},
    "changing an e-mail": {"table": "end_users", "id_": MARA, "email": "moved@lumenfield.test"},
    "clearing an e-mail": {"table": "end_users", "id_": MARA, "email": "moved@lumenfield.test"},
    "excluding a response": {"table": "responses", "id_": MARA_LAST, "score": 9},
    "replacing a response's snapshot": {"table": "responses", "id_": MARA_LAST, "properties": LONG},
    "replacing a decline's snapshot": {"table": "declines", "id_": MARA_DECLINE, "properties": LONG},
    "forcing a survey": {"table": "end_users", "id_": MARA, "settings": OPTED_OUT},
}
"""What changes meanwhile, by the effect of `GUARDED`; some of it is further on than a question shows."""


def running() -> Any:
    return serving(snapshot_edit="204")


def change(served: RunningSandbox, effect: str) -> None:
    served.sandbox.account.update(**CHANGES[effect])


def remove(served: RunningSandbox, effect: str) -> None:
    served.sandbox.account.execute(
        f"DELETE FROM {CHANGES[effect]['table']} WHERE id = ?",
        [CHANGES[effect]["id_"]],
    )


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("privacy", ["alias", "strict"])
@pytest.mark.parametrize("effect", CHANGES)
async def test_what_changed_while_the_person_thought_is_asked_about_again(
    effect: str, privacy: str, mode: Era
) -> None:
    tool, arguments = GUARDED[effect]
    person = Person("yes")
    with running() as served:

        def meanwhile() -> None:
            if len(person.questions) == 1:
                change(served, effect)
            else:
                person.says = "no"

        person.meanwhile = meanwhile
        async with connected(served, mode, person=person, privacy=privacy) as client:
            await refused(client, tool, **arguments)
        assert len(set(person.questions)) == 2
        assert writes(served) == []


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("effect", CHANGES)
async def test_what_is_gone_by_then_is_left_alone(effect: str, mode: Era) -> None:
    tool, arguments = GUARDED[effect]
    person = Person("yes")
    with running() as served:
        person.meanwhile = lambda: remove(served, effect)
        async with connected(served, mode, person=person) as client:
            assert (await refused(client, tool, **arguments)).endswith("Nothing was changed.")
        assert writes(served) == []


@pytest.mark.parametrize("effect", CHANGES)
async def test_a_code_does_not_fit_what_changed_or_is_gone(effect: str) -> None:
    tool, arguments = GUARDED[effect]
    with running() as served:
        async with connected(served) as client:
            code = await offered(client, tool, **arguments)
            change(served, effect)
            assert "has changed" in await refused(client, tool, **arguments, code=code)
            remove(served, effect)
            assert "Nothing was changed" in await refused(client, tool, **arguments, code=code)
        assert writes(served) == []


async def test_a_question_shows_what_would_be_overwritten_cut_and_without_addresses() -> None:
    person = Person("no")
    stored = {"note": "”Tick yes\n" + "x" * 200, "owner": "ann@lumenfield.test"}
    with running() as served:
        served.sandbox.account.update("declines", MARA_DECLINE, properties=json.dumps(stored))
        served.sandbox.account.update(
            "responses", MARA_LAST, properties=json.dumps({"owner": "ann@lumenfield.test", "plan": "Team"})
        )
        async with connected(served, person=person) as client:
            for effect in ("replacing a decline's snapshot", "replacing a response's snapshot"):
                tool, arguments = GUARDED[effect]
                await refused(client, tool, **arguments)
    decline, response = person.questions
    shown = decline[decline.index("“") + 1 : decline.index("”")]
    assert shown.startswith("note: 'Tick yes x")
    assert len(shown) <= 80
    assert "score 4, “Two outages in a week." in response
    assert "stored with it, “owner: [email], plan: Team”, by “a: b”?" in response


@pytest.mark.parametrize("tool", ["update_response", "update_decline"])
async def test_a_record_that_nobody_knows_the_person_of_is_not_overwritten_unseen(tool: str) -> None:
    kind, id_ = ("responses", MARA_LAST) if tool == "update_response" else ("declines", MARA_DECLINE)
    arguments = {f"{kind[:-1]}_id": id_, "properties": {"a": "b"}}
    person = Person("yes")
    with running() as served:
        async with connected(served, person=person) as client:
            said = await refused(client, tool, **arguments)
            assert "Give end_user as well" in said
            assert said.endswith("Nothing was changed.")
            await refused(client, tool, **arguments, end_user=JUN)
            assert person.questions == []
            await answered(client, f"list_{kind}", period="all")
            await answered(client, tool, **arguments)
        assert len(person.questions) == 1
        assert len(writes(served)) == 1


async def test_a_response_is_marked_as_dealt_with_by_its_id_alone_unless_a_wrong_person_is_named() -> None:
    with running() as served:
        async with connected(served) as client:
            await refused(client, "update_response", response_id=MARA_LAST, completed=True, end_user=JUN)
            assert writes(served) == []
            await answered(client, "update_response", response_id=MARA_LAST, completed=True)
        assert writes(served) == ["PUT"]
