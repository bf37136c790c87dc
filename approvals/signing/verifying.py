"""Checking decisions with public keys only: is every one signed by a key of its person, about exactly this content?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.models import Decision
from approvals.signing import statements, trust
from approvals.signing.models import Signature, SigningKey
from approvals.signing.proof import PublicKey, proves
from approvals.signing.states import KeyState


@dataclass(frozen=True)
class Proven:
    """What the people of a case signed, after every signature held."""

    subject: str
    content: str
    sealed: str  # the digest of the instruction the releaser signed; empty before release
    maker: str
    people: tuple[str, ...]
    target_id: int | None = None  # the only account a standing mandate lets money go to


@dataclass(frozen=True)
class Unproven:
    """Why the decisions of a case do not count."""

    why: str


Verdict = Proven | Unproven
_COLUMNS = (
    "case_id",
    "pk",
    "act",
    "step",
    "digest",
    "person_key",
    "behalf_person",
    "at",
    "note",
    "factor_id",
    "statement",
    "path",
)


class _Keys:
    """The keys and signatures of some decisions, each judged once."""

    def __init__(self, signature_ids: Iterable[int | None]) -> None:
        wanted = {pk for pk in signature_ids if pk is not None}
        rows = Signature.objects.filter(pk__in=wanted).defer("shown")
        self.signatures = {row.pk: row for row in rows}
        ids = {row.key_id for row in self.signatures.values()}
        keys = SigningKey.objects.filter(pk__in=ids).defer("box").select_related("registrar")
        self.keys = {key.pk: key for key in keys}
        self.faults = {key.pk: trust.fault(key, key.registrar) for key in self.keys.values()}

    def fault(self, row: Mapping[str, Any]) -> str:
        """Why the signature of this decision does not count; empty when it does."""
        signature = self.signatures.get(row["signature_id"] or 0)
        key = None if signature is None else self.keys.get(signature.key_id)
        if signature is None or key is None:
            return "it is not signed"
        if fault := self.faults[key.pk] or out_of_time(key, row["at"]):
            return fault
        if key.person_key != row["person_key"]:
            return "it is signed by somebody else"
        public = PublicKey(key.provider, key.algorithm, bytes(key.point))
        is_proven = proves(
            public,
            row["statement"].encode(),
            path=row["path"],
            root=signature.root,
            signature=bytes(signature.signature),
        )
        return "" if is_proven else "the signature does not hold for the statement"

    def fingerprint(self, row: Mapping[str, Any]) -> str:
        """The key the decision was signed with."""
        return self.keys[self.signatures[row["signature_id"]].key_id].fingerprint


def out_of_time(key: SigningKey, at: datetime) -> str:
    """Why what the key signed at that moment does not count; empty when it does."""
    if not key.valid_from <= at < key.valid_to:
        return "the key was not valid then"
    if key.distrusted_from is not None and at >= key.distrusted_from:
        return "the key is distrusted"
    if key.state not in (KeyState.ACTIVE, KeyState.RETIRED, KeyState.REVOKED):
        return "the key was never confirmed"
    return ""


def verify_cases(case_ids: Iterable[int]) -> dict[int, Verdict]:
    """The verdict on each case; one without decisions is unproven. System look-up; raises TrustAbsent."""
    wanted = list(case_ids)
    rows = list(
        Decision.objects.filter(case_id__in=wanted)
        .order_by("pk")
        .values(*_COLUMNS, "signature_id", "case__subject_kind", "case__subject_id")
    )
    keys = _Keys(row["signature_id"] for row in rows)
    by_case: dict[int, list[dict[str, Any]]] = {pk: [] for pk in wanted}
    for row in rows:
        by_case[row["case_id"]].append(row)
    return {pk: _judged(found, keys) for pk, found in by_case.items()}


def _judged(rows: list[dict[str, Any]], keys: _Keys) -> Verdict:
    said = []
    for row in rows:
        if fault := keys.fault(row):
            return Unproven(f"decision {row['pk']} ({row['act']}): {fault}")
        facts = {"behalf": "", **json.loads(row["statement"])}  # older ones know no delegation
        if fault := _differs(facts, row, keys.fingerprint(row)):
            return Unproven(f"decision {row['pk']} ({row['act']}): {fault}")
        said.append(facts)
    return _together(said)


def _differs(facts: dict[str, Any], row: dict[str, Any], fingerprint: str) -> str:
    """Where the row says something else than what its person signed."""
    told = {
        "act": row["act"],
        "step": row["step"],
        "case": row["case_id"],
        "content": row["digest"],
        "person": row["person_key"],
        "behalf": row["behalf_person"],
        "note": row["note"],
        "factor": row["factor_id"],
        "at": statements.when(row["at"]),
        "key": fingerprint,
        "subject": f"{row['case__subject_kind']}:{row['case__subject_id']}",
    }
    wrong = [name for name, value in told.items() if facts.get(name) != value]
    return f"the row differs from what was signed in {', '.join(wrong)}" if wrong else ""


def _together(said: list[dict[str, Any]]) -> Verdict:
    """Whether the decisions make a release: one content, different people, as many approvals as the releaser was told of."""
    releases = [facts for facts in said if facts["act"] == "release"]
    if len(releases) != 1 or sum(facts["act"] == "check" for facts in said) != 1:
        return Unproven("it was not checked once and released once")
    release = releases[0]
    approvals = sum(facts["act"] == "approve" for facts in said)
    if approvals < release["needed"]:
        return Unproven("approvals are missing")
    people = [facts["person"] for facts in said]
    behind = people + [facts["behalf"] for facts in said if facts["behalf"]]
    if len(set(behind)) != len(behind) or release["maker"] in behind:
        return Unproven("one natural person acted twice")
    for name in ("content", "subject", "maker", "amount", "currency"):
        if len({facts[name] for facts in said}) != 1:
            return Unproven(f"its people signed different things: {name}")
    return Proven(
        release["subject"], release["content"], release["sealed"], release["maker"], tuple(people)
    )
