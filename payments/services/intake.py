"""Judged rows become orders: the look-ups a list is judged by, and the steps that draft and submit its good rows.

Shared by payment lists (imports) and by finance systems that call in (erpbridge): one set of rules for both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kernel import clock
from kernel.errors import Conflict, DomainError, InvalidInput, NotFound
from kernel.scope import Scope
from masterdata import checks
from masterdata import selectors as master
from masterdata.services.payees import PayeeProposal, stage_payees
from masterdata.states import PayeeState
from payments import import_cells as cells
from payments import import_selectors as selectors
from payments.content import OrderRequest
from payments.import_facts import AccountFact, BankLimits, Known, OrderKey, PayeeFact, Row
from payments.inforce import InForce
from payments.models import PaymentOrder
from payments.selectors import lock_orders
from payments.services.deciding import submit_drafts
from payments.services.drafting import RequestRefused, draft_orders
from payments.services.refusals import Held
from payments.states import OrderState

if TYPE_CHECKING:
    from masterdata.models import User

Sheet = Sequence[tuple[int, Mapping[str, cells.Cell]]]


def _texts(rows: Iterable[tuple[int, Mapping[str, cells.Cell]]], column: str) -> set[str]:
    return {text for _, row in rows if (text := cells.text_of(row.get(column)))}


def _limits(slugs: Iterable[str]) -> dict[str, BankLimits]:
    limits = {}
    for slug in slugs:
        try:
            profile = master.bank_profile(slug)
        except NotFound:
            continue
        lengths = {
            name: (int(most), str(unit)) for name, (most, unit) in profile.field_limits.items()
        }
        limits[slug] = BankLimits(lengths, dict(profile.forbidden))
    return limits


def known_for(rows: Sheet, *, scope: Scope, right: str) -> Known:
    """Look up everything these rows mention, a few queries for all; companies are those the caller has `right` for."""
    may = scope.companies_with(right)
    companies = {
        company.code: company.pk
        for company in master.visible_companies(scope).filter(
            pk__in=may, code__in=_texts(rows, cells.COMPANY), is_active=True
        )
    }
    numbers = {checks.normalise_account(text) for text in _texts(rows, cells.PAYER)}
    own = list(master.visible_accounts(scope).filter(company_id__in=may, number__in=numbers))
    rules = InForce()
    accounts = {
        account.number: AccountFact(
            account_id=account.pk,
            company_code=account.company.code,
            currency=account.currency,
            bank_slug=account.bank.slug,
            cnaps=account.cnaps,
            is_payable=account.is_active and account.is_direct_link,
            is_frozen=account.is_frozen,
        )
        for account in own
    }
    codes = _texts(rows, cells.PAYEE_CODE)
    payees = {
        key: PayeeFact(
            row.pk, row.name, row.bank_name, row.cnaps, row.state == PayeeState.CONFIRMED
        )
        for key, row in master.payee_accounts(codes).items()
    }
    partners = master.visible_counterparties(scope).filter(code__in=codes)
    branches = {text.replace(" ", "") for text in _texts(rows, cells.CNAPS)}
    return Known(
        today=clock.today(),
        companies=companies,
        accounts=accounts,
        payees=payees,
        counterparties=dict(partners.values_list("code", "name")),
        branches=master.known_branches(branches),
        banks={
            prefix: bank.name
            for prefix in {text[:3] for text in branches}
            if (bank := master.bank_by_prefix(prefix)) is not None
        },
        orders=_orders_there(_texts(rows, cells.DOC_NO), companies),
        limits=_limits({fact.bank_slug for fact in accounts.values()}),
        now=clock.now(),
        terms={account.pk: rules.terms(account) for account in own},
    )


def _orders_there(numbers: set[str], companies: Mapping[str, int]) -> dict[OrderKey, str]:
    code_of = {pk: code for code, pk in companies.items()}
    found = selectors.orders_of_documents(numbers, company_ids=code_of)
    return {
        (
            code_of[order.company_id],
            order.erp_doc_type,
            order.erp_doc_no,
            order.erp_line_no,
        ): order.order_no
        for order in found
    }


def new_payees(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The payee accounts good rows name and the master data lacks, each once."""
    announced: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row.is_new_payee and not row.faults:
            key = (row.text[cells.PAYEE_CODE], row.text[cells.PAYEE_NUMBER])
            announced.setdefault(
                key,
                {
                    "code": key[0],
                    "number": key[1],
                    "name": row.text[cells.PAYEE_NAME],
                    "bank": row.text[cells.PAYEE_BANK],
                    "cnaps": row.text[cells.CNAPS],
                },
            )
    return list(announced.values())


def stage_announced(announced: Sequence[Mapping[str, str]], *, actor: object, note: str) -> None:
    """Step: stage announced payees; another person confirms them before the first payment."""
    stage_payees(
        proposals=[
            PayeeProposal(
                code=payee["code"],
                name=payee["name"],
                number=payee["number"],
                bank_name=payee["bank"] or _bank_of(payee["cnaps"]),
                cnaps=payee["cnaps"],
            )
            for payee in announced
        ],
        actor=actor,
        source_note=note[:120],
    )


def _bank_of(cnaps: str) -> str:
    bank = master.bank_by_prefix(cnaps[:3])
    return bank.name if bank else f"行别 {cnaps[:3]}"


def _request(row: Row, *, registered: str, source: str, import_set_id: int | None) -> OrderRequest:
    text = row.text
    if row.amount is None or row.wish_date is None:
        raise InvalidInput("此行没有金额或日期", "the row has no amount or date", row=row.row)
    return OrderRequest(
        company_code=text[cells.COMPANY],
        payer_number=checks.normalise_account(text[cells.PAYER]),
        payee_number=text[cells.PAYEE_NUMBER],
        payee_name=registered,  # a differing spelling was shown as a warning
        payee_code=text[cells.PAYEE_CODE],
        payee_bank=text[cells.PAYEE_BANK],
        payee_cnaps=text[cells.CNAPS],
        amount=row.amount,
        currency=text[cells.CURRENCY].upper(),
        wish_date=row.wish_date,
        purpose=text[cells.PURPOSE],
        remark=text[cells.REMARK],
        is_urgent=row.is_urgent,
        invoice_no=text[cells.INVOICE],
        gl_subject=text[cells.SUBJECT],
        cash_flow_item=text[cells.CASH_FLOW],
        source_system=source,
        erp_doc_type=text[cells.DOC_TYPE],
        erp_doc_no=text[cells.DOC_NO],
        erp_line_no=text[cells.LINE_NO] or "1",
        import_set_id=import_set_id,
        import_row=row.row if import_set_id else None,
    )


def create_orders(
    good: Sequence[Row], *, maker: User, scope: Scope, source: str, import_set_id: int | None = None
) -> list[tuple[Row, PaymentOrder]]:
    """Step: draft and submit an order for each row; hits of duplicate rules leave it on hold, anything else stops all.

    A row whose document line already became the very same order gives that order. Raises Conflict naming the row.
    """
    payees = master.payee_accounts({row.text[cells.PAYEE_CODE] for row in good})
    requests = [
        _request(
            row,
            registered=payees[(row.text[cells.PAYEE_CODE], row.text[cells.PAYEE_NUMBER])].name,
            source=source,
            import_set_id=import_set_id,
        )
        for row in good
    ]
    try:
        orders = draft_orders(requests=requests, maker=maker, scope=scope)
    except RequestRefused as error:
        raise RowRefused(good[error.place], error.refusal) from error
    made = list(zip(good, orders, strict=True))
    _submit({order.pk: row for row, order in made if order.state == OrderState.DRAFT}, maker, scope)
    return made


def _submit(row_of: Mapping[int, Row], maker: User, scope: Scope) -> None:
    drafts = list(lock_orders(row_of, scope=scope).values())
    for pk, refusal in submit_drafts(drafts, actor=maker, scope=scope).items():
        if not isinstance(refusal, Held):
            raise RowRefused(row_of[pk], refusal)


def shown_states(order_ids: Collection[int]) -> dict[int, str]:
    """What each of these orders shows now, after it was submitted. System look-up: the caller made them."""
    rows = PaymentOrder.objects.filter(pk__in=order_ids)
    return dict(rows.values_list("pk", "shown_state"))


class RowRefused(Conflict):
    """A row of a list that stops all of it; `refusal` is what is wrong with the row alone."""

    def __init__(self, row: Row, refusal: DomainError) -> None:
        super().__init__(
            f"第 {row.row} 行：{refusal.message}（整个清单未导入）",
            f"row {row.row}: {refusal.message_en}",
            code=refusal.code,
            field=refusal.field,
            row=row.row,
        )
        self.refusal = refusal
