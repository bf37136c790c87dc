"""How boldly a company matches; the strategy keeps it by company and account subject."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from masterdata.topics import Topic
from masterdata.typed import amount, many, whole
from reconciliation.rules import LADDER
from reconciliation.strategy import Strategy

DEFAULT = Strategy()
ORDER = DEFAULT.rungs
_DAYS = _("天")


def _rungs() -> list[tuple[str, str]]:
    titles = {rule.rung: rule.title for rule in LADDER}
    return [(rung, f"{rung} {titles[rung]}") for rung in ORDER]


@dataclass(frozen=True, kw_only=True)
class Matching(Topic):
    """Which rules match, and how far they reach."""

    key = "reconciliation.matching"
    title = _("对账规则")
    about = _("银行流水与日记账自动勾对所用的规则与容差；改动后对之后的勾对生效，已有勾对不变。")

    rungs: tuple[str, ...] = many(
        _("启用的规则与次序"),
        choices=_rungs,
        default=ORDER,
        ordered=True,
        help=_(
            "填写次序，留空即停用。凭业务参考号的 M0、M1、M5–M7 在最前，其次 M2、M3，再次 M4，最后 M8、M9。"
        ),
    )
    reversal_days: int = whole(_("M0 冲销相隔"), default=5, low=0, high=31, unit=_DAYS)
    account_workdays: int = whole(_("M2 相隔工作日"), default=1, low=0, high=5, unit=_("个工作日"))
    name_days: int = whole(_("M3 相隔"), default=3, low=0, high=10, unit=_DAYS)
    amount_days: int = whole(_("M4 相隔"), default=5, low=0, high=15, unit=_DAYS)
    lookalike_days: int = whole(_("M4 相似流水排除范围"), default=15, low=5, high=60, unit=_DAYS)
    mention_days: int = whole(_("摘要中的号码有效范围"), default=25, low=0, high=120, unit=_DAYS)
    fee_max: Decimal = amount(_("M8 手续费上限"), default="50.00")
    fee_permille: int = whole(_("M8 手续费占金额"), default=1, low=0, high=20, unit="‰")
    manual_limit: Decimal | None = amount(
        _("人工勾对双人限额"),
        default=None,
        optional=True,
        help=_("金额超过此数的人工勾对须由第二人确认；不填则不限。"),
    )

    def check(self) -> None:
        """The order must be one the ladder may have. Raises InvalidInput."""
        self.strategy()

    def strategy(self) -> Strategy:
        """The same as the engine takes it. Raises InvalidInput for an order no ladder may have."""
        return Strategy(
            rungs=self.rungs,
            reversal_days=self.reversal_days,
            account_workdays=self.account_workdays,
            name_days=self.name_days,
            amount_days=self.amount_days,
            lookalike_days=self.lookalike_days,
            mention_days=self.mention_days,
            fee_max=self.fee_max,
            fee_share_max=Decimal(self.fee_permille) / 1000,
        )
