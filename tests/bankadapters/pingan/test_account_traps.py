"""The traps of Ping An's account queries, each by name: sections 4 and 6 of its sheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Inquiry
from bankadapters.errors import QueryFailed, Unreadable
from tests.bankadapters.pingan.values import (
    PAYER,
    VOUCHER,
    asking,
    echoing,
    fields,
    framed,
    golden,
    result,
)

DAY = date(2025, 1, 15)
ACCOUNT = AccountRef(PAYER)
SINGLE = [Inquiry(VOUCHER, operation=Ability.PAY)]


class TestAccounts:
    def test_balance_is_what_is_available_and_totalamount_what_is_booked(self):
        adapter, _ = asking(echoing(golden("balance_answer")))

        (balance,) = adapter.balances([ACCOUNT])

        assert (balance.book, balance.available) == (Decimal("10000.00"), Decimal("9800.00"))
        assert balance.currency == "CNY"

    def test_history_takes_day_and_account_from_the_question(self):
        body = result(fields(HisBalance="9.00", HisBookBalance="10.00"))
        adapter, transport = asking(echoing(body), echoing(body))

        found = adapter.history_balances(ACCOUNT, date(2025, 1, 13), date(2025, 1, 14))

        assert [(b.as_of.day, b.account, b.book) for b in found] == [
            (13, PAYER, Decimal("10.00")), (14, PAYER, Decimal("10.00")),
        ]  # fmt: skip
        assert len(transport.requests) == 2

    def rows(self, *rows: str, end: str = "Y", page: str = "1") -> bytes:
        top = fields(AcctNo=PAYER, CcyCode="RMB", EndFlag=end, PageNo=page, PageRecCount="1")
        return result(top + "".join(f"<list>{row}</list>" for row in rows))

    def row(self, side: str = "D", **more: str) -> str:
        values = {
            "AcctDate": "20250115", "TxTime": "101500", "HostTrace": "77", "BussSeqNo": "88", "DetailSerialNo": "1",
            "OutAcctNo": PAYER, "OutAcctName": "示例公司", "OutBankName": "平安银行", "InAcctNo": "62", "InAcctName": "收款公司",
            "InBankName": "工商银行", "CcyCode": "RMB", "TranAmount": "300.00", "DcFlag": side, "AcctBalance": "700.00",
            "Purpose": "货款", "AbstractStr": "转账", "CVoucherNo": "",
        }  # fmt: skip
        return fields(**(values | more))

    def test_both_parties_are_given_and_the_side_tells_which_is_the_other(self):
        page = (
            asking()[0]
            .read(Ability.TRANSACTIONS, framed(self.rows(self.row("D"), self.row("C"))))
            .page
        )

        assert [(x.direction, x.counterparty_account, x.counterparty_bank) for x in page.lines] == [
            (Direction.DEBIT, "62", "工商银行"), (Direction.CREDIT, PAYER, "平安银行"),
        ]  # fmt: skip
        assert page.lines[0].bank_serial == "77-1"
        assert (page.lines[0].account, page.lines[0].reference) == (PAYER, "")

    def test_no_rows_is_a_code_and_not_an_error(self):
        adapter, _ = asking(echoing(b"", code="MA0103"))

        assert adapter.transactions(ACCOUNT, DAY, DAY).lines == []

    def test_the_same_code_of_a_status_query_is_an_error(self):
        adapter, _ = asking(echoing(b"", code="MA0103"))

        with pytest.raises(QueryFailed):
            adapter.inquire(SINGLE)

    def test_pages_follow_until_the_end_flag(self):
        adapter, transport = asking(
            echoing(self.rows(self.row(), end="N")), echoing(self.rows(self.row(), page="2"))
        )

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor)

        assert last.next == ""
        assert b"<PageNo>2</PageNo><PageSize>100</PageSize>" in transport.requests[1]

    @pytest.mark.parametrize(
        "changes",
        [
            {"TranAmount": ""},
            {"TranAmount": "-1.00"},
            {"AcctDate": ""},
            {"side": "X"},
            {"TxTime": "9"},
        ],
    )
    def test_a_row_that_says_too_little_is_unreadable(self, changes):
        with pytest.raises(Unreadable):
            asking()[0].read(Ability.TRANSACTIONS, framed(self.rows(self.row(**changes))))

    def test_a_page_without_its_end_flag_is_unreadable(self):
        with pytest.raises(Unreadable, match="EndFlag"):
            asking()[0].read(Ability.TRANSACTIONS, framed(self.rows(self.row(), end="")))
