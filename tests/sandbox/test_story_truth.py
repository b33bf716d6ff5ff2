"""What is known to be true of the story is what its responses say."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.sandbox.stories import NOW, between, nps, of_month, texts, week_before
from wootric_mcp.sandbox.records import AccountData, ResponseRow


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
