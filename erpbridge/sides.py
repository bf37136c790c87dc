"""Both sides of one finance system's books of one company, read for `differing`: with a list of theirs, or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from erpbridge import differing
from erpbridge.contract import Kind
from erpbridge.differing import Bank, Drawn, Found, Ours, Theirs, document_key
from erpbridge.models import Comparison, ErpSystem, Held, HeldList, Outbox
from kernel import clock
from ledger import bridging
from payments import publishing

if TYPE_CHECKING:
    from masterdata.models import ApiClient, Company

WITHOUT_LIST = timedelta(days=31)  # how far back what was never confirmed is looked for
CONFIRM_WITHIN = timedelta(hours=24)
LISTS_SINCE = timedelta(days=7)  # who sent none for so long sends none
KINDS = {"voucher": Kind.VOUCHER, "payment": Kind.PAYMENT_RESULT}


@dataclass(frozen=True)
class Lane:
    """One finance system's books of one company, with the registered system where there is one."""

    client: ApiClient
    company: Company
    system: ErpSystem | None

    def is_told(self, kind: Kind) -> bool:
        """Whether messages of this kind go to it."""
        kinds = self.system.settings.get("kinds", ()) if self.system else ()
        return kind == Kind.PAYMENT_RESULT or kind in kinds


@dataclass(frozen=True)
class Outcome:
    """What a comparison found, before it is written down."""

    found: Sequence[Found]
    payments: int = 0
    vouchers: int = 0
    under_way: int = 0


def lane_of(client: ApiClient, company: Company) -> Lane:
    return Lane(client, company, ErpSystem.objects.filter(client_id=client.pk).first())


# --- with a list ------------------------------------------------------------------------------------------------------


def with_list(lane: Lane, held_list: HeldList) -> Outcome:
    drawn = Drawn(held_list.as_of, held_list.first_day)
    begin = datetime.combine(held_list.first_day, time(), clock.SHANGHAI)
    theirs: dict[str, dict[str, Theirs]] = {"payment": {}, "voucher": {}}
    for row in held_list.held.filter(company_id=lane.company.pk).exclude(what=Held.What.NOTHING):
        theirs[row.what][row.key] = Theirs(row.amount, row.currency, row.state, row.number)
    ours = _our_payments(lane, begin, theirs["payment"])
    found, moving = differing.payments(ours, theirs["payment"], drawn=drawn)
    found = _with_bank(found, lane, held_list.first_day)
    mine: dict[str, Ours] = {}
    if lane.is_told(Kind.VOUCHER) or theirs["voucher"]:
        mine = _our_vouchers(lane, begin, theirs["voucher"])
        more, also = differing.vouchers(mine, theirs["voucher"], drawn=drawn)
        found, moving = found + more, moving + also
    return Outcome(
        found, len({*ours, *theirs["payment"]}), len({*mine, *theirs["voucher"]}), moving
    )


def _our_payments(lane: Lane, since: datetime, theirs: Mapping[str, Theirs]) -> dict[str, Ours]:
    rows = publishing.bridged_orders(
        lane.client.source_system,
        lane.company.pk,
        since=since,
        documents={key.split("|")[1] for key in theirs},
    )
    return {
        document_key(*one.document): Ours(
            one.order_id, one.amount, one.currency, one.state, one.order_no, one.made_at,
            one.changed_at, Bank(one.bank),
        )
        for one in rows
    }  # fmt: skip


def _our_vouchers(lane: Lane, since: datetime, theirs: Mapping[str, Theirs]) -> dict[str, Ours]:
    rows = bridging.bridged_vouchers(lane.company.pk, since=since, keys=list(theirs))
    return {
        one.posting_key: Ours(
            one.voucher_id, one.amount, one.currency, one.state, one.their_number, one.posted_at,
            one.changed_at,
        )
        for one in rows
    }  # fmt: skip


def _with_bank(found: Sequence[Found], lane: Lane, since: date) -> list[Found]:
    """Documents we do not know, told apart by whether the bank shows a debit of the amount that no payment explains."""
    unknown = [one.theirs for one in found if one.code == "not_here" and one.theirs]
    seen = publishing.unclaimed_amounts(
        lane.company.pk, {one.amount for one in unknown}, since=since
    )
    return [
        replace(one, code="not_here_debited")
        if one.code == "not_here"
        and one.theirs
        and (one.theirs.amount, one.theirs.currency) in seen
        else one
        for one in found
    ]


# --- without one ------------------------------------------------------------------------------------------------------


def without_list(lane: Lane, *, now: datetime) -> Outcome:
    since = now - WITHOUT_LIST
    orders = _our_payments(lane, since, {})
    told = told_of(lane, "payment", [one.pk for one in orders.values()])
    found = []
    if (
        lane.system is None or lane.system.style != ErpSystem.Style.DB
    ):  # who only reads confirms nothing
        for key, one in sorted(orders.items()):
            message = told.get(one.pk)
            if message and not message.acked_at and message.made_at <= now - CONFIRM_WITHIN:
                found.append(Found("unconfirmed", key, one, None))
    mine: dict[str, Ours] = {}
    if lane.is_told(Kind.VOUCHER):
        mine = _our_vouchers(lane, since, {})
        late = [
            Found("voucher_unconfirmed", key, one, None)
            for key, one in sorted(mine.items())
            if one.state == "posted" and one.changed_at <= now - CONFIRM_WITHIN
        ]
        found += late
    if _sends_lists(lane, now):
        found.append(Found("list_missing", "", None, None))
    return Outcome(found, len(orders), len(mine))


def _sends_lists(lane: Lane, now: datetime) -> bool:
    rows = comparisons_of(lane).filter(held_list__as_of__gte=now - LISTS_SINCE)
    begun = HeldList.objects.filter(client_id=lane.client.pk, received_at__gte=now - LISTS_SINCE)
    return rows.exists() or begun.exists()


def comparisons_of(lane: Lane) -> QuerySet[Comparison]:
    return Comparison.objects.filter(client_id=lane.client.pk, company_id=lane.company.pk)


def told_of(lane: Lane, what: str, ids: Sequence[int]) -> dict[int, Outbox]:
    """The newest message about each of these orders or vouchers, where there is one."""
    rows = Outbox.objects.filter(
        kind=KINDS[what], system=lane.client.source_system, subject_id__in=ids
    )
    newest = rows.order_by("subject_id", "-state_version").distinct("subject_id")
    return {one.subject_id: one for one in newest.defer("payload")}
