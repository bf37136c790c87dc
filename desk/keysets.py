"""Where a page of rows begins: an opaque cursor over a sort column and the id, compared as a row (never OFFSET, never OR)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import QuerySet

from kernel.orm import keyset_where

CURSOR_MAX = 400  # characters; ours are below a hundred


def whole_number(text: str) -> int | None:
    """A row id or a version as a browser sends it; None for everything no such column could hold."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


class Keyset:
    """The sort of a list: `order` is a NOT NULL column of its own table, `-` for descending, the id behind it."""

    def __init__(self, rows: QuerySet[Any], order: str) -> None:
        model = rows.model
        name, pk = order.lstrip("-"), model._meta.pk.attname
        self.descending = order.startswith("-")
        self.names = [pk] if name in (pk, "pk", "id") else [name, pk]
        self._fields = [model._meta.get_field(one) for one in self.names]
        self._database = connections[rows.db]
        quote = self._database.ops.quote_name
        table = quote(model._meta.db_table)
        self._columns = [f"{table}.{quote(field.column)}" for field in self._fields]

    def cursor(self, values: Sequence[Any]) -> str:
        """The cursor of the row with these values of `names`."""
        packed = json.dumps([str(value) for value in values], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    def read(self, text: str) -> list[Any] | None:
        """The values of a cursor; None for what is none, or holds a value its column could not."""
        if not text or len(text) > CURSOR_MAX:
            return None
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if not isinstance(values, list) or len(values) != len(self._fields):
                return None
            read = [
                field.to_python(value) for field, value in zip(self._fields, values, strict=True)
            ]
            for field, value in zip(self._fields, read, strict=True):
                if value is None:
                    return None
                field.run_validators(value)
        except (ValueError, OverflowError, ValidationError):
            return None
        return read

    def beyond(
        self, rows: QuerySet[Any], values: Sequence[Any], *, backward: bool = False
    ) -> QuerySet[Any]:
        """The rows after these values in the list's order, or before them."""
        condition = keyset_where(self._columns, descending=self.descending != backward)
        params = [
            field.get_db_prep_value(value, self._database)
            for field, value in zip(self._fields, values, strict=True)
        ]
        return rows.extra(where=[condition], params=params)  # noqa: S610 - quoted columns, values are parameters

    def ordering(self, *, backward: bool = False) -> list[str]:
        """What `order_by` takes."""
        sign = "-" if self.descending != backward else ""
        return [sign + name for name in self.names]
