"""Arrival: every credit a bank tells gets its notice, once, with what the rules make of it; the people concerned are told.

The database is the queue: each tick looks at the credits beyond the cursor. A credit is looked at again until it is old enough
that no transaction still holds back an earlier one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.references import make_reference
from masterdata import people_selectors
from masterdata import selectors as masterdata
from payments import returning
from receipts import rules, selectors
from receipts.models import ArrivalCursor, ArrivalNotice, SalesOffice
from receipts.rules import Credit, Guess, Known
from receipts.states import BOOKED, NOTICE, OPEN, NoticeState
from statements import selectors as statements

if TYPE_CHECKING:
    from payments.returning import OwnReturn
    from statements.models import StatementEntry

CHUNK = 500
SETTLED_AFTER = timedelta(minutes=10)  # longer than any transaction that stores entries
FIRST_LOOK = timedelta(days=31)  # how far back an installation looks the first time
_LOCK = 7341  # advisory lock space of "one maker of arrival notices"
Nature = ArrivalNotice.Nature


def take_arrivals() -> int:
    """A notice for every credit that has none yet; returns how many were made."""
    made, after = 0, _floor()
    while True:
        count, last = _take_chunk(after)
        made += count
        if last is None:
            break
        after = last
    _move_floor()
    return made


@transaction.atomic(durable=True)
def _floor() -> int:
    row = ArrivalCursor.objects.filter(pk=1).first()
    if row is None:
        first = statements.newest_entry_before(clock.now() - FIRST_LOOK)
        row, _ = ArrivalCursor.objects.get_or_create(pk=1, defaults={"entry_id": first})
    return row.entry_id


@transaction.atomic(durable=True)
def _move_floor() -> None:
    settled = statements.newest_entry_before(clock.now() - SETTLED_AFTER)
    ArrivalCursor.objects.filter(pk=1, entry_id__lt=settled).update(entry_id=settled)


@transaction.atomic(durable=True)
def _take_chunk(after: int) -> tuple[int, int | None]:
    """(notices made, id to go on after); None when the chunk was the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 1)", [_LOCK])
    entries = statements.credits_after(after, limit=CHUNK)
    known = set(
        ArrivalNotice.objects.filter(entry_id__in=[one.pk for one in entries]).values_list(
            "entry_id", flat=True
        )
    )
    fresh = [one for one in entries if one.pk not in known]
    amended = _amended([one for one in fresh if one.revision > 1])
    made = make_notices([one for one in fresh if one.pk not in amended])
    return len(made), entries[-1].pk if len(entries) == CHUNK else None


@dataclass(frozen=True)
class _Facts:
    """What a chunk of credits is judged by."""

    own: Mapping[str, int]
    returns: Mapping[int, OwnReturn]
    known: Known


def make_notices(entries: Sequence[StatementEntry]) -> list[ArrivalNotice]:
    """Step: a notice for each of these credits, with its nature and first proposal; people are told of business receipts."""
    if not entries:
        return []
    credits = {one.pk: selectors.credit_of(one) for one in entries}
    facts = _Facts(
        own=masterdata.own_numbers(one.account_key for one in credits.values()),
        returns=returning.returns_among(entries),
        known=selectors.known_of(
            list(credits.values()), company_ids={one.company_id for one in entries}
        ),
    )
    epoch = masterdata.outbound_gate().epoch
    numbers = selectors.next_numbers(len(entries))
    rows = [
        _notice(one, credits[one.pk], facts, make_reference("D", epoch=epoch, sequence=number))
        for one, number in zip(entries, numbers, strict=True)
    ]
    _give_to_offices(rows)
    ArrivalNotice.objects.bulk_create(rows)
    audit.record_many(
        [
            audit.Fact(
                "receipts.notice.arrived",
                row,
                after={
                    "entry_id": row.entry_id,
                    "amount": row.amount,
                    "state": str(row.state),
                    "nature": row.nature,
                    "rule": row.rule,
                },
            )
            for row in rows
        ],
        actor=None,
    )
    _tell([row for row in rows if row.state == NoticeState.FETCHED])
    return rows


def _notice(entry: StatementEntry, credit: Credit, facts: _Facts, notice_no: str) -> ArrivalNotice:
    told = facts.returns.get(entry.pk)
    nature = _nature(credit, facts.own, told)
    guesses = rules.whose(credit, facts.known) if nature == Nature.BUSINESS else []
    best = guesses[0] if len(guesses) == 1 and guesses[0].is_certain else None
    return ArrivalNotice(
        notice_no=notice_no,
        company_id=entry.company_id,
        account_id=entry.account_id,
        amount=entry.amount,
        currency=entry.currency,
        state=NOTICE.initial
        if nature == Nature.BUSINESS
        else NOTICE.target("set_aside", NOTICE.initial),
        nature=nature,
        may_be_return=told.instr_no if told else "",
        rule=guesses[0].rule if guesses else "",
        customer_id=best.customer_id if best else None,
        **_told(entry),
    )


def _told(entry: StatementEntry) -> dict[str, object]:
    """What the bank says of the credit, as the notice copies it."""
    return {
        "entry_id": entry.pk,
        "bank_date": entry.bank_date,
        "bank_serial": entry.bank_serial,
        "occurrence": entry.occurrence,
        "entry_at": entry.booked_at,
        "counterparty_name": entry.counterparty_name,
        "counterparty_account": entry.counterparty_account,
        "counterparty_bank": entry.counterparty_bank,
        "narrative": entry.narrative,
        "purpose": entry.purpose,
        "reference": entry.reference,
    }


def _nature(credit: Credit, own: Mapping[str, int], told: OwnReturn | None) -> str:
    """Our own payments coming back first, then our own accounts, then the bank's interest; the rest is business."""
    if told is not None and told.is_proven:
        return Nature.OWN_RETURN
    if credit.account_key in own:
        return Nature.INTERNAL
    return Nature.INTEREST if rules.is_interest(credit) else Nature.BUSINESS


def _give_to_offices(rows: Sequence[ArrivalNotice]) -> None:
    by_account = selectors.offices_by_account({row.account_id for row in rows})
    by_customer = selectors.offices_by_customer(
        {row.customer_id for row in rows if row.customer_id is not None}
    )
    for row in rows:
        row.office = by_account.get(row.account_id) or by_customer.get(row.customer_id or 0)


def _tell(rows: Sequence[ArrivalNotice]) -> None:
    """One line for each person concerned: those of the office (else who supplements for the company), and the accountants."""
    groups: dict[tuple[int, int | None], list[ArrivalNotice]] = defaultdict(list)
    for row in rows:
        groups[row.company_id, row.office_id].append(row)
    people = selectors.people_of_offices({office for _, office in groups if office is not None})
    due: dict[int, list[ArrivalNotice]] = defaultdict(list)
    for (company_id, office_id), some in groups.items():
        own = people.get(office_id or 0) or people_selectors.people_with(
            "receipts.supplement", company_id
        )
        reviewers = people_selectors.people_with("receipts.review", company_id)
        for user_id in dict.fromkeys([*own, *reviewers]):
            due[user_id] += some
    for user_id, some in due.items():
        desk.notify(user_id=user_id, **_words(some))


def _words(rows: Sequence[ArrivalNotice]) -> dict[str, str]:
    if len(rows) == 1:
        row = rows[0]
        return {
            "title": f"到款 {row.currency} {row.amount:,.2f}：{row.counterparty_name or '付款方未知'}",
            "body": f"{row.bank_date} {row.narrative or row.purpose}".strip(),
            "url": f"/receipts/notices/{row.notice_no}/",
        }
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.currency] += row.amount
    total = "、".join(f"{code} {amount:,.2f}" for code, amount in sorted(sums.items()))
    return {
        "title": f"新到款 {len(rows)} 笔，合计 {total}",
        "body": "",
        "url": "/receipts/inbox/",
    }


def _amended(entries: Sequence[StatementEntry]) -> set[int]:
    """Notices whose credit the bank has amended follow it; ids of the entries that have a notice of their own."""
    if not entries:
        return set()
    rows = ArrivalNotice.objects.select_for_update().filter(
        account_id__in={one.account_id for one in entries},
        bank_serial__in={one.bank_serial for one in entries},
    )
    by_key = {(row.account_id, row.bank_date, row.bank_serial, row.occurrence): row for row in rows}
    found = set()
    for one in entries:
        row = by_key.get((one.account_id, one.bank_date, one.bank_serial, one.occurrence))
        if row is not None:
            _follow(row, one)
            found.add(one.pk)
    return found


def _follow(row: ArrivalNotice, entry: StatementEntry) -> None:
    """The notice says what the bank says now; another amount voids what people said, and is a case once it is booked."""
    before = {"entry_id": row.entry_id, "amount": row.amount, "state": str(row.state)}
    is_other = row.amount != entry.amount
    if is_other and (row.state in BOOKED or row.suspense_voucher_id is not None):
        row.entry_id = entry.pk
        row.save_changes(["entry_id"])
        desk.open_case(
            kind="receipts.amended_after_booking",
            subject_kind=row._meta.label_lower,
            subject_id=row.pk,
            company_id=row.company_id,
            title=f"到款 {row.notice_no} 已入账，银行又更正了金额",
            severity="high",
            reason=f"入账 {row.amount:,.2f}，银行现报 {entry.amount:,.2f}",
            next_step="冲销后按更正后的金额重新补录",
            owner_role="receipts_accountant",
        )
    else:
        for name, value in _told(entry).items():
            setattr(row, name, value)
        row.amount, row.currency = entry.amount, entry.currency
        if is_other:
            _void(row)
        row.save_changes()
    audit.record(
        "receipts.notice.amended_by_bank",
        actor=None,
        subject=row,
        before=before,
        after={"entry_id": row.entry_id, "amount": entry.amount, "state": str(row.state)},
    )


def _void(row: ArrivalNotice) -> None:
    """What people said was about another amount."""
    moves = {NoticeState.PENDING_REVIEW: "withdraw", NoticeState.APPROVED: "amend"}
    name = moves.get(NoticeState(row.state))
    if name is not None:
        row.move(name)
        row.reviewer, row.reviewed_at = None, None
        row.why = "银行更正了金额，请重新补录"


@transaction.atomic(durable=True)
def settle_returns() -> int:
    """Notices that looked like a payment of ours and are tied to it by now are no receipts; returns how many were set aside.

    One that is booked already, in suspense too, is a case: somebody took our own money for income. The newest are looked
    at first: a return is tied within days, and what stays booked never ends.
    """
    rows = list(
        ArrivalNotice.objects.select_for_update(skip_locked=True)
        .filter(state__in=[*OPEN, *BOOKED], nature=Nature.BUSINESS)
        .exclude(may_be_return="")
        .order_by("-pk")[:CHUNK]
    )
    tied = returning.tied_returns([row.entry_id for row in rows])
    done = 0
    for row in rows:
        if row.entry_id not in tied:
            continue
        if NOTICE.allows("set_aside", row.state) and row.suspense_voucher_id is None:
            set_aside(
                row, nature=Nature.OWN_RETURN, why=f"我方付款 {tied[row.entry_id]} 退回（R8）"
            )
            done += 1
        else:
            _alarm(row, tied[row.entry_id])
    return done


def _alarm(row: ArrivalNotice, instr_no: str) -> None:
    desk.open_case(
        kind="receipts.return_booked",
        subject_kind=row._meta.label_lower,
        subject_id=row.pk,
        company_id=row.company_id,
        title=f"到款 {row.notice_no} 是我方付款 {instr_no} 的退回，却已作收款处理",
        severity="high",
        next_step="冲销该笔收款",
        owner_role="receipts_accountant",
    )


def set_aside(row: ArrivalNotice, *, nature: str, why: str) -> None:
    """Step: a notice of no business receipt, on the system's own evidence. The row is locked."""
    before = {"state": str(row.state), "nature": row.nature}
    row.move("set_aside")
    row.nature, row.why, row.customer = nature, why[:200], None
    row.save_changes(["state", "nature", "why", "customer"])
    desk.close_case(
        kind="receipts.unclaimed",
        subject_kind=row._meta.label_lower,
        subject_id=row.pk,
        outcome="非业务款项",
    )
    audit.record(
        "receipts.notice.set_aside",
        actor=None,
        subject=row,
        before=before,
        after={"state": str(row.state), "nature": nature},
        why=why,
    )


def reasons(guesses: Iterable[Guess]) -> list[list[str]]:
    """Guesses as a supplement keeps them."""
    return [[one.rule, one.basis] for one in guesses]


def office_of(notice: ArrivalNotice) -> SalesOffice | None:
    """The office a notice belongs to by its customer, where its account names none. System look-up."""
    if notice.office_id is not None or notice.customer_id is None:
        return notice.office
    return selectors.offices_by_customer([notice.customer_id]).get(notice.customer_id)
