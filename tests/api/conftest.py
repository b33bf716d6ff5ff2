from __future__ import annotations

import pytest

from wootric_mcp.api import limits


@pytest.fixture(autouse=True)
def _no_shared_limits() -> None:
    """Every test has an account of its own, though all name it alike."""
    limits._SHARED.clear()
