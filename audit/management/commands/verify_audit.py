"""`manage.py verify_audit`: check the whole chain, what the anchor file knows of it, and every row; exit 1 and name every break."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import anchoring, row_verifying, verifying


class Command(BaseCommand):
    """Verify the audit chain."""

    help = "校验操作轨迹链与每一行数据：任何改动、删除、插入或重排都会被指出，并与数据库之外的锚文件比对"

    def add_arguments(self, parser: CommandParser) -> None:
        """How many windows at once."""
        parser.add_argument("--jobs", type=int, default=2, help="同时校验的窗口数")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every break and the speed; raise CommandError when there is a break."""
        began = time.perf_counter()
        jobs = 1 if options["verbosity"] == 0 else options["jobs"]
        entries, breaks = verifying.verify(jobs=jobs, say=self._say)
        took = time.perf_counter() - began
        anchored = sum(1 for _ in anchoring.lines())
        breaks += anchoring.verify_anchors()
        breaks += row_verifying.verify_rows()
        for one in breaks:
            self.stdout.write(f"{one.seq}\t{one.entry_id or '-'}\t{one.row or '-'}\t{one.what}")
        self.stdout.write(
            f"{entries} 条记录，{took:.1f} 秒，{entries / max(took, 1e-9):,.0f} 条/秒；锚文件 {anchored} 行"
        )
        if breaks:
            raise CommandError(f"操作轨迹链有 {len(breaks)} 处不符")
        self.stdout.write("操作轨迹链完整")

    def _say(self, links: int, entries: int) -> None:
        if links % 1_000_000 < verifying.WINDOW and links >= verifying.WINDOW:
            self.stdout.write(f"  {links} 链，{entries} 条")
