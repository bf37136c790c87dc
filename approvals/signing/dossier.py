"""Decisions, signatures, keys and pages of a case as plain values, for an evidence bundle: nothing secret is among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from approvals.models import Decision, StandingRelease
from approvals.signing import trust
from approvals.signing.models import Signature, SigningKey
from approvals.signing.signers import shown_aad
from approvals.signing.statements import when
from kernel import seal, vault


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "id": row.pk,
        "act": row.act,
        "step": row.step,
        "case": row.case_id,
        "content": row.digest,
        "person": row.person_key,
        "name": str(row.user),
        "at": when(row.at),
        "note": row.note,
        "statement": row.statement,
        "path": row.path,
        "is_void": row.case.voided_at is not None,
    }


def _standing(row: StandingRelease) -> dict[str, Any]:
    """A release under a mandate, and what its releaser signed."""
    signed = row.authority.signed
    return {
        "id": row.pk,
        "statement": row.statement,
        "point": bytes(row.point).hex(),
        "signature": bytes(row.signature).hex(),
        "mandate": {"statement": signed.statement, "path": signed.path, "name": str(signed.user)},
    }


def _key(row: SigningKey) -> dict[str, Any]:
    return {
        **trust.facts_of(row),
        "name": str(row.user),
        "state": row.state,
        "distrusted_from": when(row.distrusted_from) if row.distrusted_from else "",
        "certificate": row.certificate,
        "certificate_signature": bytes(row.certificate_signature).hex(),
    }


def of_cases(case_ids: Iterable[int]) -> dict[str, Any]:
    """What the people of these cases signed and with which keys. System look-up: the caller has scoped the subject."""
    rows = Decision.objects.filter(case_id__in=list(case_ids)).select_related("case", "user")
    decisions = list(rows.order_by("pk"))
    mandates = list(
        StandingRelease.objects.filter(case_id__in=list(case_ids)).select_related(
            "authority__signed"
        )
    )
    made = {row.signature_id for row in decisions if row.signature_id}
    made |= {row.authority.signed.signature_id for row in mandates}
    signatures = list(Signature.objects.filter(pk__in=made))
    keys = {
        key.pk: key
        for key in SigningKey.objects.filter(pk__in={one.key_id for one in signatures})
        .defer("box")
        .select_related("user", "registrar__user")
    }
    everybody = {key.fingerprint: key for key in keys.values()}
    everybody |= {
        key.registrar.fingerprint: key.registrar for key in keys.values() if key.registrar
    }
    pinned = trust.registrars()
    return {
        "decisions": [_decision(row) for row in decisions],
        "standing": [_standing(row) for row in mandates],
        "signatures": [
            {
                "root": one.root,
                "signature": bytes(one.signature).hex(),
                "key": keys[one.key_id].fingerprint,
                "at": when(one.at),
            }
            for one in signatures
        ],
        "keys": [_key(key) for _, key in sorted(everybody.items())],
        "registrars": sorted(name for name in everybody if name in pinned),
        "pages": {seal.digest(page): page for page in map(_page, signatures) if page},
    }


def _page(signature: Signature) -> bytes:
    if not signature.shown:
        return b""
    return vault.ring().decrypt(bytes(signature.shown), aad=shown_aad(signature.root))
