"""What ICBC does with a package, a question, a query; amounts are fen on its wire as in its books."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from bankadapters.banks.icbc.simulator.fields import (
    CODES,
    DETAILS,
    NEW,
    OLD,
    PACKAGE,
    PACKAGE_MAX,
    PAGE_ROWS,
    PAYMENT,
    REASONS,
    ROWS_MAX,
    day_of,
    window,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account, moment
from bankadapters.simulator.instructions import Instruction, Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import first_fault, tag, tags, text_of
from bankadapters.simulator.world import Told, World
from kernel import clock

Pairs = list[tuple[str, str]]
CURRENCY = "001"


# -- payments -----------------------------------------------------------------------------------------------------


def package(world: World, pub: ET.Element, inside: ET.Element, trade: str) -> tuple[Pairs, str]:
    """PAYENT and PAYPER: a package is taken once; its rows come back with an order number and a result each."""
    number = text_of(pub, "fSeqno")
    if world.of_batch("", number):
        raise Refusal("B0012")
    rows = inside.findall("rd")
    _require(inside, rows, is_old=text_of(pub, "Version") != "0.0.1.0")
    orders = [_order(world, node, number) for node in rows]
    taken = world.accept(custid="", orders=orders)
    words = []
    for place, (node, order, item) in enumerate(zip(rows, orders, taken, strict=True), 1):
        for told in world.taken(order, item, operation=trade):
            words.append(_row(told, node, place, asked=False))
    head = [("OnlBatF", "1"), ("SettleMode", text_of(inside, "SettleMode"))]
    return [("SerialNo", _serial(number))], tags(head) + "".join(words)


def _serial(number: str) -> str:
    """The bank's serial of a package."""
    return "CMM" + number[-12:].zfill(12)


def _require(inside: ET.Element, rows: Sequence[ET.Element], *, is_old: bool) -> None:
    fault = first_fault(PACKAGE, inside)
    if fault or not 1 <= len(rows) <= PACKAGE_MAX:
        raise Refusal("SIM02", fault or "笔数超限")
    seen: set[str] = set()
    for node in rows:
        fault = first_fault(PAYMENT, node) or _sense(node, is_old=is_old)
        if fault or text_of(node, "iSeqno") in seen:
            raise Refusal("SIM02", fault or "iSeqno 重复")
        seen.add(text_of(node, "iSeqno"))
    total = sum(int(text_of(node, "PayAmt")) for node in rows)
    if int(text_of(inside, "TotalNum")) != len(rows) or int(text_of(inside, "TotalAmt")) != total:
        raise Refusal("SIM02", "TotalNum 或 TotalAmt 与明细不符")


def _sense(node: ET.Element, *, is_old: bool) -> str:
    if int(text_of(node, "PayAmt")) <= 0:
        return "PayAmt 应大于零"
    if not text_of(node, "UseCode") and not text_of(node, "UseCN"):
        return "UseCode 与 UseCN 不能同时为空"
    if text_of(node, "SysIOFlg") == "2" and not text_of(node, "RecBankNo"):
        return "RecBankNo 不能为空"
    wanted, other = (OLD, NEW) if is_old else (NEW, OLD)
    is_other = any(node.find(name) is not None for name in other)
    missing = any(node.find(name) is None for name in wanted)
    return "字段与接口版本不符" if is_other or missing else ""


def _order(world: World, node: ET.Element, number: str) -> Order:
    payer = text_of(node, "PayAccNo")
    home = text_of(node, "SysIOFlg") == "1"
    own = world.account(payer)
    name = text_of(node, "RecAccNameCN")
    if own is not None and text_of(node, "PayAccNameCN") != own.name:
        payer = ""  # B0043: the payer's Chinese name must match exactly
    return Order(
        insid=text_of(node, "ERPSqn") or f"{number}-{text_of(node, 'iSeqno')}", operation="PAYENT", payer=payer,
        amount=int(text_of(node, "PayAmt")), payee=text_of(node, "RecAccNo"), payee_name=name,
        payee_bank=text_of(node, "RecBankName") or ("中国工商银行" if home else ""), payee_ibk=text_of(node, "RecBankNo"),
        at_home=home, purpose=text_of(node, "UseCN"), key=f"{number}/{text_of(node, 'iSeqno')}", batch=number,
    )  # fmt: skip


def _row(told: Told, node: ET.Element, place: int, *, asked: bool) -> str:
    echo = [(str(child.tag), (child.text or "").strip()) for child in node if len(child) == 0]
    echo = [(name, told.reference if name == "ERPSqn" else value) for name, value in echo]
    result, code = _words(told)
    pairs = [*echo, ("OrderNo", str(place)), ("Result", result), ("iRetCode", code)]
    return f"<rd>{tags([*pairs, ('iRetMsg', CODES.get(code, '') if code != '0' else '')])}</rd>"


def _words(told: Told) -> tuple[str, str]:
    """Result and iRetCode."""
    if told.strange:
        return told.strange, "0"
    if told.reason:
        is_name = told.reason == "payer_unknown" and told.item is not None and not told.item.payer
        return "6", "B0043" if is_name else REASONS[told.reason]
    if told.state in ("settled", "returned"):  # this bank has no word for money that came back
        return "7", "0"
    if told.state == "manual":
        return "4", "0"
    return ("0" if told.done < 0.3 else "9"), "0"


def status(world: World, inside: ET.Element, trade: str, *, quirks: bool) -> str:
    """QPAYENT, QPAYPER: a whole package by our number or by the bank's."""
    number = text_of(inside, "QryfSeqno")
    if not number:
        raise Refusal("SIM02", "QryfSeqno 为空")
    rows, is_known = [], False
    for place, item in enumerate(world.of_batch("", number), 1):
        told_of = list(world.asked(item.insid, item, operation=trade))
        is_known |= not told_of or any(told.item is not None for told in told_of)
        rows += [_stands(t, item, place, quirks=quirks) for t in told_of if t.item is not None]
    if not is_known:
        raise Refusal("B0116")
    head = [
        ("QryfSeqno", number), ("QrySerialNo", _serial(number)), ("OnlBatF", "1"), ("SettleMode", "0"), ("BusType", "1"),
        ("RepReserved1", ""), ("RepReserved2", ""),
    ]  # fmt: skip
    return tags(head) + "".join(rows)


def _stands(told: Told, item: Instruction, place: int, *, quirks: bool) -> str:
    result, code = _words(told)
    reason = CODES.get(code, "") if code != "0" else ""
    pairs = [
        ("iSeqno", "1"), ("QryiSeqno", item.key.partition("/")[2]), ("QryOrderNo", str(place)), ("PayAccNo", item.payer),
        ("RecAccNo", item.payee), ("RecAccNameCN", item.payee_name), ("CurrType", "RMB" if quirks else CURRENCY),
        ("PayAmt", str(item.amount)), ("UseCN", item.purpose), ("Ref", told.reference), ("ERPSqn", told.reference),
        ("Result", result), ("iRetCode", "0"), ("iRetMsg", ""), ("instrRetCode", "" if code == "0" else code),
        ("instrRetMsg", reason), ("BankRetTime", f"{moment(item.accepted_at):%Y%m%d%H%M%S}"),
    ]  # fmt: skip
    return f"<rd>{tags(pairs)}</rd>"


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(world: World, inside: ET.Element, *, quirks: bool) -> str:
    """QACCBAL: a row for each account, with a result of its own."""
    asked = inside.findall("rd")
    if not 1 <= len(asked) <= ROWS_MAX or int(text_of(inside, "TotalNum") or 0) != len(asked):
        raise Refusal("SIM02", "TotalNum 与账户数不符")
    rows = []
    for node in asked:
        number = text_of(node, "AccNo")
        account = world.account(number)
        common = [("iSeqno", text_of(node, "iSeqno")), ("AccNo", number)]
        if account is None:
            pairs = [*common, ("iRetCode", "SIM04"), ("iRetMsg", CODES["SIM04"])]
        else:
            amount = str(account.balance)
            pairs = [
                *common, ("CurrType", "RMB" if quirks else CURRENCY), ("CashExf", "0"), ("AcctProperty", "001"),
                ("AccBalance", str(account.balance - 1)), ("Balance", amount), ("UsableBalance", amount), ("FrzAmt", "0"),
                ("QueryTime", f"{clock.now():%Y%m%d%H%M%S}"), ("iRetCode", "0"), ("iRetMsg", ""),
            ]  # fmt: skip
        rows.append(f"<rd>{tags(pairs)}</rd>")
    return "".join(rows)


def today(world: World, inside: ET.Element) -> str:
    """QPD: this day's entries, without a balance of their own."""
    account = _own(world, inside)
    day = f"{clock.today():%Y%m%d}"
    return _page(world, inside, Search(account, day, day, after=_place(inside)), is_today=True)


def history(world: World, inside: ET.Element) -> str:
    """QHISD: entries of earlier days."""
    account = _own(world, inside)
    first, last = text_of(inside, "BeginDate"), text_of(inside, "EndDate")
    window(first, last)
    return _page(world, inside, Search(account, first, last, after=_place(inside)), is_today=False)


def _own(world: World, inside: ET.Element) -> Account:
    fault = first_fault(DETAILS, inside)
    account = world.account(text_of(inside, "AccNo"))
    if fault or account is None:
        raise Refusal("SIM02" if fault else "SIM04", fault)
    return account


def _place(inside: ET.Element) -> int:
    """NextTag is the bank's own: the last row already told, in hexadecimal behind a letter."""
    text = text_of(inside, "NextTag")
    if not text:
        return 0
    try:
        return int(text.removeprefix("N"), 16)
    except ValueError:
        raise Refusal("SIM02", "NextTag 无效") from None


def _page(world: World, inside: ET.Element, wanted: Search, *, is_today: bool) -> str:
    total, rows = world.statement(wanted, limit=PAGE_ROWS)
    following = f"N{rows[-1].line:08X}" if total > len(rows) else ""
    head = [("AccNo", wanted.account.number), ("AccName", wanted.account.name), ("CurrType", CURRENCY)]  # fmt: skip
    head += [("NextTag", following), ("TotalNum", str(len(rows)))]
    word = _of_today if is_today else _of_history
    return tags(head) + "".join(f"<rd>{word(row)}</rd>" for row in rows)


def _common(row: Row) -> Pairs:
    other = row.payer if row.incoming else row.payee
    return [
        ("Drcrf", "2" if row.incoming else "1"), ("VouhNo", row.voucher[-9:]), ("RecipBkNo", other.ibk),
        ("RecipAccNo", other.number), ("RecipName", other.name), ("Summary", row.remark[:10]), ("UseCN", row.purpose),
        ("PostScript", row.remark), ("Ref", row.insid),
    ]  # fmt: skip


def _of_today(row: Row) -> str:
    day, when = row.day, row.time
    stamp = f"{day[:4]}-{day[4:6]}-{day[6:]}-{when[:2]}.{when[2:4]}.{when[4:]}.000000"
    place = f"0200|00012|{_julian(row)}|{row.line % 10**6}"
    pairs = [*_common(row), ("Amount", str(row.amount)), ("TimeStamp", stamp)]
    return tags([*pairs, ("RepReserved3", place), ("RepReserved4", "")])


def _of_history(row: Row) -> str:
    amount = ("CreditAmount" if row.incoming else "DebitAmount", str(row.amount))
    empty = ("DebitAmount" if row.incoming else "CreditAmount", "")
    other = row.payer if row.incoming else row.payee
    # The date inside Time is the machine's and may be another one than the posting date.
    time = f"2000-01-01-{row.time[:2]}.{row.time[2:4]}.{row.time[4:]}.000000"
    pairs = [
        *_common(row), amount, empty, ("Balance", str(row.balance)), ("RecipBkName", other.ibk[:5]),
        ("RecipBkName1", other.bank), ("Date", row.day), ("Time", time),
        ("OnlySequence", f"{_julian(row)}{row.line % 10**6:06d}"),
    ]  # fmt: skip
    return tags(pairs) + tag("RefundMsg", "退汇" if row.kind == "return" else "")


def _julian(row: Row) -> str:
    return f"{day_of(row.day):%y%j}"
