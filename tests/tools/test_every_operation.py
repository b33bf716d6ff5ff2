"""Every operation, called as a tool in both protocol eras, and what the account holds afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.accounts import (
    ERAS,
    JUN,
    JUN_LAST,
    MARA,
    MARA_DECLINE,
    MARA_FIRST,
    MARA_LAST,
    NOW,
    PHONE_ONLY,
    TEMPLATE,
    Person,
    ago,
    answered,
    connected,
    running,
    text_of,
)
from wootric_mcp.operations import OPERATIONS, Risk
from wootric_mcp.sandbox.account import Account


@dataclass
class Case:
    """A call, what its answer says, and what the account holds after it."""

    arguments: dict[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    holds: Callable[[Account], bool] = lambda _: True
    asks: bool = False


def _user(account: Account, id_: int) -> Any:
    return next(user for user in account.end_users() if user.id == id_)


def _response(account: Account, id_: int) -> Any:
    return next((response for response in account.responses() if response.id == id_), None)


def _decline(account: Account, id_: int) -> Any:
    return next((decline for decline in account.declines() if decline.id == id_), None)


def _newest_response_is(account: Account, **expected: Any) -> bool:
    newest = account.responses()[-1]
    return len(account.responses()) == 4 and all(
        getattr(newest, name) == value for name, value in expected.items()
    )


def _kinds(account: Account) -> list[tuple[str, str]]:
    return [(mail["kind"], mail["to"]) for mail in account.outbox()]


SURVEY: dict[str, Any] = {
    "survey_immediately": True,
    "subject": "How is your {{module}} going?",
    "intro": "Two questions.",
    "senders_name": "Lumenfield",
    "reply_to_email": "care@lumenfield.test",
    "delay": 2,
}
CSV = (
    "email,plan,___context:module\n"
    "mara.okafor@lumenfield.test,Team,billing\n"
    "new.one@lumenfield.test,Pro,search\n"
)
OWNER = "owner@example.invalid"

CASES: dict[str, Case] = {
    "list_end_users": Case(
        {"limit": 2},
        ("2 end users", "Next: list_end_users", "cursor="),
    ),
    "create_end_user": Case(
        {
            "email": "ana.lima@lumenfield.test",
            "phone_number": "+351912345678",
            "external_id": "crm-1",
            "properties": {"plan": "Pro", "seats_amount": 7},
            "last_surveyed": str(ago(days=3)),
            "external_created_at": "2026-01-02T00:00:00Z",
        },
        ("Created", "ana.lima@lumenfield.test"),
        lambda account: (
            account.end_users()[-1].properties == {"plan": "Pro", "seats_amount": 7}
            and account.end_users()[-1].last_surveyed == ago(days=3)
            and account.end_users()[-1].external_created_at == 1767312000
        ),
    ),
    "get_end_user": Case({"end_user": MARA}, ("mara.okafor@lumenfield.test", "crm-88213", "plan: Team")),
    "update_end_user": Case(
        {"end_user": "external:crm-88213", "properties": {"plan": "Pro"}, "clear": ["phone_number"]},
        ("phone_number, plan",),
        lambda account: (
            _user(account, MARA).properties == {"plan": "Pro", "region": "EMEA"}
            and not _user(account, MARA).phone_number
        ),
    ),
    "delete_end_user": Case(
        {"end_user": "jun.sato@lumenfield.test"},
        (str(JUN), "07:00 UTC"),
        lambda account: account.clock.advance(86_400) or JUN not in {user.id for user in account.end_users()},
        asks=True,
    ),
    "get_end_user_by_phone": Case({"phone_number": "+81 3 1234 5678"}, (str(PHONE_ONLY),)),
    "export_end_user_data": Case(
        {"end_user": MARA}, ("account's own user",), lambda account: _kinds(account) == [("export", OWNER)]
    ),
    "list_responses": Case(
        {"period": "last_week", "category": "detractor", "where": {"plan": "team"}, "has_text": True},
        ("1 response, ", str(MARA_LAST), "Two outages in a week", "2026-11-09 to 2026-11-15"),
    ),
    "update_response": Case(
        {"end_user": MARA, "response_id": MARA_LAST, "completed": True, "excluded_from_calculations": True},
        ("Updated",),
        lambda account: _response(account, MARA_LAST).excluded and _response(account, MARA_LAST).completed,
        asks=True,
    ),
    "list_end_user_responses": Case(
        {"end_user": "+353861234567", "order": "oldest"}, ("2 responses", "oldest first", "Setup took")
    ),
    "create_response": Case(
        {
            "end_user": MARA,
            "score": 7,
            "text": "Fine, but search is slow.",
            "ip_address": "203.0.113.9",
            "origin_url": "https://app.lumenfield.test/search",
            "created_at": "2026-11-10T08:00:00+00:00",
            "properties": {"plan": "Pro"},
        },
        ("Recorded", "search is slow"),
        lambda account: _newest_response_is(
            account, end_user_id=MARA, score=7, text="Fine, but search is slow.", ip_address="203.0.113.9"
        ),
    ),
    "get_end_user_response": Case(
        {"end_user": MARA, "response_id": MARA_FIRST}, ("Setup took ten minutes.", "score: 9")
    ),
    "delete_response": Case(
        {"end_user": MARA, "response_id": MARA_LAST},
        ("Deleted",),
        lambda account: _response(account, MARA_LAST) is None and len(account.responses()) == 2,
        asks=True,
    ),
    "list_promoter_responses": Case({"end_user": JUN}, ("1 response, ", str(JUN_LAST))),
    "list_passive_responses": Case({"end_user": MARA}, ("0 responses",)),
    "list_detractor_responses": Case({"end_user": MARA}, ("1 response, ", str(MARA_LAST))),
    "list_declines": Case({"where": {"region": "EMEA"}}, ("1 decline, ", str(MARA_DECLINE))),
    "list_end_user_declines": Case({"end_user": JUN}, ("0 declines",)),
    "create_decline": Case(
        {"end_user": JUN, "origin_url": "https://app.lumenfield.test/x", "created_at": str(ago(days=1))},
        ("Recorded",),
        lambda account: (
            len(account.declines()) == 2
            and account.declines()[-1].end_user_id == JUN
            and account.declines()[-1].created_at == ago(days=1)
        ),
    ),
    "get_end_user_decline": Case({"end_user": MARA, "decline_id": MARA_DECLINE}, ("plan: Team",)),
    "delete_decline": Case(
        {"end_user": MARA, "decline_id": MARA_DECLINE},
        ("Deleted",),
        lambda account: account.declines() == [],
        asks=True,
    ),
    "update_decline": Case(
        {"end_user": MARA, "decline_id": MARA_DECLINE, "properties": {"region": "APAC"}},
        ("Replaced",),
        lambda account: _decline(account, MARA_DECLINE).properties == {"region": "APAC"},
        asks=True,
    ),
    "get_end_user_settings": Case({"end_user": MARA}, ("email_nps: true",)),
    "update_end_user_settings": Case(
        {"end_user": MARA, "email_nps": False, "force_web_survey": True},
        ("email_nps false", "force_web_survey true"),
        lambda account: (
            _user(account, MARA).settings["email_nps"] is False
            and _user(account, MARA).settings["force_web_survey"] is True
            and _user(account, MARA).settings["mobile_nps"] is True
        ),
        asks=True,
    ),
    "get_nps_summary": Case({"period": "last_week"}, ("nps: 0", "responses: 2", "2026-11-09 to 2026-11-15")),
    "list_segments": Case({}, ("2 segments", "plan | string", "region | string")),
    "list_survey_templates": Case({}, (str(TEMPLATE), "Quarterly NPS", "en, de")),
    "send_email_survey": Case(
        {
            "emails": ["mara.okafor@lumenfield.test", JUN],
            "external_ids": ["crm-88213", "crm-90114"],
            "context": [{"module": "billing, search"}],
            "properties": {"campaign": "spring"},
            "survey_settings": {"language": "en", "custom_messages": {"followup_text": "Why?"}},
            **SURVEY,
        },
        ("accepted the survey for 2 recipients",),
        lambda account: (
            _kinds(account)
            == [("survey", "mara.okafor@lumenfield.test"), ("survey", "jun.sato@lumenfield.test")]
            and [mail["subject"] for mail in account.outbox()]
            == ["How is your billing going?", "How is your search going?"]
            and all(
                0 <= mail["send_at"] - int(NOW.timestamp()) - 2 * 86_400 < 60 for mail in account.outbox()
            )
        ),
        asks=True,
    ),
    "send_email_survey_csv": Case(
        {
            "csv": CSV,
            "delivery_time": "14:30",
            "custom_sender_email": "nps@lumenfield.test",
            "survey_settings": {"survey_template_id": TEMPLATE},
            **SURVEY,
        },
        ("accepted the survey for 2 recipients",),
        lambda account: (
            _kinds(account)
            == [("survey", "mara.okafor@lumenfield.test"), ("survey", "new.one@lumenfield.test")]
            and account.end_users()[-1].email == "new.one@lumenfield.test"
        ),
        asks=True,
    ),
    "get_email_stats": Case({"period": "last_month"}, ("send_requests: 0",)),
    "get_email_stats_sources": Case({}, ("email_api", "webhook_trigger")),
    "generate_bounce_report": Case(
        {"period": "2026-10", "source": "email_api"},
        ("account's own user",),
        lambda account: _kinds(account) == [("bounce_report", OWNER)],
    ),
}


def test_every_operation_has_its_case() -> None:
    assert set(CASES) == set(OPERATIONS)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_tool_does_what_the_operation_promises(
    operation: str, mode: Literal["auto", "legacy"]
) -> None:
    case, person = CASES[operation], Person()
    with running(snapshot_edit="204") as served:
        before = served.sandbox.account.end_users(), served.sandbox.account.responses()
        async with connected(served, mode, person=person, send_domains="lumenfield.test") as client:
            answer = await answered(client, operation, **case.arguments)
        for words in case.says:
            assert words in text_of(answer)
        assert answer.structured_content
        assert answer.structured_content["summary"] in text_of(answer)
        assert case.holds(served.sandbox.account)
        assert bool(person.questions) is case.asks
        if OPERATIONS[operation].risk is Risk.READ:
            assert before == (served.sandbox.account.end_users(), served.sandbox.account.responses())
            assert served.sandbox.account.outbox() == []
