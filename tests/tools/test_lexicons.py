"""What `WOOTRIC_THEMES` does to answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import anyio
import pytest
from mcp import Client

from tests.accounts import ERAS, answered, connected, refused, text_of
from wootric_mcp.feedback import comments
from wootric_mcp.feedback.comments import analysis
from wootric_mcp.feedback.lexicon import Lexicon
from wootric_mcp.sandbox.server import RunningSandbox


async def test_summaries_tell_the_themes_of_the_operators_own_file(
    served: RunningSandbox, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[crashes]\nname = "Crashes (P1)"\nen = "crash*"\n', encoding="utf-8")
    async with connected(served, themes=f"saas,{own}") as client:
        asked = {"period": "last_week", "category": "detractor"}
        told = text_of(await answered(client, "summarize_feedback", **asked))
        assert "Crashes (P1)" in told
        own.write_text('[crashes]\nname = "Crashes (P2)"\nen = "crash*"\n', encoding="utf-8")
        told = text_of(await answered(client, "summarize_feedback", **asked))
    assert "Crashes (P2)" in told


async def test_a_file_that_cannot_be_used_is_named_before_anything_is_read(
    served: RunningSandbox, tmp_path: Path
) -> None:
    async with connected(served, themes=str(tmp_path / "none.toml")) as client:
        told = await refused(client, "summarize_feedback", period="last_week")
    assert "WOOTRIC_THEMES cannot be used" in told and "none.toml: No such file" in told
    assert "Nothing was read" in told


@pytest.mark.parametrize("mode", ERAS)
async def test_comments_are_analysed_once_when_they_are_read_and_again_when_the_file_has_changed(
    served: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Literal["auto", "legacy"]
) -> None:
    analysed: list[str] = []

    def counted(text: str, lexicon: Lexicon | None = None) -> str:
        analysed.append(text)
        return analysis(text, lexicon)

    monkeypatch.setattr(comments, "analysis", counted)
    own = tmp_path / "own.toml"
    own.write_text('[delays]\nen = "slow*"\n', encoding="utf-8")

    async def told(client: Client) -> tuple[object, int]:
        """An answer, and how many comments were analysed for it."""
        analysed.clear()
        answer = await answered(client, "summarize_feedback", period="last_week")
        return answer.structured_content, len(analysed)

    async with connected(served, mode, themes=str(own)) as client:
        first, read = await told(client)
        second, read_again = await told(client)
        own.write_text('[delays]\nen = "slow*, late"\n', encoding="utf-8")
        third, anew = await told(client)
        with anyio.fail_after(10):
            while (fourth := await told(client))[1]:  # what was found out is kept after the answer
                pass
    async with connected(served, mode, themes=str(own)) as client:
        other, _ = await told(client)
    assert first == second and read >= anew > read_again
    assert third == fourth[0] == other


async def test_what_an_answer_that_was_given_up_found_out_is_not_found_out_again(
    served: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed: list[str] = []
    too_many = 0

    def counted(text: str, lexicon: Lexicon | None = None) -> str:
        analysed.append(text)
        if len(analysed) == too_many:
            raise MemoryError
        return analysis(text, lexicon)

    monkeypatch.setattr(comments, "analysis", counted)
    own = tmp_path / "own.toml"
    own.write_text('[delays]\nen = "slow*"\n', encoding="utf-8")
    async with connected(served, themes=str(own)) as client:
        await answered(client, "summarize_feedback", period="last_week")
        own.write_text('[delays]\nen = "slow*, late"\n', encoding="utf-8")
        with anyio.fail_after(10):
            for _ in range(100):
                analysed.clear()
                too_many = 20
                if not (await client.call_tool("summarize_feedback", {"period": "last_week"})).is_error:
                    break
    assert len(analysed) < too_many
