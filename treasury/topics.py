"""What a company may decide about its early warnings; the strategy keeps it by company and account subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from masterdata.topics import Topic
from masterdata.typed import amount, moment, whole


@dataclass(frozen=True, kw_only=True)
class EarlyWarnings(Topic):
    """When a treasurer is told before anything is wrong: low balances, limits nearly used, payments at odd hours or to new payees."""

    key = "treasury.warnings"
    title = _("资金预警")
    about = _("余额偏低、限额将尽、夜间付款、首次付款大额时，在异常中心提醒资金主管。")

    balance_floor: Decimal = amount(
        _("余额下限"), default="0.00", help=_("可用余额低于此数时提醒；0 为不提醒。")
    )
    limit_percent: int = whole(
        _("限额将尽"), default=90, low=50, high=100, unit="%", help=_("日、月限额已用比例。")
    )
    night_begins: time = moment(_("夜间开始"), default=time(22, 0), optional=False)
    night_ends: time = moment(_("夜间结束"), default=time(6, 0), optional=False)
    night_amount: Decimal = amount(
        _("夜间付款提醒起点"), default="50000.00", help=_("夜间授权、达到此金额的付款。")
    )
    new_payee_amount: Decimal = amount(
        _("首次付款提醒起点"),
        default="1000000.00",
        help=_("首次付往某一账号、达到此金额的付款。"),
    )

    def is_night(self, local: time) -> bool:
        """Whether the hour lies in the night, which may pass midnight."""
        if self.night_begins <= self.night_ends:
            return self.night_begins <= local < self.night_ends
        return local >= self.night_begins or local < self.night_ends
