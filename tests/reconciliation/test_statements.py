"""The bank reconciliation statement: both sides agree, as known at any moment, signed by two people."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger.models import JournalEntry, Period
from ledger.services import openings
from masterdata.roles import Role
from masterdata.services.stepup import StepUpNeeded
from reconciliation import selectors
from reconciliation.brs import BANK_IN, BANK_OUT, BOOK_OUT, CLASSES, sheet_of
from reconciliation.models import BankReconciliationStatement
from reconciliation.services import matching, signing
from reconciliation.services.matching import Part
from tests.build import a_company, a_user, an_account, step_up
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines, both
from tests.reconciliation.signing import LAST, begin, match, prepare, review, sheet, tell

pytestmark = pytest.mark.django_db


class TestSheet:
    def test_of_the_teaching_case_comes_out_161000_on_both_sides(self, teaching):
        found = sheet(teaching)

        assert (found.book, found.balance) == (Decimal("147800.00"), Decimal("174800.00"))
        assert [found.total(one) for one in CLASSES] == [
            Decimal("25000.00"), Decimal("11800.00"), Decimal("3800.00"), Decimal("17600.00"),
        ]  # fmt: skip
        assert found.adjusted_book == found.adjusted_bank == Decimal("161000.00")
        assert found.difference == 0

    def test_names_no_line_that_both_sides_have(self, account, preparer):
        begin(account)
        lines = both(account, [Told(day=n) for n in range(4)])
        match(account, preparer, *lines)

        found = sheet(account)

        assert found.items == ()
        assert found.book == Decimal("161200.00")

    def test_a_match_with_a_later_line_settles_nothing_yet(self, account, preparer):
        begin(account)
        bank, book = bank_lines(account, Told("500.00", 5)), book_lines(account, Told("500.00", 18))
        match(account, preparer, bank, book)

        before, after = sheet(account, DAY + timedelta(days=10)), sheet(account)

        assert [(one.kind, one.amount) for one in before.items] == [(BANK_OUT, Decimal("500.00"))]
        assert after.items == ()

    def test_lines_older_than_the_opening_are_settled_unless_named(self, account, preparer):
        (old,) = bank_lines(account, Told("600.00", -5, outgo=False))
        begin(account, book="161000.00")
        assert sheet(account, DAY).difference == Decimal("-600.00")

        signing.name_opening_items(
            account_id=account.pk, bank_ids=[old], book_ids=[], why="十月调节表", actor=preparer
        )

        found = sheet(account, DAY)
        assert [(one.kind, one.id) for one in found.items] == [(BANK_IN, old)]
        assert found.difference == 0

    def test_an_item_stays_in_later_months_until_it_is_settled(
        self, account, preparer, frozen_clock
    ):
        openings.lay_down(
            account=account, day=date(2026, 9, 1), balance=Decimal("0.00"), source_note="八月账"
        )
        tell(account, date(2026, 8, 31), "0.00")
        (book,) = book_lines(account, Told("17600.00", -20, text="开出支票"))
        ends = [date(2026, 10, 31), LAST]
        ages = [[one.age(end) for one in sheet(account, end).items] for end in ends]
        assert ages == [[18], [38]]

        bank = bank_lines(account, Told("17600.00", 17))
        match(account, preparer, bank, [book])

        assert [len(sheet(account, end).items) for end in ends] == [1, 0]

    def test_a_withdrawn_import_leaves_nothing_outstanding(self, account):
        begin(account)
        (line,) = book_lines(account, Told("70.00", 3))
        row = JournalEntry.objects.get(pk=line)
        assert [one.kind for one in sheet(account).items] == [BOOK_OUT]

        JournalEntry.objects.create(
            account=account, company_id=account.company_id, day=row.day, period=row.period, direction="debit",
            is_red=True, amount=row.amount, file_id=1, file_row=1, digest=row.digest, withdraws=row,
        )  # fmt: skip

        assert sheet(account).items == ()
        assert sheet(account).book == Decimal("161600.00")

    def test_an_amended_entry_counts_as_it_is_now(self, account):
        begin(account)
        bank_lines(account, Told("70.00", 3, doc="S1"))
        bank_lines(account, Told("80.00", 3, doc="S1"))

        assert [one.amount for one in sheet(account).items] == [Decimal("80.00")]

    def test_carries_an_earlier_balance_forward(self, account):
        begin(account)
        bank_lines(account, Told("70.00", 3), Told("30.00", 4, outgo=False))

        found = sheet(account)

        assert (found.balance, found.balance_source) == (Decimal("161560.00"), "carried")

    def test_without_an_opening_has_no_book_balance(self, account):
        tell(account, LAST, "5.00")

        found = sheet(account)

        assert (found.book, found.difference) == (None, None)

    def test_refuses_a_day_that_is_not_over(self, account):
        with pytest.raises(InvalidInput, match="不能晚于今天"):
            sheet(account, clock.today() + timedelta(days=1))

    def test_survives_its_own_content(self, teaching):
        found = sheet(teaching)

        assert sheet_of(json.loads(found.content())) == found

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(
                st.integers(1, 9_999_999), st.booleans(), st.integers(0, 17), st.sampled_from("bBm")
            ),
            max_size=14,
        )
    )
    def test_agrees_on_both_sides_whatever_is_recorded_and_matched(self, frozen_clock, moves):
        account = an_account(company=a_company())
        person = a_user(Role.RECONCILER, company=account.company)
        begin(account)
        for n, (cents, outgo, day, where) in enumerate(moves):
            line = Told(f"{Decimal(cents) / 100:.2f}", day, outgo=outgo)
            late = Told(line.amount, min(day + n % 3, 17), outgo=outgo)
            bank = bank_lines(account, line) if where in "bm" else []
            book = book_lines(account, late) if where in "Bm" else []
            if where == "m":
                match(account, person, bank, book)

        for day in (DAY + timedelta(days=6), LAST):
            assert sheet(account, day).difference == 0


class TestAsKnownAt:
    def test_any_past_moment_is_told_byte_for_byte(self, teaching, preparer, frozen_clock):
        account, moment = teaching, clock.now()
        told = sheet(account, at=moment).content()
        frozen_clock.advance(hours=1)
        bank_lines(account, Told("17600.00", 18, text="支票"), Told("1.00", 2, doc="S9"))
        bank_lines(account, Told("2.00", 2, doc="S9"))
        (late,) = [one.id for one in sheet(account).items if one.text == "支票"]
        (paid,) = [one.id for one in sheet(account).of(BOOK_OUT)]
        part = Part((late,), (paid,))
        act = matching.confirm(account_id=account.pk, part=part, actor=preparer, why="支票兑付")
        signing.say(
            account_id=account.pk, side="book", line_id=paid, reason="支票", next_step="", owner_id=None, actor=preparer
        )  # fmt: skip
        later = sheet(account).content()
        frozen_clock.advance(hours=1)
        matching.undo(act_id=act.pk, actor=preparer, why="看错")
        tell(account, LAST, "1.00")

        assert sheet(account, at=moment).content() == told
        assert sheet(account, at=moment + timedelta(hours=1)).content() == later
        assert sheet(account).content() not in (told, later)

    def test_a_match_ended_and_revived_is_what_it_was_at_each_moment(
        self, account, preparer, frozen_clock
    ):
        begin(account)
        lines = both(account, [Told(day=3)])
        moments = []

        def now(kinds):
            moments.append((clock.now(), kinds))
            frozen_clock.advance(minutes=10)

        part = Part(tuple(lines[0]), tuple(lines[1]))
        act = matching.confirm(account_id=account.pk, part=part, actor=preparer)
        now([])
        (match,) = [one.match_no for one in selectors.matches_made_by(act)]
        gone = matching.split(
            account_id=account.pk, match_no=match, parts=[], actor=preparer, why="看错"
        )
        now([BANK_OUT, BOOK_OUT])
        matching.undo(act_id=gone.pk, actor=preparer)
        now([])

        for at, kinds in moments:
            assert [one.kind for one in sheet(account, at=at).items] == kinds


class TestSign:
    def test_takes_two_people_and_keeps_what_was_signed(self, teaching, preparer, reviewer):
        row = prepare(teaching, preparer)
        review(row, reviewer)

        row.refresh_from_db()
        assert row.state == "reviewed"
        assert (row.prepared_by, row.reviewed_by) == (preparer, reviewer)
        assert row.sheet.adjusted_bank == Decimal("161000.00")
        events = set(Entry.objects.values_list("event", flat=True))
        assert {"reconciliation.statement.prepared", "reconciliation.statement.reviewed"} <= events

    def test_refuses_the_preparer_as_reviewer(self, teaching, preparer):
        row = prepare(teaching, preparer)

        with pytest.raises(NotAllowed, match="制表人不能复核"):
            review(row, preparer)

    def test_refuses_the_same_person_under_another_account(self, teaching, preparer):
        twin = a_user(Role.RECONCILER, company=teaching.company, person_key=preparer.person_key)
        row = prepare(teaching, preparer)

        with pytest.raises(NotAllowed, match="制表人不能复核"):
            review(row, twin)

    def test_wants_the_second_factor_of_both(self, teaching, preparer, reviewer):
        figures = sheet(teaching).figures()
        with pytest.raises(StepUpNeeded):
            signing.prepare(
                account_id=teaching.pk, day=LAST, figures=figures, actor=preparer, stepup=None
            )
        row = prepare(teaching, preparer)

        with pytest.raises(StepUpNeeded):
            signing.review(
                statement_id=row.pk, version=row.version, accept=True, actor=reviewer, stepup=step_up(preparer)
            )  # fmt: skip

    def test_refuses_sides_that_differ(self, teaching, preparer):
        tell(teaching, LAST, "174800.01")

        with pytest.raises(InvalidInput, match=r"相差 -0\.01"):
            prepare(teaching, preparer)

    def test_refuses_a_day_whose_statement_is_not_proven(self, account, preparer):
        begin(account)

        with pytest.raises(InvalidInput, match="尚未关闭"):
            prepare(account, preparer)

    def test_refuses_figures_that_moved_since_they_were_shown(self, teaching, preparer):
        shown = sheet(teaching).figures()
        bank_lines(teaching, Told("9.00", 17), Told("9.00", 17, outgo=False))

        with pytest.raises(Conflict, match="有变化"):
            signing.prepare(
                account_id=teaching.pk, day=LAST, figures=shown, actor=preparer, stepup=step_up(preparer)
            )  # fmt: skip

    def test_refuses_a_locked_month(self, teaching, preparer):
        Period.objects.filter(company=teaching.company).update(state="locked")

        with pytest.raises(InvalidInput, match="已锁定"):
            prepare(teaching, preparer)

    def test_refuses_a_review_once_the_month_is_locked(self, teaching, preparer, reviewer):
        row = prepare(teaching, preparer)
        Period.objects.filter(company=teaching.company).update(state="locked")

        with pytest.raises(Conflict, match="已锁定"):
            review(row, reviewer)

    def test_sent_back_it_is_prepared_anew(self, teaching, preparer, reviewer):
        row = prepare(teaching, preparer)
        with pytest.raises(InvalidInput, match="请填写原因"):
            review(row, reviewer, accept=False)
        review(row, reviewer, accept=False, why="未写原因")

        second = prepare(teaching, preparer)

        assert (row.number, second.number) == (1, 2)
        assert BankReconciliationStatement.objects.get(pk=row.pk).state == "rejected"

    def test_a_newer_version_takes_the_place_of_the_one_that_held(
        self, teaching, preparer, reviewer
    ):
        first = prepare(teaching, preparer)
        review(first, reviewer)
        second = prepare(teaching, preparer)
        assert BankReconciliationStatement.objects.get(pk=first.pk).state == "reviewed"

        review(second, reviewer)

        states = BankReconciliationStatement.objects.order_by("number").values_list(
            "state", flat=True
        )
        assert list(states) == ["superseded", "reviewed"]

    def test_the_database_keeps_what_was_signed(self, teaching, preparer):
        row = prepare(teaching, preparer)

        with pytest.raises(Exception, match="is signed and never changes"):
            BankReconciliationStatement.objects.filter(pk=row.pk).update(content="{}")

    def test_out_of_scope_looks_absent(self, teaching, preparer):
        row = prepare(teaching, preparer)
        stranger = a_user(Role.TREASURER, company=a_company())

        with pytest.raises(NotFound):
            review(row, stranger)


class TestOldItems:
    @pytest.fixture
    def aged(self, account):
        openings.lay_down(
            account=account, day=date(2026, 7, 1), balance=Decimal("100.00"), source_note="上半年"
        )
        tell(account, date(2026, 6, 30), "100.00")
        (line,) = bank_lines(account, Told("40.00", -100, outgo=False))
        tell(account, LAST - timedelta(days=1), "140.00")
        tell(account, LAST, "140.00")
        return account, line

    def test_over_90_days_want_a_reason(self, aged, preparer):
        account, line = aged
        with pytest.raises(InvalidInput, match="没有写明原因"):
            prepare(account, preparer)

        signing.say(
            account_id=account.pk, side="bank", line_id=line, reason="客户未确认", next_step="发询证函",
            owner_id=preparer.pk, actor=preparer,
        )  # fmt: skip

        row = prepare(account, preparer)
        (item,) = row.sheet.items
        assert (item.reason, item.next_step, item.owner) == (
            "客户未确认", "发询证函", preparer.display_name,
        )  # fmt: skip

    def test_over_30_days_go_to_the_treasurer(self, aged, preparer):
        account, line = aged
        signing.say(
            account_id=account.pk, side="bank", line_id=line, reason="客户未确认", next_step="", owner_id=None, actor=preparer
        )  # fmt: skip

        prepare(account, preparer)

        case = ExceptionCase.objects.get(kind="reconciliation.items_old")
        assert (case.owner_role, case.closed_at) == ("treasurer", None)

    def test_a_word_on_a_line_of_another_account_is_refused(self, aged, preparer):
        account, _ = aged
        (other,) = bank_lines(an_account(company=account.company), Told())

        with pytest.raises(InvalidInput, match="不属于该账户"):
            signing.say(
                account_id=account.pk, side="bank", line_id=other, reason="x", next_step="", owner_id=None, actor=preparer
            )  # fmt: skip
