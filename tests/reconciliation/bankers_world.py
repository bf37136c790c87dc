"""What Chinese banks and books really write: payrolls, rents, red vouchers, forms that cut and mask, numbers that are none.

`must` facts are certain by DOMAIN's rules, `may` facts may be found or left; lines of no fact must never be matched with
anything. Amounts are nobody else's, so that what is wrong is wrong by the rules and not by luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from tests.reconciliation.worlds import Party, World

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志文斌宇浩凯健俊帆鑫波辉鹏飞琳雪梅"
CITIES = ("上海", "北京", "深圳市", "广州", "成都", "武汉")
STEMS = "恒通瑞丰金诺博远新元天成众信嘉和百联海纳中科远大启明盛世宏图泰和昌盛安捷兴邦"
TRADES = ("化工", "机电设备", "物流", "包装制品", "进出口贸易", "精密仪器", "纸业")
ENDS = ("有限公司", "有限责任公司", "股份有限公司", "（集团）有限公司", "(中国)有限公司")
FIRST, DAYS = date(2025, 12, 20), 330
HOLIDAYS = (
    (date(2026, 2, 14), date(2026, 2, 24)),
    (date(2026, 4, 30), date(2026, 5, 6)),
    (date(2026, 9, 30), date(2026, 10, 8)),
)  # the last working day before, the first one after
Words = dict[str, object]


def wide(text: str) -> str:
    """The same in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


class Bankers(World):
    """Events of one account over eleven months."""

    def __init__(self, seed: int, *, events: int) -> None:
        super().__init__(seed, start=FIRST, days=DAYS)
        self.companies = sorted({self.company() for _ in range(max(60, events // 8))})
        self.people = sorted({self.person() for _ in range(400)})
        kinds = [name for name in dir(self) if name.startswith("play_")]
        for _ in range(events):
            getattr(self, self.random.choice(kinds))()

    # --- words ------------------------------------------------------------------------------------------------------

    def digits(self, *lengths: int) -> str:
        """A number of one of these lengths."""
        return "".join(self.random.choices("0123456789", k=self.random.choice(lengths)))

    def company(self) -> Party:
        """A company and its account."""
        choice = self.random.choice
        name = choice(CITIES) + "".join(self.random.sample(STEMS, 3)) + choice(TRADES)
        return name + choice(ENDS), self.digits(12, 15, 17, 19)

    def person(self) -> Party:
        """A person and her card: one name may begin another's."""
        given = "".join(self.random.choices(GIVEN, k=self.random.choice((1, 2, 2))))
        return self.random.choice(SURNAMES) + given, "62" + self.digits(14, 17)

    def staff(self, most: int) -> list[Party]:
        """Some people, no two of one name."""
        chosen = self.random.sample(self.people, self.random.randint(2, most))
        return list({name: (name, card) for name, card in chosen}.values())

    def put(
        self, side: str, on: date, out: bool, amount: Decimal, party: Party = ("", ""), **more: object
    ) -> str:  # fmt: skip
        """A line of the account."""
        return self.line(side, on, out, amount, "453300012345", party, **more)

    def two(
        self, kind: str, on: date, amount: Decimal, party: Party, *, lag: int = 0, out: bool = True,
        bank: Words | None = None, book: Words | None = None, told: Party | None = None, booked: Party | None = None,
    ) -> None:  # fmt: skip
        """One event on both sides, the bank telling the party as `told`, the book as `booked`; "" is no fact."""
        b = self.put("bank", on, out, amount, told or party, **(bank or {}))
        k = self.put("book", on + timedelta(lag), out, amount, booked or party, **(book or {}))
        if kind:
            self.fact(kind, [b], [k])

    def event(self) -> tuple[date, Decimal, Party]:
        """When, how much, with whom."""
        amount = self.own_amount(is_round=self.random.random() < 0.4)
        return self.day(), amount, self.random.choice(self.companies)

    def near(self) -> int:
        """A day or none."""
        return self.random.choice((0, 0, -1, 1))

    # --- payrolls and rents -------------------------------------------------------------------------------------------

    def play_payroll_line_by_line(self) -> None:
        """One batch number, a few grades of pay, as many debits as people; now and then one is missing."""
        on, no, grades = self.day(), self.next("PC26"), [self.own_amount() for _ in range(3)]
        style, forgot = self.random.randrange(3), self.random.random() < 0.3
        for n, person in enumerate(self.staff(60)):
            bank: Words = {"narrative": f"代发工资{no}"} if style == 2 else {"reference": no}
            book: Words = {"batch_no": no, "reference": self.next("YQ26")}
            amount = self.random.choice(grades)
            if forgot and n == 0:
                self.put("book", on, True, amount, person, **book)
                continue
            booked = self.random.choice((person, (person[0], "")))
            self.two("must payroll", on, amount, person, bank=bank, book={"reference": no} if style == 0 else book, booked=booked)  # fmt: skip

    def play_payroll_in_one_sum(self) -> None:
        """The same debited as one."""
        on, amount, no, people = self.day(), self.own_amount(), self.next("PC26"), self.staff(30)
        book = [self.put("book", on, True, amount, one, batch_no=no, reference=self.next("YQ26")) for one in people]  # fmt: skip
        told = self.random.choice(({"reference": no}, {"narrative": f"代发{no}工资共{len(people)}笔"}))  # fmt: skip
        self.fact("must sum", [self.put("bank", on, True, amount * len(people), **told)], book)

    def play_masked(self) -> None:
        """Names masked, cards whole."""
        on, amount = self.day(), self.own_amount()
        for name, card in self.staff(6):
            told = self.random.choice((name[0] + "*" * (len(name) - 1), "*" * (len(name) - 1) + name[-1]))  # fmt: skip
            self.two("must masked", on, amount, (name, card), told=(told, card))

    def months(self) -> Iterator[date]:
        """One day of every month, or its last one."""
        day = self.random.choice((1, 5, 10, 28, 31))
        for month in range(1, 12):
            last = (date(2026 + month // 12, month % 12 + 1, 1) - timedelta(1)).day
            yield date(2026, month, min(day, last))

    def play_rent(self) -> None:
        """Every month the same sum to the same party, under a contract's number here or there, or none; it may rise."""
        _, amount, party = self.event()
        no = self.next("HT2025-")
        bank, book = self.random.choice((
            ({"narrative": "租金"}, {"description": "付租金"}), ({"narrative": f"租金 {no}"}, {"description": f"付租金{no}"}),
            ({"narrative": f"租金 {no}"}, {"bill_no": no}), ({"reference": no}, {"reference": no}),
        ))  # fmt: skip
        rises, forgets = self.random.random() < 0.3, "reference" not in bank
        for month, on in enumerate(self.months()):
            due = amount + (1000 if rises and month > 5 else 0)
            if forgets and self.random.random() < 0.2:
                side = self.random.choice(("bank", "book"))
                self.put(side, on, True, due, party, **(bank if side == "bank" else book))
                continue
            self.two("must rent", on, due, party, lag=self.near(), bank=bank, book=book)

    # --- numbers that are none ------------------------------------------------------------------------------------------

    def play_words_instead_of_a_reference(self) -> None:
        """A month, a day, a filler in the reference's place: of one party certain all the same, of two never."""
        on, amount, party = self.event()
        words: Words = {"reference": self.random.choice(
            (f"{on:%Y}年{on.month}月货款", f"{on:%Y%m%d}", f"{on}", f"{on:%Y%m}", "99999999", "1234567890"))}  # fmt: skip
        other = self.random.choice([one for one in self.companies if one[0] != party[0]])
        self.two("must words", on, amount, party, lag=self.near(), bank=words, book=words)
        self.two("", on, self.own_amount(), party, bank=words, book=words, booked=other)

    def play_span_of_time(self) -> None:
        """The same months, quarter or hotline in both texts say nothing of who was paid."""
        on, amount, party = self.event()
        last = on + timedelta(30)
        words = self.random.choice(
            (f"{on:%Y%m%d}-{last:%Y%m%d}", f"{on:%Y.%m.%d}-{last:%Y.%m.%d}", f"{on:%Y/%m/%d}-{last:%Y/%m/%d}",
             f"{on:%Y}Q{(on.month + 2) // 3}", f"FY{on:%Y}", "4008123123"))  # fmt: skip
        self.two("", on, amount, party, bank={"narrative": f"房租{words}"}, book={"description": f"计提租赁费 {words}"}, told=("", ""))  # fmt: skip

    def play_number_given_anew(self) -> None:
        """A number comes again ten months later, for another payment; or one side forgot either of them."""
        _, amount, party = self.event()
        no: Words = {"reference": self.next("FK-")}
        first = FIRST + timedelta(self.random.randrange(20))
        again = first + timedelta(300)
        if self.random.random() < 0.4:
            self.put("bank", first, True, amount, party, **no)
            self.put("book", again, True, amount, party, **no)
            return
        for on in (first, again):
            self.two("must anew", on, amount, party, lag=self.near(), bank=no, book=no)

    def play_number_in_a_phrase(self) -> None:
        """In the text or in the reference's own place."""
        on, amount, party = self.event()
        no = self.next("YQ26")
        phrase = self.random.choice((f"货款 {no} 十月", wide(f"付{no}号合同款"), f"【{no}】货款"))
        field = self.random.choice(("narrative", "purpose", "reference"))
        self.two("must phrase", on, amount, party, lag=-3, bank={field: phrase}, book={"reference": no})  # fmt: skip

    def play_slip(self) -> None:
        """0 for O, 1 for I, a digit lost, zeros before it: another number, and nobody's."""
        on, amount, party = self.event()
        no = self.next("YQ26")
        slip = self.random.choice((no.replace("0", "O", 1), no[:-1] + "I", no[:-1], "00" + no, f"{no}0"))  # fmt: skip
        told = self.random.choice(({"reference": slip}, {"narrative": f"货款{slip}"}))
        self.two("", on, amount, party, bank=told, book={"reference": no})

    def play_numbers_of_the_day(self) -> None:
        """Bank and books number their day alike, each for itself: the same number is by chance."""
        on, _, _ = self.event()
        (first, second) = self.random.sample(self.companies, 2)
        numbers = [f"{on:%Y%m%d}{self.random.randrange(9000) + n:04d}" for n in (1, 2, 3)]
        for party, serial, bill in (
            (first, numbers[0], numbers[1]),
            (second, numbers[1], numbers[0]),
        ):
            self.two("must daily", on, self.own_amount(), party, book={"bill_no": bill})
            self.bank[-1]["bank_serial"] = serial
        self.two("", on, self.own_amount(), first, book={"bill_no": numbers[2]}, booked=second)
        self.bank[-1]["bank_serial"] = numbers[2]

    def play_bill_of_two_suppliers(self) -> None:
        """Two parties number a bill alike, each pays it in parts."""
        on, bill = self.day(), self.next("FP")
        for party in self.random.sample(self.companies, 2):
            parts = [self.own_amount() for _ in range(self.random.randint(2, 3))]
            bank = [
                self.put("bank", on + timedelta(n), False, one, party, narrative=f"发票 {bill}")
                for n, one in enumerate(parts)
            ]
            self.fact(
                "must bill",
                bank,
                [self.put("book", on, False, sum(parts, Decimal(0)), party, bill_no=bill)],
            )

    # --- parties ------------------------------------------------------------------------------------------------------

    def play_cut(self) -> None:
        """The name cut after so many bytes of GBK, within a character too; the account is told."""
        on, amount, (name, number) = self.event()
        raw = name.encode("gbk")
        cut = raw[: self.random.randrange(13, len(raw))]
        told = cut.decode("gbk", self.random.choice(("ignore", "replace")))
        self.two("must cut", on, amount, (name, number), lag=self.near(), told=(told, number))

    def play_nobody(self) -> None:
        """Something stands where nobody is told: two such are not one party, and a party is told by what else there is."""
        on, amount, (name, number) = self.event()
        account = self.random.choice(("0", "-", "000000", "88888888", number[-4:]))
        nobody = (self.random.choice(("无", "-", "N/A", "客户", "0")), account)
        self.two("", on, amount, nobody, bank={"narrative": "转账"}, book={"description": "收款"})
        self.two("must nobody", on, self.own_amount(), (name, number), told=(name, account))

    def play_party_in_the_text(self) -> None:
        """A party told in the text only; a branch of it is another, and so is an account within a longer number."""
        on, amount, (name, number) = self.event()
        style = self.random.randrange(4)
        words = (f"付{name}货款", f"付{name}嘉定分公司货款", f"转至{number}户", f"流水99{number}01")[style]  # fmt: skip
        booked = (name, "") if style < 2 else ("", number)
        kind = "" if style % 2 else "must text"
        self.two(kind, on, amount, booked, bank={"narrative": words}, told=("", ""))

    def play_holiday(self) -> None:
        """Booked on the last working day before a long holiday, debited on the first one after it."""
        _, amount, party = self.event()
        before, after = self.random.choice(HOLIDAYS)
        is_far = self.random.random() < 0.3
        self.two("" if is_far else "must holiday", after + timedelta(is_far), amount, party, lag=(before - after).days - is_far)  # fmt: skip

    # --- taken back -----------------------------------------------------------------------------------------------------

    def play_red(self) -> None:
        """A voucher and its red one, by a reference or a bill; or before the right amount, which the bank knows."""
        on, amount, party = self.event()
        later, style = on + timedelta(self.random.randrange(5)), self.random.randrange(3)
        no: Words = {"bill_no" if style == 0 else "reference": self.next("FP26")}
        pair = [self.put("book", on, True, amount, party, **no), self.put("book", later, True, -amount, party, **no)]  # fmt: skip
        self.fact("must red", [], pair)
        if style == 1:
            self.two("must corrected", later, amount + 7, party, bank=no, book=no)

    def play_red_with_a_cause(self) -> None:
        """A payment and its return, booked under a number the bank tells neither of them by: nobody nets them."""
        on, amount, party = self.event()
        no: Words = {self.random.choice(("bill_no", "reference")): self.next("FP26")}
        for lag, out in ((0, True), (2, False)):
            day = on + timedelta(lag)
            self.two("may return", day, amount, party, out=out, book=no)

    def play_reversed(self) -> None:
        """The bank takes its own posting back, under its reference or by its serial."""
        on, amount, party = self.event()
        no = self.next("YQ26")
        style = self.random.randrange(2)
        first = self.put("bank", on, True, amount, party, **({"reference": no} if style else {}))
        words = f"冲正{no}" if style else f"冲正原流水{self.bank[-1]['bank_serial']}"
        back = self.put("bank", on + timedelta(1), False, amount, party, narrative=words)
        self.fact("must reversed", [first, back], [])
