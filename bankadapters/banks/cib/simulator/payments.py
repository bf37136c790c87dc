"""What Industrial Bank does with payments: transfers, batches, payrolls, and how they stand.

A function that comes without its body asks about the payment of that number; one whose number is known is not done again,
and is told how the first one stands.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from bankadapters.banks.cib.simulator.fields import (
    BATCH,
    ITEM,
    ITEMS_MAX,
    PAYROLL,
    PERSON,
    PERSON_CODES,
    REASONS,
    TRANSFER,
    checked,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import moment
from bankadapters.simulator.instructions import Detail, Instruction, Order
from bankadapters.simulator.wire import fen, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World

BIG = 1_000_000_000  # fen: above ten million yuan the bank reviews it
HOME = "兴业银行"
_STATES = {
    "waiting": "PROCESSING",
    "manual": "WAIT_FOR_AUDIT",
    "settled": "PAYOUT",
    "returned": "PAYOUT",
}


@dataclass(frozen=True)
class Asked:
    """One function of a request: its name, its number, its element."""

    function: str
    number: str
    node: ET.Element

    def body(self, *names: str) -> ET.Element | None:
        """The body, None where it was left out."""
        return next((child for child in self.node if child.tag in names), None)


@dataclass(frozen=True)
class Said:
    """What stands in an answer behind its status, and the number it echoes where that is to be another one."""

    inside: str = ""
    number: str = ""


def _state(told: Told) -> str:
    if told.strange:
        return told.strange
    return "FAIL" if told.reason else _STATES[told.state]


def _status(code: str, item: Instruction | None, words: str = "") -> str:
    at = "" if item is None else f"{moment(item.accepted_at):%Y-%m-%d %H:%M:%S}"
    return f"<XFERPRCSTS>{tags([('XFERPRCCODE', code), ('DTXFERPRC', at), ('MESSAGE', words)])}</XFERPRCSTS>"


def _to(payee: str, name: str, *, inside: bool, bank: str = "", cnaps: str = "") -> str:
    pairs = [("ACCTID", payee), ("NAME", name), ("BANKDESC", bank), ("BANKNUM", cnaps)]
    side = "Y" if inside else "N"
    return f"<ACCTTO INTERBANK='{side}' LOCAL='N'>{tags(pairs)}</ACCTTO>"


def _info(item: Instruction, serial: str = "") -> str:
    payee = _to(
        item.payee, item.payee_name, inside=item.at_home, bank=item.payee_bank, cnaps=item.payee_ibk
    )
    payer = f"<ACCTFROM>{tag('ACCTID', item.payer)}</ACCTFROM>"
    rest = tags([("TRNAMT", yuan(item.amount)), ("PURPOSE", item.purpose)])
    first = tag("SRVRID", serial) if serial else ""
    return f"<XFERINFO>{first}{payer}{payee}{rest}</XFERINFO>"


# -- single -------------------------------------------------------------------------------------------------------


def transfer(world: World, asked: Asked) -> Said:
    """XFERTRN, ICTRANSFERTRN: one payment under the number of its message."""
    body = asked.body("XFERRQ", "XMPTRQ")
    if body is None:
        item = world.known("", [asked.number]).get(asked.number)
        if item is None:
            raise Refusal("2000")
        return Said(_record(asked, "submit", item, _STATES["waiting"]), asked.number)
    info = checked(TRANSFER, body.find("XFERINFO"))
    payee, amount = info.find("ACCTTO"), fen(text_of(info, "TRNAMT"))
    cnaps, bank = text_of(payee, "BANKNUM"), text_of(payee, "BANKDESC")
    at_home = cnaps[:3] == "309" or (
        not cnaps and payee is not None and payee.get("INTERBANK") == "Y"
    )
    if amount <= 0 or (not at_home and (not bank or HOME in bank)):
        raise Refusal("2002", "金额或收款行名称错误")
    order = Order(
        asked.number, asked.function, text_of(info, "ACCTFROM/ACCTID"), amount, text_of(payee, "ACCTID"),
        text_of(payee, "NAME"), HOME if at_home else bank, cnaps, at_home, text_of(info, "PURPOSE"), manual=amount > BIG,
    )  # fmt: skip
    known = world.known("", [asked.number]).get(asked.number)
    item = known or world.accept(custid="", orders=[order])[0]
    for told in world.taken(order, item, operation=asked.function):
        if told.state == "refused":
            raise Refusal("40620", REASONS[told.reason])
        state = "WAIT_FOR_AUDIT" if told.state == "manual" else "PROCESSING"
        number = asked.number if told.reference == asked.number else told.reference
        return Said(_record(asked, "submit", item, told.strange or state), number)
    return Said()


def _record(asked: Asked, level: str, item: Instruction | None, state: str) -> str:
    if item is None:
        return ""
    name = "XFERRS" if asked.function == "XFERTRN" else "XPMTRS"
    serial = tag("SRVRID" if asked.function == "XFERTRN" else "SRVRTID", item.obssid)
    return f"<{name}>{serial}{_info(item)}{_status(state, item)}</{name}>"


def standing(world: World, asked: Asked) -> Said:
    """XFERINQTRN, ICTRANSFERINQTRN: nothing in the answer names the payment's number."""
    number = text_of(asked.node, "XFERINQRQ/CLIENTREF")
    wanted = asked.function.replace("INQ", "")
    item = world.known("", [number]).get(number)
    if item is not None and item.operation != wanted:
        item = None
    said = [
        _standing(told, asked, number)
        for told in world.asked(number, item, operation=asked.function)
    ]
    return said[0] if said else Said("<XFERINQRS><XFERLIST MORE='N'/></XFERINQRS>")


def _standing(told: Told, asked: Asked, number: str) -> Said:
    if told.item is None:
        raise Refusal("2000", "支付指令不存在")
    serial = "SRVRTID" if asked.function == "XFERINQTRN" else "SRVRID"
    inside = tag(serial, told.serial) + _info(told.item)
    inside += _status(_state(told), told.item, REASONS.get(told.reason, ""))
    ends = tags([("FROM", told.serial), ("TO", told.serial)])
    # A wrong echo is the answer to another request: what was asked stands nowhere in it.
    own = (
        asked.number
        if told.reference == number
        else f"{asked.number[:-1]}{'Y' if asked.number[-1] != 'Y' else 'Z'}"
    )
    return Said(
        f"<XFERINQRS><XFERLIST MORE='N'>{ends}<XFER>{inside}</XFER></XFERLIST></XFERINQRS>", own
    )


def core(world: World, asked: Asked) -> Said:
    """INQSTATETRN: the core's record; the serial sits inside XFERINFO."""
    number = text_of(asked.node, "INQSTATECOND/CLIENTREF")
    item = world.known("", [number]).get(number)
    if item is None:
        raise Refusal("2000")
    is_done = item.state in ("settled", "returned")
    result = "2" if item.reason else "1" if is_done or not item.at_home else "0"
    pairs = [("CORERESULT", result)]
    if not item.at_home and result == "1":
        pairs.append(("CORESTATUS", "G" if item.state == "returned" else "Y" if is_done else "1"))
        pairs.append(("CORECLM", "9999X026" if item.state == "returned" else ""))
    return Said(f"<TXNSTATERS>{_info(item, item.obssid)}{tags(pairs)}</TXNSTATERS>")


# -- batches ------------------------------------------------------------------------------------------------------


def batch(world: World, asked: Asked) -> Said:
    """RBATCHTRSFRTRN and ASYNBATCHTRSFRTRN; without a body how the batch stands."""
    body, is_async = asked.body("RQBODY"), asked.function.startswith("ASYN")
    if body is None:
        return _batch_stands(world, asked, is_async)
    checked(BATCH, body)
    payer = text_of(body, "ACCTFROM/ACCTID")
    rows = _lines(body) if is_async else _items(body)
    totals = (text_of(body, "TOTALCOUNT"), text_of(body, "TOTALAMOUNT"))
    if not 1 <= len(rows) <= ITEMS_MAX or (totals[0] and int(totals[0]) != len(rows)):
        raise Refusal("6352")
    if totals[1] and fen(totals[1]) != sum(fen(row[8]) for row in rows):
        raise Refusal("6352")
    if world.ledger.serves(world.home, payer, "") is None:
        raise Refusal("40620")
    if not world.of_batch("", asked.number):
        world.accept(custid="", orders=[_order(asked, payer, row) for row in rows])
    head = f"<ACCTFROM>{tag('ACCTID', payer)}</ACCTFROM>{tags([('TOTALCOUNT', totals[0]), ('TOTALAMOUNT', totals[1])])}"
    return Said(
        f"<RSBODY>{head}{_status('SUBMIT_SUCC' if is_async else 'PROCESSING', None)}</RSBODY>"
    )


def _lines(body: ET.Element) -> list[list[str]]:
    """The lines of a list; one that is not right refuses them all, with its words in the place of the result."""
    text = text_of(body, "XFERINFOTEXT")
    rows = [line.split("|") for line in text.splitlines() if line.strip()]
    bad = [
        row
        for row in rows
        if len(row) != 12 or not row[8].replace(".", "", 1).isdigit() or not row[9]
    ]
    if bad:
        words = "\n".join(f"{'|'.join([*row, *[''] * 12][:11])}||明细格式错误|" for row in bad)
        raise Refusal("2000", f"<RSBODY>{tag('XFERINFOTEXT', words)}</RSBODY>")
    return rows


def _items(body: ET.Element) -> list[list[str]]:
    rows = []
    for item in body.findall("XFERINFO"):
        checked(ITEM, item)
        to = item.find("ACCTTO")
        side = "" if to is None else to.get("INTERBANK", "")
        rows.append([
            text_of(item, "INDX"), text_of(to, "ACCTID"), text_of(to, "NAME"), side, "N", text_of(to, "BANKNUM"),
            text_of(to, "BANKDESC"), "", text_of(item, "TRNAMT"), text_of(item, "USE"), text_of(item, "REMARK"),
        ])  # fmt: skip
    return rows


def _order(asked: Asked, payer: str, row: list[str]) -> Order:
    at_home = row[5][:3] == "309" or (not row[5] and row[3] == "Y")
    amount = fen(row[8])
    return Order(
        row[10], asked.function, payer, amount, row[1], row[2], HOME if at_home else row[6], row[5], at_home, row[9],
        key=f"{asked.number}/{row[0]}", batch=asked.number, manual=amount > BIG,
    )  # fmt: skip


def _batch_stands(world: World, asked: Asked, is_async: bool) -> Said:
    items = world.of_batch("", asked.number)
    tolds = [
        told for item in items for told in world.asked(item.insid, item, operation=asked.function)
    ]
    known = [told for told in tolds if told.item is not None]
    if not items or (not known and tolds):
        raise Refusal("2000")
    states = {_state(told) for told in known}
    whole = states.pop() if len(states) == 1 else "PART_PAYOUT"
    if whole == "FAIL":
        whole = "PART_PAYOUT"
    head = f"<ACCTFROM>{tag('ACCTID', items[0].payer)}</ACCTFROM>"
    if is_async:
        lines = "\n".join(_told_line(told) for told in known)
        inside = (
            f"<XFERINFOTEXT size='{len(known)}'><![CDATA[\n{lines}\n]]></XFERINFOTEXT>"
            if known
            else ""
        )
    else:
        inside = "".join(_told_item(told) for told in known)
    return Said(f"<RSBODY>{head}{inside}{_status(whole, items[0])}</RSBODY>")


def _told_line(told: Told) -> str:
    item = told.item
    if item is None:
        return ""
    values = [
        item.key.rpartition("/")[2], item.payee, item.payee_name, "Y" if item.at_home else "N", "N", item.payee_ibk,
        "" if item.at_home else item.payee_bank, "", yuan(item.amount), item.purpose, told.reference, _state(told),
        REASONS.get(told.reason, ""),
    ]  # fmt: skip
    return "".join(f"{value.replace('|', ' ')}|" for value in values)


def _told_item(told: Told) -> str:
    item = told.item
    if item is None:
        return ""
    to = _to(item.payee, item.payee_name, inside=item.at_home)
    rest = [
        ("TRNAMT", yuan(item.amount)), ("USE", item.purpose), ("REMARK", told.reference), ("STATUS", _state(told)),
        ("ERRMSG", REASONS.get(told.reason, "")),
    ]  # fmt: skip
    return f"<XFERINFO>{tag('INDX', item.key.rpartition('/')[2])}{to}{tags(rest)}</XFERINFO>"


# -- payrolls -----------------------------------------------------------------------------------------------------


def payroll(world: World, asked: Asked) -> Said:
    """RPAYOFFTRN: one debit, many credits to cards here."""
    body = asked.body("RPAYOFFRQ")
    if body is None:
        return _payroll_stands(world, asked, asked.number)
    info = checked(PAYROLL, body.find("RPAYOFFINFO"))
    people = info.findall("RPAYOFFLIST/RPAYOFF")
    for person in people:
        checked(PERSON, person)
    amounts = [fen(text_of(person, "TRNAMT")) for person in people]
    if text_of(info, "TOTALCOUNT") != str(len(people)) or fen(text_of(info, "TOTALAMOUNT")) != sum(
        amounts
    ):
        raise Refusal("6352")
    details = [
        Detail(text_of(person, "ACCTID"), text_of(person, "ACCTNAME"), HOME, "", True, amount)
        for person, amount in zip(people, amounts, strict=True)
    ]
    order = Order(
        asked.number,
        "payroll",
        text_of(info, "ACCTFROM/ACCTID"),
        sum(amounts),
        at_home=True,
        purpose="代发",
        details=details,
    )
    if not world.known("", [asked.number]):
        (item,) = world.accept(custid="", orders=[order])
        if item is not None and item.state == "refused":
            raise Refusal("40620")
    return _payroll_stands(world, asked, asked.number)


def payroll_standing(world: World, asked: Asked) -> Said:
    """RPAYOFFINQTRN."""
    return _payroll_stands(world, asked, text_of(asked.node, "XFERINQRQ/CLIENTREF"))


def _payroll_stands(world: World, asked: Asked, number: str) -> Said:
    item = world.known("", [number]).get(number)
    if item is None or item.operation != "payroll":
        raise Refusal("2000")
    is_done = item.state in ("settled", "returned")
    details = world.details_of(item)
    rows = "".join(_person(detail, n, is_done=is_done) for n, detail in enumerate(details, 1))
    bad = [detail for detail in details if detail.reason]
    state = "PROCESSING" if not (is_done or item.reason) else "FAIL" if item.reason else "PAYOUT"
    if is_done and bad:
        state = "PART_PAYOUT"
    info = f"<ACCTFROM>{tag('ACCTID', item.payer)}</ACCTFROM>{tag('TITLE', number)}<RPAYOFFLIST>{rows}</RPAYOFFLIST>"
    return Said(
        f"<RPAYOFFRS>{tag('SRVRID', item.obssid)}<RPAYOFFINFO>{info}</RPAYOFFINFO>{_status(state, item)}</RPAYOFFRS>"
    )


def _person(detail: Detail, number: int, *, is_done: bool) -> str:
    status = PERSON_CODES.get(detail.reason, "59") if detail.reason else "23" if is_done else "-1"
    pairs = [
        ("INDX", str(number)), ("ACCTNAME", detail.name), ("ACCTID", detail.number), ("TRNAMT", yuan(detail.amount)),
        ("STATUS", status), ("ERRMSG", REASONS.get(detail.reason, "")),
    ]  # fmt: skip
    return f"<RPAYOFF>{tags(pairs)}</RPAYOFF>"
