"""What Industrial Bank tells of accounts: balances, days, entries, receipts."""

from __future__ import annotations

from datetime import timedelta

from bankadapters.banks.cib.simulator.fields import ENTRIES, PAGE, checked, day_of
from bankadapters.banks.cib.simulator.payments import Asked, Said
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import tag, tags, text_of, yuan
from bankadapters.simulator.world import World
from kernel import clock


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("40620")
    return account


def balance(world: World, asked: Asked) -> Said:
    """CURRACCTQUERYTRN: a STATUS of the account stands beside the one of the answer."""
    account = _own(world, text_of(asked.node, "RQBODY/ACCTID"))
    amount = yuan(account.balance)
    pairs = [
        ("ACCTID", account.number), ("NAME", account.name), ("STATUS", "1"), ("ACCTTYPE", "0"), ("BALAMT", amount),
        ("AVAILBAL", amount), ("CURRENCY", "01"), ("OPENDAT", "2019-02-01"),
    ]  # fmt: skip
    return Said(f"<RSBODY>{tags(pairs)}</RSBODY>")


def history(world: World, asked: Asked) -> Said:
    """HISBALQUERYTRN: the closings of at most a year."""
    info = asked.node.find("HISBALQUERYRQ/HISBALQUERYINFO")
    account = _own(world, text_of(info, "ACCTID"))
    first, last = day_of(text_of(info, "DTSTART")), day_of(text_of(info, "DTEND"))
    if not 0 <= (last - first).days <= 366:
        raise Refusal("2002", "查询区间超过一年")
    rows = []
    while first <= min(last, clock.today() - timedelta(days=1)):
        amount = yuan(world.books.balance_on(account, f"{first:%Y%m%d}"))
        rows.append(
            f"<DETAIL>{tags([('HISBALANCE', amount), ('DTFLOW', f'{first:%Y-%m-%d}')])}</DETAIL>"
        )
        first += timedelta(days=1)
    inside = f"{tag('ACCTID', account.number)}<DETAILS>{''.join(rows)}</DETAILS>"
    return Said(f"<HISBALQUERYRS><HISBALQUERYINFO>{inside}</HISBALQUERYINFO></HISBALQUERYRS>")


def entries(world: World, asked: Asked) -> Said:
    """SCUSTSTMTTRN: one day, or a stretch that ends before today; pages of a hundred."""
    query = checked(ENTRIES, asked.node.find("SCUSTSTMTRQ"))
    account = _own(world, text_of(query, "ACCTFROM/ACCTID"))
    first, last = text_of(query, "INCTRAN/DTSTART"), text_of(query, "INCTRAN/DTEND")
    if day_of(first) > day_of(last) or (first != last and day_of(last) >= clock.today()):
        raise Refusal("2002", "起止日期错误")
    page = int(text_of(query, "INCTRAN/PAGE"))
    wanted = Search(account, first.replace("-", ""), last.replace("-", ""))
    total, rows = world.statement(wanted, skip=(page - 1) * PAGE, limit=PAGE)
    quirks = world.faults.switch("quirks")
    body = f"{tag('CURDEF', 'RMB')}<ACCTFROM>{tag('ACCTID', account.number)}</ACCTFROM>"
    if rows:
        more = "Y" if page * PAGE < total else "N"
        days = tags([("DTSTART", first), ("DTEND", last)])
        body += f"<TRANLIST MORE='{more}'>{days}{''.join(_entry(row, quirks) for row in rows)}</TRANLIST>"
    amount = tags([("BALAMT", yuan(account.balance)), ("DTASOF", last)])
    body += f"<LEDGERBAL>{amount}</LEDGERBAL><AVAILBAL>{amount}</AVAILBAL>"
    inside = f"<SCUSTSTMTRS>{body}</SCUSTSTMTRS>"
    if not rows:
        raise Refusal("6421", inside)
    return Said(inside)


def _entry(row: Row, quirks: bool) -> str:
    other = row.payer if row.incoming else row.payee
    hour, day = int(row.time[:2]), f"{row.day[:4]}-{row.day[4:6]}-{row.day[6:]}"
    if quirks:  # seen: short numbers
        day = f"{row.day[:4]}-{int(row.day[4:6])}-{int(row.day[6:])}"
    at = f"{day}T{hour if quirks else row.time[:2]}:{row.time[2:4]}:{row.time[4:]}"
    is_back = quirks and row.kind == "return"  # a reversal: the other side, and below zero
    side = "CREDIT" if row.incoming != is_back else "DEBIT"
    amount = yuan(-row.amount if is_back else row.amount)
    pairs = [
        ("SRVRTID", f"{row.line % 10**8:08d}"), ("TRNTYPE", side), ("TRNCODE", "231"), ("DTACCT", at), ("TRNAMT", amount),
        ("BALAMT", yuan(row.balance)), ("CURRENCY", "RMB"), ("MEMO", row.remark), ("CORRELATE_ACCTID", other.number),
        ("CORRELATE_NAME", other.name), ("CORRELATE_BANKNAME", other.bank), ("ATTACHINFO", f"{row.day}{row.line:017d}"),
        ("HXJYLSBH", f"H{row.transaction}"), ("SUMMNAME", "汇款"), ("PURPOSE", row.purpose), ("CBBZ", "0"), ("BCZBZ", "0"),
    ]  # fmt: skip
    return f"<STMTTRN>{tags(pairs)}</STMTTRN>"


def receipt_job(world: World, asked: Asked) -> Said:
    """ELECTRONICRECEIPTTRN: one job an account and a day; it is done when it is asked about again."""
    body = asked.body("RQBODY")
    if body is None:
        raise Refusal("2000")
    account = _own(world, text_of(body, "ACCTID"))
    if day_of(text_of(body, "RECEIPTDATE")) >= clock.today():
        raise Refusal("2002", "回单日期应早于当日")
    asked_before = world.faults.count(f"receipts:{asked.number}")
    pairs = [
        ("ACCTID", account.number), ("CRE_TIME", f"{clock.now():%Y-%m-%d %H:%M:%S}"), ("CLT_REF_NO", asked.number),
        ("STATUS", "2" if asked_before else "0"),
    ]  # fmt: skip
    return Said(f"<RSBODY>{tags(pairs)}</RSBODY>")


def receipt_files(world: World, asked: Asked) -> Said:
    """ASYNRECEIPTINFOTRN: a file for each entry of the job's account and day; two a page here."""
    body = asked.node.find("RQBODY")
    job = text_of(body, "CLT_REF_NO")
    account, day = _own(world, job[1:-9]), job[-9:-1]
    page = int(body.get("PAGE", "1")) if body is not None else 1
    total, rows = world.statement(Search(account, day, day), skip=(page - 1) * 2, limit=2)
    inside = tags(
        [
            ("STATUS", "2"),
            ("SRVC_NO", "100000000001"),
            ("FILESUM", str(total)),
            ("ACCTID", account.number),
        ]
    )
    for n, row in enumerate(rows, 1):
        pairs = [
            ("SEQ", str(n)),
            ("FILE_ID", f"{row.day}{row.line:017d}"),
            ("FILE_NAME", f"{row.unique}.zip"),
        ]
        inside += f"<CONTENT>{tags(pairs)}</CONTENT>"
    more = "Y" if page * 2 < total else "N"
    return Said(f"<RSBODY MORE='{more}'>{inside}</RSBODY>")
