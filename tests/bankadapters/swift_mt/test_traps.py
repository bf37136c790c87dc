"""What goes wrong with SWIFT MT files, each under its own name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bankadapters.banks.swift_mt.adapter import labels
from bankadapters.contract import Ability, AccountRef, Fate, WireRequest
from bankadapters.errors import BankError, OutcomeUnknown, Unencodable
from bankadapters.folders import LISTED, FolderTransport, Left, bundle
from tests.bankadapters.swift_mt.values import (
    BATCH,
    DAY,
    NUMBERS,
    PAYER,
    a_batch,
    acknowledged,
    an_inquiry,
    an_instruction,
    asking,
    entry,
    files,
    rejected,
    statement,
)

ONE, OTHER = NUMBERS
GOLDEN = (
    ":20:B01000000017\r\n:28D:1/1\r\n:50H:/1500000000000001\r\nJADE TRADING LTD\r\n:52A:BKCHCNBJ\r\n:30:260310\r\n"
    ":21:Y01000000017\r\n:23E:URGP\r\n:32B:CNY10,01\r\n:57D://CN103290000007\r\nAGRICULTURAL BANK OF CHINA SHANGHAI\r\n"
    ":59:/6222020200112233445\r\nSAMPLE SUPPLIER LTD\r\n:70:INVOICE 4711\r\n:71A:SHA\r\n-"
)


def told(*contents: bytes, **inquiry: object) -> dict[str, Fate]:
    adapter, _ = asking(files(*contents))
    return {one.reference: one.fate for one in adapter.inquire([an_inquiry(**inquiry)])}


class TestWhatTheNetworkSays:
    def test_an_acknowledgement_is_a_delivery_and_no_payment(self):
        adapter, _ = asking(acknowledged(*NUMBERS))

        assert {one.fate for one in adapter.pay(a_batch())} == {Fate.ACCEPTED}
        assert told(acknowledged(*NUMBERS)) == {ONE: Fate.ACCEPTED}

    def test_an_acknowledgement_without_a_copy_holds_for_its_whole_message(self):
        adapter, _ = asking(acknowledged())

        assert {one.reference for one in adapter.pay(a_batch())} == set(NUMBERS)

    def test_a_message_the_network_refused_never_reached_the_bank(self):
        refused = acknowledged(fields="{451:1}{405:H50}")

        assert told(refused) == {ONE: Fate.FAILED}

    @pytest.mark.parametrize(
        "fields", ["{451:1}", "{451:0}{405:H50}", "{451:2}", "{177:1}", "{451:0}{451:1}"]
    )
    def test_an_acknowledgement_that_says_neither_decides_nothing(self, fields):
        adapter, _ = asking(acknowledged(*NUMBERS, fields=fields))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_acknowledgement_of_another_message_is_not_ours(self):
        assert told(acknowledged(number="B0199999")) == {}
        refused = acknowledged(ONE, fields="{451:1}{405:H50}", number="B0199999")
        assert told(refused) == told(rejected(ONE, number="B0199999")) == {ONE: Fate.UNKNOWN}


class TestWhatTheBankSays:
    def test_a_debit_under_our_number_is_the_success(self):
        assert told(acknowledged(*NUMBERS), statement(entry(ONE))) == {ONE: Fate.SUCCEEDED}

    def test_the_same_amount_back_is_a_return(self):
        assert told(statement(entry(ONE), entry(ONE, side="C", serial="V2"))) == {
            ONE: Fate.RETURNED
        }

    def test_a_reversed_debit_is_money_back(self):
        assert told(statement(entry(ONE), entry(ONE, side="RD", serial="V2"))) == {
            ONE: Fate.RETURNED
        }

    def test_a_rejection_fails_the_payment_it_names_and_no_other(self):
        assert told(acknowledged(*NUMBERS), rejected(ONE)) == {ONE: Fate.FAILED}
        assert told(acknowledged(*NUMBERS), rejected(ONE), reference=OTHER) == {
            OTHER: Fate.ACCEPTED
        }

    def test_a_rejection_of_the_whole_message_fails_each_of_its_payments(self):
        assert told(rejected("")) == {ONE: Fate.FAILED}

    @pytest.mark.parametrize("damage", [b"TREF/", b"/TREF", b"/TRE\x00/", b"(TREF/"])
    def test_a_damaged_line_does_not_turn_a_payments_rejection_into_its_messages(self, damage):
        adapter, _ = asking(files(acknowledged(*NUMBERS), rejected(ONE).replace(b"/TREF/", damage)))

        with pytest.raises(BankError):
            adapter.inquire([an_inquiry(OTHER)])

    def test_a_notice_about_all_is_related_to_the_message_itself(self):
        strange = rejected("").replace(b":21:B01000000017", b":21:Y01000000017")
        adapter, _ = asking(files(strange))

        with pytest.raises(BankError, match="names no payment"):
            adapter.inquire([an_inquiry()])

    def test_further_words_of_the_guidelines_are_read(self):
        longer = rejected(ONE).replace(
            b"\r\n-", b"\r\n/CHGS/CNY5,00\r\n/TEXT/PLEASE CHECK\r\n//THE NAME\r\n-"
        )

        assert told(longer) == {ONE: Fate.FAILED}

    def test_a_rejection_as_a_repeat_fails_nothing(self):
        assert told(rejected(ONE, "AM05")) == {ONE: Fate.UNKNOWN}

    def test_a_return_notice_after_the_debit_is_a_return(self):
        assert told(statement(entry(ONE)), rejected(ONE, word="RETN")) == {ONE: Fate.RETURNED}

    def test_rejected_but_debited_is_a_contradiction(self):
        assert told(statement(entry(ONE)), rejected(ONE)) == {ONE: Fate.UNKNOWN}

    @pytest.mark.parametrize("cut", [b"/MREF/B01000000017\r\n", b"/AC01/UNKNOWN\r\n"])
    def test_a_rejection_that_does_not_follow_the_guidelines_is_left_to_people(self, cut):
        adapter, _ = asking(files(rejected().replace(cut, b"")))

        with pytest.raises(BankError):
            adapter.inquire([an_inquiry()])

    def test_a_rejection_whose_end_has_not_come_yet_fails_nothing(self, tmp_path):
        whole, inbox = rejected(OTHER), tmp_path / "in"
        inbox.mkdir()
        folder = FolderTransport(inbox, inbox, labels=labels, wait_s=0.1)
        for size in range(1, len(whole)):
            (inbox / "r.txt").write_bytes(whole[:size])
            adapter, _ = asking(folder.exchange(b"", target=f"find ref:{ONE} word:{BATCH}"))
            assert list(adapter.inquire([an_inquiry(ONE)])) == []

        (inbox / "r.txt").write_bytes(whole)

        for behind in (b"", b"\r\n", b"\x03", b"$"):
            assert labels(whole + behind) == {f"word:{BATCH}", f"ref:{OTHER}"}

    def test_two_words_in_one_file_are_left_to_people(self):
        refused = acknowledged(OTHER, fields="{451:1}{405:H50}", number="B01000000025")
        for second in (acknowledged(ONE), rejected(ONE)):
            adapter, _ = asking(files(refused + b"\r\n" + second))
            with pytest.raises(BankError, match="several"):
                adapter.inquire([an_inquiry()])

    def test_an_open_page_is_not_the_days_last_word(self):
        answer = bundle([Left("a.txt", statement(entry(ONE), closes=False)), Left(LISTED, b"")])
        adapter, _ = asking(answer)

        assert [
            line.reference for line in adapter.transactions(AccountRef(PAYER), DAY, DAY).lines
        ] == [ONE]
        assert adapter.read(Ability.HISTORY_BALANCE, statement(closes=False)).balances == []
        assert len(adapter.read(Ability.HISTORY_BALANCE, statement()).balances) == 1


class TestWhatLeaves:
    def test_the_message_is_the_handbooks(self):
        adapter, _ = asking(charset="x", bic="BKCHCNBJ")
        batch = a_batch(an_instruction(urgent=True))

        assert adapter.write(WireRequest(Ability.PAY_BATCH, batch=batch)) == GOLDEN.encode()

    def test_with_both_terminals_it_has_its_header_blocks(self):
        adapter, _ = asking(sender="BKCHCNBJAXXX", receiver="ABOCCNBJXXXX")
        sent = adapter.write(WireRequest(Ability.PAY_BATCH, batch=a_batch()))

        head = (
            f"{{1:F01BKCHCNBJAXXX0000000000}}{{2:I101ABOCCNBJXXXXN}}{{3:{{108:{BATCH}}}}}{{4:\r\n"
        )
        assert sent.startswith(head.encode())
        assert sent.endswith(b"\r\n-}")

    @pytest.mark.parametrize("name", ["样例供应商", "A&B", "JADE_LTD"])
    def test_what_the_set_x_has_not_is_refused_by_name(self, name):
        adapter, transport = asking(charset="x")

        with pytest.raises(Unencodable, match=r"payee_name holds .* \(U\+"):
            adapter.pay(a_batch(an_instruction(payee_name=name)))
        assert not transport.requests

    @pytest.mark.parametrize(
        "name", [":20:EVIL", "-}", "{5:X}", "X" * 35 + ":59:/9", "X" * 35 + "-"]
    )
    def test_no_text_opens_a_field_a_block_or_ends_the_message(self, name):
        adapter, transport = asking()

        with pytest.raises(Unencodable):
            adapter.pay(a_batch(an_instruction(payee_name=name)))
        assert not transport.requests

    def test_a_long_name_goes_in_lines_of_thirty_five(self):
        adapter, _ = asking()
        sent = adapter.write(
            WireRequest(Ability.PAY_BATCH, batch=a_batch(an_instruction(payee_name="N" * 70)))
        )

        assert f"445\r\n{'N' * 35}\r\n{'N' * 35}\r\n:70:".encode() in sent

    def test_a_message_never_grows_beyond_ten_thousand_bytes(self):
        adapter, _ = asking()
        wide = [
            an_instruction(
                f"Y{n:011d}", payee_name="名" * 105, purpose="途" * 140, payee_bank="行" * 100
            )
            for n in range(20)
        ]
        chosen = adapter.together(a_batch(*wide))

        sent = adapter.write(
            WireRequest(Ability.PAY_BATCH, batch=replace(a_batch(), instructions=chosen))
        )

        assert 1 <= len(chosen) < 20
        assert len(sent) <= 10_000
