"""Our values → Bank of China messages, with the field limits enforced.  Source: BOCB2E sheet, sections 3 and 4."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict

from lxml import etree

from bankadapters.banks.boc import messages as m
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.errors import Unencodable
from bankadapters.limits import require_within
from bankadapters.messages import Record
from kernel import clock

FIELD_LIMITS: Mapping[str, tuple[int, str]] = {
    "reference": (32, "chars"),
    "payer_account": (35, "chars"),
    "payer_name": (70, "chars"),
    "payee_account": (35, "chars"),
    "payee_name": (70, "chars"),
    "payee_bank": (70, "chars"),
    "purpose": (200, "boc"),
}
FORBIDDEN: Mapping[str, str] = {"purpose": "|"}
ITEMS_MAX = 1000
_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_NUMBERS = itertools.count()
_ASCII = re.compile(r"[!-~]+")
_AMOUNT_MAX = Decimal(10) ** 13


class _Common(TypedDict):
    insid: str
    fractn: m.Payer
    trnamt: Decimal
    trncur: str
    priolv: str
    furinfo: str
    trfdate: date


class _Payee(TypedDict):
    toibkn: str
    actacn: str
    toname: str
    tobknm: str


def message_number() -> str:
    """A fresh trnid of 12 digits: time of day in milliseconds and a counter, so that an answer can be told apart."""
    moment = clock.now()
    millis = (
        moment.hour * 3600 + moment.minute * 60 + moment.second
    ) * 1000 + moment.microsecond // 1000
    return f"{millis:08d}{next(_NUMBERS) % 10000:04d}"


def terminal(parameters: Mapping[str, str]) -> str:
    """The termid: as configured, or made from the front-end's IPv4 address (E + octets of three digits)."""
    if configured := parameters.get("termid", ""):
        return configured
    octets = parameters.get("front_end_ip", "").split(".")
    if len(octets) != 4 or not all(o.isascii() and o.isdigit() and int(o) <= 255 for o in octets):
        raise Unencodable(
            "connection has neither termid nor a front_end_ip of four octets", field="termid"
        )
    return "E" + "".join(f"{int(octet):03d}" for octet in octets)


def envelope(
    operation: str,
    body: Sequence[Record],
    *,
    parameters: Mapping[str, str],
    token: str,
    wrapper: Sequence[str] = (),
) -> tuple[bytes, str]:
    """The whole message in UTF-8 and its trnid. `wrapper`: names of empty fields before the items."""
    for name in ("custid", "cusopr"):
        if not parameters.get(name):
            raise Unencodable(f"connection has no {name}", field=name)
    trnid = parameters.get("trnid", "") or message_number()
    root = etree.Element(
        "bocb2e",
        {
            "version": parameters.get("version", "") or "120",
            "security": "true",
            "locale": parameters.get("locale", "") or "zh_CN",
        },
    )
    head = m.Head(
        termid=terminal(parameters),
        trnid=trnid,
        custid=parameters["custid"],
        cusopr=parameters["cusopr"],
        trncod=operation,
        token=token,
    )
    root.append(head.render())
    trn = etree.SubElement(etree.SubElement(root, "trans"), f"trn-{operation}-rq")
    for name in wrapper:
        etree.SubElement(trn, name)
    for record in body:
        trn.append(record.render())
    return _PROLOG + etree.tostring(root, encoding="UTF-8", xml_declaration=False), trnid


def client_time() -> str:
    """custdt: 14 digits, as every sample sends it."""
    return f"{clock.now():%Y%m%d%H%M%S}"


def payment_operation(instructions: Sequence[Instruction]) -> str:
    """b2e0009 for companies, b2e0061 for persons; a batch is of one kind. Raises Unencodable."""
    if not 1 <= len(instructions) <= ITEMS_MAX:
        raise Unencodable(
            f"a message carries 1 to {ITEMS_MAX} payments, not {len(instructions)}", field="items"
        )
    references = [i.reference for i in instructions]
    if len(set(references)) != len(references):
        raise Unencodable("a reference appears twice in the batch", field="reference")
    kinds = {i.personal for i in instructions}
    if len(kinds) > 1:
        raise Unencodable(
            "company and personal payees do not go into one message", field="personal"
        )
    return "b2e0061" if kinds.pop() else "b2e0009"


def payment(instruction: Instruction, *, parameters: Mapping[str, str]) -> Record:
    """One payment as an item of b2e0009 or b2e0061. Raises Unencodable, naming field and limit."""
    _check(instruction)
    priority = "1" if instruction.urgent else "0"
    payer = m.Payer(
        fribkn=instruction.payer_branch or parameters.get("ibknum", ""),
        actacn=instruction.payer_account,
        actnam=instruction.payer_name,
    )
    common: _Common = {
        "insid": instruction.reference,
        "fractn": payer,
        "trnamt": instruction.money.amount,
        "trncur": _currency(parameters),
        "priolv": priority,
        "furinfo": instruction.purpose,
        "trfdate": instruction.day,
    }
    payee: _Payee = {
        "toibkn": instruction.cnaps,
        "actacn": instruction.payee_account,
        "toname": instruction.payee_name,
        "tobknm": instruction.payee_bank,
    }
    if instruction.personal:
        return m.PersonPayment(
            **common,
            toactn=m.PersonPayee(**payee),
            cuspriolv=priority,
            bocflag="1" if pays_into_boc(instruction) else "0",
        )
    return m.CompanyPayment(**common, toactn=m.CompanyPayee(**payee))


def payroll(batch: Batch, *, parameters: Mapping[str, str]) -> Record:
    """A whole payroll as one b2e0078 item under the batch's number. Raises Unencodable."""
    lines = list(batch.instructions)
    if not lines or len(lines) > ITEMS_MAX:
        raise Unencodable(
            f"a payroll carries 1 to {ITEMS_MAX} persons, not {len(lines)}", field="items"
        )
    for line in lines:
        _check(line)
    if len({(line.payer_account, line.day, pays_into_boc(line)) for line in lines}) > 1:
        raise Unencodable(
            "a payroll has one payer account, one day and one kind of card", field="items"
        )
    first = lines[0]
    at_boc = pays_into_boc(first)
    if not at_boc and not all(line.cnaps for line in lines):
        raise Unencodable("payroll to other banks needs each payee's CNAPS code", field="cnaps")
    require_within(batch.batch_no, name="reference", limits=FIELD_LIMITS, forbidden={})
    currency = _currency(parameters)
    return m.Payroll(
        insid=_ascii(batch.batch_no, "batch_no"),
        fractn=m.Payer(
            fribkn=first.payer_branch or parameters.get("ibknum", ""),
            actacn=first.payer_account,
            actnam=first.payer_name,
        ),
        pybcur=currency,
        pybamt=sum((line.money.amount for line in lines), Decimal(0)),
        pybnum=str(len(lines)),
        crdtyp="7" if at_boc else "6",
        furinfo=parameters.get("payroll_summary_code", ""),
        useinf=first.purpose,
        trfdate=first.day,
        details=[
            m.PayrollLine(
                toibkn=parameters.get("payroll_province", "") if at_boc else line.cnaps,
                tobank=line.payee_bank,
                toactn=line.payee_account,
                pydcur=currency,
                pydamt=line.money.amount,
                toname=line.payee_name,
                purpose=line.purpose,
            )
            for line in lines
        ],
    )


def status_query(inquiry: Inquiry) -> Record:
    """One payment to ask about; at least one of the two numbers is filled."""
    if not inquiry.reference and not inquiry.bank_serial:
        raise Unencodable("an inquiry names a reference or a bank serial", field="reference")
    return m.StatusQuery(insid=inquiry.reference, obssid=inquiry.bank_serial)


def balance_query(account: AccountRef, *, parameters: Mapping[str, str]) -> Record:
    """Present balance of one account."""
    return m.BalanceQuery(account=_account(account, parameters))


def history_balance_query(
    account: AccountRef, first: date, last: date, *, parameters: Mapping[str, str]
) -> Record:
    """Day balances of one account."""
    if first > last:
        raise Unencodable("the first day is after the last", field="from")
    return m.HistoryBalanceQuery(
        account=_account(account, parameters), span=m.Span(first=first, last=last)
    )


def detail_query(
    account: AccountRef,
    *,
    kind: str,
    first: date,
    last: date,
    begin: int,
    parameters: Mapping[str, str],
) -> Record:
    """One page of transactions, always asking for the largest page: a blank recnum would mean one row."""
    return m.DetailQuery(
        ibknum=account.branch or parameters.get("ibknum", ""),
        actacn=_number(account),
        type=kind,
        span=m.Span(first=first, last=last),
        begnum=str(begin),
        recnum="50",
        direction="0",
    )


def pays_into_boc(instruction: Instruction) -> bool:
    """Whether the payee's bank is the Bank of China: by code (104…, or a 5-digit provincial code), else by name."""
    if instruction.cnaps:
        return instruction.cnaps.startswith("104") or len(instruction.cnaps) == 5
    return instruction.payee_bank.startswith("中国银行")


def _account(account: AccountRef, parameters: Mapping[str, str]) -> m.Account:
    return m.Account(ibknum=account.branch or parameters.get("ibknum", ""), actacn=_number(account))


def _number(account: AccountRef) -> str:
    if not 1 <= len(account.number) <= 35 or not _ASCII.fullmatch(account.number):
        raise Unencodable("account number is not 1 to 35 plain characters", field="account")
    return account.number


def _currency(parameters: Mapping[str, str]) -> str:
    return "001" if parameters.get("version") == "100" else "CNY"


def _ascii(value: str, name: str) -> str:
    if not _ASCII.fullmatch(value):
        raise Unencodable(
            f"{name} must be letters and digits without Chinese or blanks", field=name
        )
    return value


def _check(instruction: Instruction) -> None:
    for name in FIELD_LIMITS:
        require_within(
            getattr(instruction, name), name=name, limits=FIELD_LIMITS, forbidden=FORBIDDEN
        )
    for name in ("reference", "payer_account", "payee_account"):
        _ascii(getattr(instruction, name), name)
    if not instruction.payee_name:
        raise Unencodable("payee_name is empty", field="payee_name")
    if instruction.cnaps and not re.fullmatch(r"[0-9]{5}|[0-9]{12}", instruction.cnaps):
        raise Unencodable(
            "cnaps must have 12 digits (or 5: a provincial code of the bank)", field="cnaps"
        )
    if not instruction.cnaps and not instruction.payee_bank:
        raise Unencodable("payee_bank must be filled when cnaps is empty", field="payee_bank")
    if (
        not instruction.cnaps
        and len(instruction.payee_account) == 18
        and pays_into_boc(instruction)
    ):
        raise Unencodable("an 18-digit account at the Bank of China needs cnaps", field="cnaps")
    if instruction.money.currency != "CNY":
        raise Unencodable("currency must be CNY", field="currency")
    if not 0 < instruction.money.amount < _AMOUNT_MAX:
        raise Unencodable(
            "amount must be above zero with at most 13 integer digits", field="amount"
        )
