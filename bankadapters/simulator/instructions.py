"""Payment instructions as the simulated bank stores them, and the orders a dialect makes of messages."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, fields
from operator import attrgetter

SCHEMA = """
CREATE TABLE IF NOT EXISTS instructions(
  id INTEGER PRIMARY KEY, custid TEXT NOT NULL, insid TEXT NOT NULL, obssid TEXT NOT NULL, operation TEXT NOT NULL,
  payer TEXT NOT NULL, payee TEXT NOT NULL, payee_name TEXT NOT NULL, payee_bank TEXT NOT NULL,
  payee_ibk TEXT NOT NULL, at_home INTEGER NOT NULL, amount INTEGER NOT NULL, purpose TEXT NOT NULL,
  accepted_at REAL NOT NULL, due_at REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  settled_at REAL, return_at REAL, returned_at REAL, bank TEXT NOT NULL DEFAULT 'boc', key TEXT NOT NULL DEFAULT '',
  batch TEXT NOT NULL DEFAULT '', manual INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS instructions_by_obssid ON instructions(obssid);
CREATE TABLE IF NOT EXISTS details(
  id INTEGER PRIMARY KEY, instruction INTEGER NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL, bank TEXT NOT NULL,
  ibk TEXT NOT NULL, at_home INTEGER NOT NULL, amount INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS details_by_instruction ON details(instruction);
CREATE TABLE IF NOT EXISTS credits(id INTEGER PRIMARY KEY, due_at REAL NOT NULL, words TEXT NOT NULL, done INTEGER NOT NULL);
"""

LATER = {
    "bank": "TEXT NOT NULL DEFAULT 'boc'",
    "key": "TEXT NOT NULL DEFAULT ''",
    "batch": "TEXT NOT NULL DEFAULT ''",
    "manual": "INTEGER NOT NULL DEFAULT 0",
}
INDEXES = """
UPDATE instructions SET key=insid WHERE key='';
CREATE UNIQUE INDEX IF NOT EXISTS instructions_by_key ON instructions(bank, custid, key);
CREATE INDEX IF NOT EXISTS instructions_by_batch ON instructions(bank, custid, batch);
"""


@dataclass(slots=True)
class Instruction:
    """One row of `instructions`. `state` is accepted, settled, failed, refused (at the door) or returned.

    `reason` is '' or one of no_funds, wrong_name, payee_closed, payer_unknown, all_details_failed.
    """

    id: int
    custid: str
    insid: str
    obssid: str
    operation: str
    payer: str
    payee: str
    payee_name: str
    payee_bank: str
    payee_ibk: str
    at_home: bool
    amount: int
    purpose: str
    accepted_at: float
    due_at: float
    state: str = "accepted"
    reason: str = ""
    settled_at: float | None = None
    return_at: float | None = None
    returned_at: float | None = None
    bank: str = "boc"
    key: str = ""  # what must not be used twice: insid, or more where a bank's numbers repeat from batch to batch
    batch: str = ""
    manual: bool = False  # somebody at the bank handles it


COLUMNS = ", ".join(f.name for f in fields(Instruction))
COLUMN_COUNT = len(fields(Instruction))
row_of = attrgetter(*(f.name for f in fields(Instruction)))


@dataclass(slots=True)
class Detail:
    """One payee of a payroll batch; `reason` as for an instruction."""

    number: str
    name: str
    bank: str
    ibk: str
    at_home: bool
    amount: int
    reason: str = ""


detail_row = attrgetter(*(f.name for f in fields(Detail)))


@dataclass(slots=True)
class Order:
    """What a bank's dialect understood of one payment, before it becomes an instruction. Amounts in fen."""

    insid: str
    operation: str
    payer: str
    amount: int
    payee: str = ""
    payee_name: str = ""
    payee_bank: str = ""
    payee_ibk: str = ""
    at_home: bool = False
    purpose: str = ""
    not_before: float = 0.0
    extra_s: float = 0.0
    key: str = ""  # "" is the insid
    batch: str = ""
    manual: bool = False
    details: list[Detail] = field(default_factory=list)


def same_name(one: str, other: str) -> bool:
    """Whether two account names agree but for width and blanks."""
    return "".join(unicodedata.normalize("NFKC", one).split()) == "".join(
        unicodedata.normalize("NFKC", other).split()
    )
