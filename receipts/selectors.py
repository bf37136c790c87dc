"""Every read of receipts. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import payee_selectors
from receipts.models import (
    ArrivalNotice,
    BookingRun,
    OfficeCustomer,
    PayerKey,
    Receivable,
    SalesOffice,
    Supplement,
)
from receipts.rules import Credit, Invoice, Known
from receipts.states import UNCLAIMED, NoticeState

if TYPE_CHECKING:
    from statements.models import StatementEntry

VIEW = "receipts.view"


def visible_notices(scope: Scope) -> QuerySet[ArrivalNotice]:
    """Arrival notices of the companies whose receipts the viewer may see, newest first."""
    return ArrivalNotice.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by(
        "-entry_at", "-id"
    )


def get_notice(notice_no: str, *, scope: Scope) -> ArrivalNotice:
    """A notice with what its page shows; out of scope looks exactly like absent."""
    rows = visible_notices(scope).select_related(
        *("company", "account", "account__bank", "office", "customer", "claimed_by"),
        *("supplementer", "reviewer", "supplement", "supplement__made_by"),
    )
    found = rows.filter(notice_no=notice_no).first()
    if found is None:
        raise NotFound("arrival notice", "未找到该到款通知单")
    return found


def lock_notice(notice_id: int, *, scope: Scope) -> ArrivalNotice:
    """The notice, locked until the caller's transaction ends; raises NotFound."""
    found = visible_notices(scope).select_for_update(of=("self",)).filter(pk=notice_id).first()
    if found is None:
        raise NotFound("arrival notice", "未找到该到款通知单")
    return found


def lock_notices(notice_ids: Collection[int], *, scope: Scope) -> list[ArrivalNotice]:
    """Those of these notices the viewer may see, locked, by id."""
    rows = visible_notices(scope).select_for_update(of=("self",)).filter(pk__in=notice_ids)
    return list(rows.select_related("company", "account").order_by("pk"))


def siblings(notice: ArrivalNotice) -> list[ArrivalNotice]:
    """Other receipts in the same voucher. The caller was allowed to see the notice."""
    if notice.voucher_id is None:
        return []
    rows = ArrivalNotice.objects.filter(voucher_id=notice.voucher_id).exclude(pk=notice.pk)
    return list(rows.order_by("pk")[:100])


def supplements_of(notice: ArrivalNotice) -> list[Supplement]:
    """Everything people said about the notice, the newest first. The caller was allowed to see it."""
    rows = notice.supplements.select_related("made_by").prefetch_related("lines__customer")
    return list(rows.order_by("-number"))


def visible_bookings(scope: Scope) -> QuerySet[BookingRun]:
    """Acts of booking of the viewer's companies, newest first."""
    return BookingRun.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by(
        "-made_at", "-id"
    )


def get_booking(booking_id: int, *, scope: Scope) -> BookingRun:
    """One act of booking; raises NotFound."""
    rows = visible_bookings(scope).select_related("company", "made_by")
    found = rows.filter(pk=booking_id).first()
    if found is None:
        raise NotFound("booking", "未找到该入账记录")
    return found


def unclaimed(scope: Scope) -> QuerySet[ArrivalNotice]:
    """Money nobody has said anything of yet, the oldest first."""
    rows = visible_notices(scope).filter(state__in=UNCLAIMED)
    return rows.select_related("company", "office").order_by("bank_date", "id")


def changed_since(
    company_ids: Collection[int], *, since: datetime | None, after: int, limit: int
) -> list[ArrivalNotice]:
    """Notices of these companies changed since, by id, for telling them to a finance system. System look-up."""
    rows = ArrivalNotice.objects.filter(company_id__in=company_ids, pk__gt=after)
    if since is not None:
        rows = rows.filter(updated_at__gte=since)
    rows = rows.select_related("company", "account", "office", "customer", "supplement")
    return list(rows.prefetch_related("supplement__lines__customer").order_by("pk")[:limit])


def next_numbers(count: int) -> list[int]:
    """`count` fresh values of the sequence of notice numbers. System look-up of arriving."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('arrival_notice_seq') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


# --- what is known of payers ---------------------------------------------------------------------------------------------


def credit_of(one: ArrivalNotice | StatementEntry) -> Credit:
    """A notice, or the entry it will be made of, as the rules take it."""
    return Credit(
        amount=one.amount,
        payer_name=one.counterparty_name,
        payer_account=one.counterparty_account,
        text=f"{one.narrative} {one.purpose}",
    )


def known_of(credits: Sequence[Credit], *, company_ids: Collection[int]) -> Known:
    """Everything known that may speak of these credits of these companies. System look-up."""
    tokens = {token for one in credits for token in one.tokens}
    accounts = {one.account_key for one in credits if one.account_key}
    names = {one.payer_name for one in credits if one.payer_name}
    keys = {one.name_key for one in credits if one.name_key}
    marks: dict[str, dict[str, set[int]]] = {"reference": {}, "account": {}}
    proxies: dict[str, dict[int, bool]] = {}
    standing = PayerKey.objects.filter(revoked_at=None)
    for row in standing.filter(value__in=[*tokens, *accounts, *keys]):
        if row.kind == PayerKey.Kind.NAME:
            proxies.setdefault(row.value, {})[row.customer_id] = row.has_proof
        else:
            marks[row.kind].setdefault(row.value, set()).add(row.customer_id)
    for number, customers in payee_selectors.customers_by_account(accounts).items():
        marks["account"].setdefault(number, set()).update(customers)
    named = Receivable.objects.filter(
        invoice_no__in=tokens, company_id__in=company_ids, open_amount__gt=0
    )
    return Known(
        references={key: frozenset(ids) for key, ids in marks["reference"].items()},
        accounts={key: frozenset(ids) for key, ids in marks["account"].items()},
        names=payee_selectors.customers_by_name(names),
        proxies=proxies,
        invoices=[_invoice(row) for row in named],
    )


def visible_payers(scope: Scope) -> QuerySet[PayerKey]:
    """Marks of payers, newest use first: customers are the whole group's, and so is what is known of them."""
    rows = PayerKey.objects.all() if scope.has(VIEW) else PayerKey.objects.none()
    return rows.order_by("-last_used_at", "-id")


def get_payer(key_id: int, *, scope: Scope, lock: bool = False) -> PayerKey:
    """One mark. Raises NotFound."""
    rows = visible_payers(scope)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=key_id).first()
    if found is None:
        raise NotFound("payer mark", "未找到该付款方标识")
    return found


def _invoice(row: Receivable) -> Invoice:
    return Invoice(
        customer_id=row.customer_id,
        invoice_no=row.invoice_no,
        contract_no=row.contract_no,
        issued_on=row.issued_on,
        open_amount=row.open_amount,
    )


def open_invoices(customer_id: int, company_id: int, *, limit: int = 200) -> list[Invoice]:
    """What the customer owes the company, oldest first. System look-up of proposals."""
    rows = Receivable.objects.filter(
        customer_id=customer_id, company_id=company_id, open_amount__gt=0
    )
    return [_invoice(row) for row in rows.order_by("issued_on", "pk")[:limit]]


def lock_receivables(company_id: int, invoice_nos: Iterable[str]) -> dict[str, Receivable]:
    """These invoices of the company, locked, by number. System look-up of booking."""
    rows = Receivable.objects.filter(company_id=company_id, invoice_no__in=set(invoice_nos))
    return {row.invoice_no: row for row in rows.select_for_update().order_by("pk")}


def visible_receivables(scope: Scope) -> QuerySet[Receivable]:
    """Invoices of the companies whose receipts the viewer may see, newest first."""
    return Receivable.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by(
        "-issued_on", "-id"
    )


# --- offices -----------------------------------------------------------------------------------------------------------


def offices_by_account(account_ids: Collection[int]) -> dict[int, SalesOffice]:
    """The active office each of these accounts collects for. System look-up."""
    rows = SalesOffice.objects.filter(account_id__in=account_ids, is_active=True)
    return {row.account_id or 0: row for row in rows}


def offices_by_customer(customer_ids: Collection[int]) -> dict[int, SalesOffice]:
    """The one active office that looks after each of these customers. System look-up."""
    rows = OfficeCustomer.objects.filter(customer_id__in=customer_ids, office__is_active=True)
    found: dict[int, set[SalesOffice]] = {}
    for row in rows.select_related("office"):
        found.setdefault(row.customer_id, set()).add(row.office)
    return {pk: next(iter(offices)) for pk, offices in found.items() if len(offices) == 1}


def people_of_offices(office_ids: Collection[int]) -> dict[int, list[int]]:
    """Ids of the people of each of these offices. System look-up of notifications."""
    rows: QuerySet[Any, Any] = SalesOffice.people.through.objects.filter(
        salesoffice_id__in=office_ids, user__is_active=True
    )
    found: dict[int, list[int]] = {}
    for office_id, user_id in rows.values_list("salesoffice_id", "user_id").order_by("user_id"):
        found.setdefault(office_id, []).append(user_id)
    return found


def notices_in(states: Collection[NoticeState], *, limit: int) -> QuerySet[ArrivalNotice]:
    """Notices in these states, oldest first. System look-up of ticks."""
    return ArrivalNotice.objects.filter(state__in=states).order_by("pk")[:limit]
