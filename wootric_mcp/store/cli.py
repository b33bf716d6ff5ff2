"""`wootric-mcp sync` and `wootric-mcp store`: reading ahead, and looking after what is kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import get_args

import anyio

from wootric_mcp.feedback.period import PeriodError, resolve_period
from wootric_mcp.settings import Privacy, Settings
from wootric_mcp.shield.logs import mask_logs
from wootric_mcp.store.location import files_of, store_file
from wootric_mcp.terminal import agreed, refused, told

ZoneOf = Callable[[Settings], tzinfo]

# Problems with these leave it open which store is meant.
_TELLING = ("WOOTRIC_STORE", "WOOTRIC_REGION", "WOOTRIC_BASE_URL", "WOOTRIC_ACCOUNT_TOKEN")


def parser() -> argparse.ArgumentParser:
    """The arguments of both commands."""
    made = argparse.ArgumentParser(prog="wootric-mcp")
    commands = made.add_subparsers(dest="command", required=True)
    sync = commands.add_parser(
        "sync",
        help="read a period ahead",
        description="Reads responses, declines and people of a period into the store: questions about it "
        "are then answered at once. It can be stopped at any time and goes on where it was.",
    )
    sync.add_argument(
        "period",
        nargs="*",
        default=["last", "365", "days"],
        metavar="PERIOD",
        help="all, last 90 days, 2026-Q3, since 2026-01-01 and so on (default: last 365 days)",
    )
    sync.add_argument(
        "--privacy",
        choices=get_args(Privacy),
        help="strict: e-mail addresses, phone numbers and IP addresses are not stored",
    )
    store = commands.add_parser(
        "store",
        help="what is kept of the account",
        description="Tells what is kept of the account that the environment names, or deletes it. Wootric is "
        "not asked, and nothing changes there.",
    )
    actions = store.add_subparsers(dest="action", required=True)
    actions.add_parser("status", help="rows, what has been read and when, what is still to read")
    clear = actions.add_parser("clear", help="delete it, also if it is damaged; what is asked is read again")
    clear.add_argument("--yes", action="store_true", help="do not ask")
    return made


def main(arguments: Sequence[str], zone_of: ZoneOf) -> int:
    """Run `sync …` or `store …`; the exit status. `zone_of` gives the account's time zone."""
    options = parser().parse_args(arguments)
    if options.command == "sync":
        settings = Settings.load({"privacy": options.privacy} if options.privacy else {})
        if settings.is_strict:
            mask_logs()
        return _sync(settings, " ".join(options.period), zone_of)
    settings = Settings.load()
    unknown = [problem for problem in settings.problems if problem.startswith(_TELLING)]
    if not (settings.account_token or settings.client_id or settings.username):
        unknown.append(settings.what_to_set())
    if unknown:
        return refused(" ".join(unknown))
    path = store_file(settings)
    if path is None:
        return told(f"{_why_nothing(settings)}, so nothing is kept.")
    if options.action == "clear":
        return _clear(path, is_sure=options.yes)
    return _status(path, settings, zone_of)


def _sync(settings: Settings, period_text: str, zone_of: ZoneOf) -> int:
    if not settings.is_usable:
        return refused(settings.what_to_set())
    if store_file(settings) is None:
        return refused(f"{_why_nothing(settings)}, so nothing that is read would be kept.")
    zone = zone_of(settings)
    try:
        period = resolve_period(period_text, datetime.now(UTC), zone, str(zone))
    except PeriodError as error:
        return refused(str(error))
    if period.future:
        return refused(f"{period.label}: there is nothing to read yet.")
    from wootric_mcp.store.sync import sync  # SQLAlchemy and all that

    try:
        return anyio.run(sync, settings, period, zone)
    except KeyboardInterrupt:
        sys.stderr.write("\nwootric-mcp: Stopped. The same command goes on from there.\n")
        return 130


def _status(path: Path, settings: Settings, zone_of: ZoneOf) -> int:
    if not path.exists():
        return told(f"There is no store at {path}: nothing of this account has been kept yet.")
    from wootric_mcp.store.status import Unreadable, described

    try:
        return told(described(path, settings, zone_of(settings)))
    except Unreadable as error:
        return refused(str(error), 1)


def _clear(path: Path, *, is_sure: bool) -> int:
    files = [file for file in files_of(path) if file.exists()]
    if not files:
        return told(f"There is no store at {path}: nothing was deleted.")
    if not is_sure and not sys.stdin.isatty():
        return refused(f"{path} would be deleted; add --yes. Nothing was deleted.")
    if not is_sure and not agreed(f"Delete {path}? What it holds can be read again."):
        return refused("Nothing was deleted.", 1)
    try:
        for file in files:
            file.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        return refused(f"{error.filename}: {why}. End the programs that use it, then try again.", 1)
    return told(f"Deleted {path}.")


def _why_nothing(settings: Settings) -> str:
    return "WOOTRIC_STORE_DAYS is 0" if not settings.store_days else f"WOOTRIC_STORE is {settings.store}"
