"""Facts and templates these tests book with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledger.models import VoucherTemplate
from ledger.rules import BookFact, Template, TemplateLine

DAY = date(2026, 11, 24)
PAYMENT = Template(
    event="payment",
    voucher_type="付",
    description="付{counterparty_name} {purpose}",
    lines=(
        TemplateLine(side="debit", subject="{order_subject|2202}", supplier="{counterparty_code}"),
        TemplateLine(side="credit", subject="{account_subject}", is_bank=True),
    ),
)


def a_template(
    template=PAYMENT, *, company=None, subject="", number=1, valid_from=date(2020, 1, 1)
):
    return VoucherTemplate.objects.create(
        event=template.event, company=company, subject=subject, number=number,
        valid_from=valid_from, name="付款", voucher_type=template.voucher_type, lines=template.plain(),
    )  # fmt: skip


def a_fact(account, key="payment:1", amount="1268400.00", **values):
    return BookFact(
        **{
            "event": "payment",
            "posting_key": key,
            "company_id": account.company_id,
            "day": DAY,
            "figures": {"amount": Decimal(amount)},
            "words": {
                "counterparty_name": "江阴恒源化工有限公司", "counterparty_code": "V00001", "purpose": "货款",
                "counterparty_account": "6222000010", "bank_serial": "18000001", "bank_ref": "Y000001",
                "settlement_method": "网银",
            },
            "account_id": account.pk,
            "account_subject": "1002.01",
            "source_kind": "payments.paymentinstruction",
            "source_id": key,
        }
        | values
    )  # fmt: skip
