"""What a company may decide about its books; the strategy keeps it by company and account subject."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from masterdata.topics import Topic
from masterdata.typed import flag, text


@dataclass(frozen=True, kw_only=True)
class Booking(Topic):
    """Whether facts are booked by themselves, and the words the books use for them."""

    key = "ledger.booking"
    title = _("自动记账")
    about = _("付款成功并与对账单核对后，是否按凭证模板自动记账；退票时自动红冲。")

    books_payments: bool = flag(_("付款自动记账"), default=False)
    settlement_method: str = text(
        _("结算方式"),
        default="网银",
        longest=20,
        help=_("写入凭证的结算方式，如财务系统中的编码。"),
    )
