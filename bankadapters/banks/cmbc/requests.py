"""Our values → CMBC messages, with the limits enforced.  Source: CMBC sheet, sections 2 to 4."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from lxml import etree

from bankadapters.banks.cmbc import messages as m
from bankadapters.banks.cmbc.profile import CODECS, FIELD_LIMITS
from bankadapters.contract import AccountRef, Inquiry, Instruction
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
PAGE_ROWS = 50
INSTANT_MAX = Decimal(50000)
_ROOT = {"header": "100", "version": "100", "security": "none", "lang": "chs"}


def document(trade: str, body: m.Body, *, setting: Setting, password: str) -> bytes:
    """The CMBC document. Raises Unencodable naming a character that the encoding lacks."""
    root = etree.Element("CMBC", {**_ROOT, "trnCode": trade})
    head = m.RequestHeader(
        sent_at=f"{clock.now():%Y-%m-%d %H:%M:%S}", customer=setting("clientId"), user=setting("userId"),
        password=password,
    )  # fmt: skip
    root.extend([head.render(), body.render()])
    declared = setting("encoding")
    return render_xml(root, charset=CODECS[declared], declared=declared)


def pays_into_cmbc(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("305", "中国民生银行", "民生银行")


def transfer(item: Instruction, number: str, *, setting: Setting) -> m.Transfer:
    """Xfer of one payment."""
    _check(item, CODECS[setting("encoding")])
    at_home = pays_into_cmbc(item)
    if not at_home:
        require_filled(item.cnaps, name="cnaps")
        require_filled(item.payee_bank, name="payee_bank")
    return m.Transfer(
        number=number, cookie="", reference=item.reference, payer_account=item.payer_account, payer_name=item.payer_name,
        payee_account=item.payee_account, payee_name=item.payee_name, is_other_bank="0" if at_home else "1",
        way=_way(item, setting), payee_kind="2" if item.personal else "1", cnaps="" if at_home else item.cnaps,
        payee_bank="" if at_home else item.payee_bank, address="" if at_home else setting("bankAddr"),
        amount=item.money.amount, purpose=item.purpose, on=clock.today(),
    )  # fmt: skip


def _way(item: Instruction, setting: Setting) -> str:
    """localFlag: an instant payment above its limit goes by HVPS."""
    if pays_into_cmbc(item):
        return setting("home_localFlag")
    way = setting("urgent_localFlag" if item.urgent else "localFlag")
    return "3" if way == "5" and item.money.amount > INSTANT_MAX else way


def _check(item: Instruction, charset: str) -> None:
    require_payable(
        item,
        texts=("reference", "payer_name", "payee_name", "payee_bank", "cnaps", "purpose"),
        filled=("payer_name", "payee_name"),
        limits=FIELD_LIMITS,
        charset=charset,
    )


def status(one: Inquiry, number: str) -> m.StatusAsked:
    """qryXfer of one payment, by our number and the bank's where we have it."""
    reference = require_plain(one.reference, name="reference")
    return m.StatusAsked(number=number, cookie="", reference=reference, serial=one.bank_serial)


def balance(account: AccountRef, number: str) -> m.BalanceAsked:
    """qryBal of one account."""
    return m.BalanceAsked(number=number, accounts=m.AccountNames(account=_account(account)))


def entries(
    account: AccountRef, first: date, last: date, place: str, number: str, *, setting: Setting
) -> m.EntriesAsked:
    """qryDtl: fifty rows from a number on. Raises Unencodable for a strange place."""
    begin = row_of(place)
    return m.EntriesAsked(
        number=number, cookie="", account=_account(account), first=first, last=last, begin=begin,
        end=begin + PAGE_ROWS - 1, kind=setting("typeCode"),
    )  # fmt: skip


def _account(account: AccountRef) -> str:
    return require_plain(account.number, name="account", also="-")
