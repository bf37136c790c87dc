"""The traps of the Postal Savings Bank of China notes, each by name: bank overview, section 2.3."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bankadapters.banks.psbc.adapter import PsbcAdapter
from bankadapters.contract import Ability, AccountRef, Fate, Inquiry
from bankadapters.errors import NotReady, NotSent, OutcomeUnknown, QueryFailed, Refused, Unreadable
from bankadapters.testing import MemoryRecorder
from bankadapters.transport import MemoryTransport
from kernel import clock
from tests.bankadapters.psbc.values import (
    NUMBER,
    PAYEE,
    PAYER,
    SEALED,
    WORKING,
    a_batch,
    a_connection,
    asking,
    key,
    repeating,
    reply,
)

ONE = [Inquiry(NUMBER)]


class TestKey:
    def test_it_is_asked_for_once_a_day(self):
        adapter, transport = asking(repeating(), repeating(), key, repeating())

        adapter.pay(a_batch())
        adapter.inquire(ONE)
        with clock.fixed(clock.now() + timedelta(days=1)):
            adapter.inquire(ONE)

        assert [r[19:25] for r in transport.requests] == [
            b"770020", b"774000", b"772030", b"770020", b"772030",
        ]  # fmt: skip

    def test_it_comes_under_the_master_key_or_in_clear(self):
        sealed, _ = asking()
        clear, _ = asking(parameters={"key_form": "clear"})

        sealed.sign_on()
        clear.sign_on()

        assert clear.keeper.known() == SEALED
        assert sealed.keeper.known() not in ("", SEALED, WORKING)

    def test_it_never_stands_in_the_evidence_even_where_the_answer_breaks_off(self):
        adapter, _ = asking()
        whole = reply("770020", more=SEALED)

        for end in range(len(whole) - 10, len(whole) + 1):
            kept = adapter.redact(whole[:end])
            assert SEALED.encode()[:6] not in kept
            assert kept[:77] == whole[:77]
        assert SEALED.encode() not in adapter.redact(whole.replace(b"1", b"0", 1))

    def test_the_recorder_gets_it_masked(self):
        recorder = MemoryRecorder()
        adapter = PsbcAdapter(
            a_connection(), transport=MemoryTransport([key, repeating()]), recorder=recorder
        )

        adapter.pay(a_batch())

        assert not any(SEALED.encode() in (one.answer or b"") for _, one in recorder.told)

    def test_a_code_for_an_old_key_renews_it_and_sends_the_same_number_once_more(self):
        adapter, transport = asking(
            repeating("A0"), key, repeating(), parameters={"key_codes": "A0"}
        )

        (said,) = adapter.pay(a_batch())

        assert said.fate is Fate.ACCEPTED
        assert [r[19:25] for r in transport.requests] == [b"770020", b"774000"] * 2
        with pytest.raises(OutcomeUnknown):
            asking(repeating("A0"))[0].pay(a_batch())

    def test_a_refused_key_sends_no_payment(self):
        transport = MemoryTransport([repeating("05")])

        with pytest.raises(NotSent):
            PsbcAdapter(a_connection(), transport=transport).pay(a_batch())
        assert len(transport.requests) == 1

    def test_a_place_that_is_no_number_is_a_setting_to_mend(self):
        with pytest.raises(NotReady, match="data_at"):
            asking(parameters={"data_at": "x"})[0].sign_on()


class TestPayment:
    def test_00_is_taken_and_not_paid(self):
        (said,) = asking(repeating())[0].pay(a_batch())

        assert (said.reference, said.fate) == (NUMBER, Fate.ACCEPTED)

    @pytest.mark.parametrize("code", ["05", "51", "96", "XX"])
    def test_other_codes_are_unknown_unless_the_operators_list_has_them(self, code):
        with pytest.raises(OutcomeUnknown):
            asking(repeating(code))[0].pay(a_batch())
        with pytest.raises(Refused):
            asking(repeating(code), final_failures=frozenset({code}))[0].pay(a_batch())

    @pytest.mark.parametrize(
        "answer",
        [
            reply("774000", account=PAYEE[:-1] + "8", fen=30000, said="51"),
            reply("774000", account=PAYEE, fen=30001, said="51"),
            reply("774000", account=PAYEE, fen=30000, serial="10000018", said="51"),
            reply("772000", account=PAYEE, fen=30000, said="51"),
            reply("774000", account=PAYEE, fen=30000, said=""),
        ],
    )
    def test_a_reply_that_does_not_repeat_what_was_sent_decides_nothing(self, answer):
        with pytest.raises(OutcomeUnknown):
            asking(answer, final_failures=frozenset({"51"}))[0].pay(a_batch())

    def test_the_reply_code_stands_where_the_accounts_length_puts_it(self):
        for account in (PAYEE, PAYER, "6"):
            body = reply("774000", account=account, fen=30000, said="51")
            assert asking()[0].read(Ability.PAY, body).code == "51"

    def test_its_place_is_a_setting(self):
        body = reply("774000", account=PAYEE, fen=30000, said="XXXX51")
        adapter, _ = asking(parameters={"reply_code_at": "4"})

        assert adapter.read(Ability.PAY, body).code == "51"


class TestStatus:
    def test_00_is_paid(self):
        (told,) = asking(repeating())[0].inquire(ONE)

        assert told.fate is Fate.SUCCEEDED

    def test_other_codes_decide_only_where_the_operators_list_says_so(self):
        (told,) = asking(repeating("51"))[0].inquire(ONE)
        (listed,) = asking(repeating("51"), final_failures=frozenset({"51"}))[0].inquire(ONE)

        assert (told.fate, listed.fate) == (Fate.UNKNOWN, Fate.FAILED)

    def test_a_code_listed_as_under_way_stays_open_even_if_listed_as_failed_too(
        self,
    ):
        listed = {"parameters": {"open_codes": "09,10"}, "final_failures": frozenset({"10"})}

        for code, fate in (("09", Fate.PROCESSING), ("10", Fate.PROCESSING), ("11", Fate.UNKNOWN)):
            (said,) = asking(repeating(code), **listed)[0].inquire(ONE)
            assert said.fate is fate

    def test_not_found_is_what_the_operators_list_says(self):
        (told,) = asking(repeating("25"), parameters={"not_found_codes": "25"})[0].inquire(ONE)

        assert (told.fate, told.not_found) == (Fate.UNKNOWN, True)

    def test_a_reply_under_another_serial_is_not_believed(self):
        with pytest.raises(Unreadable):
            asking(reply("772030", serial="10000018"))[0].inquire(ONE)


class TestBalance:
    def test_it_is_told_in_fen(self):
        (found,) = asking(repeating("00", "000000500050000000480000"))[0].balances(
            [AccountRef(PAYER)]
        )

        assert (found.book, found.available) == (Decimal("5000.50"), Decimal("4800.00"))

    def test_half_a_balance_is_unreadable(self):
        with pytest.raises(Unreadable):
            asking(repeating("00", "000000500050"))[0].balances([AccountRef(PAYER)])

    def test_an_error_is_no_balance_of_zero(self):
        with pytest.raises(QueryFailed):
            asking(repeating("14"))[0].balances([AccountRef(PAYER)])


class TestHeader:
    @pytest.mark.parametrize(
        "data", [b"", b"12", reply("772030")[:-1], reply("772030") + b"0", b"x" * 80]
    )
    def test_a_length_that_contradicts_the_content_is_unreadable(self, data):
        with pytest.raises(Unreadable):
            asking()[0].read(Ability.INQUIRE, data)
