"""The traps of the Bank of Communications sheet, each by name: sections 1, 3 to 6 and the notes from real messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.banks.bocom.messages import FRAME
from bankadapters.contract import Ability, AccountRef, Direction, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown, QueryFailed, Unencodable, Unreadable
from bankadapters.transport import Broken
from tests.bankadapters.bocom.values import (
    NUMBER,
    PAYER,
    a_batch,
    a_person,
    answer,
    asking,
    echoing,
    fields,
    golden,
    stands,
)

DAY = date(2026, 3, 10)
ACCOUNT = AccountRef(PAYER)
SIDES = {"side_debit": "1", "side_credit": "2"}
TITLES = (
    "状态|交易日期|交易时间|业务类型|流水号|流水序号|账号|户名|收支标志|币种|交易金额|余额|可用余额|对方账号|对方户名|对方地址|"
    "对方开户行行号|对方开户行行名|票据种类|票据号码|票据名称|票据签发日期|附言|备注|"
)
ROW = f"0|20260310|101500||S1|1|{PAYER}|示例公司|1|CNY|300.00|700.00|700.00|62|收款公司||102100000030|工商银行|||||货款|转账|"


def table(text: str, *, fields_: int = 24, rows: int = 1, **more: str) -> str:
    told = {"field_num": str(fields_), "record_num": str(rows), "file_flag": "0", "filename": ""}
    return f"<body><serial_record>{text}</serial_record>{fields(**(told | more))}</body>"


def entries(body: str, **parameters: str):
    return asking(echoing(body), parameters=SIDES | parameters)[0].transactions(ACCOUNT, DAY, DAY)


class TestSubmission:
    def test_taken_without_a_body_is_accepted_and_not_paid(self):
        (said,) = asking(echoing())[0].pay(a_batch())

        assert (said.fate, said.bank_serial) == (Fate.ACCEPTED, "31000000000007")

    @pytest.mark.parametrize("listed", [frozenset(), frozenset({"9012"})])
    def test_no_code_of_the_head_fails_a_payment(self, listed):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(said="9012"), final_failures=listed)[0].pay(a_batch())

    def test_trouble_of_the_front_end_is_unknown_even_beside_0000(self):
        with pytest.raises(OutcomeUnknown, match="线路"):
            asking(echoing(trouble="线路故障"))[0].pay(a_batch())

    def test_ans_code_means_nothing_on_a_direct_link(self):
        def told(request: bytes) -> bytes:
            return echoing()(request).replace(b"<ans_code>0<", b"<ans_code>1<")

        assert asking(told)[0].pay(a_batch())[0].fate is Fate.ACCEPTED

    @pytest.mark.parametrize("code", ["-170", "-172", "-173", "-174", "-175", "-179"])
    def test_a_negative_length_is_the_machines_own_error_and_leaves_the_outcome_unknown(self, code):
        with pytest.raises(Unreadable) as caught:
            FRAME.length_of(f"0{code:6}".encode())
        broken = Broken(caught.value.text, code=caught.value.code)

        with pytest.raises(OutcomeUnknown) as unknown:
            asking(broken)[0].pay(a_batch())
        assert unknown.value.code == code

    def test_an_answer_to_another_message_is_not_believed(self):
        with pytest.raises(OutcomeUnknown, match="SOMEBODYELSES"):
            asking(answer("210201", number="SOMEBODYELSES"))[0].pay(a_batch())

    def test_a_person_here_is_not_paid_by_an_ordinary_transfer(self):
        adapter, transport = asking()

        with pytest.raises(Unencodable, match="agency"):
            adapter.pay(a_batch(a_person("6222600000000000017", "P1")))
        assert not transport.requests


class TestPayroll:
    def rows(self, *flags: str) -> str:
        inside = "".join(
            f"<rcd>{fields(card_no=f'62226000000000000{n}', sucFlg=flag, flw=f'F{n}')}</rcd>"
            for n, flag in enumerate(flags, 11)
        )
        return f"<body><tran>{inside}</tran></body>"

    def said(self, *flags: str):
        people = [a_person(f"62226000000000000{n}", f"P{n}") for n, _ in enumerate(flags, 11)]
        adapter, _ = asking(echoing(self.rows(*flags)), parameters={"busi_no": "7001"})
        (whole,) = adapter.pay(a_batch(*people, operation=Ability.PAYROLL))
        return whole.fate

    def test_f_is_success_and_e_is_failure(self):
        assert self.said("F", "F") is Fate.SUCCEEDED
        assert self.said("E", "E") is Fate.FAILED

    @pytest.mark.parametrize("flags", [("F", "E"), ("3", "3"), ("F", "3"), ("S", "S"), ("", "")])
    def test_anything_else_leaves_the_whole_undecided(self, flags):
        assert self.said(*flags) is Fate.UNKNOWN

    def test_each_person_is_told_by_card(self):
        told = asking()[0].read(Ability.PAYROLL, answer("330002", self.rows("F", "E"))).outcomes

        assert [(o.reference[-2:], o.fate) for o in told[1:]] == [
            ("11", Fate.SUCCEEDED), ("12", Fate.FAILED),
        ]  # fmt: skip

    def test_an_answer_about_fewer_people_than_were_sent_decides_nothing(self):
        people = [a_person(f"62226000000000000{n}", f"P{n}") for n in (11, 12, 13)]
        adapter, _ = asking(echoing(self.rows("F", "F")), parameters={"busi_no": "7001"})

        (whole,) = adapter.pay(a_batch(*people, operation=Ability.PAYROLL))

        assert whole.fate is Fate.UNKNOWN


class TestStatus:
    @pytest.mark.parametrize(
        ("stat", "fate"),
        [
            ("0", Fate.PROCESSING), ("1", Fate.SUCCEEDED), ("2", Fate.FAILED), ("3", Fate.UNKNOWN), ("4", Fate.UNKNOWN),
            ("5", Fate.UNKNOWN), ("", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_stat_decides_and_suspicious_is_unknown(self, stat, fate):
        (told,) = asking(echoing(stands(stat)))[0].inquire([Inquiry(NUMBER)])

        assert told.fate is fate
        assert told.not_found == (stat == "4"), "no such record is never a failure"

    def test_an_answer_about_another_voucher_is_not_believed(self):
        for body in (stands("2", cert_no="OTHER"), stands("2", ogl_serial_no="OTHER")):
            with pytest.raises(Unreadable):
                asking(echoing(body))[0].inquire([Inquiry(NUMBER)])

    def test_another_payer_account_decides_nothing(self):
        adapter, _ = asking(echoing(stands("2", pay_acno="310066000000000000002")))

        (told,) = adapter.inquire([Inquiry(NUMBER, payer_account=PAYER)])

        assert told.fate is Fate.UNKNOWN

    def test_an_error_of_the_head_says_nothing_of_the_payment(self):
        with pytest.raises(QueryFailed):
            asking(echoing(stands("2"), said="9012"))[0].inquire([Inquiry(NUMBER)])

    def test_a_missing_body_is_unreadable(self):
        with pytest.raises(Unreadable):
            asking(echoing())[0].inquire([Inquiry(NUMBER)])


class TestTables:
    def test_values_padded_with_line_breaks_and_tabs_are_read(self):
        padded = f"\n\t {TITLES}{ROW}".replace("|", " \n|\t") + "\n"

        (line,) = entries(table(padded)).lines

        assert (line.money.amount, line.bank_serial) == (Decimal("300.00"), "S1-1")

    def test_an_empty_first_value_of_a_row_does_not_shift_the_columns(self):
        second = ROW.replace("0|20260310", "|20260310", 1).replace("|S1|1|", "|S1|2|")

        lines = entries(table(TITLES + ROW + second, rows=2)).lines

        assert [line.bank_serial for line in lines] == ["S1-1", "S1-2"]

    def test_the_titles_are_right_where_the_width_contradicts_them(self):
        assert len(entries(table(TITLES + ROW, fields_=25)).lines) == 1

    def test_columns_are_found_by_title_and_not_by_place(self):
        titles, values = TITLES.rstrip("|").split("|"), ROW.split("|")[:-1]
        turned = "|".join([*reversed(titles), *reversed(values)]) + "|"

        (line,) = entries(table(turned)).lines

        assert (line.account, line.counterparty_account) == (PAYER, "62")

    @pytest.mark.parametrize("text", [TITLES + ROW + "0|", TITLES[4:] + ROW, TITLES + ROW])
    def test_a_table_that_does_not_fill_its_rows_is_unreadable(self, text):
        with pytest.raises(Unreadable):
            entries(table(text, rows=2))

    def test_rows_in_the_packet_are_the_rows_although_the_flag_says_file(self):
        assert len(entries(table(TITLES + ROW, file_flag="1")).lines) == 1

    def test_rows_that_come_as_a_file_are_said_and_not_read_as_an_empty_day(self):
        with pytest.raises(Unreadable, match=r"D1\.txt"):
            entries(table("", rows=700, file_flag="1", filename="D1.txt"))

    def test_a_day_without_entries_is_empty(self):
        assert entries(table(TITLES, rows=0)).lines == []
        assert entries(table("", rows=0)).lines == []

    def test_a_code_for_no_rows_is_what_the_operators_list_says(self):
        adapter, _ = asking(echoing(said="9090"))
        with pytest.raises(QueryFailed):
            adapter.transactions(ACCOUNT, DAY, DAY)
        listed, _ = asking(echoing(said="9090"), parameters={"no_rows_codes": "9090"})
        assert listed.transactions(ACCOUNT, DAY, DAY).lines == []


class TestEntries:
    @pytest.mark.parametrize(
        ("parameters", "direction"),
        [({}, Direction.DEBIT), ({"side_debit": "2", "side_credit": "1"}, Direction.CREDIT)],
    )
    def test_the_direction_is_what_the_connection_says(self, parameters, direction):
        assert entries(table(TITLES + ROW), **parameters).lines[0].direction is direction

    @pytest.mark.parametrize(
        "parameters", [{"side_debit": ""}, {"side_debit": "1", "side_credit": "1,2"}]
    )
    def test_a_direction_nobody_explained_is_not_guessed(self, parameters):
        with pytest.raises(Unreadable, match="收支标志"):
            entries(table(TITLES + ROW), **parameters)

    def test_a_state_nobody_explained_is_not_an_ordinary_entry(self):
        row = "9" + ROW[1:]

        with pytest.raises(Unreadable, match="状态"):
            entries(table(TITLES + row))
        assert len(entries(table(TITLES + row), normal_states="0,9").lines) == 1

    def test_both_parties_and_words_are_told(self):
        (line,) = entries(table(TITLES + ROW)).lines

        assert (line.counterparty_name, line.counterparty_bank) == ("收款公司", "工商银行")
        assert (line.balance_after, line.narrative) == (Decimal("700.00"), "货款 转账")
        assert f"{line.booked_at:%Y%m%d %H%M%S}" == "20260310 101500"


class TestBalances:
    def test_the_sheets_answer_is_read(self):
        body = golden("balance_answer_body").decode("gbk")

        (found,) = asking(echoing(body))[0].balances([ACCOUNT])

        assert (found.book, found.available) == (Decimal("100000.00"), Decimal("99900.00"))

    def test_a_failed_row_has_no_balance_and_is_not_zero(self):
        body = golden("balance_answer_body").decode("gbk")
        failed = body.replace("100000.00|99900.00", "|").replace("查询成功|0|", "无权限|1|")

        with pytest.raises(QueryFailed, match="无权限"):
            asking(echoing(failed))[0].balances([ACCOUNT])
