"""Labelled sets for the reconciliation benchmark: as files, and as rows of the platform's own tables.

Rows go in by COPY past triggers: loading is not what is measured.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import rig

SAMPLES = rig.ROOT / "tests" / "samples"
_BANK = "entry_id, account, booked_on, value_on, direction, amount, balance_after, bank_serial, reference, name, acct, txt"
_BOOK = "entry_id, account, voucher_no, booked_on, direction, amount, reference, bill_no, name, acct, txt"
_LOAD = """
    CREATE TEMPORARY TABLE told_bank (entry_id text, account text, booked_on date, value_on date, direction text,
        amount numeric, balance_after numeric, bank_serial text, reference text, name text, acct text, txt text);
    CREATE TEMPORARY TABLE told_book (entry_id text, account text, voucher_no text, booked_on date, direction text,
        amount numeric, reference text, bill_no text, name text, acct text, txt text)
"""
_INSERT_BANK = """
    INSERT INTO statements_statemententry (account_id, company_id, source, bank_date, booked_at, bank_serial, direction, occurrence,
        revision, amount, currency, balance_after, counterparty_name, counterparty_account, counterparty_bank, narrative,
        purpose, reference, digest, fetched_at)
    SELECT %(account)s, %(company)s, 'bank', booked_on, booked_on, bank_serial, direction, 1, 1, amount, 'CNY', balance_after, name, acct,
        '', txt, '', reference, '', '2026-11-24'
    FROM told_bank ORDER BY entry_id
"""
_INSERT_BOOK = """
    INSERT INTO ledger_journalentry (account_id, company_id, day, period, direction, is_red, amount, currency, voucher_type,
        voucher_no, description, settlement_method, bill_no, counterparty_name, counterparty_account, reference,
        opposite_subject, file_id, file_row, digest, occurrence, created_at)
    SELECT %(account)s, %(company)s, booked_on, to_char(booked_on, 'YYYY-MM'), direction, false, amount, 'CNY', '记',
        substr(voucher_no, 3), txt, '', bill_no, name, acct, reference, '', 1, substr(entry_id, 2)::int, entry_id, 1, '2026-11-24'
    FROM told_book ORDER BY entry_id
"""


def make_set(folder: Path, *, seed: int, lines: int) -> Path:
    """A set of tests/samples/make_reconciliation_set.py, made in a process of its own; its folder."""
    command = [sys.executable, str(SAMPLES / "make_reconciliation_set.py")]
    command += ["--lines", str(lines), "--seed", str(seed), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def load(folder: Path, *, account_id: int) -> tuple[int, int]:
    """Lay the set down as one account's statement and journal; how many lines of each."""
    from django.db import connection

    from masterdata.models import OwnAccount

    told = {"account": account_id, "company": OwnAccount.objects.get(pk=account_id).company_id}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DROP TABLE IF EXISTS told_bank, told_book")
        cursor.execute(_LOAD)
        raw: Any = cursor.cursor
        for side, columns in (("bank", _BANK), ("book", _BOOK)):
            texts = "reference, name, acct, txt" + (", bill_no" if side == "book" else "")
            with (folder / f"{side}.csv").open(encoding="utf-8") as file:
                raw.copy_expert(
                    f"COPY told_{side} ({columns}) FROM STDIN (FORMAT csv, HEADER, FORCE_NOT_NULL ({texts}))",
                    file,
                )
        cursor.execute(_INSERT_BANK, told)
        bank = cursor.rowcount
        cursor.execute(_INSERT_BOOK, told)
        book = cursor.rowcount
        cursor.execute("SET session_replication_role = origin")
        for table in ("statements_statemententry", "ledger_journalentry"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return bank, book
