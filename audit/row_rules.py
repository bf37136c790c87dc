"""Which tables keep a history of their rows: all of the house's, but those an exemption names with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class RowRules:
    """What differs from the rule "every table, every column, digests only", by model label in lower case.

    `exempt` gives the reason for each table without a history; `apart` the columns that count for nothing (when somebody
    was last seen); `told` the tables whose values before and after are kept, and their columns that stay unsaid;
    `named` the larger tables of which an update tells these columns alone; `looked_up` the tables whose rows are compared with their history one by one before they are obeyed.
    """

    houses: frozenset[str]
    besides: frozenset[str] = frozenset()  # tables of libraries that matter as our own
    exempt: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looked_up: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Kept:
    """One table with a history."""

    label: str
    table: str
    key: str
    columns: tuple[str, ...]  # those that count, in the table's own order
    is_told: bool = False
    unsaid: tuple[str, ...] = ()
    is_looked_up: bool = False
    named: tuple[str, ...] = ()


def rules() -> RowRules:
    """The house's rules."""
    found: RowRules = import_string(settings.ROW_RULES)
    return found


def _models() -> list[type[Model]]:
    wanted = rules()
    return [
        model
        for model in apps.get_models()
        if not model._meta.proxy
        and model._meta.label_lower not in wanted.exempt
        and (model._meta.app_label in wanted.houses or model._meta.label_lower in wanted.besides)
    ]


def kept() -> list[Kept]:
    """Every table with a history, with the columns the database has for it now; tables it has not yet are left out."""
    wanted, present = rules(), _columns()
    found = []
    for model in _models():
        label, table = model._meta.label_lower, model._meta.db_table
        if table not in present:
            continue
        apart = wanted.apart.get(label, frozenset())
        found.append(
            Kept(
                label,
                table,
                str(model._meta.pk.column),
                tuple(name for name in present[table] if name not in apart),
                label in wanted.told,
                tuple(sorted(wanted.told.get(label, ()))),
                label in wanted.looked_up,
                tuple(name for name in wanted.named.get(label, ()) if name in present[table]),
            )
        )
    return found


def _columns() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
              AND a.attnum > 0 AND NOT a.attisdropped
            GROUP BY c.relname
            """
        )
        return dict(cursor.fetchall())


@lru_cache(maxsize=1)
def names() -> dict[str, str]:
    """The label of the model of each table, of all apps."""
    return {
        model._meta.db_table: model._meta.label_lower
        for model in apps.get_models()
        if not model._meta.proxy
    }


def label_of(table: Any) -> str:
    """A table as the trail names it."""
    return names().get(str(table), str(table))
