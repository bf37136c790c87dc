"""What goes wrong with ISO 20022 files, each under its own name."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bankadapters import registry
from bankadapters.contract import Ability, AccountRef, Fate
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Unencodable
from bankadapters.folders import LISTED, FolderTransport, Left, bundle, put
from kernel import clock
from kernel.money import Money
from tests.bankadapters.iso20022.values import (
    BATCH,
    DAY,
    NUMBERS,
    PAYER,
    a_batch,
    a_connection,
    an_inquiry,
    an_instruction,
    asking,
    entry,
    files,
    row,
    statement,
    status,
)

ONE = NUMBERS[0]


def told(*contents: bytes, **inquiry: object) -> dict[str, Fate]:
    adapter, _ = asking(files(*contents))
    return {one.reference: one.fate for one in adapter.inquire([an_inquiry(**inquiry)])}


class TestWhatAStatusMeans:
    def test_a_whole_message_taken_is_no_success_of_its_payments(self):
        assert told(status(group="ACSC")) == {ONE: Fate.ACCEPTED}

    def test_a_whole_message_refused_fails_each_of_its_payments(self):
        assert told(status(group="RJCT", reason="FF01")) == {ONE: Fate.FAILED}

    def test_a_message_partly_refused_leaves_unnamed_payments_open(self):
        assert told(status(row(NUMBERS[1], "RJCT", "AC04"), group="PART")) == {}

    @pytest.mark.parametrize("reason", ["AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"])
    def test_a_refusal_as_a_repeat_never_fails_what_was_sent_first(self, reason):
        assert told(status(group="RJCT", reason=reason)) == {ONE: Fate.UNKNOWN}
        assert told(status(row(ONE, "RJCT", reason))) == {ONE: Fate.UNKNOWN}

    def test_a_repeats_refusal_beside_the_first_report_changes_nothing(self):
        first, repeat = status(row(ONE, "ACSC"), at=1), status(group="RJCT", reason="DUPL", at=2)

        assert told(first, repeat) == {ONE: Fate.SUCCEEDED}

    def test_acsp_is_on_its_way_unless_the_bank_says_that_it_is_its_last_word(self):
        adapter, _ = asking(files(status(row(ONE, "ACSP"))), paid_statuses="ACSC,ACCC,ACSP")

        assert told(status(row(ONE, "ACSP"))) == {ONE: Fate.PROCESSING}
        assert [one.fate for one in adapter.inquire([an_inquiry()])] == [Fate.SUCCEEDED]

    def test_a_payment_is_never_paid_at_once(self):
        adapter, _ = asking(files(status(*(row(one, "ACSC") for one in NUMBERS))))

        assert {one.fate for one in adapter.pay(a_batch())} == {Fate.PROCESSING}

    def test_an_unlisted_status_is_unknown(self):
        assert told(status(row(ONE, "XXXX"))) == {ONE: Fate.UNKNOWN}

    def test_a_payment_named_twice_in_one_report_is_not_decided(self):
        assert told(status(row(ONE, "ACSC"), row(ONE, "RJCT", "AC04"))) == {ONE: Fate.UNKNOWN}

    def test_two_reports_that_contradict_each_other_decide_nothing(self):
        assert told(status(row(ONE, "ACSC"), at=1), status(row(ONE, "RJCT", "AC04"), at=2)) == {
            ONE: Fate.UNKNOWN
        }

    def test_an_older_report_read_later_does_not_turn_back_an_end(self):
        assert told(status(row(ONE, "ACSC"), at=9), status(row(ONE, "ACSP"), at=1)) == {
            ONE: Fate.SUCCEEDED
        }

    def test_a_report_about_another_message_says_nothing_of_ours(self):
        assert told(status(group="RJCT", reason="FF01", number="B0199999")) == {}
        for word in ("RJCT", "ACSC"):
            assert told(status(row(ONE, word), number="B0199999")) == {ONE: Fate.UNKNOWN}

    def test_an_account_of_another_payer_is_a_contradiction(self):
        other = status(row(ONE, "ACSC")).replace(
            b"</TxSts>",
            b"</TxSts><OrgnlTxRef><DbtrAcct><Id><Othr><Id>9</Id></Othr></Id></DbtrAcct></OrgnlTxRef>",
        )

        assert told(other) == {ONE: Fate.UNKNOWN}


class TestWhatEntriesSayOfPayments:
    def test_a_debit_under_our_number_is_a_success_where_no_status_follows(self):
        assert told(status(row(ONE, "ACCP")), statement(entry(ONE), kind="054")) == {
            ONE: Fate.SUCCEEDED
        }

    def test_the_same_amount_back_is_a_return(self):
        back = entry(ONE, side="CRDT", serial="V2")

        assert told(status(row(ONE, "ACSC")), statement(entry(ONE), back)) == {ONE: Fate.RETURNED}

    def test_the_credit_on_our_own_payee_account_is_no_return(self):
        credit = statement(entry(ONE, side="CRDT", serial="V2"), account="1400000000000002")

        assert told(statement(entry(ONE)), credit) == {ONE: Fate.SUCCEEDED}
        assert told(statement(entry(ONE)), credit, payer_account="") == {ONE: Fate.SUCCEEDED}

    def test_a_debit_of_another_account_is_not_ours(self):
        assert told(statement(entry(ONE), account="1400000000000002")) == {}

    def test_refused_but_debited_is_a_contradiction(self):
        assert told(status(row(ONE, "RJCT", "AC04")), statement(entry(ONE))) == {ONE: Fate.UNKNOWN}


class TestStatements:
    @pytest.fixture(autouse=True)
    def _next_day(self):
        with clock.fixed(clock.now() + timedelta(days=1)):
            yield

    @staticmethod
    def lines(*contents: bytes, closed: tuple[date, ...] = (DAY,), **parameters: str):
        days = "\n".join(f"closed:{PAYER}:{day:%Y%m%d}" for day in closed)
        answer = bundle(
            [
                *(Left(f"f{n}.xml", one) for n, one in enumerate(contents)),
                Left(LISTED, days.encode()),
            ]
        )
        adapter, _ = asking(answer, **parameters)
        return adapter.transactions(AccountRef(PAYER), DAY, DAY).lines

    def test_an_entry_told_in_052_and_054_is_one_entry(self):
        tomorrow = DAY + timedelta(days=1)
        one = entry("A", day="2026-03-11")
        answer = files(statement(one, kind="052", day="2026-03-11"), statement(one, kind="054"))
        adapter, _ = asking(answer)

        assert len(adapter.transactions(AccountRef(PAYER), tomorrow, tomorrow).lines) == 1

    def test_the_days_closed_statement_outweighs_what_was_said_before(self):
        interim = statement(entry("A", serial="V1"), entry("B", serial="V9"), kind="052")

        found = self.lines(interim, statement(entry("A", serial="V1")))

        assert [line.reference for line in found] == ["A"]

    def test_two_entries_without_serials_are_two(self):
        assert len(self.lines(statement(entry("A", serial=""), entry("A", serial="")))) == 2

    def test_two_entries_of_one_amount_booked_under_one_serial_are_two(self):
        both = statement(entry("A", serial="V1"), entry("B", serial="V1"))

        assert [line.reference for line in self.lines(both, both)] == ["A", "B"]

    def test_a_past_day_without_its_statement_is_not_an_empty_day(self):
        with pytest.raises(QueryFailed, match="no statement of 2026-03-10"):
            self.lines(closed=(DAY - timedelta(days=1),))

    def test_a_later_statement_closes_the_days_before_it(self):
        assert self.lines(closed=(DAY + timedelta(days=1),)) == []

    def test_a_weekend_without_statements_waits_for_none_where_the_bank_makes_none(self):
        saturday = date(2026, 3, 14)
        days = f"closed:{PAYER}:20260313"
        answer = bundle([Left(LISTED, days.encode())])
        with clock.fixed(clock.now() + timedelta(days=5)):  # the Monday after
            adapter, _ = asking(answer, weekend_statements="no")
            assert adapter.transactions(AccountRef(PAYER), saturday, saturday).lines == []
            strict, _ = asking(answer)
            with pytest.raises(QueryFailed):
                strict.transactions(AccountRef(PAYER), saturday, saturday)

    def test_pages_go_on_to_the_last_entry(self):
        many = statement(*(entry(f"R{n}", serial=f"V{n}") for n in range(1100)))
        answer = bundle([Left("a.xml", many), Left(LISTED, f"closed:{PAYER}:20260310".encode())])
        adapter, _ = asking(answer, answer, answer)
        found, cursor = [], ""
        for _ in range(3):
            page = adapter.transactions(AccountRef(PAYER), DAY, DAY, cursor=cursor)
            found += page.lines
            cursor = page.next

        assert not cursor
        assert len({line.reference for line in found}) == len(found) == 1100

    def test_the_balance_is_the_latest_told(self):
        later = statement(kind="052", day="2026-03-11", closing="77.00")
        adapter, _ = asking(files(later, statement(closing="100.00")))

        (found,) = adapter.balances([AccountRef(PAYER)])

        assert (found.as_of.isoformat(), found.book) == ("2026-03-11", Decimal("77.00"))


class TestPuttingAFile:
    def test_it_appears_whole_under_its_own_name_and_nothing_else_stays(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "s.xml").write_bytes(status(group="ACCP"))
        adapter = registry.open(a_connection(tmp_path))

        said = adapter.pay(a_batch())

        assert {one.fate for one in said} == {Fate.ACCEPTED}
        (there,) = (tmp_path / "out").iterdir()
        assert there.name == f"pain.001-{BATCH}.xml"
        assert there.read_bytes().endswith(b"</Document>")

    def test_without_an_answer_the_outcome_is_unknown_and_the_file_lies_there(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()

        with pytest.raises(OutcomeUnknown, match="has not answered yet"):
            registry.open(a_connection(tmp_path)).pay(a_batch())

        assert len(list((tmp_path / "out").iterdir())) == 1

    def test_a_file_that_lies_there_is_never_written_over(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        there = tmp_path / "out" / f"pain.001-{BATCH}.xml"
        there.write_bytes(b"the first one")

        with pytest.raises(OutcomeUnknown, match="is there already"):
            registry.open(a_connection(tmp_path)).pay(a_batch())

        assert there.read_bytes() == b"the first one"
        assert list((tmp_path / "out").iterdir()) == [there]

    @pytest.mark.parametrize("missing", ["out", "in"])
    def test_a_folder_that_is_not_mounted_means_nothing_was_sent(self, tmp_path, missing):
        (tmp_path / ("in" if missing == "out" else "out")).mkdir()

        with pytest.raises(NotSent, match="is not there"):
            registry.open(a_connection(tmp_path)).pay(a_batch())

        assert not [one for one in tmp_path.rglob("*") if one.is_file()]

    def test_a_folder_of_answers_that_goes_away_leaves_the_outcome_unknown(self, tmp_path):
        outbox, inbox = tmp_path / "out", tmp_path / "in"
        outbox.mkdir()
        inbox.mkdir()
        (inbox / "s.xml").write_bytes(b"the bank's")

        def unmounted(data: bytes) -> frozenset[str]:
            inbox.rename(tmp_path / "elsewhere")
            return frozenset()

        transport = FolderTransport(outbox, inbox, labels=unmounted, wait_s=0.1)

        with pytest.raises(OutcomeUnknown, match=r"a.xml was handed over, folder .* is not there"):
            transport.exchange(b"a payment", target="put a.xml status:1")
        assert (outbox / "a.xml").read_bytes() == b"a payment"

    def test_what_a_death_between_link_and_unlink_left_is_not_written_into(self, tmp_path):
        there = tmp_path / "a.xml"
        there.write_bytes(b"the first one")
        (tmp_path / ".a.xml.tmp").hardlink_to(there)

        with pytest.raises(OutcomeUnknown, match="is there already"):
            put(there, b"another one")

        assert there.read_bytes() == b"the first one"

    def test_one_file_is_labelled_for_each_bank_that_shares_the_folder(self, tmp_path):
        (tmp_path / "s.xml").write_bytes(b"one")
        seen = []
        for label in ("a", "b"):
            said = frozenset({label})
            transport = FolderTransport(tmp_path, tmp_path, labels=lambda _, s=said: s, wait_s=0.1)
            seen.append(b"s.xml" in transport.exchange(b"", target=f"find {label}"))

        assert seen == [True, True]

    def test_unfinished_hidden_and_linked_files_are_not_answers(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        secret = tmp_path / "elsewhere.xml"
        secret.write_bytes(status(group="RJCT", reason="FF01"))
        for name in ("a.xml.tmp", "a.part", ".a.xml"):
            (tmp_path / "in" / name).write_bytes(secret.read_bytes())
        (tmp_path / "in" / "link.xml").symlink_to(secret)
        adapter = registry.open(a_connection(tmp_path))

        assert list(adapter.inquire([an_inquiry()])) == []

    def test_a_file_that_grew_is_read_again(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        whole, there = status(row(ONE, "ACSC")), tmp_path / "in" / "s.xml"
        adapter = registry.open(a_connection(tmp_path))
        there.write_bytes(whole[:300])
        assert list(adapter.inquire([an_inquiry()])) == []

        there.write_bytes(whole)

        assert [one.fate for one in adapter.inquire([an_inquiry()])] == [Fate.SUCCEEDED]


class TestWhatLeaves:
    def test_payments_of_two_days_go_in_two_messages(self):
        adapter, _ = asking()
        later = an_instruction(NUMBERS[1], day=DAY + timedelta(days=1))

        assert len(adapter.together(a_batch(an_instruction(), later))) == 1

    def test_a_currency_nobody_allowed_is_refused(self):
        adapter, transport = asking()

        with pytest.raises(Unencodable, match="currency"):
            adapter.pay(a_batch(an_instruction(money=Money(Decimal("10.00"), "USD"))))
        assert not transport.requests

    def test_a_currency_that_is_allowed_is_sent_as_such(self):
        adapter, transport = asking(files(status(group="ACCP")), currencies="CNY,USD")

        adapter.pay(a_batch(an_instruction(money=Money(Decimal("10.00"), "USD"))))

        assert b'<InstdAmt Ccy="USD">10.00</InstdAmt>' in transport.requests[0]

    def test_an_iban_is_named_as_one_and_other_numbers_are_not(self):
        adapter, transport = asking(files(status(group="ACCP")))

        adapter.pay(a_batch(an_instruction(payee_account="DE89370400440532013000")))

        assert b"<IBAN>DE89370400440532013000</IBAN>" in transport.requests[0]
        assert f"<Othr><Id>{PAYER}</Id></Othr>".encode() in transport.requests[0]


def test_the_evidence_names_the_file_before_it_appears(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    seen: list[tuple[str, int]] = []

    class Recorder:
        def before(self, exchange):
            seen.append(
                (exchange.request.decode().splitlines()[0], len(list((tmp_path / "out").iterdir())))
            )

        def understood(self, asked, answer, reading):
            """No answer comes."""

        def after(self, ticket, exchange):
            seen.append((exchange.error[:14], len(list((tmp_path / "out").iterdir()))))

    with pytest.raises(OutcomeUnknown):
        registry.open(a_connection(tmp_path), recorder=Recorder()).pay(a_batch())

    assert seen == [(f"POST put pain.001-{BATCH}.xml status:{BATCH}", 0), ("Broken: pain.0", 1)]


def test_a_single_payment_goes_out_alone():
    adapter, _ = asking()

    assert Ability.PAY in adapter.abilities
    assert len(adapter.together(a_batch())) == 2
