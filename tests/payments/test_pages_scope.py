"""What a page shows of other companies, and to whoever lacks the right: nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from masterdata.models import Company, Membership, OutboundGate, OwnAccount
from payments.models import ImportSet, PaymentOrder
from tests import build
from tests.build_payments import World, act, fresh, submitted
from tests.payments.test_pages_orders import signed_in
from tests.signing import PASSPHRASE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mixed(world: World) -> ImportSet:
    """A list with an order of the one company and a faulty row of another."""
    made = ImportSet.objects.create(
        file_name="a.csv", sha256="0" * 64, content=b"", maker=world["maker"], state="confirmed",
        totals={"good": {}, "per_company": {"1000": [1, "1.00"], "9999": [1, "7.00"]}},
        rows=[{"row": 2, "text": {}, "faults": [{"column": "金额", "code": "x", "message": "他公司", "message_en": "x"}],
               "warnings": []}],
        new_payees=[{"code": "X", "number": "1"}],
    )  # fmt: skip
    order = submitted(world)
    PaymentOrder.objects.filter(pk=order.pk).update(import_set=made, import_row=3)
    return made


def test_who_sees_one_company_does_not_see_the_others_rows_of_a_list(world, mixed):
    viewer = signed_in(world["checker"])

    told = viewer.get(f"/payments/imports/{mixed.pk}/", headers={"accept": "application/json"})
    file = viewer.get(f"/payments/imports/{mixed.pk}/errors.xlsx")

    assert "他公司" not in told.content.decode()
    assert "totals" not in told.json()
    assert file.status_code == 404


def test_the_live_checks_tell_no_balance_to_whoever_makes_no_payments(world):
    other = Company.objects.create(code="8000", name="他公司", short_name="他", path="/x/")
    Membership.objects.filter(user=world["admin"]).update(company=other)

    assert signed_in(world["admin"]).post("/payments/new/check/", {}).status_code == 403
    assert signed_in(world["maker"]).post("/payments/new/check/", {}).status_code == 200


def test_look_alikes_are_not_approved_in_bulk_unseen(world):
    first = submitted(world, amount=Decimal("60000.00"))
    other = submitted(world, amount=Decimal("60000.00"), purpose="另一用途")
    other = act("check", other, world["checker"])
    PaymentOrder.objects.filter(pk=first.pk).update(
        company=Company.objects.create(code="8000", name="他公司", short_name="他", path="/x/")
    )
    client = signed_in(world["approver"])
    page = client.post(
        "/payments/bulk/approve/", {"ids": other.pk}, headers={"accept": "application/json"}
    ).json()
    form = {"confirm": "yes", "token": page["token"], "items": page["items"]}
    form["passphrase"] = PASSPHRASE.reveal()

    refused = client.post("/payments/bulk/approve/", form)
    state = fresh(other).state
    client.post("/payments/bulk/approve/", {**form, "seen_duplicates": "yes"})

    assert refused.status_code == 422
    assert state == "pending_approval"
    assert fresh(other).state == "pending_release"


def test_the_gate_names_accounts_of_ones_own_companies_alone(world):
    other = build.a_company(name="别家集团有限公司")
    theirs = build.an_account(company=other)
    OwnAccount.objects.filter(pk__in=[world.account.pk, theirs.pk]).update(is_direct_link=True)
    OutboundGate.objects.update(is_open=False)
    Membership.objects.create(user=world["maker"], role="treasurer", company=world.company)

    page = signed_in(world["maker"]).get("/payments/gate/")

    assert len(page.context["standing"].unfetched) == 2
    assert f"/accounts/{world.account.pk}/" in page.content.decode()
    assert f"/accounts/{theirs.pk}/" not in page.content.decode()
    assert "别家" not in page.content.decode()
