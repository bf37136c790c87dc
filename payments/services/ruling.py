"""The duplicate rules and screening at work: judge a list in few statements, keep every hit with both sides, lift by a third person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from kernel import clock
from kernel.errors import Conflict, Finding
from masterdata import selectors as masterdata
from masterdata.strategies import Decided, Strategies
from payments import checks, rule_selectors, scene_selectors
from payments.checks import Ruled
from payments.checks.duplicates import RELEASE, SEND, SUBMIT
from payments.checks.papers import Paper
from payments.models import OrderReference, PaymentOrder, RuleHit
from payments.topics import HOLD, TICK, DuplicateRules, ScreeningRules

if TYPE_CHECKING:
    from masterdata.models import User

__all__ = ["RELEASE", "SEND", "SUBMIT", "findings", "keep", "lift", "tick", "write_references"]

Hits = Mapping[int, Sequence[Finding]]
DUPLICATE = "DUP"  # how the reason of an instruction begins that a duplicate rule holds
NEVER_LIFTED = frozenset({"D8"})  # goes away with a call-back, not with a word


class Parameters:
    """The windows, actions and levels in force today, by company and account subject, read once for a list."""

    def __init__(self, papers: Sequence[Paper], decided: Decided | None = None) -> None:
        decided = decided or Strategies(clock.today()).on(clock.today())
        companies = masterdata.visible_companies(masterdata.system_scope())
        by_id = {row.pk: row for row in companies.filter(pk__in={p.company_id for p in papers})}
        keys = {(one.company_id, one.payer_subject) for one in papers}
        self._ruled = {key: decided.of(DuplicateRules, by_id[key[0]], key[1]) for key in keys}
        self._screened = {key: decided.of(ScreeningRules, by_id[key[0]], key[1]) for key in keys}

    def of(self, paper: Paper) -> Ruled:
        """What rules this order against duplicates, and its version."""
        return self._ruled[paper.company_id, paper.payer_subject]

    def screening(self, paper: Paper) -> tuple[ScreeningRules, int]:
        """What is odd about this order, and the version of that."""
        return self._screened[paper.company_id, paper.payer_subject]

    def widest(self) -> DuplicateRules:
        """The longest of every window: what must be read for all."""
        rules = [rules for rules, _ in self._ruled.values()]
        names = [f.name for f in fields(DuplicateRules) if isinstance(f.default, int)]
        return DuplicateRules(**{name: max(getattr(one, name) for one in rules) for name in names})


def findings(orders: Sequence[PaymentOrder], *, stage: str) -> dict[int, list[Finding]]:
    """Hits of D3–D9 on these orders as they are written, and before sending what screening finds odd about them.

    Of look-alikes in the list the first goes on.
    """
    return _judged(rule_selectors.papers([order.pk for order in orders]), stage)


def findings_of(paper: Paper) -> list[Finding]:
    """The same for an order that is not written yet."""
    return _judged([paper], SUBMIT)[paper.order_id]


def findings_by(
    orders: Sequence[PaymentOrder], *, decided: Decided, now: datetime
) -> dict[int, list[Finding]]:
    """What the rules of another strategy would have said of these orders at `now`, for a look before it is decided."""
    papers = rule_selectors.papers([order.pk for order in orders])
    return _judged(papers, SUBMIT, decided=decided, now=now)


def _judged(
    papers: Sequence[Paper],
    stage: str,
    *,
    decided: Decided | None = None,
    now: datetime | None = None,
) -> dict[int, list[Finding]]:
    if not papers:
        return {}
    now = now or clock.now()
    parameters, calendar = Parameters(papers, decided), masterdata.calendar()
    facts = rule_selectors.facts_for(
        papers,
        parameters.widest(),
        today=now.date(),
        calendar=calendar,
        is_sending=stage == SEND,
    )
    found = checks.judge(papers, facts, parameters.of, stage=stage)
    if stage != SEND:  # nobody is there to be told
        scene = scene_selectors.scene_for(papers, now=now, calendar=calendar)
        for pk, odd in checks.screen(papers, scene, parameters.screening).items():
            found[pk] += odd
    return found


def must_be_ticked(found: Hits) -> set[int]:
    """Orders an approver agrees to only after saying that the hits were looked at."""
    return {pk for pk, hits in found.items() if any(hit.level in (TICK, HOLD) for hit in hits)}


def write_references(orders: Sequence[PaymentOrder]) -> None:
    """Step: the document numbers these orders name, in place of those they named before."""
    ids = [order.pk for order in orders]
    OrderReference.objects.filter(order_id__in=ids).delete()
    OrderReference.objects.bulk_create(
        [
            OrderReference(order_id=paper.order_id, key=key)
            for paper in map(checks.paper_of, orders)
            for key in paper.references
        ]
    )


def keep(found: Hits, orders: Collection[PaymentOrder], *, stage: str) -> None:
    """Step: write the hits of these orders, each once for what both sides say now."""
    companies = {order.pk: order.company_id for order in orders}
    now = clock.now()
    RuleHit.objects.bulk_create(
        [
            RuleHit(
                order_id=pk,
                company_id=companies[pk],
                rule=hit.rule,
                version=hit.details["version"],
                stage=stage,
                level=hit.level,
                twin_kind=hit.details.get("twin_kind", ""),
                twin_id=int(hit.details.get("twin_id", 0)),
                twin_no=hit.details.get("twin_no", "")[:200],
                order_digest=hit.details.get("this_digest", ""),
                twin_digest=hit.details.get("twin_digest", ""),
                message=hit.message[:400],
                message_en=hit.message_en[:300],
                found_at=now,
            )
            for pk, hits in found.items()
            for hit in hits
            if "version" in hit.details
        ],
        ignore_conflicts=True,
    )


def tick(order_ids: Collection[int], *, actor: User) -> None:
    """Step: an approver says the open hits of these orders were looked at."""
    rows = RuleHit.objects.filter(order_id__in=order_ids, level="tick", outcome="open")
    rows.update(outcome=RuleHit.Outcome.TICKED, decided_by=actor, decided_at=clock.now())


def lift(order: PaymentOrder, *, actor: User, why: str, stage: str) -> list[Finding]:
    """Step: a third person answers for the hits that hold this order now; returns those nobody was shown yet.

    When there are such, nothing is lifted; they are kept for the next look. Raises Conflict (call_back) for hits that
    no word lifts.
    """
    found = [hit for hit in findings([order], stage=stage)[order.pk] if hit.level == "hold"]
    never = [hit for hit in found if hit.rule in NEVER_LIFTED]
    if never:
        raise Conflict(
            "须先完成回拨核实：" + "；".join(hit.message for hit in never),
            "call the payee back first",
            code="call_back",
        )
    rows = {
        (hit.rule, hit.twin_kind, hit.twin_id, hit.order_digest, hit.twin_digest): hit
        for hit in RuleHit.objects.filter(order_id=order.pk)
    }
    fresh = [hit for hit in found if _key(hit) not in rows]
    if fresh:
        keep({order.pk: fresh}, [order], stage=stage)
        return fresh
    RuleHit.objects.filter(pk__in=[rows[_key(hit)].pk for hit in found]).update(
        outcome=RuleHit.Outcome.LIFTED,
        decided_by=actor,
        decided_at=clock.now(),
        why=why[:200],
    )
    return []


def _key(hit: Finding) -> tuple[str, str, int, str, str]:
    said = hit.details
    twin = (said["twin_kind"], int(said["twin_id"]))
    return (hit.rule, *twin, said["this_digest"], said["twin_digest"])
