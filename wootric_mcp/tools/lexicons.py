"""The lexicon of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ToolError

if TYPE_CHECKING:
    from wootric_mcp.feedback.lexicon import Lexicon
    from wootric_mcp.tools.app import App

_LONGEST_NAME = 100


def chosen_lexicon(app: App) -> Lexicon:
    """The lexicon of `WOOTRIC_THEMES`; a file is read again for every answer, so that edits show.

    Raises:
        ToolError: if it cannot be used.
    """
    from wootric_mcp.feedback.lexicon import LexiconError
    from wootric_mcp.store.lexicons import lexicon_of

    try:
        return lexicon_of(app.settings.themes)
    except LexiconError as error:
        raise ToolError(f"WOOTRIC_THEMES cannot be used: {error}. Nothing was read.") from error


def theme_named(lexicon: Lexicon, text: str) -> str:
    """The theme of that name; case and accents do not matter.

    Raises:
        ToolError: if there is none; the text names those there are.
    """
    from difflib import get_close_matches

    from wootric_mcp.feedback.words import fold
    from wootric_mcp.tools.answers import shown

    names = {" ".join(fold(name).split()): name for name in lexicon.names}
    asked = " ".join(fold(text[:_LONGEST_NAME]).split())
    if asked in names:
        return names[asked]
    close = [name for name in names if set(asked.split()) & set(name.split())] or get_close_matches(
        asked, names
    )
    meant = f" Close to it: {'; '.join(names[name] for name in close[:3])}." if close else ""
    raise ToolError(
        f"There is no theme {shown(text, 60)!r}.{meant} The themes: {'; '.join(lexicon.names)}. Anything "
        "else is found by its words: give them as query."
    )
