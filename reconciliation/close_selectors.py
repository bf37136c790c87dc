"""What must be true before a month is closed (DOMAIN §5), one company at a time. System look-ups: the caller scoped the company."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

import desk.selectors
import ledger.period_selectors
import ledger.selectors
import masterdata.selectors as masterdata
from kernel import clock
from kernel.errors import InvalidInput, NotFound
from ledger.rules import month_ends
from ledger.states import PeriodState
from reconciliation import day_selectors, outstanding
from reconciliation import statement_selectors as reads
from reconciliation.day_selectors import STOPPING_KINDS
from reconciliation.models import ClosePack
from reconciliation.selectors import VIEW
from reconciliation.states import StatementState
from statements import continuity

if TYPE_CHECKING:
    from kernel.scope import Scope
    from ledger.models import Period
    from masterdata.models import Company, OwnAccount

NAMED = 5  # accounts or days one line names


@dataclass(frozen=True)
class Check:
    """One thing that must be true: whether it is, what is missing in words, and where to mend it."""

    title: str
    missing: tuple[str, ...]
    url: str

    @property
    def is_met(self) -> bool:
        """Nothing is missing."""
        return not self.missing


def _few(words: Sequence[str]) -> tuple[str, ...]:
    rest = len(words) - NAMED
    return (*words[:NAMED], _("另有 %(n)s 项") % {"n": rest}) if rest > 0 else tuple(words)


def accounts_of(company: Company) -> list[OwnAccount]:
    """The company's own accounts in use."""
    rows = masterdata.visible_accounts(masterdata.system_scope())
    return list(
        rows.filter(company=company, is_active=True)
        .select_related("company", "bank")
        .order_by("number")
    )


def wanting_statement(account_ids: Collection[int], last: date) -> set[int]:
    """Those accounts a close of the month that ends on `last` wants a statement of: begun by then. System look-up."""
    return {pk for pk, day in continuity.begun_on(account_ids).items() if day <= last}


def with_accounts(company_ids: Collection[int]) -> set[int]:
    """Those of these companies with own accounts in use."""
    rows = masterdata.visible_accounts(masterdata.system_scope()).order_by()
    used = rows.filter(company_id__in=company_ids, is_active=True)
    return set(used.values_list("company_id", flat=True).distinct())


def checklist(company: Company, month: str, period: Period | None) -> list[Check]:
    """Everything a close wants, each with what is missing. Raises InvalidInput for what is no month."""
    first, last = month_ends(month)
    accounts = accounts_of(company)
    begun = continuity.begun_on([one.pk for one in accounts])
    wanted = wanting_statement(list(begun), last)
    in_use = [one for one in accounts if one.pk in wanted]
    unheard = [
        one for one in accounts if one not in in_use and ledger.selectors.has_journal(one.pk)
    ]
    return [
        _over(company, month, last),
        _statements(in_use, unheard, begun, first, last),
        _days(company, in_use, first, last),
        _balanced(company, in_use, last, period),
        _vouchers(company, month),
        _freezes(company, accounts),
    ]


def _over(company: Company, month: str, last: date) -> Check:
    missing = []
    if last >= clock.today():
        missing.append(_("本月尚未结束"))
    earlier = ledger.period_selectors.open_months_before(company.pk, month)
    missing += [_("%(month)s 尚未结账") % {"month": one} for one in earlier]
    return Check(_("月份已结束，前期已结账"), _few(missing), reverse("reconciliation:closes"))


def _statements(
    accounts: Sequence[OwnAccount],
    unheard: Sequence[OwnAccount],
    begun: dict[int, date],
    first: date,
    last: date,
) -> Check:
    missing = [_("%(number)s 没有对账单") % {"number": one.number} for one in unheard]
    for one in accounts:
        days = continuity.calendar_days(one.pk, first=first, last=last, begun=begun[one.pk])
        bad = [
            day.day
            for day in days
            if day.check is None
            or not day.check.is_closed
            or day.status not in ("complete", "amended")
        ]
        if bad:
            missing.append(
                _("%(number)s 有 %(n)s 天不完整（%(day)s 起）")
                % {"number": one.number, "n": len(bad), "day": bad[0]}
            )
    url = reverse("statements:continuity") + f"?month={last:%Y-%m}"
    return Check(_("每个账户每天的对账单完整"), _few(missing), url)


def _days(company: Company, accounts: Sequence[OwnAccount], first: date, last: date) -> Check:
    """Days with entries or payments are signed; a day on which nothing moved needs no signature."""
    waiting: dict[int, list[date]] = {}
    for day, account_id in day_selectors.waiting_days(accounts, first, last):
        waiting.setdefault(account_id, []).append(day)
    missing = [
        _("%(number)s 有 %(n)s 天未签署（%(day)s 起）")
        % {"number": one.number, "n": len(waiting[one.pk]), "day": waiting[one.pk][0]}
        for one in accounts
        if one.pk in waiting
    ]
    url = reverse("reconciliation:days_waiting") + f"?month={last:%Y-%m}&company={company.pk}"
    return Check(_("有往来的日期均已签署日对账"), _few(missing), url)


def _balanced(
    company: Company, accounts: Sequence[OwnAccount], last: date, period: Period | None
) -> Check:
    standing = reads.standing_statements([one.pk for one in accounts], last)
    missing = []
    for one in accounts:
        row = standing.get(one.pk)
        if row is None or row.state != StatementState.REVIEWED:
            missing.append(_("%(number)s 的余额调节表未复核签字") % {"number": one.number})
        elif (
            period is not None
            and period.changed_at is not None
            and row.known_at < period.changed_at
        ):
            missing.append(_("%(number)s 的余额调节表是重新打开之前的") % {"number": one.number})
        else:
            now = outstanding.sheet(one, last, outstanding.known_at(one.pk, clock.now()))
            if now.figures() != row.sheet.figures():
                missing.append(_("%(number)s 的余额调节表签字后有变化") % {"number": one.number})
    url = reverse("reconciliation:brs_overview") + f"?day={last}"
    return Check(
        _("每个账户的余额调节表已由两人签字"), _few(missing), url + f"&company={company.pk}"
    )


def _vouchers(company: Company, month: str) -> Check:
    drafts, unacked = ledger.period_selectors.unfinished_vouchers(company.pk, month)
    missing = []
    if drafts:
        missing.append(_("有 %(n)s 张凭证未记账") % {"n": drafts})
    if unacked:
        missing.append(_("有 %(n)s 张凭证 ERP 尚未确认") % {"n": unacked})
    first, last = month_ends(month)
    url = reverse("ledger:vouchers") + f"?company={company.pk}&on_from={first}&on_to={last}"
    return Check(_("凭证均已记账并由 ERP 确认"), tuple(missing), url)


def _freezes(company: Company, accounts: Sequence[OwnAccount]) -> Check:
    missing = [
        _("%(number)s 付款冻结中") % {"number": one.number} for one in accounts if one.is_frozen
    ]
    cases = desk.selectors.count_open(kinds=STOPPING_KINDS, company_id=company.pk)
    if cases:
        missing.append(_("有 %(n)s 项 R4、R6 未裁定") % {"n": cases})
    return Check(_("没有冻结与未裁定的争议"), _few(missing), reverse("desk:cases"))


def period_of_company(company_id: int, month: str) -> Period | None:
    """The company's month, if it has a row. System look-up. Raises InvalidInput for what is no month."""
    month_ends(month)
    return ledger.period_selectors.period_row(company_id, month)


def packs_of(company_id: int, month: str) -> list[ClosePack]:
    """The archives of a month without their content, newest first. System look-up."""
    rows = ClosePack.objects.filter(company_id=company_id, month=month).defer("content")
    return list(rows.order_by("-number"))


def newest_packs(company_ids: Collection[int], month: str) -> dict[int, ClosePack]:
    """The newest archive of a month of each of these companies that has one, without its content. System look-up."""
    rows = ClosePack.objects.filter(company_id__in=company_ids, month=month).defer("content")
    return {row.company_id: row for row in rows.order_by("company_id", "number")}


def get_pack(pack_id: int, *, scope: Scope) -> ClosePack:
    """One archive with its content; out of scope looks exactly like absent."""
    row = ClosePack.objects.filter(pk=pack_id, company_id__in=scope.companies_with(VIEW)).first()
    if row is None:
        raise NotFound("close pack", "未找到该存档")
    return row


def is_locked(period: Period | None) -> bool:
    """Whether the month takes no further entry."""
    return period is not None and period.state == PeriodState.LOCKED


def require_month(text: str) -> str:
    """The month as given, if it is one. Raises InvalidInput."""
    try:
        month_ends(text)
    except (InvalidInput, ValueError):
        raise InvalidInput("月份应写作 2026-11", "a month like 2026-11", field="month") from None
    return text
