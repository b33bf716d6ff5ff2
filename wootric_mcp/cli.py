"""The command line: serve over stdio or HTTP, against an account or the sandbox."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import get_args

import anyio

from wootric_mcp import __version__
from wootric_mcp.server import build_server
from wootric_mcp.settings import Confirm, Privacy, Settings
from wootric_mcp.tools.app import App
from wootric_mcp.tools.registry import UnknownToolError

_FLAGS = (
    "toolsets",
    "tools",
    "exclude_tools",
    "read_only",
    "privacy",
    "confirm",
    "confirm_writes",
)
_EPILOG = """\
Credentials come from the environment: WOOTRIC_CLIENT_ID and WOOTRIC_CLIENT_SECRET, or
WOOTRIC_USERNAME and WOOTRIC_PASSWORD (with WOOTRIC_ACCOUNT_TOKEN if the user belongs to several
accounts). A secret can also come from a file: WOOTRIC_CLIENT_SECRET_FILE, WOOTRIC_PASSWORD_FILE,
WOOTRIC_ACCOUNT_TOKEN_FILE. Further settings, all optional:
  WOOTRIC_REGION       us, eu or au (default: by the account token, else us)
  WOOTRIC_BASE_URL     another address of the API
  WOOTRIC_TIMEZONE     the account's time zone, such as Europe/Berlin (default: the machine's)
  WOOTRIC_SURVEY_TYPE  nps, csat5, csat10 or ces7 (default nps)
  WOOTRIC_THEMES       themes besides the universal ones: saas, and the path of a file of your own
  WOOTRIC_CSV_DIR      folder whose CSV files may be sent (default: none)
  WOOTRIC_DEADLINE     seconds a call may take (default 45)
  WOOTRIC_ALIAS_KEY_FILE  where the key behind aliases is kept (default: the user's data folder)
  WOOTRIC_STORE        where what was read is kept: off, memory or sqlite:/// and the path of a file or folder
                       (default: a file in the user's data folder)
  WOOTRIC_STORE_DAYS   days it is kept after Wootric last returned it (default 90; 0: until the server ends)
  WOOTRIC_BUDGET_SHARE  share of the requests left by others that reading ahead may use (default 0.5)
  WOOTRIC_UNASKED_RECIPIENTS  people who may be mailed within 24 hours on codes alone (default 20)
  WOOTRIC_UNASKED_RECORDS  records that may be changed, deleted or revealed so (default 20; 0: none)
  WOOTRIC_AUDIT        file of the audit log (default: in the user's data folder)
  WOOTRIC_SEND_DOMAINS  domains that may be mailed, and that senders and links may name (* lets everybody be
                       mailed; default: everybody may be mailed, with no other sender and no link)
  WOOTRIC_SEND_MAX_RECIPIENTS  people in one survey (default 5000)
  WOOTRIC_SEND_MAX_PER_DAY  survey mails in 24 hours (default 0: any number)
  WOOTRIC_MIN_DAYS_BETWEEN  days for which nobody is mailed again from here (default 14)
  WOOTRIC_LOG_LEVEL    what is logged to stderr (default WARNING)
The flags from --toolsets on can be set likewise (WOOTRIC_TOOLSETS and so on).

Before anything is deleted, overwritten or mailed to customers, a person is asked. Where the client
cannot ask, nothing is changed: the answer tells what would happen and gives a code for this very call,
good once and for five minutes. A person approves it with `wootric-mcp approve CODE` in a terminal, or,
with --confirm ask_or_token, the assistant calls again with it, for at most WOOTRIC_UNASKED_RECORDS records
and WOOTRIC_UNASKED_RECIPIENTS mails in 24 hours. Two calls prove two calls, not that a person agreed: there
it is the permission prompt of your assistant that stands between, so leave that on, or use --confirm ask.
With --privacy strict, --confirm off still has a person asked before reveal_customer shows addresses.

Further commands (each has a --help):
  wootric-mcp sync [PERIOD]   read a period ahead, so that questions about it are answered at once
  wootric-mcp store status    what is kept of the account; `store clear` deletes it
  wootric-mcp approve CODE    let a call act that nobody could be asked about
  wootric-mcp audit           what was changed through this server
  wootric-mcp ledger          who was mailed when; `ledger resolve` settles what is unclear
  wootric-mcp themes FILE     what the comments of a CSV or JSON lines file are about, one by one
  wootric-mcp sandbox         serve the simulated account alone
"""


def parser() -> argparse.ArgumentParser:
    """The arguments of `wootric-mcp`; the `sandbox` command has its own parser."""
    made = argparse.ArgumentParser(
        prog="wootric-mcp",
        description="MCP server for the customer feedback of a Wootric (InMoment) account.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"wootric-mcp {__version__}")
    made.add_argument(
        "--sandbox", action="store_true", help="serve a simulated account; every credential is ignored"
    )
    made.add_argument(
        "--http", action="store_true", help="serve Streamable HTTP on loopback instead of stdio"
    )
    made.add_argument(
        "--port", type=_port, default=8000, help="port for --http (default 8000; 0: a free one)"
    )
    made.add_argument("--toolsets", metavar="NAMES", help="only these toolsets, comma-separated")
    made.add_argument("--tools", metavar="NAMES", help="only these tools (with --toolsets: these too)")
    made.add_argument(
        "--exclude-tools", metavar="NAMES", help="without these tools, whatever else is asked for"
    )
    made.add_argument(
        "--read-only", action="store_true", help="only tools that change nothing and mail nobody"
    )
    made.add_argument(
        "--confirm",
        choices=get_args(Confirm),
        help="who agrees before anything is deleted, overwritten or mailed to customers: ask, a person; "
        "ask_or_token, where nobody can be asked also a second call with a code (default); off, nobody",
    )
    made.add_argument("--confirm-writes", action="store_true", help="the same before every other change")
    made.add_argument(
        "--privacy",
        choices=get_args(Privacy),
        help="who sees people's addresses: alias (default) shows those of a person who is asked about; full "
        "also shows them beside feedback; strict shows, stores and logs none, and reveal_customer asks first",
    )
    return made


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    if arguments[:1] == ["sandbox"]:
        from wootric_mcp.sandbox.cli import main

        return main(list(arguments[1:]))
    level = os.environ.get("WOOTRIC_LOG_LEVEL", "").strip().upper() or "WARNING"
    if arguments[:1] in (["sync"], ["store"]):
        from wootric_mcp.store import cli as store_cli

        _log_to_stderr(level)
        return store_cli.main(arguments, lambda settings: App(settings).zone)
    if arguments[:1] in (["approve"], ["audit"]):
        from wootric_mcp.guard import cli as guard_cli

        _log_to_stderr(level)
        return guard_cli.main(arguments)
    if arguments[:1] == ["ledger"]:
        from wootric_mcp.guard import ledger_cli

        _log_to_stderr(level)
        return ledger_cli.main(arguments)
    if arguments[:1] == ["themes"]:
        from wootric_mcp import themes_cli

        _log_to_stderr(level)
        return themes_cli.main(arguments[1:])
    options = parser().parse_args(arguments)
    _log_to_stderr(level)
    with ExitStack() as stack:
        try:
            settings = _settings(options, stack)
            if settings.is_strict:
                from wootric_mcp.shield.logs import mask_logs

                mask_logs()
            closed = anyio.Event()
            server = build_server(settings, on_close=closed.set)
        except UnknownToolError as error:
            print(f"wootric-mcp: {error}", file=sys.stderr)  # noqa: T201
            return 2
        if not settings.is_usable:
            logging.getLogger(__name__).warning("Calls will be refused. %s", settings.what_to_set())
        from wootric_mcp import serving

        if options.http:
            return anyio.run(serving.serve_http, server, options.port)
        return anyio.run(serving.serve_stdio, server, closed)


def _log_to_stderr(level: str) -> None:
    known = level in logging.getLevelNamesMapping()
    logging.basicConfig(
        level=level if known else "WARNING",
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if not known:
        logging.getLogger(__name__).warning(
            "WOOTRIC_LOG_LEVEL is no level; use DEBUG, INFO, WARNING or ERROR."
        )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("must be 0 to 65535")
    return port


def _settings(options: argparse.Namespace, stack: ExitStack) -> Settings:
    flags = {name: value for name in _FLAGS if (value := getattr(options, name))}
    if not options.sandbox:
        return Settings.load(flags)
    from wootric_mcp.sandbox.server import start_story

    return Settings.for_sandbox(stack.enter_context(start_story()).base_url, flags)
