"""What the duplicate rules look at, read in few statements however long the list. System look-ups: rules cross companies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from approvals import selectors as approvals
from kernel import clock
from kernel.clock import SHANGHAI, Calendar
from kernel.scope import Scope
from masterdata import payee_selectors as payees
from masterdata.checks import normalise_name
from payments.checks import Facts, Paper
from payments.checks.duplicates import (
    ORDER,
    RETURNED,
    Debit,
    FileTwin,
    OtherAccount,
    Pair,
    Threshold,
)
from payments.checks.papers import COLUMNS
from payments.inforce import InForce
from payments.models import (
    GAVE_UP_ITS_LINE,
    DebitTie,
    ImportSet,
    OrderReference,
    PaymentInstruction,
    PaymentOrder,
    RuleHit,
)
from payments.states import InstructionState, OrderState
from payments.topics import DuplicateRules
from statements import selectors as statements

AHEAD_DAYS = (
    60  # how long before its day an order may have been made and still be compared by its day
)


def papers(order_ids: Collection[int]) -> list[Paper]:
    """These orders as the rules read them."""
    rows = PaymentOrder.objects.filter(pk__in=order_ids).order_by("pk")
    return [Paper(*row) for row in rows.values_list(*COLUMNS)]


def _standing() -> Any:
    """Orders that may make another one a duplicate: submitted or paid outside, not ended, not themselves on hold."""
    unsent = [OrderState.DRAFT, OrderState.REJECTED, OrderState.HELD]
    failed = Q(shown_state=InstructionState.FAILED, is_paid_outside=False)
    return PaymentOrder.objects.exclude(GAVE_UP_ITS_LINE | Q(state__in=unsent) | failed)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def thresholds(today: date) -> list[Threshold]:
    """The amounts people may want to stay under: bands of the approval matrix and caps of the clearing systems."""
    found = {
        Threshold(rule.low, rule.currency, "审批线", rule.company_id)
        for rule in approvals.rules_on(kind="payment", day=today)
        if rule.low > 0
    }
    rules = InForce(today).rules("", today)
    caps = {(rules.beps_cap, "小额支付上限"), (rules.ibps_cap, "网银互联上限")}
    found |= {Threshold(cap, "CNY", name) for cap, name in caps}
    return sorted(found, key=lambda one: (one.amount, one.name, one.company_id or 0))


def _twins(
    orders: Sequence[Paper],
    rules: DuplicateRules,
    limits: Iterable[Threshold],
    *,
    today: date,
    calendar: Calendar,
) -> list[Paper]:
    """Orders one of the rules may compare with these: one read by payee, one by the document numbers named."""
    first = min(min(order.day, order.wish_date) for order in orders) if orders else today
    first = min(first, today)
    span = max(
        (first - calendar.minus_working_days(first, rules.d3_working_days)).days,
        (first - calendar.minus_working_days(first, rules.d4_working_days)).days,
        rules.returned_days,
    )
    money = Q(amount__in={order.amount for order in orders})
    for limit in limits:
        low = limit.amount * (100 - rules.d6_near_percent) / 100
        if any(low <= order.amount < limit.amount for order in orders):
            money |= Q(amount__gte=low, amount__lt=limit.amount)
    numbers = {order.payee_number for order in orders}
    alike = set().union(*payees.numbers_of_names({one.name_key for one in orders}).values())
    by_payee = _standing().filter(
        money,
        payee_number__in=numbers | alike,
        created_at__gte=_moment(first - timedelta(days=span + AHEAD_DAYS)),
    )
    found = {row[0]: row for row in by_payee.values_list(*COLUMNS)}
    found.update(_by_numbers(orders, since=_moment(first - timedelta(days=rules.d5_days))))
    return [Paper(*row) for row in found.values()]


def _by_numbers(orders: Sequence[Paper], *, since: datetime) -> dict[int, Any]:
    keys = {key for order in orders for key in order.numbers}
    own = {order.order_id for order in orders}
    named = OrderReference.objects.filter(key__in=keys).exclude(order_id__in=own)
    documents = {order.erp_doc_no for order in orders} | {
        key for order in orders for key in order.references
    }
    rows = _standing().filter(created_at__gte=since)
    found: dict[int, Any] = {}
    ids = set(named.values_list("order_id", flat=True)) if keys else set()
    if ids:
        found.update({row[0]: row for row in rows.filter(pk__in=ids).values_list(*COLUMNS)})
    if documents:
        sources = rows.filter(erp_doc_no__in=documents).exclude(pk__in=own)
        found.update({row[0]: row for row in sources.values_list(*COLUMNS)})
    return found


def _debits(orders: Sequence[Paper], since: date) -> list[Debit]:
    return unclaimed_debits(
        company_ids={order.company_id for order in orders},
        amounts={order.amount for order in orders},
        since=since,
    )


def unclaimed_debits(
    *, company_ids: Collection[int], amounts: Collection[Decimal], since: date
) -> list[Debit]:
    """Statement debits of these companies and amounts that neither are tied nor carry a reference of ours. System look-up."""
    entries = statements.debits_of(company_ids=company_ids, amounts=amounts, since=since)
    if not entries:
        return []
    tied = set(
        DebitTie.objects.filter(entry_id__in=[entry.pk for entry in entries]).values_list(
            "entry_id", flat=True
        )
    )
    named = {entry.reference for entry in entries if entry.reference}
    serials = {entry.bank_serial for entry in entries if entry.bank_serial}
    ours = PaymentInstruction.objects.filter(
        Q(bank_ref__in=named) | Q(bank_serial__in=serials),
        payer_account_id__in={entry.account_id for entry in entries},
        order__amount__in={entry.amount for entry in entries},
    )
    known = {ref for pair in ours.values_list("bank_ref", "bank_serial") for ref in pair if ref}
    return [
        Debit(
            entry_id=entry.pk,
            company_id=entry.company_id,
            payer_account_id=entry.account_id,
            amount=entry.amount,
            currency=entry.currency,
            counterparty_number=entry.counterparty_account.replace(" ", ""),
            counterparty_name=entry.counterparty_name,
            bank_date=entry.bank_date,
            bank_serial=entry.bank_serial,
            digest=entry.digest,
        )
        for entry in entries
        if entry.pk not in tied and entry.reference not in known and entry.bank_serial not in known
    ]


def _files(orders: Sequence[Paper], rules: DuplicateRules, today: date) -> dict[int, FileTwin]:
    own = {order.import_set_id for order in orders if order.import_set_id is not None}
    if not own:
        return {}
    return file_twins(ImportSet.objects.filter(pk__in=own), since=today - timedelta(rules.d7_days))


def file_twins(sets: Iterable[ImportSet], *, since: date) -> dict[int, FileTwin]:
    """For each of these lists the newest earlier imported one with the same payees and amounts, or rows and totals."""
    mine = list(sets)
    past = ImportSet.objects.filter(
        state=ImportSet.State.CONFIRMED, confirmed_at__gte=_moment(since)
    ).defer("content", "rows", "new_payees")
    earlier = list(past.order_by("pk")) if mine else []
    found = {}
    for one in mine:
        for other in earlier:
            is_same = bool(one.rows_digest) and other.rows_digest == one.rows_digest
            same_sums = other.good_count == one.good_count and other.totals.get(
                "good"
            ) == one.totals.get("good")
            if other.pk < one.pk and (is_same or (same_sums and one.good_count > 1)):
                day = (other.confirmed_at or other.created_at).astimezone(SHANGHAI).date()
                found[one.pk] = FileTwin(other.pk, other.file_name, day, other.sha256)
    return found


def earlier_list(made: ImportSet) -> FileTwin | None:
    """The imported list a preview repeats, within the built-in window, so that it is told before the confirmation."""
    since = clock.today() - timedelta(days=DuplicateRules().d7_days)
    return file_twins([made], since=since).get(made.pk)


def _other_accounts(
    orders: Sequence[Paper], rules: DuplicateRules, today: date
) -> dict[int, OtherAccount]:
    ids = {order.payee_account_id for order in orders if order.payee_account_id is not None}
    since = _moment(today - timedelta(days=rules.d8_days))
    return {
        pk: OtherAccount(elder.account_id, elder.number, elder.young_since, str(elder.version))
        for pk, elder in payees.elders(ids, since=since).items()
    }


def lifted_hits(order_ids: Collection[int]) -> frozenset[Pair]:
    """What somebody answered for on either side of these orders, with what both sides said then."""
    rows = RuleHit.objects.filter(
        Q(order_id__in=order_ids) | Q(twin_kind=ORDER, twin_id__in=order_ids),
        outcome=RuleHit.Outcome.LIFTED,
    )
    columns = ("rule", "order_id", "order_digest", "twin_kind", "twin_id", "twin_digest")
    return frozenset(rows.values_list(*columns))


def _money_back(twins: Iterable[Paper]) -> frozenset[int]:
    ids = [twin.order_id for twin in twins if twin.shown_state == RETURNED]
    if not ids:
        return frozenset()
    ties = DebitTie.objects.filter(role=DebitTie.Role.RETURN, instruction__order_id__in=ids)
    return frozenset(ties.values_list("instruction__order_id", flat=True))


def facts_for(
    orders: Sequence[Paper],
    rules: DuplicateRules,
    *,
    today: date,
    calendar: Calendar,
    is_sending: bool = False,
) -> Facts:
    """Everything the rules need to judge these orders by `rules` or narrower; at sending only what they ask then."""
    limits = [] if is_sending else thresholds(today)
    twins = _twins(orders, rules, limits, today=today, calendar=calendar)
    since = calendar.minus_working_days(today, rules.d9_working_days)
    return Facts(
        today=today,
        calendar=calendar,
        twins=twins,
        debits=_debits(orders, since),
        files={} if is_sending else _files(orders, rules, today),
        other_accounts={} if is_sending else _other_accounts(orders, rules, today),
        thresholds=limits,
        lifted=lifted_hits([order.order_id for order in orders if order.order_id]),
        money_back=_money_back(twins),
    )


def numbers_of_payee(order: PaymentOrder) -> set[str]:
    """Every account number registered under the payee's name, and the order's own."""
    alike = payees.numbers_of_names({normalise_name(order.payee_name)})
    return {order.payee_number}.union(*alike.values())


def kept_hits(order: PaymentOrder) -> QuerySet[RuleHit]:
    """The hits kept for what the order says now, oldest first. The caller was allowed to see the order."""
    return RuleHit.objects.filter(order=order, order_digest=order.content_hash).order_by("pk")


def visible_hits(scope: Scope) -> QuerySet[RuleHit]:
    """Hits on orders of the companies the viewer serves, newest first."""
    companies = scope.companies_with("payments.view")
    return RuleHit.objects.filter(company_id__in=companies).order_by("-found_at", "-pk")


def hit_counts(scope: Scope, *, days: int) -> dict[str, int]:
    """How often each rule was hit within so many days on orders the viewer may see."""
    since = clock.now() - timedelta(days=days)
    rows = visible_hits(scope).filter(found_at__gte=since).order_by().values("rule")
    return {row["rule"]: row["count"] for row in rows.annotate(count=Count("pk"))}
