"""A simulated Wootric account behind a real HTTP server, to develop, demonstrate and test against.

It imports nothing of the rest of the package, so that it cannot share its mistakes. Importing this package
alone is cheap; the server and SQLite load when one of the names below is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .server import RunningSandbox, Sandbox, serve
    from .switches import Switches

__all__ = ["RunningSandbox", "Sandbox", "Switches", "serve"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import server

    return getattr(server, name)
