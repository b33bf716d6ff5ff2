"""A Singer tap for Wootric from the package index, run unchanged but for where it finds the API."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wootric_mcp.sandbox.server import Sandbox, serve
from wootric_mcp.sandbox.switches import Switches

from .connection import data, decline, response, user

TAP = "tap-wootric==0.4.3"

# The tap has its base URL as a constant, but spells the token's URL out where it asks for one.
WRAPPER = """
import sys
import tap_wootric
base = sys.argv.pop(1)
tap_wootric.BASE_URL = base + "/v1/"
post = tap_wootric.requests.post
tap_wootric.requests.post = lambda url, **rest: post(url.replace("https://api.wootric.com", base), **rest)
tap_wootric.main_impl()
"""


def install(folder: Path) -> Path:
    """A Python of its own with the tap, or skip."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # The requests that the tap pins does not import on today's Python, so a newer one follows.
    for requirement in (TAP, "requests>=2.31"):
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1:]
            if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
                pytest.skip(f"pip cannot reach an index that has {requirement}: {reason}")
            pytest.fail(done.stderr)
    return python


@pytest.mark.slow
def test_the_singer_tap_emits_every_record(tmp_path: Path) -> None:
    python = install(tmp_path / "venv")
    now = datetime.now(UTC)

    def ago(**of: float) -> int:
        return int((now - timedelta(**of)).timestamp())

    people = [
        user(n, f"p{n}@x.test", created_at=ago(hours=100 - n / 10), updated_at=ago(hours=100 - n / 10))
        for n in range(1, 201)
    ]
    responses = [
        response(
            n,
            n % 11,
            ago(minutes=6_000 - n),
            end_user_id=1 + n % 200,
            ip_address="203.0.113.24",
            origin_url="https://x.test",
            text=None if n % 3 else "a comment",
            survey_id=n,
        )
        for n in range(1, 2_001)
    ]
    declines = [
        decline(n, ago(hours=90 - n), ip_address="203.0.113.24", origin_url="x", survey_id=n)
        for n in range(1, 60)
    ]
    config = tmp_path / "config.json"
    start = (now - timedelta(days=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    config.write_text(json.dumps({"client_id": "sandbox", "client_secret": "sandbox", "start_date": start}))
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text(WRAPPER)
    sandbox = Sandbox(data(*people, *responses, *declines), switches=Switches(rate_limit=None))
    with serve(sandbox) as running:
        done = subprocess.run(
            [python, wrapper, running.base_url, "--config", config],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, "TZ": "UTC"},
        )
    sandbox.close()
    assert done.returncode == 0, done.stderr
    emitted: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            emitted.setdefault(message["stream"], []).append(message["record"])
    made = {"responses": responses, "declines": declines, "end_users": people}
    for stream, records in made.items():
        assert sorted({row["id"] for row in emitted[stream]}) == [row.id for row in records]
    created = {
        row["id"]: datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        for row in emitted["responses"]
    }
    assert {id_: int(at.timestamp()) for id_, at in created.items()} == {
        row.id: row.created_at for row in responses
    }
