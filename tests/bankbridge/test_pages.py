"""The operations room and the pages over what banks told us."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from bankbridge.models import Exchange, PullCursor
from bankbridge.services import dispatch, pull
from masterdata.models import OwnAccount
from statements.models import StatementEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(world, bank):
    """A world whose bank was talked to: a payment sent, balance and statement pulled."""
    simulator = bank("--no-delays")
    world.reach(simulator.url)
    world.queue("88.00")
    dispatch.tick()
    simulator.tell(
        "credit", {"account": world.account.number, "amount": "12345.60", "name": "来款客户甲"}
    )
    pull.balances(now=True)
    pull.statements(now=True)
    return world


def page(world, role, name, *args, **query):
    client = Client()
    client.force_login(world.people[role])
    return client.get(reverse(name, args=args), query)


class TestReading:
    def test_balances_and_entries(self, told):
        twin = OwnAccount.objects.get(pk=told.account.pk)
        twin.pk, twin.number, twin.is_direct_link = None, "440012345999", False
        twin.save()

        body = page(told, "recon_accountant", "statements:balances").content.decode()
        assert all(word in body for word in ("1,012,257.60", "刚刚", "未开通直联", "—", "立即刷新"))
        assert page(told, "admin", "statements:balances").status_code == 403

        body = page(told, "recon_accountant", "statements:entries").content.decode()
        assert all(word in body for word in ("来款客户甲", "12,345.60", "支出合计"))
        body = page(
            told, "recon_accountant", "statements:entries", direction="debit"
        ).content.decode()
        assert "来款客户甲" not in body
        assert "样例供应商有限公司" in body

        entry = StatementEntry.objects.get(direction="credit")
        body = page(told, "recon_accountant", "statements:entry", entry.pk).content.decode()
        assert "壹万贰仟叁佰肆拾伍元陆角整" in body
        assert entry.bank_serial in body

        assert "暂定" in page(told, "recon_accountant", "statements:days").content.decode()

    def test_wire_evidence_is_read_by_the_auditor_only_and_leaves_a_trace(self, told):
        row = Exchange.objects.filter(operation="b2e0009").get()

        body = page(told, "auditor", "bankbridge:exchange", row.key).content.decode()
        assert "&lt;bocb2e" in body
        assert "secret" not in body
        trace = Entry.objects.get(event="bankbridge.exchange.read")
        assert trace.actor_id == told.people["auditor"].pk

        body = page(told, "admin", "bankbridge:exchange", row.key).content.decode()
        assert "bocb2e" not in body
        assert row.request_sha256 in body

        body = page(told, "auditor", "bankbridge:exchanges").content.decode()
        assert "交易明细" in body
        assert "已应答" in body
        assert page(told, "maker", "bankbridge:exchanges").status_code == 403

        body = page(told, "admin", "bankbridge:channels").content.decode()
        assert "正常" in body
        assert told.connection.name in body


class TestPull:
    def test_makes_the_accounts_due_and_refuses_a_second_wish_at_once(self, told):
        PullCursor.objects.update(last_ok_at=None, last_error_at=None)
        client = Client()
        client.force_login(told.people["recon_accountant"])
        before = PullCursor.objects.get(kind="balance").next_due_at

        answer = client.post(reverse("bankbridge:pull"), {"account": told.account.pk})

        assert answer.status_code == 302
        assert PullCursor.objects.get(kind="balance").next_due_at < before
        pull.balances()
        again = client.post(reverse("bankbridge:pull"), {"account": told.account.pk})
        assert again.status_code == 409
        client.force_login(told.people["maker"])
        assert client.post(reverse("bankbridge:pull")).status_code == 403
