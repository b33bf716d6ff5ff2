"""The lexicon that an operator chose: packs by name, and a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ToolError

if TYPE_CHECKING:
    from wootric_mcp.feedback.lexicon import Lexicon
    from wootric_mcp.tools.app import App

_LARGEST = 1_000_000
_LONGEST_NAME = 100


def chosen_lexicon(app: App) -> Lexicon:
    """The lexicon of `WOOTRIC_THEMES`; a file is read again for every answer, so that edits show.

    Raises:
        ToolError: if it cannot be used.
    """
    from wootric_mcp.feedback.lexicon import LexiconError

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


def lexicon_of(chosen: str) -> Lexicon:
    """The universal themes with what `chosen` adds: names of packs and paths of files, with commas between.

    Raises:
        LexiconError: if something of it is not there or cannot be used, in a sentence that names it.
    """
    from wootric_mcp.feedback.lexicon import PACKS, LexiconError, lexicon

    parts = [part.strip() for part in chosen.split(",") if part.strip()]
    packs = tuple(part for part in PACKS if part in parts)
    files = [part for part in parts if part not in PACKS]
    if len(files) > 1:
        raise LexiconError(
            f"{files[0]}: packs ({', '.join(PACKS)}) can be named besides one file, but {len(files)} were"
        )
    if not files:
        return lexicon(packs)
    try:
        return lexicon(packs, _text(Path(files[0]).expanduser()))
    except LexiconError as error:
        raise LexiconError(f"{files[0]}: {error}") from error


def _text(path: Path) -> str:
    from wootric_mcp.feedback.lexicon import LexiconError

    try:
        with path.open("rb") as file:
            read = file.read(_LARGEST + 1)
    except (OSError, RuntimeError) as error:
        raise LexiconError(getattr(error, "strerror", None) or str(error)) from error
    if len(read) > _LARGEST:
        raise LexiconError(f"it is larger than {_LARGEST:,} bytes")
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LexiconError("it is not UTF-8") from error
