"""Standing mandates as dated settings: proposed by one administrator, decided by another, then signed by a releaser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from approvals.standing.models import StandingAuthority
from kernel.dated import spans
from kernel.errors import Conflict, InvalidInput
from kernel.money import currency_digits
from kernel.orm import DatedRow
from masterdata import selectors as masterdata
from masterdata.owners import owner_of, owner_words
from masterdata.services.dated import Kind
from masterdata.typed import ACCOUNT, Values, amount, reference, text


@dataclass(frozen=True, kw_only=True)
class Mandate(Values):
    """One mandate."""

    payer: int | None = reference(_("付款账户"), ACCOUNT, help=_("被上划的账户。"))
    target: int | None = reference(_("归集账户"), ACCOUNT, help=_("只能是本集团的账户。"))
    currency: str = text(_("币种"), default="CNY", longest=3)
    item: Decimal = amount(_("每笔上限"), default="0.00")
    day: Decimal = amount(_("每日上限"), default="0.00")
    month: Decimal = amount(_("每月上限"), default="0.00")

    def check(self) -> None:
        """Two accounts, and limits that hold each other."""
        currency_digits(self.currency)
        if self.payer is None or self.target is None or self.payer == self.target:
            raise InvalidInput("请选择两个不同的账户", "two different accounts", field="target")
        if not 0 < self.item <= self.day <= self.month:
            raise InvalidInput(
                "上限须大于 0，且每笔不超过每日、每日不超过每月",
                "item, day and month must be above zero and hold each other",
                field="item",
            )


class StandingKind(Kind):
    """Standing mandates for transfers between own accounts."""

    name = "approvals.standing"
    title = _("常设授权")
    about = _(
        "归集计划起草的上划，在授权的账户、期间和上限内由系统自动授权；超出任何一项的仍由人办理。"
        "变更由两位管理员完成，再由授权人签名后才生效；任何一位授权人或管理员可立即停用。"
        "下表只说明条款的期间，是否已签署、已停用见「签署与停用」。"
    )
    links = ((_("签署与停用"), "approvals:mandates"),)
    without = _("无常设授权")
    nothing = _("没有常设授权时，每笔上划都由人复核、审批、授权。")
    values = Mandate
    keys = ("payer", "target")
    columns = tuple(Mandate.specs())

    def rows(self) -> QuerySet[Any]:
        """Every version of every mandate."""
        return StandingAuthority.objects.all()

    def blank(self, values: Values) -> DatedRow:
        """The unwritten row."""
        said = values.written()
        return StandingAuthority(
            payer_id=said["payer"],
            target_id=said["target"],
            currency=said["currency"],
            **{name: Decimal(said[name]) for name in ("item", "day", "month")},
        )

    def raw(self, row: Any) -> dict[str, Any]:
        """What a row says."""
        return {
            "payer": row.payer_id,
            "target": row.target_id,
            "currency": row.currency,
            "item": row.item,
            "day": row.day,
            "month": row.month,
        }

    def check(self, values: Values) -> None:
        """Both accounts are ours and in that currency."""
        said = values.written()
        for name in ("payer", "target"):
            account = masterdata.account_by_id(said[name])
            if account is None or account.currency != said["currency"]:
                raise InvalidInput(
                    "账户不存在或币种不同", "no account of that currency", field=name
                )

    def company_of(self, values: Values) -> int | None:
        """The payer's company."""
        return owner_of(None, values.written()["payer"])

    def clash(
        self, values: Values, *, first: date, last: date | None, others: Sequence[Any]
    ) -> None:
        """One mandate for two accounts on one day."""
        mine = values.written()
        for span in spans(others):
            theirs = span.version
            same = (theirs.payer_id, theirs.target_id) == (mine["payer"], mine["target"])
            if same and span.meets(first, last):
                raise Conflict(
                    f"常设授权第 {theirs.line} 项已有相同的账户，请修改该项",
                    f"mandate {theirs.line} is for the same accounts",
                    code="overlap",
                )

    def headline(self, values: Values) -> str:
        """From where to where, and how much a day."""
        said = values.written()
        ways = " → ".join(owner_words(None, said[name]) for name in ("payer", "target"))
        return f"{ways} · {said['currency']} {Decimal(said['day']):,.2f}"


KIND = StandingKind()
