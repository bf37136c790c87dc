"""账户余额变化: the day's figures, what moved, and sums and chart of the filtered days."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from masterdata.roles import Role
from statements import balance_changes
from statements.models import Balance, DayClose
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, bank_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(frozen_clock):
    found = an_account(company=a_company())
    bank_lines(found, Told("60.00"), Told("40.00", outgo=False), Told("7.00", outgo=False))
    DayClose.objects.create(
        account=found, company_id=found.company_id, day=DAY, opening=Decimal("100.00"), credits=Decimal("47.00"),
        debits=Decimal("60.00"), closing=Decimal("87.00"), difference=0, entry_count=3, is_closed=True,
    )  # fmt: skip
    return found


@pytest.fixture
def client(account):
    found = Client()
    user = a_user(Role.RECONCILER, company=account.company)
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


def page(client, **given):
    """The report with these filters."""
    return client.get(reverse("statements:balance_changes"), given).content.decode()


class TestBalanceChanges:
    def test_shows_the_day_with_its_change_and_what_moved(self, account, client):
        row = page(client).split("<tbody>")[1].split("</tbody>")[0]

        for figure in ("100.00", "47.00", "60.00", "87.00", "-13.00"):
            assert figure in row
        assert (
            row.count("—") == 1
        )  # the bank told no running balance: the lowest is unknown, not zero
        assert '<td class="k-number number">2</td>' in row
        assert "银企直联" in row

    def test_a_quiet_day_names_its_source_and_stands_at_its_opening(self, account, client):
        quiet = DAY + timedelta(days=1)
        DayClose.objects.create(account=account, company_id=account.company_id, day=quiet, opening=Decimal("87.00"),
                                closing=Decimal("87.00"), difference=0, is_closed=True)  # fmt: skip
        Balance.objects.create(account=account, company_id=account.company_id, currency="CNY", as_of=quiet,
                               book=Decimal("87.00"), exchange_id=1, is_day_closing=True)  # fmt: skip

        first = page(client).split("<tbody>")[1].split("<tr")[1]

        assert str(quiet) in first
        assert "银企直联" in first
        assert first.count('data-copy="87.00"') == 3  # opening, closing, lowest

    def test_adds_up_both_sides_and_draws_the_closing_balances(self, account, client):
        text = page(client)

        assert 'data-totals="CNY"' in text
        assert '"data": ["87.00"]' in text

    def test_the_line_counts_every_account_with_its_last_figure(self, account, client):
        other = an_account(company=account.company)
        for day, closing in ((DAY, "10.00"), (DAY + timedelta(days=2), "11.00")):
            DayClose.objects.create(account=other, company_id=other.company_id, day=day, opening=Decimal(closing),
                                    closing=Decimal(closing), difference=0)  # fmt: skip

        assert '"data": ["97.00", "98.00"]' in page(client)
        assert '"data": ["10.00", "11.00"]' in page(client, account=other.pk, change="12")
        assert '"data": ["98.00"]' not in page(client, account=other.pk)

    def test_what_htmx_brings_has_the_sums_and_the_line_of_the_filter(self, account, client):
        answer = client.get(
            reverse("statements:balance_changes"),
            {"account": account.pk},
            headers={"HX-Request": "true", "HX-Target": "list"},
        )

        text = answer.content.decode()
        assert 'data-totals="CNY"' in text
        assert '"data": ["87.00"]' in text

    def test_sums_of_very_many_days_are_told_when_asked_for(self, account, client, monkeypatch):
        monkeypatch.setattr(balance_changes, "COUNT_CAP", 0)

        assert 'data-totals="CNY"' not in page(client)
        assert 'data-totals="CNY"' in page(client, totals="all")

    def test_a_workbook_ends_with_the_same_sums(self, account, client):
        answer = client.get(reverse("statements:balance_changes"), {"export": "xlsx"})

        rows = (
            CalamineWorkbook.from_filelike(BytesIO(answer.content))
            .get_sheet_by_index(0)
            .to_python()
        )
        heads, last = rows[1], rows[-1]
        assert last[0] == "合计 CNY"
        assert [last[heads.index(word)] for word in ("收入", "支出", "期末")] == [47, 60, ""]

    def test_finds_days_that_changed_by_more_than_an_amount(self, account, client):
        assert "data-id=" in page(client, change="12.99")
        assert "data-id=" not in page(client, change="13.00")
        assert "data-id=" not in page(client, change="viel")

    @pytest.mark.parametrize("given", [{"currency": "USD"}, {"kind": "basic"}, {"bank": "999"}])
    def test_is_narrowed_by_what_the_account_is(self, account, client, given):
        assert "data-id=" not in page(client, **given)
