"""Counters behind the accountant's cards: days to sign, statements to review, days of statements that do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from kernel import clock
from kernel.scope import Scope
from ledger import selectors as ledger
from masterdata import selectors as masterdata
from reconciliation import day_selectors, selectors, statement_selectors
from reconciliation.services import closing
from statements import continuity
from yqlink.workspace.cards import Figure
from yqlink.workspace.counters import CAP, counted

DAYS, UNSIGNED_DAYS = 31, 92  # a day nobody signed waits until its month is closed


def days_to_sign(scope: Scope) -> Figure:
    """Closed days with entries that nobody signed."""
    since = clock.today() - timedelta(days=UNSIGNED_DAYS)
    found = day_selectors.unsigned_days(scope, since=since, limit=CAP + 1)
    return counted(found, _("近 %(n)s 天有往来的账户日") % {"n": UNSIGNED_DAYS})


def statements_to_review(scope: Scope) -> Figure:
    """Reconciliation statements another person prepared."""
    rows = statement_selectors.visible_statements(scope).filter(state="prepared")
    others = rows.exclude(prepared_by__person_key=scope.person_key)
    return counted(others.order_by()[: CAP + 1].count(), _("须由另一人签字"))


def vouchers_to_post(scope: Scope) -> Figure:
    """Drafts another person made."""
    rows = ledger.visible_vouchers(scope).filter(state="draft")
    others = rows.exclude(maker__person_key=scope.person_key)
    return counted(others.order_by()[: CAP + 1].count(), _("须由另一人记账"))


def _proposed(scope: Scope, kinds: Iterable[str]) -> Figure:
    rows = masterdata.visible_changes(scope).filter(kind__in=list(kinds), state="proposed")
    others = rows.exclude(made_by__person_key=scope.person_key)
    return counted(others.order_by()[: CAP + 1].count(), _("须由另一人复核"))


def closes_to_decide(scope: Scope) -> Figure:
    """Months another person proposed to close or to reopen."""
    return _proposed(scope, closing.KINDS.values())


def matches_to_decide(scope: Scope) -> Figure:
    """Matches above the limit another person proposed to make or to end."""
    return _proposed(scope, selectors.TWO_PEOPLE)


def broken_days(scope: Scope) -> Figure:
    """Days whose statement does not add up."""
    since = clock.today() - timedelta(days=DAYS)
    return counted(
        continuity.count_broken(scope, since=since, limit=CAP + 1), _("近 %(n)s 天") % {"n": DAYS}
    )
