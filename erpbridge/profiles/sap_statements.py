"""Statement entries for SAP's statement upload (FF_5, FEB_FILE_HANDLING): MT940 text, or camt.053.001.02.

Source: DOMAIN §7.2. One statement for each account and day, and a further one wherever the balances told do not follow one
another; opening and closing stand as intermediate balances (:60M:, :62M:), because more may come. Our reference stands in
:61:, :86: and Refs/EndToEndId, so that SAP's interpretation can clear the open item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from erpbridge.profiles.sap import Unfit

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
_LINE_MAX, _LINES_MAX, _REFERENCE_MAX = 65, 6, 16
_PLAIN: Any = {None: NAMESPACE}  # no prefix
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """Entries of one account and day whose balances follow one another."""

    account: str
    currency: str
    day: date
    opening: Decimal
    rows: tuple[Row, ...]

    @property
    def closing(self) -> Decimal:
        """The balance after the last entry."""
        return Decimal(str(self.rows[-1]["balance_after"]))


def _signed(row: Row) -> Decimal:
    amount = Decimal(str(row["amount"]))
    return amount if row["direction"] == "credit" else -amount


def sections(rows: Sequence[Row]) -> list[Section]:
    """Entries as statements. Raises Unfit for an entry the bank told no balance after."""
    found: list[list[Row]] = []
    for row in rows:
        if row.get("balance_after") in (None, ""):
            raise Unfit(
                f"账户 {row['account']} 流水 {row['bank_serial']}：银行未给出余额，不能成为对账单"
            )
        last = found[-1][-1] if found else None
        follows = (
            last is not None
            and (last["account"], last["bank_date"]) == (row["account"], row["bank_date"])
            and Decimal(str(last["balance_after"])) + _signed(row)
            == Decimal(str(row["balance_after"]))
        )
        if follows:
            found[-1].append(row)
        else:
            found.append([row])
    return [
        Section(
            str(part[0]["account"]),
            str(part[0]["currency"]),
            date.fromisoformat(str(part[0]["bank_date"])),
            Decimal(str(part[0]["balance_after"])) - _signed(part[0]),
            tuple(part),
        )
        for part in found
    ]


def _amount(value: Decimal) -> str:
    return f"{abs(value):.2f}".replace(".", ",")


def _balance(tag: str, section: Section, value: Decimal) -> str:
    side = "C" if value >= 0 else "D"
    return f":{tag}:{side}{section.day:%y%m%d}{section.currency}{_amount(value)}"


def _wrapped(texts: Sequence[str]) -> list[str]:
    """Texts as at most six lines of 65 characters, none beginning like a tag."""
    lines = [
        text[start : start + _LINE_MAX]
        for text in (" ".join(one.split()) for one in texts)
        for start in range(0, len(text), _LINE_MAX)
    ]
    return [f".{line[1:]}" if line[:1] in (":", "-") else line for line in lines[:_LINES_MAX]]


def mt940(rows: Sequence[Row], *, number: int) -> str:
    """The statements as MT940 text, lines ended by CR LF; `number` is the file's, pages count its statements."""
    lines: list[str] = []
    for page, section in enumerate(sections(rows), 1):
        lines += [
            f":20:YQ{section.day:%y%m%d}{number % 10**6:06d}",
            f":25:{section.account}",
            f":28C:{number % 10**5}/{page}",
            _balance("60M", section, section.opening),
        ]
        for row in section.rows:
            lines += _mt940_entry(section, row)
        lines += [_balance("62M", section, section.closing), "-"]
    return "".join(f"{line}\r\n" for line in lines)


def _mt940_entry(section: Section, row: Row) -> list[str]:
    side = "C" if row["direction"] == "credit" else "D"
    reference = str(row.get("reference") or "")[:_REFERENCE_MAX] or "NONREF"
    serial = str(row["bank_serial"])[:_REFERENCE_MAX]
    day = f"{section.day:%y%m%d}{section.day:%m%d}"
    first = f":61:{day}{side}{_amount(Decimal(str(row['amount'])))}NTRF{reference}//{serial}"
    told = [
        str(row.get(name) or "")
        for name in (
            *("reference", "counterparty_name", "counterparty_account", "narrative", "purpose"),
        )
    ]
    lines = _wrapped([text for text in dict.fromkeys(told) if text]) or ["NONREF"]
    return [first, f":86:{lines[0]}", *lines[1:]]


def camt053(rows: Sequence[Row], *, number: int, moment: str) -> bytes:
    """The statements as one camt.053.001.02 document."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap=_PLAIN)
    report = _put(root, "BkToCstmrStmt")
    head = _put(report, "GrpHdr")
    _put(head, "MsgId", f"YQ{number:06d}")
    _put(head, "CreDtTm", moment)
    for page, section in enumerate(sections(rows), 1):
        one = _put(report, "Stmt")
        _put(one, "Id", f"YQ{section.day:%y%m%d}{number:06d}-{page}")
        _put(one, "ElctrncSeqNb", str(number))
        _put(one, "CreDtTm", moment)
        _put(one, "Acct/Id/Othr/Id", section.account)
        for code, value in (("OPBD", section.opening), ("CLBD", section.closing)):
            _camt_balance(_put(one, "Bal"), code, value, section)
        for row in section.rows:
            _camt_entry(_put(one, "Ntry"), row, section)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _put(parent: etree._Element, path: str, text: str = "") -> etree._Element:
    for name in path.split("/"):
        parent = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        parent.text = text
    return parent


def _camt_balance(one: etree._Element, code: str, value: Decimal, section: Section) -> None:
    _put(one, "Tp/CdOrPrtry/Cd", code)
    _put(one, "Amt", f"{abs(value):.2f}").set("Ccy", section.currency)
    _put(one, "CdtDbtInd", "CRDT" if value >= 0 else "DBIT")
    _put(one, "Dt/Dt", section.day.isoformat())


def _camt_entry(one: etree._Element, row: Row, section: Section) -> None:
    is_credit = row["direction"] == "credit"
    _put(one, "Amt", str(row["amount"])).set("Ccy", section.currency)
    _put(one, "CdtDbtInd", "CRDT" if is_credit else "DBIT")
    _put(one, "Sts", "BOOK")
    _put(one, "BookgDt/Dt", section.day.isoformat())
    _put(one, "ValDt/Dt", section.day.isoformat())
    _put(one, "AcctSvcrRef", str(row["bank_serial"])[:35])
    _put(one, "BkTxCd/Prtry/Cd", "NTRF")
    detail = _put(one, "NtryDtls/TxDtls")
    if row.get("reference"):
        _put(detail, "Refs/EndToEndId", str(row["reference"])[:35])
    if row.get("counterparty_name") or row.get("counterparty_account"):
        parties = _put(detail, "RltdPties")
        side = "Dbtr" if is_credit else "Cdtr"
        if row.get("counterparty_name"):
            _put(parties, f"{side}/Nm", str(row["counterparty_name"])[:140])
        if row.get("counterparty_account"):
            _put(parties, f"{side}Acct/Id/Othr/Id", str(row["counterparty_account"])[:34])
    texts = [str(row.get(name) or "") for name in ("narrative", "purpose")]
    told = " ".join(dict.fromkeys(filter(None, texts)))
    if told:
        _put(detail, "RmtInf/Ustrd", told[:140])
