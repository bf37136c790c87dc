"""Bank of China: what its sheet warns of (sections 3, 5 and 6, notes from real messages), each under its own name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown, QueryFailed, Unencodable
from kernel import clock
from tests.bankadapters.boc.values import (
    a_batch,
    an_instruction,
    golden,
    item,
    signed_on,
    status,
)

NUMBER = "260310P00001"
PAID = status("B001", "b2e0007", item("b2e0007", "B001"))


def fates(answer: bytes) -> dict[str, Fate]:
    adapter, _ = signed_on(answer)
    return {one.reference: one.fate for one in adapter.inquire([Inquiry(NUMBER)])}


class TestTheErrorEnvelope:
    def test_an_error_in_b2eerror_instead_of_the_operation_leaves_a_payment_unknown(self):
        adapter, _ = signed_on(golden("error_answer.xml"))

        with pytest.raises(OutcomeUnknown, match="B998"):
            adapter.pay(a_batch())

    def test_an_error_in_b2eerror_to_a_question_changes_nothing(self):
        adapter, _ = signed_on(golden("error_answer.xml"))

        with pytest.raises(QueryFailed, match="B998"):
            adapter.inquire([Inquiry(NUMBER)])

    def test_its_words_may_stand_in_errmsg(self):
        spelt = golden("error_answer.xml").replace(b"rspmsg", b"errmsg")
        adapter, _ = signed_on(spelt)

        with pytest.raises(QueryFailed, match="数据格式错误"):
            adapter.inquire([Inquiry(NUMBER)])

    def test_a_blank_trncod_is_no_reason_to_disbelieve_it(self):
        adapter, _ = signed_on(
            golden("error_answer.xml").replace(b"b2eerror</trncod>", b"</trncod>")
        )

        with pytest.raises(QueryFailed, match="B998"):
            adapter.inquire([Inquiry(NUMBER)])


class TestAnswersInTheWild:
    def test_blanks_around_the_equals_signs_of_the_prolog_are_read(self):
        spaced = PAID.replace(
            b'version="1.0" encoding="UTF-8"', b'version = "1.0" encoding = "UTF-8"'
        )

        assert fates(spaced) == {NUMBER: Fate.SUCCEEDED}

    def test_an_encoding_spelt_with_blanks_is_read(self):
        assert fates(PAID.replace(b"UTF-8", b"UTF - 8")) == {NUMBER: Fate.SUCCEEDED}

    def test_a_trncod_of_something_else_is_overruled_by_the_wrapper(self):
        assert fates(PAID.replace(b"<trncod>b2e0007", b"<trncod>bocb2e")) == {
            NUMBER: Fate.SUCCEEDED
        }

    def test_a_document_without_trans_or_rooted_at_the_wrapper_is_read(self):
        inside = PAID[PAID.index(b"<trn-") : PAID.index(b"</trans>")]
        without = PAID.replace(b"<trans>", b"").replace(b"</trans>", b"")

        assert fates(inside) == fates(without) == {NUMBER: Fate.SUCCEEDED}

    def test_a_code_directly_under_the_item_beside_a_host_number_is_read(self):
        flat = PAID.replace(
            b"<b2e0007-rs><status><rspcod>B001</rspcod></status>",
            b"<b2e0007-rs><rspcod>B001</rspcod><rspmsg>OK</rspmsg><hostseqno>77</hostseqno>",
        )

        assert fates(flat) == {NUMBER: Fate.SUCCEEDED}

    def test_another_variant_of_the_root_is_read(self):
        variant = PAID.replace(b"<bocb2e>", b'<bocb2e version="120" lang="zh_CN">')

        assert fates(variant) == {NUMBER: Fate.SUCCEEDED}

    def test_server_moment_and_token_beside_a_payments_answer_are_no_matter(self):
        taken = status("B001", "b2e0009", item("b2e0009", "B001"))
        more = taken.replace(
            b"</head>", b"<serverdt>20260310093000</serverdt><token>T</token></head>"
        )
        adapter, _ = signed_on(more)

        assert [one.fate for one in adapter.pay(a_batch())] == [Fate.ACCEPTED]


class TestWhatItMeans:
    def test_b001_at_submission_says_nothing_of_the_payee(self):
        adapter, _ = signed_on(status("B001", "b2e0009", item("b2e0009", "B001")))

        assert [one.fate for one in adapter.pay(a_batch())] == [Fate.ACCEPTED]

    def test_the_outer_status_only_says_that_the_query_ran(self):
        assert fates(status("B001", "b2e0007", item("b2e0007", "B059"))) == {
            NUMBER: Fate.PROCESSING
        }
        assert fates(status("B001", "b2e0007")) == {}

    @pytest.mark.parametrize("code", ["B006", "B007", "B008", "B009", "B010"])
    def test_b006_to_b010_are_unknown_until_the_bank_explains_them(self, code):
        assert fates(status("B001", "b2e0007", item("b2e0007", code))) == {NUMBER: Fate.UNKNOWN}

    def test_a_bar_in_the_purpose_never_leaves(self):
        adapter, transport = signed_on()

        with pytest.raises(Unencodable) as refused:
            adapter.pay(a_batch(an_instruction(purpose="货款|六月")))
        assert refused.value.field == "purpose"
        assert not transport.requests

    def test_a_page_names_its_rows_because_a_blank_recnum_means_one(self):
        adapter, transport = signed_on(golden("transactions_answer.xml"))
        day = clock.today()

        adapter.transactions(AccountRef("440012345678", branch="40303"), day, day)

        asked = transport.requests[-1]
        assert b"<recnum>50</recnum>" in asked

    def test_the_currency_may_come_as_001(self):
        adapter, _ = signed_on()

        (line,) = adapter.read(Ability.TRANSACTIONS, golden("transactions_answer.xml")).page.lines

        assert (line.money.currency, line.money.amount) == ("CNY", Decimal("5000.00"))

    def test_a_fee_is_a_row_of_its_own_and_not_the_payments(self):
        one = golden("transactions_answer.xml")
        row = one[one.index(b"<b2e0035-rs>") : one.index(b"</trn-")]
        fee = row.replace(b"5000.00</txnamt>", b"5.00</txnamt>").replace(NUMBER.encode(), b"")
        adapter, _ = signed_on()

        lines = adapter.read(Ability.TRANSACTIONS, one.replace(row, row + fee)).page.lines

        assert [(line.reference, line.money.amount) for line in lines] == [
            (NUMBER, Decimal("5000.00")),
            ("", Decimal("5.00")),
        ]

    def test_a_repeated_number_is_already_there_and_never_failed(self):
        adapter, _ = signed_on(status("B001", "b2e0009", item("b2e0009", "X999")))

        assert [one.fate for one in adapter.pay(a_batch())] == [Fate.UNKNOWN]

    def test_companies_and_persons_go_by_two_operations(self):
        adapter, transport = signed_on(status("B001", "b2e0061", item("b2e0061", "B001")))

        adapter.pay(replace(a_batch(an_instruction(personal=True))))

        assert b"trn-b2e0061-rq" in transport.requests[-1]
