"""The walking readers, over a list that is served page by page as JSON."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random
from typing import Any

import httpx
import pytest

from tests.api.fakes import DECLINE, END_USER, RESPONSE, FakeTime, FakeWootric, answer, client
from tests.api.lists import NOW, at
from wootric_mcp.api.errors import InvalidRequest
from wootric_mcp.api.models import Bounds, Decline, EndUser, Response
from wootric_mcp.api.people import Person

MARA = Person("id", "512004417")
BY_MAIL = Person.parse("mara.okafor@lumenfield.test")


class ListingWootric(FakeWootric):
    """Serves `rows` of any list within the bounds of the query; a share of the requests fails at random."""

    def __init__(self, rows: Sequence[dict[str, Any]], failing: float = 0.0, summary: object = None) -> None:
        super().__init__(self._serve)
        self.rows = sorted(rows, key=lambda row: (row["created_at"], row["id"]))
        self.seconds = [row["created_at"] for row in self.rows]
        self.queries: list[httpx.QueryParams] = []
        self.answered = 0
        self._summary = summary
        self._failing = failing
        self._random = Random(7)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        if self._random.random() < self._failing:
            if self._random.random() < 0.3:
                raise httpx.ReadError("reset")
            return answer(self._random.choice([500, 502]))
        self.answered += 1
        query = request.url.params
        if request.url.path == "/v1/nps_summary":
            return answer(body=self._summary) if self._summary else answer(400)
        if "lookup_by_email" in query:
            return answer(body=END_USER)
        self.queries.append(query)
        after, before = int(query.get("created[gt]", -1)), int(query["created[lt]"])
        rows = self.rows[bisect_right(self.seconds, after) : bisect_left(self.seconds, before)]
        if (excluded := query.get("excluded_from_calculations")) is not None:
            rows = [row for row in rows if row["excluded_from_calculations"] is (excluded == "true")]
        if query["sort_order"] == "desc":
            rows.reverse()
        page, size = int(query["page"]), int(query["per_page"])
        assert page <= 30
        return answer(body=rows[(page - 1) * size : page * size])


def responses(seconds: Sequence[int]) -> list[dict[str, Any]]:
    return [{**RESPONSE, "id": 1_000 + n, "created_at": second} for n, second in enumerate(seconds)]


def spread(count: int) -> list[int]:
    random = Random(1)
    return [NOW - random.randrange(2, 40_000_000) for _ in range(count)]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_all_responses_are_read_in_order(newest_first: bool) -> None:
    wootric = ListingWootric(responses(spread(400)))
    taken: list[Response] = []
    reading = await client(wootric, FakeTime(NOW)).read_responses(taken.extend, newest_first=newest_first)
    ids = [row["id"] for row in wootric.rows]
    assert [row.id for row in taken] == (ids[::-1] if newest_first else ids)
    assert reading.rows == 400
    assert reading.complete
    assert wootric.queries[0]["created[lt]"] == str(NOW + 1)
    assert wootric.queries[0]["sort_key"] == "created_at"


async def test_twenty_thousand_responses_are_read_although_one_request_in_twenty_fails() -> None:
    wootric = ListingWootric(responses([NOW - 9_000_000] * 1_400 + spread(18_600)), failing=0.05)
    taken: set[int] = set()

    def take(rows: Sequence[Response]) -> None:
        assert not taken & {row.id for row in rows}
        taken.update(row.id for row in rows)

    reading = await client(wootric, FakeTime(NOW)).read_responses(take)
    assert reading.complete
    assert taken == {row["id"] for row in wootric.rows}
    assert wootric.answered <= ceil(20_000 / 50) * 1.02 + 8
    assert len(wootric.received) < ceil(20_000 / 50) * 1.10 + 10


async def test_bounds_and_filters_reach_wootric() -> None:
    rows = responses([NOW - 100, NOW - 90, NOW - 80])
    rows[1]["excluded_from_calculations"] = True
    wootric = ListingWootric(rows)
    taken: list[Response] = []
    reading = await client(wootric).read_responses(
        taken.extend, after=at(NOW - 100), before=at(NOW - 79), excluded=False
    )
    assert [row.id for row in taken] == [1_002]
    assert reading.reached == at(NOW - 99)


async def test_a_persons_responses_are_looked_up_once() -> None:
    wootric = ListingWootric(responses(spread(120)))
    taken: list[Response] = []
    reading = await client(wootric, FakeTime(NOW)).read_responses(
        taken.extend, person=BY_MAIL, excluded=False
    )
    assert reading.rows == 120
    paths = [request.url.path for request in wootric.received]
    assert len([path for path in paths if "@" in path]) == 1
    assert set(paths[1:]) == {"/v1/end_users/512004417/responses"}


async def test_a_category_is_read_for_a_person_and_filtered_here() -> None:
    rows = responses(spread(120))
    for row in rows[:70]:
        row["excluded_from_calculations"] = True
    wootric = ListingWootric(rows)
    taken: list[Response] = []
    wootric_client = client(wootric, FakeTime(NOW))
    reading = await wootric_client.read_responses(
        taken.extend, person=MARA, category="detractor", excluded=False
    )
    assert reading.rows == len(taken) == 50
    assert {request.url.path for request in wootric.received} == {
        "/v1/end_users/512004417/responses/detractors"
    }
    assert "sort_key" not in wootric.queries[0]
    with pytest.raises(InvalidRequest, match="needs a person"):
        await wootric_client.read_responses(taken.extend, category="detractor")


@pytest.mark.parametrize("person", [None, MARA])
async def test_declines_are_read(person: Person | None) -> None:
    rows = [{**DECLINE, "id": n, "created_at": second} for n, second in enumerate(spread(130))]
    wootric = ListingWootric(rows)
    taken: list[Decline] = []
    reading = await client(wootric, FakeTime(NOW)).read_declines(taken.extend, person=person)
    assert reading.complete
    assert len({row.id for row in taken}) == 130
    prefix = "/v1/end_users/512004417" if person else "/v1"
    assert {request.url.path for request in wootric.received} == {f"{prefix}/declines"}


async def test_end_users_are_read_by_creation() -> None:
    rows = [{**END_USER, "id": n, "created_at": second} for n, second in enumerate(spread(130))]
    wootric = ListingWootric(rows)
    taken: list[EndUser] = []
    reading = await client(wootric, FakeTime(NOW)).read_end_users(
        taken.extend, newest_first=False, updated=Bounds(at(NOW - 5))
    )
    assert reading.complete
    assert [row.created_at for row in taken] == sorted(at(row["created_at"]) for row in rows)
    assert wootric.queries[0]["sort_key"] == "created_at"
    assert wootric.queries[0]["updated[gt]"] == str(NOW - 5)


NOON = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp())
CROWDED = responses([NOON] * 3_200 + [NOON + 60] * 30 + [NOON - 820_000] * 5)


async def test_rows_that_cannot_be_reached_are_counted_by_the_days_summary() -> None:
    wootric = ListingWootric(CROWDED, summary={"nps": 0, "responses": 3_230})
    wootric_client = client(wootric, FakeTime(NOW), timezone="America/New_York")
    reading = await wootric_client.read_responses(lambda _rows: None)
    assert reading.rows == 3_035
    assert reading.unreachable == 200
    assert not reading.complete
    summary = next(request.url.params for request in wootric.received if "nps_summary" in request.url.path)
    assert dict(summary) == {"date[start]": "2026-03-10", "date[end]": "2026-03-10"}


@pytest.mark.parametrize(
    "reading",
    [{"after": at(NOON - 5)}, {"before": at(NOON + 5)}, {"person": MARA}, {"excluded": True}, {}],
    ids=["part of the day", "other part of the day", "one person", "excluded", "no summary"],
)
async def test_where_nobody_counts_the_missing_rows_their_number_is_unknown(reading: dict[str, Any]) -> None:
    rows = [{**row, "excluded_from_calculations": "excluded" in reading} for row in CROWDED]
    wootric = ListingWootric(rows, summary={"nps": 0, "responses": 3_230} if reading else None)
    result = await client(wootric, FakeTime(NOW)).read_responses(lambda _rows: None, **reading)
    assert result.unreachable == -1
    assert result.overfull == (at(NOON),)


async def test_a_client_can_be_used_again_after_it_was_closed() -> None:
    wootric = FakeWootric(answer(body=END_USER))
    async with client(wootric) as wootric_client:
        await wootric_client.get_end_user(MARA)
    await wootric_client.get_end_user(MARA)
    await wootric_client.aclose()
    assert wootric_client.requests == 3


async def test_bounds_given_in_another_zone_are_the_same_instants() -> None:
    wootric = ListingWootric(responses([NOW - 10]))
    zone = datetime.now().astimezone().tzinfo
    reading = await client(wootric).read_responses(
        lambda _rows: None, after=at(NOW - 11).astimezone(zone), before=at(NOW) - timedelta(seconds=5)
    )
    assert reading.rows == 1
