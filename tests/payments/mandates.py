"""Standing mandates and sweeps of tests, laid down and signed by the real services."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import connection, transaction

from approvals.models import (
    StandingAuthority,
    StandingSignature,
)
from approvals.services import Signing
from approvals.standing import services as standing
from masterdata.models import OwnAccount, StagedChange, User
from masterdata.services import dated
from masterdata.services.dated import Proposal
from payments.content import OrderRequest
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import drafting, instructions
from tests.build import step_up, tell_balance
from tests.build_payments import World
from tests.signing import signer_of


def a_target(world: World) -> OwnAccount:
    """The account sweeps go up to; the world's own has money."""
    own = OwnAccount.objects.create(
        company=world.company, bank=world.account.bank, cnaps="104100000004", branch_name="中国银行",
        number="320766250001", name="样例集团有限公司", gl_subject="100201",
    )  # fmt: skip
    tell_balance(world.account, "900000.00")
    return own


def a_mandate(world: World, target: OwnAccount, **said: Any) -> StandingAuthority:
    """From the world's account up to the target: 50,000 an item, 80,000 a day, 100,000 a month."""
    days: dict[str, Any] = {"valid_from": date(2026, 1, 1)}
    days |= {name: said.pop(name) for name in {*said} & {"valid_from", "valid_to", "line", "is_withdrawn"}}  # fmt: skip
    values = {
        "payer": world.account.pk, "target": target.pk, "currency": "CNY",
        "item": "50000.00", "day": "80000.00", "month": "100000.00",
    } | said  # fmt: skip
    with transaction.atomic():
        proposal = Proposal(values=values, source_note="资金管理办法", **days)
        made = dated.lay_down(kind_name="approvals.standing", proposal=proposal)
    assert isinstance(made, StandingAuthority)
    return made


def sign(world: World, mandate: StandingAuthority, who: str = "releaser") -> StandingSignature:
    actor = world[who]
    signing = Signing(signer=signer_of(actor), shown=b"{}", stepup=step_up(actor))
    return standing.sign(authority_id=mandate.pk, actor=actor, signing=signing)


def decided_by(mandate: StandingAuthority, proposer: User, decider: User) -> None:
    """As if these two had laid it down."""
    change = StagedChange.objects.create(kind="x", title="x", made_by=proposer, decided_by=decider)
    with pgtrigger.ignore("approvals.StandingAuthority:append_only"):
        StandingAuthority.objects.filter(pk=mandate.pk).update(change_id=change.pk)


def signed(world: World, target: OwnAccount, **said: Any) -> StandingAuthority:
    mandate = a_mandate(world, target, **said)
    sign(world, mandate)
    return mandate


@transaction.atomic
def a_sweep(
    world: World, target: OwnAccount, amount: str = "22000.00", **said: Any
) -> PaymentOrder:
    """What a collection schedule drafts."""
    number = PaymentOrder.objects.count()
    values: dict[str, Any] = {
        "company_code": world.company.code, "payer_number": world.account.number, "payee_number": target.number,
        "payee_name": target.name, "amount": Decimal(amount), "currency": "CNY", "wish_date": date(2026, 11, 24),
        "purpose": "资金上划", "kind": "internal", "source_system": "collection", "erp_doc_type": "归集",
        "erp_doc_no": f"GJ1-{number}",
    }  # fmt: skip
    from masterdata.selectors import scope_of

    maker = world["maker"]
    return drafting.draft_order(
        request=OrderRequest(**(values | said)), maker=maker, scope=scope_of(maker)
    )


def behind(sql: str, *values: Any) -> None:
    """Somebody at the database, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def held(world: World) -> str:
    """Why the worker keeps the only instruction."""
    assert not instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    row = PaymentInstruction.objects.get()
    assert row.state == "held"
    return row.hold_reason
