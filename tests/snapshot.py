"""Comparing with a text that was read in review. `UPDATE_SNAPSHOTS=1 make test` writes the new one."""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = Path(__file__).with_name("snapshots")


def assert_matches(name: str, text: str) -> None:
    """The text equals `tests/snapshots/NAME`, byte for byte."""
    path = _FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; read it, then UPDATE_SNAPSHOTS=1"
