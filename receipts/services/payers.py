"""Marks by which payers are known: written by hand, proven, revoked. What was learned stays to be looked up."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata import selectors as masterdata
from masterdata.checks import normalise_account, normalise_name
from receipts import selectors
from receipts.models import PayerKey

if TYPE_CHECKING:
    from masterdata.models import User

RIGHT = "receipts.review"
PROOF = "receipts.payer_proof"
PROOF_MAX = 5 * 1024 * 1024


def _normalised(kind: str, value: str) -> str:
    if kind == PayerKey.Kind.ACCOUNT:
        return normalise_account(value)
    if kind == PayerKey.Kind.NAME:
        return normalise_name(value)
    return unicodedata.normalize("NFKC", value).upper().strip()


@transaction.atomic(durable=True)
def write(*, kind: str, value: str, customer_code: str, actor: User, why: str) -> PayerKey:
    """A mark by hand: a reference (C1), an account (C2), the name of somebody who pays for the customer (C4).

    Raises NotAllowed, InvalidInput, Conflict (it is known of this customer).
    """
    masterdata.scope_of(actor).demand(RIGHT)
    if kind not in PayerKey.Kind.values:
        raise InvalidInput("请选择标识类别", "no such kind", field="kind")
    key = _normalised(kind, value)[:200]
    if len(key) < 4:
        raise InvalidInput("标识至少 4 个字符", "a mark has 4 characters or more", field="value")
    customer = masterdata.counterparty_by_code(customer_code.strip())
    if customer is None:
        raise InvalidInput("客户不存在", "unknown customer", field="customer_code")
    if not why.strip():
        raise InvalidInput("请填写依据", "a reason is wanted", field="why")
    row = (
        PayerKey.objects.select_for_update().filter(kind=kind, value=key, customer=customer).first()
    )
    if row is not None and row.revoked_at is None:
        raise Conflict("该标识已登记在此客户名下", "it is known of this customer", field="value")
    if row is None:
        row = PayerKey(kind=kind, value=key, customer=customer, hits=0)
    row.is_learned, row.made_by, row.why = False, actor, why.strip()[:200]
    row.revoked_at, row.revoked_by, row.last_used_at = None, None, clock.now()
    row.save()
    after = {"kind": kind, "value": key, "customer": customer.code}
    audit.record("receipts.payer.written", actor=actor, subject=row, after=after, why=row.why)
    return row


@transaction.atomic(durable=True)
def revoke(*, key_id: int, actor: User, why: str) -> PayerKey:
    """It names nobody from now on, and is not learned anew. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    scope = masterdata.scope_of(actor)
    row = selectors.get_payer(key_id, scope=scope, lock=True)
    scope.demand(RIGHT)
    if not why.strip():
        raise InvalidInput("请填写撤销原因", "a reason is wanted", field="why")
    if row.revoked_at is not None:
        raise Conflict("该标识已撤销", "revoked already")
    row.revoked_at, row.revoked_by, row.why = clock.now(), actor, why.strip()[:200]
    row.save(update_fields=["revoked_at", "revoked_by", "why"])
    audit.record("receipts.payer.revoked", actor=actor, subject=row, why=row.why)
    return row


@transaction.atomic(durable=True)
def prove(*, key_id: int, name: str, data: bytes, actor: User) -> PayerKey:
    """File the proof that somebody pays for the customer (代付证明): such a payer is certain from now on.

    Raises NotFound, NotAllowed, InvalidInput (empty, too large), Conflict (no payer's name, revoked, or the same file twice).
    """
    scope = masterdata.scope_of(actor)
    row = selectors.get_payer(key_id, scope=scope, lock=True)
    scope.demand(RIGHT)
    if not 0 < len(data) <= PROOF_MAX:
        raise InvalidInput("证明文件应在 5 MB 以内", "a file of at most 5 MB", field="proof")
    if row.kind != PayerKey.Kind.NAME or row.revoked_at is not None:
        raise Conflict("只有代付人的户名需要证明", "only payers for others are proven")
    file = desk.store_file(purpose=f"{PROOF}.{row.pk}", name=name, data=data, user_id=actor.pk)
    row.has_proof, row.proof_file_id = True, file.pk
    row.save(update_fields=["has_proof", "proof_file_id"])
    audit.record(
        "receipts.payer.proven",
        actor=actor,
        subject=row,
        after={"file": name, "sha256": file.sha256},
    )
    return row
