"""What proposed matching rules would have made of the last days, before a second person decides them. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import masterdata.selectors as masterdata
from masterdata.strategies import Decided
from reconciliation.models import MatchedAccount
from reconciliation.rules import RULES, Rule
from reconciliation.services import trying
from reconciliation.topics import Matching

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

ACCOUNTS_MAX = 20


@dataclass(frozen=True)
class RungChange:
    """Matches of one rule: as they are, and as they would be."""

    rule: Rule
    are: int
    would_be: int

    @property
    def change(self) -> int:
        """More or fewer."""
        return self.would_be - self.are


@dataclass(frozen=True)
class Foresight:
    """The matches of the last days by rule; `count` accounts would be ruled otherwise."""

    days: int
    count: int
    rungs: list[RungChange]
    gained: int
    lost: int
    is_cut: bool
    is_matching: bool = True


def foresee(before: Decided, after: Decided, *, days: int, today: date) -> Foresight:
    """A dry run of both settings' accounts over the last `days`. System look-up: the caller may decide the proposal."""
    ruled = [(one, after.of(Matching, one.company, one.gl_subject)[0]) for one in _accounts()]
    changed = [
        (account, value)
        for account, value in ruled
        if value.strategy()
        != before.of(Matching, account.company, account.gl_subject)[0].strategy()
    ]
    are: Counter[str] = Counter()
    would_be: Counter[str] = Counter()
    gained = lost = 0
    for account, value in changed[:ACCOUNTS_MAX]:
        found = trying.dry_run(
            account_id=account.pk,
            first=today - timedelta(days=days),
            last=today - timedelta(days=1),
            strategy=value.strategy(),
            scope=masterdata.system_scope(),
        )
        are.update(found.are)
        would_be.update(found.would_be)
        gained, lost = gained + len(found.gained), lost + len(found.lost)
    rungs = [
        RungChange(rule, are[name], would_be[name])
        for name, rule in RULES.items()
        if are[name] or would_be[name]
    ]
    return Foresight(days, len(changed), rungs, gained, lost, len(changed) > ACCOUNTS_MAX)


def _accounts() -> list[OwnAccount]:
    """Accounts the machine matches, the first of the list first."""
    rows = MatchedAccount.objects.filter(account__is_active=True).select_related("account__company")
    return [row.account for row in rows.order_by("account__number")]
