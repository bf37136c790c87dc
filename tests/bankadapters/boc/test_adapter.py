"""The Bank of China adapter over scripted answers: sessions, payments, inquiries, balances, statements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.banks.boc.adapter import BocAdapter
from bankadapters.contract import (
    Ability,
    AccountRef,
    Batch,
    Fate,
    Inquiry,
    Session,
)
from bankadapters.errors import (
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Unencodable,
    Unreadable,
)
from bankadapters.sessions import MemorySessions
from bankadapters.testing import AdapterContract, MemoryRecorder
from bankadapters.transport import Broken, MemoryTransport
from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.boc.values import (
    a_batch,
    a_connection,
    an_instruction,
    golden,
    item,
    signed_on,
    status,
)

ACCOUNT = AccountRef("440012345678")


class TestBocAdapterContract(AdapterContract):
    slug = "boc"
    references = ("260310P00001",)
    secrets = (b"s3cret", b"Qm9DLXRva2Vu")

    def adapter(self, transport, recorder):
        return BocAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return [golden("sign_on_answer.xml")]

    def paid(self):
        return golden("pay_answer.xml")

    def executed(self):
        return status("B001", "b2e0007", item("b2e0007", "B001"))


class TestSession:
    def test_signs_on_lazily_and_keeps_the_token(self):
        store = MemorySessions()
        transport = MemoryTransport([golden("sign_on_answer.xml"), golden("balance_answer.xml")])

        BocAdapter(a_connection(), transport=transport, sessions=store).balances([ACCOUNT])

        assert store.load().token.reveal() == "Qm9DLXRva2Vu"
        assert b"<token>Qm9DLXRva2Vu</token>" in transport.requests[1]

    def test_takes_the_token_from_the_head(self):
        store = MemorySessions()
        transport = MemoryTransport([golden("sign_on_answer_token_in_head.xml")])

        BocAdapter(a_connection(), transport=transport, sessions=store).sign_on()

        assert store.load().token.reveal() == "SGVhZFRva2Vu"

    @pytest.mark.parametrize("code", ["1033", "B107"])
    def test_renews_a_refused_token_once_with_the_same_insid(self, code):
        adapter, transport = signed_on(
            status(code, "b2e0009"), golden("sign_on_answer.xml"), golden("pay_answer.xml")
        )

        said = adapter.pay(a_batch())

        assert said[0].fate is Fate.ACCEPTED
        assert transport.requests[0].count(b"<insid>260310P00001<") == 1
        assert transport.requests[2].count(b"<insid>260310P00001<") == 1
        assert b"TOKEN-ONE" not in transport.requests[2]

    def test_a_second_refusal_is_provably_not_sent(self):
        refusal = status("1033", "b2eerror")
        adapter, transport = signed_on(refusal, golden("sign_on_answer.xml"), refusal)

        with pytest.raises(NotSent):
            adapter.pay(a_batch())
        assert len(transport.requests) == 3

    def test_a_refusal_beside_items_is_no_session_refusal(self):
        adapter, transport = signed_on(status("1033", "b2e0009", item("b2e0009", "B001")))

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())
        assert len(transport.requests) == 1

    @pytest.mark.parametrize("answer", [Broken("cut"), b"junk", status("B998", "b2e0001")])
    def test_a_payment_whose_sign_on_fails_was_not_sent(self, answer):
        adapter = BocAdapter(a_connection(), transport=MemoryTransport([answer]))

        with pytest.raises(NotSent):
            adapter.pay(a_batch())

    def test_sign_off_takes_b002_for_success_and_forgets_the_token(self):
        adapter, _ = signed_on(status("B002", "b2e0002", words="OK"))

        adapter.sign_off()

        assert adapter.sessions.load() is None


class TestPay:
    @pytest.mark.parametrize(
        ("code", "fate"),
        [
            ("B001", Fate.ACCEPTED),
            ("B059", Fate.PROCESSING),
            ("B999", Fate.PROCESSING),
            ("B006", Fate.UNKNOWN),
            ("S901", Fate.UNKNOWN),
            ("", Fate.UNKNOWN),
        ],
    )
    def test_item_codes(self, code, fate):
        adapter, _ = signed_on(
            status("B001", "b2e0009", item("b2e0009", code)), final_failures=frozenset({"S901"})
        )

        assert [o.fate for o in adapter.pay(a_batch())] == [fate]

    @pytest.mark.parametrize(
        "answer",
        [
            golden("error_answer.xml"),
            status("B998", "b2e0009"),
            status("B054", "b2e0009", item("b2e0009", "B001")),
            status("B001", "b2e0061", item("b2e0061", "B001")),
        ],
    )
    def test_any_other_message_leaves_the_outcome_unknown(self, answer):
        adapter, _ = signed_on(answer)

        with pytest.raises(OutcomeUnknown):
            adapter.pay(a_batch())

    def test_an_item_not_mentioned_is_absent(self):
        adapter, _ = signed_on(golden("pay_answer.xml"))

        said = adapter.pay(a_batch(an_instruction(), an_instruction(reference="260310P00002")))

        assert [o.reference for o in said] == ["260310P00001"]

    def test_an_item_mentioned_twice_is_unknown(self):
        twice = item("b2e0009", "B001") + item("b2e0009", "S901")
        adapter, _ = signed_on(status("B001", "b2e0009", twice))

        assert [o.fate for o in adapter.pay(a_batch())] == [Fate.UNKNOWN]

    def test_persons_go_by_b2e0061(self):
        adapter, transport = signed_on(status("B001", "b2e0061", item("b2e0061", "B001")))

        adapter.pay(a_batch(an_instruction(personal=True, urgent=True, cnaps="104290000000")))

        assert b"<bocflag>1</bocflag>" in transport.requests[0]
        assert b"<cuspriolv>1</cuspriolv>" in transport.requests[0]

    def test_companies_and_persons_do_not_mix(self):
        adapter, transport = signed_on()

        mixed = a_batch(an_instruction(), an_instruction(reference="R2", personal=True))

        with pytest.raises(ValueError, match="do not go into one message"):
            adapter.pay(mixed)
        assert not transport.requests
        assert [i.reference for i in adapter.together(mixed)] == ["260310P00001"]

    def test_a_past_day_goes_out_as_today(self):
        adapter, transport = signed_on(golden("pay_answer.xml"))

        adapter.pay(a_batch(an_instruction(day=date(2026, 3, 1))))

        assert b"<trfdate>20260310</trfdate>" in transport.requests[0]

    def test_a_payroll_is_one_item_under_the_batch_number(self):
        adapter, transport = signed_on(status("B001", "b2e0078", item("b2e0078", "B001", "PR1")))
        people = [
            an_instruction(reference=f"R{n}", personal=True, money=Money(Decimal("10.05")))
            for n in range(3)
        ]

        said = adapter.pay(Batch("PR1", people, Ability.PAYROLL))

        assert [(o.reference, o.fate) for o in said] == [("PR1", Fate.ACCEPTED)]
        assert (
            b"<pybamt>30.15</pybamt><pybnum>3</pybnum><crdtyp>6</crdtyp>" in transport.requests[0]
        )

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "名" * 71}, "payee_name"),
            ({"purpose": "款" * 101}, "purpose"),
            ({"purpose": "a|b"}, "purpose"),
            ({"reference": "中文"}, "reference"),
            ({"reference": "R" * 33}, "reference"),
            ({"cnaps": "12"}, "cnaps"),
            ({"cnaps": "", "payee_bank": ""}, "payee_bank"),
            ({"money": Money(Decimal("10000000000000"))}, "amount"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
            ({"payee_name": "a\x01"}, "payee_name"),
        ],
    )
    def test_limits_are_kept_before_anything_leaves(self, changes, field):
        adapter, transport = signed_on()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert isinstance(caught.value, InvalidInput)
        assert caught.value.field == field
        assert not transport.requests

    def test_names_count_characters_and_purposes_count_chinese_twice(self):
        adapter, _ = signed_on(golden("pay_answer.xml"))

        said = adapter.pay(a_batch(an_instruction(payee_name="名" * 70, purpose="款" * 100)))

        assert said[0].fate is Fate.ACCEPTED


class TestInquire:
    @pytest.mark.parametrize(
        ("code", "fate"),
        [
            ("B001", Fate.SUCCEEDED),
            ("B054", Fate.PROCESSING),
            ("RC99", Fate.PROCESSING),
            ("B006", Fate.UNKNOWN),
            ("B010", Fate.UNKNOWN),
            ("S901", Fate.FAILED),
            ("S902", Fate.UNKNOWN),
            ("1033", Fate.UNKNOWN),
            ("b001", Fate.UNKNOWN),
            ("", Fate.UNKNOWN),
        ],
    )
    def test_item_codes(self, code, fate):
        adapter, _ = signed_on(
            status("B001", "b2e0007", item("b2e0007", code)),
            final_failures=frozenset({"S901", "B006", "B999", "1033"}),
        )

        assert [o.fate for o in adapter.inquire([Inquiry("260310P00001")])] == [fate]

    @pytest.mark.parametrize("answer", [golden("error_answer.xml"), status("B003", "b2e0007")])
    def test_a_failed_query_says_nothing(self, answer):
        adapter, _ = signed_on(answer)

        with pytest.raises(QueryFailed):
            adapter.inquire([Inquiry("260310P00001")])

    def test_not_found_never_fails(self):
        adapter, _ = signed_on(
            status("B001", "b2e0007", item("b2e0007", "S904")),
            final_failures=frozenset({"S904"}),
            parameters={"not_found_codes": "S903, S904"},
        )

        (said,) = adapter.inquire([Inquiry("260310P00001")])

        assert (said.fate, said.not_found) == (Fate.UNKNOWN, True)

    def test_matches_by_serial_only_where_the_reference_is_left_out(self):
        adapter, _ = signed_on(status("B001", "b2e0007", item("b2e0007", "B001", "", "18")))

        (said,) = adapter.inquire([Inquiry("260310P00001", bank_serial="18")])

        assert (said.reference, said.fate) == ("260310P00001", Fate.SUCCEEDED)

    def test_another_serial_than_ours_decides_nothing(self):
        adapter, _ = signed_on(status("B001", "b2e0007", item("b2e0007", "B001")))

        (said,) = adapter.inquire([Inquiry("260310P00001", bank_serial="19")])

        assert said.fate is Fate.UNKNOWN

    def test_an_answer_to_another_message_is_refused(self):
        body = status("B001", "b2e0007", item("b2e0007", "B001"))
        adapter, _ = signed_on(body.replace(b"<head>", b"<head><trnid>999</trnid>"))

        with pytest.raises(Unreadable, match="999"):
            adapter.inquire([Inquiry("260310P00001")])

    def test_asks_at_most_fifty_at_a_time(self):
        answers = [status("B001", "b2e0007")] * 3
        adapter, transport = signed_on(*answers)

        adapter.inquire([Inquiry(f"R{n}") for n in range(120)])

        assert [r.count(b"<b2e0007-rq>") for r in transport.requests] == [50, 50, 20]


class TestEvidence:
    def test_masks_the_token_in_answers_and_nothing_else(self):
        answer = golden("pay_answer.xml")

        kept = BocAdapter(a_connection()).redact(answer)

        assert kept == answer.replace(b"Qm9DLXRva2Vu", b"***")

    def test_a_recorder_that_cannot_keep_evidence_stops_the_payment(self):
        class Full(MemoryRecorder):
            def before(self, exchange):
                raise OSError("disk full")

        store = MemorySessions(Session(Secret("T"), clock.now()))
        transport = MemoryTransport([golden("pay_answer.xml")])

        with pytest.raises(NotSent):
            BocAdapter(a_connection(), transport=transport, sessions=store, recorder=Full()).pay(
                a_batch()
            )
        assert not transport.requests
