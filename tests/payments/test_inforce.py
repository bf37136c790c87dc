"""The strategy acts: what is switched off is not sent, what is bounded stays within its bound, and each payment says which."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils.html import strip_tags

from kernel import clock
from kernel.errors import Conflict
from masterdata.models import BankProfile, OwnAccount, StrategyRow
from masterdata.services.dated import Proposal, kind_named
from masterdata.services.dated import version_of as dated_version
from payments.limit_rows import lay_down_limit
from payments.models import Batch, PaymentInstruction
from payments.routing import RouteRules
from payments.services import instructions, orders, waiting
from payments.services.refusals import Held
from payments.topics import BankProduct, BatchSize, GoLive, SendWindow
from tests.build_payments import a_list, act, claim, fresh, item, ready, released
from tests.signing import hand_of


def decide(world, topic, **values):
    """A version of a topic for the world's company and subject from today on, as if two people had decided it."""
    key = {"company": world.company.pk, "subject": world.account.gl_subject}
    kind = kind_named(f"strategy.{topic.key}")
    proposal = Proposal(values=key | values, valid_from=clock.today(), source_note="测试")
    with transaction.atomic():
        return dated_version(kind, proposal, earliest=clock.today()).write()


def nothing_goes(world):
    return instructions.claim_batches(connection_id=world.connection.pk, limit=5, lease_s=60) == []


class TestGoLive:
    def test_a_pair_that_is_not_live_is_held_at_release_and_named(self, world):
        order = ready(world)
        decide(world, GoLive, is_live=False)

        with pytest.raises(Held, match=r"公司 1000 \+ 科目 100201 尚未上线"):
            act("release", order, world["releaser"])

        assert fresh(order).shown_state == "held"
        assert not PaymentInstruction.objects.exists()
        assert nothing_goes(world)

    def test_a_pair_nobody_decided_is_not_live(self, world):
        OwnAccount.objects.update(gl_subject="100299")

        with pytest.raises(Held, match="科目 100299 尚未上线"):
            act("release", ready(world), world["releaser"])

    def test_goes_on_by_itself_once_the_pair_is_live(self, world):
        order = ready(world)
        decide(world, GoLive, is_live=False)
        with pytest.raises(Held):
            act("release", order, world["releaser"])
        waiting.lift_cleared()
        assert fresh(order).state == "held"

        decide(world, GoLive, is_live=True)
        waiting.lift_cleared()

        assert fresh(order).state == "pending_release"
        assert act("release", order, world["releaser"]).state == "queued"

    def test_nobody_lifts_it_by_hand(self, world):
        order = ready(world)
        decide(world, GoLive, is_live=False)
        with pytest.raises(Held):
            act("release", order, world["releaser"])
        pk, version, _ = item(order)

        with pytest.raises(Conflict, match="尚未上线"):
            orders.lift_hold(
                order_id=pk, version=version, actor=world["treasurer"], why="银行已确认"
            )

    def test_switched_off_after_release_nothing_is_sent_until_it_is_on_again(self, world):
        row = released(world)
        decide(world, GoLive, is_live=False)

        assert nothing_goes(world)
        row.refresh_from_db()
        assert (row.state, row.hold_reason[:7]) == ("held", "GO_LIVE")
        waiting.lift_cleared()
        assert nothing_goes(world)

        decide(world, GoLive, is_live=True)
        waiting.lift_cleared()
        assert [one.instr_no for one in claim(world).instructions] == [row.instr_no]


class TestBankProduct:
    def test_without_one_the_payment_is_held_and_the_key_named(self, world):
        order = ready(world)
        decide(world, BankProduct, operation="")

        with pytest.raises(Held, match=r"公司 1000 \+ 科目 100201 没有对应的银行付款产品"):
            act("release", order, world["releaser"])

    def test_decides_how_the_payment_is_carried(self, world):
        decide(world, BankProduct, operation="pay")
        rows = [released(world), released(world)]

        batches = instructions.claim_batches(connection_id=world.connection.pk, limit=5, lease_s=60)

        assert {row.operation for row in rows} == {"pay"}
        assert [len(batch.instructions) for batch in batches] == [1, 1]

    def test_one_the_bank_does_not_offer_is_held(self, world):
        BankProfile.objects.update(abilities=["pay_batch", "inquire"])
        order = ready(world)
        decide(world, BankProduct, operation="pay")

        with pytest.raises(Held, match="付款银行不提供"):
            act("release", order, world["releaser"])


class TestBatchSize:
    def test_bounds_what_one_message_carries(self, world):
        decide(world, BatchSize, items_max=2)
        for _ in range(5):
            released(world)

        batches = instructions.claim_batches(connection_id=world.connection.pk, limit=9, lease_s=60)

        assert [len(batch.instructions) for batch in batches] == [2, 2, 1]

    def test_two_hundred_and_fifty_become_two_full_batches_and_a_half_one(self, world):
        drafts = a_list(world, 250)
        for name, who in (("submit", "maker"), ("check", "checker"), ("release", "releaser")):
            given = {"hand": hand_of(world[who])} if name != "submit" else {}
            done = getattr(orders, f"{name}_orders")(
                items=[item(one) for one in drafts], actor=world[who], **given
            )
            assert not done.refused

        instructions.claim_batches(connection_id=world.connection.pk, limit=9, lease_s=60)

        rows = Batch.objects.order_by("pk")
        assert [row.item_count for row in rows] == [100, 100, 50]
        total = sum((one.amount for one in drafts), Decimal(0))
        assert sum((row.amount for row in rows), Decimal(0)) == total


class TestSendWindow:
    def test_what_is_released_outside_waits_for_the_next_one(self, world, frozen_clock):
        decide(world, SendWindow, opens="10:00", closes="16:00")
        row = released(world)

        assert f"{row.not_before.astimezone(clock.SHANGHAI):%H:%M}" == "10:00"
        assert nothing_goes(world)
        frozen_clock.advance(minutes=30)
        assert claim(world).instructions

    def test_a_window_narrowed_after_release_counts_at_sending(self, world, frozen_clock):
        row = released(world)
        decide(world, SendWindow, opens="14:00", closes="16:00")

        assert nothing_goes(world)
        row.refresh_from_db()
        assert f"{row.not_before.astimezone(clock.SHANGHAI):%H:%M}" == "14:00"

    def test_working_days_only_keeps_small_values_from_the_weekend(self, world, frozen_clock):
        decide(world, SendWindow, working_days_only=True)
        frozen_clock.advance(days=4)  # a Saturday
        row = released(world, wish_date=clock.today())

        assert f"{row.not_before.astimezone(clock.SHANGHAI):%m-%d %H:%M}" == "11-30 00:00"


def decide_routes(**values):
    kind = kind_named(f"strategy.{RouteRules.key}")
    proposal = Proposal(
        values={"bank": "104"} | values, valid_from=clock.today(), source_note="测试"
    )
    with transaction.atomic():
        return dated_version(kind, proposal, earliest=clock.today()).write()


class TestTheRouteAtSending:
    def test_another_one_than_was_released_is_held_until_it_is_back(self, world):
        row = released(world, amount=Decimal("400000.00"))
        assert row.route_requested == "BEPS"
        decide_routes(beps_cap="50000.00", offers_ibps=False)

        assert nothing_goes(world)
        row.refresh_from_db()
        assert (row.state, row.hold_reason[:5]) == ("held", "ROUTE")
        waiting.lift_cleared()
        assert nothing_goes(world)

        decide_routes(beps_cap="1000000.00")
        waiting.lift_cleared()
        assert [one.instr_no for one in claim(world).instructions] == [row.instr_no]

    def test_a_cut_off_passed_while_it_waited_is_looked_at_again(self, world, frozen_clock):
        row = released(world, amount=Decimal("2000000.00"))
        assert (row.route_requested, row.not_before <= clock.now()) == ("HVPS", True)
        frozen_clock.advance(hours=8)  # past 17:00

        assert nothing_goes(world)
        row.refresh_from_db()
        assert f"{row.not_before.astimezone(clock.SHANGHAI):%m-%d %H:%M}" == "11-25 08:30"
        frozen_clock.advance(hours=15)
        assert claim(world).instructions


class TestMet:
    def test_release_and_sending_keep_the_versions_they_met(self, world):
        window = decide(world, SendWindow, opens="00:00", closes="20:00")
        row = released(world)
        size = decide(world, BatchSize, items_max=50)
        claim(world)
        live = StrategyRow.objects.get(topic=GoLive.key)
        routes = StrategyRow.objects.filter(topic="payments.routes").latest("valid_from", "number")

        batch = Batch.objects.get()
        assert row.met["payments.send_window"] == window.pk
        assert row.met["payments.go_live"] == batch.met["payments.go_live"] == live.pk
        assert row.met["payments.duplicates"] == 0
        assert batch.met["payments.batch_size"] == size.pk
        assert len(batch.met["payments.routes"]) == 1
        assert routes.topic == "payments.routes"

    def test_the_page_names_each_version_at_its_moment_and_the_row_of_the_matrix(
        self, world, client
    ):
        window = decide(world, SendWindow, opens="00:00", closes="20:00")
        with transaction.atomic():
            limit = lay_down_limit({"amount": "9000000", "period": "day"}, source_note="董事会决议")
        row = released(world)
        later = decide(world, SendWindow, opens="00:00", closes="21:00")
        claim(world)
        client.force_login(world["releaser"])

        page = client.get(f"/payments/orders/{row.order.order_no}/").content.decode()

        _, card = page.split("适用的规则与版本", 1)
        told = [" ".join(strip_tags(row.replace("<", " <")).split()) for row in card.split("</tr>")]
        assert (window.line, window.number, later.number) == (later.line, 1, 2)
        assert any(
            f"发送时段 第 {window.line} 项第 1 版" in one and f"第 {window.line} 项第 2 版" in one
            for one in told
        )
        assert any("审批矩阵 第 1 项第 1 版" in one for one in told)
        assert any(f"限额 第 {limit.line} 项第 1 版" in one and "董事会决议" in one for one in told)
        assert any("重复付款规则 默认值" in one for one in told)
        assert any("批次笔数 — 默认值" in one for one in told)
        assert f"/masterdata/strategy/payments.send_window/{window.line}/" in card
