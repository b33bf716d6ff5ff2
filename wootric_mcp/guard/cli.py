"""`wootric-mcp approve` and `wootric-mcp audit`: what a person does and sees of the guard, in a terminal."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from wootric_mcp.guard.audit import audit_file, lines
from wootric_mcp.guard.codes import LIFETIME, normal, unsealed
from wootric_mcp.settings import Settings
from wootric_mcp.shield.clean import clean
from wootric_mcp.store.errors import StoreBusy
from wootric_mcp.terminal import agreed, refused, told


def parser() -> argparse.ArgumentParser:
    """The arguments of both commands."""
    made = argparse.ArgumentParser(prog="wootric-mcp")
    commands = made.add_subparsers(dest="command", required=True)
    approve = commands.add_parser(
        "approve",
        help="let a call act that nobody could be asked about",
        description="Shows what a call would do that nobody could be asked about, and asks whether it may. "
        "After a yes the same call acts, once, within five minutes. It needs a terminal: a program that can "
        "open one can approve, too.",
    )
    approve.add_argument("code", metavar="CODE", help="from the answer to that call")
    audit = commands.add_parser(
        "audit",
        help="what was changed through this server",
        description="Shows the audit log, oldest first: a line before each write left and one with its "
        "outcome. Customers are keyed hashes; the same customer has the same one.",
    )
    audit.add_argument("-n", type=int, default=20, metavar="LINES", help="the last so many (default 20)")
    audit.add_argument("--json", action="store_true", help="the lines as they are")
    return made


def main(arguments: Sequence[str], now: Callable[[], float] = time.time) -> int:
    """Run `approve …` or `audit …`; the exit status. `now` is the wall clock, epoch seconds."""
    options = parser().parse_args(arguments)
    settings = Settings.load()
    if options.command == "audit":
        return _audit(settings, options.n, as_json=options.json)
    return _approve(settings, normal(options.code), now)


def _approve(settings: Settings, code: str, now: Callable[[], float]) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return refused("approve needs a terminal, so that a person sees what would happen.")
    from wootric_mcp.store import codes  # SQLAlchemy and all that

    hash_ = codes.hash_of(code)
    for path in _stores(settings):
        if sealed := codes.sealed_in(path, hash_, now()):
            told(clean(unsealed(code, sealed), keep_lines=True))
            if not agreed("Let this happen?"):
                return refused("Not approved. Nothing was changed.", 1)
            return _approved(path, hash_, now())
    return refused(
        "There is no such code: it is used, older than 5 minutes, or of a server with another WOOTRIC_STORE "
        "(set the same one here). Nothing was changed.",
        1,
    )


def _approved(path: Path, hash_: str, now: float) -> int:
    from wootric_mcp.store import codes

    try:
        if codes.approve_in(path, hash_, now, now + LIFETIME):
            return told(f"Approved. The same call acts once within {LIFETIME / 60:.0f} minutes.")
    except StoreBusy as error:
        return refused(f"{error} Nothing was changed.", 1)
    return refused("The code has been used or is too old by now. Nothing was changed.", 1)


def _stores(settings: Settings) -> Iterator[Path]:
    """Every store beside the one that the settings name: whoever types a code need not know the account."""
    from wootric_mcp.store.location import store_file

    path = store_file(settings)
    if path is None:
        return
    if path.exists():
        yield path
    yield from sorted(set(path.parent.glob("*.sqlite3")) - {path})


def _audit(settings: Settings, count: int, *, as_json: bool) -> int:
    path = audit_file(settings)
    found = list(islice(lines(path), max(count, 0)) if path else ())
    if not found:
        return told(f"There is nothing in {path}: nothing was changed through this server.")
    for line in reversed(found):
        told(json.dumps(line) if as_json else _told(line))
    return 0


def _told(line: dict[str, Any]) -> str:
    """One line for a person."""
    target = line.get("target") or {}
    about = [f"{name.removesuffix('_id')} {_listed(value)}" for name, value in target.items()]
    about += [f"mailed {line['mailed']}"] if line.get("mailed") else []
    about += [f"({', '.join(line['arguments'])})"] if line.get("arguments") else []
    head = [str(line.get(name, "")) for name in ("time", "id", "tool")]
    told = [
        *head,
        " ".join(about),
        f"confirmed: {line.get('confirmed', '')}",
        f"-> {line.get('outcome', '')}",
    ]
    return "  ".join(map(clean, told))


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
