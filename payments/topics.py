"""What the group may decide about its payments, by company and account subject; the code that obeys names its topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput
from masterdata.topics import Topic
from masterdata.typed import amount, choice, flag, moment, whole
from payments.routing import Window

HOLD, TICK, INFORM, OFF = "hold", "tick", "inform", "off"
_ACTIONS = (
    (HOLD, _("暂挂，由第三人核实")),
    (TICK, _("审批人须勾选已核对")),
    (INFORM, _("仅提示")),
    (OFF, _("不检查")),
)
_WORKING_DAYS, _DAYS = _("个工作日"), _("天")


@dataclass(frozen=True, kw_only=True)
class GoLive(Topic):
    """The go-live switch of a company code and account subject: before it is on, nothing is sent."""

    key = "payments.go_live"
    title = _("上线控制")
    about = _("按公司代码与科目控制是否上线。未上线的付款在授权时暂挂，已授权未发送的也不再发送。")

    is_live: bool = flag(_("已上线"), default=False)


@dataclass(frozen=True, kw_only=True)
class BankProduct(Topic):
    """Which product of the bank carries the payments of a company code and account subject."""

    key = "payments.product"
    title = _("银行产品对应")
    about = _("公司代码与科目对应付款银行的哪一种付款产品。没有对应关系的付款在授权时暂挂。")

    operation: str = choice(
        _("付款产品"),
        default="",
        choices=(
            ("", _("未对应")),
            ("pay_batch", _("批量转账：一个报文多笔")),
            ("pay", _("单笔转账：一个报文一笔")),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class SendWindow(Topic):
    """The house's own hours for sending, beside the bank's and the clearing systems'."""

    key = "payments.send_window"
    title = _("发送时段")
    about = _("本单位允许向银行发送付款的时段。授权不受限制，时段外的付款等到下一时段发送。")

    opens: time = moment(_("开始"), default=time(0, 0), optional=False)
    closes: time = moment(
        _("结束"), default=time(23, 59), optional=False, help=_("23:59 表示到当日结束。")
    )
    working_days_only: bool = flag(_("仅工作日发送"), default=False)

    def check(self) -> None:
        """The window opens before it closes."""
        if self.opens >= self.closes:
            raise InvalidInput("结束时刻应晚于开始时刻", "the window closes first", field="closes")

    def window(self) -> Window:
        """As the router takes it."""
        return Window(self.opens, self.closes, self.working_days_only)


@dataclass(frozen=True, kw_only=True)
class BatchSize(Topic):
    """How many payments go to the bank in one message."""

    key = "payments.batch_size"
    title = _("批次笔数")
    about = _("一个支付指令包含的付款笔数上限；银行自己的上限更小时以银行为准。")

    items_max: int = whole(_("每批最多"), default=100, low=1, high=100, unit=_("笔"))


@dataclass(frozen=True, kw_only=True)
class DuplicateRules(Topic):
    """Windows and actions of the duplicate rules D3–D9 (DOMAIN §3.6); D1 and D2 always block."""

    key = "payments.duplicates"
    title = _("重复付款规则")
    about = _(
        "提交、授权、发送时检查疑似重复付款的时间窗口和处理方式。同一单据、在途指令始终禁止，不可关闭。"
    )

    d3_working_days: int = whole(
        _("D3 相同付款：窗口"), default=5, low=1, high=60, unit=_WORKING_DAYS
    )
    d3_action: str = choice(_("D3 相同付款：处理"), default=HOLD, choices=_ACTIONS)
    d4_working_days: int = whole(
        _("D4 相同收款与金额：窗口"), default=3, low=1, high=60, unit=_WORKING_DAYS
    )
    d4_action: str = choice(_("D4 相同收款与金额：处理"), default=TICK, choices=_ACTIONS)
    d5_days: int = whole(_("D5 相同发票或单据：窗口"), default=365, low=1, high=1830, unit=_DAYS)
    d5_action: str = choice(_("D5 相同发票或单据：处理"), default=HOLD, choices=_ACTIONS)
    d5_contract_action: str = choice(_("D5 相同合同：处理"), default=HOLD, choices=_ACTIONS)
    d6_near_percent: int = whole(_("D6 拆分付款：距上限多近"), default=10, low=1, high=50, unit="%")
    d6_action: str = choice(_("D6 拆分付款：处理"), default=HOLD, choices=_ACTIONS)
    d7_days: int = whole(_("D7 相同清单：窗口"), default=30, low=1, high=366, unit=_DAYS)
    d7_action: str = choice(_("D7 相同清单：处理"), default=HOLD, choices=_ACTIONS)
    d8_days: int = whole(_("D8 同名换账号：窗口"), default=30, low=1, high=366, unit=_DAYS)
    d8_action: str = choice(_("D8 同名换账号：处理"), default=HOLD, choices=_ACTIONS)
    d9_working_days: int = whole(
        _("D9 银行已有扣款：窗口"), default=10, low=1, high=60, unit=_WORKING_DAYS
    )
    d9_action: str = choice(_("D9 银行已有扣款：处理"), default=HOLD, choices=_ACTIONS)
    returned_days: int = whole(_("退票后再付：窗口"), default=30, low=1, high=366, unit=_DAYS)
    returned_action: str = choice(_("退票后再付：处理"), default=HOLD, choices=_ACTIONS)


@dataclass(frozen=True, kw_only=True)
class PayeeControl(Topic):
    """When a payee account that nobody paid yet may be paid (DOMAIN §3.7)."""

    key = "payments.payees"
    title = _("收款方控制")
    about = _(
        "新登记或变更的收款账户，首次付款超过限额时，须先完成回拨核实，或等冷静期结束。冷静期从账户确认或变更生效起算。"
    )

    cool_down_hours: int = whole(_("冷静期"), default=24, low=0, high=720, unit=_("小时"))
    first_payment_limit: Decimal = amount(_("首次付款免核实限额"), default="50000.00")


@dataclass(frozen=True, kw_only=True)
class ScreeningRules(Topic):
    """What is odd about a payment, and how loudly it is said."""

    key = "payments.screening"
    title = _("异常筛查")
    about = _("提交、复核、审批、授权时以平实的文字指出付款的异常之处。")

    first_payment_level: str = choice(_("首次付款"), default=INFORM, choices=_ACTIONS)
    shared_account_level: str = choice(_("账号为多家共用"), default=TICK, choices=_ACTIONS)
    insider_level: str = choice(_("与本单位人员或账户相同"), default=TICK, choices=_ACTIONS)
    near_limit_level: str = choice(_("略低于限额"), default=INFORM, choices=_ACTIONS)
    near_limit_percent: int = whole(_("略低于限额：多近"), default=2, low=1, high=50, unit="%")
    unusual_amount_level: str = choice(_("金额异常"), default=TICK, choices=_ACTIONS)
    amount_times: int = whole(
        _("金额异常：为历史最高额的倍数"), default=3, low=2, high=100, unit=_("倍")
    )
    unusual_time_level: str = choice(_("非工作时间"), default=INFORM, choices=_ACTIONS)
    day_begins: time = moment(_("工作时间开始"), default=time(7, 30))
    day_ends: time = moment(_("工作时间结束"), default=time(20, 0))
    changed_level: str = choice(_("上次付款后资料变更"), default=TICK, choices=_ACTIONS)
    round_sum_level: str = choice(_("大额整数"), default=INFORM, choices=_ACTIONS)
    round_from: Decimal = amount(_("大额整数：起点"), default="100000.00")
    round_to: Decimal = amount(_("大额整数：整到"), default="10000.00", low="1")
    dormant_level: str = choice(_("久未往来"), default=TICK, choices=_ACTIONS)
    dormant_days: int = whole(_("久未往来：天数"), default=180, low=30, high=3660, unit=_DAYS)
    free_typed_level: str = choice(_("手工录入的收款方"), default=TICK, choices=_ACTIONS)
