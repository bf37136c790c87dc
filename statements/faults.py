"""Lines PostgreSQL or the rules refuse, in words: which line of the stream, which column, what was expected."""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from kernel.errors import InvalidInput

# what a column is called, and how it is written
_WANTED = {
    "bank_date": ("记账日期", "2026-11-30"),
    "booked_at": ("记账时间", "2026-11-30T09:30:00"),
    "value_date": ("起息日", "2026-11-30"),
    "amount": ("金额", "1234.56"),
    "balance_after": ("余额", "1234.56"),
}


def unreadable(words: str, before: int) -> InvalidInput:
    """PostgreSQL's complaint about a line of the stream, in words: which line, which column."""
    context = words.partition("COPY incoming_entry, line ")[2]
    number, _, rest = context.partition(",")
    column, _, value = rest.strip().removeprefix("column ").partition(":")
    line = before + int(number) if number.strip().isdigit() else None
    said, wanted = _WANTED.get(column.strip(), ("内容", ""))
    example = f"，应为例如 {wanted}" if wanted else ""
    return InvalidInput(
        f"第 {line or '?'} 笔明细的{said}无法识别：{value.strip()[:80] or words[:80]}{example}",
        f"entry {line}: {column.strip() or 'the content'} is unreadable"
        + (f", {wanted} is wanted" if wanted else ""),
        code="entry_unreadable",
        field=column.strip(),
        row=line,
    )


_FAULTS = (
    (
        "amount",
        "amount IS NULL OR amount NOT BETWEEN 0.01 AND 9999999999999999.99",
        "金额须大于零，且不超过 16 位整数",
        "the amount must be above zero and below 10^16",
    ),
    ("amount", "scale(trim_scale(amount)) > 2", "金额的小数超过两位", "more than two decimals"),
    (
        "balance_after",
        "scale(trim_scale(balance_after)) > 2 OR abs(balance_after) > 9999999999999999.99 OR balance_after = 'NaN'",
        "余额的小数超过两位，或过大",
        "more than two decimals, or too large",
    ),
    (
        "direction",
        "direction IS NULL OR direction NOT IN ('credit', 'debit', 'CRDT', 'DBIT')",
        "收付方向应为 CRDT（收）或 DBIT（付）",
        "the direction must be CRDT or DBIT",
    ),
    ("currency", "currency IS NULL OR currency !~ '^[A-Z]{3}$'", "币种应为三位字母", "no currency code"),
    ("bank_date", "bank_date IS NULL OR booked_at IS NULL", "缺少日期", "the date is missing"),
)  # fmt: skip


def faulty(cursor: CursorWrapper, before: int) -> InvalidInput:
    """The first line the checks refuse, in words."""
    for name, condition, words, english in _FAULTS:
        cursor.execute(
            f"""
            SELECT n, value FROM (SELECT row_number() OVER () AS n, {name}::text AS value, {condition} AS is_faulty
                FROM incoming_entry) AS told WHERE is_faulty LIMIT 1
            """  # noqa: S608 - words of this module
        )
        found = cursor.fetchone()
        if found is not None:
            line = before + found[0]
            return InvalidInput(
                f"第 {line} 笔明细：{words}（{'未填写' if found[1] is None else found[1]}）",
                f"entry {line}: {english}",
                code="entry_faulty",
                field=name,
                row=line,
            )
    return InvalidInput("明细中有无法识别的内容", "an entry is unreadable", code="entry_faulty")
