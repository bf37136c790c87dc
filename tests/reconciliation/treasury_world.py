"""A group's treasury: several accounts and currencies, references that hide in texts, sums, cuts, returns, lures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.reconciliation.worlds import TEXTS, Party, World

ROUND = [Decimal(n) for n in (1000, 2000, 5000, 10000, 50000)]
CITIES = ["苏州", "无锡", "常州", "南通", "扬州", "镇江", "泰州", "徐州", "盐城", "淮安"]
WORDS = [
    "宏远",
    "明德",
    "锐科",
    "华康",
    "精诚",
    "天合",
    "联创",
    "鼎盛",
    "恒信",
    "安泰",
    "德馨",
    "博雅",
]
TRADES = ["机械制造", "电子科技", "生物医药", "国际贸易", "建筑安装", "信息技术"]
ENDS = ["有限公司", "股份有限公司", "（中国）有限公司"]


class Treasury(World):
    """Facts of one group over some weeks."""

    ACCOUNTS = (("3301-0001", "CNY"), ("33010002", "CNY"), ("33010003", "USD"))

    def __init__(self, seed: int, *, facts: int) -> None:
        super().__init__(seed, start=date(2026, 9, 14), days=45)
        self.parties = [self.party(n) for n in range(max(12, facts // 30))]
        kinds = [name for name in dir(self) if name.startswith("make_")]
        for _ in range(facts):
            account, currency = self.random.choice(self.ACCOUNTS)
            self.common = {"currency": currency}
            self.account = account
            getattr(self, self.random.choice(kinds))()

    def party(self, number: int) -> Party:
        """A company, unlike any other."""
        choice = self.random.choice
        name = f"{choice(CITIES)}{choice(WORDS)}{number:04d}{choice(TRADES)}{choice(ENDS)}"
        return name, "".join(self.random.choices("0123456789", k=choice([12, 16, 19])))

    def put(
        self,
        side: str,
        on: date,
        outgo: bool,
        amount: Decimal,
        party: Party = ("", ""),
        **more: object,
    ) -> str:
        """A line of the current account."""
        return self.line(side, on, outgo, amount, self.account, party, **self.common, **more)

    def any_amount(self) -> Decimal:
        """Often a round one everybody has: where references decide."""
        return self.random.choice(ROUND) if self.random.random() < 0.5 else self.own_amount()

    def ref(self) -> str:
        """A reference of ours."""
        return self.next("YQ26")

    def sloppy(self, text: str) -> str:
        """As a bank's form may turn it."""
        wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
        return self.random.choice([text, text.lower(), f" {text} ", wide])

    def parts(self, low: int, high: int) -> list[Decimal]:
        """Some amounts of a sum."""
        return [self.own_amount() for _ in range(self.random.randint(low, high))]

    def basics(self) -> tuple[date, bool, Party, str]:
        """A day, a direction, a party, a text."""
        return (
            self.day(),
            self.random.random() < 0.7,
            self.random.choice(self.parties),
            self.random.choice(TEXTS),
        )

    # --- what references tell -------------------------------------------------------------------------------------

    def make_exact(self) -> None:
        on, out, p, text = self.basics()
        x, amount, lag = self.ref(), self.any_amount(), self.random.randint(-3, 12)
        self.fact("exact", [self.put("bank", on, out, amount, p, reference=self.sloppy(x), narrative=text)],
                  [self.put("book", on - timedelta(days=lag), out, amount, p, reference=x)])  # fmt: skip

    def make_mention(self) -> None:
        on, out, p, text = self.basics()
        x, amount = self.ref(), self.any_amount()
        self.fact("mention", [self.put("bank", on, out, amount, p, narrative=f"{text}{x}号")],
                  [self.put("book", on, out, amount, p, reference=x, description=text)])  # fmt: skip

    def make_bill(self) -> None:
        on, out, p, text = self.basics()
        bill, amount = self.next("INV-26-"), self.any_amount()
        self.fact("bill", [self.put("bank", on, out, amount, p, narrative=text, purpose=f"发票 {bill}")],
                  [self.put("book", on - timedelta(days=9), out, amount, p, bill_no=bill)])  # fmt: skip

    def make_transfer(self) -> None:
        on, x, amount = self.day(), self.ref(), self.any_amount()
        for account, out in (("3301-0001", True), ("33010002", False)):
            self.account, self.common = account, {"currency": "CNY"}
            self.fact("transfer", [self.put("bank", on, out, amount, reference=x)],
                      [self.put("book", on, out, amount, reference=x)])  # fmt: skip

    def make_batch(self) -> None:
        on, no, parts = self.day(), self.next("PC26"), self.parts(2, 30)
        items = [
            self.put(
                "book",
                on,
                True,
                v,
                self.random.choice(self.parties),
                reference=self.ref(),
                batch_no=no,
            )
            for v in parts
        ]
        self.fact(
            "batch",
            [
                self.put(
                    "bank",
                    on,
                    True,
                    sum(parts, Decimal(0)),
                    narrative=f"批量代付{no} 共{len(parts)}笔",
                )
            ],
            items,
        )

    def make_many(self) -> None:
        on, x, parts = self.day(), self.ref(), self.parts(3, 6)
        total = sum(parts, Decimal(0))
        ours = [
            (total / 3).quantize(Decimal("0.01")),
            total - (total / 3).quantize(Decimal("0.01")),
        ]
        self.fact("many", [self.put("bank", on, True, v, reference=x) for v in ours],
                  [self.put("book", on, True, v, reference=x) for v in parts])  # fmt: skip

    def make_split(self) -> None:
        on, _, p, _ = self.basics()
        bill, parts = self.next("FP"), self.parts(2, 5)
        self.fact("split", [self.put("bank", on + timedelta(days=i), False, v, p, narrative=f"付{bill}") for i, v in enumerate(parts)],
                  [self.put("book", on, False, sum(parts, Decimal(0)), p, bill_no=bill)])  # fmt: skip

    def make_fee_inside(self) -> None:
        on, _, p, _ = self.basics()
        x, amount, fee = self.ref(), self.own_amount(), Decimal("15.50")
        self.fact("fee_inside", [self.put("bank", on, True, amount + fee, p, reference=x)],
                  [self.put("book", on, True, amount, p, reference=x), self.put("book", on, True, fee, description=f"手续费 {x}")])  # fmt: skip

    def make_returned(self) -> None:
        on, _, p, _ = self.basics()
        x, amount, back = (
            self.ref(),
            self.any_amount(),
            on + timedelta(days=self.random.randint(1, 4)),
        )
        self.fact(
            "exact",
            [self.put("bank", on, True, amount, p, reference=x)],
            [self.put("book", on, True, amount, p, reference=x)],
        )
        if self.random.random() < 0.5:
            red = self.line(
                "book", back, True, -amount, self.account, p, **self.common, reference=x
            )
            self.fact("returned", [self.put("bank", back, False, amount, p, reference=x)], [red])
        else:
            self.put(
                "bank", back, False, amount, p, narrative=f"退票 {x}"
            )  # not booked yet: outstanding

    def make_reversed(self) -> None:
        on, out, p, _ = self.basics()
        x, amount, side = self.ref(), self.any_amount(), self.random.choice(["bank", "book"])
        undo: dict[str, object] = {"narrative": f"冲正{x}"} if side == "bank" else {"reference": x}
        pair = [
            self.put(side, on, out, amount, p, reference=x),
            self.put(side, on + timedelta(days=2), not out, amount, p, **undo),
        ]
        self.fact("reversed", pair if side == "bank" else [], pair if side == "book" else [])

    # --- what amount, date and party tell -----------------------------------------------------------------------------

    def make_late(self) -> None:
        on, out, p, text = self.basics()
        amount, lag = self.own_amount(is_round=True), self.random.randint(-5, 5)
        self.fact("late", [self.put("bank", on, out, amount, (p[0][:8] if lag == 2 else p[0], p[1]), narrative=text)],
                  [self.put("book", on + timedelta(days=lag), out, amount, p)])  # fmt: skip

    def make_name(self) -> None:
        on, out, p, text = self.basics()
        amount, name = self.own_amount(is_round=True), p[0].replace("（", "(").replace("）", ") ")
        self.fact("name", [self.put("bank", on, out, amount, (name, ""), narrative=text)],
                  [self.put("book", on + timedelta(days=self.random.randint(-3, 3)), out, amount, p)])  # fmt: skip

    def make_cut(self) -> None:
        on, out, p, _ = self.basics()
        amount = self.own_amount()
        self.fact(
            "cut",
            [self.put("bank", on, out, amount, (p[0][:11], ""))],
            [self.put("book", on, out, amount, p)],
        )

    def make_text(self) -> None:
        on, out, p, _ = self.basics()
        amount, text = self.own_amount(), f"代{p[0]}付款"
        self.fact(
            "text",
            [self.put("bank", on, out, amount, narrative=text)],
            [self.put("book", on, out, amount, p)],
        )

    # --- what nobody may match without a person -----------------------------------------------------------------------

    def make_incident(self) -> None:
        on, _, p, _ = self.basics()
        x, amount = self.ref(), self.any_amount()
        for _ in range(2):
            self.put("bank", on, True, amount, p, reference=x)
        self.put("book", on, True, amount, p, reference=x)

    def make_other_amount(self) -> None:
        on, out, p, _ = self.basics()
        x, amount = self.ref(), self.own_amount()
        self.put("bank", on, out, amount, p, reference=x)
        self.put("book", on, out, amount + Decimal("0.01"), p, reference=x)

    def make_other_reference(self) -> None:
        on, out, p, text = self.basics()
        amount = self.own_amount()
        self.put(
            "bank",
            on,
            out,
            amount,
            p,
            reference=self.ref() if self.random.random() < 0.7 else "",
            narrative=text,
        )
        self.put("book", on, out, amount, p, reference=self.ref(), description=text)

    def make_other_bill(self) -> None:
        on, out, p, _ = self.basics()
        amount = self.own_amount()
        self.put("bank", on, out, amount, p, narrative=f"发票 {self.next('FP')}")
        self.put("book", on, out, amount, p, bill_no=self.next("FP"))

    def make_lure(self) -> None:
        """Everything agrees but one thing that must."""
        on, out, p, text = self.basics()
        amount, q = self.own_amount(), self.random.choice([x for x in self.parties if x != p])
        other = self.random.choice(
            [
                "party",
                "account",
                "branch",
                "tail",
                "direction",
                "own account",
                "currency",
                "far",
                "text",
            ]
        )
        party = {
            "party": q,
            "account": (p[0], q[1]),
            "branch": (p[0] + "昆山分公司", ""),
            "tail": (p[0][:-4] + "合作社", p[1]),
        }.get(other, p)
        told: Party = (p[0], "") if other == "branch" else ("", "") if other == "text" else p
        self.put("bank", on, out, amount, told, narrative=text)
        if other == "own account":
            self.account = next(a for a, _ in self.ACCOUNTS if a != self.account)
        if other == "currency":
            self.common = {"currency": "EUR"}
        on += timedelta(days=6 if other == "far" else 0)
        self.put(
            "book",
            on,
            out != (other == "direction"),
            amount,
            party,
            description="另一笔" if other == "text" else text,
        )

    def make_outstanding(self) -> None:
        on, out, p, _ = self.basics()
        self.put(self.random.choice(["bank", "book"]), on, out, self.own_amount(), p)
