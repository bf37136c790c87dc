"""How the simulated bank words ISO 20022, by hand. Source: message definition reports, versions as `Versions` names them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row
from bankadapters.simulator.wire import tag, tags, text_of, yuan
from bankadapters.simulator.world import Told

ROOTS = {"052": ("BkToCstmrAcctRpt", "Rpt"), "053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}  # fmt: skip


def space(message: str, version: str) -> str:
    """The namespace of a message."""
    return f"urn:iso:std:iso:20022:tech:xsd:{message}.001.{version}"


@dataclass(frozen=True)
class Versions:
    """Which versions a bank speaks: message and version of each."""

    pain_002: str
    camt_052: tuple[str, str]
    camt_053: tuple[str, str]
    camt_054: tuple[str, str]

    @classmethod
    def old(cls) -> Versions:
        """What most banks have spoken for years."""
        return cls("03", ("052", "02"), ("053", "02"), ("054", "02"))

    @classmethod
    def new(cls) -> Versions:
        """The set of 2019."""
        return cls("12", ("052", "08"), ("053", "08"), ("054", "08"))


def fault_of(root: ET.Element) -> str:
    """The reason to reject a whole message, "" where there is none."""
    rows = list(root.iter("CdtTrfTxInf"))
    head = root.find("CstmrCdtTrfInitn/GrpHdr")
    try:
        amounts = [Decimal(text_of(one, "Amt/InstdAmt")) for one in rows]
        total = Decimal(text_of(head, "CtrlSum"))
    except InvalidOperation:
        return "FF01"
    if not rows or any(one <= 0 or one != round(one, 2) for one in amounts):
        return "FF01"
    if any(not text_of(one, path) for one in rows for path in ("PmtId/EndToEndId", "Cdtr/Nm")):
        return "FF01"
    if any(not number_of(one.find("CdtrAcct")) for one in rows):
        return "FF01"
    if text_of(head, "NbOfTxs") != str(len(rows)):
        return "AM18"
    return "AM10" if total != sum(amounts) else ""


def number_of(account: ET.Element | None) -> str:
    """An account's number, of either kind."""
    return text_of(account, "Id/IBAN") or text_of(account, "Id/Othr/Id")


def _reason(code: str) -> str:
    return f"<StsRsnInf><Rsn>{tag('Cd', code)}</Rsn></StsRsnInf>" if code else ""


def status_report(
    versions: Versions,
    number: str,
    *,
    made: str,
    group: str,
    reason: str,
    rows: Sequence[tuple[Told, str, str]],
) -> str:
    """pain.002: the whole message's standing, and each payment's."""
    lines = "".join(_transaction(told, status, why) for told, status, why in rows)
    block = f"<OrgnlPmtInfAndSts>{tag('OrgnlPmtInfId', number)}{lines}</OrgnlPmtInfAndSts>"
    inside = (
        f"<GrpHdr>{tags([('MsgId', f'ST{made[2:26]}'.translate(_PLAIN)[:35]), ('CreDtTm', made)])}</GrpHdr>"
        f"<OrgnlGrpInfAndSts>{tags([('OrgnlMsgId', number), ('OrgnlMsgNmId', 'pain.001')])}"
        f"{tag('GrpSts', group) if group else ''}{_reason(reason)}</OrgnlGrpInfAndSts>{block if lines else ''}"
    )
    return _document(
        space("pain.002", versions.pain_002), f"<CstmrPmtStsRpt>{inside}</CstmrPmtStsRpt>"
    )


_PLAIN = str.maketrans("", "", "-:.+T")


def _transaction(told: Told, status: str, why: str) -> str:
    parts = tag("OrgnlInstrId", told.reference) + tag("OrgnlEndToEndId", told.reference)
    parts += tag("TxSts", status) + _reason(why)
    if told.item is None:
        return f"<TxInfAndSts>{parts}</TxInfAndSts>"
    amount = f'<Amt><InstdAmt Ccy="CNY">{yuan(told.item.amount)}</InstdAmt></Amt>'
    account = f"<DbtrAcct><Id><Othr>{tag('Id', told.item.payer)}</Othr></Id></DbtrAcct>"
    serial = tag("AcctSvcrRef", told.serial) if told.serial else ""
    return f"<TxInfAndSts>{parts}{serial}<OrgnlTxRef>{amount}{account}</OrgnlTxRef></TxInfAndSts>"


def statement(
    version: tuple[str, str],
    account: Account,
    rows: Sequence[Row],
    *,
    number: str,
    made: str,
    balances: Sequence[tuple[str, int, date]],
) -> str:
    """camt.052, .053 or .054 of an account."""
    message, edition = version
    root, holder = ROOTS[message]
    is_new = int(edition) >= 8
    head = f"<GrpHdr>{tags([('MsgId', f'M{number}'[:35]), ('CreDtTm', made)])}</GrpHdr>"
    parts = tags([("Id", number), ("CreDtTm", made)])
    currency = account.currency or "CNY"
    parts += f"<Acct><Id><Othr>{tag('Id', account.number)}</Othr></Id>{tag('Ccy', currency)}</Acct>"
    parts += "".join(_balance(kind, fen, day, currency) for kind, fen, day in balances)
    parts += "".join(_entry(row, currency, is_new=is_new) for row in rows)
    body = f"<{root}>{head}<{holder}>{parts}</{holder}></{root}>"
    return _document(space(f"camt.{message}", edition), body, prefix="c" if is_new else "")


def _balance(kind: str, fen: int, day: date, currency: str) -> str:
    side = "DBIT" if fen < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry>{tag('Cd', kind)}</CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{yuan(abs(fen))}</Amt>{tag("CdtDbtInd", side)}<Dt>{tag("Dt", day.isoformat())}</Dt></Bal>'
    )


def _entry(row: Row, currency: str, *, is_new: bool) -> str:
    day = f"{row.day[:4]}-{row.day[4:6]}-{row.day[6:]}"
    time = f"{row.time[:2]}:{row.time[2:4]}:{row.time[4:]}"
    status = "<Sts><Cd>BOOK</Cd></Sts>" if is_new else "<Sts>BOOK</Sts>"
    head = (
        f'<Amt Ccy="{currency}">{yuan(row.amount)}</Amt>{tag("CdtDbtInd", "CRDT" if row.incoming else "DBIT")}{status}'
        f"<BookgDt>{tag('DtTm', f'{day}T{time}+08:00')}</BookgDt><ValDt>{tag('Dt', day)}</ValDt>{tag('AcctSvcrRef', row.unique)}"
    )
    code = "<BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd>"
    refs = f"<Refs>{tag('EndToEndId', row.insid or 'NOTPROVIDED')}</Refs>"
    other, role = (row.payer, "Dbtr") if row.incoming else (row.payee, "Cdtr")
    name = tag("Nm", other.name[:140] or "-")
    party = f"<Pty>{name}</Pty>" if is_new else name
    account = (
        f"<{role}Acct><Id><Othr>{tag('Id', other.number[:34])}</Othr></Id></{role}Acct>"
        if other.number
        else ""
    )
    parties = f"<RltdPties><{role}>{party}</{role}>{account}</RltdPties>"
    agent = f"<FinInstnId>{tag('Nm', other.bank[:140])}</FinInstnId>" if other.bank else ""
    agents = f"<RltdAgts><{role}Agt>{agent}</{role}Agt></RltdAgts>" if agent else ""
    said = row.purpose or row.remark
    remittance = f"<RmtInf>{tag('Ustrd', said[:140])}</RmtInf>" if said else ""
    more = tag("AddtlNtryInf", row.remark[:500]) if row.remark else ""
    details = f"<NtryDtls><TxDtls>{refs}{_amount(row, currency, is_new=is_new)}{parties}{agents}{remittance}</TxDtls></NtryDtls>"
    return f"<Ntry>{head}{code}{details}{more}</Ntry>"


def _amount(row: Row, currency: str, *, is_new: bool) -> str:
    """TxDtls/Amt and its side, which the newer versions want."""
    if not is_new:
        return ""
    side = tag("CdtDbtInd", "CRDT" if row.incoming else "DBIT")
    return f'<Amt Ccy="{currency}">{yuan(row.amount)}</Amt>{side}'


def _document(space_: str, body: str, *, prefix: str = "") -> str:
    if not prefix:
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space_}">{body}</Document>'
        )
    tagged = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}:Document xmlns:{prefix}="{space_}">{tagged}</{prefix}:Document>'
