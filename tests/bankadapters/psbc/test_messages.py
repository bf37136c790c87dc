"""Every position of what we send, and limits kept before anything leaves.  Source: bank overview, section 2.3."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from bankadapters.signing import MacSigner
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.psbc.values import (
    NUMBER,
    PAYEE,
    PAYER,
    UNIT,
    WORKING,
    a_batch,
    an_instruction,
    asking,
)


def composed(request: WireRequest, token: str = WORKING, **parameters: str) -> str:
    return asking(parameters=parameters)[0].compose(request, token).body.decode()


def paid(token: str = WORKING, parameters: dict[str, str] | None = None, **changes: object) -> str:
    request = WireRequest(Ability.PAY, batch=a_batch(an_instruction(**changes)))
    return composed(request, token, **(parameters or {}))


class TestPositions:
    def test_a_payment_stands_at_the_sheets_positions(self):
        message = paid()

        header, content = message[:19], message[19:]
        assert header == f"{len(content):06d}0{UNIT}"
        assert content.startswith(
            f"77400019{PAYEE}" + "000000030000" + "29" + "0000" + NUMBER + "093000" + "20250115" * 2
        )
        rest = content[8 + 19 + 48 :]
        assert rest[:28] == f"2{' ' * 15}{UNIT}"
        assert len(rest) == 28 + 16

    def test_the_mac_is_over_chosen_fields_with_blanks_between_them(self):
        text = f"774000 {PAYEE} 000000030000 {NUMBER} 20250115 {UNIT}"

        mac = MacSigner(Secret(WORKING)).sign(text.encode()).hex().upper()

        assert paid().endswith(mac)
        assert paid(parameters={"mac_digits": "8"}).endswith(UNIT + mac[:8])
        other = MacSigner(Secret(WORKING)).sign(f"774000 {NUMBER}".encode()).hex().upper()
        assert paid(parameters={"mac_parts": "code serial"}).endswith(other)

    def test_what_the_bank_adds_stands_before_the_mac(self):
        message = paid(parameters={"between": "XYZ0001"})

        assert message[:-16].endswith(UNIT + "XYZ0001")
        assert int(message[:6]) == len(message) - 19

    def test_a_key_is_asked_for_without_a_mac(self):
        message = composed(WireRequest(Ability.SIGN_ON))

        assert message[19:27] == "77002000"
        assert message.endswith(" " * 16 + UNIT)

    @pytest.mark.parametrize(
        ("personal", "setting", "flag"),
        [(True, "auto", "2"), (False, "auto", "3"), (True, "1", "1"), (False, "4", "4")],
    )
    def test_the_first_of_sixteen_flags_is_the_kind_of_account(self, personal, setting, flag):
        content = paid(parameters={"account_kind": setting}, personal=personal)[19:]

        assert content[8 + 19 + 48 :][:16] == flag.ljust(16)

    def test_a_status_is_asked_by_serial_and_day_of_the_payment(self):
        asked = [Inquiry(NUMBER, day=date(2025, 1, 14), money=Money(Decimal("300.00")))]

        content = composed(WireRequest(Ability.INQUIRE, inquiries=asked))[19:]

        assert content.startswith(f"77203000000000030000290000{NUMBER}09300020250114" + "20250114")

    def test_a_balance_names_the_account_with_its_length(self):
        content = composed(WireRequest(Ability.BALANCE, accounts=[AccountRef(PAYER)]))[19:]

        assert content.startswith(f"77200018{PAYER}")
        assert content[8 + 18 + 18 :][:1] == "9", "serials of questions are no serials of payments"


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reference": "Y0100001"}, "reference"),
            ({"reference": "100000170"}, "reference"),
            ({"payer_account": "951000010000000025"}, "payer_account"),
            ({"cnaps": "102100099996"}, "cnaps"),
            ({"cnaps": "", "payee_bank": "中国银行"}, "cnaps"),
            ({"payee_account": "6" * 33}, "payee_account"),
            ({"money": Money(Decimal("10000000000.00"))}, "amount"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    @pytest.mark.parametrize(
        "parameters",
        [{"unit": ""}, {"unit": "1"}, {"mac_parts": "code nothing"}, {"mac_parts": " "}],
    )
    def test_without_its_settings_nothing_leaves(self, parameters):
        with pytest.raises(NotReady):
            composed(WireRequest(Ability.PAY, batch=a_batch()), **parameters)
