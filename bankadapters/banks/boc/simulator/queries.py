"""What the Bank of China tells: balances, history, statement rows with paging, the state of a payment."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, timedelta

from bankadapters.banks.boc.simulator.fields import REASONS, STATEMENT, day_of, month_after, status
from bankadapters.banks.boc.simulator.payments import item_answer
from bankadapters.simulator.bank import Refusal, World
from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told
from kernel import clock

PAGE_MAX = 50
HISTORY_DAYS = 366


def _account(world: World, head: ET.Element, number: str) -> Account | None:
    """The account, if this customer may ask about it."""
    return world.account(number, text_of(head, "custid"))


def balances(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    """b2e0005: current balance, one answer per account asked."""
    answers = [status("B001", "OK")]
    for item in wrapper.iterfind("b2e0005-rq"):
        number = text_of(item, "account/actacn")
        account = _account(world, head, number)
        if account is None:
            named = tags([("ibknum", text_of(item, "account/ibknum")), ("actacn", number)])
            answers.append(f"<b2e0005-rs>{status('S914')}<account>{named}</account></b2e0005-rs>")
            continue
        who = tags([("ibknum", account.ibknum), ("actacn", number)])
        who += tags([("curcde", account.currency), ("actname", account.name)])
        amount = yuan(account.balance)
        figures = tags(
            [("bokbal", amount), ("avabal", amount), ("stpamt", "0.00"), ("ovramt", "0.00")]
        )
        day = tag("baldat", f"{clock.today():%Y%m%d}")
        inside = f"{status('B001', 'OK')}<account>{who}</account><balance>{figures}</balance>{day}"
        answers.append(f"<b2e0005-rs>{inside}</b2e0005-rs>")
    return "".join(answers)


def _span(item: ET.Element, *, default: date) -> tuple[date, date]:
    first, last = text_of(item, "datescope/from"), text_of(item, "datescope/to")
    start = day_of(first) if first else default
    end = day_of(last) if last else max(start, default)
    if start > end:
        raise Refusal("S915", "起始日期晚于截止日期")
    return start, end


def history(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    """b2e0012: balance at the end of each day of a span, today's so far; one answer per day."""
    answers = [status("B001", "OK")]
    today = clock.today()
    for item in wrapper.iterfind("b2e0012-rq"):
        number = text_of(item, "account/actacn")
        account = _account(world, head, number)
        if account is None:
            answers.append(
                f"<b2e0012-rs>{status('S914')}<account>{tag('actacn', number)}</account></b2e0012-rs>"
            )
            continue
        start, end = _span(item, default=today - timedelta(days=1))
        if start < today - timedelta(days=HISTORY_DAYS):
            raise Refusal("S915")
        who = tags([("ibknum", account.ibknum), ("actacn", number), ("curcde", account.currency)])
        day = start
        while day <= min(end, today):
            amount = yuan(world.books.balance_on(account, f"{day:%Y%m%d}"))
            inside = f"<account>{who}</account><balance>{tags([('bokbal', amount), ('avabal', amount)])}</balance>"
            inside = status("B001", "OK") + inside + tag("baldat", f"{day:%Y%m%d}")
            answers.append(f"<b2e0012-rs>{inside}</b2e0012-rs>")
            day += timedelta(days=1)
    return "".join(answers)


def statement(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    """b2e0035: statement rows, at most 50 from begnum on; B002 while more follow, B003 when there is none."""
    item = wrapper.findall("b2e0035-rq")[-1]
    fault = first_fault(STATEMENT, item)
    if fault:
        raise Refusal("B998", fault)
    account = _account(world, head, text_of(item, "actacn"))
    if account is None:
        raise Refusal("S914")
    wanted = _search(item, account)
    begin, size = max(1, int(text_of(item, "begnum") or 1)), int(text_of(item, "recnum") or 1)
    if not 1 <= size <= PAGE_MAX:
        raise Refusal("B998", f"recnum 应为 1-{PAGE_MAX}")
    total, rows = world.statement(wanted, skip=begin - 1, limit=size)
    if not rows:
        return status("B003")
    more = begin - 1 + len(rows) < total
    quirks = world.faults.switch("quirks")
    inside = "".join(_row(row, quirks=quirks) for row in rows)
    counters = tags([("totalnum", str(len(rows))), ("notenum", str(total))])
    return status("B002" if more else "B001", "OK") + counters + inside


def _search(item: ET.Element, account: Account) -> Search:
    kind, today = text_of(item, "type"), clock.today()
    yesterday = today - timedelta(days=1)
    start, end = _span(item, default=today if kind == "2001" else yesterday)
    if kind == "2001":
        if not start <= today <= end:
            raise Refusal("S915", "2001 只查询当日")
        start = end = today
    elif kind == "2002":
        if not text_of(item, "datescope/from") or not text_of(item, "datescope/to"):
            raise Refusal("B998", "datescope 不能为空")
        if start < today - timedelta(days=HISTORY_DAYS) or end > month_after(start):
            raise Refusal("S915", "应在一年以内且跨度不超过一个月")
        end = min(end, yesterday)  # today belongs to 2001
    low, high = text_of(item, "amountscope/from"), text_of(item, "amountscope/to")
    return Search(
        account=account, start=f"{start:%Y%m%d}", end=f"{end:%Y%m%d}", direction=text_of(item, "direction") or "0",
        low=fen(low) if low else 0, high=fen(high) if high else 10**20 - 1, nightly=kind == "2005",
    )  # fmt: skip


def _row(row: Row, *, quirks: bool) -> str:
    payer = tags(
        [("ibknum", row.payer.ibk), ("actacn", row.payer.number), ("acntname", row.payer.name)]
    )
    payer += tags([("ibkname", row.payer.bank), ("outref", "")])
    payee = tags(
        [("toibkn", row.payee.ibk), ("actacn", row.payee.number), ("toname", row.payee.name)]
    )
    payee += tags([("tobank", row.payee.bank), ("tobref", "")])
    balance = yuan(row.balance)
    rest = [
        ("mactibkn", ""), ("mactacn", ""), ("mactname", ""), ("mactbank", ""), ("vchnum", row.voucher),
        ("transid", row.transaction), ("insid", row.insid), ("txndate", row.day), ("txntime", row.time),
        ("txnamt", yuan(row.amount)), ("acctbal", balance), ("avlnal" if quirks else "avlbal", balance),
        ("frzamt", "0.00"), ("overdramt", "0.00"), ("avloverdramt", "0.00"), ("useinfo", row.purpose),
        ("furinfo", row.remark), ("transtype", ""), ("bustype", ""), ("trncur", "001" if quirks else "CNY"),
        ("direction", "1" if row.incoming else "2"), ("feeact", ""), ("feeamt", ""), ("feecur", ""),
        ("valdat", row.day), ("vouchtp", ""), ("vouchnum", row.unique), ("fxrate", ""),
        ("interinfo", f"F://A:{row.remark}//U:{row.purpose}//R:"), ("reserve1", ""), ("reserve2", ""), ("reserve3", ""),
    ]  # fmt: skip
    inside = f"{status('B001', 'OK')}<fractn>{payer}</fractn><toactn>{payee}</toactn>{tags(rest)}"
    return f"<b2e0035-rs>{inside}</b2e0035-rs>"


def inquire(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    """b2e0007: the state of payments, asked by insid, by obssid or by both; the item's status is the payment's."""
    items, custid = wrapper.findall("b2e0007-rq"), text_of(head, "custid")
    asked = [(text_of(item, "insid"), text_of(item, "obssid")) for item in items]
    if not all(insid or serial for insid, serial in asked):
        raise Refusal("B998", "insid 与 obssid 不能同时为空")
    by_insid = world.known(custid, (insid for insid, _ in asked if insid))
    by_serial = world.by_serial(custid, (serial for insid, serial in asked if not insid))
    answers = [status("B001", "OK")]
    for insid, serial in asked:
        found = by_insid.get(insid) if insid else by_serial.get(serial)
        if found is not None and insid and serial and found.obssid != serial:
            found = None
        for told in world.asked(insid, found, operation="b2e0007"):
            answers.append(_told(world, told, serial))
    return "".join(answers)


def _told(world: World, told: Told, serial: str) -> str:
    code, text = _words(told)
    answer = item_answer("b2e0007", code, text, insid=told.reference, serial=told.serial or serial)
    if told.item is None or not world.faults.switch("quirks"):
        return answer
    bare = answer.replace("<status>", "").replace("</status>", "")
    return bare.replace("</b2e0007-rs>", tag("hostseqno", f"{told.item.id:09d}") + "</b2e0007-rs>")


def _words(told: Told) -> tuple[str, str]:
    """Code and text: B059, B054, B266 while it waits, B001 once executed, even if returned later."""
    if told.strange:
        return told.strange, "系统返回"
    if told.state == "absent":
        return "S902", ""
    if told.reason:
        return REASONS[told.reason], ""
    if told.state in ("settled", "returned"):
        return "B001", "交易成功"
    return ("B059" if told.done < 0.3 else "B054" if told.done < 0.65 else "B266"), ""
