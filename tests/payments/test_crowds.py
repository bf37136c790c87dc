"""Many at once: one order released from as many connections as there are, one queue claimed by several workers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from kernel import clock
from kernel.errors import DomainError
from masterdata.models import BankProfile
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import instructions, orders
from tests.build_payments import (
    a_draft,
    item,
    ready,
    release_many,
)
from tests.signing import hand_of


class TestOneOrderReleasedAThousandTimes:
    def test_gives_exactly_one_instruction(self, world):
        order = ready(world)
        pk, version, digest = item(order)
        clients = _connections_free()
        barrier = threading.Barrier(clients)
        outcomes: list[str] = []
        hands = [(world[name], hand_of(world[name])) for name in ("releaser", "releaser2")]

        def fire(number: int) -> None:
            actor, hand = hands[number % 2]
            try:
                connection.ensure_connection()
                barrier.wait(timeout=60)
                for _ in range(number, 1000, clients):
                    try:
                        with clock.fixed(clock.now()):
                            orders.release_order(
                                order_id=pk,
                                version=version,
                                actor=actor,
                                digest=digest,
                                hand=hand,
                            )
                        outcomes.append("released")
                    except DomainError as error:
                        outcomes.append(error.code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(fire, range(clients)))

        assert clients >= 90
        assert len(outcomes) == 1000
        assert outcomes.count("released") == 1
        assert set(outcomes) <= {"released", "stale_version", "illegal_move"}
        assert PaymentInstruction.objects.filter(order_id=pk).count() == 1
        assert PaymentOrder.objects.get(pk=pk).shown_state == "queued"


def _connections_free() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity)"
        )
        (free,) = cursor.fetchone()
    return int(min(150, free - 8))


def test_concurrent_claims_never_share_an_item(world):
    BankProfile.objects.update(items_max=5)
    drafts = [a_draft(world) for _ in range(40)]
    for name, who in (("submit", "maker"), ("check", "checker")):
        result = getattr(orders, f"{name}_orders")(
            items=[item(one) for one in drafts],
            actor=world[who],
            **({} if name == "submit" else {"hand": hand_of(world[who])}),
        )
        assert not result.refused
    assert not release_many(world, drafts).refused
    claimed: list[int] = []

    def work(_: int) -> None:
        try:
            while batches := instructions.claim_batches(
                connection_id=world.connection.pk, limit=1, lease_s=60
            ):
                claimed.extend(
                    one.instruction_id for batch in batches for one in batch.instructions
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    work(0)

    assert len(claimed) == len(set(claimed)) == 40
