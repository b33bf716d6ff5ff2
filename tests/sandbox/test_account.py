from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from wootric_mcp.sandbox.account import Account, AccountNotEmptyError
from wootric_mcp.sandbox.clock import Clock
from wootric_mcp.sandbox.records import EmailSendRow, SegmentRow, TemplateRow, fresh_settings
from wootric_mcp.sandbox.server import Sandbox

from .connection import NOW, ago, connected, data, decline, response, user

RECORDS = (
    user(
        properties={"plan": "Team", "seats_amount": 3, "größe": "L"},
        phone_number="+353861234567",
        external_id="crm-1",
        last_surveyed=5,
        external_created_at=6,
        last_seen_at=7,
        settings={**fresh_settings(), "email_nps": False},
    ),
    user(2, None),
    response(
        7, text="naïve 🐢", tags=("UX", "CALL"), notes=("a note",), properties={"plan": "Pro"}, excluded=True
    ),
    decline(9, properties={"plan": "Team"}, ip_address="203.0.113.24"),
    EmailSendRow(3, "a@x.test", "email_api", ago(), "delivered", end_user_id=1, sent_at=ago(), opened=True),
    SegmentRow("plan", "string", ago(days=9)),
    TemplateRow(5, "Quarterly", "en", (("en", "English"),), is_default=True),
)


def test_what_is_loaded_is_read_back_unchanged() -> None:
    made = data(*RECORDS, answer=42)
    account = Account(Clock(NOW))
    account.load(made)
    assert tuple(account.end_users()) == made.end_users
    assert tuple(account.responses()) == made.responses
    assert tuple(account.declines()) == made.declines
    assert tuple(account.email_sends()) == made.email_sends
    assert account.truth() == {"answer": 42}
    account.close()


def test_an_account_without_data_is_empty() -> None:
    account = Account(Clock())
    assert (account.end_users(), account.outbox(), account.requests(), account.truth()) == ([], [], [], {})
    account.close()


@pytest.mark.parametrize(
    "twins",
    [
        (user(1), user(1, "b@x.test")),
        (user(1), user(2, "MARA@lumenfield.test")),
        (user(1, external_id="x"), user(2, "b@x.test", external_id="x")),
        (user(1), response(7), response(7)),
    ],
)
def test_data_with_twins_is_refused_and_nothing_of_it_kept(twins: tuple[object, ...]) -> None:
    account = Account(Clock(NOW))
    with pytest.raises(sqlite3.IntegrityError):
        account.load(data(*twins))
    assert account.end_users() == []
    account.load(data(user()))
    assert account.end_users() == [user()]
    account.close()


def test_a_file_keeps_the_account_and_takes_no_other_data(tmp_path: Path) -> None:
    db = str(tmp_path / "account.db")
    first = Sandbox(data(*RECORDS, answer=42), now=NOW, db=db)
    first.close()
    with pytest.raises(AccountNotEmptyError, match="already holds an account"):
        Sandbox(data(), db=db)
    again = Sandbox(now=NOW, db=db)
    assert len(again.account.end_users()) == 2
    assert again.account.truth() == {"answer": 42}
    again.close()


async def test_new_ids_go_on_after_a_restart(tmp_path: Path) -> None:
    db = str(tmp_path / "account.db")
    async with connected(user(600_000_000), db=db) as api:
        first = (await api.post("/v1/end_users", data={"email": "new@x.test"})).json()["id"]
    assert first == 600_000_001
    sandbox = Sandbox(now=NOW, db=db)
    assert [row.id for row in sandbox.account.end_users()] == [600_000_000, first]
    sandbox.close()
