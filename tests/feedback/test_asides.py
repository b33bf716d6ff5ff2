"""What stands beside the themes of a digest: what groups say more than others, and how comments sound."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.feedback.making import RECEIPT, digest, many, record
from tests.feedback.test_drivers import FILLING
from tests.feedback.test_mismatch import COMPLAINT, PRAISE, account
from tests.feedback.test_report import outside, steady
from wootric_mcp.feedback.digest import Digest
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.report import as_data, as_text
from wootric_mcp.feedback.selection import Selection


def saying(n: int, *said: tuple[str, int]) -> list[str]:
    """So many comments; so many of the first ones say something, the others nothing."""
    things = [phrase for phrase, times in said for _ in range(times)]
    return [f"{phrase} here" for phrase in [*things, *[""] * n][:n]]


def complaints(n: int, said: str = "") -> list[tuple[str, int]]:
    """Complaints that differ, each from a promoter."""
    rng = random.Random(1)
    return [(f"{COMPLAINT} {' '.join(rng.sample(FILLING, 9))} {said}", 10) for _ in range(n)]


def two_camps() -> list[FeedbackRecord]:
    """100 detractors of whom 20 speak of the installation, and 200 promoters of whom 6 do, and 50 of a
    colour."""
    return [
        *many(saying(100, ("installation", 20)), score=2),
        *many(saying(200, ("installation", 6), ("colour", 50)), score=10, start=1_000),
    ]


def of_plan(records: Sequence[FeedbackRecord], plan: str) -> list[FeedbackRecord]:
    return [
        record(one.id, one.text, one.score, excluded=one.excluded, properties={"plan": plan})
        for one in records
    ]


def summed_up(records: Sequence[FeedbackRecord], **options: Any) -> Digest:
    return digest(records, receipt=RECEIPT, **options)


def contrasts(found: Digest) -> dict[tuple[str, str], list[str]]:
    return {(each.who, each.than): [one.phrase for one in each.drivers] for each in found.asides.contrasts}


def test_what_detractors_and_promoters_say_more_is_told_in_both_forms() -> None:
    found = summed_up(two_camps())
    assert contrasts(found) == {
        ("detractors", "promoters"): ["installation"],
        ("promoters", "detractors"): ["colour"],
    }
    text, data = as_text(found, fence=steady), as_data(found)
    assert "Detractors (100 comments) say more than promoters (200): “installation” 20 % (3 %)\n" in text
    assert "Promoters (200 comments) say more than detractors (100): “colour” 25 % (0 %)\n" in text
    assert data["untrusted"]["said_more"][0] == {
        "who": "detractors",
        "than": "promoters",
        "comments": [100, 200],
        "columns": ("phrase", "comments", "share", "share_there"),
        "rows": [["installation", 20, 0.2, 0.03]],
    }


def test_other_surveys_say_who_it_is_in_their_words() -> None:
    found = summed_up(
        [record(one.id, one.text, 1 if one.score == 2 else 5) for one in two_camps()], survey_type="csat5"
    )
    text = as_text(found, fence=steady)
    assert "People with a negative score (100 comments) say more than people with a positive score" in text


def test_one_category_has_nobody_to_be_told_from() -> None:
    assert contrasts(summed_up(two_camps(), selection=Selection("detractor"))) == {}


def test_the_people_asked_about_are_told_from_everybody_else() -> None:
    team = of_plan(many(saying(60, ("installation", 20)), score=8), "Team")
    others = of_plan(many(saying(90), score=8, start=1_000), "Pro")
    excluded = [
        record(5_000 + number, "installation", 8, excluded=True, properties={"plan": "Pro"})
        for number in range(90)
    ]
    found = summed_up([*team, *others, *excluded], selection=Selection(where={"plan": "Team"}))
    assert contrasts(found) == {("these people", "everybody else"): ["installation"]}
    line = "These people (60 comments) say more than everybody else (90): “installation” 33 % (0 %)"
    assert line in as_text(found, fence=steady)


def test_a_group_is_told_from_those_who_answered_likewise_in_its_language() -> None:
    team = of_plan(many(saying(60, ("installation", 20)), score=8), "Team")
    promoters = of_plan(many(saying(90), score=10, start=1_000), "Pro")
    german = "Die Rechnung war falsch und niemand hat mir geholfen, das ist nicht gut"
    passives = of_plan(many([f"{german} {number}" for number in range(90)], score=8, start=3_000), "Pro")
    where = {"plan": "Team"}
    assert contrasts(summed_up([*team, *promoters, *passives], selection=Selection("passive", where))) == {}
    found = summed_up([*team, *promoters, *passives], selection=Selection(where=where))
    assert found.asides.contrasts[0].comments_there == 90


def test_phrases_that_came_up_since_the_period_before_are_told_as_possibly_new() -> None:
    before = (many(saying(300, ("parking", 30)), score=8, start=1_000), RECEIPT)
    found = summed_up(many(saying(300, ("parking", 30), ("lost parcel", 15)), score=8), earlier=before)
    assert contrasts(found) == {("this period", "the period compared with"): ["lost parcel"]}
    assert "\nPossible new phrases, unconfirmed: “lost parcel” 5 % (before 0 %)\n" in as_text(
        found, fence=steady
    )
    (told,) = as_data(found)["untrusted"]["said_more"]
    assert told["note"] == "possibly new, unconfirmed" and told["rows"] == [["lost parcel", 15, 0.05, 0.0]]


def test_words_of_the_query_do_not_tell_groups_apart() -> None:
    found = summed_up(two_camps(), selection=Selection(query="installation OR colour"))
    assert contrasts(found) == {}


def test_no_comment_is_held_against_its_score_where_there_would_be_no_room_to_tell_it() -> None:
    found = summed_up(account(*complaints(9)))
    assert found.asides.opposite == () and found.asides.sounding.judged == 0


def test_comments_that_sound_opposite_to_their_score_are_counted_and_quoted() -> None:
    found = summed_up(account(*complaints(9), (PRAISE, None)))
    assert len(found.asides.opposite) == 3
    text, data = as_text(found, fence=steady, budget=4_000), as_data(found, budget=4_000)
    quoted = re.findall(r"^Text and score disagree: “(.+)” \(#(\d+), 10, R-\w{7}\)$", text, re.MULTILINE)
    assert len(quoted) == 3 and all(said.startswith(COMPLAINT) for said, _ in quoted)
    assert (
        "A guess from how scored comments are written: of 410 comments looked at, 9 sound opposite to their "
        "score; of 1 comment without a score, 1 sound positive, 0 negative, 0 unknown."
    ) in outside(text)
    assert data["sounding"] == {
        "looked_at": 410,
        "disagree_with_score": 9,
        "without_score": {"positive": 1, "negative": 0, "unknown": 0},
    }
    rows = data["untrusted"]["disagree"]["rows"]
    assert [row[0] for row in rows] == [int(number) for _, number in quoted]
    assert not {row[0] for row in rows} & {row[1] for row in data["untrusted"]["quotes"]["rows"]}


def test_comments_with_a_score_that_the_survey_does_not_have_are_told_from_those_without_one() -> None:
    found = summed_up(account((PRAISE, None), (COMPLAINT, 11), (PRAISE, 99), (COMPLAINT, 42)))
    text, data = as_text(found, fence=steady), as_data(found, budget=4_000)
    assert (
        "\nA guess from how scored comments are written: of 1 comment without a score, 1 sound positive, "
        "0 negative, 0 unknown; of 3 comments with a score outside 0 to 10, 1 sound positive, 2 negative, "
        "0 unknown."
    ) in text
    assert data["sounding"]["without_score"] == {"positive": 1, "negative": 0, "unknown": 0}
    assert data["sounding"]["score_out_of_range"] == {"positive": 1, "negative": 2, "unknown": 0}
    for told in (text, data["summary"]):
        assert "3 scores outside 0 to 10 are not counted. 1 response has no score." in told.replace("\n", " ")
    few = summed_up(many(["fine", "good"], score=None) + many(["so so"], score=11, start=9))
    assert (
        "2 comments without a score, 1 comment with a score outside 0 to 10; too few others are scored to "
        "guess how they sound."
    ) in as_text(few, fence=steady)


def test_without_enough_scored_comments_how_the_others_sound_is_unknown() -> None:
    found = summed_up(many(["fine", "good", "so so"], score=None))
    assert "3 comments without a score; too few others are scored to guess how they sound." in as_text(
        found, fence=steady
    )
    assert as_data(found)["sounding"]["without_score"]["unknown"] == 3
    assert "sound" not in as_text(summed_up(two_camps()), fence=steady)


@pytest.mark.parametrize("budget", [500, 800, 1_500, 8_000])
def test_what_has_no_room_is_counted_in_both_forms(budget: int) -> None:
    scored = account(*complaints(9))
    camps = [record(one.id + 5_000, one.text, one.score) for one in two_camps()]
    found = summed_up([*scored, *camps], budget=2_000)
    phrases = sum(len(each.drivers) for each in found.asides.contrasts)
    assert phrases and found.asides.opposite
    data = as_data(found, budget=budget)
    told = sum(len(each["rows"]) for each in data["untrusted"].get("said_more", ()))
    assert told + data["left_out"].get("phrases", 0) == phrases
    quoted = len(data["untrusted"].get("disagree", {"rows": ()})["rows"])
    assert quoted + data["left_out"].get("disagreeing comments", 0) == len(found.asides.opposite)
    text = as_text(found, fence=steady, budget=budget)
    left_out = {what: int(n) for n, what in re.findall(r"(\d+) (phrase|disagreeing comment)s?[,.]", text)}
    assert text.count("Text and score disagree") + left_out.get("disagreeing comment", 0) == 3
    lines = re.findall(r"^.+ say more than .+: (.+)$", text, re.MULTILINE)
    assert sum(line.count("“") for line in lines) + left_out.get("phrase", 0) == phrases


def test_phrases_and_disagreeing_comments_are_customers_words() -> None:
    records = [
        *many(saying(60, ("zqxhostile", 20)), score=2),
        *many(saying(90), score=10, start=900),
    ]
    records += [record(one.id + 5_000, one.text, one.score) for one in account(*complaints(3, "zqxhostile"))]
    found = summed_up(records, budget=8_000)
    assert any("zqxhostile" in phrases for phrases in contrasts(found).values())
    text, data = as_text(found, fence=steady, budget=8_000), as_data(found, budget=8_000)
    assert "Text and score disagree" in text and "zqxhostile" not in outside(text)
    untrusted = data.pop("untrusted")
    assert untrusted["disagree"]["rows"] and "zqxhostile" not in json.dumps(data)
