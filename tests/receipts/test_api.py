"""Arrival notices over the API: a finance system reads those of its companies and says which it booked."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from desk.models import ExceptionCase
from ledger.models import Voucher
from receipts.services import confirming
from receipts.states import NoticeState as S
from tests.build import a_company, an_api_client
from tests.receipts.build import fresh

pytestmark = pytest.mark.django_db(transaction=True)
WHERE = "/api/v1/arrival-notices"


def caller(company):
    with transaction.atomic():
        rights = frozenset({"receipts.view", "vouchers.acknowledge"})
        issued = an_api_client(company=company, rights=rights)
    return {"Authorization": f"YQ {issued.client.key_id}:{issued.secret.reveal()}"}


def ack(headers, *items, key="A1"):
    answer = Client().post(
        f"{WHERE}/ack",
        {"items": list(items)},
        content_type="application/json",
        headers={**headers, "Idempotency-Key": key},
    )
    return answer.status_code, answer.json()


class TestList:
    def test_gives_each_notice_with_its_parts_to_its_companys_system_alone(self, world):
        notice = world.supplemented(world.arrive("1000.00"))

        got = Client().get(WHERE, {"state": "pending_review"}, headers=caller(world.company)).json()

        (one,) = got["results"]
        assert (one["notice_no"], one["amount"], one["state"]) == (
            notice.notice_no,
            "1000.00",
            "pending_review",
        )
        assert [(p["amount"], p["customer_code"]) for p in one["parts"]] == [
            ("1000.00", world.customer.code)
        ]
        assert Client().get(WHERE, headers=caller(a_company())).json()["results"] == []
        assert Client().get(WHERE).status_code in (401, 403)


class TestAck:
    def test_confirms_what_was_booked_and_keeps_what_was_refused_as_a_case(self, world):
        headers = caller(world.company)
        first, second = world.approved(world.arrive()), world.approved(world.arrive("20.00"))
        world.booked(first)
        world.booked(second)
        told = {"company_code": world.company.code, "result": "OK", "erp_voucher_no": "收-0107"}

        status, body = ack(
            headers,
            {**told, "notice_no": first.notice_no},
            {**told, "notice_no": second.notice_no, "result": "ERR", "reason": "科目停用"},
            {**told, "notice_no": "D0"},
        )

        assert (status, [one["status"] for one in body["results"]]) == (200, ["OK", "OK", "ERR"])
        confirming.follow()
        assert (fresh(first).state, fresh(second).state) == (S.CONFIRMED, S.BOOKED)
        assert (
            Voucher.objects.get(pk=first.voucher_id or fresh(first).voucher_id).erp_voucher_no
            == "收-0107"
        )
        assert ExceptionCase.objects.filter(kind="erp.voucher_refused", closed_at=None).count() == 1
