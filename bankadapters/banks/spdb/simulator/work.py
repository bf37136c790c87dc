"""What SPDB does with a payment, a question, a query: plain bodies in, plain bodies out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from bankadapters.banks.spdb.simulator.fields import (
    AUTHORISE_S,
    CODES,
    DAYS,
    INSTANT,
    PACKAGE_ROWS,
    PAGE_ROWS,
    REASONS,
    ROWS_MAX,
    STATUS_ROWS,
    TRANSFER,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import moment
from bankadapters.simulator.instructions import Instruction, Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import Field, fen, first_fault, tags, text_of, yuan
from bankadapters.simulator.world import Told, World
from kernel import clock

Pairs = list[tuple[str, str]]


def body(pairs: Pairs, name: str = "", rows: Iterable[Pairs] = ()) -> str:
    """A plain body; a list without rows is an empty element."""
    inside = "".join(f"<list>{tags(row)}</list>" for row in rows)
    listed = f'<lists name="{name}">{inside}</lists>' if inside else f'<lists name="{name}"/>'
    return f"<body>{tags(pairs)}{listed if name else ''}</body>"


def _require(table: Iterable[Field], node: ET.Element) -> None:
    fault = first_fault(table, node)
    if fault:
        raise Refusal("SIM0002", fault)


# -- payments -----------------------------------------------------------------------------------------------------


def single(world: World, root: ET.Element) -> str:
    """8801: taken in, with a status and an acceptance number; a repeated elecChequeNo is turned away."""
    authorised = bool(text_of(root, "authMasterID"))
    order = _order(root, "8801A" if authorised else "8801", "")
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("SIM0003")
    if item.state == "refused":
        raise Refusal(REASONS[item.reason])
    for told in world.taken(order, item, operation="8801"):
        status = told.strange or ("3" if authorised else "A")
        return body([("transStatus", status), ("acceptNo", told.serial), ("seqNo", _seq(item))])
    return body([])


def batch(world: World, root: ET.Element) -> str:
    """8800: rows under one acceptance number; with an authoriser it is the web bank's, and the counts are empty."""
    rows = root.findall("lists/list")
    authorised, number = bool(text_of(root, "authMasterID")), text_of(root, "packageNo")
    if not 1 <= len(rows) <= ROWS_MAX or text_of(root, "totalNumber") != str(len(rows)):
        raise Refusal("EYY8995")
    operation = "8800A" if authorised else "8800"
    orders = [_order(row, operation, number) for row in rows]
    if fen(text_of(root, "totalAmount")) != sum(order.amount for order in orders):
        raise Refusal("EYY8995")
    taken = [item for item in world.accept(custid="", orders=orders) if item is not None]
    if not taken:
        raise Refusal("SIM0003")
    accept = _ebank(taken[0]) if authorised else taken[0].obssid
    good = [item for item in taken if item.state != "refused"]
    counts = ("", "") if authorised else (str(len(good)), str(len(rows) - len(good)))
    return body([
        ("acceptNo", accept), ("seqNo", _seq(taken[0])), ("successCount", counts[0]), ("failCount", counts[1]),
    ])  # fmt: skip


def instant(world: World, root: ET.Element) -> str:
    """EG01: instant, to another bank."""
    _require(INSTANT, root)
    reference = text_of(root, "electronNumber")
    order = Order(
        insid=reference, operation="EG01", payer=text_of(root, "acctNo"), amount=_amount(root),
        payee=text_of(root, "payeeAcctNo"), payee_name=text_of(root, "payeeName"), payee_ibk=text_of(root, "PayeeBankNo"),
        purpose=text_of(root, "note"),
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("SIM0003")
    if item.state == "refused":
        raise Refusal(REASONS[item.reason])
    for told in world.taken(order, item, operation="EG01"):
        return body([("businessNo", told.serial)])
    return body([])


def _order(node: ET.Element, operation: str, batch_no: str) -> Order:
    _require(TRANSFER, node)
    home = text_of(node, "sysFlag") == "0"
    if not home and text_of(node, "payeeBankSelectFlag") == "1" and not text_of(node, "payeeBankNo"):  # fmt: skip
        raise Refusal("SIM0002", "payeeBankNo 不能为空")
    return Order(
        insid=text_of(node, "elecChequeNo"), operation=operation, payer=text_of(node, "acctNo"), amount=_amount(node),
        payee=text_of(node, "payeeAcctNo"), payee_name=text_of(node, "payeeName"),
        payee_bank=text_of(node, "payeeBankName") or ("浦发银行" if home else ""), payee_ibk=text_of(node, "payeeBankNo"),
        at_home=home, purpose=text_of(node, "note"), batch=batch_no,
        extra_s=AUTHORISE_S if operation.endswith("A") else 0.0,
    )  # fmt: skip


def _amount(node: ET.Element) -> int:
    amount = fen(text_of(node, "amount"))
    if amount <= 0:
        raise Refusal("SIM0002", "amount 应大于零")
    return amount


def _seq(item: Instruction) -> str:
    return f"0{moment(item.accepted_at):%Y}{item.id:07d}"


def _ebank(item: Instruction) -> str:
    return f"EB{item.id:010d}"


def _waits(item: Instruction) -> bool:
    """Whether somebody has still to authorise it in the web bank."""
    young = clock.now().timestamp() < item.accepted_at + AUTHORISE_S
    return item.operation.endswith("A") and young and item.state == "accepted"


# -- status -------------------------------------------------------------------------------------------------------


def status(world: World, root: ET.Element) -> str:
    """8804: by our number, or all payments under an acceptance number; what waits in the web bank is not here yet."""
    _require(DAYS, root)
    accept, reference = text_of(root, "acceptNo"), text_of(root, "elecChequeNo")
    is_batch = text_of(root, "singleOrBatchFlag") == "1"
    if accept:
        first = world.by_serial("", [accept]).get(accept)
        items = [] if first is None else world.of_batch("", first.batch) if first.batch else [first]
    else:
        found = world.known("", [reference]).get(reference)
        items = [] if found is None else [found]
    rows = []
    for item in items:
        is_other = item.payer != text_of(root, "acctNo") or bool(item.batch) != is_batch
        if is_other or _waits(item) or item.operation == "EG01":
            continue
        shared = items[0].obssid if not item.batch else world.of_batch("", item.batch)[0].obssid
        rows += [
            _row(told, item, shared)
            for told in world.asked(item.insid, item, operation="8804")
            if told.item is not None
        ]
    return body([("totalCount", str(len(rows)))], "LoopResult", rows[:STATUS_ROWS])


def _row(told: Told, item: Instruction, accept: str) -> Pairs:
    mark, reason = _words(told)
    note = f"{item.purpose}|<错误原因:{reason} {CODES[reason]}>" if reason else item.purpose
    return [
        ("elecChequeNo", told.reference), ("acceptNo", accept), ("serialNo", "1"),
        ("transDate", f"{moment(item.accepted_at):%Y%m%d}"), ("bespeakDate", ""), ("PromiseDate", ""), ("acctNo", item.payer),
        ("payeeAcctNo", item.payee), ("payeeName", item.payee_name), ("amount", yuan(item.amount)), ("note", note),
        ("transStatus", mark), ("seqNo", _seq(item)),
    ]  # fmt: skip


def _words(told: Told) -> tuple[str, str]:
    """transStatus and the code of a reason."""
    if told.strange:
        return told.strange, ""
    if told.reason:
        return "8", REASONS[told.reason]
    if told.state in ("settled", "returned"):
        return "4", ""
    if told.state == "manual":
        return "0", ""
    return ("A" if told.done < 0.5 else "2"), ""


def instant_status(world: World, root: ET.Element) -> str:
    """EG30: an instant payment."""
    reference = text_of(root, "electronNumber")
    item = world.known("", [reference]).get(reference)
    if item is None or item.operation != "EG01":
        raise Refusal("EGG0521")
    for told in world.asked(reference, item, operation="EG30"):
        if told.item is None:
            raise Refusal("EGG0521")
        mark = {"settled": "1", "returned": "1", "failed": "0", "refused": "0"}.get(told.state, "3")
        pairs = [("electronNumber", told.reference), ("businessNo", told.serial)]
        return body([*pairs, ("businessStatus", told.strange or mark)])
    return body([])


def web_bank(world: World, root: ET.Element) -> str:
    """EY03: one payment that has to be authorised."""
    reference = text_of(root, "elecChequeNo")
    item = world.known("", [reference]).get(reference)
    if item is None or item.operation != "8801A":
        raise Refusal("EGG0521")
    mark = "5" if _waits(item) else "D" if item.state == "accepted" else "S"
    row = [("elecChequeNo", reference), ("acctNo", item.payer), ("amount", yuan(item.amount))]
    return body([("totalCount", "1")], "LoopResult", [[*row, ("transStatus", mark)]])


def packages(world: World, root: ET.Element) -> str:
    """DO48: a batch on its way through the web bank; failCode is no mark of an error."""
    _require(DAYS, root)
    number = text_of(root, "packageNo")
    items = [item for item in world.of_batch("", number) if item.operation == "8800A"]
    if not items or not 1 <= int(text_of(root, "queryNumber") or 0) <= PACKAGE_ROWS:
        raise Refusal("EGG0521")
    if text_of(root, "entJnlSeqNo") not in ("", _ebank(items[0])):
        raise Refusal("EGG0521")
    waits = _waits(items[0])
    pairs = [
        ("packageNo", number), ("entJnlSeqNo", _ebank(items[0])), ("authJnlSeqNo", ""),
        ("hostJnlSeqNo", "" if waits else items[0].obssid), ("transDate", f"{moment(items[0].accepted_at):%Y%m%d}"),
        ("transStatus", "5" if waits else "0"), ("failCode", "0000" if waits else ""), ("rejectNumber", ""),
        ("totalAmount", yuan(sum(item.amount for item in items))), ("totalNumber", str(len(items))),
    ]  # fmt: skip
    return body([("totalCount", "1"), ("pageCount", "1")], "LoopResult", [pairs])


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(world: World, root: ET.Element) -> str:
    """4402: the accounts it knows."""
    rows = []
    for node in root.findall("lists/list"):
        account = world.account(text_of(node, "acctNo"))
        if account is not None:
            amount = yuan(account.balance)
            rows.append([
                ("acctNo", account.number), ("masterID", "2000000001"), ("reserveBalance", "0.00"), ("freezeBalance", "0.00"),
                ("cortrolBalance", "0.00"), ("canUseBalance", amount), ("overdraftBalance", "0.00"), ("balance", amount),
            ])  # fmt: skip
    if not rows:
        raise Refusal("SIM0004")
    return body([], "acctBalanceList", rows)


def details(world: World, root: ET.Element, *, quirks: bool) -> str:
    """8924: twenty rows at most from a number on; past the last one there is an error code."""
    asked = root.find("lists/list")
    if asked is None:
        raise Refusal("SIM0002")
    _require(DAYS, asked)
    account = world.account(text_of(asked, "acctNo"))
    if account is None:
        raise Refusal("SIM0004")
    first, last = text_of(asked, "beginDate"), text_of(asked, "endDate")
    begin, most = int(text_of(asked, "beginNumber")), int(text_of(asked, "queryNumber") or 0)
    if day_of(first) > day_of(last) or not 1 <= most <= PAGE_ROWS:
        raise Refusal("SIM0002")
    total, rows = world.statement(Search(account, first, last), skip=begin - 1, limit=most)
    if not rows:
        raise Refusal("EGG0521")
    # In the newer variant the total is that of the page, and the end is told by the code alone.
    told = len(rows) if quirks else total
    pairs = [("totalNumber", str(told)), ("acctNo", account.number), ("currency", "01")]
    return body(pairs, "LoopResult", [_entry(row, quirks=quirks) for row in rows])


def _entry(row: Row, *, quirks: bool) -> Pairs:
    other = row.payer if row.incoming else row.payee
    pairs = [
        ("transDate", row.day), ("transTime", row.time), ("systemDate", row.day), ("tellerJnlNo", f"9{row.line:011d}"),
        ("summonsNumber", "1"), ("voucherNo", ""), ("debitFlag", "0" if row.incoming else "1"),
        ("transAmount", yuan(row.amount)), ("acctBalance", yuan(row.balance)), ("summaryCode", "转账"), ("remark", row.purpose),
        ("oppositeBankNo", other.ibk), ("oppositeBankName", other.bank), ("oldElecChequeNo", row.insid), ("isFlag", ""),
        ("backReason", "账号户名不符" if row.kind == "return" else ""),
    ]  # fmt: skip
    return [*pairs, ("uniqueIdentification", row.unique)] if quirks else pairs
