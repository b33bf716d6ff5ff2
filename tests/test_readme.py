"""What the README promises is there."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from scripts import readme
from tests.processes import server_environment
from wootric_mcp.prompts import load_prompts
from wootric_mcp.sandbox.cli import prepare
from wootric_mcp.sandbox.load import LoadError, load_file
from wootric_mcp.settings import Settings
from wootric_mcp.tools.catalog import CATALOG

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXAMPLE = json.loads((ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8"))


def test_the_tables_are_as_the_code_has_them() -> None:
    assert readme.written(README) == README, "run `make docs`"


def test_every_tool_prompt_and_setting_is_in_a_table() -> None:
    for spec in CATALOG:
        assert f"| `{spec.name}` |" in README
    for prompt in load_prompts():
        assert f"| {prompt.title} |" in README
    for name in set(Settings.model_fields) - {"is_sandbox", "problems"}:
        assert f"`WOOTRIC_{name.upper()}`" in README


def test_a_drifted_table_is_noticed_and_mended() -> None:
    drifted = README.replace("| `list_segments` |", "| `list_sediments` |")
    assert drifted != README
    assert readme.written(drifted) == README


def test_a_table_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="<!-- /prompts -->"):
        readme.written(README.replace("<!-- /prompts -->", ""))


def test_every_make_target_that_is_named_exists_and_is_described() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## \S", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "check", "verify", "docs"} <= named
    assert named <= targets


def test_every_file_that_is_linked_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_pitch_comes_first_and_the_example_second() -> None:
    lines = [line for line in README.splitlines() if line]
    assert lines[0] == "# wootric-mcp"
    assert not lines[1].startswith(("[!", "!["))


def test_every_json_snippet_can_be_pasted() -> None:
    snippets = re.findall(r"```json\n(.+?)```", README, re.DOTALL)
    assert len(snippets) >= 2
    for snippet in snippets:
        json.loads(snippet)


def test_the_feedback_file_that_is_shown_can_be_loaded_and_those_dates_are_refused(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```csv\n(.+?)```", README, re.DOTALL)
    file, now = tmp_path / "answers.csv", datetime(2026, 11, 18, tzinfo=UTC)
    file.write_text(shown, encoding="utf-8")
    loaded = load_file(file, now=now)
    assert [row.properties for row in loaded.responses] == [{"plan": "Team"}, {"plan": "Free"}]
    file.write_text(shown.replace(",", ";"), encoding="utf-8")
    assert load_file(file, now=now) == loaded
    for refused in ("18.03.2024", "03/18/2024"):
        assert f"`{refused}`" in README
        file.write_text(shown.replace("2024-03-19", refused), encoding="utf-8")
        with pytest.raises(LoadError):
            load_file(file, now=now)


def test_every_sandbox_command_that_is_shown_makes_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = re.findall(r"^wootric-mcp sandbox (.+)$", README, re.MULTILINE)
    assert {flag for line in shown for flag in line.split()} >= {"--story", "--load", "--fault"}
    (tmp_path / "answers.csv").write_text("date,score\n2024-03-18,9\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for line in shown:
        sandbox, _ = prepare(shlex.split(line, comments=True))
        sandbox.close()


async def test_the_example_configuration_starts_the_server() -> None:
    """Its very command, with --sandbox so that the placeholders are not used."""
    entry = EXAMPLE["mcpServers"]["wootric"]
    assert set(entry["env"]) <= {f"WOOTRIC_{name.upper()}" for name in Settings.model_fields}
    server = StdioServerParameters(
        command=entry["command"], args=[*entry["args"], "--sandbox"], env=server_environment(entry["env"])
    )
    async with Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("account_status", {})
    assert tools == {spec.name for spec in CATALOG}
    assert not answer.is_error
