"""Postal Savings Bank of China (agency text protocol): translation between the contract and the wire.

Source: bank overview, section 2.3.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

from bankadapters.banks.psbc import codes, requests
from bankadapters.banks.psbc import messages as m
from bankadapters.banks.psbc.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Balance,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import Dialect, Message
from bankadapters.errors import NotReady, Unreadable
from bankadapters.matching import echoed
from bankadapters.redaction import mask_range
from bankadapters.transport import Carrier
from kernel import clock
from kernel.secrets import Secret

_CODES: Mapping[Ability, str] = {
    Ability.SIGN_ON: codes.SIGN_ON,
    Ability.BALANCE: codes.BALANCE,
    Ability.PAY: codes.PAY,
    Ability.INQUIRE: codes.STATUS,
}
_COUNTER = itertools.count(secrets.randbelow(100_000))
_KEY = re.compile(r"[0-9A-Fa-f]{16}")


class PsbcAdapter(Dialect):
    """Postal Savings Bank of China: positional text over TCP, a MAC of ours under a key that changes every day."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": Carrier(framer=m.FRAME)}
    keeps_session = True
    session_is_daily = True

    def redact(self, message: bytes) -> bytes:
        """Where a key is asked for, all but the reply code behind the fields is masked, wherever the key may stand."""
        start = m.FRAME.width
        if not re.match(rb"[0-9]{6}", message) or message[start : start + 6] != b"770020":
            return message
        length = message[start + 6 : start + 8]
        fields = start + 8 + (int(length) if length.isdigit() else 0) + m.Tail.line_bytes()
        code = fields + self._place("reply_code_at")
        return mask_range(mask_range(message, fields, code), code + 2, len(message))

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Every payment is asked about alone."""
        return inquiry.reference

    def _place(self, name: str) -> int:
        value = self.setting(name)
        if not value.isdecimal():
            raise NotReady(f"{name} that is a number")
        return int(value)

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """Header and content; the day's key is the session's token."""
        content = self._content(request)
        key = "" if content.code == codes.SIGN_ON else token
        data = requests.message(content, setting=self.setting, key=key)
        return Message(content.code, data, number=content.serial)

    def _content(self, request: WireRequest) -> requests.Content:
        if request.batch is not None:
            return requests.payment(request.batch.instructions[0], setting=self.setting)
        if request.operation is Ability.INQUIRE:
            return requests.status(request.inquiries[0])
        now = clock.now().astimezone(clock.SHANGHAI)
        seconds = now.hour * 3600 + now.minute * 60 + now.second
        number = f"9{(seconds * 100 + next(_COUNTER)) % 10**7:07d}"
        if request.operation is Ability.SIGN_ON:
            return requests.Content(codes.SIGN_ON, number)
        return requests.balance(request.the_account(), number)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What a reply of this operation says. Raises Unreadable where it does not repeat what was sent."""
        said = m.reply_of(answer)
        if said.code != _CODES[operation]:
            raise Unreadable(f"reply of {said.code}, which is not {operation}")
        code = self._cut(said, "reply_code_at", 2)
        if not code.isalnum():
            raise Unreadable(f"reply code {code!r}")
        verdict = self._verdict(operation, code)
        reading = Reading(code, "", verdict, number=said.tail.serial)
        self._require_ours(said, asked)
        if operation is Ability.INQUIRE and verdict is Verdict.READ:
            return replace(reading, outcomes=[self._stands(said, code, asked)])
        if verdict is not Verdict.READ:
            return reading
        if operation is Ability.PAY:
            batch = asked.batch if asked is not None else None
            reference = batch.instructions[0].reference if batch else said.tail.serial
            return replace(reading, outcomes=[Outcome(reference, Fate.ACCEPTED, "", code)])
        if operation is Ability.SIGN_ON:
            return replace(reading, has_session=True, token=Secret(self._key(said)))
        return replace(reading, balances=[self._balance(said)])

    def _cut(self, said: m.Reply, place: str, width: int) -> str:
        at = self._place(place)
        text = said.rest[at : at + width]
        if len(text) < width:
            raise Unreadable(f"the reply ends before position {at + width} behind its fields")
        return text

    def _verdict(self, operation: Ability, code: str) -> Verdict:
        if code == codes.OK:
            return Verdict.READ
        if operation is not Ability.SIGN_ON and code in self.listed("key_codes"):
            return Verdict.NO_SESSION
        if operation is Ability.INQUIRE:
            return Verdict.NOTHING if code in self.not_found_codes else Verdict.READ
        is_refusal = operation is Ability.PAY and code in self.connection.final_failures
        return Verdict.REFUSED if is_refusal else Verdict.UNDECIDED

    @staticmethod
    def _require_ours(said: m.Reply, asked: WireRequest | None) -> None:
        """The fields a reply repeats are those of the message: a wrong layout or a wrong reply is not read."""
        if asked is None:
            return
        if asked.batch is not None:
            item = asked.batch.instructions[0]
            wanted = [(item.payee_account, said.account), (item.money.amount, said.tail.amount)]
        elif asked.accounts:
            wanted = [(asked.accounts[0].number, said.account)]
        else:
            wanted = [(asked.inquiries[0].reference, said.tail.serial)] if asked.inquiries else []
        for ours, theirs in wanted:
            if ours != theirs:
                raise Unreadable(f"the reply repeats {theirs!s:.40}, sent was {ours!s:.40}")

    def _stands(self, said: m.Reply, code: str, asked: WireRequest | None) -> Outcome:
        """A status: 00 is paid; one the operator lists as under way stays open; any other fails only where listed."""
        fate = codes.TABLE.fate(
            codes.STATUS, "reply", code, final_failures=self.connection.final_failures
        )
        if fate is not Fate.SUCCEEDED and code in self.listed("open_codes"):
            fate = Fate.PROCESSING
        reference = asked.inquiries[0].reference if asked is not None else said.tail.serial
        return Outcome(reference, fate, "", code, money=echoed(said.tail.amount))

    def _balance(self, said: m.Reply) -> Balance:
        at, rest = self._place("data_at"), said.rest
        texts = [rest[at : at + 12], rest[at + 12 : at + 24]]
        if not all(re.fullmatch(r"[0-9]{12}", text) for text in texts):
            raise Unreadable("no balance and available balance of 12 digits of fen")
        book, available = (Decimal(text).scaleb(-2) for text in texts)
        return Balance(said.account, "CNY", book, available, None, clock.today())

    def _key(self, said: m.Reply) -> str:
        """The day's key in hexadecimal. Raises Unreadable, NotReady."""
        text = self._cut(said, "data_at", 16)
        if not _KEY.fullmatch(text):
            raise Unreadable("the key is not 16 hexadecimal digits")
        if self.setting("key_form") == "clear":
            return text
        master = self.secret("master_key")
        if not _KEY.fullmatch(master):
            raise NotReady("master_key of 16 hexadecimal digits")
        cipher = Cipher(TripleDES(bytes.fromhex(master) * 3), ECB()).decryptor()  # noqa: S305 - the bank's own choice
        return (cipher.update(bytes.fromhex(text)) + cipher.finalize()).hex().upper()
