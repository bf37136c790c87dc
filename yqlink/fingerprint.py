"""What a database holds, in a few figures: taken beside a backup, and compared with the restored one. Reads only.

The audit chain's head stands for everything people and machines did; balances, payments by state and rows a table are what a
person recognises. `verify_audit` proves the rows themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.apps import apps

Figures = dict[str, str]
_SYSTEM = ("sessions.", "admin.", "axes.", "contenttypes.", "auth.", "otp_static.")
# Rows that come and go without anybody having decided anything: they tell nothing of what was lost.
_FLEETING = frozenset(
    {"masterdata.apinonce", "desk.confirmtoken", "bankbridge.tickhealth", "bankbridge.pace"}
)
_QUERIES: Mapping[str, str] = {
    "chain": "SELECT 'head', COALESCE((SELECT seq || ' ' || digest FROM audit_link ORDER BY seq DESC LIMIT 1), '—')",
    "migrations": "SELECT 'newest', COALESCE(max(id)::text, '—') FROM django_migrations",
    "balances": """
        SELECT currency, sum(book)::text || ' in ' || count(*) || ' accounts' FROM statements_latestbalance
        GROUP BY currency ORDER BY currency""",
    "payments": """
        SELECT shown_state, count(*) || ' of ' || sum(amount) FROM payments_paymentorder
        GROUP BY shown_state ORDER BY shown_state""",
    "vouchers": "SELECT state, count(*)::text FROM ledger_voucher GROUP BY state ORDER BY state",
}


class Cursor(Protocol):
    """A DB-API cursor: Django's, or of a restored copy."""

    def execute(self, sql: str, /) -> Any: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


def fingerprint(cursor: Cursor) -> Figures:
    """The figures of the database this cursor reads, by name."""
    found: Figures = {}
    for name, sql in _QUERIES.items():
        cursor.execute(sql)
        found |= {f"{name}.{key}": str(value) for key, value in cursor.fetchall()}
    for model in sorted(apps.get_models(), key=lambda one: one._meta.label_lower):
        label = model._meta.label_lower
        if model._meta.managed and label not in _FLEETING and not label.startswith(_SYSTEM):
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')  # noqa: S608 - our own tables
            found[f"rows.{label}"] = str(cursor.fetchall()[0][0])
    return found


def differences(before: Figures, after: Figures) -> list[str]:
    """What is not alike, a line each, by name."""
    return [
        f"{name}: {before.get(name, '—')} → {after.get(name, '—')}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
