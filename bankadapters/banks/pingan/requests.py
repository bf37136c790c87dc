"""Our values → Ping An Bank messages, with the limits enforced.  Source: PingAn sheet, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from bankadapters.banks.pingan import codes
from bankadapters.banks.pingan import messages as m
from bankadapters.banks.pingan.profile import CHARSET, FIELD_LIMITS, ITEMS_MAX
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
TODAY_ROWS, HISTORY_ROWS = 100, 1000


def message(
    code: str, body: Record, *, setting: Setting, serial: str, over_http: bool = False
) -> bytes:
    """Header and body; the header's length is the body's in bytes. Raises Unencodable, NotReady."""
    enterprise = setting("enterprise_code")
    if not (enterprise.isascii() and enterprise.isalnum() and len(enterprise) <= 20):
        raise NotReady("enterprise_code of at most 20 letters and digits")
    document = render_xml(body.render(), charset=CHARSET, declared="GBK").replace(b"\n", b"", 1)
    now = clock.now()
    header = m.Header(
        version="A001", target="01", encoding="01", protocol="02" if over_http else "01", enterprise=enterprise,
        length=f"{len(document):010d}", code=code, operator=setting("operator"), service="01", day=f"{now:%Y%m%d}",
        time=f"{now:%H%M%S}", serial=serial, result=codes.OK, words="", more="0", times="000", signed="0",
        sign_kind="1", algorithm="", sign_length="0000000000", attachments="0",
    )  # fmt: skip
    return header.fixed(charset=CHARSET) + document


# -- payments -----------------------------------------------------------------------------------------------------


def payment(item: Instruction, *, setting: Setting) -> Record:
    """4004, also for transfers between own accounts."""
    _check(item)
    return m.Payment(
        reference=item.reference,
        ours=None,
        currency=codes.RMB,
        payer_account=item.payer_account,
        payer_name=item.payer_name,
        cnaps=_node(item),
        payee_account=item.payee_account,
        payee_name=item.payee_name,
        payee_bank=item.payee_bank,
        amount=item.money.amount,
        purpose=item.purpose,
        is_home="1" if pays_into_pingan(item) else "0",
        speed="Y" if item.urgent else "N",
        place=setting("AddrFlag"),
    )


def batch(request: Batch, *, setting: Setting) -> Record:
    """4018: asynchronous, one payer, one speed."""
    items = request.instructions
    if not 1 <= len(items) <= ITEMS_MAX:
        raise Unencodable(f"a batch carries 1 to {ITEMS_MAX} payments", field="items")
    if len({(i.payer_account, i.payer_name, i.urgent) for i in items}) > 1:
        raise Unencodable("a batch has one payer account and one speed", field="payer_account")
    for item in items:
        _check(item)
    _voucher(request.batch_no, "batch_no")
    first = items[0]
    return m.BatchPayment(
        batch_no=request.batch_no,
        items=len(items),
        total=sum((i.money.amount for i in items), Decimal(0)),
        speed="Y" if first.urgent else "N",
        currency=codes.RMB,
        payer_account=first.payer_account,
        payer_name=first.payer_name,
        debit=setting("PayType"),
        rows=[
            m.BatchItem(
                reference=i.reference,
                cnaps=_node(i),
                payee_account=i.payee_account,
                payee_name=i.payee_name,
                payee_bank=i.payee_bank,
                amount=i.money.amount,
                purpose=i.purpose,
                is_home="1" if pays_into_pingan(i) else "0",
                place=setting("AddrFlag"),
            )
            for i in items
        ],
    )


def pays_into_pingan(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.cnaps.startswith("307") if item.cnaps else item.payee_bank.startswith("平安银行")


def _node(item: Instruction) -> str | None:
    return None if pays_into_pingan(item) else item.cnaps or None


def _voucher(value: str, name: str) -> str:
    require_plain(value, name=name)
    if not 10 <= len(value) <= 20:
        raise Unencodable(
            f"{name} has {len(value)} characters, the bank takes 10 to 20", field=name
        )
    return value


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payer_name", "payee_name", "payee_bank"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
    )
    _voucher(item.reference, "reference")


# -- questions ----------------------------------------------------------------------------------------------------


def status(one: Inquiry) -> Record:
    """4005, by our number before the bank's."""
    if one.reference:
        return m.StatusQuery(reference=_voucher(one.reference, "reference"))
    return m.StatusQuery(serial=require_filled(one.bank_serial, name="bank_serial"))


def batch_status(asked: Sequence[Inquiry], page: str, *, setting: Setting) -> Record:
    """4015: these payments of one batch; the page size stays the same from page to page."""
    return m.BatchQuery(
        batch_no=_voucher(asked[0].batch_no, "batch_no"),
        kind=setting("QueryType"),
        size=str(ITEMS_MAX),
        page=page or "1",
        rows=[m.AskedItem(reference=one.reference) for one in asked if one.reference],
    )


def balance(account: AccountRef) -> Record:
    """4001."""
    return m.BalanceQuery(account=_number(account), currency=codes.RMB)


def history(account: AccountRef, day: date) -> Record:
    """4012: one day a question."""
    return m.HistoryQuery(account=_number(account), day=day)


def entries(account: AccountRef, first: date, last: date, page: str) -> Record:
    """4013: ascending, a page size that never changes within one stretch of days."""
    today = first >= clock.today()
    return m.EntriesQuery(
        account=_number(account),
        currency=codes.RMB,
        first=first,
        last=last,
        page=str(row_of(page, digits=6)),
        size=str(TODAY_ROWS if today else HISTORY_ROWS),
    )


def receipts(account: AccountRef, day: date, *, setting: Setting) -> Record:
    """F001. Raises NotReady without the bank's code for receipts."""
    business = setting("receipt_BsnCode")
    if not business:
        raise NotReady("receipt_BsnCode")
    return m.ReceiptQuery(day=day, account=_number(account), business=business)


def _number(account: AccountRef) -> str:
    if len(account.number) > 20:
        raise Unencodable("account number is longer than 20 characters", field="account")
    return require_plain(account.number, name="account", also="-")
