"""Open invoices from the finance system's list: judged by row, taken in as one, never re-opening what is booked here."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from receipts.models import Receivable
from receipts.services.supplementing import Line, Said
from tests.receipts.test_pages import as_

HEAD = "公司代码,客户编码,发票号,金额,未付金额,开票日期,合同号"


def a_list(world, *rows: str) -> SimpleUploadedFile:
    lines = [row.replace("C", world.company.code, 1).replace("K", world.customer.code, 1) for row in rows]  # fmt: skip
    return SimpleUploadedFile("open.csv", "\n".join([HEAD, *lines]).encode("gb18030"))


def send(world, *rows: str, user=None) -> tuple[str, str]:
    """Upload; (address of the preview, what it shows)."""
    client = as_(user or world.accountant)
    answer = client.post("/receipts/receivables/new/", {"file": a_list(world, *rows)})
    address = answer.get("Location", "")
    return address, (client.get(address) if address else answer).content.decode()


class TestImport:
    def test_is_looked_at_first_and_taken_in_then(self, world):
        address, shown = send(world, "C,K,inv-1,1000.00,,2026-10-01,HT1", "C,K,INV-2,\"2,000.00\",500,2026/10/02,")  # fmt: skip
        assert not Receivable.objects.exists()
        assert "导入 2 行" in shown

        as_(world.accountant).post(address, {"decision": "take"})

        rows = {one.invoice_no: one.open_amount for one in Receivable.objects.all()}
        assert rows == {"INV-1": Decimal("1000.00"), "INV-2": Decimal("500.00")}

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ("9999,K,INV-1,1,,2026-10-01,", "公司代码 9999 不存在"),
            ("C,NOBODY,INV-1,1,,2026-10-01,", "客户编码「NOBODY」不存在"),
            ("C,K,INV-1,一百,,2026-10-01,", "不是数字"),
            ("C,K,INV-1,1,2,2026-10-01,", "大于发票金额"),
            ("C,K,INV-1,1,,十月,", "不是日期"),
        ],
    )
    def test_a_faulty_row_is_named_and_left_out(self, world, row, words):
        address, shown = send(world, "C,K,GOOD-1,5.00,,2026-10-01,", row)
        assert words in shown

        as_(world.accountant).post(address, {"decision": "take"})

        assert [one.invoice_no for one in Receivable.objects.all()] == ["GOOD-1"]

    def test_what_is_booked_and_not_confirmed_stays_taken_off(self, world):
        address, _shown = send(world, "C,K,INV-1,1000.00,,2026-10-01,")
        as_(world.accountant).post(address, {"decision": "take"})
        line = Line(amount=Decimal("600"), subject="1122", customer_code=world.customer.code, invoice_no="INV-1")  # fmt: skip
        world.booked(world.approved(world.arrive("600.00"), Said(lines=[line])))

        address, _shown = send(world, "C,K,INV-1,1000.00,,2026-10-01,again")
        as_(world.accountant).post(address, {"decision": "take"})

        assert Receivable.objects.get().open_amount == Decimal("400.00")

    def test_the_same_bytes_come_once_and_another_persons_file_is_out_of_sight(self, world):
        address, _shown = send(world, "C,K,INV-1,1000.00,,2026-10-01,")

        _again, words = send(world, "C,K,INV-1,1000.00,,2026-10-01,")

        assert "相同内容不能重复导入" in words
        assert as_(world.other_accountant).get(address).status_code == 404
        assert as_(world.clerk).get("/receipts/receivables/new/").status_code == 403

    def test_dropped_it_changes_nothing(self, world):
        address, _shown = send(world, "C,K,INV-1,1000.00,,2026-10-01,")

        as_(world.accountant).post(address, {"decision": "drop"})

        assert not Receivable.objects.exists()
        assert "没有" in as_(world.clerk).get("/receipts/receivables/?q=x").content.decode()
