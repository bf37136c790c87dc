"""Statement files as banks write them, made from plain entries."""

from __future__ import annotations

import io
from dataclasses import dataclass
from xml.sax.saxutils import escape

URN = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.{:02d}"


@dataclass
class E:
    """One entry of a file; a minus is money out."""

    amount: str
    serial: str = ""
    day: str = "2026-11-24"
    name: str = "江阴恒源化工有限公司"
    account: str = "6222000010"
    said: str = "货款"
    ref: str = "NOTPROVIDED"
    note: str = ""
    state: str = "BOOK"


def entry_xml(e, version=2, p=""):
    """One Ntry of camt.053."""
    is_debit = e.amount.startswith("-")
    who = "Cdtr" if is_debit else "Dbtr"
    sts = f"<{p}Cd>{e.state}</{p}Cd>" if version >= 7 else e.state
    name = f"<{p}Nm>{escape(e.name)}</{p}Nm>"
    name = f"<{p}Pty>{name}</{p}Pty>" if version >= 8 else name
    serial = f"<{p}AcctSvcrRef>{e.serial}</{p}AcctSvcrRef>" if e.serial else ""
    note = f"<{p}AddtlNtryInf>{escape(e.note)}</{p}AddtlNtryInf>" if e.note else ""
    return (
        f'<{p}Ntry><{p}Amt Ccy="CNY">{e.amount.lstrip("-")}</{p}Amt><{p}CdtDbtInd>{"DBIT" if is_debit else "CRDT"}'
        f"</{p}CdtDbtInd><{p}Sts>{sts}</{p}Sts><{p}BookgDt><{p}{'DtTm' if 'T' in e.day else 'Dt'}>{e.day}"
        f"</{p}{'DtTm' if 'T' in e.day else 'Dt'}></{p}BookgDt><{p}ValDt><{p}Dt>{e.day[:10]}</{p}Dt></{p}ValDt>{serial}"
        f"<{p}NtryDtls><{p}TxDtls><{p}Refs><{p}EndToEndId>{e.ref}</{p}EndToEndId></{p}Refs><{p}RltdPties>"
        f"<{p}{who}>{name}</{p}{who}><{p}{who}Acct><{p}Id><{p}Othr><{p}Id>{e.account}</{p}Id><{p}SchmeNm><{p}Cd>BBAN</{p}Cd>"
        f"</{p}SchmeNm></{p}Othr></{p}Id></{p}{who}Acct></{p}RltdPties><{p}RmtInf><{p}Ustrd>{escape(e.said)}</{p}Ustrd>"
        f"</{p}RmtInf></{p}TxDtls></{p}NtryDtls>{note}</{p}Ntry>\n"
    )


def balance_xml(code, amount, day, p=""):
    """One Bal."""
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<{p}Bal><{p}Tp><{p}CdOrPrtry><{p}Cd>{code}</{p}Cd></{p}CdOrPrtry></{p}Tp><{p}Amt Ccy="CNY">'
        f"{amount.lstrip('-')}</{p}Amt><{p}CdtDbtInd>{side}</{p}CdtDbtInd><{p}Dt><{p}Dt>{day}</{p}Dt></{p}Dt></{p}Bal>"
    )


def statement_xml(entries, *, account="440012345678", opening="1000.00", closing="1000.00", number=12,
                  first="2026-11-24", last="2026-11-24", version=2, p="", raw=""):  # fmt: skip
    """One Stmt; `raw` replaces the entries' own XML."""
    body = raw or "".join(entry_xml(one, version, p) for one in entries)
    return (
        f"<{p}Stmt><{p}Id>S{number}</{p}Id><{p}ElctrncSeqNb>{number}</{p}ElctrncSeqNb><{p}FrToDt><{p}FrDtTm>{first}T00:00:00"
        f"</{p}FrDtTm><{p}ToDtTm>{last}T23:59:59</{p}ToDtTm></{p}FrToDt><{p}Acct><{p}Id><{p}Othr><{p}Id>{account}</{p}Id>"
        f"</{p}Othr></{p}Id><{p}Ccy>CNY</{p}Ccy></{p}Acct>{balance_xml('OPBD', opening, first, p)}"
        f"{balance_xml('CLBD', closing, last, p)}{body}</{p}Stmt>"
    )


def camt_file(*statements, version=2, prefix="", encoding="UTF-8", prolog=""):
    """The whole message as bytes."""
    p = f"{prefix}:" if prefix else ""
    space = f'xmlns{":" + prefix if prefix else ""}="{URN.format(version)}"'
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n{prolog}<{p}Document {space}><{p}BkToCstmrStmt><{p}GrpHdr><{p}MsgId>M1'
        f"</{p}MsgId></{p}GrpHdr>{''.join(statements)}</{p}BkToCstmrStmt></{p}Document>"
    )
    return text.encode(encoding)


def mt940_file(entries, *, account="440012345678", opening="C261124CNY1000,00", closing="C261124CNY1000,00", number="68/1",
               kind="F"):  # fmt: skip
    """One MT940 message; entries are (the text of :61:, of :86:)."""
    lines = [":20:STM1", f":25:{account}", f":28C:{number}", f":60{kind}:{opening}"]
    for field, notes in entries:
        lines += [f":61:{field}"] + ([f":86:{notes}"] if notes else [])
    return "\r\n".join([*lines, f":62{kind}:{closing}", "-", ""])


def told(reader, data):
    """Every section with its rows as lists of fields."""
    found = []
    for section in reader.read(io.BytesIO(data if isinstance(data, bytes) else data.encode())):
        rows = b"".join(section.rows).decode().splitlines()
        found.append((section, [row.split("\t") for row in rows]))
    return found
