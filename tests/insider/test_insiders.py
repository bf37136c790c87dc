"""A slice of `make insider`: attacks of every kind on a platform at work; and every column there is, altered by hand."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from audit.row_rules import kept
from audit.row_verifying import doubts
from tests.bankbridge.conftest import moving_clock  # noqa: F401 - a fixture
from tests.insider.attacks import every
from tests.insider.ground import Ground, lay
from tests.insider.runs import a_copy, carried_out, named

SLICE = (
    *("付款单收款账号改掉", "两条指令密文互换", "冒用他单授权签名", "结果未知的指令改回待发送"),
    *("用 SQL 把“未知”改为“失败”", "改银行流水金额", "改凭证金额", "改待发给财务系统的结果", "抬高限额"),
    *("制单人改为授权人", "在网页主机上领取并发送", "删除最后一环及其记录", "冒用见过的凭记改数据"),
    *("删除常设授权的停用", "把已放行的上划改为失败"),
)  # fmt: skip
# A value unlike the present one, by type.
OTHER = {
    "boolean": "NOT COALESCE({c}, false)",
    "bytea": "COALESCE({c}, '') || '\\x00'",
    "jsonb": """jsonb_build_array({c}, 1)""",
    "date": "COALESCE({c}, '2026-01-01') + 1",
    "timestamp with time zone": "COALESCE({c}, '2026-01-01') + interval '1 day'",
    "ARRAY": "COALESCE({c}, '{{}}') || ARRAY['x']",
    "uuid": "gen_random_uuid()",
    **dict.fromkeys(("integer", "bigint", "smallint", "numeric"), "COALESCE({c}, 0) + 1"),
    **dict.fromkeys(
        ("character varying", "text"),
        "CASE WHEN COALESCE({c}, '') = '' THEN 'x' ELSE overlay({c} placing '~' from 1 for 1) END",
    ),
}


@pytest.fixture
def ground(transactional_db, moving_clock, tmp_path, settings) -> Ground:  # noqa: F811 - the fixture
    settings.ANCHORS_FILE = ""  # what is laid down names its own; this has it forgotten afterwards
    return lay(tmp_path, moving_clock)


def _columns(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
            [table],
        )
        return dict(cursor.fetchall())


class TestAttacks:
    def test_each_is_prevented_or_named_by_the_verifier(self, ground, settings):
        from pathlib import Path

        own = connection.settings_dict
        base, url = own["NAME"], f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
        chosen = [one for one in every() if one.name.startswith(SLICE)]
        anchors = Path(settings.ANCHORS_FILE)
        kept_file, missed = anchors.read_bytes(), []

        assert named() == set()
        for attack in chosen:
            with a_copy(url, base, "insider_copy") as copy:
                told = carried_out(attack, ground, copy)
            anchors.write_bytes(kept_file)
            missed += [] if told.is_as_expected else [(attack.name, told.words)]

        assert missed == []
        assert len(chosen) == len(SLICE)

    def test_there_are_more_than_thirty_of_different_kinds(self):
        names = [one.name for one in every()]

        assert len(names) == len(set(names)) > 30
        assert all(one.is_prevented or one.is_detected for one in every())


class TestEveryColumn:
    def test_altered_by_hand_names_its_row(self, ground):
        """Of every table with a history that holds rows; what the database refuses is prevented."""
        unnoticed, noticed, refused = [], 0, 0
        for table in kept():
            types = _columns(table.table)
            for column in table.columns:
                outcome = self.altered(table, column, OTHER[types[column]])
                noticed += outcome == "noticed"
                refused += outcome == "refused"
                unnoticed += [(table.table, column)] if outcome == "unnoticed" else []

        assert unnoticed == []
        assert noticed > 300, (noticed, refused)

    def altered(self, table, column: str, other: str) -> str:
        changed = f'UPDATE {table.table} SET "{column}" = {other}'.format(c=f'"{column}"')
        found = "refused"
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute(
                        f'{changed} WHERE "{table.key}" = (SELECT min("{table.key}") FROM {table.table})'
                    )
                    if not cursor.rowcount:
                        return "empty"
                    found = "noticed" if list(doubts([table])) else "unnoticed"
                transaction.set_rollback(True)
        except Exception:
            return "refused"
        return found
