"""`wootric-mcp themes`: from a file of comments to a line about each."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import SERVER, server_environment
from wootric_mcp.cli import run
from wootric_mcp.themes_cli import main

MIXED = """text;score;Plan
"Die Rechnung war falsch; niemand geht ans Telefon.";2;Team
Great support team and easy to use for all of us;10;
;3;Free
Great support team, and easy to use for all of us!;10;
価格が高いです。;1;
"""


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    file = tmp_path / "mixed.csv"
    file.write_text(MIXED, encoding="utf-8-sig")
    return file


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WOOTRIC_THEMES", raising=False)
    monkeypatch.delenv("WOOTRIC_SURVEY_TYPE", raising=False)


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, Any]]:
    assert main([str(argument) for argument in arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_each_comment_has_a_line_with_language_themes_and_of_what_it_is_a_copy(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, mixed) == [
        {
            "id": 1,
            "language": "de",
            "themes": ["billing and payment", "phone and reachability"],
            "sentiment": None,
            "duplicate_of": None,
        },
        {
            "id": 2,
            "language": "en",
            "themes": ["customer support", "ease of use"],
            "sentiment": None,
            "duplicate_of": None,
        },
        {
            "id": 4,
            "language": "en",
            "themes": ["customer support", "ease of use"],
            "sentiment": None,
            "duplicate_of": 2,
        },
        {"id": 5, "language": "ja", "themes": ["price and value"], "sentiment": None, "duplicate_of": None},
    ]


def test_how_many_are_in_no_theme_is_told_beside_the_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.csv"
    file.write_text("text\nThe invoice was wrong\nWe were there\n", encoding="utf-8")
    assert main([str(file)]) == 0
    assert capsys.readouterr().err == (
        "2 comments, 1 themes (most often: billing and payment 1); in no theme: 1 (50 %).\n"
    )


def test_json_lines_keep_their_ids_and_need_nothing_but_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines"
    rows = [
        {"id": "a-1", "text": "Too expensive"},
        {"id": 7, "text": "Slow", "themes": ["x"]},
        {"text": "???"},
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    lines = told(capsys, file)
    assert [line["id"] for line in lines] == ["a-1", 7, 3]
    assert [line["themes"] for line in lines] == [["price and value"], ["waiting and speed"], []]


def test_a_file_without_comments_has_no_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.csv"
    file.write_text("id,text\n1,\n", encoding="utf-8")
    assert told(capsys, file) == []


def test_where_no_language_can_be_told_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "short.csv"
    file.write_text("text\n5.2\n", encoding="utf-8")
    assert [line["language"] for line in told(capsys, file)] == ["und"]


def test_with_enough_scores_sentiment_is_learnt_from_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scored.csv"
    rows = [f"the desk is wobbly in room {n},1\nthe desk is splendid in room {n},10" for n in range(150)]
    file.write_text("\n".join(["text,score", *rows, "wobbly again,", "splendid again,"]), encoding="utf-8")
    *_, bad, good = told(capsys, file)
    assert bad["sentiment"] < 0 < good["sentiment"]


def test_no_more_than_thirty_names_are_given_in_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "many.csv"
    words = [f"{first}{second}" for first in "bcdfghklmn" for second in ("aro", "ilu", "ova", "emi")]
    file.write_text(
        "\n".join(["text", *(f"the {word} and the {word}" for word in words * 4)]), encoding="utf-8"
    )
    assert len({name for line in told(capsys, file) for name in line["themes"]}) == 30


def test_a_lexicon_of_ones_own_and_packs_are_named_by_flag_or_variable(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own themes.toml"
    own.write_text('[easy]\nname = "my theme"\nen = "easy to use"\n', encoding="utf-8")
    assert "my theme" in told(capsys, mixed, "--themes", f"saas, {own}")[1]["themes"]
    monkeypatch.setenv("WOOTRIC_THEMES", str(own))
    assert "my theme" in told(capsys, mixed)[1]["themes"]
    assert "my theme" not in told(capsys, mixed, "--themes", "saas")[1]["themes"]


def test_the_lexicon_can_be_printed_to_copy_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print", "saas"]) == 0
    assert "[reports]" in capsys.readouterr().out
    assert "there is no pack farming" in refused(capsys, "--print", "farming")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"comment\nx\n", "line 1: the first line must name the columns, among them text"),
        ("a.csv", b"text,score\nx,good\n", "line 2: score is not a whole number"),
        ("a.csv", b"text\nx,1\n", "line 2: it has 2 values for 1 columns"),
        ("a.csv", b'text\n"x"y\n', "line 2: it is not CSV"),
        ("a.csv", b"text\nx\n\xff\n", "line 3 is not UTF-8"),
        ("a.jsonl", b'{"text": "x"}\n[]\n', "line 2: it is not a JSON object"),
        ("a.jsonl", b'{"text": 5}\n', "line 1: text is not a text"),
        ("a.jsonl", b'{"text": "x", "id": [1]}\n', "line 1: id is neither a whole number nor a text"),
        ("a.jsonl", b'{"text": "x", "score": [1]}\n', "line 1: score is not a whole number"),
        ("a.jsonl", b"5\n" * 25, "and 5 more"),
    ],
)
def test_what_cannot_be_read_is_told_by_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert says in refused(capsys, file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "none.csv: No such file" in refused(capsys, tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ("farming", "farming: No such file"),
        ("a.toml, b.toml", "besides one file, but 2 were"),
        ("{folder}/bad.toml", "bad.toml: [x] has colour"),
        ("{folder}/latin.toml", "latin.toml: it is not UTF-8"),
        ("{folder}/large.toml", "large.toml: it is larger than 1,000,000 bytes"),
    ],
)
def test_a_lexicon_that_cannot_be_used_is_named_with_its_fault(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], chosen: str, says: str
) -> None:
    (tmp_path / "bad.toml").write_text('[x]\ncolour = "red"\n', encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b'[x]\nde = "\xfcber"\n')
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    assert says in refused(capsys, mixed, "--themes", chosen.format(folder=tmp_path))


def test_a_wrong_survey_type_is_told(
    mixed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WOOTRIC_SURVEY_TYPE", "stars")
    assert "WOOTRIC_SURVEY_TYPE cannot be used" in refused(capsys, mixed)


def test_standard_input_is_read_and_whoever_stops_reading_ends_it_quietly() -> None:
    text = "text\n" + "The invoice was wrong\n" * 20_000
    process = subprocess.Popen(
        [*SERVER, "themes", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=server_environment({}),
    )
    assert process.stdin and process.stdout and process.stderr
    with process:
        process.stdin.write(text.encode())
        process.stdin.close()
        assert json.loads(process.stdout.readline())["themes"] == ["billing and payment"]
        process.stdout.close()
        assert b"Error" not in process.stderr.read()
    assert process.returncode == 0


def test_the_command_is_one_of_wootric_mcp(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "Too expensive"}')))
    assert run(["themes", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["themes"] == ["price and value"]
