"""The walkthrough at every bank: the list's rows spread over accounts at all of them, its payees known at their own banks."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from openpyxl import load_workbook

from yqlink.supervisor import Platform

COMPANY, PAYER = "公司代码", "付款账号"
PAYEE_NAME, PAYEE_ACCOUNT, CNAPS = "收款户名", "收款账号", "联行号"


def spread(path: Path, target: Path, accounts: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Write the list anew with its rows dealt out in turn to the company's accounts; the rows as written.

    The account a row names stays one of its company's. `accounts`: {company, number, payees, …} of all banks; `payees` are the
    three digits of the one bank an account can pay to, "" for any.
    """
    by_company: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for account in accounts:
        by_company[account["company"]].append((account["number"], account["payees"]))
    dealt: dict[str, int] = defaultdict(int)

    def deal(company: str, named: str, cnaps: str) -> str:
        numbers = [(named, ""), *by_company.get(company, [])]
        while True:
            number, payees = numbers[dealt[company] % len(numbers)]
            dealt[company] += 1
            if cnaps.startswith(payees):
                return number

    write = _write_csv if path.suffix.lower() == ".csv" else _write_sheet
    return write(path, target, deal)


def _write_sheet(path: Path, target: Path, deal: Any) -> list[dict[str, str]]:
    book = load_workbook(path)
    sheet = book.worksheets[0]
    head = [str(cell.value or "") for cell in sheet[1]]
    company, payer, code, found = *map(head.index, (COMPANY, PAYER, CNAPS)), []
    for cells in sheet.iter_rows(min_row=2):
        if cells[payer].value is not None:
            names = [str(cells[place].value or "") for place in (company, payer, code)]
            cells[payer].value = deal(*names)
        found.append({name: str(cell.value or "") for name, cell in zip(head, cells, strict=False)})
    book.save(target)
    return found


def _write_csv(path: Path, target: Path, deal: Any) -> list[dict[str, str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys() if rows else [])
    writer.writeheader()
    for row in rows:
        row[PAYER] = deal(row[COMPANY], row[PAYER], row.get(CNAPS, ""))
        writer.writerow(row)
    target.write_text(out.getvalue(), "utf-8-sig")
    return rows


def payees_at(
    rows: Iterable[Mapping[str, str]], prefixes: Mapping[str, str]
) -> list[dict[str, str]]:
    """The list's payees as accounts at the simulated banks, {number, name, bank, role}; one name a number.

    `prefixes`: bank by the three digits clearing codes begin with.
    """
    names: dict[str, set[str]] = defaultdict(set)
    banks: dict[str, str] = {}
    for row in rows:
        slug = prefixes.get(row.get(CNAPS, "")[:3])
        if slug and row.get(PAYEE_ACCOUNT):
            names[row[PAYEE_ACCOUNT]].add(row[PAYEE_NAME])
            banks[row[PAYEE_ACCOUNT]] = slug
    return [
        {"number": number, "name": name, "bank": banks[number], "role": "payee"}
        for number, (name, *others) in ((n, sorted(said)) for n, said in names.items())
        if not others
    ]


def between_banks(ledger: Mapping[str, Any]) -> tuple[int, Decimal, list[str]]:
    """Payments that debited an account at one bank and credited one at another: how many, their sum, and which banks."""
    bank_of = {one["number"]: one["bank"] for one in ledger["accounts"] if one["bank"]}
    count, total, banks = 0, Decimal(0), set()
    for row in ledger["journal"]:
        debit, credit = bank_of.get(row["debit_account"]), bank_of.get(row["credit_account"])
        if row["kind"] == "payment" and debit and credit and debit != credit:
            count, total = count + 1, total + Decimal(row["amount"])
            banks |= {debit, credit}
    return count, total, sorted(banks)


def at_every_bank(platform: Platform, path: Path) -> Path:
    """The list with its rows dealt out over the accounts at every bank; its payees are known at theirs."""
    accounts = json.loads((platform.demo_folder / "bank_accounts.json").read_text("utf-8"))
    target = platform.home / path.name
    rows = spread(path, target, accounts)
    with httpx.Client(base_url=platform.simulator_url, timeout=60, trust_env=False) as bank:
        homes = bank.get("/_sim/homes").json()
        bank.post("/_sim/accounts", json=payees_at(rows, homes)).raise_for_status()
    print(f"  accounts at {len({one['bank'] for one in accounts}) + 1} banks: {len(accounts) + 4}")
    return target
