"""The engine and a matcher written independently of it find the same certain matches, on sets made to confuse."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.reconciliation.matching import CALENDAR, matched
from tests.reconciliation.oracle import Row, certain

LONG = "广州安捷贸易进出口"
PARTIES = [
    ("", ""), ("", "6222000011"), ("上海恒通化工有限公司", "6222000011"), ("上海恒通化工有限公司", ""),
    ("上海恒通化工有限责任公司", "6222000022"), ("上海恒通化工有限", ""), ("上海恒通化工有限公司嘉定分公司", ""),
    (LONG + "有限公司", "6222000033"), (LONG, ""), (LONG + "有限", ""), ("上海恒通化工（集团）有限公司", ""),
    ("上海恒通化工(集团)有限公司", "6222000044"), ("张三", ""), ("张三丰", ""),
]  # fmt: skip
REFS = ["", "", "", "YQ100001", "YQ100002", "YQ100003"]
DOCS = ["", "", "FP200001", "FP200002", "87654321"]
TEXTS = ["", "货款", "运费", "货款 FP200001", "发票FP200002、FP200001", "手续费 YQ100001", "冲正 YQ100002", "凭证87654321",
         "合同HT20260001", "收上海恒通化工有限公司款", "二〇二六年十月仓库租金", "20261003 货款"]  # fmt: skip
CHANGES = [(), (), ("day",), ("day",), ("name", "acct"), ("ref",), ("text",), ("doc", "text"), ("amount",), ("outgo",),
           ("day", "name"), ("day", "acct"), ("ref", "text", "day")]  # fmt: skip
AMOUNTS = [Decimal(x) for x in ("100.00", "100.00", "200.00", "300.00", "150.50", "250.50")]


@st.composite
def facts(draw: st.DrawFn, account: str) -> list[Row]:
    """Up to six lines of one account, most of them made from one another, so that they nearly agree."""
    rows: list[Row] = []
    for number in range(draw(st.integers(2, 7))):
        is_bank = draw(st.booleans())
        row = Row(
            id=f"{'B' if is_bank else 'K'}{account}{number}",
            is_bank=is_bank,
            account=account,
            day=date(2026, 9, 25) + timedelta(days=draw(st.integers(0, 24))),
            outgo=draw(st.sampled_from([True, True, True, False])),
            amount=draw(st.sampled_from(AMOUNTS)),
            ref=draw(st.sampled_from(REFS)),
            doc=draw(st.sampled_from(DOCS)),
            text=draw(st.sampled_from(TEXTS)),
            **dict(zip(("name", "acct"), draw(st.sampled_from(PARTIES)), strict=True)),
        )
        if rows and draw(st.integers(0, 4)):
            like, changed = draw(st.sampled_from(rows)), draw(st.sampled_from(CHANGES))
            kept = {f.name for f in fields(Row)} - {"id", "is_bank", "account", *changed}
            row = replace(row, **{name: getattr(like, name) for name in kept})
        rows.append(row if not is_bank else replace(row, doc=""))
    return rows


@st.composite
def sets(draw: st.DrawFn) -> list[Row]:
    """Many accounts at once, so that one run of the engine tries many cases."""
    return [row for n in range(draw(st.integers(1, 40))) for row in draw(facts(f"{n:02d}"))]


def as_bank(row: Row) -> dict[str, object]:
    """The line as the bank's file tells it."""
    return {
        "entry_id": row.id, "account": row.account, "booked_on": row.day, "direction": "debit" if row.outgo else "credit",
        "amount": row.amount, "reference": row.ref, "counterparty_name": row.name, "counterparty_account": row.acct,
        "narrative": row.text,
    }  # fmt: skip


def as_book(row: Row) -> dict[str, object]:
    """The line as the journal tells it."""
    told = as_bank(row) | {"direction": "credit" if row.outgo else "debit", "bill_no": row.doc}
    return {"description" if name == "narrative" else name: value for name, value in told.items()}


# Not shrunk: an account of the set is small enough to read, and a set takes a second.
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(sets())
def test_a_second_matcher_agrees_on_what_is_certain_property(rows):
    bank = [as_bank(row) for row in rows if row.is_bank]
    book = [as_book(row) for row in rows if not row.is_bank]

    found = matched(bank, book)

    wanted = certain(rows, is_workday=CALENDAR.is_working_day)
    assert (found - wanted, wanted - found) == (set(), set())
