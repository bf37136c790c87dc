"""Many orders at once: each row stands for itself."""

from __future__ import annotations

from decimal import Decimal

from payments import selectors
from payments.services import orders
from tests.build import tell_balance
from tests.build_payments import a_draft, fresh, item, ready, release_many, scope_in
from tests.signing import by


class TestBulk:
    def test_refuses_by_row_and_does_the_rest(self, world):
        drafts = [a_draft(world) for _ in range(5)]
        orders.submit_orders(items=[item(one) for one in drafts], actor=world["maker"])
        stale = (drafts[2].pk, 99, fresh(drafts[2]).content_hash)

        result = orders.check_orders(
            items=[stale if one is drafts[2] else item(one) for one in drafts],
            **by(world["checker"]),
        )
        done = release_many(world, [one for one in drafts if one is not drafts[2]])

        assert [pk for pk, _ in result.refused] == [drafts[2].pk]
        assert len(done.done) == 4
        assert selectors.counts_by_state(scope_in(world)) == {"queued": 4, "pending_check": 1}

    def test_funds_are_counted_along_the_list(self, world):
        tell_balance(world.account, "1000")
        rows = [ready(world, amount=Decimal(f"40{n}")) for n in range(3)]

        result = release_many(world, rows)

        assert len(result.done) == 2
        assert "余额不足" in result.refused[0][1]
