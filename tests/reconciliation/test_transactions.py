"""交易明细查询: what the bank told, what it is matched to, and the same in a workbook."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kernel import clock
from masterdata.roles import Role
from reconciliation.services import matching
from reconciliation.services.matching import Part
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, both
from tests.reconciliation.test_desk import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(frozen_clock):
    account = an_account(company=a_company())
    accountant = a_user(Role.RECONCILER, company=account.company)
    bank, book = both(
        account, [Told("60.00", name="恒通化工", text="货款"), Told("7.00", outgo=False)]
    )
    matching.confirm(account_id=account.pk, part=Part((bank[0],), (book[0],)), actor=accountant)
    return account, accountant


def page(client, **given):
    """The report with these filters."""
    return client.get(reverse("reconciliation:transactions"), given)


def listed(client, **given):
    """The rows of the list."""
    text = page(client, **given).content.decode()
    return text.split('id="list"')[1].split('<tr data-id="')[1:]


class TestTransactions:
    def test_name_the_match_or_lead_to_the_desk(self, told):
        account, accountant = told

        text = page(signed_in(accountant)).content.decode()

        assert reverse("reconciliation:match_page", args=[account.pk, 1]) in text
        assert "M10 #1" in text
        assert f"{reverse('reconciliation:desk', args=[account.pk])}?first=" in text

    def test_are_filtered_by_whether_they_are_matched(self, told):
        client = signed_in(told[1])

        (matched,) = listed(client, matched="True")
        (left,) = listed(client, matched="False")

        assert "60.00" in matched
        assert "7.00" in left
        assert "未勾对" in left

    def test_a_workbook_holds_the_filtered_set(self, told):
        answer = page(signed_in(told[1]), matched="False", export="xlsx")

        rows = (
            CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
            .get_sheet_by_index(0)
            .to_python()
        )
        assert "未勾对" in rows[2]
        amount = rows[1].index("金额")
        assert [(row[0], row[amount]) for row in rows[3:]] == [
            ("收入合计 CNY", 7),
            ("支出合计 CNY", 0),
            ("净额 CNY", 7),
        ]

    def test_whoever_may_not_see_matching_sees_the_entries_alone(self, told):
        account, _ = told
        maker = signed_in(a_user(Role.MAKER, company=account.company))

        rows = listed(maker)

        assert len(rows) == 2
        assert "M10" not in "".join(rows)
        assert listed(maker, matched="True") == []

    def test_of_some_days_are_those_the_bank_dates_there_whenever_it_booked_them(self, told):
        account, accountant = told
        late = EntryLine(
            bank_date=DAY, booked_at=clock.now(), bank_serial="LATE", direction="debit",
            amount=Decimal("5.00"), currency="CNY",
        )  # fmt: skip
        record_entries(account_id=account.pk, lines=[late])
        client = signed_in(accountant)

        rows = listed(client, day_from=str(DAY), day_to=str(DAY))

        assert len(rows) == 3
        assert "LATE" in rows[0]
        assert listed(client, day_from="2026-01-01", day_to="2026-01-31") == []
        assert listed(client, day_from="2026-02-31", day_to=str(DAY)) == []
