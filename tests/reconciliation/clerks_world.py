"""A house of careless clerks: events happen once, and bank and book each tell them badly.

Where the other makers lay lines down rule by rule, this one plays: a payment or receipt takes place, and each side then drops
a reference, writes it with noise around it or in the wrong field, misspells the party, shifts the day, nets a fee, splits,
merges, books twice or forgets. What is left of an event decides whether it can be told at all: `must` facts carry enough for
DOMAIN's rules, `may` facts may be found or left, and lines of no fact must never be matched with anything.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.reconciliation.worlds import TEXTS, Party, World

ACCOUNT = "6228480402564890018"
SYLLABLES = "安邦诚达恩丰冠海恒华佳凯康利隆明宁鹏启荣盛泰万祥兴雅永远中卓"
TRADES = ("化学", "纺织", "机床", "电器", "粮油", "医疗器械", "物流", "酒店管理")
# What banks put around a reference.
NOISE = (
    "/{}/", "附言:{}", "REF {} END", "摘要-{}-网银", "({})", "订单{}，谢谢", "{}.", "TRX*{}*001", "货款　{}　十一月",
)  # fmt: skip


class Clerks(World):
    """Events of one account over two months."""

    def __init__(self, seed: int, *, events: int) -> None:
        super().__init__(seed, start=date(2026, 9, 1), days=61)
        self.parties = [self.party() for _ in range(max(20, events // 15))]
        kinds = [name for name in dir(self) if name.startswith("play_")]
        for _ in range(events):
            getattr(self, self.random.choice(kinds))()

    # --- words ------------------------------------------------------------------------------------------------------

    def party(self) -> Party:
        """A company whose name differs from others' by as little as one character."""
        stem = "".join(self.random.sample(SYLLABLES, 3))
        name = f"{self.random.choice(('苏州', '上海', '杭州'))}{stem}{self.random.choice(TRADES)}有限公司"
        return name, "".join(self.random.choices("0123456789", k=self.random.choice((15, 19))))

    def ref(self) -> str:
        """A reference of ours: dense numbers, so that each is a digit away from the next, one the beginning of another."""
        self.number += 1
        return f"FK{20260000 + self.number}" + (
            "" if self.random.random() < 0.8 else f"{self.number % 10}"
        )

    def noisy(self, text: str) -> str:
        """The same inside a bank's phrase."""
        return self.random.choice(NOISE).format(text)

    def misspelt(self, name: str) -> str:
        """One character of the name is another."""
        place = self.random.randrange(2, 5)
        other = self.random.choice([c for c in SYLLABLES if c != name[place]])
        return name[:place] + other + name[place + 1 :]

    def wrong_digit(self, text: str) -> str:
        """One digit off, or two exchanged: looks like a reference, and is somebody else's or nobody's."""
        place = self.random.randrange(4, len(text) - 1)
        if text[place] != text[place + 1] and self.random.random() < 0.5:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]

    def put(
        self,
        side: str,
        on: date,
        out: bool,
        amount: Decimal,
        party: Party = ("", ""),
        **more: object,
    ) -> str:
        """A line of the account."""
        return self.line(side, on, out, amount, ACCOUNT, party, **more)

    def event(self) -> tuple[date, bool, Decimal, Party, str]:
        """When, which way, how much, with whom, what for."""
        r = self.random
        return self.day(), r.random() < 0.65, self.own_amount(is_round=r.random() < 0.3), r.choice(self.parties), r.choice(TEXTS)  # fmt: skip

    def later(self, on: date, most: int) -> date:
        """Up to so many days later."""
        return on + timedelta(days=self.random.randint(0, most))

    # --- what can be told -------------------------------------------------------------------------------------------

    def play_reference_in_a_phrase(self) -> None:
        """Our reference stands somewhere in the bank's text; party forgotten, misspelt or told."""
        on, out, amount, p, text = self.event()
        x, name = self.ref(), self.random.choice((p, ("", ""), (self.misspelt(p[0]), "")))
        field = self.random.choice(("narrative", "purpose"))
        self.fact("must phrase", [self.put("bank", self.later(on, 4), out, amount, name, **{field: self.noisy(x)})],
                  [self.put("book", on, out, amount, p, reference=x, description=text)])  # fmt: skip

    def play_reference_on_both(self) -> None:
        """Both carry it; days, names and texts are anything."""
        on, out, amount, p, text = self.event()
        x = self.ref()
        self.fact("must reference", [self.put("bank", self.later(on, 25), out, amount, (self.misspelt(p[0]), ""), reference=x, narrative=text)],
                  [self.put("book", on, out, amount, p, reference=x.lower())])  # fmt: skip

    def play_same_price_many_times(self) -> None:
        """One party, one amount, many days, each with its own reference; one side of some is missing."""
        on, out, amount, p, text = self.event()
        for step in range(self.random.randint(3, 8)):
            x, day = self.ref(), on + timedelta(days=step // 2)
            has_bank, has_book = self.random.random() < 0.85, self.random.random() < 0.85
            bank = (
                [self.put("bank", self.later(day, 1), out, amount, p, reference=x, narrative=text)]
                if has_bank
                else []
            )
            book = [self.put("book", day, out, amount, p, reference=x)] if has_book else []
            if bank and book:
                self.fact("must price", bank, book)

    def play_batch_with_strangers(self) -> None:
        """A batch paid in one sum, beside lines of the same amounts that are not in it."""
        on, _, _, _, _ = self.event()
        no, parts = self.ref(), [self.own_amount() for _ in range(self.random.randint(2, 12))]
        people = [self.random.choice(self.parties) for _ in parts]
        book = [self.put("book", on, True, v, p, reference=self.ref(), batch_no=no) for v, p in zip(parts, people, strict=True)]  # fmt: skip
        bank = self.put(
            "bank", self.later(on, 2), True, sum(parts, Decimal(0)), narrative=self.noisy(no)
        )
        self.put("bank", on, True, parts[0], people[0], reference=self.ref())  # paid twice, by hand
        self.put("book", on, True, sum(parts, Decimal(0)), people[0], reference=self.ref())
        self.fact("must batch", [bank], book)

    def play_many_to_many(self) -> None:
        """Invoices paid in instalments that cut across them, all under one contract."""
        on, out, _, p, _ = self.event()
        x, parts = self.ref(), [self.own_amount() for _ in range(3)]
        cut = (parts[0] * Decimal("0.37")).quantize(Decimal("0.01"))
        paid = [parts[0] - cut, cut + parts[1], parts[2]]
        bank = [
            self.put("bank", on + timedelta(days=n), out, v, p, reference=x)
            for n, v in enumerate(paid)
        ]
        book = [self.put("book", on, out, v, p, reference=x) for v in parts]
        self.fact("may many", bank, book)
        self.fact("may many", bank[2:], book[2:])

    def play_split_by_bill(self) -> None:
        """One voucher, several bank lines that name its bill."""
        on, out, _, p, _ = self.event()
        bill, parts = (
            self.next("ZP26-"),
            [self.own_amount() for _ in range(self.random.randint(2, 4))],
        )
        bank = [
            self.put("bank", self.later(on, 6), out, v, p, narrative=self.noisy(bill))
            for v in parts
        ]
        self.fact(
            "must split", bank, [self.put("book", on, out, sum(parts, Decimal(0)), p, bill_no=bill)]
        )

    def play_plain(self) -> None:
        """No reference: account or name, a day or two apart, an amount nobody else has."""
        on, out, amount, p, text = self.event()
        told = self.random.choice((p, (p[0].replace("有限公司", " 有限公司"), ""), ("", p[1])))
        self.fact("may plain", [self.put("bank", self.later(on, 3), out, amount, told, narrative=text)],
                  [self.put("book", on, out, amount, p, description=text)])  # fmt: skip

    def play_twins_in_step(self) -> None:
        """Equal payments of one day, as many on both sides, nothing to tell them apart."""
        on, out, amount, p, text = self.event()
        n = self.random.randint(2, 5)
        self.fact("blind", [self.put("bank", on, out, amount, p, narrative=text) for _ in range(n)],
                  [self.put("book", on, out, amount, p, description=text) for _ in range(n)])  # fmt: skip

    def play_undone_on_each_side(self) -> None:
        """Paid and taken back; bank and book tell both halves, each under a number the other does not know (M0, twice)."""
        on, out, amount, p, _ = self.event()
        for side in ("bank", "book"):
            x = self.ref()
            pair = [
                self.put(side, on + timedelta(days=n), out == (not n), amount, p, reference=x)
                for n in (0, 2)
            ]
            self.fact("must undone", *((pair, []) if side == "bank" else ([], pair)))

    # --- what must be left to a person ------------------------------------------------------------------------------

    def play_twins_out_of_step(self) -> None:
        """Equal payments, one more on a side, or with a reference on one of them."""
        on, out, amount, p, text = self.event()
        extra = self.random.choice(("bank", "book"))
        for side in ("bank", "book"):
            for number in range(2 + (side == extra)):
                told = {"reference": self.ref()} if side == extra and not number else {}
                self.put(
                    side,
                    on,
                    out,
                    amount,
                    p,
                    **told,
                    **({"narrative": text} if side == "bank" else {}),
                )

    def play_another_reference(self) -> None:
        """Everything agrees but a digit of the reference."""
        on, out, amount, p, text = self.event()
        x = self.ref()
        y = self.wrong_digit(x)
        told = self.random.choice(({"reference": y}, {"narrative": self.noisy(y)}))
        self.put("bank", on, out, amount, p, **told)
        self.put("book", on, out, amount, p, reference=x, description=text)

    def play_netted_fee(self) -> None:
        """The bank took its fee from the amount: never equal, always a person's."""
        on, out, amount, p, _ = self.event()
        fee = Decimal(self.random.randint(1, 5000)) / 100
        x = self.random.choice(({}, {"reference": self.ref()}))
        self.put("bank", self.later(on, 1), out, amount + (fee if out else -fee), p, **x)
        self.put("book", on, out, amount, p, **x)

    def play_booked_twice(self) -> None:
        """A clerk booked one payment twice, under one reference or none."""
        on, out, amount, p, _ = self.event()
        x = self.random.choice(({}, {"reference": self.ref()}))
        self.put("bank", on, out, amount, p, **x)
        for number in range(2):
            self.put("book", on + timedelta(days=number), out, amount, p, **x)

    def play_one_letter_apart(self) -> None:
        """Two companies a character apart, the same amount: one paid, the other booked."""
        on, out, amount, p, text = self.event()
        self.put("bank", on, out, amount, (p[0], self.random.choice((p[1], ""))), narrative=text)
        self.put("book", on, out, amount, (self.misspelt(p[0]), ""), description=text)

    def play_parts_that_add_up(self) -> None:
        """Lines of one party that happen to add up to another's, no reference: a proposal at most."""
        on, out, _, p, _ = self.event()
        parts = [self.own_amount() for _ in range(self.random.randint(2, 3))]
        self.put("bank", on, out, sum(parts, Decimal(0)), p)
        for v in parts:
            self.put("book", self.later(on, 2), out, v, p)

    def play_invoice_of_two_payments(self) -> None:
        """Two equal instalments under one invoice, each side told one of them: nobody knows which."""
        on, out, amount, p, _ = self.event()
        bill = self.next("FP-")
        for day in (on, on + timedelta(days=12)):
            self.put("bank", day, out, amount, p, narrative=self.noisy(bill))
        self.put("book", on + timedelta(days=6), out, amount, p, bill_no=bill)

    def play_holiday(self) -> None:
        """Sent before a holiday, booked nine days later: too far to say without a reference."""
        on, out, amount, p, text = self.event()
        self.put("bank", on + timedelta(days=9), out, amount, p, narrative=text)
        self.put("book", on, out, amount, p, description=text)

    def play_masked(self) -> None:
        """Account masked, name cut to three characters, text of one word: nobody in particular."""
        on, out, amount, p, _ = self.event()
        self.put(
            "bank", on, out, amount, (p[0][:3], f"{p[1][:4]}****{p[1][-4:]}"), narrative="转账"
        )
        self.put("book", on, out, amount, self.random.choice(self.parties), description="转账")
