"""账户余额变化: each account's day from opening to closing, what moved, how low it went, and where the figures come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter, Filter, as_amount
from desk.pages import COUNT_CAP, ListPage
from desk.rows import Column, Row
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements import movements, selectors
from statements.models import DayClose
from statements.pages import ZERO, account_choices, company_choices
from statements.rules import BANK, CAMT, SHEET, SWIFT

CHART_DAYS = 92
SOURCES = {BANK: _("银企直联"), CAMT: "camt.053", SWIFT: "MT940", SHEET: "CSV / Excel"}
_AMOUNT = DecimalField(max_digits=18, decimal_places=2)
_CHANGE = ExpressionWrapper(F("closing") - F("opening"), output_field=_AMOUNT)


@dataclass(frozen=True)
class ChangedByFilter(Filter):
    """The day changed the balance by more than so much, up or down."""

    def condition(self, value: str) -> Q:
        """Beyond the amount; what is no amount finds nothing."""
        amount = as_amount(value)
        return Q(pk__in=[]) if amount is None else Q(moved__gt=amount)


def _change(row: Row) -> Decimal | None:
    if row["closing"] is None or row["opening"] is None:
        return None
    return Decimal(row["closing"] - row["opening"])


def _told(name: str) -> Any:
    return lambda row: row["moves"][name]


def _sources(row: Row) -> str:
    return "、".join(str(SOURCES.get(one, one)) for one in row["moves"]["sources"])


def _lowest(row: Row) -> Decimal | None:
    """The lowest balance of the day, its opening among them; unknown where the bank did not tell every running balance."""
    moves = row["moves"]
    if row["opening"] is None or moves["untold"]:
        return None
    return Decimal(min(row["opening"], moves["lowest"] or row["opening"]))


class BalanceChangesPage(ListPage):
    """Days of accounts, newest first."""

    key = "statements.balance_changes"
    title = _("账户余额变化")
    caption = _("期初＋收入－支出＝期末；银行未报的数字显示为“—”，不当作零。")
    order = "-day"
    above, below = "statements/_closing_chart.html", "statements/_sides.html"
    needs = ("account_id",)
    empty_title = _("没有符合条件的日余额")
    columns = (
        Column("account__number", _("账号"), kind="account", is_key=True),
        Column("account__company__short_name", _("公司")),
        Column("account__bank__name", _("开户行")),
        Column("day", _("日期"), kind="day", sort="day", is_key=True),
        Column("opening", _("期初"), kind="money"),
        Column("credits", _("收入"), kind="money"),
        Column("debits", _("支出"), kind="money"),
        Column("closing", _("期末"), kind="money", note="account__currency"),
        Column("change", _("变化"), kind="money", value=_change, needs=("opening", "closing")),
        Column("count_in", _("收入笔数"), kind="number", value=_told("credits")),
        Column("count_out", _("支出笔数"), kind="number", value=_told("debits")),
        Column("lowest", _("日内最低"), kind="money", value=_lowest, needs=("opening",)),
        Column("source", _("来源"), value=_sources),
        Column("fetched", _("取得时间"), kind="datetime", value=_told("fetched")),
    )  # fmt: skip
    filters = (
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        ChoiceFilter("bank", _("开户行"), field="account__bank__prefix", choices=lambda _scope: masterdata.bank_choices()),
        ChoiceFilter("currency", _("币种"), field="account__currency", choices=lambda scope: masterdata.currency_choices(scope)),
        ChoiceFilter("kind", _("账户类型"), field="account__kind", choices=lambda _scope: masterdata.account_kinds()),
        DateRangeFilter("on", _("日期"), field="day"),
        ChangedByFilter("change", _("变化超过")),
    )  # fmt: skip

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Days of accounts the viewer may see."""
        return selectors.visible_day_closes(scope).annotate(moved=Abs(_CHANGE))

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """What moved on each day, and where the figures come from."""
        told = movements.day_movements({(row["account_id"], row["day"]) for row in rows})
        for row in rows:
            row["moves"] = vars(told.get((row["account_id"], row["day"]), movements.UNMOVED))

    def footings(self, row: Row) -> Iterable[tuple[str, str, str, Decimal]]:
        """Sums of both sides, as under the list."""
        for name in ("credits", "debits"):
            yield _now("合计"), row["account__currency"], name, row[name]

    def aside(self) -> Mapping[str, Any]:
        """Sums of both sides by currency over all filtered days (where there are too many, only when asked to), and the closing
        balances as a line."""
        summed = self.filtered()
        if not self.adds_all:
            summed = DayClose.objects.filter(pk__in=summed.values("pk")[: COUNT_CAP + 1])
        sums = list(
            summed.order_by()
            .values_list("account__currency")
            .annotate(Sum("credits"), Sum("debits"), Count("pk"))
            .order_by("account__currency")
        )
        is_capped = not self.adds_all and sum(count for *_, count in sums) > COUNT_CAP
        sides = [
            {"currency": code, "credit": credits, "debit": debits, "net": credits - debits}
            for code, credits, debits, _count in sums
        ]
        return {
            "sides": [] if is_capped else sides,
            "sides_capped": is_capped,
            "chart": _chart(self),
        }

    def row_url(self, row: Row) -> str:
        """The day's entries."""
        query = f"?account={row['account_id']}&day_from={row['day']}&day_to={row['day']}"
        return reverse("statements:entries") + query


def _chart(page: ListPage) -> dict[str, Any]:
    """Closing balances of the newest days, one line a currency: every account asked for counts with the last figure it told;
    a day on which none told one has no point. Days are not left out for having changed little."""
    rows = page.filtered(without=("change",)).filter(closing__isnull=False)
    newest = rows.order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return {"type": "line", "x": [], "series": []}
    since = rows.filter(day__gt=newest - timedelta(days=CHART_DAYS)).order_by("day")
    told = since.values_list("day", "account__currency", "account_id", "closing")
    held: dict[str, dict[int, Decimal]] = {}
    sums: dict[Any, dict[str, Decimal]] = {}
    for day, of_day in groupby(told.iterator(chunk_size=5000), key=itemgetter(0)):
        for _day, code, account_id, closing in of_day:
            held.setdefault(code, {})[account_id] = closing
            sums.setdefault(day, {})[code] = ZERO
        for code in sums[day]:
            sums[day][code] = sum(held[code].values(), ZERO)
    return {
        "type": "line",
        "x": [f"{day:%m-%d}" for day in sums],
        "series": [
            {
                "name": _now("期末余额 %(code)s") % {"code": code},
                "data": [f"{one[code]:.2f}" if code in one else None for one in sums.values()],
            }
            for code in sorted(held)
        ],
    }
