"""The traps of Industrial Bank's account queries, each by name: sections 4, 9 and the notes from real messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction
from bankadapters.errors import QueryFailed, Unreadable
from tests.bankadapters.cib.values import PAYER, asking, echoing, fields, golden

DAY = date(2024, 6, 10)
ACCOUNT = AccountRef(PAYER)


class TestBalances:
    def test_the_status_of_the_account_is_not_that_of_the_answer(self):
        (found,) = asking()[0].read(Ability.BALANCE, golden("balance_answer")).balances

        assert (found.account, found.currency) == (PAYER, "CNY")
        assert (found.book, found.available) == (Decimal("5000.00"), Decimal("4800.00"))

    def test_a_refused_history_is_empty_and_not_zero(self):
        adapter, _ = asking(echoing("<HISBALQUERYRS/>"))

        assert adapter.history_balances(ACCOUNT, DAY, DAY) == []

    def test_days_of_the_history_are_told(self):
        details = (
            f"<DETAILS><DETAIL>{fields(HISBALANCE='7.00', DTFLOW='2024-6-10')}</DETAIL></DETAILS>"
        )
        inside = f"<HISBALQUERYINFO>{fields(ACCTID=PAYER)}{details}</HISBALQUERYINFO>"
        adapter, _ = asking(echoing(f"<HISBALQUERYRS>{inside}</HISBALQUERYRS>"))

        (found,) = adapter.history_balances(ACCOUNT, DAY, DAY)

        assert (found.as_of, found.book) == (DAY, Decimal("7.00"))


class TestEntries:
    def row(self, **changes: str) -> str:
        values = {
            "SRVRTID": "99990001", "TRNTYPE": "DEBIT", "DTACCT": "2024-06-10T10:20:30", "TRNAMT": "200.00", "BALAMT": "4800.00",
            "CURRENCY": "RMB", "ATTACHINFO": "2024061100000000001000001", "HXJYLSBH": "H1", "SUMMNAME": "汇款", "PURPOSE": "货款",
        }  # fmt: skip
        return f"<STMTTRN>{fields(**(values | changes))}</STMTTRN>"

    def page(self, *rows: str, more: str = "N", code: str = "0"):
        listed = f"<TRANLIST MORE='{more}'>{''.join(rows)}</TRANLIST>" if rows else ""
        account = f"<ACCTFROM>{fields(ACCTID=PAYER)}</ACCTFROM>"
        return echoing(
            f"<SCUSTSTMTRS><CURDEF>RMB</CURDEF>{account}{listed}</SCUSTSTMTRS>", code=code
        )

    def read(self, *rows: str):
        return asking(self.page(*rows))[0].transactions(ACCOUNT, DAY, DAY).lines

    def test_the_sheets_answer_is_read(self):
        (line,) = asking()[0].read(Ability.TRANSACTIONS, golden("entries_answer")).page.lines

        assert (line.direction, line.money.amount) == (Direction.DEBIT, Decimal("200.00"))
        assert line.bank_serial == "2024061100000000001000001"
        assert (line.counterparty_name, line.purpose) == ("示例供应商", "货款")

    def test_a_negative_amount_is_a_reversal(self):
        debit, credit = self.read(
            self.row(TRNAMT="-200.00", ATTACHINFO="1"),
            self.row(TRNTYPE="CREDIT", TRNAMT="-200.00", ATTACHINFO="2"),
        )

        assert (debit.direction, credit.direction) == (Direction.CREDIT, Direction.DEBIT)
        assert debit.money.amount == credit.money.amount == Decimal("200.00")

    def test_the_unique_number_is_no_date_and_the_tellers_serial_not_unique(self):
        first, second = self.read(
            self.row(ATTACHINFO="2024061100000000001000001"),
            self.row(ATTACHINFO="", HXJYLSBH="H2"),
        )

        assert (first.bank_serial, second.bank_serial) == ("2024061100000000001000001", "H2")
        assert first.booked_at.date() == DAY

    @pytest.mark.parametrize(
        "value",
        ["2024-06-10T10:20:30", "2024-6-10T10:20:30", "20240610T102030", "2024-06-10 10:20:30"],
    )
    def test_moments_come_in_several_spellings(self, value):
        (line,) = self.read(self.row(DTACCT=value))

        assert f"{line.booked_at:%Y%m%d%H%M%S}" == "20240610102030"

    @pytest.mark.parametrize("code", ["6421", "2001", "2100", "4917", "20203"])
    def test_no_rows_is_a_code_and_not_an_error(self, code):
        adapter, _ = asking(self.page(code=code))

        assert adapter.transactions(ACCOUNT, DAY, DAY).lines == []

    def test_a_timeout_of_the_query_is_an_error_to_try_again(self):
        with pytest.raises(QueryFailed):
            asking(self.page(code="1740"))[0].transactions(ACCOUNT, DAY, DAY)

    def test_pages_follow_while_the_list_says_more(self):
        adapter, transport = asking(self.page(self.row(), more="Y"), self.page(self.row()))

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor)

        assert last.next == ""
        assert b"<PAGE>2</PAGE>" in transport.requests[1]

    @pytest.mark.parametrize(
        "changes", [{"TRNTYPE": "X"}, {"TRNAMT": ""}, {"TRNAMT": "0.00"}, {"DTACCT": ""}]
    )
    def test_a_row_that_says_too_little_is_unreadable(self, changes):
        with pytest.raises(Unreadable):
            self.read(self.row(**changes))

    def test_a_list_that_does_not_say_whether_it_ends_is_unreadable(self):
        with pytest.raises(Unreadable, match="MORE"):
            asking(self.page(self.row(), more=""))[0].transactions(ACCOUNT, DAY, DAY)


class TestReceipts:
    def job(self, status: str):
        return echoing(f"<RSBODY>{fields(ACCTID=PAYER, CLT_REF_NO='R', STATUS=status)}</RSBODY>")

    def files(self, *names: str, more: str = "N"):
        rows = "".join(
            f"<CONTENT>{fields(FILE_ID=n, FILE_NAME=f'{n}.zip')}</CONTENT>" for n in names
        )
        return echoing(f"<RSBODY MORE='{more}'><STATUS>2</STATUS>{rows}</RSBODY>")

    def test_a_job_that_failed_is_made_again_under_another_number(self):
        adapter, transport = asking(self.job("3"), self.job("2"), self.files("F1"))

        (found,) = adapter.receipts(ACCOUNT, DAY, DAY)

        assert (found.receipt_no, found.file, found.account) == ("F1", "F1.zip", PAYER)
        assert [b"20240610A</TRNUID>" in r for r in transport.requests] == [True, False, False]
        assert b"20240610B</TRNUID>" in transport.requests[1]

    @pytest.mark.parametrize("status", ["0", "1", ""])
    def test_a_job_under_way_is_said_and_not_read_as_no_receipts(self, status):
        with pytest.raises(QueryFailed, match="still making"):
            asking(self.job(status))[0].receipts(ACCOUNT, DAY, DAY)

    def test_all_pages_of_a_job_are_read(self):
        adapter, transport = asking(self.job("2"), self.files("F1", more="Y"), self.files("F2"))

        assert [r.receipt_no for r in adapter.receipts(ACCOUNT, DAY, DAY)] == ["F1", "F2"]
        assert b'<RQBODY PAGE="2">' in transport.requests[2]

    def test_today_has_no_receipts_yet(self):
        adapter, transport = asking()

        assert adapter.receipts(ACCOUNT, date(2024, 6, 11), date(2024, 6, 11)) == []
        assert not transport.requests


def test_attributes_in_single_quotes_are_read():
    whole = golden("entries_answer")
    adapter, _ = asking()

    quoted = adapter.read(Ability.TRANSACTIONS, whole.replace(b'"', b"'"))

    assert quoted.page.lines == adapter.read(Ability.TRANSACTIONS, whole).page.lines
    assert quoted.page.lines
