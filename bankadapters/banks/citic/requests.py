"""Our values → CITIC messages, with the limits enforced.  Source: CITIC sheet, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from lxml import etree

from bankadapters.banks.citic import messages as m
from bankadapters.banks.citic.profile import CHARSET, FIELD_LIMITS
from bankadapters.contract import AccountRef, Batch, Instruction, ReceiptFound
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_filled, require_payable, require_plain, require_within
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
PAGE_ROWS, RECEIPT_ROWS = 20, 20
_EVERYTHING = Decimal("9999999999999.99")
_ROWS = 9973  # a prime below the 10,000 that four digits hold


def document(head: Record, rows: Sequence[Record] = ()) -> bytes:
    """The stream: fields, then rows where there are any."""
    root = head.render()
    if rows:
        listed = etree.SubElement(root, "list", name="userDataList")
        listed.extend([row.render() for row in rows])
    return render_xml(root, charset=CHARSET, declared="GBK")


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_citic(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("302", "中信银行")


def outward(item: Instruction, *, setting: Setting) -> bytes:
    """DLOUTTRN: any payee; the clearing code alone names the bank where there is one."""
    _check(item)
    if not item.cnaps:
        require_filled(item.payee_bank, name="payee_bank")
    at_home = pays_into_citic(item)
    return document(
        m.Outward(
            action="DLOUTTRN", user=setting("userName"), reference=item.reference, kind=_kind(item, setting),
            payer_account=item.payer_account, payee_account=item.payee_account, payee_name=item.payee_name,
            payee_bank="" if item.cnaps else item.payee_bank, cnaps=item.cnaps, is_other_bank="0" if at_home else "1",
            is_other_city=setting("cityFlag"), amount=item.money.amount, purpose=item.purpose, remark=item.remark,
            check=item.reference,
        )
    )  # fmt: skip


def _kind(item: Instruction, setting: Setting) -> str:
    if pays_into_citic(item):
        return "01"
    return setting("urgent_payType" if item.urgent else "payType")


def inward(item: Instruction, *, setting: Setting) -> tuple[str, bytes]:
    """DLINETRN, or a sweep of the cash pool up or down. Raises NotReady, Unencodable."""
    _check(item)
    if setting("sweep") == "DLINETRN":
        _short(item.payee_account, "payee_account", 19)
        plain = m.Inward(
            action="DLINETRN", user=setting("userName"), reference=item.reference, payer_account=item.payer_account,
            payee_account=item.payee_account, amount=item.money.amount, purpose=item.purpose, remark=item.remark,
        )  # fmt: skip
        return "DLINETRN", document(plain)
    pool = setting("pool_account")
    if not pool:
        raise NotReady("pool_account")
    if pool not in (item.payer_account, item.payee_account):
        raise Unencodable("neither account is the cash pool's", field="payee_account")
    is_up = item.payee_account == pool
    action = "CMMANSWP" if is_up else "CMDWNSWP"
    member = item.payer_account if is_up else item.payee_account
    _short(member, "payee_account", 19)
    swept = m.Sweep(
        action=action, user=setting("userName"), reference=item.reference, up_to=pool if is_up else None,
        down_from=None if is_up else pool, account=member, amount=item.money.amount, purpose=item.purpose,
    )  # fmt: skip
    return action, document(swept)


def row_id(reference: str) -> str:
    """Four digits made of our own number, so that a batch's rows are known again without a memory of their order."""
    return f"{int(require_plain(reference, name='reference'), 36) % _ROWS:04d}"


def batch(sent: Batch, *, setting: Setting) -> bytes:
    """DLPAYBAT: rows to other banks and our own, each with its clearing code; the memo carries our number."""
    rows = []
    for item in sent.instructions:
        _check(item)
        kind = setting("urgent_payType" if item.urgent else "payType")
        if kind not in ("02", "03"):
            raise Unencodable("a batch takes payType 02 and 03", field="urgent")
        rows.append(
            m.BatchRow(
                number=row_id(item.reference), payer_account=item.payer_account, payee_account=item.payee_account,
                payee_name=item.payee_name, cnaps=require_filled(item.cnaps, name="cnaps"), kind=kind,
                amount=item.money.amount, purpose=item.purpose, remark=item.reference,
            )
        )  # fmt: skip
    head = m.BatchHead(
        action="DLPAYBAT", user=setting("userName"), reference=_batch_no(sent), items=len(rows), amount=_total(sent),
        purpose=sent.instructions[0].purpose,
    )  # fmt: skip
    return document(head, rows)


def payroll(sent: Batch, *, setting: Setting) -> bytes:
    """DLSALIMP: one payer, people at this bank."""
    items = sent.instructions
    if len({item.payer_account for item in items}) != 1:
        raise Unencodable("a payroll has one payer account", field="payer_account")
    rows = []
    for number, item in enumerate(items, 1):
        _check(item)
        _short(item.payee_name, "payee_name", 42)
        _short(item.payee_account, "payee_account", 19)
        rows.append(
            m.PayrollRow(
                number=f"{number:05d}", name=item.payee_name, account=item.payee_account,
                amount=item.money.amount,
            )
        )  # fmt: skip
    head = m.PayrollHead(
        action="DLSALIMP", user=setting("userName"), reference=_batch_no(sent), items=len(rows), amount=_total(sent),
        payer_account=items[0].payer_account, purpose=items[0].purpose, kind=setting("msgAbstract"),
        month=month_of(items[0].day),
    )  # fmt: skip
    return document(head, rows)


def month_of(day: date) -> str:
    """YYYYMM, by which payrolls are asked for."""
    return f"{day:%Y%m}"


def _batch_no(sent: Batch) -> str:
    return _short(require_plain(sent.batch_no, name="batch_no"), "batch_no", 20)


def _total(sent: Batch) -> Decimal:
    return sum((item.money.amount for item in sent.instructions), Decimal(0))


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payee_name", "purpose"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
    )


def _short(value: str, name: str, most: int) -> str:
    require_within(
        value, name=name, limits={name: (most, f"bytes:{CHARSET}")}, forbidden={}, charset=CHARSET
    )
    return value


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(accounts: Sequence[AccountRef], *, setting: Setting) -> bytes:
    """DLBALQRY of up to ten accounts."""
    head = m.Request(action="DLBALQRY", user=setting("userName"))
    return document(head, [m.BalanceAsked(account=number(account)) for account in accounts])


def history(account: AccountRef, first: date, last: date, *, setting: Setting) -> bytes:
    """DLHBLQRY."""
    user = setting("userName")
    return document(
        m.HistoryAsked(
            action="DLHBLQRY", user=user, account=number(account), first=first, last=last
        )
    )


def entries(account: AccountRef, first: date, last: date, place: str, *, setting: Setting) -> bytes:
    """DLTRNALL from a row on; its number has four digits. Raises Unencodable beyond."""
    return document(
        m.EntriesAsked(
            action="DLTRNALL", user=setting("userName"), account=number(account), low=Decimal(0), high=_EVERYTHING,
            first=first, last=last, rows=PAGE_ROWS, begin=row_of(place, digits=4),
        )
    )  # fmt: skip


def receipts(account: AccountRef, first: date, last: date, place: str, *, setting: Setting) -> bytes:  # fmt: skip
    """DLEDDRSQ: of today, or of days before."""
    return document(
        m.ReceiptsAsked(
            action="DLEDDRSQ", user=setting("userName"), when="1" if first >= clock.today() else "2",
            account=number(account), kind=setting("billType"), first=first, last=last, rows=RECEIPT_ROWS,
            begin=row_of(place, digits=4),
        )
    )  # fmt: skip


def receipt(wanted: ReceiptFound, *, setting: Setting) -> bytes:
    """DLEDCDTD of one receipt."""
    is_today = wanted.booked_at is not None and wanted.booked_at >= clock.today()
    head = m.ReceiptAsked(
        action="DLEDCDTD", user=setting("userName"), when="1" if is_today else "2", account=wanted.account
    )  # fmt: skip
    return document(head, [m.ReceiptNamed(number=wanted.receipt_no, kind=wanted.file)])


def number(account: AccountRef) -> str:
    """An account's number. Raises Unencodable."""
    return _short(require_plain(account.number, name="account", also="-"), "account", 19)
