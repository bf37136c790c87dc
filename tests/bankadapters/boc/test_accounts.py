"""Balances and statements of the Bank of China adapter over scripted answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import (
    AccountRef,
    Direction,
)
from bankadapters.errors import (
    QueryFailed,
)
from kernel.money import Money
from tests.bankadapters.boc.values import (
    golden,
    signed_on,
    status,
)

ACCOUNT = AccountRef("440012345678")


class TestAccounts:
    def test_reads_a_balance(self):
        adapter, _ = signed_on(golden("balance_answer.xml"))

        (balance,) = adapter.balances([ACCOUNT])

        assert (balance.book, balance.available, balance.frozen) == (
            Decimal("1250000.00"),
            Decimal("1249000.00"),
            Decimal("1000.00"),
        )
        assert balance.as_of == date(2026, 3, 10)

    def test_a_balance_of_another_account_is_none_of_ours(self):
        adapter, _ = signed_on(golden("balance_answer.xml"))

        with pytest.raises(QueryFailed):
            adapter.balances([AccountRef("1")])

    def test_reads_one_balance_a_day(self):
        adapter, _ = signed_on(golden("history_balance_answer.xml"))

        found = adapter.history_balances(ACCOUNT, date(2026, 3, 8), date(2026, 3, 9))

        assert [(b.as_of.day, b.book, b.currency) for b in found] == [
            (8, Decimal("10.50"), "CNY"),
            (9, Decimal("11.50"), "CNY"),
        ]

    def test_reads_a_row_from_our_side(self):
        adapter, _ = signed_on(golden("transactions_answer.xml"))

        (line,) = adapter.transactions(ACCOUNT, date(2026, 3, 10), date(2026, 3, 10)).lines

        assert line.direction is Direction.DEBIT
        assert line.counterparty_account == "1001000100200300400"
        assert (line.purpose, line.narrative) == ("货款", "货款摘要")
        assert (line.reference, line.bank_serial) == ("260310P00001", "V20260310001")
        assert line.booked_at.isoformat() == "2026-03-10T10:15:00+08:00"
        assert (line.money, line.balance_after) == (Money(Decimal(5000)), Decimal("1245000.00"))

    def test_pages_by_rows_received_then_by_month_then_today(self):
        more = golden("transactions_answer.xml").replace(
            b"B001</rspcod><rspmsg>OK</rspmsg></status><totalnum>",
            b"B002</rspcod><rspmsg>OK</rspmsg></status><totalnum>",
        )
        empty = status("B003", "b2e0035")
        adapter, transport = signed_on(more, empty, empty, empty)
        span = (date(2026, 1, 15), date(2026, 3, 10))

        cursor, pages = "", 0
        while cursor or not pages:
            page = adapter.transactions(ACCOUNT, *span, cursor=cursor)
            cursor, pages = page.next, pages + 1

        asked = [
            tuple(
                r.split(f"<{tag}>".encode())[1].split(b"<")[0]
                for tag in ("type", "from", "to", "begnum")
            )
            for r in transport.requests
        ]
        assert asked == [
            (b"2002", b"20260115", b"20260214", b"1"),
            (b"2002", b"20260115", b"20260214", b"2"),
            (b"2002", b"20260215", b"20260309", b"1"),
            (b"2001", b"20260310", b"20260310", b"1"),
        ]

    def test_a_day_that_ends_between_two_pages_is_read_as_history(self):
        adapter, transport = signed_on(status("B003", "b2e0035"))

        adapter.transactions(
            ACCOUNT, date(2026, 3, 9), date(2026, 3, 9), cursor="t20260309-20260309:51"
        )

        assert b"<type>2002</type>" in transport.requests[0]
        assert b"<begnum>1</begnum>" in transport.requests[0]

    def test_more_rows_without_a_row_ends(self):
        adapter, _ = signed_on(status("B002", "b2e0035"))

        assert adapter.transactions(ACCOUNT, date(2026, 3, 10), date(2026, 3, 10)).next == ""
