"""The traps of the Industrial Bank sheet about payments, each by name: sections 7, 9 and the notes from real messages."""

from __future__ import annotations

import pytest

from bankadapters.contract import Ability, Fate, Inquiry
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Refused, Unreadable
from tests.bankadapters.cib.values import (
    BATCH_NO,
    NUMBER,
    PAYER,
    SECRET,
    a_batch,
    an_instruction,
    answer,
    asking,
    core,
    echoing,
    fields,
    golden,
    stands,
    state,
    taken,
)

ONE = [Inquiry(NUMBER, payer_account=PAYER)]
NOBODY = echoing(code="2000", words="查无记录")
IN_BATCH = [Inquiry(n, "", None, Ability.PAY_BATCH, batch_no=BATCH_NO) for n in ("Y1", "Y2")]


def asked(*answers, inquiries=ONE, **changes):
    (told,) = asking(*answers, **changes)[0].inquire(inquiries)
    return told


class TestSubmission:
    @pytest.mark.parametrize(
        ("code", "fate"),
        [
            ("SUBMIT_SUCC", Fate.ACCEPTED), ("AUDITED", Fate.ACCEPTED), ("AUDITING", Fate.MANUAL_HANDLING),
            ("WAIT_FOR_AUDIT", Fate.MANUAL_HANDLING), ("SEND_BACK", Fate.MANUAL_HANDLING), ("PROCESSING", Fate.PROCESSING),
            ("PENDING", Fate.UNKNOWN), ("PAYOUT", Fate.ACCEPTED), ("FAIL", Fate.FAILED), ("CANCEL", Fate.FAILED),
            ("EXPIRED", Fate.FAILED), ("SOMETHING", Fate.UNKNOWN), ("", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_a_state_tells_what_was_taken_and_never_that_it_is_paid(self, code, fate):
        (said,) = asking(echoing(taken(code)))[0].pay(a_batch())

        assert (said.fate, said.bank_serial) == (fate, "006099999901")

    def test_the_sheets_answer_of_unknown_result_is_unknown(self):
        (said,) = asking(golden("pay_answer"))[0].pay(a_batch())

        assert (said.fate, said.code) == (Fate.UNKNOWN, "PENDING")

    @pytest.mark.parametrize("code", ["2000", "2002", "6000", "12345", "1740", "75320"])
    def test_a_code_by_itself_is_no_proof_of_failure(self, code):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(code=code))[0].pay(a_batch())

    def test_a_code_on_the_operators_list_fails_only_without_a_body(self):
        listed = {"final_failures": frozenset({"2005"})}
        with pytest.raises(Refused):
            asking(echoing(code="2005"), **listed)[0].pay(a_batch())
        with pytest.raises(OutcomeUnknown):
            asking(echoing(taken("PENDING"), code="2005"), **listed)[0].pay(a_batch())

    def test_a_repeated_number_is_answered_with_the_state_of_the_first_payment(self):
        (said,) = asking(echoing(taken("PAYOUT")))[0].pay(a_batch())

        assert said.fate is Fate.ACCEPTED

    @pytest.mark.parametrize("more", [{"amount": "200.01"}, {"payer": "117010100100999902"}])
    def test_an_echo_of_another_payment_is_not_believed(self, more):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(taken("FAIL", **more)))[0].pay(a_batch())

    def test_an_answer_under_another_number_is_not_believed(self):
        with pytest.raises(OutcomeUnknown, match="OTHER"):
            asking(answer("XFERTRN", taken("FAIL"), number="OTHER"))[0].pay(a_batch())

    def test_a_quick_transfer_answers_under_another_spelling(self):
        body = taken("PROCESSING", "XPMTRS").replace("SRVRID", "SRVRTID")
        adapter, _ = asking(echoing(body), parameters={"transfer": "ICTRANSFERTRN"})

        assert adapter.pay(a_batch())[0].bank_serial == "006099999901"


class TestSignOn:
    def test_a_failed_one_means_that_nothing_was_executed(self):
        with pytest.raises(NotSent):
            asking(answer("", sign_on="15500"))[0].pay(a_batch())

    def test_the_same_password_is_not_sent_again(self):
        adapter, transport = asking(answer("", sign_on="15500"), echoing(taken("PROCESSING")))

        for _ in range(3):
            with pytest.raises(NotSent):
                adapter.pay(a_batch())
        assert len(transport.requests) == 1

    def test_other_troubles_of_the_sign_on_may_pass_by_themselves(self):
        adapter, _ = asking(answer("", sign_on="6000"), echoing(taken("PROCESSING")))

        with pytest.raises(NotSent):
            adapter.pay(a_batch())
        assert adapter.pay(a_batch())[0].fate is Fate.PROCESSING

    def test_a_failed_one_beside_a_result_decides_nothing(self):
        with pytest.raises(OutcomeUnknown):
            asking(answer("XFERTRN", taken("FAIL"), sign_on="2000"))[0].pay(a_batch())

    def test_both_results_are_looked_at(self):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(taken("FAIL"), code="6000"))[0].pay(a_batch())

    def test_password_and_key_are_masked_in_the_evidence(self):
        adapter, _ = asking(echoing(taken("PROCESSING")))

        kept = adapter.redact(f"<USERPASS>{SECRET}</USERPASS><USERKEY>K1</USERKEY>".encode())

        assert kept == b"<USERPASS>***</USERPASS><USERKEY>***</USERKEY>"


class TestStatus:
    def test_paid_inside_the_bank_is_paid(self):
        assert asked(echoing(stands("PAYOUT"))).fate is Fate.SUCCEEDED

    @pytest.mark.parametrize("serial", ["SRVRID", "SRVRTID"])
    def test_the_serial_is_spelled_in_two_ways(self, serial):
        assert asked(echoing(stands("PAYOUT", serial=serial))).bank_serial == "006099999901"

    @pytest.mark.parametrize(
        ("told", "fate"),
        [
            (core("1", "Y"), Fate.SUCCEEDED), (core("1", "F"), Fate.FAILED), (core("2"), Fate.FAILED),
            (core("1", "5"), Fate.PROCESSING), (core("1", "G"), Fate.PROCESSING), (core("1", "G", "9999X026"), Fate.RETURNED),
            (core("0"), Fate.PROCESSING), (core("1", "?"), Fate.PROCESSING), (core("1"), Fate.PROCESSING),
        ],
    )  # fmt: skip
    def test_paid_between_banks_is_confirmed_by_the_core(self, told, fate):
        assert asked(echoing(stands("PAYOUT", "N")), echoing(told)).fate is fate

    def test_without_the_core_a_payment_between_banks_is_still_under_way(self):
        refused = echoing(code="2005")

        assert asked(echoing(stands("PAYOUT", "N")), refused).fate is Fate.PROCESSING
        alone = asked(echoing(stands("PAYOUT", "N")), parameters={"confirm_interbank": "N"})
        assert alone.fate is Fate.SUCCEEDED

    @pytest.mark.parametrize(
        ("told", "fate"),
        [
            (core("1", side="Y"), Fate.SUCCEEDED), (core("2", side="Y"), Fate.FAILED), (core("0", side="Y"), Fate.UNKNOWN),
            (core("1", "G", "9999X026"), Fate.FAILED),
        ],
    )  # fmt: skip
    def test_an_unknown_result_is_settled_by_the_core(self, told, fate):
        assert asked(echoing(stands("PENDING")), echoing(told)).fate is fate

    def test_records_are_counted_whatever_more_says(self):
        two = stands("FAIL").replace("</XFERLIST>", "<XFER></XFER></XFERLIST>")
        none = '<XFERINQRS><XFERLIST MORE="Y"/></XFERINQRS>'

        for body in (two, none):
            with pytest.raises(Unreadable):
                asked(echoing(body))
        assert asked(echoing(stands("FAIL").replace('"N"', '"Y"', 1))).fate is Fate.FAILED

    def test_a_payment_is_looked_for_under_both_queries_before_it_is_not_known(self):
        adapter, transport = asking(NOBODY, NOBODY)

        (told,) = adapter.inquire(ONE)

        assert (told.fate, told.not_found) == (Fate.UNKNOWN, True)
        assert [b"ICTRANSFERINQTRNRQ" in r for r in transport.requests] == [False, True]
        assert asked(NOBODY, echoing(stands("FAIL"))).fate is Fate.FAILED

    def test_other_codes_say_nothing_of_the_payment(self):
        with pytest.raises(QueryFailed):
            asked(echoing(code="6000"))
        with pytest.raises(QueryFailed):
            asked(echoing(stands("FAIL"), code="2000"))

    def test_another_payer_account_decides_nothing(self):
        told = asked(echoing(stands("FAIL", payer="117010100100999902")))

        assert told.fate is Fate.UNKNOWN


class TestBatches:
    def line(self, reference: str, status: str, words: str = "", amount: str = "10.00") -> str:
        return f"1|62|示例|N|N|105290000001|银行||{amount}|货款|{reference}|{status}|{words}|"

    def listed(self, *lines: str, whole: str = "PART_PAYOUT", prefix: str = "") -> str:
        text = "\n".join(lines)
        cdata = (
            f'{prefix}<XFERINFOTEXT size="2"><![CDATA[\n{text}\n]]></XFERINFOTEXT>' if lines else ""
        )
        return f"<RSBODY><ACCTFROM>{fields(ACCTID=PAYER)}</ACCTFROM>{cdata}{state(whole)}</RSBODY>"

    def asked(self, body: str, **more):
        told = asking(echoing(body), **more)[0].inquire(IN_BATCH)
        return {one.reference: one.fate for one in told}

    def test_items_are_read_by_the_number_in_their_remark_and_not_by_their_index(self):
        body = self.listed(self.line("Y2", "FAIL", "户名不符"), self.line("Y1", "PAYOUT"))

        assert self.asked(body) == {"Y1": Fate.SUCCEEDED, "Y2": Fate.FAILED}

    def test_a_batch_is_looked_for_under_both_elements_before_it_is_not_known(self):
        adapter, transport = asking(NOBODY, echoing(self.listed(self.line("Y1", "FAIL"))))

        (told,) = adapter.inquire(IN_BATCH)

        assert told.fate is Fate.FAILED
        assert [b"RBATCHTRSFRTRNRQ" in r for r in transport.requests] == [False, True]

    def test_a_failed_item_stands_beside_a_batch_that_is_paid(self):
        body = self.listed(self.line("Y1", "PAYOUT"), self.line("Y2", "FAIL"), whole="PAYOUT")

        assert self.asked(body)["Y2"] is Fate.FAILED

    def test_an_item_that_is_named_twice_is_not_decided(self):
        body = self.listed(self.line("Y1", "FAIL"), self.line("Y1", "PAYOUT"))

        assert self.asked(body) == {"Y1": Fate.UNKNOWN}

    @pytest.mark.parametrize(
        ("whole", "fate"),
        [
            ("SUBMIT_SUCC", Fate.ACCEPTED), ("PROCESSING", Fate.PROCESSING), ("AUDITING", Fate.MANUAL_HANDLING),
            ("PENDING", Fate.UNKNOWN), ("FAIL", Fate.FAILED), ("CANCEL", Fate.FAILED), ("PAYOUT", Fate.UNKNOWN),
            ("PART_PAYOUT", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_without_items_the_batch_speaks_for_them_but_never_that_they_are_paid(
        self, whole, fate
    ):
        assert self.asked(self.listed(whole=whole)) == {"Y1": fate, "Y2": fate}

    def test_the_ordinary_batch_tells_its_items_as_elements(self):
        item = '<XFERINFO><INDX>1</INDX><ACCTTO INTERBANK="N"><ACCTID>62</ACCTID></ACCTTO>'
        item += fields(TRNAMT="10.00", REMARK="Y1", STATUS="PAYOUT", ERRMSG="") + "</XFERINFO>"
        body = f"<RSBODY>{item}{state('PAYOUT')}</RSBODY>"

        assert self.asked(body, parameters={"batch": "RBATCHTRSFRTRN"}) == {"Y1": Fate.SUCCEEDED}

    def test_a_refused_list_has_a_body_and_none_of_its_lines_is_paid(self):
        lines = ["1|62|||||||||||金额错误|", "1|62|||||||||||户名为空|", "x"]
        refused = echoing(self.listed(*lines, whole=""), code="2000")

        with pytest.raises(Refused, match="金额错误"):
            asking(refused)[0].pay(a_batch(operation=Ability.PAY_BATCH))

    def test_the_same_code_without_a_body_is_no_refusal(self):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(code="2000"))[0].pay(a_batch(operation=Ability.PAY_BATCH))

    def test_an_accepted_list_is_accepted_for_all_that_were_sent(self):
        items = [an_instruction(reference="Y1"), an_instruction(reference="Y2")]
        adapter, _ = asking(echoing(self.listed(whole="SUBMIT_SUCC")))

        said = adapter.pay(a_batch(*items, operation=Ability.PAY_BATCH))

        assert [(o.reference, o.fate) for o in said] == [
            ("Y1", Fate.ACCEPTED), ("Y2", Fate.ACCEPTED),
        ]  # fmt: skip

    def test_the_sheets_answer_of_a_partly_paid_batch_is_read(self):
        told = asking()[0].read(Ability.INQUIRE_BATCH, golden("batch_answer")).outcomes

        assert [o.code for o in told] == ["PAYOUT"], "both lack the number by which we know them"


class TestPayroll:
    def asked(self, whole: str, *people: str) -> Fate:
        rows = "".join(
            f"<RPAYOFF>{fields(INDX=str(n), ACCTNAME='示', ACCTID=f'62{n}', TRNAMT='1.00', STATUS=status)}</RPAYOFF>"
            for n, status in enumerate(people, 1)
        )
        body = f"<RPAYOFFRS><RPAYOFFINFO><RPAYOFFLIST>{rows}</RPAYOFFLIST></RPAYOFFINFO>{state(whole)}</RPAYOFFRS>"
        inquiries = [Inquiry(BATCH_NO, operation=Ability.PAYROLL, batch_no=BATCH_NO)]
        return asked(echoing(body), inquiries=inquiries).fate

    @pytest.mark.parametrize(
        ("whole", "people", "fate"),
        [
            ("PAYOUT", ("23", "23"), Fate.SUCCEEDED), ("PAYOUT", ("23", "49"), Fate.UNKNOWN),
            ("PAYOUT", ("23", "3885"), Fate.UNKNOWN), ("PAYOUT", (), Fate.UNKNOWN), ("PART_PAYOUT", ("23", "49"), Fate.UNKNOWN),
            ("PROCESSING", ("-1", "-1"), Fate.PROCESSING), ("FAIL", ("49", "59"), Fate.FAILED),
            ("FAIL", ("23", "49"), Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_a_whole_is_decided_only_where_all_its_people_agree(self, whole, people, fate):
        assert self.asked(whole, *people) is fate
