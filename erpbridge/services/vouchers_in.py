"""The finance system says what became of our vouchers: booked under its number, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from desk import services as desk
from erpbridge.contract import VOUCHER_ACK_FIELDS, ItemReply, fault
from kernel.scope import Scope
from ledger import selectors as ledger
from ledger.services import vouchers
from masterdata.selectors import visible_companies

if TYPE_CHECKING:
    from ledger.models import Voucher
    from masterdata.models import ApiClient

_RESULTS = ("OK", "ERR")


def take_each(client: ApiClient, scope: Scope, items: Sequence[Any]) -> list[ItemReply]:
    """OK for a voucher newly acknowledged, DUP for one that was, ERR for keys nobody knows and results nobody can read.

    A refusal of theirs is kept as a case for the accountant; the voucher stays unconfirmed. One that was acknowledged under
    another number is not acknowledged again: it may be booked twice over there, which is a case of its own.
    """
    companies = {one.code: one.pk for one in visible_companies(scope)}
    read = {row: _read(row, item, companies) for row, item in enumerate(items, 1)}
    keys = {told[0] for told in read.values() if not isinstance(told, ItemReply)}
    known = ledger.vouchers_by_key(keys)
    replies = []
    for row, told in read.items():
        if isinstance(told, ItemReply):
            replies.append(told)
            continue
        key, result, number, reason = told
        voucher = known.get(key)
        if voucher is None or voucher.posted_at is None:
            error = fault("posting_key", row, "not_found", "未找到该凭证", "unknown voucher")
            replies.append(ItemReply(row, "ERR", errors=(error,)))
        elif result == "ERR":
            _refused(voucher, reason)
            replies.append(ItemReply(row, "OK", voucher.number, voucher.state))
        else:
            replies.append(_booked(row, voucher, number))
    return replies


def _read(
    row: int, item: object, companies: Mapping[str, int]
) -> ItemReply | tuple[tuple[int, str], str, str, str]:
    text = {
        name: str(item.get(name) or "").strip() if isinstance(item, Mapping) else ""
        for name in VOUCHER_ACK_FIELDS
    }
    if text["result"] not in _RESULTS:
        error = fault("result", row, "result", "result 应为 OK 或 ERR", "result is OK or ERR")
        return ItemReply(row, "ERR", errors=(error,))
    if text["company_code"] not in companies:
        error = fault("company_code", row, "company_unknown", "公司代码不存在", "unknown company")
        return ItemReply(row, "ERR", errors=(error,))
    key = (companies[text["company_code"]], text["posting_key"])
    return key, text["result"], text["erp_voucher_no"], text["reason"]


def _booked(row: int, voucher: Voucher, number: str) -> ItemReply:
    is_first = vouchers.acknowledge({voucher.pk: number}) == 1
    voucher.refresh_from_db(fields=["state", "erp_voucher_no"])
    if voucher.erp_voucher_no and number and voucher.erp_voucher_no != number[:40]:
        return _renumbered(row, voucher, number[:40])
    desk.close_case(
        kind="erp.voucher_refused",
        subject_kind="ledger.voucher",
        subject_id=voucher.pk,
        outcome="财务系统已入账",
    )
    return ItemReply(row, "OK" if is_first else "DUP", voucher.number, voucher.state)


def _renumbered(row: int, voucher: Voucher, number: str) -> ItemReply:
    before = voucher.erp_voucher_no
    case = desk.NewCase(
        kind="erp.voucher_renumbered",
        subject_kind="ledger.voucher",
        subject_id=voucher.pk,
        company_id=voucher.company_id,
        title=f"财务系统以另一个号确认凭证 {voucher.number}",
        severity="high",
        reason=f"曾确认入账为 {before}，现又报 {number}：可能入账两次",
        next_step="在财务系统查两个凭证号，重复的冲销一张",
        owner_role="accountant",
        is_closable=True,
    )
    desk.open_cases([case])
    error = fault(
        "erp_voucher_no",
        row,
        "number_differs",
        f"该凭证已确认为 {before}，与本次的 {number} 不同",
        f"it was acknowledged as {before}",
    )
    return ItemReply(row, "ERR", errors=(error,))


def _refused(voucher: Voucher, reason: str) -> None:
    desk.open_case(
        kind="erp.voucher_refused",
        subject_kind="ledger.voucher",
        subject_id=voucher.pk,
        company_id=voucher.company_id,
        title=f"财务系统未接收凭证 {voucher.number}",
        severity="high",
        reason=reason,
        next_step="按原因在财务系统或凭证模板中更正后，由财务系统重新接收",
        owner_role="accountant",
    )
