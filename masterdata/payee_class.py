"""What kind of payee a payment goes to: the key of matrix and limits beside its amount (DOMAIN §3.7). Values in, a word out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PayeeClass(StrEnum):
    """Each payment has exactly one; the order of `class_of` settles which."""

    OWN = "own"
    GROUP = "group"
    PERSONAL = "personal"
    WHITELISTED = "whitelisted"
    NEW = "new"
    REGULAR = "regular"


CLASS_NAMES: dict[PayeeClass, str | Promise] = {
    PayeeClass.OWN: _("本公司账户"),
    PayeeClass.GROUP: _("集团内账户"),
    PayeeClass.PERSONAL: _("个人"),
    PayeeClass.WHITELISTED: _("白名单"),
    PayeeClass.NEW: _("新收款方"),
    PayeeClass.REGULAR: _("往来已付"),
}


@dataclass(frozen=True)
class PayeeFacts:
    """What decides the class of one payment's payee."""

    owner_id: int | None  # the company whose own account it is
    company_id: int  # the paying company
    is_personal: bool
    is_whitelisted: bool
    was_paid: bool  # this account, with its present particulars, by anybody of the group


def class_of(payee: PayeeFacts) -> PayeeClass:
    """Own before group before personal before whitelisted; of the rest, who was never paid is new."""
    if payee.owner_id is not None:
        return PayeeClass.OWN if payee.owner_id == payee.company_id else PayeeClass.GROUP
    if payee.is_personal:
        return PayeeClass.PERSONAL
    if payee.is_whitelisted:
        return PayeeClass.WHITELISTED
    return PayeeClass.REGULAR if payee.was_paid else PayeeClass.NEW
