"""Style 3 spoken by an SAP: payment runs go as pain.001, statuses come as pain.002, vouchers as calls of its BAPI. Own XML."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from erpbridge.simulator.sides.base import Item
from erpbridge.simulator.sides.file import FileSide

_PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
_STATES = {"ACSC": "succeeded", "ACCC": "succeeded", "RJCT": "failed"}
Element = ElementTree.Element


def _put(parent: Element, path: str, text: str = "") -> Element:
    for name in path.split("/"):
        parent = ElementTree.SubElement(parent, name)
    if text:
        parent.text = text
    return parent


def payment_order(items: Sequence[Item], *, number: str, moment: str, total: str) -> bytes:
    """A pain.001.001.03: a group for each company, account and day."""
    root = Element("Document", xmlns=_PAIN)
    order = _put(root, "CstmrCdtTrfInitn")
    head = _put(order, "GrpHdr")
    _put(head, "MsgId", number)
    _put(head, "CreDtTm", moment)
    _put(head, "NbOfTxs", str(len(items)))
    _put(head, "CtrlSum", total)
    _put(head, "InitgPty/Nm", "SAP")
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        key = tuple(item.get(name, "") for name in ("company_code", "payer_account", "wish_date"))
        groups.setdefault(key, []).append(item)
    for place, ((company, account, day), members) in enumerate(groups.items(), 1):
        group = _put(order, "PmtInf")
        _put(group, "PmtInfId", f"{number[:28]}-{place}")
        _put(group, "PmtMtd", "TRF")
        _put(group, "ReqdExctnDt", day)
        _put(group, "Dbtr/Id/OrgId/Othr/Id", company)
        _put(group, "DbtrAcct/Id/Othr/Id", account)
        _put(group, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
        for item in members:
            _transfer(_put(group, "CdtTrfTxInf"), item)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _transfer(one: Element, item: Item) -> None:
    number, line = item.get("doc_no", ""), item.get("line_no") or "1"
    ids = _put(one, "PmtId")
    _put(ids, "InstrId", number)
    _put(ids, "EndToEndId", f"{number}/{line}")
    kind = _put(one, "PmtTpInf")
    if item.get("urgent") == "是":
        _put(kind, "InstrPrty", "HIGH")
    _put(kind, "CtgyPurp/Prtry", item.get("doc_type", ""))
    _put(one, "Amt/InstdAmt", item.get("amount", "")).set("Ccy", item.get("currency", ""))
    bank = _put(one, "CdtrAgt/FinInstnId")
    member = _put(bank, "ClrSysMmbId")
    _put(member, "ClrSysId/Cd", "CNAPS")
    _put(member, "MmbId", item.get("cnaps", ""))
    if item.get("payee_bank"):
        _put(bank, "Nm", item["payee_bank"])
    payee = _put(one, "Cdtr")
    _put(payee, "Nm", item.get("payee_name", ""))
    _put(payee, "Id/OrgId/Othr/Id", item.get("payee_code", ""))
    _put(one, "CdtrAcct/Id/Othr/Id", item.get("payee_account", ""))
    told = _put(one, "RmtInf")
    for name in ("purpose", "remark"):
        if item.get(name):
            _put(told, "Ustrd", item[name])
    structured = _put(told, "Strd")
    if item.get("invoice_no"):
        _put(structured, "RfrdDocInf/Nb", item["invoice_no"])
    for word, name in (("GL", "gl_subject"), ("CF", "cash_flow_item")):
        if item.get(name):
            _put(structured, "AddtlRmtInf", f"{word}={item[name]}")


class SapFileSide(FileSide):
    """Payment requests leave as pain.001; what comes back is read in the forms SAP takes."""

    def types(self, kind: str) -> str:
        """Payment runs have a type of file of their own."""
        return "pain" if kind == "payment_request" else super().types(kind)

    def form(self, kind: str) -> str:
        """XML for payment runs."""
        return "xml" if kind == "payment_request" else super().form(kind)

    def data(self, items: Sequence[Item], kind: str, stem: str) -> bytes:
        """The bytes of one file."""
        if kind != "payment_request":
            return super().data(items, kind, stem)
        moment = f"{self.day()[:4]}-{self.day()[4:6]}-{self.day()[6:]}T09:00:00"
        total = sum((_money(one.get("amount", "")) for one in items), Decimal(0))
        return payment_order(items, number=stem, moment=moment, total=f"{total:.2f}")

    def read(self, data: bytes, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of one file: statuses, calls to post, or the entries of a statement, by their message ids alone."""
        name = str(manifest["file"])
        if name.startswith("result_"):
            return statuses(data)
        if name.startswith("voucher_"):
            return vouchers(data)
        if name.startswith("statement_"):
            return [{"message_id": one, "narrative": ""} for one in manifest["messages"]]
        return super().read(data, manifest)


def _money(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def _local(root: Element) -> Element:
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def statuses(data: bytes) -> list[dict[str, Any]]:
    """The statuses of a pain.002."""
    rows = []
    for one in _local(ElementTree.fromstring(data)).iter("TxInfAndSts"):  # noqa: S314 - the platform's, signed
        number = one.findtext("OrgnlInstrId") or ""
        line = (one.findtext("OrgnlEndToEndId") or "").removeprefix(f"{number}/")
        message = one.findtext("StsId") or ""
        status, reason = one.findtext("TxSts") or "", one.findtext("StsRsnInf/Rsn/Prtry") or ""
        rows.append(
            {
                "message_id": message,
                "order_no": message.rpartition("-")[0],
                "company_code": one.findtext("OrgnlTxRef/Dbtr/Id/OrgId/Othr/Id") or "",
                "doc_type": one.findtext("OrgnlTxRef/PmtTpInf/CtgyPurp/Prtry") or "",
                "doc_no": number,
                "line_no": line,
                "amount": one.findtext("OrgnlTxRef/Amt/InstdAmt") or "",
                "state": "returned" if reason == "RETURNED" else _STATES.get(status, "pending"),
                "bank_serial": one.findtext("AcctSvcrRef") or "",
            }
        )
    return rows


def vouchers(data: bytes) -> list[dict[str, Any]]:
    """Calls of BAPI_ACC_DOCUMENT_POST as entry lines, each account's beside its amount."""
    rows = []
    for call in ElementTree.fromstring(data).iter("Call"):  # noqa: S314 - the platform's, signed
        head = call.find("DOCUMENTHEADER")
        if head is None:
            raise ValueError("a call without its header")
        amounts = {
            one.findtext("ITEMNO_ACC"): one.findtext("AMT_DOCCUR") or "0"
            for one in call.iter("CURRENCYAMOUNT")
        }
        day = head.findtext("PSTNG_DATE") or ""
        for name in ("ACCOUNTGL", "ACCOUNTPAYABLE", "ACCOUNTRECEIVABLE"):
            for line in call.iter(name):
                amount = amounts[line.findtext("ITEMNO_ACC")]
                rows.append(
                    {
                        "message_id": call.get("message_id", ""),
                        "posting_key": head.findtext("REF_DOC_NO_LONG"),
                        "company_code": head.findtext("COMP_CODE"),
                        "day": f"{day[:4]}-{day[4:6]}-{day[6:]}",
                        "voucher_type": (head.findtext("OBJ_KEY") or "").partition("-")[0],
                        "subject": line.findtext("GL_ACCOUNT"),
                        "debit": amount if not amount.startswith("-") else "0.00",
                        "credit": amount.removeprefix("-") if amount.startswith("-") else "0.00",
                        "description": line.findtext("ITEM_TEXT") or "",
                        "bill_no": line.findtext("ALLOC_NMBR") or "",
                    }
                )
    return rows
