"""A sweep of a collection schedule from its moment to the bank's books: under a standing mandate with nobody, else by people."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from approvals.services import Signing
from approvals.standing import services as standing
from bankbridge.services import collecting, dispatch
from desk.models import Notification
from kernel import clock
from masterdata.models import OwnAccount
from masterdata.services import dated
from masterdata.services.dated import Proposal
from payments.models import PaymentInstruction, PaymentOrder
from receipts.models import CollectionRun
from receipts.services import collecting as runs
from receipts.services import schedules
from tests.bankbridge.world import World
from tests.build import step_up
from tests.receipts.build import a_customer, an_office
from tests.signing import signer_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target(world: World) -> OwnAccount:
    return OwnAccount.objects.create(
        company=world.company, bank=world.account.bank, cnaps="104100000004", branch_name="中国银行",
        number="440098765432", name="示例贸易有限公司", gl_subject="100202",
    )  # fmt: skip


def a_schedule(world: World, target: OwnAccount) -> None:
    """At 09:40: 10,000.00 stay, at most 50,000.00 go up."""
    house = SimpleNamespace(
        company=world.company, account=world.account, customer=a_customer(), clerk=world.people["auditor"]
    )  # fmt: skip
    said = {
        "office_id": an_office(house).pk, "title": "上划", "times": ["09:40"], "days": "every",
        "valid_from": "2026-01-01", "valid_to": None, "is_active": True, "schedule_id": None, "rule": "pull",
        "target_id": target.pk, "maker_id": world.people["maker"].pk, "keep": "10000.00",
        "at_least": "1000.00", "most": "50000.00", "most_a_day": "80000.00",
    }  # fmt: skip
    with transaction.atomic():
        schedules.write(said)


def a_mandate(world: World, target: OwnAccount, *, item: str) -> None:
    """Laid down, and signed by the releaser."""
    values: dict[str, Any] = {
        "payer": world.account.pk, "target": target.pk, "currency": "CNY",
        "item": item, "day": "80000.00", "month": "100000.00",
    }  # fmt: skip
    proposal = Proposal(values=values, valid_from=date(2026, 1, 1), source_note="资金管理办法")
    with transaction.atomic():
        made = dated.lay_down(kind_name="approvals.standing", proposal=proposal)
    assert made is not None
    releaser = world.people["releaser"]
    signing = Signing(signer=signer_of(releaser), shown=b"{}", stepup=step_up(releaser))
    standing.sign(authority_id=made.pk, actor=releaser, signing=signing)


def its_moment(world: World) -> None:
    """09:41 comes, and the workers tick."""
    clock.set_offset(world.clock_file, datetime(2026, 11, 24, 9, 41, tzinfo=clock.SHANGHAI))
    runs.plan_runs()
    assert collecting.collect() == 1
    dispatch.tick()


def test_within_its_mandate_it_is_paid_with_nobody_and_nobody_is_asked(world, bank, target):
    served = bank("--no-delays", balance="60000.00")
    world.reach(served.url)
    a_schedule(world, target)
    a_mandate(world, target, item="50000.00")

    its_moment(world)

    item, order = PaymentInstruction.objects.get(), PaymentOrder.objects.get()
    assert served.debits() == {item.bank_ref: "50000.00"}
    assert (order.shown_state, order.payee_number) == ("accepted", target.number)
    assert CollectionRun.objects.get().note == "已由常设授权自动授权"
    assert not Notification.objects.filter(user=world.people["maker"]).exists()
    assert collecting.collect() == 0
    assert len(served.debits()) == 1


def test_outside_its_mandate_nothing_leaves_and_its_maker_is_told_why(world, bank, target):
    served = bank("--no-delays", balance="60000.00")
    world.reach(served.url)
    a_schedule(world, target)
    a_mandate(world, target, item="49999.99")

    its_moment(world)

    assert served.debits() == {}
    assert PaymentOrder.objects.get().state == "draft"
    assert not PaymentInstruction.objects.exists()
    told = Notification.objects.get(user=world.people["maker"])
    assert "每笔上限 49,999.99" in told.body
    assert told.body.endswith(CollectionRun.objects.get().note)
