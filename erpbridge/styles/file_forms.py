"""What stands inside an exchanged file: our rows as CSV, bars or XML, or the forms a finance system's profile wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.mappings import mapping_of
from erpbridge.contract import OUT_FIELDS, Kind, Outgoing
from erpbridge.mapped import Rows, read_rows, table_of
from erpbridge.models import ErpSystem
from erpbridge.profiles import sap, sap_statements, u8
from erpbridge.selectors import mapping_in_force
from erpbridge.styles import flat, safe_xml, u8_files
from kernel import clock
from kernel.errors import InvalidInput

PAIN, U8_SCHEMA = "pain", "V800"


@dataclass(frozen=True)
class Written:
    """The bytes of one file: the ending of its name, its encoding, and what its manifest calls its schema."""

    form: str
    encoding: str
    schema: str
    data: bytes


def read(system: ErpSystem, data: bytes, *, kind: str, name: str, encoding: str) -> Rows:
    """The rows of a file of this type, by the system's column mapping where it has one. Raises flat.Unreadable."""
    if kind == PAIN:
        try:
            return Rows(sap.read_payment_order(data))
        except sap.Unfit as error:
            raise flat.Unreadable(str(error)) from None
    mapping = mapping_in_force(system, kind)
    form = name.rpartition(".")[2]
    if mapping is None:
        return Rows(flat.read_rows(data, form=form, encoding=encoding))
    if form == "xml":
        raise flat.Unreadable("已启用列映射的文件应为 csv、txt 或 xlsx")
    if form != "xlsx":
        data = flat.decode(data, encoding).encode()
    try:
        wanted = mapping_of(mapping.content)
        return read_rows(table_of(data, name, wanted, kind), wanted, kind)
    except InvalidInput as refusal:
        raise flat.Unreadable(refusal.message) from None


def write(
    system: ErpSystem,
    root: Path,
    kind: Kind,
    rows: Sequence[Mapping[str, Any]],
    *,
    stem: str,
    number: int,
) -> Written:
    """The file of these rows in the form the system takes; what U8 is sent is kept. Raises ValueError where it does not fit."""
    written = _data(system, kind, rows, stem=stem, number=number)
    if written.schema == U8_SCHEMA:
        u8_files.keep(root, stem, rows)
    return written


def _data(
    system: ErpSystem, kind: Kind, rows: Sequence[Mapping[str, Any]], *, stem: str, number: int
) -> Written:
    if kind == Kind.VOUCHER and system.profile == ErpSystem.Profile.U8:
        return Written("txt", u8.ENCODING, U8_SCHEMA, u8.voucher_text(rows))
    if system.profile == ErpSystem.Profile.SAP and kind in _SAP:
        return _SAP[kind](system, rows, stem, number)
    form = str(system.settings.get("form", "csv"))
    encoding = str(system.settings.get("encoding", "utf-8"))
    fields = ("message_id", *OUT_FIELDS[kind])
    data = flat.write_rows(rows, fields=fields, form=form, encoding=encoding)
    return Written(form, encoding, "1", data)


def rows_of(messages: Sequence[Outgoing]) -> list[dict[str, Any]]:
    """The rows of messages, each with the id of its own."""
    return [{"message_id": one.message_id, **item} for one in messages for item in one.items]


def unfit(system: ErpSystem, kind: Kind, messages: Sequence[Outgoing]) -> dict[str, str]:
    """Message ids the system's form has no room for, with the reason; the others can go together."""
    why = _objection(system, kind, messages)
    if not why:
        return {}
    if len(messages) == 1:
        return {messages[0].message_id: why}
    half = len(messages) // 2
    return unfit(system, kind, messages[:half]) | unfit(system, kind, messages[half:])


def _objection(system: ErpSystem, kind: Kind, messages: Sequence[Outgoing]) -> str:
    try:
        _data(system, kind, rows_of(messages), stem="", number=0)
    except ValueError as error:  # a voucher the other side cannot take, a character it lacks
        return str(error)
    return ""


def _moment() -> str:
    return clock.now().isoformat(timespec="seconds")


def _statuses(system: ErpSystem, rows: Sequence[Mapping[str, Any]], stem: str, number: int) -> Written:  # fmt: skip
    data = sap.status_report(rows, number=stem, moment=_moment())
    return Written("xml", "utf-8", "pain.002.001.03", data)


def _documents(system: ErpSystem, rows: Sequence[Mapping[str, Any]], stem: str, number: int) -> Written:  # fmt: skip
    data = sap.accounting_documents(rows, doc_types=system.settings.get("sap_doc_types"))
    return Written("xml", "utf-8", "BAPI_ACC_DOCUMENT_POST", data)


def _statements(system: ErpSystem, rows: Sequence[Mapping[str, Any]], stem: str, number: int) -> Written:  # fmt: skip
    if system.settings.get("sap_statement") == "camt.053":
        data = sap_statements.camt053(rows, number=number, moment=_moment())
        return Written("xml", "utf-8", "camt.053.001.02", data)
    encoding = str(system.settings.get("encoding", "utf-8"))
    text = sap_statements.mt940(rows, number=number)
    return Written("sta", encoding, "MT940", text.encode(safe_xml.codec_of(encoding)))


_SAP = {
    Kind.PAYMENT_RESULT: _statuses,
    Kind.VOUCHER: _documents,
    Kind.STATEMENT: _statements,
}
