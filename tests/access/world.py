"""The stage of the access matrix: a company with everything in it, a sibling, a stranger, and one person for every duty in each."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.models import Entry
from bankadapters.contract import WireExchange
from bankbridge.models import Exchange
from bankbridge.recorder import About, ExchangeRecorder
from desk import services as desk
from desk.models import ExceptionCase
from erpbridge.contract import Delivery, Kind
from erpbridge.models import ErpSystem, Inbox, Outbox
from erpbridge.services import comparing, taking
from kernel import clock
from kernel.security_keys import Token
from masterdata.models import (
    ApiKey,
    Company,
    CounterpartyAccount,
    Delegation,
    OwnAccount,
    User,
)
from masterdata.roles import Role
from masterdata.services import (
    callbacks,
    changes,
    clients,
    dated,
    delegations,
    imports,
    people_admin,
    people_changes,
    security_keys,
)
from masterdata.services.callbacks import Call
from masterdata.services.dated import Proposal
from payments.content import LinkedRequest
from payments.models import PaymentOrder
from payments.services import adjudicating, linked, orders, schedules
from payments.services import imports as payment_imports
from payments.services.refusals import Held
from statements import services as statements
from tests import build, signing
from tests import build_payments as pay
from tests.access import books, receiving
from tests.access.actors import Actor, everybody
from tests.access.pages import HOSTILE
from tests.payments.mandates import a_mandate
from tests.payments.test_imports_lists import a_csv
from tests.payments.test_outside import propose as propose_outside
from tests.payments.test_schedules import a_plan
from tests.statements.rows import a_line, a_receipt


@dataclass
class Site:
    """The laid-down world."""

    company_id: int
    companies: dict[str, int]
    kept: dict[str, list[tuple[str, Any]]]
    actors: list[Actor]
    marks: tuple[str, ...]  # words that stand on a page only where something of the company shows
    world: Any


def lay_down(moment: clock.fixed) -> Site:
    """Everything, through the real services."""
    world = pay.a_world()
    head, other = build.a_company("HEAD"), build.a_company("OTHR")
    sibling = build.a_company("SIBL", parent=head)
    Company.objects.filter(pk=world.company.pk).update(
        parent=head, path=f"{head.path}{world.company.pk}/"
    )
    world.company.refresh_from_db()
    for company in (sibling, other):
        _account(world, company, f"3207662599{company.pk:02d}")
    kept = _things(world, moment)
    site = Site(
        company_id=world.company.pk,
        companies={"own": world.company.pk, "sibling": sibling.pk, "other": other.pk},
        kept=kept,
        actors=[],
        marks=(world.account.number, "样例集团有限公司"),
        world=world,
    )
    site.actors = everybody(site, world)
    return site


# --- objects ---------------------------------------------------------------------------------------------------------


def _things(world: Any, moment: clock.fixed) -> dict[str, list[tuple[str, Any]]]:
    kept: dict[str, list[tuple[str, Any]]] = {"order_no": _orders(world)}
    moment.advance(minutes=31)  # an unknown payment is settled by people after half an hour
    unknown = PaymentOrder.objects.get(shown_state="unknown")
    statements.close_day(account_id=world.account.pk, day=clock.today())
    recorded = statements.record_entries(
        account_id=world.account.pk,
        lines=[a_line("S1", "12.00", counterparty_name=HOSTILE, narrative=HOSTILE)],
        exchange_id=None,
    )
    assert unknown.instruction is not None
    document = adjudicating.propose_adjudication(
        instruction_id=unknown.instruction.pk, verdict="failed", reason="银行书面回复",
        branch_call="10:05 王经理", actor=world["treasurer"], evidence_name=f"{HOSTILE}.pdf", evidence_file=b"x",
    )  # fmt: skip
    record = propose_outside(world, pay.ready(world))
    plan = schedules.propose_schedule(plan=a_plan(world), actor=world["maker"])
    waiting = payment_imports.preview_import(
        data=a_csv({}), filename=f"{HOSTILE}.csv", actor=world["maker"]
    )
    taken = payment_imports.preview_import(
        data=_a_list(world), filename="b.csv", actor=world["maker"]
    )
    payment_imports.confirm_import(import_id=taken.pk, version=taken.version, actor=world["maker"])
    link = linked.create_linked(request=_linked(world), maker=world["maker"])
    kept |= {
        "batch_no": [
            ("", PaymentOrder.objects.get(shown_state="succeeded").instruction.batch.batch_no)
        ],
        "link_no": [("", link.link_no)],
        "schedule_code": [("", plan.code)],
        "import_id": [("", taken.pk)],
        "open_import_id": [(str(waiting.maker_id), waiting.pk)],
        "adjudication_id": [("", document.pk)],
        "outside_id": [("", record.pk)],
        "entry_id": [("", next(iter(recorded.new_ids)))],
        "receipt_id": [("", a_receipt(world.account).pk)],
        "instruction_id": [("", unknown.instruction.pk)],
        "schedule_id": [("", plan.pk)],
        "order_id": [(o.shown_state, o.pk) for o in PaymentOrder.objects.order_by("pk")],
    }
    kept["authority_id"] = [("", _mandate(world))]
    _limit()
    kept["line"] = [("", 1)]  # the first line of the matrix, of the routes and of the limits
    kept |= books.lay_down(world) | receiving.lay_down(world)
    return kept | _master(world) | _desk(world) | _erp(world)


@transaction.atomic
def _limit() -> None:
    """A limit nobody reaches."""
    values = {"period": "item", "amount": "9999999999.00"}
    proposal = Proposal(values=values, valid_from=date(2026, 1, 1), source_note="测试")
    dated.lay_down(kind_name="payments.limit", proposal=proposal)


def _mandate(world: Any) -> int:
    """A standing mandate from the world's account to the one beside it, not signed yet."""
    target = OwnAccount.objects.get(number="320766250001")
    return a_mandate(world, target).pk


def _orders(world: Any) -> list[tuple[str, str]]:
    """One order in each state people meet."""
    pay.a_draft(world)
    first = pay.submitted(world)
    with contextlib.suppress(Held):
        pay.submitted(world, amount=first.amount)
    pay.act("check", pay.submitted(world, amount=60000 + first.amount), world["checker"])
    pay.ready(world)
    for fate in ("succeeded", "failed", ""):
        pay.sent(world, fate)
    pay.released(world)
    void, back = pay.submitted(world), pay.submitted(world)
    orders.void_order(order_id=void.pk, version=void.version, actor=world["maker"], why="x1")
    orders.return_to_maker(order_id=back.pk, version=back.version, actor=world["checker"], why="x1")
    found: dict[str, str] = {}
    for order in PaymentOrder.objects.order_by("pk"):
        found.setdefault(order.shown_state, order.order_no)
    return sorted(found.items())


def _a_list(world: Any) -> bytes:
    """A payment list of one good row to the payee on file."""
    payee = world.payee()
    return a_csv(
        {
            "单据号": "FK77", "公司代码": world.company.code, "付款账号": world.account.number, "收款人编码": world.payee_code,
            "收款户名": payee.name, "收款账号": payee.number, "收款银行": payee.bank_name, "联行号": payee.cnaps, "金额": "77.00",
        }
    )  # fmt: skip


def _account(world: Any, company: Company, number: str) -> OwnAccount:
    own = world.account
    return OwnAccount.objects.create(
        company=company, bank=own.bank, cnaps=own.cnaps, branch_name="中国银行", number=number,
        name=company.name, gl_subject="100202", connection=world.connection, is_direct_link=True,
    )  # fmt: skip


def _linked(world: Any) -> Any:
    master = _account(world, world.company, "320766250001")
    build.taken_live(master)
    build.tell_balance(master)
    return LinkedRequest(
        payment=pay.a_request(world, amount=Decimal("480.00")), master_number=master.number,
        fund=Decimal("500.00"), sweep=Decimal("0.00"),
    )  # fmt: skip


def _master(world: Any) -> dict[str, list[tuple[str, Any]]]:
    payee = CounterpartyAccount.objects.get(number=world.payee_number)
    staged = build.a_staged_payee(maker=world["maker"], name=HOSTILE[:60])
    change = changes.propose_switch(
        account_id=world.account.pk, version=world.account.version, switch="is_frozen", on=True, actor=world["admin"]
    )  # fmt: skip
    partners = imports.preview_import(
        kind="counterparties", data="编码,名称\nZ1,某公司\n".encode(), filename="p.csv", actor=world["admin"]
    )  # fmt: skip
    branches = imports.preview_import(
        kind="branches", data="联行号,机构名称\n104100000004,中行\n".encode(), filename="b.csv", actor=world["admin"]
    )  # fmt: skip
    recorder = ExchangeRecorder(world.connection.pk)
    recorder.file_under(About(company_id=world.company.pk))
    told = WireExchange("pay", b"<pay/>", b"<ok/>")
    recorder.after(recorder.before(told), told)
    exchange = Exchange.objects.get(pk=recorder.last_id)
    accounts = imports.preview_import(
        kind="accounts", data="公司,账号,户名,联行号,开户行,科目\nX,1,某公司,1,x,1002\n".encode(), filename="k.csv", actor=world["admin"]
    )  # fmt: skip
    return {
        "company_id": [("", world.company.pk)],
        "account_id": [("", world.account.pk)],
        "counterparty_id": [("", payee.counterparty_id)],
        "payee_id": [("confirmed", payee.pk), ("staged", staged.pk)],
        "connection_id": [("", world.connection.pk)],
        "file_id": [("", partners.pk)],
        "branch_file_id": [("", branches.pk)],
        "account_file_id": [("", accounts.pk)],
        "call_id": [("", _call(world, payee))],
        "change_id": [("", change.pk)],
        "exchange_key": [("", exchange.key)],
    }


def _erp(world: Any) -> dict[str, list[tuple[str, Any]]]:
    """A delivery that was refused, and a message nobody has fetched."""
    client = build.an_api_client(company=world.company).client
    asked = Delivery(Kind.RECEIPT, "R1", [{"message_id": HOSTILE}], style="api")
    taking.take(client=client, delivery=asked)
    system = ErpSystem.objects.create(name=client.name, client=client, style="api")
    told = Outbox.objects.create(
        message_id="M1", system=client.source_system, company_code=world.company.code, kind="voucher", subject_id=1,
        state_version=1, payload={"items": [{"description": HOSTILE}]},
    )  # fmt: skip
    compared = comparing.compare_confirmations(
        client=client, company_id=world.company.pk, day=clock.today()
    )
    return {
        "comparison_id": [("", compared.pk)],
        "delivery_id": [("", Inbox.objects.get(key="R1").pk)],
        "erp_message_id": [("", told.pk)],
        "erp_system_id": [("", system.pk)],
    }


def _call(world: Any, account: CounterpartyAccount) -> int:
    call = Call(
        person_called="财务 王会计", telephone="0510-86001234", source="contract", called_at=clock.now(), answer="confirmed",
    )  # fmt: skip
    made = callbacks.record_call(
        account_id=account.pk, version=account.version, call=call, actor=world["checker"]
    )
    return made.pk


def _desk(world: Any) -> dict[str, list[tuple[str, Any]]]:
    """Cases, jobs, keys, people and what waits about them."""
    officers = [build.a_user(Role.SECURITY_ADMIN, company=world.company) for _ in range(2)]
    subject = world["checker2"]
    waiting = people_admin.propose_grant(
        user_id=subject.pk, role="viewer", company_id=world.company.pk, actor=officers[0]
    )
    day = clock.today()
    asked = delegations.propose_delegation(
        giver=world["approver2"], receiver="treasurer2", role="approver", company_id=world.company.pk,
        valid_from=day, valid_to=day + timedelta(days=3),
    )  # fmt: skip
    people_changes.decide_people_change(change_id=asked.pk, accept=True, actor=officers[1])
    lent = Delegation.objects.get()
    job = desk.start_job(kind="export", title="x", user_id=world["maker2"].pk, params={})
    key = signing.give_key(world["checker2"])
    own_key = security_keys.bind(
        user=subject, name="办公室", token=Token(os.urandom(16), os.urandom(64))
    )
    api_key = _api_key(world, officers)
    case = ExceptionCase.objects.filter(company_id=world.company.pk).order_by("pk")[0]
    entry = Entry.objects.filter(company_id=world.company.pk).order_by("pk")[0]
    return {
        "case_id": [("", case.pk)],
        "job_id": [(str(world["maker2"].pk), job.pk)],
        "key_id": [(str(world["checker2"].pk), key.pk)],
        "own_key_id": [(str(subject.pk), own_key.pk)],
        "client_id": [("", api_key.client_id)],
        "api_key_id": [("", api_key.pk)],
        "delegation_id": [(str(lent.giver_id), lent.pk)],
        "user_id": [("", subject.pk)],
        "membership_id": [("", subject.memberships.get().pk)],
        "people_change_id": [("", waiting.pk)],
        "audit_entry_id": [("", entry.pk)],
    }


def _api_key(world: Any, officers: list[User]) -> ApiKey:
    values = {
        "name": "U8", "source_system": "u8", "companies": [world.company.pk], "rights": ["statements.view"],
        "acts_for": world["maker"].username, "scheme": "hmac-sha256",
    }  # fmt: skip
    change = clients.propose_client(values=values, actor=officers[0])
    people_changes.decide_people_change(change_id=change.pk, accept=True, actor=officers[1])
    return ApiKey.objects.get(client__name="U8")
