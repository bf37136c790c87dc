"""The traps of the Agricultural Bank of China sheet, each by name: sections 1, 4, 5, 6 and the notes from real messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.banks.abc.adapter import AbcAdapter
from bankadapters.banks.abc.messages import FRAME
from bankadapters.contract import Ability, AccountRef, Direction, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown, QueryFailed, Refused, Unreadable
from bankadapters.testing import MemoryRecorder
from tests.bankadapters.abc.values import (
    NUMBER,
    PAYER,
    a_batch,
    answer,
    asking,
    echoing,
    fields,
    golden,
    stands,
    taken,
)

DAY = date(2025, 1, 15)
ACCOUNT = AccountRef(PAYER)
ASKED = [Inquiry(NUMBER, payer_account=PAYER)]
NOBODY = echoing(said="9404")


def inquired(inside: str, by_hand=NOBODY) -> list:
    return asking(echoing(inside), by_hand)[0].inquire(ASKED)


class TestSubmission:
    @pytest.mark.parametrize(
        ("waits", "fate"),
        [("0", Fate.ACCEPTED), ("1", Fate.MANUAL_HANDLING), ("", Fate.UNKNOWN), ("2", Fate.UNKNOWN)],
    )  # fmt: skip
    def test_the_wait_flag_tells_who_handles_it_and_never_that_it_is_paid(self, waits, fate):
        (said,) = asking(echoing(taken(waits)))[0].pay(a_batch())

        assert (said.fate, said.bank_serial) == (fate, "100000000002")

    def test_0001_is_handled_by_hand(self):
        (said,) = asking(echoing(said="0001"))[0].pay(a_batch())

        assert said.fate is Fate.MANUAL_HANDLING

    def test_a_success_without_its_corp_part_decides_nothing(self):
        (said,) = asking(echoing())[0].pay(a_batch())

        assert said.fate is Fate.UNKNOWN

    def test_a_definite_refusal_needs_no_corp_part(self):
        with pytest.raises(Refused):
            asking(echoing(said="2003", words="账户未授权"))[0].pay(a_batch())

    @pytest.mark.parametrize("code", ["9999", "CICS", "2188", "21"])
    def test_other_codes_are_unknown(self, code):
        with pytest.raises(OutcomeUnknown):
            asking(echoing(said=code))[0].pay(a_batch())

    @pytest.mark.parametrize("code", ["9999", "CICS"])
    def test_trouble_between_front_end_and_bank_is_never_a_failure(self, code):
        with pytest.raises(OutcomeUnknown):
            asking(
                echoing(said=code), parameters={"refusals": "any"}, final_failures=frozenset({code})
            )[0].pay(a_batch())

    def test_any_four_digits_fail_only_where_the_bank_has_confirmed_it(self):
        with pytest.raises(Refused):
            asking(echoing(said="2188"), parameters={"refusals": "any"})[0].pay(a_batch())
        with pytest.raises(Refused):
            asking(echoing(said="2188"), final_failures=frozenset({"2188"}))[0].pay(a_batch())

    def test_a_refusal_that_names_no_transaction_is_not_believed(self):
        nameless = answer("CFRT02", said="2003").replace(b"<CCTransCode>CFRT02</CCTransCode>", b"")

        with pytest.raises(OutcomeUnknown):
            asking(nameless)[0].pay(a_batch())

    def test_a_number_that_is_not_echoed_is_matched_by_its_connection(self):
        silent = answer("CFRT02", taken(), number="")

        assert asking(silent)[0].pay(a_batch())[0].reference == NUMBER

    def test_the_number_may_be_echoed_in_another_place(self):
        other = answer("CFRT02", taken() + "<Cmp><CmeSeqNo>SOMEBODYS</CmeSeqNo></Cmp>", number="")

        with pytest.raises(OutcomeUnknown, match="SOMEBODYS"):
            asking(other)[0].pay(a_batch())


class TestStatus:
    @pytest.mark.parametrize(
        ("inner", "fate"),
        [
            (("0000", "0000"), Fate.SUCCEEDED), (("0000", ""), Fate.SUCCEEDED), (("0388", "0388"), Fate.PROCESSING),
            (("0389", "0389"), Fate.FAILED), (("1234", "1234"), Fate.UNKNOWN), (("    ", ""), Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_two_inner_codes_that_agree_decide(self, inner, fate):
        (told,) = inquired(stands(*inner))

        assert told.fate is fate

    @pytest.mark.parametrize(
        "inner", [("0388", "0000"), ("0000", "0389"), ("0389", "0388"), ("0000", "1234")]
    )
    def test_two_inner_codes_that_contradict_each_other_decide_nothing(self, inner):
        (told,) = inquired(stands(*inner))

        assert told.fate is Fate.UNKNOWN
        assert told.code == "/".join(inner)

    @pytest.mark.parametrize("code", ["9999", "CICS"])
    def test_trouble_between_front_end_and_bank_is_asked_again(self, code):
        with pytest.raises(QueryFailed):
            asking(echoing(said=code))[0].inquire(ASKED)

    def test_a_payment_handled_by_hand_is_asked_for_a_second_time(self):
        done = echoing(f"<Corp>{fields(UseState='1')}</Corp>")
        waits = echoing(f"<Corp>{fields(UseState='0')}</Corp>")

        assert inquired(stands("0388"), done)[0].fate is Fate.SUCCEEDED
        assert inquired(stands("0388"), waits)[0].fate is Fate.MANUAL_HANDLING
        assert inquired(stands("0388"), echoing(said="2003"))[0].fate is Fate.PROCESSING

    def test_an_error_of_the_second_question_fails_nothing(self):
        adapter, _ = asking(
            echoing(stands("1234")), echoing(said="2003"), final_failures=frozenset({"2003"})
        )

        assert adapter.inquire(ASKED)[0].fate is Fate.UNKNOWN

    def test_another_serial_than_the_banks_own_decides_nothing(self):
        adapter, _ = asking(echoing(stands("0389")))

        (told,) = adapter.inquire([Inquiry(NUMBER, "999999999999", payer_account=PAYER)])

        assert told.fate is Fate.UNKNOWN

    def test_not_found_is_what_the_operators_list_says(self):
        with pytest.raises(QueryFailed):
            asking(NOBODY)[0].inquire(ASKED)
        (told,) = asking(NOBODY, parameters={"not_found_codes": "9404"})[0].inquire(ASKED)
        assert (told.fate, told.not_found) == (Fate.UNKNOWN, True)


class TestWire:
    def test_an_encrypted_packet_is_not_read_as_plain(self):
        with pytest.raises(Unreadable):
            FRAME.length_of(b"1364   ")

    def test_an_answer_without_a_declaration_is_gbk(self):
        reading = asking()[0].read(Ability.BALANCE, golden("balance_answer.xml"))

        assert reading.text == "交易成功"

    @pytest.mark.parametrize("name", ["CCTransCode", "TransCode"])
    def test_the_transaction_stands_under_either_name(self, name):
        body = answer("CQRT04", stands("0000")).replace(b"CCTransCode", name.encode())

        assert asking()[0].read(Ability.INQUIRE, body).outcomes[0].fate is Fate.SUCCEEDED

    def test_two_different_names_of_the_transaction_are_refused(self):
        body = answer("CQRT04", "<TransCode>CFRT02</TransCode>" + stands("0000"))

        with pytest.raises(Unreadable):
            asking()[0].read(Ability.INQUIRE, body)


class TestBalance:
    def test_a_packed_line_tells_it(self):
        (found,) = asking()[0].read(Ability.BALANCE, golden("balance_answer.xml")).balances

        assert (found.account, found.currency) == (PAYER, "CNY")
        assert (found.book, found.available) == (Decimal("5000.00"), Decimal("4800.00"))

    def test_a_newer_front_end_sends_a_group_and_does_not_split_the_account(self):
        groups = f"<Cmp>{fields(DbAccNo=PAYER, DbCur='CNY')}</Cmp>"
        groups += f"<Acc>{fields(Bal='9.00', AvailBal='8.00', FrzAmt='1.00')}</Acc>"

        (found,) = asking(echoing(groups))[0].balances([AccountRef("11-000001040000001")])

        assert (found.account, found.book) == ("11-000001040000001", Decimal("9.00"))
        assert found.frozen == Decimal("1.00")

    def test_a_line_with_an_error_code_inside_is_no_balance(self):
        body = golden("balance_answer.xml").replace(b"|0000|", b"|0034|")

        with pytest.raises(Unreadable):
            asking()[0].read(Ability.BALANCE, body)


class TestEntries:
    def row(self, **changes: str) -> str:
        names = (
            "Prov", "AccNo", "Cur", "TrDate", "TimeStab", "TrJrn", "TrType", "TrBankNo", "AccName", "AmtIndex", "OppProv",
            "OppAccNo", "OppCur", "OppName", "OppBkName", "CshIndex", "ErrDate", "ErrVchNo", "Amt", "Bal", "PreAmt",
        )  # fmt: skip
        values = golden("details_file.txt").decode("gbk").split("|")
        for name, value in changes.items():
            values[names.index(name)] = value
        return "|".join(values)

    def inline(self, *rows: str, fields_: int = 33, more: str = "", count: int | None = None):
        counts = fields(RecordNum=str(len(rows) if count is None else count), FieldNum=str(fields_))
        data = fields(BatchFileData="\n".join(rows)) + (fields(ContFlag=more) if more else "")
        return echoing(f"<FileFlag>0</FileFlag><Cme>{counts}</Cme><Cmp>{data}</Cmp>")

    def read(self, answer_, **parameters: str):
        return asking(answer_, parameters=parameters)[0].transactions(
            ACCOUNT, date(2025, 1, 14), date(2025, 1, 14)
        )

    def test_the_file_behind_an_answer_is_taken_once_it_is_whole(self, tmp_path):
        (tmp_path / "DEMO.0001.DETAIL").write_bytes(golden("details_file.txt") + b"\n")
        recorder = MemoryRecorder()
        adapter, transport = asking(
            golden("details_answer.xml"), endpoints={"files": f"file://{tmp_path}"}
        )
        adapter = AbcAdapter(adapter.connection, transport=transport, recorder=recorder)

        (line,) = adapter.transactions(ACCOUNT, date(2025, 1, 14), date(2025, 1, 14)).lines

        assert (line.money.amount, line.direction) == (Decimal("250.00"), Direction.CREDIT)
        assert line.counterparty_account == "31000002040000002"
        assert f"{line.booked_at:%Y%m%d %H%M%S}" == "20250114 093000"
        assert "示例公司".encode("gbk") in recorder.told[-1][1].answer, "the evidence has the rows"

    def test_a_file_that_never_comes_is_said_and_not_read_as_an_empty_day(self, tmp_path):
        class Hasty(AbcAdapter):
            file_wait_s = 0.0

        adapter, transport = asking(
            golden("details_answer.xml"), endpoints={"files": f"file://{tmp_path}"}
        )
        with pytest.raises(Unreadable, match=r"DEMO\.0001\.DETAIL"):
            Hasty(adapter.connection, transport=transport).transactions(ACCOUNT, DAY, DAY)

    def test_a_file_of_fewer_rows_than_announced_is_not_read(self):
        body = golden("details_answer.xml").replace(b"<RecordNum>1<", b"<RecordNum>2<")

        with pytest.raises(Unreadable, match="RecordNum"):
            asking()[0].read(Ability.TRANSACTIONS, body + golden("details_file.txt"))

    def test_rows_inside_the_answer_may_hold_a_bare_ampersand(self):
        (line,) = self.read(self.inline(self.row(OppName="A&B 公司"))).lines

        assert line.counterparty_name == "A&B 公司"

    def test_further_columns_are_trailing_unknowns(self):
        (line,) = self.read(self.inline(self.row() + "|x|y", fields_=35)).lines

        assert line.money.amount == Decimal("250.00")

    @pytest.mark.parametrize("width", [32, 34])
    def test_a_row_of_another_width_than_announced_is_unreadable(self, width):
        with pytest.raises(Unreadable):
            self.read(self.inline(self.row() + ("|x|y" if width == 34 else ""), fields_=width))

    def test_the_balance_tells_the_direction_of_a_row(self):
        (line,) = self.read(self.inline(self.row(Bal="4500.00"))).lines

        assert line.direction is Direction.DEBIT

    def test_without_balances_the_operators_words_tell_it_and_nothing_is_guessed(self):
        row = self.inline(self.row(Bal="", PreAmt="", AmtIndex="1"))

        with pytest.raises(Unreadable, match="no direction"):
            self.read(row)
        (line,) = self.read(row, side_debit="1", side_credit="2").lines
        assert line.direction is Direction.DEBIT

    def test_a_balance_that_contradicts_the_operators_words_decides_nothing(self):
        with pytest.raises(Unreadable, match="two directions"):
            self.read(self.inline(self.row(AmtIndex="1")), side_debit="1")

    def test_reading_goes_on_from_the_last_journal_number_until_nothing_new_comes(self):
        adapter, transport = asking(self.inline(self.row()), self.inline())

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor)

        assert b"<LastJrnNo>0</LastJrnNo>" in transport.requests[0]
        assert b"<LastJrnNo>100001</LastJrnNo>" in transport.requests[1]
        assert (last.lines, last.next) == ([], "")

    def test_an_end_flag_the_bank_has_explained_saves_the_last_question(self):
        assert self.read(self.inline(self.row(), more="0")).next != ""
        assert self.read(self.inline(self.row(), more="0"), details_end="0").next == ""
        assert self.read(self.inline(self.row(), more="1"), details_end="0").next != ""

    def test_a_bank_that_sends_the_same_rows_again_does_not_make_an_endless_list(self):
        adapter, _ = asking(self.inline(self.row()), self.inline(self.row()))

        cursor = adapter.transactions(ACCOUNT, DAY, DAY).next

        assert adapter.transactions(ACCOUNT, DAY, DAY, cursor=cursor).next == ""
