"""Industrial Bank's words on payments → outcomes. Nothing here guesses a fate: what is unclear stays UNKNOWN.

Source: CIB sheet, sections 4d, 4e, 7 and the notes from real messages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lxml import etree

from bankadapters.banks.cib import codes
from bankadapters.banks.cib import messages as m
from bankadapters.banks.cib.answers import Answer
from bankadapters.contract import Fate, Outcome
from bankadapters.errors import Unreadable
from bankadapters.matching import echoed

_FINAL_FAILURES = ("FAIL", "CANCEL", "EXPIRED")


@dataclass(frozen=True)
class Stand:
    """How one transfer stands, and whether its payee banks here, where the answer tells."""

    outcome: Outcome
    is_inside: bool


def _stand(row: m.TransferAnswer, function: str, level: str, reference: str) -> Stand:
    info = row.info
    code = row.standing.code if row.standing is not None else ""
    serial = row.serial or row.also_serial or (info.serial if info is not None else "")
    payer = info.payer.account if info is not None and info.payer is not None else ""
    outcome = Outcome(
        reference=reference,
        fate=codes.TABLE.fate(function, level, code),
        bank_serial=serial,
        code=code,
        text=row.standing.words if row.standing is not None else "",
        money=echoed(info.amount) if info is not None else None,
        payer_account=payer,
    )
    payee = info.payee if info is not None else None
    return Stand(outcome, payee is not None and payee.interbank == codes.IN_BANK)


def taken(answer: Answer, reference: str) -> Stand:
    """What the answer to a transfer says: taken, waiting for somebody, or definitely failed; never paid."""
    row = answer.record(m.TransferAnswer, "XFERRS", "XPMTRS")
    return _stand(row, answer.function, "submit", reference or answer.number)


def standing(answer: Answer, function: str, reference: str) -> Stand:
    """A status query: one record, whatever MORE says."""
    node = answer.body("XFERINQRS")
    records = [] if node is None else list(node.iter("XFER"))
    if len(records) != 1:
        raise Unreadable(f"{len(records)} records of one payment")
    return _stand(m.TransferAnswer.parse(records[0]), function, "query", reference)


def core(answer: Answer, reference: str, *, is_inside: bool, was_paid: bool) -> list[Outcome]:
    """The core's record of a transfer; nothing where it decides nothing."""
    row = answer.record(m.CoreAnswer, "TXNSTATERS")
    info = row.info
    payee = info.payee if info is not None else None
    if payee is not None and payee.interbank:
        is_inside = payee.interbank == codes.IN_BANK
    fate = codes.core_fate(
        is_inside=is_inside,
        result=row.result,
        state=row.state,
        claim=row.claim,
        was_paid=was_paid,
    )
    if fate is Fate.UNKNOWN:
        return []
    code = "/".join(part for part in (row.result, row.state, row.claim) if part)
    return [
        Outcome(
            reference=reference,
            fate=fate,
            bank_serial=info.serial if info is not None else "",
            code=code,
            money=echoed(info.amount) if info is not None else None,
            payer_account=info.payer.account if info is not None and info.payer is not None else "",
        )
    ]


# -- batches ------------------------------------------------------------------------------------------------------


def _fate(function: str, level: str, item: str, whole: str) -> Fate:
    """An item's own word; without one what the batch says, as long as that is not that it was paid."""
    if item:
        return codes.TABLE.fate(function, level, item)
    if whole in ("PAYOUT", "PART_PAYOUT"):
        return Fate.UNKNOWN
    return codes.TABLE.fate(function, level, whole)


def batch(answer: Answer, level: str, asked: Collection[str]) -> list[Outcome]:
    """The items of a batch by the number in their remark; without items all that were asked about, as the batch says."""
    node = answer.body("RSBODY")
    if node is None:
        raise Unreadable(f"{answer.function} without RSBODY")
    found = list(node.iterchildren("XFERPRCSTS"))
    if len(found) > 1:
        raise Unreadable("a batch with several states")
    whole = m.Standing.parse(found[0]) if found else m.Standing()
    payers = [m.Own.parse(child).account for child in node.iterchildren("ACCTFROM")]
    payer = payers[0] if len(payers) == 1 else ""
    items = _items(node)
    if not items:
        fate = _fate(answer.function, level, "", whole.code)
        return [
            Outcome(one, fate, "", whole.code, whole.words, payer_account=payer)
            for one in asked or [answer.number]
        ]
    return [
        Outcome(
            item.remark,
            _fate(answer.function, level, item.status or "", whole.code),
            "",
            item.status or whole.code,
            item.words or "",
            echoed(item.amount),
            payer,
        )
        for item in items
    ]


def _items(node: etree._Element) -> Sequence[m.AsyncAnswerLine | m.BatchItem]:
    texts = list(node.iterchildren("XFERINFOTEXT"))
    if len(texts) > 1:
        raise Unreadable("a batch with several lists")
    if texts:
        lines = [line for line in (texts[0].text or "").splitlines() if line.strip()]
        return [
            m.AsyncAnswerLine.parse(line, where=f"XFERINFOTEXT, line {n}")
            for n, line in enumerate(lines, 1)
        ]
    return [m.BatchItem.parse(child) for child in node.iterchildren("XFERINFO")]


def complaints(answer: Answer) -> str:
    """The texts of a refused list, whose lines may be repeated, missing or numbered by nothing."""
    node = answer.body("RSBODY")
    texts = [] if node is None else list(node.iterchildren("XFERINFOTEXT"))
    words = []
    for line in (texts[0].text or "").splitlines() if len(texts) == 1 else ():
        values = [value.strip() for value in line.split("|")]
        words += [f"{values[0]}: {value}" for value in values[12:13] if value]
    return "; ".join(words)[:200]


# -- payrolls -----------------------------------------------------------------------------------------------------


def payroll(answer: Answer, level: str, reference: str) -> list[Outcome]:
    """A payroll as a whole, then each person by account: a whole whose persons differ is not decided."""
    told = answer.record(m.PayrollAnswer, "RPAYOFFRS")
    whole = told.standing or m.Standing()
    people = told.info.people.rows if told.info is not None and told.info.people is not None else []
    own = told.info.payer if told.info is not None else None
    payer = own.account if own is not None else ""
    fates = [codes.TABLE.fate(codes.PAYROLL, "person", person.status or "") for person in people]
    fate = _whole(level, whole.code, fates)
    found = [Outcome(reference, fate, told.serial, whole.code, whole.words, payer_account=payer)]
    for person, each in zip(people, fates, strict=True):
        if person.status and person.account:
            words = person.words or ""
            money = echoed(person.amount)
            found.append(Outcome(person.account, each, "", person.status, words, money))
    return found


def _whole(level: str, code: str, fates: Sequence[Fate]) -> Fate:
    told = codes.TABLE.fate(codes.PAYROLL, level, code)
    if code in _FINAL_FAILURES:
        return Fate.UNKNOWN if set(fates) - {Fate.FAILED, Fate.UNKNOWN} else told
    if told is not Fate.SUCCEEDED:
        return told
    return told if fates and set(fates) == {Fate.SUCCEEDED} else Fate.UNKNOWN
