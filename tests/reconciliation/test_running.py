"""The machine's runs in a real database: what they match, what they leave alone, and that they come out the same again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import NotAllowed, NotFound
from ledger.models import JournalEntry, Period
from masterdata.roles import Role
from masterdata.selectors import scope_of, system_scope
from reconciliation import selectors
from reconciliation.models import Act, EndedLine, MatchLine, Proposal
from reconciliation.services import matching, running, trying, verifying
from reconciliation.services.matching import Part
from reconciliation.strategy import Strategy
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import Told, bank_lines, book_lines, both

pytestmark = pytest.mark.django_db(transaction=True)
HENG = {"name": "上海恒通化工有限公司", "acct": "6222000011"}


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


def live(account):
    """(rung, number of bank lines, number of book lines) of the live matches."""
    numbers = set(
        MatchLine.objects.filter(account_id=account.pk).values_list("match_no", flat=True)
    )
    return sorted(
        (m.rung, len(m.bank_ids), len(m.book_ids))
        for m in selectors.live_matches(account.pk, numbers)
    )


def withdraw(journal_id):
    """The red twin by which an import is taken back."""
    row = JournalEntry.objects.get(pk=journal_id)
    JournalEntry.objects.create(
        account_id=row.account_id, company_id=row.company_id, day=row.day, period=row.period, direction="debit",
        is_red=True, amount=row.amount, file_id=1, file_row=1, digest=row.digest, withdraws=row,
    )  # fmt: skip


def content(account):
    """The live matches by what their lines say, without a single id."""
    numbers = set(
        MatchLine.objects.filter(account_id=account.pk).values_list("match_no", flat=True)
    )
    return sorted(
        (
            m.rung,
            m.basis,
            sorted(
                (str(e.bank_date), e.bank_serial, str(e.amount)) for e in selectors.lines_of(m)[0]
            ),
            sorted((str(e.day), e.voucher_no, str(e.amount)) for e in selectors.lines_of(m)[1]),
        )
        for m in selectors.live_matches(account.pk, numbers)
    )


class TestRun:
    def test_matches_every_rung_and_says_how_many(self, account):
        bank_lines(account, Told(ref="YQ000001"), Told(**HENG, amount="7.00"), Told("60.00", ref="PC000001"),
                   Told("5.00", ref="YQ000009"), Told("5.00", ref="YQ000009", outgo=False, day=1))  # fmt: skip
        book_lines(account, Told(ref="YQ000001", day=2), Told(**HENG, amount="7.00", day=1),
                   Told("20.00", ref="PC000001"), Told("40.00", ref="PC000001"))  # fmt: skip

        act = running.run(account_id=account.pk)

        assert live(account) == [("M0", 2, 0), ("M1", 1, 1), ("M2", 1, 1), ("M5", 1, 2)]
        assert act.counts == {
            "M0": 1,
            "M1": 1,
            "M2": 1,
            "M5": 1,
            "bank_lines": 5,
            "bank_left": 0,
            "book_lines": 4,
            "book_left": 0,
        }

    def test_asks_a_person_what_it_does_not_dare(self, account, accountant):
        bank_lines(account, Told(**HENG), Told("3.50", text="结息", outgo=False))
        book_lines(account, Told(**HENG), Told(**HENG, day=3))

        running.run(account_id=account.pk)

        proposals = selectors.proposals_of(account.pk, scope=scope_of(accountant))
        assert live(account) == []
        assert [(p.rung, p.reason) for p in proposals] == [
            (2, "ambiguous"),
            (3, "ambiguous"),
            (9, "voucher"),
        ]

    def test_a_later_run_takes_the_new_lines_and_leaves_the_matched_ones(self, account):
        both(account, [Told(ref="YQ000001"), Told(ref="YQ000002", day=1)])
        first = running.run(account_id=account.pk)
        both(account, [Told(ref="YQ000003", day=2)])

        second = running.run(account_id=account.pk)

        assert live(account) == [("M1", 1, 1)] * 3
        assert (first.counts["bank_lines"], second.counts["bank_lines"]) == (2, 1)

    def test_never_touches_what_a_person_matched(self, account, accountant):
        bank_ids, book_ids = both(account, [Told(ref="YQ000001"), Told(ref="YQ000002")])
        crossed = Part((bank_ids[0],), (book_ids[1],))
        matching.confirm(account_id=account.pk, part=crossed, actor=accountant)

        running.run(account_id=account.pk)

        assert live(account) == [("M10", 1, 1)]

    def test_matches_only_the_accounts_own_currency(self, account):
        bank_lines(account, Told(ref="YQ000001"))
        line = EntryLine(bank_date=Told().on, booked_at=clock.now(), bank_serial="X1", direction="debit",
                         amount=100, currency="USD", reference="YQ000002")  # fmt: skip
        record_entries(account_id=account.pk, lines=[line])
        book_lines(account, Told(ref="YQ000001"), Told(ref="YQ000002"))

        running.run(account_id=account.pk)

        assert live(account) == [("M1", 1, 1)]

    def test_ends_its_match_with_an_entry_the_bank_amended(self, account, accountant):
        (bank_id,), _ = both(account, [Told(ref="YQ000001", doc="SERIAL000001")])
        running.run(account_id=account.pk)
        bank_lines(account, Told("100.00", ref="YQ000001", doc="SERIAL000001", text="更正"))

        running.run(account_id=account.pk)

        (match,) = selectors.matches_of(MatchLine.objects.filter(account_id=account.pk))
        assert match.bank_ids != (bank_id,)
        assert EndedLine.objects.get(account_id=account.pk).bank_id == bank_id

    def test_is_undone_though_a_match_of_it_was_ended_for_an_amended_entry(
        self, account, accountant
    ):
        both(account, [Told(ref="YQ000001", doc="SERIAL000001"), Told(ref="YQ000002")])
        act = running.run(account_id=account.pk)
        bank_lines(account, Told("100.00", ref="YQ000001", doc="SERIAL000001", text="更正"))
        later = running.run(account_id=account.pk)

        matching.undo(act_id=act.pk, actor=accountant)

        assert [one.act_id for one in MatchLine.objects.filter(account_id=account.pk)] == [later.pk]

    def test_names_a_persons_match_with_an_amended_entry_until_it_is_taken_apart(
        self, account, accountant
    ):
        (old,), (book,) = both(account, [Told(doc="SERIAL000001")])
        matching.confirm(account_id=account.pk, part=Part((old,), (book,)), actor=accountant)
        bank_lines(account, Told(doc="SERIAL000001", text="更正"))
        running.run(account_id=account.pk)
        case = ExceptionCase.objects.get(kind="reconciliation.match_stale", closed_at=None)

        assert live(account) == [("M10", 1, 1)]
        assert selectors.stale_matches(account.pk) == ([], [1])
        assert case.page.endswith("/matches/?stale=1")
        matching.split(
            account_id=account.pk, match_no=1, parts=[], actor=accountant, why="银行更正"
        )
        case.refresh_from_db()
        assert case.closed_at is not None

    def test_ends_its_match_with_a_journal_entry_that_was_withdrawn(self, account):
        (bank_id,), (book_id,) = both(account, [Told(ref="YQ000001")])
        running.run(account_id=account.pk)
        withdraw(book_id)
        (again,) = book_lines(account, Told(ref="YQ000001"))

        running.run(account_id=account.pk)

        (match,) = selectors.matches_of(MatchLine.objects.filter(account_id=account.pk))
        assert (match.bank_ids, match.book_ids) == ((bank_id,), (again,))
        ended = selectors.explain(account.pk, 1, scope=system_scope())
        assert [line.pk for line in ended.book] == [book_id]

    def test_makes_no_match_within_a_locked_month(self, account):
        both(account, [Told(ref="YQ000001"), Told(ref="YQ000002", day=30)])
        Period.objects.filter(company=account.company, code="2026-11").update(state="locked")

        act = running.run(account_id=account.pk)

        (match,) = selectors.matches_of(MatchLine.objects.filter(account_id=account.pk))
        assert selectors.lines_of(match)[0][0].reference == "YQ000002"
        assert verifying.differences(act_id=act.pk, scope=system_scope()) == (set(), set())

    def test_is_for_those_who_may(self, account):
        stranger, viewer = (
            a_user(Role.RECONCILER, company=a_company()),
            a_user(Role.VIEWER, company=account.company),
        )

        with pytest.raises(NotFound):
            running.run(account_id=account.pk, actor=stranger)
        with pytest.raises(NotAllowed):
            running.run(account_id=account.pk, actor=viewer)


class TestSameAgain:
    LINES = (
        Told(ref="YQ000001", doc="SERIAL000001"), Told(**HENG, doc="SERIAL000002"), Told(**HENG, doc="SERIAL000003"),
        Told("8.00", **HENG, doc="SERIAL000004"), Told("60.00", ref="PC000001", doc="SERIAL000005"),
    )  # fmt: skip
    BOOK = (
        Told(ref="YQ000001"), Told(**HENG), Told(**HENG), Told("8.00", **HENG, day=2), Told("20.00", ref="PC000001"),
        Told("40.00", ref="PC000001"),
    )  # fmt: skip

    def test_the_same_lines_in_another_order_and_under_other_ids_match_the_same(self, account):
        other = an_account(company=a_company())
        bank_lines(account, *self.LINES)
        bank_lines(other, *reversed(self.LINES))
        numbers = book_lines(account, *self.BOOK)
        self._copy_book(account, other)

        for one in (account, other):
            running.run(account_id=one.pk)

        assert len(numbers) == 6
        assert content(account) == content(other)
        assert len(content(account)) == 5

    def _copy_book(self, account, other):
        """The same journal, laid down the other way round."""
        from ledger.models import JournalEntry
        from ledger.services import periods

        rows = list(JournalEntry.objects.filter(account=account).order_by("-pk"))
        with transaction.atomic():
            periods.ensure({(other.company_id, row.period) for row in rows})
            for row in rows:
                row.pk, row.account, row.company_id = None, other, other.company_id
            JournalEntry.objects.bulk_create(rows)

    def test_a_run_computed_again_from_the_lines_of_its_time_is_the_same(self, account, accountant):
        bank_ids, book_ids = bank_lines(account, *self.LINES), book_lines(account, *self.BOOK)
        by_hand = matching.confirm(
            account_id=account.pk, part=Part((bank_ids[1],), (book_ids[2],)), actor=accountant
        )
        act = running.run(account_id=account.pk)
        matching.undo(act_id=by_hand.pk, actor=accountant)
        both(account, [Told(**HENG, day=1), Told(ref="YQ000001", day=9)])
        running.run(account_id=account.pk)

        assert verifying.differences(act_id=act.pk, scope=scope_of(accountant)) == (set(), set())

    def test_a_match_slipped_in_by_hand_is_named(self, account, accountant):
        both(account, [Told(ref="YQ000001")])
        act = running.run(account_id=account.pk)
        bank_ids, book_ids = both(account, [Told("5.00")])
        MatchLine.objects.create(account_id=account.pk, match_no=99, place=0, act_id=act.pk, rung=1, basis=1,
                                 bank_id=bank_ids[0], book_id=book_ids[0])  # fmt: skip

        extra, missing = verifying.differences(act_id=act.pk, scope=scope_of(accountant))

        assert extra == {("M1", tuple(bank_ids), tuple(book_ids))}
        assert missing == set()


class TestRunDue:
    def test_runs_where_new_lines_came_and_not_again(self, account):
        both(account, [Told(ref="YQ000001")])

        assert [running.run_due(), running.run_due()] == [1, 0]
        both(account, [Told(ref="YQ000002")])
        assert [running.run_due(), running.run_due()] == [1, 0]
        assert len(live(account)) == 2

    def test_finds_lines_that_were_committed_late(self, account, frozen_clock):
        both(account, [Told(ref="YQ000001")])
        running.run_due()
        frozen_clock.advance(minutes=11)
        running.run_due()
        both(account, [Told(ref="YQ000002")])
        frozen_clock.advance(minutes=5)

        assert [running.run_due(), running.run_due()] == [1, 0]

    def test_leaves_accounts_without_books_alone(self, account):
        bank_lines(account, Told(ref="YQ000001"))

        assert running.run_due() == 0
        assert not Act.objects.exists()


class TestOneMatchALine:
    @pytest.mark.parametrize("side", ["bank_id", "book_id"])
    def test_the_database_refuses_a_second_live_match(self, account, side):
        both(account, [Told(ref="YQ000001"), Told(ref="YQ000002")])
        running.run(account_id=account.pk)
        line = MatchLine.objects.filter(account_id=account.pk).first()
        told = {"bank_id": 10**9, "book_id": 10**9} | {side: getattr(line, side)}

        with pytest.raises(IntegrityError):
            MatchLine.objects.create(
                account_id=account.pk, match_no=77, place=0, act_id=1, rung=1, basis=1, **told
            )


def test_proposals_of_an_earlier_run_are_replaced(account):
    bank_lines(account, Told("3.50", text="结息", outgo=False))
    book_lines(account, Told())
    for _ in range(2):
        running.run(account_id=account.pk)

    assert Proposal.objects.filter(account=account).count() == 1
    assert timedelta(0) == clock.now() - Act.objects.latest("pk").at


class TestExplain:
    def test_a_machine_match_names_what_it_compared_and_what_it_rejected(self, account, accountant):
        bank_lines(account, Told(**HENG))
        (other, _) = book_lines(
            account, Told(name="上海恒通化工有限责任公司", acct=HENG["acct"]), Told(**HENG, day=1)
        )
        running.run(account_id=account.pk)

        told = selectors.explain(account.pk, 1, scope=scope_of(accountant))

        assert (told.match.rung, told.version, told.match.basis) == ("M2", 2, "account")
        assert ("day", ("2026-11-02",), ("2026-11-03",)) in told.compared
        assert ("account", (HENG["acct"],), (HENG["acct"],)) in told.compared
        assert told.tolerances == {"account_workdays": "1", "amount_days": "5"}
        assert [line.pk for line in told.rejected_book] == [other]

    def test_a_mention_is_named(self, account, accountant):
        bank_lines(account, Told(text="货款 发票FP200001"))
        book_lines(account, Told(doc="FP200001"))
        running.run(account_id=account.pk)

        assert selectors.explain(account.pk, 1, scope=scope_of(accountant)).tied == "FP200001"


class TestDryRun:
    def test_tells_what_another_strategy_would_match_and_changes_nothing(self, account, accountant):
        both(account, [Told(ref="YQ000001"), Told("7.00", **HENG), Told("9.00", ref="YQ000009")])
        ids = bank_lines(account, Told("8.00")), book_lines(account, Told("8.00"))
        by_hand = Part(tuple(ids[0]), tuple(ids[1]))
        matching.confirm(account_id=account.pk, part=by_hand, actor=accountant)
        running.run(account_id=account.pk)
        before = content(account)

        outcome = trying.dry_run(account_id=account.pk, first=Told().on, last=Told(day=9).on,
                                 strategy=Strategy(rungs=("M1",)), scope=scope_of(accountant))  # fmt: skip

        assert outcome.are == {"M1": 2, "M2": 1}
        assert outcome.would_be == {"M1": 2}
        assert outcome.gained == set()
        assert {rung for rung, _, _ in outcome.lost} == {"M2"}
        assert content(account) == before
