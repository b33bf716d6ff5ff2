"""Writes parts of README.md from the code: `python -m scripts.readme`; with `--check` it only compares.

Each part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import anyio
from mcp import Client
from mcp.types import TextContent, Tool

from wootric_mcp.operations import OPERATIONS, Risk
from wootric_mcp.prompts import load_prompts
from wootric_mcp.sandbox.server import Sandbox, serve
from wootric_mcp.sandbox.story import build_story
from wootric_mcp.server import build_server
from wootric_mcp.settings import PREFIX, SECRETS, Settings
from wootric_mcp.store import freshness
from wootric_mcp.tools.catalog import CATALOG

README = Path(__file__).parents[1] / "README.md"
SNAPSHOTS = Path(__file__).parents[1] / "tests" / "snapshots"

SETTINGS = {
    "client_id": "OAuth client id (in Wootric: Settings, API)",
    "client_secret": "its secret",
    "username": "instead of a client: e-mail address of a user; bounce reports then go to that user",
    "password": "its password",
    "account_token": "`NPS-…`, for a user of several accounts; tells the region, too",
    "region": "where the account lives",
    "base_url": "another address of the API; https, or http on loopback",
    "timezone": "time zone in which periods are resolved, such as `Europe/Berlin`; default: the machine's",
    "survey_type": "what the account asks; the API does not tell",
    "themes": "themes besides the universal ones: `saas`, the path of a lexicon file of your own, or both "
    "with a comma between",
    "csv_dir": "folder whose files `send_email_survey_csv` may name; default: none",
    "alias_key_file": "file with the key behind aliases, made if missing; default: in your data folder",
    "deadline": "seconds a tool call may take",
    "store": "where what was read is kept: `off`, `memory` or `sqlite:///` and the path of a file or folder; "
    "default: a file in your data folder",
    "store_days": "days it is kept after Wootric last returned it; 0: until the server ends",
    "budget_share": "share of the requests left by others that reading ahead may use",
    "privacy": "who sees people's addresses and numbers; see “Privacy”; as a flag `--privacy`",
    "confirm": "who agrees before anything is deleted, overwritten or mailed to customers; see “Safety”; "
    "as a flag `--confirm`",
    "confirm_writes": "the same before every other change; as a flag `--confirm-writes`",
    "unasked_recipients": "people who may be mailed within 24 hours on codes alone",
    "unasked_records": "records that may be changed, deleted or revealed within 24 hours on codes alone; "
    "0: none",
    "audit": "file of the audit log; default: `audit.jsonl` in your data folder",
    "send_domains": "domains that may be mailed, and that sender, reply-to, logo and links may name, with "
    "those below them; `*` lets everybody be mailed. Default: everybody may be, by the account's own "
    "sender, without links",
    "send_max_recipients": "people in one survey",
    "send_max_per_day": "survey mails in 24 hours; 0: any number",
    "min_days_between": "days for which somebody who was, or may have been, mailed from here is left out",
    "toolsets": "only these toolsets; as a flag `--toolsets`",
    "tools": "only these tools, or these besides the toolsets; `--tools`",
    "exclude_tools": "without these tools, whatever else is asked for; `--exclude-tools`",
    "read_only": "only tools that change nothing and mail nobody; `--read-only`",
}
_DAY = datetime(2026, 11, 18, 12, tzinfo=UTC)
_FENCE = re.compile(r"\[(end of )?customer text ")
_LOG_LEVELS = "`DEBUG`, `INFO`, **`WARNING`**, `ERROR`"  # read before there are settings
_INTERNAL = {"is_sandbox", "problems"}
_EFFECTS = {
    Risk.READ: "reads",
    Risk.WRITE: "writes",
    Risk.DESTRUCTIVE: "deletes, asks first",
    Risk.OUTBOUND: "mails customers, asks first",
}


def settings_table() -> str:
    """Every setting with its values and what it is for.

    Raises:
        KeyError: If a setting is not described above.
    """
    rows = []
    for name, field in Settings.model_fields.items():
        if name not in _INTERNAL:
            variable = f"`{PREFIX}{name.upper()}`"
            also = f" or `{PREFIX}{name.upper()}_FILE`" if name in SECRETS else ""
            rows.append((variable + also, _values(field.annotation, field.default), SETTINGS[name]))
    rows.append((f"`{PREFIX}LOG_LEVEL`", _LOG_LEVELS, "what is logged to stderr"))
    return _table(("variable", "values", "what it is for"), rows)


def tools_table() -> str:
    """Every tool by toolset: what it does and what it may change."""
    tools = {tool.name: tool for tool in anyio.run(_listed)}
    rows = [
        (spec.toolset, f"`{spec.name}`", _first_sentence(tools[spec.name]), _effect(tools[spec.name]))
        for spec in CATALOG
    ]
    shown = [
        ("" if above and above[0] == row[0] else f"`{row[0]}`", *row[1:])
        for above, row in zip([None, *rows], rows, strict=False)
    ]
    return _table(("toolset", "tool", "what it does", "effect"), shown)


def prompts_table() -> str:
    """Every prompt with its arguments; optional ones in brackets."""
    rows = [
        (
            prompt.title,
            prompt.description,
            ", ".join(a.name if a.is_required else f"[{a.name}]" for a in prompt.arguments),
        )
        for prompt in load_prompts()
    ]
    return _table(("prompt", "what it gives", "arguments"), rows)


def example() -> str:
    """A question and the head of its answer, from the story as it stands on a day that does not move."""
    lines = [line for line in anyio.run(_answer).splitlines() if not _FENCE.match(line)]
    head = lines[: next(place for place, line in enumerate(lines) if line.startswith("3. "))]
    wrapped = [part for line in head for part in textwrap.wrap(line, 100, subsequent_indent="    ")]
    return "\n".join(("> What were detractors saying last week?", "", "```text", *wrapped, "…", "```"))


def freshness_table() -> str:
    """How long what was read is taken as fresh, as the rule itself says it."""
    return "\n".join(re.findall(r"^\|.*\|$", freshness.__doc__ or "", re.MULTILINE))


def confirmation_table() -> str:
    """What comes of a call by client and policy, as the tests of the guard saw it."""
    return (SNAPSHOTS / "confirmation.md").read_text(encoding="utf-8").rstrip()


PARTS = {
    "example": example,
    "freshness": freshness_table,
    "confirmation": confirmation_table,
    "settings": settings_table,
    "tools": tools_table,
    "prompts": prompts_table,
}


def written(readme: str) -> str:
    """The README with its generated parts as the code has them now.

    Raises:
        ValueError: If the place of a part is not marked.
    """
    for name, part in PARTS.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, opened, rest = readme.partition(opening)
        _, closed, after = rest.partition(closing)
        if not (opened and closed):
            raise ValueError(f"README.md must have a place between {opening.strip()} and {closing}")
        readme = f"{before}{opening}{part()}\n{closing}{after}"
    return readme


async def _answer() -> str:
    with serve(Sandbox(build_story(_DAY), now=_DAY)) as running:
        settings = Settings.for_sandbox(running.base_url, {"timezone": "UTC"})
        async with Client(build_server(settings, now=lambda: _DAY)) as client:
            answer = await client.call_tool(
                "summarize_feedback", {"period": "last_week", "category": "detractor"}
            )
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent))


async def _listed() -> list[Tool]:
    blank: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    async with Client(build_server(Settings.model_construct(**blank))) as client:
        return (await client.list_tools()).tools


def _first_sentence(tool: Tool) -> str:
    return re.split(r"(?<=[.;])\s", tool.description or "", maxsplit=1)[0].rstrip(".;")


def _effect(tool: Tool) -> str:
    risk = OPERATIONS[tool.name].risk if tool.name in OPERATIONS else Risk.READ
    asks = risk is Risk.WRITE and "confirmed" in (tool.description or "")
    return f"{_EFFECTS[risk]}{'; asks first where it overwrites' if asks else ''}"


def _values(annotation: Any, default: object) -> str:
    options = [option for option in get_args(annotation) if option is not NoneType]
    if get_origin(annotation) is Literal or any(get_origin(option) is Literal for option in options):
        choices = get_args(options[0]) or options
        return ", ".join(f"**`{c}`**" if c == default else f"`{c}`" for c in choices)
    if isinstance(default, bool):
        return "`true`, **`false`**"
    if isinstance(default, int | float):
        return f"a number, **{default:g}**"
    return "names, comma-separated" if isinstance(default, tuple) else "text"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Write or check README.md; the status is 1 if the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m scripts.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a part has drifted")
    before = README.read_text(encoding="utf-8")
    after = written(before)
    if parser.parse_args().check:
        print("README.md is up to date." if before == after else "README.md has drifted: run `make docs`.")
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
