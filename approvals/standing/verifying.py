"""What a release under a standing mandate is worth: the platform's signature, the mandate it names, and whoever signed that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from approvals.models import Decision
from approvals.signing import platform, trust
from approvals.signing import verifying as people
from approvals.signing.proof import PublicKey, proves
from approvals.signing.verifying import Proven, Unproven, Verdict
from approvals.standing.models import StandingAuthority, StandingRelease, StandingSignature
from audit.row_verifying import touched
from kernel import clock, seal
from kernel.dated import in_force

MESSAGE = b"yqlink.standing.v1\x00"
TABLES = (
    "approvals.standingauthority",
    "approvals.standingsignature",
    "approvals.standingstop",
)
TOUCHED = "a row of the mandates was changed, put in or deleted outside the platform"


def verify_cases(case_ids: Iterable[int]) -> dict[int, Verdict]:
    """The verdict on each case: on its people's decisions, or where there are none, on its release under a mandate.

    System look-up; raises TrustAbsent, and KeysAbsent outside the bank's workers where a mandate was used.
    """
    wanted = list(case_ids)
    verdicts = people.verify_cases(wanted)
    rows = StandingRelease.objects.filter(case_id__in=wanted).select_related(
        "case",
        "authority__payer",
        "authority__target",
        "authority__signed__signature__key__registrar",
        "authority__stopped",
    )
    decided = set(Decision.objects.filter(case_id__in=wanted).values_list("case_id", flat=True))
    released = [row for row in rows if row.case_id not in decided]
    is_touched = bool(released) and bool(touched(TABLES))
    for row in released:
        verdicts[row.case_id] = Unproven(TOUCHED) if is_touched else _verdict(row)
    return verdicts


def _verdict(row: StandingRelease) -> Verdict:
    message = MESSAGE + row.statement.encode()
    if not platform.is_ours(bytes(row.point), message, bytes(row.signature)):
        return Unproven(
            "the platform did not sign this release under a mandate, or its key of then was taken away"
        )
    facts = json.loads(row.statement)
    if fault := _differs(facts, row) or fault_of(row.authority, at_moment=row.at):
        return Unproven(f"mandate {row.authority}: {fault}")
    signed = row.authority.signed
    proven = Proven(
        facts["subject"], facts["content"], facts["sealed"], row.case.maker_person, (signed.person_key,)
    )  # fmt: skip
    return replace(proven, target_id=row.authority.target_id)


def _differs(facts: dict[str, Any], row: StandingRelease) -> str:
    case, authority = row.case, row.authority
    told = {
        "case": case.pk,
        "subject": f"{case.subject_kind}:{case.subject_id}",
        "content": case.digest,
        "amount": f"{case.amount:.2f}",
        "currency": case.currency,
        "maker": case.maker_person,
        "mandate": authority.pk,
        "version": str(authority),
        "terms": authority.digest,
        "at": row.at.astimezone(clock.SHANGHAI).isoformat(),
    }
    wrong = [name for name, value in told.items() if facts.get(name) != value]
    if wrong or (row.amount, row.currency) != (case.amount, case.currency):
        return f"the release differs from what was signed in {', '.join(wrong) or 'amount'}"
    if case.voided_at is not None:
        return "the case is void"
    if case.account_id != authority.payer_id or case.amount > authority.item:
        return "the payment is outside the mandate"
    if case.currency != authority.currency:
        return "the currency is not the mandate's"
    return ""


def fault_of(authority: StandingAuthority, *, at_moment: datetime) -> str:
    """Why nothing may be released under this version at that moment; empty when it may. Raises TrustAbsent."""
    try:
        versions = [one.verify() for one in StandingAuthority.objects.filter(line=authority.line)]
    except seal.SealBroken:
        return "its row was changed outside the platform"
    day = at_moment.astimezone(clock.SHANGHAI).date()
    if authority.pk not in {one.pk for one in in_force(versions, day)}:
        return "it was not in force"
    if hasattr(authority, "stopped"):
        return "it was stopped"
    signed: StandingSignature | None = getattr(authority, "signed", None)
    if signed is None:
        return "no releaser signed it"
    return _unsigned(authority, signed)


def _unsigned(authority: StandingAuthority, signed: StandingSignature) -> str:
    key = signed.signature.key
    if fault := trust.fault(key, key.registrar) or people.out_of_time(key, signed.at):
        return fault
    facts = json.loads(signed.statement)
    told = {
        "act": "mandate",
        "content": authority.digest,
        "person": signed.person_key,
        "key": key.fingerprint,
        "at": signed.at.astimezone(clock.SHANGHAI).isoformat(),
    }
    if facts.get("accounts") != authority.accounts():
        return "an account is not as it was when its releaser signed"
    if key.person_key != signed.person_key or any(facts.get(n) != v for n, v in told.items()):
        return "what was signed is not this mandate"
    public = PublicKey(key.provider, key.algorithm, bytes(key.point))
    is_proven = proves(
        public,
        signed.statement.encode(),
        path=signed.path,
        root=signed.signature.root,
        signature=bytes(signed.signature.signature),
    )
    return "" if is_proven else "the signature does not hold for the mandate"
