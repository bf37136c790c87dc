"""What China Construction Bank does with payments: transfers, batches in one text, payrolls one by one, their status."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from bankadapters.banks.ccb.simulator.fields import (
    BATCH,
    CODES,
    PAYROLL,
    REASONS,
    TRANSFERS,
    Said,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.instructions import Instruction, Order
from bankadapters.simulator.wire import Field, fen, first_fault, tag, tags, text_of
from bankadapters.simulator.world import Told, World

BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it
_LINE = 16


def _checked(root: ET.Element, table: Iterable[Field]) -> ET.Element:
    info = root.find("TX_INFO")
    if info is None:
        raise Refusal("SIM900000001")
    fault = first_fault(table, info)
    if fault:
        raise Refusal("SIM900000001", fault)
    return info


# -- transfers ----------------------------------------------------------------------------------------------------


def transfer(world: World, root: ET.Element) -> Said:
    """6W8010, 6W8020, 6W8060: one payment under the number of its request."""
    code = text_of(root, "TX_CODE")
    info = _checked(root, TRANSFERS[code])
    if code == "6W8010" and text_of(info, "RECV_UBANKNO")[:3] not in ("", "105"):
        raise Refusal("SIM900000001", "6W8010 仅限本行收款")
    amount = fen(text_of(info, "AMOUNT"))
    at_home = code == "6W8010"
    order = Order(
        text_of(root, "REQUEST_SN"), code, text_of(info, "PAY_ACCNO"), amount, text_of(info, "RECV_ACCNO"),
        text_of(info, "RECV_ACC_NAME"), "中国建设银行" if at_home else text_of(info, "RECV_OPENACC_DEPT"),
        text_of(info, "RECV_UBANKNO"), at_home, text_of(info, "USEOF"), manual=amount > BIG,
    )  # fmt: skip
    return _one(world, order, "SIM900000004", text_of(info, "CST_PAY_NO"))


def _one(world: World, order: Order, duplicate: str, ours: str = "") -> Said:
    if order.amount <= 0:
        raise Refusal("SIM900000001", "AMOUNT 应大于零")
    (item,) = world.accept(custid="", orders=[order])
    said = [
        _taken(told, duplicate, ours)
        for told in world.taken(order, item, operation=order.operation)
    ]
    return said[0] if said else Said()


def _taken(told: Told, duplicate: str, ours: str) -> Said:
    if told.state == "duplicate":
        raise Refusal(duplicate)
    if told.state == "refused":
        raise Refusal("SIM900000005", REASONS[told.reason])
    deal = "9" if told.state == "manual" else "2"
    pairs = [
        ("CREDIT_NO", told.serial),
        ("DEAL_TYPE", told.strange[:1] or deal),
        ("VALIDATE_CODE", ""),
    ]
    if ours:
        pairs.append(("CST_PAY_NO", ours))
    return Said(tags(pairs), told.reference)


def payroll(world: World, root: ET.Element) -> Said:
    """6W1303: one person; the number is known to be checked for repeats."""
    info = _checked(root, PAYROLL)
    bank = text_of(info, "UBANK_NO")
    at_home = bank[:3] in ("", "105")
    order = Order(
        text_of(root, "REQUEST_SN"), "6W1303", text_of(info, "ACC_NO1"), fen(text_of(info, "AMOUNT")),
        text_of(info, "ACC_NO2"), text_of(info, "OTHER_NAME"), "中国建设银行" if at_home else "", bank, at_home,
        f"代发 {text_of(info, 'USEOF_CODE')}",
    )  # fmt: skip
    return _one(world, order, "0130Z110B144")


def status(world: World, root: ET.Element) -> Said:
    """6W0600 of transfers, 6W1503 and 6W0500 of payrolls: 3 is a success there and a failure here."""
    code, number = text_of(root, "TX_CODE"), text_of(root, "TX_INFO/REQUEST_SN1")
    if not number:
        raise Refusal("SIM900000001", "REQUEST_SN1 不能为空")
    item = world.known("", [number]).get(number)
    if item is not None and (item.operation == "6W1303") != (code != "6W0600"):
        item = None
    said = [_standing(told, code, root) for told in world.asked(number, item, operation=code)]
    return said[0] if said else Said(tag("DEAL_RESULT"))


def _standing(told: Told, code: str, root: ET.Element) -> Said:
    if told.item is None:
        raise Refusal("0130Z110BB22" if code != "6W0600" else "SIM900000006")
    paid, failed = ("4", "A") if code == "6W0600" else ("4", "3")
    result = paid if told.state in ("settled", "returned") else failed if told.reason else "1"
    asked = text_of(root, "TX_INFO/REQUEST_SN1")
    own = text_of(root, "REQUEST_SN")
    # A wrong echo is the bank's answer to another request: nothing else in it names the payment.
    number = own if told.reference == asked else own[:-1] + ("7" if own[-1] != "7" else "3")
    pairs = [("CREDIT_NO", told.serial), ("DEAL_RESULT", told.strange[:1] or result)]
    pairs.append(("MESSAGE", REASONS.get(told.reason, "")))
    return Said(tags([*pairs, ("REM1", ""), ("REM2", "")]), number)


# -- batches ------------------------------------------------------------------------------------------------------


def batch(world: World, root: ET.Element) -> Said:
    """6W8040: lines of pipes; each is taken or not, by its own serial."""
    info = _checked(root, BATCH)
    number = text_of(root, "REQUEST_SN")
    lines = [line.split("|") for line in text_of(info, "FILE_CTX").splitlines() if line.strip()]
    if any(len(line) != _LINE + 1 for line in lines) or int(text_of(info, "COUNT")) != len(lines):
        raise Refusal("SIM900000001", "FILE_CTX 栏位数或笔数不符")
    if sum(fen(line[11]) for line in lines) != fen(text_of(info, "AMOUNT")):
        raise Refusal("SIM900000001", "AMOUNT 与明细合计不符")
    if len({line[0] for line in lines}) != len(lines):
        raise Refusal("SIM900000001", "序号重复")
    if world.of_batch("", number):
        raise Refusal("SIM900000004")
    orders = [_line(number, line) for line in lines]
    items = world.accept(custid="", orders=orders)
    words = [
        _listed(told, order)
        for order, item in zip(orders, items, strict=True)
        for told in world.taken(order, item, operation="6W8040")
    ]
    return Said("".join(words))


def _line(number: str, line: list[str]) -> Order:
    return Order(
        f"{number}/{line[0]}", "6W8040", line[2], fen(line[11]), line[4], line[5], line[7], line[8], line[10] == "1",
        line[13], batch=number,
    )  # fmt: skip


def _listed(told: Told, order: Order) -> str:
    serial = ("SERIAL_NUM", told.reference.rpartition("/")[2])
    if told.state in ("refused", "duplicate"):
        words = REASONS.get(told.reason, CODES["SIM900000004"])
        return f"<ERROR_LIST>{tags([serial, ('ERROR_MSG', words)])}</ERROR_LIST>"
    return f"<SUCCESS_LIST>{tags([serial])}</SUCCESS_LIST>"


def batch_status(world: World, root: ET.Element) -> Said:
    """6W0800 in this simulator's own layout: fifty items a page."""
    info = root.find("TX_INFO")
    number = text_of(info, "BATCH_NAME")
    first, last = day_of(text_of(info, "START_DATE")), day_of(text_of(info, "END_DATE"))
    items = [item for item in world.given_on("", first, last) if item.batch == number]
    if not items:
        raise Refusal("SIM900000006")
    page = int(text_of(info, "PAGE") or "1")
    part = items[(page - 1) * 50 : page * 50]
    return Said("".join(_row(world, item) for item in part))


def _row(world: World, item: Instruction) -> str:
    rows = []
    for told in world.asked(item.insid, item, operation="6W0800"):
        if told.item is None:
            continue
        result = "1" if told.state in ("settled", "returned") else "2" if told.reason else "0"
        serial = told.reference.rpartition("/")[2]
        words = REASONS.get(told.reason, "")
        pairs = [
            ("SERIAL_NUM", serial),
            ("RESULT", told.strange[:1] or result),
            ("ERROR_MSG", words),
        ]
        rows.append(f"<DETAIL>{tags(pairs)}</DETAIL>")
    return "".join(rows)
