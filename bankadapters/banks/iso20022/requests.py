"""pain.001: a batch of payments as one CustomerCreditTransferInitiation.

Source: ISO 20022 pain.001.001.03 and pain.001.001.09, and the common global implementation's use of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast

from lxml import etree
from stdnum import iban

from bankadapters.banks.iso20022 import codes
from bankadapters.banks.iso20022.profile import CHARSET, FIELD_LIMITS
from bankadapters.contract import Batch, Instruction
from bankadapters.errors import Unencodable
from bankadapters.limits import DIGITS, require_filled, require_plain, require_within
from bankadapters.xml import render_xml
from kernel import clock

Settings = Callable[[str], str]
_TEXTS = ("payer_name", "payee_name", "payee_bank", "purpose", "payer_account", "payee_account")


def pain_001(batch: Batch, *, setting: Settings, currencies: frozenset[str]) -> bytes:
    """The document of a batch; every item has the same payer account, day and urgency. Raises Unencodable."""
    items, version = batch.instructions, setting("version")
    require_within(
        require_plain(batch.batch_no, name="batch_no"),
        name="batch_no", limits=FIELD_LIMITS, forbidden={},
    )  # fmt: skip
    for item in items:
        _require_payable(item, currencies)
    space = codes.PAIN_001.format(version)
    spaces: dict[str | None, str] = {None: space}
    document = etree.Element(f"{{{space}}}Document", nsmap=cast(dict[str, str], spaces))
    root = etree.SubElement(document, f"{{{space}}}CstmrCdtTrfInitn")
    node = _Node(root, space)
    head = node.add("GrpHdr")
    head.put("MsgId", batch.batch_no)
    head.put("CreDtTm", f"{clock.now():%Y-%m-%dT%H:%M:%S}")
    _count(head, items)
    party = head.add("InitgPty")
    party.put("Nm", setting("initiator") or items[0].payer_name)
    if setting("initiator_id"):
        party.add("Id").add("OrgId").add("Othr").put("Id", setting("initiator_id"))
    _payments(node.add("PmtInf"), batch, setting=setting, version=version)
    return render_xml(document, charset=CHARSET, declared="UTF-8")


class _Node:
    """An element whose children have its namespace."""

    def __init__(self, element: etree._Element, space: str) -> None:
        self.element, self.space = element, space

    def add(self, tag: str) -> _Node:
        """A child element."""
        return _Node(etree.SubElement(self.element, f"{{{self.space}}}{tag}"), self.space)

    def put(self, tag: str, text: str, **attributes: str) -> None:
        """A child element with a text."""
        made = self.add(tag).element
        try:
            made.text = text
        except ValueError as error:
            raise Unencodable(f"{tag} holds a character that XML cannot carry: {error}") from error
        for name, value in attributes.items():
            made.set(name, value)


def _require_payable(item: Instruction, currencies: frozenset[str]) -> None:
    for name in _TEXTS:
        require_within(
            getattr(item, name), name=name, limits=FIELD_LIMITS, forbidden={}, charset=CHARSET
        )
    require_within(
        require_plain(item.reference, name="reference"),
        name="reference", limits=FIELD_LIMITS, forbidden={},
    )  # fmt: skip
    for name in ("payer_account", "payee_account"):
        require_plain(getattr(item, name), name=name, also="-")
    for name in ("payer_name", "payee_name"):
        require_filled(getattr(item, name), name=name)
    if item.money.currency not in currencies:
        raise Unencodable(
            f"currency must be one of {', '.join(sorted(currencies))}", field="currency"
        )
    if not 0 < item.money.amount < Decimal(10) ** DIGITS:
        raise Unencodable(
            f"amount must be above zero with at most {DIGITS} integer digits", field="amount"
        )


def _count(node: _Node, items: Sequence[Instruction]) -> None:
    node.put("NbOfTxs", str(len(items)))
    node.put("CtrlSum", f"{sum((one.money.amount for one in items), Decimal(0)):f}")


def _payments(node: _Node, batch: Batch, *, setting: Settings, version: str) -> None:
    items = batch.instructions
    first = items[0]
    node.put("PmtInfId", batch.batch_no)
    node.put("PmtMtd", "TRF")
    node.put("BtchBookg", "false")  # each payment its own debit: only so does one name its payment
    _count(node, items)
    node.add("PmtTpInf").put("InstrPrty", "HIGH" if first.urgent else "NORM")
    if version == "03":
        node.put("ReqdExctnDt", first.day.isoformat())
    else:
        node.add("ReqdExctnDt").put("Dt", first.day.isoformat())
    node.add("Dbtr").put("Nm", first.payer_name)
    account = node.add("DbtrAcct")
    _account(account, first.payer_account)
    account.put("Ccy", first.money.currency)
    bank = node.add("DbtrAgt").add("FinInstnId")
    if setting("bic"):
        bank.put("BIC" if version == "03" else "BICFI", setting("bic"))
    else:
        bank.add("Othr").put("Id", "NOTPROVIDED")
    for item in items:
        _payment(node.add("CdtTrfTxInf"), item)


def _payment(node: _Node, item: Instruction) -> None:
    numbers = node.add("PmtId")
    numbers.put("InstrId", item.reference)
    numbers.put("EndToEndId", item.reference)
    money = item.money
    node.add("Amt").put("InstdAmt", f"{money.amount:f}", Ccy=money.currency)
    if item.cnaps or item.payee_bank:
        bank = node.add("CdtrAgt").add("FinInstnId")
        if item.cnaps:
            member = bank.add("ClrSysMmbId")
            member.add("ClrSysId").put("Cd", codes.CNAPS)
            member.put("MmbId", item.cnaps)
        if item.payee_bank:
            bank.put("Nm", item.payee_bank)
    node.add("Cdtr").put("Nm", item.payee_name)
    _account(node.add("CdtrAcct"), item.payee_account)
    if item.purpose:
        node.add("RmtInf").put("Ustrd", item.purpose)


def _account(node: _Node, number: str) -> None:
    ident = node.add("Id")
    if iban.is_valid(number) and number.isalnum():
        ident.put("IBAN", number)
    else:
        ident.add("Othr").put("Id", number)
