"""Which tools are on, how they are described, and what is refused when they are off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.accounts import (
    ERAS,
    MARA,
    MARA_DECLINE,
    MARA_LAST,
    TEMPLATE,
    Era,
    Person,
    connected,
    kept_in,
    refused,
    running,
)
from tests.processes import stdio_server
from tests.walking import Names, calls
from wootric_mcp.operations import OPERATIONS, TOOLSETS
from wootric_mcp.settings import Settings
from wootric_mcp.tools.catalog import CATALOG
from wootric_mcp.tools.registry import UnknownToolError, build, select

JOBS = {
    "summarize_feedback",
    "search_feedback",
    "analyze_nps",
    "check_quotes",
    "list_follow_ups",
    "plan_email_survey",
    "find_customer",
    "account_status",
}

_NAMES = Names(
    person=MARA,
    other=MARA,
    response=MARA_LAST,
    decline=MARA_DECLINE,
    template=TEMPLATE,
    phone="+353861234567",
    group="plan",
    words="outages",
    draft="",
    domain="lumenfield.test",
)


def names(**flags: Any) -> set[str]:
    return {spec.name for spec in select(CATALOG, Settings.for_sandbox("http://127.0.0.1:1", flags))}


def test_everything_is_on_by_default_and_each_name_stands_once() -> None:
    assert names() == set(OPERATIONS) | JOBS
    assert len(CATALOG) == len(names())


def test_every_toolset_of_the_table_has_tools() -> None:
    assert {spec.toolset for spec in CATALOG} == set(TOOLSETS)
    for spec in CATALOG:
        if spec.name in OPERATIONS:
            assert spec.toolset == OPERATIONS[spec.name].toolset


def test_toolsets_and_tools_add_up() -> None:
    assert names(toolsets=("metrics",)) == {"get_nps_summary"}
    assert names(tools=("list_segments",)) == {"list_segments"}
    assert names(toolsets=("metrics",), tools=("list_segments",)) == {"get_nps_summary", "list_segments"}
    assert names(toolsets=("all",), tools=("list_segments",)) == names()


def test_exclusion_wins_over_everything_that_was_asked_for() -> None:
    assert names(tools=("list_segments", "get_nps_summary"), exclude_tools=("list_segments",)) == {
        "get_nps_summary"
    }


def test_read_only_wins_over_a_tool_that_was_asked_for() -> None:
    assert names(tools=("delete_end_user", "list_segments"), read_only=True) == {"list_segments"}
    assert names(read_only=True) == JOBS | {row.id for row in OPERATIONS.values() if row.is_read_only}


@pytest.mark.parametrize("flags", [{"toolsets": ("feedbak",)}, {"tools": ("x",)}, {"exclude_tools": ("y",)}])
def test_a_name_that_does_not_exist_is_told_with_those_that_do(flags: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(UnknownToolError, match=r"There is no tool(set)? .*There are: "):
        names(**flags)


@pytest.mark.parametrize("mode", ERAS)
async def test_what_is_off_is_not_listed_and_refused_when_called(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode, person=Person("yes"), read_only=True) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
            for operation in OPERATIONS.values():
                assert (operation.id in listed) is operation.is_read_only
                if not operation.is_read_only:
                    said = await refused(client, operation.id, end_user=MARA)
                    assert "switched off on this server" in said
                    assert "Nothing was read or changed" in said
        assert served.sandbox.account.traffic.total == 0


@pytest.mark.parametrize("mode", ERAS)
async def test_a_read_only_process_lists_nothing_that_writes_and_sends_no_request(
    mode: Era, tmp_path: Path
) -> None:
    writing = {row.id for row in OPERATIONS.values() if not row.is_read_only}
    with running() as served:
        environment = {
            "WOOTRIC_BASE_URL": served.base_url,
            "WOOTRIC_CLIENT_ID": "sandbox",
            "WOOTRIC_CLIENT_SECRET": "sandbox",
            "WOOTRIC_STORE": f"sqlite:///{tmp_path / 'store.sqlite3'}",
            "WOOTRIC_ALIAS_KEY_FILE": str(tmp_path / "alias.key"),
            "WOOTRIC_AUDIT": str(tmp_path / "audit.jsonl"),
            "WOOTRIC_CONFIRM": "off",
        }
        target = stdio_server("--read-only", environment=environment)
        with anyio.fail_after(60):
            async with Client(target, mode=mode, elicitation_callback=Person("yes")) as client:
                listed = (await client.list_tools()).tools
                assert not writing & {tool.name for tool in listed}
                assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
                tried = [(tool, given) for tool, given in calls(_NAMES) if tool in writing]
                assert {tool for tool, _ in tried} == writing
                for tool, given in tried:
                    assert "Nothing was read or changed" in await refused(client, tool, **given)
        assert served.sandbox.account.traffic.total == 0
        assert "audit.jsonl" not in kept_in(tmp_path)


@pytest.mark.parametrize("mode", ERAS)
async def test_both_eras_see_the_same_tools_in_the_same_order(mode: Era) -> None:
    with running() as served:
        async with connected(served, mode) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
    assert listed == [spec.name for spec in CATALOG]


def test_schemas_have_no_titles_no_nulls_and_describe_every_parameter() -> None:
    def walk(node: Any, path: str = "") -> None:
        if isinstance(node, list):
            for item in node:
                walk(item, path)
        if not isinstance(node, dict):
            return
        assert "anyOf" not in node, path
        assert "oneOf" not in node, path
        assert not isinstance(node.get("type"), list), path
        assert node.get("default", "x") not in ("", [], {}, False), path
        for key, inner in node.items():
            if key == "properties":
                for name, schema in inner.items():
                    assert "title" not in schema, f"{path}.{name}"
                    walk(schema, f"{path}.{name}")
            else:
                walk(inner, path)

    settings = Settings.for_sandbox("http://127.0.0.1:1")
    for spec in CATALOG:
        tool = build(spec, settings)
        walk(tool.parameters, spec.name)
        assert "title" not in tool.parameters
        for name, schema in tool.parameters.get("properties", {}).items():
            assert schema.get("description"), f"{spec.name}.{name}"
        assert len(tool.description.split()) >= 6
        assert "\n" not in tool.description
        assert spec.hints.read_only_hint is not None
        assert spec.hints.destructive_hint is not None
        assert spec.hints.idempotent_hint is not None
        assert spec.hints.open_world_hint is True


async def test_a_call_that_takes_too_long_says_what_became_of_it() -> None:
    with running() as served:
        async with connected(served, deadline=0.3) as client:
            for tool, arguments, says in (
                ("list_segments", {}, "Nothing was changed"),
                (
                    "create_response",
                    {"end_user": MARA, "score": 3},
                    "may have been carried out or sent: do not repeat it",
                ),
            ):
                served.sandbox.faults.clear()
                served.sandbox.faults.add({"kind": "delay", "seconds": 2, "rate": 1.0})
                said = await refused(client, tool, **arguments)
                assert "within 0.3 seconds" in said
                assert says in said
