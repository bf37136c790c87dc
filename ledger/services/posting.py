"""Posting: facts become vouchers by template, once each; a posted voucher is undone by its red counterpart.

Everything here is a step: it runs inside the transaction of the caller's command, set-based, whatever the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

from audit import services as audit
from kernel import clock, seal
from kernel.errors import Conflict, DomainError, InvalidInput, require
from ledger import selectors
from ledger.models import JournalEntry, Voucher, VoucherLine
from ledger.rules import BookFact, Entry, Line, check_balance, choose, make_entry, period_of, red
from ledger.services import periods
from ledger.states import VOUCHER, VoucherState

if TYPE_CHECKING:
    from masterdata.models import User

LINE_COLUMNS = tuple(one.name for one in fields(Line))


@dataclass(frozen=True)
class Booked:
    """What came of one fact: its voucher (new, or the one of an earlier call), nothing where no template books it, or
    why it could not be booked."""

    fact: BookFact
    voucher: Voucher | None = None
    error: DomainError | None = None
    is_new: bool = False


@dataclass(frozen=True)
class Draft:
    """A voucher about to be written."""

    voucher: Voucher
    lines: tuple[Line, ...]


def post(facts: Sequence[BookFact], *, actor: User | None = None) -> list[Booked]:
    """Step: book each fact by the template in force, in order; what was booked before is found by its posting key.

    The same key with another content is a Conflict. Errors are per fact: one never hinders the others.
    """
    outcomes, drafts = _prepare(facts, actor)
    write(drafts)
    finish([one.voucher for one in drafts], actor=actor)
    return outcomes


def draft(facts: Sequence[BookFact], *, actor: User) -> list[Booked]:
    """Step: as `post`, but another person has to post the vouchers."""
    outcomes, drafts = _prepare(facts, actor)
    write(drafts)
    _note("ledger.voucher.drafted", [one.voucher for one in drafts], actor)
    return outcomes


def post_one(fact: BookFact, *, actor: User | None = None) -> Voucher | None:
    """Step: book one fact; raises what hinders it. None where no template books such events."""
    (outcome,) = post([fact], actor=actor)
    if outcome.error is not None:
        raise outcome.error
    return outcome.voucher


def _prepare(facts: Sequence[BookFact], actor: User | None) -> tuple[list[Booked], list[Draft]]:
    known = selectors.vouchers_by_key([(one.company_id, one.posting_key) for one in facts])
    companies = {one.company_id for one in facts}
    templates = selectors.rated_templates({one.event for one in facts}, companies)
    locked = selectors.locked_months(companies)
    outcomes: list[Booked] = []
    drafts: list[Draft] = []
    for fact in facts:
        earlier = known.get((fact.company_id, fact.posting_key))
        if earlier is not None:
            outcomes.append(_same(fact, earlier))
            continue
        rated = choose(
            templates,
            event=fact.event,
            company_id=fact.company_id,
            subject=fact.account_subject,
            day=fact.day,
        )
        if rated is None or not rated.template.lines:
            outcomes.append(Booked(fact))
            continue
        try:
            entry = make_entry(rated.template, fact)
            day = periods.booking_day(fact.company_id, fact.day, locked)
        except DomainError as error:
            outcomes.append(Booked(fact, error=error))
            continue
        voucher = _voucher(fact, entry, day, actor, template_id=rated.id)
        known[fact.company_id, fact.posting_key] = voucher
        drafts.append(Draft(voucher, entry.lines))
        outcomes.append(Booked(fact, voucher, is_new=True))
    return outcomes, drafts


def _same(fact: BookFact, earlier: Voucher) -> Booked:
    if earlier.payload_digest == fact.digest():
        return Booked(fact, earlier)
    return Booked(
        fact,
        error=Conflict(
            f"业务 {fact.posting_key} 已按其他内容记账（{earlier.number or '草稿'}）",
            "booked with another content",
            code="posting_key_used",
        ),
    )


def _voucher(
    fact: BookFact, entry: Entry, day: date, actor: User | None, *, template_id: int | None
) -> Voucher:
    return Voucher(
        company_id=fact.company_id,
        day=day,
        period=period_of(day),
        voucher_type=entry.voucher_type,
        posting_key=fact.posting_key,
        payload_digest=fact.digest(),
        event=fact.event,
        template_id=template_id,
        source_kind=fact.source_kind,
        source_id=fact.source_id,
        description=entry.description,
        amount=entry.amount,
        currency=fact.currency,
        evidence=[list(pair) for pair in fact.evidence],
        attachment_count=len(fact.evidence),
        maker=actor,
    )


def write(drafts: Sequence[Draft]) -> None:
    """Step: store drafts with their lines; raises InvalidInput where one does not balance."""
    for one in drafts:
        check_balance(one.lines)
    periods.ensure([(one.voucher.company_id, one.voucher.period) for one in drafts])
    Voucher.objects.bulk_create([one.voucher for one in drafts])
    VoucherLine.objects.bulk_create(
        VoucherLine(
            voucher=one.voucher,
            line_no=number,
            **{name: getattr(line, name) for name in LINE_COLUMNS},
        )
        for one in drafts
        for number, line in enumerate(one.lines, start=1)
    )


_POST = """
    UPDATE ledger_voucher AS v
    SET state = %s, voucher_no = given.voucher_no, posted_at = %s, poster_id = %s, version = v.version + 1, updated_at = %s
    FROM unnest(%s::bigint[], %s::int[]) AS given(id, voucher_no) WHERE v.id = given.id AND v.state = 'draft'
"""


def finish(vouchers: Sequence[Voucher], *, actor: User | None) -> None:
    """Step: number and post these drafts in order, and write the journal entries of their bank lines."""
    if not vouchers:
        return
    target, now = VOUCHER.target("post", VoucherState.DRAFT), clock.now()
    books = sorted({(one.company_id, one.period, one.voucher_type) for one in vouchers})
    next_no = {book: selectors.last_number(*book) for book in books}
    for one in vouchers:
        book = (one.company_id, one.period, one.voucher_type)
        next_no[book] += 1
        one.voucher_no, one.posted_at, one.poster = next_no[book], now, actor
    poster_id = None if actor is None else actor.pk
    with connection.cursor() as cursor:
        ids, numbers = [one.pk for one in vouchers], [one.voucher_no for one in vouchers]
        cursor.execute(_POST, [target, now, poster_id, now, ids, numbers])
        require(cursor.rowcount == len(vouchers), "every draft is posted once")
    for one in vouchers:
        one.move("post")
        one.version += 1
    _keep_journal(vouchers)
    _note("ledger.voucher.posted", vouchers, actor)


def _note(event: str, vouchers: Sequence[Voucher], actor: User | None) -> None:
    audit.record_many(
        [
            audit.Fact(
                event,
                one,
                after={
                    "voucher": one.number,
                    "period": one.period,
                    "amount": one.amount,
                    "posting_key": one.posting_key,
                },
            )
            for one in vouchers
        ],
        actor=actor,
    )


def _keep_journal(vouchers: Sequence[Voucher]) -> None:
    """Each line on an own account is an entry of that account's bank journal."""
    by_id = {one.pk: one for one in vouchers}
    lines: dict[int, list[VoucherLine]] = {}
    for line in VoucherLine.objects.filter(voucher_id__in=by_id).order_by("voucher_id", "line_no"):
        lines.setdefault(line.voucher_id, []).append(line)
    JournalEntry.objects.bulk_create(
        _journal_entry(by_id[voucher_id], line, of_one)
        for voucher_id, of_one in sorted(lines.items())
        for line in of_one
        if line.account_id is not None
    )


def _journal_entry(
    voucher: Voucher, line: VoucherLine, lines: Sequence[VoucherLine]
) -> JournalEntry:
    change = line.debit - line.credit
    opposite = dict.fromkeys(
        other.subject for other in lines if bool(other.debit) != bool(line.debit)
    )
    return JournalEntry(
        account_id=line.account_id or 0,
        company_id=voucher.company_id,
        day=voucher.day,
        period=voucher.period,
        direction="debit" if change > 0 else "credit",
        is_red=line.debit < 0 or line.credit < 0,
        amount=abs(change),
        currency=voucher.currency,
        voucher_type=voucher.voucher_type,
        voucher_no=f"{voucher.voucher_no:04d}",
        description=line.description,
        settlement_method=line.settlement_method,
        bill_no=line.bill_no,
        counterparty_name=line.counterparty_name,
        counterparty_account=line.counterparty_account,
        reference=line.reference,
        opposite_subject="、".join(opposite)[:100],
        voucher_line=line,
    )


@dataclass(frozen=True)
class Undoing:
    """One voucher to reverse: why, on which day, and the entry's marks that the red voucher carries instead of its own."""

    voucher: Voucher
    day: date
    why: str
    bill_no: str = ""


def reverse(undoings: Sequence[Undoing], *, actor: User | None = None) -> list[Voucher]:
    """Step: post the red voucher of each (rows locked by the caller) and mark it reversed; one done already is found.

    A red draft somebody asked for is the one that is posted. Raises Conflict where a voucher is a draft, void, or red.
    """
    ids = [one.voucher.pk for one in undoings]
    rows = Voucher.objects.filter(reverses_id__in=ids).exclude(state=VoucherState.VOID)
    reds = {row.reverses_id: row for row in rows}
    drafts = [red_draft(one, actor=actor) for one in undoings if one.voucher.pk not in reds]
    write(drafts)
    reds |= {one.voucher.reverses_id: one.voucher for one in drafts}
    due = [one for one in undoings if reds[one.voucher.pk].state == VoucherState.DRAFT]
    finish([reds[one.voucher.pk] for one in due], actor=actor)
    for one in due:
        mark_reversed(one.voucher, reds[one.voucher.pk], actor=actor, why=one.why)
    return [reds[pk] for pk in ids]


def red_draft(undoing: Undoing, *, actor: User | None) -> Draft:
    """The red voucher that undoes a posted one, not yet stored. Raises Conflict."""
    first = undoing.voucher
    if not VOUCHER.allows("reverse", first.state) or first.is_red:
        raise Conflict(
            "只有已记账的蓝字凭证可以红冲", "only posted vouchers are reversed", code="illegal_move"
        )
    if not undoing.why.strip():
        raise InvalidInput("请填写红冲原因", "a reason is wanted", field="why")
    locked = selectors.locked_months([first.company_id])
    day = periods.booking_day(first.company_id, undoing.day, locked)
    lines = red(
        [Line(**{name: getattr(row, name) for name in LINE_COLUMNS}) for row in first.lines.all()]
    )
    voucher = Voucher(
        company_id=first.company_id,
        day=day,
        period=period_of(day),
        voucher_type=first.voucher_type,
        posting_key=f"{first.posting_key}:red",
        payload_digest=seal.digest(f"red:{first.payload_digest}".encode()),
        event=first.event,
        template_id=first.template_id,
        source_kind=first.source_kind,
        source_id=first.source_id,
        description=f"冲销 {first.period} {first.number}：{undoing.why.strip()}"[:200],
        amount=-first.amount,
        currency=first.currency,
        evidence=[["ledger.voucher", str(first.pk)]],
        reverses=first,
        maker=actor,
    )
    marks = {"bill_no": undoing.bill_no, "bill_date": undoing.day} if undoing.bill_no else {}
    return Draft(
        voucher,
        tuple(
            _marked(line, voucher.description, marks if line.account_id else {}) for line in lines
        ),
    )


def _marked(line: Line, description: str, marks: dict[str, object]) -> Line:
    values = {name: getattr(line, name) for name in LINE_COLUMNS}
    return Line(**{**values, **marks, "description": description})


def mark_reversed(first: Voucher, made: Voucher, *, actor: User | None, why: str) -> None:
    """Step: the posted red voucher stands: its original is reversed."""
    before = str(first.state)
    first.move("reverse")
    first.save_changes(["state"])
    audit.record(
        "ledger.voucher.reversed",
        actor=actor,
        subject=first,
        before={"state": before},
        after={"state": str(first.state), "red": made.number, "red_period": made.period},
        why=why,
    )
