"""Arrival notices, vouchers and statement entries as messages to the finance systems that want them (`settings.kinds` of an ErpSystem)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import Kind
from erpbridge.models import ErpSystem, Outbox
from erpbridge.services.publish import CHUNK, OVERLAP, told_version
from kernel import clock
from ledger import selectors as ledger
from masterdata import partners
from masterdata.selectors import scope_of_client, visible_companies
from receipts import selectors as receipts
from statements import selectors as statements

if TYPE_CHECKING:
    from ledger.models import Voucher
    from masterdata.partners import ToldPartner
    from receipts.models import ArrivalNotice
    from statements.models import StatementEntry

Told = tuple[int, int, str, list[dict[str, Any]]]  # subject id, version, company code, items


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _voucher(voucher: Voucher) -> Told:
    head = {
        "posting_key": voucher.posting_key,
        "company_code": voucher.company.code,
        "day": voucher.day.isoformat(),
        "period": voucher.period,
        "voucher_type": voucher.voucher_type,
        "voucher_no": _text(voucher.voucher_no),
        "attachments": str(voucher.attachment_count),
        "maker": _text(voucher.maker),
        "reverses": voucher.reverses.posting_key if voucher.reverses else "",
        "currency": voucher.currency,
    }
    items = [
        {
            **head,
            "line_no": str(line.line_no),
            "description": line.description,
            "subject": line.subject,
            "debit": f"{line.debit:.2f}",
            "credit": f"{line.credit:.2f}",
            "settlement_method": line.settlement_method,
            "bill_no": line.bill_no,
            "bill_date": _text(line.bill_date),
            "department": line.department,
            "person": line.person,
            "customer": line.customer,
            "supplier": line.supplier,
            "project": line.project,
            "cash_flow_item": line.cash_flow_item,
            "counterparty_name": line.counterparty_name,
            "counterparty_account": line.counterparty_account,
        }
        for line in voucher.lines.all()
    ]
    return voucher.pk, 1, voucher.company.code, items


def _entry(entry: StatementEntry) -> Told:
    item = {
        "account": entry.account.number,
        "company_code": entry.account.company.code,
        "bank_date": entry.bank_date.isoformat(),
        "booked_at": entry.booked_at.isoformat(),
        "bank_serial": entry.bank_serial,
        "direction": entry.direction,
        "amount": f"{entry.amount:.2f}",
        "currency": entry.currency,
        "balance_after": "" if entry.balance_after is None else f"{entry.balance_after:.2f}",
        "counterparty_name": entry.counterparty_name,
        "counterparty_account": entry.counterparty_account,
        "narrative": entry.narrative,
        "purpose": entry.purpose,
        "reference": entry.reference,
    }
    return entry.pk, entry.revision, entry.account.company.code, [item]


def _notice(notice: ArrivalNotice) -> Told:
    head = {
        "notice_no": notice.notice_no,
        "company_code": notice.company.code,
        "account": notice.account.number,
        "office_code": notice.office.code if notice.office else "",
        "bank_date": notice.bank_date.isoformat(),
        "booked_at": notice.entry_at.isoformat(),
        "bank_serial": notice.bank_serial,
        "credit_amount": f"{notice.amount:.2f}",
        "currency": notice.currency,
        "payer_name": notice.counterparty_name,
        "payer_account": notice.counterparty_account,
        "narrative": notice.narrative,
        "purpose": notice.purpose,
        "state": notice.state,
        "nature": notice.nature,
        "voucher_no": notice.voucher_label,
    }
    lines = list(notice.supplement.lines.all()) if notice.supplement else []
    items = [
        {
            **head,
            "part_no": str(line.line_no),
            "amount": f"{line.amount:.2f}",
            "customer_code": line.customer.code if line.customer else "",
            "customer_name": line.customer.name if line.customer else "",
            "contract_no": line.contract_no,
            "invoice_no": line.invoice_no,
            "subject": line.subject,
            "cash_flow_item": line.cash_flow_item,
        }
        for line in lines
    ]
    whole = {**head, "part_no": "1", "amount": head["credit_amount"]}
    return notice.pk, notice.version, notice.company.code, items or [whole]


def _partner(partner: ToldPartner) -> Told:
    return partner.pk, partner.version, "", [dict(row) for row in partner.rows]


# kind → prefix of its message ids, the selector of what is new, and how one becomes a message
_SOURCES: dict[Kind, tuple[str, Callable[..., Sequence[Any]], Callable[[Any], Told]]] = {
    Kind.VOUCHER: ("V", ledger.posted_since, _voucher),
    Kind.ARRIVAL_NOTICE: ("A", receipts.changed_since, _notice),
    Kind.STATEMENT: ("S", statements.fetched_since, _entry),
    Kind.MASTER_DATA: ("M", partners.changed_since, _partner),
}


def _home(system: ErpSystem) -> str:
    """The company what concerns the whole group is told under: the client's first."""
    codes = system.client.companies.order_by("pk").values_list("code", flat=True)
    return codes.first() or ""


def _since(system: ErpSystem, kind: Kind) -> datetime | None:
    codes = visible_companies(scope_of_client(system.client)).values_list("code", flat=True)
    rows = Outbox.objects.filter(
        kind=kind, system=system.client.source_system, company_code__in=list(codes)
    )  # a namesake of another company's goes on from where it is, not this one
    newest = rows.order_by("-made_at").values_list("made_at", flat=True).first()
    return None if newest is None else newest - OVERLAP


def _tell_chunk(
    system: ErpSystem, kind: Kind, *, since: datetime | None, after: int, made_at: datetime
) -> tuple[int, int]:
    prefix, source, shape = _SOURCES[kind]
    companies = scope_of_client(system.client).company_ids
    found = source(companies, since=since, after=after, limit=CHUNK)
    rows, raised = [], told_version(0)
    for one in found:
        subject_id, version, company_code, items = shape(one)
        version += raised
        rows.append(
            Outbox(
                message_id=f"{prefix}{system.pk}-{subject_id}-{version}",
                system=system.client.source_system,
                company_code=company_code or _home(system),
                kind=kind,
                subject_id=subject_id,
                state_version=version,
                payload={"items": items},
                made_at=made_at,
            )
        )
    before = Outbox.objects.filter(message_id__in=[row.message_id for row in rows]).count()
    Outbox.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - before, found[-1].pk if len(found) == CHUNK else 0


@transaction.atomic(durable=True)
def _tell_kind(system: ErpSystem, kind: Kind) -> int:
    """All that is new, or nothing: the newest row written is what the next look goes on from."""
    since, after, written, began = _since(system, kind), 0, 0, clock.now()
    while True:
        count, after = _tell_chunk(system, kind, since=since, after=after, made_at=began)
        written += count
        if not after:
            return written


def _may_hear(system: ErpSystem, kind: Kind) -> bool:
    """Partners are the whole group's: they are told to systems that may see master data, nobody else."""
    return kind != Kind.MASTER_DATA or scope_of_client(system.client).has("masterdata.view")


def tell() -> int:
    """Write an Outbox row for each notice, voucher and entry a system wants and was not told of; returns rows written."""
    systems = ErpSystem.objects.filter(is_active=True, client__is_active=True)
    return sum(
        _tell_kind(system, kind)
        for system in systems.select_related("client")
        for kind in _SOURCES
        if kind in system.settings.get("kinds", ()) and _may_hear(system, kind)
    )
