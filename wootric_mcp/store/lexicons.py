"""The lexicon that an operator chose: packs by name, and a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wootric_mcp.feedback.lexicon import Lexicon

_LARGEST = 1_000_000


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
