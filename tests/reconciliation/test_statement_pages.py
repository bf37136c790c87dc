"""The reconciliation statement on screen, on paper and as a workbook."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from kernel import clock
from masterdata.roles import Role
from reconciliation import outstanding
from reconciliation.models import BankReconciliationStatement, OpeningItems, OutstandingItem
from reconciliation.services import signing
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines
from tests.reconciliation.signing import LAST, begin, prepare, review, sheet

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


@pytest.fixture
def desk(preparer):
    return signed_in(preparer)


@pytest.fixture
def page(teaching):
    return reverse("reconciliation:brs_account", args=[teaching.pk]) + f"?day={LAST}"


class TestAccount:
    def test_shows_both_sides_and_each_class_with_its_items(self, desk, page):
        shown = text(desk.get(page))

        for words in (
            "147,800.00",
            "174,800.00",
            "161,000.00",
            "25,000.00",
            "代付电费",
            "开出支票",
        ):
            assert words in shown
        assert "制表签字" in shown

    def test_every_number_leads_to_its_entries(self, desk, page, teaching):
        shown = text(desk.get(page))

        for kind in ("bank_in", "bank_out", "book_in", "book_out"):
            assert f'href="#{kind}"' in shown
            assert f'id="{kind}"' in shown
        (entry, *_) = sheet(teaching).of("bank_in")
        assert reverse("statements:entry", args=[entry.id]) in shown
        assert reverse("ledger:journal", args=[teaching.pk]) in shown

    def test_says_what_keeps_it_from_being_signed(self, desk, account):
        begin(account)

        shown = text(
            desk.get(reverse("reconciliation:brs_account", args=[account.pk]) + f"?day={LAST}")
        )

        assert "的对账单尚未关闭或核对不符" in shown
        assert "制表签字" not in shown

    def test_is_signed_here_and_reviewed_there(self, desk, page, teaching, reviewer):
        form = {"day": str(LAST), "figures": sheet(teaching).figures()}
        where = desk.post(reverse("reconciliation:brs_prepare", args=[teaching.pk]), form)[
            "Location"
        ]
        row = BankReconciliationStatement.objects.get()
        assert "您是制表人，须由另一人复核签字" in text(desk.get(where))
        other = signed_in(reviewer)
        assert "与当时资料一致" in text(other.get(where))

        other.post(f"{where}review/", {"version": row.version})

        row.refresh_from_db()
        assert (row.state, row.reviewed_by) == ("reviewed", reviewer)
        assert 'data-state="reviewed"' in text(desk.get(page))
        assert str(reviewer) in text(desk.get(reverse("reconciliation:brs_archive")))

    def test_tells_what_changed_since_it_was_signed(self, desk, page, teaching, preparer):
        prepare(teaching, preparer)
        bank_lines(teaching, Told("9.00", 17), Told("9.00", 17, outgo=False))

        assert "0 笔不再未达，2 笔新列为未达" in text(desk.get(page))

    def test_says_who_is_next_and_that_words_said_after_the_signatures_want_new_ones(
        self, desk, page, teaching, preparer, reviewer
    ):
        row = prepare(teaching, preparer)
        assert "待另一人复核" in text(desk.get(page))
        review(row, reviewer)
        assert "第 1 版已由两人签字" in text(desk.get(page))
        (item,) = sheet(teaching).of("bank_out")

        signing.say(
            account_id=teaching.pk, side="bank", line_id=item.id, reason="发票未到", next_step="", owner_id=None, actor=preparer
        )  # fmt: skip

        assert "也须重新签字后才能结账" in text(desk.get(page))

    def test_takes_words_on_an_item(self, desk, page, teaching, preparer):
        (item,) = sheet(teaching).of("bank_out")
        url = (
            reverse("reconciliation:brs_item", args=[teaching.pk, "bank", item.id]) + f"?day={LAST}"
        )
        form = text(desk.get(url))
        assert preparer.display_name in form
        assert "代付电费 · 银行已付、企业未付 11,800.00" in form

        desk.post(url, {"reason": "电费发票未到", "next_step": "催开发票", "owner_id": preparer.pk})

        assert OutstandingItem.objects.get().owner == preparer
        assert "电费发票未到" in text(desk.get(page))

    def test_of_another_company_is_not_there(self, desk):
        foreign = an_account(company=a_company())

        for name in ("brs_account", "brs_account_print", "brs_account_workbook", "brs_opening"):
            assert desk.get(reverse(f"reconciliation:{name}", args=[foreign.pk])).status_code == 404

    def test_is_nothing_for_makers(self, page, teaching):
        maker = signed_in(a_user(Role.MAKER, company=teaching.company))

        assert maker.get(page).status_code == 403

    @pytest.mark.parametrize(
        "query", ["day=2026-02-30", "day=x", "known=2099-01-01T00:00", "known=x"]
    )
    def test_refuses_what_is_no_day_or_moment(self, desk, teaching, query):
        url = reverse("reconciliation:brs_account", args=[teaching.pk])

        assert desk.get(f"{url}?{query}").status_code == 422


class TestOverview:
    def test_lists_accounts_with_their_state_at_the_months_end(self, desk, teaching):
        shown = text(desk.get(reverse("reconciliation:brs_overview"), {"day": str(LAST)}))

        assert "2026-11-30" in shown
        assert '<span class="tag" data-tone="you">未编制</span>' in shown

    def test_asks_none_of_an_account_the_bank_has_told_nothing_of_and_shows_one_company(
        self, desk, teaching
    ):
        silent = an_account(company=teaching.company)
        page = desk.get(reverse("reconciliation:brs_overview"), {"day": str(LAST)})

        assert {one.account.pk: one.is_wanted for one in page.context["lines"]} == {
            teaching.pk: True,
            silent.pk: False,
        }
        assert page.context["undone"] == 1
        given = {"day": str(LAST), "company": teaching.company_id + 999}
        assert desk.get(reverse("reconciliation:brs_overview"), given).context["lines"] == []


class TestItems:
    @pytest.fixture
    def url(self):
        return reverse("reconciliation:items")

    def test_lists_every_account_s_items_with_age_and_next_step(self, desk, teaching, url):
        shown = text(desk.get(url, {"day": str(LAST)}))

        for words in ("25,000.00", "17,600.00", "代付电费", "取得银行回单后补制凭证"):
            assert words in shown

    def test_are_exported_as_filtered(self, desk, teaching, url):
        given = {"day": str(LAST), "kind": "bank_out", "export": "xlsx"}

        book = openpyxl.load_workbook(io.BytesIO(desk.get(url, given).content)).active

        (_head, row) = book.iter_rows(values_only=True)
        assert (row[0], row[2], row[3], row[4], row[9]) == (
            teaching.number,
            "CNY",
            "仅银行有",
            "银行已付、企业未付",
            11800,
        )
        assert Entry.objects.filter(event="desk.list.exported").count() == 1

    def test_shows_one_class_one_age_or_what_is_mine(self, desk, teaching, preparer, url):
        one_class = text(desk.get(url, {"day": str(LAST), "kind": "bank_out"}))
        assert "代付电费" in one_class
        assert "开出支票" not in one_class
        assert "没有符合条件的未达账项" in text(desk.get(url, {"day": str(LAST), "age": "30"}))
        (item,) = sheet(teaching).of("bank_out")
        signing.say(
            account_id=teaching.pk, side="bank", line_id=item.id, reason="", next_step="", owner_id=preparer.pk, actor=preparer
        )  # fmt: skip

        mine = text(desk.get(url, {"day": str(LAST), "mine": "1"}))

        assert "代付电费" in mine
        assert "开出支票" not in mine

    def test_are_those_of_each_accounts_statement_and_cost_no_query_an_account(
        self, desk, teaching, url
    ):
        def queries():
            with CaptureQueriesContext(connection) as told:
                shown = text(desk.get(url, {"day": str(LAST)}))
            return len(told), shown

        queries()  # the first one fills what is kept in memory
        before, _ = queries()
        others = [an_account(company=teaching.company) for _ in range(3)]
        for number, one in enumerate(others):
            begin(one, book="0.00")
            bank_lines(one, Told(f"{number + 1}.07"), Told("9.00", day=1))
            book_lines(one, Told("9.00", day=2), Told(f"{number + 1}.08"))
        after, shown = queries()

        assert after == before
        for one in (teaching, *others):
            for item in sheet(one).items:
                assert f"{item.amount:,.2f}" in shown
        found, crowded = outstanding.items_of({one.pk: DAY for one in others}, LAST)
        assert not crowded
        assert found == {one.pk: list(sheet(one).items) for one in others}

    def test_of_another_company_are_not_there(self, teaching, url):
        stranger = signed_in(a_user(Role.RECONCILER, company=a_company()))

        assert "代付电费" not in text(stranger.get(url, {"day": str(LAST)}))

    def test_refuses_what_is_no_day(self, desk, teaching, url):
        assert desk.get(url, {"day": "x"}).status_code == 422


class TestOpening:
    def test_old_lines_are_ticked_and_count(self, desk, account):
        (old,) = bank_lines(account, Told("600.00", -5, outgo=False))
        begin(account, book="161000.00")
        url = reverse("reconciliation:brs_opening", args=[account.pk])
        assert "600.00" in text(desk.get(url))

        desk.post(url, {"bank": [old], "why": "十月调节表"})

        assert OpeningItems.objects.get().bank_ids == [old]
        assert "期初未达账项 1 笔" in text(
            desk.get(reverse("reconciliation:brs_account", args=[account.pk]))
        )


class TestPaper:
    def test_carries_signatures_and_no_time_of_printing(
        self,
        desk,
        teaching,
        preparer,
        reviewer,
    ):
        row = prepare(teaching, preparer)
        review(row, reviewer)
        url = reverse("reconciliation:brs_print", args=[row.pk])

        first = desk.get(url).content

        shown = first.decode()
        for words in ("银行存款余额调节表", str(preparer), str(reviewer), row.digest, "161,000.00"):
            assert words in shown
        assert "打印时间" not in shown

    def test_of_a_past_moment_is_equal_byte_for_byte(
        self,
        desk,
        teaching,
        frozen_clock,
    ):
        pytest.importorskip("weasyprint", exc_type=OSError)
        query = {"day": str(LAST), "known": clock.now().isoformat()}
        paper, book = (
            reverse(f"reconciliation:brs_account_{name}", args=[teaching.pk])
            for name in ("print", "workbook")
        )
        before = (
            desk.get(paper, {**query, "format": "pdf"}).content,
            desk.get(book, query).content,
        )
        frozen_clock.advance(hours=5)
        bank_lines(teaching, Told("9.00", 17))

        after = (
            desk.get(paper, {**query, "format": "pdf"}).content,
            desk.get(book, query).content,
        )

        assert before[0].startswith(b"%PDF")
        assert after == before

    def test_is_a_workbook_with_real_numbers(self, desk, teaching):
        url = reverse("reconciliation:brs_account_workbook", args=[teaching.pk])

        book = openpyxl.load_workbook(io.BytesIO(desk.get(url, {"day": str(LAST)}).content))

        form, items = book.worksheets
        assert (form["B12"].value, form["D12"].value, form["B13"].value) == (161000, 161000, 0)
        assert items.max_row == 5
