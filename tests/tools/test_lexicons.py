"""What `WOOTRIC_THEMES` does to answers."""

from __future__ import annotations

from pathlib import Path

from tests.accounts import answered, connected, refused, text_of
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
