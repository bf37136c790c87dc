"""CEB answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: the banks' overview, section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from bankadapters.banks.ceb import codes
from bankadapters.banks.ceb import messages as m
from bankadapters.contract import Outcome, ReceiptFound
from bankadapters.errors import Unreadable
from bankadapters.xml import child_text, parse_bank_xml, the_one


@dataclass(frozen=True)
class Answer:
    """One answer: our message number where it is echoed, code and words, and its data."""

    number: str
    code: str
    words: str
    root: etree._Element

    def data(self) -> list[etree._Element]:
        """Its RespData, bare or in a list."""
        return list(self.root.iter("RespData"))


def read_answer(data: bytes) -> Answer:
    """The Transaction document, whose root has a namespace that says nothing. Raises Unreadable."""
    root = parse_bank_xml(data, default="gbk")
    head, content = the_one(root, "TransHead"), the_one(root, "TransContent")
    if root.tag != "Transaction" or content is None:
        raise Unreadable(f"root {root.tag} with no Transaction/TransContent, at line {root.sourceline}")  # fmt: skip
    said = m.Said.parse(content)
    if not said.code:
        raise Unreadable(f"TransContent without ReturnCode, at line {content.sourceline}")
    words = " ".join(word for word in (said.words, said.note) if word)
    return Answer(child_text(head, "BatchID"), said.code, words, root)


def standing(answer: Answer, reference: str, final: frozenset[str]) -> Outcome | None:
    """Where the payment asked about stands; None where the answer has no data. Raises Unreadable."""
    rows = [m.Stands.parse(node) for node in answer.data()]
    if len(rows) > 1:
        raise Unreadable(f"{len(rows)} payments in the answer, one was asked about")
    if not rows:
        return None
    row = rows[0]
    for told in (row.batch, row.reference):
        if told and reference and told != reference:
            raise Unreadable(f"answer about {told[:30]!r}, another payment was asked about")
    flags = f"{row.now}/{row.transfer}"
    return Outcome(
        row.reference or reference, codes.of_flags(flags, final), code=flags, text=answer.words
    )


def receipts(answer: Answer, account: str) -> list[ReceiptFound]:
    """The receipts of a page; day and amount stand in elements nobody describes."""
    rows = [m.ReceiptRow.parse(node) for node in answer.data()]
    return [
        ReceiptFound(row.number, account, None, bank_serial=row.flow) for row in rows if row.number
    ]


def file_name(answer: Answer, field: str) -> str:
    """The name of a receipt's file. Raises Unreadable."""
    names = {child_text(node, field) for node in answer.data()} - {""}
    if len(names) != 1:
        raise Unreadable(f"the answer names no file in {field}")
    return names.pop()
