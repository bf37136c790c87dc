"""Early warnings: a case for each, on the treasurer's desk; what a figure says ends with the figure, the rest with a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from desk import selectors as cases
from desk import services as desk
from kernel import clock
from masterdata import selectors as masterdata
from masterdata.strategies import Decided, Strategies
from payments import limit_selectors, released_selectors
from statements import selectors as statements
from treasury import rules
from treasury.topics import EarlyWarnings

if TYPE_CHECKING:
    from payments.models import Limit

ACCOUNT, LIMIT, ORDER = "masterdata.ownaccount", "payments.limit", "payments.paymentorder"
LOOK_BACK = timedelta(minutes=10)  # far longer than a tick: one that is missed loses nothing
_OWNER = "treasurer"


def warn() -> int:
    """Look at balances, limits and what was just released; returns how many warnings stand or are new."""
    today = clock.today()
    decided = Strategies(today).on(today)
    found = _balances(decided) + _limits(decided)
    return found + _payments(decided, since=clock.now() - LOOK_BACK)


@transaction.atomic(durable=True)
def _balances(decided: Decided) -> int:
    told, fine = 0, []
    for account in masterdata.linked_accounts():
        ruled, _version = decided.of(EarlyWarnings, account.company, account.gl_subject)
        figure = statements.latest_balance(account.pk)
        known = None if figure is None else _available(figure.book, figure.available)
        if figure is not None and (warned := rules.low(known, ruled)):
            told += 1
            desk.open_case(
                kind=warned.kind,
                subject_kind=ACCOUNT,
                subject_id=account.pk,
                title=f"账户 {account.number[-4:]} 余额偏低",
                company_id=account.company_id,
                severity="high",
                reason=f"{warned.reason}（{account.bank.name}，{figure.as_of}）",
                next_step="调拨资金，或推迟非急需付款；余额回到下限以上后自动关闭",
                owner_role=_OWNER,
                page=f"/statements/balances/?account={account.pk}",
            )
        else:
            fine.append(account.pk)
    desk.close_cases(
        kinds=[rules.LOW], subject_kind=ACCOUNT, subject_ids=fine, outcome="余额已回到下限以上"
    )
    return told


def _available(book: Decimal, available: Decimal | None) -> Decimal:
    return book if available is None else available


@transaction.atomic(durable=True)
def _limits(decided: Decided) -> int:
    told, fine = 0, []
    for one in limit_selectors.standings_on(clock.today()):
        if one.used is None:
            continue
        line = one.row.line
        ruled = _ruled(decided, one.row)
        if warned := rules.near(one.used, one.row.amount, ruled):
            told += 1
            desk.open_case(
                kind=warned.kind,
                subject_kind=LIMIT,
                subject_id=line,
                title=f"{one.period} {one.row.get_period_display()}限额将尽",
                company_id=one.row.company_id,
                severity="high",
                reason=warned.reason,
                next_step="安排剩余付款的先后；确需提高时由两位管理员调整限额",
                owner_role=_OWNER,
                page="",
            )
        else:
            fine.append(line)
    desk.close_cases(
        kinds=[rules.NEAR], subject_kind=LIMIT, subject_ids=fine, outcome="限额已有余量"
    )
    return told


def _ruled(decided: Decided, row: Limit) -> EarlyWarnings:
    """The warnings of a limit's company, or of its account's; a limit of the whole group obeys the group's."""
    company_id = row.company_id or (row.account.company_id if row.account else None)
    if company_id is None:
        return decided.of_bank(EarlyWarnings, "")[0]
    company = masterdata.get_company(company_id, scope=masterdata.system_scope())
    return decided.of(EarlyWarnings, company)[0]


@transaction.atomic(durable=True)
def _payments(decided: Decided, *, since: datetime) -> int:
    orders = released_selectors.released_since(since)
    ids = [order.id for order in orders]
    known = set(cases.kinds_told(kinds=[rules.NIGHT, rules.NEW_PAYEE], subject_kind=ORDER, subject_ids=ids))  # fmt: skip
    fresh = []
    for order in orders:
        ruled, _version = decided.of(EarlyWarnings, order.company, order.subject)
        facts = rules.Released(order.amount, order.released_at, order.is_own, order.is_first)
        fresh += [
            desk.NewCase(
                kind=warned.kind,
                subject_kind=ORDER,
                subject_id=order.id,
                title=f"付款 {order.order_no} {_WHAT[warned.kind]}",
                company_id=order.company.pk,
                severity="high",
                reason=f"{order.payee_name}：{warned.reason}",
                next_step="向制单部门核实；有疑问时立即撤销发送或联系银行，核实后关闭",
                owner_role=_OWNER,
                is_closable=True,
            )
            for warned in rules.odd(facts, ruled)
            if (warned.kind, str(order.id)) not in known
        ]
    desk.open_cases(fresh)
    return len(fresh)


_WHAT = {rules.NIGHT: "夜间授权", rules.NEW_PAYEE: "首次大额付款"}
