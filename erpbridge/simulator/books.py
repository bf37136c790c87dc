"""The finance system's own records, in one SQLite file: documents, deliveries, messages, vouchers. Each is entered once.

Everything the program does next it reads from here, so that it may be killed at any moment and started again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS document (
    key TEXT PRIMARY KEY, item TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open', ours TEXT NOT NULL DEFAULT '',
    errors TEXT NOT NULL DEFAULT '[]', version INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS delivery (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, items TEXT NOT NULL, answer TEXT, tries INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, kind TEXT NOT NULL, items TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS voucher (
    key TEXT PRIMARY KEY, company TEXT NOT NULL, number TEXT NOT NULL, reason TEXT NOT NULL, items TEXT NOT NULL,
    told INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# What the platform's states come to for a finance system; any other is still under way.
_ENDS = {
    "succeeded": "settled",
    "failed": "rejected",
    "rejected": "rejected",
    "void": "rejected",
    "cancelled": "rejected",
    "returned": "returned",
}
_HELD = {"settled": "paid", "rejected": "unpaid", "returned": "returned"}
_KEY = ("company_code", "doc_type", "doc_no", "line_no")


def document_key(item: Mapping[str, Any]) -> str:
    """What names one line of a document."""
    return "|".join(str(item.get(name) or ("1" if name == "line_no" else "")) for name in _KEY)


class Memory(MutableMapping[str, str]):
    """A mapping of texts that survives the program."""

    def __init__(self, books: Books, prefix: str) -> None:
        self.books, self.prefix = books, prefix

    def __getitem__(self, name: str) -> str:
        row = self.books.one("SELECT value FROM memory WHERE name = ?", self.prefix + name)
        if row is None:
            raise KeyError(name)
        return str(row[0])

    def __setitem__(self, name: str, value: str) -> None:
        self.books.run("INSERT OR REPLACE INTO memory VALUES (?, ?)", self.prefix + name, value)

    def __delitem__(self, name: str) -> None:
        self.books.run("DELETE FROM memory WHERE name = ?", self.prefix + name)

    def __iter__(self) -> Iterator[str]:
        rows = self.books.all("SELECT name FROM memory WHERE name LIKE ?", f"{self.prefix}%")
        return iter([str(row[0]).removeprefix(self.prefix) for row in rows])

    def __len__(self) -> int:
        return len(list(iter(self)))


class Books:
    """One finance system's records. Open it in one thread only."""

    def __init__(self, path: Path) -> None:
        self.file = sqlite3.connect(path, isolation_level=None)
        self.file.execute("PRAGMA journal_mode = WAL")
        self.file.execute("PRAGMA synchronous = FULL")
        self.file.executescript(_TABLES)

    def close(self) -> None:
        """Let the file go."""
        self.file.close()

    def run(self, sql: str, *values: Any) -> int:
        """One statement; the rows it touched."""
        return self.file.execute(sql, values).rowcount

    def one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row."""
        found: tuple[Any, ...] | None = self.file.execute(sql, values).fetchone()
        return found

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row."""
        return self.file.execute(sql, values).fetchall()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All of it or nothing."""
        self.file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.file.execute("ROLLBACK")
            raise
        self.file.execute("COMMIT")

    def next_number(self, name: str) -> int:
        """The next of a series; call it inside `whole`."""
        self.run("INSERT OR IGNORE INTO counter VALUES (?, 0)", name)
        self.run("UPDATE counter SET last = last + 1 WHERE name = ?", name)
        row = self.one("SELECT last FROM counter WHERE name = ?", name)
        return int(row[0]) if row else 0

    def memory(self, prefix: str) -> Memory:
        """A mapping that survives, of its own prefix."""
        return Memory(self, prefix)

    # --- documents and deliveries ---
    def hold(self, items: Iterable[Mapping[str, str]]) -> int:
        """Enter documents to be paid; those already there stay as they are. How many are new."""
        with self.whole():
            return sum(
                self.run(
                    "INSERT OR IGNORE INTO document (key, item) VALUES (?, ?)",
                    document_key(item),
                    _text(item),
                )
                for item in items
            )

    def gather(self, *, batch: int) -> int:
        """Open documents become deliveries of at most `batch` lines; how many."""
        with self.whole():
            rows = self.all("SELECT key, item FROM document WHERE state = 'open' ORDER BY rowid")
            for start in range(0, len(rows), batch):
                part = rows[start : start + batch]
                self._deliver("payment_request", [json.loads(row[1]) for row in part])
                self.file.executemany(
                    "UPDATE document SET state = 'sent' WHERE key = ?", [(row[0],) for row in part]
                )
        return -(-len(rows) // batch)

    def _deliver(self, kind: str, items: Sequence[Mapping[str, str]]) -> None:
        number = self.next_number("delivery")
        self.run(
            "INSERT INTO delivery (key, kind, items) VALUES (?, ?, ?)",
            f"{kind.upper()[0]}{number:08d}",
            kind,
            _text(items),
        )

    def unanswered(self) -> list[tuple[str, str, list[dict[str, str]], int]]:
        """Deliveries without an answer: key, kind, items, how often they were sent."""
        rows = self.all(
            "SELECT key, kind, items, tries FROM delivery WHERE answer IS NULL ORDER BY rowid"
        )
        return [(key, kind, json.loads(items), tries) for key, kind, items, tries in rows]

    def answered(
        self, key: str, items: Sequence[Mapping[str, str]], answer: Mapping[str, Any]
    ) -> None:
        """Keep the answer of a delivery; its documents are taken, or refused with their errors."""
        with self.whole():
            self.run("UPDATE delivery SET answer = ? WHERE key = ?", _text(answer), key)
            if not key.startswith("P"):
                return
            whole = [{"code": answer["refused"]}] if "refused" in answer else []
            results = answer.get("results") or [
                {"status": "ERR", "ours": "", "errors": whole} for _ in items
            ]
            for item, result in zip(items, _in_order(items, results), strict=True):
                self.run(
                    "UPDATE document SET state = ?, ours = ?, errors = ? WHERE key = ?",
                    "refused" if result["status"] == "ERR" else "taken",
                    result["ours"],
                    _text(result["errors"]),
                    document_key(item),
                )

    # --- messages ---
    def store(self, message_id: str, kind: str, items: Sequence[Mapping[str, Any]]) -> bool:
        """Enter one message; False when it is there already. A result moves its document on, never back."""
        with self.whole():
            is_new = self.run(
                "INSERT OR IGNORE INTO message VALUES (?, ?, ?)", message_id, kind, _text(items)
            )
            if is_new and kind == "payment_result":
                version = int(message_id.rpartition("-")[2])
                for item in items:
                    self.run(
                        "UPDATE document SET version = ?, result = ? WHERE key = ? AND version < ?",
                        version,
                        _text(item),
                        document_key(item),
                        version,
                    )
            if is_new and kind == "voucher":
                self._post(items)
        return bool(is_new)

    def _post(self, items: Sequence[Mapping[str, Any]]) -> None:
        head = items[0]
        rest = sum((_amount(row, "debit") - _amount(row, "credit") for row in items), Decimal(0))
        self.enter_voucher(
            str(head["posting_key"]),
            company=str(head["company_code"]),
            series=f"{head['day']}"[:7] + f":{head['voucher_type']}",
            voucher_type=str(head["voucher_type"]),
            reason="借贷不平" if rest else "",
            items=items,
        )

    def enter_voucher(
        self,
        key: str,
        *,
        company: str,
        series: str,
        voucher_type: str,
        reason: str,
        items: Sequence[Mapping[str, Any]],
        number: str = "",
        is_told: bool = False,
    ) -> None:
        """Post a voucher under the next number of its series, once for its key; inside `whole`.

        `is_told`: the platform learns of it some other way.
        """
        if self.one("SELECT 1 FROM voucher WHERE key = ?", key):
            return
        if not number and not reason:
            number = f"{voucher_type}-{self.next_number(f'voucher:{company}:{series}'):04d}"
        self.run(
            "INSERT INTO voucher VALUES (?, ?, ?, ?, ?, ?)",
            key,
            company,
            number,
            reason,
            _text(list(items)),
            int(is_told),
        )

    def acknowledge_vouchers(self, *, batch: int) -> int:
        """Posted vouchers nobody was told of become deliveries; how many vouchers."""
        with self.whole():
            rows = self.all(
                "SELECT key, company, number, reason FROM voucher WHERE told = 0 ORDER BY rowid"
            )
            for start in range(0, len(rows), batch):
                part = rows[start : start + batch]
                items = [
                    {
                        "company_code": company, "posting_key": key, "result": "ERR" if reason else "OK",
                        "erp_voucher_no": number, "reason": reason,
                    }
                    for key, company, number, reason in part
                ]  # fmt: skip
                self._deliver("voucher_ack", items)
                self.file.executemany(
                    "UPDATE voucher SET told = 1 WHERE key = ?", [(row[0],) for row in part]
                )
        return len(rows)

    # --- what is held, for the platform to compare ---
    def draw_list(self, *, day: str, moment: str, batch: int) -> int:
        """The day's list of all that is held becomes deliveries, once a day and not while anything is unanswered; its rows."""
        with self.whole():
            if self.one("SELECT 1 FROM memory WHERE name = ?", f"list:{day}"):
                return 0
            if self.one("SELECT 1 FROM delivery WHERE answer IS NULL"):
                return 0
            items = [*self._held_documents(), *self._held_vouchers()]
            if not items:
                return 0
            self.run("INSERT INTO memory VALUES (?, ?)", f"list:{day}", moment)
            head = {
                "list_no": f"L{moment[:19]}", "as_of": moment, "first_day": "2000-01-01", "list_rows": str(len(items)),
            }  # fmt: skip
            for start in range(0, len(items), batch):
                self._deliver(
                    "holding", [{**head, **item} for item in items[start : start + batch]]
                )
        return len(items)

    def _held_documents(self) -> Iterator[dict[str, str]]:
        rows = self.all(
            "SELECT item, state, ours, result FROM document WHERE state <> 'open' ORDER BY rowid"
        )
        for text, state, ours, result in rows:
            item, told = json.loads(text), json.loads(result)
            end = _HELD.get(_ENDS.get(str(told.get("state", "")), ""), "open")
            yield {
                **{name: item.get(name) or ("1" if name == "line_no" else "") for name in _KEY},
                "what": "payment",
                "amount": item.get("amount", ""),
                "currency": item.get("currency") or "CNY",
                "state": "refused" if state == "refused" else end,
                "ref_no": str(ours or told.get("order_no", "")),
            }

    def _held_vouchers(self) -> Iterator[dict[str, str]]:
        rows = self.all(
            "SELECT key, company, number, items FROM voucher WHERE number <> '' ORDER BY rowid"
        )
        for key, company, number, text in rows:
            lines = json.loads(text)
            total = sum((_amount(line, "debit") for line in lines), Decimal(0))
            yield {
                "what": "voucher", "company_code": company, "posting_key": key, "amount": f"{total:.2f}",
                "currency": str(lines[0].get("currency") or "CNY"), "ref_no": number,
            }  # fmt: skip

    # --- results ---
    def results(self) -> list[dict[str, Any]]:
        """How each document stands, in words that no style and no profile changes; sorted by document.

        A voucher is a payment's by the order number its description begins with.
        """
        vouchers: dict[str, tuple[str, list[dict[str, str]]]] = {}
        for number, text in self.all(
            "SELECT number, items FROM voucher WHERE number <> '' ORDER BY rowid"
        ):
            lines = json.loads(text)
            order_no = str(lines[0].get("description") or "").partition(" ")[0]
            vouchers.setdefault(order_no, (number, lines))  # a red one comes after the first
        rows = self.all("SELECT item, state, ours, errors, result FROM document ORDER BY key")
        return [_result(row, vouchers) for row in rows]


def _in_order(
    items: Sequence[Mapping[str, str]], results: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """The results as the items stand; those that name their document may come in another order."""
    named = {(one["doc_no"], one["line_no"]): one for one in results if "doc_no" in one}
    if not named:
        return results
    return [named[item.get("doc_no", ""), item.get("line_no") or "1"] for item in items]


def _result(
    row: tuple[Any, ...], vouchers: Mapping[str, tuple[str, list[dict[str, str]]]]
) -> dict[str, Any]:
    item, result = json.loads(row[0]), json.loads(row[4])
    outcome = _ENDS.get(str(result.get("state", "")), "pending")
    if row[1] == "refused":
        outcome = "refused"
    order_no = str(row[2] or result.get("order_no", ""))
    number, lines = vouchers.get(order_no, ("", []))
    return {
        **{name: item.get(name) or ("1" if name == "line_no" else "") for name in _KEY},
        "amount": item.get("amount", ""),
        "currency": item.get("currency", ""),
        "outcome": outcome,
        "errors": sorted(f"{e.get('field', '')}:{e.get('code', '')}" for e in json.loads(row[3])),
        "voucher": sorted(
            f"{str(line['subject']).replace('.', '')} {_amount(line, 'debit'):.2f} {_amount(line, 'credit'):.2f}"
            for line in lines
        ),
        "numbers": {"ours": number, "order": order_no},
    }


def canonical(results: Sequence[Mapping[str, Any]]) -> bytes:
    """The result set as bytes: the same documents with the same ends give the same, whoever numbered what."""
    plain = [{name: row[name] for name in row if name != "numbers"} for row in results]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def fingerprint(results: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of the canonical result set."""
    return hashlib.sha256(canonical(results)).hexdigest()


def _amount(row: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(row.get(name) or "0"))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
