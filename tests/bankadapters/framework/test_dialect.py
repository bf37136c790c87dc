"""What every bank's adapter inherits: sorting of trouble, sessions, chunks, pages, matching."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.batching import together
from bankadapters.contract import (
    Ability,
    AccountRef,
    Balance,
    Connection,
    Direction,
    Fate,
    Inquiry,
    Outcome,
    Reading,
    Session,
    StatementLine,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.errors import (
    NotReady,
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Refused,
    Unencodable,
    Unreadable,
    Unsupported,
)
from bankadapters.paging import row_of
from bankadapters.sessions import MemorySessions
from bankadapters.testing import MemoryRecorder
from kernel import clock
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.framework.toy import (
    ACCOUNT,
    NOON,
    ToyAdapter,
    a_batch,
    an_item,
    opened,
    said,
    sessional,
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[clock.fixed]:
    with clock.fixed(NOON) as hand:
        yield hand


class TestPay:
    @pytest.mark.parametrize(
        ("verdict", "error"),
        [
            (Verdict.REFUSED, Refused),
            (Verdict.NOT_EXECUTED, NotSent),
            (Verdict.NO_SESSION, NotSent),
            (Verdict.UNDECIDED, OutcomeUnknown),
            (Verdict.NOTHING, OutcomeUnknown),
        ],
    )
    def test_the_verdict_on_the_message_sorts_it(self, verdict, error):
        with pytest.raises(error):
            ToyAdapter(said(verdict=verdict)).pay(a_batch())

    @pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.NOT_EXECUTED])
    def test_a_refusal_beside_outcomes_contradicts_itself(self, verdict):
        answer = said(Outcome("R1", Fate.ACCEPTED), verdict=verdict)

        with pytest.raises(OutcomeUnknown):
            ToyAdapter(answer).pay(a_batch())

    def test_an_answer_to_another_message_is_not_believed(self):
        with pytest.raises(OutcomeUnknown, match="belongs to message 8"):
            ToyAdapter(said(Outcome("R1", Fate.FAILED), number="8")).pay(a_batch())

    def test_a_surprise_while_reading_leaves_the_outcome_unknown(self):
        with pytest.raises(OutcomeUnknown):
            ToyAdapter(b"<answer/>").pay(a_batch())

    def test_reports_only_what_was_sent_and_doubts_what_is_named_twice(self):
        answer = said(
            Outcome("R1", Fate.FAILED, "s1"),
            Outcome("R1", Fate.ACCEPTED, "s1"),
            Outcome("X", Fate.FAILED),
        )

        (outcome,) = ToyAdapter(answer).pay(a_batch())

        assert (outcome.reference, outcome.fate) == ("R1", Fate.UNKNOWN)

    def test_two_payments_under_one_serial_are_both_in_doubt(self):
        answer = said(Outcome("R1", Fate.FAILED, "s1"), Outcome("R2", Fate.ACCEPTED, "s1"))

        outcomes = ToyAdapter(answer).pay(a_batch(an_item("R1"), an_item("R2")))

        assert {o.fate for o in outcomes} == {Fate.UNKNOWN}

    def test_a_payroll_is_answered_under_its_batch_number(self):
        answer = said(Outcome("B1", Fate.ACCEPTED), Outcome("R1", Fate.FAILED))

        (outcome,) = ToyAdapter(answer).pay(a_batch(operation=Ability.PAYROLL))

        assert outcome.reference == "B1"

    def test_what_does_not_go_into_one_message_is_refused_before_anything_leaves(self):
        adapter = ToyAdapter()

        for items in (
            [an_item(f"R{n}") for n in range(4)],
            [an_item("R1"), an_item("R2", personal=True)],
            [an_item("R1", purpose="x" * 60), an_item("R2", purpose="x" * 60)],
            [an_item("R1"), an_item("R1")],
        ):
            with pytest.raises(Unencodable):
                adapter.pay(a_batch(*items))
        assert not adapter.transport.requests

    def test_what_the_bank_cannot_do_is_unsupported(self):
        with pytest.raises(Unsupported):
            ToyAdapter().pay(a_batch(operation=Ability.INQUIRE))


class TestTogether:
    def test_takes_the_first_and_what_fits_beside_it(self):
        items = [
            an_item("R1"),
            an_item("R2", personal=True),
            an_item("R3"),
            an_item("R4"),
            an_item("R5"),
        ]

        chosen = ToyAdapter().together(a_batch(*items))

        assert [i.reference for i in chosen] == ["R1", "R3", "R4"]

    def test_stops_at_the_banks_bytes(self):
        items = [an_item(f"R{n}", purpose="x" * 40) for n in range(4)]

        assert len(ToyAdapter().together(a_batch(*items))) == 2

    def test_one_that_is_too_big_alone_still_goes_first(self):
        assert (
            len(
                together([an_item(purpose="x" * 500)], rows_max=1, bytes_max=10, size=lambda i: 500)
            )
            == 1
        )

    def test_a_single_payment_travels_alone(self):
        batch = a_batch(an_item("R1"), an_item("R2"), operation=Ability.PAY)

        assert len(ToyAdapter().together(batch)) == 1


class TestWrite:
    def test_what_does_not_go_into_one_message_is_not_written_in_part(self):
        both = a_batch(an_item("R1"), an_item("R2"))

        with pytest.raises(Unencodable, match="do not go into one message"):
            ToyAdapter().write(WireRequest(Ability.PAY, batch=both))


class TestWireRequest:
    def test_a_query_without_account_or_days_is_refused_by_name(self):
        query = WireRequest(Ability.TRANSACTIONS, first=date(2026, 3, 10))

        with pytest.raises(Unencodable, match="no account"):
            query.the_account()
        with pytest.raises(Unencodable, match="no days"):
            query.the_days()


class TestRowOf:
    def test_is_the_first_one_at_the_beginning(self):
        assert (row_of(""), row_of("51")) == (1, 51)

    @pytest.mark.parametrize("place", ["x", "-1", "１", "1000000000"])
    def test_anything_else_is_no_cursor_of_this_bank(self, place):
        with pytest.raises(Unencodable, match="not one of this bank"):
            row_of(place)


class TestInquire:
    def test_asks_in_chunks_by_how_it_was_sent(self):
        adapter = ToyAdapter(said(), said(), said())
        asked = [Inquiry(f"R{n}", operation=Ability.PAY_BATCH) for n in range(3)]

        adapter.inquire([*asked, Inquiry("P1", operation=Ability.PAYROLL)])

        assert [r.split(b" ")[0] for r in adapter.transport.requests] == [
            b"inquire_batch", b"inquire_batch", b"inquire_payroll",
        ]  # fmt: skip

    def test_nothing_found_is_not_found_and_never_a_failure(self):
        (outcome,) = ToyAdapter(said(verdict=Verdict.NOTHING)).inquire([Inquiry("R1")])

        assert (outcome.fate, outcome.not_found) == (Fate.UNKNOWN, True)

    @pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.UNDECIDED, Verdict.NOT_EXECUTED])
    def test_a_failed_question_says_nothing(self, verdict):
        with pytest.raises(QueryFailed):
            ToyAdapter(said(Outcome("R1", Fate.FAILED), verdict=verdict)).inquire([Inquiry("R1")])

    def test_an_answer_without_our_number_is_matched_by_the_banks(self):
        (outcome,) = ToyAdapter(said(Outcome("", Fate.SUCCEEDED, "s1"))).inquire(
            [Inquiry("R1", "s1")]
        )

        assert (outcome.reference, outcome.fate) == ("R1", Fate.SUCCEEDED)

    @pytest.mark.parametrize("asked", [("R1", "R2"), ("R1",)])
    def test_a_serial_that_payments_share_names_none_of_them(self, asked):
        adapter = ToyAdapter(said(Outcome("", Fate.SUCCEEDED, "s1")))
        adapter.serials_identify = len(asked) > 1  # alone, its bank must say that it is shared

        told = adapter.inquire([Inquiry(one, "s1", operation=Ability.PAY_BATCH) for one in asked])

        assert told == []

    def test_another_serial_than_ours_decides_nothing(self):
        (outcome,) = ToyAdapter(said(Outcome("R1", Fate.FAILED, "s2"))).inquire(
            [Inquiry("R1", "s1")]
        )

        assert outcome.fate is Fate.UNKNOWN


class TestSession:
    def test_signs_on_once_and_keeps_the_token(self):
        store = MemorySessions()
        adapter = sessional(opened("T1"), said(), said(), store=store)

        adapter.inquire([Inquiry("R1")])
        adapter.inquire([Inquiry("R2")])

        assert store.load().token.reveal() == "T1"
        assert sum(b"sign_on" in r for r in adapter.transport.requests) == 1

    def test_renews_a_refused_session_once_and_repeats(self):
        store = MemorySessions(Session(Secret("OLD"), NOON))
        refusal = said(verdict=Verdict.NO_SESSION)
        adapter = sessional(refusal, opened("NEW"), said(Outcome("R1", Fate.ACCEPTED)), store=store)

        (outcome,) = adapter.pay(a_batch())

        assert outcome.fate is Fate.ACCEPTED
        assert b"<token>NEW<" in adapter.transport.requests[2]

    def test_a_second_refusal_is_provably_not_sent(self):
        refusal = said(verdict=Verdict.NO_SESSION)

        with pytest.raises(NotSent):
            sessional(opened(), refusal, opened("T2"), refusal).pay(a_batch())

    def test_a_daily_session_is_replaced_on_the_next_day(self):
        store = MemorySessions(Session(Secret("OLD"), NOON.replace(day=9)))
        adapter = sessional(opened("NEW"), said(), store=store, session_is_daily=True)

        adapter.inquire([Inquiry("R1")])

        assert b"sign_on" in adapter.transport.requests[0]

    def test_a_payment_whose_sign_on_fails_was_not_sent(self):
        for answer in (Reading("1", "no", Verdict.REFUSED), b"<answer/>", OutcomeUnknown("cut")):
            with pytest.raises(NotSent):
                sessional(answer).pay(a_batch())

    def test_signs_off_and_forgets(self):
        store = MemorySessions(Session(Secret("T"), NOON))
        adapter = sessional(said(), store=store)

        adapter.sign_off()
        adapter.sign_off()

        assert store.load() is None
        assert len(adapter.transport.requests) == 1


class TestSettings:
    def test_a_required_one_left_empty_keeps_everything_from_leaving(self):
        adapter = ToyAdapter()
        adapter.connection = Connection("toy", {})

        with pytest.raises(NotReady, match="user"):
            adapter.pay(a_batch())
        assert not adapter.transport.requests
        assert adapter.setting("mode") == "safe"
        with pytest.raises(NotReady):
            adapter.secret("password")

    def test_one_nobody_declared_is_a_mistake_of_ours(self):
        with pytest.raises(KeyError):
            ToyAdapter().setting("undeclared")


class TestAccounts:
    def balance(self, account: str) -> Balance:
        return Balance(account, "CNY", Decimal(1), None, None, NOON.date())

    def test_balances_come_in_chunks_and_only_those_asked_for(self):
        first = Reading("0", "", balances=[self.balance("100"), self.balance("999")])
        second = Reading("0", "", balances=[self.balance("102")])

        found = ToyAdapter(first, second).balances([AccountRef(n) for n in ("100", "101", "102")])

        assert [b.account for b in found] == ["100", "102"]

    def test_no_balance_at_all_is_a_failed_question(self):
        with pytest.raises(QueryFailed):
            ToyAdapter(Reading("9", "no")).balances([ACCOUNT])

    def line(self, number: int) -> StatementLine:
        return StatementLine("100", str(number), NOON, Direction.DEBIT, Money(Decimal(1)), None)

    def test_pages_through_stretches_of_days_to_today(self):
        more = Reading("0", "", page=StatementPage([self.line(1)], next="p2"))
        last = Reading("0", "", page=StatementPage([self.line(2)]))
        adapter = ToyAdapter(more, last, last, last)

        cursor, pages = "", 0
        while cursor or not pages:
            page = adapter.transactions(ACCOUNT, date(2026, 3, 7), date(2026, 3, 12), cursor=cursor)
            cursor, pages = page.next, pages + 1

        assert [r.decode().split("</token>")[1].strip() for r in adapter.transport.requests] == [
            "2026-03-07 2026-03-08", "2026-03-07 2026-03-08 p2", "2026-03-09 2026-03-09", "2026-03-10 2026-03-10",
        ]  # fmt: skip

    def test_more_without_a_line_ends(self):
        empty = Reading("0", "", page=StatementPage((), next="p2"))

        assert ToyAdapter(empty).transactions(ACCOUNT, NOON.date(), NOON.date()).next == ""

    def test_midnight_between_two_pages_turns_the_day_into_history(self, noon):
        more = Reading("0", "", page=StatementPage([self.line(1)], next="p2"))
        adapter = ToyAdapter(more, more)
        cursor = adapter.transactions(ACCOUNT, NOON.date(), NOON.date()).next
        noon.advance(days=1)

        adapter.transactions(ACCOUNT, NOON.date(), NOON.date(), cursor=cursor)

        assert b"p2" not in adapter.transport.requests[1]


class TestEvidence:
    def test_secrets_are_masked_in_what_is_kept(self):
        recorder = MemoryRecorder()
        adapter = ToyAdapter(said(), recorder=recorder)

        adapter.ask(WireRequest(Ability.INQUIRE, inquiries=[Inquiry("R1")]))

        assert (
            adapter.redact(b"<token>T</token>?password=x&a=1")
            == b"<token>***</token>?password=***&a=1"
        )
        assert len(recorder.told) == 2


def test_reading_strange_bytes_raises_bank_errors_only():
    with pytest.raises(Unreadable):
        ToyAdapter(b"").read(Ability.PAY, b"")
    with pytest.raises(Unsupported):
        ToyAdapter().read(Ability.RECEIPT_FILE, b"")
