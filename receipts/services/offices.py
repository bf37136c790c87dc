"""Sales offices (S22): written by one person of head office, in force once another agrees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Model

from audit import services as audit
from kernel.errors import InvalidInput
from masterdata import people_selectors
from masterdata import selectors as masterdata
from masterdata.checks import check_account
from masterdata.services import changes
from receipts import office_selectors
from receipts.models import OfficeCustomer, SalesOffice

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

KIND = "receipts.office"
PROPOSE, DECIDE = "receipts.arrange", "receipts.arrange_decide"


@dataclass(frozen=True, kw_only=True)
class OfficeDraft:
    """An office as a person writes it; `office_id` names the one that changes."""

    company_id: int
    code: str
    name: str
    account_id: int | None = None
    card_number: str = ""
    card_holder: str = ""
    partner_code: str = ""
    customer_codes: Sequence[str] = ()
    people: Sequence[int] = ()
    is_active: bool = True
    office_id: int | None = None


def _clean(draft: OfficeDraft, actor: User) -> dict[str, Any]:
    """What the proposal will say, as JSON values; raises InvalidInput naming the field."""
    scope = masterdata.scope_of(actor)
    company = masterdata.get_company(draft.company_id, scope=scope)
    said = asdict(draft) | {"code": draft.code.strip().upper(), "name": draft.name.strip()}
    for name, word, most in (("code", "办事处编码", 20), ("name", "办事处名称", 60)):
        if not 0 < len(said[name]) <= most:
            raise InvalidInput(f"{word}应为 1 至 {most} 个字符", f"{name} is wanted", field=name)
    if draft.account_id is not None:
        account = masterdata.get_account(draft.account_id, scope=scope)
        if account.company_id != company.pk:
            raise InvalidInput(
                "收款账户不是该公司的账户", "not the company's account", field="account"
            )
    said["card_number"] = check_account(draft.card_number) if draft.card_number.strip() else ""
    said["card_holder"] = draft.card_holder.strip()[:60]
    said["partner_code"] = draft.partner_code.strip()
    codes = list(dict.fromkeys(code.strip() for code in draft.customer_codes if code.strip()))
    for code in [*codes, *([said["partner_code"]] if said["partner_code"] else [])]:
        if masterdata.counterparty_by_code(code) is None:
            raise InvalidInput(
                f"往来单位「{code}」不存在", "unknown counterparty", field="customers"
            )
    allowed = set(people_selectors.people_with("receipts.supplement", company.pk))
    if not set(draft.people) <= allowed:
        raise InvalidInput(
            "所选人员没有该公司的补录权限", "not people who supplement", field="people"
        )
    said["customer_codes"], said["people"] = codes, sorted(set(draft.people))
    taken = office_selectors.office_by_code(said["code"])
    if taken is not None and taken.pk != draft.office_id:
        raise InvalidInput(f"办事处编码 {said['code']} 已使用", "the code is taken", field="code")
    return said


@transaction.atomic(durable=True)
def propose(*, draft: OfficeDraft, actor: User) -> StagedChange:
    """Propose a new office, or new particulars of one. Raises NotFound, NotAllowed, InvalidInput, Conflict (one waits)."""
    scope = masterdata.scope_of(actor)
    before: dict[str, Any] = {}
    if draft.office_id is not None:
        held = office_selectors.get_office(draft.office_id, scope=scope, lock=True)
        scope.demand(PROPOSE, held.company_id)
        before = plain(held)
    scope.demand(PROPOSE, draft.company_id)
    said = _clean(draft, actor)
    return changes.stage(
        KIND,
        subject_id=draft.office_id or f"new:{said['code']}",
        company_id=draft.company_id,
        title=f"销售办事处 {said['code']} {said['name']}",
        before=before,
        after=said,
        actor=actor,
    )


def plain(office: SalesOffice) -> dict[str, Any]:
    """An office as a proposal says it."""
    return {
        "company_id": office.company_id,
        "code": office.code,
        "name": office.name,
        "account_id": office.account_id,
        "card_number": office.card_number,
        "card_holder": office.card_holder,
        "partner_code": office.partner.code if office.partner else "",
        "customer_codes": sorted(
            office.customers.values_list("customer__code", flat=True).order_by("customer__code")
        ),
        "people": sorted(office.people.values_list("pk", flat=True)),
        "is_active": office.is_active,
        "office_id": office.pk,
    }


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """The second person takes a proposal into force or refuses it. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    return settle(KIND, write, change_id=change_id, accept=accept, actor=actor, why=why)


def settle(
    kind: str,
    write: Callable[[dict[str, Any]], Model],
    *,
    change_id: int,
    accept: bool,
    actor: User,
    why: str,
) -> StagedChange:
    """Step: the second person's word on a proposal of this kind; what is agreed is written at once."""
    change = changes.settle(
        change_id, kinds=[kind], right=DECIDE, accept=accept, actor=actor, why=why
    )
    if accept:
        audit.record(
            f"{kind}.accepted",
            actor=actor,
            subject=write(change.after),
            before=change.before,
            after=change.after,
            why=why,
        )
    return change


def write(said: dict[str, Any]) -> SalesOffice:
    """Step: the office as agreed; without people on an installation's first day and in its demo."""
    office = (
        SalesOffice(company_id=said["company_id"])
        if said.get("office_id") is None
        else SalesOffice.objects.select_for_update().get(pk=said["office_id"])
    )
    for name in ("code", "name", "account_id", "card_number", "card_holder", "is_active"):
        setattr(office, name, said[name])
    office.partner = masterdata.counterparty_by_code(said["partner_code"])
    if office.pk is None:
        office.save(force_insert=True)
    else:
        office.save_changes()
    office.people.set(said["people"])
    OfficeCustomer.objects.filter(office=office).delete()
    OfficeCustomer.objects.bulk_create(
        OfficeCustomer(office=office, customer=customer)
        for code in said["customer_codes"]
        if (customer := masterdata.counterparty_by_code(code)) is not None
    )
    return office
