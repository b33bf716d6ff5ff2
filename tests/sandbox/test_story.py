"""The story as an account: plausible, whole, and the same on the same day."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.sandbox.stories import NOW, between, nps, texts
from wootric_mcp.sandbox.records import AccountData
from wootric_mcp.sandbox.story import build_story


def test_the_account_has_the_size_of_a_growing_company(story: AccountData) -> None:
    rows = story.responses
    assert 3_800 <= len(story.end_users) <= 4_400
    assert 13_500 <= len(rows) <= 15_000
    assert 0.57 <= len(texts(story)) / len(rows) <= 0.63
    quarters = Counter((NOW.timestamp() - row.created_at) // (91 * 86_400) for row in rows)
    counts = [quarters[n] for n in range(5, -1, -1)]
    assert counts == sorted(counts)
    assert counts[-1] > 3 * counts[0]
    assert len(story.declines) > 1_000
    assert {segment.name: segment.data_type for segment in story.segments} == {
        "plan": "string",
        "region": "string",
        "renewal_date": "date",
        "seats_amount": "integer",
    }
    assert [template.is_default for template in story.templates] == [True, False]


def test_it_begins_eighteen_months_ago_and_ends_today(story: AccountData) -> None:
    first, last = story.responses[0].created_at, story.responses[-1].created_at
    assert 540 <= (NOW.timestamp() - first) / 86_400 <= 560
    assert datetime.fromtimestamp(last, UTC).date() == NOW.date()
    assert last < NOW.timestamp()


def test_nothing_in_it_is_younger_than_now_or_older_than_its_person(story: AccountData) -> None:
    joined = {user.id: user.created_at for user in story.end_users}
    now = NOW.timestamp()
    for row in (*story.responses, *story.declines):
        assert joined[row.end_user_id] <= row.created_at <= row.updated_at < now
    for user in story.end_users:
        assert user.created_at <= user.updated_at < now
        assert user.last_surveyed is None or user.created_at <= user.last_surveyed < now
    for send in story.email_sends:
        assert send.requested_at <= (send.sent_at or send.requested_at) < now


def test_ids_addresses_and_external_ids_belong_to_one_each(story: AccountData) -> None:
    for rows in (story.end_users, story.responses, story.declines, story.email_sends):
        assert len({row.id for row in rows}) == len(rows)
    assert [row.id for row in story.responses] == sorted(row.id for row in story.responses)
    for name in ("email", "external_id", "phone_number"):
        values = [value for user in story.end_users if (value := getattr(user, name))]
        assert len(set(values)) == len(values) > 100


def test_every_null_of_the_api_occurs(story: AccountData) -> None:
    users, rows = story.end_users, story.responses
    for name in (
        "email",
        "phone_number",
        "external_id",
        "last_surveyed",
        "external_created_at",
        "last_seen_at",
    ):
        assert 0 < sum(getattr(user, name) is None for user in users) < len(users), name
    for name in ("text", "survey_id", "ip_address", "origin_url", "email"):
        assert 0 < sum(getattr(row, name) is None for row in rows) < len(rows), name
    assert all(user.phone_number for user in users if user.email is None)
    assert any(user.properties == {} for user in users if user.email != "Unknown")
    assert any("plan" not in user.properties and user.properties for user in users)
    assert any(isinstance(user.properties.get("seats_amount"), str) for user in users)
    assert {row.channel for row in rows} == {"web", "email", "mobile:ios", "mobile:android"}


def test_addresses_and_numbers_could_belong_to_nobody(story: AccountData) -> None:
    fictional = re.compile(
        r"\+1\d{3}55501\d\d|\+447700900\d{3}|\+493023125\d{3}|\+3319900\d{4}|\+61(25550|27010)\d{4}"
    )
    for user in story.end_users:
        assert user.email in (None, "Unknown") or user.email.endswith((".test", ".example"))
        assert user.phone_number is None or fictional.fullmatch(user.phone_number)
    for text in texts(story).values():
        for address in re.findall(r"[\w.]+@[\w.]*\w", text):
            assert address.endswith((".test", ".example"))
        for host in re.findall(r"https?://([\w.]+)", text):
            assert host.endswith(".example")
        for number in re.findall(r"\+\d{7,}", text):
            assert fictional.fullmatch(number)


def test_a_snapshot_keeps_what_was_true_when_the_person_answered(story: AccountData) -> None:
    now = {user.id: user.properties for user in story.end_users}
    seats, plans = 0, 0
    for row in story.responses:
        today = now[row.end_user_id]
        seats += row.properties.get("seats_amount") != today.get("seats_amount")
        plans += row.properties.get("plan") != today.get("plan")
    assert seats > 500
    assert 50 < plans < 1_500


def test_people_are_not_asked_again_within_seven_weeks(story: AccountData) -> None:
    last: dict[int, int] = {}
    for row in story.responses:
        if row.end_user_id != story.truth["anonymous_user"]:
            assert row.created_at - last.get(row.end_user_id, 0) >= 50 * 86_400
            last[row.end_user_id] = row.created_at


def test_tags_are_upper_case_and_only_on_some_comments(story: AccountData) -> None:
    tagged = [row for row in story.responses if row.tags]
    assert 1_000 < len(tagged) < len(texts(story))
    assert all(tag == tag.upper() for row in tagged for tag in row.tags)
    assert {"PRICING", "SUPPORT", "EXPORT", "MOBILE"} <= {tag for row in tagged for tag in row.tags}


def test_comments_look_varied_and_human(story: AccountData) -> None:
    comments = list(texts(story).values())
    assert len(set(comments)) > 0.75 * len(comments)
    assert not [
        text
        for text in comments
        if re.search(r"[\[\]{}|]|  ", text) and "```" not in text and "](" not in text
    ]
    assert sum(bool(re.search("[\U0001f300-\U0001faff]", text)) for text in comments) > 100
    assert sum("&amp;" in text for text in comments) > 5
    assert sum("\n" in text for text in comments) > 50
    assert sum(text == text.upper() and len(text) > 30 for text in comments) > 10
    lengths = sorted(len(text) for text in comments)
    assert lengths[len(lengths) // 10] < 30
    assert lengths[len(lengths) * 9 // 10] > 120


def test_a_survey_by_e_mail_was_sent_before_it_was_answered(story: AccountData) -> None:
    sends: defaultdict[int, list[int]] = defaultdict(list)
    for send in story.email_sends:
        assert send.to.endswith((".test", ".example"))
        assert (send.sent_at is None) == (send.state in ("opted_out", "not_eligible"))
        assert not (send.responded or send.opened) or send.state == "delivered"
        if send.responded:
            assert send.end_user_id is not None
            sends[send.end_user_id].append(send.requested_at)
    answers = [
        row
        for row in story.responses
        if row.channel == "email" and row.created_at > NOW.timestamp() - 360 * 86_400
    ]
    assert len(answers) > 1_000
    for row in answers:
        assert any(0 < row.created_at - requested <= 11 * 86_400 for requested in sends[row.end_user_id])
    assert {send.state for send in story.email_sends} >= {
        "delivered",
        "bounced",
        "dropped",
        "opted_out",
        "not_eligible",
    }
    named = {(send.source, send.send_name) for send in story.email_sends if send.send_name}
    assert len(named) == 5
    assert all(source.isdigit() and name.endswith(".csv") for source, name in named if name)
    assert {send.source for send in story.email_sends if not send.send_name} == {
        "email_api",
        "webhook_trigger",
    }


# other days


def test_the_same_day_tells_the_same_story_and_later_on_it_only_goes_on(story: AccountData) -> None:
    assert build_story(NOW) == story
    morning = build_story(NOW.replace(hour=6, minute=1))
    told = len(morning.responses)
    assert story.responses[:told] == morning.responses
    assert told < len(story.responses)
    assert morning.declines == story.declines[: len(morning.declines)]
    for name in ("last_week", "week_before", "price_change", "crash_wave", "mix_shift", "hostile"):
        assert morning.truth[name] == story.truth[name]


def test_only_the_instant_counts_and_not_the_zone_it_is_written_in(story: AccountData) -> None:
    assert build_story(NOW.astimezone(timezone(timedelta(hours=-8)))) == story


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build_story(NOW.replace(tzinfo=None))


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, 9 * 365 * 86_400).map(lambda seconds: datetime.fromtimestamp(1_704_067_200 + seconds, UTC))
)
@example(datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC))
@example(datetime(2026, 11, 16, 8, tzinfo=UTC))  # a Monday, before anything has happened on it
@example(datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC))  # a Sunday
@example(datetime(2025, 4, 11, 9, tzinfo=UTC))  # a month began on the Tuesday of last week
@example(datetime(2028, 2, 29, 12, tzinfo=UTC))
@example(datetime(2026, 3, 2, 12, tzinfo=UTC))  # a month began on the Sunday of last week
def test_last_week_keeps_its_promises_on_every_day_and_in_every_zone(now: datetime) -> None:
    story = build_story(now)
    week = story.truth["last_week"]
    for hours in (-12, -8, 0, 5.5, 14):
        zone = timezone(timedelta(hours=hours))
        start = datetime.combine(date.fromisoformat(week["start"]), time(), zone)
        rows = between(story.responses, start, start + timedelta(days=7))
        assert len(rows) == week["responses"]
        assert nps(rows) == week["nps"]
    assert 370 <= week["responses"] <= 430
    assert week["commented_detractors"] >= 60
    assert next(iter(week["detractor_complaints"])) == story.truth["crash_wave"]["theme"]
    assert len(story.truth["hostile"]) == 3
    assert len(story.truth["near_duplicates"][-1]) == 8
    assert story.responses[-1].created_at < now.timestamp()
    wave = story.truth["crash_wave"]
    first = next(row for row in story.responses if row.id in wave["last_week"])
    assert datetime.fromtimestamp(first.created_at, UTC).date().isoformat() == wave["start"]
    scores = story.truth["price_change"]["scores"]
    assert scores["during"]["plan"]["nps"] < scores["before"]["plan"]["nps"] - 40
    mix = story.truth["mix_shift"]
    assert mix["after"]["overall"]["nps"] < mix["before"]["overall"]["nps"] - 6
