"""What a message to a bank is about, in words, whatever the bank calls it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ABILITY_WORDS: dict[str, str | Promise] = {
    "sign_on": _("签到"),
    "sign_off": _("签退"),
    "account_list": _("账户列表"),
    "balance": _("余额查询"),
    "history_balance": _("历史余额"),
    "transactions": _("交易明细"),
    "pay": _("单笔付款"),
    "pay_batch": _("批量付款"),
    "payroll": _("代发"),
    "inquire": _("付款结果查询"),
    "inquire_batch": _("批量付款结果查询"),
    "inquire_payroll": _("代发结果查询"),
    "sweep": _("归集"),
    "receipt_list": _("电子回单列表"),
    "receipt_file": _("电子回单文件"),
}
