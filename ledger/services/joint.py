"""One voucher for several facts: a receipt split over invoices, or a whole batch of receipts.

A step, like `posting`: all or nothing for each voucher, and what one voucher hinders never hinders the others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from kernel import seal
from kernel.errors import Conflict, DomainError, InvalidInput, require
from ledger import selectors
from ledger.models import Voucher
from ledger.rules import BookFact, Entry, Line, Rated, choose, make_entry, period_of
from ledger.services import periods
from ledger.services.posting import Draft, finish, write

if TYPE_CHECKING:
    from masterdata.models import User


@dataclass(frozen=True, kw_only=True)
class JointFact:
    """Facts of one company, day and currency that become one voucher, named for ever by `posting_key`."""

    posting_key: str
    facts: Sequence[BookFact]
    source_kind: str
    source_id: str
    description: str = ""  # of the voucher; empty: the first fact's

    def digest(self) -> str:
        """SHA-256 over everything the facts say."""
        return seal.digest("\n".join(one.digest() for one in self.facts).encode())


@dataclass(frozen=True)
class JointBooked:
    """The voucher (new, or an earlier call's), or what each faulty fact wants, by its place; -1: the voucher as a whole."""

    joint: JointFact
    voucher: Voucher | None = None
    errors: Mapping[int, DomainError] | None = None


def post_joint(joints: Sequence[JointFact], *, actor: User | None = None) -> list[JointBooked]:
    """Step: post a voucher for each; what was booked before is found by its posting key, with other facts it is a Conflict."""
    facts = [fact for joint in joints for fact in joint.facts]
    companies = {fact.company_id for fact in facts}
    known = selectors.vouchers_by_key([(j.facts[0].company_id, j.posting_key) for j in joints])
    templates = selectors.rated_templates({fact.event for fact in facts}, companies)
    locked = selectors.locked_months(companies)
    outcomes: list[JointBooked] = []
    drafts: list[Draft] = []
    for joint in joints:
        require(
            len({(one.company_id, one.day, one.currency) for one in joint.facts}) == 1,
            "one voucher is of one company, day and currency",
        )
        earlier = known.get((joint.facts[0].company_id, joint.posting_key))
        if earlier is not None:
            outcomes.append(_same(joint, earlier))
            continue
        made = _draft(joint, templates, locked, actor)
        if isinstance(made, Draft):
            drafts.append(made)
            outcomes.append(JointBooked(joint, made.voucher))
        else:
            outcomes.append(JointBooked(joint, errors=made))
    write(drafts)
    finish([one.voucher for one in drafts], actor=actor)
    return outcomes


def _same(joint: JointFact, earlier: Voucher) -> JointBooked:
    if earlier.payload_digest == joint.digest():
        return JointBooked(joint, earlier)
    error = Conflict(
        f"业务 {joint.posting_key} 已按其他内容记账（{earlier.number or '草稿'}）",
        "booked with another content",
        code="posting_key_used",
    )
    return JointBooked(joint, errors={-1: error})


def _draft(
    joint: JointFact, templates: Sequence[Rated], locked: set[tuple[int, str]], actor: User | None
) -> Draft | dict[int, DomainError]:
    """The voucher not yet stored, or the faults by place."""
    entries: list[tuple[Rated, Entry]] = []
    errors: dict[int, DomainError] = {}
    for place, fact in enumerate(joint.facts):
        try:
            entries.append(_entry(fact, templates))
        except DomainError as error:
            errors[place] = error
    if errors:
        return errors
    types = {entry.voucher_type for _, entry in entries}
    if len(types) > 1:
        return {-1: InvalidInput("同一张凭证的凭证字须相同", "one voucher has one type")}
    first = joint.facts[0]
    try:
        day = periods.booking_day(first.company_id, first.day, locked)
    except DomainError as error:
        return {-1: error}
    lines = merge(
        (fact.evidence, line)
        for fact, (_, entry) in zip(joint.facts, entries, strict=True)
        for line in entry.lines
    )
    return Draft(_voucher(joint, entries, lines, day, actor), lines)


def _entry(fact: BookFact, templates: Sequence[Rated]) -> tuple[Rated, Entry]:
    rated = choose(
        templates,
        event=fact.event,
        company_id=fact.company_id,
        subject=fact.account_subject,
        day=fact.day,
    )
    if rated is None or not rated.template.lines:
        raise InvalidInput(
            "没有适用的凭证模板，请先设置并启用", "no voucher template", code="no_template"
        )
    return rated, make_entry(rated.template, fact)


def merge(lines: Iterable[tuple[Hashable, Line]]) -> tuple[Line, ...]:
    """An own account's lines with the same evidence become one, so that the book has one entry where the bank has one."""
    found: list[Line] = []
    place: dict[tuple[object, ...], int] = {}
    for evidence, line in lines:
        key = (evidence, line.account_id, line.subject, bool(line.debit))
        if line.account_id is None or not evidence or key not in place:
            place.setdefault(key, len(found))
            found.append(line)
            continue
        held = found[place[key]]
        found[place[key]] = replace(
            held, debit=held.debit + line.debit, credit=held.credit + line.credit
        )
    return tuple(found)


def _voucher(
    joint: JointFact,
    entries: Sequence[tuple[Rated, Entry]],
    lines: Sequence[Line],
    day: date,
    actor: User | None,
) -> Voucher:
    rated, entry = entries[0]
    first = joint.facts[0]
    evidence = list(dict.fromkeys(pair for fact in joint.facts for pair in fact.evidence))
    return Voucher(
        company_id=first.company_id,
        day=day,
        period=period_of(day),
        voucher_type=entry.voucher_type,
        posting_key=joint.posting_key,
        payload_digest=joint.digest(),
        event=first.event,
        template_id=rated.id,
        source_kind=joint.source_kind,
        source_id=joint.source_id,
        description=(joint.description or entry.description)[:200],
        amount=Entry(entry.voucher_type, "", tuple(lines)).amount,
        currency=first.currency,
        evidence=[list(pair) for pair in evidence],
        attachment_count=len(evidence),
        maker=actor,
    )
