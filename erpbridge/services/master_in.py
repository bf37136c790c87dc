"""Suppliers, customers and subjects from the finance system: versioned, with origin; accounts staged for another person to
confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import MASTER_FIELDS, ItemReply, fault
from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.services.counterparties import CounterpartyDraft, take_from_erp
from masterdata.services.payees import PayeeProposal, stage_payees
from masterdata.services.subjects import take_subject

if TYPE_CHECKING:
    from masterdata.models import ApiClient


SUBJECT = "subject"


def _shape(row: int, item: object) -> list[dict[str, Any]]:
    if not isinstance(item, Mapping):
        return [fault("items", row, "not_an_object", "每一项应为对象", "each item is an object")]
    found = [
        fault(str(name), row, "unknown_field", f"未知字段 {name}", f"unknown field {name}")
        for name in item
        if name not in MASTER_FIELDS
    ]
    return found + [
        fault(name, row, "not_a_text", f"{name} 应为字符串", "a string is wanted")
        for name, value in item.items()
        if name in MASTER_FIELDS and value is not None and not isinstance(value, str)
    ]


def dry_run(scope: Scope, items: Sequence[Any]) -> dict[int, list[dict[str, Any]]]:
    """What is wrong with the shape of each item, by its row; nothing is taken."""
    found = {row: _shape(row, item) for row, item in enumerate(items, 1)}
    return {row: errors for row, errors in found.items() if errors}


def take_each(client: ApiClient, scope: Scope, items: Sequence[Any]) -> list[ItemReply]:
    """Each item on its own: OK where something was made or changed, DUP where all stood so, ERR with its fault.

    Raises NotAllowed for a client that may not announce payees.
    """
    scope.demand("payees.propose")
    replies = []
    for row, item in enumerate(items, 1):
        errors = _shape(row, item)
        if errors:
            replies.append(ItemReply(row, "ERR", errors=tuple(errors)))
            continue
        try:
            with transaction.atomic():
                replies.append(_take(client, scope, row, item))
        except DomainError as refusal:
            error = fault(refusal.field, row, refusal.code, refusal.message, refusal.message_en)
            replies.append(ItemReply(row, "ERR", errors=(error,)))
    return replies


def _take_subject(client: ApiClient, scope: Scope, row: int, text: Mapping[str, str]) -> ItemReply:
    company = masterdata.visible_companies(scope).filter(code=text["company_code"]).first()
    if company is None:
        raise InvalidInput(
            "公司代码不存在", "unknown company", code="company_unknown", field="company_code"
        )
    subject, has_changed = take_subject(
        company=company,
        code=text["code"],
        name=text["name"],
        actor=client,
        origin=client.source_system,
    )
    return ItemReply(row, "OK" if has_changed else "DUP", subject.code)


def _take(client: ApiClient, scope: Scope, row: int, item: Mapping[str, str]) -> ItemReply:
    text = {name: (item.get(name) or "").strip() for name in MASTER_FIELDS}
    if text["kind"] == SUBJECT:
        return _take_subject(client, scope, row, text)
    draft = CounterpartyDraft(
        code=text["code"],
        name=text["name"],
        kind=text["kind"] or "supplier",
        uscc=text["uscc"],
    )
    partner, has_changed = take_from_erp(draft=draft, actor=client, origin=client.source_system)
    if text["account"]:
        number = text["account"]
        before = masterdata.payee_accounts([partner.code])
        staged = stage_payees(
            proposals=[
                PayeeProposal(
                    code=partner.code,
                    name=text["account_name"] or text["name"],
                    number=number,
                    bank_name=text["bank"] or _bank_of(text["cnaps"]),
                    cnaps=text["cnaps"],
                )
            ],
            actor=client,
            source_note=client.display_name,
            origin=client.source_system,
        )
        has_changed |= not set(staged) <= set(before)
    return ItemReply(row, "OK" if has_changed else "DUP", partner.code)


def _bank_of(cnaps: str) -> str:
    bank = masterdata.bank_by_prefix(cnaps[:3])
    return bank.name if bank else f"行别 {cnaps[:3]}"
