"""Cells of list pages as markup, one function a kind: a page of 50 rows is one join of strings, no template loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.html import escape

from desk import formats

Row = Mapping[str, Any]
Words = str | Promise


@dataclass(frozen=True)
class Column:
    """One column: `name` is a path of the queryset (`company__name` crosses a key).

    `kind` is text, lines, money, account, full_account, state, datetime, day, number or code. `sort` names a NOT NULL column of
    the list's own table. `link` makes the cell an address; `value` computes the cell from the row; `note` is a second
    path shown small behind (the currency of money, `2/3` of a state, a second line of text).
    """

    name: str
    label: Words
    kind: str = "text"
    sort: str = ""
    link: Callable[[Row], str] | None = None
    value: Callable[[Row], Any] | None = None
    note: str = ""
    needs: tuple[str, ...] = ()
    width: str = ""
    is_key: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """What the query must fetch for this column."""
        own = () if self.value else (self.name,)
        return (*own, *((self.note,) if self.note else ()), *self.needs)

    @property
    def is_number(self) -> bool:
        """Whether figures stand right-aligned."""
        return self.kind in ("money", "number")

    def plain(self, row: Row) -> Any:
        """The cell's value."""
        return self.value(row) if self.value else row[self.name]


def _text(value: Any, note: Any) -> str:
    shown = formats.UNKNOWN_FIGURE if value in (None, "") else escape(str(value))
    return f'{shown}<small class="cell__note">{escape(str(note))}</small>' if note else str(shown)


_CELL: dict[str, Callable[[Any, Any], str]] = {
    "text": _text,
    "code": lambda value, note: f'<span class="code">{_text(value, note)}</span>',
    "lines": lambda value, note: "<br>".join(_text(part, "") for part in str(value).split("\n")),
    "number": lambda value, note: formats.UNKNOWN_FIGURE if value is None else f"{value:,}",
    "money": lambda value, note: formats.money_html(value, note or ""),
    "account": lambda value, note: formats.account_html(value or ""),
    "full_account": lambda value, note: formats.account_html(value or "", full=True),
    "state": lambda value, note: formats.state_html(str(value), note or ""),
    "datetime": lambda value, note: formats.time_text(value),
    "day": lambda value, note: formats.day_text(value),
}


def cell_html(column: Column, row: Row) -> str:
    """One cell's inside."""
    inner = _CELL[column.kind](column.plain(row), row[column.note] if column.note else "")
    if column.link and (url := column.link(row)):
        return f'<a href="{escape(url)}">{inner}</a>'
    return inner


def row_html(
    columns: list[Column],
    row: Row,
    *,
    selectable: bool,
    amount: str = "",
    currency: str = "",
    url: str = "",
) -> str:
    """One table row; a selectable one carries its amount and currency for the floating bar."""
    cells = []
    if selectable:
        figure = (
            f' data-amount="{row[amount]}" data-currency="{escape(row[currency] if currency else "CNY")}"'
            if amount
            else ""
        )
        cells.append(
            f'<td class="pick"><input type="checkbox" name="ids" value="{row["pk"]}" form="bulk" class="form-check-input"'
            f' aria-label="{row["pk"]}"{figure}></td>'
        )
    cells += [
        f'<td class="k-{column.kind}{" number" if column.is_number else ""}">{cell_html(column, row)}</td>'
        for column in columns
    ]
    href = f' data-href="{escape(url)}"' if url else ""
    return f'<tr data-id="{row["pk"]}"{href}>{"".join(cells)}</tr>'
