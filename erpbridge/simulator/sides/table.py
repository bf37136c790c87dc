"""Style 5 from the finance system's end: rows written into the request tables, messages read and marked. Plain SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from erpbridge.simulator.sides.base import Item, Side, signature

REQUESTS = {
    "payment_request": "x_payment_req",
    "master_data": "x_master_req",
    "voucher_ack": "x_voucher_ack",
    "holding": "x_holding",
}
MESSAGES = ("x_payment_res", "x_arrival", "x_statement", "x_voucher")
OURS = {"id", "item_no", "sign", "made_at", "closed_at", "ack_status"}


class TableSide(Side):
    """Speaks DB-API to the exchange database; `connect` opens it, autocommit off."""

    def __init__(self, connect: Callable[[], Any], *, key: str) -> None:
        self.connect, self.key = connect, key

    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """All rows of a delivery in one transaction, each signed."""
        with self.connect() as connection, connection.cursor() as cursor:
            for item in items:
                self.write(cursor, item, key=key, rows=len(items), kind=kind)
            connection.commit()

    def write(
        self, cursor: Any, item: Item, *, key: str, rows: int, kind: str = "payment_request"
    ) -> None:
        """One row, not committed."""
        told = {name: str(value) for name, value in item.items() if value not in (None, "")}
        row = {
            **told,
            "msg_id": key,
            "msg_rows": rows,
            "sign": signature(self.key, {**told, "msg_id": key}),
        }
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(
            f"INSERT INTO {REQUESTS[kind]} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
            list(row.values()),
        )

    def holds(self, key: str, kind: str) -> bool:
        """Whether its rows stand there already."""
        return bool(self._rows(f"SELECT id FROM {REQUESTS[kind]} WHERE msg_id = %s LIMIT 1", [key]))  # noqa: S608

    def answer(self, key: str) -> dict[str, Any] | None:
        """The newest rows of this delivery, once the platform has ended all of them."""
        for table in REQUESTS.values():
            rows = self._rows(f"SELECT * FROM {table} WHERE msg_id = %s ORDER BY id", [key])  # noqa: S608
            if not rows:
                continue
            rows = rows[-int(rows[0]["msg_rows"]) :]
            if any(row["status"] not in ("A", "E", "D") for row in rows):
                return None
            errors = [json.loads(row["errors"]) if row["errors"] else [] for row in rows]
            if errors[0] and errors[0][0]["row"] is None:
                return {"refused": errors[0][0]["code"]}
            return {
                "results": [
                    {
                        "row": number,
                        "status": _status(row),
                        "ours": row["our_no"] or "",
                        "state": row["our_state"] or "",
                        "errors": found,
                    }
                    for number, (row, found) in enumerate(zip(rows, errors, strict=True), 1)
                ]
            }
        return {"refused": "items_count"}  # a delivery without rows never was one

    def _rows(self, sql: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def fetch(self) -> list[dict[str, Any]]:
        """Messages nobody marked yet, their signature checked."""
        found = []
        for table in MESSAGES:
            for row in self._rows(
                f"SELECT * FROM {table} WHERE ack_status = 'N' ORDER BY id",  # noqa: S608
                [],
            ):
                told = {k: v for k, v in row.items() if k not in OURS and v is not None}
                if signature(self.key, told) != row["sign"]:
                    raise ValueError(f"{table} {row['id']} is not signed by the platform")
                found.append(told)
        return found

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """Mark them as stored."""
        with self.connect() as connection, connection.cursor() as cursor:
            for table in MESSAGES:
                cursor.executemany(
                    f"UPDATE {table} SET ack_status = 'D' WHERE message_id = %s",  # noqa: S608
                    [[one] for one in message_ids],
                )
            connection.commit()


def _status(row: dict[str, Any]) -> str:
    if row["status"] == "E":
        return "ERR"
    return "DUP" if row["err_code"] == "dup" else "OK"
