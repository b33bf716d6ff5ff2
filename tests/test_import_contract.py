"""Imports point one way, and a wrong one would be noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]

WRONG_IMPORTS = {
    "tools/segments.py": "import wootric_mcp.server, httpx, sqlalchemy",
    "api/forms.py": "import wootric_mcp.sandbox.records, mcp",
    "feedback/records.py": "import os",
    "shield/fence.py": "import pydantic",
    "sandbox/wire.py": "import mcp",
}
"""At least one for every contract."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_import_points_the_right_way() -> None:
    told = lint(ROOT)
    assert told.returncode == 0, told.stdout


def test_every_contract_can_break(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "wootric_mcp", tmp_path / "wootric_mcp")
    for module, line in WRONG_IMPORTS.items():
        path = tmp_path / "wootric_mcp" / module
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    told = lint(tmp_path)
    assert told.returncode == 1
    assert f"Contracts: 0 kept, {len(CONTRACTS)} broken." in told.stdout
