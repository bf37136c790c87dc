"""Our values → ICBC messages, with the limits enforced.  Source: ICBC sheet, sections 1, 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from lxml import etree

from bankadapters.banks.icbc import codes
from bankadapters.banks.icbc import messages as m
from bankadapters.banks.icbc.profile import CHARSET, FIELD_LIMITS
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.transport import form
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
SERVLET = "servlet/ICBCCMPAPIReqServlet"
_EVERYTHING = Decimal("999999999.99")  # eleven nines of fen, as a real request says "no limit"


def envelope(operation: str, inside: Record, *, number: str, setting: Setting) -> bytes:
    """The CMS document in GBK. Raises Unencodable naming a character that GBK lacks."""
    now = clock.now()
    root = etree.Element("CMS")
    eb = etree.SubElement(root, "eb")
    pub = m.Pub(
        operation=operation, customer=setting("CIS"), certificate=setting("ID"), sent_on=now.date(),
        sent_at=f"{now:%H%M%S}{_millis(now)}", number=number,
    )  # fmt: skip
    eb.extend([pub.render(), inside.render()])
    return render_xml(root, charset=CHARSET, declared="GBK")


def moment(now: datetime) -> str:
    """yyyyMMddHHmmssSSS."""
    return f"{now:%Y%m%d%H%M%S}{_millis(now)}"


def _millis(now: datetime) -> str:
    return f"{now.microsecond // 1000:03d}"


def target(number: str, *, setting: Setting) -> str:
    """Path and query of a business request; identity and package number must equal those of form and document."""
    query = {"userID": setting("ID"), "PackageID": number, "SendTime": moment(clock.now())}
    return f"{SERVLET}?{urlencode(query)}"


def posted(operation: str, data: bytes, *, number: str, setting: Setting) -> bytes:
    """The form around a document, or around its signed text. Raises NotReady."""
    fields = {
        "Version": setting("version"), "TransCode": operation, "BankCode": "102", "GroupCIS": setting("CIS"),
        "ID": setting("ID"), "PackageID": number, "Cert": "",
    }  # fmt: skip
    return form([*((name, value.encode(CHARSET)) for name, value in fields.items()), ("reqData", data)])  # fmt: skip


# -- payments -----------------------------------------------------------------------------------------------------


def payments(batch: Batch, *, setting: Setting, to_staff: bool = False) -> m.PaymentsIn:
    """PAYENT or PAYPER: the payments of one package, numbered from 1, each with our own number beside."""
    items = batch.instructions
    is_old = setting("version") == "0.0.0.1"
    blank = None if is_old or not to_staff else ""
    return m.PaymentsIn(
        total=len(items), amount=sum((i.money.amount for i in items), Decimal(0)), signed_at=moment(clock.now()),
        same_account=blank, registered=blank, package=blank, summary=blank, sums=blank,
        rows=[_row(n, item, setting, to_staff=to_staff) for n, item in enumerate(items, 1)],
    )  # fmt: skip


def pays_into_icbc(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("102", "中国工商银行", "工商银行")


def _row(number: int, item: Instruction, setting: Setting, *, to_staff: bool) -> m.PaymentRow:
    _check(item)
    at_home = pays_into_icbc(item)
    if not at_home:
        require_filled(item.cnaps, name="cnaps")
        require_filled(item.payee_bank, name="payee_bank")
    kind = "1" if item.urgent else setting("PayType")
    person = None if to_staff else "" if at_home else "1" if item.personal else "0"
    is_old = setting("version") == "0.0.0.1"
    old, new = ("", None) if is_old else (None, "")
    return m.PaymentRow(
        number=str(number), kind=kind, payer_account=item.payer_account, payer_name=item.payer_name,
        payee_account=item.payee_account, payee_name=item.payee_name, is_other_bank="1" if at_home else "2",
        is_other_city=setting("IsSameCity"), is_person=person,
        city="" if at_home or kind == "3" else setting("RecCityName"), cnaps="" if at_home else item.cnaps,
        payee_bank="" if at_home else item.payee_bank, currency=codes.CNY, amount=item.money.amount,
        purpose=item.purpose, remark=item.remark, reference=item.reference, own=item.reference,
        reserved3=old, reserved4=old, bank_kind=new, files=new, indexes=new, payer_sub=new, payee_sub=new,
        card=new, card_name=new,
    )  # fmt: skip


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=("reference", "payer_name", "payee_name", "payee_bank", "cnaps", "purpose", "remark"),
        filled=("payer_name", "payee_name", "purpose"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
    )


def package_of(inquiry: Inquiry, *, alone: bool) -> str:
    """The package a payment went in: its own number where it was sent alone, else the batch's."""
    return require_plain(
        inquiry.reference if alone else inquiry.batch_no or inquiry.reference, name="reference"
    )


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(accounts: Sequence[AccountRef], *, setting: Setting) -> m.BalanceQuery:
    """QACCBAL of several accounts."""
    is_old = setting("version") == "0.0.0.1"
    old, new = ("", None) if is_old else (None, "")
    rows = [
        m.BalanceAsked(
            number=str(n), account=account_number(account), currency=codes.CNY, reserved3=old, reserved4=old,
            sub_account=new, main_account=new,
        )
        for n, account in enumerate(accounts, 1)
    ]  # fmt: skip
    return m.BalanceQuery(total=len(rows), rows=rows)


def today(account: AccountRef, place: str, *, setting: Setting) -> m.TodayQuery:
    """QPD from the bank's own place on."""
    return m.TodayQuery(
        account=account_number(account), area=setting("AreaCode"), least=Decimal(0), most=_EVERYTHING,
        place=place, currency=codes.CNY, sub_account=None if setting("version") == "0.0.0.1" else "",
    )  # fmt: skip


def history(
    account: AccountRef, first: date, last: date, place: str, *, setting: Setting
) -> m.HistoryQuery:
    """QHISD from the bank's own place on."""
    return m.HistoryQuery(
        account=account_number(account), first=first, last=last, least=Decimal(0), most=_EVERYTHING,
        bank_kind=setting("BankType"), place=place, currency=codes.CNY,
    )  # fmt: skip


def account_number(account: AccountRef) -> str:
    """An account's number. Raises Unencodable."""
    return require_plain(account.number, name="account", also="-")
