"""`python -m benchmarks [--quick | --full] [--only NAME]`: every benchmark beside its alternative, on this machine, now."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    banks,
    dispatch,
    exchange,
    ingestion,
    lists,
    messages,
    reconciliation_table,
    rig,
    startup,
    statement_files,
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    lines: tuple[int, ...]
    orders: tuple[int, ...]
    payments: int
    matched: tuple[int, ...]
    requests: int
    burst: int
    seeds: tuple[int, ...] = (1,)
    at_banks: int = 5_000  # payments spread over all banks
    milliseconds: int = 500  # a message is worded and read over and over for so long


QUICK = Sizes(
    lines=(500, 3_000),
    orders=(2_000, 10_000),
    payments=200,
    matched=(500, 2_000),
    requests=100,
    burst=200,
    at_banks=28,
    milliseconds=10,
)
NORMAL = Sizes(
    lines=(1_000, 10_000, 100_000),
    orders=(100_000, 1_000_000),
    payments=4_000,
    matched=(100_000, 1_000_000),
    requests=1_000,
    burst=5_000,
)
FULL = Sizes(
    lines=(1_000, 100_000, 1_000_000),
    orders=(100_000, 1_000_000, 10_000_000),
    payments=20_000,
    matched=(100_000, 1_000_000),
    requests=10_000,
    burst=100_000,
    seeds=tuple(range(1, 21)),
)
BASE = "bench_base"


def _reconciliation(url: str, sizes: Sizes, home: Path) -> list[rig.Line]:
    return reconciliation_table.run(
        url, base=BASE, sizes=sizes.matched, seeds=sizes.seeds, home=home
    )


def _ingestion(url: str, sizes: Sizes, _: Path) -> list[rig.Line]:
    return ingestion.run(rig.database(url, "bench_ingestion", template=BASE), sizes=sizes.lines)


def _files(url: str, sizes: Sizes, _: Path) -> list[rig.Line]:
    return statement_files.run(rig.database(url, "bench_files", template=BASE), sizes=sizes.lines)


def _dispatch(url: str, sizes: Sizes, home: Path) -> list[rig.Line]:
    return dispatch.run(url, payments=sizes.payments, home=home)


def _messages(url: str, sizes: Sizes, _: Path) -> list[rig.Line]:
    own = rig.database(url, "bench_messages", template=BASE)
    return messages.run(own, milliseconds=sizes.milliseconds)


def _banks(url: str, sizes: Sizes, home: Path) -> list[rig.Line]:
    return banks.run(url, payments=sizes.at_banks, home=home)


def _lists(url: str, sizes: Sizes, _: Path) -> list[rig.Line]:
    return lists.run(rig.database(url, "bench_lists", template=BASE), sizes=sizes.orders)


def _exchange(url: str, sizes: Sizes, _: Path) -> list[rig.Line]:
    return exchange.run(url, requests=sizes.requests, burst=sizes.burst)


def _startup(url: str, _: Sizes, __: Path) -> list[rig.Line]:
    return startup.run(url)


BENCHMARKS: dict[str, tuple[str, Callable[[str, Sizes, Path], list[rig.Line]]]] = {
    "reconciliation": ("GOAL 1 · reconciliation", _reconciliation),
    "files": ("GOAL 2 · statement files, camt.053 and MT940", _files),
    "ingestion": ("GOAL 2 · statement lines from the bank link", _ingestion),
    "dispatch": ("GOAL 3 · released to final", _dispatch),
    "messages": ("Messages of every bank", _messages),
    "banks": ("All banks under one platform", _banks),
    "lists": ("GOAL 4 · list pages", _lists),
    "exchange": ("requests of finance systems, five styles", _exchange),
    "startup": ("GOAL 5 · start-up and memory", _startup),
}


# They bring up the whole platform twice, both ends of five styles, and fourteen banks.
NOT_QUICK = ("startup", "exchange", "banks")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 0 when all of them ran, whatever they measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes: does it run at all")
    size.add_argument(
        "--full", action="store_true", help="up to 10 million rows, 20 sets of a million lines"
    )
    parser.add_argument("--only", choices=sorted(BENCHMARKS), action="append")
    options = parser.parse_args(argv)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that the servers are stopped as well
    sizes = QUICK if options.quick else FULL if options.full else NORMAL
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, fsync on"
    )
    print("value, ratio to what stands beside it, goal")
    with rig.server() as url, tempfile.TemporaryDirectory(prefix="yqlink-bench-") as home:
        rig.furnish(rig.database(url, BASE), orders=1, clock_file=Path(home) / "clock")
        for name in options.only or [
            name for name in BENCHMARKS if not (options.quick and name in NOT_QUICK)
        ]:
            title, run = BENCHMARKS[name]
            began = time.perf_counter()
            lines = run(url, sizes, Path(home))
            rig.show(f"{title} ({time.perf_counter() - began:.0f} s)", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
