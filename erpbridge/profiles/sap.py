"""SAP: pain.001 of the payment run read, pain.002 written for its items, vouchers as the structures of BAPI_ACC_DOCUMENT_POST.

Source: DOMAIN §7.2, ISO 20022 (pain.001.001.03 and .09, pain.002.001.03). Field maps stand as files in `maps/`. A document
line is named by InstrId (document number) and EndToEndId (`document/line`); its type stands in CtgyPurp/Prtry.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from erpbridge.styles import safe_xml

NAMESPACES_IN = re.compile(r"urn:iso:std:iso:20022:tech:xsd:pain\.001\.001\.(03|09)")
STATUS_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
DOC_TYPE = "F110"
TEXT_MAX = 35
NOT_PROVIDED = "NOTPROVIDED"  # we keep no number of the file a line came in
# What is uncertain is pending, never rejected.
STATUS = {
    "succeeded": "ACSC",
    "failed": "RJCT",
    "rejected": "RJCT",
    "void": "RJCT",
    "cancelled": "RJCT",
    "returned": "RJCT",
    "accepted": "ACSP",
    "draft": "ACCP",
    "pending_check": "ACCP",
    "pending_approval": "ACCP",
    "pending_release": "ACCP",
    "queued": "ACCP",
}
PENDING = "PDNG"
_MAPS = Path(__file__).parent / "maps"

_PLAIN: Any = {None: STATUS_NAMESPACE}  # no prefix


class Unfit(ValueError):
    """A file that is no payment order we take, or a voucher the BAPI has no room for; says what and where."""


def _find(node: etree._Element, path: str) -> str:
    """The text at a path of local names, whatever the namespace; empty where there is none."""
    for name in path.split("/"):
        found = next((one for one in node if etree.QName(one).localname == name), None)
        if found is None:
            return ""
        node = found
    return (node.text or "").strip()


def _all(node: etree._Element, *path: str) -> list[etree._Element]:
    nodes = [node]
    for name in path:
        nodes = [
            one
            for parent in nodes
            for one in parent
            if isinstance(one.tag, str) and etree.QName(one).localname == name
        ]
    return nodes


def read_payment_order(data: bytes) -> list[dict[str, str]]:
    """The payments of a pain.001 as rows of a payment request. Raises Unfit where counts or sums do not hold."""
    try:
        root = safe_xml.parse(data)
    except safe_xml.UnsafeXml as error:
        raise Unfit(str(error)) from None
    if not NAMESPACES_IN.fullmatch(etree.QName(root).namespace or ""):
        raise Unfit("应为 pain.001.001.03 或 pain.001.001.09")
    rows: list[dict[str, str]] = []
    for group in _all(root, "CstmrCdtTrfInitn", "PmtInf"):
        found = [_row(group, one) for one in _all(group, "CdtTrfTxInf")]
        _require_totals(f"PmtInf {_find(group, 'PmtInfId')}", group, found)
        rows += found
    (head,) = _all(root, "CstmrCdtTrfInitn", "GrpHdr") or [root]
    _require_totals("GrpHdr", head, rows)
    return rows


def _require_totals(where: str, node: etree._Element, rows: Sequence[Mapping[str, str]]) -> None:
    count, total = _find(node, "NbOfTxs"), _find(node, "CtrlSum")
    if count and count != str(len(rows)):
        raise Unfit(f"{where}：NbOfTxs {count}，实有 {len(rows)} 笔")
    if not total:
        return
    try:
        told, real = Decimal(total), sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    except InvalidOperation:
        raise Unfit(f"{where}：CtrlSum 或 InstdAmt 不是金额") from None
    if told != real:
        raise Unfit(f"{where}：CtrlSum {total}，实为 {real}")


def _row(group: etree._Element, one: etree._Element) -> dict[str, str]:
    amounts = _all(one, "Amt", "InstdAmt")
    if not amounts:
        raise Unfit(f"EndToEndId {_find(one, 'PmtId/EndToEndId')}：没有 InstdAmt")
    number, whole = _find(one, "PmtId/InstrId"), _find(one, "PmtId/EndToEndId")
    number = number or whole.rpartition("/")[0] or whole
    unstructured = [node.text or "" for node in _all(one, "RmtInf", "Ustrd")]
    notes = dict(
        text.partition("=")[::2]
        for node in _all(one, "RmtInf", "Strd", "AddtlRmtInf")
        if "=" in (text := node.text or "")
    )
    invoices = _all(one, "RmtInf", "Strd", "RfrdDocInf", "Nb")
    kinds = [_find(one, "PmtTpInf/CtgyPurp/Prtry"), _find(group, "PmtTpInf/CtgyPurp/Prtry")]
    urgent = [_find(node, f"PmtTpInf/{name}") for node in (one, group) for name in ("InstrPrty", "SvcLvl/Cd")]  # fmt: skip
    row = {
        "doc_type": next(filter(None, kinds), DOC_TYPE),
        "doc_no": number,
        "line_no": whole.removeprefix(f"{number}/") if whole.startswith(f"{number}/") else "1",
        "company_code": _find(group, "Dbtr/Id/OrgId/Othr/Id"),
        "payer_account": _account(group, "DbtrAcct"),
        "payee_code": _find(one, "Cdtr/Id/OrgId/Othr/Id"),
        "payee_name": _find(one, "Cdtr/Nm"),
        "payee_account": _account(one, "CdtrAcct"),
        "payee_bank": _find(one, "CdtrAgt/FinInstnId/Nm"),
        "cnaps": _find(one, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
        "currency": amounts[0].get("Ccy", ""),
        "amount": (amounts[0].text or "").strip(),
        "purpose": unstructured[0].strip() if unstructured else "",
        "remark": "".join(unstructured[1:]).strip(),
        "wish_date": _find(group, "ReqdExctnDt/Dt") or _find(group, "ReqdExctnDt"),
        "urgent": "是" if {"HIGH", "URGP"} & set(urgent) else "",
        "invoice_no": (invoices[0].text or "").strip() if invoices else "",
        "gl_subject": notes.get("GL", ""),
        "cash_flow_item": notes.get("CF", ""),
    }
    return {name: text for name, text in row.items() if text}


def _account(node: etree._Element, name: str) -> str:
    return _find(node, f"{name}/Id/Othr/Id") or _find(node, f"{name}/Id/IBAN")


def _put(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    one = etree.SubElement(parent, f"{{{STATUS_NAMESPACE}}}{name}")
    if text:
        one.text = text
    return one


def status_report(rows: Sequence[Mapping[str, Any]], *, number: str, moment: str) -> bytes:
    """The pain.002 that tells how these payments stand; StsId is the message id. What is uncertain is PDNG."""
    root = etree.Element(f"{{{STATUS_NAMESPACE}}}Document", nsmap=_PLAIN)
    report = _put(root, "CstmrPmtStsRpt")
    head = _put(report, "GrpHdr")
    _put(head, "MsgId", number[:TEXT_MAX])
    _put(head, "CreDtTm", moment)
    original = _put(report, "OrgnlGrpInfAndSts")
    _put(original, "OrgnlMsgId", NOT_PROVIDED)
    _put(original, "OrgnlMsgNmId", "pain.001")
    group = _put(report, "OrgnlPmtInfAndSts")
    _put(group, "OrgnlPmtInfId", NOT_PROVIDED)
    for row in rows:
        _status(_put(group, "TxInfAndSts"), row)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _status(one: etree._Element, row: Mapping[str, Any]) -> None:
    _put(one, "StsId", str(row["message_id"])[:TEXT_MAX])
    _put(one, "OrgnlInstrId", str(row["doc_no"])[:TEXT_MAX])
    _put(one, "OrgnlEndToEndId", f"{row['doc_no']}/{row['line_no']}"[:TEXT_MAX])
    _put(one, "TxSts", STATUS.get(str(row["state"]), PENDING))
    reason = _put(one, "StsRsnInf")
    _put(_put(reason, "Rsn"), "Prtry", str(row["state"]).upper()[:TEXT_MAX])
    if row.get("reason"):
        _put(reason, "AddtlInf", str(row["reason"])[:105])
    if row.get("bank_serial"):
        _put(one, "AcctSvcrRef", str(row["bank_serial"])[:TEXT_MAX])
    original = _put(one, "OrgnlTxRef")
    amount = _put(_put(original, "Amt"), "InstdAmt", str(row["amount"]))
    amount.set("Ccy", str(row["currency"]))
    kind = _put(_put(_put(original, "PmtTpInf"), "CtgyPurp"), "Prtry")
    kind.text = str(row.get("doc_type") or DOC_TYPE)[:TEXT_MAX]
    debtor = _put(_put(_put(_put(original, "Dbtr"), "Id"), "OrgId"), "Othr")
    _put(debtor, "Id", str(row["company_code"]))


@cache
def field_map(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a field map in `maps/`: structure or segment, field, length, our field, note."""
    with (_MAPS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def accounting_documents(
    rows: Sequence[Mapping[str, Any]], *, doc_types: Mapping[str, str] | None = None
) -> bytes:
    """Vouchers as the parameters of BAPI_ACC_DOCUMENT_POST, one call each, as `maps/bapi_acc_document_post.csv` says.

    `doc_types`: voucher type (记, 收, 付, 转) → SAP document type. Raises Unfit for what has no room or does not balance.
    """
    vouchers: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        vouchers.setdefault(str(row["posting_key"]), []).append(row)
    root = etree.Element("Calls", function="BAPI_ACC_DOCUMENT_POST")
    for key, lines in vouchers.items():
        call = etree.SubElement(root, "Call", message_id=str(lines[0].get("message_id", "")))
        _call(call, key, [_line(row, doc_types or {}) for row in lines])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _line(row: Mapping[str, Any], doc_types: Mapping[str, str]) -> dict[str, str]:
    """A line with what the map asks for beside our own fields."""
    text = {name: str(value if value is not None else "") for name, value in row.items()}
    year, _, month = text["period"].partition("-")
    return text | {
        "day": text["day"].replace("-", ""),
        "fiscal_year": year,
        "fiscal_period": month,
        "voucher_label": f"{text['voucher_type']}-{text['voucher_no']}",
        "sap_doc_type": doc_types.get(text["voucher_type"], "SA"),
        "gl_account": text["subject"].replace(".", ""),
        "signed_amount": f"{Decimal(text['debit'] or 0) - Decimal(text['credit'] or 0):.2f}",
    }


_CUT = frozenset(
    {"ITEM_TEXT", "HEADER_TXT", "ALLOC_NMBR"}
)  # texts for people may be cut; keys may not


def _call(call: etree._Element, key: str, lines: Sequence[Mapping[str, str]]) -> None:
    if sum((Decimal(line["signed_amount"]) for line in lines), Decimal(0)):
        raise Unfit(f"凭证 {key}：借贷不相等")
    _structure(call, "DOCUMENTHEADER", lines[0], key)
    for line in lines:
        name = "ACCOUNTGL"
        if line.get("supplier"):
            name = "ACCOUNTPAYABLE"
        elif line.get("customer"):
            name = "ACCOUNTRECEIVABLE"
        _structure(call, name, line, key)
        _structure(call, "CURRENCYAMOUNT", line, key)


def _structure(call: etree._Element, name: str, line: Mapping[str, str], key: str) -> None:
    one = etree.SubElement(call, name)
    for row in field_map("bapi_acc_document_post"):
        if row["structure"] != name:
            continue
        ours, most, field = row["ours"], int(row["length"]), row["field"]
        text = ours[1:] if ours.startswith("=") else line.get(ours, "")
        if len(text) > most and field not in _CUT:
            raise Unfit(f"凭证 {key}：{name}-{field} 不超过 {most} 个字符，现有 {len(text)} 个")
        if text:
            etree.SubElement(one, field).text = text[:most]
