"""What is known of comments is found out when they are stored, and anew only where it has to be."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from tests.sandbox.connection import response
from tests.store.conftest import Make
from wootric_mcp.feedback.comments import analysis
from wootric_mcp.feedback.lexicon import lexicon
from wootric_mcp.store import sources
from wootric_mcp.store.analyses import Analyses
from wootric_mcp.store.client import CachingClient
from wootric_mcp.store.errors import StoreBusy
from wootric_mcp.store.holding import held, records
from wootric_mcp.store.schema import responses

EVER = 1 << 40
TEXT, SHOWN = "The export &amp; the invoice: mail a@lumenfield.test", "The export & the invoice: mail [email]"
OWN = '[export]\nen = "export*"'


async def kept(client: CachingClient) -> dict[int, str]:
    """What is kept of analyses, by the id of the response."""
    c = responses.c

    def look(connection: Connection) -> dict[int, str]:
        return {row.id: row.analysis for row in connection.execute(select(c.id, c.analysis))}

    return await client.reader.fetch(look)


async def asked(client: CachingClient, by: Analyses) -> dict[int, str]:
    """The analyses that come with the records of all time."""
    database = await client.reader.database()
    found = records(database, await held(client.reader, 0, EVER), with_properties=False, analyses=by)
    return {record.id: record.analysis for record in found}


@pytest.mark.parametrize("themes", ["", "saas", "own.toml", "own.toml, saas"])
async def test_a_comment_is_analysed_as_it_is_shown_by_the_lexicon_chosen_when_it_is_stored(
    make: Make, tmp_path: Path, themes: str
) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    world = make(response(1, text=TEXT), response(2), response(3, text="ok"))
    chosen = lexicon(("saas",) if "saas" in themes else (), OWN if "own" in themes else "")
    async with world.client(themes=themes.replace("own", f"{tmp_path}/own")) as client:
        await client.reader.read(sources.responses(), 0, EVER)
        expected = {1: analysis(SHOWN, chosen), 2: "", 3: analysis("ok", chosen)}
        assert await kept(client) == expected
        by = Analyses(chosen)
        assert await asked(client, by) == expected
        assert by.new == []


async def test_where_the_lexicon_cannot_be_used_comments_are_stored_all_the_same(make: Make) -> None:
    world = make(response(1, text=TEXT))
    async with world.client(themes="/nowhere.toml") as client:
        await client.reader.read(sources.responses(), 0, EVER)
        assert await kept(client) == {1: analysis(SHOWN)}


async def test_by_another_lexicon_comments_are_analysed_anew_and_that_is_kept(make: Make) -> None:
    world = make(response(1, text=TEXT), response(2), response(3, text="ok"))
    other = lexicon((), OWN)
    async with world.client() as client:
        await client.reader.read(sources.responses(), 0, EVER)
        by = Analyses(other)
        expected = {1: analysis(SHOWN, other), 2: "", 3: analysis("ok", other)}
        assert await asked(client, by) == expected
        await by.keep(client.reader)
        assert await kept(client) == expected
        again = Analyses(other)
        assert (await asked(client, again), again.new) == (expected, [])


async def test_a_comment_that_has_changed_meanwhile_keeps_its_own_analysis(make: Make) -> None:
    world = make(response(1, text="the first words"))
    by = Analyses(lexicon((), OWN))
    async with world.client() as client:
        await client.reader.read(sources.responses(), 0, EVER)
        await asked(client, by)
        change = update(responses).values(shown="other words", analysis=analysis("other words"))
        await client.reader.write(lambda connection: connection.execute(change))
        await by.keep(client.reader)
        assert await kept(client) == {1: analysis("other words")}


async def test_a_store_that_is_busy_keeps_no_analysis_and_nobody_is_bothered(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def busy(_: object) -> None:
        raise StoreBusy

    world = make(response(1, text=TEXT))
    by = Analyses(lexicon((), OWN))
    async with world.client() as client:
        await client.reader.read(sources.responses(), 0, EVER)
        await asked(client, by)
        with caplog.at_level(logging.INFO), monkeypatch.context() as patch:
            patch.setattr(client.reader, "write", busy)
            await by.keep(client.reader)
        assert await kept(client) == {1: analysis(SHOWN, lexicon())}
    assert "Analyses were not kept" in caplog.text
