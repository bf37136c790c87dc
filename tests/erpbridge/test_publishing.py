"""What is told waits for a finance system that was stopped, and for one that shares its name with another's."""

from __future__ import annotations

import pytest
from django.db import transaction

from erpbridge.models import Outbox
from erpbridge.services import publish, telling
from kernel import clock
from ledger.services import posting
from masterdata.models import ApiClient
from tests.build import a_company, an_api_client
from tests.build_payments import World, a_world
from tests.erpbridge.holding import order_of
from tests.erpbridge.lanes import Lane, a_system
from tests.ledger.build import a_fact, a_template

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


class TestPublish:
    def test_what_happened_while_a_client_was_stopped_is_told_afterwards(self, own, frozen_clock):
        other = an_api_client(company=own.world.company).client
        ApiClient.objects.filter(pk=other.pk).update(source_system="k3")
        other.refresh_from_db()
        order_of(own)
        ApiClient.objects.filter(pk=own.client.pk).update(is_active=False)
        publish.publish()
        frozen_clock.advance(hours=1)
        again = Lane("file", own.world, None, other, None)  # type: ignore[arg-type]  # no side is wanted
        order_of(again, doc_no="FK2", purpose="他方")
        publish.publish()  # the newest message is another system's

        ApiClient.objects.filter(pk=own.client.pk).update(is_active=True)
        publish.publish()

        told = Outbox.objects.filter(system=own.client.source_system)
        assert [one.payload["doc_no"] for one in told] == ["FK1"]


class TestTell:
    def test_a_namesake_of_another_company_takes_no_message_away(self, own, frozen_clock):
        a_template()
        with transaction.atomic():
            posting.post([a_fact(own.world.account)])
        company = a_company("2000")
        namesake = an_api_client(company=company).client
        ApiClient.objects.filter(pk=namesake.pk).update(source_system=own.client.source_system)
        namesake.refresh_from_db()
        a_system(namesake, "api", kinds=["voucher"])
        Outbox.objects.create(
            message_id="V9-9-1", system=namesake.source_system, company_code=company.code, kind="voucher",
            subject_id=9, state_version=1, payload={"items": []}, made_at=clock.now(),
        )  # fmt: skip
        frozen_clock.advance(hours=1)
        Outbox.objects.filter(message_id="V9-9-1").update(made_at=clock.now())

        telling.tell()

        assert Outbox.objects.filter(company_code="1000", kind="voucher").count() == 1
