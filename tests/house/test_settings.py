"""What production refuses to start with, and what logs never show."""

from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from yqlink.logs import mask_numbers, redact
from yqlink.settings.base import database
from yqlink.settings.guard import refuse_unsafe

KEY = base64.b64encode(b"k" * 32).decode()
SAFE = {
    "channel": "live",
    "debug": False,
    "clock_file": "",
    "secret_key": "s" * 50,
    "seal_key": KEY,
    "data_keys": f"1:{KEY}",
    "seal_public_keys": f"1:x25519:{KEY}",
    "crypto_suite": "intl",
    "database_url": "postgresql://db/yqlink",
    "redis_url": "redis://broker/0",
}


class TestRefuseUnsafe:
    def test_lets_a_complete_live_channel_start(self):
        assert refuse_unsafe(**SAFE) is None

    @pytest.mark.parametrize(
        ("fault", "named"),
        [
            ({"debug": True}, "DEBUG"),
            ({"clock_file": "/tmp/clock"}, "CLOCK_FILE"),
            ({"channel": "both"}, "YQLINK_CHANNEL"),
            ({"secret_key": "short"}, "SECRET_KEY"),
            ({"seal_key": ""}, "SEAL_KEY"),
            ({"seal_key": "not base64!"}, "SEAL_KEY"),
            ({"data_keys": "1:abc"}, "DATA_KEYS"),
            ({"data_keys": ""}, "DATA_KEYS"),
            ({"seal_public_keys": ""}, "SEAL_PUBLIC_KEYS"),
            ({"seal_public_keys": f"1:rsa:{KEY}"}, "SEAL_PUBLIC_KEYS"),
            ({"seal_public_keys": f"1:sm2:{KEY}"}, "SEAL_PUBLIC_KEYS"),
            ({"crypto_suite": "des"}, "CRYPTO_SUITE"),
            ({"database_url": ""}, "DATABASE_URL"),
            ({"redis_url": ""}, "REDIS_URL"),
        ],
    )
    def test_refuses_and_names_the_fault(self, fault, named):
        with pytest.raises(ImproperlyConfigured, match=named):
            refuse_unsafe(**{**SAFE, **fault})

    def test_a_simulator_may_have_a_movable_clock(self):
        assert refuse_unsafe(**{**SAFE, "channel": "simulator", "clock_file": "/tmp/clock"}) is None


class TestLogs:
    def test_masks_the_middle_of_account_numbers(self):
        assert (
            mask_numbers("from 104100000004123 to 6222021234567890123")
            == "from ****4123 to ****0123"
        )

    def test_leaves_short_numbers_and_amounts_alone(self):
        assert (
            mask_numbers("batch 12345678 of 1234567.89 at port 18000")
            == "batch 12345678 of 1234567.89 at port 18000"
        )

    def test_removes_secrets_at_any_depth(self):
        event = {
            "event": "signed on",
            "reply": {"token": "abc", "user": "u1"},
            "password": "p",
            "_record": object(),
        }

        clean = redact(None, "info", event)

        assert clean["password"] == "***"
        assert clean["reply"] == {"token": "***", "user": "u1"}


class TestDatabase:
    def test_reads_a_unix_socket_address(self):
        parsed = database("postgresql://postgres@/yqlink?host=/tmp/socket")

        assert (parsed["HOST"], parsed["NAME"], parsed["USER"]) == (
            "/tmp/socket",
            "yqlink",
            "postgres",
        )
        assert parsed["OPTIONS"] == {}

    @pytest.mark.django_db
    def test_the_tests_run_on_postgresql(self):
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            assert int(cursor.fetchone()[0]) >= 150000
