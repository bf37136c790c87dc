"""The stage of the access matrix: a company with everything in it, a sibling, a stranger, and one person for every duty in each."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client

from audit.models import Entry
from bankadapters.contract import WireExchange
from bankbridge.models import Exchange
from bankbridge.recorder import About, ExchangeRecorder
from desk import services as desk
from desk.models import ExceptionCase
from kernel import clock
from masterdata.models import (
    Company,
    CounterpartyAccount,
    Delegation,
    Membership,
    OwnAccount,
    User,
)
from masterdata.roles import Role
from masterdata.services import (
    callbacks,
    changes,
    delegations,
    imports,
    people,
    people_admin,
    people_changes,
    stepup,
)
from masterdata.services.callbacks import Call
from masterdata.views.sign_in import SEEN_AT, SIGNED_IN_AT
from payments.content import LinkedRequest
from payments.models import PaymentOrder
from payments.services import adjudicating, linked, orders, schedules
from payments.services import imports as payment_imports
from payments.services.refusals import Held
from statements import services as statements
from tests import build, signing
from tests import build_payments as pay
from tests.access import books
from tests.payments.test_imports_lists import a_csv
from tests.payments.test_outside import propose as propose_outside
from tests.payments.test_schedules import a_plan
from tests.statements.rows import a_line


@dataclass
class Actor:
    """Who knocks: somebody with duties (each in some companies), a visitor, or a system with the rights of its key."""

    name: str
    user: User | None = None
    duties: dict[str, frozenset[int]] = field(default_factory=dict)
    companies: frozenset[int] = frozenset()
    rights: frozenset[str] = frozenset()  # of a system's key
    cookie: str = ""
    authorization: str = ""
    is_in: bool = True  # whether the platform knows them
    is_system: bool = False

    @property
    def group(self) -> str:
        """How their company stands to the object's; "" for visitors and systems."""
        return "" if self.is_system else self.name.partition("@")[2]

    def has_any(self, duties: frozenset[str], company_id: int = 0) -> bool:
        """Whether any of the duties is held (in that company)."""
        return any(
            company_id in self.duties[one] if company_id else bool(self.duties[one])
            for one in duties & self.duties.keys()
        )


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
    site.actors = [*_people(site), *_visitors(world), *_systems(site)]
    return site


# --- objects ---------------------------------------------------------------------------------------------------------


def _things(world: Any, moment: clock.fixed) -> dict[str, list[tuple[str, Any]]]:
    kept: dict[str, list[tuple[str, Any]]] = {"order_no": _orders(world)}
    moment.advance(minutes=31)  # an unknown payment is settled by people after half an hour
    unknown = PaymentOrder.objects.get(shown_state="unknown")
    statements.close_day(account_id=world.account.pk, day=clock.today())
    recorded = statements.record_entries(
        account_id=world.account.pk, lines=[a_line("S1", "12.00")], exchange_id=None
    )
    assert unknown.instruction is not None
    document = adjudicating.propose_adjudication(
        instruction_id=unknown.instruction.pk, verdict="failed", reason="银行书面回复",
        branch_call="10:05 王经理", actor=world["treasurer"], evidence_name="a.pdf", evidence_file=b"x",
    )  # fmt: skip
    record = propose_outside(world, pay.ready(world))
    plan = schedules.propose_schedule(plan=a_plan(world), actor=world["maker"])
    waiting = payment_imports.preview_import(data=a_csv({}), filename="a.csv", actor=world["maker"])
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
        "instruction_id": [("", unknown.instruction.pk)],
        "schedule_id": [("", plan.pk)],
        "order_id": [(o.shown_state, o.pk) for o in PaymentOrder.objects.order_by("pk")],
    }
    return kept | _master(world) | _desk(world) | books.lay_down(world)


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
    staged = build.a_staged_payee(maker=world["maker"])
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
    case = ExceptionCase.objects.filter(company_id=world.company.pk).order_by("pk")[0]
    entry = Entry.objects.filter(company_id=world.company.pk).order_by("pk")[0]
    return {
        "case_id": [("", case.pk)],
        "job_id": [(str(world["maker2"].pk), job.pk)],
        "key_id": [(str(world["checker2"].pk), key.pk)],
        "delegation_id": [(str(lent.giver_id), lent.pk)],
        "user_id": [("", subject.pk)],
        "membership_id": [("", subject.memberships.get().pk)],
        "people_change_id": [("", waiting.pk)],
        "audit_entry_id": [("", entry.pk)],
    }


# --- actors ----------------------------------------------------------------------------------------------------------


def _cookie(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SIGNED_IN_AT] = session[SEEN_AT] = time.time()  # else every knock would write it anew
    stepup.keep(session, build.step_up(user))  # no verdict may hang on the second factor
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _person(name: str, duties: list[tuple[Role, int]]) -> Actor:
    user = User.objects.create(username=name, display_name=name, person_key=f"p:{name}")
    for role, company_id in duties:
        Membership.objects.create(user=user, role=role.value, company_id=company_id)
    held = {role.value: frozenset({company_id}) for role, company_id in duties}
    companies = frozenset(company_id for _, company_id in duties)
    return Actor(name, user, held, companies, cookie=_cookie(user))


def _above(role: Role, site: Site) -> Actor:
    """A duty in the head office reaches every company below it."""
    head = Company.objects.get(code="HEAD")
    actor = _person(f"{role.value}@above", [(role, head.pk)])
    actor.companies = frozenset({head.pk, site.companies["own"], site.companies["sibling"]})
    actor.duties = {role.value: actor.companies}
    return actor


def _people(site: Site) -> list[Actor]:
    """Every duty in the own company, in a sibling, in another group; and in a sibling while looking on in the own one."""
    actors = []
    for role in Role:
        for relation in ("own", "sibling", "other"):
            actors.append(_person(f"{role.value}@{relation}", [(role, site.companies[relation])]))
        actors.append(_above(role, site))
        if role is not Role.VIEWER:
            crossed = [(role, site.companies["sibling"]), (Role.VIEWER, site.companies["own"])]
            actors.append(_person(f"{role.value}@crossed", crossed))
    return actors


def _visitors(world: Any) -> list[Actor]:
    """Those the platform does not know (any more): no session, one too old, a stopped account, no duties, a wrong key."""
    old = _person("too-old", [(Role.MAKER, world.company.pk)])
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = old.cookie
    session = client.session
    session[SIGNED_IN_AT] = 1.0
    session.save()
    gone = _person("stopped", [(Role.RELEASER, world.company.pk)])
    User.objects.filter(username="stopped").update(is_active=False)
    for one in (old, gone):
        one.is_in, one.duties = False, {}
    return [
        Actor("nobody", is_in=False),
        old,
        gone,
        _person("no-duty", []),
        Actor("wrong-key", is_in=False, authorization="YQ unknown:secret"),
    ]


SYSTEM_RIGHTS = frozenset(
    {"payments.view", "payments.make", "payments.import", "statements.view", "masterdata.view", "payees.propose"}
)  # fmt: skip


def _systems(site: Site) -> list[Actor]:
    """Calling systems of each company, one with no rights, one revoked."""
    actors = [
        _system(_client(f"system@{name}", pk, SYSTEM_RIGHTS), SYSTEM_RIGHTS, pk)
        for name, pk in site.companies.items()
    ]
    bare = _client("system without rights", site.company_id, frozenset())
    actors.append(_system(bare, frozenset(), site.company_id))
    revoked = _client("system revoked", site.company_id, SYSTEM_RIGHTS)
    revoked.client.is_active = False
    revoked.client.save()
    stopped = _system(revoked, frozenset(), site.company_id)
    stopped.is_in = False
    return [*actors, stopped]


@transaction.atomic
def _client(name: str, company_id: int, rights: frozenset[str]) -> people.IssuedKey:
    acts_for = User.objects.create(username=name[:30], display_name=name, person_key=f"s:{name}")
    return people.issue_client(
        name=name, source_system=name[:30], companies=[Company.objects.get(pk=company_id)],
        rights=rights, acts_for=acts_for,
    )  # fmt: skip


def _system(issued: people.IssuedKey, rights: frozenset[str], company_id: int) -> Actor:
    return Actor(
        issued.client.name,
        companies=frozenset({company_id}),
        rights=rights,
        authorization=f"YQ {issued.client.key_id}:{issued.secret.reveal()}",
        is_system=True,
    )
