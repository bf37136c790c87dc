"""Every instruction and every entry of a day gets exactly the class DOMAIN §3.9 gives it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.daily import SentInstruction
from reconciliation.daily import (
    FAILED,
    OPEN,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    RECEIPT,
    Evidence,
    judge,
)
from reconciliation.strategy import PATTERNS
from statements.daily import DayLine

KNOWN = {
    "ties": {}, "named": {}, "outside": {}, "said": {}, "matched": {}, "own_numbers": (), "patterns": PATTERNS,
}  # fmt: skip


def sent(state="succeeded", rule="", number=1, amount="100.00"):
    return SentInstruction(
        id=number, account_id=1, instr_no=f"Y{number}", bank_ref=f"REF{number}", order_no=f"P{number}",
        payee="江阴恒源化工有限公司", amount=Decimal(amount), state=state, rule=rule,
    )  # fmt: skip


def line(number=1, amount="100.00", side="debit", ref="", text="货款", account=""):
    return DayLine(number, 1, side, Decimal(amount), ref, "对方", account, text, f"S{number}")


def classes(instructions=(), lines=(), **known):
    report = judge(list(instructions), list(lines), Evidence(**{**KNOWN, **known}))
    return [one.rule for one in report.found]


class TestJudge:
    @pytest.mark.parametrize("rule", [R1, R3])
    def test_a_success_with_its_debit_is_one_fact(self, rule):
        assert classes([sent(rule=rule)], [line()], ties={1: (rule, "Y1")}) == [rule]

    def test_a_success_without_debit_is_r2(self):
        assert classes([sent()]) == [R2]

    @pytest.mark.parametrize(
        "state", ["accepted", "manual_handling", "unknown", "sending", "queued", "held"]
    )
    def test_what_is_not_known_is_open(self, state):
        assert classes([sent(state)]) == [OPEN]

    def test_a_failure_without_debit_is_no_problem(self):
        assert classes([sent("failed")]) == [FAILED]

    def test_a_failure_with_debit_is_r4_while_disputed(self):
        found = classes([sent("disputed", R4)], [line()], ties={1: (R4, "Y1")}, disputes={"Y1": R4})

        assert found == [R4]

    def test_and_settled_once_two_people_adjudicated(self):
        assert classes([sent("succeeded", R4)], [line()], ties={1: (R4, "Y1")}) == [R1]

    def test_a_second_debit_is_r6(self):
        one = sent(rule=R1)

        found = classes([one], [line(1), line(2, ref="REF1")], ties={1: (R1, "Y1")},
                        named={(1, "REF1"): one}, disputes={"Y1": R6})  # fmt: skip

        assert found == [R1, R6]

    def test_a_second_debit_is_r6_until_a_person_says_what_it_was(self):
        one = sent(rule=R1)
        known = {"ties": {1: (R1, "Y1")}, "named": {(1, "REF1"): one}}
        lines = [line(1), line(2, ref="REF1")]

        assert classes([one], lines, **known) == [R1, R6]
        assert classes([one], lines, **known, said={2: ("other", "银行已退")}) == [R1, R5]
        assert (
            classes([one], lines, **known, said={2: ("other", "x")}, disputes={"Y1": R6})[1] == R6
        )

    def test_another_amount_is_r7(self):
        one = sent()

        assert classes([one], [line(amount="99.00", ref="REF1")], named={(1, "REF1"): one}) == [R7]

    def test_a_debit_that_is_about_to_be_tied_is_open(self):
        one = sent("unknown")

        assert classes([], [line(ref="REF1")], named={(1, "REF1"): one}) == [OPEN]

    def test_a_return_is_r8(self):
        assert classes([], [line(side="credit")], ties={1: (R8, "Y1")}) == [R8]

    def test_another_credit_is_a_receipt(self):
        assert classes([], [line(side="credit")]) == [RECEIPT]


class TestR5:
    def kind(self, one, **known):
        (found,) = judge([], [one], Evidence(**{**KNOWN, **known})).found
        assert found.rule == R5
        return found.kind

    def test_waits_for_a_person_where_nothing_explains_it(self):
        assert self.kind(line()) == ""

    def test_is_what_a_person_said(self):
        assert self.kind(line(text="手续费"), said={1: ("counter", "")}) == "counter"

    @pytest.mark.parametrize(
        ("text", "kind"), [("网银手续费", "fee"), ("代扣税款", "tax"), ("贷款利息", "interest")]
    )
    def test_is_what_the_bank_s_words_say(self, text, kind):
        assert self.kind(line(text=text)) == kind

    def test_is_proven_by_a_payment_outside(self):
        assert self.kind(line(), outside={1: "P9"}) == "outside"

    def test_is_a_transfer_to_an_account_of_ours(self):
        assert self.kind(line(account="4400"), own_numbers={"4400"}) == "internal"

    @pytest.mark.parametrize("kind", ["booked", "reversal"])
    def test_is_what_the_match_says(self, kind):
        assert self.kind(line(), matched={1: kind}) == kind


class TestReport:
    def test_names_what_would_reopen_a_signed_day(self):
        report = judge([sent(), sent("unknown", number=2)], [], Evidence(**KNOWN))

        assert report.problems() == {"R2:Y1"}
        assert report.wants_reason

    def test_tells_the_same_entries_by_the_same_digest(self):
        def digest(*lines):
            return judge([], list(lines), Evidence(**KNOWN)).entries_digest()

        assert digest(line(1), line(2)) == digest(line(2), line(1))
        assert digest(line(1)) != digest(line(1, amount="100.01"))
        assert digest(line(1)) == digest(line(1, text="另一摘要"))
