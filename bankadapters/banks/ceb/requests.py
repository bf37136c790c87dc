"""Our values → CEB messages, with the limits enforced.  Source: the banks' overview, section 2.1."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from lxml import etree

from bankadapters.banks.ceb import messages as m
from bankadapters.banks.ceb.profile import CHARSET, FIELD_LIMITS, FORBIDDEN
from bankadapters.contract import AccountRef, Inquiry, Instruction, ReceiptFound
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
RECEIPT_ROWS = 50
DOWNLOAD = "ent/downloadFile.do"
_HOME, _INTERCONNECTED = "2122", "2124"


def document(trade: str, number: str, data: Record, *, setting: Setting) -> bytes:
    """The Transaction document in GBK. Raises Unencodable naming a character that GBK lacks."""
    now = clock.now()
    root = etree.Element("Transaction")
    system = m.SystemHead(customer=setting("usrID"), user=setting("UserID"))
    head = m.TransHead(trade=trade, number=number, day=f"{now:%Y%m%d}", time=f"{now:%H%M%S}")
    root.extend([system.render(), head.render()])
    etree.SubElement(root, "TransContent").append(data.render())
    return render_xml(root, charset=CHARSET, declared="GBK")


def target(trade: str, *, pays: bool, setting: Setting, password: str) -> str:
    """Path and query: the password travels in it, and only payments name the customer and are signed by the proxy."""
    query = {"userPassword": password}
    if pays:
        query = {"usrID": setting("usrID"), **query, "Sigdata": "1"}
    return f"ent/{trade}.do?{urlencode(query, encoding=CHARSET)}"


def download(name: str, *, password: str) -> str:
    """Path and query of a receipt's file."""
    query = {"userPassword": password, "transcode": "b2e005023", "fileName": name}
    return f"{DOWNLOAD}?{urlencode(query, encoding=CHARSET)}"


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_ceb(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("303", "中国光大银行", "光大银行")


def transfer(item: Instruction, *, setting: Setting) -> m.Transfer:
    """b2e004001 of one payment; an interconnected one is never urgent, so an urgent one goes the other way."""
    _check(item)
    kind = _HOME
    if not pays_into_ceb(item):
        require_filled(item.cnaps, name="cnaps")
        kind = "2120" if item.urgent else setting("transferType")
    word = setting("note")
    return m.Transfer(
        reference=item.reference, kind=kind, payer_account=item.payer_account, payee_name=item.payee_name,
        payee_account=item.payee_account, payee_bank=require_filled(item.payee_bank, name="payee_bank"),
        amount=item.money.amount, place=setting("toLocation"), note=word, other_note=item.purpose,
        cnaps="" if kind == _HOME else item.cnaps,
        is_urgent="1" if item.urgent and kind != _INTERCONNECTED else "0", telephone=setting("cellphone"),
        is_person="1" if item.personal else "0", audit=setting("IsAudit"), rule=setting("matchRule"),
    )  # fmt: skip


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=("reference", "payee_account", "payee_name", "payee_bank", "cnaps", "purpose"),
        filled=("payee_name", "purpose"),
        limits=FIELD_LIMITS,
        forbidden=FORBIDDEN,
        charset=CHARSET,
    )


def status(one: Inquiry, number: str) -> m.StatusAsked:
    """b2e004003: batch and payment were sent under one number."""
    reference = require_plain(one.reference, name="reference")
    return m.StatusAsked(number=number, batch=reference, reference=reference)


# -- receipts -----------------------------------------------------------------------------------------------------


def receipts(account: AccountRef, first: date, last: date, place: str) -> m.ReceiptsAsked:
    """b2e005023, fifty receipts from a number on."""
    number = require_plain(account.number, name="account", also="-")
    return m.ReceiptsAsked(
        account=number, first=first, last=last, begin=row_of(place), rows=RECEIPT_ROWS
    )


def receipt(wanted: ReceiptFound) -> m.ReceiptsAsked:
    """b2e005023: have the file of one receipt made."""
    return m.ReceiptsAsked(generates="1", number=wanted.receipt_no, account=wanted.account)
