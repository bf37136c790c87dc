"""Matches, proposals and acts in words, for pages."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reconciliation import results
from reconciliation.models import Act, Basis
from reconciliation.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciliation.models import Proposal

# Which event the bank's words speak of (strategy patterns) → which voucher the desk offers.
EVENT_OF = {"interest": "interest", "fee": "fee", "tax": "bank_entry"}


def reason_of(row: Proposal) -> str:
    """Why a person is asked: the same words as the command's proposals file."""
    words = results.words()
    if row.reason == "sum_differs":
        return words["sum_differs"].format(row.detail, f"{row.residual:,}")
    if row.reason == "fee":
        return words["fee"].format(f"{row.residual:,}")
    if row.reason == "voucher":
        kinds = {"interest": words["interest"], "tax": words["tax"], "fee": words["bank_fee"]}
        return words["voucher"].format(kinds.get(row.detail, row.detail))
    return words[row.reason]


def proposal_plain(row: Proposal) -> dict[str, Any]:
    """A proposal for the browser."""
    rung = f"M{row.rung}"
    return {
        "id": row.pk,
        "rung": rung,
        "title": str(RULES[rung].title),
        "reason": reason_of(row),
        "bank": row.bank_ids,
        "book": row.book_ids,
        "residual": f"{row.residual:.2f}",
        "event": EVENT_OF.get(row.detail, "bank_entry")
        if row.reason == "voucher"
        else "fee"
        if row.reason == "fee"
        else "",
    }


def kind_word(kind: str) -> str:
    """What an act is called."""
    return {
        Act.Kind.RUN: _("自动勾对"),
        Act.Kind.RETIRE: _("流水被更正或撤回，解除勾对"),
        Act.Kind.CONFIRM: _("人工勾对"),
        Act.Kind.SPLIT: _("拆分勾对"),
        Act.Kind.REFUSE: _("不采用建议"),
        Act.Kind.UNDO: _("撤销"),
    }[Act.Kind(kind)]


def told_acts(acts: Sequence[Act], *, person_id: int | None) -> list[dict[str, Any]]:
    """Acts as the undo stack shows them; `mine` marks the newest of the viewer's own that `U` would undo."""
    undone = dict(
        Act.objects.filter(undoes__in=[act.pk for act in acts]).values_list("undoes_id", "pk")
    )
    rows: list[dict[str, Any]] = []
    is_mine_found = False
    for act in acts:
        can_undo = act.pk not in undone and act.kind not in (Act.Kind.UNDO, Act.Kind.RETIRE)
        is_mine = (
            can_undo
            and not is_mine_found
            and act.kind != Act.Kind.RUN
            and act.actor_id == person_id
        )
        is_mine_found = is_mine_found or is_mine
        rows.append(
            {
                "act": act,
                "word": kind_word(act.kind),
                "who": act.actor_name or _("系统"),
                "is_undone": act.pk in undone,
                "can_undo": can_undo,
                "is_mine": is_mine,
                "count": sum(n for rung, n in act.counts.items() if rung.startswith("M")),
            }
        )
    return rows


def field_word(name: str) -> str:
    """A compared field's heading."""
    return {
        "reference": _("参考号"),
        "amount": _("金额"),
        "direction": _("方向"),
        "day": _("日期"),
        "account": _("对方账号"),
        "name": _("对方户名"),
        "text": _("摘要"),
        "sum": _("合计"),
    }[name]


def tolerance_word(name: str) -> str:
    """A tolerance's name."""
    return {
        "reversal_days": _("冲销相隔天数"),
        "account_workdays": _("相隔工作日"),
        "name_days": _("相隔天数"),
        "amount_days": _("金额勾对相隔天数"),
        "lookalike_days": _("相似流水排除范围（天）"),
        "reference_days": _("参考号有效范围（天）"),
        "mention_days": _("号码有效范围（天）"),
        "number_days": _("短号码有效范围（天）"),
        "tie_pairs_max": _("同号流水上限"),
        "cut_name_min": _("截断户名最短字数"),
        "fee_max": _("手续费上限"),
        "fee_share_max": _("手续费占比上限"),
    }.get(name, name)


def basis_word(name: str) -> str:
    """What a match rests on."""
    return {
        Basis.REFERENCE: _("业务参考号"),
        Basis.MENTION: _("摘要、票号或流水号中的号码"),
        Basis.ACCOUNT: _("对方账号"),
        Basis.NAME: _("对方户名"),
        Basis.TEXT: _("摘要"),
        Basis.REVERSAL: _("冲销"),
        Basis.PERSON: _("人工"),
    }[Basis[name.upper()]]


def values(field: str, told: Sequence[str], *, money_in: str) -> list[str]:
    """A field's values on one side as pages write them."""
    if field in ("amount", "sum"):
        return [f"{Decimal(value):,.2f}" for value in told]
    if field == "direction":
        return [_("▼收") if value == money_in else _("▲付") for value in dict.fromkeys(told)]
    return [value for value in told if value]
