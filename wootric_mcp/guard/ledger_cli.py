"""`wootric-mcp ledger`: who was mailed when, and what a person found out about sends that are unclear."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio

from wootric_mcp.settings import Settings
from wootric_mcp.shield.clean import clean
from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.location import ledger_file
from wootric_mcp.terminal import agreed, refused, told

if TYPE_CHECKING:
    from wootric_mcp.store.ledger import Entry, Ledger


def parser() -> argparse.ArgumentParser:
    """The arguments of the command."""
    made = argparse.ArgumentParser(
        prog="wootric-mcp ledger",
        description="Lists the survey requests that left from here, the newest first. Nobody in one that is "
        "unclear is mailed again before a person has looked in Wootric and resolved it.",
    )
    actions = made.add_subparsers(dest="action")
    resolve = actions.add_parser("resolve", help="say what became of an unclear request; it needs a terminal")
    resolve.add_argument("id", metavar="ID", help="S-…, from the list or from an answer")
    was = resolve.add_mutually_exclusive_group(required=True)
    was.add_argument("--sent", action="store_true", help="it went out: its people stay mailed")
    was.add_argument("--not-sent", action="store_true", help="it did not: its people may be mailed again")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run `ledger …`; the exit status."""
    options = parser().parse_args(arguments[1:])
    settings = Settings.load()
    path = ledger_file(settings)
    if path is None:
        return refused(f"WOOTRIC_STORE is {settings.store}, so there is no ledger on disk.")
    if not path.exists():
        return told(f"There is no ledger at {path}: nobody was mailed from here.")
    if options.action and not (sys.stdin.isatty() and sys.stdout.isatty()):
        return refused("resolve needs a terminal, so that a person decides. Nothing was changed.")
    from wootric_mcp.store.ledger import Ledger  # SQLAlchemy and all that

    try:
        ledger = Ledger.open(settings)
        if options.action:
            return _resolve(ledger, options.id, is_sent=options.sent)
        entries = anyio.run(ledger.entries)
    except StoreError as error:
        return refused(str(error), 1)
    return told("\n".join(map(_line, entries)) or "Nobody was mailed from here.")


def _resolve(ledger: Ledger, request: str, *, is_sent: bool) -> int:
    entry = next((each for each in anyio.run(ledger.entries) if each.id == request), None)
    if entry is None:
        return refused(f"There is no request {request!r} in {ledger.path}.", 1)
    if entry.state != "unclear":
        return refused(f"{entry.id} is not unclear: {entry.state}.", 1)
    told(_line(entry))
    effect = "was sent" if is_sent else "was not sent, so that its people may be mailed again"
    if not agreed(f"Have you looked in Wootric, and it {effect}?"):
        return refused("Nothing was changed.", 1)
    return told(_line(anyio.run(partial(ledger.resolve, entry.id, sent=is_sent))))


def _line(entry: Entry) -> str:
    moment = datetime.fromtimestamp(entry.made_at, UTC)
    people = "1 person" if entry.people == 1 else f"{entry.people:,} people"
    subject = clean(entry.subject) or "the standard question"
    return f"{moment:%Y-%m-%d %H:%M} UTC  {entry.id}  {entry.state:8}  {people}  {entry.plan}  {subject}"
