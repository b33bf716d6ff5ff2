"""`wootric-mcp sync` and `wootric-mcp store`: reading ahead, and looking after what is kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import get_args

import anyio

from wootric_mcp.feedback.period import PeriodError, resolve_period
from wootric_mcp.settings import Privacy, Settings

ZoneOf = Callable[[Settings], tzinfo]


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
    return made


def main(arguments: Sequence[str], zone_of: ZoneOf) -> int:
    """Run `sync …` or `store …`; the exit status. `zone_of` gives the account's time zone."""
    options = parser().parse_args(arguments)
    settings = Settings.load({"privacy": options.privacy} if options.privacy else {})
    return _sync(settings, " ".join(options.period), zone_of)


def _sync(settings: Settings, period_text: str, zone_of: ZoneOf) -> int:
    from wootric_mcp.store.location import store_file

    if not settings.is_usable:
        return _refused(settings.what_to_set())
    if store_file(settings) is None:
        why = "WOOTRIC_STORE_DAYS is 0" if not settings.store_days else f"WOOTRIC_STORE is {settings.store}"
        return _refused(f"{why}, so nothing that is read would be kept.")
    zone = zone_of(settings)
    try:
        period = resolve_period(period_text, datetime.now(UTC), zone, str(zone))
    except PeriodError as error:
        return _refused(str(error))
    if period.future:
        return _refused(f"{period.label}: there is nothing to read yet.")
    from wootric_mcp.store.sync import sync

    try:
        return anyio.run(sync, settings, period, zone)
    except KeyboardInterrupt:
        sys.stderr.write("\nwootric-mcp: Stopped. The same command goes on from there.\n")
        return 130


def _refused(why: str) -> int:
    sys.stderr.write(f"wootric-mcp: {why}\n")
    return 2
