"""The traps of ICBC's sheet, each by name: sections 1, 2, 4, 5 and 6."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Fate, Inquiry
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Refused, Unreadable
from bankadapters.transport import Broken
from kernel.money import Money
from tests.bankadapters.icbc.values import (
    PACKAGE,
    PAYER,
    a_batch,
    an_instruction,
    asking,
    document,
    dressed,
    echoing,
    fields,
    form_of,
    golden,
    paid,
    rd,
    stands,
)

ASKED = [Inquiry(PACKAGE, payer_account=PAYER)]
TODAY = date(2026, 3, 10)
ACCOUNT = AccountRef(PAYER)


def fates(answer: bytes, operation: Ability = Ability.PAY) -> list[Fate]:
    return [o.fate for o in asking()[0].read(operation, dressed(answer)).outcomes]


class TestTwoPorts:
    def test_a_payment_is_signed_first_and_the_signed_text_is_what_leaves(self):
        adapter, business, signing = asking(dressed(paid("0")))

        adapter.pay(a_batch())

        (form,) = [form_of(request) for request in business.requests]
        assert signing.requests[0].startswith(b'<?xml version="1.0" encoding="GBK"?>')
        assert form["reqData"] == b"c2lnbmVk"

    def test_a_query_goes_unsigned(self):
        adapter, business, signing = asking(echoing(stands("7")))

        adapter.inquire(ASKED)

        assert not signing.requests
        assert b"<QryfSeqno>" in form_of(business.requests[0])["reqData"]

    @pytest.mark.parametrize(
        "page",
        [
            NotSent("refused"),
            Broken("cut"),
            b"<html><head><result>-1</result></head></html>",
            b"<html><head><result>0</result></head></html>",
            b"",
        ],
    )
    def test_trouble_at_the_signing_port_sends_nothing_and_may_be_repeated(self, page):
        adapter, business, signing = asking()
        signing.answers = [page]

        with pytest.raises(NotSent):
            adapter.pay(a_batch())
        assert not business.requests

    def test_identity_and_number_are_alike_in_address_form_and_document(self):
        adapter, business, signing = asking(dressed(paid("0")))

        adapter.pay(a_batch())

        form, target = form_of(business.requests[0]), business.targets[0]
        assert target.startswith("servlet/ICBCCMPAPIReqServlet?userID=demo.y.1000&PackageID=P2026")
        assert (form["ID"], form["PackageID"], form["TransCode"]) == (
            b"demo.y.1000", PACKAGE.encode(), b"PAYENT",
        )  # fmt: skip
        assert b"<ID>demo.y.1000</ID>" in signing.requests[0]

    def test_a_plus_in_base64_does_not_become_a_blank_in_the_form(self):
        adapter, business, signing = asking(dressed(paid("0")))
        signing.answers = [
            b"<html><head><result>0</result></head><body><sign>a+b/c=\r\n</sign></body></html>"
        ]

        adapter.pay(a_batch())

        assert b"reqData=a%2Bb%2Fc%3D" in business.requests[0]


class TestReplies:
    def test_base64_is_wrapped_and_its_plus_may_have_become_a_blank(self):
        text = document(stands("7"), number="Q1")
        wrapped = b"reqData=" + base64.encodebytes(text).replace(b"+", b" ")

        assert [
            o.fate for o in asking()[0].read(Ability.INQUIRE, wrapped).outcomes
        ] == [Fate.SUCCEEDED]  # fmt: skip

    def test_an_error_code_instead_of_data_leaves_a_payment_unknown(self):
        adapter, _, _ = asking(b"errorCode=-2021")

        with pytest.raises(OutcomeUnknown) as caught:
            adapter.pay(a_batch())
        assert caught.value.code == "errorCode=-2021"

    def test_an_error_code_to_a_question_changes_nothing(self):
        adapter, _, _ = asking(b"errorCode=-2021")

        with pytest.raises(QueryFailed):
            adapter.inquire(ASKED)

    @pytest.mark.parametrize("answer", [b"reqData=%%%%", b"reqData=", b"<CMS/>", b"requestData=QQ=="])  # fmt: skip
    def test_what_is_neither_is_unreadable_and_a_payment_unknown(self, answer):
        adapter, _, _ = asking(answer)

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_the_prolog_has_double_blanks(self):
        assert fates(paid("0")) == [Fate.ACCEPTED]

    def test_an_answer_about_another_package_decides_nothing(self):
        adapter, _, _ = asking(echoing(stands("6", package="P2")))

        with pytest.raises(Unreadable):
            adapter.inquire(ASKED)

    def test_an_answer_to_another_message_decides_nothing(self):
        adapter, _, _ = asking(dressed(paid("6", package="P2")))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())


class TestResults:
    EITHER = (
        ("0", Fate.ACCEPTED), ("1", Fate.ACCEPTED), ("2", Fate.ACCEPTED), ("3", Fate.ACCEPTED), ("4", Fate.MANUAL_HANDLING),
        ("5", Fate.PROCESSING), ("6", Fate.FAILED), ("8", Fate.FAILED), ("9", Fate.PROCESSING), ("10", Fate.ACCEPTED),
        ("11", Fate.FAILED), ("20", Fate.ACCEPTED), ("86", Fate.ACCEPTED), ("95", Fate.PROCESSING), ("98", Fate.UNKNOWN),
        ("21", Fate.PROCESSING), ("22", Fate.UNKNOWN), ("", Fate.UNKNOWN), ("77", Fate.UNKNOWN),
    )  # fmt: skip

    @pytest.mark.parametrize(("result", "fate"), EITHER)
    def test_each_means_what_the_table_says(self, result, fate):
        assert fates(paid(result)) == [fate]
        assert fates(document(stands(result)), Ability.INQUIRE) == [fate]

    def test_only_a_question_calls_a_payment_paid(self):
        assert fates(paid("7")) == [Fate.ACCEPTED]
        assert fates(document(stands("7")), Ability.INQUIRE) == [Fate.SUCCEEDED]

    def test_a_suspicious_regional_centre_is_unknown_and_not_failed(self):
        assert fates(document(stands("98")), Ability.INQUIRE) == [Fate.UNKNOWN]

    def test_a_used_package_number_is_answered_like_an_empty_one_and_fails_nothing(self):
        adapter, _, _ = asking(dressed(document(code="B0012", number=PACKAGE)))

        with pytest.raises(OutcomeUnknown) as caught:
            adapter.pay(a_batch())
        assert caught.value.code == "B0012"

    @pytest.mark.parametrize("code", ["D0098", "B0001", "-1"])
    def test_any_other_error_of_a_submission_is_unknown(self, code):
        adapter, _, _ = asking(dressed(document(code=code, number=PACKAGE)))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_no_matching_record_is_not_found_and_no_proof(self):
        adapter, _, _ = asking(echoing("", code="B0116"))

        (said,) = adapter.inquire(ASKED)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_another_error_of_a_question_changes_nothing(self):
        adapter, _, _ = asking(echoing(stands("6"), code="D0098"))

        with pytest.raises(QueryFailed):
            adapter.inquire(ASKED)

    def test_the_payer_name_must_match_and_its_refusal_is_final(self):
        (said,) = asking()[0].read(Ability.PAY, dressed(paid("6", code="B0043"))).outcomes

        assert (said.fate, said.code) == (Fate.FAILED, "6/B0043")

    def test_a_row_the_answer_leaves_out_is_not_spoken_for(self):
        adapter, _, _ = asking(
            dressed(document(rd(ERPSqn="P1", Result="0", iRetCode="0"), number="B20260310001"))
        )
        items = [an_instruction(reference=f"P{n}") for n in (1, 2)]

        said = adapter.pay(a_batch(*items, operation=Ability.PAY_BATCH))

        assert [o.reference for o in said] == ["P1"]

    def test_rows_are_told_apart_by_our_own_number_never_by_their_order(self):
        rows = [rd(iSeqno=str(n), ERPSqn=f"P{3 - n}", Result=r) for n, r in ((1, "7"), (2, "6"))]
        out = fields(QryfSeqno="B1", QrySerialNo="CMM1") + "".join(rows)
        adapter, _, _ = asking(echoing(out))
        asked = [Inquiry(f"P{n}", operation=Ability.PAY_BATCH, batch_no="B1") for n in (1, 2)]

        said = {o.reference: o.fate for o in adapter.inquire(asked)}

        assert said == {"P2": Fate.SUCCEEDED, "P1": Fate.FAILED}

    def test_a_bank_that_echoes_no_number_of_ours_leaves_a_package_undecided(self):
        rows = [rd(iSeqno=str(n), OrderNo=str(n), Result="6") for n in (1, 2)]
        adapter, _, _ = asking(echoing(fields(QryfSeqno="B1") + "".join(rows)))
        asked = [Inquiry(f"P{n}", operation=Ability.PAY_BATCH, batch_no="B1") for n in (1, 2)]

        assert not [o for o in adapter.inquire(asked) if o.fate is Fate.FAILED]

    def test_a_package_told_without_rows_says_nothing(self):
        adapter, _, _ = asking(echoing(fields(QryfSeqno=PACKAGE, QrySerialNo="CMM1")))

        assert adapter.inquire(ASKED) == []

    def test_a_payment_of_another_payer_decides_nothing(self):
        adapter, _, _ = asking(echoing(stands("6", PayAccNo="999")))

        assert [o.fate for o in adapter.inquire(ASKED)] == [Fate.UNKNOWN]

    def test_a_payroll_that_paid_some_only_is_undecided(self):
        rows = [rd(ERPSqn=f"P{n}", PayAmt="100", Result=r) for n, r in ((1, "7"), (2, "6"))]
        answer = document(fields(QryfSeqno="B1") + "".join(rows))

        (said,) = asking()[0].read(Ability.INQUIRE_PAYROLL, dressed(answer)).outcomes

        assert (said.fate, said.text, said.money) == (
            Fate.UNKNOWN, "1/2 笔成功", Money(Decimal("2.00")),
        )  # fmt: skip

    @pytest.mark.parametrize("result", ["6", "7"])
    def test_a_payroll_whose_people_have_no_amounts_has_not_ended(self, result):
        answer = document(fields(QryfSeqno="B1") + rd(ERPSqn="P1", Result=result))

        (said,) = asking()[0].read(Ability.INQUIRE_PAYROLL, dressed(answer)).outcomes

        assert (said.fate, said.money) == (Fate.UNKNOWN, None)


class TestAccounts:
    def today(self, *rows: str, place: str = "") -> bytes:
        head = fields(AccNo=PAYER, CurrType="001", NextTag=place, TotalNum=str(len(rows)))
        return document(head + "".join(rows))

    def row(self, **more: str) -> str:
        stamp = {"Drcrf": "1", "Amount": "108850", "TimeStamp": "2026-03-10-09.30.15.123456"}
        return rd(**(stamp | {"RepReserved3": "0200|00012|26069|17", "Ref": PACKAGE} | more))

    def read(self, answer: bytes):
        return asking()[0].read(Ability.TRANSACTIONS, dressed(answer)).page

    def test_amounts_are_fen_and_the_book_balance_is_balance(self):
        (balance,) = asking()[0].read(Ability.BALANCE, dressed(golden("balance_answer"))).balances

        assert (balance.book, balance.available, balance.frozen) == (
            Decimal("100000.00"), Decimal("99900.00"), Decimal("100.00"),
        )  # fmt: skip
        assert balance.as_of == TODAY

    @pytest.mark.parametrize("amount", ["1088.50", "-5", "0", "", "abc"])
    def test_an_amount_that_is_no_positive_whole_number_of_fen_is_unreadable(self, amount):
        with pytest.raises(Unreadable):
            self.read(self.today(self.row(Amount=amount)))

    def test_replies_may_say_rmb(self):
        answer = golden("balance_answer").replace(
            b"<CurrType>001</CurrType>", b"<CurrType>RMB</CurrType>"
        )

        assert asking()[0].read(Ability.BALANCE, dressed(answer)).balances[0].currency == "CNY"

    def test_one_means_out_and_two_means_in(self):
        rows = [self.row(), self.row(Drcrf="2", RepReserved3="0200|00012|26069|18")]

        assert [line.direction for line in self.read(self.today(*rows)).lines] == [
            Direction.DEBIT, Direction.CREDIT,
        ]  # fmt: skip
        with pytest.raises(Unreadable):
            self.read(self.today(self.row(Drcrf="3")))

    def test_today_has_no_balance_and_is_numbered_as_history_will_be(self):
        (line,) = self.read(self.today(self.row())).lines
        (later,) = self.read(
            self.today(
                rd(Drcrf="1", DebitAmount="108850", CreditAmount="", Balance="5", Date="20260310",
                   Time="2026-03-09-23.59.59.000000", OnlySequence="26069000017")
            )
        ).lines  # fmt: skip

        assert line.balance_after is None
        assert line.bank_serial == later.bank_serial == "26069000017"
        assert line.reference == PACKAGE

    def test_the_posting_date_counts_and_not_the_day_inside_time(self):
        row = rd(Drcrf="2", CreditAmount="100", DebitAmount="", Balance="100", Date="20260309",
                 Time="2026-03-10-00.01.02.000000", OnlySequence="1")  # fmt: skip

        (line,) = self.read(self.today(row)).lines

        assert line.booked_at.isoformat() == "2026-03-09T00:01:02+08:00"

    def test_both_sides_filled_is_a_contradiction(self):
        with pytest.raises(Unreadable):
            self.read(self.today(rd(Drcrf="1", DebitAmount="1", CreditAmount="1", Date="20260309")))

    def test_the_banks_own_name_is_in_recipbkname1(self):
        row = self.row(RecipBkName="10200", RecipBkName1="中国工商银行上海分行")

        assert self.read(self.today(row)).lines[0].counterparty_bank == "中国工商银行上海分行"

    def test_next_tag_is_opaque_and_repeated_until_it_is_empty(self):
        adapter, business, _ = asking(
            echoing_page(self.today(self.row(), place="a|b+c")), echoing_page(self.today(self.row()))
        )  # fmt: skip

        page = adapter.transactions(ACCOUNT, TODAY, TODAY)
        last = adapter.transactions(ACCOUNT, TODAY, TODAY, cursor=page.next)

        told = [form_of(request)["reqData"] for request in business.requests]
        assert b"<NextTag/>" in told[0] or b"<NextTag></NextTag>" in told[0]
        assert b"<NextTag>a|b+c</NextTag>" in told[1]
        assert form_of(business.requests[0])["PackageID"] != form_of(business.requests[1])["PackageID"]  # fmt: skip
        assert last.next == ""

    def test_a_page_that_lacks_rows_it_counts_is_unreadable(self):
        answer = self.today(self.row()).replace(b"<TotalNum>1<", b"<TotalNum>2<")

        with pytest.raises(Unreadable):
            self.read(answer)

    def test_the_least_and_most_amount_mean_no_limit(self):
        adapter, business, _ = asking(echoing_page(self.today()))

        adapter.transactions(ACCOUNT, TODAY, TODAY)

        assert b"<MinAmt>0</MinAmt><MaxAmt>99999999999</MaxAmt>" in form_of(business.requests[0])["reqData"]  # fmt: skip

    def test_refund_words_of_history_are_kept(self):
        row = self.row(RefundMsg="退汇 户名不符")

        assert "退汇" in self.read(self.today(row)).lines[0].narrative


def echoing_page(answer: bytes):
    """A page of details under the number of the request."""
    out = answer.decode("gb18030").split("<out>")[1].split("</out>")[0]
    return echoing(out)


class TestLimitsOfTheWire:
    def test_what_gbk_cannot_carry_is_refused_by_name(self):
        adapter, business, signing = asking()

        with pytest.raises(Refused, match=r"payee_name holds '𠮷' \(U\+20BB7\)"):
            adapter.pay(a_batch(an_instruction(payee_name="𠮷田公司")))
        assert not business.requests + signing.requests

    def test_lengths_count_gbk_bytes(self):
        adapter, _, signing = asking(dressed(paid("0")))

        adapter.pay(a_batch(an_instruction(purpose="款" * 10)))
        with pytest.raises(Refused, match="purpose is too long: 22"):
            adapter.pay(a_batch(an_instruction(purpose="款" * 11)))

        assert len(signing.requests) == 1
        assert ("款" * 10).encode("gbk") in signing.requests[0]
