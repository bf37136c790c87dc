"""People's matches with a line that is no longer in force: the machine leaves them alone and tells somebody. Steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from desk import services as desk
from reconciliation import selectors

if TYPE_CHECKING:
    from reconciliation.models import MatchedAccount

STALE = "reconciliation.match_stale"
SUBJECT = "masterdata.ownaccount"


def tell_stale(row: MatchedAccount) -> list[int]:
    """Step: keep the account's case open while a person's match holds an amended or withdrawn line; numbers of the machine's."""
    machine, people = selectors.stale_matches(row.pk)
    if not people:
        desk.close_case(
            kind=STALE, subject_kind=SUBJECT, subject_id=row.pk, outcome="人工勾对均已处理"
        )
        return machine
    desk.open_case(
        kind=STALE,
        subject_kind=SUBJECT,
        subject_id=row.pk,
        company_id=row.company_id,
        title=f"账户 {row.account.number} 有 {len(people)} 组人工勾对含已更正或撤回的流水",
        reason=f"勾对 {'、'.join(map(str, people[:20]))}：系统不改动人工勾对",
        next_step="逐组解除，再与更正后的流水勾对",
        owner_role="recon_accountant",
        page=f"{reverse('reconciliation:matches', args=[row.pk])}?stale=1",
    )
    return machine
