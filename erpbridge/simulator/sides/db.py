"""Style 2 from the finance system's end: its own tables behind views it gives, and the platform's views it reads. Plain SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from erpbridge.simulator.sides.base import Item, Side

TABLES = {
    "payment_request": "payment_request",
    "master_data": "partner",
    "voucher_ack": "voucher_ack",
    "holding": "holding",
}
VIEW_OF = {
    "payment_request": "v_payment_request",
    "partner": "v_partner",
    "voucher_ack": "v_voucher_ack",
    "holding": "v_holding",
}
FIELDS = {
    "payment_request": (
        *("doc_type", "doc_no", "line_no", "company_code", "payer_account", "payee_code"),
        *("payee_name", "payee_account", "payee_bank", "cnaps", "currency", "amount", "purpose"),
        *("remark", "wish_date", "urgent", "invoice_no", "gl_subject", "cash_flow_item"),
    ),
    "voucher_ack": ("company_code", "posting_key", "result", "erp_voucher_no", "reason"),
    "holding": (
        *(
            "list_no",
            "as_of",
            "first_day",
            "list_rows",
            "what",
            "company_code",
            "doc_type",
            "doc_no",
        ),
        *("line_no", "posting_key", "amount", "currency", "state", "ref_no"),
    ),
    "partner": (
        *("kind", "code", "name", "uscc", "account", "account_name", "bank", "cnaps"),
        "company_code",
    ),
}


def tables() -> list[str]:
    """SQL of the finance system's own tables, and of the views it gives."""
    made = ["CREATE TABLE sent (delivery varchar(60), place varchar(40), row_id bigint)"]
    for table, fields in FIELDS.items():
        columns = ", ".join(f"{name} varchar(300)" for name in fields)
        made.append(f"CREATE TABLE {table} (row_id bigserial PRIMARY KEY, {columns})")
        made.append(
            f"CREATE VIEW {VIEW_OF[table]} AS SELECT row_id, {', '.join(fields)} FROM {table}"  # noqa: S608
        )
    return made


class DbSide(Side):
    """`own` opens the finance system's database, `platform` the platform's as the role it was given."""

    wants_receipts = False

    def __init__(self, own: Callable[[], Any], platform: Callable[[], Any]) -> None:
        self.own, self.platform = own, platform

    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """Rows of its own table; a key sent before names the rows it had then."""
        if self.holds(key, kind):
            return
        with self.own() as connection, connection.cursor() as cursor:
            for item in items:
                names, marks = ", ".join(item), ", ".join(["%s"] * len(item))
                cursor.execute(
                    f"INSERT INTO {TABLES[kind]} ({names}) VALUES ({marks}) RETURNING row_id",  # noqa: S608
                    list(item.values()),
                )
                cursor.execute(
                    "INSERT INTO sent VALUES (%s, %s, %s)",
                    [key, TABLES[kind], cursor.fetchone()[0]],
                )
            connection.commit()

    def holds(self, key: str, kind: str) -> bool:
        """Whether its rows stand in the table already."""
        return bool(self._ids(key, TABLES[kind]))

    def _ids(self, key: str, table: str) -> list[int]:
        with self.own() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT row_id FROM sent WHERE delivery = %s AND place = %s ORDER BY row_id",
                [key, table],
            )
            return [int(row[0]) for row in cursor.fetchall()]

    def answer(self, key: str) -> dict[str, Any] | None:
        """What `v_request` says of these rows, once it speaks of all of them."""
        given = {table: rows for table in FIELDS if (rows := self._ids(key, table))}
        if not given:
            return {"refused": "items_count"}
        ((table, ids),) = given.items()
        view = VIEW_OF[table]
        found = {
            row["row_id"]: row
            for row in self._read("SELECT * FROM v_request WHERE view_name = %s", [view])
        }
        if not set(ids) <= set(found):
            return None
        results = []
        for number, row_id in enumerate(ids, 1):
            row = found[row_id]
            errors = row["errors"]
            errors = json.loads(errors) if isinstance(errors, str) else errors
            results.append(
                {
                    "row": number,
                    "status": row["status"],
                    "ours": row["our_no"],
                    "state": row["state"],
                    "errors": [{**error, "row": number} for error in errors],
                }
            )
        return {"results": results}

    def _read(self, sql: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        with self.platform() as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def fetch(self) -> list[dict[str, Any]]:
        """How its payments stand."""
        rows = self._read("SELECT * FROM v_payment_status ORDER BY order_no", [])
        return [
            {name: f"{v:.2f}" if name == "amount" else v for name, v in row.items()} for row in rows
        ]

    def fetch_all(self) -> list[dict[str, Any]]:
        """Payments, vouchers and statement entries; each under a number of its own that changes when it does."""
        vouchers = self._read("SELECT * FROM v_voucher ORDER BY voucher_id, line_no", [])
        entries = self._read("SELECT * FROM v_statement_entry ORDER BY entry_id", [])
        return (
            self.fetch()
            + [{**row, "message_id": f"v{row['voucher_id']}"} for row in vouchers]
            + [{**row, "message_id": f"s{row['entry_id']}-{row['revision']}"} for row in entries]
        )

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """Nothing: who reads does not write."""
