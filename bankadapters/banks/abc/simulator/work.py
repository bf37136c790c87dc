"""What Agricultural Bank of China does: transfers, their status, balances, entries; and the words they get."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from bankadapters.banks.abc.simulator.fields import (
    BALANCE,
    ENTRIES,
    FIELDS,
    PAGE,
    REASONS,
    TRANSFER,
    Said,
    day_of,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import Field, fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World

BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it
FILES = "ABC_SIM_FILES"  # a folder: where it is set, entries come as files beside the answer


def _checked(table: Iterable[Field], root: ET.Element) -> None:
    fault = first_fault(table, root)
    if fault:
        raise Refusal("9101", fault)


def _own(world: World, root: ET.Element) -> Account:
    account = world.account(text_of(root, "Cmp/DbProv") + text_of(root, "Cmp/DbAccNo"))
    if account is None:
        raise Refusal("2003")
    return account


# -- payments -----------------------------------------------------------------------------------------------------


def transfer(world: World, root: ET.Element) -> Said:
    """CFRT02, CFRT21, CFRT01: one payment under the number of its request."""
    _checked(TRANSFER, root)
    code, amount = text_of(root, "CCTransCode"), fen(text_of(root, "Amt"))
    at_home = code != "CFRT02" or text_of(root, "Corp/OthBankFlag") == "0"
    cnaps = text_of(root, "Corp/CrBankNo")
    if amount <= 0 or (at_home and cnaps[:3] not in ("", "103")):
        raise Refusal("9101", "金额或收款行错误")
    order = Order(
        text_of(root, "ReqSeqNo"), code, text_of(root, "Cmp/DbProv") + text_of(root, "Cmp/DbAccNo"), amount,
        text_of(root, "Cmp/CrProv") + text_of(root, "Cmp/CrAccNo"), text_of(root, "Corp/CrAccName"),
        text_of(root, "Corp/CrBankName") or "中国农业银行", cnaps, at_home, text_of(root, "Corp/WhyUse"),
        manual=amount > BIG or (not at_home and not cnaps),
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    said = [_taken(told) for told in world.taken(order, item, operation=code)]
    return said[0] if said else Said()


def _taken(told: Told) -> Said:
    if told.state == "duplicate":
        raise Refusal("9103")
    if told.state == "refused":
        raise Refusal("2003", REASONS[told.reason])
    if told.strange:
        raise Refusal(told.strange[:4], "系统返回")
    waits = "1" if told.state == "manual" else "0"
    corp = f"<Corp>{tag('WaitFlag', waits)}</Corp>"
    return Said(corp, number=told.reference, serial=told.serial)


def status(world: World, root: ET.Element) -> Said:
    """CQRT04: two codes inside a text of fixed columns."""
    number = text_of(root, "Cmp/CmeSeqNo")
    item = world.known("", [number]).get(number)
    said = [_standing(told, root, number) for told in world.asked(number, item, operation="CQRT04")]
    return said[0] if said else Said()


def _standing(told: Told, root: ET.Element, asked: str) -> Said:
    if told.item is None:
        raise Refusal("9404")
    paid = told.state in ("settled", "returned")
    code = told.strange[:4] or ("0000" if paid else "0389" if told.reason else "0388")
    # Nothing in the answer names the payment: a wrong echo is the answer to another request.
    own = text_of(root, "ReqSeqNo")
    number = own if told.reference == asked else f"{own[:-1]}{'Y' if own[-1] != 'Y' else 'Z'}"
    packed = tag("RespPrvData", f"197001{told.serial[:12]:12}{code:4}{code:4}")
    words = tag("Postscript", REASONS.get(told.reason, ""))
    return Said(f"<Cmp>{packed}</Cmp><Corp>{words}</Corp>", number=number)


def by_hand(world: World, root: ET.Element) -> Said:
    """CQRA61: payments handled by hand, whose number stands where a day is meant."""
    number = text_of(root, "Corp/BookingDate")
    item = world.known("", [number]).get(number)
    if item is None or not item.manual or item.reason:
        raise Refusal("9404")
    state = "1" if item.state in ("settled", "returned") else "0"
    return Said(f"<Corp>{tag('UseState', state)}</Corp>")


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(world: World, root: ET.Element) -> Said:
    """CQRA06: packed with pipes; newer front-ends send a group and do not split the account."""
    _checked(BALANCE, root)
    account, amount = _own(world, root), ""
    amount = yuan(account.balance)
    if world.faults.switch("quirks"):
        cmp_ = tags([("DbAccNo", account.number), ("DbCur", "CNY")])
        acc = tags([("Bal", amount), ("AvailBal", amount), ("FrzAmt", "0.00"), ("AccSts", "0")])
        return Said(f"<Cmp>{cmp_}</Cmp><Acc>{acc}</Acc>")
    province, number = account.number[:2], account.number[2:]
    packed = f"{province}|{number}|01|{account.name}|{amount}|{amount}|0|0000|"
    return Said(f"<Cmp>{tag('RespPrvData1', packed)}</Cmp>")


def entries(world: World, root: ET.Element) -> Said:
    """CQRA10: what came after a journal number, inside the answer or in a file beside it."""
    _checked(ENTRIES, root)
    account, held = _own(world, root), text_of(root, "Channel/LastJrnNo")
    first, last = text_of(root, "Corp/StartDate"), text_of(root, "Corp/EndDate")
    if day_of(first) > day_of(last) or not held.isdigit():
        raise Refusal("9101", "起止日期或日志号错误")
    held_rows = [one for one in _journal(world, account, first, last) if one[0] > int(held)]
    rows = held_rows[:PAGE]
    quirks = world.faults.switch("quirks")
    width = FIELDS + 2 if quirks else FIELDS
    lines = [_line(number, row, width) for number, row in rows]
    more = "1" if len(held_rows) > PAGE else "0"
    cme = f"<Cme>{tags([('RecordNum', str(len(rows))), ('FieldNum', str(width)), ('ContLast', more)])}</Cme>"
    flags = tag("ContFlag", more) + (tag("ContFlg", more) if quirks else "")
    folder = os.environ.get(FILES, "")
    if not folder or not rows:
        text = "\n".join(lines)
        inside = tag("BatchFileData", text)
        if quirks:
            inside = inside.replace("&amp;", "&")  # seen: texts that nobody escaped
        return Said(f"{cme}<Cmp>{inside}{flags}</Cmp>")
    name = f"{account.number}.{rows[0][1].line}.{rows[-1][1].line}.DETAIL"
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / name).write_bytes("".join(f"{line}\n" for line in lines).encode("gbk"))
    return Said(f"{tag('FileFlag', '1')}{cme}<Cmp>{tag('BatchFileName', name)}{flags}</Cmp>")


def _journal(world: World, account: Account, first: str, last: str) -> list[tuple[int, Row]]:
    """The rows of these days with their journal numbers, which begin anew every day."""
    _, rows = world.statement(Search(account, first, last))
    return [
        (number, row)
        for _, of_day in groupby(rows, key=lambda row: row.day)
        for number, row in enumerate(of_day, 100_001)
    ]


def _line(number: int, row: Row, width: int) -> str:
    own, other = (row.payee, row.payer) if row.incoming else (row.payer, row.payee)
    before = row.balance - row.amount if row.incoming else row.balance + row.amount
    is_ours = len(other.number) == 17 and other.number.isdigit()
    values = [
        own.number[:2], own.number[2:], "01", row.day, f"{row.time}000", str(number), "A", "000001", own.name, "",
        other.number[:2] if is_ours else "", other.number[2:] if is_ours else other.number, "01", other.name, other.bank,
        "", "", "", yuan(row.amount), yuan(row.balance), yuan(before), "", "", "", "", "", row.insid, "", "", row.voucher,
        row.remark, row.purpose, "",
    ]  # fmt: skip
    return "|".join(value.replace("|", " ") for value in [*values, *[""] * (width - len(values))])
