"""Two more makers of labelled sets, of other shapes than tests/samples': one of a group's treasury, one of a shop's tills.

Each fact is made so that DOMAIN's rules and not luck decide what is right: lines that stay unmatched never agree by accident
with one they do not belong to in party, amount and direction. What people must decide is in the truth too: an engine that
matches it the wrong way is wrong.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.reconciliation.matching import ids, read, write

BANK = [
    "entry_id",
    "account",
    "currency",
    "booked_on",
    "value_on",
    "direction",
    "amount",
    "bank_serial",
    "reference",
    "counterparty_name",
    "counterparty_account",
    "narrative",
    "purpose",
]
BOOK = [
    "entry_id",
    "account",
    "currency",
    "booked_on",
    "direction",
    "amount",
    "reference",
    "batch_no",
    "bill_no",
    "counterparty_name",
    "counterparty_account",
    "description",
]
TEXTS = [
    "货款",
    "运费",
    "服务费",
    "工程款",
    "租金",
    "材料款",
    "预付款",
    "质保金",
    "往来款",
    "代理费",
    "十月货款",
    "尾款",
]
Party = tuple[str, str]


class World:
    """Lines, and which of them belong together."""

    def __init__(self, seed: int, *, start: date, days: int) -> None:
        self.random = random.Random(seed)
        self.start, self.days = start, days
        self.bank: list[dict[str, object]] = []
        self.book: list[dict[str, object]] = []
        self.truth: list[tuple[str, frozenset[str], frozenset[str]]] = []
        self.used: set[tuple[object, ...]] = set()
        self.number = 0

    def day(self) -> date:
        """Any day of the set, weekends too."""
        return self.start + timedelta(days=self.random.randrange(self.days))

    def next(self, prefix: str) -> str:
        """A number nobody else has."""
        self.number += 1
        return f"{prefix}{self.number:09d}"

    def own_amount(self, *, is_round: bool = False) -> Decimal:
        """An amount no other line of the set has."""
        while True:
            cents = (
                self.random.randrange(100, 9_000_000) * 100
                if is_round
                else self.random.randrange(10_000, 900_000_000)
            )
            if (cents not in self.used and cents % 100_00) or (is_round and cents not in self.used):
                self.used.add(cents)
                return Decimal(cents) / 100

    def line(
        self,
        side: str,
        on: date,
        outgo: bool,
        amount: Decimal,
        account: str,
        party: Party = ("", ""),
        **more: object,
    ) -> str:
        """Lay a line down; its id."""
        rows, prefix = (self.bank, "B") if side == "bank" else (self.book, "K")
        entry_id = self.next(prefix)
        word = {
            ("bank", True): "debit",
            ("bank", False): "credit",
            ("book", True): "credit",
            ("book", False): "debit",
        }[side, outgo]
        row = dict.fromkeys(BANK if side == "bank" else BOOK, "")
        row |= {
            "entry_id": entry_id,
            "account": account,
            "booked_on": on,
            "direction": word,
            "amount": f"{amount:.2f}",
        }
        row |= {"counterparty_name": party[0], "counterparty_account": party[1], **more}
        if side == "bank":
            row["value_on"] = more.get("value_on", on)
            row["bank_serial"] = self.next("S")
        rows.append(row)
        return entry_id

    def fact(self, kind: str, bank: list[str], book: list[str]) -> None:
        """These belong together."""
        self.truth.append((kind, frozenset(bank), frozenset(book)))

    def write(self, folder: Path, *, order: int = 0) -> None:
        """bank.csv and book.csv, their rows shuffled by `order`."""
        shuffler = random.Random(order)
        for name, rows, columns in (("bank", self.bank, BANK), ("book", self.book, BOOK)):
            shuffler.shuffle(rows)
            write(
                folder / f"{name}.csv",
                [{column: row.get(column, "") for column in columns} for row in rows],
            )

    def score(self, matches: Path) -> tuple[list[str], dict[str, tuple[int, int]]]:
        """(matches that are wrong, (found, wanted) by kind); twins of a blind group may pair anyhow."""
        whole = {(bank, book): kind for kind, bank, book in self.truth if kind != "blind"}
        blind = {
            one: n
            for n, (kind, bank, book) in enumerate(self.truth)
            if kind == "blind"
            for one in bank | book
        }
        wanted: dict[str, int] = {}
        for kind, bank, _ in self.truth:
            wanted[kind] = wanted.get(kind, 0) + (len(bank) if kind == "blind" else 1)
        right: dict[str, int] = {}
        wrong = []
        for row in read(matches):
            bank, book = ids(row["bank_ids"]), ids(row["book_ids"])
            kind = whole.get((bank, book))
            if (
                kind is None
                and len(bank) == len(book) == 1
                and len({blind.get(one, one) for one in bank | book}) == 1
            ):
                kind = "blind"
            if kind is None or kind.startswith("person"):
                wrong.append(f"{row['rule']} {sorted(bank)} {sorted(book)} {kind}")
            else:
                right[kind] = right.get(kind, 0) + 1
        return wrong, {kind: (right.get(kind, 0), count) for kind, count in wanted.items()}
