"""What people do: match, split, undo. Each act is remembered, and undoing one restores exactly what was before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

import audit.services as audit
import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from reconciliation import selectors
from reconciliation.models import Act, Basis, MatchedAccount, MatchLine
from reconciliation.selectors import MATCH
from reconciliation.services import storing
from reconciliation.services.acting import begin, lock
from reconciliation.services.stale import tell_stale
from reconciliation.topics import Matching

if TYPE_CHECKING:
    from ledger.models import JournalEntry
    from masterdata.models import User
    from statements.models import StatementEntry

MANUAL = 10
BY_PERSON = Basis.PERSON.name.lower()
LINES_MAX = 5_000


class AlreadyMatched(Conflict):
    """A line belongs to a live match."""

    code = "already_matched"

    def __init__(self, what: str = "") -> None:
        super().__init__(
            f"{what or '所选流水'}已在其他勾对中，请刷新页面后再试",
            f"{what or 'a chosen line'} is matched already",
        )


class TwoPeople(Conflict):
    """More than one person may do alone: `two_people` asks a second one."""

    code = "two_people"

    def __init__(self, amount: Decimal, limit: Decimal) -> None:
        super().__init__(
            f"金额 {amount:,} 超过单人勾对限额 {limit:,}，须由第二人确认",
            f"{amount:,} is above {limit:,}: a second person has to agree",
        )


@dataclass(frozen=True)
class Part:
    """Lines a person says belong together."""

    bank_ids: tuple[int, ...] = ()
    book_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Lines:
    """The same with the lines themselves."""

    bank: list[StatementEntry]
    book: list[JournalEntry]

    @property
    def amount(self) -> Decimal:
        """What it is about: the larger of all in and all out on the side that has lines."""
        side: Sequence[StatementEntry | JournalEntry] = self.bank or self.book
        return max(
            sum((x.amount for x in side if x.direction == word), Decimal(0))
            for word in ("credit", "debit")
        )


@transaction.atomic(durable=True)
def confirm(*, account_id: int, part: Part, actor: User, why: str = "") -> Act:
    """Match lines by hand (M10). Right reconciliation.match.

    Raises NotFound, NotAllowed, InvalidInput (no such line, sums differ), AlreadyMatched, TwoPeople, Conflict (locked month).
    """
    row = open_account(account_id, actor)
    _require_one_is_enough(row, [checked(row, part)])
    return confirm_parts(row, [part], actor=actor, why=why)


@transaction.atomic(durable=True)
def split(*, account_id: int, match_no: int, parts: Sequence[Part], actor: User, why: str) -> Act:
    """Take a match apart: it ends, each part that balances is a match of its own, lines in no part are free again.

    Raises NotFound, NotAllowed, InvalidInput (a part does not balance, a line is not of the match), TwoPeople, Conflict (locked
    month).
    """
    selectors.require_match(account_id, match_no, scope=masterdata.scope_of(actor))
    row = open_account(account_id, actor)
    match = splittable(row, match_no, parts)
    _require_one_is_enough(row, [*_of_people([match]), *(_loaded(part) for part in parts)])
    return split_match(row, match, parts, actor=actor, why=why)


@transaction.atomic(durable=True)
def undo(*, act_id: int, actor: User, why: str = "") -> Act:
    """Undo one act: what it matched is free again, what it ended is live again, as if it had not been.

    Matches the machine ended since, because the bank amended their line, stay ended. Raises NotFound, NotAllowed, TwoPeople,
    Conflict (undone already, something later stands on it, locked month).
    """
    done = selectors.get_act(act_id, scope=masterdata.scope_of(actor))
    row = open_account(done.account_id, actor)
    require_undoable(row, done)
    _require_one_is_enough(row, undone_by_hand(done))
    return undo_act(row, done, actor=actor, why=why)


# --- steps --------------------------------------------------------------------------------------------------------------


def open_account(account_id: int, actor: User) -> MatchedAccount:
    """The account's row, locked, for whoever may match there. Raises NotFound, NotAllowed."""
    selectors.demand(account_id, scope=masterdata.scope_of(actor), right=MATCH)
    return lock(account_id)


def _limit(row: MatchedAccount) -> Decimal | None:
    account = row.account
    topic, _ = masterdata.strategy(Matching, account.company, account.gl_subject, clock.today())
    return topic.manual_limit


def _require_one_is_enough(row: MatchedAccount, at_stake: Sequence[Lines]) -> None:
    """Raise TwoPeople where one of these goes beyond what a person may match, or end, alone."""
    limit = _limit(row)
    largest = max((one.amount for one in at_stake), default=Decimal(0))
    if limit is not None and largest > limit:
        raise TwoPeople(largest, limit)


def takes_two(account_id: int, match: selectors.Match) -> bool:
    """Whether ending this match takes a second person. System look-up: the caller scoped the account."""
    row = MatchedAccount.objects.select_related("account__company").get(pk=account_id)
    limit = _limit(row)
    return limit is not None and any(one.amount > limit for one in _of_people([match]))


def _of_people(matches: Sequence[selectors.Match]) -> list[Lines]:
    """Those of the matches that people made: what it took two to make takes two to end."""
    lines = (selectors.lines_of(one) for one in matches if one.basis == BY_PERSON)
    return [Lines(list(bank), list(book)) for bank, book in lines]


def undone_by_hand(done: Act) -> list[Lines]:
    """The matches of people an undo of this act would end, and those it would bring back."""
    if done.kind not in (Act.Kind.CONFIRM, Act.Kind.SPLIT):
        return []
    return _of_people([*selectors.matches_made_by(done), *selectors.matches_ended_by(done)])


def _loaded(part: Part) -> Lines:
    return Lines(*_load(part))


def splittable(row: MatchedAccount, match_no: int, parts: Sequence[Part]) -> selectors.Match:
    """The live match, in an open month, that holds every line of the parts. Raises Conflict, InvalidInput."""
    found = selectors.live_matches(row.pk, [match_no])
    if not found:
        raise Conflict("该勾对已被解除，请刷新页面", "the match is no more", code="match_gone")
    (match,) = found
    _require_open_months(row, *selectors.lines_of(match))
    for part in parts:
        if not {*part.bank_ids} <= {*match.bank_ids} or not {*part.book_ids} <= {*match.book_ids}:
            raise InvalidInput(
                "拆分只能使用原勾对中的流水", "a part may use the match's own lines only"
            )
    return match


def split_match(
    row: MatchedAccount, match: selectors.Match, parts: Sequence[Part], *, actor: User, why: str
) -> Act:
    """End the match, make its parts. Raises InvalidInput where a part does not balance."""
    act = begin(Act.Kind.SPLIT, row, actor=actor, why=why.strip()[:300])
    storing.end_matches(account_id=row.pk, act_id=act.pk, match_nos=[match.match_no])
    for part in parts:
        checked(row, part)
    _write(row, act, parts)
    tell_stale(row)
    audit.record("reconciliation.match.split", actor=actor, subject=act,
                 before={"match_no": match.match_no}, after=_told(parts), why=why)  # fmt: skip
    return act


def require_undoable(row: MatchedAccount, done: Act) -> None:
    """Raise Conflict where the act was undone, a person's later act stands on it, or its month is locked."""
    if done.kind in (Act.Kind.UNDO, Act.Kind.RETIRE) or Act.objects.filter(undoes=done).exists():
        raise Conflict("此操作已撤销或不能撤销", "this act cannot be undone", code="not_undoable")
    if selectors.ended_since(done):
        raise Conflict(
            "之后的操作已改动其中的勾对，请先撤销后面的操作",
            "a later act stands on it",
            code="later_act",
        )
    until = selectors.closed_until(row.company_id)
    if until is not None and selectors.frozen_matches(row.pk, done, until):
        raise Conflict(
            f"其中有流水所在会计期间已锁定（至 {until}），不能撤销",
            f"the period is locked up to {until}",
            code="period_locked",
        )


def undo_act(row: MatchedAccount, done: Act, *, actor: User, why: str) -> Act:
    """End what the act made and is live, bring back what it ended. Raises Conflict where a line is matched otherwise now."""
    act = begin(Act.Kind.UNDO, row, actor=actor, why=why.strip()[:300], undoes=done)
    ended = storing.end_made_by(account_id=row.pk, made_by=done.pk, act_id=act.pk)
    try:
        with transaction.atomic():
            revived = storing.revive(account_id=row.pk, ended_act_id=done.pk, act_id=act.pk)
    except IntegrityError:
        raise Conflict(
            "之后的操作已勾对其中的流水，请先撤销后面的操作",
            "a later act stands on it",
            code="later_act",
        ) from None
    tell_stale(row)
    audit.record("reconciliation.act.undone", actor=actor, subject=act,
                 before={"act": done.pk, "kind": done.kind}, after={"ended": ended, "revived": revived}, why=why)  # fmt: skip
    return act


def _load(part: Part) -> tuple[list[StatementEntry], list[JournalEntry]]:
    return (
        statements.selectors.entries_in_force(part.bank_ids),
        ledger.selectors.journal_entries_of(part.book_ids),
    )


def checked(row: MatchedAccount, part: Part) -> Lines:
    """The lines, all there, of this account, free, and in balance."""
    chosen = len(part.bank_ids) + len(part.book_ids)
    if chosen < 2 or chosen > LINES_MAX:
        raise InvalidInput(f"请选择 2 至 {LINES_MAX} 笔流水", f"choose 2 to {LINES_MAX} lines")
    bank, book = _load(part)
    if (
        len(bank) != len(set(part.bank_ids)) or len(book) != len(set(part.book_ids))
        or chosen != len(bank) + len(book) or {one.account_id for one in bank} | {one.account_id for one in book} != {row.pk}
    ):  # fmt: skip
        raise InvalidInput(
            "所选流水不存在、已被更正或不属于该账户",
            "a chosen line is not there, or of another account",
        )
    if len({line.currency for line in (*bank, *book)}) > 1:
        raise InvalidInput("不同币种不能勾对", "lines of two currencies never match")
    difference = selectors.net(bank, "credit") - selectors.net(book, "debit")
    if difference:
        raise InvalidInput(
            f"两边合计相差 {difference:,}，不能勾对；手续费等差额请先补凭证",
            f"the sums differ by {difference:,}; book the difference first",
            code="sums_differ",
        )
    if selectors.match_nos_holding(row.pk, bank_ids=part.bank_ids, book_ids=part.book_ids):
        raise AlreadyMatched()
    _require_open_months(row, bank, book)
    return Lines(bank, book)


def _require_open_months(
    row: MatchedAccount, bank: Sequence[StatementEntry], book: Sequence[JournalEntry]
) -> None:
    """A match is frozen once its newest line's month is locked."""
    until = selectors.closed_until(row.company_id)
    newest = max([*(line.bank_date for line in bank), *(line.day for line in book)])
    if until is not None and newest <= until:
        raise Conflict(
            f"流水所在会计期间已锁定（至 {until}），勾对不能变动",
            f"the period is locked up to {until}",
            code="period_locked",
        )


def confirm_parts(row: MatchedAccount, parts: Sequence[Part], *, actor: User, why: str) -> Act:
    """Write checked parts as matches by hand."""
    act = begin(Act.Kind.CONFIRM, row, actor=actor, why=why.strip()[:300])
    _write(row, act, parts)
    audit.record(
        "reconciliation.match.confirmed", actor=actor, subject=act, after=_told(parts), why=why
    )
    return act


def _told(parts: Sequence[Part]) -> dict[str, object]:
    return {
        "matches": [{"bank": list(part.bank_ids), "book": list(part.book_ids)} for part in parts]
    }


def _write(row: MatchedAccount, act: Act, parts: Sequence[Part]) -> None:
    """The parts as live matches of this act."""
    storing.ensure_partition(row.pk)
    lines = []
    for number, part in enumerate(parts, row.next_match_no):
        bank, book = sorted(part.bank_ids), sorted(part.book_ids)
        for place in range(max(len(bank), len(book))):
            lines.append(
                MatchLine(
                    account_id=row.pk, match_no=number, place=place, act_id=act.pk, rung=MANUAL, basis=Basis.PERSON,
                    bank_id=bank[place] if place < len(bank) else None,
                    book_id=book[place] if place < len(book) else None,
                )
            )  # fmt: skip
    try:
        with transaction.atomic():
            MatchLine.objects.bulk_create(lines)
    except IntegrityError:
        raise AlreadyMatched() from None
    row.next_match_no += len(parts)
    row.save()
