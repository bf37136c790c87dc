"""Event and template → balanced lines, and a voucher's red counterpart. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from kernel import seal
from kernel.errors import InvalidInput, require

DEBIT, CREDIT = "debit", "credit"
ZERO = Decimal("0.00")
VOUCHER_TYPES = ("记", "收", "付", "转")
SUBJECT = re.compile(r"\d{4}(\.?\d{1,4}){0,5}\Z")
_HOLE = re.compile(r"\{([a-z_]+)(?:\|([^{}|]*))?\}")
_DESCRIPTION_MAX = 200


@dataclass(frozen=True, kw_only=True)
class EventKind:
    """What may be booked: its figures (amounts) and words (texts), by the names templates use.

    `is_bank` says whether the event moves money of an own account: then one line of the template stands for it.
    """

    title: str
    figures: Mapping[str, str]
    words: Mapping[str, str]
    is_bank: bool = True


_ACCOUNT_WORDS = {
    "account_subject": "银行账户的科目",
    "account_number": "银行账号",
    "counterparty_name": "对方户名",
    "counterparty_account": "对方账号",
    "counterparty_code": "往来单位编码",
    "bank_serial": "银行流水号",
    "settlement_method": "结算方式",
    "narrative": "银行摘要",
}
_ORDER_WORDS = {
    "order_no": "付款单号",
    "erp_doc_no": "ERP 单号",
    "order_subject": "付款单上的科目",
    "cash_flow_item": "现金流量项目",
    "purpose": "用途",
    "bank_ref": "我方参考号",
}
_RECEIPT_WORDS = _ACCOUNT_WORDS | {
    "customer_subject": "往来科目",
    "suspense_subject": "挂账科目",
    "invoice_no": "发票号",
    "contract_no": "合同号",
    "cash_flow_item": "现金流量项目",
    "notice_no": "到款通知单号",
}
AMOUNT = {"amount": "金额"}
_WITH_FEE = AMOUNT | {"fee": "手续费"}

# Every event a template may be made for (DOMAIN §7.1). The red voucher of a return needs none: it mirrors the first.
EVENTS: dict[str, EventKind] = {
    "payment": EventKind(title="付款成功", figures=AMOUNT, words=_ACCOUNT_WORDS | _ORDER_WORDS),
    "fee": EventKind(title="银行手续费", figures=AMOUNT, words=_ACCOUNT_WORDS),
    "interest": EventKind(title="存款利息", figures=AMOUNT, words=_ACCOUNT_WORDS),
    "receipt": EventKind(
        title="收款", figures=_WITH_FEE | {"prepaid": "预收金额"}, words=_RECEIPT_WORDS
    ),
    "suspense_cleared": EventKind(
        title="挂账收款认领", figures=_WITH_FEE, words=_RECEIPT_WORDS, is_bank=False
    ),
    "transfer_out": EventKind(
        title="内部调拨（转出方）", figures=AMOUNT, words=_ACCOUNT_WORDS | _ORDER_WORDS
    ),
    "transfer_in": EventKind(
        title="内部调拨（转入方）", figures=AMOUNT, words=_ACCOUNT_WORDS | _ORDER_WORDS
    ),
    "bank_entry": EventKind(title="其他银行收付", figures=AMOUNT, words=_ACCOUNT_WORDS),
}


@dataclass(frozen=True, kw_only=True)
class TemplateLine:
    """One line of a template. Texts may hold `{word}` or `{word|otherwise}`; `figure` is a sum like `amount+fee`."""

    side: str
    subject: str
    figure: str = "amount"
    description: str = ""
    is_bank: bool = False  # this line is the own account's: it becomes the journal entry
    supplier: str = ""
    customer: str = ""
    person: str = ""
    department: str = ""
    project: str = ""
    cash_flow_item: str = ""


_TEXTS = (
    "subject", "description", "supplier", "customer", "person", "department", "project", "cash_flow_item",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Template:
    """What books an event: type of the voucher, description and lines. No lines: the event is not booked."""

    event: str
    voucher_type: str
    description: str
    lines: tuple[TemplateLine, ...]

    def plain(self) -> dict[str, object]:
        """As JSON values, without empty texts."""
        return {
            "description": self.description,
            "lines": [
                {name: value for name, value in asdict(line).items() if value}
                for line in self.lines
            ],
        }


def template_of(event: str, voucher_type: str, plain: Mapping[str, object]) -> Template:
    """The template stored as `plain`; raises InvalidInput where it is not one."""
    known = {one.name for one in fields(TemplateLine)}
    given = plain.get("lines")
    if not isinstance(given, list) or any(
        not isinstance(line, dict) or not set(line) <= known or not {"side", "subject"} <= set(line)
        for line in given
    ):
        raise InvalidInput("模板内容无法识别", "not a template", field="lines")
    return Template(
        event=event,
        voucher_type=voucher_type,
        description=str(plain.get("description", "")),
        lines=tuple(TemplateLine(**line) for line in given),
    )


def figure_parts(figure: str) -> Counter[str]:
    """The names a figure adds up: `amount+fee` → {amount: 1, fee: 1}."""
    return Counter(part.strip() for part in figure.split("+"))


def _fault(row: int, name: str, message: str, english: str) -> InvalidInput:
    return InvalidInput(f"第 {row} 行：{message}", f"line {row}: {english}", field=name, row=row)


def check_template(template: Template) -> None:
    """Raise InvalidInput (row and field named) unless the template balances whatever its figures are."""
    kind = EVENTS.get(template.event)
    if kind is None:
        raise InvalidInput("没有这种业务事件", "no such event", field="event")
    if template.voucher_type not in VOUCHER_TYPES:
        raise InvalidInput(
            f"凭证字应为 {'、'.join(VOUCHER_TYPES)} 之一",
            "unknown voucher type",
            field="voucher_type",
        )
    if not template.lines:
        return
    _check_words(0, "description", template.description, kind)
    sides: dict[str, Counter[str]] = {DEBIT: Counter(), CREDIT: Counter()}
    for row, line in enumerate(template.lines, start=1):
        _check_line(row, line, kind)
        sides[line.side] += figure_parts(line.figure)
    if not sides[DEBIT] or sides[DEBIT] != sides[CREDIT]:
        raise InvalidInput(
            "借方与贷方的金额项不相等，凭证不能平衡", "the sides do not balance", field="lines"
        )
    banks = sum(line.is_bank for line in template.lines)
    if banks != kind.is_bank:
        raise InvalidInput(
            "须恰有一行为银行账户行", "exactly one line is the bank account's", field="lines"
        )


def _check_line(row: int, line: TemplateLine, kind: EventKind) -> None:
    if line.side not in (DEBIT, CREDIT):
        raise _fault(row, "side", "方向应为借或贷", "debit or credit")
    unknown = set(figure_parts(line.figure)) - set(kind.figures)
    if unknown:
        raise _fault(row, "figure", f"没有金额项 {'、'.join(sorted(unknown))}", "unknown figure")
    if not _HOLE.search(line.subject) and not SUBJECT.match(line.subject):
        raise _fault(row, "subject", f"科目「{line.subject}」不是科目编码", "not a subject code")
    for name in _TEXTS:
        _check_words(row, name, getattr(line, name), kind)


def _check_words(row: int, name: str, text: str, kind: EventKind) -> None:
    unknown = {hole for hole, _ in _HOLE.findall(text)} - set(kind.words)
    if unknown or "{" in _HOLE.sub("", text) or "}" in _HOLE.sub("", text):
        words = "、".join(sorted(unknown)) or text
        raise _fault(row, name, f"没有可填内容「{words}」", f"unknown word {words}")


@dataclass(frozen=True, kw_only=True)
class BookFact:
    """One business fact to book. `posting_key` names it for ever within its company; `day` is the day it happened."""

    event: str
    posting_key: str
    company_id: int
    day: date
    figures: Mapping[str, Decimal]
    words: Mapping[str, str]
    account_id: int | None = None
    account_subject: str = ""
    currency: str = "CNY"
    source_kind: str = ""
    source_id: str = ""
    evidence: tuple[tuple[str, str], ...] = ()

    def digest(self) -> str:
        """SHA-256 over everything the fact says."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return seal.digest(seal.canonical(told))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry line of a voucher: exactly one of debit and credit is not zero."""

    subject: str
    description: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    account_id: int | None = None
    settlement_method: str = ""
    bill_no: str = ""
    bill_date: date | None = None
    reference: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    supplier: str = ""
    customer: str = ""
    person: str = ""
    department: str = ""
    project: str = ""
    cash_flow_item: str = ""


@dataclass(frozen=True)
class Entry:
    """What a voucher will say: its type, description and balanced lines."""

    voucher_type: str
    description: str
    lines: tuple[Line, ...] = field(default_factory=tuple)

    @property
    def amount(self) -> Decimal:
        """The sum of either side."""
        return sum((line.debit for line in self.lines), ZERO)


def fill(text: str, words: Mapping[str, str]) -> str:
    """`text` with its holes filled; an empty word gives what stands behind `|`, else nothing."""
    return _HOLE.sub(lambda hole: words.get(hole[1], "") or hole[2] or "", text).strip()


def make_entry(template: Template, fact: BookFact) -> Entry:
    """The lines the template makes of the fact; lines whose figure is zero are left out.

    Raises InvalidInput where a subject stays empty or nothing is left to book.
    """
    words = {**fact.words, "account_subject": fact.account_subject}
    description = fill(template.description, words)[:_DESCRIPTION_MAX]
    lines = tuple(
        line
        for row, one in enumerate(template.lines, start=1)
        if (line := _make_line(row, one, fact, words, description)) is not None
    )
    if not lines:
        raise InvalidInput("金额为零，没有可记的分录", "nothing to book", field="amount")
    check_balance(lines)
    return Entry(template.voucher_type, description, lines)


def _make_line(
    row: int, one: TemplateLine, fact: BookFact, words: Mapping[str, str], description: str
) -> Line | None:
    amount = sum(
        (fact.figures.get(name, ZERO) * times for name, times in figure_parts(one.figure).items()),
        ZERO,
    )
    if not amount:
        return None
    subject = fill(one.subject, words)
    if not SUBJECT.match(subject):
        raise _fault(row, "subject", f"科目「{subject}」不是科目编码", "not a subject code")
    given: dict[str, Any] = {one.side: amount}
    if one.is_bank:
        given |= {
            "account_id": fact.account_id,
            "settlement_method": words.get("settlement_method", "")[:20],
            "bill_no": words.get("bank_serial", "")[:60],
            "bill_date": fact.day,
            "reference": words.get("bank_ref", "")[:40],
            "counterparty_name": words.get("counterparty_name", "")[:200],
            "counterparty_account": words.get("counterparty_account", "")[:40],
        }
    return Line(
        subject=subject,
        description=(fill(one.description, words) or description)[:_DESCRIPTION_MAX],
        supplier=fill(one.supplier, words)[:30],
        customer=fill(one.customer, words)[:30],
        person=fill(one.person, words)[:30],
        department=fill(one.department, words)[:30],
        project=fill(one.project, words)[:30],
        cash_flow_item=fill(one.cash_flow_item, words)[:60],
        **given,
    )


def check_balance(lines: Sequence[Line]) -> None:
    """Raise InvalidInput unless every line has one side and both sides are equal."""
    for row, line in enumerate(lines, start=1):
        if bool(line.debit) == bool(line.credit):
            raise _fault(
                row, "debit", "借方与贷方须恰有一方有金额", "exactly one side has an amount"
            )
    debit = sum((line.debit for line in lines), ZERO)
    credit = sum((line.credit for line in lines), ZERO)
    if debit != credit:
        raise InvalidInput(
            f"借方合计 {debit:,} 与贷方合计 {credit:,} 不相等",
            f"debit {debit} is not credit {credit}",
            code="unbalanced",
            field="lines",
        )
    if len(lines) < 2:
        raise InvalidInput("凭证至少有两行分录", "two lines at least", field="lines")


def red(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The red counterpart: the same sides and subjects with negative amounts."""
    return tuple(replace(line, debit=-line.debit, credit=-line.credit) for line in lines)


@dataclass(frozen=True)
class Rated:
    """A template in force as the choice among several sees it."""

    id: int
    company_id: int | None
    subject: str
    number: int
    valid_from: date
    template: Template


def choose(
    templates: Sequence[Rated], *, event: str, company_id: int, subject: str, day: date
) -> Rated | None:
    """The template that holds: the company's own before the group's, the longest subject prefix, its latest version.

    A newer version takes an older one's place from its `valid_from`; None where no template speaks of the event.
    """
    fitting = [
        one
        for one in templates
        if one.template.event == event
        and one.company_id in (None, company_id)
        and subject.startswith(one.subject)
        and one.valid_from <= day
    ]
    if not fitting:
        return None
    return max(
        fitting,
        key=lambda one: (one.company_id is not None, len(one.subject), one.valid_from, one.number),
    )


def period_of(day: date) -> str:
    """The month a day belongs to: "2026-11"."""
    return f"{day:%Y-%m}"


def month_ends(code: str) -> tuple[date, date]:
    """First and last day of the month `code`; raises InvalidInput for anything else."""
    try:
        first = date.fromisoformat(f"{code}-01")
    except ValueError:
        raise InvalidInput(
            f"会计期间「{code}」应为 2026-11 的形式", "a period is YYYY-MM", field="period"
        ) from None
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    require(following > first, "a month has an end")
    return first, date.fromordinal(following.toordinal() - 1)
