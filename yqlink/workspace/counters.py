"""Counters behind the workspace's cards: each takes the viewer's Scope and answers a Figure, counted up to 1,000."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time
from decimal import Decimal

from django.utils.translation import gettext as _

from desk import selectors as desk
from kernel import clock
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.selectors import NotDecided
from payments import selectors as payments
from payments.inforce import InForce
from receipts import selectors as receipts
from receipts.states import NoticeState
from statements import selectors as statements
from yqlink.workspace.cards import Figure

CAP = 1_000


def counted(number: int, sub: str = "") -> Figure:
    """A count as figure; past the cap it says so."""
    return Figure(f"{CAP:,}+" if number > CAP else f"{number:,}", sub, number == 0)


def cases(scope: Scope) -> Figure:
    """Open exception cases of the viewer's companies."""
    return counted(desk.open_cases(scope)[: CAP + 1].count(), _("需要人工处理"))


def _sums(rows: Iterable[tuple[str, Decimal]]) -> str:
    sums: dict[str, Decimal] = {}
    for currency, amount in rows:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return " · ".join(f"{code} {amount:,.2f}" for code, amount in sorted(sums.items()))


def _in_states(scope: Scope, *states: str) -> Figure:
    rows = payments.visible_orders(scope).order_by().filter(shown_state__in=states)
    pairs = rows.values_list("currency", "amount")[: CAP + 1]
    return counted(len(pairs), _sums(pairs) if len(pairs) <= CAP else "")


def _waiting(scope: Scope, right: str) -> Figure:
    """What waits for the holder of a right, with its sum per currency."""
    rows = (
        payments.worklist(right, scope=scope)
        .order_by()
        .values_list("currency", "amount")[: CAP + 1]
    )
    return counted(len(rows), _sums(rows) if len(rows) <= CAP else "")


def to_check(scope: Scope) -> Figure:
    """Orders waiting for the viewer's check."""
    return _waiting(scope, "payments.check")


def to_approve(scope: Scope) -> Figure:
    """Orders waiting for the viewer's approval."""
    return _waiting(scope, "payments.approve")


def to_release(scope: Scope) -> Figure:
    """Orders waiting for the viewer's release."""
    return _waiting(scope, "payments.release")


def to_claim(scope: Scope) -> Figure:
    """Arrivals nobody has claimed."""
    return _arrivals(scope, "receipts.supplement", NoticeState.FETCHED, NoticeState.REJECTED)


def claimed(scope: Scope) -> Figure:
    """Arrivals the viewer has claimed and not supplemented."""
    rows = receipts.visible_notices(scope).filter(
        state=NoticeState.SUPPLEMENTING, claimed_by_id=scope.actor_id
    )
    return counted(rows.order_by()[: CAP + 1].count())


def to_review(scope: Scope) -> Figure:
    """Supplements waiting for a second person."""
    return _arrivals(scope, "receipts.review", NoticeState.PENDING_REVIEW)


def to_book(scope: Scope) -> Figure:
    """Reviewed arrivals waiting for the books."""
    return _arrivals(scope, "receipts.book", NoticeState.APPROVED)


def _arrivals(scope: Scope, right: str, *states: NoticeState) -> Figure:
    rows = receipts.visible_notices(scope).filter(
        company_id__in=scope.companies_with(right), state__in=states
    )
    pairs = list(rows.order_by().values_list("currency", "amount")[: CAP + 1])
    return counted(len(pairs), _sums(pairs) if len(pairs) <= CAP else "")


def to_adjudicate(scope: Scope) -> Figure:
    """Verdicts another person proposed and the viewer may decide."""
    rows = payments.visible_adjudications(scope).filter(
        state="proposed", company_id__in=scope.companies_with("payments.adjudicate")
    )
    others = rows.exclude(proposed_by__person_key=scope.person_key)
    return counted(others.order_by()[: CAP + 1].count(), _("须由另一人确认"))


def unknown(scope: Scope) -> Figure:
    """Payments whose outcome nobody can state; shown first, and only when there are any."""
    rows = payments.visible_orders(scope).order_by().filter(shown_state="unknown")
    return counted(rows[: CAP + 1].count(), _("请勿重复付款"))


def held(scope: Scope) -> Figure:
    """Orders on hold, waiting for somebody who is neither their maker nor their checker."""
    return _in_states(scope, "held")


def failures(scope: Scope) -> Figure:
    """Payments that failed or came back."""
    return _in_states(scope, "failed", "returned")


def at_bank(scope: Scope) -> Figure:
    """Payments released and not ended: queued, being sent, or with the bank."""
    return _in_states(scope, "queued", "sending", "accepted", "manual_handling")


def cash(scope: Scope) -> Figure:
    """Book balances as last told by the banks, per currency, with the age of the oldest."""
    rows = list(statements.latest_balances(scope))
    if not rows:
        return Figure("—", _("尚未取得余额"), True)
    oldest = min(row.fetched_at for row in rows).astimezone(clock.SHANGHAI)
    words = _("%(n)s 个账户，截至 %(when)s") % {"n": len(rows), "when": f"{oldest:%H:%M}"}
    currencies = {row.currency for row in rows}
    if len(currencies) == 1:
        total = sum((row.book for row in rows), Decimal(0))
        return Figure(f"{total:,.2f}", words, unit=currencies.pop())
    return Figure(_sums((row.currency, row.book) for row in rows), words)


def paid_today(scope: Scope) -> Figure:
    """Payments the banks called paid today, with their sum."""
    start = datetime.combine(clock.today(), time(0), clock.SHANGHAI)
    rows = (
        payments.visible_orders(scope)
        .order_by()
        .filter(shown_state="succeeded", instruction__final_at__gte=start)
        .values_list("currency", "amount")[: CAP + 1]
    )
    return counted(len(rows), _sums(rows) if len(rows) <= CAP else "")


def payees(scope: Scope) -> Figure:
    """Payee accounts somebody announced and another person has to confirm."""
    rows = master.visible_payees(scope).filter(state="staged")
    return counted(rows.order_by()[: CAP + 1].count(), _("未确认不能付款"))


def changes(scope: Scope) -> Figure:
    """Proposed changes of dual-controlled settings that wait for another person."""
    rows = master.visible_changes(scope).filter(state="proposed")
    others = rows.exclude(made_by__person_key=scope.person_key)
    return counted(others.order_by()[: CAP + 1].count(), _("须由另一人复核"))


def missing_year(scope: Scope) -> Figure:
    """The year whose holidays nobody entered yet."""
    year = master.missing_year()
    return Figure(str(year or ""), _("节假日会被当作工作日"), year is None)


def hvps(scope: Scope) -> Figure:
    """Hours and minutes until the first of the viewer's banks closes its large-value window; nothing outside of it."""
    now, force = clock.now().astimezone(clock.SHANGHAI), InForce()
    prefixes = {
        account.cnaps[:3]
        for account in master.visible_accounts(scope).filter(is_direct_link=True, is_active=True)
    }
    closings = []
    if force.calendar.is_working_day(now.date()):
        for prefix in sorted(prefixes):
            with suppress(NotDecided):
                rules = force.rules(prefix, now.date())
                closings.append((rules.hvps_opens, rules.hvps_closes))
    open_now = [closes for opens, closes in closings if opens <= now.time() < closes]
    if not open_now:
        return Figure("", is_zero=True)
    first = min(open_now)
    left = datetime.combine(now.date(), first, now.tzinfo) - now
    minutes = int(left.total_seconds() // 60)
    return Figure(
        f"{minutes // 60:02d}:{minutes % 60:02d}",
        _("%(when)s 停止受理") % {"when": f"{first:%H:%M}"},
    )
