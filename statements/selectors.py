"""Every read of what banks told us. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum

from kernel.errors import NotFound, require
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements.balances import CompanyNode, Figure
from statements.models import Balance, DayClose, LatestBalance, StatementEntry
from statements.rules import totals


def in_force(entries: QuerySet[StatementEntry]) -> QuerySet[StatementEntry]:
    """Without the entries the bank has since amended."""
    newer = StatementEntry.objects.filter(
        Q(revision__gt=1),  # for the planner: the few amended ones have an index of their own
        account_id=OuterRef("account_id"),
        bank_date=OuterRef("bank_date"),
        bank_serial=OuterRef("bank_serial"),
        direction=OuterRef("direction"),
        occurrence=OuterRef("occurrence"),
        revision__gt=OuterRef("revision"),
    )
    return entries.filter(~Exists(newer))


def visible_entries(scope: Scope) -> QuerySet[StatementEntry]:
    """Entries in force of the companies whose accounts the viewer may see, newest first."""
    return in_force(
        StatementEntry.objects.filter(company_id__in=scope.companies_with("statements.view"))
    ).order_by("-booked_at", "-id")


def get_entry(entry_id: int, *, scope: Scope) -> StatementEntry:
    """One entry, in force or amended; raises NotFound."""
    entry = (
        StatementEntry.objects.filter(
            pk=entry_id, company_id__in=scope.companies_with("statements.view")
        )
        .select_related("account", "account__company", "account__bank")
        .first()
    )
    if entry is None:
        raise NotFound("statement entry", "未找到该笔交易明细")
    return entry


def revisions_of(entry: StatementEntry) -> QuerySet[StatementEntry]:
    """Every version of the entry the bank has told, oldest first. The caller was allowed to see `entry`."""
    return StatementEntry.objects.filter(
        account_id=entry.account_id,
        bank_date=entry.bank_date,
        bank_serial=entry.bank_serial,
        direction=entry.direction,
        occurrence=entry.occurrence,
    ).order_by("revision")


def entries_of(ids: Iterable[int]) -> list[StatementEntry]:
    """These entries, in their order of arrival. System look-up."""
    return list(StatementEntry.objects.filter(pk__in=list(ids)).order_by("pk"))


def entries_in_force(ids: Iterable[int]) -> list[StatementEntry]:
    """Those of these entries the bank has not amended since, in their order of arrival. System look-up."""
    return list(in_force(StatementEntry.objects.filter(pk__in=list(ids))).order_by("pk"))


def standing_entries(account_id: int) -> QuerySet[StatementEntry]:
    """The account's entries in force, in no order; ready for a million of them. System look-up."""
    rows = StatementEntry.objects.filter(account_id=account_id)
    return rows.exclude(pk__in=superseded_ids(account_id))


def count_standing(account_ids: Collection[int]) -> dict[int, int]:
    """How many entries in force each of these accounts has. System look-up."""
    rows = StatementEntry.objects.filter(account_id__in=account_ids)
    counted = rows.values_list("account_id").annotate(
        many=Count("pk", filter=Q(revision=1))  # each entry has a first version
    )
    return dict(counted.order_by())


def days_told(*, since: date) -> list[tuple[int, date]]:
    """(account id, bank date) of every day from `since` on that has an entry. System look-up."""
    rows = StatementEntry.objects.filter(bank_date__gte=since).values_list(
        "account_id", "bank_date"
    )
    return list(rows.distinct().order_by("bank_date", "account_id"))


def day_amounts(account_id: int, day: date) -> dict[int, Decimal]:
    """The amount of each entry in force of one day, by id. System look-up."""
    rows = StatementEntry.objects.filter(account_id=account_id, bank_date=day)
    return dict(in_force(rows).values_list("pk", "amount"))


def fetched_since(
    company_ids: Iterable[int], *, since: datetime | None, after: int, limit: int
) -> list[StatementEntry]:
    """Entries of these companies, amended ones too, by id, for telling them to a finance system. System look-up."""
    rows = StatementEntry.objects.filter(company_id__in=list(company_ids), pk__gt=after)
    if since is not None:
        rows = rows.filter(fetched_at__gte=since)
    return list(rows.select_related("account", "account__company").order_by("pk")[:limit])


def entries_by_id(ids: Iterable[int]) -> dict[int, StatementEntry]:
    """These entries, in force or amended since, by id. System look-up."""
    return StatementEntry.objects.in_bulk(list(ids))


def entry_ids_since(account_id: int, last_id: int, *, limit: int) -> list[int]:
    """Ids of the account's entries that arrived after `last_id`, oldest first. System look-up."""
    return list(
        StatementEntry.objects.filter(account_id=account_id, pk__gt=last_id)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )


def last_entry_before(account_id: int, moment: datetime, *, after: int) -> int:
    """The newest of the account's entries beyond id `after` fetched before `moment`; 0 for none. System look-up."""
    found = StatementEntry.objects.filter(
        account_id=account_id, pk__gt=after, fetched_at__lt=moment
    )
    return int(found.aggregate(newest=Max("pk"))["newest"] or 0)


def day_entries(account_id: int, day: date) -> QuerySet[StatementEntry]:
    """The entries in force of one day, in the bank's order. System look-up."""
    return in_force(StatementEntry.objects.filter(account_id=account_id, bank_date=day)).order_by(
        "booked_at", "id"
    )


def day_totals(account_id: int, day: date) -> tuple[Decimal, Decimal, int]:
    """(credits, debits, number of entries) of one day. System look-up."""
    sides = day_entries(account_id, day).order_by().values_list("direction")
    rows = list(sides.annotate(Sum("amount"), Count("pk")))
    credits, debits = totals({direction: amount for direction, amount, _ in rows})
    return credits, debits, sum(count for *_, count in rows)


def debits_matching(
    *,
    account_id: int,
    amount: Decimal,
    first: date,
    last: date,
    counterparty_account: str = "",
) -> QuerySet[StatementEntry]:
    """Debits in force of exactly this amount, bank dates first to last, oldest first. System look-up."""
    found = StatementEntry.objects.filter(
        account_id=account_id, direction="debit", amount=amount, bank_date__range=(first, last)
    )
    if counterparty_account:
        found = found.filter(counterparty_account=counterparty_account)
    return in_force(found).order_by("booked_at", "id")


def debits_of(
    *, company_ids: Collection[int], amounts: Collection[Decimal], since: date
) -> list[StatementEntry]:
    """Debits in force of these companies and exactly these amounts, bank date from `since` on. System look-up."""
    found = StatementEntry.objects.filter(
        direction="debit", amount__in=amounts, company_id__in=company_ids, bank_date__gte=since
    )
    return list(in_force(found).order_by("pk"))


def latest_balances(scope: Scope) -> QuerySet[LatestBalance]:
    """The newest figure of each account the viewer may see."""
    return LatestBalance.objects.filter(
        company_id__in=scope.companies_with("statements.view")
    ).select_related("account", "account__company", "account__bank")


def latest_balance(account_id: int) -> LatestBalance | None:
    """The newest figure of one account; None means unknown, not zero. System look-up."""
    return LatestBalance.objects.filter(pk=account_id).first()


def day_balance(account_id: int, day: date) -> Decimal | None:
    """The bank's own end-of-day figure, as last told. System look-up."""
    told = Balance.objects.filter(account_id=account_id, as_of=day, is_day_closing=True)
    newest = told.order_by("-id").first()
    return None if newest is None else Decimal(newest.book)


def closing_before(account_id: int, day: date) -> Decimal | None:
    """The closing figure of the day before, if that day was checked or the bank told its balance. System look-up."""
    before = day - timedelta(days=1)
    row = DayClose.objects.filter(account_id=account_id, day=before, is_closed=True).first()
    if row is not None and row.closing is not None:
        return Decimal(row.closing)
    return day_balance(account_id, before)


def is_told(*, account_id: int, first: date, last: date, since: datetime) -> bool:
    """Whether every day of the account was fetched: the last after `since`, those before it closed. System look-up."""
    rows = {
        row.day: row
        for row in DayClose.objects.filter(account_id=account_id, day__range=(first, last))
    }
    newest = rows.get(last)
    if newest is None or newest.checked_at < since:
        return False
    past = [first + timedelta(days=n) for n in range((last - first).days)]
    return all(day in rows and rows[day].is_closed for day in past)


def visible_day_closes(scope: Scope) -> QuerySet[DayClose]:
    """Checked days, newest first."""
    return (
        DayClose.objects.filter(company_id__in=scope.companies_with("statements.view"))
        .select_related("account", "account__company")
        .order_by("-day", "account__number", "-id")
    )


def book_by_day(
    scope: Scope, *, first: date, last: date, currency: str = "CNY"
) -> list[tuple[date, int, Decimal]]:
    """(day, account id, last book balance told of that day), by day; days without a figure are absent."""
    rows = (
        Balance.objects.filter(
            company_id__in=scope.companies_with("statements.view"),
            as_of__range=(first, last),
            currency=currency,
        )
        .order_by("as_of", "account_id", "-is_day_closing", "-id")
        .distinct("as_of", "account_id")
        .values_list("as_of", F("account_id"), "book")
    )
    return [(day, account, book) for day, account, book in rows]


def group_figures(scope: Scope) -> tuple[list[CompanyNode], list[Figure]]:
    """The viewer's companies and what is known of each of their accounts; accounts without a figure are there too."""
    allowed = scope.companies_with("statements.view")
    companies = [row for row in masterdata.visible_companies(scope) if row.pk in allowed]
    nodes = [
        CompanyNode(row.pk, row.code, row.short_name, row.path, row.path.strip("/").count("/"))
        for row in companies
    ]
    newest = {row.account_id: row for row in latest_balances(scope)}
    figures = []
    for account in masterdata.visible_accounts(scope).filter(is_active=True):
        told = newest.get(account.pk)
        known = (
            {}
            if told is None
            else {
                "book": told.book,
                "available": told.available,
                "frozen": told.frozen,
                "as_of": told.as_of,
                "fetched_at": told.fetched_at,
                "failed_at": told.failed_at,
                "failure": told.failure,
            }
        )
        figures.append(
            Figure(
                account_id=account.pk,
                number=account.number,
                account_name=account.name,
                company_id=account.company_id,
                bank=account.bank.name,
                currency=account.currency,
                is_linked=account.is_direct_link,
                **known,
            )
        )
    return nodes, figures


def matching_sql(account_id: int, currency: str, *, until: int | None = None) -> str:
    """SQL of an account's entries in force as the matching reads them, by columns and past the ORM. System look-up.

    `until`: as they were when no entry beyond this id was there. Columns: id, day (of value, where told; days since 1970), outgo, cents, reference,
    batch, doc, acct, name, txt, place (an order of their own that does not depend on ids).
    """
    require(currency.isalpha(), "a currency code has letters only")
    then, newer_then = (
        f"AND {row}.id <= {until:d}" if until is not None else "" for row in ("e", "newer")
    )
    return f"""
        SELECT e.id, coalesce(e.value_date, e.bank_date) - DATE '1970-01-01' AS day, e.direction = 'debit' AS outgo,
            (e.amount * 100)::bigint AS cents, e.reference, '' AS batch, e.bank_serial AS doc,
            e.counterparty_account AS acct, e.counterparty_name AS name, concat_ws(' ', e.narrative, e.purpose) AS txt,
            concat_ws('|', e.bank_date, e.bank_serial, e.occurrence) AS place
        FROM statements_statemententry AS e
        WHERE e.account_id = {account_id:d} AND e.currency = '{currency}' {then} AND NOT EXISTS (
            SELECT 1 FROM statements_statemententry AS newer
            WHERE newer.account_id = {account_id:d} AND newer.revision > 1 AND newer.revision > e.revision {newer_then}
              AND newer.bank_date = e.bank_date AND newer.bank_serial = e.bank_serial
              AND newer.direction = e.direction AND newer.occurrence = e.occurrence)
    """  # noqa: S608 - two checked words


def newest_entries(after: int) -> dict[int, tuple[int, int]]:
    """Of each account with entries beyond id `after`: (the newest one's id, how many). System look-up."""
    rows = StatementEntry.objects.filter(pk__gt=after).values_list("account_id")
    found = rows.annotate(newest=Max("pk"), many=Count("pk")).order_by()
    return {account: (newest, many) for account, newest, many in found}


def credits_after(
    entry_id: int, *, limit: int, account_id: int | None = None
) -> list[StatementEntry]:
    """Credits in force beyond this id (of one account), by id, with their accounts. System look-up of receipts."""
    rows = StatementEntry.objects.filter(pk__gt=entry_id, direction="credit")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    return list(in_force(rows).select_related("account", "account__company").order_by("pk")[:limit])


def newest_entry_before(moment: datetime) -> int:
    """The highest id of an entry fetched before `moment`; 0 for none. System look-up."""
    found = StatementEntry.objects.filter(fetched_at__lt=moment).aggregate(newest=Max("pk"))
    return int(found["newest"] or 0)


def superseded_ids(account_id: int) -> list[int]:
    """Ids of the account's entries the bank has amended since. System look-up."""
    newer = StatementEntry.objects.filter(account_id=account_id, revision__gt=1)
    keys = newer.values_list("bank_date", "bank_serial", "direction", "occurrence", "revision")
    found: list[int] = []
    for bank_date, serial, direction, occurrence, revision in keys:
        found += StatementEntry.objects.filter(
            account_id=account_id,
            bank_date=bank_date,
            bank_serial=serial,
            direction=direction,
            occurrence=occurrence,
            revision__lt=revision,
        ).values_list("pk", flat=True)
    return found


def ids_valued_before(account_id: int, day: date) -> list[int]:
    """Ids of the account's entries of later days whose value date is no later than `day`. System look-up."""
    rows = StatementEntry.objects.filter(
        account_id=account_id, bank_date__gt=day, value_date__lte=day
    )
    return list(rows.values_list("pk", flat=True))


def ids_after(account_id: int, day: date) -> QuerySet[StatementEntry, int]:
    """Ids of the account's entries of later days, for use within another query. System look-up."""
    return StatementEntry.objects.filter(account_id=account_id, bank_date__gt=day).values_list(
        "pk", flat=True
    )


def is_day_proven(account_id: int, day: date) -> bool:
    """Whether the day is closed and adds up, amended entries or not. System look-up."""
    good = (DayClose.Status.COMPLETE, DayClose.Status.AMENDED)
    return DayClose.objects.filter(
        account_id=account_id, day=day, is_closed=True, status__in=good
    ).exists()
