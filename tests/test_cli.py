"""The command line: what it takes, what it refuses, and that it starts without an account."""

from __future__ import annotations

import subprocess

import anyio
import pytest
from mcp import Client

from tests.accounts import text_of
from tests.processes import SERVER, server_environment, stdio_server
from tests.snapshot import assert_matches
from wootric_mcp import __version__
from wootric_mcp.cli import parser, run


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVER, *arguments],
        capture_output=True,
        text=True,
        env=server_environment({"COLUMNS": "100", **environment}),
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_help_reads_as_it_did_in_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert_matches("help.txt", parser().format_help())


def test_the_version_is_told() -> None:
    assert command("--version").stdout.strip() == f"wootric-mcp {__version__}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--nonsense",), "unrecognized arguments: --nonsense"),
        (("--port", "x"), "argument --port"),
        (("--http", "--port", "70000"), "0 to 65535"),
        (("--toolsets", "feedbak"), "There is no toolset feedbak. There are:"),
    ],
)
def test_a_wrong_flag_ends_with_status_2_and_says_why(arguments: tuple[str, ...], says: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_a_wrong_log_level_does_not_keep_the_server_from_starting() -> None:
    done = command(WOOTRIC_LOG_LEVEL="loud")
    assert done.returncode == 0
    assert "WOOTRIC_LOG_LEVEL" in done.stderr


def test_the_sandbox_command_has_a_parser_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["sandbox", "--help"])
    assert ended.value.code == 0
    assert "--story" in capsys.readouterr().out


async def test_with_nothing_configured_it_starts_and_every_call_says_what_to_set() -> None:
    with anyio.fail_after(30):
        async with Client(stdio_server(), mode="legacy") as client:
            assert len((await client.list_tools()).tools) >= 36
            status = await client.call_tool("account_status", {})
            assert not status.is_error
            for tool, arguments in (("list_segments", {}), ("delete_end_user", {"end_user": "1"})):
                answer = await client.call_tool(tool, arguments)
                assert answer.is_error
                assert "WOOTRIC_CLIENT_ID" in text_of(answer)
                assert "Nothing was read or changed" in text_of(answer)
    assert "WOOTRIC_CLIENT_ID" in text_of(status)


async def test_the_sandbox_flag_ignores_credentials_in_the_environment() -> None:
    environment = {
        "WOOTRIC_USERNAME": "real@lumenfield.test",
        "WOOTRIC_PASSWORD": "x",
        "WOOTRIC_REGION": "mars",
    }
    with anyio.fail_after(30):
        async with Client(stdio_server("--sandbox", environment=environment), mode="legacy") as client:
            status = text_of(await client.call_tool("account_status", {}))
    assert "Connected to the sandbox" in status
    assert "http://127.0.0.1:" in status
