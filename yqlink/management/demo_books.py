"""Two months of one account's books for the demo: the first reconciled, signed and closed, the second with its puzzles open.

Bank and book are two files, as a bank and an ERP would hand them over; everything after that is done by the demo's people
through the same services as on the pages.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape

from ledger.rules import month_ends

COMPANY, NUMBER, SEED = "1040", "1103028619000385196", 1040
OPENING = Decimal("13680000.00")  # no day of the two months ends overdrawn
_PARTIES = (
    ("江阴恒源化工有限公司", "110912345678901"), ("无锡华创机电设备有限公司", "32001618836052500731"),
    ("常州东升包装材料有限公司", "1105021609000318274"), ("苏州中瑞精密模具有限公司", "10550101040017253"),
    ("南通海润纺织品有限公司", "513902867310227"), ("上海浦江国际货运代理有限公司", "31001520313050004417"),
    ("杭州天目贸易有限公司", "571903326110805"), ("宁波大榭石化仓储有限公司", "39104001040009186"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of one side; `doc` is the bank's serial, in the book the bill no. where the accountant noted it."""

    day: date
    amount: Decimal
    outgo: bool
    party: str
    account: str
    text: str
    doc: str = ""


@dataclass
class Month:
    """Both sides of a month."""

    code: str
    bank: list[Line] = field(default_factory=list)
    book: list[Line] = field(default_factory=list)

    @property
    def first(self) -> date:
        """The first day."""
        return month_ends(self.code)[0]

    @property
    def last(self) -> date:
        """The last day."""
        return month_ends(self.code)[1]

    @property
    def net(self) -> Decimal:
        """What the bank's lines come to."""
        return sum((-one.amount if one.outgo else one.amount for one in self.bank), Decimal("0.00"))


def months(today: date) -> tuple[Month, Month]:
    """The two months before this one. The same day gives the same books."""
    second_end = today.replace(day=1) - timedelta(days=1)
    first_end = second_end.replace(day=1) - timedelta(days=1)
    first, second = Month(f"{first_end:%Y-%m}"), Month(f"{second_end:%Y-%m}")
    chance = random.Random(SEED)  # noqa: S311 - invented figures
    for month in (first, second):
        _everyday(month, chance)
        _of_the_bank(month)
    _over_the_end(first, second)
    _puzzles(second)
    for month in (first, second):
        month.bank.sort(key=lambda one: (one.day, one.doc))
        month.book.sort(key=lambda one: (one.day, one.doc))
    return first, second


def _everyday(month: Month, chance: random.Random) -> None:
    """What both sides hold: noted with the bank's serial, or left to account, name and amount."""
    for number in range(26):
        day = month.first + timedelta(days=number * 26 // 25)
        party, account = _PARTIES[number % len(_PARTIES)]
        amount = Decimal(chance.randint(180_000, 48_000_000)) / 100
        outgo = number % 3 != 0
        doc = f"{month.code.replace('-', '')}{number:08d}"
        text = "付货款" if outgo else "收货款"
        month.bank.append(Line(day, amount, outgo, party, account, text, doc))
        booked = min(day + timedelta(days=number % 2), month.last)
        noted = doc if number % 4 else ""
        month.book.append(Line(booked, amount, outgo, party, account, f"{text} {party}", noted))


def _of_the_bank(month: Month) -> None:
    """Fees, booked a day later by the accountant."""
    day = month.first + timedelta(days=20)
    for number, (amount, text) in enumerate((("86.50", "网银手续费"), ("200.00", "账户管理费"))):
        fee, doc = Decimal(amount), f"F{month.code.replace('-', '')}{number:02d}"
        month.bank.append(Line(day, fee, True, "", "", text, doc))
        month.book.append(Line(day + timedelta(days=1), fee, True, "", "", text, doc))


def _over_the_end(first: Month, second: Month) -> None:
    """Outstanding at the end of the first month, one of each class, settled in the second."""
    pairs = (
        ("58000.00", False, 1, True, "收货款"), ("450.00", True, 0, True, "代扣电话费"),
        ("20000.00", False, 4, False, "收转账支票"), ("1000.00", True, 2, False, "开出支票 0617"),
    )  # fmt: skip
    for number, (amount, outgo, who, by_bank, text) in enumerate(pairs):
        party, account = _PARTIES[who]
        doc = f"E{number:011d}"
        here = Line(first.last, Decimal(amount), outgo, party, account, text, doc)
        there = Line(
            second.first + timedelta(days=2), Decimal(amount), outgo, party, account, text, doc
        )
        (first.bank if by_bank else first.book).append(here)
        (second.book if by_bank else second.bank).append(there)


def _puzzles(month: Month) -> None:
    """What no rule dares: two equal payments booked once, a payment in two parts, a slip of the pen, a fee kept back."""
    day = month.first + timedelta(days=12)
    (party, account), (other, number) = _PARTIES[1], _PARTIES[3]
    for place in range(2):
        month.bank.append(
            Line(day, Decimal("15000.00"), True, party, account, "付货款", f"T{place:011d}")
        )
    month.book.append(Line(day, Decimal("15000.00"), True, party, account, "付货款"))
    for place, part in enumerate(("40000.00", "26300.00")):
        month.bank.append(
            Line(day, Decimal(part), True, other, number, "付设备款", f"P{place:011d}")
        )
    month.book.append(Line(day, Decimal("66300.00"), True, other, number, "付设备款"))
    month.bank.append(
        Line(
            day, Decimal("9830.00"), False, _PARTIES[5][0], _PARTIES[5][1], "退运费", "W00000000001"
        )
    )
    month.book.append(Line(day, Decimal("9380.00"), False, _PARTIES[5][0], "", "收退运费"))
    month.bank.append(
        Line(day, Decimal("72485.00"), False, _PARTIES[6][0], "", "境外汇款", "X00000000001")
    )
    month.book.append(Line(day, Decimal("72500.00"), False, _PARTIES[6][0], "", "收境外货款"))
    month.bank.append(Line(month.last, Decimal("3126.18"), False, "", "", "结息", "I00000000001"))


# --- the two files ------------------------------------------------------------------------------------------------------


def statement(month: Month, *, opening: Decimal, number: int) -> bytes:
    """The bank's camt.053 of the month."""
    closing = opening + month.net
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount, day in (("OPBD", opening, month.first), ("CLBD", closing, month.last))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{month.code}</MsgId><CreDtTm>{month.last}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S{month.code}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{month.last}T20:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{month.first}T00:00:00</FrDtTm><ToDtTm>{month.last}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{NUMBER}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{balances}"
        f"{''.join(_entry(one) for one in month.bank)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(line: Line) -> str:
    who = "Cdtr" if line.outgo else "Dbtr"
    account = (
        f"<{who}Acct><Id><Othr><Id>{line.account}</Id></Othr></Id></{who}Acct>"
        if line.account
        else ""
    )
    party = (
        f"<RltdPties><{who}><Nm>{escape(line.party)}</Nm></{who}>{account}</RltdPties>"
        if line.party
        else ""
    )
    return (
        f'<Ntry><Amt Ccy="CNY">{line.amount}</Amt><CdtDbtInd>{"DBIT" if line.outgo else "CRDT"}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.day}</Dt></ValDt><AcctSvcrRef>{line.doc}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls>{party}<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def journal(month: Month) -> bytes:
    """The ERP's journal of the month as CSV."""
    rows = ["日期,凭证号,摘要,借方,贷方,票号,对方户名,对方账号,银行账号"]
    for number, one in enumerate(month.book, start=1):
        sides = f",{one.amount}" if one.outgo else f"{one.amount},"
        rows.append(
            f"{one.day},记-{number:04d},{one.text},{sides},{one.doc},{one.party},{one.account},{NUMBER}"
        )
    return ("\n".join(rows) + "\n").encode()
