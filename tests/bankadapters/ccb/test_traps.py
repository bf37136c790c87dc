"""The traps of the China Construction Bank sheet, each by name: sections 1, 4, 5 and 6."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown, QueryFailed, Refused, Unreadable
from bankadapters.framing import ToEnd
from tests.bankadapters.ccb.values import (
    BATCH_NO,
    NUMBER,
    PAYER,
    SECRET,
    a_batch,
    an_instruction,
    answer,
    asking,
    echoing,
    fields,
    golden,
)

DAY = date(2025, 1, 15)
ACCOUNT = AccountRef(PAYER)
TAKEN = fields(CREDIT_NO="100700000001", DEAL_TYPE="2", VALIDATE_CODE="")
IN_BATCH = [Inquiry(NUMBER, "", DAY, Ability.PAY_BATCH, batch_no=BATCH_NO, payer_account=PAYER)]
LAYOUT = {
    "6W0800_row": "DETAIL", "6W0800_serial": "NO", "6W0800_result": "RES", "6W0800_success": "4",
    "6W0800_failure": "5",
}  # fmt: skip


def stands(code: str, result: str, operation: Ability = Ability.INQUIRE) -> Fate:
    body = answer(code, fields(DEAL_RESULT=result, CREDIT_NO="100700000001"))
    return asking()[0].read(operation, body).outcomes[0].fate


class TestResults:
    def test_3_is_success_of_a_transfer_and_failure_of_a_payroll(self):
        assert stands("6W0600", "3") is Fate.SUCCEEDED
        assert stands("6W1503", "3", Ability.INQUIRE_PAYROLL) is Fate.FAILED
        assert stands("6W0500", "3", Ability.INQUIRE_PAYROLL) is Fate.FAILED

    @pytest.mark.parametrize(
        ("result", "fate"),
        [
            ("2", Fate.SUCCEEDED), ("4", Fate.SUCCEEDED), ("5", Fate.FAILED), ("A", Fate.FAILED), ("1", Fate.PROCESSING),
            ("9", Fate.PROCESSING), ("a", Fate.PROCESSING), ("", Fate.UNKNOWN), ("45", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_a_transfer_stands_as_its_own_table_says(self, result, fate):
        assert stands("6W0600", result) is fate

    @pytest.mark.parametrize(
        ("result", "fate"),
        [("4", Fate.SUCCEEDED), ("2", Fate.PROCESSING), ("5", Fate.PROCESSING), ("", Fate.UNKNOWN)],
    )
    def test_a_payroll_stands_as_its_own_table_says(self, result, fate):
        assert stands("6W1503", result, Ability.INQUIRE_PAYROLL) is fate

    def test_the_answer_of_another_query_is_not_read_by_this_ones_table(self):
        with pytest.raises(Unreadable, match="6W1503"):
            stands("6W1503", "3")

    def test_an_answer_under_another_number_is_not_believed(self):
        body = answer("6W0600", fields(DEAL_RESULT="5"), number="9999999999999999")

        with pytest.raises(Unreadable, match="9999999999999999"):
            asking(body)[0].inquire([Inquiry(NUMBER)])


class TestSubmission:
    @pytest.mark.parametrize(
        ("kind", "fate"),
        [
            ("2", Fate.ACCEPTED), ("3", Fate.ACCEPTED), ("4", Fate.ACCEPTED), ("9", Fate.MANUAL_HANDLING),
            ("A", Fate.UNKNOWN), ("7", Fate.PROCESSING), ("", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_deal_type_never_ends_a_payment(self, kind, fate):
        adapter, _ = asking(echoing(fields(CREDIT_NO="1007", DEAL_TYPE=kind)))

        (said,) = adapter.pay(a_batch())

        assert (said.fate, said.bank_serial) == (fate, "1007")

    def test_an_error_code_is_unknown_unless_the_operators_list_has_it(self):
        refusal = echoing(said="0130Z1108888", words="余额不足")

        with pytest.raises(OutcomeUnknown):
            asking(refusal)[0].pay(a_batch())
        with pytest.raises(Refused):
            asking(refusal, final_failures=frozenset({"0130Z1108888"}))[0].pay(a_batch())

    @pytest.mark.parametrize("code", ["0130Z110B144", "0130Z110BB22"])
    def test_a_repeated_number_is_never_a_failure_whatever_the_list_says(self, code):
        adapter, _ = asking(echoing(said=code), final_failures=frozenset({code}))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_answer_that_does_not_name_its_request_decides_nothing(self):
        with pytest.raises(OutcomeUnknown):
            asking(answer("6W8060", TAKEN, number=""))[0].pay(a_batch())

    def test_another_enterprise_number_in_the_answer_is_not_believed(self):
        with pytest.raises(OutcomeUnknown, match="CST_PAY_NO"):
            asking(echoing(TAKEN + fields(CST_PAY_NO="OTHER")))[0].pay(a_batch())

    def test_a_status_of_another_enterprise_number_ends_nothing(self):
        body = fields(DEAL_RESULT="5", CST_PAY_NO="OTHER")
        adapter, _ = asking(echoing(body))

        with pytest.raises(Unreadable, match="CST_PAY_NO"):
            adapter.inquire([Inquiry(NUMBER)])

    def test_an_older_client_without_cst_pay_no_is_understood(self):
        (said,) = asking(echoing(TAKEN))[0].pay(a_batch())

        assert (said.reference, said.fate) == (NUMBER, Fate.ACCEPTED)


class TestNotFound:
    def test_of_a_payroll_has_a_code_and_is_no_failure(self):
        asked = [Inquiry(BATCH_NO, operation=Ability.PAYROLL, batch_no=BATCH_NO)]
        adapter, _ = asking(echoing(said="0130Z110BB22"))

        (told,) = adapter.inquire(asked)

        assert (told.fate, told.not_found) == (Fate.UNKNOWN, True)

    def test_of_a_transfer_is_what_the_operators_list_says(self):
        with pytest.raises(QueryFailed):
            asking(echoing(said="0130Z110BB22"))[0].inquire([Inquiry(NUMBER)])
        listed = {"not_found_codes": "0130Z110BB22"}
        (told,) = asking(echoing(said="0130Z110BB22"), parameters=listed)[0].inquire(
            [Inquiry(NUMBER)]
        )
        assert told.not_found


class TestBatch:
    def batch(self):
        return a_batch(
            an_instruction(), an_instruction(reference="1001000000000284"), operation=Ability.PAY_BATCH
        )  # fmt: skip

    def told(self, **parameters: str):
        listed = "<SUCCESS_LIST><SERIAL_NUM>17</SERIAL_NUM></SUCCESS_LIST>"
        listed += "<ERROR_LIST><SERIAL_NUM>000028</SERIAL_NUM><ERROR_MSG>户名不符</ERROR_MSG></ERROR_LIST>"
        return asking(echoing(listed), parameters=parameters)[0].pay(self.batch())

    def test_the_error_list_fails_nothing_before_the_bank_has_confirmed_it(self):
        assert [(o.reference, o.fate) for o in self.told()] == [
            (NUMBER, Fate.ACCEPTED), ("1001000000000284", Fate.UNKNOWN),
        ]  # fmt: skip
        assert self.told(batch_errors="failed")[1].fate is Fate.FAILED
        assert self.told()[1].text == "户名不符"

    def test_an_item_on_both_lists_is_not_decided(self):
        listed = "".join(
            f"<{kind}><SERIAL_NUM>000017</SERIAL_NUM></{kind}>"
            for kind in ("SUCCESS_LIST", "ERROR_LIST")
        )
        adapter, _ = asking(echoing(listed), parameters={"batch_errors": "failed"})

        assert [o.fate for o in adapter.pay(self.batch())] == [Fate.UNKNOWN]

    def test_the_unpublished_answer_of_6w0800_decides_nothing_until_somebody_has_asked(self):
        row = f"<DETAIL>{fields(NO='17', RES='4')}</DETAIL>"

        assert asking(echoing(row))[0].inquire(IN_BATCH) == []
        (told,) = asking(echoing(row), parameters=LAYOUT)[0].inquire(IN_BATCH)
        assert told.fate is Fate.SUCCEEDED

    def test_a_value_on_both_of_the_operators_lists_decides_nothing(self):
        row = f"<DETAIL>{fields(NO='17', RES='4')}</DETAIL>"
        adapter, _ = asking(echoing(row), parameters=LAYOUT | {"6W0800_failure": "4,5"})

        (told,) = adapter.inquire(IN_BATCH)

        assert told.fate is Fate.PROCESSING


class TestWire:
    def test_an_answer_ends_with_its_root_while_the_client_keeps_the_socket_open(self):
        whole = answer("6W0600", fields(DEAL_RESULT="4")) + b"\r\n"
        parts = [whole[:20], whole[20:-5], whole[-5:]]

        def receive(count: int) -> bytes:
            return parts.pop(0)  # one more read would fail: the socket is still open

        assert ToEnd(b"</TX>").read(receive) == whole

    def test_the_reply_is_gb18030_whatever_it_declares(self):
        body = answer("6W0600", fields(DEAL_RESULT="5", MESSAGE="𠮷田"), words="好")
        body = body.replace(b"GB18030", b"GB2312")

        (told,) = asking()[0].read(Ability.INQUIRE, body).outcomes

        assert told.text == "𠮷田"

    def test_languages_and_blanks_around_elements_are_read(self):
        body = answer("6W0600", "\r\n  " + fields(CREDIT_NO="1007", DEAL_RESULT=" 4 ") + "\r\n")
        body = body.replace(b"LANGUAGE>", b"LANGUAGES>")

        assert asking()[0].read(Ability.INQUIRE, body).outcomes[0].fate is Fate.SUCCEEDED

    def test_a_number_of_nineteen_digits_is_read(self):
        body = answer("6W0600", fields(DEAL_RESULT="4"), number="1234567890123456789")

        assert asking()[0].read(Ability.INQUIRE, body).number == "1234567890123456789"

    def test_the_password_is_masked_in_the_evidence(self):
        adapter, _ = asking()
        from bankadapters.contract import WireRequest

        kept = adapter.redact(adapter.write(WireRequest(Ability.SIGN_ON)))

        assert SECRET.encode() not in kept
        assert b"<PASSWORD>***</PASSWORD>" in kept


class TestAccounts:
    def row(self, **more: str) -> str:
        values = {
            "TRANDATE": "2025/01/15", "TRANTIME": "10:20:30", "MESSAGE": "转账", "AMT": "10.00", "AMT1": "90.00",
            "FLAG1": "0", "ACCNO2": "62", "ACC_NAME1": "对手", "TRAN_FLOW": "F1", "BFLOW": NUMBER, "DET_NO": "7", "DET": "货款",
        }  # fmt: skip
        return f"<DETAILINFO>{fields(**(values | more))}</DETAILINFO>"

    def page(self, *rows: str, page: str = "1", pages: str = "1", context: str = ""):
        top = fields(
            ACCNO1=PAYER, CURR_COD="01", TOTAL_PAGE=pages, PAGE=page, POSTSTR=context, FLAG="1"
        )
        return echoing(f"{top}<DETAILLIST>\r\n{''.join(rows)}</DETAILLIST>")

    def test_the_balance_takes_its_currency_from_the_account(self):
        body = golden("balance_answer").decode("gb18030")
        adapter, _ = asking(
            lambda request: body.replace(
                "2501150000000017", request.decode("gb18030").split("REQUEST_SN>")[1][:16]
            ).encode("gb18030")
        )

        (found,) = adapter.balances([AccountRef(PAYER, currency="USD")])

        assert (found.book, found.available) == (Decimal("120000.50"), Decimal("118000.50"))
        assert found.currency == "USD"

    def test_days_come_with_slashes_although_we_send_them_plain(self):
        adapter, transport = asking(self.page(self.row(), self.row(FLAG1="1", DET_NO="8")))

        page = adapter.transactions(ACCOUNT, DAY, DAY)

        first, second = page.lines
        assert f"{first.booked_at:%Y%m%d %H%M%S}" == "20250115 102030"
        assert (first.direction, second.direction) == (Direction.DEBIT, Direction.CREDIT)
        assert (first.reference, first.bank_serial, second.bank_serial) == (NUMBER, "F1-7", "F1-8")
        assert b"<STARTDATE>20250115</STARTDATE>" in transport.requests[0]

    def test_a_further_page_is_asked_for_with_the_context_of_the_one_before(self):
        adapter, transport = asking(
            self.page(self.row(), pages="2", context="A:B|7"), self.page(self.row(), page="2", pages="2")
        )  # fmt: skip

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor)

        assert b"<PAGE>1</PAGE><POSTSTR></POSTSTR>" in transport.requests[0]
        assert b"<PAGE>2</PAGE><POSTSTR>A:B|7</POSTSTR>" in transport.requests[1]
        assert all(b"<TOTAL_RECORD>200</TOTAL_RECORD>" in r for r in transport.requests)
        assert last.next == ""

    def test_no_rows_is_a_code_but_the_same_code_may_mean_trouble(self):
        empty = echoing(said="8350ZX100000", words="没有符合条件的明细")
        trouble = echoing(said="8350ZX100000", words="公共前处理失败")

        assert asking(empty)[0].transactions(ACCOUNT, DAY, DAY).lines == []
        with pytest.raises(QueryFailed):
            asking(trouble)[0].transactions(ACCOUNT, DAY, DAY)

    @pytest.mark.parametrize("code", ["8350ZXXNAFJZ", "8350ZXXCMFJZ"])
    def test_cannot_process_now_is_an_error_to_try_again_and_not_an_empty_day(self, code):
        with pytest.raises(QueryFailed):
            asking(echoing(said=code))[0].transactions(ACCOUNT, DAY, DAY)

    def test_the_mixed_case_side_of_the_history_is_read(self):
        top = fields(ACC_NO=PAYER, CUR_TYPE="01", CUR_PAGE="1", PAGE_COUNT="1")
        row = fields(
            TRAN_DATE="20250114", TRAN_TIME="101500", ABSTRACT="转账", AMOUNT="3.00", BALANCE="7.00", dORc="1",
            ACC_NO1="62", ACC_NAME1="对手", PAY_SEQ_NUM="P9",
        )  # fmt: skip
        adapter, _ = asking(
            echoing(f"{top}<DETAIL>{row}</DETAIL>"), parameters={"details": "6W0300"}
        )

        (line,) = adapter.transactions(ACCOUNT, DAY, DAY).lines

        assert (line.direction, line.bank_serial) == (Direction.CREDIT, "P9")

    @pytest.mark.parametrize(
        "changes", [{"AMT": ""}, {"AMT": "-1.00"}, {"TRANDATE": ""}, {"FLAG1": ""}, {"FLAG1": "2"}]
    )
    def test_a_row_that_says_too_little_is_unreadable(self, changes):
        with pytest.raises(Unreadable):
            asking(self.page(self.row(**changes)))[0].transactions(ACCOUNT, DAY, DAY)

    def test_a_page_that_does_not_say_which_it_is_is_unreadable(self):
        with pytest.raises(Unreadable):
            asking(self.page(self.row(), page=""))[0].transactions(ACCOUNT, DAY, DAY)
