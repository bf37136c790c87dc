"""Payments at China Merchants Bank: direct, approved, internal, payroll; and the words they get."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.cmb.simulator.fields import (
    AGENT,
    AGENT_ITEM,
    AGENT_MAX,
    CODES,
    ITEMS_MAX,
    LARGE,
    LARGE_ITEM,
    PAYMENT,
    REASONS,
    ROWS_MAX,
    TRANSFER,
    block,
    the_block,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.instructions import Detail, Order
from bankadapters.simulator.wire import fen, first_fault, text_of
from bankadapters.simulator.world import Told, World

ITEMS = {"DCPAYMNT": "DCOPDPAYX", "DCPAYREQ": "DCPAYREQX", "DCOPRTRF": "DCOPRTRFX"}
BUSINESS = {"DCPAYMNT": ("N02031", "N02041"), "DCPAYREQ": ("N02030", "N02040")}


def submit(world: World, function: str, root: ET.Element) -> str:
    """DCPAYMNT, DCPAYREQ, DCOPRTRF: rows come back for up to 30 items only."""
    business = text_of(root, "SDKPAYRQX/BUSCOD")
    if function == "DCOPRTRF":
        business = "N02020"
    elif business not in BUSINESS[function]:
        raise Refusal("-9", f"业务代码 {business} 不可用")
    items = root.findall(ITEMS[function])
    most = ROWS_MAX if function == "DCOPRTRF" else ITEMS_MAX
    if not 1 <= len(items) <= most:
        raise Refusal("-3", f"笔数应为 1-{most}")
    table = TRANSFER if function == "DCOPRTRF" else PAYMENT
    orders = []
    for number, item in enumerate(items, 1):
        fault = first_fault(table, item) or _sense(function, item)
        if fault:
            raise Refusal("-3", f"第{number}笔 {fault}")
        orders.append(_order(world, item, business, function))
    taken = world.accept(custid="", orders=orders)
    if len(items) > ROWS_MAX:
        return ""
    rows = [
        _row(told, place)
        for place, (order, item) in enumerate(zip(orders, taken, strict=True), 1)
        for told in world.taken(order, item, operation=function)
    ]
    return "".join(rows)


def _sense(function: str, item: ET.Element) -> str:
    if fen(text_of(item, "TRSAMT")) <= 0:
        return "TRSAMT 应大于零"
    if function == "DCOPRTRF":
        return ""
    if not text_of(item, "CRTNAM") and not text_of(item, "LRVEAN"):
        return "CRTNAM 与 LRVEAN 不能同时为空"
    if text_of(item, "BNKFLG") == "N" and not text_of(item, "CRTBNK"):
        return "他行收款 CRTBNK 不能为空"
    if function == "DCPAYMNT" and text_of(item, "BNKFLG") == "N" and not text_of(item, "CRTADR"):
        return "他行收款 CRTADR 不能为空"
    return ""


def _order(world: World, item: ET.Element, business: str, function: str) -> Order:
    home = function == "DCOPRTRF" or text_of(item, "BNKFLG") == "Y"
    name = text_of(item, "CRTNAM") or text_of(item, "LRVEAN")
    number = text_of(item, "CRTACC")
    if function == "DCOPRTRF":  # the transfer names no payee: the bank knows its own accounts
        own = world.account(number)
        name = own.name if own is not None else "销户"
    reference = text_of(item, "YURREF")
    # an approved payment waits for a person in the web bank, who takes a minute here
    return Order(
        insid=reference, operation=business, payer=text_of(item, "DBTACC"), amount=fen(text_of(item, "TRSAMT")),
        payee=number, payee_name=name, payee_bank=text_of(item, "CRTBNK") or ("招商银行" if home else ""),
        payee_ibk=text_of(item, "BRDNBR"), at_home=home, purpose=text_of(item, "NUSAGE"),
        extra_s=60.0 if function == "DCPAYREQ" else 0.0, key=f"{business}/{reference}",
    )  # fmt: skip


def _row(told: Told, place: int) -> str:
    """NTQPAYRQZ: a repeated reference looks like a failed payment and names no REQNBR."""
    common = [("YURREF", told.reference), ("SQRNBR", f"{place:010d}")]
    if told.strange:
        return block("NTQPAYRQZ", [*common, ("REQSTS", told.strange[:3]), ("REQNBR", told.serial)])
    if told.state in ("duplicate", "refused"):
        code = "NCB4241" if told.state == "duplicate" else REASONS[told.reason]
        words = f"{code} -{CODES[code]}"
        failed = [("ERRCOD", code), ("ERRTXT", words), ("REQSTS", "FIN"), ("RTNFLG", "F")]
        return block("NTQPAYRQZ", [*common, *failed])
    waits = told.item is not None and told.item.operation in ("N02030", "N02040")
    good = [("ERRCOD", "SUC0000"), ("REQNBR", told.serial), ("REQSTS", "AUT" if waits else "BNK")]
    return block("NTQPAYRQZ", [*common, *good])


# -- payroll ------------------------------------------------------------------------------------------------------


def agent(world: World, function: str, root: ET.Element) -> str:
    """AgentRequest: one header, up to 9998 items, one reference."""
    head, items = the_block(root, "SDKATSRQX"), root.findall("SDKATDRQX")
    fault = first_fault(AGENT, head) or next(
        filter(None, (first_fault(AGENT_ITEM, item) for item in items)), ""
    )
    if fault or not 1 <= len(items) <= AGENT_MAX:
        raise Refusal("-3", fault or f"笔数应为 1-{AGENT_MAX}")
    details = [_detail(item, text_of(item, "CLTNAM"), text_of(item, "EACBNK")) for item in items]
    if len(items) != int(text_of(head, "TOTAL")) or fen(text_of(head, "SUM")) != _sum(details):
        raise Refusal("-3", "SUM 或 TOTAL 与明细不符")
    order = _payroll(head, "DBTACC", text_of(head, "BUSCOD"), text_of(head, "MEMO"), details)
    serial = _take(world, order, function)
    return block("NTREQNBRY", [("REQNBR", serial), ("RSV50Z", "BNK")])


def large(world: World, function: str, root: ET.Element) -> str:
    """NTAGCSAL and NTAGCAPY in one upload."""
    head, items = the_block(root, "NTAGCAGCX1"), root.findall("NTAGCDTLY1")
    fault = first_fault(LARGE, head) or next(
        filter(None, (first_fault(LARGE_ITEM, item) for item in items)), ""
    )
    if fault:
        raise Refusal("-3", fault)
    details = [_detail(item, text_of(item, "ACCNAM"), text_of(item, "EACBNK")) for item in items]
    is_sum = fen(text_of(head, "TTLAMT")) == fen(text_of(head, "CURAMT")) == _sum(details)
    is_count = int(text_of(head, "TTLCNT")) == int(text_of(head, "CURCNT")) == len(items)
    if not is_sum or not is_count:
        raise Refusal("-3", "合计与明细不符")
    business = "N03010" if function == "NTAGCSAL" else "N03020"
    serial = _take(
        world, _payroll(head, "ACCNBR", business, text_of(head, "NUSAGE"), details), function
    )
    return block("NTAGCAGCZ1", [("REQNBR", serial), ("REQSTA", "BNK")])


def _sum(details: list[Detail]) -> int:
    return sum(detail.amount for detail in details)


def _detail(item: ET.Element, name: str, bank: str) -> Detail:
    home = text_of(item, "BNKFLG") != "N"
    amount = fen(text_of(item, "TRSAMT"))
    if amount <= 0:
        raise Refusal("-3", "TRSAMT 应大于零")
    return Detail(text_of(item, "ACCNBR"), name, bank or "招商银行", "", home, amount)


def _payroll(
    head: ET.Element, payer: str, business: str, purpose: str, details: list[Detail]
) -> Order:
    reference = text_of(head, "YURREF")
    return Order(
        reference, "payroll", text_of(head, payer), _sum(details), at_home=True, purpose=purpose,
        key=f"{business}/{reference}", batch=reference, details=details,
    )  # fmt: skip


def _take(world: World, order: Order, function: str) -> str:
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("-9", "NCB4241 业务参考号重复")
    if item.state == "refused":
        raise Refusal("-9", f"{REASONS[item.reason]} {CODES[REASONS[item.reason]]}")
    return item.obssid
