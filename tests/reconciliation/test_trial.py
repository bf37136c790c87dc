"""The dry run's page: other rules on past days beside what is matched, and nothing changed by it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.urls import reverse

from kernel import clock
from kernel.errors import InvalidInput
from masterdata.roles import Role
from masterdata.services import dated
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

    def test_begins_with_an_account_that_has_matches(self, account, desk):
        an_account(company=account.company, number="1000000000000001")

        found = desk.get(reverse("reconciliation:trial")).context

        assert found["account_id"] == str(account.pk) != found["accounts"][0][0]

    def test_a_rung_left_out_loses_its_matches_and_changes_nothing(self, account, desk):
        before = MatchLine.objects.filter(account_id=account.pk).count(), Act.objects.count()

        text = page(desk, account, run="1", rungs=["M1"])

        assert "试算会失去的勾对（1 组" in text
        assert "上海恒通化工有限公司" in text
        assert (
            MatchLine.objects.filter(account_id=account.pk).count(),
            Act.objects.count(),
        ) == before

    def test_the_order_typed_is_the_order_tried(self, account, desk):
        places = {"rungs.M1": "1", "rungs.M3": "2", "rungs.M2": "3", "rungs.M4": ""}

        text = page(desk, account, run="1", **places)

        assert 'name="rungs.M3" value="2"' in text
        assert 'name="rungs.M4" value=""' in text
        assert "试算会多出的勾对（1 组" in text  # the same lines, told by M3 instead of M2
        wrong = page(desk, account, run="1", **{"rungs.M2": "1", "rungs.M1": "2"})
        assert "在最前" in wrong.split("试算条件")[0]
        assert "M1 一" in page(desk, account, run="1", **{"rungs.M1": "一"}).split("试算条件")[0]

    def test_shows_the_strategy_in_force_before_anything_is_asked(self, account, desk):
        text = page(desk, account)

        assert 'name="name_days" value="3"' in text
        assert "增减" not in text

    def test_takes_the_form_as_the_browser_sends_it(self, account, desk):
        boxes = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page(desk, account))

        text = page(desk, account, run="1", **dict(boxes) | {"name_days": "2"})

        assert {"name_days", "fee_max", "rungs.M9"} <= dict(boxes).keys()
        assert "与现有勾对完全相同" in text
        assert 'name="name_days" value="2"' in text

    def test_says_what_is_wrong_with_a_field(self, account, desk):
        for wrong in ("99", "1.5", ""):
            text = page(desk, account, run="1", name_days=wrong).split("试算条件")[0]
            assert "M3 相隔" in text
        assert "0 到 10" in page(desk, account, run="1", name_days="99").split("试算条件")[0]
        assert "日期应为" in page(desk, account, run="1", first="gestern")

    def test_is_of_ones_own_accounts_only(self, account):
        stranger = signed_in(a_user(Role.RECONCILER, company=a_company()))

        assert (
            stranger.get(reverse("reconciliation:trial"), {"account": account.pk}).status_code
            == 404
        )


class TestForesight:
    def test_a_proposal_shows_the_second_administrator_what_it_would_match(self, account):
        admins = [a_user(Role.ADMIN, company=account.company) for _ in range(2)]
        proposal = dated.Proposal(
            values={"company": account.company_id, "subject": "", "rungs": ["M1"]},
            valid_from=clock.today(),
            source_note="制度",
        )
        change = dated.propose(
            kind_name="strategy.reconciliation.matching", proposal=proposal, actor=admins[0]
        )

        shown = signed_in(admins[1]).get(
            reverse("masterdata:change", args=[change.pk]), {"days": "31"}
        )

        text = shown.content.decode()
        assert "按拟定规则重新勾对 1 个账户最近 31 天的流水：多出 0 组，失去 1 组" in text
        assert MatchLine.objects.filter(account_id=account.pk).count() == 2

    def test_an_order_no_ladder_may_have_is_refused(self, account):
        admin = a_user(Role.ADMIN, company=account.company)
        proposal = dated.Proposal(
            values={"company": account.company_id, "subject": "", "rungs": ["M2", "M1"]},
            valid_from=clock.today(),
            source_note="制度",
        )

        with pytest.raises(InvalidInput, match="在最前"):
            dated.propose(
                kind_name="strategy.reconciliation.matching", proposal=proposal, actor=admin
            )


def test_last_month_is_whole_across_the_year():
    assert last_month(date(2026, 1, 15)) == (date(2025, 12, 1), date(2025, 12, 31))
