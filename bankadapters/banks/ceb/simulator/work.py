"""What CEB does with a payment, a question, a query for receipts."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.ceb.simulator.fields import REASONS, RECEIPTS_MAX, TRANSFER
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Search
from bankadapters.simulator.wire import fen, first_fault, tags, text_of
from bankadapters.simulator.world import Told, World


def transfer(world: World, head: ET.Element, data: ET.Element) -> str:
    """b2e004001: one payment; a number used before looks like a broken wire."""
    fault = first_fault(TRANSFER, data)
    kind, amount = text_of(data, "transferType"), 0 if fault else fen(text_of(data, "amount"))
    if not fault and amount <= 0:
        fault = "amount 应大于零"
    if not fault and kind != "2122" and not text_of(data, "bankNo"):
        fault = "bankNo 不能为空"
    if not fault and kind == "2124" and text_of(data, "isUrgent") != "0":
        fault = "网银互联不能加急"
    if fault:
        raise Refusal("SIM0001", fault)
    reference, home = text_of(data, "ClientPatchID"), kind == "2122"
    order = Order(
        insid=reference, operation="b2e004001", payer=text_of(data, "accountNo"), amount=amount,
        payee=text_of(data, "toAccountNo"), payee_name=text_of(data, "toAccountName"), payee_bank=text_of(data, "toBank"),
        payee_ibk=text_of(data, "bankNo"), at_home=home, purpose=text_of(data, "noteOther"), batch=text_of(head, "BatchID"),
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("B2E000010")
    for told in world.taken(order, item, operation="b2e004001"):
        if told.strange:
            raise Refusal(told.strange)
        if told.state == "refused":
            raise Refusal(REASONS[told.reason])
    return f"<RespData>{tags([('ClientPatchID', reference)])}</RespData>"


def status(world: World, data: ET.Element) -> str:
    """b2e004003: by the number of the batch and of the payment."""
    reference, batch = text_of(data, "ClientPchID"), text_of(data, "ClientBchID")
    item = world.known("", [reference]).get(reference)
    if item is None or item.batch != batch:
        return _flags("00", "02", reference)
    rows = []
    for told in world.asked(reference, item, operation="b2e004003"):
        now, then = _words(told)
        rows.append(_flags(now, then, told.reference))
    return f"<BatchRespList>{''.join(rows)}</BatchRespList>" if len(rows) != 1 else rows[0]


def _words(told: Told) -> tuple[str, str]:
    """NowFlag and TransferFlag."""
    if told.strange:
        return told.strange, "00"
    if told.item is None:
        return "00", "02"
    if told.reason:
        return "00", "03"
    return ("00", "00") if told.state in ("settled", "returned") else ("01", "01")


def _flags(now: str, then: str, reference: str) -> str:
    pairs = [("NowFlag", now), ("TransferFlag", then), ("ClientPchID", reference)]
    return f"<RespData>{tags(pairs)}</RespData>"


def receipts(world: World, data: ET.Element) -> str:
    """b2e005023: a page of receipts, or the name of a file that was made of one."""
    account = world.account(text_of(data, "ActNo"))
    if account is None:
        raise Refusal("SIM0004")
    if text_of(data, "OperationType") == "1":
        name = f"{text_of(data, 'BillNumber')}.pdf"
        return f"<RespData>{tags([('fileName', name)])}</RespData>"
    begin, size = int(text_of(data, "BeginNum") or 1), int(text_of(data, "QueryNum") or 0)
    if not 1 <= size <= RECEIPTS_MAX:
        raise Refusal("SIM0001", "QueryNum 应为 1-50")
    wanted = Search(account, text_of(data, "BeginDate"), text_of(data, "EndDate"))
    _, rows = world.statement(wanted, skip=begin - 1, limit=size)
    told = "".join(
        "<RespData>"
        + tags([
            ("BillNumber", f"CEB{row.line:012d}"), ("FlowNumber", row.serial), ("AcName2", row.payee.name),
            ("purpose", row.purpose),
        ])
        + "</RespData>"
        for row in rows
    )  # fmt: skip
    return f"<BatchRespList>{told}</BatchRespList>"
