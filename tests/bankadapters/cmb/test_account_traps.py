"""The traps of China Merchants Bank's account queries, each by name: sections 4 (a), (b), (g) and 9 of its sheet."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction
from bankadapters.errors import Unreadable
from kernel.money import Money
from tests.bankadapters.cmb.values import PAYER, a_row, an_answer, asking, golden

DAY = date(2024, 6, 11)
ACCOUNT = AccountRef(PAYER)


class TestAccounts:
    def entry(self, **fields: str) -> bytes:
        values = {"ETYDAT": "20240611", "ETYTIM": "093015", "AMTCDR": "D", "TRSAMTD": "1088.50"}
        return an_answer(a_row("NTQTSINFZ", **(values | fields)))

    def read(self, answer: bytes):
        return asking()[0].read(Ability.TRANSACTIONS, answer).page

    def test_a_bad_account_among_good_ones_hides_nothing(self):
        adapter, _ = asking(golden("balance_answer"))

        (balance,) = adapter.balances([ACCOUNT, AccountRef("571900000010102")])

        assert (balance.book, balance.available, balance.frozen) == (
            Decimal("1400.00"), Decimal("1350.25"), Decimal("49.75"),
        )  # fmt: skip

    def test_the_book_balance_is_onlblv_and_never_yesterdays(self):
        virtual = a_row(
            "NTQADINFZ", ACCNBR=PAYER, CCYNBR="10", ONLBLV="5.00", ACCBLV="9.00", INTCOD="S"
        )

        (balance,) = asking()[0].read(Ability.BALANCE, an_answer(virtual)).balances

        assert balance.book == Decimal("5.00")

    def test_display_fields_and_unknown_blocks_are_ignored(self):
        answer = self.entry(C_TRSAMT="1,088.50", C_TRSBLV="8,100,566,936.82", APDFLG="N").replace(
            b"</CMBSDKPGK>", b"<NEWBLOCK><X>1</X></NEWBLOCK></CMBSDKPGK>"
        )

        (line,) = self.read(answer).lines

        assert line.money == Money(Decimal("1088.50"))

    def test_children_come_in_any_order_and_empty_ones_may_be_absent(self):
        (line,) = self.read(golden("transactions_answer")).lines

        assert (line.direction, line.reference, line.bank_serial) == (
            Direction.DEBIT, "P20240611000001", "K0001100000001C",
        )  # fmt: skip
        assert line.booked_at.isoformat() == "2024-06-11T09:30:15+08:00"
        assert line.balance_after == Decimal("311.50")

    @pytest.mark.parametrize(
        "fields",
        [
            {"TRSAMTC": "5.00"},
            {"TRSAMTD": "", "TRSAMTC": "5.00"},
            {"TRSAMTD": ""},
            {"TRSAMT": "5.00"},
            {"AMTCDR": "X"},
            {"ETYDAT": ""},
            {"ETYTIM": "256199"},
            {"TRSAMTD": "-1.00"},
        ],
    )
    def test_an_entry_that_contradicts_itself_is_unreadable(self, fields):
        with pytest.raises(Unreadable):
            self.read(self.entry(**fields))

    def test_trsamt_exists_in_newer_answers_only(self):
        assert self.read(self.entry(TRSAMT="1088.50")).lines[0].money.amount == Decimal("1088.50")
        assert self.read(self.entry(TRSAMTD="", TRSAMT="7.00")).lines[0].money.amount == Decimal(
            "7.00"
        )

    def test_a_day_goes_on_after_the_highest_sequence_and_the_next_begins_anew(self):
        def page(goes_on: str, sequence: str) -> bytes:
            block = a_row("NTRBPTRSZ1", COTFLG=goes_on, TRSSEQ=sequence, CRTNBR="12345", DBTNBR="1")
            return self.entry().replace(b"</CMBSDKPGK>", block.encode() + b"</CMBSDKPGK>")

        adapter, transport = asking(page("Y", "100"), page("N", "130"), an_answer())
        days = (DAY - timedelta(days=1), DAY)

        cursor = adapter.transactions(ACCOUNT, *days).next
        cursor = adapter.transactions(ACCOUNT, *days, cursor=cursor).next
        last = adapter.transactions(ACCOUNT, *days, cursor=cursor)

        asked = [r.split(b"<TRSDAT>")[1].split(b"</SDK")[0] for r in transport.requests]
        assert asked == [
            b"20240610</TRSDAT><TRSSEQ></TRSSEQ>",
            b"20240610</TRSDAT><TRSSEQ>101</TRSSEQ>",
            b"20240611</TRSDAT><TRSSEQ></TRSSEQ>",
        ]
        assert last.next == ""

    def test_answers_hold_characters_beyond_gbk(self):
        (line,) = self.read(self.entry(RPYNAM="𠮷田公司")).lines

        assert line.counterparty_name == "𠮷田公司"

    def test_receipts_of_both_kinds_are_read_because_reading_moves_them(self):
        index = a_row("CSRRCFDFZ1", ISTNBR="0000000000009", CHKCOD="A")
        block = a_row(
            "CPRRCRTNX1",
            ISTNBR="0000000000009",
            TRSAMT="8.00",
            CCYNBR="10",
            RTNDAT="20240612",
            ISUDAT="20240611",
        )
        fee = a_row("CSRRCFDFZ1", ISTNBR="0000000000010") + a_row(
            "ABFEEPRTZ1", ISTNBR="0000000000010", AMTTRS="5.00", SYSDAT="20240611"
        )
        adapter, transport = asking(an_answer(index, block), an_answer(fee))

        found = adapter.receipts(ACCOUNT, DAY, DAY)

        assert [r.split(b"<RRCFLG>")[1][:1] for r in transport.requests] == [b"1", b"2"]
        assert [(r.receipt_no, r.money.amount, r.direction, r.booked_at) for r in found] == [
            ("0000000000009", Decimal("8.00"), Direction.CREDIT, date(2024, 6, 12)),
            ("0000000000010", Decimal("5.00"), Direction.DEBIT, DAY),
        ]

    def test_a_receipt_of_a_kind_nobody_described_is_still_listed(self):
        index = a_row("CSRRCFDFZ1", ISTNBR="7")

        (receipt,) = asking()[0].read(Ability.RECEIPT_LIST, an_answer(index)).receipts

        assert (receipt.receipt_no, receipt.money, receipt.direction) == ("7", None, None)
