"""Files loaded as accounts, for the tests of that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wootric_mcp.sandbox.load import LoadError, load_file
from wootric_mcp.sandbox.records import AccountData

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def load(
    tmp_path: Path, content: str | bytes, name: str = "rows.csv", *, shift_dates: bool = False
) -> AccountData:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_file(file, now=NOW, shift_dates=shift_dates)


def json_lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def problems(tmp_path: Path, content: str | bytes, name: str = "rows.csv") -> tuple[tuple[int, str], ...]:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, content, name)
    return caught.value.problems


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
