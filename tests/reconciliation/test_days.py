"""The daily reconciliation: what a day's comparison finds, who signs it, and what reopens it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger.models import Period
from masterdata.models import OwnAccount
from masterdata.roles import Role
from masterdata.selectors import scope_of
from masterdata.services.stepup import StepUpNeeded
from payments.services import evidence
from reconciliation import day_selectors
from reconciliation.models import DaySignOff, DebitClass
from reconciliation.services import days
from reconciliation.services.days import Asked
from statements import services as statements
from tests.build import a_company, a_user, an_account, step_up
from tests.build_payments import a_world, answer, sent
from tests.reconciliation.day_steps import book, close, report, sign
from tests.reconciliation.signing import tell
from tests.statements.rows import a_line
from yqlink.workspace import book_counters

pytestmark = pytest.mark.django_db
DAY = "2026-11-24"


@pytest.fixture
def world(frozen_clock):
    return a_world()


@pytest.fixture
def accountant(world):
    return a_user(Role.RECONCILER, company=world.company)


class TestReports:
    def test_a_paid_day_is_r1_and_nothing_is_left(self, world):
        book(world, sent(world, "succeeded"))

        assert report(world, clock.today()).counts == {"R1": 1}

    def test_an_unknown_with_its_debit_is_r3(self, world):
        book(world, sent(world, ""))

        assert report(world, clock.today()).counts == {"R3": 1}

    def test_an_unknown_without_debit_is_shown_as_open(self, world):
        sent(world, "")

        assert report(world, clock.today()).counts == {"open": 1}

    def test_r4_stops_the_day(self, world):
        book(world, sent(world, "failed"))

        found = report(world, clock.today())

        assert found.is_stopped
        assert set(found.counts) == {"R4"}

    def test_r6_stops_the_day_and_the_account(self, world):
        row = sent(world, "succeeded")
        book(world, row)
        book(world, row, serial="S2")

        found = report(world, clock.today())

        assert (found.counts, found.is_stopped) == ({"R1": 1, "R6": 1}, True)
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen

    def test_r7_names_another_amount(self, world):
        row = sent(world, "succeeded")
        book(world, row, amount=row.amount + Decimal("0.01"))

        assert report(world, clock.today()).counts["R7"] == 1

    def test_r8_knows_a_return(self, world):
        row = answer(sent(world, "accepted"), "succeeded", bank_serial="B77")
        book(world, row)
        book(world, row, direction="credit", serial="S2")

        assert report(world, clock.today()).counts == {"R1": 1, "R8": 1}


class TestSign:
    def test_signs_a_clean_day_with_its_balances_and_counts(self, world, accountant, frozen_clock):
        row = sent(world, "succeeded")
        book(world, row)
        day = close(world, f"{Decimal('1000000.00') - row.amount}", frozen_clock)

        done = sign(world, day, accountant)

        assert (done.state, done.counts, done.open_count) == ("signed", {"R1": 1}, 0)
        assert done.opening - done.debits == done.closing
        assert Entry.objects.filter(event="reconciliation.day.signed").count() == 1

    def test_refuses_today(self, world, accountant):
        tell(world.account, clock.today() - timedelta(days=1), "5.00")
        tell(world.account, clock.today(), "5.00")

        with pytest.raises(InvalidInput, match="次日重新取得后才能签署"):
            sign(world, clock.today(), accountant)

    def test_refuses_a_day_nobody_told(self, world, accountant):
        with pytest.raises(InvalidInput, match="没有这一天的对账单"):
            sign(world, clock.today() - timedelta(days=2), accountant)

    def test_refuses_a_day_that_does_not_add_up(self, world, accountant, frozen_clock):
        book(world, sent(world, "succeeded"))
        day = close(world, "1000000.00", frozen_clock)

        with pytest.raises(InvalidInput, match="核对不符"):
            sign(world, day, accountant)

    def test_refuses_an_open_r4(self, world, accountant, frozen_clock):
        row = sent(world, "failed")
        book(world, row)
        day = close(world, f"{Decimal('1000000.00') - row.amount}", frozen_clock)

        with pytest.raises(InvalidInput, match="R4 或 R6"):
            sign(world, day, accountant, note="已致电")

    def test_wants_every_debit_explained(self, world, accountant, frozen_clock):
        (entry,) = book(world, amount="30.00", text="不明")
        day = close(world, "999970.00", frozen_clock)
        with pytest.raises(InvalidInput, match="1 笔平台外扣款尚未分类"):
            sign(world, day, accountant)

        days.classify(
            account_id=world.account.pk,
            entry_id=entry,
            kind="counter",
            note="柜面提现",
            actor=accountant,
        )

        assert sign(world, day, accountant).counts == {"R5": 1}

    def test_wants_a_reason_while_a_result_is_unknown(self, world, accountant, frozen_clock):
        sent(world, "")
        day = close(world, "1000000.00", frozen_clock)
        with pytest.raises(InvalidInput, match="须写明原因"):
            sign(world, day, accountant)

        assert sign(world, day, accountant, note="已致电开户行").open_count == 1

    def test_wants_the_second_factor(self, world, accountant):
        with pytest.raises(StepUpNeeded):
            days.sign(
                asked=Asked(world.account.pk, ""), day=clock.today(), actor=accountant, stepup=None
            )

    def test_refuses_what_changed_since_it_was_shown(self, world, accountant, frozen_clock):
        day = close(world, "1000000.00", frozen_clock)
        asked = Asked(world.account.pk, "0" * 64)

        with pytest.raises(Conflict, match="有变化"):
            days.sign(asked=asked, day=day, actor=accountant, stepup=step_up(accountant))

    def test_refuses_a_second_signature(self, world, accountant, frozen_clock):
        day = close(world, "1000000.00", frozen_clock)
        sign(world, day, accountant)

        with pytest.raises(Conflict, match="已签署"):
            sign(world, day, accountant)

    def test_is_nothing_for_others(self, world, frozen_clock):
        day = close(world, "1000000.00", frozen_clock)

        with pytest.raises(NotAllowed):
            sign(world, day, a_user(Role.VIEWER, company=world.company))
        with pytest.raises(NotFound):
            sign(world, day, a_user(Role.RECONCILER, company=a_company()))


class TestClassify:
    def test_refuses_what_is_no_debit_of_the_account(self, world, accountant):
        (credit,) = book(world, amount="1.00", direction="credit")

        with pytest.raises(InvalidInput, match="不是该账户的支出"):
            days.classify(
                account_id=world.account.pk, entry_id=credit, kind="fee", note="", actor=accountant
            )

    @pytest.mark.parametrize("kind", ["booked", "reversal", "outside"])
    def test_says_nothing_that_only_evidence_gives(self, world, accountant, kind):
        (entry,) = book(world, amount="1.00")

        with pytest.raises(InvalidInput, match="没有这种分类"):
            days.classify(
                account_id=world.account.pk, entry_id=entry, kind=kind, note="", actor=accountant
            )

    def test_changes_nothing_of_a_signed_day(self, world, accountant, frozen_clock):
        (entry,) = book(world, amount="30.00")
        told = {"account_id": world.account.pk, "entry_id": entry, "note": "", "actor": accountant}
        days.classify(**told, kind="fee")
        sign(world, close(world, "999970.00", frozen_clock), accountant)

        with pytest.raises(Conflict, match="已签署"):
            days.classify(**told, kind="loan")

    def test_other_wants_words(self, world, accountant):
        (entry,) = book(world, amount="1.00")

        with pytest.raises(InvalidInput, match="请说明"):
            days.classify(
                account_id=world.account.pk, entry_id=entry, kind="other", note="", actor=accountant
            )


class TestLookAgain:
    @pytest.fixture
    def signed(self, world, accountant, frozen_clock):
        row = sent(world, "succeeded")
        book(world, row)
        day = close(world, f"{Decimal('1000000.00') - row.amount}", frozen_clock)
        return sign(world, day, accountant), row

    def test_leaves_a_day_that_holds(self, signed):
        assert days.look_again() == 0

    def test_reopens_a_day_the_bank_told_another_entry_of(self, world, signed, accountant):
        done, _row = signed
        statements.record_entries(
            account_id=world.account.pk,
            lines=[a_line("S9", "5.00", direction="debit", reference="", counterparty_account="1", narrative="手续费",
                          day=done.day)],
            exchange_id=None,
        )  # fmt: skip
        statements.close_day(account_id=world.account.pk, day=done.day)

        assert days.look_again() == 1

        done.refresh_from_db()
        assert (done.state, done.reopened_why) == ("reopened", "银行当日流水有增减或更正")
        case = ExceptionCase.objects.get(kind="reconciliation.day_reopened")
        tell(world.account, done.day, f"{done.closing - 5}")
        again = sign(world, done.day, accountant)
        case.refresh_from_db()
        assert (again.number, case.closed_at is not None) == (2, True)

    def test_reopens_a_day_on_which_a_second_debit_shows(self, world, signed):
        done, row = signed
        line = a_line("S2", str(row.amount), direction="debit", reference=row.bank_ref, day=done.day, counterparty_account=world.payee_number)  # fmt: skip
        recorded = statements.record_entries(
            account_id=world.account.pk, lines=[line], exchange_id=None
        )
        evidence.tie_entries(account_id=world.account.pk, entry_ids=recorded.new_ids)

        assert days.look_again() == 1
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen

    def test_asks_as_much_for_many_accounts_as_for_one(self, world, accountant, frozen_clock):
        def queries(accounts):
            for account in accounts:
                tell(account, day - timedelta(days=1), "5.00")
                tell(account, day, "5.00")
                digest = day_selectors.reports([account], day)[account.pk].entries_digest()
                asked = Asked(account.pk, digest)
                days.sign(asked=asked, day=day, actor=accountant, stepup=step_up(accountant))
            with CaptureQueriesContext(connection) as seen:
                assert days.look_again() == 0
            return len(seen)

        frozen_clock.advance(days=1)
        day = clock.today() - timedelta(days=1)

        one, *more = [an_account(company=world.company) for _ in range(4)]

        assert queries([one]) == queries(more)

    def test_a_result_that_became_known_reopens_nothing(self, world, accountant, frozen_clock):
        row = sent(world, "")
        day = close(world, "1000000.00", frozen_clock)
        sign(world, day, accountant, note="已致电开户行")

        answer(row, "failed")

        assert days.look_again() == 0

    def test_a_success_the_statement_does_not_show_reopens_it(
        self, world, accountant, frozen_clock
    ):
        row = sent(world, "")
        day = close(world, "1000000.00", frozen_clock)
        done = sign(world, day, accountant, note="已致电开户行")

        answer(row, "succeeded")

        assert days.look_again() == 1
        done.refresh_from_db()
        assert f"R2:{row.instr_no}" in done.reopened_why

    def test_a_locked_month_stays_as_it_was_signed(self, world, signed):
        _done, row = signed
        Period.objects.create(company=world.company, code="2026-11", state="locked")
        book(world, row, serial="S3")

        assert days.look_again() == 0


class TestPages:
    @pytest.fixture
    def desk(self, accountant):
        client = Client()
        client.force_login(accountant, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_the_list_signs_what_is_clean(self, world, desk, frozen_clock):
        day = close(world, "1000000.00", frozen_clock)
        page = desk.get(reverse("reconciliation:days"), {"day": str(day)}).content.decode()
        token = f"{world.account.pk}:{report(world, day).entries_digest()}"
        assert token in page

        desk.post(reverse("reconciliation:days_sign"), {"day": str(day), "accounts": [token]})

        assert DaySignOff.objects.get().state == "signed"
        assert (
            "已签署" in desk.get(reverse("reconciliation:days"), {"day": str(day)}).content.decode()
        )

    def test_the_day_shows_what_stops_it_with_its_case(self, world, desk):
        row = sent(world, "failed")
        book(world, row)

        page = desk.get(
            reverse("reconciliation:day", args=[world.account.pk, DAY])
        ).content.decode()

        for words in ("R4", row.instr_no, "账户已冻结", "状态存疑", "相关异常"):
            assert words in page

    def test_a_debit_is_classified_and_the_day_signed_there(self, world, desk, frozen_clock):
        (entry,) = book(world, amount="30.00", text="不明")
        day = close(world, "999970.00", frozen_clock)
        url = reverse("reconciliation:day", args=[world.account.pk, str(day)])
        assert "未定" not in desk.get(url).content.decode()

        desk.post(f"{url}classify/", {"entry": entry, "kind": "loan", "note": "还贷"})
        desk.post(f"{url}sign/", {"token": report(world, day).entries_digest()})

        assert DebitClass.objects.get().kind == "loan"
        assert DaySignOff.objects.get().state == "signed"

    def test_the_workspace_counts_what_waits_for_a_signature(
        self, world, desk, accountant, frozen_clock
    ):
        row = sent(world, "succeeded")
        book(world, row)
        day = close(world, f"{Decimal('1000000.00') - row.amount}", frozen_clock)
        scope = scope_of(accountant)
        assert "日对账待签署" in desk.get("/").content.decode()
        assert book_counters.days_to_sign(scope).value == "1"

        sign(world, day, accountant)

        assert book_counters.days_to_sign(scope).is_zero
        assert book_counters.broken_days(scope).is_zero
        assert book_counters.statements_to_review(scope).is_zero

    def test_of_another_company_is_not_there(self, world):
        client = Client()
        stranger = a_user(Role.RECONCILER, company=a_company())
        client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")

        url = reverse("reconciliation:day", args=[world.account.pk, DAY])
        assert client.get(url).status_code == 404
        assert (
            world.account.number[-4:]
            not in client.get(reverse("reconciliation:days")).content.decode()
        )
