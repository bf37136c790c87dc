"""Companies of the group: made, edited, moved within the tree."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from audit.services import record
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata import checks, selectors
from masterdata.models import Company, User
from masterdata.selectors import scope_of
from masterdata.services.people_admin import demand_no_clash_in_tree

_CODE = re.compile(r"[0-9A-Za-z_-]{1,20}")
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class CompanyDraft:
    """What a person says of a company; `parent_id` is None for a head of a group."""

    code: str
    name: str
    short_name: str
    uscc: str = ""
    parent_id: int | None = None
    currency: str = "CNY"
    is_active: bool = True

    def checked(self) -> CompanyDraft:
        """The same, normalised; raises InvalidInput."""
        code = self.code.strip()
        if not _CODE.fullmatch(code):
            raise InvalidInput(
                "公司代码应为 1 至 20 位字母、数字、连字符或下划线",
                "bad company code",
                field="code",
            )
        if not CURRENCY.fullmatch(self.currency):
            raise InvalidInput(
                "币种应为三位大写字母", "currency has three letters", field="currency"
            )
        return CompanyDraft(
            code=code,
            name=checks.clean_name(self.name),
            short_name=checks.clean_name(self.short_name, field="short_name", length_max=40),
            uscc=checks.check_uscc(self.uscc) if self.uscc.strip() else "",
            parent_id=self.parent_id,
            currency=self.currency,
            is_active=self.is_active,
        )


def add_company(*, draft: CompanyDraft, actor: Any) -> Company:
    """Make a company below its parent (a step). Raises InvalidInput, Conflict when the code is taken."""
    clean = draft.checked()
    if Company.objects.filter(code=clean.code).exists():
        raise Conflict(f"公司代码 {clean.code} 已存在", "the company code is taken")
    parent = Company.objects.filter(pk=clean.parent_id).first() if clean.parent_id else None
    company = Company.objects.create(**asdict(clean), pinyin=_pinyin(clean), path="/")
    company.path = f"{parent.path if parent else '/'}{company.pk}/"
    Company.objects.filter(pk=company.pk).update(path=company.path)
    record("masterdata.company.created", actor=actor, subject=company, after=asdict(clean))
    return company


def _pinyin(draft: CompanyDraft) -> str:
    return f"{checks.pinyin_of(draft.name, 220)} {checks.pinyin_of(draft.short_name, 79)}"


@transaction.atomic(durable=True)
def create_company(*, draft: CompanyDraft, actor: User) -> Company:
    """Make a company; raises NotAllowed without `masterdata.edit` for the parent, InvalidInput, Conflict."""
    scope = scope_of(actor)
    if draft.parent_id is None:
        raise InvalidInput("请选择上级公司", "a parent company is wanted", field="parent")
    selectors.get_company(draft.parent_id, scope=scope)
    scope.demand("masterdata.edit", draft.parent_id)
    return add_company(draft=draft, actor=actor)


def _move(company: Company, parent: Company | None) -> None:
    """Hang a company and everything below it under another parent."""
    if parent is not None and parent.path.startswith(company.path):
        raise InvalidInput(
            "上级公司不能是自己或下级公司", "the tree would have a loop", field="parent"
        )
    old, new = company.path, f"{parent.path if parent else '/'}{company.pk}/"
    if old == new:
        return
    Company.objects.filter(path__startswith=old).update(
        path=Concat(Value(new), Substr("path", len(old) + 1))
    )
    company.path, company.parent = new, parent


@transaction.atomic(durable=True)
def edit_company(*, company_id: int, version: int, draft: CompanyDraft, actor: User) -> Company:
    """Change a company (its code stays). Raises NotFound, NotAllowed, StaleVersion, InvalidInput."""
    scope = scope_of(actor)
    company = selectors.get_company(company_id, scope=scope, lock=True)
    scope.demand("masterdata.edit", company_id)
    company.require_version(version)
    clean = draft.checked()
    if clean.code != company.code:
        raise InvalidInput("公司代码不能修改", "a company code never changes", field="code")
    before = {name: getattr(company, name) for name in asdict(clean)}
    if clean.parent_id != company.parent_id:
        if clean.parent_id is None or company.parent_id is None:
            raise NotAllowed("集团总部的层级不能修改", "the head of the group stays where it is")
        parent = selectors.get_company(clean.parent_id, scope=scope, lock=True)
        scope.demand("masterdata.edit", parent.pk)
        _move(company, parent)
        demand_no_clash_in_tree()
    for name in ("name", "short_name", "uscc", "currency", "is_active"):
        setattr(company, name, getattr(clean, name))
    company.pinyin = _pinyin(clean)
    company.save_changes()
    record(
        "masterdata.company.edited",
        actor=actor,
        subject=company,
        before=before,
        after=asdict(clean),
    )
    return company
