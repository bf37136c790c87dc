"""Postal Savings Bank of China's front-end of agency payments: positional text behind a header of 19 characters.

Written without the adapter. What the bank does not publish is the simulator's own: replies repeat the fields of the message
up to the settlement day, then two characters of a reply code, then 16 hexadecimal digits of the day's key under the master
key, or book and available balance of 12 digits each. Units ending in an odd digit pay from the first demo account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.psbc.simulator.fields import (
    CODES,
    KINDS,
    MASTER_KEY,
    Parts,
    mac_of,
    parts_of,
    sealed,
)
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, Stream, World
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.world import Told
from kernel import clock

_UNIT = "000000000001"
REASONS = {"no_funds": "51", "wrong_name": "05", "payee_closed": "14", "payer_unknown": "14"}
BIG = 1_000_000_000  # fen: above ten million yuan somebody at the bank handles it


class PsbcSimulator(BankSimulator):
    """中国邮政储蓄银行 as its agency front-end answers."""

    slug: ClassVar[str] = "psbc"
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/plain"
    speaks_tcp: ClassVar[bool] = True
    demo_accounts = (("951000010000000017", ""), ("951000010000000025", ""))
    admits = {
        "parameters": {
            "unit": _UNIT,
            "payer_account": "951000010000000017",
            "key_codes": "A0",
            "not_found_codes": "25",
            "open_codes": "09",
        },
        "secrets": {"master_key": MASTER_KEY},
    }

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._keys: dict[str, tuple[str, str]] = {}  # unit → day and key
        self._work: dict[str, Callable[[Parts], str]] = {
            "770020": self._new_key,
            "772000": self._balance,
            "774000": self._pay,
            "772030": self._status,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """The bank's own number, which no message carries."""
        return f"95{number % 10**12:012d}"

    async def receive(self, stream: Stream) -> bytes:
        """Nineteen characters with the content's length in the first six."""
        header = await stream.readexactly(19)
        if not header[:6].isdigit() or int(header[:6]) > 4096:
            raise ConnectionError("strange header")
        return header + await stream.readexactly(int(header[:6]))

    def understand(self, call: Call) -> Request:
        """Cut one message at its positions."""
        parts = parts_of(call.body)
        if parts.code not in self._work:
            raise Refusal("30")
        kind = KINDS[parts.code]
        insids = [parts.serial] if kind in ("pay", "inquire") else []
        return Request(parts.code, kind, insids, {"parts": parts})

    def handle(self, request: Request) -> str:
        """Check the MAC, work the message, word the reply."""
        parts = request.parts["parts"]
        if not isinstance(parts, Parts):
            raise TypeError("a request of another bank")
        if parts.code != "770020":
            day, key = self._keys.get(parts.unit, ("", ""))
            if day != f"{clock.today():%Y%m%d}" or parts.mac != mac_of(parts, key):
                raise Refusal("A0")
        return self._work[parts.code](parts)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A reply code behind the fields of the message."""
        parts = None if request is None else request.parts["parts"]
        return parts.reply(refusal.code) if isinstance(parts, Parts) else ""

    def expire(self, request: Request) -> str:
        """Forget the unit's key before anything is looked at."""
        parts = request.parts["parts"]
        if not isinstance(parts, Parts) or parts.code == "770020" or parts.unit not in self._keys:
            return ""
        del self._keys[parts.unit]
        return parts.reply("A0")

    def wire(self, words: str, request: Request | None, *, charset: str = "") -> bytes:
        """Header and content."""
        parts = None if request is None else request.parts["parts"]
        unit = parts.unit if isinstance(parts, Parts) else "0" * 12
        return f"{len(words):06d}1{unit}{words}".encode("ascii")

    # -- work -----------------------------------------------------------------------------------------------------

    def _new_key(self, parts: Parts) -> str:
        day = f"{clock.today():%Y%m%d}"
        number = self.world.faults.count(f"psbc keys {parts.unit}")
        key = f"{int(self.world.seeded.unit('key', parts.unit, day, number) * 16**15):016X}"
        self._keys[parts.unit] = (day, key)
        return parts.reply("00", sealed(key))

    def _payer(self, unit: str) -> str:
        first, second = self.demo_accounts
        return (first if int(unit[-1], 36) % 2 else second)[0]

    def _balance(self, parts: Parts) -> str:
        account = self.world.account(parts.account)
        if account is None:
            raise Refusal("14")
        return parts.reply("00", f"{account.balance:012d}{account.balance:012d}")

    def _pay(self, parts: Parts) -> str:
        if parts.amount <= 0 or parts.flag[:1] not in "1234" or not parts.account:
            raise Refusal("30")
        # No message names the payee: the bank pays whoever holds the account.
        known = self.world.books.account(parts.account)
        order = Order(
            parts.serial, "774000", self._payer(parts.unit), parts.amount, parts.account, known.name if known else "",
            "中国邮政储蓄银行", "", at_home=True, purpose="代付", manual=parts.amount > BIG,
        )  # fmt: skip
        (item,) = self.world.accept(custid="", orders=[order])
        for told in self.world.taken(order, item, operation="774000"):
            if told.state == "duplicate":
                raise Refusal("94")
            if told.state == "refused":
                raise Refusal(REASONS[told.reason])
            return parts.reply(told.strange[:2] or "00", serial=told.reference)
        return ""

    def _status(self, parts: Parts) -> str:
        item = self.world.known("", [parts.serial]).get(parts.serial)
        for told in self.world.asked(parts.serial, item, operation="772030"):
            return self._standing(parts, told)
        return ""

    @staticmethod
    def _standing(parts: Parts, told: Told) -> str:
        if told.item is None:
            raise Refusal("25")
        is_paid = told.state in ("settled", "returned")
        code = "00" if is_paid else REASONS[told.reason] if told.reason else "09"
        return parts.reply(told.strange[:2] or code, serial=told.reference, amount=told.item.amount)
