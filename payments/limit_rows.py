"""Limits as dated settings: proposed by one administrator, decided by another, never edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.dated import spans
from kernel.errors import Conflict, InvalidInput
from kernel.money import currency_digits
from kernel.orm import DatedRow
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass
from masterdata.owners import owner_of, owner_words, person_words
from masterdata.services.dated import Kind, Proposal, Usage, lay_down
from masterdata.typed import ACCOUNT, COMPANY, PERSON, Values, amount, choice, reference, text
from payments.limit_selectors import standings
from payments.models import Limit


@dataclass(frozen=True, kw_only=True)
class LimitRow(Values):
    """One limit."""

    company: int | None = reference(
        _("公司"), COMPANY, help=_("含下级公司合计；不选则为全集团合计。")
    )
    account: int | None = reference(_("付款账户"), ACCOUNT, help=_("不选则不分账户。"))
    user: int | None = reference(_("授权人"), PERSON, help=_("不选则不分人；按自然人计算。"))
    payee_class: str = choice(
        _("收款人类别"), default="", choices=(("", _("全部")), *PayeeClass.choices)
    )
    currency: str = text(_("币种"), default="CNY", longest=3)
    period: str = choice(_("期间"), default=Limit.Period.DAY, choices=Limit.Period.choices)
    amount: Decimal = amount(
        _("限额"),
        default="0.00",
        low="0",
        help=_("多项限额同时适用时以最小者为准；0 表示不得付款。"),
    )

    def check(self) -> None:
        """The currency must be one."""
        currency_digits(self.currency)


class LimitKind(Kind):
    """Limits on payments."""

    name = "payments.limit"
    title = _("限额")
    about = _(
        "授权时占用，银行付款成功后计为已用，失败或撤销后释放；结果未知的继续占用。多项同时适用时以最小者为准。"
    )
    without = _("无限额")
    nothing = _("没有限额的付款不受金额限制；新增须由另一位管理员复核。")
    values = LimitRow
    keys = ("company", "account", "user", "payee_class", "currency", "period")
    columns = tuple(LimitRow.specs())

    def rows(self) -> QuerySet[Any]:
        """Every version of every limit."""
        return Limit.objects.select_related("user")

    def blank(self, values: Values) -> DatedRow:
        """The unwritten row."""
        said = values.written()
        return Limit(
            company_id=said["company"],
            account_id=said["account"],
            user_id=said["user"],
            payee_class=said["payee_class"],
            currency=said["currency"],
            period=said["period"],
            amount=Decimal(said["amount"]),
        )

    def raw(self, row: Any) -> dict[str, Any]:
        """What a row says."""
        return {
            "company": row.company_id,
            "account": row.account_id,
            "user": row.user_id,
            "payee_class": row.payee_class,
            "currency": row.currency,
            "period": row.period,
            "amount": row.amount,
        }

    def check(self, values: Values) -> None:
        """Account and person must exist, the account in the company and currency of the limit."""
        said = values.written()
        if said["user"] is not None and not person_words(said["user"]):
            raise InvalidInput("没有这个人", "no such person", field="user")
        if said["account"] is None:
            return
        account = masterdata.account_by_id(said["account"])
        if account is None or said["company"] not in (None, account.company_id):
            raise InvalidInput("付款账户不属于该公司", "not the company's", field="account")
        if account.currency != said["currency"]:
            raise InvalidInput(
                f"账户币种为 {account.currency}", "the account's currency differs", field="currency"
            )

    def company_of(self, values: Values) -> int | None:
        """The account's company, where the limit is on an account."""
        said = values.written()
        return owner_of(said["company"], said["account"])

    def clash(
        self, values: Values, *, first: date, last: date | None, others: Sequence[Any]
    ) -> None:
        """One limit for one owner, person, class and period; a second one is a version of the first."""
        mine = _scope(values.written())
        for span in spans(others):
            theirs = self.values.read(self.raw(span.version)).written()
            if span.meets(first, last) and _scope(theirs) == mine:
                raise Conflict(
                    f"限额第 {span.version.line} 项已有相同范围的限额，请修改该项",
                    f"limit {span.version.line} is for the same",
                    code="overlap",
                )

    def usage(self, rows: Sequence[Any], day: date) -> dict[int, Usage]:
        """What is used of limits on a day or month."""
        found = {}
        for told in standings(rows, day):
            if told.used is not None:
                found[told.row.pk] = Usage(
                    told.used, told.reserved or Decimal(0), told.left or Decimal(0), told.percent
                )
        return found

    def headline(self, values: Values) -> str:
        """For whom, and how much in which period."""
        said = values.written()
        parts = [owner_words(said["company"], said["account"])]
        parts += [person_words(said["user"])] if said["user"] else []
        parts += [str(PayeeClass(said["payee_class"]).label)] if said["payee_class"] else []
        period = Limit.Period(said["period"]).label
        return f"{' · '.join(parts)} · {period} {said['currency']} {Decimal(said['amount']):,.2f}"


def _scope(said: dict[str, Any]) -> tuple[Any, ...]:
    names = ("company", "account", "user", "payee_class", "currency", "period")
    return tuple(said[name] for name in names)


KIND = LimitKind()


def lay_down_limit(
    values: dict[str, Any],
    *,
    source_note: str,
    valid_from: date = date(2020, 1, 1),
    valid_to: date | None = None,
) -> DatedRow | None:
    """One limit without a second person (a step for installations, demos and tests)."""
    proposal = Proposal(
        values=values, valid_from=valid_from, valid_to=valid_to, source_note=source_note
    )
    return lay_down(kind_name=KIND.name, proposal=proposal)
