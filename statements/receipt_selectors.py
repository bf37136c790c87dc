"""Reads of electronic receipts and of what days want. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.bank_selectors import abilities_by_bank
from statements.models import BankReceipt, ReceiptDay, StatementEntry
from statements.receipt_rules import Counted, Paper, Posted, balanced
from statements.selectors import in_force

VIEW = "statements.view"
_LOCK_CLASS = 7312  # advisory lock space of "one writer of an account's receipts"


def visible_receipts(scope: Scope) -> QuerySet[BankReceipt]:
    """Receipts of the companies whose accounts the viewer may see, newest day first."""
    rows = BankReceipt.objects.filter(company_id__in=scope.companies_with(VIEW))
    return rows.order_by("-day", "-id")


def get_receipt(receipt_id: int, *, scope: Scope) -> BankReceipt:
    """One receipt with its file's row and its entry; raises NotFound."""
    rows = visible_receipts(scope).filter(pk=receipt_id)
    row = rows.select_related("account__company", "account__bank", "file", "entry").first()
    if row is None:
        raise NotFound("bank receipt", "未找到该电子回单")
    return row


def receipts_among(ids: Collection[int], *, scope: Scope, right: str) -> list[BankReceipt]:
    """Those of these receipts the viewer holds `right` for, oldest day first."""
    rows = visible_receipts(scope).filter(pk__in=ids, company_id__in=scope.companies_with(right))
    return list(rows.select_related("account", "file").order_by("day", "id"))


def receipts_of_entries(entry_ids: Iterable[int]) -> dict[int, list[BankReceipt]]:
    """The receipts of these entries, by entry; those of a whole day stand with each of its entries.

    System look-up: the caller may see the entries.
    """
    wanted = {one.pk: one for one in StatementEntry.objects.filter(pk__in=list(entry_ids))}
    own = BankReceipt.objects.filter(entry_id__in=wanted).select_related("file").order_by("pk")
    found: dict[int, list[BankReceipt]] = {pk: [] for pk in wanted}
    for receipt in own:
        found[receipt.entry_id or 0].append(receipt)
    bare = [one for pk, one in wanted.items() if not found[pk]]
    if bare:
        packs = BankReceipt.objects.filter(
            covers_day=True,
            account_id__in={one.account_id for one in bare},
            day__in={one.bank_date for one in bare},
        ).select_related("file")
        by_day = {(one.account_id, one.day): one for one in packs}
        for entry in bare:
            pack = by_day.get((entry.account_id, entry.bank_date))
            if pack is not None:
                found[entry.pk].append(pack)
    return found


def alike(entry: StatementEntry) -> list[BankReceipt]:
    """Receipts without an entry, of the entry's day and amount: one of them may be its own. System look-up."""
    rows = BankReceipt.objects.filter(
        account_id=entry.account_id, day=entry.bank_date, entry=None, amount=entry.amount
    )
    return list(rows.filter(direction__in=("", entry.direction)).order_by("pk")[:20])


def proven(entries: QuerySet[StatementEntry], *, is_proven: bool) -> QuerySet[StatementEntry]:
    """The entries that a receipt of their own, or one of their whole day, proves; or the others."""
    own = BankReceipt.objects.filter(entry_id=OuterRef("pk"))
    pack = BankReceipt.objects.filter(
        account_id=OuterRef("account_id"), day=OuterRef("bank_date"), covers_day=True
    )
    if is_proven:
        return entries.filter(Q(Exists(own)) | Q(Exists(pack)))
    return entries.filter(~Exists(own), ~Exists(pack))


def visible_receipt_days(scope: Scope) -> QuerySet[ReceiptDay]:
    """Counted days of the companies whose accounts the viewer may see, newest first."""
    rows = ReceiptDay.objects.filter(company_id__in=scope.companies_with(VIEW))
    return rows.order_by("-day", "-id")


def days_of(account_ids: Collection[int], *, first: date, last: date) -> list[ReceiptDay]:
    """The counted days of these accounts, by day. System look-up: the caller scoped the accounts."""
    rows = ReceiptDay.objects.filter(account_id__in=account_ids, day__range=(first, last))
    return list(rows.order_by("day"))


def wanting_days(account_id: int, *, first: date, last: date) -> set[date]:
    """Days of the account whose receipts are not all here: counted so, or with entries told or amended since. System look-up."""
    rows = ReceiptDay.objects.filter(account_id=account_id, day__range=(first, last))
    counted = {row.day: row for row in rows}
    told = StatementEntry.objects.filter(account_id=account_id, bank_date__range=(first, last))
    newest = dict(told.order_by().values_list("bank_date").annotate(Max("fetched_at")))
    wanted = {day for day, row in counted.items() if row.status != ReceiptDay.Status.COMPLETE}
    return wanted | {
        day
        for day, fetched_at in newest.items()
        if day not in counted or fetched_at > counted[day].checked_at
    }


def files_wanted(account_id: int, *, now: datetime, limit: int) -> list[BankReceipt]:
    """Receipts whose file is to be fetched now, the oldest first. System look-up."""
    rows = BankReceipt.objects.filter(
        account_id=account_id, file_state=BankReceipt.FileState.WAITING, next_file_at__lte=now
    )
    return list(rows.order_by("next_file_at", "pk")[:limit])


def company_of(account_id: int) -> int:
    """The company of an account. System look-up."""
    return int(BankReceipt(account_id=account_id).account.company_id)


# --- steps' look-ups: inside the caller's transaction -----------------------------------------------------------------


def lock_account(account_id: int) -> None:
    """Wait until nobody else links or counts the account's receipts. System look-up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, account_id])


def lock_listed(account_id: int, numbers: Collection[str]) -> dict[tuple[str, date], BankReceipt]:
    """Receipts of these numbers, locked, by number and day. System look-up."""
    rows = BankReceipt.objects.select_for_update(of=("self",)).filter(
        account_id=account_id, receipt_no__in=numbers
    )
    return {(row.receipt_no, row.day): row for row in rows}


def lock_receipt(receipt_id: int) -> BankReceipt:
    """One receipt, locked. System look-up; raises NotFound."""
    row = BankReceipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
    if row is None:
        raise NotFound("bank receipt", "未找到该电子回单")
    return row


def on_amended(account_id: int, first: date, last: date) -> list[BankReceipt]:
    """Receipts of these days whose entry the bank has amended since. System look-up."""
    newer = StatementEntry.objects.filter(
        account_id=OuterRef("entry__account_id"),
        bank_date=OuterRef("entry__bank_date"),
        bank_serial=OuterRef("entry__bank_serial"),
        direction=OuterRef("entry__direction"),
        occurrence=OuterRef("entry__occurrence"),
        revision__gt=OuterRef("entry__revision"),
    )
    rows = BankReceipt.objects.filter(account_id=account_id, day__range=(first, last))
    return list(rows.exclude(entry=None).filter(Exists(newer)))


def open_papers(account_id: int, first: date, last: date) -> list[Paper]:
    """Receipts of these days without an entry, those of a whole day aside. System look-up."""
    rows = BankReceipt.objects.filter(
        account_id=account_id, day__range=(first, last), entry=None, covers_day=False
    )
    return [
        Paper(
            id=row.pk,
            day=row.day,
            amount=row.amount,
            currency=row.currency,
            direction=row.direction,
            bank_serial=row.bank_serial,
            counterparty_account=row.counterparty_account,
        )
        for row in rows.order_by("pk")
    ]


def unproven(account_id: int, first: date, last: date) -> list[Posted]:
    """Entries in force of these days that no receipt of their own proves. System look-up."""
    rows = in_force(
        StatementEntry.objects.filter(account_id=account_id, bank_date__range=(first, last))
    )
    own = BankReceipt.objects.filter(entry_id=OuterRef("pk"))
    names = ("pk", "bank_date", "amount", "currency", "direction", "bank_serial", "counterparty_account")  # fmt: skip
    return [
        Posted(
            id=pk, day=day, amount=amount, currency=currency, direction=direction,
            bank_serial=serial, counterparty_account=party,
        )
        for pk, day, amount, currency, direction, serial, party in rows.filter(~Exists(own))
        .order_by("pk")
        .values_list(*names)
    ]  # fmt: skip


def count_days(
    account_id: int, days: Collection[date], *, today: date, lists_entries: bool
) -> dict[date, tuple[Counted, int]]:
    """(what there is, how many receipts) of each of these days, in as many statements for one as for all. System look-up."""
    first, last = min(days), max(days)
    rows = in_force(StatementEntry.objects.filter(account_id=account_id, bank_date__in=days))
    entries = dict(rows.order_by().values_list("bank_date").annotate(Count("pk")))
    open_entries, papers = defaultdict(list), defaultdict(list)
    for entry in unproven(account_id, first, last):
        open_entries[entry.day].append(entry)
    for paper in open_papers(account_id, first, last):
        papers[paper.day].append(paper)
    receipts = BankReceipt.objects.filter(account_id=account_id, day__in=days).order_by()
    counted = receipts.values("day").annotate(
        many=Count("pk"),
        packs=Count("pk", filter=Q(covers_day=True)),
        waiting=Count("pk", filter=Q(file_state=BankReceipt.FileState.WAITING)),
    )
    listed = {one["day"]: (one["many"], one["packs"], one["waiting"]) for one in counted}
    found = {}
    for day in sorted(days):
        many, packs, waiting = listed.get(day, (0, 0, 0))
        matched, here = balanced(papers[day], open_entries[day]), entries.get(day, 0)
        told = Counted(
            entries=here,
            proven=here - len(open_entries[day]) + matched,
            stray=max(0, len(papers[day]) - matched),
            without_file=waiting,
            is_covered=packs > 0,
            is_past=day < today,
            lists_entries=lists_entries,
        )
        found[day] = told, many
    return found


def open_status(scope: Scope, *, since: date, limit: int) -> int:
    """How many days since then want receipts, of accounts the viewer may see; counted up to `limit`."""
    rows = visible_receipt_days(scope).filter(
        day__gte=since, status__in=(ReceiptDay.Status.MISSING, ReceiptDay.Status.NO_FILE)
    )
    return rows[:limit].count()


def listing_accounts() -> dict[int, bool]:
    """Linked accounts whose bank lists receipts, each with whether it also lists entries. System look-up."""
    can = abilities_by_bank()
    slugs = masterdata.direct_link_accounts().values_list("pk", "connection__bank_slug")
    return {
        pk: "transactions" in can[slug]
        for pk, slug in slugs
        if "receipt_list" in can.get(slug, frozenset())
    }
