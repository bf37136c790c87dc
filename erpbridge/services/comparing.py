"""The daily comparison of both sides (S90): what a finance system says it holds, what we hold, what the bank shows.

A list of theirs is compared once it is whole. Where none comes, what they never confirmed is told instead, and that the list
is missing. A comparison that finds nothing closes the case; one that finds something opens it, or keeps it open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef

from audit import services as audit
from desk import services as desk
from erpbridge import differing
from erpbridge.differing import Bank, Found
from erpbridge.models import Comparison, Difference, ErpSystem, Held, HeldList, Outbox
from erpbridge.selectors import get_comparison
from erpbridge.sides import (
    KINDS,
    LISTS_SINCE,
    Lane,
    Outcome,
    comparisons_of,
    lane_of,
    told_of,
    with_list,
    without_list,
)
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata.selectors import scope_of, scope_of_client, visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient, Company, User

CASE, SUBJECT = "erp.books_differ", "erpbridge.comparison"
RIGHT = "ledger.book"
KEPT_MAX = 5_000  # differences written down of one comparison; their number is always the whole
LIST_WITHIN = timedelta(hours=26)  # a daily list comes at about the same hour
HOUR = time(8)  # of the day, for what no list came for
KEPT_DAYS = 35  # rows of lists; what was sent stands in the Inbox


# --- written down -----------------------------------------------------------------------------------------------------


def _what(code: str) -> str:
    return "voucher" if code.startswith("voucher") else "payment"


def _differences(made: Comparison, lane: Lane, found: Sequence[Found]) -> list[Difference]:
    told = {
        what: told_of(lane, what, [one.ours.pk for one in found if one.ours and _what(one.code) == what])
        for what in KINDS
    }  # fmt: skip
    before = comparisons_of(lane).exclude(pk=made.pk).order_by("-pk").first()
    since: dict[tuple[str, str], datetime] = {}
    if before is not None:
        rows = before.found.values_list("code", "document", "since")
        since = {(code, document): moment for code, document, moment in rows}
    return [_difference(made, one, told[_what(one.code)], since) for one in found]


def _difference(
    made: Comparison,
    one: Found,
    told: Mapping[int, Outbox],
    since: Mapping[tuple[str, str], datetime],
) -> Difference:
    row = Difference(comparison=made, company_id=made.company_id, code=one.code, document=one.key)
    row.since = since.get((one.code, one.key), made.made_at)
    if one.ours is not None:
        row.subject_id, row.number, row.state = one.ours.pk, one.ours.number, one.ours.state
        row.amount, row.currency, row.bank = one.ours.amount, one.ours.currency, one.ours.bank
        message = told.get(one.ours.pk)
        if message is not None:
            row.told_at, row.confirmed_at = message.delivered_at, message.acked_at
    if one.theirs is not None:
        row.their_amount, row.currency = one.theirs.amount, row.currency or one.theirs.currency
        row.their_state, row.their_number = one.theirs.state, one.theirs.number
    if one.code == "not_here_debited":
        row.bank = Bank.UNCLAIMED
    return row


def _write(
    lane: Lane, outcome: Outcome, *, held_list: HeldList | None, day: date, actor: User | None
) -> Comparison:
    """Step: the comparison with its differences, and its case opened, kept or closed."""
    before = comparisons_of(lane).order_by("-pk").first()
    made = Comparison.objects.create(
        client_id=lane.client.pk,
        company_id=lane.company.pk,
        held_list=held_list,
        day=day,
        made_by=actor,
        payments=outcome.payments,
        vouchers=outcome.vouchers,
        under_way=outcome.under_way,
        differences=len(outcome.found),
    )
    rows = _differences(made, lane, outcome.found[:KEPT_MAX])
    Difference.objects.bulk_create(rows, batch_size=1_000)
    first = before.differing_since if before is not None else None
    if rows:
        made.differing_since = first or made.pk
        made.save(update_fields=["differing_since"])
        _open(made, lane)
    elif first is not None:
        desk.close_case(
            kind=CASE, subject_kind=SUBJECT, subject_id=first, outcome=f"{day} 比对两边一致"
        )
    return made


def _open(made: Comparison, lane: Lane) -> None:
    counts: dict[str, int] = {}
    for code in made.found.values_list("code", flat=True):
        counts[code] = counts.get(code, 0) + 1
    grave = any(differing.WORDS[code].is_grave for code in counts)
    said = "、".join(f"{differing.WORDS[code].title} {n}" for code, n in sorted(counts.items()))
    desk.open_case(
        kind=CASE,
        subject_kind=SUBJECT,
        subject_id=made.differing_since or made.pk,
        company_id=lane.company.pk,
        title=f"与财务系统「{lane.client.display_name}」的账有 {made.differences} 处不一致",
        severity="high" if grave else "normal",
        reason=f"{made.day} {said}",
        next_step="在「财务系统对账」逐条查看原因与处理办法；再次比对一致后自动关闭",
        owner_role="accountant",
    )


# --- commands ---------------------------------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def compare_list(*, held_list_id: int, company_id: int, actor: User | None = None) -> Comparison:
    """Compare one company's part of a whole list."""
    held_list = HeldList.objects.select_related("client").get(pk=held_list_id)
    company = _company(held_list.client, company_id)
    lane = lane_of(held_list.client, company)
    outcome = with_list(lane, held_list)
    day = held_list.as_of.astimezone(clock.SHANGHAI).date()
    return _write(lane, outcome, held_list=held_list, day=day, actor=actor)


@transaction.atomic(durable=True)
def compare_confirmations(
    *, client: ApiClient, company_id: int, day: date, actor: User | None = None
) -> Comparison:
    """What a finance system that sent no list never confirmed."""
    lane = lane_of(client, _company(client, company_id))
    outcome = without_list(lane, now=clock.now())
    return _write(lane, outcome, held_list=None, day=day, actor=actor)


def _company(client: ApiClient, company_id: int) -> Company:
    return visible_companies(scope_of_client(client)).get(pk=company_id)


def compare_due() -> int:
    """Compare every whole list nobody compared, and in the morning what no list came for; returns comparisons made."""
    made, whole = 0, _whole_lists()
    for held_list_id, company_id in _lists_due(whole):
        compare_list(held_list_id=held_list_id, company_id=company_id)
        made += 1
    if whole:
        HeldList.objects.filter(pk__in=whole).update(is_compared=True)
    now = clock.now()
    if now.astimezone(clock.SHANGHAI).time() < HOUR:
        return made
    for system in ErpSystem.objects.filter(is_active=True, client__is_active=True).select_related("client"):  # fmt: skip
        for company_id in _companies_due(system.client, now):
            day = clock.today() - timedelta(days=1)
            compare_confirmations(client=system.client, company_id=company_id, day=day)
            made += 1
    _forget(now)
    return made


def _whole_lists() -> list[int]:
    """Lists whose rows are all here and that were not compared for everybody in them yet; a compared one is counted no more."""
    young = HeldList.objects.filter(received_at__gte=clock.now() - LISTS_SINCE, is_compared=False)
    whole = young.annotate(here=Count("held")).filter(here=F("rows"))
    return list(whole.values_list("pk", flat=True))


def _lists_due(whole: Sequence[int]) -> list[tuple[int, int]]:
    """(list, company) of these lists that nobody compared."""
    done = Comparison.objects.filter(held_list_id=OuterRef("held_list_id"), company_id=OuterRef("company_id"))  # fmt: skip
    rows = Held.objects.filter(held_list__in=whole).exclude(Exists(done))
    return sorted(set(rows.values_list("held_list_id", "company_id").distinct()))


def _companies_due(client: ApiClient, now: datetime) -> list[int]:
    """Companies of the system nobody compared today, and of which no list came within a day."""
    begin = datetime.combine(clock.today(), time(), clock.SHANGHAI)
    rows = Comparison.objects.filter(client_id=client.pk)
    done = set(rows.filter(made_at__gte=begin).values_list("company_id", flat=True))
    fresh = rows.filter(held_list__as_of__gte=now - LIST_WITHIN)
    done |= set(fresh.values_list("company_id", flat=True))
    return sorted(set(scope_of_client(client).company_ids) - done)


@transaction.atomic(durable=True)
def _forget(now: datetime) -> None:
    """Rows of lists nobody compares any more."""
    Held.objects.filter(held_list__received_at__lt=now - timedelta(days=KEPT_DAYS)).delete()


def compare_again(*, comparison_id: int, actor: User) -> Comparison:
    """The same lane once more, with its newest whole list. Raises NotFound, NotAllowed."""
    scope = scope_of(actor)
    before = get_comparison(comparison_id, scope=scope)
    scope.demand(RIGHT, before.company_id)
    lists = HeldList.objects.filter(client_id=before.client_id, held__company_id=before.company_id)
    whole = lists.annotate(here=Count("held")).filter(here=F("rows"))
    newest = whole.order_by("-as_of", "-pk").first()
    if newest is not None and newest.received_at >= clock.now() - timedelta(days=KEPT_DAYS):
        return compare_list(held_list_id=newest.pk, company_id=before.company_id, actor=actor)
    return compare_confirmations(client=before.client, company_id=before.company_id, day=clock.today(), actor=actor)  # fmt: skip


@transaction.atomic(durable=True)
def tell_again(*, comparison_id: int, actor: User, why: str) -> int:
    """Tell once more what the other side lacks: the newest message about each such difference, under its own id.

    How many are told. Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict (nothing to tell).
    """
    scope = scope_of(actor)
    made = get_comparison(comparison_id, scope=scope)
    scope.demand(RIGHT, made.company_id)
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    lane = lane_of(made.client, made.company)
    rows = list(_told_again(made, lane))
    if not rows:
        raise Conflict("没有需要重新告知的差异", "nothing is to be told again")
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(
        delivered_at=None, acked_at=None, dead_at=None, attempts=0, next_attempt_at=clock.now(), last_error=""
    )  # fmt: skip
    audit.record(
        "erpbridge.comparison.told_again",
        actor=actor,
        subject=made,
        after={"messages": len(rows), "first": rows[0].message_id},
        why=why.strip()[:200],
    )
    return len(rows)


def _told_again(made: Comparison, lane: Lane) -> Iterable[Outbox]:
    wanted: dict[str, list[int]] = {what: [] for what in KINDS}
    rows = made.found.exclude(subject_id=None).values_list("code", "subject_id")
    for code, subject_id in rows:
        if subject_id is not None and differing.WORDS[code].is_told_again:
            wanted[_what(code)].append(subject_id)
    for what, ids in wanted.items():
        yield from told_of(lane, what, ids).values()
