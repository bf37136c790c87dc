"""When somebody asks for fresh figures: the accounts become due at once and the workers are woken."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from bankbridge import selectors
from bankbridge.services import cursors
from kernel.scope import Scope
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import User


def ask_now(*, account_ids: Sequence[int] | None, actor: User, scope: Scope) -> int:
    """Make balance, statement and receipts of these accounts (None: all the actor may refresh) due at once; how many.

    Raises NotFound, NotAllowed, TooSoon.
    """
    if account_ids is None:
        scope.demand("statements.pull")
        allowed = scope.companies_with("statements.pull")
        rows = masterdata.visible_accounts(scope).filter(company_id__in=allowed)
        linked = selectors.linked_accounts(list(rows.values_list("pk", flat=True)))
        account_ids = list(linked)
    count = cursors.ask_now(account_ids=account_ids, actor=actor, scope=scope)
    for task in ("tick_balances", "tick_statements", "tick_receipts"):
        with suppress(
            Exception
        ):  # the broker only wakes: without it the timetable finds the wish within a minute
            workers = import_string(settings.WORKERS_APP)
            workers.send_task(f"bankbridge.tasks.{task}", queue="bank", expires=30)
    return count
