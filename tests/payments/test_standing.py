"""Standing mandates: what goes out under one without people, and what waits for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from approvals.models import StandingRelease
from approvals.services import Signing
from approvals.standing import services as standing
from audit.models import Entry
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.models import Delegation, Membership, OwnAccount, StagedChange, User
from masterdata.roles import Role
from payments.models import PaymentInstruction
from payments.services import ending
from payments.services.standing import release_by_standing
from tests.build import a_company, a_user, step_up, tell_balance
from tests.build_payments import claim, fresh
from tests.payments.mandates import (
    a_mandate,
    a_sweep,
    behind,
    decided_by,
    held,
    sign,
    signed,
)
from tests.signing import signer_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestRelease:
    def test_goes_out_with_nobody_and_names_the_mandate_and_its_people(self, world, target):
        mandate, order = signed(world, target), a_sweep(world, target)

        assert release_by_standing(order_id=order.pk) == ""

        assert fresh(order).shown_state == "queued"
        assert fresh(order).releaser == world["releaser"]
        after = Entry.objects.get(event="payments.order.released_by_standing").after
        assert (after["mandate"], after["terms"]) == (str(mandate), mandate.digest)
        assert after["approvers"] == [world["releaser"].person_key]
        (item,) = claim(world).instructions
        assert (item.payee_account, item.amount) == (target.number, Decimal("22000.00"))

    def test_without_a_signature_it_waits_for_people_as_it_was(self, world, target):
        a_mandate(world, target)
        order = a_sweep(world, target)

        why = release_by_standing(order_id=order.pk)

        assert "尚无授权人签署" in why
        assert (fresh(order).state, fresh(order).approval_id) == ("draft", None)
        assert not StandingRelease.objects.exists()

    @pytest.mark.parametrize(
        ("amounts", "last"),
        [(["50000.01"], "每笔"), (["45000.00", "40000.00"], "每日")],
    )
    def test_beyond_a_limit_it_waits(self, world, target, amounts, last):
        signed(world, target)
        whys = [release_by_standing(order_id=a_sweep(world, target, one).pk) for one in amounts]

        assert whys[:-1] == [""] * (len(whys) - 1)
        assert last in whys[-1]

    def test_the_month_counts_all_its_days_and_what_failed_does_not(
        self, world, target, frozen_clock
    ):
        signed(world, target)
        first = a_sweep(world, target, "50000.00")
        release_by_standing(order_id=first.pk)
        frozen_clock.advance(days=1)
        tell_balance(world.account, "900000.00")
        assert release_by_standing(order_id=a_sweep(world, target, "49999.00").pk) == ""
        third = a_sweep(world, target, "100.00")
        assert "每月" in release_by_standing(order_id=third.pk)

        by_hand = "UPDATE payments_paymentinstruction SET state = 'failed' WHERE order_id = %s"
        behind(by_hand, first.pk)
        assert "每月" in release_by_standing(order_id=third.pk)
        behind(by_hand.replace("failed", "queued"), first.pk)

        ending.cancel_order(
            order_id=first.pk,
            version=fresh(first).version,
            actor=world["releaser2"],
            why="不再需要",
        )

        assert release_by_standing(order_id=third.pk) == ""

    def test_the_last_of_a_limit_goes_to_one_of_two_at_once(self, world, target):
        signed(world, target)
        pair = [a_sweep(world, target, "50000.00").pk for _ in range(2)]
        together = Barrier(2)

        def release(order_id: int) -> str:
            together.wait(timeout=60)
            try:
                return release_by_standing(order_id=order_id)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            whys = sorted(pool.map(release, pair))

        assert whys[0] == ""
        assert "每日上限" in whys[1]
        assert PaymentInstruction.objects.count() == StandingRelease.objects.count() == 1

    @pytest.mark.parametrize(
        ("days", "later"),
        [({"valid_from": date(2026, 11, 25)}, 0), ({"valid_to": date(2026, 11, 24)}, 1)],
        ids=["not yet", "over"],
    )
    def test_outside_its_days_it_waits(self, world, target, frozen_clock, days, later):
        signed(world, target, **days)
        frozen_clock.advance(days=later)
        tell_balance(world.account, "900000.00")

        assert "没有有效的常设授权" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_withdrawn_and_made_anew_it_starts_with_nothing_left_over(self, world, target):
        first = signed(world, target)
        assert release_by_standing(order_id=a_sweep(world, target, "50000.00").pk) == ""
        a_mandate(world, target, line=first.line, is_withdrawn=True, valid_from=date(2026, 11, 24))
        signed(world, target, valid_from=date(2026, 11, 24))

        assert "每日" in release_by_standing(order_id=a_sweep(world, target, "40000.00").pk)
        assert release_by_standing(order_id=a_sweep(world, target, "30000.00").pk) == ""

    @pytest.mark.parametrize("loses", ["the duty", "the account"])
    def test_it_ends_with_its_signers_duty(self, world, target, loses):
        signed(world, target)
        if loses == "the duty":
            Membership.objects.filter(user=world["releaser"]).delete()
        else:
            User.objects.filter(pk=world["releaser"].pk).update(is_active=False)

        assert "已不担任授权" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_what_was_altered_by_hand_lets_it_wait_and_stops_nobody_else(self, world, target):
        signed(world, target)
        order = a_sweep(world, target)
        behind("UPDATE approvals_policy SET amount_below = 99999")

        assert "changed outside the platform" in release_by_standing(order_id=order.pk)
        assert (fresh(order).state, fresh(order).approval_id) == ("draft", None)

    def test_only_what_a_schedule_drafted_to_that_very_account(self, world, target):
        signed(world, target)
        other = OwnAccount.objects.create(
            company=world.company, bank=world.account.bank, cnaps="104100000004", branch_name="x",
            number="320766250009", name="样例集团有限公司", gl_subject="100201",
        )  # fmt: skip

        assert release_by_standing(order_id=a_sweep(world, other).pk)
        assert release_by_standing(order_id=a_sweep(world, target, source_system="u8").pk)
        assert not PaymentInstruction.objects.exists()

    def test_twice_asked_it_is_released_once(self, world, target):
        signed(world, target)
        order = a_sweep(world, target)

        assert release_by_standing(order_id=order.pk) == ""
        assert release_by_standing(order_id=order.pk)
        assert PaymentInstruction.objects.count() == 1

    def test_a_mandate_its_maker_proposed_is_none(self, world, target):
        mandate = a_mandate(world, target)
        decided_by(mandate, world["maker"], world["admin"])
        sign(world, mandate)

        assert "制单人提出" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_a_mandate_its_maker_signed_is_none(self, world, target):
        mandate = a_mandate(world, target)
        Membership.objects.create(user=world["maker"], company=world.company, role="releaser")
        sign(world, mandate, "maker")

        assert "制单人" in release_by_standing(order_id=a_sweep(world, target).pk)


class TestStop:
    def test_ends_at_once_and_what_is_queued_stays_behind(self, world, target):
        mandate, order = signed(world, target), a_sweep(world, target)
        release_by_standing(order_id=order.pk)

        standing.stop(authority_id=mandate.pk, actor=world["releaser2"], why="账户异常")

        assert "it was stopped" in held(world)
        assert "已停用" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_wants_a_reason_and_the_right(self, world, target):
        mandate = signed(world, target)

        with pytest.raises(InvalidInput):
            standing.stop(authority_id=mandate.pk, actor=world["releaser"], why="")
        with pytest.raises(NotAllowed):
            standing.stop(authority_id=mandate.pk, actor=world["checker"], why="不需要")
        with pytest.raises(NotFound):
            standing.stop(
                authority_id=mandate.pk,
                actor=a_user(Role.RELEASER, company=a_company()),
                why="不相干",
            )


class TestSign:
    def test_is_signed_once_by_a_releaser_with_the_own_key(self, world, target):
        mandate = a_mandate(world, target)
        with pytest.raises(NotAllowed):
            sign(world, mandate, "checker")
        other = Signing(
            signer=signer_of(world["releaser2"]), shown=b"{}", stepup=step_up(world["releaser"])
        )
        with pytest.raises(NotAllowed):
            standing.sign(authority_id=mandate.pk, actor=world["releaser"], signing=other)
        sign(world, mandate)

        with pytest.raises(Conflict):
            sign(world, mandate, "releaser2")

    def test_an_administrator_behind_the_version_does_not_sign_it(self, world, target, monkeypatch):
        mandate = a_mandate(world, target)
        decided_by(mandate, world["releaser"], world["admin"])

        with pytest.raises(NotAllowed):
            sign(world, mandate)

    def test_whom_the_right_is_lent_to_does_not_sign_for_good(self, world, target):
        mandate, day = a_mandate(world, target), date(2026, 11, 24)
        stand_in = a_user(Role.APPROVER, company=world.company)
        Delegation.objects.create(
            giver=world["releaser"], receiver=stand_in, role="releaser", company=world.company,
            valid_from=day, valid_to=day,
            change=StagedChange.objects.create(kind="x", title="x", made_by=world["releaser"]),
        )  # fmt: skip
        signing = Signing(signer=signer_of(stand_in), shown=b"{}", stepup=step_up(stand_in))

        with pytest.raises(NotAllowed) as refused:
            standing.sign(authority_id=mandate.pk, actor=stand_in, signing=signing)

        assert refused.value.code == "right_lent"
