"""Pages of settings: what is in force, who proposes what, and the second person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from kernel import clock
from masterdata.models import StagedChange, StrategyRow
from masterdata.roles import Role
from masterdata.services.banks import lay_down_banks
from masterdata.services.dated import kinds
from masterdata.services.strategy import decide_once
from payments.services.baseline import lay_down_routes
from payments.topics import DuplicateRules
from tests.build import a_company, a_user, an_account, matrix_row, taken_live

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(frozen_clock):
    return a_company("G", name="样例集团有限公司")


@pytest.fixture
def admin(group):
    return a_user(Role.ADMIN, company=group)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text(answer):
    return answer.content.decode()


def address(name, *args):
    return reverse(f"masterdata:{name}", args=args)


@pytest.mark.parametrize("kind", [pytest.param(name, id=name) for name in sorted(kinds())])
class TestEveryKind:
    def test_lists_and_offers_a_form_with_every_field(self, group, admin, kind):
        client = signed_in(admin)

        listed, form = client.get(address("rules", kind)), client.get(address("rule_new", kind))

        assert listed.status_code == form.status_code == 200
        for name, spec in kinds()[kind].values.specs().items():
            assert str(spec.label) in text(form), name

    def test_is_read_by_money_duties_and_changed_by_none_of_them(self, group, kind):
        client = signed_in(a_user(Role.RELEASER, company=group))

        assert client.get(address("rules", kind)).status_code == 200
        assert client.get(address("rule_new", kind)).status_code == 403


class TestLines:
    def test_show_the_value_in_force_on_a_day_and_the_one_that_comes(self, group, admin):
        row = matrix_row(1, high="50000")
        client = signed_in(admin)
        post(client, address("rule_edit", "approvals.policy", row.line), {
            "amount_from": "0", "amount_below": "50,000.00", "steps_1_roles": ["treasurer"], "steps_1_people": "2",
            "valid_from": (clock.today() + timedelta(days=7)).isoformat(), "source_note": "会议纪要 3 号",
        })  # fmt: skip
        decide(StagedChange.objects.get(), a_user(Role.ADMIN, company=group))

        now = text(client.get(address("matrix")))
        then = text(client.get(address("matrix"), {"on": clock.today() + timedelta(days=7)}))
        history = text(client.get(address("rule", "approvals.policy", row.line)))

        assert "审批 1 人" in now
        assert "起第 2 版" in now
        assert "资金主管 2 人" in then
        assert history.index("资金主管 2 人") < history.index("会议纪要 3 号")
        assert "待生效" in history

    def test_of_other_companies_are_not_shown(self, group):
        stranger = a_company("X")
        account = an_account(company=stranger)
        taken_live(account)
        local = signed_in(a_user(Role.ADMIN, company=group))
        line = StrategyRow.objects.get(topic="payments.go_live").line

        assert account.gl_subject not in text(
            local.get(address("rules", "strategy.payments.go_live"))
        )
        assert local.get(address("rule", "strategy.payments.go_live", line)).status_code == 404


def post(client, url, values):
    answer = client.post(url, values)
    assert answer.status_code == 302, text(answer)[-3000:]
    return answer


def decide(change, actor):
    from masterdata.services.changes import decide_change

    decide_change(change_id=change.pk, accept=True, actor=actor)


class TestOfAnAccount:
    def test_its_page_tells_what_rules_it_today_and_where_from(self, group, admin):
        plant = a_company("P", parent=group)
        account = an_account(company=plant)
        taken_live(account)
        with transaction.atomic():
            decide_once(
                DuplicateRules, {"d3_working_days": 9}, company=group, source_note="集团制度"
            )
        live = StrategyRow.objects.get(topic="payments.go_live")

        page = text(signed_in(admin).get(f"/masterdata/accounts/{account.pk}/"))

        assert "9 个工作日" in page
        assert "集团制度" in page
        assert address("rule_edit", "strategy.payments.go_live", live.line) in page
        wanted = f"?company={plant.pk}&amp;subject={account.gl_subject}"
        assert address("rule_new", "strategy.payments.send_window") + wanted in page

    def test_offers_nothing_to_whoever_proposes_nothing(self, group):
        account = an_account(company=group)

        page = text(
            signed_in(a_user(Role.TREASURER, company=group)).get(
                f"/masterdata/accounts/{account.pk}/"
            )
        )

        assert "今日适用的策略" in page
        assert "为本账户设置" not in page


class TestPropose:
    def test_a_version_waits_on_the_desk_of_changes_with_its_difference(self, group, admin):
        taken_live(an_account(company=group))
        line = StrategyRow.objects.get(topic="payments.go_live").line
        client = signed_in(admin)

        answer = post(client, address("rule_edit", "strategy.payments.go_live", line), {
            "valid_from": clock.today().isoformat(), "source_note": "停用通知",
        })  # fmt: skip

        page = text(client.get(answer.url))
        assert "已上线" in page
        assert "停用通知" in page
        assert "您是提出人，须由另一人复核" in page
        other = signed_in(a_user(Role.ADMIN, company=group))
        assert "同意变更" in text(other.get(answer.url))

    @pytest.mark.parametrize(
        ("kind", "values", "words"),
        [
            ("approvals.policy", {"amount_from": "abc"}, "应为金额"),
            ("approvals.policy", {"amount_from": "0", "steps_1_roles": ["approver"]}, "角色与人数须同时填写"),
            ("strategy.payments.send_window", {"opens": "18:00", "closes": "09:00"}, "结束时刻应晚于开始时刻"),
            ("strategy.payments.batch_size", {"items_max": "101"}, "小于或等于"),
            ("payments.limit", {"amount": "5", "period": "day", "source_note": ""}, "必填"),
        ],
    )  # fmt: skip
    def test_names_what_cannot_be_beside_its_field(self, group, admin, kind, values, words):
        given = {"valid_from": clock.today().isoformat(), "source_note": "测试"} | values

        answer = signed_in(admin).post(address("rule_new", kind), given)

        assert answer.status_code == 422
        assert words in text(answer)
        assert not StagedChange.objects.exists()

    def test_starts_from_what_is_in_force_not_from_what_was_set_for_a_while(self, group, admin):
        with transaction.atomic():
            lay_down_banks()
            lay_down_routes()  # among them the cap of 500,000,000 of January 2020

        page = text(signed_in(admin).get(address("rule_edit", "strategy.payments.routes", 1)))

        assert 'value="1000000.00"' in page
        assert "500000000.00" not in page

    def test_a_withdrawal_asks_for_its_ground_only(self, group, admin):
        row = matrix_row(1)
        client = signed_in(admin)
        url = address("rule_withdraw", "approvals.policy", row.line)
        assert "审批步骤" not in text(client.get(url))

        post(client, url, {"valid_from": clock.today().isoformat(), "source_note": "机构撤销"})
        decide(StagedChange.objects.get(), a_user(Role.ADMIN, company=group))

        assert "尚无设置" in text(client.get(address("matrix")))
        over = text(client.get(address("matrix"), {"over": "1"}))
        assert "已失效" in over
        assert url.replace("withdraw/", "") in over

    def test_offers_the_whole_group_only_to_administrators_of_every_company(self, group, admin):
        plant = a_company("P", parent=group)
        local = signed_in(a_user(Role.ADMIN, company=plant))
        url = address("rule_new", "payments.limit")

        assert "全集团" in text(signed_in(admin).get(url)).split("付款账户")[0]
        form = text(local.get(url)).split("</select>")[0]

        assert plant.short_name in form
        assert '<option value=""' not in form

    def test_a_held_payment_leads_to_the_form_of_the_missing_pair(self, group, admin):
        url = address("rule_new", "strategy.payments.go_live")

        page = text(signed_in(admin).get(url, {"company": group.pk, "subject": "1002.07"}))

        assert 'value="1002.07"' in page
