"""What a proposed setting would have changed last week: seen before it is decided, and exactly what it then does."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.errors import DomainError
from masterdata.models import StagedChange, StrategyRow
from masterdata.selectors import scope_of
from masterdata.services import dated
from masterdata.services.changes import decide_change
from masterdata.services.dated import Proposal
from payments.foresight import foresee
from payments.models import PaymentOrder
from payments.services import orders
from tests.build import a_company
from tests.build_payments import a_draft, a_list, a_person, act, fresh, item, released, submitted


@pytest.fixture
def admins(world):
    return [
        a_person(f"root{n}", person=f"p-root{n}", role="admin", company=world.company)
        for n in (1, 2)
    ]


def propose(admins, kind, line=None, withdraw=False, **values):
    proposal = Proposal(
        values=values,
        valid_from=clock.today(),
        source_note="测试",
        line=line,
        is_withdrawn=withdraw,
    )
    return dated.propose(kind_name=kind, proposal=proposal, actor=admins[0])


def look(admins, change, days=7):
    return foresee(change, days=days, scope=scope_of(admins[1]))


def pair(world, **values):
    return {"company": world.company.pk, "subject": world.account.gl_subject} | values


class TestForesee:
    def test_lists_the_payments_the_matrix_would_ask_more_for(self, world, admins, frozen_clock):
        small, large = submitted(world), submitted(world, amount=Decimal("60000.00"))
        frozen_clock.advance(days=3)
        change = propose(
            admins, "approvals.policy", company=world.company.pk, amount_below="1000",
            steps=[[["approver"], 1]],
        )  # fmt: skip

        told = look(admins, change)

        assert (told.seen, told.count) == (2, 1)
        (one,) = told.rows
        assert (one.order.pk, one.before, one.after) == (small.pk, "免审批", "审批 1 人")
        assert large.pk not in {row.order.pk for row in told.rows}

    def test_tells_what_no_row_would_cover_any_more(self, world, admins):
        order = submitted(world)
        change = propose(admins, "approvals.policy", line=1, withdraw=True, amount_below="50000")

        (one,) = look(admins, change).rows

        assert (one.order.pk, one.after) == (order.pk, "拒绝：矩阵没有覆盖")

    def test_uses_a_limit_up_in_the_order_of_releases(self, world, admins):
        first, second, third = (released(world, amount=Decimal(100 + n)) for n in range(3))
        change = propose(admins, "payments.limit", amount="210", period="day")

        told = look(admins, change)

        assert [row.order.pk for row in told.rows] == [third.order_id]
        assert "超过单日限额 210.00，已用 201.00" in told.rows[0].after
        assert told.amount == Decimal(102)
        assert first.order_id < second.order_id

    def test_a_months_limit_counts_from_its_first_day_though_a_week_is_looked_at(
        self, world, admins, frozen_clock
    ):
        released(world, amount=Decimal("100.00"))
        frozen_clock.advance(days=4)
        late = released(world, amount=Decimal("101.00"), wish_date=clock.today())
        change = propose(admins, "payments.limit", amount="150", period="month")

        told = look(admins, change, days=1)

        assert (told.seen, [row.order.pk for row in told.rows]) == (1, [late.order_id])

    def test_tells_what_would_be_held_and_what_would_go_another_way(self, world, admins):
        row = released(world, amount=Decimal("400000.00"))
        live = propose(admins, "strategy.payments.go_live", **pair(world, is_live=False))
        window = propose(admins, "strategy.payments.send_window", **pair(world, opens="10:00", closes="16:00"))  # fmt: skip
        routes = propose(admins, "strategy.payments.routes", bank="104", beps_cap="50000", offers_ibps=False)  # fmt: skip

        told = [look(admins, one).rows for one in (live, window, routes)]

        assert [[one.order.pk for one in rows] for rows in told] == [[row.order_id]] * 3
        assert "尚未上线" in told[0][0].after
        assert "10:00 发送" in told[1][0].after
        assert (told[2][0].before, told[2][0].after) == ("小额支付，随即发送", "大额支付，随即发送")

    def test_tells_which_look_alikes_would_no_longer_be_held(self, world, admins):
        submitted(world, amount=Decimal("700.00"))
        twin = PaymentOrder.objects.get(pk=submitted_or_held(world, amount=Decimal("700.00")))
        change = propose(admins, "strategy.payments.duplicates", **pair(world, d3_action="off", d4_action="off"))  # fmt: skip

        rows = {one.order.pk: one for one in look(admins, change).rows}

        assert "D3" in rows[twin.pk].before
        assert "D3" not in rows[twin.pk].after

    def test_changes_nothing_itself(self, world, admins):
        order = submitted(world)
        change = propose(admins, "strategy.payments.go_live", **pair(world, is_live=False))
        before = StrategyRow.objects.count(), fresh(order).version

        look(admins, change)

        assert (StrategyRow.objects.count(), fresh(order).version) == before
        assert StagedChange.objects.get(pk=change.pk).state == "proposed"

    def test_says_so_where_a_setting_decides_no_payment(self, world, admins):
        change = propose(admins, "strategy.payments.batch_size", **pair(world, items_max=5))

        assert not look(admins, change).is_looked

    def test_shows_only_companies_of_the_viewer(self, world, admins):
        submitted(world)
        change = propose(admins, "approvals.policy", line=1, withdraw=True, amount_below="50000")
        stranger = a_person("far", person="p-far", role="admin", company=a_company("9000"))

        assert foresee(change, days=7, scope=scope_of(stranger)).seen == 0

    def test_reads_many_payments_in_as_many_statements_as_few(self, world, admins):
        changes = [
            propose(admins, "approvals.policy", line=1, withdraw=True, amount_below="50000"),
            propose(admins, "payments.limit", amount="5", period="day"),
            propose(admins, "strategy.payments.go_live", **pair(world, is_live=False)),
            propose(admins, "strategy.payments.send_window", **pair(world, opens="10:00", closes="16:00")),
            propose(admins, "strategy.payments.duplicates", **pair(world, d3_action="off")),
            propose(admins, "strategy.payments.payees", **pair(world, cool_down_hours=48)),
        ]  # fmt: skip

        def statements(number):
            items = [item(one) for one in a_list(world, number)]
            orders.submit_orders(items=items, actor=world["maker"])
            with CaptureQueriesContext(connection) as seen:
                told = [look(admins, change) for change in changes]
            assert {one.seen for one in told} == {PaymentOrder.objects.count()}
            return len(seen)

        few = statements(3)

        assert statements(40) <= few + 3


def submitted_or_held(world, **changes):
    draft = a_draft(world, **changes)
    with suppress(DomainError):
        orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])
    return draft.pk


class TestItComesTrue:
    def test_what_was_foreseen_is_what_the_matrix_then_asks(self, world, admins):
        order = submitted(world)
        change = propose(
            admins, "approvals.policy", company=world.company.pk, steps=[[["treasurer"], 1]]
        )
        foreseen = {row.order.pk: row.after for row in look(admins, change).rows}
        decide_change(change_id=change.pk, accept=True, actor=admins[1])

        act("check", order, world["checker"])

        assert foreseen[order.pk] == "资金主管 1 人"
        assert fresh(order).next_roles == ["treasurer"]


def test_the_page_shows_it_to_both(world, admins, client):
    submitted(world)
    change = propose(admins, "approvals.policy", line=1, withdraw=True, amount_below="50000")

    for user, word in ((admins[0], "须由另一人复核"), (admins[1], "同意变更")):
        client.force_login(user)
        page = client.get(f"/masterdata/changes/{change.pk}/", {"days": "14"}).content.decode()
        assert "最近 14 天的 1 笔付款中，1 笔的结果会不同，金额合计" in page
        assert "拒绝：矩阵没有覆盖" in page
        assert word in page


def test_a_proposal_that_was_overtaken_says_why_it_cannot_be(world, admins, client):
    first = propose(admins, "approvals.policy", company=world.company.pk, amount_below="10")
    second = propose(admins, "approvals.policy", company=world.company.pk, amount_below="20")
    decide_change(change_id=first.pk, accept=True, actor=admins[1])
    client.force_login(admins[1])

    page = client.get(f"/masterdata/changes/{second.pk}/").content.decode()

    assert "此变更现在不能生效" in page
    assert "重叠" in page
