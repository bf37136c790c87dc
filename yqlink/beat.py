"""The one timetable: which tick runs how often. Ticks find work in the database; a lost tick loses nothing."""

from __future__ import annotations

from typing import Any

# (task, seconds between ticks)
TIMETABLE: tuple[tuple[str, float], ...] = (
    ("bankbridge.tasks.tick_dispatch", 2),
    ("bankbridge.tasks.tick_reap", 5),
    ("bankbridge.tasks.tick_inquire", 2),
    ("bankbridge.tasks.tick_balances", 5),
    ("bankbridge.tasks.tick_statements", 5),
    ("bankbridge.tasks.tick_receipts", 20),
    ("bankbridge.tasks.tick_collect", 5),
    ("bankbridge.tasks.tick_health", 30),
    ("bankbridge.tasks.tick_alarms", 20),
    ("bankbridge.tasks.tick_checks", 5),
    ("bankbridge.tasks.tick_certificates", 3600),
    ("payments.tasks.tick_waiting", 5),
    ("payments.tasks.tick_matrix", 60),
    ("payments.tasks.tick_linked", 5),
    ("payments.tasks.tick_booking", 10),
    ("payments.tasks.tick_payees", 10),
    ("payments.tasks.tick_outside", 600),
    ("statements.tasks.tick_completeness", 300),
    ("statements.tasks.tick_packs", 5),
    ("treasury.tasks.tick_warnings", 30),
    ("receipts.tasks.tick_arrivals", 5),
    ("receipts.tasks.tick_schedules", 10),
    ("receipts.tasks.tick_booking", 10),
    ("receipts.tasks.tick_unclaimed", 600),
    ("erpbridge.tasks.tick_publish", 5),
    ("erpbridge.tasks.tick_files", 5),
    ("erpbridge.tasks.tick_tables", 5),
    ("erpbridge.tasks.tick_pushes", 5),
    ("erpbridge.tasks.tick_webhooks", 5),
    ("reconciliation.tasks.tick_match", 30),
    ("reconciliation.tasks.tick_days", 300),
    ("reconciliation.tasks.tick_archives", 30),
    ("reconciliation.tasks.tick_explained", 600),
    ("reconciliation.tasks.tick_differences", 600),
    ("erpbridge.tasks.tick_views", 5),
    ("erpbridge.tasks.tick_compare", 60),
    ("desk.tasks.tick_exports", 5),
    ("ledger.tasks.tick_packs", 5),
    ("masterdata.tasks.tick_numbers", 300),
    ("audit.tasks.tick_anchor", 60),
    ("yqlink.workspace.tasks.tick_evidence", 5),
    ("yqlink.workspace.tasks.tick_watch", 240),
    ("yqlink.tasks.tick_heartbeat", 10),
)


def schedule() -> dict[str, dict[str, Any]]:
    """The timetable in Celery's form. A tick that waited longer than its period is dropped: the next one does its work."""
    return {
        task: {
            "task": task,
            "schedule": float(seconds),
            "options": {"expires": max(float(seconds), 5.0)},
        }
        for task, seconds in TIMETABLE
    }
