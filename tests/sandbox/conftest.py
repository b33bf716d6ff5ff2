"""What the tests of the sandbox share."""

from __future__ import annotations

import pytest

from tests.sandbox.stories import NOW
from wootric_mcp.sandbox.records import AccountData
from wootric_mcp.sandbox.story import build_story


@pytest.fixture(scope="session")
def story() -> AccountData:
    """The story. Not to be changed."""
    return build_story(NOW)
