"""Whom to get back to, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wootric_mcp.feedback.follow_ups import ranked, reasons, unhappy
from wootric_mcp.feedback.records import FeedbackRecord

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def said(
    number: int, person: int | None, score: int | None, days: float, text: str = "", **more: object
) -> FeedbackRecord:
    return FeedbackRecord(
        number,
        person,
        score,
        text,
        NOW - timedelta(days=days),
        **more,  # type: ignore[arg-type]
    )


def found(*records: FeedbackRecord, before: datetime = NOW, **where: object) -> list[int]:
    newest_first = sorted(records, key=lambda record: record.created_at, reverse=True)
    return [record.id for record in unhappy(newest_first, survey_type="nps", before=before, where=where)]


def test_a_later_better_score_settles_it_and_a_worse_one_does_not() -> None:
    assert found(said(1, 7, 3, 20), said(2, 7, 9, 5)) == []
    assert found(said(1, 7, 3, 20), said(2, 7, 2, 5)) == [2]
    assert found(said(1, 7, 9, 20), said(2, 7, 3, 5)) == [2]


def test_answers_after_the_period_settle_it_too() -> None:
    end = NOW - timedelta(days=10)
    assert found(said(1, 7, 3, 20), said(2, 7, 4, 5), before=end) == []
    assert found(said(1, 7, 3, 20), said(2, 7, 3, 5), before=end) == [1]
    assert found(said(2, 7, 0, 5), before=end) == []


def test_only_people_who_are_known_scored_and_count() -> None:
    assert found(said(1, None, 0, 1), said(2, 8, None, 1), said(3, 9, 0, 1, excluded=True)) == []


def test_where_narrows_by_what_people_were_then() -> None:
    team = {"plan": "Team"}
    assert found(said(1, 7, 3, 2, properties=team), said(2, 8, 3, 2), plan="team") == [1]


def test_recent_low_reasoned_and_valuable_come_first() -> None:
    def order(*records: FeedbackRecord, name: str = "") -> list[int]:
        some = ranked(records, survey_type="nps", now=NOW, written_to=lambda _: False, value_property=name)
        return [one.record.id for one in some]

    assert order(said(1, 1, 3, 30), said(2, 2, 3, 1)) == [2, 1]
    assert order(said(1, 1, 6, 1), said(2, 2, 0, 1)) == [2, 1]
    assert order(said(1, 1, 3, 1), said(2, 2, 3, 1, "Too slow")) == [2, 1]
    rich, poor = {"arr_amount": "9000"}, {"arr_amount": 10}
    assert order(said(1, 1, 3, 1, properties=poor), said(2, 2, 3, 1, properties=rich), name="ARR_amount") == [
        2,
        1,
    ]
    assert order(said(1, 1, 3, 1), said(2, 2, 3, 1)) == [1, 2]


def test_who_was_written_to_is_left_out_and_the_rest_has_its_reasons() -> None:
    records = [said(1, 1, 3, 0.5, "Slow", properties={"arr": "1200"}), said(2, 2, 3, 1)]
    (one,) = ranked(
        records, survey_type="nps", now=NOW, written_to=lambda record: record.id == 2, value_property="arr"
    )
    assert reasons(one, "nps", NOW, "arr") == "today, 3 of 10, says why, arr 1,200"


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 10), st.integers(0, 60)), unique_by=lambda each: each[2]
    )
)
def test_nobody_is_listed_twice_or_after_a_better_score(answers: list[tuple[int, int, int]]) -> None:
    records = [said(number, *each) for number, each in enumerate(answers)]
    listed = found(*records, before=NOW + timedelta(days=1))
    people = [records[number].end_user_id for number in listed]
    assert len(people) == len(set(people))
    for number in listed:
        one = records[number]
        later = [
            other.score or 0
            for other in records
            if other.end_user_id == one.end_user_id and other.created_at > one.created_at
        ]
        assert all(score <= (one.score or 0) for score in later)
