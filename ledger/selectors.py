"""Every read of the books. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, When

from kernel.errors import NotFound, require
from kernel.scope import Scope
from ledger import asof
from ledger.models import JournalEntry, JournalOpening, Period, Voucher, VoucherTemplate
from ledger.rules import Rated, template_of
from ledger.states import PeriodState, VoucherState
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import StagedChange

VIEW = "ledger.view"
_NUMBERS_LOCK = 7312  # advisory lock space of "one giver of voucher numbers"

# Money in minus money out, whatever the colour of the entry.
SIGNED = Sum(Case(When(direction="debit", then=F("amount")), default=-F("amount")))


def visible_vouchers(scope: Scope) -> QuerySet[Voucher]:
    """Vouchers of the companies whose books the viewer may see, newest first."""
    return Voucher.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by("-day", "-pk")


def get_voucher(voucher_id: int, *, scope: Scope) -> Voucher:
    """A voucher with what its page shows; out of scope looks exactly like absent."""
    rows = visible_vouchers(scope).select_related(
        "company", "template", "maker", "poster", "reverses"
    )
    voucher = rows.filter(pk=voucher_id).first()
    if voucher is None:
        raise NotFound("voucher", "未找到该凭证")
    return voucher


def lock_voucher(voucher_id: int, *, scope: Scope) -> Voucher:
    """The voucher, locked until the caller's transaction ends; raises NotFound."""
    voucher = visible_vouchers(scope).select_for_update(of=("self",)).filter(pk=voucher_id).first()
    if voucher is None:
        raise NotFound("voucher", "未找到该凭证")
    return voucher


def vouchers_by_key(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Voucher]:
    """The vouchers of these (company id, posting key) pairs. System look-up."""
    rows = Voucher.objects.filter(
        company_id__in={company_id for company_id, _ in keys},
        posting_key__in={key for _, key in keys},
    )
    wanted = set(keys)
    return {pair: row for row in rows if (pair := (row.company_id, row.posting_key)) in wanted}


def vouchers_of(source_kind: str, source_ids: Iterable[int | str]) -> QuerySet[Voucher]:
    """The vouchers that book these subjects, red ones too, oldest first. System look-up: the caller scoped them."""
    ids = [str(one) for one in source_ids]
    return Voucher.objects.filter(source_kind=source_kind, source_id__in=ids).order_by("pk")


def vouchers_resting_on(
    kind: str, evidence_id: int, *, company_id: int, since: date
) -> list[Voucher]:
    """The company's vouchers, drafts too, that stand and name this as their evidence, oldest first. System look-up."""
    rows = Voucher.objects.filter(
        company_id=company_id, day__gte=since, evidence__contains=[[kind, str(evidence_id)]]
    )
    return list(rows.exclude(state__in=[VoucherState.VOID, VoucherState.REVERSED]).order_by("pk"))


def acknowledged_sources(source_kind: str, *, since: datetime) -> list[str]:
    """Ids of the subjects whose vouchers the ERP acknowledged since. System look-up."""
    rows = Voucher.objects.filter(
        acked_at__gte=since, source_kind=source_kind, reverses__isnull=True
    )
    return list(rows.values_list("source_id", flat=True))


def vouchers_by_id(ids: Collection[int], *, lock: bool = False) -> dict[int, Voucher]:
    """These vouchers by id, locked when asked. System look-up: the caller scoped what they book."""
    rows = Voucher.objects.filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in (rows.select_for_update() if lock else rows)}


ENDED = (VoucherState.ACKED, VoucherState.REVERSED)


def ended_among(
    ids: Collection[int], *, states: Collection[VoucherState] = ENDED
) -> dict[int, Voucher]:
    """Those of these vouchers the ERP took, or that were undone, by id. System look-up: the caller scoped what they book."""
    return {row.pk: row for row in Voucher.objects.filter(pk__in=ids, state__in=states)}


def posted_since(
    company_ids: Collection[int], *, since: datetime | None, after: int, limit: int
) -> list[Voucher]:
    """Posted vouchers of these companies with their lines, by id, for telling them to a finance system. System look-up."""
    rows = Voucher.objects.filter(
        company_id__in=company_ids, posted_at__isnull=False, pk__gt=after
    ).exclude(state__in=[VoucherState.DRAFT, VoucherState.VOID])
    if since is not None:
        rows = rows.filter(posted_at__gte=since)
    rows = rows.select_related("company", "reverses", "maker").prefetch_related("lines__account")
    return list(rows.order_by("pk")[:limit])


def red_of(voucher: Voucher) -> Voucher | None:
    """The red voucher of a voucher, drafted or posted; a void one is none. The caller was allowed to see `voucher`."""
    return voucher.reds.exclude(state=VoucherState.VOID).first()


def last_number(company_id: int, period: str, voucher_type: str) -> int:
    """The highest voucher number given; the giving of further ones waits until the caller's transaction ends.

    System look-up of posting.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))",
            [_NUMBERS_LOCK, f"{company_id}:{period}:{voucher_type}"],
        )
    newest = Voucher.objects.filter(
        company_id=company_id, period=period, voucher_type=voucher_type, voucher_no__isnull=False
    ).order_by("-voucher_no")
    return newest.values_list("voucher_no", flat=True).first() or 0


def visible_templates(scope: Scope) -> QuerySet[VoucherTemplate]:
    """Every version of the templates that hold for the viewer's companies, the group's own included."""
    held = Q(company_id__in=scope.companies_with(VIEW)) | Q(company__isnull=True)
    return (
        VoucherTemplate.objects.filter(held) if scope.has(VIEW) else VoucherTemplate.objects.none()
    )


def get_template(template_id: int, *, scope: Scope) -> VoucherTemplate:
    """One version of a template; raises NotFound."""
    rows = visible_templates(scope).select_related("company", "made_by", "decided_by")
    found = rows.filter(pk=template_id).first()
    if found is None:
        raise NotFound("voucher template", "未找到该凭证模板")
    return found


def rated_templates(events: Collection[str], company_ids: Collection[int]) -> list[Rated]:
    """Every version that may book these events for these companies. System look-up of posting."""
    rows = VoucherTemplate.objects.filter(
        Q(company_id__in=company_ids) | Q(company__isnull=True), event__in=events
    )
    return [
        Rated(
            row.pk,
            row.company_id,
            row.subject,
            row.number,
            row.valid_from,
            template_of(row.event, row.voucher_type, row.lines),
        )
        for row in rows
    ]


CHANGES = ("ledger.template", "ledger.opening")


def visible_changes(scope: Scope) -> QuerySet[StagedChange]:
    """Proposed and decided changes of the books the viewer may see, newest first."""
    if not scope.has(VIEW):
        return masterdata.visible_changes(scope).none()
    return masterdata.visible_changes(scope).filter(kind__in=CHANGES)


# --- months ---------------------------------------------------------------------------------------------------------


def visible_periods(scope: Scope) -> QuerySet[Period]:
    """Months of the companies whose books the viewer may see, newest first."""
    return (
        Period.objects.filter(company_id__in=scope.companies_with(VIEW))
        .select_related("company", "asked_by", "decided_by")
        .order_by("-code", "company__code")
    )


def get_period(period_id: int, *, scope: Scope, lock: bool = False) -> Period:
    """One month of one company; raises NotFound."""
    rows = visible_periods(scope)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    found = rows.filter(pk=period_id).first()
    if found is None:
        raise NotFound("period", "未找到该会计期间")
    return found


def locked_months(company_ids: Collection[int]) -> set[tuple[int, str]]:
    """(company id, month) of every locked month. System look-up of posting and imports."""
    rows = Period.objects.filter(company_id__in=company_ids, state=PeriodState.LOCKED)
    return set(rows.values_list("company_id", "code"))


# --- the bank journal -------------------------------------------------------------------------------------------------


def visible_journal(scope: Scope) -> QuerySet[JournalEntry]:
    """Journal entries of the companies whose books the viewer may see, newest first."""
    return JournalEntry.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by(
        "-day", "-pk"
    )


def standing_journal(account_id: int) -> QuerySet[JournalEntry]:
    """The account's journal entries without what an import withdrew, in no order. System look-up."""
    return JournalEntry.objects.filter(
        account_id=account_id, withdraws__isnull=True, withdrawn_by__isnull=True
    )


def count_standing(account_ids: Collection[int]) -> dict[int, int]:
    """How many entries each of these accounts' journals has, without the withdrawn. System look-up."""
    rows = JournalEntry.objects.filter(account_id__in=account_ids).values_list("account_id")
    both = Count("pk", filter=Q(withdraws__isnull=True)) - Count("withdraws")
    return dict(rows.annotate(many=both).order_by())


def journal_between(account_id: int, *, first: date, last: date) -> QuerySet[JournalEntry]:
    """An account's entries of these days, in the order of the book. System look-up: the caller scoped the account."""
    return JournalEntry.objects.filter(account_id=account_id, day__range=(first, last)).order_by(
        "day", "pk"
    )


def opening_in_force(account_id: int) -> JournalOpening | None:
    """The balance an account's journal is kept from, if anybody set one. System look-up."""
    return JournalOpening.objects.filter(account_id=account_id).order_by("-number").first()


def openings(account_ids: Collection[int]) -> dict[int, JournalOpening]:
    """The opening in force of each of these accounts that has one. System look-up."""
    rows = JournalOpening.objects.filter(account_id__in=account_ids).order_by(
        "account_id", "-number"
    )
    return {row.account_id: row for row in rows.distinct("account_id")}


def moved_since_opening(account_ids: Collection[int]) -> dict[int, Decimal]:
    """Money in less money out since the opening in force of each account that has one. System look-up."""
    newest = JournalOpening.objects.filter(account_id=OuterRef("account_id")).order_by("-number")
    rows = (
        JournalEntry.objects.filter(account_id__in=account_ids)
        .annotate(kept_from=Subquery(newest.values("day")[:1]))
        .filter(day__gte=F("kept_from"))
    )
    return dict(rows.values_list("account_id").annotate(moved=SIGNED))


def pending_opening(account_id: int) -> StagedChange | None:
    """The opening balance somebody proposed and nobody decided. System look-up: the caller scoped the account."""
    return masterdata.pending_change("ledger.opening", account_id)


def journal_balance(account_id: int, *, before: date) -> Decimal | None:
    """The book balance of an account at the beginning of the day `before`; None until an opening balance is set.

    A day before the opening's own has no balance either. System look-up: the caller scoped the account.
    """
    opening = opening_in_force(account_id)
    if opening is not None and before == opening.day:
        return Decimal(opening.balance)
    return asof.book_balance(opening, before - timedelta(days=1))


def matching_sql(account_id: int, currency: str, *, until: int | None = None) -> str:
    """SQL of an account's journal entries as the matching reads them, by columns and past the ORM. System look-up.

    The same columns as `statements.selectors.matching_sql`. What an import withdrew is not there, nor what withdrew it.
    """
    require(currency.isalpha(), "a currency code has letters only")
    then, undone_then = (
        f"AND {row}.id <= {until:d}" if until is not None else "" for row in ("e", "undoing")
    )
    return f"""
        SELECT e.id, e.day - DATE '1970-01-01' AS day, e.direction = 'credit' AS outgo,
            (e.amount * 100)::bigint AS cents, e.reference, '' AS batch, e.bill_no AS doc,
            e.counterparty_account AS acct, e.counterparty_name AS name, e.description AS txt,
            concat_ws('|', e.day, e.voucher_type, e.voucher_no, e.digest, e.occurrence) AS place
        FROM ledger_journalentry AS e
        WHERE e.account_id = {account_id:d} AND e.currency = '{currency}' {then}
          AND e.withdraws_id IS NULL AND NOT EXISTS (SELECT 1 FROM ledger_journalentry AS undoing
              WHERE undoing.withdraws_id = e.id AND undoing.withdraws_id IS NOT NULL {undone_then})
    """  # noqa: S608 - two checked words


def newest_journal(after: int) -> dict[int, tuple[int, int]]:
    """Of each account with journal entries beyond id `after`: (the newest one's id, how many). System look-up."""
    rows = JournalEntry.objects.filter(pk__gt=after).values_list("account_id")
    found = rows.annotate(newest=Max("pk"), many=Count("pk")).order_by()
    return {account: (newest, many) for account, newest, many in found}


def newest_journal_before(moment: datetime) -> int:
    """The highest id of a journal entry made before `moment`; 0 for none. System look-up."""
    found = JournalEntry.objects.filter(created_at__lt=moment).aggregate(newest=Max("pk"))
    return int(found["newest"] or 0)


def journal_entries_of(ids: Iterable[int]) -> list[JournalEntry]:
    """These entries that were not withdrawn, in their order. System look-up."""
    rows = JournalEntry.objects.filter(
        pk__in=list(ids), withdraws__isnull=True, withdrawn_by__isnull=True
    )
    return list(rows.order_by("pk"))


def withdrawn_ids(account_id: int) -> QuerySet[JournalEntry, int]:
    """Ids of the account's journal entries an import withdrew, for use within another query. System look-up."""
    rows = JournalEntry.objects.filter(account_id=account_id, withdrawn_by__isnull=False)
    return rows.values_list("pk", flat=True)


def has_journal(account_id: int) -> bool:
    """Whether the account's books have any entry. System look-up."""
    return JournalEntry.objects.filter(account_id=account_id).exists()


def journal_ids_after(account_id: int, day: date) -> QuerySet[JournalEntry, int]:
    """Ids of the account's journal entries of later days, for use within another query. System look-up."""
    return JournalEntry.objects.filter(account_id=account_id, day__gt=day).values_list(
        "pk", flat=True
    )


def journal_digests(account_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """How many standing imported entries each (account id, digest) has. System look-up of imports."""
    rows = JournalEntry.objects.filter(
        account_id__in=account_ids,
        file_id__isnull=False,
        withdraws__isnull=True,
        withdrawn_by__isnull=True,
    )
    counted = rows.values_list("account_id", "digest").annotate(Count("pk"))
    return {(account_id, digest): count for account_id, digest, count in counted}


def journal_occurrences(account_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """The highest occurrence of each (account id, digest), withdrawn ones too. System look-up of imports."""
    rows = JournalEntry.objects.filter(account_id__in=account_ids, file_id__isnull=False)
    highest = rows.values_list("account_id", "digest").annotate(Max("occurrence"))
    return {(account_id, digest): last for account_id, digest, last in highest}


def journal_vouchers(account_ids: Collection[int]) -> set[tuple[int, str, str, str]]:
    """(account id, month, voucher type, number) of every imported entry that stands. System look-up of imports."""
    rows = JournalEntry.objects.filter(
        account_id__in=account_ids,
        file_id__isnull=False,
        withdraws__isnull=True,
        withdrawn_by__isnull=True,
    )
    return set(rows.values_list("account_id", "period", "voucher_type", "voucher_no"))


def voucher_entries(
    account_ids: Collection[int],
) -> list[tuple[int, int, str, Decimal, str, str, str, str]]:
    """Entries of vouchers of ours: (id, account id, direction, amount, bill no., reference, month, the ERP's number).

    System look-up of imports: the ERP's own journal holds them too once it took the vouchers.
    """
    rows = JournalEntry.objects.filter(account_id__in=account_ids, voucher_line__isnull=False)
    columns = (
        "pk", "account_id", "direction", "amount", "bill_no", "reference", "period",
        "voucher_line__voucher__erp_voucher_no",
    )  # fmt: skip
    return list(rows.order_by("pk").values_list(*columns))


def standing_entries(file_id: int) -> QuerySet[JournalEntry]:
    """The entries of an imported file that were not withdrawn. System look-up: the caller demands the right."""
    return JournalEntry.objects.filter(
        file_id=file_id, withdraws__isnull=True, withdrawn_by__isnull=True
    ).order_by("pk")


def month_numbers(company_id: int, period: str) -> set[tuple[str, str]]:
    """(voucher type, number) of every entry of a company's month, whichever account it touches. System look-up."""
    rows = JournalEntry.objects.filter(company_id=company_id, period=period)
    return set(rows.values_list("voucher_type", "voucher_no"))
