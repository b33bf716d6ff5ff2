"""Strict privacy walked: addresses and numbers in every field, and none in what is shown, kept or logged."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio import to_thread
from mcp import Client
from mcp.types import PromptReference

from tests.accounts import ERAS, NOW, Era, Person, running
from tests.shield.masking_set import personal
from tests.test_hostile_account import CALLS, KEPT, TIME, account
from wootric_mcp.api import answers
from wootric_mcp.prompts import load_prompts
from wootric_mcp.server import build_server
from wootric_mcp.settings import Settings
from wootric_mcp.shield.logs import mask_logs

PLANTED = personal()
CONTACT = "mara.okafor@lumenfield.test, +353861234567, 203.0.113.24"
PROPERTIES = {
    "mobile": 353861234567,
    "lastIP": "203.0.113.24",
    "contact": CONTACT,
    "jun@lumenfield.test": "x",
}
SECRETS = ["lumenfield", "35386123456", "203.0.113.24"] + [
    secret for written, _, secret in PLANTED if len(secret) > 7 and "lumenfield" not in secret
]


BY_ADDRESS: list[tuple[str, dict[str, Any]]] = [
    ("find_customer", {"end_user": "zqx1@lumenfield.test"}),
    ("find_customer", {"end_user": "nobody@lumenfield.test"}),
    ("search_feedback", {"end_user": "zqx1@lumenfield.test"}),
    ("list_end_users", {"email": "zqx1@lumenfield.test", "limit": 1}),
    ("plan_email_survey", {"people": ["zqx1@lumenfield.test", "+353861234562"], "eligibility": "ours"}),
]
"""People named by what must not be repeated."""


def planted(value: Any, name: str = "") -> Any:
    """JSON of an account in which somebody can be reached by every text."""
    match value:
        case dict():
            changed = {key: planted(inner, key) for key, inner in value.items()}
            return changed | PROPERTIES if name == "properties" else changed
        case list():
            return [planted(inner, name) for inner in value]
        case str() if name == "text" and value[-1].isdigit():
            number = int(value.split()[-1])
            return ". ".join(
                [value, *(PLANTED[index][0] for index in range(number % 100, len(PLANTED), 100))]
            )
        case str() if name not in KEPT and not TIME.match(value):
            return f"{value} {CONTACT}"
        case _:
            return value


@contextmanager
def planting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    read = answers.read

    def planting_read(response: httpx.Response, *, any_body: bool) -> Any:
        return planted(read(response, any_body=any_body))

    with monkeypatch.context() as patch:
        patch.setattr(answers, "read", planting_read)
        yield


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the server writes to stderr when its operator wants to read everything."""
    root, written = logging.getLogger(), io.StringIO()
    handler, before = logging.StreamHandler(written), (root.handlers[:], root.level)
    root.handlers, root.level = [handler], logging.DEBUG
    mask_logs()
    try:
        yield written
    finally:
        root.handlers, root.level = before


def contents(folder: Path) -> list[tuple[str, str]]:
    """The bytes of every file, as text; the store's are read while it is open, its write-ahead log too."""
    return [(file.name, file.read_bytes().decode("utf-8", "replace")) for file in folder.iterdir()]


async def walked(client: Client, person: Person) -> list[tuple[str, str]]:
    """Everything that the server says, by where it said it."""
    said = []
    for tool, arguments in (*CALLS, *BY_ADDRESS):
        answer = await client.call_tool(tool, arguments)
        said.append((tool, answer.model_dump_json()))
    for resource in (await client.list_resources()).resources:
        found = await client.read_resource(resource.uri)
        said.append((str(resource.uri), found.model_dump_json()))
    for prompt in load_prompts():
        for argument in prompt.arguments:
            reference = PromptReference(type="ref/prompt", name=prompt.name)
            completed = await client.complete(reference, {"name": argument.name, "value": ""})
            said.append((prompt.name, completed.model_dump_json()))
    return said + [("question", question) for question in person.questions]


@pytest.mark.parametrize("mode", ERAS)
async def test_nothing_by_which_somebody_can_be_reached_is_shown_stored_or_logged(
    mode: Era, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person = Person("yes")
    with running(account(), rate_limit=None, snapshot_edit="204") as served, planting(monkeypatch):
        settings = Settings.load(
            {
                "base_url": served.base_url,
                "client_id": "sandbox",
                "client_secret": "sandbox",
                "timezone": "UTC",
                "privacy": "strict",
                "store": f"sqlite:///{tmp_path / 'kept.sqlite3'}",
                "alias_key_file": tmp_path / "alias.key",
                "audit": tmp_path / "audit.jsonl",
            }
        )
        with logged() as log, anyio.fail_after(120):
            server = build_server(settings, now=lambda: NOW)
            async with Client(server, mode=mode, elicitation_callback=person) as client:
                said = await walked(client, person)
                files = await to_thread.run_sync(contents, tmp_path)
    said += [*files, ("log", log.getvalue())]
    assert len(person.questions) >= 5
    assert {"kept.sqlite3", "audit.jsonl"} <= {where for where, _ in said}
    leaks = [(where, secret) for where, text in said for secret in SECRETS if secret in text]
    assert leaks == []
