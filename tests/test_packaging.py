"""A built wheel, installed where nothing else is, runs with its prompts and data."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextResourceContents

from tests.processes import server_environment
from wootric_mcp import __version__
from wootric_mcp.prompts import load_prompts
from wootric_mcp.tools.catalog import CATALOG

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive as an index would get them."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    assert [path.name for path in folder.glob("*.tar.gz")] == [f"wootric_mcp-{__version__}.tar.gz"]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return programs


def test_the_wheel_has_the_package_with_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {
        f"{packaged}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, packaged in (("wootric_mcp", "wootric_mcp"), ("prompts", "wootric_mcp/prompts_library"))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "wootric_mcp/py.typed" in names and "wootric_mcp/definitions.md" in names


def test_the_installed_program_tells_its_version(scripts: Path) -> None:
    assert run(scripts / "wootric-mcp", "--version").strip() == f"wootric-mcp {__version__}"


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_the_installed_server_serves_the_sandbox(scripts: Path, tmp_path: Path, era: str) -> None:
    server = StdioServerParameters(
        command=str(scripts / "wootric-mcp"),
        args=["--sandbox"],
        env=server_environment({"HOME": str(tmp_path)}),
        cwd=tmp_path,
    )
    with anyio.fail_after(60):
        async with Client(server, mode=era) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
            (definitions,) = (await client.read_resource("wootric://definitions")).contents
            segments = await client.call_tool("list_segments", {})
            summary = await client.call_tool("summarize_feedback", {"period": "last_week"})
    assert tools == {spec.name for spec in CATALOG}
    assert prompts == {prompt.name for prompt in load_prompts()}
    assert isinstance(definitions, TextResourceContents) and "Net Promoter Score" in definitions.text
    assert not segments.is_error and "plan" in str(segments.content)
    assert not summary.is_error
