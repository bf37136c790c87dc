"""What pages may show of the wire: everything but the secrets."""

from __future__ import annotations

import pytest

from bankadapters.contract import WireExchange
from bankbridge.masking import masked
from bankbridge.models import Exchange
from bankbridge.recorder import About, ExchangeRecorder, aad, unpacked
from kernel import vault
from kernel.secrets import Secret

MESSAGE = (
    b"<bocb2e><head><token>T0KEN-OF-THE-SESSION</token></head><trans><oprpwd>hunter2hunter2</oprpwd>"
    b"<actacn>320766254501</actacn><trnamt>100.00</trnamt></trans></bocb2e>"
)


class TestMasked:
    @pytest.mark.parametrize(
        ("message", "gone"),
        [
            (MESSAGE, [b"T0KEN-OF-THE-SESSION", b"hunter2hunter2"]),
            (b'{"userPassword": "abc12345", "amount": "1.00"}', [b"abc12345"]),
            (b"POST /x?token=abc12345&amount=1.00", [b"abc12345"]),
            (b'<req passwd="abc12345" amount="1.00"/>', [b"abc12345"]),
            (b"<ns:Token>abc12345</ns:Token><a>1.00</a>", [b"abc12345"]),
        ],
    )
    def test_stars_out_what_is_named_like_a_secret(self, message, gone):
        shown = masked(message)

        assert len(shown) == len(message)
        assert not any(secret in shown for secret in gone)
        assert b"1.00" in shown or b"100.00" in shown

    def test_stars_out_what_is_known_to_be_one_wherever_it_stands(self):
        assert b"S3CRET-VALUE" not in masked(b"<x>S3CRET-VALUE</x>", {b"S3CRET-VALUE"})

    def test_leaves_a_short_known_value_where_it_would_hit_figures(self):
        assert masked(b"<trnamt>1234.00</trnamt>", {b"1234"}) == b"<trnamt>1234.00</trnamt>"


@pytest.mark.django_db(transaction=True)
def test_the_wire_as_it_was_stays_closed_for_the_banks_workers(world):
    recorder = ExchangeRecorder(world.connection.pk, secrets=[Secret("hunter2hunter2")])
    recorder.about = About("payments.batch", 1, world.company.pk)

    ticket = recorder.before(WireExchange("pay", MESSAGE))
    recorder.after(ticket, WireExchange("pay", MESSAGE, answer=b"<ok/>"))

    row = Exchange.objects.get()
    shown = unpacked(vault.ring().decrypt(bytes(row.request), aad=aad(row.key, "request")))
    raw = unpacked(vault.opener().open(bytes(row.request_raw), aad=aad(row.key, "request:raw")))
    assert b"hunter2" not in shown
    assert b"320766254501" in shown
    assert raw == MESSAGE
    assert row.answer_raw is None  # nothing in it was secret
    for column in (row.request, row.request_raw, row.answer):
        assert b"320766254501" not in bytes(column)
