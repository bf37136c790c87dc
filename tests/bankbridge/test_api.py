"""The bank's operations over /api/v1: a calling system has accounts and payments asked about, reads receipts, sweeps up."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from audit.models import Entry
from bankadapters.contract import Ability
from bankbridge.models import PullCursor
from bankbridge.services import collecting, dispatch, inquiry
from kernel import clock
from masterdata.duties import SYSTEM_RIGHTS
from masterdata.services.people import issue_client
from payments.models import PaymentInstruction
from receipts.models import CollectionRun
from statements.services import receipts as papers
from tests.bankbridge.test_sweep import a_schedule, target  # noqa: F401 - a fixture
from tests.build import a_company
from tests.statements.rows import a_receipt

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def system(world):
    """A calling system of the company with every right a system may hold, and a way to call as it."""
    return caller(world.company)


def caller(company, rights=SYSTEM_RIGHTS) -> SimpleNamespace:
    with transaction.atomic():
        issued = issue_client(name=f"OA {company.code}", source_system="oa", companies=[company], rights=rights, acts_for=None)  # fmt: skip
    headers = {"Authorization": f"YQ {issued.client.key_id}:{issued.secret.reveal()}"}

    def call(method: str, path: str, **body: object):
        given = {"data": body, "content_type": "application/json"} if method == "post" else {}
        return getattr(Client(), method)(f"/api/v1/{path}", headers=headers, **given)

    return SimpleNamespace(call=call, client=issued.client)


class TestAccountRefresh:
    def test_makes_the_accounts_due_and_is_written_down(self, world, system):
        PullCursor.objects.create(
            account=world.account, kind="balance", next_due_at=clock.now() + timedelta(hours=1)
        )

        answer = system.call("post", "accounts/refresh", accounts=[world.account.number])

        assert (answer.status_code, answer.json()) == (202, {"asked": 1})
        assert {one.kind for one in PullCursor.objects.filter(next_due_at__lte=clock.now())} == {
            "balance", "statement", "receipt",
        }  # fmt: skip
        (told,) = Entry.objects.filter(event="bankbridge.account.refresh_asked")
        assert told.actor_name == system.client.display_name

    def test_without_numbers_all_of_the_companies_are_asked_about(self, world, system):
        assert system.call("post", "accounts/refresh").json() == {"asked": 1}

    def test_an_account_out_of_scope_looks_absent(self, world):
        stranger = caller(a_company("7000"))

        answer = stranger.call("post", "accounts/refresh", accounts=[world.account.number])

        assert answer.status_code == 404

    def test_wants_its_right(self, world):
        bare = caller(world.company, frozenset({"statements.view"}))

        assert bare.call("post", "accounts/refresh").status_code == 403


class TestInquire:
    def test_the_bank_is_asked_at_the_next_turn_until_there_is_an_end(self, world, bank, system):
        world.reach(bank("--no-delays").url)
        (item,) = world.queue("10.00")
        path = f"payment-orders/{item.order.order_no}/inquire"
        assert system.call("post", path).json()["code"] == "not_open"
        dispatch.tick()
        PaymentInstruction.objects.update(next_inquiry_at=clock.now() + timedelta(hours=1))

        answer = system.call("post", path)

        assert answer.status_code == 202
        assert inquiry.tick() == 1
        read = system.call("get", f"payment-orders/{item.order.order_no}").json()
        assert read["state"] == "succeeded"
        assert system.call("post", path).status_code == 409


class TestReceipts:
    def test_are_listed_and_their_files_read(self, world, system, tmp_path, settings):
        settings.MEDIA_ROOT = tmp_path
        row = a_receipt(world.account, "R1")

        (told,) = system.call("get", f"bank-receipts?account={world.account.number}").json()["results"]  # fmt: skip
        assert (told["receipt_no"], told["has_file"]) == ("R1", False)
        assert (
            system.call("get", f"bank-receipts/{row.pk}/file").json()["code"] == "receipt_no_file"
        )

        papers.keep_file(receipt_id=row.pk, data=b"%PDF-1.7 a receipt", exchange_id=None)
        answer = system.call("get", f"bank-receipts/{row.pk}/file")

        assert answer.content == b"%PDF-1.7 a receipt"
        assert "attachment" in answer.headers["Content-Disposition"]
        (read,) = Entry.objects.filter(event="statements.receipt.read")
        assert read.actor_name == system.client.display_name
        stranger = caller(a_company("7000"))
        assert stranger.call("get", f"bank-receipts/{row.pk}/file").status_code == 404


class TestSweeps:
    def test_one_asked_for_is_made_within_the_schedules_limits(self, world, bank, target, system):  # noqa: F811
        world.reach(bank("--no-delays", balance="60000.00").url)
        a_schedule(world, target)

        answer = system.call("post", "sweeps", account=world.account.number)
        again = system.call("post", "sweeps", account=world.account.number)
        collecting.collect()

        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        assert again.json()["id"] == answer.json()["id"]
        (told,) = system.call("get", "sweeps").json()["results"]
        order = system.call("get", f"payment-orders/{told['order_no']}").json()
        assert (order["amount"], order["payee_account"]) == ("50000.00", target.number)
        assert CollectionRun.objects.count() == 1

    def test_without_a_schedule_nothing_is_made(self, world, system):
        assert system.call("post", "sweeps", account=world.account.number).status_code == 404


# How each thing a bank can do is reached from outside; None: the machine does it by itself, or nobody may (ADR 0013).
REACHED = {
    "sign_on": None, "sign_off": None, "payroll": None, "inquire_payroll": None,
    "balance": "accounts_refresh", "transactions": "accounts_refresh", "receipt_list": "accounts_refresh",
    "history_balance": "self_tests_run", "account_list": "self_tests_run", "receipt_file": "bank_receipts_file",
    "pay": "payment_orders_create", "pay_batch": "payment_orders_create", "inquire": "payment_orders_inquire",
    "inquire_batch": "payment_orders_inquire", "sweep": "sweeps_run",
}  # fmt: skip


class TestReach:
    def test_every_operation_of_a_bank_stands_in_the_documented_api(self):
        document = SchemaGenerator().get_schema(request=None, public=True)
        told = {one["operationId"] for path in document["paths"].values() for one in path.values()}

        assert set(REACHED) == {one.value for one in Ability}
        assert {one for one in REACHED.values() if one} <= told
        assert {
            "balances_list",
            "statement_entries_list",
            "bank_receipts_list",
            "sweeps_list",
        } <= told
