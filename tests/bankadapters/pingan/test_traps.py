"""The traps of Ping An's sheet, each by name: sections 1, 3, 5, 6 and the notes from real messages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankadapters.contract import Ability, Fate, Inquiry
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Refused, Unreadable
from kernel.money import Money
from tests.bankadapters.pingan.values import (
    PAYER,
    VOUCHER,
    a_batch,
    an_instruction,
    asking,
    echoing,
    fields,
    framed,
    golden,
    result,
    stands,
)

BATCH_NO = "B0100000000017"
SINGLE = [Inquiry(VOUCHER, operation=Ability.PAY)]
IN_BATCH = [Inquiry(VOUCHER, operation=Ability.PAY_BATCH, batch_no=BATCH_NO)]
TAKEN = result(fields(ThirdVoucher=VOUCHER, FrontLogNo="51250115000001", TranAmount="300.00"))


def fates(body: bytes, operation: Ability = Ability.INQUIRE) -> list[Fate]:
    return [o.fate for o in asking()[0].read(operation, body).outcomes]


def pay(answer, **changes):
    """One payment by 4004, and what the bank said of it."""
    return asking(answer, **changes)[0].pay(a_batch(operation=Ability.PAY))


class TestHeader:
    def test_lengths_count_bytes_and_a_decoded_string_is_never_sliced(self):
        words = ":账户余额不足，请核对后重新提交，如有疑问请联系开户行".encode("gbk")
        answer = framed(b"", code="YQ9999", words=words)

        reading = asking()[0].read(Ability.INQUIRE, answer)

        assert (reading.code, reading.text) == ("YQ9999", words.decode("gbk").lstrip(":"))

    def test_a_message_that_the_header_cuts_in_the_middle_of_a_character_is_still_read(self):
        words = ("失败" * 30).encode("gbk")[:99]
        reading = asking()[0].read(
            Ability.INQUIRE, framed(b"", code="YQ9999", words=words + b"\xca")
        )

        assert reading.text.startswith("失败失败")

    def test_another_serial_than_ours_is_not_believed(self):
        adapter, _ = asking(framed(TAKEN, serial="SOMEBODYELSES"))

        with pytest.raises(OutcomeUnknown, match="SOMEBODYELSES"):
            adapter.pay(a_batch(operation=Ability.PAY))

    @pytest.mark.parametrize(
        "answer",
        [
            framed(TAKEN)[:-3],
            framed(TAKEN) + b"<more/>",
            framed(TAKEN)[:100],
            framed(TAKEN).replace(b"A001", b"A00X", 1),
            TAKEN,
            framed(TAKEN, encoding="03"),
            framed(b"<a/>"),
        ],
    )
    def test_a_header_that_does_not_fit_leaves_the_outcome_unknown(self, answer):
        with pytest.raises(OutcomeUnknown):
            pay(answer)

    def test_a_request_that_comes_back_is_no_answer(self):
        with pytest.raises(OutcomeUnknown, match="of a request"):
            pay(lambda request: request)

    @pytest.mark.parametrize("filler", [" ", "0"])
    def test_operator_and_sign_area_are_never_compared(self, filler):
        said = pay(echoing(TAKEN, operator="", filler=filler))

        assert [o.fate for o in said] == [Fate.ACCEPTED]

    def test_the_headers_encoding_rules_over_the_declaration(self):
        body = (
            result(stands("20"))
            .replace(b'"GBK"', b'"UTF-8"')
            .replace(b"</Result>", "<Yhcljg>转账交易成功</Yhcljg></Result>".encode("gbk"))
        )
        declared_otherwise = result(
            fields(Stt="20", OrigThirdVoucher=VOUCHER, BackRem="户名"), encoding="utf-8"
        )

        assert fates(framed(body)) == [Fate.SUCCEEDED]
        assert fates(framed(declared_otherwise, encoding="02")) == [Fate.SUCCEEDED]

    def test_bodies_hold_characters_beyond_gbk(self):
        body = result(stands("30", BackRem="𠮷田公司户名不符"), encoding="gb18030")

        (said,) = asking()[0].read(Ability.INQUIRE, framed(body)).outcomes

        assert said.text == "𠮷田公司户名不符"

    def test_attachments_after_the_body_are_not_the_body(self):
        rest = " " * 267 + f"{4:010d}" + "file"

        assert fates(framed(result(stands("20")), attachments="1", rest=rest)) == [Fate.SUCCEEDED]

    def test_a_body_without_its_header_is_readable_by_the_tools_only(self):
        (said,) = asking()[0].read(Ability.INQUIRE, golden("inquire_answer")).outcomes

        assert (said.reference, said.fate, said.text) == (
            VOUCHER, Fate.RETURNED, "户名不符 000000:转账交易成功",
        )  # fmt: skip


class TestSubmission:
    @pytest.mark.parametrize("union", ["0", "1"])
    def test_taken_is_not_paid_not_even_inside_the_bank(self, union):
        body = TAKEN.replace(
            b"</Result>", f"<UnionFlag>{union}</UnionFlag><stt>20</stt></Result>".encode()
        )

        (said,) = pay(echoing(body))

        assert (said.fate, said.bank_serial) == (Fate.ACCEPTED, "51250115000001")

    def test_ma9111_is_under_way_with_a_body_or_without(self):
        for body in (b"", TAKEN):
            assert [o.fate for o in pay(echoing(body, code="MA9111"))] == [Fate.PROCESSING]

    @pytest.mark.parametrize(
        "code",
        ["MA4045", "GW3002", "AFE001", "AFE003", "E00007", "YQ9976", "YQ9999", "EBLN00", "SC6011", "MA9112",
         "YQ9971", "YQ9982", "YQ9984", "YQ9974", "XXXXXX"],
    )  # fmt: skip
    def test_an_error_code_of_4004_never_fails_a_payment_by_itself(self, code):
        with pytest.raises(OutcomeUnknown):
            pay(echoing(b"", code=code))

    def test_a_repeated_voucher_was_received_already_whatever_the_operators_list_says(self):
        with pytest.raises(OutcomeUnknown):
            pay(echoing(b"", code="MA4045"), final_failures=frozenset({"MA4045"}))

    def test_busy_in_the_header_is_never_a_failure(self):
        """MA9112 means busy in the header and failed in Yhcljg: same code, two levels."""
        with pytest.raises(OutcomeUnknown):
            pay(echoing(b"", code="MA9112"), final_failures=frozenset({"MA9112"}))

    def test_a_code_of_the_operators_list_is_a_definite_refusal(self):
        with pytest.raises(Refused):
            pay(echoing(b"", code="YQ9974"), final_failures=frozenset({"YQ9974"}))

    @pytest.mark.parametrize(
        "body",
        [
            result(fields(ThirdVoucher="20250115093000000009")),
            result(fields(ThirdVoucher=VOUCHER, TranAmount="3.00")),
            result(fields(ThirdVoucher=VOUCHER, OutAcctNo="999")),
            result(),
            b"",
        ],
    )
    def test_a_wrong_echo_leaves_the_outcome_unknown(self, body):
        with pytest.raises(OutcomeUnknown):
            pay(echoing(body))

    def test_a_batch_is_answered_by_its_voucher_only(self):
        items = [an_instruction(), an_instruction(reference="20250115093000000002")]
        adapter, _ = asking(echoing(result(fields(ThirdVoucher=BATCH_NO))))

        said = adapter.pay(a_batch(*items))

        assert [(o.reference, o.fate) for o in said] == [
            (VOUCHER, Fate.ACCEPTED), ("20250115093000000002", Fate.ACCEPTED),
        ]  # fmt: skip

    def test_a_batch_goes_by_pages_of_five_hundred(self):
        batch = a_batch(*(an_instruction(reference=f"{n:020d}") for n in range(501)))

        assert len(asking()[0].together(batch)) == 500


class TestStatus:
    @pytest.mark.parametrize(
        ("stt", "back", "fate"),
        [
            ("20", "0", Fate.SUCCEEDED),
            ("20", "", Fate.SUCCEEDED),
            ("20", "1", Fate.RETURNED),
            ("30", "0", Fate.FAILED),
            ("30", "1", Fate.UNKNOWN),
            ("40", "0", Fate.PROCESSING),
            ("40", "1", Fate.UNKNOWN),
            ("10", "0", Fate.PROCESSING),
            ("99", "0", Fate.UNKNOWN),
            ("", "0", Fate.UNKNOWN),
            ("2O", "0", Fate.UNKNOWN),
        ],
    )
    def test_stt_decides_and_isback_returns(self, stt, back, fate):
        assert fates(framed(result(stands(stt, back=back)))) == [fate]

    def test_yhcljg_is_for_people_and_decides_nothing(self):
        assert fates(framed(result(stands("40", Yhcljg="MA9112:失败 户名不符")))) == [
            Fate.PROCESSING
        ]
        assert fates(framed(result(stands("", Yhcljg="000000:转账交易成功")))) == [Fate.UNKNOWN]

    def test_not_found_means_not_received_so_far(self):
        adapter, _ = asking(echoing(b"", code="AFE404"), parameters={"not_found_codes": "AFE404"})

        (said,) = adapter.inquire(SINGLE)

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    @pytest.mark.parametrize("code", ["GW3002", "MA9112", "AFE404"])
    def test_an_error_of_the_query_changes_nothing(self, code):
        adapter, _ = asking(echoing(result(stands("30")), code=code))

        with pytest.raises(QueryFailed):
            adapter.inquire(SINGLE)

    def test_another_payer_account_than_ours_decides_nothing(self):
        adapter, _ = asking(echoing(result(stands("30", OutAcctNo="999"))))

        (said,) = adapter.inquire([Inquiry(VOUCHER, operation=Ability.PAY, payer_account=PAYER)])

        assert said.fate is Fate.UNKNOWN

    def test_the_amount_is_echoed_for_comparison(self):
        (said,) = asking()[0].read(Ability.INQUIRE, golden("inquire_answer")).outcomes

        assert said.money == Money(Decimal("300.00"))


class TestBatchStatus:
    def page(self, *items: str, end: str = "Y", batch: str = BATCH_NO, stt: str = "20"):
        top = fields(OrigThirdVoucher=batch, batchSTT=stt, faildCts="1", processCts="1", IsEnd=end)
        return echoing(result(top + "".join(f"<list>{item}</list>" for item in items)))

    def item(self, number: int, stt: str, **more: str) -> str:
        values = {
            "SThirdVoucher": f"2025011509300000000{number}",
            "FrontLogNo": f"51{number}",
            "Stt": stt,
        }
        return fields(**(values | more))

    def test_batchstt_20_is_handling_not_payment_the_items_decide(self):
        adapter, _ = asking(self.page(self.item(1, "20"), self.item(2, "30"), self.item(3, "40")))
        asked = [
            Inquiry(f"2025011509300000000{n}", operation=Ability.PAY_BATCH, batch_no=BATCH_NO)
            for n in (1, 2, 3)
        ]

        said = adapter.inquire(asked)

        assert [o.fate for o in said] == [Fate.SUCCEEDED, Fate.FAILED, Fate.PROCESSING]

    def test_is_read_to_its_end_with_pages_of_one_size(self):
        adapter, transport = asking(
            self.page(self.item(2, "30"), end="N"), self.page(self.item(1, "20"))
        )

        said = adapter.inquire(IN_BATCH)

        assert [o.fate for o in said] == [Fate.SUCCEEDED]
        assert [r.split(b"<PageNo>")[1][:1] for r in transport.requests] == [b"1", b"2"]
        assert all(b"<PageCts>500</PageCts>" in r for r in transport.requests)

    def test_an_item_number_counts_within_its_own_batch_only(self):
        adapter, _ = asking(self.page(self.item(1, "30"), batch="B0100000000999"))

        with pytest.raises(Unreadable, match="another one"):
            adapter.inquire(IN_BATCH)

    def test_the_old_answer_names_items_by_the_banks_serial_and_no_stt_is_no_state(self):
        old = fields(FrontLogNo="5109", kType="1", dType="2", PayCode="3")
        adapter, _ = asking(self.page(old))

        said = adapter.inquire(
            [Inquiry(VOUCHER, "5109", operation=Ability.PAY_BATCH, batch_no=BATCH_NO)]
        )

        assert [(o.reference, o.fate) for o in said] == [(VOUCHER, Fate.UNKNOWN)]

    def test_an_item_named_twice_is_in_doubt(self):
        adapter, _ = asking(self.page(self.item(1, "20"), self.item(1, "30")))

        assert [o.fate for o in adapter.inquire(IN_BATCH)] == [Fate.UNKNOWN]


class TestSignOn:
    def test_the_heart_beat_says_that_the_client_lives(self):
        reading = asking()[0].read(Ability.SIGN_ON, framed(result(fields(Desc="OK"))))

        assert reading.has_session

    def test_a_client_that_answers_an_error_is_no_session(self):
        adapter, _ = asking(echoing(b"", code="GW3002"))

        with pytest.raises(NotSent):
            adapter.sign_on()


def test_the_password_of_a_receipt_file_stays_out_of_the_evidence():
    adapter, _ = asking()

    kept = adapter.redact(framed(result(fields(FileName="a.zip", RandomPwd="8fd2a1"))))

    assert b"8fd2a1" not in kept
    assert b"a.zip" in kept


def test_a_bare_colon_before_the_headers_message_is_no_part_of_it():
    adapter, _ = asking()

    said = adapter.read(Ability.INQUIRE, framed(b"", code="E00001", words=":系统忙".encode("gbk")))

    assert said.text == "系统忙"
