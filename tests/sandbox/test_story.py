from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wootric_mcp.sandbox.records import AccountData, ResponseRow
from wootric_mcp.sandbox.story import build_story

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def story() -> AccountData:
    return build_story(NOW)


def between(rows: Iterable[ResponseRow], start: datetime, end: datetime) -> list[ResponseRow]:
    return [row for row in rows if start.timestamp() <= row.created_at < end.timestamp()]


def week_before(now: datetime) -> tuple[datetime, datetime]:
    """Last week's bounds, worked out in the time zone of `now`."""
    monday = now.date() - timedelta(days=now.date().isocalendar().weekday - 1)
    end = datetime.combine(monday, time(), now.tzinfo)
    return end - timedelta(days=7), end


def of_month(rows: Iterable[ResponseRow], month: str) -> list[ResponseRow]:
    return [row for row in rows if datetime.fromtimestamp(row.created_at, UTC).isoformat().startswith(month)]


def nps(rows: Iterable[ResponseRow]) -> float:
    scores = [row.score for row in rows if not row.excluded]
    promoters, detractors = sum(s in (9, 10) for s in scores), sum(s in range(7) for s in scores)
    return round(100 * (promoters - detractors) / len(scores), 1)


def texts(story: AccountData) -> dict[int, str]:
    return {row.id: row.text for row in story.responses if row.text is not None}


# the account as a whole


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


# the truth


def test_the_truth_survives_json(story: AccountData) -> None:
    assert json.loads(json.dumps(story.truth)) == story.truth


def test_totals_are_counted_from_the_rows(story: AccountData) -> None:
    users, rows, totals = story.end_users, story.responses, story.truth["totals"]
    assert totals["end_users"] == len(users)
    assert totals["never_surveyed"] == len([user for user in users if not user.last_surveyed]) > 50
    assert totals["phone_only"] == len([user for user in users if not user.email]) > 50
    opted_out = [
        user
        for user in users
        if not user.settings["email_nps"] or user.settings["surveys_disabled_by_end_user"]
    ]
    assert totals["opted_out"] == len(opted_out) > 50
    assert totals["responses"] == len(rows)
    assert totals["commented"] == len(texts(story))
    assert totals["declines"] == len(story.declines)
    assert totals["email_sends"] == len(story.email_sends)
    assert (totals["first_response"], totals["last_response"]) == (rows[0].created_at, rows[-1].created_at)
    assert totals["score"]["nps"] == nps(rows)
    assert totals["score"]["n"] == len(rows) - totals["excluded"]
    assert story.truth["excluded"] == [row.id for row in rows if row.excluded]
    for month, score in story.truth["months"].items():
        assert score["nps"] == nps(of_month(rows, month))


@pytest.mark.parametrize("name", ["last_week", "week_before"])
def test_the_truth_of_a_week_is_counted_from_its_rows(story: AccountData, name: str) -> None:
    week = story.truth[name]
    start = datetime.combine(date.fromisoformat(week["start"]), time(), UTC)
    end = datetime.combine(date.fromisoformat(week["end"]), time(), UTC) + timedelta(days=1)
    assert end - start == timedelta(days=7)
    assert week["period"] == start.strftime("%G-W%V")
    rows = between(story.responses, start, end)
    counted = [row for row in rows if not row.excluded]
    assert week["responses"] == len(rows)
    assert week["excluded"] == len(rows) - len(counted)
    assert week["n"] == len(counted) == week["promoters"] + week["passives"] + week["detractors"]
    assert week["promoters"] == sum(row.score > 8 for row in counted)
    assert week["detractors"] == sum(row.score < 7 for row in counted)
    assert week["nps"] == nps(rows)
    assert week["commented"] == sum(row.text is not None for row in rows)
    assert week["commented_detractors"] == sum(row.score < 7 and row.text is not None for row in counted)
    assert week["declines"] == sum(
        start.timestamp() <= row.created_at < end.timestamp() for row in story.declines
    )
    themes = [story.truth["themes"].get(str(row.id), {}) for row in rows]
    for theme, counts in week["themes"].items():
        assert counts == {
            "complaints": sum(found.get(theme) == -1 for found in themes),
            "praise": sum(found.get(theme) == 1 for found in themes),
        }
    blamed = Counter(
        theme
        for row in rows
        for theme, stance in story.truth["themes"].get(str(row.id), {}).items()
        if stance == -1 and row.score < 7
    )
    assert week["detractor_complaints"] == dict(blamed)
    assert list(week["detractor_complaints"].values()) == sorted(blamed.values(), reverse=True)
    assert week["not_english"] == dict(
        Counter(
            story.truth["languages"][str(row.id)] for row in rows if str(row.id) in story.truth["languages"]
        )
    )


def test_the_words_of_a_theme_stand_in_its_comments(story: AccountData) -> None:
    words = {
        "pricing": "pric|expens|cheap|afford|pay|paid|cost|plan|renewal|subscription|invoice|value|cent",
        "mobile crashes": "crash|app",
        "CSV export": "csv",
        "support": "support|helpdesk|service",
        "speed": "slow|fast|quick|load|lag|spin|snappy|perform|saving|speed|takes",
        "search": "search",
        "integrations": "integrat|sync|connect|webhook|api|erp",
        "reporting": "report|dashboard",
        "billing": "bill|invoice|charge|credit card|seats|plan",
        "documentation": "doc|help|manual|tutorial|screenshot",
    }
    written = texts(story)
    seen: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for key, themes in story.truth["themes"].items():
        for theme in (themes.keys() & words.keys()) if key not in story.truth["languages"] else ():
            seen[theme] += 1
            silent[theme] += not re.search(words[theme], written[int(key)].lower())
    for theme in words:
        assert seen[theme] > 90
        assert silent[theme] <= 0.05 * seen[theme]  # its one word may be misspelt


def test_the_price_rise_hurts_one_plan_in_one_month(story: AccountData) -> None:
    change = story.truth["price_change"]
    plan, scores = change["plan"], change["scores"]
    for name, month in change["months"].items():
        rows = of_month(story.responses, month)
        hit = [row for row in rows if row.properties.get("plan") == plan]
        others = [row for row in rows if row.properties.get("plan") != plan]
        for group, label in ((hit, "plan"), (others, "others")):
            assert scores[name][label]["nps"] == nps(group)
            assert scores[name][label]["n"] > 150
            assert change["complaints"][name][label] == sum(
                story.truth["themes"].get(str(row.id), {}).get(change["theme"]) == -1 for row in group
            )
    assert scores["during"]["plan"]["nps"] < scores["before"]["plan"]["nps"] - 40
    assert abs(scores["after"]["plan"]["nps"] - scores["before"]["plan"]["nps"]) < 8
    assert abs(scores["during"]["others"]["nps"] - scores["before"]["others"]["nps"]) < 8
    assert change["complaints"]["during"]["plan"] > 5 * change["complaints"]["before"]["plan"]


def test_mobile_crashes_begin_on_the_monday_of_last_week(story: AccountData) -> None:
    wave = story.truth["crash_wave"]
    start, end = week_before(NOW)
    assert wave["start"] == start.date().isoformat()
    rows = {row.id: row for row in between(story.responses, start, end)}
    assert set(wave["last_week"]) <= rows.keys()
    assert min(rows[number].created_at for number in wave["last_week"]) < start.timestamp() + 86_400
    *before, last = wave["complaints_by_week"].values()
    assert len(before) == 8
    assert max(before) <= 6
    assert last == len(wave["last_week"]) >= 50
    spoken = [
        rows[number].text or "" for number in wave["last_week"] if str(number) not in story.truth["languages"]
    ]
    assert sum(any(word in text.lower() for word in wave["words"]) for text in spoken) > 0.9 * len(spoken)
    assert {rows[number].channel for number in wave["last_week"]} == {"mobile:ios", "mobile:android"}


def test_the_mix_of_regions_and_no_opinion_moves_the_score(story: AccountData) -> None:
    shift = story.truth["mix_shift"]
    before, after = shift["before"], shift["after"]
    for part in (before, after):
        rows = [row for row in of_month(story.responses, part["month"]) if not row.excluded]
        assert part["overall"]["nps"] == nps(rows)
        regions: defaultdict[str, list[ResponseRow]] = defaultdict(list)
        for row in rows:
            regions[str(row.properties.get(shift["segment"], "(none)"))].append(row)
        assert part["regions"].keys() == regions.keys() == {"AMER", "EMEA", "APAC", "(none)"}
        for region, some in regions.items():
            assert part["regions"][region]["nps"] == nps(some)
            assert part["regions"][region]["share"] == pytest.approx(len(some) / len(rows), abs=1e-4)
    assert after["overall"]["nps"] < before["overall"]["nps"] - 7
    assert after["regions"]["APAC"]["share"] > before["regions"]["APAC"]["share"] + 0.15
    for region in ("AMER", "EMEA", "APAC"):
        assert abs(after["regions"][region]["nps"] - before["regions"][region]["nps"]) < 5


def test_three_comments_of_last_week_try_to_instruct_an_assistant(story: AccountData) -> None:
    rows = {row.id: row for row in between(story.responses, *week_before(NOW))}
    found = {entry["kind"]: rows[entry["id"]] for entry in story.truth["hostile"]}
    assert set(found) == {"ignore_instructions", "fake_tool_result", "markdown_exfiltration"}
    assert all(row.score <= 6 for row in found.values())
    assert "Ignore all previous instructions" in (found["ignore_instructions"].text or "")
    assert "</untrusted>" in (found["fake_tool_result"].text or "")
    assert "![chart](https://" in (found["markdown_exfiltration"].text or "")


def test_the_csv_export_is_blamed_and_praised_all_through_the_year(story: AccountData) -> None:
    csv = story.truth["csv_export"]
    written = texts(story)
    when = {row.id: datetime.fromtimestamp(row.created_at, UTC).strftime("%Y-%m") for row in story.responses}
    everything = {number for number, text in written.items() if "csv" in text.lower()}
    assert set(csv["complaints"]) | set(csv["praise"]) == everything
    assert not set(csv["complaints"]) & set(csv["praise"])
    export = re.compile("export|exporta|esporta|エクスポート")
    assert all(export.search(written[number].lower()) for number in everything)
    for stance in ("complaints", "praise"):
        by_month = Counter(when[number] for number in csv[stance])
        for month, score in list(story.truth["months"].items())[3:-1]:
            assert 0.004 < by_month[month] / score["n"] < 0.05, (stance, month)


def test_copied_complaints_differ_in_little(story: AccountData) -> None:
    written = texts(story)
    groups = story.truth["near_duplicates"]
    assert len(groups) == 9
    for group in groups:
        assert len(group) >= 4
        first = re.sub(r"\W+", " ", written[group[0]].lower()).split()
        for number in group[1:]:
            words = re.sub(r"\W+", " ", written[number].lower()).split()
            assert len(set(words) ^ set(first)) <= 2
    assert len({number for group in groups for number in group}) == sum(len(group) for group in groups)


def test_comments_with_personal_data_hold_it(story: AccountData) -> None:
    written = texts(story)
    entries = story.truth["personal_data"]
    assert len(entries) >= 12
    assert all(entry["value"] in written[entry["id"]] for entry in entries)
    assert {entry["kind"] for entry in entries} == {"email", "phone"}
    holding = {number for number, text in written.items() if re.search(r"\S@\S|\+\d{7}", text)}
    assert holding == {entry["id"] for entry in entries}


def test_anonymous_respondents_share_one_user(story: AccountData) -> None:
    (anonymous,) = [user for user in story.end_users if user.email == "Unknown"]
    assert anonymous.id == story.truth["anonymous_user"]
    answers = [row for row in story.responses if row.end_user_id == anonymous.id]
    assert len(answers) > 100
    assert all(row.properties == {} and row.channel.startswith("mobile") for row in answers)


def test_one_comment_in_fourteen_is_not_in_english(story: AccountData) -> None:
    languages = Counter(story.truth["languages"].values())
    assert set(languages) == {"de", "fr", "es", "it", "pt", "nl", "ja"}
    assert min(languages.values()) > 20
    assert 0.07 < sum(languages.values()) / len(texts(story)) < 0.25
    written = texts(story)
    japanese = {number for number, text in written.items() if re.search("[\u3040-\u30ff]", text)}
    assert japanese <= {int(number) for number, code in story.truth["languages"].items() if code == "ja"}
    assert len(japanese) > 0.9 * languages["ja"]


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
