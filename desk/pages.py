"""The one list page: declared columns and filters, keyset pages by row comparison, totals per currency, saved views.

Never OFFSET, never the OR form of a keyset, never an unbounded count: see docs/pages.md for how a page is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk import selectors
from desk.filters import Filter
from desk.keysets import Keyset, whole_number
from desk.rows import Column, Row, row_html
from kernel.errors import InvalidInput
from kernel.scope import Scope

Words = str | Promise
SIZES = (20, 50, 100, 200)
COUNT_CAP = 10_000
PICKED_MAX = 2_000


@dataclass(frozen=True)
class BulkAction:
    """A button of the floating bar: posts the ticked ids to `url`; `tone` is primary, danger or plain."""

    label: Words
    url: Words  # reverse_lazy(...) is welcome: pages are declared before addresses are known
    tone: str = "primary"
    right: str = ""
    shortcut: str = ""


@dataclass(frozen=True)
class Total:
    """Count and sum of one currency."""

    currency: str
    count: int
    amount: Decimal | None


@dataclass(frozen=True)
class Head:
    """A column's heading as the template draws it."""

    column: Column
    sort_key: str  # what a click asks for; "" where it cannot sort
    aria: str  # none, ascending, descending


@dataclass(frozen=True)
class Chip:
    """An active filter in words, and the keys that remove it."""

    label: Words
    text: str
    without: str


@dataclass(frozen=True)
class Slice:
    """One page of rows with the cursors around it."""

    rows: list[dict[str, Any]]
    next: str
    previous: str


class ListPage:
    """Declare a subclass, render it with `render_list`. `base` is a selector that takes the viewer's Scope."""

    key: str = ""  # name of saved views and of the selection kept in the browser
    title: Words = ""
    caption: Words = ""
    columns: Sequence[Column] = ()
    export_columns: Sequence[Column] = ()  # further ones, of the workbook alone
    filters: Sequence[Filter] = ()
    order: str = "-created_at"  # default sort; a NOT NULL column of the list's own table
    amount: str = ""  # path of the amount that is totalled
    currency: str = ""  # path of its currency
    selectable: bool = False
    actions: Sequence[BulkAction] = ()
    needs: Sequence[str] = ()  # further paths that `row_url`, links or computed cells read
    size: int = 50
    by_base: Sequence[str] = ()  # names of filters that `base` applies itself
    keeps: Sequence[str] = ()  # further keys of the address that stay while people filter
    above: str = ""  # template over the table, of what follows the filters
    below: str = ""  # and one under it
    empty_title: Words = _("没有符合条件的记录")
    empty_hint: Words = _("可调整或清除筛选条件后再试。")
    can_export: bool = True

    def base(self, scope: Scope) -> QuerySet[Any]:
        """The rows the viewer may see; every subclass says which."""
        raise TypeError(f"{type(self).__name__} names no base")

    def row_url(self, row: Row) -> str:
        """Where a click on the row leads; "" for nowhere."""
        return ""

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """Put further cells into a page's rows, read for all of them at once; columns with `value` show them."""

    def footings(self, row: Row) -> Iterable[tuple[str, str, str, Decimal]]:
        """What a row adds to the totals under the workbook: (words, currency, the column's name, amount)."""
        if self.amount and row[self.amount] is not None:
            yield (
                _now("合计"),
                row[self.currency] if self.currency else "",
                self.amount,
                row[self.amount],
            )

    def aside(self) -> Mapping[str, Any]:
        """What the templates `above` and `below` the table read."""
        return {}

    def __init__(self, *, scope: Scope, given: Mapping[str, str]) -> None:
        self.scope, self.given = scope, given
        self._base = self.base(scope)
        self.model = self._base.model
        self.size = (
            int(given["size"])
            if given.get("size", "") in {str(n) for n in SIZES}
            else type(self).size
        )

    # --- sorting and cursors ------------------------------------------------------------------------------------

    @property
    def sort(self) -> str:
        """The sort in force: one of the declared ones, `-` for descending."""
        wanted = self.given.get("sort", "")
        allowed = {column.sort for column in self.columns if column.sort} | {self.order.lstrip("-")}
        return wanted if wanted.lstrip("-") in allowed else self.order

    @property
    def keyset(self) -> Keyset:
        """The sort in force as cursors and comparisons."""
        return Keyset(self._base, self.sort)

    def filtered(self, *, without: Sequence[str] = ()) -> QuerySet[Any]:
        """The rows all active filters (but those named) let through, in no order."""
        rows = self._base.order_by()
        for one in self.filters:
            if one.name not in (*without, *self.by_base):
                rows = one.apply(rows, self.given)
        return rows

    def _paths(self) -> list[str]:
        wanted = [
            "pk",
            *self.keyset.names,
            *(path for column in self.columns for path in column.paths),
            *(path for column in self.export_columns for path in column.paths),
            *self.needs,
        ]
        wanted += [path for path in (self.amount, self.currency) if path]
        return list(dict.fromkeys(wanted))

    def slice(self) -> Slice:
        """The page asked for: `after` or `before` a cursor, else the first."""
        keyset, backward, rows = self.keyset, "before" in self.given, self.filtered()
        # A mangled cursor shows the first page.
        values = keyset.read(self.given.get("before", "") or self.given.get("after", ""))
        if values is not None:
            rows = keyset.beyond(rows, values, backward=backward)
        paths = self._paths()
        ordering = keyset.ordering(backward=backward)
        found = list(rows.order_by(*ordering).values_list(*paths)[: self.size + 1])
        more, found = len(found) > self.size, found[: self.size]
        if backward:
            found.reverse()
        page = [dict(zip(paths, row, strict=True)) for row in found]
        self.enrich(page)
        has_next = bool(page) and (more if not backward else values is not None)
        has_previous = bool(page) and (values is not None if not backward else more)
        return Slice(
            rows=page,
            next=keyset.cursor([page[-1][n] for n in keyset.names]) if has_next else "",
            previous=keyset.cursor([page[0][n] for n in keyset.names]) if has_previous else "",
        )

    # --- totals -------------------------------------------------------------------------------------------------

    @property
    def adds_all(self) -> bool:
        """Whether sums were asked for however many rows there are."""
        return self.given.get("totals") == "all"

    def totals(self) -> tuple[list[Total], bool]:
        """Count and sum per currency of all filtered rows, and whether the count stopped at the cap.

        Past the cap sums are unknown unless `totals=all` asks for them.
        """
        rows = self.filtered()
        paths = [path for path in (self.currency, self.amount) if path]
        rows = rows.values_list(*(paths or ["pk"]))
        whole = self.adds_all
        try:
            sql, params = (rows if whole else rows[: COUNT_CAP + 1]).query.sql_with_params()
        except EmptyResultSet:
            return [], False
        fields = {
            ("currency", "amount"): "c, count(*), sum(a)",
            ("amount",): "'', count(*), sum(a)",
        }
        names = tuple(name for name in ("currency", "amount") if getattr(self, name))
        picked = fields.get(names, "'', count(*), NULL")
        alias = {("currency", "amount"): "t(c, a)", ("amount",): "t(a)"}.get(names, "t(c)")
        grouped = "GROUP BY c ORDER BY c" if names == ("currency", "amount") else ""
        with connections[rows.db].cursor() as cursor:
            cursor.execute(f"SELECT {picked} FROM ({sql}) AS {alias} {grouped}", params)  # noqa: S608 - our own words
            found = [Total(*row) for row in cursor.fetchall() if row[1]]
        capped = not whole and sum(total.count for total in found) > COUNT_CAP
        if capped:
            found = [Total(total.currency, total.count, None) for total in found]
        return found, capped

    def page_totals(self, rows: list[dict[str, Any]]) -> list[Total]:
        """Count and sum per currency of the rows on this page."""
        if not self.amount:
            return []
        sums: dict[str, list[Decimal]] = {}
        for row in rows:
            sums.setdefault(row[self.currency] if self.currency else "", []).append(
                row[self.amount] or Decimal(0)
            )
        return [
            Total(code, len(given), sum(given, Decimal(0))) for code, given in sorted(sums.items())
        ]

    # --- what the template draws ----------------------------------------------------------------------------------

    def querystring(self, *, without: Sequence[str] = (), **changes: str) -> str:
        """The present address's query with some keys dropped and some set."""
        from django.utils.http import urlencode

        kept = {k: v for k, v in self.given.items() if v and k not in without}
        return "?" + urlencode({**kept, **changes})

    def heads(self) -> list[Head]:
        """Headings, each with the sort a click asks for."""
        present = self.sort
        heads = []
        for column in self.columns:
            key, aria = column.sort, "none"
            if key and present.lstrip("-") == key:
                aria = "descending" if present.startswith("-") else "ascending"
                key = key if present.startswith("-") else f"-{key}"
            address = self.querystring(without=("after", "before"), sort=key) if key else ""
            heads.append(Head(column, address, aria))
        return heads

    def chips(self) -> list[Chip]:
        """Active filters in words."""
        return [
            Chip(one.label, text, self.querystring(without=(*one.keys, "after", "before")))
            for one in self.filters
            if (text := one.chip(self.given, self.scope))
        ]

    def rows_html(self, rows: list[dict[str, Any]]) -> SafeString:
        """All rows as markup."""
        columns = list(self.columns)
        return mark_safe(  # noqa: S308 - every cell is escaped by desk.rows
            "".join(
                row_html(
                    columns,
                    row,
                    selectable=self.selectable,
                    amount=self.amount,
                    currency=self.currency,
                    url=self.row_url(row),
                )
                for row in rows
            )
        )

    def controls(self) -> list[dict[str, Any]]:
        """The filter bar's fields with what is typed in them."""
        return [
            {
                "filter": one,
                "keys": [(key, self.given.get(key, "")) for key in one.keys],
                "options": [(str(value), word) for value, word in one.options(self.scope)],
            }
            for one in self.filters
        ]

    def context(self) -> dict[str, Any]:
        """Everything desk/list.html and desk/_table.html read."""
        piece = self.slice()
        totals, capped = self.totals()
        count = sum(total.count for total in totals)
        return {
            "page": self,
            "heads": self.heads(),
            "rows_html": self.rows_html(piece.rows),
            "row_count": len(piece.rows),
            "controls": self.controls(),
            "chips": self.chips(),
            "page_totals": self.page_totals(piece.rows),
            "totals": totals if self.amount else [],
            "is_capped": capped,
            "count": f"{COUNT_CAP:,}+" if capped else f"{count:,}",
            "next_url": self.querystring(without=("before", "totals"), after=piece.next)
            if piece.next
            else "",
            "previous_url": self.querystring(without=("after", "totals"), before=piece.previous)
            if piece.previous
            else "",
            "all_totals_url": self.querystring(totals="all"),
            "export_url": self.querystring(without=("after", "before"), export="xlsx"),
            "sizes": [
                (n, self.querystring(without=("after", "before"), size=str(n))) for n in SIZES
            ],
            "actions": [one for one in self.actions if not one.right or self.scope.has(one.right)],
            "hidden": [
                (k, v) for k, v in self.given.items() if k in ("sort", "size", *self.keeps) and v
            ],
            "clear_url": self.querystring(without=[k for k in self.given if k not in self.keeps]),
            "path_query": self.querystring(without=("after", "before")),
        }


def picked_ids(posted: Mapping[str, Any]) -> list[int]:
    """The ticked rows an action was posted with: several `ids`, or one comma-separated; in order, once each.

    Raises InvalidInput past PICKED_MAX rows: none is left undone quietly.
    """
    values = posted.getlist("ids") if hasattr(posted, "getlist") else [posted.get("ids", "")]
    numbers = [whole_number(part) for value in values for part in value.split(",")]
    picked = list(dict.fromkeys(number for number in numbers if number is not None))
    if len(picked) > PICKED_MAX:
        raise InvalidInput(
            f"一次最多处理 {PICKED_MAX:,} 笔，请分批操作", "too many at once", code="too_many"
        )
    return picked


def render_list(
    request: HttpRequest,
    page_class: type[ListPage],
    template: str = "desk/list.html",
    extra: Mapping[str, Any] | Callable[[ListPage], Mapping[str, Any]] | None = None,
) -> HttpResponseBase:
    """The list page: whole, as htmx fragment, or as .xlsx (a job when it is long)."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    page = page_class(scope=scope, given=request.GET.dict())
    if page.can_export and request.GET.get("export") == "xlsx":
        from desk import exports  # exports import this module

        return exports.respond(page, user_id=request.user.pk or 0)
    if "page_reset" in request.GET:
        return HttpResponseRedirect(request.path)
    context = {**page.context(), **page.aside()}
    context |= extra(page) if callable(extra) else extra or {}
    if getattr(request, "htmx", False) and request.htmx.target == "list":  # type: ignore[attr-defined]
        return render(request, "desk/_fragment.html", context)
    context["views"] = selectors.saved_views(user_id=request.user.pk or 0, page=page.key)
    return render(request, template, context)
