"""The cashier's way to the bank's own site is gone: no screen sends anybody there, or asks to type there what stands here."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from tests.house.translations import CATALOGUE, ROOT

# What may speak of a bank's site: files and proofs that come from there, payments somebody made there, and the clearing
# system of that name. None of them asks for a step at the bank.
FROM_THERE = {
    "camt.053、MT940 自动识别，网银导出的 CSV 与 Excel 按列映射；先预览全部后果，确认后一次导入。已取得的明细不会重复。",
    "例如：工商银行网银导出",
    "在柜台、网银或以票据支付的付款单；经两人确认后不再支付，并与对账单扣款核对。",
    "款项已在柜台、网银或以票据付出时登记；另一人确认后此单不再支付。",
    "银行书面回复、网银截图等：pdf、ofd、jpg、png、zip，不超过 10 MB；认定失败时必附。",
}
CLEARING = "网银互联"


def test_no_screen_asks_to_copy_anything_to_a_banks_site() -> None:
    with CATALOGUE.open("rb") as file:
        texts = [str(message.id) for message in read_po(file) if message.id]

    said = {text for text in texts if re.search(r"网银|网上银行|银行网站|银行官网", text)}

    assert {text for text in said if CLEARING not in text} == FROM_THERE


def test_no_page_leads_to_another_site() -> None:
    outward = re.compile(r"""(?:href|action|src)=["']https?://""")

    pages = [
        page
        for page in Path(ROOT, "templates").rglob("*.html")
        if outward.search(page.read_text("utf-8"))
    ]

    assert not pages
