"""The result of an import, for the finance system and for people: the same rows, plus what became of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kernel import clock
from kernel.scope import Scope
from payments import import_selectors as selectors
from payments.import_cells import AMOUNT, COLUMNS
from payments.models import ImportSet, PaymentOrder
from payments.states import STATE_NAMES

RESULT_COLUMNS = ("状态", "银行流水号", "原因", "时间")


@dataclass(frozen=True)
class ResultRow:
    """One row of the list with its end: state word, bank serial, reason, and when it came to that state."""

    row: int
    cells: list[str]
    state: str  # code; "" for a row that was not imported
    state_name: str
    bank_serial: str
    reason: str
    at: datetime | None
    order_no: str
    amount: Decimal | None = None

    def plain(self) -> list[str]:
        """The row as it stands in the result file."""
        when = self.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if self.at else ""
        return [*self.cells, self.state_name, self.bank_serial, self.reason, when]


def hold_words(hold_reason: str) -> str:
    """Why an instruction waits, without the word before the blank that says which rule holds it."""
    return hold_reason.partition(" ")[2] or hold_reason


def reason_of(order: PaymentOrder) -> str:
    """Why an order stands where it stands, in words; empty when nothing is amiss."""
    instruction = order.instruction
    if order.shown_state == "held" and order.hold_reasons:
        return "；".join(str(hold.get("message", "")) for hold in order.hold_reasons)
    if order.shown_state in ("rejected", "void", "cancelled"):
        return order.return_reason
    if instruction is None:
        return ""
    if order.shown_state == "unknown":
        return instruction.unknown_why or "银行未返回结果，系统将自动查询，请勿重复付款"
    if order.shown_state in ("failed", "returned", "disputed", "manual_handling"):
        return " ".join(filter(None, [instruction.bank_code, instruction.bank_text]))
    return hold_words(instruction.hold_reason)


def _end(row: Mapping[str, Any], order: PaymentOrder | None, imported: ImportSet) -> ResultRow:
    text = {**row["text"], **row.get("wrote", {})}
    plain = [text.get(column, "") for column in COLUMNS]
    if order is None:
        faults = "；".join(f"{mark['column']}：{mark['message']}" for mark in row["faults"])
        return ResultRow(row["row"], plain, "", "未导入", "", faults, imported.confirmed_at, "")
    instruction = order.instruction
    at = order.updated_at
    if instruction is not None:
        at = instruction.final_at or instruction.updated_at
    return ResultRow(
        row=row["row"],
        cells=plain,
        state=order.shown_state,
        state_name=STATE_NAMES.get(order.shown_state, order.shown_state),
        bank_serial=instruction.bank_serial if instruction else "",
        reason=reason_of(order),
        at=at,
        order_no=order.order_no,
        amount=order.amount,
    )


def result_rows(import_id: int, *, scope: Scope) -> tuple[ImportSet, list[ResultRow]]:
    """An import with the present end of each of its rows, in file order; raises NotFound.

    Rows of companies the viewer does not serve are left out, as everywhere.
    """
    imported = selectors.get_import(import_id, scope=scope)
    made = {order.import_row: order for order in selectors.orders_of_import(import_id, scope=scope)}
    whole = scope.is_system or imported.maker_id == scope.actor_id
    rows = [
        _end(row, made.get(row["row"]), imported)
        for row in imported.rows
        if row["row"] in made or (whole and row["faults"])
    ]
    return imported, rows


def _safe(text: str) -> str:
    """A cell no spreadsheet will take for a formula."""
    return (
        f"'{text}"
        if text[:1] in "=+@\t\r" or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )


def result_csv(rows: list[ResultRow]) -> bytes:
    """The result file as .csv, GB18030 as finance systems read it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, *RESULT_COLUMNS])
    writer.writerows([[_safe(text) for text in row.plain()] for row in rows])
    return out.getvalue().encode("gb18030", "replace")


def _workbook(header: list[str], lines: list[list[str]], *, title: str) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True, "bottom": 1})
        figure = book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, bold)
        amount_at = header.index(AMOUNT)
        for number, line in enumerate(lines, 1):
            for column, text in enumerate(line):
                if column == amount_at and _is_figure(text):
                    sheet.write_number(
                        number, column, float(text), figure
                    )  # a sheet has nothing more exact
                else:
                    sheet.write_string(number, column, text)
        sheet.set_column(0, len(header) - 1, 16)
        sheet.autofilter(0, 0, max(len(lines), 1), len(header) - 1)
    return out.getvalue()


def _is_figure(text: str) -> bool:
    whole, _, decimals = text.partition(".")
    return (
        whole.isascii()
        and whole.isdigit()
        and len(whole) <= 13
        and (not decimals or (decimals.isdigit() and len(decimals) <= 2))
    )


def result_xlsx(rows: list[ResultRow]) -> bytes:
    """The result file as .xlsx: real figures, everything else text."""
    return _workbook([*COLUMNS, *RESULT_COLUMNS], [row.plain() for row in rows], title="付款结果")


def error_xlsx(imported: ImportSet) -> bytes:
    """The faulty rows as they stand in the file, with the row number before and a comment column behind."""
    lines = []
    for row in imported.rows:
        if row["faults"]:
            text = {**row["text"], **row.get("wrote", {})}
            comment = "；".join(f"{mark['column']}：{mark['message']}" for mark in row["faults"])
            lines.append([str(row["row"]), *(text.get(column, "") for column in COLUMNS), comment])
    return _workbook(["行", *COLUMNS, "错误说明"], lines, title="错误行")
