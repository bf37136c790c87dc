"""The ERP's journal from files: every fault named, equal rows told apart, nothing twice, taken back by red twins."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from desk.services import SameFile
from kernel.errors import Conflict, InvalidInput, NotAllowed
from ledger import selectors
from ledger.judging import Wish
from ledger.models import JournalEntry, Period
from ledger.services import journals, openings, posting
from masterdata.roles import Role
from tests.build import a_company, a_user, an_account
from tests.ledger.build import a_fact, a_template

HEAD = "日期,凭证号,摘要,借方,贷方,票号,对方科目,往来单位\n"
ROWS = (
    '2026-11-20,收-0001,收货款,"1,000.00",,A1,1122,客户甲\n2026-11-20,付-0002,付货款,,300.50,B1,2202,供应商乙\n'
    "2026-11-20,,本日合计,1000,300.5,,,\n2026-11-21,付-0003,红冲,,-300.50,B1,2202,供应商乙\n"
)


@pytest.fixture
def account(db, frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def person(account):
    return a_user(Role.RECONCILER, company=account.company)


def preview(person, account, text, name="journal.csv", **wish):
    return journals.preview_file(
        data=text.encode("gb18030"), filename=name, actor=person,
        wish=Wish(account_id=account.pk if account else None, **wish),
    )  # fmt: skip


def take(person, account, text, why=""):
    file = preview(person, account, text)
    return file, journals.confirm_file(file_id=file.pk, actor=person, why=why)


class TestPreview:
    def test_says_what_is_new_and_stores_nothing(self, account, person):
        found = preview(person, account, HEAD + ROWS).preview

        assert (found["new"], found["known"], found["faults"], found["warnings"]) == (3, 0, [], [])
        assert found["accounts"][account.number]["debit"] == "1300.50"
        assert found["accounts"][account.number]["credit"] == "300.50"
        assert not JournalEntry.objects.exists()

    def test_names_every_faulty_row_and_column(self, account, person):
        Period.objects.create(company=account.company, code="2026-10", state="locked")
        rows = "x,付-1,a,1,,,,\n2026-11-20,付-2,a,1,2,,,\n2026-11-20,付-3,a,,1.005,,,\n,付-4,a,1,,,,\n2026-10-31,付-5,a,1,,,,\n"

        found = preview(person, account, HEAD + rows).preview

        assert [(row, column) for row, column, _ in found["faults"]] == [
            (2, "日期"), (3, "借方"), (4, "贷方"), (5, "日期"), (6, "日期"),
        ]  # fmt: skip
        assert "2026-10 已锁定" in found["faults"][-1][2]

    def test_finds_the_account_by_number_or_subject_row_by_row(self, account, person):
        other = an_account(company=account.company)
        rows = f"2026-11-20,1,,{account.number}\n2026-11-20,2,,{other.number}\n2026-11-20,3,,1002.01\n2026-11-20,4,,999\n"

        found = preview(person, None, "日期,借方,贷方,银行账号\n" + rows).preview

        assert set(found["accounts"]) == {account.number, other.number}
        assert [row for row, *_ in found["faults"]] == [4, 5]
        assert "多个账户" in found["faults"][0][2]

    def test_accounts_of_other_companies_are_none_of_ours(self, account, person):
        foreign = an_account(company=a_company())
        found = preview(
            person, None, f"日期,借方,贷方,账号\n2026-11-20,1,,{foreign.number}\n"
        ).preview

        assert found["fault_count"] == 1

    def test_wants_the_right(self, account):
        with pytest.raises(NotAllowed):
            preview(a_user(Role.MAKER, company=account.company), None, HEAD + ROWS)

    def test_openings_and_totals_are_no_entries(self, account, person):
        text = (
            HEAD
            + ",,承前余额,,,,,\n"
            + ROWS.partition("\n")[2]
            + ",,本月合计,,,,,\n,,结转下月,,,,,\n"
        )

        file = preview(person, account, text)

        assert file.preview["faults"] == []

    def test_a_day_to_come_wants_a_reason(self, account, person):
        file = preview(person, account, HEAD + "2036-11-20,付-0002,付货款,,300.50,B1,2202,乙\n")

        assert file.preview["warnings"] == ["第 2 行：日期 2036-11-20 晚于今天"]
        with pytest.raises(InvalidInput, match="原因"):
            journals.confirm_file(file_id=file.pk, actor=person)


class TestConfirm:
    def test_keeps_the_rows_as_entries_red_ones_on_the_other_side(self, account, person):
        _file, count = take(person, account, HEAD + ROWS)

        got, paid, undone = JournalEntry.objects.order_by("pk")
        assert count == 3
        assert (got.direction, got.amount, got.voucher_type, got.voucher_no) == (
            "debit",
            Decimal("1000.00"),
            "收",
            "0001",
        )
        assert (paid.direction, paid.opposite_subject, paid.counterparty_name) == (
            "credit",
            "2202",
            "供应商乙",
        )
        assert (undone.direction, undone.amount, undone.is_red) == (
            "debit",
            Decimal("300.50"),
            True,
        )

    def test_an_overlapping_file_adds_only_what_is_new(self, account, person):
        take(person, account, HEAD + ROWS)

        _file, count = take(person, account, HEAD + ROWS + "2026-11-22,付-0004,付货款,,9.00,,,\n")

        assert (count, JournalEntry.objects.count()) == (1, 4)

    def test_equal_rows_are_twins_and_known_again(self, account, person):
        twin = "2026-11-20,付-0001,手续费,,1.00,,,\n"
        take(person, account, HEAD + twin * 2)

        _file, count = take(person, account, HEAD + twin * 3, why="又一笔手续费")

        assert (count, JournalEntry.objects.count()) == (1, 3)

    def test_another_content_under_a_known_voucher_wants_a_reason(self, account, person):
        take(person, account, HEAD + ROWS)
        changed = HEAD + ROWS.replace(
            "300.50,B1,2202,供应商乙\n2026-11-20,,", "301.50,B1,2202,供应商乙\n2026-11-20,,"
        )

        file = preview(person, account, changed)

        assert "付-0002" in file.preview["warnings"][0]
        with pytest.raises(InvalidInput, match="原因"):
            journals.confirm_file(file_id=file.pk, actor=person)

    def test_takes_nothing_of_a_file_with_a_fault(self, account, person):
        file = preview(person, account, HEAD + ROWS + "x,,,1,,,,\n")

        with pytest.raises(InvalidInput, match="第 6 行"):
            journals.confirm_file(file_id=file.pk, actor=person)
        assert not JournalEntry.objects.exists()

    def test_the_same_bytes_are_taken_once(self, account, person):
        take(person, account, HEAD + ROWS)

        with pytest.raises(SameFile):
            preview(person, account, HEAD + ROWS)

    def test_our_own_vouchers_coming_back_from_the_erp_are_not_booked_twice(self, account, person):
        a_template()
        with transaction.atomic():
            posting.post([a_fact(account, amount="300.50")])

        _file, count = take(
            person, account, HEAD + "2026-11-24,付-0088,付货款,,300.50,18000001,2202,乙\n"
        )

        assert (count, JournalEntry.objects.count()) == (0, 1)


class TestWithdraw:
    def test_undoes_every_entry_in_red_and_the_rows_may_come_again(self, account, person):
        file, _ = take(person, account, HEAD + ROWS)

        assert journals.withdraw_file(file_id=file.pk, actor=person, why="导错账套") == 3

        moved = [
            e.amount if e.direction == "debit" else -e.amount for e in JournalEntry.objects.all()
        ]
        assert (len(moved), sum(moved)) == (6, 0)
        with pytest.raises(Conflict):
            journals.withdraw_file(file_id=file.pk, actor=person, why="再来")
        _file, count = take(person, account, HEAD + ROWS + "\n")
        assert count == 3

    def test_books_the_twins_in_the_open_month_once_the_first_is_locked(
        self, account, person, frozen_clock
    ):
        file, _ = take(person, account, HEAD + ROWS)
        Period.objects.update(state="locked")
        frozen_clock.advance(days=10)

        journals.withdraw_file(file_id=file.pk, actor=person, why="导错账套")

        assert set(
            JournalEntry.objects.filter(withdraws__isnull=False).values_list("day", flat=True)
        ) == {date(2026, 12, 4)}


class TestOpening:
    def test_is_set_by_two_people_and_carries_the_balance(self, account, person):
        take(person, account, HEAD + ROWS)
        assert selectors.journal_balance(account.pk, before=date(2026, 11, 21)) is None
        what = {"account_id": account.pk, "day": date(2026, 11, 1), "balance": Decimal("500.00")}
        change = openings.propose(**what, source_note="2026 年 10 月账", actor=person)
        with pytest.raises(NotAllowed):
            openings.decide(change_id=change.pk, accept=True, actor=person)

        openings.decide(
            change_id=change.pk, accept=True, actor=a_user(Role.TREASURER, company=account.company)
        )

        assert selectors.journal_balance(account.pk, before=date(2026, 11, 1)) == Decimal("500.00")
        assert selectors.journal_balance(account.pk, before=date(2026, 11, 21)) == Decimal(
            "1199.50"
        )
        assert selectors.journal_balance(account.pk, before=date(2026, 10, 1)) is None
