"""Any order of claims, answers, crashes, inquiries and statement entries: no second sending, no rank regress."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel import clock
from masterdata.models import OwnAccount
from payments.models import DebitTie, PaymentInstruction
from payments.services import evidence, instructions, orders
from payments.states import RANK, InstructionState
from statements import services as statements
from tests.build_payments import World, a_world, asked, fresh, released, say
from tests.statements.rows import a_line

FATES = [
    "accepted",
    "processing",
    "manual_handling",
    "succeeded",
    "failed",
    "returned",
    "unknown",
    "?",
]


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
                       "WHERE schemaname = 'public' AND tablename <> 'django_migrations'")  # fmt: skip
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} CASCADE")


class PaymentMachine(RuleBasedStateMachine):
    """One payment; whatever happens to it, the promises hold after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = clock.fixed(datetime(2026, 11, 24, 9, 30, tzinfo=clock.SHANGHAI))
        self.clock.__enter__()
        _empty()
        self.world: World = a_world()
        self.row = released(self.world, amount=Decimal("500.00"))
        self.claims: list = []
        self.highest = RANK[InstructionState.QUEUED]
        self.may_have_left = 0
        self.serial = 0

    def teardown(self) -> None:
        self.clock.__exit__()

    def state(self) -> str:
        self.row.refresh_from_db()
        return self.row.state

    @rule()
    def claim(self) -> None:
        before = self.state()
        batches = instructions.claim_batches(
            connection_id=self.world.connection.pk, limit=2, lease_s=60
        )
        assert not batches or before == "queued"
        self.claims += batches

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        fate=st.sampled_from(FATES),
        amount=st.sampled_from([None, "500.00", "5.00"]),
    )
    def bank_answers(self, data: st.DataObject, fate: str, amount: str | None) -> None:
        batch = data.draw(st.sampled_from(self.claims))
        echo = None if amount is None else Decimal(amount)
        if instructions.record_outcomes(claim=batch, outcomes=[say(self.row, fate, amount=echo)]):
            self.may_have_left += 1

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def no_byte_left(self, data: st.DataObject) -> None:
        if instructions.hand_back(claim=data.draw(st.sampled_from(self.claims)), why="refused"):
            self.highest = RANK[InstructionState.QUEUED]

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def worker_loses_the_line(self, data: st.DataObject) -> None:
        self.may_have_left += instructions.lose(
            claim=data.draw(st.sampled_from(self.claims)), why="timeout"
        )

    @rule(minutes=st.integers(1, 90))
    def time_passes_and_the_reaper_comes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.may_have_left += instructions.reap(now=clock.now())

    @rule(fate=st.sampled_from(FATES), missing=st.booleans())
    def inquiry(self, fate: str, missing: bool) -> None:
        instructions.due_inquiries(connection_id=self.world.connection.pk, limit=5)
        instructions.record_inquiry(
            connection_id=self.world.connection.pk,
            outcomes=[say(self.row, fate, not_found=missing)],
            asked=[asked(self.row)],
        )

    @rule(
        direction=st.sampled_from(["debit", "credit"]), amount=st.sampled_from(["500.00", "501.00"])
    )
    def statement_entry(self, direction: str, amount: str) -> None:
        self.serial += 1
        line = a_line(f"S{self.serial}", amount, direction=direction, reference=self.row.bank_ref)
        recorded = statements.record_entries(
            account_id=self.world.account.pk, lines=[line], exchange_id=None
        )
        evidence.tie_entries(account_id=self.world.account.pk, entry_ids=recorded.new_ids)

    @rule()
    def releaser_cancels(self) -> None:
        order = fresh(self.row.order)
        if self.state() == "queued":
            orders.cancel_order(
                order_id=order.pk, version=order.version, actor=self.world["releaser"], why="x"
            )

    @invariant()
    def holds_its_promises(self) -> None:
        state = InstructionState(self.state())
        if state != InstructionState.DISPUTED:
            assert RANK[state] >= self.highest
            self.highest = RANK[state]
        assert self.may_have_left <= 1, "left the house twice"
        if self.may_have_left:
            assert state not in ("queued", "held", "cancelled")
        assert fresh(self.row.order).shown_state == state
        assert (self.row.next_inquiry_at is not None) == (
            state in ("accepted", "manual_handling", "unknown")
        )
        assert PaymentInstruction.objects.count() == 1
        assert DebitTie.objects.filter(role="debit").count() <= 1
        if state == "disputed":
            assert OwnAccount.objects.get(pk=self.world.account.pk).is_frozen


@pytest.mark.django_db(transaction=True)
def test_the_payment_keeps_its_promises_in_any_order() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        PaymentMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
