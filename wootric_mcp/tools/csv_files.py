"""The CSV of a survey: handed over as text, or named as a file in the one folder that the operator opened."""

from __future__ import annotations

from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

LARGEST = 4 * 1024 * 1024
"""Bytes of a CSV: far above 5,000 rows of addresses and properties."""


def csv_of(folder: Path | None, csv: str, file: str) -> tuple[str, str]:
    """The CSV's text and file name.

    Raises:
        ToolError: If both or neither are given, or the file is not one of `folder`'s own.
    """
    if bool(csv) == bool(file):
        raise ToolError("Give either csv (the text) or file (a name in WOOTRIC_CSV_DIR). Nothing was sent.")
    if csv:
        return csv, "recipients.csv"
    if folder is None:
        raise ToolError(
            "Files are off on this server: its operator has not set WOOTRIC_CSV_DIR. Give the text as csv. "
            "Nothing was sent."
        )
    return _read(folder, file), file


def _read(folder: Path, name: str) -> str:
    home = folder.expanduser().resolve()
    path = home / name
    if not _is_own_file(path, home):
        raise ToolError(f"There is no file {name[:80]!r} in WOOTRIC_CSV_DIR. Nothing was sent.")
    if path.stat().st_size > LARGEST:
        raise ToolError(f"{name[:80]!r} is over 4 MiB. Split it; a send takes 5,000 rows. Nothing was sent.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"{name[:80]!r} cannot be read as UTF-8 text. Nothing was sent.") from error


def _is_own_file(path: Path, home: Path) -> bool:
    """Resolved, so that neither a path nor a link can lead out of the folder."""
    try:
        return path.name.isprintable() and path.resolve().parent == home and path.is_file()
    except (OSError, ValueError):
        return False
