"""`manage.py verify_audit`: check the whole chain; exit 1 and name every break when it does not hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import selectors


class Command(BaseCommand):
    """Verify the audit chain."""

    help = "校验操作轨迹链：任何改动、删除、插入或重排都会被指出"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every break; raise CommandError when there is one."""
        breaks = list(selectors.verify_chain())
        for one in breaks:
            self.stdout.write(f"{one.seq}\t{one.entry_id or '-'}\t{one.what}")
        if breaks:
            raise CommandError(f"操作轨迹链有 {len(breaks)} 处不符")
        self.stdout.write("操作轨迹链完整")
