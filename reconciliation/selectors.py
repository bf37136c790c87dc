"""Every read of the matching. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

import ledger.asof
import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from kernel.errors import NotFound
from kernel.scope import Scope
from reconciliation.models import (
    Act,
    Basis,
    EndedLine,
    MatchedAccount,
    MatchLine,
    MatchNote,
    Proposal,
    Refusal,
)
from reconciliation.rules import RULES, Rule

if TYPE_CHECKING:
    from ledger.models import JournalEntry
    from masterdata.models import OwnAccount
    from statements.models import StatementEntry

VIEW, MATCH = "reconciliation.view", "reconciliation.match"
# Of the changes by which one person asks another to agree: to a match, to undoing an act, to taking a match apart.
TWO_PEOPLE = CONFIRM_KIND, UNDO_KIND, SPLIT_KIND = (
    *("reconciliation.match", "reconciliation.undo", "reconciliation.split"),
)


def demand(account_id: int, *, scope: Scope, right: str) -> OwnAccount:
    """The account, if the viewer may do that there. Raises NotFound (also out of scope), NotAllowed."""
    account = masterdata.get_account(account_id, scope=scope)
    if not scope.has(VIEW, account.company_id):
        raise NotFound("own account")
    scope.demand(right, account.company_id)
    return account


def stale_matches(account_id: int) -> tuple[list[int], list[int]]:
    """Numbers of live matches that hold an entry the bank has amended since, or one of the books that was withdrawn: the
    machine's, and people's. System look-up."""
    held = MatchLine.objects.filter(
        Q(bank_id__in=statements.selectors.superseded_ids(account_id))
        | Q(book_id__in=ledger.selectors.withdrawn_ids(account_id)),
        account_id=account_id,
    )
    by_act = dict(held.values_list("match_no", "act_id"))
    acts = Act.objects.filter(pk__in=set(by_act.values()), kind=Act.Kind.RUN)
    runs = set(acts.values_list("pk", flat=True))
    machine = sorted(match_no for match_no, act_id in by_act.items() if act_id in runs)
    return machine, sorted({*by_act} - {*machine})


def is_stale(match: Match) -> bool:
    """Whether a line of a live match is no longer in force. System look-up: the caller scoped the match."""
    bank = statements.selectors.entries_in_force(match.bank_ids)
    book = ledger.selectors.journal_entries_of(match.book_ids)
    return len(bank) + len(book) < len(match.bank_ids) + len(match.book_ids)


def closed_until(company_id: int) -> date | None:
    """The last day of the company's newest locked month; matches wholly up to it are frozen. System look-up."""
    months = [month for _, month in ledger.selectors.locked_months([company_id])]
    if not months:
        return None
    year, month = map(int, max(months).split("-"))
    return date(year, month, monthrange(year, month)[1])


def frozen_matches(account_id: int, act: Act, until: date) -> bool:
    """Whether the act made or ended a match all of whose lines lie on days up to `until`. System look-up."""
    made = MatchLine.objects.filter(account_id=account_id, act_id=act.pk)
    ended = EndedLine.objects.filter(account_id=account_id, ended_act_id=act.pk)
    both: tuple[QuerySet[Any], ...] = (made, ended)
    for rows in both:
        later = rows.filter(
            Q(bank_id__in=statements.selectors.ids_after(account_id, until))
            | Q(book_id__in=ledger.selectors.journal_ids_after(account_id, until))
        )
        if rows.exclude(match_no__in=later.values_list("match_no", flat=True)).exists():
            return True
    return False


# --- matches ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """One match, live or ended: its lines by id, and what it rests on."""

    account_id: int
    match_no: int
    act_id: int
    rung: str
    basis: str
    bank_ids: tuple[int, ...]
    book_ids: tuple[int, ...]


def matches_of(lines: Iterable[MatchLine | EndedLine]) -> list[Match]:
    """Lines put together, by number."""
    found: dict[int, list[Any]] = {}
    for line in lines:
        found.setdefault(line.match_no, []).append(line)
    return [
        Match(
            of_one[0].account_id,
            match_no,
            of_one[0].act_id,
            f"M{of_one[0].rung}",
            Basis(of_one[0].basis).name.lower(),
            tuple(sorted({line.bank_id for line in of_one if line.bank_id is not None})),
            tuple(sorted({line.book_id for line in of_one if line.book_id is not None})),
        )
        for match_no, of_one in sorted(found.items())
    ]


def with_matches(account_ids: Collection[int]) -> set[int]:
    """Those of these accounts on which anything was ever matched. System look-up: the caller scoped the accounts."""
    rows = MatchedAccount.objects.filter(account_id__in=list(account_ids), next_match_no__gt=1)
    return set(rows.values_list("account_id", flat=True))


def live_matches(account_id: int, match_nos: Collection[int]) -> list[Match]:
    """The live matches with these numbers. System look-up: the caller scoped the account."""
    return matches_of(MatchLine.objects.filter(account_id=account_id, match_no__in=match_nos))


def require_match(account_id: int, match_no: int, *, scope: Scope) -> None:
    """Raise NotFound unless the account has such a match, live or ended, and the viewer may see it."""
    demand(account_id, scope=scope, right=VIEW)
    numbered = {"account_id": account_id, "match_no": match_no}
    if not (
        MatchLine.objects.filter(**numbered).exists()
        or EndedLine.objects.filter(**numbered).exists()
    ):
        raise NotFound("match", "未找到该勾对")


def matches_made_by(act: Act) -> list[Match]:
    """The matches an act made that are still live. System look-up: the caller scoped the act."""
    return matches_of(MatchLine.objects.filter(account_id=act.account_id, act_id=act.pk))


def matches_ended_by(act: Act) -> list[Match]:
    """The matches an act ended and nobody brought back. System look-up: the caller scoped the act."""
    return matches_of(
        EndedLine.objects.filter(
            account_id=act.account_id, ended_act_id=act.pk, revived_act_id=None
        )
    )


def newest_matches(
    account_id: int, *, rung: str = "", before: int | None = None, limit: int
) -> list[Match]:
    """Live matches by number, newest first, below `before`. System look-up: the caller scoped the account."""
    rows = MatchLine.objects.filter(account_id=account_id, place=0)
    if rung:
        rows = rows.filter(rung=int(rung[1:]))
    if before is not None:
        rows = rows.filter(match_no__lt=before)
    wanted = list(rows.order_by("-match_no").values_list("match_no", flat=True)[:limit])
    return live_matches(account_id, wanted)[::-1]


def touched_by(act: Act, *, limit: int) -> tuple[list[Match], list[Match]]:
    """Up to `limit` of the matches an act made (live or ended since) and of those it ended. The caller scoped the act."""
    made: list[Match] = []
    rows: tuple[QuerySet[Any], ...] = (
        MatchLine.objects.filter(account_id=act.account_id, act_id=act.pk),
        EndedLine.objects.filter(account_id=act.account_id, act_id=act.pk),
    )
    for lines in rows:
        numbers = list(lines.filter(place=0).order_by("match_no").values_list("match_no")[:limit])
        made += matches_of(lines.filter(match_no__in=[one for (one,) in numbers]))
    ended = EndedLine.objects.filter(account_id=act.account_id, ended_act_id=act.pk)
    numbers = list(ended.filter(place=0).order_by("match_no").values_list("match_no")[:limit])
    return made[:limit], matches_of(ended.filter(match_no__in=[one for (one,) in numbers]))


def lines_by_id(
    found: Iterable[Match],
) -> tuple[dict[int, StatementEntry], dict[int, JournalEntry]]:
    """The lines of these matches, by id. System look-up: the caller scoped the matches."""
    found = list(found)
    bank, book = _lines(
        [one for match in found for one in match.bank_ids],
        [one for match in found for one in match.book_ids],
    )
    return {line.pk: line for line in bank}, {line.pk: line for line in book}


def match_nos_holding(
    account_id: int, *, bank_ids: Collection[int] = (), book_ids: Collection[int] = ()
) -> dict[tuple[str, int], int]:
    """Which live match holds each of these lines: ("bank" or "book", line id) → number. System look-up."""
    rows = MatchLine.objects.filter(
        Q(bank_id__in=bank_ids) | Q(book_id__in=book_ids), account_id=account_id
    )
    found: dict[tuple[str, int], int] = {}
    for match_no, bank_id, book_id in rows.values_list("match_no", "bank_id", "book_id"):
        if bank_id is not None and bank_id in bank_ids:
            found["bank", bank_id] = match_no
        if book_id is not None and book_id in book_ids:
            found["book", book_id] = match_no
    return found


def acts_of(account_id: int, *, scope: Scope) -> QuerySet[Act]:
    """What was done on an account, newest first. Raises NotFound."""
    demand(account_id, scope=scope, right=VIEW)
    return Act.objects.filter(account_id=account_id).order_by("-pk")


def get_act(act_id: int, *, scope: Scope) -> Act:
    """One act; out of scope looks exactly like absent."""
    act = Act.objects.filter(pk=act_id, company_id__in=scope.companies_with(VIEW)).first()
    if act is None:
        raise NotFound("matching act", "未找到该次勾对")
    return act


def ended_since(done: Act) -> bool:
    """Whether another act ended a match this one made and nobody brought it back; not the machine's own ending of matches
    whose line the bank amended. System look-up: the caller scoped the act."""
    ended = EndedLine.objects.filter(
        account_id=done.account_id, act_id=done.pk, revived_act_id=None
    )
    by = set(ended.values_list("ended_act_id", flat=True))
    return Act.objects.filter(pk__in=by).exclude(kind=Act.Kind.RETIRE).exists()


def proposals_of(account_id: int, *, scope: Scope) -> list[Proposal]:
    """What the newest run asks a person and nobody has settled or refused, most certain first. Raises NotFound."""
    demand(account_id, scope=scope, right=VIEW)
    return standing_proposals(account_id)


def maybe_booked(account_id: int, bank_id: int) -> Proposal | None:
    """The proposal by which lines of the book, one or several, add up to this bank line exactly. System look-up."""
    rows = (row for row in standing_proposals(account_id) if bank_id in row.bank_ids)
    return next((row for row in rows if row.book_ids and not row.residual), None)


def standing_proposals(account_id: int) -> list[Proposal]:
    """The proposals nobody has settled or refused, most certain first. System look-up: the caller scoped the account."""
    refused = refused_parts(account_id)
    rows = [
        row
        for row in Proposal.objects.filter(account_id=account_id).order_by("rung", "pk")
        if (tuple(row.bank_ids), tuple(row.book_ids)) not in refused
    ]
    held = match_nos_holding(
        account_id,
        bank_ids={one for row in rows for one in row.bank_ids},
        book_ids={one for row in rows for one in row.book_ids},
    )
    return [
        row
        for row in rows
        if not any(("bank", one) in held for one in row.bank_ids)
        and not any(("book", one) in held for one in row.book_ids)
    ]


def refused_parts(account_id: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(bank ids, book ids) a person said do not belong together, and nobody took back. System look-up."""
    rows = Refusal.objects.filter(account_id=account_id, act__undone_by__isnull=True)
    return {(tuple(bank), tuple(book)) for bank, book in rows.values_list("bank_ids", "book_ids")}


# --- why --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    """Why a match was made: the rule and its version, what it compared on both sides, within which tolerances, and what else
    it might have been."""

    match: Match
    rule: Rule
    version: int
    act: Act
    bank: tuple[StatementEntry, ...]
    book: tuple[JournalEntry, ...]
    compared: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    tolerances: dict[str, str]
    residual: Decimal
    tied: str
    rejected_bank: tuple[StatementEntry, ...]
    rejected_book: tuple[JournalEntry, ...]


_BANK_FIELDS = {"reference": "reference", "amount": "amount", "direction": "direction", "day": "bank_date",
                "account": "counterparty_account", "name": "counterparty_name", "text": "narrative"}  # fmt: skip
_BOOK_FIELDS = _BANK_FIELDS | {"day": "day", "text": "description"}


def explain(account_id: int, match_no: int, *, scope: Scope) -> Explanation:
    """The whole reason of one match, live or ended. Raises NotFound.

    Entries of either side never change, so the values compared are read from them; the tolerances stand in the act.
    """
    demand(account_id, scope=scope, right=VIEW)
    found = live_matches(account_id, [match_no]) or matches_of(
        EndedLine.objects.filter(account_id=account_id, match_no=match_no)
    )
    if not found:
        raise NotFound("match", "未找到该勾对")
    match, act = found[0], Act.objects.get(pk=found[0].act_id)
    note = MatchNote.objects.filter(account_id=account_id, match_no=match_no).first()
    bank, book = lines_of(match)
    rejected = _lines(note.rejected_bank, note.rejected_book) if note else ((), ())
    rule, settings = RULES[match.rung], act.strategy.get("settings", {})
    return Explanation(
        match=match,
        rule=rule,
        version=act.strategy.get("versions", {}).get(match.rung, rule.version),
        act=act,
        bank=bank,
        book=book,
        compared=tuple(
            (field, _values(bank, _BANK_FIELDS.get(field)), _values(book, _BOOK_FIELDS.get(field)))
            if field != "sum"
            else (field, (str(net(bank, "credit")),), (str(net(book, "debit")),))
            for field in rule.compares
        ),
        tolerances={name: str(settings[name]) for name in rule.tolerances if name in settings},
        residual=net(bank, "credit") - net(book, "debit"),
        tied=note.tied if note else "",
        rejected_bank=rejected[0],
        rejected_book=rejected[1],
    )


def lines_of(match: Match) -> tuple[tuple[StatementEntry, ...], tuple[JournalEntry, ...]]:
    """The lines of a match, both sides. System look-up: the caller scoped the match."""
    return _lines(match.bank_ids, match.book_ids)


def _lines(
    bank_ids: Sequence[int], book_ids: Sequence[int]
) -> tuple[tuple[StatementEntry, ...], tuple[JournalEntry, ...]]:
    return (
        tuple(statements.selectors.entries_of(bank_ids)),
        tuple(ledger.asof.entries_of(book_ids)),
    )


def _values(lines: Sequence[Any], field: str | None) -> tuple[str, ...]:
    if field == "bank_date":
        return tuple(str(line.value_date or line.bank_date) for line in lines)
    return tuple(str(getattr(line, field)) for line in lines) if field else ()


def net(lines: Sequence[Any], money_in: str) -> Decimal:
    """Money in minus money out."""
    return sum(
        (line.amount if line.direction == money_in else -line.amount for line in lines), Decimal(0)
    )
