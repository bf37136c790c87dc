"""Warning of lines the two sides tell differently: looked for after each act of matching, kept as a case of the account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

import ledger.selectors
from desk import services as desk
from kernel import clock
from reconciliation import outstanding
from reconciliation.difference_selectors import differences_of
from reconciliation.differences import BANK_ONLY, BOOK_ONLY, CONTRADICTIONS, TITLES
from reconciliation.models import Act, FoundDifferences, MatchedAccount

if TYPE_CHECKING:
    from collections.abc import Mapping

DIFFERS = "reconciliation.differences"
SUBJECT = "masterdata.ownaccount"
ACCOUNTS_MAX = 200  # one tick looks at; the rest are the next one's


@transaction.atomic(durable=True)
def warn_due() -> int:
    """Look at the accounts on which somebody or something matched since they were last looked at; how many that were.

    An account without a book, or with more outstanding items than one list holds, is left to the matching.
    """
    newest = dict(Act.objects.order_by().values_list("account_id").annotate(Max("pk")))
    known = dict(FoundDifferences.objects.values_list("account_id", "act_id"))
    due = sorted(one for one, act_id in newest.items() if known.get(one) != act_id)[:ACCOUNTS_MAX]
    openings = ledger.selectors.openings(due)
    found, crowded = outstanding.items_of(
        {pk: openings[pk].day for pk in due if pk in openings}, clock.today()
    )
    told = differences_of(found)
    rows = MatchedAccount.objects.select_related("account").in_bulk(due)
    for account_id in due:
        counts = Counter(one.kind for one in told.get(account_id, {}).values())
        row = rows.get(account_id)
        if row is None:
            continue
        FoundDifferences.objects.update_or_create(
            account_id=account_id,
            defaults={
                "company_id": row.company_id,
                "act_id": newest[account_id],
                "counts": counts,
                "found_at": clock.now(),
            },
        )
        if account_id not in crowded:
            _tell(row, counts)
    return len(due)


def _tell(row: MatchedAccount, counts: Mapping[str, int]) -> None:
    """Keep the account's case open while its sides contradict each other; lines of one side alone are outstanding items."""
    wrong = [(TITLES[kind], counts[kind]) for kind in CONTRADICTIONS if counts.get(kind)]
    if not wrong:
        desk.close_case(
            kind=DIFFERS, subject_kind=SUBJECT, subject_id=row.pk, outcome="两方记录已无矛盾"
        )
        return
    alone = counts.get(BANK_ONLY, 0) + counts.get(BOOK_ONLY, 0)
    desk.open_case(
        kind=DIFFERS,
        subject_kind=SUBJECT,
        subject_id=row.pk,
        company_id=row.company_id,
        title=f"账户 {row.account.number[-4:]} 银行与账面记录不一致："
        + "、".join(f"{title} {count} 笔" for title, count in wrong),
        reason=f"未勾对流水中，两方记录互相矛盾的逐笔列出；另有仅一方记录的 {alone} 笔",
        next_step="逐笔核对对方流水，更正记账或向开户行查询",
        owner_role="recon_accountant",
        page=f"{reverse('reconciliation:items')}?account={row.pk}&day={clock.today()}",
    )
