"""Golden bytes of what we send: compared with the sheet's composed messages, not with our own parser."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bankadapters.banks.boc import codes, requests
from bankadapters.banks.boc.adapter import BocAdapter
from bankadapters.contract import Ability, AccountRef, Batch, Fate, WireRequest
from bankadapters.errors import Unencodable
from bankadapters.sessions import MemorySessions, Session
from kernel import clock
from kernel.secrets import Secret
from tests.bankadapters.boc.values import GOLDEN, a_connection, an_instruction, canonical, golden

TOKEN = MemorySessions(Session(Secret("Qm9DLXRva2Vu"), clock.now()))


def written(request: WireRequest, *, trnid: str) -> bytes:
    return BocAdapter(a_connection(parameters={"trnid": trnid}), sessions=TOKEN).write(request)


def test_a_transfer_matches_the_sheet():
    batch = Batch("B1", [an_instruction()])

    message = written(WireRequest(Ability.PAY, batch=batch), trnid="260310090004")

    assert canonical(message) == canonical(golden("pay_request.xml"))


def test_a_balance_query_matches_the_sheet():
    request = WireRequest(Ability.BALANCE, accounts=[AccountRef("440012345678")])

    message = written(request, trnid="260310090002")

    assert canonical(message) == canonical(golden("balance_request.xml"))


def test_a_message_declares_the_encoding_it_has():
    batch = Batch("B1", [an_instruction()])

    message = written(WireRequest(Ability.PAY, batch=batch), trnid="1")

    assert message.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<bocb2e version="120"')
    assert "示例贸易有限公司" in message.decode("utf-8")


def test_every_golden_file_names_its_source():
    files = sorted(GOLDEN.glob("*.xml"))

    assert files
    assert all(b"<!-- Source: BOCB2E interface sheet, section" in f.read_bytes() for f in files)


def test_termid_is_made_from_the_front_end_address():
    assert requests.terminal({"front_end_ip": "127.0.0.1"}) == "E127000000001"
    assert requests.terminal({"termid": "E1", "front_end_ip": "127.0.0.1"}) == "E1"


@pytest.mark.parametrize("address", ["", "1.2.3", "1.2.3.256", "a.b.c.d"])
def test_a_termid_cannot_be_made_from_anything_else(address):
    with pytest.raises(Unencodable, match="termid"):
        requests.terminal({"front_end_ip": address})


def test_message_numbers_are_short_and_differ():
    numbers = {requests.message_number() for _ in range(1000)}

    assert len(numbers) == 1000
    assert {len(number) for number in numbers} == {12}


def test_no_code_but_the_operators_own_fails_a_payment():
    own = frozenset({"S901"})

    assert Fate.FAILED not in dict(codes.FATES).values()
    assert codes.FATES.fate("b2e0009", "item", "S901", final_failures=own) is Fate.UNKNOWN
    assert codes.FATES.fate("b2e0007", "message", "S901", final_failures=own) is Fate.UNKNOWN


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (date(2026, 1, 31), date(2026, 2, 27)),
        (date(2026, 2, 28), date(2026, 3, 27)),
        (date(2025, 12, 15), date(2026, 1, 14)),
    ],
)
def test_history_spans_at_most_a_calendar_month(first, end):
    stretch = BocAdapter.spans.step(first, date(2026, 3, 30), "", date(2026, 3, 31))

    assert (stretch.first, stretch.last, stretch.is_today) == (first, end, False)


def test_history_older_than_a_year_is_refused():
    with pytest.raises(Unencodable, match="365 days"):
        BocAdapter.spans.step(date(2025, 3, 9), date(2025, 3, 10), "", date(2026, 3, 10))


def test_the_sign_on_item_carries_fourteen_digits():
    with clock.fixed(datetime(2026, 3, 10, 9, 0, 1, tzinfo=clock.SHANGHAI)):
        message = written(WireRequest(Ability.SIGN_ON), trnid="1")

    assert b"<custdt>20260310090001</custdt>" in message
    assert b"<token></token>" in message
