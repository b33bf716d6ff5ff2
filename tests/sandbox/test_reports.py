from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from wootric_mcp.sandbox.records import EmailSendRow, SegmentRow, TemplateRow
from wootric_mcp.sandbox.reports import months_before, percent

from .connection import USER, ago, connected, decline, response, user


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def send(id_: int, state: Any = "delivered", **more: Any) -> EmailSendRow:
    return EmailSendRow(
        id_,
        more.pop("to", f"p{id_}@x.test"),
        more.pop("source", "email_api"),
        more.pop("requested_at", ago(days=2)),
        state,
        **more,
    )


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(0, 0, 0), (1, 8, 13), (1, 3, 33), (2, 3, 67), (1, 200, 1), (5, 5, 100)]
)
def test_percentages_are_rounded_half_up(part: int, whole: int, expected: int) -> None:
    assert percent(part, whole) == expected


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 18), 13, date(2025, 10, 18)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
    ],
)
def test_a_month_earlier_is_the_same_day_or_the_last(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


async def test_the_summary_counts_what_is_not_excluded() -> None:
    scores = [10, 9, 9, 8, 7, 6, 0]
    records = [response(n, score) for n, score in enumerate(scores, start=1)]
    async with connected(user(), *records, response(50, 0, excluded=True), decline(1), decline(2)) as api:
        assert (await api.get("/v1/nps_summary")).json() == {
            "nps": 14,
            "responses": 7,
            "detractors": 2,
            "passives": 2,
            "promoters": 3,
            "response_rate": 78,
            "email_response_rate": 0,
        }


async def test_a_negative_score_is_rounded_like_a_positive_one() -> None:
    async with connected(user(), *[response(n, 0 if n < 6 else 7) for n in range(1, 9)]) as api:
        assert (await api.get("/v1/nps_summary")).json()["nps"] == -63


async def test_days_begin_in_the_accounts_zone_and_both_ends_count() -> None:
    pacific = [
        response(1, created_at=at(2026, 11, 1, 6, 59)),
        response(2, created_at=at(2026, 11, 1, 7)),
        response(3, created_at=at(2026, 11, 3, 7, 59)),
        response(4, created_at=at(2026, 11, 3, 8)),
    ]
    async with connected(user(), *pacific) as api:
        query = "date[start]='2026-11-01'&date[end]=2026-11-02"
        assert (await api.get(f"/v1/nps_summary?{query}")).json()["responses"] == 2
        assert (await api.get("/v1/nps_summary?date[end]=2026-11-02")).json()["responses"] == 3
        assert (await api.get("/v1/nps_summary?date[start]=2026-11-01")).json()["responses"] == 3
        assert (await api.get("/v1/nps_summary?date[start]=2026-11-05")).json()["responses"] == 0
    async with connected(user(), *pacific, time_zone="UTC") as api:
        assert (await api.get(f"/v1/nps_summary?{query}")).json()["responses"] == 2
        assert (await api.get("/v1/nps_summary?date[start]=2026-11-03")).json()["responses"] == 2


async def test_without_a_range_the_summary_is_of_thirty_days() -> None:
    # Today began at 08:00 UTC; the thirtieth day before was still in summer time.
    inside, outside = at(2026, 10, 20, 7), at(2026, 10, 20, 6, 59)
    async with connected(user(), response(1, created_at=inside), response(2, created_at=outside)) as api:
        assert (await api.get("/v1/nps_summary")).json()["responses"] == 1


@pytest.mark.parametrize("value", ["2026-13-01", "yesterday", "20261101", "2026-11-1x"])
async def test_a_date_that_cannot_be_read_is_named(value: str) -> None:
    async with connected() as api:
        assert await api.problems("GET", f"/v1/nps_summary?date[start]={value}") == ["date[start] is invalid"]


async def test_segments_are_listed_with_their_kinds() -> None:
    async with connected(SegmentRow("renewal_date", "date", at(2026, 8, 1, 17))) as api:
        assert (await api.get("/v1/segments")).json() == [
            {"name": "renewal_date", "data_type": "date", "created_at": "2026-08-01 10:00:00 -0700"}
        ]


TEMPLATES = (
    TemplateRow(3312, "Quarterly NPS", "en", (("en", "English"), ("de", "German")), is_default=True),
    TemplateRow(3313, "After support", "fr", (("fr", "French"),)),
)


async def test_survey_templates_have_two_shapes() -> None:
    async with connected(*TEMPLATES) as api:
        documented = (await api.get("/v1/survey_templates")).json()
        assert documented["default_survey_template_id"] == 3312
        assert documented["survey_templates"][0] == {
            "id": 3312,
            "name": "Quarterly NPS",
            "default_language": "en",
            "languages": [{"code": "en", "name": "English"}, {"code": "de", "name": "German"}],
            "non_configured_language_count": 1,
            "custom_samplings": [],
        }
    async with connected(*TEMPLATES, report_shape="openapi") as api:
        assert (await api.get("/v1/survey_templates")).json() == {
            "default_template_id": 3312,
            "templates": [
                {"id": 3312, "name": "Quarterly NPS", "languages": ["en", "de"], "configuration": {}},
                {"id": 3313, "name": "After support", "languages": ["fr"], "configuration": {}},
            ],
        }
    async with connected() as api:
        assert (await api.get("/v1/survey_templates")).json() == {
            "default_survey_template_id": None,
            "survey_templates": [],
        }


MAILS = (
    send(1, opened=True, responded=True),
    send(2, opened=True),
    send(3),
    send(4, "bounced"),
    send(5, "dropped"),
    send(6, "opted_out"),
    send(7, "not_eligible"),
    send(8, "not_eligible"),
    send(9, spam=True),
    send(10, requested_at=ago(days=420)),
)


async def test_email_statistics_have_the_documented_shape() -> None:
    async with connected(*MAILS) as api:
        answer = (await api.get("/v2/email_stats?date_range[start_date]=2026-03-01")).json()
        assert answer == {
            "email_stats": {
                "send_date": "Mar  1, 2026-Nov 18, 2026",
                "send_requests": 9,
                "emails_sent": 6,
                "delivered": 4,
                "delivered_percentage": "66.7%",
                "bounce_rate": 1,
                "bounce_rate_percentage": "16.7%",
                "open_rate": "33%",
                "response_rate": "17%",
                "not_eligible": "3 (33%)",
                "raw_results": {
                    "processed": 6,
                    "bounce": 1,
                    "dropped": 1,
                    "delivered": 4,
                    "opted_out": 1,
                    "not_delivered": 2,
                    "open": 2,
                    "spamreport": 1,
                    "not_eligible": 2,
                    "total_surveys": 6,
                    "total_responses": 1,
                    "sart_date": "2026-03-01T00:00:00-08:00",
                    "end_date": "2026-11-18T23:59:59-08:00",
                },
            },
            "initial_send": None,
            "reminder_send": None,
        }


async def test_email_statistics_reach_back_thirteen_months_and_no_further() -> None:
    async with connected(*MAILS) as api:
        stats = (await api.get("/v2/email_stats")).json()["email_stats"]
        assert (stats["send_date"], stats["send_requests"]) == ("Oct 18, 2025-Nov 18, 2026", 9)
        older = (await api.get("/v2/email_stats?date_range[start_date]=2024-01-01")).json()["email_stats"]
        assert (older["send_date"], older["send_requests"]) == ("Jan  1, 2024-Nov 18, 2026", 9)
        range_ = "date_range[start_date]=2026-11-17&date_range[end_date]=2026-11-18"
        assert (await api.get(f"/v2/email_stats?{range_}")).json()["email_stats"]["send_requests"] == 0


async def test_email_statistics_can_have_the_openapi_shape() -> None:
    async with connected(*MAILS, report_shape="openapi") as api:
        assert (await api.get("/v2/email_stats")).json() == {
            "send_requests": 9,
            "delivered": 4,
            "opened": 2,
            "responded": 1,
            "bounced": 1,
            "open_rate": 50,
            "response_rate": 25,
        }


async def test_the_summary_knows_how_many_mails_were_answered() -> None:
    async with connected(*MAILS) as api:
        assert (await api.get("/v1/nps_summary")).json()["email_response_rate"] == 17


SENDS = (
    send(1, source="41", send_name="spring_wave.csv", requested_at=at(2026, 3, 4, 16, 15)),
    send(2, source="41", send_name="spring_wave.csv", requested_at=at(2026, 3, 4, 16, 15)),
    send(3, source="42", send_name="autumn_wave.csv", requested_at=at(2026, 10, 4, 19, 5)),
    send(4),
)


async def test_sources_are_the_standing_ones_and_each_csv_send() -> None:
    async with connected(*SENDS) as api:
        assert (await api.get("/v2/email_stats/sources")).json() == {
            "ongoing": [
                {"id": "email_api", "name": "Email API *"},
                {"id": "webhook_trigger", "name": "Webhook Trigger *"},
            ],
            "sends": [
                {"id": 42, "name": "autumn_wave.csv", "date": "Oct 04, 2026  12:05PM"},
                {"id": 41, "name": "spring_wave.csv", "date": "Mar 04, 2026  8:15AM"},
            ],
        }
    async with connected(*SENDS, user(), report_shape="openapi") as api:
        body = (await api.get("/v2/email_stats/sources")).json()
        assert body["send_history"][1] == {"name": "spring_wave.csv", "date": "2026-03-04"}
        assert [source["name"] for source in body["ongoing_sources"]] == ["Email API *", "Webhook Trigger *"]


@pytest.mark.parametrize(("grant", "to"), [(USER, "sandbox"), (None, "owner@example.invalid")])
async def test_the_bounce_report_is_mailed_and_answered_with_null(grant: Any, to: str) -> None:
    bounces = (
        send(1, "bounced", to="b@x.test"),
        send(2, "bounced", to="a@x.test", source="41", send_name="wave.csv"),
        send(3, "bounced", to="old@x.test", requested_at=ago(days=90)),
        send(4),
    )
    async with connected(*bounces, **({"grant": grant} if grant else {})) as api:
        path = "/v2/email_stats/bounce_report"
        answer = await api.post(path, data={"date_range[start_date]": "2026-11-01"})
        assert (answer.status_code, answer.content) == (200, b"null")
        await api.post(path, json={"source": 41, "date_range": {"end_date": "2026-11-18"}})
        first, second = api.sandbox.account.outbox()
        assert (first["kind"], first["to"], first["bounces"]) == (
            "bounce_report",
            to,
            ["a@x.test", "b@x.test"],
        )
        assert (first["start_date"], first["end_date"]) == ("2026-11-01", "2026-11-18")
        assert (second["source"], second["bounces"]) == ("41", ["a@x.test"])
        assert await api.problems("POST", path, json={"source": "wave.csv"}) == [
            "source does not have a valid value"
        ]
