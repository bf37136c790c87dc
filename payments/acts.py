"""What people may do with an order: one literal table, read by pages, confirm dialogs and bulk acts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.scope import Scope
from payments.models import PaymentOrder
from payments.states import OrderState

_BEFORE_RELEASE = ("pending_check", "pending_approval", "pending_release")


@dataclass(frozen=True)
class Act:
    """One act: who may (any of `rights`), on orders showing which states, and how its confirm page speaks."""

    name: str
    verb: str | Promise
    rights: tuple[str, ...]
    states: tuple[str, ...]
    wants_why: bool = False
    tone: str = "primary"
    warning: str | Promise = ""
    maker_only: bool = False
    not_maker: bool = False
    is_after_release: bool | None = (
        None  # None: either; `held` is a state of both sides of the release
    )
    wants_step_up: bool = False  # the second factor is given again for it


ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("submit", _("提交复核"), ("payments.make",), ("draft",), maker_only=True),
        Act("check", _("复核通过"), ("payments.check",), ("pending_check",), not_maker=True),
        Act(
            "approve",
            _("审批通过"),
            ("payments.approve",),
            ("pending_approval",),
            not_maker=True,
            wants_step_up=True,
        ),
        Act(
            "release",
            _("授权付款"),
            ("payments.release",),
            ("pending_release",),
            tone="danger",
            warning=_("授权后系统即向银行发送，发送后无法撤回。"),
            not_maker=True,
            wants_step_up=True,
        ),
        Act(
            "lift",
            _("解除暂挂"),
            ("payments.lift_hold",),
            ("held",),
            wants_why=True,
            warning=_("请先核实并非重复付款；原因将永久记录。"),
            not_maker=True,
            is_after_release=False,
            wants_step_up=True,
        ),
        Act(
            "resume",
            _("恢复发送"),
            ("payments.release", "payments.lift_hold"),  # which one is wanted depends on the reason
            ("held",),
            wants_why=True,
            tone="danger",
            warning=_("恢复后系统即按当前汇路向银行发送。"),
            not_maker=True,
            is_after_release=True,
            wants_step_up=True,
        ),
        Act(
            "return",
            _("退回制单"),
            ("payments.check", "payments.approve", "payments.release", "payments.lift_hold"),
            (*_BEFORE_RELEASE, "held"),
            wants_why=True,
            tone="plain",
            is_after_release=False,
        ),
        Act(
            "reissue",
            _("按新数据重付"),
            ("payments.make",),
            ("failed", "returned"),
            wants_why=True,
            tone="plain",
            warning=_("将以新的指令流水号重新走复核、审批、授权。"),
        ),
        Act(
            "void",
            _("作废"),
            ("payments.make", "payments.check"),
            ("draft", "rejected", *_BEFORE_RELEASE, "held"),
            wants_why=True,
            tone="plain",
            is_after_release=False,
        ),
        Act(
            "cancel",
            _("撤销发送"),
            ("payments.cancel",),
            ("queued", "held"),
            wants_why=True,
            tone="plain",
            warning=_("只有尚未发送的指令可以撤销。"),
            is_after_release=True,
        ),
    )
}


def may_approve(order: PaymentOrder, scope: Scope) -> bool:
    """Whether the viewer holds one of the duties the next approval is for."""
    return not order.next_roles or bool(scope.roles_in(order.company_id) & set(order.next_roles))


def offered(order: PaymentOrder, *, scope: Scope) -> list[Act]:
    """The acts the viewer may do with the order now; the services decide again."""
    is_maker = order.maker is not None and order.maker.person_key == scope.person_key
    found = []
    for act in ACTS.values():
        may = any(scope.has(right, order.company_id) for right in act.rights)
        if not may or order.shown_state not in act.states:
            continue
        is_released = order.state == OrderState.RELEASED
        if act.is_after_release not in (None, is_released):
            continue
        if (act.maker_only and not is_maker) or (act.not_maker and is_maker):
            continue
        if act.name == "approve" and not may_approve(order, scope):
            continue
        found.append(act)
    return found
