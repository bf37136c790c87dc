"""接口日志查询: what finance systems delivered and were told, to those who may read it, of their companies only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from bankbridge.models import Exchange
from erpbridge.models import Inbox, Outbox
from kernel import clock
from kernel.vault import SEALED_EXTRA_BYTES
from masterdata.roles import Role
from tests.build import a_company, a_user, an_api_client
from tests.build_payments import World, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def rows(user, **given):
    """The lines of the log this person sees; None where they may not knock."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/interface-log/", given)
    if answer.status_code != 200:
        return None
    return answer.content.decode().split('id="list"')[1].split('<tr data-id="')[1:]


@pytest.fixture
def auditor(world: World):
    return a_user(Role.AUDITOR, company=world.company)


class TestInterfaceLog:
    def test_lists_deliveries_of_systems_of_ones_companies(self, world, auditor):
        mine = an_api_client(company=world.company).client
        other = an_api_client(company=a_company()).client
        for number, client in enumerate((mine, other)):
            Inbox.objects.create(
                system=client.name,
                key=f"K{number}",
                kind="payments",
                digest="",
                status=202,
                latency_ms=40,
            )

        (row,) = rows(auditor, peer="inbox")

        assert "K0" in row
        assert len(rows(auditor, peer="inbox", slow="39")) == 1
        assert rows(auditor, peer="inbox", slow="40") == []

    def test_lists_what_was_told_and_what_became_of_it(self, world, auditor):
        code = world.company.code
        for number, company in enumerate((code, "elsewhere")):
            Outbox.objects.create(message_id=f"M{number}", system="U8", company_code=company, kind="result",
                                  subject_id=number, state_version=1, payload={}, last_error="refused")  # fmt: skip

        (row,) = rows(auditor, peer="outbox")

        assert "M0" in row
        assert "未送达" in row
        assert rows(auditor, peer="outbox", delivered="True") == []

    def test_a_filter_stays_with_the_peer_it_was_set_on(self, world, auditor):
        client = Client()
        client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")

        text = client.get("/interface-log/", {"peer": "inbox", "slow": "5"}).content.decode()

        form = text.split('<form class="filters')[1].split("</form>")[0]
        assert '<input type="hidden" name="peer" value="inbox">' in form
        assert 'href="/interface-log/?peer=inbox"' in form

    def test_tells_numbers_sizes_and_attempts(self, world, auditor):
        system = an_api_client(company=world.company).client.name
        first = Inbox.objects.create(
            system=system, key="K1", kind="payment_request", digest="", status=200, items=3, faults=1,
            content=b"x" * (100 + SEALED_EXTRA_BYTES), reply={"results": [{"row": 1, "ours": "P001"}]},
        )  # fmt: skip
        Inbox.objects.create(system=system, key="K2", kind="payment_request", digest="", status=200,
                             items=1, reply={"results": []}, replay_of=first)  # fmt: skip

        again, row = rows(auditor, peer="inbox")

        assert "P001 +2" in row
        assert '<td class="k-number number">100</td>' in row
        assert f'data-href="/erp/monitor/in/{first.pk}/"' in row
        assert '<td class="k-number number">2</td>' in again

    def test_messages_are_found_by_what_they_tell_and_how_long_they_took(self, world, auditor):
        order = submitted(world)
        now = clock.now()
        for number, subject in enumerate((order.pk, order.pk + 1)):
            Outbox.objects.create(
                message_id=f"M{number}", system="U8", company_code=world.company.code,
                kind="payment_result", subject_id=subject, state_version=1, made_at=now,
                payload={"order_no": f"P{number}"}, delivered_at=now + timedelta(milliseconds=700 * number),
            )  # fmt: skip

        for number in (order.order_no, order.erp_doc_no):
            (row,) = rows(auditor, peer="outbox", business=number)
            assert "M0" in row
        (slow,) = rows(auditor, peer="outbox", slow="699")

        assert ">P1<" in slow
        assert '<td class="k-number number">700</td>' in slow
        assert rows(auditor, peer="outbox", business="nirgends") == []
        assert rows(auditor, peer="outbox", slow="700") == []

    def test_conversations_about_a_payment_are_counted(self, world, auditor):
        connection = world.account.connection
        for key in ("E1", "E2", "E3"):
            Exchange.objects.create(
                key=key, connection=connection, operation="b2e0007", company_id=world.company.pk,
                subject_kind="payments.instruction", subject_id=5 if key != "E3" else 6,
                request=b"", request_sha256="", request_bytes=0,
            )  # fmt: skip

        counts = [
            row.split('<td class="k-number number">')[1].split("<")[0] for row in rows(auditor)
        ]

        assert counts == ["1", "2", "1"]

    def test_an_administrator_sees_the_banks_alone_and_a_maker_nothing(self, world):
        admin = a_user(Role.ADMIN, company=world.company)
        Outbox.objects.create(message_id="M0", system="U8", company_code=world.company.code, kind="result",
                              subject_id=1, state_version=1, payload={})  # fmt: skip

        assert rows(admin, peer="outbox") == []
        assert rows(world["maker"]) is None
