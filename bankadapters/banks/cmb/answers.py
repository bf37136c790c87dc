"""China Merchants Bank answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: CMB sheet, sections 3, 4, 7 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from lxml import etree

from bankadapters.banks.cmb import codes
from bankadapters.banks.cmb import messages as m
from bankadapters.contract import (
    AccountFound,
    Balance,
    Direction,
    Fate,
    Outcome,
    ReceiptFound,
    StatementLine,
)
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.xml import parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money


@dataclass(frozen=True)
class Answer:
    """One answer: what became of the call, and the business blocks by name, whatever their order."""

    function: str
    code: str
    words: str
    correlation: str
    blocks: dict[str, list[etree._Element]] = field(default_factory=dict)

    def rows(self, *names: str) -> list[etree._Element]:
        """The blocks of these names, in the order of the names."""
        return [node for name in names for node in self.blocks.get(name, [])]


def read_answer(data: bytes) -> Answer:
    """The CMBSDKPGK document: decoded as GB18030 whatever it declares. Raises Unreadable."""
    root = parse_bank_xml(data, override="gb18030")
    if root.tag != "CMBSDKPGK":
        raise Unreadable(f"root {root.tag} instead of CMBSDKPGK, at line {root.sourceline}")
    node = the_one(root, "INFO")
    if node is None:
        raise Unreadable(f"no element INFO below {root.tag}, at line {root.sourceline}")
    info = m.Info.parse(node)
    if not info.code:
        raise Unreadable(f"INFO without RETCOD, at line {node.sourceline}")
    blocks: dict[str, list[etree._Element]] = {}
    for child in root:
        if child is not node:
            blocks.setdefault(str(child.tag), []).append(child)
    words = info.words or codes.MEANINGS.get(info.code, "")
    return Answer(info.function, info.code, words, info.correlation, blocks)


# -- payments -----------------------------------------------------------------------------------------------------


def fate(
    operation: str, status: str, result: str, error: str, *, final: frozenset[str] = frozenset()
) -> Fate:
    """What status, result and error code mean together (7.1, 7.2, 7.4).

    A repeated YURREF is answered like a failed payment and says nothing of the first one, so a submission that fails without
    a code of its own may be just that. A failure beside "accepted" is a contradiction.
    """
    if error == codes.DUPLICATE:
        return Fate.UNKNOWN
    if status != "FIN":
        is_bad_row = error not in ("", codes.OK_ROW)
        known = codes.FATES.fate(operation, "status", status)
        return Fate.UNKNOWN if is_bad_row else known
    said = codes.FATES.fate(operation, "result", result, final_failures=final)
    is_unexplained = error == codes.OK_ROW or (not error and operation in codes.NAMES_ERRORS)
    return Fate.UNKNOWN if said is Fate.FAILED and is_unexplained else said


def submitted(answer: Answer) -> list[Outcome]:
    """The bank's word on submitted payments: NTQPAYRQZ rows."""
    found = []
    for node in answer.rows("NTQPAYRQZ"):
        row = m.PayRow.parse(node)
        found.append(_paid(row, fate("DCPAYMNT", row.status, row.result, row.error)))
    return found


def statuses(answer: Answer) -> list[Outcome]:
    """The bank's word on payments asked about, in whichever of its status answers."""
    found = []
    for node in answer.rows("SDQPYRSTZ"):
        pay = m.PayRow.parse_like(node)
        found.append(_paid(pay, fate("GetBatchPayOprRes", pay.status, pay.result, pay.error)))
    for name, operation in (("NTSTLLSTZ", "NTQRYSTY"), ("NTQPAYQYZ", "NTSTLINF")):
        for node in answer.rows(name):
            row = m.StatusRow.parse_like(node)
            said = fate(operation, row.status, row.result, "")
            if said is Fate.SUCCEEDED and row.remittance in ("R", "C", "D"):
                said = Fate.UNKNOWN  # paid, and returned, cancelled or deleted: not both
            found.append(_told(row, said, _code(row.status, row.result)))
    for node in answer.rows("NTPAYQYBZ1"):
        back = m.ReturnRow.parse(node)
        said = codes.FATES.fate("NTPAYQYB", "item", back.remittance)
        found.append(_told(back, said, back.remittance))
    return found


def _code(status: str, result: str, error: str = "") -> str:
    if error and error != codes.OK_ROW:
        return error
    return f"{status}/{result}" if result else status


def _paid(row: m.PayRow, said: Fate) -> Outcome:
    return _told(row, said, _code(row.status, row.result, row.error))


def _told(row: m.PayRow | m.StatusRow | m.ReturnRow, said: Fate, code: str) -> Outcome:
    return Outcome(
        reference=row.reference,
        fate=said,
        bank_serial=row.serial,
        code=code,
        text=row.words,
        money=_money(row.amount, row.currency),
        payer_account=row.payer_account,
    )


def payroll_taken(answer: Answer, reference: str) -> list[Outcome]:
    """Acceptance of a payroll: it names the bank's number, not ours."""
    found = []
    for node in answer.rows("NTREQNBRY", "NTAGCAGCZ1"):
        row = m.AgentTaken.parse_like(node)
        status = row.status or row.reserved[:3].strip()
        said = codes.FATES.fate("AgentRequest", "status", status)
        found.append(Outcome(reference, said, row.serial, status))
    return found


def payrolls(answer: Answer) -> list[Outcome]:
    """Payrolls as a whole: one that paid some of its items only is not decided here, its items are."""
    found = []
    for node in answer.rows("NTAGCINQZ", "NTQATSQYZ"):
        row = m.AgentRow.parse_like(node)
        said = fate("NTAGCINY", row.status, row.result, row.error)
        words = row.words
        is_part = said is Fate.FAILED and bool(row.paid)
        if is_part or (said is Fate.SUCCEEDED and row.paid != row.items):
            said, words = Fate.UNKNOWN, f"{row.paid}/{row.items} 笔成功 {words}".strip()
        found.append(
            Outcome(
                row.reference, said, row.serial, _code(row.status, row.result, row.error), words,
                _money(row.total, row.currency), row.payer_account,
            )
        )  # fmt: skip
    return found


def payroll_items(answer: Answer) -> list[Outcome]:
    """The payees of a payroll, by our remark where the bank kept it, else by account."""
    found = []
    for name, operation in (("NTQATDQYZ", "GetAgentDetail"), ("NTAGCDTLY1", "NTAGDINF")):
        for node in answer.rows(name):
            row = m.AgentItemRow.parse_like(node)
            said = codes.FATES.fate(operation, "item", row.status)
            reference = row.remark or row.account
            code = _code(row.status, "", row.error)
            found.append(Outcome(reference, said, "", code, row.words, _money(row.amount, "")))
    return found


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(answer: Answer) -> tuple[list[Balance], str, str]:
    """The balances of the good rows, and code and words of the first bad one."""
    good, code, words = [], "", ""
    for node in answer.rows("NTQADINFZ", "NTQACINFZ"):
        row = m.BalanceRow.parse_like(node)
        if row.error not in ("", codes.OK_ROW):
            code, words = code or row.error, words or row.words
            continue
        if not row.account or row.book is None:
            raise Unreadable(f"{node.tag} without ACCNBR or ONLBLV, at line {node.sourceline}")
        currency = _currency(row.currency)
        good.append(
            Balance(
                row.account, currency, Money(row.book, currency).amount, _exact(row.available, currency),
                _exact(row.held, currency), clock.today(),
            )
        )  # fmt: skip
    return good, code, words


def day_balances(answer: Answer) -> list[Balance]:
    """One balance a day; the bank tells the available one only, and no currency."""
    found = []
    for node in answer.rows("NTQABINFZ"):
        row = m.HistoryRow.parse(node)
        if not row.account or row.booked_on is None or row.balance is None:
            raise Unreadable(
                f"{node.tag} without ACCNBR, TRSDAT or BALAMT, at line {node.sourceline}"
            )
        amount = _exact(row.balance, "CNY")
        found.append(Balance(row.account, "CNY", row.balance, amount, None, row.booked_on))
    return found


def accounts(answer: Answer) -> list[AccountFound]:
    """The accounts that may be asked about."""
    rows = [m.AccountRow.parse(node) for node in answer.rows("NTQACLSTZ")]
    return [AccountFound(r.account, _currency(r.currency), r.name, r.branch) for r in rows]


def entries(answer: Answer, account: str) -> tuple[list[StatementLine], str]:
    """The entries of a page, and the place where the day goes on."""
    lines = [_entry(m.EntryRow.parse(n), account, n) for n in answer.rows("NTQTSINFZ")]
    more = [m.Continuation.parse(node) for node in answer.rows("NTRBPTRSZ1")]
    if len(more) > 1:
        raise Unreadable("NTRBPTRSZ1 appears twice")
    if not more or more[0].goes_on != "Y":
        return lines, ""
    if more[0].place is None:
        raise Unreadable("NTRBPTRSZ1 goes on without a TRSSEQ")
    return lines, str(more[0].place + 1)


def _entry(row: m.EntryRow, account: str, node: etree._Element) -> StatementLine:
    where = f"at line {node.sourceline}"
    if row.booked_on is None or row.side not in codes.SIDE:
        raise Unreadable(f"NTQTSINFZ without ETYDAT or AMTCDR, {where}")
    direction = codes.SIDE[row.side]
    sided = row.debit if direction is Direction.DEBIT else row.credit
    other = row.credit if direction is Direction.DEBIT else row.debit
    if other:
        raise Unreadable(
            f"NTQTSINFZ: AMTCDR {row.side} contradicts the side that has an amount, {where}"
        )
    amount = sided if sided is not None else row.amount
    if amount is None or amount <= 0 or (row.amount is not None and row.amount != amount):
        raise Unreadable(f"NTQTSINFZ without one amount above zero, {where}")
    return StatementLine(
        account=account,
        bank_serial=row.serial,
        booked_at=moment(row.booked_on, row.booked_time, where="ETYTIM"),
        direction=direction,
        money=Money(amount, "CNY"),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=" ".join(part for part in (row.narrative, row.more_narrative) if part),
        purpose=row.purpose or row.remark,
        reference=row.reference,
    )


def receipts(answer: Answer, account: str) -> list[ReceiptFound]:
    """The receipts of the index, each with what its typed block tells."""
    typed = {
        block.number: (str(node.tag), block)
        for name in sorted(set(answer.blocks) - {"CSRRCFDFZ1"})
        for node in answer.rows(name)
        if (block := m.ReceiptBlock.parse_like(node)).number
    }
    found = []
    for node in answer.rows("CSRRCFDFZ1"):
        row = m.ReceiptIndex.parse(node)
        if not row.number:
            raise Unreadable(f"CSRRCFDFZ1 without ISTNBR, at line {node.sourceline}")
        name, block = typed.get(row.number, ("", m.ReceiptBlock()))
        amount = block.amount if block.amount is not None else block.fee
        own = account or block.own or block.account
        found.append(
            ReceiptFound(
                receipt_no=row.number,
                account=own,
                booked_at=_receipt_day(block),
                money=_money(amount, block.currency),
                direction=codes.RECEIPT_SIDE.get(name),
                bank_serial=block.serial,
                counterparty_account=block.payer if block.payee == own else block.payee,
                verify_code=row.check,
            )
        )
    return found


def _receipt_day(block: m.ReceiptBlock) -> date | None:
    return block.returned_on or block.issued_on or block.system_day


def _currency(code: str) -> str:
    return codes.CURRENCY.get(code, code or "CNY")


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return echoed(amount, _currency(currency))


def _exact(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else Money(amount, currency).amount
