"""The traps of SPDB's account queries and of its encoding, each by name: sections 1, 4 and 6."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Fate
from bankadapters.errors import NotReady, Unreadable
from tests.bankadapters.spdb.values import (
    DAY,
    PAYER,
    a_batch,
    an_instruction,
    asked,
    asking,
    error,
    fields,
    golden,
    in_signature,
    packet,
    rows,
    signed,
    stands,
)

ACCOUNT = AccountRef(PAYER)
TAKEN = signed(b"<body><transStatus>A</transStatus><acceptNo>PT1</acceptNo></body>")


class TestAccounts:
    def entry(self, **more: str) -> str:
        values = {
            "transDate": "20250115", "transTime": "093015", "tellerJnlNo": "99000000001", "summonsNumber": "2",
            "debitFlag": "0", "transAmount": "88.00", "acctBalance": "12.00",
        }  # fmt: skip
        return fields(**(values | more))

    def page(self, *texts: str, total: int | None = None) -> bytes:
        head = fields(acctNo=PAYER, **({} if total is None else {"totalNumber": str(total)}))
        return signed(rows(*texts, head=head))

    def test_available_may_exceed_the_balance(self):
        answer = golden("balance_answer").replace(
            b"<canUseBalance>1200.00<", b"<canUseBalance>99999.00<"
        )

        (balance,) = asking()[0].read(Ability.BALANCE, signed(answer)).balances

        assert (balance.book, balance.available) == (Decimal("1200.00"), Decimal("99999.00"))

    def test_no_details_are_asked_for_before_the_debit_mark_is_known(self):
        adapter, hops = asking(parameters={"debitFlag": ""})

        with pytest.raises(NotReady, match="debitFlag"):
            adapter.transactions(ACCOUNT, DAY, DAY)
        assert not hops["sign"].requests

    @pytest.mark.parametrize(
        ("mark", "told", "direction"),
        [("0", "0", "debit"), ("0", "1", "credit"), ("1", "1", "debit"), ("1", "0", "credit"),
         ("D", "D", "debit"), ("D", "C", "credit")],
    )  # fmt: skip
    def test_the_connection_says_which_mark_is_a_debit(self, mark, told, direction):
        adapter, _ = asking(self.page(self.entry(debitFlag=told)), parameters={"debitFlag": mark})

        (line,) = adapter.transactions(ACCOUNT, DAY, DAY).lines

        assert line.direction is Direction(direction)
        assert line.bank_serial == "99000000001-2"

    @pytest.mark.parametrize(
        "fields_", [{"debitFlag": "9"}, {"transAmount": "0.00"}, {"transDate": ""}]
    )
    def test_an_entry_that_is_not_clear_is_unreadable(self, fields_):
        adapter, _ = asking(self.page(self.entry(**fields_)))

        with pytest.raises(Unreadable):
            adapter.transactions(ACCOUNT, DAY, DAY)

    @pytest.mark.parametrize(
        ("count", "total", "goes_on"),
        [(20, 25, True), (20, 20, True), (20, None, True), (5, 25, True), (5, 5, False), (5, None, False)],
    )  # fmt: skip
    def test_a_full_page_goes_on_until_the_bank_says_there_is_no_more(self, count, total, goes_on):
        texts = [self.entry(summonsNumber=str(n)) for n in range(count)]
        adapter, _ = asking(self.page(*texts, total=total), error("EGG0521"))

        page = adapter.transactions(ACCOUNT, DAY, DAY)

        assert bool(page.next) is goes_on
        if goes_on:
            assert page.next.endswith(f":{count + 1}")
            last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=page.next)
            assert (last.lines, last.next) == ([], "")

    def test_rows_of_another_account_are_refused(self):
        adapter, _ = asking(self.page(self.entry()))

        with pytest.raises(Unreadable):
            adapter.transactions(AccountRef("95200000000000000009"), DAY, DAY)

    def test_characters_beyond_gb2312_are_sent_and_read(self):
        adapter, hops = asking(TAKEN)

        adapter.pay(a_batch(an_instruction(payee_name="𠮷田公司")))

        assert "𠮷田公司".encode("gb18030") in hops["sign"].requests[0]

    def test_a_stored_answer_is_read_from_inside_its_signature(self):
        """What the evidence holds is what came: the text in it was vouched for then."""
        adapter, _ = asking()

        said = adapter.read(Ability.INQUIRE, packet(in_signature(rows(stands("4")))))

        assert [o.fate for o in said.outcomes] == [Fate.SUCCEEDED]

    def test_a_day_not_asked_about_is_never_guessed(self):
        adapter, hops = asking(signed(rows()))

        adapter.inquire(asked(day=None))

        assert f"{date(2025, 1, 15):%Y%m%d}".encode() in hops["sign"].requests[0]
