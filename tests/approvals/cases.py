"""A case to decide on, and who decides it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import services
from approvals.models import Case
from kernel.money import Money
from masterdata.models import Membership, User
from tests.build import step_up
from tests.signing import signer_of


def a_case(maker: User, *, amount: str = "100.00", company_id: int = 0, **facts: Any) -> Case:
    """An open case of a payment made by `maker`, in the company they work for unless another is named."""
    owner = Membership.objects.filter(user=maker).values_list("company_id", flat=True).first()
    new = services.NewCase(
        kind="payment",
        subject_id="7",
        company_id=company_id or owner or 1,
        digest="d" * 64,
        money=Money(Decimal(amount)),
        maker_id=maker.pk,
        maker_person=maker.person_key,
        **facts,
    )
    with transaction.atomic():
        return services.open_case(new)


def decide(case: Case, act: str, actor: User, digest: str = "d" * 64) -> Case:
    """One signed act of one person."""
    signing = services.Signing(signer=signer_of(actor), stepup=step_up(actor))
    with transaction.atomic():
        return services.decide(
            case_id=case.pk, act=services.Act(act), actor=actor, digest=digest, signing=signing
        )
