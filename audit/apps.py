"""Django's name for the app."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class AuditConfig(AppConfig):
    """Append-only record of who did what, and why."""

    name = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        """Every connection shows the platform's hand with what it writes."""
        connection_created.connect(_accompany, dispatch_uid="audit.hand")


def _accompany(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    from audit.hand import accompany  # models are not there yet when the app is loaded

    if accompany not in connection.execute_wrappers:
        connection.execute_wrappers.append(accompany)
