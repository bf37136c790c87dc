"""The stream of lines: whatever a bank writes into a text comes out of it as it went in."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from statements.rows import CHUNK_LINES, COLUMNS, QUOTE, TAB, chunks_of
from statements.rules import EntryLine

DAY = datetime(2026, 11, 24, 9, 5, 7, tzinfo=clock.SHANGHAI)


def a_line(**values):
    told = {"bank_date": DAY.date(), "booked_at": DAY, "bank_serial": "S1", "direction": "debit"}
    return EntryLine(**{**told, "amount": Decimal("1.50"), "currency": "CNY", **values})


def read(chunks):
    """The stream as another reader of the same form takes it apart."""
    text = b"".join(chunks).decode()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=TAB, quotechar=QUOTE)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


class TestChunksOf:
    @given(st.lists(st.text("a货\t\n\r\x7f\x00\"'\\ ", max_size=6), min_size=1, max_size=8))
    def test_texts_come_out_as_they_went_in_but_for_nul(self, texts):
        lines = [a_line(narrative=text, counterparty_name=text[::-1]) for text in texts]

        rows = read(chunks_of(lines, exchange_id=7))

        assert [row["narrative"] for row in rows] == [text.replace("\x00", "") for text in texts]
        assert [row["counterparty_name"] for row in rows] == [
            text[::-1].replace("\x00", "") for text in texts
        ]
        assert {row["exchange_id"] for row in rows} == {"7"}

    def test_many_lines_come_in_pieces_and_none_is_lost(self):
        lines = [a_line(bank_serial=f"S{n}") for n in range(CHUNK_LINES * 2 + 1)]

        chunks = list(chunks_of(iter(lines), exchange_id=None))

        assert len(chunks) == 3
        assert [row["bank_serial"] for row in read(chunks)] == [line.bank_serial for line in lines]

    @pytest.mark.parametrize(
        ("moment", "told"),
        [
            (DAY, "2026-11-24 09:05:07"),  # Shanghai's, which is what the stream's times are of
            (DAY.astimezone(UTC), "2026-11-24 01:05:07+00:00"),
        ],
    )
    def test_a_moment_keeps_its_instant(self, moment, told):
        (row,) = read(chunks_of([a_line(booked_at=moment)], exchange_id=None))

        assert row["booked_at"] == told

    def test_what_a_line_does_not_say_stays_empty(self):
        (row,) = read(chunks_of([a_line()], exchange_id=None))

        assert (row["value_date"], row["balance_after"], row["exchange_id"]) == ("", "", "")
        assert row["amount"] == "1.50"
