"""Receipts of the demo group: a sales office with its schedule, open invoices, voucher templates, the U8 that books them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erpbridge.services import seeding as erp
from kernel import clock
from ledger.rules import Template, TemplateLine
from masterdata import people_selectors
from masterdata import selectors as masterdata
from masterdata.services import people as clients
from masterdata.services import strategy
from receipts.services import seeding
from receipts.topics import BATCH, Receiving
from yqlink.management import demo_templates

if TYPE_CHECKING:
    from masterdata.models import Company, User

_NOTE = "演示数据"
ACCOUNT = "320766254501"
_PARTS = (
    TemplateLine(side="debit", subject="6603", figure="fee"),
    TemplateLine(
        side="credit",
        subject="{customer_subject}",
        figure="amount+fee",
        customer="{counterparty_code}",
        cash_flow_item="{cash_flow_item}",
    ),
)
_TEMPLATES = (
    (
        "收款",
        Template(
            event="receipt",
            voucher_type="收",
            description="收{counterparty_name} {invoice_no}",
            lines=(
                TemplateLine(side="debit", subject="{account_subject}", is_bank=True),
                *_PARTS,
            ),
        ),
    ),
    (
        "挂账收款认领",
        Template(
            event="suspense_cleared",
            voucher_type="转",
            description="认领{counterparty_name} {invoice_no}",
            lines=(TemplateLine(side="debit", subject="{suspense_subject}"), *_PARTS),
        ),
    ),
)
# customer, invoice, amount, days ago
_INVOICES = (
    ("C0001", "INV-2026-0012", "120000.00", 34),
    ("C0001", "INV-2026-0019", "86400.00", 12),
    ("C0002", "INV-2026-0014", "45000.00", 41),
    ("C0002", "INV-2026-0021", "38500.50", 20),
    ("C0002", "INV-2026-0025", "12300.00", 9),
    ("C0003", "INV-2026-0016", "210000.00", 27),
    ("C0005", "INV-2026-0023", "560000.00", 15),
)
# seconds after the bank opens, amount, payer, its account, its bank, what it says
_CREDITS = (
    (5, "120000.00", "上海远东纺织进出口有限公司", "448173920561", "中国银行", "货款 INV-2026-0012"),
    (8, "95800.50", "杭州云峰电子商务有限公司", "3310010010120100283746", "浙商银行", "11月货款"),
    (11, "209990.00", "宁波东海船舶配件有限公司", "3901120009200146385", "中国工商银行", "配件款"),
    (14, "33000.00", "合肥中科精密制造有限公司", "34001458608053007129", "中国建设银行", "预付款"),
    (17, "8600.00", "李建国", "6217001210012345678", "中国建设银行", "转账"),
    (20, "500000.00", "澄江化工科技有限公司", "320766254519", "中国银行", "内部调拨"),
    (600, "86400.00", "上海远东纺织进出口有限公司", "448173920561", "中国银行", "货款"),
    (1500, "300000.00", "青岛海宏轮胎有限公司", "38010188000617243", "中国光大银行", "INV-2026-0023 部分货款"),
)  # fmt: skip
CREDITS = [
    {
        "after_s": after, "account": ACCOUNT, "amount": amount, "name": name, "number": number, "bank": bank,
        "purpose": purpose,
    }
    for after, amount, name, number, bank, purpose in _CREDITS
]  # fmt: skip


def lay_down(companies: Mapping[str, Company], people: Mapping[str, User], *, folder: Path) -> None:
    """All of it, once; the exchange folder of U8 follows the demo's."""
    group = companies["1000"]
    demo_templates.lay_down(_TEMPLATES)
    strategy.decide_once(
        Receiving, {"booking": BATCH, "fee_tolerance": "20.00"}, company=group, source_note=_NOTE
    )
    _office(group, people)
    today = clock.today()
    seeding.ensure_receivables(
        {
            "company_id": group.pk,
            "customer": masterdata.counterparty_by_code(customer),
            "invoice_no": number,
            "contract_no": f"HT-{customer}-2026",
            "amount": Decimal(amount),
            "issued_on": today - timedelta(days=ago),
        }
        for customer, number, amount, ago in _INVOICES
    )
    client = people_selectors.client_named("U8 总账")
    if client is None:
        client = clients.issue_client(
            name="U8 总账",
            source_system="u8_gl",
            companies=[group],
            rights=frozenset(
                {"payments.view", "statements.view", "ledger.view", "vouchers.acknowledge"}
            ),
            acts_for=people["erp_u8"],
        ).client
    erp.ensure_file_system(
        client, root=folder / "u8", profile="u8", kinds=["voucher", "arrival_notice"]
    )


def _office(group: Company, people: Mapping[str, User]) -> None:
    account = masterdata.account_by_number(ACCOUNT, scope=masterdata.system_scope())
    said: dict[str, Any] = {
        "company_id": group.pk,
        "code": "BSC-SH",
        "name": "上海办事处",
        "account_id": account.pk if account else None,
        "card_number": "6222021001098765432",
        "card_holder": people["clerk1"].display_name,
        "partner_code": "",
        "customer_codes": ["C0001", "C0002", "C0003"],
        "people": [people["clerk1"].pk, people["clerk2"].pk],
        "is_active": True,
        "office_id": None,
    }
    office = seeding.ensure_office(said)
    seeding.ensure_schedule(
        {
            "office_id": office.pk,
            "title": "上海办事处每日取数",
            "times": ["09:30", "11:30", "14:00", "16:30"],
            "days": "every",
            "valid_from": (clock.today() - timedelta(days=1)).isoformat(),
            "valid_to": None,
            "is_active": True,
        },
        looked_at=clock.now() - timedelta(days=1),  # the last moment is made up at once
    )
