"""A month is closed by two people once everything is proven, archived with its hash, and reopened by two people again."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger.models import JournalEntry, Period
from ledger.services import openings
from masterdata.models import OwnAccount
from masterdata.roles import Role
from masterdata.services.stepup import StepUpNeeded
from reconciliation import close_selectors
from reconciliation.models import ClosePack
from reconciliation.services import closing, days, matching
from reconciliation.services.days import Asked
from reconciliation.services.matching import Part
from tests.build import a_company, a_user, an_account, step_up
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines
from tests.reconciliation.signing import prepare, review, tell

pytestmark = pytest.mark.django_db
MONTH, LAST = "2026-10", date(2026, 10, 31)
BACK = (LAST - DAY).days


@pytest.fixture
def ready(account, preparer, reviewer):
    """An account whose October is proven and signed."""
    openings.lay_down(account=account, day=LAST, balance=Decimal("500.00"), source_note="九月账")
    tell(account, date(2026, 10, 30), "500.00")
    tell(account, LAST, "500.00")
    review(prepare(account, preparer, LAST), reviewer)
    return account


def ask(account, actor, kind="lock", why="十月已核对", version=0):
    return closing.propose(
        company_id=account.company_id, month=MONTH, version=version, kind=kind, actor=actor, why=why
    )  # fmt: skip


def decide(change, actor, accept=True, why=""):
    return closing.decide(
        change_id=change.pk, accept=accept, actor=actor, stepup=step_up(actor), why=why
    )  # fmt: skip


def locked(account, preparer, reviewer):
    decide(ask(account, preparer), reviewer)
    return Period.objects.get(company=account.company, code=MONTH)


def missing(account):
    period = close_selectors.period_of_company(account.company_id, MONTH)
    checks = close_selectors.checklist(account.company, MONTH, period)
    return "；".join(words for one in checks for words in one.missing)


class TestClose:
    def test_takes_two_people_and_locks_the_books(self, ready, preparer, reviewer):
        period = locked(ready, preparer, reviewer)

        assert (period.state, period.asked_by, period.decided_by) == ("locked", preparer, reviewer)
        assert period.reason == "十月已核对"
        with pytest.raises(Exception, match="is locked"):
            JournalEntry.objects.create(
                account=ready, company_id=ready.company_id, day=LAST, period=MONTH, direction="debit", amount=1,
                file_id=1, file_row=1, digest="x",
            )  # fmt: skip

    def test_refuses_the_person_who_asked(self, ready, preparer):
        change = ask(ready, preparer)

        with pytest.raises(NotAllowed):
            decide(change, preparer)

    def test_wants_the_second_factor(self, ready, preparer, reviewer):
        change = ask(ready, preparer)

        with pytest.raises(StepUpNeeded):
            closing.decide(change_id=change.pk, accept=True, actor=reviewer, stepup=None)

    def test_looks_again_when_the_second_person_decides(self, ready, preparer, reviewer):
        change = ask(ready, preparer)
        OwnAccount.objects.filter(pk=ready.pk).update(is_frozen=True)

        with pytest.raises(Conflict, match="付款冻结中"):
            decide(change, reviewer)
        assert Period.objects.get(code=MONTH).state == "open"

    def test_may_be_refused_with_a_reason(self, ready, preparer, reviewer):
        decide(ask(ready, preparer), reviewer, accept=False, why="还有未达")

        assert Period.objects.get(code=MONTH).state == "open"

    def test_freezes_what_is_matched_in_it(self, ready, preparer, reviewer):
        locked(ready, preparer, reviewer)
        bank, book = bank_lines(ready, Told(day=BACK)), []

        with pytest.raises(Conflict, match="已锁定"):
            matching.confirm(
                account_id=ready.pk, part=Part(tuple(bank + bank_lines(ready, Told(day=BACK, outgo=False))), tuple(book)),
                actor=preparer,
            )  # fmt: skip

    def test_out_of_scope_looks_absent(self, ready):
        with pytest.raises(NotFound):
            ask(ready, a_user(Role.RECONCILER, company=a_company()))

    def test_wants_a_reason_and_a_month(self, ready, preparer):
        with pytest.raises(InvalidInput, match="请填写原因"):
            ask(ready, preparer, why=" ")
        with pytest.raises(InvalidInput):
            closing.propose(
                company_id=ready.company_id, month="2026-13", version=0, kind="lock", actor=preparer, why="x"
            )  # fmt: skip


class TestChecklist:
    def test_is_met_when_all_is_signed(self, ready):
        assert missing(ready) == ""

    def test_names_a_month_that_is_not_over(self, ready):
        checks = close_selectors.checklist(ready.company, "2026-11", None)

        assert "本月尚未结束" in checks[0].missing

    def test_names_an_earlier_month_that_is_open(self, ready):
        Period.objects.create(company=ready.company, code="2026-09")

        assert "2026-09 尚未结账" in missing(ready)

    def test_names_days_whose_statement_is_missing_or_broken(self, ready):
        tell(ready, date(2026, 10, 28), "500.00")

        assert f"{ready.number} 有 1 天不完整（2026-10-29 起）" in missing(ready)

    def test_names_days_with_entries_that_nobody_signed(self, ready, preparer):
        bank_lines(ready, Told("40.00", BACK, text="手续费"))
        tell(ready, LAST, "460.00")
        assert f"{ready.number} 有 1 天未签署" in missing(ready)

        report = days.reads.reports([ready], LAST)[ready.pk]
        days.sign(
            asked=Asked(ready.pk, report.entries_digest()), day=LAST, actor=preparer, stepup=step_up(preparer)
        )  # fmt: skip

        assert "未签署" not in missing(ready)

    def test_names_a_statement_that_is_not_signed_or_moved_on(self, account, preparer, reviewer):
        openings.lay_down(account=account, day=LAST, balance=Decimal("500.00"), source_note="x")
        tell(account, date(2026, 10, 30), "500.00")
        tell(account, LAST, "500.00")
        assert "未复核签字" in missing(account)
        row = prepare(account, preparer, LAST)
        assert "未复核签字" in missing(account)
        review(row, reviewer)
        assert missing(account) == ""

        book_lines(account, Told("5.00", BACK))

        assert "签字后有变化" in missing(account)

    def test_names_a_frozen_account(self, ready):
        OwnAccount.objects.filter(pk=ready.pk).update(is_frozen=True)

        assert "付款冻结中" in missing(ready)


class TestReopen:
    def test_takes_two_people_and_wants_the_statement_anew(
        self, ready, preparer, reviewer, frozen_clock
    ):
        period = locked(ready, preparer, reviewer)
        frozen_clock.advance(hours=1)
        decide(ask(ready, preparer, "reopen", "补记一笔"), reviewer)

        period.refresh_from_db()
        assert period.state == "open"
        assert "是重新打开之前的" in missing(ready)
        frozen_clock.advance(hours=1)
        review(prepare(ready, preparer, LAST), reviewer)
        assert missing(ready) == ""


class TestArchive:
    def test_holds_every_statement_and_book_with_its_hash(self, ready, preparer, reviewer):
        locked(ready, preparer, reviewer)

        assert closing.archive_due() == 1

        row, content = closing.open_archive(pack_id=ClosePack.objects.get().pk, actor=reviewer)
        assert hashlib.sha256(content).hexdigest() == row.sha256
        archive = zipfile.ZipFile(io.BytesIO(content))
        manifest = json.loads(archive.read("manifest.json"))
        assert (manifest["month"], manifest["decided_by"]) == (MONTH, str(reviewer))
        names = {name for name in archive.namelist() if name != "manifest.json"}
        assert names == set(manifest["files"])
        assert {
            f"{ready.number}/statement-{LAST}.json",
            f"{ready.number}/journal-{MONTH}.xlsx",
        } <= names
        for name, digest in manifest["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert Entry.objects.filter(event="reconciliation.month.archive_taken").exists()

    def test_is_made_once_a_close(self, ready, preparer, reviewer, frozen_clock):
        locked(ready, preparer, reviewer)
        assert (closing.archive_due(), closing.archive_due()) == (1, 0)

        frozen_clock.advance(hours=1)
        decide(ask(ready, preparer, "reopen", "补记"), reviewer)
        assert closing.archive_due() == 0
        frozen_clock.advance(hours=1)
        review(prepare(ready, preparer, LAST), reviewer)
        decide(ask(ready, preparer), reviewer)

        assert closing.archive_due() == 1
        assert list(ClosePack.objects.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_is_nothing_for_another_company(self, ready, preparer, reviewer):
        locked(ready, preparer, reviewer)
        closing.archive_due()

        with pytest.raises(NotFound):
            closing.open_archive(
                pack_id=ClosePack.objects.get().pk, actor=a_user(Role.AUDITOR, company=a_company())
            )


class TestPages:
    def signed_in(self, user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_the_list_asks_as_much_for_many_companies_as_for_one(self, ready):
        client = self.signed_in(a_user(Role.AUDITOR, company=ready.company))
        page = reverse("reconciliation:closes") + f"?month={MONTH}"

        def queries():
            with CaptureQueriesContext(connection) as seen:
                rows = client.get(page).content.decode().count("data-href=")
            return rows, len(seen)

        queries()
        rows, before = queries()
        for _ in range(3):
            an_account(company=a_company(parent=ready.company))

        assert queries() == (rows + 3, before)

    def test_close_and_archive_go_through_the_pages(self, ready, preparer, reviewer):
        one, two = self.signed_in(preparer), self.signed_in(reviewer)
        page = reverse("reconciliation:close", args=[ready.company_id, MONTH])
        assert "提出结账" in one.get(page).content.decode()
        one.post(f"{page}propose/", {"kind": "lock", "version": "0", "why": "十月已核对"})
        assert "您是提出人，须由另一人复核" in one.get(page).content.decode()
        (change,) = [
            one.pk for one in closing.masterdata.visible_changes(closing.masterdata.system_scope())
        ]

        two.post(f"{page}decide/{change}/", {"decision": "accept"})

        assert Period.objects.get(code=MONTH).state == "locked"
        closing.archive_due()
        row = ClosePack.objects.get()
        assert row.sha256[:24] in two.get(page).content.decode()
        answer = two.get(reverse("reconciliation:close_archive", args=[row.pk]))
        assert hashlib.sha256(answer.content).hexdigest() == row.sha256
        overview = two.get(reverse("reconciliation:closes"), {"month": MONTH}).content.decode()
        assert 'data-state="locked"' in overview

    def test_what_is_missing_stands_there_with_its_page(self, ready, preparer):
        OwnAccount.objects.filter(pk=ready.pk).update(is_frozen=True)
        page = reverse("reconciliation:close", args=[ready.company_id, MONTH])

        shown = self.signed_in(preparer).get(page).content.decode()

        assert "付款冻结中" in shown
        assert "左侧条件全部具备后可提出结账" in shown

    def test_of_another_company_is_not_there(self, ready):
        stranger = self.signed_in(a_user(Role.RECONCILER, company=a_company()))

        url = reverse("reconciliation:close", args=[ready.company_id, MONTH])
        assert stranger.get(url).status_code == 404
