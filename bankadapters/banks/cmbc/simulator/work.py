"""What CMBC does with a payment, a question, a query: bodies in, bodies out."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from bankadapters.banks.cmbc.simulator.fields import CODES, ENTRIES, PAGE_ROWS, REASONS, TRANSFER
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import fen, first_fault, tag, tags, text_of, yuan
from bankadapters.simulator.world import Told, World

INSTANT_MAX = 5_000_000  # fen


def transfer(world: World, body: ET.Element) -> str:
    """Xfer: taken in under a number of the bank's; an instant one is answered before it is known to have arrived."""
    fault = first_fault(TRANSFER, body)
    home, way = text_of(body, "externBank") == "0", text_of(body, "localFlag")
    amount = 0 if fault else fen(text_of(body, "amount"))
    if not fault and amount <= 0:
        fault = "amount 应大于零"
    if not fault and not home and (way not in "235" or not text_of(body, "bankCode")):
        fault = "跨行汇路或 bankCode 错误"
    if not fault and way == "5" and amount > INSTANT_MAX:
        fault = "实时汇款超过限额"
    if fault:
        raise Refusal("SIM01", fault)
    order = Order(
        insid=text_of(body, "insId"), operation=f"Xfer{way}", payer=text_of(body, "acntNo"), amount=amount,
        payee=text_of(body, "acntToNo"), payee_name=text_of(body, "acntToName"),
        payee_bank=text_of(body, "bankName") or ("中国民生银行" if home else ""), payee_ibk=text_of(body, "bankCode"),
        at_home=home, purpose=text_of(body, "explain"),
    )  # fmt: skip
    (item,) = world.accept(custid="", orders=[order])
    if item is None:
        raise Refusal("88888888")
    for told in world.taken(order, item, operation="Xfer"):
        if told.strange:
            raise Refusal(told.strange)
        if told.state == "refused":
            raise Refusal(REASONS[told.reason])
        if way == "5":
            raise Refusal("WYHL01")
        return tags([("insId", told.reference), ("svrId", told.serial)])
    return tag("svrId")


def status(world: World, body: ET.Element) -> str:
    """qryXfer: by our number; one it does not know is an error of the head."""
    reference = text_of(body, "insId")
    item = world.known("", [reference]).get(reference)
    if item is None:
        raise Refusal("E1602")
    for told in world.asked(reference, item, operation="qryXfer"):
        if told.item is None:
            raise Refusal("E1602")
        if told.state == "waiting" and told.done < 0.3:
            raise Refusal("WYHL01")
        mark, reason = _words(told)
        inside = tags([("statusCode", mark), ("statusSeverity", "info"), ("statusErrMsg", reason)])
        echo = tags([("insId", told.reference), ("svrId", told.serial)])
        return f"{echo}<statusId>{inside}</statusId>"
    return tag("insId", reference)


def _words(told: Told) -> tuple[str, str]:
    """statusCode and its message."""
    if told.strange:
        return told.strange, ""
    if told.reason:
        return "2", CODES[REASONS[told.reason]]
    return ("0", "") if told.state in ("settled", "returned") else ("1", "处理中")


def balance(world: World, body: ET.Element) -> str:
    """qryBal: the account asked about."""
    account = _account(world, text_of(body, "acntList/acntNo"))
    amount = yuan(account.balance)
    inside = tags([("acntNo", account.number), ("simBalance", amount), ("simAvailable", amount)])
    return f"<acntList><acntInfo>{inside}</acntInfo></acntList>"


def entries(world: World, body: ET.Element) -> str:
    """qryDtl: rows from a number to a number; past the last one the range is invalid."""
    fault = first_fault(ENTRIES, body)
    begin, end = (0, 0) if fault else (int(text_of(body, "startNo")), int(text_of(body, "endNo")))
    if fault or not begin <= end < begin + PAGE_ROWS:
        raise Refusal("SIM01", fault or "起止记录数错误")
    account = _account(world, text_of(body, "acntNo"))
    days = [text_of(body, name).replace("-", "") for name in ("dateFrom", "dateTo")]
    total, rows = world.statement(Search(account, days[0], days[1]), skip=begin - 1, limit=end - begin + 1)  # fmt: skip
    if not rows:
        raise Refusal("WEC32")
    told = "".join(f"<dtlInfo>{_entry(account, row)}</dtlInfo>" for row in rows)
    return f"<dtlList>{told}</dtlList>{tag('totalNum', str(total))}"


def _entry(account: Account, row: Row) -> str:
    other = row.payer if row.incoming else row.payee
    day = f"{row.day[:4]}-{row.day[4:6]}-{row.day[6:]}"
    when = f"{row.time[:2]}:{row.time[2:4]}:{row.time[4:]}"
    return tags([
        ("svrId", f"T{row.line:012d}"), ("acntNo", account.number), ("acntName", account.name),
        ("type", "2" if row.incoming else "1"), ("actDate", day), ("intrDate", day), ("chequeNum", ""),
        ("amount", yuan(row.amount)), ("opAcntNo", other.number), ("opAcntName", other.name), ("opBankName", other.bank),
        ("opBankAddr", ""), ("opAreaCode", ""), ("explain", row.purpose or row.remark), ("balance", yuan(row.balance)),
        ("recseq", str(row.line)), ("timestamp", f"{day} {when}"),
    ])  # fmt: skip


def _account(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("SIM03")
    return account
