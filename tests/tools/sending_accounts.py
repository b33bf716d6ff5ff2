"""Who was mailed, and what the ledger knows of each."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.tools.sends import settings_of
from wootric_mcp.sandbox.server import RunningSandbox
from wootric_mcp.store.location import ledger_file
from wootric_mcp.store.marks import address_mark, secret

MAY_HAVE_LEFT = {"sent", "sending", "unclear"}


def mailed(served: RunningSandbox, people: Sequence[str]) -> Counter[str]:
    """How often each of them was mailed."""
    marks = ", ".join("?" * len(people))
    rows = served.sandbox.account.rows(  # there may be thousands of others
        f"SELECT json_extract(mail, '$.to') AS address FROM outbox WHERE address IN ({marks})",
        list(people),
    )
    return Counter(row["address"] for row in rows)


def noted(served: RunningSandbox, folder: Path, people: Sequence[str]) -> dict[str, str]:
    """The state of each in the ledger; `not sent` also for who is not in it."""
    settings = settings_of(served.base_url, folder)
    path = ledger_file(settings)
    if not path or not path.exists():
        return dict.fromkeys(people, "not sent")
    marks = {address_mark(secret(settings), address): address for address in people}
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT * FROM sqlite_master").fetchall():
            return dict.fromkeys(people, "not sent")  # cut before it was made
        rows = connection.execute(
            "SELECT recipient, state FROM sends JOIN requests ON sends.request = requests.id"
        ).fetchall()
    states = dict.fromkeys(people, "not sent")
    for mark, state in rows:
        if mark in marks and state != "not sent":
            assert states[marks[mark]] == "not sent", "two requests may have mailed them"
            states[marks[mark]] = state
    return states


def assert_accounted_for(served: RunningSandbox, folder: Path, people: Sequence[str]) -> dict[str, str]:
    """Nobody was mailed twice, and the ledger knows of everybody what it can; it returns that."""
    outbox, states = mailed(served, people), noted(served, folder, people)
    for address in people:
        assert outbox[address] <= 1, f"{address} was mailed twice"
        if outbox[address]:
            assert states[address] in MAY_HAVE_LEFT, f"{address} was mailed, and the ledger does not know"
        else:
            assert states[address] != "sent", f"{address} was not mailed, and the ledger says so"
    return states
