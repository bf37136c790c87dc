"""Balances and statements: on a timetable, right after payments end, and when somebody asks.

A cursor is claimed in a short transaction, the bank is talked to without one, what came is recorded by `statements`,
tied by `payments`, and each day is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connections

from bankadapters.contract import Ability, StatementLine
from bankadapters.errors import BankError, QueryFailed
from bankbridge import rules, selectors, translate
from bankbridge.adapters import Line, open_line
from bankbridge.models import PullCursor
from bankbridge.recorder import About
from bankbridge.services import cursors
from kernel import clock
from kernel.errors import require
from payments.services import evidence
from statements import selectors as told
from statements import services as keep
from statements.rules import EntryLine

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

log = structlog.get_logger(__name__)
Kind = PullCursor.Kind
TIE_CHUNK = 5000
OFFER_AGAIN = timedelta(minutes=30)


class PullFailed(Exception):
    """The bank's answer to a pull cannot be used; the next pull asks again."""


hasten_balances = cursors.hasten_balances


def balances(account_ids: Sequence[int] | None = None, *, now: bool = False) -> int:
    """Pull the balances that are due (`now`: of these accounts, due or not); how many accounts answered."""
    claimed = cursors.claim(Kind.BALANCE, account_ids=account_ids, regardless=now)
    return by_connection(claimed, _balances_of)


def statements(
    account_ids: Sequence[int] | None = None,
    first: date | None = None,
    last: date | None = None,
    *,
    now: bool = False,
) -> int:
    """Pull the statements that are due (`now`: of these accounts, due or not); how many accounts answered.

    With `first` (and `last`, today without it) exactly these days, whatever was pulled before.
    """
    if first is None:
        claimed = cursors.claim(Kind.STATEMENT, account_ids=account_ids, regardless=now)
        return by_connection(claimed, _statements_of)
    end = last or clock.today()
    accounts = selectors.linked_accounts(None if account_ids is None else list(account_ids))
    for account in accounts.values():
        line = open_line(_connection_id(account))
        span_days = line.adapter.profile.statement_span_days
        for span in rules.pieces(first, end, span_days=span_days, closes=end < clock.today()):
            _fetch_span(account, line, span)
        _tie(account.pk)
    return len(accounts)


def _connection_id(account: OwnAccount) -> int:
    require(account.connection_id is not None, "a linked account has a connection")
    return int(account.connection_id or 0)


def by_connection(
    claimed: list[PullCursor], pull: Callable[[Line, list[tuple[PullCursor, OwnAccount]]], int]
) -> int:
    """Serve the claimed cursors, each connection in a thread of its own, so that a slow bank delays no other; the sum of
    what `pull` returns for each."""
    accounts = selectors.linked_accounts([cursor.account_id for cursor in claimed])
    lanes: dict[int, list[tuple[PullCursor, OwnAccount]]] = {}
    for cursor in claimed:
        account = accounts.get(cursor.account_id)
        if account is None:
            cursors.release(cursor)
            continue
        lanes.setdefault(_connection_id(account), []).append((cursor, account))
    if not lanes:
        return 0

    def serve(lane: tuple[int, list[tuple[PullCursor, OwnAccount]]]) -> int:
        try:
            return pull(open_line(lane[0]), lane[1])
        except Exception as error:
            log.exception("pull_broke", connection=lane[0])
            for cursor, _ in lane[1]:
                cursors.failed(cursor, error)
            return 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(lanes), thread_name_prefix="pull") as pool:
        return sum(pool.map(serve, lanes.items()))


def _balances_of(line: Line, lane: list[tuple[PullCursor, OwnAccount]]) -> int:
    """Balances of one connection's accounts, as many a message as the bank takes."""
    count = 0
    for some in rules.chunks(lane, line.adapter.profile.balance_accounts_max):
        accounts = [account for _, account in some]
        about = About("masterdata.ownaccount", accounts[0].pk, _one_company(accounts))
        try:
            answer = line.about(about).balances([translate.account(one) for one in accounts])
        except Exception as error:
            is_bug = not isinstance(error, BankError)
            log.warning("balance_failed", accounts=len(some), why=str(error), exc_info=is_bug)
            for cursor, account in some:
                keep.record_balance_failure(account_id=account.pk, why=str(error)[:200])
                cursors.failed(cursor, error)
            continue
        figures = translate.figures(answer, accounts)
        keep.record_balances(figures=figures, exchange_id=line.recorder.last_id)
        answered = {figure.account_id for figure in figures}
        for cursor, account in some:
            if account.pk in answered:
                cursors.done(cursor)
                count += 1
            else:
                missing = PullFailed("银行应答中没有该账户的余额")
                keep.record_balance_failure(account_id=account.pk, why=str(missing))
                cursors.failed(cursor, missing)
    return count


def _one_company(accounts: list[OwnAccount]) -> int | None:
    companies = {account.company_id for account in accounts}
    return companies.pop() if len(companies) == 1 else None


def _statements_of(line: Line, lane: list[tuple[PullCursor, OwnAccount]]) -> int:
    count = 0
    for cursor, account in lane:
        try:
            closed_until = _pull_account(line, cursor, account)
        except Exception as error:
            is_bug = not isinstance(error, BankError | PullFailed)
            log.warning("statement_failed", account_id=account.pk, why=str(error), exc_info=is_bug)
            cursors.failed(cursor, error)
            continue
        cursors.done(cursor, pulled_until=closed_until)
        count += 1
    return count


def _pull_account(line: Line, cursor: PullCursor, account: OwnAccount) -> date | None:
    """Everything the cursor owes; the last day this closed, None when none.

    The first pull of an account remembers where it began: from the next day on there are days to close. A past day that the bank
    will not tell closes neither it nor a later one, and keeps nothing of today back. Raises BankError, PullFailed.
    """
    closed: date | None = None
    untold: QueryFailed | None = None
    before = clock.today() - timedelta(days=settings.PULL_FIRST_DAYS + 1)
    for span in rules.spans(
        now=clock.now(),
        pulled_until=cursor.pulled_until,
        first_days=settings.PULL_FIRST_DAYS,
        close_from_hour=settings.PULL_CLOSE_FROM_HOUR,
        span_days=line.adapter.profile.statement_span_days,
    ):
        if untold is not None and span.first < clock.today():
            continue
        try:
            _fetch_span(account, line, span)
        except QueryFailed as error:
            if untold is not None or span.first >= clock.today():
                raise
            untold = error
            continue
        if cursor.pulled_until is None:
            cursors.closed_until(cursor, before)
        if span.closes:
            closed = span.last
            cursors.closed_until(cursor, span.last)
    _tie(account.pk)
    if untold is not None:
        raise untold
    return closed


def _fetch_span(account: OwnAccount, line: Line, span: rules.Span) -> None:
    """Fetch, store and check the days of one span."""
    adapter = line.about(About("masterdata.ownaccount", account.pk, account.company_id))
    lines = list(_pages(account, line, span))
    if span.closes and Ability.HISTORY_BALANCE in adapter.abilities:
        history = adapter.history_balances(translate.account(account), span.first, span.last)
        figures = translate.figures(history, [account], day_closing=True)
        keep.record_balances(figures=figures, exchange_id=line.recorder.last_id)
    evidence = line.recorder.last_id
    keep.record_entries(account_id=account.pk, lines=lines, exchange_id=evidence, wants_ids=False)
    for day in span.days():
        keep.close_day(account_id=account.pk, day=day)


def _pages(account: OwnAccount, line: Line, span: rules.Span) -> Iterator[EntryLine]:
    """The lines of all pages to the last one. Raises PullFailed where the bank pages without end.

    New entries may push older ones onto the next page while it is read: a line with serial and balance that an
    earlier page had already is that line again, not a twin.
    """
    earlier: set[StatementLine] = set()
    cursor = ""
    for _ in range(settings.PULL_PAGES_MAX):
        page = line.adapter.transactions(
            translate.account(account), span.first, span.last, cursor=cursor
        )
        fresh = [
            told_line
            for told_line in page.lines
            if not (told_line.bank_serial and told_line.balance_after is not None)
            or told_line not in earlier
        ]
        for told_line in fresh:
            yield translate.entry(told_line, exchange_id=line.recorder.last_id)
        earlier.update(fresh)
        if not page.next:
            return
        if page.next == cursor:
            raise PullFailed("银行翻页没有前进")
        cursor = page.next
    raise PullFailed(f"明细超过 {settings.PULL_PAGES_MAX} 页，已停止")


def _tie(account_id: int) -> None:
    """Hand the entries that arrived lately to payments; a death in between loses none of them.

    An entry may arrive before the answer to the payment it belongs to: each is offered again for a while.
    """
    cursor = cursors.of(account_id, Kind.STATEMENT)
    last = cursor.tied_until
    while ids := told.entry_ids_since(account_id, last, limit=TIE_CHUNK):
        evidence.tie_entries(account_id=account_id, entry_ids=ids)
        last = ids[-1]
    settled = told.last_entry_before(account_id, clock.now() - OFFER_AGAIN, after=cursor.tied_until)
    if settled > cursor.tied_until:
        cursors.tied(cursor, settled)
