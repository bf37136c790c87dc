"""The traps of CEB's notes, each by name: the banks' overview, section 2.1."""

from __future__ import annotations

import pytest

from bankadapters.contract import Ability, AccountRef, Fate, ReceiptFound
from bankadapters.errors import OutcomeUnknown, QueryFailed, Refused, Unreadable
from bankadapters.testing import MemoryRecorder
from bankadapters.transport import MemoryTransport
from tests.bankadapters.ceb.values import (
    ASKED,
    DAY,
    PASSWORD,
    PAYER,
    REFERENCE,
    a_batch,
    an_instruction,
    answer,
    asking,
    fields,
    stands,
)


class TestSubmission:
    def test_handled_is_not_paid(self):
        adapter, _ = asking(answer())

        assert [(o.reference, o.fate) for o in adapter.pay(a_batch())] == [
            (REFERENCE, Fate.ACCEPTED)
        ]

    @pytest.mark.parametrize("code", ["B2E000010", "E001", "1"])
    def test_any_other_code_leaves_the_outcome_unknown(self, code):
        adapter, _ = asking(answer(code=code))

        with pytest.raises(OutcomeUnknown) as caught:
            adapter.pay(a_batch())
        assert caught.value.code == code

    def test_a_broken_wire_may_be_a_repeated_number_and_is_never_final(self):
        final = frozenset({"B2E000010", "E001"})
        adapter, _ = asking(answer(code="B2E000010"), answer(code="E001"), final_failures=final)

        for error in (OutcomeUnknown, Refused):
            with pytest.raises(error):
                adapter.pay(a_batch())

    def test_an_answer_to_another_message_is_not_believed(self):
        adapter, _ = asking(answer(number="OTHER"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_one_payment_goes_in_a_message(self):
        adapter, _ = asking()
        items = [an_instruction(reference=f"P{n}") for n in (1, 2)]

        assert len(adapter.together(a_batch(*items))) == 1

    def test_the_password_in_the_address_is_not_in_the_evidence(self):
        adapter, _ = asking()
        adapter.transport, adapter.recorder = MemoryTransport([answer()]), MemoryRecorder()

        adapter.pay(a_batch())

        kept = b"".join(exchange.request for _, exchange in adapter.recorder.told)
        assert PASSWORD.encode() not in kept
        assert b"POST ent/b2e004001.do?usrID=3000000001&userPassword=***&Sigdata=1" in kept


class TestStatus:
    @pytest.mark.parametrize(
        ("flags", "fate"),
        [
            (("00", "00"), Fate.SUCCEEDED), (("00", "01"), Fate.UNKNOWN), (("01", "00"), Fate.UNKNOWN),
            (("00", "02"), Fate.UNKNOWN), (("", "00"), Fate.UNKNOWN), (("00", ""), Fate.UNKNOWN),
            (("X7Q2", "00"), Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_only_both_flags_together_mean_paid(self, flags, fate):
        adapter, _ = asking(stands(*flags))

        assert [o.fate for o in adapter.inquire(ASKED)] == [fate]

    def test_a_pair_that_ends_a_payment_is_the_operators_to_name(self):
        final = frozenset({"00/03", "00/00"})
        adapter, _ = asking(stands("00", "03"), stands("00", "00"), final_failures=final)

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.FAILED]
        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.SUCCEEDED]  # the notes know better

    def test_a_pair_that_means_not_found_is_the_operators_to_name(self):
        adapter, _ = asking(stands("00", "02"), parameters={"not_found_codes": "00/02"})

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    @pytest.mark.parametrize("code", ["B2E000010", "E001"])
    def test_an_error_of_a_question_changes_nothing(self, code):
        adapter, _ = asking(answer(fields(NowFlag="00", TransferFlag="00"), code=code))

        with pytest.raises(QueryFailed):
            adapter.inquire(ASKED)

    @pytest.mark.parametrize("name", ["ClientPchID", "ClientBchID"])
    def test_an_answer_about_another_payment_is_not_believed(self, name):
        adapter, _ = asking(stands("00", "00", **{name: "OTHER"}))

        with pytest.raises(Unreadable):
            adapter.inquire(ASKED)

    def test_two_payments_where_one_was_asked_about_decide_nothing(self):
        row = fields(NowFlag="00", TransferFlag="00")
        adapter, _ = asking(answer(row, row))

        with pytest.raises(Unreadable):
            adapter.inquire(ASKED)

    def test_an_answer_without_data_says_nothing(self):
        adapter, _ = asking(answer())

        with pytest.raises(Unreadable):
            adapter.inquire(ASKED)

    def test_the_roots_namespace_says_nothing(self):
        told = stands("00", "00")
        assert b"xmlns=" in told

        assert [o.fate for o in asking()[0].read(Ability.INQUIRE, told).outcomes] == [
            Fate.SUCCEEDED
        ]


class TestReceipts:
    def test_a_page_that_is_full_goes_on(self):
        full = [fields(BillNumber=str(n)) for n in range(50)]
        adapter, transport = asking(answer(*full), answer(fields(BillNumber="50")))

        found = adapter.receipts(AccountRef(PAYER), DAY, DAY)

        assert len(found) == 51
        assert b"<BeginNum>51</BeginNum>" in transport.requests[1]

    def test_a_file_is_made_then_fetched_with_the_password_in_the_address(self):
        adapter, transport = asking(answer(fields(fileName="a b.pdf")), b"%PDF-1.4 x")

        file = adapter.receipt_file(ReceiptFound("CEB1", PAYER, DAY))

        assert file == b"%PDF-1.4 x"
        assert transport.targets[1] == (
            f"ent/downloadFile.do?userPassword={PASSWORD}&transcode=b2e005023&fileName=a+b.pdf"
        )

    def test_the_element_that_names_the_file_is_the_connections(self):
        adapter, _ = asking(
            answer(fields(BillFile="x.pdf")), b"%PDF-1.4", parameters={"receipt_file_field": "BillFile"}
        )  # fmt: skip

        assert adapter.receipt_file(ReceiptFound("CEB1", PAYER, DAY)) == b"%PDF-1.4"

    @pytest.mark.parametrize(
        "answers",
        [
            (answer(fields(other="x")),),
            (answer(fields(fileName="x.pdf")), b"<html>not found</html>"),
            (answer(fields(fileName="x.pdf")), answer(fields(fileName="x.pdf"))),
        ],
    )
    def test_what_is_no_file_is_unreadable(self, answers):
        adapter, _ = asking(*answers)

        with pytest.raises(Unreadable):
            adapter.receipt_file(ReceiptFound("CEB1", PAYER, DAY))
