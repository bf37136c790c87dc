"""What pain.002 says of payments.  Source: ISO 20022 CustomerPaymentStatusReport.

The levels differ: what is said of the message or of a payment block holds for its payments only as a refusal, or as "taken";
a payment is called paid by its own line alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from bankadapters.banks.iso20022 import codes
from bankadapters.banks.iso20022 import messages as m
from bankadapters.contract import Fate, Outcome, WireRequest
from bankadapters.errors import Unreadable
from bankadapters.filebank import of_message
from bankadapters.matching import echoed, named_once
from bankadapters.xml import child_text, parse_bank_xml
from kernel.money import Money

REPORT, STATEMENTS = (
    "CstmrPmtStsRpt",
    (
        "BkToCstmrStmt",
        "BkToCstmrAcctRpt",
        "BkToCstmrDbtCdtNtfctn",
    ),
)


def kind_of(data: bytes) -> tuple[str, etree._Element]:
    """Which message a file is, by the element below its Document, and that element. Raises Unreadable."""
    root = parse_bank_xml(data)
    children = list(root)
    if root.tag != "Document" or len(children) != 1:
        raise Unreadable(
            f"root {root.tag} with {len(children)} messages, at line {root.sourceline}"
        )
    return str(children[0].tag), children[0]


@dataclass(frozen=True)
class Status:
    """One pain.002; `currencies` of the amounts it repeats, by payment."""

    report: m.Report
    currencies: Mapping[str, str]

    @classmethod
    def of(cls, node: etree._Element) -> Status:
        """The report of its element. Raises Unreadable for one that names no message."""
        report = m.Report.parse(node)
        if report.group is None or not report.group.number:
            raise Unreadable("a status report that does not name its message")
        currencies = {
            child_text(row, "OrgnlEndToEndId"): str(amount.get("Ccy", ""))
            for row in node.iter("TxInfAndSts")
            for amount in row.iter("InstdAmt")
        }
        return cls(report, currencies)

    @property
    def group(self) -> m.Group:
        """How the whole message stands."""
        if self.report.group is None:
            raise Unreadable("a status report that does not name its message")
        return self.report.group

    @property
    def made(self) -> str:
        """When the bank made it."""
        return self.report.head.made if self.report.head is not None else ""

    @property
    def references(self) -> set[str]:
        """The payments it names."""
        return {row.reference for block in self.report.blocks for row in block.rows}

    def outcomes(
        self, asked: WireRequest | None, *, paid: frozenset[str], while_paying: bool
    ) -> list[Outcome]:
        """What it says of each payment: by name, else of those asked about that went in its message, by its levels above."""
        told = of_message(self.group.number, self._named(paid, while_paying), asked)
        named = named_once(list(told), serials_identify=False)
        known = {one.reference for one in named}
        whole = self._whole()
        if whole is None or asked is None:
            return named
        ours = _numbers(asked, self.group.number)
        return [*named, *(_about(number, *whole) for number in ours if number not in known)]

    def _named(self, paid: frozenset[str], while_paying: bool) -> Iterator[Outcome]:
        for block in self.report.blocks:
            for row in block.rows:
                status = row.status or block.status or self.group.status
                reason = _reason(row.reasons or block.reasons or self.group.reasons)
                fate = _fate(status, reason)
                if row.status in paid and not while_paying:
                    fate = Fate.SUCCEEDED
                yield Outcome(
                    row.reference, fate, row.serial, reason or status, status,
                    _money(row, self.currencies.get(row.reference, "")), _account(row),
                )  # fmt: skip

    def _whole(self) -> tuple[Fate, str, str] | None:
        """What holds for every payment of the message; None where it says nothing, or leaves it to its lines."""
        levels = [(self.group.status, self.group.reasons)]
        if len(self.report.blocks) == 1:
            levels.append((self.report.blocks[0].status, self.report.blocks[0].reasons))
        for status, reasons in levels:
            reason = _reason(reasons)
            fate = _fate(status, reason)
            if fate in (Fate.FAILED, Fate.MANUAL_HANDLING) or _is_repeat(status, reason):
                return fate, reason or status, status
            if fate in (Fate.ACCEPTED, Fate.PROCESSING) and status != "PART":
                return Fate.ACCEPTED, status, status
        return None


def _numbers(asked: WireRequest, number: str) -> Sequence[str]:
    """The payments asked about that went in the message of this number."""
    if asked.batch is not None:
        is_ours = asked.batch.batch_no == number
        return [one.reference for one in asked.batch.instructions] if is_ours else []
    return [one.reference for one in asked.inquiries if one.batch_no == number]


def _about(number: str, fate: Fate, code: str, text: str) -> Outcome:
    return Outcome(number, fate, code=code, text=text)


def _is_repeat(status: str, reason: str) -> bool:
    return status == codes.REJECTED and reason in codes.REPEATED


def _fate(status: str, reason: str) -> Fate:
    """What a status means; a rejection as a repeat says nothing of what was sent first."""
    if _is_repeat(status, reason):
        return Fate.UNKNOWN
    return codes.TABLE.fate(codes.STATUS, "TxSts", status)


def _reason(reasons: Sequence[m.StatusReason]) -> str:
    """The reason's code; of several, one of a repeat goes first."""
    told = [one.reason.code or one.reason.own for one in reasons if one.reason is not None]
    return next((one for one in told if one in codes.REPEATED), told[0] if told else "")


def _account(row: m.Transaction) -> str:
    """The payer's account the bank repeats, "" where it repeats none."""
    told = row.original.account if row.original is not None else None
    if told is None or told.ident is None:
        return ""
    return told.ident.iban or (told.ident.other.number if told.ident.other is not None else "")


def _money(row: m.Transaction, currency: str) -> Money | None:
    told = row.original.amount if row.original is not None else None
    return None if told is None or not currency else echoed(told.instructed, currency)
