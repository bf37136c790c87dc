"""Our values → SPDB bodies and packets, with the limits enforced.  Source: SPDB sheet, sections 1, 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

from lxml import etree

from bankadapters.banks.spdb import messages as m
from bankadapters.banks.spdb.profile import CHARSET, FIELD_LIMITS, FORBIDDEN
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
PAGE_ROWS, STATUS_ROWS, PACKAGE_ROWS = 20, 30, 10
_PROLOG = b"<?xml version='1.0' encoding='gb2312'?>\n"


class _Transfer(TypedDict):
    authorised_by: str | None
    reference: str
    payer_account: str
    payer_name: str
    payee_account: str
    payee_name: str
    is_person: str
    payee_bank: str
    address: str
    amount: Decimal
    is_other_bank: str
    is_other_city: str
    note: str
    names_bank: str | None
    cnaps: str | None
    purpose: str | None


def body(head: Record | None, name: str = "", rows: Sequence[Record] = ()) -> bytes:
    """The plain body, which is what gets signed: fields, then a list of rows under its name."""
    root = etree.Element("body") if head is None else head.render()
    if name:
        lists = etree.SubElement(root, "lists", name=name)
        lists.extend([row.render() for row in rows])
    return render_xml(root, charset=CHARSET, prolog=False)


def packet(trade: str, signature: bytes, *, number: str, setting: Setting) -> bytes:
    """The packet around a signature, with its length before it."""
    head = m.Head(
        trade=trade,
        customer=setting("masterID"),
        number=number,
        sent_at=f"{clock.now():%Y-%m-%d %H:%M:%S}",
    )
    inside = render_xml(head.render(), charset=CHARSET, prolog=False)
    signed = b"<body><signature>" + signature + b"</signature></body>"
    return m.FRAME.encode(_PROLOG + b"<packet>" + inside + signed + b"</packet>")


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_spdb(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("310", "浦发银行", "上海浦东发展银行")


def single(item: Instruction, *, setting: Setting) -> tuple[str, bytes]:
    """8801, or EG01 to another bank where the connection says so."""
    if setting("single") == "EG01" and not pays_into_spdb(item):
        _check(item)
        instant = m.Instant(
            payer_account=item.payer_account, cnaps=require_filled(item.cnaps, name="cnaps"),
            payee_account=item.payee_account, payee_name=item.payee_name, is_person=_person(item),
            amount=item.money.amount, reference=item.reference, note=item.purpose,
        )  # fmt: skip
        return "EG01", body(instant)
    return "8801", body(m.Transfer(**_transfer(item, setting)))


def batch(sent: Batch, *, setting: Setting) -> bytes:
    """8800, up to twenty rows under the batch's number."""
    items = sent.instructions
    head = m.BatchHead(
        authorised_by=setting("authMasterID") or None, total=len(items),
        amount=sum((i.money.amount for i in items), Decimal(0)),
        number=require_plain(sent.batch_no, name="batch_no"),
    )  # fmt: skip
    rows = []
    for item in items:
        fields = _transfer(item, setting)
        fields["authorised_by"] = None  # the batch says it once
        rows.append(m.TransferRow(**fields))
    return body(head, "batchList", rows)


def _transfer(item: Instruction, setting: Setting) -> _Transfer:
    _check(item)
    at_home = pays_into_spdb(item)
    if not at_home:
        require_filled(item.payee_bank, name="payee_bank")
    has_code = bool(item.cnaps) and not at_home
    return {
        "authorised_by": setting("authMasterID") or None,
        "reference": item.reference,
        "payer_account": item.payer_account,
        "payer_name": item.payer_name,
        "payee_account": item.payee_account,
        "payee_name": item.payee_name,
        "is_person": _person(item),
        "payee_bank": item.payee_bank,
        "address": setting("payeeAddress"),
        "amount": item.money.amount,
        "is_other_bank": "0" if at_home else "1",
        "is_other_city": setting("remitLocation"),
        "note": item.purpose,
        "names_bank": "1" if has_code else None,
        "cnaps": item.cnaps if has_code else None,
        "purpose": setting("payPurpose") or None,
    }


def _person(item: Instruction) -> str:
    return "1" if item.personal else "0"


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=("reference", "payer_name", "payee_name", "payee_bank", "cnaps", "purpose"),
        filled=("payer_name", "payee_name", "purpose"),
        limits=FIELD_LIMITS,
        forbidden=FORBIDDEN,
        charset=CHARSET,
    )


# -- status -------------------------------------------------------------------------------------------------------


def status(asked: Inquiry, *, accept: str = "", is_batch: bool) -> bytes:
    """8804: by our number, or all payments under an acceptance number."""
    first, last = _days(asked)
    reference = "" if accept else require_plain(asked.reference, name="reference")
    return body(
        m.StatusAsked(
            account=_payer(asked), first=first, last=last, reference=reference, accept=accept,
            rows=STATUS_ROWS, begin=1, is_batch="1" if is_batch else "0",
        )
    )  # fmt: skip


def web_bank(asked: Inquiry, *, setting: Setting) -> bytes:
    """EY03: a payment that waits in the web bank."""
    first, last = _days(asked)
    return body(
        m.WebBankAsked(
            reference=require_plain(asked.reference, name="reference"), account=_payer(asked), first=first,
            last=last, accept=asked.bank_serial, rows=PACKAGE_ROWS, begin=1, authorised_by=setting("authMasterID"),
        )
    )  # fmt: skip


def instant_status(asked: Inquiry, *, setting: Setting) -> bytes:
    """EG30: an instant payment by our number, and the bank's where we have it."""
    reference = require_plain(asked.reference, name="reference")
    query = m.InstantAsked(
        business=asked.bank_serial, reference=reference, customer=setting("masterID")
    )
    return body(query)


def package_status(asked: Inquiry, *, setting: Setting) -> bytes:
    """DO48: a batch in the web bank by its number."""
    first, last = _days(asked)
    number = require_plain(asked.batch_no, name="batch_no")
    return body(
        m.PackagesAsked(
            authorised_by=setting("authMasterID"), first=first, last=last, rows=PACKAGE_ROWS, begin=1,
            journal=asked.bank_serial, number=number,
        )
    )  # fmt: skip


def _payer(asked: Inquiry) -> str:
    return require_plain(asked.payer_account, name="payer_account", also="-")


def _days(asked: Inquiry) -> tuple[date, date]:
    """The day a payment was sent, and the next because of midnight."""
    first = asked.day or clock.today()
    return first, max(first, min(clock.today(), first + timedelta(days=1)))


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(accounts: Sequence[AccountRef]) -> bytes:
    """4402 of several accounts."""
    return body(None, "acctList", [m.AccountAsked(account=_number(a)) for a in accounts])


def details(account: AccountRef, first: date, last: date, place: str) -> bytes:
    """8924: twenty rows from a number on. Raises Unencodable for a strange place."""
    row = m.DetailsAsked(
        account=_number(account), first=first, last=last, rows=PAGE_ROWS, begin=row_of(place)
    )
    return body(None, "acctList", [row])


def _number(account: AccountRef) -> str:
    return require_plain(account.number, name="account", also="-")
