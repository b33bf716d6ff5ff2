from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.api.fakes import DECLINE, END_USER, RESPONSE
from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.models import (
    Bounds,
    Decline,
    EmailStats,
    EmailStatsSources,
    EndUser,
    EndUserSettings,
    NpsSummary,
    Response,
    Segment,
    SurveyTemplates,
    read_time,
)

MOMENT = datetime(2024, 3, 18, 14, 5, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-18 07:05:44 -0700",
        "2024-03-18 07:05:44 -07:00",
        "2024-03-18 07:05:44-07:00",
        "2024-03-18T07:05:44-07:00",
        "2024-03-18T07:05:44.000-07:00",
        "2024-03-18 14:05:44 UTC",
        "2024-03-18T14:05:44Z",
        "2024-03-18 14:05:44",
        1710770744,
        1710770744.0,
        "1710770744",
        " 1710770744.0 ",
        1710770744000,
        "1710770744000",
        MOMENT,
        MOMENT.replace(tzinfo=None),
    ],
)
def test_every_form_of_a_timestamp_is_the_same_instant(text: object) -> None:
    assert read_time(text) == MOMENT


def test_milliseconds_and_bare_dates_are_read() -> None:
    assert read_time("2024-03-18T07:05:44.118-07:00") == MOMENT + timedelta(milliseconds=118)
    assert read_time("2024-03-18") == datetime(2024, 3, 18, tzinfo=UTC)


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_empty_are_no_timestamp(nothing: object) -> None:
    assert read_time(nothing) is None


@pytest.mark.parametrize(
    "value",
    ["soon", "2024-13-01 00:00:00 -0700", True, [], {}, 1e300, float("nan"), "0001-01-01 00:00:00 +1000"],
)
def test_what_is_no_timestamp_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a timestamp"):
        read_time(value)


moments = st.integers(31_536_000, 4_070_908_800).map(lambda second: datetime.fromtimestamp(second, UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FORMS = [
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.000%z",
]


@given(moments, zones, st.sampled_from(FORMS))
def test_any_instant_is_read_back_from_every_form(moment: datetime, zone: timezone, form: str) -> None:
    local = moment.astimezone(zone)
    assert read_time(local.strftime(form)) == local
    assert read_time(int(local.timestamp())) == local
    assert read_time(str(int(local.timestamp()))) == local


def test_an_end_user_is_read_with_all_its_fields() -> None:
    user = EndUser.model_validate(END_USER)
    assert user.id == 512004417
    assert user.created_at == datetime(2024, 2, 5, 17, 14, 27, tzinfo=UTC)
    assert user.external_created_at == datetime.fromtimestamp(1706894400, UTC)
    assert user.properties == {"plan": "Team", "seats_amount": 42}
    assert user.last_response and user.last_response.survey and user.last_response.survey.channel == "email"
    assert user.settings and user.settings.email_nps and user.settings.force_web_survey is None


def test_an_end_user_of_nulls_and_unknown_fields_is_read() -> None:
    nulls = dict.fromkeys(END_USER)
    user = EndUser.model_validate(
        {**nulls, "id": "5", "created_at": 1710770744, "mood": "good", "user_id": 3}
    )
    assert (user.id, user.created_at, user.properties, user.email) == (5, MOMENT, {}, None)
    assert user.model_extra == {"mood": "good", "user_id": 3}


@pytest.mark.parametrize(("sent", "read"), [("", {}), (None, {}), ('{"plan": "Team"}', {"plan": "Team"})])
def test_properties_sent_as_a_text_or_null_are_read(sent: object, read: dict[str, Any]) -> None:
    assert EndUser.model_validate({**END_USER, "properties": sent}).properties == read


@pytest.mark.parametrize("properties", ["{plan=>Team}", 5, ["plan"], '["plan"]'])
def test_properties_that_cannot_be_read_are_refused_and_not_taken_for_none(properties: object) -> None:
    with pytest.raises(ValidationError):
        EndUser.model_validate({**END_USER, "properties": properties})


@pytest.mark.parametrize("missing", ["id", "created_at"])
def test_a_row_without_id_or_time_is_refused(missing: str) -> None:
    for model, row in ((EndUser, END_USER), (Response, RESPONSE), (Decline, DECLINE)):
        with pytest.raises(ValidationError):
            model.model_validate({key: value for key, value in row.items() if key != missing})


def test_a_response_with_nulls_for_lists_and_snapshot_is_read() -> None:
    response = Response.model_validate({**RESPONSE, "tags": None, "notes": None, "end_user": None, "text": 5})
    assert (response.tags, response.notes, response.text) == ([], [], "5")
    assert (response.end_user.email, response.end_user.properties) == (None, {})
    assert Response.model_validate(RESPONSE).end_user.properties == {"plan": "Team"}
    assert Decline.model_validate(DECLINE).end_user.email is None


def test_settings_are_read_and_an_object_without_any_is_refused() -> None:
    settings = EndUserSettings.model_validate(
        {"id": 7, "created_at": "2024-03-18 07:05:44-07:00", "email_nps": False}
    )
    assert (settings.created_at, settings.email_nps, settings.web_nps) == (MOMENT, False, None)
    with pytest.raises(ValidationError):
        EndUserSettings.model_validate({"message": "Not Found"})


def test_a_summary_and_segments_are_read() -> None:
    summary = NpsSummary.model_validate({"nps": 41.5, "responses": "120", "promoters": 67})
    assert (summary.nps, summary.responses, summary.detractors) == (41.5, 120, 0)
    segment = Segment.model_validate({"name": "plan", "data_type": "string", "created_at": None})
    assert (segment.name, segment.created_at) == ("plan", None)


@pytest.mark.parametrize(
    "body",
    [
        {
            "default_survey_template_id": 3312,
            "survey_templates": [
                {"id": 3312, "name": "Quarterly", "languages": [{"code": "en", "name": "English"}]}
            ],
        },
        {"default_template_id": 3312, "templates": [{"id": 3312, "name": "Quarterly", "languages": ["en"]}]},
    ],
)
def test_templates_are_read_under_either_name(body: dict[str, Any]) -> None:
    templates = SurveyTemplates.model_validate(body)
    assert templates.default_survey_template_id == 3312
    assert templates.survey_templates[0].languages[0].code == "en"
    assert templates.survey_templates[0].custom_samplings == []


def test_email_statistics_are_read_nested_and_flat() -> None:
    figures = {
        "send_requests": 120,
        "open_rate": "54%",
        "raw_results": {"processed": 112, "sart_date": "2024-02-01T00:00:00-08:00"},
    }
    for body in ({"email_stats": figures, "initial_send": None, "reminder_send": {"sent": 3}}, figures):
        stats = EmailStats.model_validate(body)
        assert stats.email_stats.open_rate == "54%"
        assert stats.email_stats.raw_results
        assert stats.email_stats.raw_results.sart_date == datetime(2024, 2, 1, 8, tzinfo=UTC)
    with pytest.raises(ValidationError):
        EmailStats.model_validate({"error": "no"})


def test_email_sources_are_read_under_either_name() -> None:
    ongoing, send = (
        {"id": "email_api", "name": "Email API *"},
        {"id": 41, "name": "a.csv", "date": "Mar 04, 2024  8:15AM"},
    )
    for names in (("ongoing", "sends"), ("ongoing_sources", "send_history")):
        sources = EmailStatsSources.model_validate(dict(zip(names, ([ongoing], [send]), strict=True)))
        assert sources.ongoing[0].id == "email_api"
        assert sources.sends[0].id == 41


def test_bounds_exclude_both_ends_in_whole_seconds() -> None:
    half = timedelta(milliseconds=500)
    assert Bounds(MOMENT, MOMENT + timedelta(seconds=2)).operators() == {"gt": 1710770744, "lt": 1710770746}
    assert Bounds(MOMENT + half, MOMENT + timedelta(seconds=2) + half).operators() == {
        "gt": 1710770744,
        "lt": 1710770747,
    }
    assert Bounds().operators() == {}
    assert Bounds.of_seconds(1710770744, None) == Bounds(MOMENT)


@pytest.mark.parametrize(
    ("after", "before"),
    [(MOMENT, MOMENT), (MOMENT, MOMENT - timedelta(days=1)), (MOMENT.replace(tzinfo=None), None)],
)
def test_bounds_that_contain_nothing_or_have_no_offset_are_refused(
    after: datetime, before: datetime | None
) -> None:
    with pytest.raises(InvalidRequest):
        Bounds(after, before)
