"""The voucher a bank line lacks: drafted by its template from the matching desk, posted by another person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from desk.words import said
from kernel.errors import Conflict, InvalidInput, NotFound
from ledger.rules import EVENTS, BookFact, Entry, choose, make_entry
from ledger.services import periods, posting
from ledger.states import VoucherState
from reconciliation import selectors
from reconciliation.services.acting import lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernel.scope import Scope
    from ledger.models import Voucher
    from masterdata.models import OwnAccount, User
    from reconciliation.models import Proposal
    from statements.models import StatementEntry

BOOK = "ledger.book"
# Which events a bank line may be booked as by hand; payments and transfers are booked by what made them.
BY_HAND = ("fee", "interest", "bank_entry")


class NoTemplate(Conflict):
    """No voucher template books the event for this account."""

    code = "no_template"

    def __init__(self, event: str) -> None:
        super().__init__(
            f"没有适用的凭证模板「{EVENTS[event].title}」，请先在凭证模板中建立并由另一人确认",
            f"no voucher template for {event}: propose one first",
        )


class VoucherExists(Conflict):
    """The bank line is booked, or the rest of it is less than what is asked for."""

    code = "voucher_exists"

    def __init__(self, voucher: Voucher) -> None:
        super().__init__(
            f"该笔银行流水已有凭证 {voucher.number or '草稿'}",
            f"booked already: {voucher.number or 'a draft'}",
        )


class MaybeBooked(Conflict):
    """Lines of the book add up to the bank line: a voucher would book the money a second time."""

    code = "maybe_booked"

    def __init__(self, proposal: Proposal) -> None:
        count = len(proposal.book_ids)
        super().__init__(
            f"日记账中有 {count} 笔与该笔流水金额相符，可能已记账：请先采用或否决该建议",
            f"{count} lines of the book add up to it: take or refuse that proposal first",
        )


class WrongWay(InvalidInput):
    """The event moves money the other way than the bank did."""


@dataclass(frozen=True)
class Wanted:
    """The voucher as it would be: the bank line, the event, the amount, and the lines its template makes."""

    bank_line: StatementEntry
    event: str
    amount: Decimal
    entry: Entry | None
    drafted: Voucher | None  # somebody was here before
    day: date  # the voucher's: the bank's, or today once that month is closed
    maybe: Proposal | None = None  # lines of the book that may be it already
    refused: str = ""  # why it cannot be this event, in the viewer's words


def preview(
    *, account_id: int, entry_id: int, event: str, scope: Scope, amount: Decimal | None = None
) -> Wanted:
    """What the template in force makes of the bank line, stored nowhere; no entry where no template books the event.

    `amount` is a part of the line (a fee within it); without it, the whole. Raises NotFound, NotAllowed, InvalidInput, and
    PeriodLocked where neither the bank's month nor this one is open.
    """
    account = selectors.demand(account_id, scope=scope, right=BOOK)
    fact, line = _fact(account, entry_id, event, amount)
    entry, refused = None, ""
    try:
        entry = _entry(fact, line, amount)
    except WrongWay as error:
        refused = said(error)
    locked = ledger.selectors.locked_months([fact.company_id])
    return Wanted(
        line,
        event,
        fact.figures["amount"],
        entry,
        _in_the_way(fact, line),
        periods.booking_day(fact.company_id, fact.day, locked),
        selectors.maybe_booked(account_id, entry_id) if amount is None else None,
        refused,
    )


@transaction.atomic(durable=True)
def draft_voucher(
    *, account_id: int, entry_id: int, event: str, actor: User, amount: Decimal | None = None
) -> Voucher:
    """Draft the voucher of a bank line nobody booked; another person posts it, and the next run matches the two.

    Right ledger.book. Raises NotFound, NotAllowed, InvalidInput, Conflict (matched already, no template, drafted before), and
    MaybeBooked while a proposal stands by which the book holds the line already.
    """
    account = selectors.demand(account_id, scope=masterdata.scope_of(actor), right=BOOK)
    lock(account_id)
    fact, line = _fact(account, entry_id, event, amount)
    if selectors.match_nos_holding(account_id, bank_ids=[line.pk]):
        raise Conflict("该笔银行流水已勾对，不需补凭证", "matched already", code="already_matched")
    if amount is None and (maybe := selectors.maybe_booked(account_id, entry_id)) is not None:
        raise MaybeBooked(maybe)
    if _entry(fact, line, amount) is None:
        raise NoTemplate(event)
    if (earlier := _in_the_way(fact, line)) is not None:
        raise VoucherExists(earlier)
    (outcome,) = posting.draft([fact], actor=actor)
    if outcome.error is not None:
        raise outcome.error
    if outcome.voucher is None:
        raise NoTemplate(event)
    return outcome.voucher


def _in_the_way(fact: BookFact, line: StatementEntry) -> Voucher | None:
    """The same voucher, or one with which another would book more than the bank moved."""
    same = ledger.selectors.vouchers_by_key([(fact.company_id, fact.posting_key)])
    if same:
        return next(iter(same.values()))
    (evidence,) = fact.evidence
    rows = ledger.selectors.vouchers_resting_on(
        evidence[0], line.pk, company_id=fact.company_id, since=line.bank_date
    )
    booked = sum((row.amount for row in rows), Decimal(0))
    return rows[-1] if rows and booked + fact.figures["amount"] > line.amount else None


def _fact(
    account: OwnAccount, entry_id: int, event: str, amount: Decimal | None
) -> tuple[BookFact, StatementEntry]:
    if event not in BY_HAND:
        raise InvalidInput("请选择业务事件", "choose what it is", field="event")
    found: Sequence[StatementEntry] = statements.selectors.entries_in_force([entry_id])
    if not found or found[0].account_id != account.pk:
        raise NotFound("statement entry", "未找到该笔银行流水，或已被银行更正")
    line = found[0]
    return _afresh(_told(account, line, event, amount)), line


def _is_in(line: StatementEntry, amount: Decimal | None) -> bool:
    """Whether the voucher books money in: the whole line as the bank moved it; a part is what the bank took, also of a receipt."""
    return line.direction == "credit" and amount is None


def _afresh(fact: BookFact) -> BookFact:
    """The fact under a posting key of its own: what was reversed since books nothing, and does not bar the next voucher."""
    key, number = fact.posting_key, 1
    while _is_reversed(fact):
        number += 1
        fact = replace(fact, posting_key=f"{key}:{number}")
    return fact


def _is_reversed(fact: BookFact) -> bool:
    known = ledger.selectors.vouchers_by_key([(fact.company_id, fact.posting_key)])
    return any(row.state == VoucherState.REVERSED for row in known.values())


def _told(
    account: OwnAccount, line: StatementEntry, event: str, amount: Decimal | None
) -> BookFact:
    fact = BookFact(
        event=event,
        posting_key=f"bank:{line.pk}",
        company_id=line.company_id,
        day=line.bank_date,
        figures={"amount": line.amount},
        words={
            "account_number": account.number,
            "counterparty_name": line.counterparty_name,
            "counterparty_account": line.counterparty_account,
            "bank_serial": line.bank_serial,
            "narrative": line.narrative,
            "bank_ref": line.reference,
        },
        account_id=account.pk,
        account_subject=account.gl_subject,
        currency=line.currency,
        source_kind="statements.statemententry",
        source_id=str(line.pk),
        evidence=(("statements.statemententry", str(line.pk)),),
    )
    if amount is not None:
        if not 0 < amount < line.amount:
            raise InvalidInput(
                "差额应大于零且小于流水金额", "a part of the line's amount", field="amount"
            )
        fact = replace(fact, posting_key=f"{fact.posting_key}:part", figures={"amount": amount})
    return fact


def _entry(fact: BookFact, line: StatementEntry, amount: Decimal | None) -> Entry | None:
    """The lines the template in force makes; None where none books the event.

    Raises WrongWay where the event or its template moves the money the other way than the bank did.
    """
    if fact.event != "bank_entry" and (fact.event == "interest") != _is_in(line, amount):
        raise WrongWay(
            "付出的流水可记手续费，收入的流水可记利息；其他请选「其他银行收付」",
            "a fee is money out, interest money in",
            field="event",
        )
    rated = choose(
        ledger.selectors.rated_templates([fact.event], [fact.company_id]),
        event=fact.event,
        company_id=fact.company_id,
        subject=fact.account_subject,
        day=fact.day,
    )
    if rated is None or not rated.template.lines:
        return None
    entry = make_entry(rated.template, fact)
    moved_in = any(one.account_id is not None and one.debit for one in entry.lines)
    if moved_in != _is_in(line, amount):
        raise WrongWay(
            "该模板的收付方向与银行流水相反，请选择其他业务事件",
            "the template moves the money the other way",
            field="event",
        )
    return entry
