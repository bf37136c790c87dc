"""Voucher templates of the demo group: laid down once, in force from long ago."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.rules import Template, TemplateLine
from ledger.services import templates
from ledger.services.templates import TemplateDraft

_BANK_IN = TemplateLine(side="debit", subject="{account_subject}", is_bank=True)
_BANK_OUT = TemplateLine(side="credit", subject="{account_subject}", is_bank=True)
# What the matching desk drafts from a bank line nobody booked.
OF_BANK_LINES = (
    (
        "银行手续费",
        Template(
            event="fee",
            voucher_type="付",
            description="{narrative|银行手续费}",
            lines=(TemplateLine(side="debit", subject="6603.02"), _BANK_OUT),
        ),
    ),
    (
        "存款利息",
        Template(
            event="interest",
            voucher_type="收",
            description="{narrative|存款利息}",
            lines=(_BANK_IN, TemplateLine(side="credit", subject="6603.01")),
        ),
    ),
    (
        "银行代扣",
        Template(
            event="bank_entry",
            voucher_type="付",
            description="{narrative|银行代扣} {counterparty_name}",
            lines=(TemplateLine(side="debit", subject="2241"), _BANK_OUT),
        ),
    ),
)


def lay_down(named: Iterable[tuple[str, Template]]) -> None:
    """Templates of the whole group; those that are there stay."""
    for name, template in named:
        draft = TemplateDraft(
            template=template, name=name, valid_from=date(2020, 1, 1), source_note="演示数据"
        )
        if templates.in_force(draft) is None:
            templates.lay_down(draft)
