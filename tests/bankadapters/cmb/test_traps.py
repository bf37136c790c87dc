"""The traps of China Merchants Bank's sheet, each by name: sections 7.4 and 9, and the notes from real messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, Fate, Inquiry
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Refused
from kernel.money import Money
from tests.bankadapters.cmb.values import (
    PAYER,
    a_batch,
    a_row,
    an_answer,
    an_instruction,
    asking,
    golden,
    paid,
    people,
    stands,
)

DAY = date(2024, 6, 11)
ASKED = [Inquiry("P20240611000002", day=DAY, operation=Ability.PAY_BATCH)]
REASONLESS = an_answer()  # to the second question, for the reason


def fates(answer: bytes, *, operation: Ability = Ability.PAY) -> list[Fate]:
    return [o.fate for o in asking()[0].read(operation, answer).outcomes]


class TestSubmission:
    def test_a_repeated_yurref_is_answered_like_a_failure_and_says_nothing_of_the_first(self):
        answer = an_answer(paid("FIN", "F", "NCB4241", REQNBR=""))

        assert fates(answer) == [Fate.UNKNOWN]

    @pytest.mark.parametrize(
        ("status", "result", "error", "fate"),
        [
            ("BNK", "", "SUC0000", Fate.PROCESSING),
            ("NTE", "", "SUC0000", Fate.ACCEPTED),
            ("AUT", "", "", Fate.ACCEPTED),
            ("FIN", "F", "NCB1804", Fate.FAILED),
            ("FIN", "F", "", Fate.UNKNOWN),  # a repeat that lost its code looks like this
            ("FIN", "S", "SUC0000", Fate.ACCEPTED),
            ("FIN", "F", "SUC0000", Fate.UNKNOWN),
            ("FIN", "U", "", Fate.UNKNOWN),
            ("FIN", "C", "", Fate.UNKNOWN),
            ("FIN", "", "", Fate.UNKNOWN),
            ("NTE", "", "NCB1804", Fate.UNKNOWN),
            ("XYZ", "", "SUC0000", Fate.UNKNOWN),
            ("", "", "SUC0000", Fate.UNKNOWN),
        ],
    )
    def test_only_fin_with_f_fails_at_once_and_nothing_succeeds_at_once(
        self, status, result, error, fate
    ):
        assert fates(an_answer(paid(status, result, error))) == [fate]

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("-1", OutcomeUnknown),
            ("-2", OutcomeUnknown),
            ("-3", Refused),
            ("-4", NotSent),
            ("-5", NotSent),
            ("-6", Refused),
            ("-7", Refused),
            ("-9", OutcomeUnknown),
            ("77", OutcomeUnknown),
        ],
    )
    def test_the_call_result_is_sorted_by_whether_money_could_have_moved(self, code, error):
        adapter, _ = asking(an_answer(code=code))

        with pytest.raises(error):
            adapter.pay(a_batch())

    def test_a_refusal_beside_rows_decides_nothing(self):
        adapter, _ = asking(an_answer(paid("BNK"), code="-3"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    @pytest.mark.parametrize("info", ["<FUNNAM>DCPAYMNT</FUNNAM>", "<RETCOD></RETCOD>"])
    def test_an_answer_without_a_call_result_leaves_the_outcome_unknown(self, info):
        adapter, _ = asking(an_answer(info=info))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_item_the_answer_leaves_out_is_not_spoken_for(self):
        adapter, _ = asking(golden("pay_batch_answer"))
        items = [an_instruction(reference=f"B202406110{n}") for n in (1, 2, 3)]

        said = adapter.pay(a_batch(*items))

        assert [(o.reference, o.fate) for o in said] == [
            ("B2024061101", Fate.ACCEPTED),
            ("B2024061102", Fate.FAILED),
        ]

    def test_more_than_thirty_items_bring_no_rows_so_thirty_go_together(self):
        adapter, _ = asking()
        batch = a_batch(*(an_instruction(reference=f"P{n}") for n in range(31)))

        assert len(adapter.together(batch)) == 30

    def test_sqrnbr_is_no_index_the_reference_counts(self):
        rows = [paid("BNK", YURREF=f"P{n}", REQNBR=f"{n}", SQRNBR="0000000000") for n in (2, 1)]
        adapter, _ = asking(an_answer(*rows))

        said = adapter.pay(a_batch(*(an_instruction(reference=f"P{n}") for n in (1, 2))))

        assert {o.reference: o.bank_serial for o in said} == {"P1": "1", "P2": "2"}

    def test_the_answers_function_may_be_called_otherwise(self):
        answer = golden("pay_answer").replace(b"DCPAYMNT", b"Payment")

        assert fates(answer) == [Fate.PROCESSING]

    def test_info_may_carry_nothing_but_result_and_message(self):
        adapter, _ = asking(an_answer(info="<ERRMSG>SDKM037</ERRMSG><RETCOD>-1</RETCOD>"))

        with pytest.raises(OutcomeUnknown, match="SDKM037"):
            adapter.pay(a_batch())

    def test_bnkflg_is_always_sent_because_the_bank_guesses_without_it(self):
        adapter, transport = asking(golden("pay_answer"))

        adapter.pay(a_batch(an_instruction(cnaps="", payee_bank="招商银行上海分行")))

        assert b"<BNKFLG>Y</BNKFLG>" in transport.requests[0]
        assert b"<STLCHN>F</STLCHN>" in transport.requests[0]
        assert b"<RCVCHK>1</RCVCHK>" in transport.requests[0]

    def test_a_name_beyond_62_bytes_goes_into_the_long_field(self):
        adapter, transport = asking(golden("pay_answer"), golden("pay_answer"))

        adapter.pay(a_batch(an_instruction(payee_name="名" * 31)))
        adapter.pay(a_batch(an_instruction(payee_name="名" * 32)))

        assert b"<CRTNAM>" in transport.requests[0]
        assert b"<LRVEAN>" not in transport.requests[0]
        assert b"<CRTNAM>" not in transport.requests[1]
        assert b"<LRVEAN>" in transport.requests[1]

    def test_what_gbk_cannot_carry_is_refused_by_name(self):
        adapter, transport = asking()

        with pytest.raises(Refused, match=r"payee_name holds '𠮷' \(U\+20BB7\)"):
            adapter.pay(a_batch(an_instruction(payee_name="𠮷田公司")))
        assert not transport.requests


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "result", "fate"),
        [
            ("FIN", "S", Fate.SUCCEEDED),
            ("FIN", "F", Fate.FAILED),
            ("FIN", "R", Fate.FAILED),
            ("FIN", "D", Fate.FAILED),
            ("FIN", "C", Fate.FAILED),
            ("FIN", "M", Fate.FAILED),
            ("FIN", "V", Fate.FAILED),
            ("FIN", "B", Fate.RETURNED),
            ("FIN", "T", Fate.RETURNED),
            ("FIN", "U", Fate.UNKNOWN),
            ("FIN", "", Fate.UNKNOWN),
            ("FIN", "Q", Fate.UNKNOWN),
            ("NTE", "S", Fate.ACCEPTED),
            ("APD", "", Fate.PROCESSING),
            ("WCF", "", Fate.ACCEPTED),
            ("ZZZ", "S", Fate.UNKNOWN),
        ],
    )
    def test_the_result_counts_only_when_the_request_is_finished(self, status, result, fate):
        assert fates(an_answer(stands(status, result)), operation=Ability.INQUIRE) == [fate]

    def test_money_in_a_suspense_account_is_unknown(self):
        adapter, _ = asking(an_answer(stands("FIN", "U")))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.UNKNOWN]

    def test_no_row_is_not_found_and_no_proof(self):
        adapter, _ = asking(an_answer())

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_a_list_by_days_that_leaves_a_payment_out_does_not_know_it(self):
        adapter, _ = asking(an_answer(stands("FIN", "S")))
        asked = [*ASKED, Inquiry("P2", day=DAY, operation=Ability.PAY_BATCH)]

        said = {o.reference: o for o in adapter.inquire(asked)}

        assert said["P20240611000002"].fate is Fate.SUCCEEDED
        assert (said["P2"].fate, said["P2"].not_found) == (Fate.UNKNOWN, True)

    @pytest.mark.parametrize("code", ["-1", "-2", "-3", "-4", "-5", "-9"])
    def test_a_failed_query_changes_nothing(self, code):
        adapter, _ = asking(an_answer(stands("FIN", "F"), code=code))

        with pytest.raises(QueryFailed):
            adapter.inquire(ASKED)

    def test_the_test_environment_leaves_payments_at_nte(self):
        assert fates(an_answer(stands("NTE")), operation=Ability.INQUIRE) == [Fate.ACCEPTED]

    def test_the_reason_is_in_the_detail_only_and_asked_for_afterwards(self):
        detail = stands("FIN", "F", RTNNAR="户名不符").replace("NTSTLLSTZ", "NTQPAYQYZ")
        adapter, transport = asking(an_answer(stands("FIN", "F")), an_answer(detail))

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.text) == (Fate.FAILED, "户名不符")
        assert b"<FUNNAM>NTSTLINF</FUNNAM>" in transport.requests[1]

    def test_a_reason_that_cannot_be_had_takes_nothing_back(self):
        adapter, _ = asking(an_answer(stands("FIN", "F")), an_answer(code="-9"))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.FAILED]

    def test_paid_and_returned_at_once_is_unknown(self):
        row = stands("FIN", "S", BUSSTS="R").replace("NTSTLLSTZ", "NTQPAYQYZ")

        assert fates(an_answer(row), operation=Ability.INQUIRE) == [Fate.UNKNOWN]

    def test_the_return_query_names_what_came_back(self):
        rows = [
            a_row("NTPAYQYBZ1", YURREF=f"P{state}", REQNBR=f"{n}", BUSSTS=state, TRSAMT="1.00")
            for n, state in enumerate("RPWCX")
        ]

        said = asking()[0].read(Ability.INQUIRE, an_answer(*rows)).outcomes

        assert {o.reference: o.fate for o in said} == {
            "PR": Fate.RETURNED,
            "PP": Fate.PROCESSING,
            "PW": Fate.PROCESSING,
            "PC": Fate.UNKNOWN,
            "PX": Fate.UNKNOWN,
        }

    def test_a_later_result_of_a_batch_is_read_alike(self):
        row = paid("FIN", "S", TRSAMT="250.00").replace("NTQPAYRQZ", "SDQPYRSTZ")

        assert fates(an_answer(row), operation=Ability.INQUIRE_BATCH) == [Fate.SUCCEEDED]

    def test_another_payer_account_than_ours_decides_nothing(self):
        adapter, _ = asking(an_answer(stands("FIN", "F", DBTACC="999")), REASONLESS)

        (said,) = adapter.inquire(
            [Inquiry("P20240611000002", day=DAY, operation=Ability.PAY_BATCH, payer_account=PAYER)]
        )

        assert said.fate is Fate.UNKNOWN

    def test_the_amount_is_echoed_for_comparison(self):
        (said,) = asking()[0].read(Ability.INQUIRE, golden("inquire_answer")).outcomes

        assert (said.fate, said.money) == (Fate.RETURNED, Money(Decimal("250.00")))

    def test_an_inquiry_uses_the_business_code_of_the_payment(self):
        """The same YURREF under another BUSCOD is another payment."""
        adapter, transport = asking(an_answer(), parameters={"payment": "group"})

        adapter.inquire(ASKED)

        assert b"<BUSCOD>N02041</BUSCOD>" in transport.requests[0]


class TestPayroll:
    def summary(self, paid_: str, items: str, **more: str) -> bytes:
        fields = {"YURREF": "S202406", "REQNBR": "0030900010", "REQSTA": "FIN", "RTNFLG": "S"}
        return an_answer(a_row("NTAGCINQZ", **(fields | {"TRSNUM": items, "SUCNUM": paid_} | more)))

    def test_agent_functions_call_the_status_reqsta(self):
        answer = golden("payroll_answer")
        large = an_answer(a_row("NTAGCAGCZ1", REQNBR="1", REQSTA="OPR"))
        adapter, _ = asking(answer, large)

        said = adapter.pay(a_batch(*people("10.00", "20.00"), operation=Ability.PAYROLL))

        assert [(o.reference, o.fate, o.bank_serial) for o in said] == [
            ("S202406", Fate.PROCESSING, "0030900010")
        ]
        assert fates(large, operation=Ability.PAYROLL) == [Fate.ACCEPTED]

    def test_success_of_some_items_only_is_no_success(self):
        read = asking()[0].read(Ability.INQUIRE_PAYROLL, self.summary("000169", "000196"))

        (said,) = read.outcomes
        assert (said.fate, said.text) == (Fate.UNKNOWN, "169/196 笔成功")

    def test_counts_of_five_and_of_six_digits_are_numbers(self):
        said = fates(self.summary("000002", "00002"), operation=Ability.INQUIRE_PAYROLL)

        assert said == [Fate.SUCCEEDED]

    def test_a_failure_beside_items_that_were_paid_is_no_failure(self):
        answer = self.summary("000001", "00002", RTNFLG="F")

        assert fates(answer, operation=Ability.INQUIRE_PAYROLL) == [Fate.UNKNOWN]

    def test_a_failed_payroll_is_failed(self):
        answer = self.summary("000000", "00002", RTNFLG="F", ERRDSP="无一笔成功入账")

        assert fates(answer, operation=Ability.INQUIRE_PAYROLL) == [Fate.FAILED]

    def test_items_have_states_of_their_own(self):
        small = [
            a_row("NTQATDQYZ", ACCNBR=f"62{s}", STSCOD=s) for s in ("S", "F", "C", "I", "E", "")
        ]
        large = [
            a_row("NTAGCDTLY1", ACCNBR=f"62{s}", STSCOD=s) for s in ("S", "E", "C", "A", "F", "")
        ]

        assert fates(an_answer(*small), operation=Ability.INQUIRE_PAYROLL) == [
            Fate.SUCCEEDED, Fate.FAILED, Fate.FAILED, Fate.PROCESSING, Fate.UNKNOWN, Fate.UNKNOWN,
        ]  # fmt: skip
        assert fates(an_answer(*large), operation=Ability.INQUIRE_PAYROLL) == [
            Fate.SUCCEEDED, Fate.FAILED, Fate.FAILED, Fate.PROCESSING, Fate.UNKNOWN, Fate.UNKNOWN,
        ]  # fmt: skip
