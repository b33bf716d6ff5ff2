"""The CSV of a survey comes as text or from one folder, and from nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.accounts import Person, answered, connected, refused, running

ROWS = "email,plan\nmara.okafor@lumenfield.test,Team\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "surveys"
    home.mkdir()
    (home / "wave.csv").write_text("\ufeff" + ROWS, encoding="utf-8")
    (home / "notes.txt").write_text("not a table\nof people\n", encoding="utf-8")
    (home / "latin.csv").write_bytes("email\nJos\xe9@lumenfield.test\n".encode("latin-1"))
    (home / "deep").mkdir()
    (home / "deep" / "wave.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "secret.csv").write_text(ROWS, encoding="utf-8")
    (home / "link.csv").symlink_to(tmp_path / "secret.csv")
    return home


async def send(folder: Path | None, **arguments: Any) -> str:
    """Send and expect a refusal; nobody may have been asked or mailed."""
    person = Person("yes")
    with running() as served:
        async with connected(served, person=person, csv_dir=folder) as client:
            said = await refused(client, "send_email_survey_csv", survey_immediately=True, **arguments)
        assert served.sandbox.account.outbox() == []
        assert person.questions == []
    return said


async def test_a_file_in_the_folder_is_sent_under_its_name(folder: Path) -> None:
    with running() as served:
        async with connected(served, person=Person("yes"), csv_dir=folder) as client:
            await answered(client, "send_email_survey_csv", file="wave.csv", survey_immediately=True)
            sources = await answered(client, "get_email_stats_sources")
        assert [mail["to"] for mail in served.sandbox.account.outbox()] == ["mara.okafor@lumenfield.test"]
    assert sources.structured_content
    assert "wave.csv" in str(sources.structured_content["untrusted"])


@pytest.mark.parametrize(
    "name",
    ["../secret.csv", "link.csv", "deep/wave.csv", "deep", ".", "..", "none.csv", "/etc/passwd", "a\x00b"],
)
async def test_nothing_outside_the_folder_can_be_named(folder: Path, name: str) -> None:
    assert "There is no file" in await send(folder, file=name)


async def test_an_absolute_path_is_refused_even_if_it_exists(folder: Path) -> None:
    assert "There is no file" in await send(folder, file=str(folder.parent / "secret.csv"))


async def test_without_a_folder_files_are_off() -> None:
    assert "WOOTRIC_CSV_DIR" in await send(None, file="wave.csv")


async def test_only_what_reads_as_such_a_csv_is_sent(folder: Path) -> None:
    assert "first column" in await send(folder, file="notes.txt")
    assert "cannot be read as UTF-8" in await send(folder, file="latin.csv")


async def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "big.csv").write_text("email\n" + "x" * 5_000_000, encoding="utf-8")
    assert "over 4 MiB" in await send(folder, file="big.csv")


@pytest.mark.parametrize("arguments", [{}, {"csv": ROWS, "file": "wave.csv"}])
async def test_exactly_one_of_text_and_file_is_given(folder: Path, arguments: dict[str, str]) -> None:
    assert "Give either csv" in await send(folder, **arguments)
