"""Our values → China Construction Bank messages, with the limits enforced.  Source: CCB sheet, sections 3 and 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from lxml import etree

from bankadapters.banks.ccb import codes
from bankadapters.banks.ccb import messages as m
from bankadapters.banks.ccb.profile import BATCH_BYTES_MAX, CHARSET, FIELD_LIMITS
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_account, require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
PAGE_ROWS = 200
LINE_END = "\r\n"
_DIGITS = re.compile(r"[0-9]{16}")
_PLACE = re.compile(r"([0-9]{1,6}):(.{0,100})", re.DOTALL)


def message(head: m.RequestHead, body: Record) -> bytes:
    """The whole document: it declares GB2312 and is written in GB18030, as the client wants it."""
    root = head.render()
    root.append(body.render())
    etree.SubElement(root, "SIGN_INFO")
    etree.SubElement(root, "SIGNCERT")
    document = render_xml(root, charset=CHARSET, declared="GB2312")
    return document.replace(b"&#13;\n", b"\r\n")  # the lines of a batch, as the client wants them


def number(value: str, name: str = "reference") -> str:
    """A REQUEST_SN of ours. Raises Unencodable."""
    if not _DIGITS.fullmatch(value):
        raise Unencodable(f"{name} must have 16 digits", field=name)
    return value


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_ccb(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("105", "中国建设银行", "建设银行")


def payment(item: Instruction, *, setting: Setting) -> tuple[str, Record]:
    """6W8010 inside the bank, else the interbank transaction of the connection."""
    _check(item)
    at_home = pays_into_ccb(item)
    transaction = "6W8010" if at_home else setting("interbank")
    is_8060 = transaction == "6W8060"
    if is_8060:
        require_filled(item.payee_bank, name="payee_bank")
        require_filled(item.cnaps, name="cnaps")
    body = m.Transfer(
        payer_account=item.payer_account,
        payee_account=item.payee_account,
        payee_name=item.payee_name,
        check_name=None if is_8060 else setting("CHK_RECVNAME"),
        payee_bank=None if at_home else item.payee_bank or None,
        cnaps=None if at_home else item.cnaps or None,
        amount=item.money.amount,
        currency=codes.RMB,
        purpose=item.purpose,
        kind=setting("TRAN_TYPE") if is_8060 else None,
        remark=item.remark,
        ours=item.reference if setting("CST_PAY_NO") == "Y" else None,
    )
    return transaction, body


def batch(request: Batch, *, setting: Setting) -> tuple[str, Record]:
    """6W8040: lines in one text, bounded by its bytes."""
    items = request.instructions
    if len({item.payer_account for item in items}) != 1:
        raise Unencodable("a batch has one payer account", field="payer_account")
    if len({serial_of(item.reference) for item in items}) != len(items):
        raise Unencodable("two payments of the batch end in the same six digits", field="reference")
    lines = LINE_END.join(line(item, setting=setting) for item in items)
    length = len(lines.encode(CHARSET))
    if length > BATCH_BYTES_MAX:
        raise Unencodable(
            f"FILE_CTX has {length} bytes, the bank takes {BATCH_BYTES_MAX}", field="items"
        )
    number(request.batch_no, "batch_no")
    total = sum((item.money.amount for item in items), Decimal(0))
    return "6W8040", m.BatchPayment(
        total=total,
        items=str(len(items)),
        check_name=setting("CHK_RECVNAME"),
        lines=lines,
    )


def line(item: Instruction, *, setting: Setting) -> str:
    """One payment of 6W8040. Raises Unencodable, also where a value holds the separator."""
    _check(item)
    at_home = pays_into_ccb(item)
    return m.BatchLine(
        serial=serial_of(item.reference),
        payer_name=require_filled(item.payer_name, name="payer_name"),
        payer_account=item.payer_account,
        payer_branch=item.payer_branch or setting("tier1_branch"),
        payee_account=item.payee_account,
        payee_name=item.payee_name,
        payee_bank=item.payee_bank,
        cnaps=item.cnaps,
        is_home="1" if at_home else "0",
        amount=item.money.amount,
        currency=codes.RMB,
        purpose=item.purpose,
    ).render()


def serial_of(reference: str) -> str:
    """SERIAL_NUM: the last six digits of our sequence, so that an item is known again without a list of places."""
    return number(reference)[9:15]


def payroll(request: Batch, *, setting: Setting) -> tuple[str, Record]:
    """6W1303: one person, under the batch's number."""
    if len(request.instructions) != 1:
        raise Unencodable("6W1303 pays one person", field="items")
    item = request.instructions[0]
    _check(item)
    number(request.batch_no, "batch_no")
    body = m.Payroll(
        payer_account=item.payer_account,
        agreement=_told(setting, "BILL_CODE"),
        payee_account=item.payee_account,
        payee_name=item.payee_name,
        amount=item.money.amount,
        purpose=_told(setting, "USEOF_CODE"),
        flow=setting("FLOW_FLAG"),
        cnaps="" if pays_into_ccb(item) else item.cnaps,
        remark=item.remark,
    )
    return "6W1303", body


def _told(setting: Setting, name: str) -> str:
    value = setting(name)
    if not value:
        raise NotReady(name)
    return value


def _check(item: Instruction) -> None:
    unsaid = {"payee_bank"} if pays_into_ccb(item) else set()
    require_payable(
        item,
        texts=FIELD_LIMITS.keys() - unsaid,
        filled=("payee_name", "purpose"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
        digits=14,
    )
    number(item.reference)


# -- questions ----------------------------------------------------------------------------------------------------


def status(one: Inquiry) -> Record:
    """6W0600, 6W1503, 6W0500: the number a request went under."""
    return m.StatusQuery(number=number(one.batch_no or one.reference, "reference"))


def batch_status(asked: Sequence[Inquiry], page: str) -> Record:
    """6W0800: a batch by the number its request went under, with the days around it."""
    first = asked[0]
    day = first.day or clock.today()
    return m.BatchQuery(
        account=require_plain(first.payer_account, name="payer_account", also="-"),
        first=day,
        last=min(day + timedelta(days=1), max(day, clock.today())),
        page=page or "1",
        batch=number(first.batch_no, "batch_no"),
    )


def balance(account: AccountRef) -> Record:
    """6W0100: one account."""
    return m.BalanceQuery(account=require_account(account.number, most=32))


def entries(
    account: AccountRef, first: date, last: date, place: str, *, setting: Setting
) -> tuple[str, Record]:
    """6WY101 or 6W0300. `place` is the page and the context the page before it gave."""
    found = _PLACE.fullmatch(place or "1:")
    if found is None:
        raise Unencodable(f"cursor {place[:40]!r} is not one of this bank", field="next")
    page, context = found[1], found[2]
    if setting("details") == "6W0300":
        return "6W0300", m.HistoryQuery(
            account=require_account(account.number, most=32),
            first=first,
            last=last,
            page=page,
            context=context,
        )
    return "6WY101", m.EntriesQuery(
        account=require_account(account.number, most=32),
        first=first,
        last=last,
        page=page,
        context=context,
        size=str(PAGE_ROWS),
    )
