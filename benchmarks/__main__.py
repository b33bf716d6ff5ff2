"""`python -m benchmarks`: start-up time and memory against a one-tool server."""

from __future__ import annotations

import argparse
import sys

from benchmarks.start import compare

RATIO, EXTRA_MEBIBYTES = 1.15, 10.0


def main() -> int:
    """Print the comparison; the status is 1 if a budget is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "-n", "--pairs", type=int, default=15, help="interleaved pairs of starts (default 15)"
    )
    pairs = parser.parse_args().pairs
    print(
        f"Start to the first tools/list answer, {pairs} interleaved pairs, bytecode compiled:\n", flush=True
    )
    found = compare(pairs)
    print(found.table())
    extra = found.extra_mebibytes
    print(f"\nstart   {found.ratio:.2f} x the one-tool server (budget {RATIO})")
    if extra is not None:
        print(f"memory  {extra:+.1f} MiB (budget +{EXTRA_MEBIBYTES:g})")
    return int(found.ratio > RATIO or (extra or 0.0) > EXTRA_MEBIBYTES)


if __name__ == "__main__":
    sys.exit(main())
