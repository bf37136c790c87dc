"""Own bank accounts: made and edited by one person; the direct-link switch and unfreezing go through two (changes)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from audit.services import record
from kernel.errors import Conflict, InvalidInput
from kernel.scope import Scope
from masterdata import checks, selectors
from masterdata.models import Connection, OwnAccount, User
from masterdata.selectors import scope_of
from masterdata.services.companies import CURRENCY

_SUBJECT = re.compile(r"[0-9]{4}[0-9.]{0,11}")


@dataclass(frozen=True)
class AccountDraft:
    """What a person says of an own account; the bank follows from the CNAPS code."""

    company_id: int
    cnaps: str
    branch_name: str
    number: str
    name: str
    gl_subject: str
    kind: str = OwnAccount.Kind.GENERAL
    currency: str = "CNY"
    branch_code: str = ""
    connection_id: int | None = None
    is_active: bool = True

    def checked(self) -> AccountDraft:
        """The same, normalised; raises InvalidInput."""
        if self.kind not in OwnAccount.Kind.values:
            raise InvalidInput("账户性质不正确", "unknown account kind", field="kind")
        if not CURRENCY.fullmatch(self.currency):
            raise InvalidInput(
                "币种应为三位大写字母", "currency has three letters", field="currency"
            )
        subject = self.gl_subject.strip()
        if not _SUBJECT.fullmatch(subject):
            raise InvalidInput(
                "会计科目应为 4 至 15 位数字，可用点分级", "bad GL subject", field="gl_subject"
            )
        branch_code = self.branch_code.strip()
        if branch_code and not (
            branch_code.isalnum() and branch_code.isascii() and len(branch_code) <= 20
        ):
            raise InvalidInput(
                "银行机构号应为 20 位以内的字母或数字", "bad branch code", field="branch_code"
            )
        return AccountDraft(
            company_id=self.company_id,
            cnaps=checks.check_cnaps(self.cnaps),
            branch_name=checks.clean_name(self.branch_name, field="branch_name"),
            number=checks.check_account(self.number),
            name=checks.clean_name(self.name),
            gl_subject=subject,
            kind=self.kind,
            currency=self.currency,
            branch_code=branch_code,
            connection_id=self.connection_id,
            is_active=self.is_active,
        )


def _values(clean: AccountDraft) -> dict[str, Any]:
    bank = selectors.bank_by_prefix(clean.cnaps)
    if bank is None:
        raise InvalidInput(
            f"联行号前三位 {clean.cnaps[:3]} 不是已知银行", "unknown bank prefix", field="cnaps"
        )
    connection = None
    if clean.connection_id is not None:
        connection = Connection.objects.filter(pk=clean.connection_id).first()
    if connection is not None and connection.bank_slug != bank.slug:
        raise InvalidInput(
            "银行连接与开户银行不一致", "the connection is another bank's", field="connection"
        )
    values = asdict(clean)
    del values["connection_id"]
    name_and_branch = f"{clean.name}{clean.branch_name}"
    return {
        **values,
        "bank": bank,
        "connection": connection,
        "pinyin": checks.pinyin_of(name_and_branch),
    }


def _require_single_basic(clean: AccountDraft, *, but: int = 0) -> None:
    if clean.kind != OwnAccount.Kind.BASIC or not clean.is_active:
        return
    others = OwnAccount.objects.filter(
        company_id=clean.company_id, kind=OwnAccount.Kind.BASIC, is_active=True
    )
    if others.exclude(pk=but).exists():
        raise InvalidInput(
            "一家公司只能有一个基本户", "the company has a basic account", field="kind"
        )


def add_account(*, draft: AccountDraft, actor: Any, is_direct_link: bool = False) -> OwnAccount:
    """Make an own account (a step). Raises InvalidInput, Conflict when the number is taken."""
    clean = draft.checked()
    if OwnAccount.objects.filter(number=clean.number).exists():
        raise Conflict(f"账号 {clean.number} 已登记", "the account number is taken")
    _require_single_basic(clean)
    account = OwnAccount.objects.create(**_values(clean), is_direct_link=is_direct_link)
    record("masterdata.account.created", actor=actor, subject=account, after=asdict(clean))
    return account


@transaction.atomic(durable=True)
def create_account(*, draft: AccountDraft, actor: User) -> OwnAccount:
    """Make an own account, not direct-linked. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    scope = scope_of(actor)
    selectors.get_company(draft.company_id, scope=scope)
    scope.demand("masterdata.edit", draft.company_id)
    return add_account(draft=draft, actor=actor)


@transaction.atomic(durable=True)
def edit_account(*, account_id: int, version: int, draft: AccountDraft, actor: User) -> OwnAccount:
    """Change what one person may change: neither number, company nor switches.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput, Conflict (a linked account keeps its bank data).
    """
    scope = scope_of(actor)
    account = _editable(account_id, scope, lock=True)
    account.require_version(version)
    clean = draft.checked()
    if (clean.number, clean.company_id) != (account.number, account.company_id):
        raise InvalidInput(
            "账号与所属公司不能修改", "number and company never change", field="number"
        )
    before = {name: getattr(account, name) for name in asdict(clean)}
    guarded = ("cnaps", "name", "currency", "branch_code", "connection_id", "is_active")
    if account.is_direct_link and any(before[name] != getattr(clean, name) for name in guarded):
        raise Conflict(
            "账户已开通银企直联，请先申请关闭直联再修改银行资料", "switch the direct link off first"
        )
    _require_single_basic(clean, but=account.pk)
    for name, value in _values(clean).items():
        setattr(account, name, value)
    account.save_changes()
    record(
        "masterdata.account.edited",
        actor=actor,
        subject=account,
        before=before,
        after=asdict(clean),
    )
    return account


def _editable(account_id: int, scope: Scope, *, lock: bool = False) -> OwnAccount:
    account = selectors.get_account(account_id, scope=scope, lock=lock)
    scope.demand("masterdata.edit", account.company_id)
    return account


def freeze_account(*, account_id: int, why: str, actor: Any = None) -> None:
    """Stop everything outbound from an account at once (a step); two people lift it again."""
    account = selectors.lock_account(account_id)
    if account.is_frozen:
        return
    account.is_frozen = True
    account.save_changes(["is_frozen"])
    record("masterdata.account.frozen", actor=actor, subject=account, why=why)
