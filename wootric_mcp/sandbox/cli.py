"""The command `wootric-mcp sandbox`: a simulated account until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .faults import KINDS
from .switches import Switches

if TYPE_CHECKING:
    from .records import AccountData
    from .server import Sandbox


def main(argv: Sequence[str]) -> int:
    """Run the command with these arguments; the exit status. It serves until SIGINT or SIGTERM."""
    try:
        sandbox, port = prepare(argv)
    except KeyboardInterrupt:
        return 0
    except (ValueError, OSError) as error:
        print(f"wootric-mcp sandbox: {error}", file=sys.stderr)  # noqa: T201
        return 2
    from .server import serve

    try:
        with _interrupted() as stop, serve(sandbox, port) as running:
            about = _credentials(sandbox.switches)
            print(f"Wootric sandbox at {running.base_url} ({about})", flush=True)  # noqa: T201
            # In steps, because a wait without an end cannot be interrupted on Windows.
            while not stop.wait(0.2):
                pass
    except OSError as error:
        print(f"wootric-mcp sandbox: port {port}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        sandbox.close()
    return 0


def _credentials(switches: Switches) -> str:
    if switches.client_id == switches.client_secret:
        return f"client id and secret: {switches.client_id}"
    return f"client id: {switches.client_id}, and the secret you gave"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wootric-mcp sandbox",
        description="A simulated Wootric account on 127.0.0.1, to develop, demonstrate and test against.",
        epilog="Kinds of fault: " + "; ".join(f"{kind}: {what}" for kind, what in KINDS.items()) + ".",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--port", type=int, default=8123, help="the port, 0 for a free one (default: 8123)")
    add("--db", metavar="FILE", default=":memory:", help="keep the account in this file (default: in memory)")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--story", action="store_true", help="18 months of feedback whose truth is known")
    data.add_argument("--load", metavar="FILE", type=Path, help="feedback from CSV or JSON lines")
    add("--shift-dates", action="store_true", help="with --load: move the newest row to yesterday")
    add("--now", metavar="ISO", type=_instant, help="the time it is, such as 2026-11-20T12:00:00Z")
    add(
        "--fault",
        metavar="FIELD=VALUE,...",
        type=_fault,
        action="append",
        default=[],
        help="something to go wrong: kind=500,rate=0.05 or kind=cut,next=3; also path, method, seconds",
    )
    group = parser.add_argument_group("how it behaves")
    for switch in fields(Switches):
        flag, metadata = "--" + switch.name.replace("_", "-"), switch.metadata
        known: dict[str, Any] = {"dest": switch.name, "default": None, "help": metadata["help"]}
        if isinstance(switch.default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **known)
            continue
        standing = "off" if switch.default is None else switch.default
        known["help"] += f" (default: {standing})"
        if metadata["choices"]:
            group.add_argument(flag, choices=metadata["choices"], **known)
        elif metadata["optional"]:
            group.add_argument(flag, type=_limit, metavar="N", **known)
        else:
            group.add_argument(flag, type=type(switch.default), metavar=switch.name.upper(), **known)
    return parser


class _Off:
    """Stands for a limit that was switched off; None is an option that was not given."""


_OFF = _Off()


def _limit(text: str) -> int | _Off:
    return _OFF if text == "off" else int(text)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fault(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(separator for _, separator, _ in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of field=value")
    return {name.strip(): value.strip() for name, _, value in pairs}


def prepare(argv: Sequence[str]) -> tuple[Sandbox, int]:
    """The sandbox that the arguments ask for, and the port to serve it on.

    Raises:
        ValueError: a switch, fault or file that does not hold; the text names it.
        OSError: a file that cannot be read.
        SystemExit: arguments that cannot be read, or `--help`.
    """
    import sqlite3

    from .server import STORY_RATE_LIMIT, Sandbox

    options = _parser().parse_args(argv)
    given = {switch.name: getattr(options, switch.name) for switch in fields(Switches)}
    values = {name: None if value is _OFF else value for name, value in given.items() if value is not None}
    if options.story:
        values.setdefault("rate_limit", STORY_RATE_LIMIT)
    switches = Switches().changed(values)
    if options.shift_dates and not options.load:
        raise ValueError("--shift-dates needs --load")
    now = options.now or datetime.now(UTC)
    try:
        sandbox = Sandbox(_data(options, now), switches=switches, now=options.now, db=options.db)
    except sqlite3.Error as error:
        raise ValueError(f"{options.db}: {error}") from error
    try:
        for fault in options.fault:
            sandbox.faults.add(fault)
    except ValueError:
        sandbox.close()
        raise
    return sandbox, options.port


def _data(options: argparse.Namespace, now: datetime) -> AccountData | None:
    if options.story:
        from .story import build_story

        return build_story(now)
    if options.load:
        from .load import load_file

        return load_file(options.load, now=now, shift_dates=options.shift_dates)
    return None


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM (on Windows also Ctrl-Break) set."""
    event = threading.Event()
    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    before = {each: signal.signal(each, lambda *_: event.set()) for each in signals}
    try:
        yield event
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
