"""`python -m erpbridge.simulator --style api|db|file|tcp|table --profile u8|sap|generic --connection FILE --data DIR`.

An independent finance system: holds documents, sends payment requests, takes results and vouchers, posts each voucher once and
says so. Its records stand in DIR/books.sqlite, its result set in DIR/results.json. It may be killed at any moment and started again.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from erpbridge.simulator import documents
from erpbridge.simulator.books import Books
from erpbridge.simulator.opening import PROFILES, STYLES, Clock, line_errors, open_side
from erpbridge.simulator.program import Erp, Habits


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m erpbridge.simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--style", choices=STYLES, required=True)
    parser.add_argument("--profile", choices=PROFILES, default="generic")
    parser.add_argument("--connection", type=Path, required=True, help="JSON, one entry a style")
    parser.add_argument("--data", type=Path, required=True, help="where its records stand")
    parser.add_argument("--documents", type=Path, help="a payment list to hold and send")
    parser.add_argument("--clock-file", type=Path, help="seconds this clock is ahead")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between ticks")
    parser.add_argument("--once", action="store_true", help="one tick")
    parser.add_argument("--batch", type=int, default=100, help="lines of one delivery")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow-s", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument(
        "--silent", type=float, default=0.0, help="share of messages ignored at first"
    )
    parser.add_argument("--twice", type=float, default=0.0, help="share of what is said twice")
    return parser.parse_args()


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """The command."""
    given = _arguments()
    signal.signal(signal.SIGTERM, _stop)
    given.data.mkdir(parents=True, exist_ok=True)
    books = Books(given.data / "books.sqlite")
    told = json.loads(given.connection.read_text("utf-8"))[given.style]
    clock = Clock(given.clock_file)
    side = open_side(given.style, given.profile, told, books=books, clock=clock)
    habits = Habits(given.seed, given.batch, given.slow_s, given.silent, given.twice)
    erp = Erp(side, books, habits, moment=clock.now)
    if given.documents is not None:
        print(f"holds {books.hold(documents.read(given.documents))} new documents", flush=True)
    while True:
        try:
            if done := erp.tick():
                print(f"{clock.stamp()} {done} step(s)", flush=True)
        except line_errors() as error:
            print(f"{clock.stamp()} the line: {type(error).__name__}: {error}", flush=True)
        erp.write_results(given.data / "results.json")
        if given.once:
            return 0
        time.sleep(given.every)


if __name__ == "__main__":
    sys.exit(main())
