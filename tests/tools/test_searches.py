"""`search_feedback` by theme, language and person on the story."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import (
    ERAS,
    MARA,
    MARA_FIRST,
    MARA_LAST,
    Era,
    answered,
    connected,
    refused,
    running,
    story,
    structure_of,
    text_of,
    tokens,
)
from wootric_mcp.sandbox.server import RunningSandbox


def ids_of(structure: dict[str, Any]) -> list[int]:
    return [row[structure["columns"].index("id")] for row in structure["untrusted"]["rows"]]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_theme_that_a_digest_names_leads_to_its_comments(served: RunningSandbox, mode: Era) -> None:
    async with connected(served, mode) as client:
        asked = {"period": "last_week", "category": "detractor"}
        digest = structure_of(await answered(client, "summarize_feedback", **asked))
        columns = digest["themes"]["columns"]
        (row,) = [
            row for row in digest["themes"]["rows"] if row[columns.index("name")] == "errors and reliability"
        ]
        found = structure_of(
            await answered(client, "search_feedback", theme="Errors and  Reliability", **asked)
        )
    assert found["matched"] == row[columns.index("comments")]
    assert found["score_of_query"]["value"] == row[columns.index("nps")]


async def test_pages_of_a_theme_follow_each_other_and_know_their_filters(served: RunningSandbox) -> None:
    asked: dict[str, Any] = {"theme": "price and value", "language": "en", "period": "last_week", "limit": 10}
    seen: list[int] = []
    async with connected(served) as client:
        cursor = ""
        while True:
            page = structure_of(await answered(client, "search_feedback", cursor=cursor, **asked))
            seen += ids_of(page)
            if not (cursor := page.get("cursor", "")):
                break
            last = cursor
        other = asked | {"theme": "customer support", "cursor": last}
        assert "belongs to other filters" in await refused(client, "search_feedback", **other)
    assert len(seen) == len(set(seen)) == page["matched"] > 10


async def test_comments_in_one_language_are_those_of_the_story(served: RunningSandbox) -> None:
    async with connected(served) as client:
        found = structure_of(
            await answered(client, "search_feedback", language="de-DE", period="last_month", max_tokens=8_000)
        )
    languages = story().truth["languages"]
    written = [languages.get(str(id_), "en") for id_ in ids_of(found)]
    assert found["matched"] == len(written) >= 10
    assert written.count("de") >= 0.9 * len(written)


@pytest.mark.parametrize("mode", ERAS)
async def test_one_person_is_named_in_any_way_and_answered_by_alias(mode: Era) -> None:
    names = (str(MARA), "mara.okafor@lumenfield.test", "external:crm-88213", "+353 86 123 4567")
    with running() as served:
        async with connected(served, mode) as client:
            answers = [
                await answered(client, "search_feedback", end_user=name, period="all") for name in names
            ]
            alias = structure_of(answers[0])["untrusted"]["rows"][0][3]
            answers.append(await answered(client, "search_feedback", end_user=alias, period="all"))
    assert alias.startswith("R-")
    for answer in answers:
        assert ids_of(structure_of(answer)) == [MARA_LAST, MARA_FIRST]
        assert f"2 of 2 comments match (person {alias})." in text_of(answer)
        assert "okafor" not in text_of(answer)


async def test_what_cannot_be_found_by_is_refused_with_what_can() -> None:
    with running() as served:
        async with connected(served) as client:
            theme = await refused(client, "search_feedback", theme="Price")
            typo = await refused(client, "search_feedback", theme="custmer suport")
            long = await refused(client, "search_feedback", theme="x y " * 50_000)
            language = await refused(client, "search_feedback", language="klingon")
            person = await refused(client, "search_feedback", end_user="nobody@lumenfield.test")
        assert served.sandbox.account.traffic.answered <= 2  # a token and the person
    assert "no theme 'Price'. Close to it: price and value. The themes: price and value; billing" in theme
    assert "Close to it: customer support." in typo
    assert max(tokens(theme), tokens(long)) <= 250
    assert "'klingon' is no language" in language and "en, de, fr, es, it, pt, nl, ja, zh" in language
    assert "Nobody in this account" in person
