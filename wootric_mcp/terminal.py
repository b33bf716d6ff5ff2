"""What the commands have in common: they tell, refuse, and ask whoever sits at the terminal."""

from __future__ import annotations

import sys


def told(text: str) -> int:
    """Tell a result; gives the status of success."""
    sys.stdout.write(f"{text}\n")
    return 0


def refused(why: str, status: int = 2) -> int:
    """Tell why nothing came of it; gives `status`: 2 for a call that cannot be meant, 1 for anything else."""
    sys.stderr.write(f"wootric-mcp: {why}\n")
    return status


def agreed(question: str) -> bool:
    """Ask, and take nothing but a yes for one."""
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
