"""China Guangfa Bank (CGBClient): translation between the contract and the wire.  Source: bank overview, section 2.2."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, cast

from lxml import etree

from bankadapters.banks.cgb import codes, requests
from bankadapters.banks.cgb import messages as m
from bankadapters.banks.cgb.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Balance,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    StatementLine,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import ASKED_BY, INQUIRIES, Dialect, Message
from bankadapters.errors import Unreadable
from bankadapters.leaves import LEAVES, moment
from bankadapters.matching import echoed
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money


class CgbAdapter(Dialect):
    """China Guangfa Bank through its client: one form field, a password in every message and its cipher in every answer."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": Carrier(form_field="cgb_data")}
    masked = ("password",)
    spans = Spans(days_max=31)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Items of one batch; everything else is asked about alone."""
        operation = ASKED_BY[inquiry.operation]
        if operation is Ability.INQUIRE_BATCH:
            return operation, inquiry.batch_no
        return operation, inquiry.reference

    def _transactions(self, operation: Ability) -> set[str]:
        return {
            Ability.PAY: {self.setting("home_transfer"), self.setting("interbank")},
            Ability.INQUIRE: {*codes.STATUS},
            Ability.INQUIRE_BATCH: {codes.BATCH_STATUS},
            Ability.BALANCE: {"0001"},
            Ability.TRANSACTIONS: {"0032"},
        }[operation]

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The BEDC document of a request; a payment's own number is the number of its message."""
        number, setting = lasting_number(16, prefix="Q"), self.setting
        if request.batch is not None:
            item = request.batch.instructions[0]
            code, body = requests.payment(item, setting=setting)
            number = item.reference
        elif request.operation is Ability.INQUIRE:
            code, body = setting("status"), requests.status(request.inquiries[0])
        elif request.operation is Ability.INQUIRE_BATCH:
            code, body = codes.BATCH_STATUS, requests.batch_status(request.inquiries[0])
        elif request.operation is Ability.BALANCE:
            code, body = "0001", requests.balance(request.the_account())
        else:
            account, days = request.the_account(), request.the_days()
            code, body = "0032", requests.entries(account, *days, request.cursor, setting=setting)
        data = requests.message(
            code, body, setting=setting, password=self.secret("password"), number=number
        )
        return Message(code, data, number=number)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        root = parse_bank_xml(answer, default="gb18030")
        if root.tag != "BEDC":
            raise Unreadable(f"root {root.tag} instead of BEDC, at line {root.sourceline}")
        node = the_one(root, "commHead")
        if node is None:
            raise Unreadable("BEDC without commHead")
        head = m.AnswerHead.parse(node)
        if not head.result or head.code not in self._transactions(operation):
            raise Unreadable(f"answer of {head.code[:10]!r}, which is not {operation}")
        if asked is not None and not head.number:
            raise Unreadable("an answer that does not name its entSeqNo")
        verdict = self._verdict(operation, head.result)
        reading = Reading(head.result, "", verdict, head.number)
        if verdict is not Verdict.READ:
            return reading
        body = the_one(root, "Body")
        if body is None:
            raise Unreadable("BEDC without Body")
        if operation is Ability.PAY:
            return replace(reading, outcomes=[self._taken(body, head, asked)])
        if operation is Ability.INQUIRE:
            return replace(reading, outcomes=[self._stands(body, head, asked)])
        if operation is Ability.INQUIRE_BATCH:
            return replace(reading, outcomes=self._batch(body, asked))
        account = asked.accounts[0] if asked is not None and asked.accounts else None
        if operation is Ability.BALANCE:
            return replace(reading, balances=[self._balance(body, account)])
        return replace(reading, page=self._page(body, asked))

    def _verdict(self, operation: Ability, code: str) -> Verdict:
        has_records = operation in (Ability.TRANSACTIONS, Ability.INQUIRE_BATCH)
        if code == codes.OK or (code == codes.WITH_RECORDS and has_records):
            return Verdict.READ
        if operation is Ability.PAY:
            return Verdict.REFUSED if code in self.connection.final_failures else Verdict.UNDECIDED
        is_absent = operation in INQUIRIES and code in self.not_found_codes
        is_empty = operation is Ability.TRANSACTIONS and code in self.listed("no_rows_codes")
        return Verdict.NOTHING if is_absent or is_empty else Verdict.UNDECIDED

    # -- payments -----------------------------------------------------------------------------------------------

    @staticmethod
    def _taken(body: etree._Element, head: m.AnswerHead, asked: WireRequest | None) -> Outcome:
        """Taken, never paid: the bank's trace number is its serial. Raises Unreadable for another payment's echo."""
        row = m.Taken.parse(body)
        if asked is not None and asked.batch is not None:
            item = asked.batch.instructions[0]
            is_other = row.payer_account and row.payer_account != item.payer_account
            if is_other or (row.amount is not None and row.amount != item.money.amount):
                raise Unreadable("the answer echoes another payer account or another amount")
        return Outcome(head.number, Fate.ACCEPTED, row.trace, head.result)

    @staticmethod
    def _stands(body: etree._Element, head: m.AnswerHead, asked: WireRequest | None) -> Outcome:
        row = m.Standing.parse(body)
        wanted = asked.inquiries[0].reference if asked is not None else row.number
        if row.number and row.number != wanted:
            raise Unreadable(f"answer about {row.number[:30]!r}, asked was {wanted}")
        return Outcome(
            reference=wanted,
            fate=codes.TABLE.fate(head.code, "hostStatus", row.status),
            code=row.status,
            money=echoed(row.amount),
            payer_account=row.payer_account,
        )

    @staticmethod
    def _batch(body: etree._Element, asked: WireRequest | None) -> list[Outcome]:
        told = m.BatchAnswer.parse(body)
        wanted = asked.inquiries[0].batch_no if asked is not None else told.batch
        if told.batch and told.batch != wanted:
            raise Unreadable(f"answer about batch {told.batch[:30]!r}, asked was {wanted}")
        rows = told.records.rows if told.records is not None else []
        return [
            Outcome(
                row.reference,
                codes.TABLE.fate(codes.BATCH_STATUS, "bankstatus", row.status),
                row.serial,
                row.status,
                row.why,
                payer_account=told.account,
            )
            for row in rows
        ]

    # -- accounts -----------------------------------------------------------------------------------------------

    def _balance(self, body: etree._Element, asked: AccountRef | None) -> Balance:
        """0001 by the element names the operator was told. Raises Unreadable, listing what the answer has."""
        book = _figure(body, self.setting("balance_element"))
        if book is None:
            names = ", ".join(dict.fromkeys(str(node.tag) for node in body.iter() if not len(node)))
            raise Unreadable(f"which element is the balance? The answer has {names[:200]}")
        available = _figure(body, self.setting("available_element"))
        number = child_text(body, "account") or (asked.number if asked is not None else "")
        currency = asked.currency if asked is not None else "CNY"
        return Balance(number, currency, book, available, None, clock.today())

    def _page(self, body: etree._Element, asked: WireRequest | None) -> StatementPage:
        told = m.EntriesAnswer.parse(body)
        number = told.account or (asked.accounts[0].number if asked is not None else "")
        rows = told.records.rows if told.records is not None else []
        lines = [_entry(row, number, n) for n, row in enumerate(rows, 1)]
        place = "|".join((told.next_day, told.next_code, told.next_serial))
        is_last = told.page and told.page == self.setting("last_page")
        before = asked.cursor if asked is not None else ""
        following = "" if is_last or place in ("||", before) else place
        return StatementPage(lines, next=following)


def _figure(body: etree._Element, name: str) -> Decimal | None:
    """An amount by its element's name, None where there is none of it or more than one."""
    found = list(body.iter(name)) if name else []
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    return cast(Decimal | None, LEAVES["yuan"].read(text))


def _entry(row: m.Entry, account: str, number: int) -> StatementLine:
    if row.booked_on is None or row.amount is None or row.side not in codes.SIDE:
        raise Unreadable(f"row {number} lacks its day or amount, or has a sign that is not + or -")
    if row.amount <= 0:
        raise Unreadable(f"row {number}: the amount is not above zero")
    words = (row.abstract, row.content, row.summary, row.postscript)
    return StatementLine(
        account=account,
        bank_serial=row.unique or row.core or row.serial,
        booked_at=moment(row.booked_on, row.time),
        direction=codes.SIDE[row.side],
        money=Money(row.amount),
        balance_after=None,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=" ".join(dict.fromkeys(word for word in words if word)),
        purpose=row.postscript,
    )
