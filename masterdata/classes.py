"""Words by which rules tell payments and payees apart; one list for the approval matrix, the limits and the payments."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentType(models.TextChoices):
    """What a payment is for."""

    SUPPLIER = "supplier", _("供应商付款")
    INTERNAL = "internal", _("内部调拨")
    PAYROLL = "payroll", _("代发")


class PayeeClass(models.TextChoices):
    """Who is paid, from the safest to the one that wants the closest look (DOMAIN §3.7).

    Whitelisted: put there by two people, or paid before and not changed since; new: neither.
    """

    OWN = "own", _("本公司账户")
    GROUP = "group", _("集团内账户")
    WHITELISTED = "whitelisted", _("白名单：由两人列入，或曾付款成功且资料未变")
    NEW = "new", _("新收款方")
    PERSONAL = "personal", _("对私")
