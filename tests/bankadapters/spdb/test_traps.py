"""The traps of SPDB's sheet, each by name: sections 1 to 6, and the notes from real messages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Fate
from bankadapters.errors import (
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Refused,
    Unreadable,
)
from bankadapters.transport import Broken
from kernel.money import Money
from tests.bankadapters.spdb.values import (
    PAYER,
    REFERENCE,
    a_batch,
    an_instruction,
    asked,
    asking,
    error,
    fields,
    framed,
    golden,
    packet,
    rows,
    signed,
    stands,
)

ACCOUNT = AccountRef(PAYER)
IN_WEB_BANK = {"authMasterID": "2000000002"}


def taken(status: str) -> bytes:
    return signed(f"<body>{fields(transStatus=status, acceptNo='PT1')}</body>".encode())


def fates(answer: bytes, operation: Ability = Ability.INQUIRE) -> list[Fate]:
    return [o.fate for o in asking()[0].read(operation, answer).outcomes]


class TestTheFrame:
    def test_the_length_counts_its_own_six_characters_with_zeros_before(self):
        adapter, hops = asking(taken("A"))

        adapter.pay(a_batch())

        (sent,) = hops["main"].requests
        assert sent[:6] == str(len(sent)).rjust(6, "0").encode()
        assert sent[6:].startswith(b"<?xml version='1.0' encoding='gb2312'?>\n<packet>")
        assert b"c2ln\r\nbmVk" in sent  # line ends inside the signature are counted too

    def test_the_banks_has_blanks_behind(self):
        assert taken("A")[:6].strip().isdigit()
        assert taken("A")[5:6] == b" "
        assert fates(taken("A"), Ability.PAY) == [Fate.PROCESSING]

    def test_a_line_end_lost_in_storing_is_forgiven(self):
        whole = taken("A")

        assert fates(whole.replace(b"\n", b"", 1), Ability.PAY) == [Fate.PROCESSING]

    @pytest.mark.parametrize("answer", [b"", b"12", b"000099<packet/>", b"abcdef<packet/>"])
    def test_an_answer_without_its_length_leaves_a_payment_unknown(self, answer):
        adapter, _ = asking(answer)

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_every_message_has_a_packet_number_of_its_own(self):
        adapter, hops = asking(taken("A"), taken("A"))

        for _ in range(2):
            adapter.pay(a_batch())

        numbers = {r.split(b"<packetID>")[1].split(b"<")[0] for r in hops["main"].requests}
        assert len(numbers) == 2

    def test_a_status_of_another_packet_is_not_believed(self):
        adapter, _ = asking(signed(rows(stands("8")), number="OTHER"))

        with pytest.raises(Unreadable):
            adapter.inquire(asked())


class TestThreeHops:
    @pytest.mark.parametrize(
        "page", [NotSent("refused"), Broken("cut"), b"<html><result>-10535</result></html>", b""]
    )
    def test_trouble_at_the_first_sends_nothing_and_may_be_repeated(self, page):
        adapter, hops = asking()
        hops["sign"].answers = [page]

        with pytest.raises(NotSent):
            adapter.pay(a_batch())
        assert not hops["main"].requests

    def test_a_cut_second_hop_leaves_the_outcome_unknown(self):
        adapter, hops = asking(Broken("cut"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())
        assert len(hops["main"].requests) == 1

    @pytest.mark.parametrize(
        "page",
        [
            NotSent("refused"),
            Broken("cut"),
            b"<html><result>-1</result></html>",
            b"<html><result>0</result><sic>no body</sic></html>",
        ],
    )
    def test_an_answer_nobody_vouches_for_says_nothing(self, page):
        adapter, hops = asking(taken("8"))
        hops["verify"].answers = [page]

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_what_is_verified_counts_not_what_stands_beside_it(self):
        adapter, hops = asking(taken("8"))
        plain = b"<body><transStatus>A</transStatus><acceptNo>PT2</acceptNo></body>"
        hops["verify"].answers = [b"<html><result>0</result><sic>" + plain + b"</sic></html>"]

        (said,) = adapter.pay(a_batch())

        assert (said.fate, said.bank_serial) == (Fate.PROCESSING, "PT2")

    def test_a_success_that_is_not_signed_is_not_believed(self):
        adapter, _ = asking(packet(b"<body><transStatus>8</transStatus></body>"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())


class TestErrors:
    @pytest.mark.parametrize(
        "code", ["EYY9994", "EYY8995", "EYY8998", "B2E0005", "EGG0042", "EGG0044", "EGG0346"]
    )
    def test_unsigned_errors_before_acceptance_are_final(self, code):
        adapter, hops = asking(error(code, "不成功"))

        with pytest.raises(Refused) as caught:
            adapter.pay(a_batch())
        assert (caught.value.code, caught.value.text) == (code, "不成功")
        assert not hops["verify"].requests

    @pytest.mark.parametrize("code", ["EYY8990", "EGG0050", "EGG0521", "EXX9999"])
    def test_any_other_leaves_the_outcome_unknown(self, code):
        adapter, _ = asking(error(code))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_a_repeated_packet_number_is_never_final_whatever_a_table_says(self):
        adapter, _ = asking(
            error("EYY8990"), error("EXX9999"),
            final_failures=frozenset({"EYY8990", "EXX9999"}),
        )  # fmt: skip

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())
        with pytest.raises(Refused):
            adapter.pay(a_batch())

    def test_head_and_body_that_disagree_decide_nothing(self):
        body = b"<body><returnCode>EGG0346</returnCode></body>"
        adapter, _ = asking(packet(body, code="EGG0042"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_a_file_error_of_a_question_changes_nothing(self):
        adapter, _ = asking(error("EGG0050"))

        with pytest.raises(QueryFailed):
            adapter.inquire(asked())


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("0", Fate.MANUAL_HANDLING), ("1", Fate.MANUAL_HANDLING), ("2", Fate.MANUAL_HANDLING),
            ("3", Fate.MANUAL_HANDLING), ("A", Fate.PROCESSING), ("7", Fate.PROCESSING), ("8", Fate.FAILED),
            ("9", Fate.FAILED), ("", Fate.UNKNOWN), ("X7Q2", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_only_four_eight_and_nine_are_final(self, status, fate):
        assert fates(signed(rows(stands(status)))) == [fate]
        assert fates(taken(status), Ability.PAY) == [fate]

    def test_only_a_question_calls_a_payment_paid(self):
        assert fates(taken("4"), Ability.PAY) == [Fate.ACCEPTED]
        assert fates(signed(rows(stands("4")))) == [Fate.SUCCEEDED]

    def test_the_reason_stands_behind_our_own_note(self):
        (said,) = asking()[0].read(Ability.INQUIRE, signed(golden("inquire_answer"))).outcomes

        assert (said.fate, said.code, said.text) == (
            Fate.FAILED, "8/EGG0346", "EGG0346 户名不符",
        )  # fmt: skip
        assert said.money == Money(Decimal("88.00"))

    def test_please_retry_beside_a_rejection_is_still_a_failure(self):
        note = "货款|&lt;错误原因:EGG0042 锁定失败,请重试&gt;"

        assert fates(signed(rows(stands("8", note=note)))) == [Fate.FAILED]

    @pytest.mark.parametrize(
        "answer", [signed(rows()), signed(rows(total=0)), error("EGG0521", "没有记录")]
    )
    def test_nothing_found_right_after_sending_is_no_failure(self, answer):
        adapter, _ = asking(answer)

        (said,) = adapter.inquire(asked())

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_another_payer_account_decides_nothing(self):
        adapter, _ = asking(signed(rows(stands("8", acctNo="999"))))

        assert [o.fate for o in adapter.inquire(asked())] == [Fate.UNKNOWN]

    def test_one_batch_ends_differently_row_by_row(self):
        texts = [stands("4", elecChequeNo="P1"), stands("8", elecChequeNo="P2")]
        adapter, hops = asking(signed(rows(*texts)))
        question = [
            asked(reference=f"P{n}", operation=Ability.PAY_BATCH, bank_serial="PT25YQ0000000001")[0]
            for n in (1, 2)
        ]

        said = {o.reference: o.fate for o in adapter.inquire(question)}

        assert said == {"P1": Fate.SUCCEEDED, "P2": Fate.FAILED}
        assert len(hops["main"].requests) == 1

    def test_a_batch_whose_answer_was_lost_is_asked_about_row_by_row(self):
        adapter, hops = asking(signed(rows()), signed(rows()))
        question = [asked(reference=f"P{n}", operation=Ability.PAY_BATCH)[0] for n in (1, 2)]

        assert len(adapter.inquire(question)) == 2
        assert len(hops["main"].requests) == 2


class TestBatches:
    def test_counts_beside_an_acceptance_end_no_single_payment(self):
        text = "<acceptNo>PT1</acceptNo><successCount>1</successCount><failCount>1</failCount>"
        adapter, _ = asking(signed(f"<body>{text}</body>".encode()))
        items = [an_instruction(reference=f"P{n}") for n in (1, 2)]

        said = adapter.pay(a_batch(*items, operation=Ability.PAY_BATCH))

        assert [(o.reference, o.fate, o.bank_serial) for o in said] == [
            ("P1", Fate.ACCEPTED, "PT1"), ("P2", Fate.ACCEPTED, "PT1"),
        ]  # fmt: skip

    def test_an_accepted_batch_without_a_number_is_unknown(self):
        adapter, _ = asking(signed(b"<body><successCount>1</successCount></body>"))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch(operation=Ability.PAY_BATCH))

    def ask(self, status: str, *later: bytes, **more: str):
        row = {"packageNo": "B2501150001", "hostJnlSeqNo": "PT9", "transStatus": status}
        answer = signed(rows(fields(**(row | more))), trade="DO48")
        adapter, hops = asking(answer, *later, parameters=IN_WEB_BANK)
        question = asked(operation=Ability.PAY_BATCH, batch_no="B2501150001", bank_serial="EB1")
        return adapter.inquire(question), hops

    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("5", Fate.MANUAL_HANDLING), ("9", Fate.PROCESSING), ("Z", Fate.PROCESSING), ("2", Fate.FAILED),
            ("3", Fate.FAILED), ("4", Fate.FAILED), ("Y", Fate.FAILED), ("1", Fate.UNKNOWN), ("Q", Fate.UNKNOWN),
        ],
    )  # fmt: skip
    def test_with_an_authoriser_the_web_bank_speaks_first(self, status, fate):
        (said,), _ = self.ask(status)

        assert (said.reference, said.fate) == (REFERENCE, fate)

    def test_once_authorised_the_host_is_asked_under_its_own_number(self):
        (said,), hops = self.ask("0", signed(rows(stands("4"))))

        assert said.fate is Fate.SUCCEEDED
        assert len(hops["main"].requests) == 2
        assert b"<acceptNo>PT9</acceptNo>" in hops["sign"].requests[1]

    @pytest.mark.parametrize(
        ("rejected", "fate"), [("2", Fate.FAILED), ("1", Fate.UNKNOWN), ("", Fate.FAILED)]
    )
    def test_a_refused_batch_of_which_only_some_were_rejected_has_not_failed(self, rejected, fate):
        (said,), _ = self.ask("2", totalNumber="2", rejectNumber=rejected)

        assert said.fate is fate

    def test_failcode_is_no_mark_of_an_error(self):
        (said,), _ = self.ask("5", failCode="0000")

        assert said.fate is Fate.MANUAL_HANDLING

    def test_another_batch_in_the_list_says_nothing_of_ours(self):
        (said,), _ = self.ask("2", packageNo="B9")

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)


class TestInstantPayments:
    def stands(self, status: str) -> bytes:
        text = fields(electronNumber=REFERENCE, businessNo="BN1", businessStatus=status)
        return signed(f"<body>{text}</body>".encode(), trade="EG30")

    @pytest.mark.parametrize(
        ("status", "fate"),
        [("0", Fate.FAILED), ("1", Fate.SUCCEEDED), ("2", Fate.PROCESSING), ("3", Fate.PROCESSING),
         ("9", Fate.UNKNOWN)],
    )  # fmt: skip
    def test_their_status_counts_otherwise(self, status, fate):
        adapter, _ = asking(self.stands(status), parameters={"single": "EG01"})

        assert [o.fate for o in adapter.inquire(asked())] == [fate]

    def test_a_status_that_names_no_payment_is_of_the_one_asked_about(self):
        told = signed(b"<body><businessStatus>1</businessStatus></body>", trade="EG30")
        adapter, _ = asking(told, parameters={"single": "EG01"})

        assert [(o.reference, o.fate) for o in adapter.inquire(asked())] == [
            (REFERENCE, Fate.SUCCEEDED)
        ]

    def test_acceptance_is_not_success(self):
        adapter, _ = asking(
            signed(b"<body><businessNo>BN1</businessNo></body>"), parameters={"single": "EG01"}
        )

        (said,) = adapter.pay(a_batch())

        assert (said.fate, said.bank_serial) == (Fate.PROCESSING, "BN1")

    def test_where_one_question_failed_the_other_cannot_say_not_found(self):
        adapter, _ = asking(error("EGG0050"), signed(rows()), parameters={"single": "EG01"})

        with pytest.raises(QueryFailed):
            adapter.inquire(asked())


class TestInTheWebBank:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("1", Fate.UNKNOWN), ("2", Fate.FAILED), ("5", Fate.MANUAL_HANDLING), ("9", Fate.PROCESSING),
            ("A", Fate.MANUAL_HANDLING), ("C", Fate.FAILED), ("D", Fate.PROCESSING), ("F", Fate.FAILED),
            ("S", Fate.SUCCEEDED), ("Y", Fate.FAILED),
        ],
    )  # fmt: skip
    def test_the_same_letter_means_something_else_there(self, status, fate):
        answer = signed(rows(stands(status)), trade="EY03")
        adapter, _ = asking(error("EGG0521"), answer, parameters=IN_WEB_BANK)

        assert [o.fate for o in adapter.inquire(asked())] == [fate]


def test_a_timestamp_with_slashes_is_read():
    plain = f"<body><lists>{'<list>'}{stands('4')}{'</list>'}</lists></body>".encode()
    whole = signed(plain, trade="8804")[6:]
    slashed = whole.replace(b"</head>", b"<timeStamp>2019/04/11 16:57:44</timeStamp></head>")
    adapter, _ = asking()

    said = adapter.read(Ability.INQUIRE, framed(slashed))

    assert [one.fate for one in said.outcomes] == [Fate.SUCCEEDED]
