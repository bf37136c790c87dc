"""What every act of matching begins with: the account's row locked, and the act written down. Steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import masterdata.selectors as masterdata
from reconciliation.models import Act, MatchedAccount

if TYPE_CHECKING:
    from masterdata.models import User


def lock(account_id: int) -> MatchedAccount:
    """The account as the matching knows it, locked until the caller's transaction ends. Raises NotFound."""
    account = masterdata.get_account(account_id, scope=masterdata.system_scope())
    MatchedAccount.objects.get_or_create(
        account_id=account_id, defaults={"company_id": account.company_id}
    )
    return (
        MatchedAccount.objects.select_for_update(of=("self",))
        .select_related("account__company")
        .get(pk=account_id)
    )


def begin(kind: str, row: MatchedAccount, *, actor: User | None, **told: Any) -> Act:
    """Write down that an act begins; matches it makes or ends name it."""
    return Act.objects.create(
        account_id=row.pk,
        company_id=row.company_id,
        kind=kind,
        actor_id=actor.pk if actor else None,
        actor_name=actor.display_name if actor else "",
        **told,
    )
