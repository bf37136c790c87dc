"""Judging a payment list row by row: cells in, canonical rows with faults and warnings out. Pure: no queries, no clock.

A fault keeps its row out; a warning does not. Each names the column and says in Chinese what was expected.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from kernel.errors import InvalidInput
from kernel.money import currency_digits, parse_amount
from masterdata import checks
from payments import routing
from payments.import_cells import (
    AMOUNT,
    CASH_FLOW,
    CNAPS,
    COLUMNS,
    COMPANY,
    CURRENCY,
    DOC_NO,
    DOC_TYPE,
    FLOAT_EXACT,
    INVOICE,
    LINE_NO,
    OPTIONAL,
    PAYEE_BANK,
    PAYEE_CODE,
    PAYEE_NAME,
    PAYEE_NUMBER,
    PAYER,
    PURPOSE,
    REMARK,
    SUBJECT,
    URGENT,
    WISH_DATE,
    Cell,
    has_unprintable,
    measure,
    parse_day,
    text_of,
)
from payments.import_facts import AccountFact, BankLimits, Known, OrderKey, PayeeFact, Row

# What our own columns hold; a bank's limits, usually narrower, come with its profile.
_HOUSE_MAX = {
    DOC_TYPE: 30, DOC_NO: 40, LINE_NO: 10, PAYEE_CODE: 30, PAYEE_NAME: 120, PAYEE_BANK: 120, PURPOSE: 200,
    REMARK: 200, INVOICE: 60, SUBJECT: 15, CASH_FLOW: 60,
}  # fmt: skip
# column -> the names a bank profile may use for it
_BANK_FIELDS = {
    PURPOSE: ("purpose",),
    REMARK: ("remark",),
    PAYEE_NAME: ("payee_name",),
    PAYEE_NUMBER: ("payee_account", "payee_number"),
    PAYEE_BANK: ("payee_bank",),
}
_YES = frozenset({"是", "Y", "YES", "TRUE", "1", "紧急", "加急"})
_NO = frozenset({"", "否", "N", "NO", "FALSE", "0", "普通"})


def _judge_text(row: Row) -> None:
    for column, text in row.text.items():
        if not text:
            if column not in OPTIONAL:
                row.blame(column, "missing", f"{column}未填写", f"{column} is missing")
        elif has_unprintable(text):
            row.blame(
                column,
                "unprintable",
                f"{column}含有不可见的控制字符，请重新录入",
                "control or invisible character",
            )
        elif len(text) > _HOUSE_MAX.get(column, 1000):
            row.blame(
                column,
                "too_long",
                f"{column}最多 {_HOUSE_MAX[column]} 个字符，实际 {len(text)} 个",
                f"at most {_HOUSE_MAX[column]} characters",
            )


def _judge_money(row: Row, cell: Cell) -> None:
    currency = row.text[CURRENCY].upper()
    if currency:
        try:
            currency_digits(currency)
        except InvalidInput as error:
            row.blame(CURRENCY, error.code, error.message, error.message_en)
    try:
        known = "CNY" if row.is_bad(CURRENCY) else currency or "CNY"
        text = repr(cell) if isinstance(cell, float) and math.isfinite(cell) else row.text[AMOUNT]
        if isinstance(cell, float) and "e" in text:
            text = f"{Decimal(text):f}"
        row.amount = parse_amount(text, currency=known)
    except InvalidInput as error:
        row.blame(AMOUNT, error.code, error.message, error.message_en)


def _judge_dates(row: Row, cell: Cell, known: Known) -> None:
    if row.is_bad(WISH_DATE):
        return
    day = parse_day(cell)
    if day is None:
        row.blame(
            WISH_DATE,
            "date_invalid",
            f"「{row.text[WISH_DATE]}」不是有效日期，应为例如 {known.today.isoformat()}",
            "no such date",
        )
    elif day < known.today:
        row.blame(
            WISH_DATE,
            "date_past",
            f"期望付款日 {day.isoformat()} 早于今天 {known.today.isoformat()}",
            "the date is in the past",
        )
    elif day > known.today + timedelta(days=366):
        row.blame(
            WISH_DATE,
            "date_far",
            f"期望付款日 {day.isoformat()} 超过一年",
            "more than a year ahead",
        )
    else:
        row.wish_date = day
        row.text[WISH_DATE] = day.isoformat()


def _judge_urgent(row: Row) -> None:
    word = unicodedata.normalize("NFKC", row.text[URGENT]).upper()
    if word in _YES:
        row.is_urgent = True
    elif word not in _NO:
        row.blame(
            URGENT,
            "not_yes_no",
            f"「{row.text[URGENT]}」无法识别，应填 是 或 否",
            "是 or 否 wanted",
        )


def _judge_payer(row: Row, known: Known) -> AccountFact | None:
    if row.is_bad(COMPANY):
        return None
    code = row.text[COMPANY]
    row.company_id = known.companies.get(code)
    if row.company_id is None:
        row.blame(
            COMPANY,
            "company_unknown",
            f"公司代码 {code} 不存在，或您没有为其导入付款的权限",
            "unknown company, or not one you may import for",
        )
        return None
    if row.is_bad(PAYER):
        return None
    fact = known.accounts.get(checks.normalise_account(row.text[PAYER]))
    if fact is None or fact.company_code != code:
        row.blame(
            PAYER,
            "account_not_of_company",
            f"付款账号 {row.text[PAYER]} 不是公司 {code} 的账户",
            "not an account of the company",
        )
        return None
    if not fact.is_payable:
        row.blame(
            PAYER, "account_not_payable", "付款账户未开通直联或已停用", "account is not switched on"
        )
    if fact.is_frozen:
        row.warn(
            PAYER, "account_frozen", "付款账户已暂停对外付款，解除前不会发送", "account is frozen"
        )
    currency = row.text[CURRENCY].upper()
    if currency and not row.is_bad(CURRENCY) and currency != fact.currency:
        row.blame(
            CURRENCY,
            "currency_not_of_account",
            f"付款账户的币种为 {fact.currency}，不是 {currency}",
            f"the account holds {fact.currency}",
        )
    row.account_id = fact.account_id
    return fact


def _judge_payee_number(row: Row, cell: Cell) -> None:
    if row.is_bad(PAYEE_NUMBER):
        return
    if isinstance(cell, int | float | Decimal) and abs(float(cell)) >= FLOAT_EXACT:
        row.blame(
            PAYEE_NUMBER,
            "account_spoiled",
            "账号超过 15 位且以数字格式存放，末尾数字已被电子表格改写，应将单元格设为文本后重新录入",
            "spoiled by the spreadsheet: more than 15 digits in a number cell",
        )
        return
    try:
        row.text[PAYEE_NUMBER] = checks.check_account(row.text[PAYEE_NUMBER])
    except InvalidInput as error:
        row.blame(PAYEE_NUMBER, error.code, error.message, error.message_en)
        return
    number = row.text[PAYEE_NUMBER]
    if isinstance(cell, int | float | Decimal):
        row.warn(
            PAYEE_NUMBER,
            "account_number_cell",
            "单元格为数字格式，请核对是否丢失前导零",
            "number cell",
        )
    if note := checks.luhn_warning(number):
        row.warn(PAYEE_NUMBER, "luhn", note, "looks like a card, but its check digit is wrong")
    if number == row.text[PAYER]:
        row.blame(
            PAYEE_NUMBER, "payee_is_payer", "收款账号与付款账号相同", "payee and payer are the same"
        )


def _judge_cnaps(row: Row, known: Known, payee: PayeeFact | None) -> None:
    if row.is_bad(CNAPS):
        return
    if not row.text[CNAPS]:
        if payee is None or not payee.cnaps:
            row.blame(CNAPS, "missing", "联行号未填写，应为 12 位数字", "CNAPS code is missing")
            return
        row.text[CNAPS] = payee.cnaps
    try:
        row.text[CNAPS] = code = checks.check_cnaps(row.text[CNAPS])
    except InvalidInput as error:
        row.blame(CNAPS, error.code, error.message, error.message_en)
        return
    if code not in known.branches:
        row.warn(
            CNAPS, "branch_unknown", "联行号不在行名库中，请核对", "branch is not in the directory"
        )
    bank, wrote = known.banks.get(code[:3], ""), row.text[PAYEE_BANK]
    short = bank.removeprefix("中国").removesuffix("股份有限公司")
    if short and wrote and short not in wrote and wrote.removeprefix("中国") not in bank:
        row.warn(
            PAYEE_BANK,
            "bank_differs",
            f"联行号属于{bank}，与收款银行「{wrote}」不一致",
            "bank and CNAPS differ",
        )


def _judge_payee(row: Row, known: Known, cell: Cell) -> None:
    _judge_payee_number(row, cell)
    code, number = row.text[PAYEE_CODE], row.text[PAYEE_NUMBER]
    payee = None if row.is_bad(PAYEE_NUMBER) else known.payees.get((code, number))
    _judge_cnaps(row, known, payee)
    if payee is None:
        row.is_new_payee = True
        registered = known.counterparties.get(code)
    else:
        row.payee_account_id = payee.account_id
        registered = payee.name
        if not payee.is_confirmed:
            row.warn(
                PAYEE_CODE,
                "payee_unconfirmed",
                "收款账户待另一人确认，确认后方可付款",
                "payee awaits confirmation",
            )
    wrote = row.text[PAYEE_NAME]
    if (
        registered
        and not row.is_bad(PAYEE_NAME)
        and checks.normalise_name(registered) != checks.normalise_name(wrote)
    ):
        row.warn(
            PAYEE_NAME,
            "name_differs",
            f"与基础数据中的户名「{registered}」不一致",
            "differs from the registered name",
        )


def _judge_bank_limits(row: Row, limits: BankLimits) -> None:
    for column, names in _BANK_FIELDS.items():
        text = row.text[column]
        for name in names:
            limit, unit = limits.lengths.get(name, (0, ""))
            if limit and (size := measure(text, unit)) > limit:
                counts = "（一个汉字计 2）" if unit == "boc" else ""
                row.blame(
                    column,
                    "too_long_for_bank",
                    f"{column}超过付款银行的长度限制：最多 {limit}{counts}，实际 {size}",
                    f"too long for the bank: at most {limit}, here {size}",
                )
            if hit := [char for char in limits.forbidden.get(name, "") if char in text]:
                row.blame(
                    column,
                    "forbidden_for_bank",
                    f"{column}含有付款银行不接受的字符「{''.join(hit)}」",
                    f"characters the bank refuses: {''.join(hit)}",
                )


def _judge_route(row: Row, account: AccountFact, known: Known) -> None:
    """Warn when the clearing systems cannot deliver on the wished day."""
    terms = known.terms.get(account.account_id)
    if row.faults or known.now is None or row.amount is None or row.wish_date is None:
        return
    if terms is None:
        return
    payment = routing.Payment(
        payer_prefix=account.cnaps[:3],
        payee_prefix=row.text[CNAPS][:3],
        amount=row.amount,
        currency=account.currency,
        is_urgent=row.is_urgent,
        wish_date=row.wish_date,
    )
    route = routing.choose(payment, now=known.now, terms=terms)
    if isinstance(route, routing.Wait) and route.until.date() > row.wish_date:
        row.warn(
            WISH_DATE,
            "late",
            f"{route.why}，最早 {route.until:%Y-%m-%d %H:%M} 发送",
            f"the next window opens at {route.until:%Y-%m-%d %H:%M}",
        )


def _judge_keys(rows: Sequence[Row], known: Known) -> None:
    """Of two equal lines in the file the first stands; a line that already has an order is refused, with its number."""
    first: dict[OrderKey, int] = {}
    for row in rows:
        if row.is_bad(DOC_NO):
            continue
        if (earlier := first.setdefault(row.key, row.row)) != row.row:
            row.blame(
                DOC_NO,
                "repeated",
                f"与第 {earlier} 行为同一单据行，重复",
                f"same document line as row {earlier}",
            )
        elif order_no := known.orders.get(row.key):
            row.blame(
                DOC_NO,
                "order_exists",
                f"此单据行已有付款单 {order_no}",
                f"already order {order_no}",
                order_no=order_no,
            )


def judge(rows: Sequence[tuple[int, Mapping[str, Cell]]], *, known: Known) -> list[Row]:
    """Judge a list: (sheet row number, cells by column) in file order; wholly empty rows are skipped."""
    judged: list[Row] = []
    for number, cells in rows:
        text = {column: text_of(cells.get(column)) for column in COLUMNS}
        if not any(text.values()):
            continue
        row = Row(number, text, dict(text))
        _judge_text(row)
        _judge_money(row, cells.get(AMOUNT))
        _judge_dates(row, cells.get(WISH_DATE), known)
        _judge_urgent(row)
        account = _judge_payer(row, known)
        _judge_payee(row, known, cells.get(PAYEE_NUMBER))
        if account is not None:
            _judge_bank_limits(row, known.limits.get(account.bank_slug, BankLimits()))
            _judge_route(row, account, known)
        judged.append(row)
    _judge_keys(judged, known)
    for row in judged:
        row.faults.sort(key=lambda mark: COLUMNS.index(mark.column))
    return judged
