"""`python -m benchmarks`: start and memory against a one-tool server; `--answers`: tokens of answers;
`--scale`: seconds and memory by size of the account; `--digest`: of a digest by the number of comments."""

from __future__ import annotations

import argparse
import sys

from benchmarks.start import EXTRA_MEBIBYTES, RATIO, compare


def main() -> int:
    """Print the figures; the status is 1 if a budget of the start is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "-n", "--pairs", type=int, default=15, help="interleaved pairs of starts (default 15)"
    )
    parser.add_argument(
        "--answers", action="store_true", help="instead, tokens of the tool list and of answers"
    )
    parser.add_argument(
        "--scale",
        type=int,
        nargs="*",
        metavar="RESPONSES",
        help="instead, seconds and memory of accounts of that size (default: 1,000, 10,000 and 100,000)",
    )
    parser.add_argument(
        "--digest",
        type=int,
        nargs="*",
        metavar="COMMENTS",
        help="instead, seconds and memory of a digest of so many comments (default: the same numbers)",
    )
    options = parser.parse_args()
    if options.digest is not None:
        return _digest(options.digest)
    if options.scale is not None:
        return _scale(options.scale)
    return _answers() if options.answers else _start(options.pairs)


def _start(pairs: int) -> int:
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


def _answers() -> int:
    from benchmarks.answers import sizes, table

    print("Tokens (o200k_base), story sandbox; raw JSON is what the same pages of the API hold, compact:\n")
    print(table(sizes()))
    return 0


def _scale(sizes: list[int]) -> int:
    from benchmarks.scale import LATENCY, SIZES, measure, table

    print(f"Sandbox, {LATENCY:g} s per request, no request limit:\n", flush=True)
    print(table(measure(size) for size in sizes or SIZES))
    return 0


def _digest(sizes: list[int]) -> int:
    from benchmarks.digest import SIZES, measure, table

    print(table(measure(size) for size in sizes or SIZES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
