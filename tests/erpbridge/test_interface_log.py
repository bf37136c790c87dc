"""接口日志查询: what finance systems delivered and were told, to those who may read it, of their companies only."""

from __future__ import annotations

import pytest
from django.test import Client

from erpbridge.models import Inbox, Outbox
from masterdata.roles import Role
from tests.build import a_company, a_user, an_api_client
from tests.build_payments import World

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

    def test_an_administrator_sees_the_banks_alone_and_a_maker_nothing(self, world):
        admin = a_user(Role.ADMIN, company=world.company)
        Outbox.objects.create(message_id="M0", system="U8", company_code=world.company.code, kind="result",
                              subject_id=1, state_version=1, payload={})  # fmt: skip

        assert rows(admin, peer="outbox") == []
        assert rows(world["maker"]) is None
