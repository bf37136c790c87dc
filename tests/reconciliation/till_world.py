"""A chain of tills: the same few prices again and again, by the same few customers, and no reference anywhere."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.reconciliation.worlds import TEXTS, Party, World

PRICES = [Decimal(n) for n in ("99.00", "199.00", "299.00", "500.00", "1000.00", "1999.90")]
WEEKS = 12


class Tills(World):
    """Each customer and price is a story of its own, told once."""

    def __init__(self, seed: int, *, stories: int) -> None:
        super().__init__(seed, start=date(2026, 7, 1), days=7 * WEEKS)
        kinds = [name for name in dir(self) if name.startswith("tell_")]
        for number in range(stories):
            party = (
                f"第{number // len(PRICES):04d}号门店商贸行",
                f"6230{number // len(PRICES):012d}",
            )
            self.has_account = self.random.random() < 0.6
            getattr(self, self.random.choice(kinds))(party, PRICES[number % len(PRICES)])

    def put(self, side: str, on: date, price: Decimal, party: Party, text: str = "货款") -> str:
        """Money in from the customer, as bank or book tells it."""
        told = party if self.has_account or side == "book" else (party[0], "")
        word = {"narrative": text} if side == "bank" else {"description": text}
        return self.line(side, on, False, price, "9900", told, **word)

    def tell_weekly(self, party: Party, price: Decimal) -> None:
        """Every week, booked the same day or the next; now and then one side forgets."""
        for week in range(WEEKS):
            on, forgot = self.start + timedelta(days=7 * week), self.random.random()
            bank = [self.put("bank", on, price, party)] if forgot > 0.1 else []
            book = (
                [self.put("book", on + timedelta(days=self.random.randint(0, 1)), price, party)]
                if forgot < 0.9
                else []
            )
            if bank and book:
                self.fact("weekly", bank, book)

    def tell_crowd(self, party: Party, price: Decimal) -> None:
        """Every two or three days, booked up to three days later: nobody can tell which is which."""
        on = self.start
        for _ in range(12):
            on += timedelta(days=self.random.randint(2, 3))
            self.fact("crowd", [self.put("bank", on, price, party)],
                      [self.put("book", on + timedelta(days=self.random.randint(0, 3)), price, party)])  # fmt: skip

    def tell_twins(self, party: Party, price: Decimal) -> None:
        """Equally many on both sides on one day: any pairing is right."""
        on, count, lag = self.day(), self.random.randint(2, 6), self.random.randint(0, 3)
        bank = [self.put("bank", on, price, party, self.random.choice(TEXTS)) for _ in range(count)]
        self.fact(
            "blind",
            bank,
            [self.put("book", on + timedelta(days=lag), price, party) for _ in range(count)],
        )

    def tell_uneven(self, party: Party, price: Decimal) -> None:
        """Not equally many: which one is missing is a person's question."""
        on, count = self.day(), self.random.randint(2, 4)
        for side, number in (("bank", count), ("book", count + self.random.choice([-1, 1]))):
            for _ in range(number):
                self.put(side, on, price, party)

    def tell_sum(self, party: Party, price: Decimal) -> None:
        """Several sales, one credit of their sum, and no reference: a person's question too."""
        on, other = self.day(), self.own_amount()
        self.put("bank", on, price + other, party)
        for amount in (price, other):
            self.put("book", on, amount, party)

    def tell_orphan(self, party: Party, price: Decimal) -> None:
        """Bank and book one day further apart than any rule reaches."""
        on = self.day()
        self.put("bank", on, price, party)
        self.put("book", on + timedelta(days=6 * self.random.choice([-1, 1])), price, party)
