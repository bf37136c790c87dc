"""Builders of master data for tests: they walk real services, so no test stands in a state production cannot reach."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from approvals import matrix
from kernel import clock
from kernel.secrets import Secret
from masterdata.models import (
    Company,
    Connection,
    CounterpartyAccount,
    Membership,
    OwnAccount,
    User,
)
from masterdata.roles import RIGHTS, Role
from masterdata.services import banks, callbacks, people, seeding
from masterdata.services.accounts import AccountDraft, add_account
from masterdata.services.callbacks import Call
from masterdata.services.companies import CompanyDraft, add_company
from masterdata.services.payees import PayeeProposal, decide, stage_payees
from masterdata.services.stepup import StepUp
from payments.services import baseline
from statements.rules import BalanceFigure
from statements.services import record_balances

BOC_HEAD_OFFICE = "104100000004"
ICBC_HEAD_OFFICE = "102100099996"
_numbers = count(1)


def step_up(user: User) -> StepUp:
    """The second factor as this person's page hands it to a command."""
    return StepUp(user.pk, "totp", "totp:0", clock.now())


def long_ago() -> datetime:
    """When payees of long standing came into use."""
    return clock.now() - timedelta(days=400)


def next_number() -> int:
    """A number no other builder of this run got."""
    return next(_numbers)


@transaction.atomic
def a_company(code: str = "", *, parent: Company | None = None, name: str = "") -> Company:
    """A company below `parent`; a head of its own when none is given."""
    code = code or f"T{next_number():04d}"
    draft = CompanyDraft(
        code, name or f"测试{code}有限公司", f"测试{code}", parent_id=parent.pk if parent else None
    )
    return add_company(draft=draft, actor=None)


def tell_balance(account: OwnAccount, book: str = "1000000000.00") -> None:
    """A balance as if the bank had just told it: without one nothing is released."""
    figure = BalanceFigure(
        account_id=account.pk,
        currency=account.currency,
        book=Decimal(book),
        available=Decimal(book),
        frozen=None,
        as_of=clock.today(),
    )
    record_balances(figures=[figure])


@transaction.atomic
def a_user(
    role: Role, *, company: Company, username: str = "", person_key: str = "", password: str = ""
) -> User:
    """A person with one duty in a company."""
    username = username or f"{role.value}-{next_number()}"
    user = User(
        username=username, display_name=f"测试{username}", person_key=person_key or f"p:{username}"
    )
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    Membership.objects.create(user=user, company=company, role=role.value)
    return user


@transaction.atomic
def a_connection(*, endpoint: str = "http://127.0.0.1:9", name: str = "") -> Connection:
    """A Bank of China connection with the demo's parameters and a password."""
    seeding.ensure_directory()
    return seeding.ensure_connection(
        name=name or f"中行前置机 {next_number()}",
        values={
            "bank_slug": "boc",
            "parameters": {"termid": "E127000000001", "custid": "30011223", "cusopr": "OPR01"},
            "final_failures": ["S903", "S904", "S905"],
            "not_found_codes": ["S902"],
        },
        endpoints={"main": endpoint},
        credentials={"oprpwd": Secret("test-password")},
    )


@transaction.atomic
def an_account(
    *,
    company: Company,
    connection: Connection | None = None,
    number: str = "",
    cnaps: str = BOC_HEAD_OFFICE,
    currency: str = "CNY",
) -> OwnAccount:
    """An own account; direct-linked when it is given a connection."""
    seeding.ensure_directory()
    draft = AccountDraft(
        company_id=company.pk,
        cnaps=cnaps,
        branch_name="测试支行",
        branch_code="44433" if connection else "",
        number=number or f"3207{next_number():08d}",
        name=company.name,
        gl_subject="1002.01",
        currency=currency,
        connection_id=connection.pk if connection else None,
    )
    return add_account(draft=draft, actor=None, is_direct_link=connection is not None)


@transaction.atomic
def a_staged_payee(
    *,
    maker: User,
    code: str = "",
    number: str = "",
    name: str = "",
    cnaps: str = ICBC_HEAD_OFFICE,
    is_personal: bool = False,
) -> CounterpartyAccount:
    """A payee account one person announced and nobody confirmed."""
    banks.lay_down_banks()
    serial = next_number()
    proposal = PayeeProposal(
        code=code or f"V{serial:05d}",
        name=name or f"收款{serial}有限公司",
        number=number or f"6217{serial:09d}1",
        bank_name="中国工商银行",
        cnaps=cnaps,
        is_personal=is_personal,
    )
    (account,) = stage_payees(proposals=[proposal], actor=maker, source_note="测试").values()
    return account


@transaction.atomic
def a_payee(*, company: Company, **particulars: str) -> CounterpartyAccount:
    """A payee account announced by one person and confirmed by another."""
    maker, admin = a_user(Role.MAKER, company=company), a_user(Role.ADMIN, company=company)
    account = a_staged_payee(maker=maker, **particulars)  # type: ignore[arg-type]  # text particulars
    decide(account, confirm=True, actor=admin, why="", in_use_since=long_ago())
    return account


def called_back(account: CounterpartyAccount, *, caller: User, confirmer: User) -> None:
    """The payee was called about its account and said yes; a second person confirmed the record."""
    call = Call(
        person_called="财务 王会计",
        telephone="0510-86001234",
        source="contract",
        called_at=clock.now(),
        answer="confirmed",
    )
    made = callbacks.record_call(
        account_id=account.pk, version=account.version, call=call, actor=caller
    )
    callbacks.decide_call(call_id=made.pk, confirm=True, actor=confirmer)


@transaction.atomic
def taken_live(*accounts: OwnAccount, operation: str = "pay_batch") -> None:
    """The clearing systems' rules laid down, and the accounts' companies and subjects live with that product."""
    banks.lay_down_banks()
    baseline.lay_down_routes()
    for account in accounts:
        baseline.take_live(
            account.company, account.gl_subject, operation=operation, source_note="测试"
        )


@transaction.atomic
def matrix_row(
    approvers: int = 0, *, low: str = "0", high: str | None = None, **values: Any
) -> Any:
    """A row of the approval matrix, in force since 2020: so many approvers, or the `steps` given."""
    dated = {name: values.pop(name) for name in ("valid_from", "valid_to") if name in values}
    asked = [[["approver"], approvers]] if approvers else []
    said = {"amount_from": low, "amount_below": high, "steps": asked} | values
    return matrix.lay_down_row(said, source_note="测试", **dated)


@transaction.atomic
def an_api_client(*, company: Company, rights: frozenset[str] | None = None) -> people.IssuedKey:
    """A calling system with a maker's rights, and its key."""
    maker = a_user(Role.MAKER, company=company)
    return people.issue_client(
        name=f"接口 {next_number()}",
        source_system="u8",
        companies=[company],
        rights=RIGHTS[Role.MAKER] if rights is None else rights,
        acts_for=maker,
    )
