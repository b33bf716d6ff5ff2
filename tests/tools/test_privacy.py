"""Who sees whose addresses: full, alias and strict, in lists, records and errors."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.accounts import (
    ERAS,
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

EMAIL, PHONE, IP = "mara.okafor@lumenfield.test", "353861234567", "203.0.113.24"


def columns_of(answer: Any) -> list[str]:
    return answer.structured_content["columns"]


async def test_by_default_feedback_has_no_address_and_a_profile_has() -> None:
    with running() as served:
        async with connected(served) as client:
            for tool in ("list_responses", "list_declines", "summarize_feedback", "search_feedback"):
                said = text_of(await answered(client, tool))
                assert EMAIL not in said and IP not in said and PHONE not in said, tool
            assert EMAIL in text_of(await answered(client, "get_end_user", end_user=MARA))


async def test_full_shows_the_address_beside_the_feedback() -> None:
    plain = small_account()
    data = replace(
        plain,
        responses=tuple(replace(row, email=EMAIL) for row in plain.responses if row.end_user_id == MARA),
    )
    with running(data) as served:
        async with connected(served, privacy="full") as client:
            listed = await answered(client, "list_responses")
            assert columns_of(listed)[-1] == "email"
            assert EMAIL in text_of(listed)
            one = text_of(
                await answered(client, "get_end_user_response", end_user=MARA, response_id=MARA_LAST)
            )
            assert f"ip_address: {IP}" in one
            assert f"email: {EMAIL}" in one
            assert "Call me at [phone] or [email]!" in one
            assert columns_of(await answered(client, "list_declines"))[-1] == "email"


@pytest.mark.parametrize("mode", ERAS)
async def test_strict_finds_people_by_address_and_repeats_none(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, privacy="strict") as client:
            for tool, arguments in (
                ("find_customer", {"end_user": EMAIL}),
                ("get_end_user", {"end_user": f"+{PHONE}"}),
                ("get_end_user_by_phone", {"phone_number": f"+{PHONE}"}),
                ("list_end_users", {"email": EMAIL, "detail": "full"}),
                ("list_end_user_responses", {"end_user": EMAIL, "limit": 1, "detail": "full"}),
            ):
                answer = await answered(client, tool, **arguments)
                whole = text_of(answer) + json.dumps(answer.structured_content)
                assert str(MARA_LAST) in whole or "R-" in whole, tool
                assert EMAIL not in whole and PHONE not in whole and IP not in whole, tool
            assert "email: [hidden]" in text_of(await answered(client, "get_end_user", end_user=MARA))
            assert "alias" in columns_of(await answered(client, "list_end_users"))


@pytest.mark.parametrize("mode", ERAS)
async def test_strict_repeats_no_address_in_an_error(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, privacy="strict") as client:
            for tool, arguments in (
                ("find_customer", {"end_user": "nobody@lumenfield.test"}),
                ("find_customer", {"end_user": "+4930901820"}),
                ("get_end_user", {"end_user": "0171 1234567"}),
                ("summarize_feedback", {"period": "nobody@lumenfield.test"}),
                ("list_responses", {"nobody@lumenfield.test": 1}),
            ):
                said = await refused(client, tool, **arguments)
                assert "lumenfield" not in said and "1234567" not in said and "901820" not in said, said


@pytest.mark.parametrize(
    "filters",
    [
        {"query": EMAIL},
        {"where": {"contact": EMAIL}},
        {"where": {"mobile": PHONE}},
        {"where": {"plan": ["Team", "+49 170 1234567"]}},
    ],
)
async def test_strict_does_not_search_for_an_address(filters: dict[str, Any]) -> None:
    with running() as served:
        async with connected(served, privacy="strict") as client:
            said = await refused(client, "search_feedback", **filters)
            assert "strict about privacy" in said
            assert EMAIL not in said and PHONE not in said
            assert served.sandbox.account.traffic.total == 0


@pytest.mark.parametrize("mode", ERAS)
async def test_one_person_is_revealed_once_somebody_agrees(mode: Era) -> None:
    with running() as served:
        person = Person("yes")
        async with connected(served, mode, privacy="strict", person=person) as client:
            answer = await answered(client, "reveal_customer", end_user=EMAIL)
            assert answer.structured_content["untrusted"]["email"] == EMAIL
            assert f"+{PHONE}" in text_of(answer)
        assert EMAIL not in person.questions[0]
        assert "R-" in person.questions[0]
        async with connected(served, mode, privacy="strict", person=Person("no")) as client:
            assert EMAIL not in await refused(client, "reveal_customer", end_user=MARA)


@pytest.mark.parametrize(("privacy", "is_there"), [("full", False), ("alias", False), ("strict", True)])
async def test_revealing_is_for_strict_privacy_only(privacy: str, is_there: bool) -> None:
    with running() as served:
        async with connected(served, privacy=privacy) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
    assert ("reveal_customer" in tools) is is_there


async def test_a_question_under_strict_privacy_names_the_alias_and_no_address() -> None:
    with running() as served:
        person = Person("no")
        async with connected(served, privacy="strict", person=person) as client:
            await refused(client, "delete_end_user", end_user=MARA)
            await refused(client, "update_end_user", end_user=MARA, email="new@lumenfield.test")
        deleting, changing = person.questions
        assert "R-MS7KTBN" in deleting
        assert "[email]" in changing and "Reference: " in changing
        assert not any("lumenfield" in question for question in person.questions)
