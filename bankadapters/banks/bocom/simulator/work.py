"""What Bank of Communications does: transfers, payrolls, their status, balances, entries; and the words they get."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from bankadapters.banks.bocom.simulator.fields import (
    BALANCE_TITLES,
    ENTRY_TITLES,
    IN,
    OUT,
    PAYMENT,
    PAYROLL,
    PERSON,
    REASONS,
    Said,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.instructions import Detail, Instruction, Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import Field, fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World
from kernel import clock

BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it
STRANGE = {"X7Q2": "7", "B777": "8", "Z019": "9", "E-42": "E"}


def _body(root: ET.Element, table: Iterable[Field]) -> ET.Element:
    bodies = root.findall("body")
    if len(bodies) != 1:
        raise Refusal("S101", "应有一个 body")
    fault = first_fault(table, bodies[0])
    if fault:
        raise Refusal("S101", fault)
    return bodies[0]


# -- payments -----------------------------------------------------------------------------------------------------


def transfer(world: World, root: ET.Element) -> Said:
    """210201: one payment by its voucher number; the answer has no body."""
    body = _body(root, PAYMENT)
    amount, at_home = fen(text_of(body, "amt")), text_of(body, "bank_flag") == "0"
    cnaps = text_of(body, "rcv_bank_no")
    if amount <= 0 or (at_home and cnaps[:3] not in ("", "301")) or not (at_home or cnaps):
        raise Refusal("S101", "金额、行别标志或行号错误")
    order = Order(
        text_of(body, "cert_no"), "210201", text_of(body, "pay_acno"), amount, text_of(body, "rcv_acno"),
        text_of(body, "rcv_acname"), text_of(body, "rcv_bank_name"), cnaps, at_home, text_of(body, "summary"),
        manual=amount > BIG,
    )  # fmt: skip
    return _accepted(world, root, order)


def _accepted(world: World, root: ET.Element, order: Order) -> Said:
    (item,) = world.accept(custid="", orders=[order])
    for told in world.taken(order, item, operation=order.operation):
        if told.state == "duplicate":
            raise Refusal("S103")
        if told.state == "refused":
            raise Refusal("S104", REASONS[told.reason])
        if told.strange:
            raise Refusal(told.strange[:4], "系统返回")
        return Said("", told.serial, _echo(root, told, order.insid))
    raise Refusal("", "")  # an answer that says nothing at all


def _echo(root: ET.Element, told: Told, asked: str) -> str:
    """A wrong echo is the answer to another request: nothing else in it names the payment."""
    own = text_of(root, "head/req_no")
    return own if told.reference == asked else f"{own[:-1]}{'Y' if own[-1] != 'Y' else 'Z'}"


def payroll(world: World, root: ET.Element) -> Said:
    """330002: one debit and many credits, under one voucher number."""
    body = _body(root, PAYROLL)
    people = body.findall("tran/rcd")
    fault = next(filter(None, (first_fault(PERSON, one) for one in people)), "")
    amounts = [fen(text_of(one, "amt")) for one in people]
    if (
        fault
        or int(text_of(body, "sum")) != len(people)
        or fen(text_of(body, "sum_amt")) != sum(amounts)
    ):
        raise Refusal("S101", fault or "笔数或金额与明细不符")
    details = [
        Detail(text_of(one, "card_no"), text_of(one, "acname"), "交通银行", "", True, amount)
        for one, amount in zip(people, amounts, strict=True)
    ]
    order = Order(
        text_of(body, "cert_no"), "payroll", text_of(body, "pay_acno"), sum(amounts), at_home=True,
        purpose=text_of(body, "summary"), details=details,
    )  # fmt: skip
    said = _accepted(world, root, order)
    item = world.known("", [order.insid])[order.insid]
    if item.settled_at is None:
        return said
    rows = [
        tags([("card_no", d.number), ("sucFlg", "E" if d.reason else "F"), ("flw", item.obssid)])
        for d in world.details_of(item)
    ]
    inside = "".join(f"<rcd>{row}</rcd>" for row in rows)
    return Said(f"<body><tran>{inside}</tran></body>", said.serial, said.number)


def status(world: World, root: ET.Element) -> Said:
    """310204: stat 4 is no such record; 3 is suspicious, which here is a payroll that paid some of its people only."""
    body = _body(root, (Field("query_flag", 1, 1, "[1234]"), Field("ogl_serial_no", 1, 40)))
    flag, number = text_of(body, "query_flag"), text_of(body, "ogl_serial_no")
    known = world.by_serial("", [number]) if flag == "2" else world.known("", [number])
    item = known.get(number)
    if item is not None and (item.operation == "payroll") != (flag in ("3", "4")):
        item = None
    asked = item.insid if item is not None else number
    said = [_standing(world, told, number) for told in world.asked(asked, item, operation="310204")]
    return Said(said[0] if said else "<body/>")


def _standing(world: World, told: Told, number: str) -> str:
    item = told.item
    if item is None:
        pairs = [("ogl_serial_no", number), ("stat", "4"), ("err_msg", "无此记录")]
        return f"<body>{tags(pairs)}</body>"
    wrong = told.reference != item.insid
    stat = "1" if told.state in ("settled", "returned") else "2" if told.reason else "0"
    if stat == "1" and any(d.reason for d in _details(world, item)):
        stat = "3"
    pairs = [
        ("ogl_serial_no", told.reference if wrong else number), ("stat", STRANGE.get(told.strange, stat)),
        ("err_msg", REASONS.get(told.reason, "")), ("pay_acno", item.payer), ("pay_bank_no", ""), ("rcv_acno", item.payee),
        ("rcv_bank_no", item.payee_ibk), ("amt", yuan(item.amount)), ("cert_no", told.reference),
    ]  # fmt: skip
    return f"<body>{tags(pairs)}</body>"


def _details(world: World, item: Instruction) -> list[Detail]:
    return world.details_of(item) if item.operation == "payroll" else []


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(world: World, root: ET.Element) -> Said:
    """310101: a body for each account asked about; one that fails says so in its row and leaves its amounts empty."""
    quirks = world.faults.switch("quirks")
    return Said(
        "".join(_balance(world, text_of(body, "acno"), quirks) for body in root.findall("body"))
    )


def _balance(world: World, number: str, quirks: bool) -> str:
    account = world.account(number)
    if account is None:
        row = f"|{number}||||||| 账户无权限|1|"
    else:
        amount = yuan(account.balance)
        currency = "RM" if quirks else "CNY"
        row = f"{account.name}|{number}|{currency}|{amount}|{amount}|20200101|1|310999|账户信息查询成功|0|"
    return _table(BALANCE_TITLES, [row], width=10, quirks=quirks)


def _table(titles: str, rows: list[str], *, width: int, quirks: bool) -> str:
    text = titles + "".join(rows)
    told = str(width + 1 if quirks and width == 24 else width)  # seen: 25 for 24 columns
    pairs = [
        ("field_num", told),
        ("record_num", str(len(rows))),
        ("file_flag", "1" if quirks else "0"),
        ("filename", ""),
    ]
    gap = "\n\t " if quirks else ""
    return f"<body>{tag('serial_record', gap + text + gap)}{tags(pairs)}</body>"


def today(world: World, root: ET.Element) -> Said:
    """310201: the entries of today, all of them."""
    number = text_of(root, "body/acno")
    day = f"{clock.today():%Y%m%d}"
    return _entries(world, _own(world, number), day, day)


def history(world: World, root: ET.Element) -> Said:
    """310301: the entries of at most 31 days before today."""
    account = _own(world, text_of(root, "body/acno"))
    first, last = text_of(root, "body/start_date"), text_of(root, "body/end_date")
    days = (day_of(last) - day_of(first)).days
    if not 0 <= days <= 30 or day_of(last) >= clock.today():
        raise Refusal("S101", "起止日期错误，历史明细最多 31 天且不含当日")
    return _entries(world, account, first, last)


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("S104")
    return account


def _entries(world: World, account: Account, first: str, last: str) -> Said:
    _, rows = world.statement(Search(account, first, last))
    quirks = world.faults.switch("quirks")
    lines = [_entry(row, account, blank=quirks and n % 2 == 1) for n, row in enumerate(rows)]
    return Said(_table(ENTRY_TITLES, lines, width=24, quirks=quirks))


def _entry(row: Row, account: Account, *, blank: bool) -> str:
    other = row.payer if row.incoming else row.payee
    amount, after = yuan(row.amount), yuan(row.balance)
    values = [
        "" if blank else "0", row.day, row.time, "", row.serial or f"J{row.line}", str(row.line), account.number, account.name,
        IN if row.incoming else OUT, "CNY", amount, after, after, other.number, other.name, "", other.ibk, other.bank,
        "", "", "", "", row.purpose, row.remark,
    ]  # fmt: skip
    return "".join(f"{value.replace('|', ' ')}|" for value in values)
