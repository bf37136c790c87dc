"""`manage.py migrate`: Django's own, and after it the triggers that keep the history of rows, made for the tables as they are.

Rows are compared with their history before; what the migration itself made of them is taken into the history after, and
what was in doubt before stays in doubt.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import transaction

from audit import row_sql, row_verifying
from audit.models import RowChange
from audit.services import record


class Command(migrate.Command):
    """Migrate, with the history of rows around it."""

    def handle(self, *args: Any, **options: Any) -> None:
        """As Django's; nothing is added for --plan and --check."""
        if options["plan"] or options["check_unapplied"] or options["prune"]:
            super().handle(*args, **options)
            return
        known: list[row_verifying.Doubt] = []
        if row_sql.is_installed():
            known = list(row_verifying.doubts(row_sql.as_installed()))
            row_sql.drop()
        super().handle(*args, **options)
        if row_sql.can_install():
            with transaction.atomic():
                self._keep(known)

    def _keep(self, known: list[row_verifying.Doubt]) -> None:
        row_sql.install()
        count = row_verifying.adopt(known)
        if count:
            record(
                "audit.rows.adopted",
                actor=None,
                subject=RowChange(pk=0),
                after={"rows": count, "doubtful_before": len(known)},
                why="数据库迁移",
            )
        for one in known:
            self.stderr.write(f"迁移前已存疑：{one.table.label}#{one.key} {one.what}")
