"""The dry run's page: other rules on past days beside what is matched, and nothing changed by it."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from masterdata.roles import Role
from reconciliation.models import Act, MatchLine
from reconciliation.services import running
from reconciliation.views.trial import last_month
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, both
from tests.reconciliation.test_desk import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
HENG = {"name": "上海恒通化工有限公司", "acct": "6222000011"}


@pytest.fixture
def account(frozen_clock):
    found = an_account(company=a_company())
    both(found, [Told(**HENG), Told("7.00", ref="YQ000001")])
    running.run(account_id=found.pk)
    return found


@pytest.fixture
def desk(account):
    return signed_in(a_user(Role.RECONCILER, company=account.company))


def page(desk, account, **given):
    """The page's text with these fields, run over November."""
    asked = {"account": account.pk, "first": DAY.isoformat(), "last": "2026-11-30", **given}
    return desk.get(reverse("reconciliation:trial"), asked).content.decode()


class TestTrial:
    def test_the_rules_in_force_give_what_is_there(self, account, desk):
        assert "与现有勾对完全相同" in page(
            desk, account, run="1", rungs=["M0", "M1", "M2", "M3", "M4"]
        )

    def test_a_rung_left_out_loses_its_matches_and_changes_nothing(self, account, desk):
        before = MatchLine.objects.filter(account_id=account.pk).count(), Act.objects.count()

        text = page(desk, account, run="1", rungs=["M1"])

        assert "试算会失去的勾对（1 组" in text
        assert "上海恒通化工有限公司" in text
        assert (
            MatchLine.objects.filter(account_id=account.pk).count(),
            Act.objects.count(),
        ) == before

    def test_shows_the_strategy_in_force_before_anything_is_asked(self, account, desk):
        text = page(desk, account)

        assert 'name="name_days" value="3"' in text
        assert "增减" not in text

    def test_says_what_is_wrong_with_a_field(self, account, desk):
        assert "M3 相隔" in page(desk, account, run="1", name_days="99").split("试算条件")[0]
        assert "日期应为" in page(desk, account, run="1", first="gestern")

    def test_is_of_ones_own_accounts_only(self, account):
        stranger = signed_in(a_user(Role.RECONCILER, company=a_company()))

        assert (
            stranger.get(reverse("reconciliation:trial"), {"account": account.pk}).status_code
            == 404
        )


def test_last_month_is_whole_across_the_year():
    assert last_month(date(2026, 1, 15)) == (date(2025, 12, 1), date(2025, 12, 31))
