"""The demonstration runs from the first line to the last, on the story and on a file of one's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import server_environment

ROOT = Path(__file__).parents[1]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        cwd=ROOT,
        env=server_environment({"PYTHONIOENCODING": "utf-8"}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--http",)], ids=["stdio", "http"])
def test_three_conversations_are_printed_with_their_cost(arguments: tuple[str, ...]) -> None:
    told = demo(*arguments)
    assert told.returncode == 0, told.stderr
    titles = [line for line in told.stdout.splitlines() if re.match(r"\d\. ", line)]
    assert len(titles) == 3
    assert told.stdout.count("Wootric requests") == 3
    assert "asked     Mail a survey to 2 people" in told.stdout
    assert told.stdout.count("\noutbox    To ") == 2
    assert told.stdout.count("\nAssistant ") == 4
    assert_figures_are_from_answers(told.stdout)
    assert "\x1b" not in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 100


@pytest.mark.slow
def test_a_file_of_ones_own_answers_all_three_uses(tmp_path: Path) -> None:
    newest = datetime(2024, 3, 1, tzinfo=UTC)
    rows = [
        {
            "created_at": (newest - timedelta(hours=3 * n)).isoformat(),
            "score": n % 11,
            "text": f"The waiting room {'was cold' if n % 2 else 'chairs hurt'}, visit {n}.",
            "email": f"p{n}@example.test" if n % 3 else None,
        }
        for n in range(200)
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    told = demo("--data", str(file))
    assert told.returncode == 0, told.stderr
    assert "waiting room" in told.stdout.lower()
    assert told.stdout.count("Wootric requests") == 3


TINY = {
    "happy people only": "date,score,text\n2024-03-01,9,Great service\n2024-03-02,10,Lovely",
    "no comments": "date;score;text\n2024-03-01;2;\n2024-03-02;10;",
    "one unhappy comment": "created_at,score,text,plan\n2024-03-01,2,The lift was out of order,Team",
}


@pytest.mark.parametrize("content", TINY.values(), ids=TINY)
def test_two_rows_are_enough_for_three_conversations(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tiny.csv"
    file.write_text(content, encoding="utf-8")
    told = demo("--data", str(file))
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("Wootric requests") == 3
    mails = told.stdout.count("\noutbox    To ")
    assert mails == content.count("out of order")
    assert mails or "There is nobody to mail" in told.stdout
    assert ("nothing to ask about" in told.stdout) == (content == TINY["no comments"])
    assert_figures_are_from_answers(told.stdout)


def assert_figures_are_from_answers(printed: str) -> None:
    """What the assistant says holds no figure, but its 95 % and rounded shares, that no answer has."""
    said = re.findall(r"^Assistant (.*(?:\n {10}.*)*)", printed, re.MULTILINE)
    answers = " ".join(re.findall(r"^answer .*(?:\n {10}.*)*", printed, re.MULTILINE))
    known = set(re.findall(r"\d+", answers)) | {"95"}
    assert said
    for sentence in said:
        without_interval = re.sub(r"interval -?\d+ to -?\d+", "", sentence)
        assert set(re.findall(r"\d+", without_interval)) <= known, sentence


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("score,created_at\nmany,yesterday\n", encoding="utf-8")
    told = demo("--data", str(file))
    assert told.returncode == 1
    assert "The demo stopped: wootric_mcp sandbox" in told.stderr
    assert "line 2: created_at" in told.stderr
