"""What China Guangfa Bank does: transfers, their status, balances, entries; and the words they get."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.cgb.simulator.fields import (
    ENTRIES,
    PAGE_MAX,
    PAYMENT,
    STATUS,
    Said,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account, moment
from bankadapters.simulator.homes import HOMES
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import Field, fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World

BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it


def _body(root: ET.Element, table: tuple[Field, ...]) -> ET.Element:
    body = root.find("Message/Body")
    fault = "Body 缺失" if body is None else first_fault(table, body)
    if body is None or fault:
        raise Refusal("901", fault)
    return body


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("904")
    return account


# -- payments -----------------------------------------------------------------------------------------------------


def transfer(world: World, root: ET.Element) -> Said:
    """0011, 0021: one payment under the number of its message; the answer fills in what was empty."""
    body = _body(root, PAYMENT)
    code, number = (
        text_of(root, "Message/commHead/tranCode"),
        text_of(root, "Message/commHead/entSeqNo"),
    )
    amount, bank = fen(text_of(body, "amount")), text_of(body, "inAccBank")
    at_home = code == "0011"
    if amount <= 0 or (not at_home and bank.startswith("广发银行")):
        raise Refusal("901", "金额或收款行错误")
    cnaps = bank if bank.isdigit() and len(bank) == 12 else _code_of(bank)
    order = Order(
        number, code, text_of(body, "outAcc"), amount, text_of(body, "inAcc"), text_of(body, "inAccName"), bank,
        "" if at_home else cnaps, at_home, text_of(body, "remark"), manual=amount > BIG,
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    for told in world.taken(order, item, operation=code):
        if told.state == "duplicate":
            raise Refusal("903")
        if told.state == "refused":
            raise Refusal("904")
        if told.strange:
            raise Refusal(told.strange[:3], "系统返回")
        kept = [(name, text_of(body, name)) for name in ("outAcc", "inAcc", "inAccName", "amount")]
        pairs = [
            ("traceNo", told.serial),
            *kept,
            ("frBalance", ""),
            ("toBalance", ""),
            ("handleFee", "0.00"),
        ]
        return Said(tags(pairs), number=told.reference)
    return Said()


def _code_of(bank: str) -> str:
    """The clearing code of a bank that is known by its name only."""
    return next((home.head_office for home in HOMES.values() if bank.startswith(home.name)), "")


def status(world: World, root: ET.Element) -> Said:
    """0004, 0022: by number and day."""
    body = _body(root, STATUS)
    number, day = text_of(body, "origEntseqno"), text_of(body, "origEntdate")
    item = world.known("", [number]).get(number)
    if item is not None and f"{moment(item.accepted_at):%Y%m%d}" != day:
        item = None
    own = text_of(root, "Message/commHead/entSeqNo")
    for told in world.asked(number, item, operation="0004"):
        wrong = told.reference != number
        return Said(
            _standing(told), number=f"{own[:-1]}{'Y' if own[-1] != 'Y' else 'Z'}" if wrong else own
        )
    return Said()


def _standing(told: Told) -> str:
    if told.item is None:
        raise Refusal("905")
    is_paid = told.state in ("settled", "returned")
    state = "6" if is_paid else "7" if told.reason else "2" if told.state == "manual" else "4"
    return tag("hostStatus", told.strange[:1] or state)


def batch_status(world: World, root: ET.Element) -> Said:
    """0034: no batch can be sent here, so none is known."""
    raise Refusal("905")


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(world: World, root: ET.Element) -> Said:
    """0001: element names of the simulator's own."""
    account = _own(world, text_of(root, "Message/Body/account"))
    amount = yuan(account.balance)
    pairs = [
        ("account", account.number),
        ("accountName", account.name),
        ("balance", amount),
        ("usableBalance", amount),
    ]
    return Said(tags(pairs))


def entries(world: World, root: ET.Element) -> Said:
    """0032: from a place of three parts on; 888 is an answer with records too."""
    body = _body(root, ENTRIES)
    account = _own(world, text_of(body, "account"))
    first, last = text_of(body, "beginDate"), text_of(body, "endDate")
    size = int(text_of(body, "queryNumber"))
    if day_of(first) > day_of(last) or not 1 <= size <= PAGE_MAX:
        raise Refusal("901", "起止日期或笔数错误")
    held = int(text_of(body, "beginRecTranSeq") or 0)
    total, rows = world.statement(Search(account, first, last, after=held), limit=size)
    if not rows and not held:
        raise Refusal("906")
    has_more = total > len(rows)
    place = (rows[-1].day, "T001", str(rows[-1].line)) if has_more else ("", "", "")
    quirks = world.faults.switch("quirks")
    head = [
        ("account", account.number), ("totalNum", str(total)), ("pageFlag", "1" if has_more else "0"),
        ("nextRecTranDate", place[0]), ("nextRecTranSeq", place[2]), ("nextRecTranCode", place[1]),
    ]  # fmt: skip
    records = "".join(_entry(row) for row in rows)
    return Said(f"{tags(head)}<records>{records}</records>", code="888" if quirks else "000")


def _entry(row: Row) -> str:
    other = row.payer if row.incoming else row.payee
    pairs = [
        ("serialNo", str(row.line % 1000)), ("dealDate", row.day), ("dealTime", row.time), ("loanSign", "+" if row.incoming else "-"),
        ("dealMoney", yuan(row.amount)), ("financingSymbol", ""), ("usableMoney", yuan(row.balance)), ("Abstract", row.remark),
        ("oppoAccno", other.number), ("name", other.name), ("rcvBankId", other.ibk), ("abstractContent", ""),
        ("dealChannel", "01"), ("summary", ""), ("postScript", row.purpose), ("uniqueCode", f"U{row.line:09d}"),
        ("cbsTranSeq", row.transaction), ("dealBranch", "306001"),
    ]  # fmt: skip
    return f"<record>{tags(pairs)}</record>"
