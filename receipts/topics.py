"""What a company may decide about its receipts; the strategy keeps it by company and account subject."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from masterdata.topics import Topic
from masterdata.typed import amount, choice, flag, text, whole

SINGLE, BATCH = "single", "batch"
BATCH_MAX = 100  # receipts a voucher at most: the customer's size of a batch (DOMAIN §1)


@dataclass(frozen=True, kw_only=True)
class Receiving(Topic):
    """How arrivals become vouchers: what a supplement must say, one voucher a receipt or one for many, what is tolerated."""

    key = "receipts.receiving"
    title = _("收款处理")
    about = _("到款补录的必填内容、入账方式，以及未认领款项的时限。")

    booking: str = choice(
        _("入账方式"),
        default=SINGLE,
        choices=((SINGLE, _("单笔入账（一笔一张凭证）")), (BATCH, _("批量入账（多笔一张凭证）"))),
    )
    books_by_itself: bool = flag(_("复核通过后自动入账"), default=False)
    needs_contract: bool = flag(_("必须填写合同号"), default=False)
    needs_invoice: bool = flag(_("必须填写发票号"), default=False)
    needs_cash_flow: bool = flag(_("必须填写现金流量项目"), default=False)
    customer_subject: str = text(
        _("应收科目"), default="1122", longest=15, help=_("补录时默认的对方科目。")
    )
    suspense_subject: str = text(
        _("挂账科目"), default="2241", longest=15, help=_("未认领款项暂记的科目，如其他应付款。")
    )
    fee_tolerance: Decimal = amount(
        _("短付手续费上限"), default="0.00", help=_("客户短付不超过此数的部分可记入手续费。")
    )
    unclaimed_days: int = whole(
        _("未认领提醒"),
        default=3,
        low=1,
        high=365,
        unit=_("天"),
        help=_("到款超过天数仍未认领时提醒。"),
    )
    settlement_method: str = text(_("结算方式"), default="网银", longest=20)
