"""Arguments: unknown ones are refused by name, empty ones count as not given, wrong ones are explained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    JUN,
    MARA,
    MARA_LAST,
    Era,
    Person,
    answered,
    connected,
    refused,
    running,
    small_account,
    text_of,
)


@pytest.mark.parametrize("mode", ERAS)
async def test_an_unknown_argument_is_refused_by_name_with_a_guess(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            said = await refused(client, "list_responses", perod="last_week", category="detractor")
        assert "'perod' (did you mean period?)" in said
        assert "It takes: period, category" in said
        assert served.sandbox.account.traffic.total == 0


@pytest.mark.parametrize("mode", ERAS)
async def test_a_missing_argument_is_named_with_what_it_takes(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            assert "get_end_user needs end_user (Id, alias" in await refused(client, "get_end_user")
            assert "needs end_user" in await refused(client, "get_end_user", end_user="  ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"limit": 0}, "limit cannot be used: input should be greater than or equal to 1"),
        ({"limit": "many"}, "limit cannot be used: input should be a valid integer"),
        ({"category": "angry"}, "category cannot be used: input should be 'any', 'promoter'"),
        ({"where": "plan"}, "where cannot be used"),
        ({"has_text": "perhaps"}, "has_text cannot be used"),
        ({"period": "soon"}, "last_week"),
        ({"cursor": "nonsense"}, "cursor is damaged"),
        ({"period": ["today"]}, "period cannot be used"),
    ],
)
async def test_a_wrong_value_is_explained(arguments: dict[str, Any], says: str) -> None:
    with running() as served:
        async with connected(served) as client:
            said = await refused(client, "list_responses", **arguments)
    assert says in said
    assert "pydantic" not in said


@pytest.mark.parametrize("mode", ERAS)
async def test_null_empty_text_and_empty_lists_are_not_given(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            plain = await answered(client, "list_responses")
            empty = await answered(
                client, "list_responses", period="", where={}, has_text=None, cursor=" ", limit=None
            )
    assert _rows(plain) == _rows(empty)
    assert len(_rows(plain)) == 3


async def test_false_and_zero_are_values() -> None:
    with running() as served:
        async with connected(served) as client:
            silent = await answered(client, "list_responses", has_text=False)
            assert [row[0] for row in _rows(silent)] == [103381907]
            await answered(client, "create_response", end_user=JUN, score=0)
        assert served.sandbox.account.responses()[-1].score == 0


@pytest.mark.parametrize("where", ['{"plan": "Team"}', {"plan": "Team"}, {"PLAN": "team"}])
async def test_an_object_may_come_as_json_text(where: object) -> None:
    with running() as served:
        async with connected(served) as client:
            assert len(_rows(await answered(client, "list_responses", where=where))) == 2


@pytest.mark.parametrize("named", [MARA, str(MARA), " mara.okafor@lumenfield.test ", "external:crm-88213"])
async def test_a_person_is_found_by_whatever_names_them(named: object) -> None:
    with running() as served:
        async with connected(served) as client:
            found = await answered(client, "get_end_user", end_user=named)
            alias = _field(found, "alias")
            again = await answered(client, "get_end_user", end_user=alias.lower())
    assert text_of(found).splitlines()[2] == text_of(again).splitlines()[2]
    assert found.structured_content == again.structured_content


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("353861234567x", "does not name a person"),
        ("353 861 234 567", "begins with +"),
        ("R-0000", "is not an alias of this server"),
        ("..", "must not be"),
        ("external:", "must not be empty"),
        ("a\x00b@c.test", "control or invisible"),
    ],
)
async def test_what_names_nobody_is_refused_before_a_request(named: str, says: str) -> None:
    with running() as served:
        async with connected(served) as client:
            assert says in await refused(client, "get_end_user", end_user=named)
        assert served.sandbox.account.traffic.total == 0


# What a confused or hostile caller might put where an id belongs.
STRANGE = (
    "1#x",
    f"{MARA}#x",
    f"{MARA}/responses/{MARA_LAST}",
    "1/responses/5",
    "../../oauth/token",
    "..%2f..%2foauth%2ftoken",
    "a@b.c?x=1",
    f"mara.okafor@lumenfield.test?id={JUN}",
    f"external:crm-88213/../{JUN}",
    f"{MARA}\r\nX-Evil: 1",
    f"{MARA}\x00",
    "\u202e" + str(MARA),
    "phone_number",
    "promoters",
    f"{MARA};{JUN}",
    f"0x{MARA:x}",
    f"-{MARA}",
    "+",
    ".",
)


def _calls(strange: str) -> list[tuple[str, dict[str, Any]]]:
    person: dict[str, Any] = {"end_user": strange}
    return [
        ("get_end_user", person),
        ("update_end_user", {**person, "properties": {"plan": "Pro"}}),
        ("delete_end_user", person),
        ("get_end_user_by_phone", {"phone_number": strange}),
        ("export_end_user_data", person),
        ("find_customer", person),
        ("list_end_user_responses", person),
        ("list_promoter_responses", person),
        ("list_passive_responses", person),
        ("list_detractor_responses", person),
        ("create_response", {**person, "score": 1}),
        ("get_end_user_response", {**person, "response_id": MARA_LAST}),
        ("get_end_user_response", {"end_user": MARA, "response_id": strange}),
        ("delete_response", {**person, "response_id": MARA_LAST}),
        ("delete_response", {"end_user": MARA, "response_id": strange}),
        ("update_response", {"response_id": strange, "completed": True}),
        ("list_end_user_declines", person),
        ("create_decline", person),
        ("get_end_user_decline", {**person, "decline_id": 1}),
        ("get_end_user_decline", {"end_user": MARA, "decline_id": strange}),
        ("delete_decline", {**person, "decline_id": 48810277}),
        ("delete_decline", {"end_user": MARA, "decline_id": strange}),
        ("update_decline", {"decline_id": strange, "properties": {"a": "b"}}),
        ("get_end_user_settings", person),
        ("update_end_user_settings", {**person, "web_nps": False}),
        ("send_email_survey", {"emails": [strange], "survey_immediately": True}),
    ]


def test_every_tool_with_an_id_gets_the_strange_values() -> None:
    from wootric_mcp.operations import OPERATIONS

    with_id = {row.id for row in OPERATIONS.values() if "{" in row.path}
    assert with_id <= {tool for tool, _ in _calls("x")}


@pytest.mark.parametrize("strange", STRANGE)
async def test_no_strange_id_touches_another_record(strange: str) -> None:
    mailed_as_written = "@" in strange and "?" in strange
    with running(snapshot_edit="204") as served:
        account = served.sandbox.account
        before = account.end_users(), account.responses(), account.declines()
        async with connected(served, person=Person("yes")) as client:
            for tool, arguments in _calls(strange):
                if tool == "send_email_survey" and mailed_as_written:
                    continue
                await refused(client, tool, **arguments)
        assert (account.end_users(), account.responses(), account.declines()) == before
        assert account.outbox() == []
        assert not [
            request
            for request in account.requests()
            if request["method"] in {"PUT", "POST", "DELETE"} and "oauth" not in request["path"]
        ]


def _rows(answer: Any) -> list[list[Any]]:
    rows: list[list[Any]] = answer.structured_content["untrusted"]["rows"]
    return rows


def _field(answer: Any, name: str) -> str:
    return str(answer.structured_content["untrusted"][name])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_responses", {"period": "a" + " " * 60_000 + "b"}),
        ("search_feedback", {"query": "a OR " * 40_000}),
        ("summarize_feedback", {"query": "x" * 5_000}),
        ("get_end_user", {"end_user": "1" * 5_000}),
        ("list_end_users", {"email": "x" * 200_000}),
        ("list_end_users", {"email": "\ud800@lumenfield.test"}),
        ("list_responses", {"where": {f"key {number}": {"a": 1} for number in range(1_000)}}),
        ("list_responses", {"cursor": "WzFlOTk5LDEsMSwieCJd"}),
        ("get_end_user_response", {"end_user": MARA, "response_id": True}),
    ],
)
async def test_what_is_too_long_or_no_text_is_refused_at_once_in_few_words(
    tool: str, arguments: dict[str, Any]
) -> None:
    with running() as served:
        async with connected(served) as client:
            said = await refused(client, tool, **arguments)
        assert served.sandbox.account.traffic.total == 0
    assert said != f"Error executing tool {tool}"
    assert len(said) < 1_500


async def test_an_address_that_begins_like_an_alias_is_an_address() -> None:
    data = small_account()
    data.end_users[1] = replace(data.end_users[1], email="r-hansen@lumenfield.test")
    with running(data) as served:
        async with connected(served) as client:
            found = await answered(client, "get_end_user", end_user="r-hansen@lumenfield.test")
    assert _field(found, "id") == str(JUN)
