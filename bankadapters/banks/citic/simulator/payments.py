"""Payments at CITIC: alone, between own accounts, swept, in batches, to staff; and where they stand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import timedelta

from bankadapters.banks.citic.simulator.fields import (
    BATCH,
    BATCH_MAX,
    BATCH_ROW,
    CODES,
    INWARD,
    OUTWARD,
    PAYROLL,
    PAYROLL_ROW,
    REASONS,
    SWEEP,
    listed,
    require,
    word,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import moment
from bankadapters.simulator.instructions import Detail, Instruction, Order
from bankadapters.simulator.wire import Field, fen, tags, text_of, yuan
from bankadapters.simulator.world import Told, World
from kernel import clock

ROWS = "list/row"
POOL = {"CMMANSWP": "conAccountNo", "CMDWNSWP": "coreAccountNo"}


def single(world: World, action: str, root: ET.Element) -> str:
    """DLOUTTRN, DLINETRN and the sweeps: taken in, told where to ask."""
    order = _outward(root) if action == "DLOUTTRN" else _own(world, action, root)
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("SIM0007")
    for told in world.taken(order, item, operation=action):
        if told.state == "refused":
            raise Refusal(REASONS[told.reason])
        return tags(word(told.strange or "AAAAAAE"))
    return tags(word("CCCCCCC"))


def _outward(root: ET.Element) -> Order:
    require(OUTWARD, root)
    kind, home = text_of(root, "payType"), text_of(root, "citicbankFlag") == "0"
    if (kind == "01") != home:
        raise Refusal("SIM0001", "payType 与 citicbankFlag 不符")
    named = text_of(root, "recOpenBankCode") or text_of(root, "recOpenBankName")
    if not named:
        raise Refusal("SIM0001", "recOpenBankName 与 recOpenBankCode 不能同时为空")
    return Order(
        insid=text_of(root, "clientID"), operation="DLOUTTRN", payer=text_of(root, "payAccountNo"), amount=_amount(root),
        payee=text_of(root, "recAccountNo"), payee_name=text_of(root, "recAccountName"),
        payee_bank=text_of(root, "recOpenBankName") or ("中信银行" if home else ""), payee_ibk=text_of(root, "recOpenBankCode"),
        at_home=home, purpose=text_of(root, "abstract"),
        manual=not home and not text_of(root, "recOpenBankCode"),  # a name alone goes to the branch
    )  # fmt: skip


def _own(world: World, action: str, root: ET.Element) -> Order:
    require(INWARD if action == "DLINETRN" else SWEEP, root)
    payer, payee = text_of(root, "payAccountNo"), text_of(root, "recAccountNo")
    if action in POOL:
        pool, member = text_of(root, POOL[action]), text_of(root, "accountNo")
        payer, payee = (member, pool) if action == "CMMANSWP" else (pool, member)
    account = world.account(payee)
    if account is None:
        raise Refusal("SIM0003")
    return Order(
        insid=text_of(root, "clientID"), operation=action, payer=payer, amount=_amount(root), payee=payee,
        payee_name=account.name, payee_bank="中信银行", at_home=True, purpose=text_of(root, "abstract"),
    )  # fmt: skip


def batch(world: World, action: str, root: ET.Element) -> str:
    """DLPAYBAT: a batch is taken once; each row has a status."""
    rows, number = root.findall(ROWS), text_of(root, "clientID")
    _require_sums(root, rows, BATCH)
    for row in rows:
        require(BATCH_ROW, row)
    if len({text_of(row, "ID") for row in rows}) != len(rows):
        raise Refusal("SIM0001", "ID 重复")
    if world.of_batch("", number):
        raise Refusal("SIM0007")
    orders = [_row_order(world, row, number) for row in rows]
    taken = world.accept(custid="", orders=orders)
    told = [
        [("ID", _id(order.key, one, order.insid)), *word(one.strange or ("CP07821" if one.reason else "AAAAAAE"))]
        for order, item in zip(orders, taken, strict=True)
        for one in world.taken(order, item, operation=action)
    ]  # fmt: skip
    good = sum(1 for item in taken if item is not None and item.state != "refused")
    totals = [("sucTotalNum", str(good)), ("errTotalNum", str(len(rows) - good))]
    return tags([*word("AAAAAAF"), *totals]) + listed(told)


def _id(key: str, told: Told, insid: str) -> str:
    """The row's ID; another one where a fault wants a wrong echo."""
    return key.partition("/")[2] if told.reference == insid else "9999"


def _row_order(world: World, row: ET.Element, number: str) -> Order:
    ident, code = text_of(row, "ID"), text_of(row, "recOpenBankCode")
    return Order(
        insid=text_of(row, "memo") or f"{number}-{ident}", operation="DLPAYBAT", payer=text_of(row, "payAccountNo"),
        amount=_amount(row), payee=text_of(row, "recAccountNo"), payee_name=text_of(row, "recAccountName"), payee_ibk=code,
        payee_bank="中信银行" if world.is_home(code, "") else "", at_home=world.is_home(code, ""),
        purpose=text_of(row, "abstract"), key=f"{number}/{ident}", batch=number,
    )  # fmt: skip


def payroll(world: World, action: str, root: ET.Element) -> str:
    """DLSALIMP: one debit, many credits to people here."""
    rows, number = root.findall(ROWS), text_of(root, "clientID")
    _require_sums(root, rows, PAYROLL)
    for row in rows:
        require(PAYROLL_ROW, row)
    details = [
        Detail(text_of(r, "recAccountNo"), text_of(r, "employeeName"), "中信银行", "", True, _amount(r)) for r in rows
    ]  # fmt: skip
    order = Order(
        number, "payroll", text_of(root, "payAccountNo"), sum(d.amount for d in details), at_home=True,
        purpose=text_of(root, "abstract"), batch=number, details=details,
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("SIM0007")
    return tags([*word("AAAAAAF"), ("batchNo", "001")])


def _require_sums(root: ET.Element, rows: Sequence[ET.Element], table: Sequence[Field]) -> None:
    require(table, root)
    total = sum(fen(text_of(row, "tranAmount") or "0") for row in rows)
    count = int(text_of(root, "totalNumber"))
    if not 1 <= len(rows) <= BATCH_MAX or count != len(rows) or fen(text_of(root, "totalAmount")) != total:  # fmt: skip
        raise Refusal("SIM0001", "totalNumber 或 totalAmount 与明细不符")


def _amount(node: ET.Element) -> int:
    amount = fen(text_of(node, "tranAmount"))
    if amount <= 0:
        raise Refusal("SIM0001", "tranAmount 应大于零")
    return amount


# -- status -------------------------------------------------------------------------------------------------------


def status(world: World, action: str, root: ET.Element) -> str:
    """DLCIDSTT: one row, which does not say of which payment."""
    reference = text_of(root, "clientID")
    item = world.known("", [reference]).get(reference)
    kind = text_of(root, "type")
    if item is None or item.batch or (kind and kind != item.operation):
        raise Refusal("SIM0404")
    rows = []
    for told in world.asked(reference, item, operation=action):
        if told.item is None:
            raise Refusal("SIM0404")
        if (
            told.reference == reference
        ):  # an answer about another payment cannot be told from one: it names none
            stt, code = _words(told)
            rows.append([("stt", stt), *word(code)])
    return tags(word("AAAAAAA")) + listed(rows)


def _words(told: Told) -> tuple[str, str]:
    """stt and the row's status."""
    if told.strange:
        return told.strange[:2], told.strange
    if told.reason:
        return "1", REASONS[told.reason]
    if told.state in ("settled", "returned"):
        return "0", "AAAAAAA"
    return "2", "CCCCCCC" if told.state == "manual" or told.done >= 0.3 else "AAAAAAE"


def batch_status(world: World, action: str, root: ET.Element) -> str:
    """DLBATDET: the rows of a batch, by ID."""
    rows, is_known = [], False
    for item in world.of_batch("", text_of(root, "clientID")):
        for told in world.asked(item.insid, item, operation=action):
            if told.item is not None:
                is_known = True
                rows.append(_batch_row(told, item))
    if not is_known and not rows:
        raise Refusal("CP07815")
    return tags(word("AAAAAAA")) + listed(rows)


def _batch_row(told: Told, item: Instruction) -> list[tuple[str, str]]:
    code = told.strange or ("CP07821" if told.reason else "")
    if not code:
        code = "AAAAAAA" if told.state in ("settled", "returned") else "CP07823"
    reason = CODES[REASONS[told.reason]] if told.reason else ""
    return [
        ("ID", _id(item.key, told, item.insid)), ("payAccountNo", item.payer), ("recAccountNo", item.payee),
        ("tranAmount", yuan(item.amount)), ("status", code), ("statusText", reason or CODES.get(code, "")),
    ]  # fmt: skip


def payroll_status(world: World, action: str, root: ET.Element) -> str:
    """DLSALCOL: the payrolls of a month."""
    month, today = text_of(root, "yearMonth"), clock.today()
    rows = []
    for item in world.given_on("", today - timedelta(days=62), today):
        if item.operation != "payroll" or f"{moment(item.accepted_at):%Y%m}" != month:
            continue
        people = world.details_of(item)
        failed = [person for person in people if person.reason]
        code = "ED02095" if item.state == "accepted" else "AAAAAAA"
        if item.reason:
            code = "ED02100" if item.reason == "all_details_failed" else "ED02093"
        elif failed:
            code = "BBBBBBB"
        rows.append([
            ("payAccountNo", item.payer), ("clientID", item.insid), ("totalNumber", str(len(people))),
            ("totalAmount", yuan(item.amount)), *word(code), ("msgAbstract", "1"),
        ])  # fmt: skip
    return tags(word("AAAAAAA")) + listed(rows)
