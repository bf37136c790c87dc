"""What China Construction Bank tells of accounts: balances and entries, paged by a context that must come back."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.ccb.simulator.fields import ENTRIES, HISTORY, PAGE_MAX, Said, day_of
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import first_fault, tags, text_of, yuan
from bankadapters.simulator.world import World
from kernel import clock


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("SIM900000005")
    return account


def keep_alive(world: World, root: ET.Element) -> Said:
    """6W9101."""
    return Said()


def balance(world: World, root: ET.Element) -> Said:
    """6W0100: book and available; no currency."""
    account = _own(world, text_of(root, "TX_INFO/ACC_NO"))
    amount = yuan(account.balance)
    pairs = [
        ("ACC_NO", account.number),
        ("BALANCE", amount),
        ("BALANCE1", amount),
        ("INTEREST", ""),
    ]
    return Said(tags([*pairs, ("INTEREST_RATE", "0.3500"), ("ACC_STATUS", "正常")]))


def entries(world: World, root: ET.Element) -> Said:
    """6WY101: pages of one size, each but the first asked for with the context of the one before it."""
    info = root.find("TX_INFO")
    fault = first_fault(ENTRIES, info) if info is not None else "TX_INFO 不能为空"
    if fault:
        raise Refusal("SIM900000001", fault)
    account = _own(world, text_of(info, "ACCNO1"))
    first, last = text_of(info, "STARTDATE"), text_of(info, "ENDDATE")
    page, size = int(text_of(info, "PAGE")), int(text_of(info, "TOTAL_RECORD") or "10")
    pages, rows, context = _page(
        world, account, (first, last), page, size, text_of(info, "POSTSTR")
    )
    top = [
        ("ACCNO1", account.number), ("CURR_COD", "01"), ("ACC_NAME", account.name), ("TOTAL_PAGE", str(pages)),
        ("PAGE", str(page)), ("POSTSTR", context), ("FLAG", "1"), ("FILE_LOCSTR", ""),
    ]  # fmt: skip
    gap = "\r\n" if world.faults.switch("quirks") else ""
    inside = gap.join(_entry(row) for row in rows)
    return Said(f"{tags(top)}<DETAILLIST>{gap}{inside}{gap}</DETAILLIST>")


def _page(
    world: World, account: Account, days: tuple[str, str], page: int, size: int, context: str
) -> tuple[int, list[Row], str]:
    first, last = day_of(days[0]), day_of(days[1])
    if first > last or last > clock.today() or not 1 <= size <= PAGE_MAX:
        raise Refusal("SIM900000001", "起止日期或每页笔数错误")
    expected = "" if page == 1 else f"{account.number}:{days[0]}:{size}:{page - 1}"
    if context != expected:
        raise Refusal("SIM900000001", "POSTSTR 与上一页不符")
    wanted = Search(account, days[0], days[1])
    total, rows = world.statement(wanted, skip=(page - 1) * size, limit=size)
    if not rows:
        raise Refusal("8350ZX100000")
    return -(-total // size), rows, f"{account.number}:{days[0]}:{size}:{page}"


def _slashed(day: str) -> str:
    return f"{day[:4]}/{day[4:6]}/{day[6:]}"


def _clock(time: str) -> str:
    return f"{time[:2]}:{time[2:4]}:{time[4:]}"


def _entry(row: Row) -> str:
    other = row.payer if row.incoming else row.payee
    inside = tags([
        ("TRANDATE", _slashed(row.day)), ("TRANTIME", _clock(row.time)), ("CRE_TYP", ""), ("CRE_NO", ""),
        ("MESSAGE", row.remark), ("AMT", yuan(row.amount)), ("AMT1", yuan(row.balance)), ("FLAG1", "1" if row.incoming else "0"),
        ("ACCNO2", other.number), ("ACC_NAME1", other.name), ("FLAG2", "1"), ("TRAN_FLOW", f"{row.serial or row.line}"),
        ("BFLOW", row.insid), ("DET_NO", str(row.line)), ("DET", row.purpose), ("REAL_TRANDATE", _slashed(row.day)),
    ])  # fmt: skip
    return f"<DETAILINFO>{inside}</DETAILINFO>"


def history(world: World, root: ET.Element) -> Said:
    """6W0300: fifty rows a page."""
    info = root.find("TX_INFO")
    fault = first_fault(HISTORY, info) if info is not None else "TX_INFO 不能为空"
    if fault:
        raise Refusal("SIM900000001", fault)
    account = _own(world, text_of(info, "ACC_NO"))
    days = (text_of(info, "START_DATE"), text_of(info, "END_DATE"))
    page = int(text_of(info, "START_PAGE"))
    pages, rows, context = _page(world, account, days, page, 50, text_of(info, "POSTSTR"))
    top = [
        ("ACC_NO", account.number), ("CUR_TYPE", "01"), ("ACC_NAME", account.name), ("ACC_STATUS", "0"),
        ("CUR_PAGE", str(page)), ("PAGE_COUNT", str(pages)), ("POSTSTR", context),
    ]  # fmt: skip
    return Said(tags(top) + "".join(_past(row) for row in rows))


def _past(row: Row) -> str:
    other = row.payer if row.incoming else row.payee
    inside = tags([
        ("CREDIT_TYPE", ""), ("CREDIT_NO", f"{row.line:012d}"), ("TRAN_DATE", row.day), ("TRAN_TIME", row.time),
        ("ABSTRACT", row.remark), ("AMOUNT", yuan(row.amount)), ("BALANCE", yuan(row.balance)),
        ("dORc", "1" if row.incoming else "0"), ("ACC_NO1", other.number), ("ACC_NAME1", other.name),
        ("INDIVIDUAL1", ""), ("INDIVIDUAL2", ""), ("PAY_SEQ_NUM", f"{row.unique}{row.line:06d}"),
    ])  # fmt: skip
    return f"<DETAIL>{inside}</DETAIL>"
