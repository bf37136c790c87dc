"""Books of the walkthrough: the list's days before it, and the platform's figures beside the bank's own ledger after it."""

from __future__ import annotations

import contextlib
import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any


def read_days(path: Path) -> list[date]:
    """The 期望付款日 of a list's rows, as far as they are dates."""
    if path.suffix.lower() == ".csv":
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        rows: list[Sequence[object]] = list(csv.reader(io.StringIO(text)))
    else:
        from python_calamine import load_workbook

        rows = list(load_workbook(str(path)).get_sheet_by_index(0).to_python())
    if not rows or "期望付款日" not in rows[0]:
        return []
    column = list(rows[0]).index("期望付款日")
    days = []
    for row in rows[1:]:
        value = row[column] if column < len(row) else ""
        if isinstance(value, datetime):
            days.append(value.date())
        elif isinstance(value, date):
            days.append(value)
        else:
            with contextlib.suppress(ValueError):
                days.append(date.fromisoformat(str(value).strip().replace("/", "-")))
    return days


@dataclass
class Report:
    """What the walkthrough found; `differences` must be empty for the books to agree."""

    rows: int = 0
    states: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    companies: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    phases: list[tuple[str, float]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing is left unexplained."""
        return not self.differences

    def text(self) -> str:
        """The table people read."""
        seconds = sum(spent for _, spent in self.phases)
        parts = ", ".join(f"{name} {spent:.1f}" for name, spent in self.phases)
        lines = ["", f"  rows {self.rows}   seconds {seconds:.1f} ({parts})", ""]
        lines += [f"  {'state':<18}{'count':>8}{'sum':>22}"]
        lines += [
            f"  {name:<18}{count:>8}{total:>22,.2f}"
            for name, (count, total) in sorted(self.states.items())
        ]
        lines += ["", f"  {'company':<18}{'count':>8}{'sum':>22}"]
        lines += [
            f"  {code:<18}{count:>8}{total:>22,.2f}"
            for code, (count, total) in sorted(self.companies.items())
        ]
        lines += ["", *self.accounts]
        if self.lifted:
            lines += ["", f"  holds lifted by a further person, with reason: {len(self.lifted)}"]
            lines += [f"    {one}" for one in self.lifted[:20]]
        if self.explained:
            lines += [
                "",
                f"  UNKNOWN, being asked, each explained by an injected fault: {len(self.explained)}",
            ]
            lines += [f"    {one}" for one in self.explained[:20]]
        if self.differences:
            lines += ["", f"  DIFFERENCES: {len(self.differences)}"]
            lines += [f"    {one}" for one in self.differences[:50]]
        else:
            lines += ["", "  books agree"]
        return "\n".join(lines)


def _tally(orders: list[dict[str, Any]], key: str) -> dict[str, tuple[int, Decimal]]:
    counts: Counter[str] = Counter()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        counts[order[key]] += 1
        sums[order[key]] += Decimal(order["amount"])
    return {name: (counts[name], sums[name]) for name in counts}


def _judge(
    order: dict[str, Any], theirs: dict[str, Any] | None, *, is_told: bool
) -> tuple[str, str]:
    """(difference, explanation) of one order against the bank's own record of it; both empty when they agree.

    A payment at a bank that tells no entries (`is_told` is False) can be tied to none.
    """
    debits = int(theirs["debits"]) if theirs else 0
    name = f"{order['order_no']} {order['reference']}"
    if debits > 1:
        return f"{name}: debited {debits} times", ""
    match order["state"]:
        case "succeeded" | "returned":
            if debits != 1:
                return f"{name}: {order['state']} here, {debits} debits at the bank", ""
            if Decimal(str(theirs["amount"] if theirs else 0)) != Decimal(order["amount"]):
                return f"{name}: {order['amount']} here, another amount at the bank", ""
            if is_told and not order["is_tied"]:
                return f"{name}: succeeded, not tied to its debit", ""
        case "failed":
            if debits:
                return f"{name}: failed here, debited at the bank", ""
        case "unknown":
            faults = list(theirs.get("faults", [])) if theirs else []
            if not order["next_inquiry_at"]:
                return f"{name}: unknown and nobody asks", ""
            if not faults:
                return f"{name}: unknown ({order['unknown_why']}) without an injected fault", ""
            return (
                "",
                f"{name}: {', '.join(faults)} — asked {order['inquiries']} times, next {order['next_inquiry_at']}",
            )
        case state:
            return f"{name}: ended in {state}", ""
    return "", ""


@dataclass(frozen=True)
class BankAccount:
    """One account in the bank's own journal: what left it, fees included, and how many entries it has."""

    balance: str
    debits: Decimal
    entries: int


def bank_accounts(ledger: dict[str, Any]) -> dict[str, BankAccount]:
    """The bank's accounts by number; the funds an account was opened with are no entry of a statement."""
    debits: dict[str, Decimal] = defaultdict(Decimal)
    entries: Counter[str] = Counter()
    for row in ledger["journal"]:
        if row["kind"] == "opening":
            continue
        debits[row["debit_account"]] += Decimal(row["amount"])
        entries.update((row["debit_account"], row["credit_account"]))
    return {
        one["number"]: BankAccount(one["balance"], debits[one["number"]], entries[one["number"]])
        for one in ledger["accounts"]
    }


def untold_debits(state: dict[str, Any]) -> dict[str, Decimal]:
    """What our payments took out of each account whose bank tells no entries, by number."""
    found = {one["number"]: Decimal(0) for one in state["accounts"] if not one["is_told"]}
    for order in state["orders"]:
        if order["state"] in ("succeeded", "returned") and order["payer_account"] in found:
            found[order["payer_account"]] += Decimal(order["amount"])
    return found


def agrees_with(
    account: dict[str, Any], theirs: BankAccount | None, untold: Mapping[str, Decimal]
) -> bool:
    """Whether our figures of an account are the bank's own; where it tells none, whether what we paid is what left there."""
    if theirs is None:
        return False
    if account["number"] in untold:
        return theirs.debits == untold[account["number"]]
    ours = (account["book"], account["debits"], account["entries"])
    return ours == (theirs.balance, f"{theirs.debits:.2f}", theirs.entries)


def _accounts(state: dict[str, Any], ledger: dict[str, Any], report: Report) -> None:
    known, untold = bank_accounts(ledger), untold_debits(state)
    for account in state["accounts"]:
        number, theirs = account["number"], known.get(account["number"])
        bank = (
            f"{theirs.balance}  debits {theirs.debits}  entries {theirs.entries}" if theirs else "—"
        )
        ours = f"{account['book']}  debits {account['debits']}  entries {account['entries']}"
        if number in untold:
            ours = f"no entries told  paid {untold[number]:.2f}"
        report.accounts.append(f"  account {number}  here {ours}")
        if agrees_with(account, theirs, untold):
            report.accounts[-1] += "  and at the bank"
        else:
            report.differences.append(f"account {number}: {ours} here, {bank} at the bank")
        report.differences += [
            f"account {number}: day does not add up: {one}" for one in account["day_differences"]
        ]


def compare(
    state: dict[str, Any],
    instructions: dict[str, Any],
    ledger: dict[str, Any],
    *,
    result_file: str,
    rows: int,
) -> Report:
    """The two books side by side, order by order and account by account, and the result file row by row."""
    orders = state["orders"]
    report = Report(rows=rows, states=_tally(orders, "state"), companies=_tally(orders, "company"))
    untold = untold_debits(state)
    for order in orders:
        is_told = order["payer_account"] not in untold
        difference, explanation = _judge(
            order, instructions.get(order["reference"]), is_told=is_told
        )
        report.differences += [difference] if difference else []
        report.explained += [explanation] if explanation else []
    ours = {order["reference"] for order in orders}
    strangers = [row["insid"] for row in ledger["debits"] if row["insid"] not in ours]
    report.differences += [f"debit {insid} at the bank is nobody's here" for insid in strangers]
    _accounts(state, ledger, report)
    results = list(csv.DictReader(io.StringIO(result_file)))
    if len(results) != rows:
        report.differences.append(f"the result file has {len(results)} rows, the list has {rows}")
    unmarked = [row for row in results if not row.get("状态")]
    report.differences += [f"result file: {len(unmarked)} rows without a state"] if unmarked else []
    return report
