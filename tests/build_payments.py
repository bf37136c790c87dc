"""Payments in any state, walked there through the real services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from kernel import clock
from masterdata import selectors as masterdata
from masterdata.models import (
    Bank,
    BankProfile,
    Company,
    Connection,
    CounterpartyAccount,
    Membership,
    OutboundGate,
    OwnAccount,
    User,
)
from masterdata.services import payees
from masterdata.services.payees import PayeeProposal
from payments.content import OrderRequest
from payments.models import PaymentInstruction, PaymentOrder
from payments.outcomes import ClaimedBatch, DueInquiry, ReportedOutcome
from payments.services import drafting, instructions, orders
from tests.build import long_ago, matrix_row, taken_live, tell_balance
from tests.signing import hand_of

_serial = count(1)
ROLES = ("maker", "checker", "approver", "releaser", "treasurer")


@dataclass
class World:
    """One company with an account at a bank, its people (two of each role), a confirmed payee."""

    company: Company
    account: OwnAccount
    connection: Connection
    people: dict[str, User]
    payee_number: str = "6222000010"
    payee_code: str = "V00001"
    codes: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def payee(self) -> CounterpartyAccount:
        """The confirmed payee account."""
        return CounterpartyAccount.objects.get(number=self.payee_number)


def a_person(username: str, *, person: str, role: str, company: Company) -> User:
    user = User.objects.create(username=username, display_name=username, person_key=person)
    Membership.objects.create(user=user, company=company, role=role)
    return user


def a_payee(
    world: World,
    *,
    code: str,
    number: str,
    confirmed: bool = True,
    is_young: bool = False,
    name: str = "江阴恒源化工有限公司",
) -> Any:
    """A payee account, in use for long unless it `is_young`: then confirmed just now."""
    proposal = PayeeProposal(code, name, number, "中国工商银行", "102100099996")
    with transaction.atomic():
        (account,) = payees.stage_payees(proposals=[proposal], actor=world["maker"]).values()
        if confirmed:
            since = None if is_young else long_ago()
            payees.decide(account, confirm=True, actor=world["admin"], why="", in_use_since=since)
    return account


def a_world() -> World:
    OutboundGate.objects.update_or_create(pk=1, defaults={"is_open": True, "epoch": 1})
    BankProfile.objects.update_or_create(
        slug="boc", defaults={"name": "中国银行", "items_max": 100, "inquiry_items_max": 50}
    )
    masterdata.forget_calendar()
    bank, _ = Bank.objects.get_or_create(prefix="104", defaults={"name": "中国银行"})
    company = Company.objects.create(code="1000", name="样例集团", short_name="集团", path="/")
    company.path = f"/{company.pk}/"
    company.save()
    connection = Connection.objects.create(name="中行", bank_slug="boc")
    account = OwnAccount.objects.create(
        company=company, bank=bank, cnaps="104100000004", branch_name="中国银行", number="320766254501",
        name="样例集团有限公司", gl_subject="100201", connection=connection, is_direct_link=True,
    )  # fmt: skip
    taken_live(account)
    people = {
        f"{role}{suffix}": a_person(
            f"{role}{suffix}", person=f"p-{role}{suffix}", role=role, company=company
        )
        for role in ROLES
        for suffix in ("", "2")
    }
    people["admin"] = a_person("admin", person="p-admin", role="admin", company=company)
    for low, high, needed in (("0", "50000", 0), ("50000", "5000000", 1), ("5000000", None, 2)):
        matrix_row(needed, low=low, high=high)
    world = World(company, account, connection, people)
    a_payee(world, code=world.payee_code, number=world.payee_number)
    tell_balance(account)
    return world


def _amount(number: int) -> Decimal:
    """One of its own, under 1,000 however many payments were made before."""
    return Decimal(100 + number % 800) + Decimal(number // 800 % 100) / 100


def a_request(world: World, **changes: Any) -> OrderRequest:
    number = next(_serial)
    values: dict[str, Any] = {
        "company_code": "1000",
        "payer_number": world.account.number,
        "payee_code": world.payee_code,
        "payee_number": world.payee_number,
        "payee_name": "江阴恒源化工有限公司",
        "amount": _amount(number),
        "wish_date": clock.today(),
        "purpose": "货款",
        "source_system": "test",
        "erp_doc_no": f"FK{number:06d}",
        "invoice_no": f"INV{number:06d}",
    }
    return OrderRequest(**(values | changes))


def a_draft(world: World, **changes: Any) -> PaymentOrder:
    return orders.create_order(request=a_request(world, **changes), maker=world["maker"])


def fresh(order: PaymentOrder) -> PaymentOrder:
    return PaymentOrder.objects.get(pk=order.pk)


def item(order: PaymentOrder) -> tuple[int, int, str]:
    order = fresh(order)
    return order.pk, order.version, order.content_hash


def submitted(world: World, **changes: Any) -> PaymentOrder:
    order = a_draft(world, **changes)
    return orders.submit_order(order_id=order.pk, version=order.version, actor=world["maker"])


def act(name: str, order: PaymentOrder, actor: User) -> Any:
    pk, version, digest = item(order)
    return getattr(orders, f"{name}_order")(
        order_id=pk, version=version, actor=actor, digest=digest, hand=hand_of(actor)
    )


def ready(world: World, **changes: Any) -> PaymentOrder:
    """An order in PENDING_RELEASE."""
    order = act("check", submitted(world, **changes), world["checker"])
    for name in ("approver", "approver2")[: order.approvals_needed]:
        order = act("approve", order, world[name])
    return order


def released(world: World, **changes: Any) -> PaymentInstruction:
    return act("release", ready(world, **changes), world["releaser"])


def release_many(world: World, rows: Sequence[PaymentOrder]) -> Any:
    """Release these orders in one act."""
    releaser = world["releaser"]
    return orders.release_orders(
        items=[item(one) for one in rows], actor=releaser, hand=hand_of(releaser)
    )


def claim(world: World, lease_s: int = 60) -> ClaimedBatch:
    (batch,) = instructions.claim_batches(
        connection_id=world.connection.pk, limit=1, lease_s=lease_s
    )
    return batch


def say(row: PaymentInstruction, fate: str, **more: Any) -> ReportedOutcome:
    return ReportedOutcome(bank_ref=row.bank_ref, fate=fate, **more)


def sent(world: World, fate: str, **changes: Any) -> PaymentInstruction:
    """An instruction the bank answered with `fate` ("" = not mentioned)."""
    row = released(world, **changes)
    batch = claim(world)
    instructions.record_outcomes(claim=batch, outcomes=[say(row, fate)] if fate else [])
    row.refresh_from_db()
    return row


def asked(row: PaymentInstruction) -> DueInquiry:
    return DueInquiry(
        instruction_id=row.pk,
        bank_ref=row.bank_ref,
        bank_serial="",
        day=clock.today(),
        state=row.state,
        operation=row.operation,
        batch_no="",
        payer_account="",
        amount=row.amount,
        currency=row.currency,
    )


def answer(row: PaymentInstruction, fate: str, **more: Any) -> PaymentInstruction:
    instructions.record_inquiry(
        connection_id=row.connection_id, outcomes=[say(row, fate, **more)], asked=[asked(row)]
    )
    row.refresh_from_db()
    return row


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def a_list(world: World, number: int) -> Sequence[PaymentOrder]:
    """So many drafts, written at once."""
    requests = [a_request(world) for _ in range(number)]
    with transaction.atomic():
        return drafting.draft_orders(
            requests=requests, maker=world["maker"], scope=masterdata.scope_of(world["maker"])
        )


def scope_in(world: World) -> Any:
    from masterdata.selectors import scope_of

    return scope_of(world["maker"])
