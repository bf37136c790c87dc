"""Sample values for the page that shows every component; no queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from desk.pages import Chip, Head, Total
from desk.rows import Column, row_html
from desk.words import STATES
from kernel import clock


class SampleForm(forms.Form):
    """A form with each kind of field."""

    name = forms.CharField(label="收款人户名", help_text="与开户许可证一致")
    account = forms.CharField(label="收款账号", required=False)
    kind = forms.ChoiceField(label="账户类型", choices=[("basic", "基本户"), ("general", "一般户")])


class _Sample:
    key, title, size, selectable, amount, can_export = (
        "desk.sample",
        "付款单",
        50,
        True,
        "amount",
        False,
    )


COLUMNS = [
    Column("order_no", "付款单号", kind="code", link=lambda row: "#"),
    Column("payer", "付款账号", kind="account"),
    Column("payee_name", "收款人"),
    Column("payee", "收款账号", kind="account"),
    Column("amount", "金额", kind="money", sort="amount", note="currency"),
    Column("state", "状态", kind="state"),
    Column("purpose", "用途"),
    Column("made", "制单时间", kind="datetime", sort="made"),
]
PAYEES = [
    "上海宏远机电设备有限公司",
    "杭州锦程物流有限公司",
    "深圳市𬱖晟电子科技有限公司",
    "北京中咨会计师事务所（特殊普通合伙）",
    "国网上海市电力公司",
]


def _row(at: int) -> dict[str, Any]:
    states = list(STATES)
    return {
        "pk": at,
        "order_no": f"PO20261123{at:05d}",
        "payer": "455912345678901",
        "payee_name": PAYEES[at % 5],
        "payee": f"31050161393600{at:05d}",
        "amount": Decimal("1268400.00") / (at + 1) if at != 6 else Decimal("-3500.25"),
        "currency": "CNY" if at % 7 else "USD",
        "state": states[at % 18],
        "purpose": "货款" if at % 2 else "设备采购款（合同 HT-2026-0138）",
        "made": clock.now() - timedelta(minutes=7 * at),
    }


def _nodes(moment: datetime) -> list[dict[str, Any]]:
    return [
        {"title": "制单", "who": "王小萌", "when": moment - timedelta(hours=5)},
        {
            "title": "复核",
            "who": "李建国",
            "when": moment - timedelta(hours=4),
            "duration": "58 分钟",
        },
        {"title": "授权", "who": "陈丽", "when": moment - timedelta(hours=3)},
        {
            "title": "发送",
            "who": "系统",
            "when": moment - timedelta(hours=2),
            "note": "指令 Y0100000001X",
        },
        {
            "title": "结果未知",
            "tone": "unknown",
            "when": moment,
            "note": "下次查询 10:57；银行未答复前不会重发",
        },
        {"title": "回单", "future": True, "note": "待银行返回结果"},
    ]


def _chart(moment: datetime) -> dict[str, Any]:
    return {
        "type": "line",
        "x": [(moment - timedelta(days=13 - n)).strftime("%m-%d") for n in range(14)],
        "series": [
            {
                "name": "余额",
                "data": [str(98200000 + n * n * 310000 % 7300000) for n in range(14)],
            }
        ],
    }


def sample() -> dict[str, Any]:
    """Everything desk/styleguide.html reads."""
    rows = [_row(at) | {"amount": _row(at)["amount"].quantize(Decimal("0.01"))} for at in range(18)]
    html = "".join(
        row_html(COLUMNS, row, selectable=True, amount="amount", currency="currency", url="#")
        for row in rows
    )
    form = SampleForm({"name": "", "account": "6222 0000", "kind": "basic"})
    moment = clock.now()
    return {
        "page": _Sample,
        "heads": [
            Head(c, "?sort=x" if c.sort else "", "descending" if c.sort == "made" else "none")
            for c in COLUMNS
        ],
        "rows_html": mark_safe(html),  # noqa: S308 - built by desk.rows
        "row_count": len(rows),
        "chips": [Chip("状态", "待复核、待审批", "?"), Chip("金额", "1,000.00 ~ …", "?")],
        "page_totals": [Total("CNY", 16, Decimal("4120083.66"))],
        "totals": [
            Total("CNY", 250, Decimal("38426190.75")),
            Total("USD", 3, Decimal("120000.00")),
        ],
        "count": "253",
        "next_url": "?after=x",
        "sizes": [(n, "?") for n in (20, 50, 100, 200)],
        "states": list(STATES),
        "form": form,
        "amount": Decimal("1268400.00"),
        "rows": rows[:5],
        "steps": [_("上传文件"), _("核对预览"), _("确认导入")],
        "nodes": _nodes(moment),
        "chart": _chart(moment),
    }
