"""The five hops of a payment on its page: from the finance system to the bank and back, with real sockets between."""

from __future__ import annotations

import html
import re

import pytest
from django.db import transaction
from django.test import Client

from bankbridge.models import Exchange
from bankbridge.services import dispatch, inquiry
from erpbridge.contract import Delivery, Kind
from erpbridge.models import Inbox, Outbox
from erpbridge.services import publish, receipts_in, taking
from masterdata.models import Membership
from masterdata.roles import RIGHTS, Role
from masterdata.services.people import issue_client
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import orders
from tests.bankbridge.bank import PAYEE
from yqlink.workspace.hops import hops_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(world):
    """A finance system that may ask for payments of the company."""
    with transaction.atomic():
        return issue_client(
            name="U8",
            source_system="u8",
            companies=[world.company],
            rights=RIGHTS[Role.MAKER],
            acts_for=world.people["maker"],
        ).client


def asked(world, client, key: str = "REQ-1") -> PaymentOrder:
    item = {
        "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "1", "company_code": world.company.code,
        "payer_account": world.payer, "payee_code": "S001", "payee_name": "样例供应商有限公司",
        "payee_account": PAYEE, "payee_bank": "中国建设银行上海分行", "cnaps": "105100000017", "currency": "CNY",
        "amount": "1234.50", "purpose": "货款", "wish_date": "2026-11-24",
    }  # fmt: skip
    taking.take(client=client, delivery=Delivery(Kind.PAYMENT_REQUEST, key, [item], style="file"))
    return PaymentOrder.objects.get()


def shown(user, order) -> str:
    browser = Client()
    browser.force_login(user)
    page = browser.get(f"/payments/orders/{order.order_no}/").content.decode()
    found = re.search(r'<ol class="hops">.*?</ol>', page, re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", " ", found.group()))


class TestHopsOf:
    def test_a_payment_tells_all_five_with_their_times_and_numbers(self, world, bank, client):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        order = asked(world, client)
        asked(world, client, key="REQ-2")  # the same line once more changes nothing
        world._through(orders.check_orders, "checker", [order.pk])
        world._through(orders.release_orders, "releaser", [order.pk])
        dispatch.tick()
        one = PaymentInstruction.objects.get()
        PaymentInstruction.objects.update(next_inquiry_at=one.sent_at)
        inquiry.tick()
        publish.publish()
        message = Outbox.objects.order_by("-state_version").first()
        publish.note_delivered(ids=[message.pk])
        receipts_in.acknowledge(client=client, message_ids=[message.message_id])
        one.refresh_from_db()

        Membership.objects.create(
            user=world.people["auditor"], company=world.company, role=Role.VIEWER
        )
        road = shown(world.people["auditor"], order)
        found = hops_of(order.order_no, scope=world.scope("auditor"))

        talk = Exchange.objects.filter(subject_kind="payments.batch").latest("began_at")
        for number in ("REQ-1", order.order_no, one.instr_no, talk.key[:12], one.bank_serial, message.message_id):  # fmt: skip
            assert number in road
        assert "REQ-2" not in road
        assert [hop.tone for hop in found] == ["ok"] * 5
        times = [hop.at for hop in found]
        assert times == [
            Inbox.objects.get(key="REQ-1").received_at,
            PaymentOrder.objects.get().released_at,
            one.sent_at,
            one.final_at,
            Outbox.objects.get(pk=message.pk).acked_at,
        ]
        assert times == sorted(times)

    def test_what_it_has_not_reached_is_not_claimed(self, world, client):
        order = asked(world, client)
        publish.publish()

        found = hops_of(order.order_no, scope=world.scope("checker"))

        assert [hop.at is not None for hop in found] == [True, False, False, False, False]
        assert "待送达" in found[4].word
        assert not any(url.startswith("/erp/") for hop in found for _l, _v, url in hop.facts)

    def test_a_result_that_changed_since_waits_to_be_told(self, world, client):
        order = asked(world, client)
        publish.publish()
        Outbox.objects.update(delivered_at=order.created_at, acked_at=order.created_at)
        world._through(orders.check_orders, "checker", [order.pk])

        last = hops_of(order.order_no, scope=world.scope("checker"))[4]

        assert (last.tone, last.at) == ("busy", None)
