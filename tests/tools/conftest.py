"""What the tests of tools share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts import running, story
from wootric_mcp.sandbox.server import RunningSandbox


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSandbox]:
    """The story, served once for the tests that only read."""
    with running(story(), rate_limit=None) as sandbox:
        yield sandbox
