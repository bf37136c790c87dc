"""时延报告: every kind of message with how long it took, to whoever watches the lines of its companies."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from bankbridge.models import Exchange, ExchangeReading
from erpbridge.contract import Kind
from erpbridge.models import Inbox, Outbox
from erpbridge.services import publish, receipts_in
from kernel import clock
from masterdata.roles import Role
from masterdata.selectors import scope_of
from payments.models import PaymentInstruction
from tests.build import a_company, a_user
from tests.erpbridge.holding import order_of, take
from tests.erpbridge.lanes import an_item
from yqlink.workspace.latency import report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auditor(world):
    return a_user(Role.AUDITOR, company=world.company)


def lines(user) -> dict[str, list[str]]:
    """The rows of the page, by their first two cells."""
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get("/interface-log/latency/").content.decode()
    found = {}
    for row in re.findall(r"<tr>(<td.*?)</tr>", page, re.DOTALL):
        cells = [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in row.split("</td>")]
        found[f"{cells[0]} {cells[1].split(' ')[0]}"] = cells[2:8]
    return found


def report_of(user):
    return report(scope_of(user), first=clock.today(), last=clock.today())


class TestReport:
    def test_tells_each_kind_of_message_with_its_percentiles(
        self, own, world, auditor, frozen_clock
    ):
        for ms in range(1, 101):
            talk = Exchange.objects.create(
                key=f"k{ms}", connection=world.connection, operation="b2e0005", request=b"", request_sha256="",
                request_bytes=0, result="answered" if ms < 100 else "lost", latency_ms=ms, company_id=world.company.pk,
            )  # fmt: skip
        ExchangeReading.objects.create(
            exchange=talk, key="r", ability="balance", asked=b"", said={}
        )

        assert lines(auditor)["中行 余额查询"] == ["100", "99", "50", "95", "99", "99"]

    def test_tells_deliveries_messages_and_payments(self, own, world, auditor, frozen_clock):
        order = order_of(own, "succeeded")
        take(own, Kind.PAYMENT_REQUEST, [an_item(world, doc_no="FK9", amount="x")], key="BAD")
        Inbox.objects.update(latency_ms=40)
        publish.publish()
        frozen_clock.advance(seconds=2)
        messages = list(Outbox.objects.all())
        publish.note_delivered(ids=[one.pk for one in messages])
        frozen_clock.advance(seconds=3)
        receipts_in.acknowledge(client=own.client, message_ids=[messages[0].message_id])
        PaymentInstruction.objects.update(final_at=order.instruction.sent_at + timedelta(seconds=4))

        found = lines(auditor)

        many = str(len(messages))
        assert found["U8 付款申请"] == ["2", "1", "40", "40", "40", "40"]
        assert found["u8 付款结果"][-4:] == ["5000"] * 4  # confirmed; the line after the delivery
        told = {f"{one.kind}": one for group in report_of(auditor) for one in group.lines}
        assert (told["付款结果 · 送达"].good, told["付款结果 · 送达"].figures[1]) == (
            len(messages),
            2000,
        )
        assert (told["付款结果 · 对方确认"].good, told["付款结果 · 对方确认"].figures[1]) == (
            1,
            5000,
        )
        assert told["付款结果 · 送达"].count == int(many)
        assert told["已发送至最终结果"].figures[0] == 4000
        assert told["可发送至已发送"].figures[0] == 0

    def test_yesterday_is_not_today(self, own, world, auditor, frozen_clock):
        order_of(own)
        frozen_clock.advance(days=1)

        assert lines(auditor) == {}

    def test_other_companies_are_not_told(self, own):
        order_of(own)
        publish.publish()

        assert lines(a_user(Role.AUDITOR, company=a_company("7000"))) == {}
