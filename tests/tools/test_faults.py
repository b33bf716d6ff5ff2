"""When Wootric misbehaves: a clear error or a right answer, nothing done twice, and the server goes on."""

from __future__ import annotations

import tracemalloc
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
    text_of,
)
from wootric_mcp.sandbox.server import RunningSandbox

ADDRESS = "mara.okafor@lumenfield.test"
SEND: dict[str, Any] = {"emails": [ADDRESS], "survey_immediately": True}

# What goes wrong, and what the model reads when it goes on for good.
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "a token that is never accepted": ({"kind": "401", "path": "/v1"}, "401"),
    "a server error": ({"kind": "500", "path": "/v1"}, "500"),
    "a cut connection": ({"kind": "cut", "path": "/v1"}, "connection"),
    "broken JSON": ({"kind": "broken_json", "path": "/v1"}, "broken JSON"),
    "an HTML page": ({"kind": "html", "path": "/v1"}, "502"),
    "an HTML page that says 200": (
        {"kind": "html", "status": 200, "path": "/v1"},
        "a web page instead of JSON",
    ),
    "a body of 50 MB": ({"kind": "huge", "path": "/v1"}, "8 MiB"),
}
PASSING = ("401", "429", "500", "cut", "broken_json", "html", "huge", "delay")


def fail(served: RunningSandbox, **fault: Any) -> None:
    served.sandbox.faults.add(fault)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("name", LASTING)
async def test_a_lasting_fault_is_told_and_the_server_goes_on(name: str, mode: Era) -> None:
    fault, says = LASTING[name]
    with running() as served:
        async with connected(served, mode, deadline=20.0) as client:
            fail(served, rate=1.0, **fault)
            said = await refused(client, "list_responses")
            assert says.lower() in said.lower()
            assert "<html" not in said
            served.sandbox.faults.clear()
            assert "3 responses" in text_of(await answered(client, "list_responses"))


@pytest.mark.parametrize("mode", ERAS)
async def test_a_request_limit_that_outlasts_the_call_fails_at_once_with_the_time_it_resets(
    mode: Era,
) -> None:
    with running() as served:
        async with connected(served, mode, deadline=20.0) as client:
            fail(served, kind="429", seconds=45, path="/v1")
            said = await refused(client, "list_responses")
            assert "request limit is used up until" in said
            # Until then nothing is sent at all.
            sent = served.sandbox.account.traffic.total
            assert "request limit is used up until" in await refused(client, "list_segments")
            assert served.sandbox.account.traffic.total == sent
            await answered(client, "account_status")


@pytest.mark.parametrize("kind", PASSING)
async def test_a_read_survives_a_fault_that_passes(kind: str) -> None:
    with running() as served:
        async with connected(served) as client:
            fail(served, kind=kind, next=1, path="/v1")
            assert "3 responses" in text_of(await answered(client, "list_responses"))


async def test_a_huge_body_does_not_fill_the_memory() -> None:
    with running() as served:
        async with connected(served) as client:
            await answered(client, "list_segments")
            fail(served, kind="huge", rate=1.0, path="/v1")
            tracemalloc.start()
            try:
                await refused(client, "list_responses")
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    assert peak < 40 * 1024 * 1024


@pytest.mark.slow
async def test_ten_seconds_of_silence_end_in_an_error_or_the_right_answer() -> None:
    with running() as served:
        async with connected(served) as client:
            fail(served, kind="silence", next=1, path="/v1")
            assert "3 responses" in text_of(await answered(client, "list_responses"))
            fail(served, kind="silence", next=1, path="/v1", method="POST")
            said = await refused(client, "create_response", end_user=MARA, score=3)
            assert "may have been" in said
            assert "3 responses" in text_of(await answered(client, "list_responses"))


async def test_a_token_that_died_is_renewed() -> None:
    with running() as served:
        async with connected(served) as client:
            await answered(client, "list_segments")
            served.sandbox.tokens.revoke_all()
            await answered(client, "list_segments")
        tokens = [request for request in served.sandbox.account.requests() if "oauth" in request["path"]]
        assert len(tokens) == 2


async def test_wrong_credentials_say_what_to_check() -> None:
    with running(client_secret="other") as served:
        async with connected(served) as client:
            said = await refused(client, "list_segments")
    assert "WOOTRIC_CLIENT_SECRET" in said
    assert "sandbox" not in said.replace("--sandbox", "")


@pytest.mark.parametrize("mode", ERAS)
async def test_a_survey_whose_connection_was_cut_after_it_arrived_is_sent_once(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes")) as client:
            fail(served, kind="cut_after", next=1, path="/v1/email_survey")
            said = await refused(client, "send_email_survey", **SEND)
        outbox = served.sandbox.account.outbox()
    assert "may have been sent" in said
    assert "Nothing was changed" not in said
    assert [mail["to"] for mail in outbox] == [ADDRESS]


@pytest.mark.parametrize("kind", ["cut", "500", "broken_json", "cut_after", "html"])
@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("send_email_survey", SEND, "/v1/email_survey"),
        (
            "send_email_survey_csv",
            {"csv": f"email\n{ADDRESS}\n", "survey_immediately": True},
            "/v1/email_survey",
        ),
        ("create_response", {"end_user": MARA, "score": 3}, f"/v1/end_users/{MARA}/responses"),
        ("create_decline", {"end_user": MARA}, f"/v1/end_users/{MARA}/declines"),
        ("create_end_user", {"email": "new@lumenfield.test"}, "/v1/end_users"),
        ("generate_bounce_report", {}, "/v2/email_stats/bounce_report"),
    ],
)
async def test_a_post_is_never_repeated_after_it_may_have_arrived(
    tool: str, arguments: dict[str, Any], path: str, kind: str
) -> None:
    with running() as served:
        async with connected(served, person=Person("yes")) as client:
            fail(served, kind=kind, next=1, path=path, method="POST")
            answer = await client.call_tool(tool, arguments)
        posts = [
            request
            for request in served.sandbox.account.requests()
            if request["method"] == "POST" and "oauth" not in request["path"]
        ]
    assert len(posts) == 1
    if kind != "broken_json":  # a 2xx whose body cannot be read is a success: the body says nothing needed
        assert answer.is_error
        assert "may have been" in text_of(answer)


async def test_an_export_is_never_repeated_after_it_may_have_arrived() -> None:
    with running() as served:
        async with connected(served) as client:
            fail(served, kind="cut_after", next=1, path=f"/v1/end_users/{MARA}/export")
            said = await refused(client, "export_end_user_data", end_user=MARA)
        assert "may have been" in said
        assert len(served.sandbox.account.outbox()) == 1


async def test_a_post_that_was_refused_for_the_request_limit_goes_again() -> None:
    with running() as served:
        async with connected(served, person=Person("yes")) as client:
            fail(served, kind="429", next=1, seconds=1, path="/v1/email_survey")
            await answered(client, "send_email_survey", **SEND)
        assert len(served.sandbox.account.outbox()) == 1


@pytest.mark.parametrize("kind", ["cut_after", "500"])
async def test_a_delete_is_repeated_and_finding_nothing_then_means_deleted(kind: str) -> None:
    with running() as served:
        async with connected(served, person=Person("yes")) as client:
            fail(served, kind=kind, next=1, path="/v1/end_users", method="DELETE")
            said = await answered(client, "delete_response", end_user=MARA, response_id=MARA_LAST)
        assert "Deleted" in text_of(said)
        assert MARA_LAST not in {row.id for row in served.sandbox.account.responses()}


@pytest.mark.parametrize("switch", ["replace", "merge"])
async def test_properties_survive_whether_wootric_merges_or_replaces(switch: str) -> None:
    with running(put_properties=switch) as served:
        async with connected(served) as client:
            said = await answered(
                client, "update_end_user", end_user=MARA, properties={"plan": "Team", "seats_amount": 9}
            )
        found = next(user for user in served.sandbox.account.end_users() if user.id == MARA)
    assert found.properties == {"plan": "Team", "region": "EMEA", "seats_amount": 9}
    assert "Changed: seats_amount." in text_of(said)


@pytest.mark.parametrize("status", ["200", "201", "201-empty"])
async def test_every_way_of_saying_created_is_success(status: str) -> None:
    with running(create_status=status) as served:
        async with connected(served) as client:
            await answered(client, "create_end_user", email="new@lumenfield.test")
            await answered(client, "create_response", end_user=JUN, score=5)
            await answered(client, "create_decline", end_user=JUN)
        account = served.sandbox.account
        assert (len(account.end_users()), len(account.responses()), len(account.declines())) == (6, 4, 2)


async def test_editing_snapshots_where_the_account_may_not_is_explained() -> None:
    with running() as served:
        async with connected(served, person=Person("yes")) as client:
            change = {"response_id": MARA_LAST, "end_user": MARA, "properties": {"a": "b"}}
            said = await refused(client, "update_response", **change)
    assert "423" in said
    assert "Nothing was changed" in said


async def test_an_address_that_exists_is_refused_with_the_next_step() -> None:
    with running() as served:
        async with connected(served) as client:
            said = await refused(client, "create_end_user", email=ADDRESS)
    assert "already" in said
    assert "Nothing was changed" in said
