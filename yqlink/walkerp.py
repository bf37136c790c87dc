"""`make walkthrough FILE=… STYLE=api|db|file|tcp|table [PROFILE=u8|sap|generic]`: the job as a finance system starts it.

The list's rows are documents of a finance system that is a program of its own. It asks for the payments over the style, takes
results and vouchers, posts each voucher once and says so, without a person. Exits 0 only when document, payment, bank, statement
and voucher agree; prints the hash of the finance system's result set, which is the same over every style.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from erpbridge.simulator.opening import PROFILES, STYLES
from yqlink import erp_side
from yqlink.walkbooks import Report, compare
from yqlink.walkers import Stopwatch, Stuck
from yqlink.walkthrough import Job, platform_for, stop

SOURCE = "erp"
LIMIT_S = 300.0
# What an order's state is to a finance system.
_OUTCOMES = {"succeeded": "settled", "failed": "rejected", "returned": "returned"}


class ErpJob(Job):
    """The job of a list that comes from the finance system."""

    @property
    def told(self) -> dict[str, Any]:
        """The finance system's own result set, as it stands."""
        path = self.platform.demo_folder / "erp" / "books" / "results.json"
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return found
        return {"results": [], "unanswered": 1}

    def state(self) -> dict[str, Any]:
        """The pipeline of what the finance system asked for."""
        found: dict[str, Any] = self.people["treasurer1"].get("/api/v1/pipeline", source=SOURCE)
        return found

    def hand_in(self) -> tuple[int, int]:
        """Wait until every document was answered; how many there are, and how many were refused."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            told = self.told
            rows = told["results"]
            if rows and not told["unanswered"]:
                return len(rows), sum(row["outcome"] == "refused" for row in rows)
            time.sleep(0.5)
        raise Stuck(f"{self.told['unanswered']} deliveries have no answer")

    def result_file(self) -> str:
        """The finance system's result set, in the form results are compared in."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["单据号", "状态"])
        writer.writerows([row["doc_no"], row["outcome"]] for row in self.told["results"])
        return out.getvalue()

    def wait_for_vouchers(self) -> None:
        """Until every payment that left is booked here, posted over there, and acknowledged."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            left = self._open_vouchers()
            if not left:
                return
            time.sleep(1.0)
        raise Stuck(f"{len(left)} vouchers are not acknowledged: {left[:5]}")

    def _open_vouchers(self) -> list[str]:
        theirs = {_document(row): row for row in self.told["results"]}
        left = []
        for order in self.state()["orders"]:
            row = theirs.get(_key(order))
            outcome = _OUTCOMES.get(order["state"], "")
            is_due = order["state"] == "succeeded"
            is_acked = (order["voucher"] or {}).get("state") == "acked"
            is_told = row is not None and (not outcome or row["outcome"] == outcome)
            if not is_told or (is_due and not (is_acked and row and row["numbers"]["ours"])):
                left.append(f"{order['order_no']} {order['state']} {order['voucher']}")
        return left


def _document(row: dict[str, Any]) -> tuple[str, ...]:
    return row["company_code"], row["doc_type"], row["doc_no"], row["line_no"]


def _key(order: dict[str, Any]) -> tuple[str, ...]:
    return (order["company"], *order["document"])


def differences(told: dict[str, Any], orders: list[dict[str, Any]]) -> list[str]:
    """Where a document, its payment and its voucher do not say the same on both ends."""
    ours, found = {_key(order): order for order in orders}, []
    for row in told["results"]:
        key = _document(row)
        order = ours.pop(key, None)
        if row["outcome"] == "refused":
            found += [f"{key}: refused, but {order['order_no']} was made"] if order else []
        elif order is None:
            found.append(f"{key}: no payment of it")
        else:
            found += [f"{order['order_no']}: {one}" for one in _unlike(row, order)]
    return found + [f"{order['order_no']}: of no document" for order in ours.values()]


def _unlike(row: dict[str, Any], order: dict[str, Any]) -> list[str]:
    amount, voucher = Decimal(order["amount"]), order["voucher"]
    found = []
    if Decimal(row["amount"]) != amount:
        found.append(f"{order['amount']} here, {row['amount']} in the document")
    if row["outcome"] != _OUTCOMES.get(order["state"], "pending"):
        found.append(f"{order['state']} here, {row['outcome']} over there")
    if order["state"] != "succeeded":
        return found
    if not voucher:
        return [*found, "no voucher"]
    if Decimal(voucher["amount"]) != amount:
        found.append(f"its voucher comes to {voucher['amount']}")
    if not voucher["erp_no"] or voucher["erp_no"] != row["numbers"]["ours"]:
        found.append(f"voucher {voucher['erp_no']} here, {row['numbers']['ours']} over there")
    posted = sum(Decimal(line.split()[1]) for line in row["voucher"])
    if posted != amount:
        found.append(f"the voucher posted over there comes to {posted}")
    return found


def run(given: argparse.Namespace) -> tuple[Report, str]:
    """The whole job; its report, and the hash of the result set. Raises Stuck."""
    with platform_for(given.file, given.faults, given.seed, "boc") as (platform, clock_file, begin):
        erp_side.start(
            platform,
            given.style,
            given.profile,
            documents=given.file.resolve(),
            arguments=given.habit,
        )
        job, spent = ErpJob(platform, given.file, clock_file, begin), Stopwatch()
        count, refused = job.hand_in()
        print(f"  {count} documents handed in over {given.style}, {refused} refused")
        print(f"  payees confirmed by another person: {job.confirm_payees()}")
        print(f"  payees called back, the record confirmed by another: {job.call_payees_back()}")
        job.fetch_balances()
        spent.lap("documents and payees")
        job.decide()
        spent.lap("people")
        job.wait_for_ends()
        spent.lap("bank")
        state, instructions, ledger = job.books()
        spent.lap("statements")
        job.wait_for_vouchers()
        spent.lap("vouchers")
        told = job.told
        report = compare(state, instructions, ledger, result_file=job.result_file(), rows=count)
        report.differences += differences(told, job.state()["orders"])
        report.lifted, report.phases = job.lifted, spent.laps
        return report, str(told["sha256"])


def main() -> int:
    """The command."""
    signal.signal(signal.SIGTERM, stop)  # so that the platform is stopped, too
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--style", choices=STYLES, required=True)
    parser.add_argument("--profile", choices=PROFILES, default="u8")
    parser.add_argument("--faults", default="")
    parser.add_argument("--seed", default="1")
    parser.add_argument(
        "--habit", nargs="*", default=[], help="of the finance system: --habit=--twice=0.3"
    )
    given = parser.parse_args()
    if not given.file.is_file():
        print(f"no such file: {given.file}", file=sys.stderr)
        return 2
    try:
        report, digest = run(given)
    except Stuck as error:
        print(f"STUCK: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    print(report.text())
    print(f"\n  result set {digest}")
    if report.agrees:
        print("  document, payment, bank, statement, voucher agree")
    return 0 if report.agrees else 1


if __name__ == "__main__":
    sys.exit(main())
