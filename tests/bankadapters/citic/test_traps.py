"""The traps of CITIC's sheet, each by name: sections 4, 5 and 6, and the ranking of conflicting signals."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Direction, Fate
from bankadapters.errors import OutcomeUnknown, QueryFailed, Refused, Unreadable
from kernel.money import Money
from tests.bankadapters.citic.values import (
    DAY,
    PAYER,
    REFERENCE,
    a_batch,
    an_instruction,
    answer,
    asked,
    asking,
    fields,
    golden,
    stands,
)

ACCOUNT = AccountRef(PAYER)


def fates(told: bytes, operation: Ability = Ability.INQUIRE) -> list[Fate]:
    return [o.fate for o in asking()[0].read(operation, told).outcomes]


class TestSubmission:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("AAAAAAA", Fate.ACCEPTED), ("AAAAAAB", Fate.ACCEPTED), ("AAAAAAC", Fate.ACCEPTED),
            ("AAAAAAE", Fate.PROCESSING), ("AAAAAAF", Fate.ACCEPTED), ("CCCCCCC", Fate.PROCESSING),
        ],
    )  # fmt: skip
    def test_processed_means_taken_in_and_never_paid(self, status, fate):
        assert fates(answer(status=status), Ability.PAY) == [fate]

    @pytest.mark.parametrize(
        "status",
        ["EEEEEEE", "UNKNOWN", "ET00001", "CF09123", "CF1801A", "CM12001", "ED10001", "ED1234", "CP07821", "AAAAAAD", "X"],
    )  # fmt: skip
    def test_any_other_answer_leaves_the_outcome_unknown(self, status):
        adapter, _ = asking(answer(status=status))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_operators_table_ends_a_servers_code_and_never_the_front_ends(self):
        final = frozenset({"AC00001", "ED10001", "EEEEEEE"})
        adapter, _ = asking(*(answer(status=code) for code in sorted(final)), final_failures=final)

        for expected in (Refused, OutcomeUnknown, OutcomeUnknown):
            with pytest.raises(expected):
                adapter.pay(a_batch())


class TestStatus:
    @pytest.mark.parametrize(
        ("stt", "status", "fate"),
        [
            ("0", "AAAAAAA", Fate.SUCCEEDED), ("1", "AC00001", Fate.FAILED), ("3", "", Fate.FAILED), ("4", "", Fate.FAILED),
            ("2", "UNKNOWN", Fate.UNKNOWN), ("2", "AC00001", Fate.UNKNOWN), ("2", "CCCCCCC", Fate.PROCESSING),
            ("2", "AAAAAAB", Fate.PROCESSING), ("2", "AAAAAAC", Fate.PROCESSING), ("2", "AAAAAAE", Fate.PROCESSING),
            ("", "AAAAAAA", Fate.UNKNOWN), ("9", "AAAAAAA", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_stt_decides(self, stt, status, fate):
        assert fates(stands(stt, status)) == [fate]

    @pytest.mark.parametrize("status", ["ET00001", "CF14001", "ED10001", "ED11001", "ED12001", "EEEEEEE"])  # fmt: skip
    def test_a_failure_beside_a_code_of_the_front_end_is_unknown(self, status):
        assert fates(stands("1", status)) == [Fate.UNKNOWN]

    def test_ed02_is_not_the_front_ends_class(self):
        assert fates(stands("1", "ED02093")) == [Fate.FAILED]

    @pytest.mark.parametrize("status", ["AAAAAAE", "EEEEEEE", "ET00001", "AC00001"])
    def test_an_error_of_the_question_itself_changes_nothing(self, status):
        adapter, _ = asking(answer(fields(stt="1"), status=status))

        with pytest.raises(QueryFailed):
            adapter.inquire(asked())

    def test_what_it_says_of_an_unknown_number_is_the_operators_to_name(self):
        adapter, _ = asking(
            answer(status="AC09999"), parameters={"not_found_codes": "AC09999,AC09998"}
        )

        (said,) = adapter.inquire(asked())

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_two_rows_about_one_payment_decide_nothing(self):
        rows = [fields(stt="1", status="AC1"), fields(stt="0", status="AAAAAAA")]
        adapter, _ = asking(answer(*rows))

        assert [o.fate for o in adapter.inquire(asked())] == [Fate.UNKNOWN]

    def test_an_answer_without_a_row_says_nothing(self):
        adapter, _ = asking(answer())

        assert adapter.inquire(asked()) == []

    def test_answers_declare_gb2312_and_hold_more(self):
        told = answer(fields(stt="1", status="AC1", statusText="𠮷镕"), declared="GB2312")

        (said,) = asking()[0].read(Ability.INQUIRE, told).outcomes

        assert said.text == "𠮷镕"


class TestBatches:
    def row(self, reference: str, status: str, **more: str) -> str:
        number = f"{int(reference, 36) % 9973:04d}"
        return fields(**({"ID": number, "status": status} | more))

    def ask(self, *answers: bytes, **changes):
        adapter, _ = asking(*answers, **changes)
        question = [
            asked(reference=f"P{n}", operation=Ability.PAY_BATCH, batch_no="B1")[0] for n in (1, 2)
        ]
        return {o.reference: o for o in adapter.inquire(question)}

    def test_partly_successful_is_decided_row_by_row(self):
        said = self.ask(answer(self.row("P2", "CP07821"), self.row("P1", "AAAAAAA"), status="BBBBBBB"))  # fmt: skip

        assert {r: o.fate for r, o in said.items()} == {"P1": Fate.SUCCEEDED, "P2": Fate.FAILED}

    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("CP07816", Fate.UNKNOWN), ("CP07817", Fate.FAILED), ("CP07818", Fate.PROCESSING), ("CP07819", Fate.PROCESSING),
            ("CP07820", Fate.FAILED), ("CP07821", Fate.FAILED), ("CP07822", Fate.FAILED), ("CP07823", Fate.PROCESSING),
            ("CP07824", Fate.UNKNOWN), ("CP07825", Fate.FAILED),
        ],
    )  # fmt: skip
    def test_a_word_on_the_batch_is_one_on_each_where_there_are_no_rows(self, status, fate):
        assert {o.fate for o in self.ask(answer(status=status)).values()} == {fate}
        assert self.ask(answer(self.row("P1", status)))["P1"].fate is fate

    def test_an_unknown_batch_right_after_sending_is_no_failure(self):
        said = self.ask(answer(status="CP07815"))

        assert {(o.fate, o.not_found) for o in said.values()} == {(Fate.UNKNOWN, True)}

    def test_a_row_nobody_asked_about_is_left_out(self):
        assert self.ask(answer(self.row("P9", "CP07821"))) == {}

    def test_a_row_named_twice_decides_nothing(self):
        said = self.ask(answer(self.row("P1", "CP07821"), self.row("P1", "AAAAAAA")))

        assert said["P1"].fate is Fate.UNKNOWN

    def test_a_servers_code_in_a_row_is_open_until_the_operator_says_so(self):
        told = answer(self.row("P1", "AC00001"))

        assert self.ask(told)["P1"].fate is Fate.UNKNOWN
        assert self.ask(told, final_failures=frozenset({"AC00001"}))["P1"].fate is Fate.FAILED

    def test_rows_of_a_submission_are_taken_in_each_for_itself(self):
        told = answer(self.row("P1", "AAAAAAE"), self.row("P2", "AC00001"), status="AAAAAAF")
        adapter, _ = asking(told)
        items = [an_instruction(reference=f"P{n}") for n in (1, 2)]

        said = adapter.pay(a_batch(*items, operation=Ability.PAY_BATCH))

        assert [(o.reference, o.fate) for o in said] == [
            ("P1", Fate.PROCESSING), ("P2", Fate.UNKNOWN),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("AAAAAAA", Fate.SUCCEEDED), ("ED02086", Fate.FAILED), ("ED02087", Fate.PROCESSING), ("ED02088", Fate.PROCESSING),
            ("ED02090", Fate.FAILED), ("ED02093", Fate.FAILED), ("ED02094", Fate.FAILED), ("ED02095", Fate.PROCESSING),
            ("ED02096", Fate.UNKNOWN), ("ED02100", Fate.FAILED), ("BBBBBBB", Fate.UNKNOWN), ("ED10001", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_payrolls_have_codes_of_their_own(self, status, fate):
        rows = [fields(clientID=c, status=status, totalAmount="3.00") for c in ("B9", "B1")]
        adapter, _ = asking(answer(*rows))
        question = asked(reference="B1", operation=Ability.PAYROLL, batch_no="B1")

        (said,) = adapter.inquire(question)

        assert (said.reference, said.fate, said.money) == ("B1", fate, Money(Decimal("3.00")))

    def test_a_payroll_its_month_does_not_list_is_not_found(self):
        adapter, _ = asking(answer(fields(clientID="B9", status="AAAAAAA")))

        (said,) = adapter.inquire(asked(reference="B1", operation=Ability.PAYROLL, batch_no="B1"))

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)


class TestAccounts:
    def entry(self, **more: str) -> str:
        values = {
            "tranDate": "20260310", "tranTime": "093015", "tranNo": "T1", "sumTranNo": "S1", "tranAmount": "88.00",
            "creditDebitFlag": "D", "balance": "12.00", "e3rtFlag": "1", "chkNum": REFERENCE,
        }  # fmt: skip
        return fields(**(values | more))

    def page(self, *rows: str, total: int = 1) -> bytes:
        head = fields(accountNo=PAYER, totalRecords=str(total), returnRecords=str(len(rows)))
        return answer(*rows, head=head)

    def line(self, **more: str):
        return asking()[0].read(Ability.TRANSACTIONS, self.page(self.entry(**more))).page.lines[0]

    def test_the_frozen_amount_is_spelled_forzenamt(self):
        (balance,) = asking()[0].read(Ability.BALANCE, golden("balance_answer")).balances

        assert (balance.book, balance.available, balance.frozen) == (
            Decimal("100000.00"), Decimal("99000.00"), Decimal("1000.00"),
        )  # fmt: skip

    def test_a_bad_account_among_good_ones_hides_nothing(self):
        good = fields(status="AAAAAAA", accountNo=PAYER, currencyID="01", balance="5.00")
        bad = fields(status="AC00404", accountNo="8110700013500000009")
        adapter, _ = asking(answer(bad, good))

        found = adapter.balances([ACCOUNT, AccountRef("8110700013500000009")])

        assert [one.account for one in found] == [PAYER]

    def test_d_is_money_out_and_c_money_in(self):
        assert self.line().direction is Direction.DEBIT
        assert self.line(creditDebitFlag="C").direction is Direction.CREDIT
        with pytest.raises(Unreadable):
            self.line(creditDebitFlag="1")

    def test_e3rtflag_zero_means_returned(self):
        assert "退汇" in self.line(e3rtFlag="0", e3rtDate="20260311").narrative
        assert "退汇" not in self.line(e3rtFlag="1", e3rtDate="").narrative

    def test_our_reconciliation_number_comes_back(self):
        line = self.line(rfTranNo="T0")

        assert (line.reference, line.bank_serial) == (REFERENCE, "T1-S1")
        assert "原流水 T0" in line.narrative

    def test_the_order_of_fields_is_not_promised(self):
        text = self.entry()
        parts = [f"<{part}" for part in text.split("<") if part and not part.startswith("/")]
        closed = [f"{part}</{part[1:].split('>')[0]}>" for part in reversed(parts)]

        (line,) = asking()[0].read(Ability.TRANSACTIONS, self.page("".join(closed))).page.lines

        assert line.money == Money(Decimal("88.00"))

    def test_a_page_goes_on_after_the_rows_it_brought(self):
        adapter, transport = asking(
            self.page(self.entry(), self.entry(tranNo="T2"), total=3), self.page(self.entry(tranNo="T3"), total=3)
        )  # fmt: skip

        page = adapter.transactions(ACCOUNT, DAY, DAY)
        last = adapter.transactions(ACCOUNT, DAY, DAY, cursor=page.next)

        assert b"<startRecord>3</startRecord>" in transport.requests[1]
        assert last.next == ""

    def test_rows_whose_numbers_have_four_digits_only_are_asked_for_day_by_day(self):
        before = DAY - timedelta(days=1)
        adapter, transport = asking(self.page(self.entry()), self.page(self.entry(tranNo="T2")))

        page = adapter.transactions(ACCOUNT, before, DAY)
        adapter.transactions(ACCOUNT, before, DAY, cursor=page.next)

        for request, day in zip(transport.requests, (before, DAY), strict=True):
            assert fields(startDate=f"{day:%Y%m%d}", endDate=f"{day:%Y%m%d}").encode() in request

    def test_a_page_that_lacks_rows_it_counts_is_unreadable(self):
        told = self.page(self.entry()).replace(b"<returnRecords>1<", b"<returnRecords>2<")

        with pytest.raises(Unreadable):
            asking()[0].read(Ability.TRANSACTIONS, told)

    def test_history_names_its_account_once_above_the_days(self):
        head = fields(accountNo=PAYER, cryType="01")
        told = answer(fields(date="20260309", balance="7.00"), head=head)

        (one,) = asking()[0].read(Ability.HISTORY_BALANCE, told).balances

        assert (one.account, one.book, one.as_of) == (PAYER, Decimal("7.00"), DAY.replace(day=9))


class TestReceipts:
    def zipped(self, **files: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        text = base64.encodebytes(packed.getvalue()).decode()
        return answer(head=fields(fileConTent=text))

    def read(self, told: bytes) -> bytes:
        return asking()[0].read(Ability.RECEIPT_FILE, told).file

    def test_the_file_is_spelled_filecontent_and_lies_in_a_zip(self):
        assert self.read(self.zipped(a=b"%PDF-1.4")) == b"%PDF-1.4"
        assert self.read(self.zipped(a=b"1", b=b"2")).startswith(b"PK")

    @pytest.mark.parametrize("text", ["%%%", base64.b64encode(b"no zip").decode(), ""])
    def test_what_is_no_zip_is_unreadable(self, text):
        with pytest.raises(Unreadable):
            self.read(answer(head=fields(fileConTent=text)))

    def test_a_bomb_in_the_zip_is_refused(self):
        with pytest.raises(Unreadable, match="longer than"):
            self.read(self.zipped(a=b"\0" * (21 * 1024 * 1024)))
