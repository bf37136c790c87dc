"""Reads of the daily reconciliation: what a day's comparison finds, what people said and signed. System look-ups say so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

import desk.selectors
import ledger.selectors
import masterdata.selectors as masterdata
import payments.daily
import statements.continuity
import statements.daily
from ledger.rules import period_of
from reconciliation.daily import R4, R6, R8, Evidence, Report, judge
from reconciliation.models import DaySignOff, DebitClass, MatchLine
from reconciliation.states import DayState
from reconciliation.topics import Matching

if TYPE_CHECKING:
    from desk.models import ExceptionCase
    from kernel.scope import Scope
    from masterdata.models import OwnAccount
    from payments.daily import SentInstruction

INSTRUCTION = "payments.paymentinstruction"
_STOPPING = {
    "payments.disputed": R4,
    "payments.instruction.cancelled_but_debited": R4,
    "payments.instruction.paid_twice": R6,
    "payments.instruction.debited_twice": R6,
}
STOPPING_KINDS = tuple(_STOPPING)


def reports(accounts: Sequence[OwnAccount], day: date) -> dict[int, Report]:
    """What the comparison of a day finds on each account. System look-up: the caller scoped the accounts."""
    ids = [one.pk for one in accounts]
    sent = payments.daily.sent_on(ids, day)
    lines = statements.daily.day_lines(ids, day)
    entry_ids = [one.id for one in lines]
    ties = payments.daily.ties_of_entries(entry_ids)
    named = payments.daily.by_reference(
        ids, {one.reference for one in lines if one.reference and one.id not in ties}
    )
    debits = [one.id for one in lines if one.is_debit and one.id not in ties]
    shared = {
        "ties": ties,
        "named": named,
        "outside": payments.daily.outside_entries(debits),
        "said": said_of(debits),
        "matched": matched(ids, debits),
        "own_numbers": frozenset(masterdata.own_numbers(
            {one.party_account for one in lines if one.party_account and one.is_debit}
        )),
        "disputes": disputes([*sent, *named.values()], instr_nos={no for _, no in ties.values()}),
    }  # fmt: skip
    kinds = {(one.company_id, one.gl_subject): one for one in accounts}
    words = {key: _patterns(one, day) for key, one in kinds.items()}
    return {
        one.pk: judge(
            [row for row in sent if row.account_id == one.pk],
            [line for line in lines if line.account_id == one.pk],
            Evidence(patterns=words[one.company_id, one.gl_subject], **shared),  # type: ignore[arg-type]  # by name
        )
        for one in accounts
    }


def _patterns(account: OwnAccount, day: date) -> Sequence[object]:
    topic, _version = masterdata.strategy(Matching, account.company, account.gl_subject, day)
    return topic.strategy().patterns


def said_of(entry_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """What people said of these debits, the newest word. System look-up."""
    rows = DebitClass.objects.filter(entry_id__in=list(entry_ids)).order_by("entry_id", "number")
    return {
        entry: (kind, note) for entry, kind, note in rows.values_list("entry_id", "kind", "note")
    }


def matched(account_ids: Collection[int], entry_ids: Collection[int]) -> dict[int, str]:
    """Those of these entries that a match holds: "booked" with lines of the books, else "reversal". System look-up."""
    rows = MatchLine.objects.filter(account_id__in=account_ids, bank_id__in=list(entry_ids))
    held = list(rows.values_list("account_id", "match_no", "bank_id"))
    with_book = set(
        MatchLine.objects.filter(
            account_id__in=account_ids,
            match_no__in={number for _, number, _ in held},
            book_id__isnull=False,
        ).values_list("account_id", "match_no")
    )
    return {
        entry: "booked" if (account, number) in with_book else "reversal"
        for account, number, entry in held
        if entry is not None
    }


def disputes(
    instructions: Sequence[SentInstruction], *, instr_nos: Collection[str]
) -> dict[str, str]:
    """The instructions whose contradiction nobody has settled: number → R4 or R6. System look-up."""
    known = {one.id: one.instr_no for one in instructions}
    known |= payments.daily.ids_of(instr_nos)
    open_ones = desk.selectors.open_kinds(
        kinds=STOPPING_KINDS, subject_kind=INSTRUCTION, subject_ids=list(known)
    )
    return {known[int(subject)]: _STOPPING[kind] for kind, subject in open_ones}


def cases(report: Report, *, scope: Scope) -> list[ExceptionCase]:
    """The open cases about the day's instructions. The viewer sees those of companies in scope."""
    ids = {one.instruction.id for one in report.found if one.instruction is not None}
    ids |= set(payments.daily.ids_of({one.note for one in report.of(R4, R8)}))
    return desk.selectors.cases_about(
        subject_kind=INSTRUCTION, subject_ids=sorted(ids), scope=scope
    )


def sign_offs(account_ids: Collection[int], day: date) -> dict[int, DaySignOff]:
    """The newest sign-off of each account's day, standing or reopened. System look-up."""
    rows = DaySignOff.objects.filter(account_id__in=account_ids, day=day).select_related(
        "signed_by"
    )
    return {row.account_id: row for row in rows.order_by("account_id", "number")}


def sign_offs_of(account_id: int, day: date) -> list[DaySignOff]:
    """Every sign-off of an account's day, newest first. System look-up: the caller scoped the account."""
    rows = DaySignOff.objects.filter(account_id=account_id, day=day).select_related("signed_by")
    return list(rows.order_by("-number"))


def signed_days(account_ids: Collection[int], first: date, last: date) -> dict[int, set[date]]:
    """The days of each account whose sign-off stands. System look-up."""
    rows = DaySignOff.objects.filter(
        account_id__in=account_ids, day__range=(first, last), state=DayState.SIGNED
    )
    found: dict[int, set[date]] = {}
    for account_id, day in rows.values_list("account_id", "day"):
        found.setdefault(account_id, set()).add(day)
    return found


def waiting_days(accounts: Sequence[OwnAccount], first: date, last: date) -> list[tuple[date, int]]:
    """(day, account id) of every day on which anything moved and whose sign-off does not stand, oldest first.

    Days of closed months are left out: nobody signs there. System look-up: the caller scoped the accounts.
    """
    ids, company = [one.pk for one in accounts], {one.pk: one.company_id for one in accounts}
    signed, locked = (
        signed_days(ids, first, last),
        ledger.selectors.locked_months(set(company.values())),
    )
    moved = statements.continuity.moved_days(ids, first=first, last=last)
    for account_id, days in payments.daily.sent_days(ids, first, last).items():
        moved.setdefault(account_id, set()).update(days)
    return sorted(
        (day, account_id)
        for account_id, days in moved.items()
        for day in days - signed.get(account_id, set())
        if (company[account_id], period_of(day)) not in locked
    )


def unsigned_days(scope: Scope, *, since: date, limit: int) -> int:
    """How many closed days with entries nobody signed, of the accounts the viewer may sign; counted up to `limit`."""
    signed = DaySignOff.objects.filter(
        account_id=OuterRef("account_id"), day=OuterRef("day"), state=DayState.SIGNED
    )
    rows = statements.daily.moved_closes(scope.companies_with("reconciliation.match"), since=since)
    return rows.filter(~Exists(signed)).order_by()[:limit].count()
