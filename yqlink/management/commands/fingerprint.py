"""`manage.py fingerprint`: print what the database holds, or compare it with what a backup held; exit 1 on any difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from yqlink.fingerprint import differences, fingerprint


class Command(BaseCommand):
    """The database in a few figures."""

    help = "打印数据库指纹（审计链头、余额、付款笔数、各表行数），或与备份时的指纹比较：恢复演练用"

    def add_arguments(self, parser: CommandParser) -> None:
        """With what to compare."""
        parser.add_argument("--compare", type=Path, metavar="FILE", help="备份时打印的指纹")

    def handle(self, *args: Any, **options: Any) -> None:
        """One JSON object, all read at one moment; raise CommandError naming every difference."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = fingerprint(cursor)
        if options["compare"] is None:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        try:
            before = json.loads(options["compare"].read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"读不出指纹文件：{error}") from error
        found_apart = differences(before, found)
        for line in found_apart:
            self.stdout.write(line)
        if found_apart:
            raise CommandError(f"与备份时相比有 {len(found_apart)} 处不同")
        self.stdout.write("与备份时一致")
