"""What CITIC tells of accounts: balances, days, entries, receipts."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta

from bankadapters.banks.citic.simulator.fields import (
    BALANCES_MAX,
    DAYS,
    ENTRIES,
    PAGE_ROWS,
    day_of,
    listed,
    require,
    word,
)
from bankadapters.simulator import paper
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import tags, text_of, yuan
from bankadapters.simulator.world import World
from kernel import clock

Pairs = list[tuple[str, str]]


def balances(world: World, action: str, root: ET.Element) -> str:
    """DLBALQRY: a row for each account, with a status of its own."""
    asked = root.findall("list/row")
    if not 1 <= len(asked) <= BALANCES_MAX:
        raise Refusal("SIM0001", "账户数应为 1-10")
    rows = []
    for node in asked:
        number = text_of(node, "accountNo")
        account = world.account(number)
        if account is None:
            rows.append([*word("SIM0003"), ("accountNo", number)])
            continue
        amount = yuan(account.balance)
        rows.append([
            *word("AAAAAAA"), ("accountNo", number), ("accountName", account.name), ("currencyID", "01"),
            ("openBankName", "中信银行示例支行"), ("lastTranDate", f"{clock.today():%Y%m%d}"), ("usableBalance", amount),
            ("balance", amount), ("forzenAmt", "0.00"),
        ])  # fmt: skip
    return tags(word("AAAAAAA")) + listed(rows)


def history(world: World, action: str, root: ET.Element) -> str:
    """DLHBLQRY: thirty days at most."""
    require(DAYS, root)
    account = _account(world, text_of(root, "accountNo"))
    day, last = day_of(text_of(root, "startDate")), day_of(text_of(root, "endDate"))
    if day > last or (last - day).days > 29:
        raise Refusal("SIM0001", "查询日期超出范围")
    rows = []
    while day <= last:
        amount = yuan(world.books.balance_on(account, f"{day:%Y%m%d}"))
        rows.append([("date", f"{day:%Y%m%d}"), ("balance", amount)])
        day += timedelta(days=1)
    head = [("accountNo", account.number), ("accountNm", account.name), ("cryType", "01")]
    return tags([*word("AAAAAAA"), *head]) + listed(rows)


def entries(world: World, action: str, root: ET.Element, *, quirks: bool) -> str:
    """DLTRNALL: from a row on, so many rows as pageNumber says."""
    require(ENTRIES, root)
    account = _account(world, text_of(root, "accountNo"))
    first, last = text_of(root, "startDate"), text_of(root, "endDate")
    begin, most = int(text_of(root, "startRecord")), int(text_of(root, "pageNumber"))
    if day_of(first) > day_of(last) or begin < 1 or (day_of(last) - day_of(first)).days > 92:
        raise Refusal("SIM0001", "查询条件超出范围")
    total, rows = world.statement(Search(account, first, last), skip=begin - 1, limit=most)
    head = [
        ("accountNo", account.number), ("accountName", account.name), ("openBankName", "中信银行示例支行"),
        ("totalRecords", str(total)), ("returnRecords", str(len(rows))),
    ]  # fmt: skip
    told = [_entry(row) for row in rows]
    if quirks:  # the order of fields is not promised
        told = [row[::-1] for row in told]
    return tags([*word("AAAAAAA"), *head]) + listed(told)


def _entry(row: Row) -> Pairs:
    other = row.payer if row.incoming else row.payee
    is_return = row.kind == "return"
    return [
        ("tranDate", row.day), ("tranTime", row.time), ("tranNo", f"T{row.line:013d}"), ("sumTranNo", f"{row.line:013d}"),
        ("tranAmount", yuan(row.amount)), ("creditDebitFlag", "C" if row.incoming else "D"), ("oppAccountNo", other.number),
        ("oppAccountName", other.name), ("oppOpenBankName", other.bank), ("abstract", row.purpose or row.remark),
        ("cashTransferFlag", "1"), ("balance", yuan(row.balance)), ("valueDate", row.day), ("e3rtDate", row.day if is_return else ""),
        ("e3rtFlag", "0" if is_return else "1"), ("chkNum", row.insid), ("rlTranNo", ""), ("rfTranDt", ""), ("rfTranNo", ""),
    ]  # fmt: skip


def receipts(world: World, action: str, root: ET.Element) -> str:
    """DLEDDRSQ: of today or of days before, page by page."""
    require(DAYS, root)
    account = _account(world, text_of(root, "accNo"))
    first, last, today = (
        text_of(root, "startDate"),
        text_of(root, "endDate"),
        f"{clock.today():%Y%m%d}",
    )
    is_today = text_of(root, "qryType") == "1"
    if (is_today and first != today) or (not is_today and last >= today):
        raise Refusal("SIM0001", "qryType 与日期不符")
    begin, size = int(text_of(root, "startNo")), int(text_of(root, "pageSize"))
    total, rows = world.statement(Search(account, first, last), skip=begin - 1, limit=min(size, PAGE_ROWS))  # fmt: skip
    told = [
        [
            ("bresqNo", f"HD{row.line:014d}"), ("billType", "100000"), ("transeqNo", row.transaction), ("tranDate", row.day),
            ("tranAmt", yuan(row.amount)), ("brStt", "1"),
        ]
        for row in rows
    ]  # fmt: skip
    return tags([*word("AAAAAAA"), ("totalCount", str(total))]) + listed(told)


def receipt(world: World, action: str, root: ET.Element) -> str:
    """DLEDCDTD: one PDF in a ZIP in base64."""
    number = text_of(root, "list/row/brSeqNo")
    account = _account(world, text_of(root, "accNo"))
    if not number.startswith("HD"):
        raise Refusal("SIM0404")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        stamp = zipfile.ZipInfo(f"{number}.pdf", date_time=(2020, 1, 1, 0, 0, 0))
        archive.writestr(stamp, paper.receipt(number, [("Account", account.number)]))
    text = base64.b64encode(packed.getvalue()).decode("ascii")
    head = [("fileConTent", text), ("fileName", f"{number}.zip"), ("size", str(len(packed.getvalue())))]  # fmt: skip
    return tags([*word("AAAAAAA"), *head]) + listed([[("pdfName", f"{number}.pdf")]])


def _account(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("SIM0003")
    return account
