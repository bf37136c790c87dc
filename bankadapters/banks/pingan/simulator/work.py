"""What Ping An Bank does: transfers, batches, their status, balances, entries; and the words they get."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.pingan.simulator.fields import (
    BATCH,
    CODES,
    ENTRIES,
    ITEM,
    REASONS,
    SINGLE,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account, moment
from bankadapters.simulator.instructions import Instruction, Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World
from kernel import clock

BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it
ITEMS_MAX = 500


# -- payments -----------------------------------------------------------------------------------------------------


def single(world: World, root: ET.Element) -> str:
    """4004: one transfer; the answer echoes it and names the bank's own serial."""
    fault = first_fault(SINGLE, root)
    if fault or fen(text_of(root, "TranAmount")) <= 0:
        raise Refusal("YQ9974", fault or "TranAmount 应大于零")
    voucher = text_of(root, "ThirdVoucher")
    if world.of_batch("", voucher):
        raise Refusal("MA4045")
    order = _order(root, text_of(root, "OutAcctNo"), voucher, voucher, "")
    if text_of(root, "RealFlag") == "1":
        order.manual = True
    (item,) = world.accept(custid="", orders=[order])
    answers = [_taken(told, root) for told in world.taken(order, item, operation="4004")]
    return answers[0] if answers else ""


def _taken(told: Told, root: ET.Element) -> str:
    if told.state == "duplicate":
        raise Refusal("MA4045")
    if told.state == "refused":
        raise Refusal(*REASONS[told.reason])
    if told.strange:
        raise Refusal(told.strange[:4] + "99", "系统返回")
    echo = ("OutAcctNo", "OutAcctName", "InAcctNo", "InAcctName", "TranAmount", "UnionFlag")
    pairs = [("ThirdVoucher", told.reference), ("FrontLogNo", told.serial), ("CcyCode", "RMB")]
    return tags([*pairs, *((name, text_of(root, name)) for name in echo)])


def _order(node: ET.Element, payer: str, reference: str, key: str, batch: str) -> Order:
    home, bank_node = text_of(node, "UnionFlag") == "1", text_of(node, "InAcctBankNode")
    amount = fen(text_of(node, "TranAmount"))
    return Order(
        insid=reference, operation="4018" if batch else "4004", payer=payer, amount=amount, payee=text_of(node, "InAcctNo"),
        payee_name=text_of(node, "InAcctName"), payee_bank=text_of(node, "InAcctBankName"), payee_ibk=bank_node,
        at_home=home, purpose=text_of(node, "UseEx"), key=key, batch=batch,
        manual=amount > BIG or (not home and not bank_node),
    )  # fmt: skip


def batch(world: World, root: ET.Element) -> str:
    """4018: taken as a whole; what became of its items is asked for later."""
    items = root.findall("HOResultSet4018R")
    fault = first_fault(BATCH, root) or next(
        filter(None, (first_fault(ITEM, item) for item in items)), ""
    )
    if fault or not 1 <= len(items) <= ITEMS_MAX:
        raise Refusal("YQ9974", fault or f"笔数应为 1-{ITEMS_MAX}")
    voucher, payer = text_of(root, "ThirdVoucher"), text_of(root, "OutAcctNo")
    total = sum(fen(text_of(item, "TranAmount")) for item in items)
    if int(text_of(root, "totalCts")) != len(items) or fen(text_of(root, "totalAmt")) != total:
        raise Refusal("YQ9974", "totalCts 或 totalAmt 与明细不符")
    numbers = [text_of(item, "SThirdVoucher") for item in items]
    if len(set(numbers)) != len(numbers):
        raise Refusal("YQ9974", "SThirdVoucher 在批次内重复")
    if world.of_batch("", voucher) or world.known("", [voucher]):
        raise Refusal("MA4045")
    if world.ledger.serves(world.home, payer, "") is None:
        raise Refusal(*REASONS["payer_unknown"])
    orders = [
        _order(item, payer, number, f"{voucher}/{number}", voucher)
        for item, number in zip(items, numbers, strict=True)
    ]
    world.accept(custid="", orders=orders)
    return tag("ThirdVoucher", voucher)


# -- status -------------------------------------------------------------------------------------------------------


def status(world: World, root: ET.Element) -> str:
    """4005: by our number or the bank's."""
    voucher, serial = text_of(root, "OrigThirdVoucher"), text_of(root, "OrigFrontLogNo")
    known = world.known("", [voucher]) if voucher else world.by_serial("", [serial])
    item = next(iter(known.values()), None)
    said = [_standing(told, item=False) for told in world.asked(voucher, item, operation="4005")]
    if not said:
        raise Refusal("AFE002", "应答超时")
    return said[0]


def _standing(told: Told, *, item: bool) -> str:
    """One payment; `Yhcljg` is text for people, and 40 means that the bank is at it."""
    if told.item is None:
        raise Refusal("SM9404")
    one = told.item
    stt = "20" if told.state in ("settled", "returned") else "30" if told.reason else "40"
    code, words = REASONS.get(told.reason, ("000000", "转账交易成功"))
    pairs = [
        ("OrigThirdVoucher", one.batch or told.reference), ("FrontLogNo", told.serial), ("CcyCode", "RMB"),
        ("OutAcctNo", one.payer), ("InAcctNo", one.payee), ("InAcctName", one.payee_name),
        ("TranAmount", yuan(one.amount)), ("UnionFlag", "1" if one.at_home else "0"), ("Stt", told.strange[:2] or stt),
        ("IsBack", "1" if told.state == "returned" else "0"),
        ("BackRem", "户名不符" if told.state == "returned" else words if told.reason else ""),
        ("Yhcljg", f"{code}:{words}" if stt != "40" else "MA9111:交易处理中"),
        ("hostErrorCode", code if told.reason else ""), ("submitTime", f"{moment(one.accepted_at):%Y%m%d%H%M%S}"),
    ]  # fmt: skip
    if item:
        pairs.append(("SThirdVoucher", told.reference))
    return tags(pairs)


def batch_status(world: World, root: ET.Element) -> str:
    """4015: the items of a batch, some of them or all; batchSTT says 20 whatever they are."""
    voucher = text_of(root, "OrigThirdVoucher")
    items = world.of_batch("", voucher)
    if not items:
        raise Refusal("SM9404")
    wanted = {text_of(node, "SThirdVoucher") for node in root.iterfind("HOResultSet4015R")}
    size, page = int(text_of(root, "PageCts") or ITEMS_MAX), int(text_of(root, "PageNo") or 1)
    chosen = [item for item in items if not wanted or item.insid in wanted]
    part = chosen[(page - 1) * size : page * size]
    rows = [_told_item(world, item) for item in part]
    counts = [
        ("OrigThirdVoucher", voucher), ("batchSTT", "20"), ("TotalCts", str(len(items))), ("PTotalCts", str(len(part))),
        ("CTotalCts", str(len(chosen))), ("IsEnd", "Y" if page * size >= len(chosen) else "N"), *_sums(items),
    ]  # fmt: skip
    return tags(counts) + "".join(rows)


def _told_item(world: World, item: Instruction) -> str:
    parts = []
    for told in world.asked(item.insid, item, operation="4015"):
        if told.item is not None:
            parts.append(f"<list>{_standing(told, item=True)}</list>")
    return "".join(parts)


def _sums(items: list[Instruction]) -> list[tuple[str, str]]:
    """Counts and sums by how the items stand, in the bank's own spelling."""
    done = [i for i in items if i.state in ("settled", "returned")]
    bad = [i for i in items if i.reason]
    open_ = [i for i in items if i not in done and i not in bad]
    found: list[tuple[str, str]] = []
    for name, group in (("success", done), ("faild", bad), ("process", open_)):
        found += [
            (f"{name}Cts", str(len(group))),
            (f"{name}Amt", yuan(sum(i.amount for i in group))),
        ]
    return found


# -- accounts -----------------------------------------------------------------------------------------------------


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("SM9003", f"{CODES['SM9003']} {number}")
    return account


def balance(world: World, root: ET.Element) -> str:
    """4001: Balance is what is available, TotalAmount what is booked."""
    account = _own(world, text_of(root, "Account"))
    amount = yuan(account.balance)
    return tags([
        ("Account", account.number), ("CcyCode", "RMB"), ("CcyType", ""), ("AccountName", account.name),
        ("Balance", amount), ("TotalAmount", amount), ("AccountType", "1"), ("AccountStatus", "A"), ("BankName", "平安银行"),
    ])  # fmt: skip


def history(world: World, root: ET.Element) -> str:
    """4012: the end of one day of the last hundred."""
    account, day = _own(world, text_of(root, "Account")), day_of(text_of(root, "RptDate"))
    if not 0 <= (clock.today() - day).days <= 100:
        raise Refusal("YQ9974", "RptDate 超出范围")
    amount = yuan(world.books.balance_on(account, f"{day:%Y%m%d}"))
    return tags(
        [
            ("Account", account.number),
            ("CcyCode", "RMB"),
            ("HisBalance", amount),
            ("HisBookBalance", amount),
        ]
    )


def entries(world: World, root: ET.Element) -> str:
    """4013: today or the past, never both; pages of one size."""
    fault = first_fault(ENTRIES, root)
    if fault:
        raise Refusal("YQ9974", fault)
    account = _own(world, text_of(root, "AcctNo"))
    first, last = day_of(text_of(root, "BeginDate")), day_of(text_of(root, "EndDate"))
    today = clock.today()
    if first > last or (last >= today and first < today) or first > today:
        raise Refusal("YQ9974", "当日与历史不能同时查询")
    most = 100 if first == today else 1000
    size = min(int(text_of(root, "PageSize") or 30), most)
    if first == today and text_of(root, "OrderMode") != "002":
        raise Refusal("YQ9974", "当日明细应按升序")
    page = int(text_of(root, "PageNo"))
    wanted = Search(account, f"{first:%Y%m%d}", f"{last:%Y%m%d}")
    total, rows = world.statement(wanted, skip=(page - 1) * size, limit=size)
    if not rows:
        raise Refusal("MA0103")
    top = [
        ("AcctNo", account.number), ("CcyCode", "RMB"), ("EndFlag", "Y" if page * size >= total else "N"), ("Reserve", ""),
        ("PageNo", str(page)), ("PageRecCount", str(len(rows))),
    ]  # fmt: skip
    return tags(top) + "".join(_entry(row) for row in rows)


def _entry(row: Row) -> str:
    inside = tags([
        ("AcctDate", row.day), ("TxTime", row.time), ("HostTrace", f"{row.line:010d}"), ("BussSeqNo", row.serial),
        ("DetailSerialNo", f"{row.line % 10**6:06d}"), ("OutBankName", row.payer.bank), ("OutAcctNo", row.payer.number),
        ("OutAcctName", row.payer.name), ("CcyCode", "RMB"), ("TranAmount", yuan(row.amount)),
        ("InBankName", row.payee.bank), ("InAcctNo", row.payee.number), ("InAcctName", row.payee.name),
        ("DcFlag", "C" if row.incoming else "D"), ("AbstractStr", row.remark), ("AcctBalance", yuan(row.balance)),
        ("Purpose", row.purpose), ("AbstractStr_Desc", row.remark), ("CVoucherNo", ""), ("HostDate", row.day),
    ])  # fmt: skip
    return f"<list>{inside}</list>"


def receipts(world: World, root: ET.Element) -> str:
    """F001: the name of a file; how it comes is not told here."""
    account, day = _own(world, text_of(root, "Account")), text_of(root, "QueryDate")
    if not text_of(root, "BsnCode"):
        raise Refusal("YQ9974", "BsnCode 不能为空")
    name = f"{account.number}_{day}.zip"
    return tags(
        [
            ("FileName", name),
            ("FilePath", "/receipts"),
            ("RandomPwd", "8fd2a1"),
            ("SignData", ""),
            ("HashData", ""),
        ]
    )


def heart_beat(world: World, root: ET.Element) -> str:
    """S001."""
    return tag("Desc", "OK")
