"""What may be sent, when, in what portions, and to whom for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kernel.clock import Calendar
from masterdata.models import OwnAccount
from masterdata.payee_selectors import Standing
from masterdata.strategies import Strategies
from payments.checks.payees import Payee, cooling
from payments.inforce import InForce
from payments.models import Batch
from payments.services import instructions
from payments.topics import BankProduct, BatchSize, GoLive, PayeeControl
from tests.acts import COMPANY, DAY, NOW, SUBJECT, Act, row_of, ruling
from tests.build_payments import World, a_world, released
from tests.payments.test_inforce import decide

Said = Mapping[str, Any]
ACCOUNT = OwnAccount(pk=30, company=COMPANY, gl_subject=SUBJECT, cnaps="104100000004")
GO_LIVE, PRODUCT = f"strategy.{GoLive.key}", f"strategy.{BankProduct.key}"
BATCH, PAYEES = f"strategy.{BatchSize.key}", f"strategy.{PayeeControl.key}"


def _held(said: Said, kind: str, beside: DatedRowOf) -> list[str]:
    rows = [row_of(kind, said), row_of(*beside, pk=2)]
    rules = InForce(DAY, strategies=Strategies(DAY, rows), calendar=Calendar())  # type: ignore[arg-type]  # rows of the strategy
    return [finding.rule for finding in rules.switches(ACCOUNT)]


DatedRowOf = tuple[str, Said]


def go_live(said: Said) -> list[str]:
    """What holds a payment whose bank product is decided."""
    return _held(said, GO_LIVE, (PRODUCT, {"operation": "pay_batch"}))


def product(said: Said) -> list[str]:
    """What holds a payment whose company and subject are live."""
    return _held(said, PRODUCT, (GO_LIVE, {"is_live": True}))


def messages(said: Said, world: World) -> list[int]:
    """How many payments each message to the bank carries, of three."""
    decide(world, BatchSize, **said)
    for _ in range(3):
        released(world)
    instructions.claim_batches(connection_id=world.connection.pk, limit=5, lease_s=60)
    return list(Batch.objects.order_by("pk").values_list("item_count", flat=True))


def barred(said: Said) -> list[str]:
    """What bars a first payment of 60,000.00 to an account confirmed ten hours ago."""
    name, number, cnaps = "张家港新识贸易有限公司", "6222000077", "102100099996"
    payee = Payee(7, 1, number, name, cnaps, False, Decimal("60000.00"), was_paid=False)
    now = Standing("active", 1, NOW - timedelta(hours=10), "", number, name, cnaps, False)
    return [one.rule for one in cooling(payee, now, ruling(PayeeControl, said), moment=NOW)]


ACTS = [
    Act(GO_LIVE, "is_live", (False, ["GO_LIVE"]), (True, []), go_live),
    Act(PRODUCT, "operation", ("", ["PRODUCT"]), ("pay", []), product),
    Act(BATCH, "items_max", (2, [2, 1]), (100, [3]), messages, world=a_world),
    Act(PAYEES, "cool_down_hours", (24, ["COOLING"]), (9, []), barred),
    Act(PAYEES, "first_payment_limit", ("50000.00", ["COOLING"]), ("60000.00", []), barred),
]
