"""The traps of CMBC's sheet, each by name: sections 3 to 6."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Fate
from bankadapters.errors import NotReady, OutcomeUnknown, QueryFailed, Refused, Unreadable
from tests.bankadapters.cmbc.values import (
    ASKED,
    DAY,
    PAYER,
    REFERENCE,
    a_batch,
    answer,
    asking,
    fields,
    golden,
    stands,
)

ACCOUNT = AccountRef(PAYER)
TAKEN = fields(insId=REFERENCE, svrId="SV1")


class TestSubmission:
    @pytest.mark.parametrize(
        ("told", "fate"),
        [
            (answer(TAKEN), Fate.ACCEPTED),
            (answer(None, code="WYHL01"), Fate.PROCESSING),
            (answer(TAKEN, code="WYHL01"), Fate.PROCESSING),
        ],
    )
    def test_accepted_is_not_arrived(self, told, fate):
        adapter, _ = asking(told)

        assert [(o.reference, o.fate) for o in adapter.pay(a_batch())] == [(REFERENCE, fate)]

    @pytest.mark.parametrize("code", ["WEC02", "88888888", "W3317", "E1602", "E9999"])
    def test_an_explicit_error_is_unknown_until_a_question_is_answered(self, code):
        adapter, _ = asking(answer(None, code=code, severity="error"))

        with pytest.raises(OutcomeUnknown) as caught:
            adapter.pay(a_batch())
        assert caught.value.code == code

    def test_an_operators_table_ends_an_error_but_never_the_network_or_a_repeated_number(self):
        final = frozenset({"E9999", "WEC02", "88888888"})
        adapter, _ = asking(*(answer(None, code=c) for c in sorted(final)), final_failures=final)

        for error in (OutcomeUnknown, Refused, OutcomeUnknown):
            with pytest.raises(error):
                adapter.pay(a_batch())

    def test_success_beside_a_severity_of_error_decides_nothing(self):
        adapter, _ = asking(answer(TAKEN, severity="error"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_answer_about_another_payment_is_not_believed(self):
        adapter, _ = asking(answer(fields(insId="OTHER")))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_answer_to_another_message_is_not_believed(self):
        adapter, _ = asking(answer(fields(trnId="OTHER") + TAKEN))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_the_attribute_header_does_not_tell_a_request_from_an_answer(self):
        request = golden("pay_request")
        assert b'header="100"' in request
        adapter, _ = asking(request)

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("0", Fate.SUCCEEDED), ("2", Fate.FAILED), ("3", Fate.UNKNOWN), ("1", Fate.PROCESSING), ("9", Fate.PROCESSING),
            ("", Fate.UNKNOWN), ("X7Q2", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_each_code_means_what_the_table_says(self, status, fate):
        adapter, _ = asking(answer(stands(status)))

        assert [o.fate for o in adapter.inquire(ASKED)] == [fate]

    def test_the_reason_is_told_beside_a_failure(self):
        (said,) = asking()[0].read(Ability.INQUIRE, golden("inquire_answer")).outcomes

        assert (said.reference, said.fate, said.text) == (REFERENCE, Fate.FAILED, "账户余额不足")

    def test_an_unknown_number_is_not_found_and_no_proof(self):
        adapter, _ = asking(answer(None, code="E1602", severity="error"))

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_arrival_unknown_on_a_question_is_still_under_way(self):
        adapter, _ = asking(answer(None, code="WYHL01"))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.PROCESSING]

    def test_w6191_is_the_failure_of_the_payment_asked_about(self):
        adapter, _ = asking(answer(None, code="W6191", severity="error"))

        (said,) = adapter.inquire(ASKED)

        assert (said.reference, said.fate, said.code) == (REFERENCE, Fate.FAILED, "W6191")

    def test_w6191_beside_a_success_decides_nothing(self):
        adapter, _ = asking(answer(stands("0"), code="W6191", severity="error"))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.UNKNOWN]

    @pytest.mark.parametrize("code", ["WEC02", "W3317", "E9999", "88888888"])
    def test_another_error_of_a_question_changes_nothing(self, code):
        adapter, _ = asking(answer(stands("2"), code=code, severity="error"))

        with pytest.raises(QueryFailed):
            adapter.inquire(ASKED)

    def test_the_head_speaks_first(self):
        adapter, _ = asking(answer(stands("0"), code="E1602", severity="error"))

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_values_are_padded_with_blanks_and_line_ends(self):
        padded = stands(" 0\n").replace(REFERENCE, f"\n  {REFERENCE} ")
        adapter, _ = asking(answer(padded))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.SUCCEEDED]

    def test_an_answer_without_a_status_says_nothing(self):
        adapter, _ = asking(answer(fields(insId=REFERENCE)))

        with pytest.raises(Unreadable):
            adapter.inquire(ASKED)


class TestAccounts:
    def entry(self, **more: str) -> str:
        values = {
            "svrId": "SV9", "acntNo": PAYER, "type": "1", "actDate": "2025-01-15", "amount": "66.00", "balance": "5.00",
            "opAcntNo": "62", "recseq": "3", "timestamp": "2025-01-15 09:30:15.123",
        }  # fmt: skip
        return f"<dtlInfo>{fields(**(values | more))}</dtlInfo>"

    def page(self, *rows: str, total: str = "1") -> bytes:
        return answer(f"<dtlList>{''.join(rows)}</dtlList>" + fields(totalNum=total))

    def test_a_balance_is_read_under_the_names_the_connection_gives(self):
        inside = f"<x><y>{fields(acntNo=PAYER, bal='5.00', avl='4.00')}</y></x>"
        adapter, _ = asking(answer(inside))

        (balance,) = adapter.balances([ACCOUNT])

        assert (balance.book, balance.available) == (Decimal("5.00"), Decimal("4.00"))

    def test_no_balance_is_asked_for_before_its_names_are_known(self):
        adapter, transport = asking(parameters={"balance_book": ""})

        with pytest.raises(NotReady, match="balance_book"):
            adapter.balances([ACCOUNT])
        assert not transport.requests

    def test_a_balance_under_other_names_is_none(self):
        adapter, _ = asking(answer(fields(acntNo=PAYER, other="5.00")))

        with pytest.raises(QueryFailed):
            adapter.balances([ACCOUNT])

    @pytest.mark.parametrize("missing", ["debit_type", "credit_type"])
    def test_no_details_are_asked_for_before_in_and_out_are_known(self, missing):
        adapter, transport = asking(parameters={missing: ""})

        with pytest.raises(NotReady, match=missing):
            adapter.transactions(ACCOUNT, DAY, DAY)
        assert not transport.requests

    def test_the_connection_says_which_type_is_a_debit(self):
        adapter, _ = asking(self.page(self.entry(), self.entry(type="2", recseq="4"), total="2"))

        out, into = adapter.transactions(ACCOUNT, DAY, DAY).lines

        assert (out.direction, into.direction) == (Direction.DEBIT, Direction.CREDIT)
        assert out.bank_serial == "SV9-3"
        assert out.booked_at.isoformat() == "2025-01-15T09:30:15+08:00"

    @pytest.mark.parametrize("more", [{"type": "3"}, {"amount": "0.00"}, {"actDate": ""}])
    def test_an_entry_that_is_not_clear_is_unreadable(self, more):
        adapter, _ = asking(self.page(self.entry(**more)))

        with pytest.raises(Unreadable):
            adapter.transactions(ACCOUNT, DAY, DAY)

    def test_rows_go_on_until_the_total_is_reached(self):
        adapter, transport = asking(
            self.page(self.entry(), self.entry(recseq="4"), total="3"), self.page(self.entry(recseq="5"), total="3")
        )  # fmt: skip

        page = adapter.transactions(ACCOUNT, DAY, DAY)
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=page.next)

        assert b"<startNo>3</startNo><endNo>52</endNo>" in transport.requests[1]
        assert last.next == ""

    def test_an_invalid_range_is_the_end_of_the_rows_and_no_error(self):
        adapter, _ = asking(answer(None, code="WEC32", severity="error"))

        page = adapter.transactions(ACCOUNT, DAY, DAY)

        assert (page.lines, page.next) == ([], "")

    def test_a_timestamp_of_another_shape_leaves_the_time_out(self):
        adapter, _ = asking(self.page(self.entry(timestamp="20250115093015")))

        (line,) = adapter.transactions(ACCOUNT, DAY, DAY).lines

        assert line.booked_at.isoformat() == "2025-01-15T00:00:00+08:00"
