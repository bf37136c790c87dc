"""Lists of own accounts: what a group starts with. Read and judged by row, then made one by one as a person makes them."""

from __future__ import annotations

from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from masterdata import checks, selectors
from masterdata.models import OwnAccount, User
from masterdata.selectors import scope_of
from masterdata.services.accounts import AccountDraft, add_account
from masterdata.services.tables import Preview, rows_of

ACCOUNT_HEADS = {
    "company_id": ("公司代码", "公司", "company"),
    "number": ("账号", "银行账号", "number"),
    "name": ("户名", "账户名称", "name"),
    "cnaps": ("联行号", "开户行联行号", "行号", "cnaps"),
    "branch_name": ("开户行", "开户银行", "开户行名称", "branch"),
    "gl_subject": ("科目", "会计科目", "subject"),
    "kind": ("账户性质", "性质", "kind"),
    "currency": ("币种", "currency"),
    "branch_code": ("银行机构号", "机构号"),
}
_MUST = ("company_id", "number", "name", "cnaps", "branch_name", "gl_subject")


def _kinds() -> dict[str, str]:
    return {str(label): value for value, label in OwnAccount.Kind.choices} | {
        value: value for value in OwnAccount.Kind.values
    }


def _draft(row: dict[str, str], companies: dict[str, int]) -> AccountDraft:
    if row["company_id"] not in companies:
        raise InvalidInput(
            f"公司代码 {row['company_id']} 不存在或您无权维护",
            "unknown company",
            field="company_id",
        )
    kind = row.get("kind") or OwnAccount.Kind.GENERAL.value
    if kind not in (known := _kinds()):
        raise InvalidInput(f"账户性质“{kind}”不正确", "unknown account kind", field="kind")
    draft = AccountDraft(
        company_id=companies[row["company_id"]],
        cnaps=row["cnaps"],
        branch_name=row["branch_name"],
        number=row["number"],
        name=row["name"],
        gl_subject=row["gl_subject"],
        kind=known[kind],
        currency=row.get("currency") or "CNY",
        branch_code=row.get("branch_code", ""),
    )
    return draft.checked()


def _editable(scope: Scope) -> dict[str, int]:
    """Companies of the viewer whose accounts they may make, by code."""
    allowed = scope.companies_with("masterdata.edit")
    rows = selectors.visible_companies(scope).filter(pk__in=allowed)
    return dict(rows.values_list("code", "pk"))


def read_accounts(data: bytes, filename: str, scope: Scope) -> Preview:
    """Judge every row of a list of own accounts. Raises InvalidInput when it cannot be read at all."""
    preview, companies = Preview(), _editable(scope)
    taken = set(OwnAccount.objects.values_list("number", flat=True))
    basic = set(
        OwnAccount.objects.filter(kind=OwnAccount.Kind.BASIC, is_active=True).values_list(
            "company_id", flat=True
        )
    )
    for number, row in rows_of(data, filename, ACCOUNT_HEADS, _MUST):
        preview.rows += 1
        try:
            draft = _draft(row, companies)
            if draft.number in taken:
                raise InvalidInput(f"账号 {draft.number} 已登记或在文件中重复", field="number")
            if draft.kind == OwnAccount.Kind.BASIC and draft.company_id in basic:
                raise InvalidInput("一家公司只能有一个基本户", field="kind")
            if selectors.bank_by_prefix(draft.cnaps) is None:
                raise InvalidInput(f"前三位 {draft.cnaps[:3]} 不是已知银行", field="cnaps")
        except DomainError as error:
            column = ACCOUNT_HEADS.get(error.field, (error.field,))[0]
            preview.faults.append((number, column, error.message))
            continue
        taken.add(draft.number)
        basic |= {draft.company_id} if draft.kind == OwnAccount.Kind.BASIC else set()
        preview.good.append({**row, "number": checks.check_account(row["number"])})
        preview.new += 1
    return preview


def write_accounts(preview: Preview, actor: User) -> None:
    """Make the accounts of the good rows; none of them is direct-linked, that takes two people each."""
    companies = _editable(scope_of(actor))
    for row in preview.good:
        add_account(draft=_draft(row, companies), actor=actor)
