"""交易明细查询: statement entries with all the bank told, and what each is matched to."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter
from desk.rows import Column, Row
from kernel.scope import Scope
from reconciliation.models import MatchLine
from reconciliation.selectors import VIEW
from statements.pages import YES_NO, EntriesPage


def _matched(row: Row) -> str:
    if not row["sees_match"]:
        return "—"
    return f"{row['rung']} #{row['match_no']}" if row["match_no"] else _now("未勾对")


def _link(row: Row) -> str:
    if not row["sees_match"]:
        return ""
    if row["match_no"]:
        return reverse("reconciliation:match_page", args=[row["account_id"], row["match_no"]])
    day = row["bank_date"]
    return f"{reverse('reconciliation:desk', args=[row['account_id']])}?first={day}&last={day}"


class TransactionsPage(EntriesPage):
    """Statement entries in force with their counterparty's bank, purpose, and match."""

    key = "reconciliation.transactions"
    title = _("交易明细查询")
    by_base = (*EntriesPage.by_base, "matched")
    needs = (*EntriesPage.needs, "bank_date", "company_id")
    columns = (
        *EntriesPage.columns[:5],
        Column("matched", _("勾对"), value=_matched, link=_link),
        *EntriesPage.columns[5:8],
        Column("counterparty_bank", _("对方银行")),
        EntriesPage.columns[8],
        Column("purpose", _("用途")),
        *EntriesPage.columns[9:],
    )
    filters = (
        *EntriesPage.filters,
        ChoiceFilter("matched", _("勾对"), choices=(("True", _("已勾对")), ("False", _("未勾对")))),
    )  # fmt: skip

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Entries the viewer may see; whether a live match holds them is known for those whose matching they may see."""
        rows = super().base(scope)
        if (asked := self.given.get("matched")) in YES_NO:
            held = MatchLine.objects.filter(
                account_id=OuterRef("account_id"), bank_id=OuterRef("pk")
            )
            rows = rows.filter(company_id__in=scope.companies_with(VIEW))
            rows = rows.filter(Exists(held) if YES_NO[asked] else ~Exists(held))
        return rows

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """The match and the receipts of each entry."""
        super().enrich(rows)
        allowed = self.scope.companies_with(VIEW)
        accounts = {row["account_id"] for row in rows}
        held = MatchLine.objects.filter(
            account_id__in=accounts, bank_id__in=[row["pk"] for row in rows]
        )
        found = {
            bank: (match_no, f"M{rung}")
            for bank, match_no, rung in held.values_list("bank_id", "match_no", "rung")
        }
        for row in rows:
            row["match_no"], row["rung"] = found.get(row["pk"], (0, ""))
            row["sees_match"] = row["company_id"] in allowed
