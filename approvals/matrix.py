"""The approval matrix as dated settings: proposed by one administrator, decided by another, never edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from approvals.models import Policy
from approvals.policy import clashes
from approvals.selectors import rule_of
from kernel.dated import spans
from kernel.errors import Conflict, InvalidInput
from kernel.money import currency_digits
from kernel.orm import DatedRow
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass, PaymentType
from masterdata.owners import owner_of, owner_words
from masterdata.roles import RIGHTS, ROLE_NAMES
from masterdata.services.dated import Kind, Proposal, lay_down
from masterdata.typed import ACCOUNT, COMPANY, Values, Words, amount, many, reference, steps, text

PAYMENT = "payment"
APPROVERS = tuple(role for role, rights in RIGHTS.items() if "payments.approve" in rights)
STEPS_MAX = 5


def approver_words() -> list[tuple[str, Words]]:
    """The duties that may approve, with their names."""
    return [(role.value, ROLE_NAMES[role]) for role in APPROVERS]


@dataclass(frozen=True, kw_only=True)
class MatrixRow(Values):
    """One row of the matrix."""

    company: int | None = reference(
        _("公司"), COMPANY, help=_("不选则对全集团生效；下级公司未另行设定时沿用上级。")
    )
    account: int | None = reference(
        _("付款账户"), ACCOUNT, help=_("不选则为公司的全部账户；选定账户的规则优先于公司的规则。")
    )
    types: tuple[str, ...] = many(
        _("付款类型"), choices=PaymentType.choices, help=_("不选则为全部类型。")
    )
    classes: tuple[str, ...] = many(
        _("收款人类别"), choices=PayeeClass.choices, help=_("不选则为全部类别。")
    )
    currency: str = text(_("币种"), default="CNY", longest=3)
    amount_from: Decimal = amount(_("金额从（含）"), default="0.00")
    amount_below: Decimal | None = amount(
        _("金额到（不含）"), default=None, help=_("不填则无上限。")
    )
    steps: tuple[tuple[tuple[str, ...], int], ...] = steps(
        _("审批步骤"),
        most=STEPS_MAX,
        roles=approver_words,
        help=_("按顺序审批；每一步由所选角色中的指定人数通过。没有步骤表示复核后直接授权。"),
    )

    def check(self) -> None:
        """A band has some amount in it; steps name roles that may approve."""
        currency_digits(self.currency)
        if self.amount_below is not None and self.amount_below <= self.amount_from:
            raise InvalidInput("金额上限应大于下限", "the band is empty", field="amount_below")
        for roles, _people in self.steps:
            if wrong := [role for role in roles if role not in APPROVERS]:
                raise InvalidInput(
                    f"角色「{wrong[0]}」不能审批", f"{wrong[0]} does not approve", field="steps"
                )


class MatrixKind(Kind):
    """Rows of the approval matrix for payments."""

    name = "approvals.policy"
    title = _("审批矩阵")
    about = _(
        "付款须经过的审批。账户的规则优先于公司的，公司的优先于上级的；没有规则覆盖的付款一律拒绝。"
    )
    nothing = _("没有规则覆盖的付款一律拒绝；新增须由另一位管理员复核。")
    values = MatrixRow
    links = ((_("试算与缺口"), "approvals:matrix_trial"),)
    keys = ("company", "account", "currency")
    columns = tuple(MatrixRow.specs())

    def rows(self) -> QuerySet[Any]:
        """Every version of every row."""
        return Policy.objects.filter(kind=PAYMENT)

    def blank(self, values: Values) -> DatedRow:
        """The unwritten row."""
        said = values.written()
        return Policy(
            kind=PAYMENT,
            company_id=said["company"],
            account_id=said["account"],
            types=said["types"],
            classes=said["classes"],
            currency=said["currency"],
            amount_from=getattr(values, "amount_from"),  # noqa: B009  # the kind's own values
            amount_below=getattr(values, "amount_below"),  # noqa: B009
            steps=said["steps"],
        )

    def raw(self, row: Any) -> dict[str, Any]:
        """What a row says."""
        return {
            "company": row.company_id,
            "account": row.account_id,
            "types": row.types,
            "classes": row.classes,
            "currency": row.currency,
            "amount_from": row.amount_from,
            "amount_below": row.amount_below,
            "steps": row.steps,
        }

    def check(self, values: Values) -> None:
        """The account must be the company's and in the currency of the row."""
        said = values.written()
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
        """The account's company, where the row stands for an account."""
        said = values.written()
        return owner_of(said["company"], said["account"])

    def clash(
        self, values: Values, *, first: date, last: date | None, others: Sequence[Any]
    ) -> None:
        """No subject may fit two rows of one level on one day."""
        mine = rule_of(self.blank(values))  # type: ignore[arg-type]  # the kind's own row
        for span in spans(others):
            if span.meets(first, last) and clashes(mine, rule_of(span.version)):
                raise Conflict(
                    f"与第 {span.version.line} 行重叠（{self.headline(self.values.read(self.raw(span.version)))}），"
                    "同一层级的规则不能同时适用于一笔付款",
                    f"overlaps row {span.version.line}",
                    code="overlap",
                )

    def headline(self, values: Values) -> str:
        """Where it stands, for what, and its band."""
        said = values.written()
        parts = [owner_words(said["company"], said["account"])]
        for name, words in (("types", PaymentType.choices), ("classes", PayeeClass.choices)):
            chosen = [str(word) for value, word in words if value in said[name]]
            parts += ["/".join(chosen)] if chosen else []
        parts.append(f"{said['currency']} {_band(said['amount_from'], said['amount_below'])}")
        return " · ".join(parts)


def _band(low: str, high: str | None) -> str:
    return f"{Decimal(low):,.2f}–{'' if high is None else f'{Decimal(high):,.2f}'}"


KIND = MatrixKind()


def lay_down_bands(
    bands: Sequence[tuple[str, str | None, int]],
    *,
    source_note: str,
    valid_from: date = date(2020, 1, 1),
) -> int:
    """Rows (from, below, approvers) for the whole group unless the matrix has any (a step); returns rows made."""
    if Policy.objects.filter(kind=PAYMENT).exists():
        return 0
    for low, high, people in bands:
        asked = [[["approver"], people]] if people else []
        values = {"amount_from": low, "amount_below": high, "steps": asked}
        lay_down_row(values, source_note=source_note, valid_from=valid_from)
    return len(bands)


def lay_down_row(
    values: dict[str, Any],
    *,
    source_note: str,
    valid_from: date = date(2020, 1, 1),
    valid_to: date | None = None,
) -> DatedRow | None:
    """One row of the matrix without a second person (a step for installations, demos and tests)."""
    proposal = Proposal(
        values=values, valid_from=valid_from, valid_to=valid_to, source_note=source_note
    )
    return lay_down(kind_name=KIND.name, proposal=proposal)
