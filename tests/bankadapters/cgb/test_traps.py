"""The traps of the China Guangfa Bank notes, each by name: bank overview, section 2.2."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.__main__ import main
from bankadapters.contract import Ability, AccountRef, Direction, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown, QueryFailed, Refused, Unreadable
from tests.bankadapters.cgb.values import (
    CIPHER,
    NUMBER,
    PAYER,
    SECRET,
    a_batch,
    answer,
    asking,
    echoing,
    fields,
    stands,
)

DAY = date(2025, 1, 15)
ACCOUNT = AccountRef(PAYER)
ONE = [Inquiry(NUMBER, day=DAY, payer_account=PAYER)]
IN_BATCH = [Inquiry(n, operation=Ability.PAY_BATCH, batch_no="B1") for n in ("Y1", "Y2")]


class TestSecrets:
    def test_the_cipher_that_comes_back_is_masked_like_the_password_that_goes_out(self):
        adapter, transport = asking(echoing())
        adapter.pay(a_batch())

        sent, came = adapter.redact(transport.requests[0]), adapter.redact(answer("0021"))

        assert SECRET.encode() not in sent
        assert CIPHER.encode() not in came
        assert b"<password>***</password>" in sent
        assert b"<password>***</password>" in came


class TestPayment:
    def test_000_is_taken_and_not_paid(self):
        (said,) = asking(echoing(fields(traceNo="306000000001")))[0].pay(a_batch())

        assert (said.reference, said.fate, said.bank_serial) == (
            NUMBER, Fate.ACCEPTED, "306000000001",
        )  # fmt: skip

    @pytest.mark.parametrize("code", ["888", "901", "999", "E01"])
    def test_other_codes_are_unknown_unless_the_operators_list_has_them(self, code):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(said=code))[0].pay(a_batch())
        with pytest.raises(Refused):
            asking(echoing(said=code), final_failures=frozenset({code}))[0].pay(a_batch())

    @pytest.mark.parametrize("more", [{"outAcc": "1"}, {"amount": "300.01"}])
    def test_an_echo_of_another_payment_is_not_believed(self, more):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(fields(traceNo="1", **more)))[0].pay(a_batch())

    @pytest.mark.parametrize("number", ["OTHER", ""])
    def test_another_number_or_none_is_not_believed(self, number):
        with pytest.raises(OutcomeUnknown):
            asking(answer("0021", fields(traceNo="1"), number=number))[0].pay(a_batch())


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("2", Fate.MANUAL_HANDLING), ("3", Fate.MANUAL_HANDLING), ("4", Fate.PROCESSING), ("5", Fate.PROCESSING),
            ("6", Fate.SUCCEEDED), ("7", Fate.FAILED), ("8", Fate.UNKNOWN), ("E", Fate.PROCESSING), ("B", Fate.UNKNOWN),
            ("e", Fate.UNKNOWN), ("", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_the_hosts_status_decides(self, status, fate):
        (told,) = asking(echoing(stands(status)))[0].inquire(ONE)

        assert told.fate is fate

    def test_an_answer_about_another_payment_is_not_believed(self):
        with pytest.raises(Unreadable):
            asking(echoing(stands("7", origEntseqno="OTHER")))[0].inquire(ONE)
        with pytest.raises(Unreadable):
            asking(answer("0004", stands("7"), number="OTHER"))[0].inquire(ONE)

    def test_888_is_no_answer_to_a_status_query(self):
        with pytest.raises(QueryFailed):
            asking(echoing(stands("7"), said="888"))[0].inquire(ONE)

    def test_not_found_is_what_the_operators_list_says(self):
        (told,) = asking(echoing(said="905"), parameters={"not_found_codes": "905"})[0].inquire(ONE)

        assert (told.fate, told.not_found) == (Fate.UNKNOWN, True)


class TestBatch:
    def asked(self, *statuses: str, said: str = "000", **more: str):
        rows = "".join(
            f"<record>{fields(customerSalarySeq=f'Y{n}', bankstatus=status, errorreason='')}</record>"
            for n, status in enumerate(statuses, 1)
        )
        body = fields(**({"customerBatchNo": "B1", "unknowCount": "0"} | more))
        told = asking(echoing(f"{body}<records>{rows}</records>", said=said))[0].inquire(IN_BATCH)
        return [one.fate for one in told]

    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("B", Fate.SUCCEEDED), ("b", Fate.FAILED), ("6", Fate.SUCCEEDED), ("7", Fate.FAILED), ("C", Fate.FAILED),
            ("9", Fate.FAILED), ("A", Fate.PROCESSING), ("E", Fate.PROCESSING), ("8", Fate.UNKNOWN), ("D", Fate.UNKNOWN),
            ("a", Fate.UNKNOWN), ("c", Fate.UNKNOWN), ("", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_a_big_b_is_paid_and_a_small_b_is_reversed(self, status, fate):
        assert self.asked(status) == [fate]

    def test_888_is_an_answer_with_records(self):
        assert self.asked("6", "7", said="888") == [Fate.SUCCEEDED, Fate.FAILED]

    def test_an_answer_about_another_batch_is_not_believed(self):
        with pytest.raises(Unreadable):
            self.asked("7", customerBatchNo="B2")


class TestEntries:
    def row(self, **changes: str) -> str:
        values = {
            "serialNo": "1", "dealDate": "20250115", "dealTime": "101500", "loanSign": "-", "dealMoney": "300.00",
            "usableMoney": "700.00", "Abstract": "转账", "oppoAccno": "62", "name": "收款公司", "rcvBankId": "102100000030",
            "postScript": "货款", "uniqueCode": "U1", "cbsTranSeq": "C1",
        }  # fmt: skip
        return f"<record>{fields(**(values | changes))}</record>"

    def page(
        self,
        *rows: str,
        place: tuple[str, str, str] = ("", "", ""),
        flag: str = "",
        said: str = "000",
    ):
        head = fields(
            account=PAYER, totalNum="9", pageFlag=flag, nextRecTranDate=place[0], nextRecTranCode=place[1],
            nextRecTranSeq=place[2],
        )  # fmt: skip
        return echoing(f"{head}<records>{''.join(rows)}</records>", said=said)

    def read(self, *rows: str):
        return asking(self.page(*rows))[0].transactions(ACCOUNT, DAY, DAY).lines

    def test_minus_is_money_that_went_out(self):
        out, into = self.read(self.row(), self.row(loanSign="+", uniqueCode="U2"))

        assert (out.direction, into.direction) == (Direction.DEBIT, Direction.CREDIT)
        assert out.money.amount == Decimal("300.00")
        assert (out.bank_serial, out.counterparty_bank) == ("U1", "102100000030")
        assert out.balance_after is None, "what usableMoney is nobody has told"

    @pytest.mark.parametrize(
        "changes",
        [
            {"loanSign": ""},
            {"loanSign": "D"},
            {"dealMoney": "-1.00"},
            {"dealMoney": ""},
            {"dealDate": ""},
        ],
    )
    def test_a_row_that_says_too_little_is_unreadable(self, changes):
        with pytest.raises(Unreadable):
            self.read(self.row(**changes))

    def test_pages_follow_the_place_of_three_parts_until_it_is_empty(self):
        adapter, transport = asking(
            self.page(self.row(), place=("20250115", "T001", "77")), self.page(self.row())
        )

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor)

        assert b"<beginRecTranSeq>77</beginRecTranSeq>" in transport.requests[1]
        assert last.next == ""

    def test_a_place_that_does_not_move_is_the_end(self):
        place = ("20250115", "T001", "77")
        adapter, _ = asking(self.page(self.row(), place=place), self.page(self.row(), place=place))

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next

        assert adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor).next == ""

    def test_a_flag_of_the_last_page_is_what_the_connection_says(self):
        place = ("20250115", "T001", "77")
        answer_ = self.page(self.row(), place=place, flag="0")

        assert asking(answer_)[0].transactions(ACCOUNT, DAY, DAY).next != ""
        told = asking(answer_, parameters={"last_page": "0"})[0].transactions(ACCOUNT, DAY, DAY)
        assert told.next == ""

    def test_888_is_an_answer_with_records(self):
        adapter, _ = asking(self.page(self.row(), said="888"))

        assert len(adapter.transactions(ACCOUNT, DAY, DAY).lines) == 1

    def test_no_rows_is_what_the_operators_list_says(self):
        with pytest.raises(QueryFailed):
            asking(echoing(said="906"))[0].transactions(ACCOUNT, DAY, DAY)
        listed, _ = asking(echoing(said="906"), parameters={"no_rows_codes": "906"})
        assert listed.transactions(ACCOUNT, DAY, DAY).lines == []


class TestBalance:
    def test_its_element_is_what_the_connection_says(self):
        body = fields(account=PAYER, accBalance="9.00", usable="8.00")
        told = {"balance_element": "accBalance", "available_element": "usable"}

        (found,) = asking(echoing(body), parameters=told)[0].balances([ACCOUNT])

        assert (found.book, found.available) == (Decimal("9.00"), Decimal("8.00"))

    def test_without_it_nothing_is_guessed_and_the_names_are_told(self):
        body = fields(account=PAYER, accBalance="9.00")

        with pytest.raises(Unreadable, match="account, accBalance"):
            asking(echoing(body))[0].balances([ACCOUNT])


class TestWire:
    def test_a_declaration_with_blanks_is_read(self):
        assert b'encoding = "GBK"' in answer("0004")
        assert asking()[0].read(Ability.INQUIRE, answer("0004", stands("6"))).outcomes


def test_the_tools_print_a_batchs_payments_as_the_notes_name_their_fields(tmp_path, capsysbinary):
    counts = fields(
        customerBatchNo="B1", accountNo=PAYER, allCount="2", allSalary="300.00", allHandlefee="0.00", count="1",
        errCount="1", unknowCount="0",
    )  # fmt: skip
    paid = fields(
        customerSalarySeq="Y1", fee="0.00", bankstatus="B", ewpSequence="E1", ewpCheckcode="C1"
    )
    back = fields(
        customerSalarySeq="Y2", bankstatus="b", ewpSequence="E2", errorreason="账号户名不符"
    )
    rows = f"<records><record>{paid}</record><record>{back}</record></records>"
    file = tmp_path / "0034.xml"
    file.write_bytes(answer("0034", counts + rows, said="888"))

    code = main(["decode", "--bank", "cgb", "--operation", "inquire_batch", str(file)])

    told = json.loads(capsysbinary.readouterr().out)
    assert (code, told["message"]["code"]) == (0, "888")
    assert [(o["reference"], o["fate"], o["bank_serial"], o["code"]) for o in told["outcomes"]] == [
        ("Y1", "succeeded", "E1", "B"),
        ("Y2", "failed", "E2", "b"),
    ]
    assert told["outcomes"][1]["text"] == "账号户名不符"
